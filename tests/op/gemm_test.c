/* gemm_test.c: Gemm: hand-worked products, every transposition and broadcast of c against a plain loop at
 * sizes around the tiles, gradients, rejections. */
#include "op_check.h"

static void gemm_attrs(op_case *c, int trans_a, int trans_b, float alpha, float beta) {
  op_check_int(c, "transA", trans_a);
  op_check_int(c, "transB", trans_b);
  op_check_float(c, "alpha", alpha);
  op_check_float(c, "beta", beta);
}

START_TEST(gemm_worked_by_hand) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 1, 2, 3, 4, 5, 6 });
  op_case_real(&c, OP_SHAPE(3, 1), (double[]){ 1, 0, -1 });
  OP_CHECK(&c, "", "Gemm", 1);
  OP_NEAR(&c, 0, 0, -2, -2);
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 10, 20 });
  gemm_attrs(&c, 0, 0, 2, 0.5f);
  OP_CHECK(&c, "", "Gemm", 1);
  OP_NEAR(&c, 0, 0, 1, 6);
  op_case_free(&c);
}
END_TEST

START_TEST(gemm_at_sizes_around_the_tiles) {
  static const int64_t size[][3] = { { 1, 32, 5 },   { 4, 64, 16 }, { 5, 33, 7 },   { 8, 9, 1 },
                                     { 14, 31, 40 }, { 15, 70, 3 }, { 29, 16, 20 }, { 16, 96, 8 },
                                     { 250, 40, 9 }, { 3, 5, 0 } };
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    const int64_t m = size[i][0], n = size[i][1], k = size[i][2];
    const int trans_a = (int)i & 1, trans_b = (int)i >> 1 & 1;
    const atr_shape shapes[4] = { OP_SHAPE(m, n), OP_SHAPE(n), OP_SHAPE(m, 1), { 0 } };
    op_case c = { 0 };
    op_check_random(&c, trans_a ? OP_SHAPE(k, m) : OP_SHAPE(m, k), 1);
    op_check_random(&c, trans_b ? OP_SHAPE(n, k) : OP_SHAPE(k, n), 2);
    op_check_random(&c, shapes[i % 4], 3);
    gemm_attrs(&c, trans_a, trans_b, 0.75f, -1.5f);
    OP_CHECK(&c, "", "Gemm", 1);
    for (int64_t o = 0; o < m * n; o++) {
      const int64_t row = o / n, column = o % n;
      double sum = 0;
      for (int64_t j = 0; j < k; j++)
        sum += c.in[0].v[trans_a ? j * m + row : row * k + j] *
               c.in[1].v[trans_b ? column * k + j : j * n + column];
      const int64_t at[4] = { o, column, row, 0 };
      const double want = 0.75 * sum - 1.5 * c.in[2].v[at[i % 4]];
      ck_assert_msg(fabs(c.out[0].v[o] - want) < 1e-9, "element %lld is %g, must be %g", (long long)o,
                    c.out[0].v[o], want);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(gemm_gradients_agree_with_differences) {
  for (int t = 0; t < 4; t++) {
    op_case c = { 0 };
    op_check_random(&c, t & 1 ? OP_SHAPE(4, 3) : OP_SHAPE(3, 4), 1);
    op_check_random(&c, t & 2 ? OP_SHAPE(5, 4) : OP_SHAPE(4, 5), 2);
    op_check_random(&c, t ? OP_SHAPE(5) : OP_SHAPE(3, 1), 3);
    gemm_attrs(&c, t & 1, t >> 1, 0.5f, t ? 1 : 2);
    OP_CASE_GOOD(op_case_run(&c, "", "Gemm", 1), &c);
    op_plan_gradient(&c, "", "Gemm", 7, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(gemm_rejects_shapes_that_do_not_meet) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  OP_CASE_REJECTS(&c, "", "Gemm", 1, "a [2,3] and b [2,3] do not share their inner dimension");
  op_check_int(&c, "transB", 1);
  op_case_real(&c, OP_SHAPE(3), NULL);
  OP_CASE_REJECTS(&c, "", "Gemm", 1, "c [3] cannot be broadcast to the result [2,2]");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gemm");
  TCase *tests = tcase_create("gemm");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, gemm_worked_by_hand);
  tcase_add_test(tests, gemm_at_sizes_around_the_tiles);
  tcase_add_test(tests, gemm_gradients_agree_with_differences);
  tcase_add_test(tests, gemm_rejects_shapes_that_do_not_meet);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
