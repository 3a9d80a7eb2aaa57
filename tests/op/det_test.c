/* det_test.c: Det by hand, of singular and permuted matrices, of a product, of batches and of nothing. */
#include "op_check.h"

START_TEST(det_of_small_matrices) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3, 2, 2), (double[]){ 1, 2, 3, 4, /**/ 0, 1, 1, 0, /**/ 2, 4, 1, 2 });
  OP_CHECK(&c, "", "Det", 1);
  OP_NEAR(&c, 0, 1e-6, -2, -1, 0);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(3, 3), (double[]){ 2, -1, 0, 1, 3, 2, 0, 5, -1 });
  OP_CHECK(&c, "", "Det", 1);
  OP_NEAR(&c, 0, 1e-6, -27);
  op_check_shape(&c, 0, atr__shape_of(0, NULL));
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 0, 0), NULL);
  OP_CHECK(&c, "", "Det", 1);
  OP_NEAR(&c, 0, 0, 1, 1);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 1), (double[]){ -3 });
  OP_CHECK(&c, "", "Det", 1);
  OP_NEAR(&c, 0, 0, -3);
  op_case_free(&c);
}
END_TEST

/* det(A) det(B) = det(A B). */
START_TEST(det_of_a_product) {
  op_case c = { 0 };
  op_tensor *m = op_check_random(&c, OP_SHAPE(3, 7, 7), 9);
  for (int i = 0; i < 49; i++) {
    m->v[98 + i] = 0;
    for (int k = 0; k < 7; k++) m->v[98 + i] += m->v[i / 7 * 7 + k] * m->v[49 + k * 7 + i % 7];
  }
  OP_CHECK(&c, "", "Det", 1);
  ck_assert_double_eq_tol(c.out[0].v[0] * c.out[0].v[1], c.out[0].v[2], 1e-6);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  OP_CASE_REJECTS(&c, "", "Det", 1, "not square");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("det");
  TCase *tests = tcase_create("det");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, det_of_small_matrices);
  tcase_add_test(tests, det_of_a_product);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
