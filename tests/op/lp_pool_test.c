/* lp_pool_test.c: LpPool, GlobalLpPool and their gradients: hand-worked norms, what other poolings say of
 * them, awkward shapes, the gradient by differences and where it has none, rejections. */
#include "op_check.h"

START_TEST(lp_pool_is_the_norm_of_each_window) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 6), (double[]){ 3, -4, 0, 12, 5, -1 });
  OP_INTS(&c, "kernel_shape", 2);
  OP_CASE_GOOD(op_case_run(&c, "", "LpPool", 1), &c); /* p is 2, the stride 1 */
  OP_NEAR(&c, 0, 1e-12, 5, 4, 12, 13, sqrt(26));
  OP_INTS(&c, "strides", 2);
  op_check_int(&c, "p", 1);
  OP_CASE_GOOD(op_case_run(&c, "", "LpPool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 7, 12, 6);
  op_check_int(&c, "p", 3);
  OP_INTS(&c, "pads", 1, 1);
  OP_INTS(&c, "dilations", 2);
  OP_CASE_GOOD(op_case_run(&c, "", "LpPool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 4, cbrt(64 + 1728), cbrt(1728 + 1));
  op_case_free(&c);
}
END_TEST

START_TEST(lp_pool_rounds_up_or_keeps_the_size_where_asked) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 5), (double[]){ 1, 2, 3, 4, 5 });
  OP_INTS(&c, "kernel_shape", 2);
  OP_INTS(&c, "strides", 2);
  op_check_int(&c, "p", 1);
  op_check_int(&c, "ceil_mode", 1);
  OP_CASE_GOOD(op_case_run(&c, "", "LpPool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 3, 7, 5);
  OP_INTS(&c, "strides", 1);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_LOWER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "LpPool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 1, 3, 5, 7, 9);
  op_case_free(&c);
}
END_TEST

START_TEST(global_lp_pool_is_the_norm_of_each_channel) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 2, 2), (double[]){ 1, -1, 1, 1, 0, 0, 0, 0 });
  OP_CASE_GOOD(op_case_run(&c, "", "GlobalLpPool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 2, 0);
  op_check_shape(&c, 0, OP_SHAPE(1, 2, 1, 1));
  op_check_int(&c, "p", 4);
  OP_CASE_GOOD(op_case_run(&c, "", "GlobalLpPool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, sqrt(2), 0);
  op_case_free(&c);
}
END_TEST

/* Of p = 1 and numbers that are not negative it is the mean times the number of taps; of a large p nearly the
 * maximum. */
START_TEST(lp_pool_lies_between_mean_and_maximum) {
  op_case lp = { 0 }, mean = { 0 }, most = { 0 };
  op_case *const all[] = { &lp, &mean, &most };
  for (int i = 0; i < 3; i++) {
    op_tensor *x = op_check_random(all[i], OP_SHAPE(2, 3, 5, 9, 7), 4);
    for (int64_t k = 0; k < x->count; k++) x->v[k] = fabs(x->v[k]);
    OP_INTS(all[i], "kernel_shape", 2, 3, 1);
    OP_INTS(all[i], "strides", 1, 2, 2);
    OP_INTS(all[i], "pads", 0, 1, 0, 1, 1, 0);
  }
  op_check_int(&mean, "count_include_pad", 1);
  OP_CASE_GOOD(op_case_run(&mean, "", "AveragePool", 1), &mean);
  OP_CASE_GOOD(op_case_run(&most, "", "MaxPool", 1), &most);
  op_check_int(&lp, "p", 1);
  OP_CASE_GOOD(op_case_run(&lp, "", "LpPool", 1), &lp);
  for (int64_t k = 0; k < lp.out[0].count; k++)
    ck_assert_double_eq_tol(lp.out[0].v[k], 6 * mean.out[0].v[k], 1e-12);
  op_check_int(&lp, "p", 40);
  OP_CASE_GOOD(op_case_run(&lp, "", "LpPool", 1), &lp);
  for (int64_t k = 0; k < lp.out[0].count; k++) {
    ck_assert_double_ge(lp.out[0].v[k], most.out[0].v[k] - 1e-12);
    ck_assert_double_le(lp.out[0].v[k], most.out[0].v[k] * 1.05);
  }
  for (int i = 0; i < 3; i++) op_case_free(all[i]);
}
END_TEST

START_TEST(lp_pool_is_differentiated_in_a_model) {
  for (int i = 0; i < 8; i++) {
    op_case c = { 0 };
    op_check_random(&c, OP_SHAPE(2, 2, 5, 7), 3);
    OP_INTS(&c, "kernel_shape", 3, 2);
    OP_INTS(&c, "strides", 1 + i % 2, 2);
    OP_INTS(&c, "dilations", 1, 1 + i / 4);
    OP_INTS(&c, "pads", 1, 0, 2, 1);
    op_check_int(&c, "p", 1 + i % 4);
    op_check_int(&c, "ceil_mode", i / 2 % 2);
    OP_CASE_GOOD(op_case_run(&c, "", "LpPool", 1), &c);
    op_plan_gradient(&c, "", "LpPool", 1, 0);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(1, 2, 3, 2, 3), 5);
  op_check_int(&c, "p", 3);
  OP_CASE_GOOD(op_case_run(&c, "", "GlobalLpPool", 1), &c);
  op_plan_gradient(&c, "", "GlobalLpPool", 1, 0);
  OP_INTS(&c, "kernel_shape", 2, 2, 2);
  OP_INTS(&c, "pads", 0, 1, 0, 1, 0, 1);
  OP_CASE_GOOD(op_case_run(&c, "", "LpPool", 1), &c);
  op_plan_gradient(&c, "", "LpPool", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(lp_pool_of_zeros_has_no_slope) {
  for (int p = 1; p <= 3; p++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(1, 1, 2), (double[]){ 1, 1 });
    op_case_real(&c, OP_SHAPE(1, 1, 3), (double[]){ 0, 0, -7 });
    op_case_real(&c, OP_SHAPE(1, 1, 2), (double[]){ 0, 7 });
    OP_INTS(&c, "kernel_shape", 2);
    op_check_int(&c, "p", p);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "LpPoolGrad", 1), &c);
    OP_NEAR(&c, 0, 0, 0, 0, -1);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(lp_pool_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), NULL);
  OP_CASE_REJECTS(&c, "", "LpPool", 1, "kernel_shape is missing");
  OP_INTS(&c, "kernel_shape", 2);
  op_check_int(&c, "p", 0);
  OP_CASE_REJECTS(&c, "", "LpPool", 1, "p is 0, must be 1 or more");
  OP_CASE_REJECTS(&c, "", "GlobalLpPool", 1, "p is 0, must be 1 or more");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 2, 0), NULL);
  OP_CASE_REJECTS(&c, "", "GlobalLpPool", 1, "nothing to pool");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 1, 3), NULL);
  op_case_real(&c, OP_SHAPE(1, 1, 3), NULL);
  op_case_real(&c, OP_SHAPE(1, 1, 2), NULL);
  OP_INTS(&c, "kernel_shape", 2);
  OP_CASE_REJECTS(&c, "org.atrous", "LpPoolGrad", 1, "input 0 has shape [1,1,3], must have [1,1,2]");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("lp_pool");
  TCase *tests = tcase_create("lp_pool");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, lp_pool_is_the_norm_of_each_window);
  tcase_add_test(tests, lp_pool_rounds_up_or_keeps_the_size_where_asked);
  tcase_add_test(tests, global_lp_pool_is_the_norm_of_each_channel);
  tcase_add_test(tests, lp_pool_lies_between_mean_and_maximum);
  tcase_add_test(tests, lp_pool_is_differentiated_in_a_model);
  tcase_add_test(tests, lp_pool_of_zeros_has_no_slope);
  tcase_add_test(tests, lp_pool_rejects_what_it_cannot_do_with_a_sentence);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
