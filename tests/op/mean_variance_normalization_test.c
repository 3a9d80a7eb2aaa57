/* mean_variance_normalization_test.c: MeanVarianceNormalization and its gradient: numbers worked by hand,
 * properties, finite differences, rejections. */
#include "op_check.h"

START_TEST(mean_variance_normalization_by_hand) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2, 1, 2), (double[]){ 1, 3, 10, 10, 5, 7, 20, 20 });
  OP_CHECK(&c, "", "MeanVarianceNormalization", 1); /* a channel: means 4 and 15, deviations sqrt(5) and 5 */
  const double s = sqrt(5), d = sqrt(45.25);
  OP_NEAR(&c, 0, 1e-8, -3 / s, -1 / s, -1, -1, 1 / s, 3 / s, 1, 1);
  OP_INTS(&c, "axes", -1);
  OP_CHECK(&c, "", "MeanVarianceNormalization", 1);
  OP_NEAR(&c, 0, 1e-8, -1, 1, 0, 0, -1, 1, 0, 0);
  OP_INTS(&c, "axes", 3, 0, 1, 2);
  OP_CHECK(&c, "", "MeanVarianceNormalization", 1);
  OP_NEAR(&c, 0, 1e-6, -8.5 / d, -6.5 / d, 0.5 / d, 0.5 / d, -4.5 / d, -2.5 / d, 10.5 / d,
          10.5 / d); /* variance 45.25 */
  op_case_free(&c);
}
END_TEST

static const struct {
  atr_shape x;
  int64_t axes[4];
  size_t n;
} row[] = {
  { { 4, { 3, 2, 5, 7 } }, { 0, 2, 3 }, 3 },    { { 3, { 4, 5, 6 } }, { 1 }, 1 },
  { { 3, { 4, 5, 6 } }, { 0, 2 }, 2 },          { { 2, { 2, 700 } }, { 1 }, 1 },
  { { 5, { 2, 3, 2, 3, 2 } }, { 0, 2, 4 }, 3 }, { { 1, { 9 } }, { 0 }, 1 },
};

/* Far from zero, where the difference of squares would lose everything. */
START_TEST(mean_variance_normalization_gives_mean_0_and_variance_1) {
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { .tolerance = 4e-4 };
    op_check_random(&c, row[i].x, 1);
    for (int64_t k = 0; k < c.in[0].count; k++) c.in[0].v[k] = 1000 + 4 * c.in[0].v[k];
    op_case_ints(&c, "axes", row[i].n, row[i].axes);
    OP_CHECK(&c, "", "MeanVarianceNormalization", 1);
    double sum = 0, squares = 0; /* of every line, so of all */
    for (int64_t k = 0; k < c.out[0].count; k++) {
      sum += c.out[0].v[k];
      squares += c.out[0].v[k] * c.out[0].v[k];
    }
    ck_assert_double_eq_tol(sum / (double)c.out[0].count, 0, 1e-9);
    ck_assert_double_eq_tol(squares / (double)c.out[0].count, 1, 1e-8);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(mean_variance_normalization_gradient_agrees_with_differences) {
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { 0 };
    op_check_random(&c, row[i].x, 2);
    op_case_ints(&c, "axes", row[i].n, row[i].axes);
    OP_CASE_GOOD(op_case_run(&c, "", "MeanVarianceNormalization", 1), &c);
    op_plan_gradient(&c, "", "MeanVarianceNormalization", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(mean_variance_normalization_of_nothing_and_of_missing_axes) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 0, 3, 1), 1);
  OP_CHECK(&c, "", "MeanVarianceNormalization", 1);
  op_case_free(&c);
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  OP_CASE_REJECTS(&c, "", "MeanVarianceNormalization", 1, "axis");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("mean_variance_normalization");
  TCase *tests = tcase_create("mean_variance_normalization");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, mean_variance_normalization_by_hand);
  tcase_add_test(tests, mean_variance_normalization_gives_mean_0_and_variance_1);
  tcase_add_test(tests, mean_variance_normalization_gradient_agrees_with_differences);
  tcase_add_test(tests, mean_variance_normalization_of_nothing_and_of_missing_axes);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
