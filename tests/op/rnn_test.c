/* rnn_test.c: RNN and its gradient: two steps worked by hand in every direction, every activation, lengths
 * and layouts, finite differences, PyTorch's stacks, rejections. */
#include "recurrent_case.h"

static const recurrent_op rnn = { "RNN", 1, 1, 3, { 0 } };
static const recurrent_size plain = { 4, 2, 3, 5, "forward", 0, 1, 0, 1 };
static const char *const directions[] = { "forward", "reverse", "bidirectional" };

/* relu(x·[1,-1] + h·[[½,0],[1,¼]] + [½,0] + [0,1]) over x = 1, 2. */
static void by_hand(op_case *c, const char *direction, const char *const *names, size_t n) {
  const int64_t d = (int64_t)n;
  *c = (op_case){ 0 };
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "direction", direction), ATR_OK);
  recurrent_strings(c, "activations", n, names);
  op_case_real(c, OP_SHAPE(2, 1, 1), (double[]){ 1, 2 });
  op_case_real(c, OP_SHAPE(d, 2, 1), (double[]){ 1, -1, 1, -1 });
  op_case_real(c, OP_SHAPE(d, 2, 2), (double[]){ 0.5, 0, 1, 0.25, 0.5, 0, 1, 0.25 });
  op_case_real(c, OP_SHAPE(d, 4), (double[]){ 0.5, 0, 0, 1, 0.5, 0, 0, 1 });
}

START_TEST(rnn_of_two_steps_is_as_worked_by_hand) {
  op_case c;
  by_hand(&c, "forward", (const char *const[]){ "Relu" }, 1);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 3), &c);
  op_check_shape(&c, 0, OP_SHAPE(2, 1, 1, 2));
  op_check_shape(&c, 1, OP_SHAPE(1, 1, 2));
  OP_NEAR(&c, 0, 1e-12, 1.5, 0, 3.25, 0.5);
  OP_NEAR(&c, 1, 1e-12, 3.25, 0.5);
  OP_NEAR(&c, 2, 1e-12, 1.5, 0, 3.25, 0.5);
  op_case_free(&c);
  by_hand(&c, "reverse", (const char *const[]){ "relu" }, 1);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 3), &c);
  OP_NEAR(&c, 0, 1e-12, 2.75, 2.5, 2.5, 0);
  OP_NEAR(&c, 1, 1e-12, 2.75, 2.5);
  OP_NEAR(&c, 2, 1e-12, 2.75, 2.5, 2.5, -1);
  op_case_free(&c);
  by_hand(&c, "bidirectional", (const char *const[]){ "Relu", "Relu" }, 2);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 3), &c);
  OP_NEAR(&c, 0, 1e-12, 1.5, 0, 2.75, 2.5, 3.25, 0.5, 2.5, 0);
  OP_NEAR(&c, 1, 1e-12, 3.25, 0.5, 2.75, 2.5);
  op_case_free(&c);
}
END_TEST

/* With f the identity and R = r one step's derivative is r: dpre = dY + r·dpre of the step after. */
START_TEST(rnn_gradient_of_three_steps_is_as_worked_by_hand) {
  op_case g = { 0 };
  recurrent_strings(&g, "activations", 1, (const char *const[]){ "Affine" });
  op_case_real(&g, OP_SHAPE(1, 1, 1), (double[]){ 0.5 });
  op_case_real(&g, OP_SHAPE(3, 1, 1, 1), (double[]){ 7, 8, 9 }); /* Y */
  op_case_real(&g, OP_SHAPE(1, 3, 1), (double[]){ 7, 8, 9 });    /* pre */
  op_case_absent(&g);
  op_case_real(&g, OP_SHAPE(1, 1, 1), (double[]){ 6 });
  op_case_real(&g, OP_SHAPE(3, 1, 1, 1), (double[]){ 1, 2, 3 });
  op_case_real(&g, OP_SHAPE(1, 1, 1), (double[]){ 5 });
  OP_CASE_GOOD(op_case_run(&g, "org.atrous", "RNNGrad", 3), &g);
  /* 3 + 5, 2 + 8/2, 1 + 6/2. */
  OP_NEAR(&g, 0, 1e-12, 4, 6, 8);
  OP_NEAR(&g, 1, 1e-12, 6, 7, 8);
  OP_NEAR(&g, 2, 1e-12, 2);
  ck_assert_int_eq(atr__attrs_set_string(&g.attrs, "direction", "reverse"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&g, "org.atrous", "RNNGrad", 3), &g);
  OP_NEAR(&g, 0, 1e-12, 6, 5, 5.5);
  OP_NEAR(&g, 1, 1e-12, 8, 9, 6);
  OP_NEAR(&g, 2, 1e-12, 2.75);
  op_case_free(&g);
}
END_TEST

START_TEST(rnn_agrees_on_every_row_at_awkward_sizes) {
  for (size_t k = 0; k < RECURRENT_AWKWARD; k++) {
    op_case c;
    recurrent_make(&c, &rnn, &recurrent_awkward[k]);
    OP_CASE_GOOD(op_case_run(&c, "", "RNN", 3), &c);
    OP_CASE_GOOD(op_case_run(&c, "", "RNN", 1), &c);
    /* The gradient with everything there. */
    OP_CASE_GOOD(op_case_run(&c, "", "RNN", 3), &c);
    op_case g = { 0 };
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    if (k % 3 == 1) op_check_float(&g, "clip_through_time", 0.25f);
    recurrent_pass(&g, &c.in[2]);
    recurrent_pass(&g, &c.out[0]);
    recurrent_pass(&g, &c.out[2]);
    recurrent_pass(&g, &c.in[4]);
    recurrent_pass(&g, &c.in[5]);
    op_check_random(&g, c.out[0].shape, 11);
    op_check_random(&g, c.out[1].shape, 12);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "RNNGrad", 3), &g);
    op_case_free(&g);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(rnn_gradient_agrees_with_finite_differences) {
  for (int k = 0; k < 3; k++)
    for (int layout = 0; layout < 2; layout++) {
      const recurrent_size z = { 4, 3, 2, 3, directions[k], layout, 1, k != 1, 1 };
      op_case c;
      recurrent_make(&c, &rnn, &z);
      OP_CASE_GOOD(op_case_run(&c, "", "RNN", 2), &c);
      op_plan_gradient_of(&c, "", "RNN", 1 | 2 | 4 | 8 | 32, 0, 0);
      op_plan_gradient_of(&c, "", "RNN", 1 | 2 | 4 | 8 | 32, 0, 1);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(rnn_takes_every_activation_and_its_gradient) {
  static const struct {
    const char *name;
    size_t alphas, betas;
    float alpha, beta;
    double at; /* f(-0.75), and f(0.75) */
    double at_other;
  } f[] = {
    { "Affine", 1, 1, 0.5f, 0.25f, -0.125, 0.625 },
    { "Elu", 1, 0, 0.5f, 0, 0.5 * (0.47236655274101469 - 1), 0.75 },
    { "HardSigmoid", 0, 0, 0, 0, 0.35, 0.65 },
    { "LeakyRelu", 0, 0, 0, 0, -0.0075, 0.75 },
    { "Relu", 0, 0, 0, 0, 0, 0.75 },
    { "ScaledTanh", 1, 1, 2, 0.5f, -2 * 0.35835739835078590, 2 * 0.35835739835078590 },
    { "Sigmoid", 0, 0, 0, 0, 0.32082130082460703, 0.67917869917539297 },
    { "Softplus", 0, 0, 0, 0, 0.38687100900517665, 1.1368710090051766 },
    { "Softsign", 0, 0, 0, 0, -3.0 / 7, 3.0 / 7 },
    { "Tanh", 0, 0, 0, 0, -0.63514895238728730, 0.63514895238728730 },
    { "ThresholdedRelu", 1, 0, 0.5f, 0, 0, 0.75 },
  };
  for (size_t k = 0; k < sizeof f / sizeof *f; k++) {
    op_case c;
    recurrent_make(&c, &rnn, &plain);
    recurrent_strings(&c, "activations", 1, &f[k].name);
    if (f[k].alphas) recurrent_floats(&c, "activation_alpha", 1, &f[k].alpha);
    if (f[k].betas) recurrent_floats(&c, "activation_beta", 1, &f[k].beta);
    OP_CASE_GOOD(op_case_run(&c, "", "RNN", 2), &c);
    op_plan_gradient(&c, "", "RNN", 2 | 4 | 32, 0);
    op_case_free(&c);
    op_case one = { 0 };
    recurrent_strings(&one, "activations", 1, &f[k].name);
    if (f[k].alphas) recurrent_floats(&one, "activation_alpha", 1, &f[k].alpha);
    if (f[k].betas) recurrent_floats(&one, "activation_beta", 1, &f[k].beta);
    op_case_real(&one, OP_SHAPE(1, 2, 1), (double[]){ -0.75, 0.75 });
    op_case_real(&one, OP_SHAPE(1, 1, 1), (double[]){ 1 });
    op_case_real(&one, OP_SHAPE(1, 1, 1), (double[]){ 0 });
    OP_CASE_GOOD(op_case_run(&one, "", "RNN", 1), &one);
    OP_NEAR(&one, 0, 1e-7, f[k].at, f[k].at_other);
    op_case_free(&one);
  }
}
END_TEST

START_TEST(rnn_clips_what_enters_its_activation) {
  op_case c;
  by_hand(&c, "forward", (const char *const[]){ "Relu" }, 1);
  op_check_float(&c, "clip", 1.25f);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 3), &c);
  /* Step 2: 2.5 + 1.25/2 → 1.25, -2 + 1 + 1.25 = 0.25. */
  OP_NEAR(&c, 0, 1e-12, 1.25, 0, 1.25, 0.25);
  OP_NEAR(&c, 2, 1e-12, 1.5, 0, 3.125, 0.25);
  op_case_free(&c);
  recurrent_make(&c, &rnn, &plain);
  op_check_float(&c, "clip", 0.5f);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 2), &c);
  op_plan_gradient(&c, "", "RNN", 1 | 2 | 4 | 8 | 32, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(rnn_stops_at_each_samples_length) {
  op_case c = { 0 };
  recurrent_strings(&c, "activations", 1, (const char *const[]){ "Affine" });
  op_case_real(&c, OP_SHAPE(3, 3, 1), (double[]){ 1, 1, 1, 2, 2, 2, 4, 4, 4 });
  op_case_real(&c, OP_SHAPE(1, 1, 1), (double[]){ 1 });
  op_case_real(&c, OP_SHAPE(1, 1, 1), (double[]){ 1 });
  op_case_absent(&c);
  op_case_add(&c, ATR_I32, OP_SHAPE(3), (double[]){ 3, 2, 0 });
  op_case_real(&c, OP_SHAPE(1, 3, 1), (double[]){ 10, 20, 30 });
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 2), &c);
  OP_NEAR(&c, 0, 1e-12, 11, 21, 0, 13, 23, 0, 17, 0, 0);
  OP_NEAR(&c, 1, 1e-12, 17, 23, 30);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "direction", "reverse"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 2), &c);
  OP_NEAR(&c, 0, 1e-12, 17, 23, 0, 16, 22, 0, 14, 0, 0);
  OP_NEAR(&c, 1, 1e-12, 17, 23, 30);
  c.in[4].v[1] = 4;
  OP_CASE_REJECTS(&c, "", "RNN", 2, "sequence_lens[1] is 4, must be 0 to 3");
  op_case_free(&c);
}
END_TEST

START_TEST(rnn_of_nothing_keeps_its_state) {
  const recurrent_size none = { 0, 2, 3, 4, "forward", 0, 1, 0, 1 },
                       nobody = { 3, 0, 2, 4, "forward", 0, 1, 0, 1 },
                       blind = { 3, 2, 0, 4, "forward", 0, 1, 0, 1 };
  op_case c;
  recurrent_make(&c, &rnn, &none);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 2), &c);
  ck_assert_int_eq(c.out[0].count, 0);
  op_case_near(&c, 1, c.in[5].v, c.in[5].count, 0);
  op_case_free(&c);
  recurrent_make(&c, &rnn, &nobody);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 2), &c);
  ck_assert_int_eq(c.out[1].count, 0);
  op_case_free(&c);
  recurrent_make(&c, &rnn, &blind);
  OP_CASE_GOOD(op_case_run(&c, "", "RNN", 2), &c);
  op_case_free(&c);
}
END_TEST

START_TEST(rnn_rejects_what_does_not_fit) {
  op_case c;
  recurrent_make(&c, &rnn, &plain);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "direction", "sideways"), ATR_OK);
  OP_CASE_REJECTS(&c, "", "RNN", 2, "\"sideways\"");
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "direction", "bidirectional"), ATR_OK);
  OP_CASE_REJECTS(&c, "", "RNN", 2, "R has shape [1,5,5]; it must be [2, 1·hidden, hidden]");
  op_case_free(&c);
  recurrent_make(&c, &rnn, &plain);
  recurrent_strings(&c, "activations", 2, (const char *const[]){ "Tanh", "Tanh" });
  OP_CASE_REJECTS(&c, "", "RNN", 2, "activations names 2 functions, must name 1");
  recurrent_strings(&c, "activations", 1, (const char *const[]){ "Swish" });
  OP_CASE_REJECTS(&c, "", "RNN", 2, "\"Swish\"");
  recurrent_strings(&c, "activations", 1, (const char *const[]){ "Tanh" });
  recurrent_floats(&c, "activation_alpha", 1, (const float[]){ 1 });
  OP_CASE_REJECTS(&c, "", "RNN", 2, "1 values of activation_alpha");
  op_case_free(&c);
  recurrent_make(&c, &rnn, &plain);
  op_check_int(&c, "hidden_size", 6);
  OP_CASE_REJECTS(&c, "", "RNN", 2, "hidden_size is 6, R has 5");
  op_check_int(&c, "hidden_size", 5);
  op_check_int(&c, "layout", 2);
  OP_CASE_REJECTS(&c, "", "RNN", 2, "layout is 2");
  op_check_int(&c, "layout", 1);
  OP_CASE_REJECTS(&c, "", "RNN", 2, "input 5 has shape [1,2,5], must be [4,1,5]");
  op_check_int(&c, "layout", 0);
  op_check_float(&c, "clip", 0);
  OP_CASE_REJECTS(&c, "", "RNN", 2, "clip is 0");
  op_case_free(&c);
}
END_TEST

START_TEST(rnn_without_features_still_has_a_size) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE((int64_t)1 << 40, (int64_t)1 << 40, 0), NULL);
  op_case_real(&c, OP_SHAPE(1, 2, 0), NULL);
  op_case_real(&c, OP_SHAPE(1, 2, 2), NULL);
  OP_CASE_REJECTS(&c, "", "RNN", 2, "1099511627776");
  op_case_free(&c);
}
END_TEST

START_TEST(rnn_agrees_with_pytorch) {
  recurrent_torch("rnn_tanh", &rnn, NULL, 0);
}
END_TEST

START_TEST(rnn_with_relu_agrees_with_pytorch) {
  static const char *const names[] = { "Relu", "Relu" };
  /* The list is as long as there are directions. */
  json_t *root = golden_load("recurrent.json"), *one;
  if (!root) return;
  for (size_t i = 0; (one = golden_next(root, "rnn_relu", &i));) {
    int64_t both;
    golden_ints(one, "bidirectional", 0, 1, &both);
    const atr_attribute relu = {
      .name = "activations", .kind = ATR_ATTRIBUTE_STRINGS, .n = both ? 2 : 1, .strings = names
    };
    recurrent_torch_case(one, &rnn, &relu, 1);
  }
  json_decref(root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("rnn");
  TCase *tests = tcase_create("rnn");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, rnn_of_two_steps_is_as_worked_by_hand);
  tcase_add_test(tests, rnn_gradient_of_three_steps_is_as_worked_by_hand);
  tcase_add_test(tests, rnn_agrees_on_every_row_at_awkward_sizes);
  tcase_add_test(tests, rnn_gradient_agrees_with_finite_differences);
  tcase_add_test(tests, rnn_takes_every_activation_and_its_gradient);
  tcase_add_test(tests, rnn_clips_what_enters_its_activation);
  tcase_add_test(tests, rnn_stops_at_each_samples_length);
  tcase_add_test(tests, rnn_of_nothing_keeps_its_state);
  tcase_add_test(tests, rnn_rejects_what_does_not_fit);
  tcase_add_test(tests, rnn_without_features_still_has_a_size);
  tcase_add_test(tests, rnn_agrees_with_pytorch);
  tcase_add_test(tests, rnn_with_relu_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
