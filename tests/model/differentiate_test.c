/* differentiate_test.c: backpropagation against numbers worked by hand. Every number is a short binary
 * fraction, so float must give it exactly.
 *
 *   x = (1, 2)                 z = W1·x + b1 = (1 - 2 + 0.5, 0.5 + 0.5 - 0.5) = (-0.5, 0.5)
 *   W1 = ((1, -1), (0.5, 0.25))  h = relu(z) = (0, 0.5)
 *   b1 = (0.5, -0.5)           y = W2·h + b2 = -1.5 + 0.25 = -1.25
 *   W2 = (2, -3), b2 = 0.25    e = y - t = -2.25,  L = e² = 5.0625     (t = 1)
 *
 *   dL/dy = 2e = -4.5          dL/dW2 = dL/dy · h = (0, -2.25)         dL/db2 = -4.5
 *   dL/dh = dL/dy · W2 = (-9, 13.5)        dL/dz = (0, 13.5), for z1 < 0 closes the first gate
 *   dL/dW1 = dL/dz · xᵀ = ((0, 0), (13.5, 27))   dL/db1 = (0, 13.5)    dL/dx = W1ᵀ·dL/dz = (6.75, 3.375) */
#include "test.h"

#include "base/alloc.h"
#include "model/graph.h"
#include <atrous/plan.h>

static atr_value tensor(atr_model *m, const char *name, int rank, int64_t a, int64_t b, const float *data,
                        int learns) {
  const atr_shape shape = { rank, { a, b, 1 } };
  return atr_model_add_tensor(m, name, ATR_F32, &shape, data, learns);
}

static atr_value conv(atr_model *m, const char *name, atr_value v, atr_value w, atr_value b) {
  const atr_value in[3] = { v, w, b };
  return atr_model_add(m, NULL, "Conv", name, in, 3, NULL, 0, NULL, 1);
}

static const float w1[4] = { 1, -1, 0.5f, 0.25f }, b1[2] = { 0.5f, -0.5f }, w2[2] = { 2, -3 },
                   b2[1] = { 0.25f };

typedef struct {
  atr_model *model;
  atr_value in[5]; /* x, w1, b1, w2, b2 */
  atr_value h, loss;
} example;

/* The two layers as 1-wide convolutions: x is [1][2][1]. */
static example build(void) {
  atr_error error = ATR_ERROR_INIT;
  example e;
  must(atr_model_create(1, &error, &e.model));
  atr_model *m = e.model;
  const atr_shape shape = { 3, { 1, 2, 1 } };
  const float target[1] = { 1 };
  e.in[0] = atr_model_add_input(m, "x", ATR_F32, &shape);
  e.in[1] = tensor(m, "w1", 3, 2, 2, w1, 1);
  e.in[2] = tensor(m, "b1", 1, 2, 1, b1, 1);
  e.in[3] = tensor(m, "w2", 3, 1, 2, w2, 1);
  e.in[4] = tensor(m, "b2", 1, 1, 1, b2, 1);
  e.h = atr_model_relu(m, conv(m, "one", e.in[0], e.in[1], e.in[2]));
  atr_value y = conv(m, "two", e.h, e.in[3], e.in[4]);
  const atr_value pair[2] = { y, tensor(m, "t", 3, 1, 1, target, 0) };
  atr_value d = atr_model_add(m, NULL, "Sub", "error", pair, 2, NULL, 0, NULL, 1);
  const int64_t none[1] = { 0 };
  e.loss = atr_model_reshape(m, none, 0, atr_model_mul(m, d, d));
  atr_model_add_output(m, "loss", e.loss);
  must(atr_model_check(m, &error));
  return e;
}

static void read_exactly(atr_run *run, const char *name, const float *expected, size_t n) {
  float got[8];
  run_must(run, atr_run_read(run, name, got, n * sizeof *got));
  for (size_t i = 0; i < n; i++)
    ck_assert_msg(!(got[i] < expected[i]) && !(got[i] > expected[i]), "%s[%zu] is %g, by hand %g", name, i,
                  (double)got[i], (double)expected[i]);
}

static void check_by_hand(const char *device, int keep_all) {
  atr_error error = ATR_ERROR_INIT;
  example e = build();
  const atr_shape shape = { 3, { 1, 2, 1 } };
  atr__infer_state state;
  memset(&state, 0, sizeof state);
  must(atr__infer_graph(e.model, &shape, 1, &state, &error));
  int wanted[5], gradient[5], trace[64] = { 0 };
  for (int i = 0; i < 5; i++) wanted[i] = e.in[i].id;
  const size_t forward = atr_model_layers(e.model);
  must(atr__differentiate(e.model, &state, e.loss.id, wanted, 5, gradient, trace, &error));
  ck_assert_uint_gt(atr_model_layers(e.model), forward);
  static const char *const name[5] = { "dx", "dw1", "db1", "dw2", "db2" };
  for (int i = 0; i < 5; i++) {
    ck_assert_int_gt(gradient[i], 0);
    atr_model_add_output(e.model, name[i], (atr_value){ gradient[i] });
  }
  ck_assert_int_gt(trace[e.h.id - 1], 0);
  atr_model_add_output(e.model, "dh", (atr_value){ trace[e.h.id - 1] });
  must(atr_model_check(e.model, &error));
  atr_context *context = test_open(device, NULL);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.keep_all = keep_all;
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(e.model, context, &shape, 1, &options, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  const float x[2] = { 1, 2 };
  run_must(run, atr_run_write(run, "x", x, sizeof x));
  run_must(run, atr_run_execute(run));
  read_exactly(run, "loss", (const float[]){ 5.0625f }, 1);
  read_exactly(run, "dh", (const float[]){ -9, 13.5f }, 2);
  read_exactly(run, "dx", (const float[]){ 6.75f, 3.375f }, 2);
  read_exactly(run, "dw1", (const float[]){ 0, 0, 13.5f, 27 }, 4);
  read_exactly(run, "db1", (const float[]){ 0, 13.5f }, 2);
  read_exactly(run, "dw2", (const float[]){ 0, -2.25f }, 2);
  read_exactly(run, "db2", (const float[]){ -4.5f }, 1);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  atr__infer_free(&state, e.model);
  atr_model_destroy(e.model);
}

START_TEST(two_layers_give_the_gradients_worked_by_hand) {
  check_by_hand("host", 0);
  check_by_hand("host", 1);
  if (test_opencl()) {
    check_by_hand(test_device(), 0);
    check_by_hand(test_device(), 1);
  } else
    puts("# skipped: no OpenCL, so hand-worked gradients on the host only");
}
END_TEST

/* L = Σ (x·x + x) with x read three times: dL/dx = 2x + 1. */
START_TEST(gradients_of_a_value_read_often_are_added) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  must(atr_model_create(1, &error, &m));
  const atr_shape shape = { 2, { 1, 3 } };
  atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  atr_value f = atr_model_add2(m, atr_model_mul(m, x, x), x);
  const atr_attribute keep = { "keepdims", ATR_ATTRIBUTE_INT, 0, 0, NULL, NULL, NULL, 0, NULL };
  atr_value loss = atr_model_add(m, NULL, "ReduceSum", NULL, &f, 1, &keep, 1, NULL, 1);
  atr_model_add_output(m, "loss", loss);
  atr__infer_state state;
  memset(&state, 0, sizeof state);
  must(atr__infer_graph(m, &shape, 1, &state, &error));
  int gradient;
  must(atr__differentiate(m, &state, loss.id, &x.id, 1, &gradient, NULL, &error));
  atr_model_add_output(m, "dx", (atr_value){ gradient });
  atr_context *context = test_open("host", NULL);
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  const float in[3] = { -2, 0.5f, 3 };
  run_must(run, atr_run_write(run, "x", in, sizeof in));
  run_must(run, atr_run_execute(run));
  read_exactly(run, "loss", (const float[]){ 4 - 2 + 0.25f + 0.5f + 9 + 3 }, 1);
  read_exactly(run, "dx", (const float[]){ -3, 2, 7 }, 3);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  atr__infer_free(&state, m);
  atr_model_destroy(m);
}
END_TEST

START_TEST(what_the_loss_does_not_read_has_no_gradient) {
  atr_error error = ATR_ERROR_INIT;
  example e = build();
  const float one[1] = { 1 };
  const atr_value lone = tensor(e.model, "lone", 1, 1, 1, one, 1);
  const atr_shape shape = { 3, { 1, 2, 1 } };
  atr__infer_state state;
  memset(&state, 0, sizeof state);
  must(atr__infer_graph(e.model, &shape, 1, &state, &error));
  const int wanted[2] = { lone.id, e.in[1].id };
  int gradient[2];
  must(atr__differentiate(e.model, &state, e.loss.id, wanted, 2, gradient, NULL, &error));
  ck_assert_int_eq(gradient[0], 0);
  ck_assert_int_gt(gradient[1], 0);
  atr__infer_free(&state, e.model);
  atr_model_destroy(e.model);
}
END_TEST

START_TEST(running_out_of_memory_while_differentiating_leaves_nothing) {
  const int64_t before = atr__alloc_live();
  for (int64_t at = 0;; at++) {
    atr_error error = ATR_ERROR_INIT;
    example e = build();
    const atr_shape shape = { 3, { 1, 2, 1 } };
    atr__infer_state state;
    memset(&state, 0, sizeof state);
    int wanted[5], gradient[5];
    for (int i = 0; i < 5; i++) wanted[i] = e.in[i].id;
    atr__alloc_fail(at, 1);
    atr_status status = atr__infer_graph(e.model, &shape, 1, &state, &error);
    if (!status) status = atr__differentiate(e.model, &state, e.loss.id, wanted, 5, gradient, NULL, &error);
    atr__alloc_fail(-1, 0);
    atr__infer_free(&state, e.model);
    atr_model_destroy(e.model);
    ck_assert_msg(atr__alloc_live() == before, "allocation %lld: %lld blocks left", (long long)at,
                  (long long)(atr__alloc_live() - before));
    if (!status) {
      ck_assert_int_gt(at, 50);
      break;
    }
    ck_assert_msg(status == ATR_E_NOMEM && error.text[0], "allocation %lld: %s: %s", (long long)at,
                  atr_status_name(status), error.text);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = { two_layers_give_the_gradients_worked_by_hand,
                                 gradients_of_a_value_read_often_are_added,
                                 what_the_loss_does_not_read_has_no_gradient,
                                 running_out_of_memory_while_differentiating_leaves_nothing };
  return test_run(test_suite("differentiate", tests, sizeof tests / sizeof *tests, 60));
}
