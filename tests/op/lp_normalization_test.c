/* lp_normalization_test.c: LpNormalization and its gradient: numbers worked by hand, great and small numbers,
 * finite differences, rejections. */
#include "op_check.h"

START_TEST(lp_normalization_divides_by_the_norm) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 3, -4, 0, 5 });
  OP_CHECK(&c, "", "LpNormalization", 1);
  OP_NEAR(&c, 0, 1e-15, 0.6, -0.8, 0, 1);
  op_check_int(&c, "p", 1);
  OP_CHECK(&c, "", "LpNormalization", 1);
  OP_NEAR(&c, 0, 1e-15, 3.0 / 7, -4.0 / 7, 0, 1);
  op_check_int(&c, "axis", 0);
  OP_CHECK(&c, "", "LpNormalization", 1);
  OP_NEAR(&c, 0, 1e-15, 1, -4.0 / 9, 0, 5.0 / 9);
  op_case_free(&c);
}
END_TEST

START_TEST(lp_normalization_bears_zeros_and_numbers_whose_squares_do_not_fit) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(4, 2), (double[]){ 0, 0, 3e30, -4e30, 3e-30, 4e-30, NAN, 1 });
  OP_CHECK(&c, "", "LpNormalization", 1);
  OP_NEAR(&c, 0, 1e-6, 0, 0, 0.6, -0.8, 0.6, 0.8, NAN, NAN);
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1, 2, 1, 2 });
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 0, 0, 3, 4 });
  OP_CHECK(&c, "org.atrous", "LpNormalizationGrad", 1);
  OP_NEAR(&c, 0, 1e-12, 0, 0, (1 - 0.6 * 2.2) / 5, (2 - 0.8 * 2.2) / 5);
  op_case_free(&c);
}
END_TEST

START_TEST(lp_normalization_gives_every_line_norm_1) {
  const atr_shape x[] = { OP_SHAPE(3, 700), OP_SHAPE(2, 5, 3), OP_SHAPE(1, 17, 4), OP_SHAPE(6, 1),
                          OP_SHAPE(2, 0, 3) };
  for (size_t i = 0; i < sizeof x / sizeof *x; i++)
    for (int order = 1; order < 3; order++) {
      op_case c = { 0 };
      op_check_random(&c, x[i], 1);
      op_check_int(&c, "axis", 1);
      op_check_int(&c, "p", order);
      OP_CHECK(&c, "", "LpNormalization", 1);
      const int64_t length = x[i].dim[1], inner = atr__shape_span(&x[i], 2, x[i].rank);
      for (int64_t line = 0; line < x[i].dim[0] * inner && length; line++) {
        double sum = 0;
        for (int64_t k = 0; k < length; k++)
          sum += pow(fabs(c.out[0].v[(line / inner * length + k) * inner + line % inner]), order);
        ck_assert_double_eq_tol(sum, 1, 1e-12);
      }
      op_case_free(&c);
    }
}
END_TEST

START_TEST(lp_normalization_gradient_agrees_with_differences) {
  const atr_shape x[] = { OP_SHAPE(3, 7), OP_SHAPE(2, 5, 3), OP_SHAPE(2, 300), OP_SHAPE(4, 1) };
  for (size_t i = 0; i < sizeof x / sizeof *x; i++)
    for (int order = 1; order < 3; order++) {
      op_case c = { 0 };
      op_check_random(&c, x[i], 2);
      op_check_int(&c, "axis", 1);
      op_check_int(&c, "p", order);
      OP_CASE_GOOD(op_case_run(&c, "", "LpNormalization", 1), &c);
      op_plan_gradient(&c, "", "LpNormalization", 1, 1e-6);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(lp_normalization_rejects_other_norms) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  op_check_int(&c, "p", 3);
  OP_CASE_REJECTS(&c, "", "LpNormalization", 1, "p is 3, must be 1 or 2");
  op_check_int(&c, "p", 2);
  op_check_int(&c, "axis", 2);
  OP_CASE_REJECTS(&c, "", "LpNormalization", 1, "axis");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("lp_normalization");
  TCase *tests = tcase_create("lp_normalization");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, lp_normalization_divides_by_the_norm);
  tcase_add_test(tests, lp_normalization_bears_zeros_and_numbers_whose_squares_do_not_fit);
  tcase_add_test(tests, lp_normalization_gives_every_line_norm_1);
  tcase_add_test(tests, lp_normalization_gradient_agrees_with_differences);
  tcase_add_test(tests, lp_normalization_rejects_other_norms);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
