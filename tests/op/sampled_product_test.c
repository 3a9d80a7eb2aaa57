/* sampled_product_test.c: the product of two matrices at the places of a sparse one: by hand, against the
 * whole product, at awkward sizes. */
#include "op_check.h"
#include "sparse_case.h"

START_TEST(a_product_is_as_worked_by_hand) {
  /* a = (1 2; 3 4), b = (5 6; 7 8; 9 10); entries (0, 1), (1, 0), (1, 2). */
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1, 2, 3, 4 });
  op_case_real(&c, OP_SHAPE(3, 2), (double[]){ 5, 6, 7, 8, 9, 10 });
  op_case_constant(&c, ATR_I32, OP_SHAPE(3), (double[]){ 0, 1, 3 });
  op_case_constant(&c, ATR_I32, OP_SHAPE(3), (double[]){ 1, 0, 2 });
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "SampledProduct", 1), &c);
  OP_NEAR(&c, 0, 0, 23, 39, 67);
  op_case_free(&c);
}
END_TEST

START_TEST(it_is_the_whole_product_at_the_entries) {
  static const int64_t sizes[][3] = { /* hid, lines, per cent */
                                      { 1, 1, 100 }, { 5, 0, 60 }, { 5, 16, 60 }, { 17, 33, 20 },
                                      { 7, 3, 100 }, { 3, 5, 0 },  { 70, 97, 3 }
  };
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    const int64_t hid = sizes[k][0], lines = sizes[k][1];
    const int percent = (int)sizes[k][2];
    op_case c = { 0 }, whole = { 0 };
    op_check_random(&c, OP_SHAPE(hid, lines), 1);
    op_check_random(&c, OP_SHAPE(hid, lines), 2);
    sparse_pattern(&c, hid, percent, 4);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "SampledProduct", 1), &c);
    op_tensor *all = op_case_real(&whole, OP_SHAPE(hid, hid), NULL);
    for (int64_t i = 0; i < hid * hid; i++)
      for (int64_t l = 0; l < lines; l++)
        all->v[i] += c.in[0].v[i / hid * lines + l] * c.in[1].v[i % hid * lines + l];
    sparse_values(&whole, all, percent, 4);
    op_case_near(&c, 0, whole.in[1].v, whole.in[1].count, 1e-12);
    op_case_free(&c);
    op_case_free(&whole);
  }
}
END_TEST

START_TEST(what_does_not_fit_is_refused) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  op_check_random(&c, OP_SHAPE(2, 4), 2);
  sparse_pattern(&c, 2, 100, 1);
  OP_CASE_REJECTS(&c, "org.atrous", "SampledProduct", 1,
                  "[2,3] and [2,4] must agree in their last dimension");
  op_case_free(&c);
  c = (op_case){ 0 };
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  op_check_random(&c, OP_SHAPE(1, 3), 2);
  sparse_pattern(&c, 2, 100, 1);
  OP_CASE_REJECTS(&c, "org.atrous", "SampledProduct", 1, "row 0 has the column 1, must be 0 to 0");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sampled_product");
  TCase *tests = tcase_create("sampled_product");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, a_product_is_as_worked_by_hand);
  tcase_add_test(tests, it_is_the_whole_product_at_the_entries);
  tcase_add_test(tests, what_does_not_fit_is_refused);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
