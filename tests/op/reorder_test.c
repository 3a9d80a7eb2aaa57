/* reorder_test.c: layouts: a chain of convolutions in channel blocks gives what plain convolutions give. */
#include "config.h"

#include <stdio.h>

#include "op_case.h"

#include "backend/backend.h"
#include "plan/plan.h"

START_TEST(reorder_of_a_plain_tensor_copies) {
  op_case c = { 0 };
  op_tensor *x = op_case_real(&c, OP_SHAPE(2, 19, 3, 5), NULL);
  op_case_fill(x, 1);
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "Reorder", 1), &c);
  op_case_near(&c, 0, x->v, x->count, 0);
  op_case_free(&c);
}
END_TEST

/* One convolution alone takes the blocked row where it is preferred; the oracle is the double host build. */
static void convolve(int64_t n, int64_t c_in, int64_t oc, int64_t h, int64_t w, int64_t fh, int64_t fw,
                     int64_t s, int64_t d, int64_t before, int64_t after) {
  op_case c = { .tolerance = 2e-5 };
  op_case_fill(op_case_real(&c, OP_SHAPE(n, c_in, h, w), NULL), 3);
  op_case_fill(op_case_real(&c, OP_SHAPE(oc, c_in, fh, fw), NULL), 5);
  op_case_fill(op_case_real(&c, OP_SHAPE(oc), NULL), 7);
  OP_INTS(&c, "strides", s, s);
  OP_INTS(&c, "dilations", d, d);
  OP_INTS(&c, "pads", before, before, after, after);
  OP_CASE_GOOD(op_case_run(&c, "", "Conv", 1), &c);
  op_case_free(&c);
}

START_TEST(blocked_convolution_agrees_at_every_width) {
  for (int64_t w = 1; w <= 30; w++) convolve(1, 16, 16, 3, w, 3, 3, 1, 1, 1, 1);
}
END_TEST

START_TEST(blocked_convolution_agrees_at_awkward_shapes) {
  convolve(2, 17, 33, 5, 15, 3, 3, 1, 2, 2, 2);
  convolve(1, 31, 47, 4, 29, 3, 3, 1, 4, 4, 4);
  convolve(1, 16, 48, 3, 14, 3, 3, 1, 20, 20, 20); /* dilation larger than the input */
  convolve(3, 20, 20, 7, 27, 3, 5, 2, 1, 0, 2);
  convolve(1, 64, 16, 9, 13, 1, 1, 1, 1, 0, 0);
  convolve(1, 16, 16, 6, 33, 2, 2, 3, 3, 5, 0);
  convolve(1, 16, 32, 1, 57, 1, 4, 1, 7, 0, 21);
}
END_TEST

START_TEST(a_chain_enters_blocks_once_and_leaves_them_once) {
  if (!op_plan_device()) {
    printf("# skipped: there is no OpenCL device\n");
    return;
  }
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  ck_assert_int_eq(atr_model_create(1, &error, &model), ATR_OK);
  const atr_shape shape = { 4, { 1, 16, 20, 20 } };
  atr_value v = atr_model_add_input(model, "x", ATR_F32, &shape);
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = 24;
  p.filter[0] = p.filter[1] = 3;
  p.pad = ATR_PAD_SAME;
  for (int i = 0; i < 4; i++) v = atr_model_relu(model, atr_model_conv(model, &p, v));
  atr_model_add_output(model, "y", v);
  enum { N = 24 * 20 * 20 };
  static float x[16 * 20 * 20], y[2][N];
  for (int i = 0; i < 16 * 20 * 20; i++) x[i] = (float)(i % 23) / 23 - 0.5f;
  for (int d = 0; d < 2; d++) {
    atr_plan *plan;
    atr_run *run;
    ck_assert_msg(
        !atr_plan_create(model, d ? op_plan_device() : op_plan_host(), &shape, 1, NULL, &error, &plan), "%s",
        error.text);
    ck_assert_msg(!atr_run_create(plan, &error, &run), "%s", error.text);
    ck_assert_msg(!atr_run_write(run, "x", x, sizeof x) && !atr_run_execute(run) &&
                      !atr_run_read(run, "y", y[d], sizeof y[d]),
                  "%s", atr_run_error(run));
    int conversions = 0;
    for (size_t k = 0; k < plan->n_steps; k++) conversions += !strcmp(plan->steps[k].op->name, "Reorder");
    if (d && op_plan_device()->device.device_class == ATR__CLASS_CPU) ck_assert_int_eq(conversions, 2);
    atr_run_destroy(run);
    atr_plan_destroy(plan);
  }
  for (int i = 0; i < N; i++) ck_assert_float_eq_tol(y[0][i], y[1][i], 1e-4f);
  atr_model_destroy(model);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("reorder");
  TCase *tests = tcase_create("reorder");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, reorder_of_a_plain_tensor_copies);
  tcase_add_test(tests, blocked_convolution_agrees_at_every_width);
  tcase_add_test(tests, blocked_convolution_agrees_at_awkward_shapes);
  tcase_add_test(tests, a_chain_enters_blocks_once_and_leaves_them_once);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
