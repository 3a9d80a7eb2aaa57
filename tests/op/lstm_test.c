/* lstm_test.c: LSTM and its gradient: two steps worked by hand, plain, with peepholes and with coupled gates;
 * every row at awkward sizes, finite differences, PyTorch's stacks, rejections. */
#include "recurrent_case.h"

static const recurrent_op lstm = { "LSTM", 4, 2, 5, { 0, 3, 1, 2 } };
static const recurrent_size plain = { 3, 2, 2, 3, "forward", 0, 1, 0, 1 };

/* Two initial states, and peepholes where asked for. */
static void make(op_case *c, const recurrent_size *size, int peepholes) {
  recurrent_make(c, &lstm, size);
  if (!peepholes) return;
  while (c->n_in < 7) op_case_absent(c);
  op_check_random(c, OP_SHAPE(recurrent_dirs(size->direction), 3 * size->hid), 9);
}

/* With all functions the identity; x = 1, 2; hidden size 1. */
static void by_hand(op_case *c) {
  *c = (op_case){ 0 };
  recurrent_strings(c, "activations", 3, (const char *const[]){ "Affine", "Affine", "Affine" });
  op_case_real(c, OP_SHAPE(2, 1, 1), (double[]){ 1, 2 });
  op_case_real(c, OP_SHAPE(1, 4, 1), (double[]){ 1, 2, 3, 4 });
  op_case_real(c, OP_SHAPE(1, 4, 1), (double[]){ 0.5, 0.25, 0, 1 });
}

START_TEST(lstm_of_two_steps_is_as_worked_by_hand) {
  op_case c;
  by_hand(&c);
  OP_CASE_GOOD(op_case_run(&c, "", "LSTM", 5), &c);
  op_check_shape(&c, 0, OP_SHAPE(2, 1, 1, 1));
  OP_NEAR(&c, 3, 1e-12, 1, 2, 3, 4, 6, 6, 6, 16);
  OP_NEAR(&c, 4, 1e-12, 4, 120); /* 1·4, then 6·4 + 6·16 */
  OP_NEAR(&c, 0, 1e-12, 8, 720);
  OP_NEAR(&c, 1, 1e-12, 720);
  OP_NEAR(&c, 2, 1e-12, 120);
  op_check_int(&c, "input_forget", 1);
  OP_CASE_GOOD(op_case_run(&c, "", "LSTM", 3), &c);
  OP_NEAR(&c, 0, 1e-12, 8, 456); /* C = (1 - 6)·4 + 6·16 = 76 */
  op_check_int(&c, "input_forget", 0);
  for (int k = 0; k < 4; k++) op_case_absent(&c);
  op_case_real(&c, OP_SHAPE(1, 3), (double[]){ 0.5, 0.25, -1 });
  OP_CASE_GOOD(op_case_run(&c, "", "LSTM", 5), &c);
  /* o = 2 + 4/4; then i = 2 + 6 + 2, f = 6 - 4, c = 8 + 12, C = 2·4 + 10·20, o = 4 + 3 + 52. */
  OP_NEAR(&c, 3, 1e-12, 1, 3, 3, 4, 10, 59, 2, 20);
  OP_NEAR(&c, 4, 1e-12, 4, 208);
  OP_NEAR(&c, 0, 1e-12, 12, 12272);
  op_case_free(&c);
}
END_TEST

START_TEST(lstm_clips_what_enters_its_activations) {
  op_case c;
  by_hand(&c);
  op_check_float(&c, "clip", 3);
  OP_CASE_GOOD(op_case_run(&c, "", "LSTM", 3), &c);
  /* i = 1, o = 2, f = 3, c = 3: C = 3, H = 6; then 5 → 3, 5.5 → 3, 6 → 3, 14 → 3: C = 3·3 + 3·3, H = 3·3. */
  OP_NEAR(&c, 0, 1e-12, 6, 9);
  OP_NEAR(&c, 2, 1e-12, 18);
  op_case_free(&c);
}
END_TEST

START_TEST(lstm_agrees_on_every_row_at_awkward_sizes) {
  for (size_t k = 0; k < RECURRENT_AWKWARD; k++) {
    op_case c;
    make(&c, &recurrent_awkward[k], k % 2);
    op_check_int(&c, "input_forget", k == 3 || k == 4);
    OP_CASE_GOOD(op_case_run(&c, "", "LSTM", 1), &c);
    OP_CASE_GOOD(op_case_run(&c, "", "LSTM", 5), &c);
    op_case g = { 0 };
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    if (k % 3 == 1) op_check_float(&g, "clip_through_time", 0.25f);
    recurrent_pass(&g, &c.in[2]);
    recurrent_pass(&g, &c.out[0]);
    recurrent_pass(&g, &c.out[3]);
    for (size_t i = 4; i < 8; i++) recurrent_pass(&g, &c.in[i]);
    recurrent_pass(&g, &c.out[4]);
    op_check_random(&g, c.out[0].shape, 11);
    op_check_random(&g, c.out[1].shape, 12);
    op_check_random(&g, c.out[2].shape, 13);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "LSTMGrad", 5), &g);
    op_case_free(&g);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(lstm_gradient_agrees_with_finite_differences) {
  static const char *const directions[] = { "forward", "reverse", "bidirectional" };
  for (int k = 0; k < 6; k++) {
    const recurrent_size z = { 3, 2, 2, 2, directions[k % 3], k / 3, 1, k % 2, 1 };
    op_case c;
    make(&c, &z, 1);
    op_check_int(&c, "input_forget", k == 1 || k == 5);
    OP_CASE_GOOD(op_case_run(&c, "", "LSTM", 3), &c);
    op_plan_gradient_of(&c, "", "LSTM", 1 | 2 | 4 | 8 | 32 | 64 | 128, 0, (size_t)k % 3);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(lstm_gradient_stops_where_it_was_clipped) {
  op_case c;
  make(&c, &plain, 1);
  static const char *const names[] = { "Softsign", "ScaledTanh", "HardSigmoid" };
  recurrent_strings(&c, "activations", 3, names);
  recurrent_floats(&c, "activation_alpha", 2, (const float[]){ 1.5f, 0.75f });
  recurrent_floats(&c, "activation_beta", 2, (const float[]){ 0.5f, 0.25f });
  op_check_float(&c, "clip", 0.6f);
  OP_CASE_GOOD(op_case_run(&c, "", "LSTM", 3), &c);
  op_plan_gradient(&c, "", "LSTM", 1 | 2 | 4 | 8 | 32 | 64 | 128, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(lstm_rejects_what_does_not_fit) {
  op_case c;
  make(&c, &plain, 1);
  free(c.in[7].v);
  c.n_in = 7;
  op_check_random(&c, OP_SHAPE(1, 6), 1);
  OP_CASE_REJECTS(&c, "", "LSTM", 3, "input 7 has shape [1,6], must be [1,9]");
  c.n_in--;
  free(c.in[7].v);
  recurrent_strings(&c, "activations", 1, (const char *const[]){ "Tanh" });
  OP_CASE_REJECTS(&c, "", "LSTM", 3, "activations names 1 functions, must name 3");
  op_case_free(&c);
}
END_TEST

START_TEST(lstm_agrees_with_pytorch) {
  recurrent_torch("lstm", &lstm, NULL, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("lstm");
  TCase *tests = tcase_create("lstm");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, lstm_of_two_steps_is_as_worked_by_hand);
  tcase_add_test(tests, lstm_clips_what_enters_its_activations);
  tcase_add_test(tests, lstm_agrees_on_every_row_at_awkward_sizes);
  tcase_add_test(tests, lstm_gradient_agrees_with_finite_differences);
  tcase_add_test(tests, lstm_gradient_stops_where_it_was_clipped);
  tcase_add_test(tests, lstm_rejects_what_does_not_fit);
  tcase_add_test(tests, lstm_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
