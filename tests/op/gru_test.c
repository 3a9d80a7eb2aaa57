/* gru_test.c: GRU and its gradient: a step worked by hand in both forms, every row at awkward sizes, finite
 * differences, PyTorch's stacks. */
#include "recurrent_case.h"

static const recurrent_op gru = { "GRU", 3, 1, 4, { 1, 0, 2 } };
static const recurrent_size plain = { 3, 2, 2, 3, "forward", 0, 1, 0, 1 };

/* z = ½, r = 2 + 2 = 4, all functions the identity. */
START_TEST(gru_of_one_step_is_as_worked_by_hand) {
  op_case c = { 0 };
  recurrent_strings(&c, "activations", 2, (const char *const[]){ "Affine", "Affine" });
  op_case_real(&c, OP_SHAPE(1, 1, 1), (double[]){ 1 });
  op_case_real(&c, OP_SHAPE(1, 3, 1), (double[]){ 0, 2, 1 });
  op_case_real(&c, OP_SHAPE(1, 3, 1), (double[]){ 0.25, 1, 3 });
  op_case_real(&c, OP_SHAPE(1, 6), (double[]){ 0, 0, 0, 0, 0, 1 });
  op_case_absent(&c);
  op_case_real(&c, OP_SHAPE(1, 1, 1), (double[]){ 2 });
  OP_CASE_GOOD(op_case_run(&c, "", "GRU", 4), &c);
  OP_NEAR(&c, 2, 1e-12, 0.5, 4, 26); /* 1 + 3·(4·2) + 1 */
  OP_NEAR(&c, 3, 1e-12, 8);
  OP_NEAR(&c, 0, 1e-12, 14); /* 26/2 + 2/2 */
  OP_NEAR(&c, 1, 1e-12, 14);
  op_check_int(&c, "linear_before_reset", 1);
  OP_CASE_GOOD(op_case_run(&c, "", "GRU", 4), &c);
  OP_NEAR(&c, 2, 1e-12, 0.5, 4, 29); /* 1 + 4·(3·2 + 1) */
  OP_NEAR(&c, 3, 1e-12, 7);
  OP_NEAR(&c, 0, 1e-12, 15.5);
  op_case_free(&c);
}
END_TEST

START_TEST(gru_agrees_on_every_row_at_awkward_sizes) {
  for (size_t k = 0; k < 2 * RECURRENT_AWKWARD; k++) {
    op_case c;
    recurrent_make(&c, &gru, &recurrent_awkward[k / 2]);
    op_check_int(&c, "linear_before_reset", k % 2);
    OP_CASE_GOOD(op_case_run(&c, "", "GRU", 1), &c);
    OP_CASE_GOOD(op_case_run(&c, "", "GRU", 4), &c);
    op_case g = { 0 };
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    if (k % 3 == 1) op_check_float(&g, "clip_through_time", 0.25f);
    recurrent_pass(&g, &c.in[2]);
    recurrent_pass(&g, &c.out[0]);
    recurrent_pass(&g, &c.out[2]);
    recurrent_pass(&g, &c.in[4]);
    recurrent_pass(&g, &c.in[5]);
    recurrent_pass(&g, &c.out[3]);
    op_check_random(&g, c.out[0].shape, 11);
    op_check_random(&g, c.out[1].shape, 12);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "GRUGrad", 4), &g);
    op_case_free(&g);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(gru_gradient_agrees_with_finite_differences) {
  static const char *const directions[] = { "forward", "reverse", "bidirectional" };
  for (int k = 0; k < 12; k++) {
    const recurrent_size z = { 3, 2, 2, 2, directions[k % 3], k / 3 % 2, 1, k % 2, 1 };
    op_case c;
    recurrent_make(&c, &gru, &z);
    op_check_int(&c, "linear_before_reset", k / 6);
    OP_CASE_GOOD(op_case_run(&c, "", "GRU", 2), &c);
    op_plan_gradient_of(&c, "", "GRU", 1 | 2 | 4 | 8 | 32, 0, (size_t)k % 2);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(gru_gradient_stops_where_it_was_clipped) {
  for (int linear = 0; linear < 2; linear++) {
    op_case c;
    recurrent_make(&c, &gru, &plain);
    op_check_int(&c, "linear_before_reset", linear);
    recurrent_strings(&c, "activations", 2, (const char *const[]){ "HardSigmoid", "Softplus" });
    op_check_float(&c, "clip", 0.6f);
    OP_CASE_GOOD(op_case_run(&c, "", "GRU", 2), &c);
    op_plan_gradient(&c, "", "GRU", 1 | 2 | 4 | 8 | 32, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(gru_rejects_what_does_not_fit) {
  op_case c;
  recurrent_make(&c, &gru, &plain);
  recurrent_strings(&c, "activations", 3, (const char *const[]){ "Tanh", "Tanh", "Tanh" });
  OP_CASE_REJECTS(&c, "", "GRU", 2, "activations names 3 functions, must name 2");
  op_case_free(&c);
}
END_TEST

START_TEST(gru_agrees_with_pytorch) {
  const atr_attribute linear = { .name = "linear_before_reset", .kind = ATR_ATTRIBUTE_INT, .i = 1 };
  recurrent_torch("gru", &gru, &linear, 1);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gru");
  TCase *tests = tcase_create("gru");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, gru_of_one_step_is_as_worked_by_hand);
  tcase_add_test(tests, gru_agrees_on_every_row_at_awkward_sizes);
  tcase_add_test(tests, gru_gradient_agrees_with_finite_differences);
  tcase_add_test(tests, gru_gradient_stops_where_it_was_clipped);
  tcase_add_test(tests, gru_rejects_what_does_not_fit);
  tcase_add_test(tests, gru_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
