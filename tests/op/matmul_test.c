/* matmul_test.c: MatMul: matrices, vectors, broadcast batches against a plain loop, gradients, rejections. */
#include "op_check.h"

START_TEST(matmul_takes_vectors_as_rows_and_columns) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(3), (double[]){ 1, 2, 3 });
  op_case_real(&c, OP_SHAPE(3), (double[]){ 4, 5, 6 });
  OP_CHECK(&c, "", "MatMul", 1);
  op_check_shape(&c, 0, (atr_shape){ 0 });
  OP_NEAR(&c, 0, 0, 32);
  op_plan_gradient(&c, "", "MatMul", 3, 0);
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(3), 1);
  op_check_random(&c, OP_SHAPE(2, 3, 4), 2);
  OP_CHECK(&c, "", "MatMul", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 4));
  op_plan_gradient(&c, "", "MatMul", 3, 0);
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(2, 4, 3), 1);
  op_check_random(&c, OP_SHAPE(3), 2);
  OP_CHECK(&c, "", "MatMul", 1);
  op_check_shape(&c, 0, OP_SHAPE(2, 4));
  op_plan_gradient(&c, "", "MatMul", 3, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(matmul_broadcasts_batches) {
  const atr_shape pair[][2] = {
    { OP_SHAPE(5, 7), OP_SHAPE(7, 40) },          { OP_SHAPE(2, 5, 7), OP_SHAPE(7, 9) },
    { OP_SHAPE(5, 7), OP_SHAPE(3, 7, 9) },        { OP_SHAPE(3, 5, 7), OP_SHAPE(3, 7, 33) },
    { OP_SHAPE(2, 1, 5, 7), OP_SHAPE(3, 7, 32) }, { OP_SHAPE(2, 3, 20, 6), OP_SHAPE(2, 3, 6, 35) },
    { OP_SHAPE(0, 5, 7), OP_SHAPE(7, 9) },        { OP_SHAPE(5, 0), OP_SHAPE(0, 9) },
  };
  for (size_t i = 0; i < sizeof pair / sizeof *pair; i++) {
    op_case c = { 0 };
    op_check_random(&c, pair[i][0], 1);
    op_check_random(&c, pair[i][1], 2);
    OP_CHECK(&c, "", "MatMul", 1);
    const atr_shape *a = &c.in[0].shape, *b = &c.in[1].shape, *y = &c.out[0].shape;
    const int64_t m = a->dim[a->rank - 2], k = a->dim[a->rank - 1], n = b->dim[b->rank - 1];
    for (int64_t o = 0; o < c.out[0].count; o++) {
      int64_t batch = o / (m * n), at[2] = { 0, 0 }, step[2] = { 1, 1 };
      for (int d = y->rank - 3; d >= 0; d--) {
        const int64_t index = batch % y->dim[d];
        batch /= y->dim[d];
        for (int side = 0; side < 2; side++) {
          const atr_shape *s = side ? b : a;
          const int own = d - (y->rank - s->rank);
          if (own < 0) continue;
          at[side] += (s->dim[own] == 1 ? 0 : index) * step[side];
          step[side] *= s->dim[own];
        }
      }
      double want = 0;
      for (int64_t j = 0; j < k; j++)
        want += c.in[0].v[at[0] * m * k + o / n % m * k + j] * c.in[1].v[at[1] * k * n + j * n + o % n];
      ck_assert(fabs(c.out[0].v[o] - want) < 1e-9);
    }
    if (i == 1 || i == 4) op_plan_gradient(&c, "", "MatMul", 3, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(matmul_rejects_shapes_that_do_not_meet) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  op_case_real(&c, OP_SHAPE(4, 3), NULL);
  OP_CASE_REJECTS(&c, "", "MatMul", 1, "[2,3] and [4,3] do not share their inner dimension");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 2, 3), NULL);
  op_case_real(&c, OP_SHAPE(3, 3, 3), NULL);
  OP_CASE_REJECTS(&c, "", "MatMul", 1, "MatMul: batches: shapes [2] and [3] cannot be broadcast");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("matmul");
  TCase *tests = tcase_create("matmul");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, matmul_takes_vectors_as_rows_and_columns);
  tcase_add_test(tests, matmul_broadcasts_batches);
  tcase_add_test(tests, matmul_rejects_shapes_that_do_not_meet);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
