/* fuse_test.c: steps that the planner joins give what they give apart. The oracle is the host's double build
 * of a plan that keeps every tensor, in which nothing is joined. */
#include "test.h"

#include <math.h>

#include "model/graph.h"
#include "plan/plan.h"
#include "tensor/shape.h"

enum { MOST = 4096, OUTPUTS = 4 };

/* y = relu(normalised x + offset), and where asked the gradients of the mean of y · r for the offset, the
 * scale and the bias. */
typedef struct {
  atr_model *model;
  atr_shape shape;
  size_t n;
  char name[OUTPUTS][32];
} example;

static float number(uint32_t i, uint32_t seed) {
  uint32_t v = i * 2654435761u + seed * 40503u;
  v ^= v >> 15;
  v *= 2246822519u;
  v ^= v >> 13;
  return (float)(v >> 8) / 8388608.0f - 1.0f;
}

static atr_value weights(atr_model *m, const char *name, const atr_shape *shape, uint32_t seed, float least) {
  static float data[MOST];
  const uint32_t n = (uint32_t)atr__shape_size(shape);
  ck_assert_uint_le(n, MOST);
  for (uint32_t i = 0; i < n; i++) data[i] = fmaxf(least, number(i, seed));
  return atr_model_add_tensor(m, name, ATR_F32, shape, data, 1);
}

static void output(example *e, int value) {
  const atr__value *v = atr__model_at(e->model, value);
  snprintf(e->name[e->n++], sizeof e->name[0], "%s", v->name);
  atr_model_add_output(e->model, NULL, (atr_value){ value });
}

static void differentiate(example *e, atr_value y, const int *wanted, size_t n) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = e->model;
  const atr_attribute keep = { .name = "keepdims", .kind = ATR_ATTRIBUTE_INT };
  const atr_value product = atr_model_mul(m, y, weights(m, "r", &e->shape, 6, -1));
  const atr_value loss = atr_model_add(m, NULL, "ReduceMean", "loss", &product, 1, &keep, 1, NULL, 1);
  atr_model_add_output(m, "loss", loss);
  must(atr_model_check(m, &error));
  atr__infer_state state;
  memset(&state, 0, sizeof state);
  must(atr__infer_graph(m, &e->shape, 1, &state, &error));
  int gradient[OUTPUTS];
  must(atr__differentiate(m, &state, loss.id, wanted, n, gradient, NULL, &error));
  for (size_t i = 0; i < n; i++) output(e, gradient[i]);
  atr__infer_free(&state, m);
}

/* twice: the normalised value is read by another node too, so that nothing may be joined. */
static example build(atr_shape shape, int training, int gradients, int twice) {
  example e = { .shape = shape };
  atr_error error = ATR_ERROR_INIT;
  const atr_shape channels = { 1, { shape.dim[1] } };
  must(atr_model_create(1, &error, &e.model));
  atr_model *m = e.model;
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape),
                  offset = weights(m, "offset", &shape, 5, -1);
  const atr_value in[5] = { atr_model_add2(m, x, offset), weights(m, "scale", &channels, 1, -1),
                            weights(m, "bias", &channels, 2, -1), weights(m, "mean", &channels, 3, -1),
                            weights(m, "var", &channels, 4, 0.25f) };
  const atr_attribute mode = { .name = "training_mode", .kind = ATR_ATTRIBUTE_INT, .i = training };
  const atr_value norm = atr_model_add(m, NULL, "BatchNormalization", "norm", in, 5, &mode, 1, NULL, 1);
  atr_value y = atr_model_relu(m, norm);
  if (twice) y = atr_model_add2(m, y, norm);
  output(&e, y.id);
  if (gradients) differentiate(&e, y, (int[]){ offset.id, in[1].id, in[2].id }, 3);
  must(atr_model_check(m, &error));
  return e;
}

typedef struct {
  double y[OUTPUTS][MOST];
  int relus, relu_grads;
} result;

static void run(const example *e, const char *device, int keep_all, int real64, result *r) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open(device, NULL);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan;
  atr_run *run;
  options.keep_all = keep_all;
  must(atr__plan_create(e->model, context, &e->shape, 1, &options, real64, &error, &plan));
  r->relus = r->relu_grads = 0;
  for (size_t k = 0; k < plan->n_steps; k++) {
    r->relus += !strcmp(plan->steps[k].op->name, "Relu");
    r->relu_grads += !strcmp(plan->steps[k].op->name, "UnaryGrad");
  }
  must(atr_run_create(plan, &error, &run));
  static float values[MOST];
  static double reals[MOST];
  const size_t n = (size_t)atr__shape_size(&e->shape);
  for (size_t i = 0; i < n; i++) reals[i] = (double)(values[i] = number((uint32_t)i, 9));
  if (real64)
    run_must(run, atr__run_write_real(run, "x", reals, n));
  else
    run_must(run, atr_run_write(run, "x", values, 4 * n));
  run_must(run, atr_run_execute(run));
  for (size_t i = 0; i < e->n; i++) {
    atr_shape shape;
    run_must(run, atr__run_shape(run, e->name[i], ATR_F32, &shape));
    const size_t count = (size_t)atr__shape_size(&shape);
    if (real64) {
      run_must(run, atr__run_read_real(run, e->name[i], r->y[i], count));
      continue;
    }
    run_must(run, atr_run_read(run, e->name[i], values, 4 * count));
    for (size_t k = 0; k < count; k++) r->y[i][k] = (double)values[k];
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
}

static const atr_shape shapes[] = {
  { 2, { 5, 3 } }, { 3, { 2, 3, 17 } }, { 4, { 2, 16, 6, 8 } }, { 4, { 3, 5, 7, 9 } }, { 3, { 1, 18, 33 } }
};

static void agree(atr_shape shape, int training, int gradients, int twice) {
  static result want, got;
  example e = build(shape, training, gradients, twice);
  run(&e, "host", 1, 1, &want);
  ck_assert_int_eq(want.relus, 1);
  ck_assert_int_eq(want.relu_grads, gradients);
  for (int on_device = 0; on_device <= test_opencl(); on_device++) {
    run(&e, on_device ? test_device() : "host", 0, 0, &got);
    ck_assert_int_eq(got.relus, twice);
    ck_assert_int_eq(got.relu_grads, gradients && twice);
    char text[ATR__SHAPE_TEXT];
    for (size_t i = 0; i < e.n; i++) {
      const int64_t n = atr__shape_size(i < 2 ? &shape : &(atr_shape){ 1, { shape.dim[1] } });
      for (int64_t k = 0; k < n; k++)
        ck_assert_msg(fabs(got.y[i][k] - want.y[i][k]) <= 2e-5 * fmax(1, fabs(want.y[i][k])),
                      "%s at %lld of %s on %s: %.9g, must be %.9g", e.name[i], (long long)k,
                      atr__shape_text(&shape, text), on_device ? "the device" : "the host", got.y[i][k],
                      want.y[i][k]);
    }
  }
  atr_model_destroy(e.model);
}

START_TEST(relu_is_joined_to_normalisation) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) agree(shapes[i], 0, 0, 0);
  agree(shapes[2], 1, 0, 0);
}
END_TEST

START_TEST(the_gradient_of_relu_is_joined_to_that_of_normalisation) {
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) agree(shapes[i], 1, 1, 0);
  agree(shapes[3], 0, 1, 0);
}
END_TEST

START_TEST(what_is_read_by_others_is_not_joined) {
  agree(shapes[3], 1, 1, 1);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { relu_is_joined_to_normalisation,
                                 the_gradient_of_relu_is_joined_to_that_of_normalisation,
                                 what_is_read_by_others_is_not_joined };
  return test_run(test_suite("fuse", tests, sizeof tests / sizeof *tests, 300));
}
