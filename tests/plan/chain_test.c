/* chain_test.c: elementwise steps that the planner joins to one. The oracles: the host's double build, in
 * which nothing is joined, and, bit for bit, a plan of the same device from which every value in between is
 * asked for. */
#include "test.h"

#include <math.h>

#include "model/graph.h"
#include "op/chain.h"
#include "plan/plan.h"
#include "tensor/shape.h"

enum { MOST = 1 << 16, NODES = 20 };

/* Operands: X and Y are inputs of the shape asked for; C and D have a number a channel, N one a sample and
 * channel, P2 … are numbers; V + k is what node k makes. */
enum { NONE = -1, X, Y, C, D, N, P2, P3, P6, HALF, V };

typedef struct {
  const char *op;
  int a, b;
} node;

typedef struct {
  const char *name;
  int joined; /* steps that are left */
  node list[NODES];
} example;

static const example examples[] = {
  { "swish", 1, { { "Sigmoid", X, NONE }, { "Mul", X, V } } },
  { "gelu",
    1,
    { { "Div", X, P3 },
      { "Erf", V, NONE },
      { "Add", V + 1, HALF },
      { "Mul", X, V + 2 },
      { "Mul", V + 3, HALF } } },
  { "hard swish", 1, { { "Add", X, P3 }, { "Clip", V, NONE }, { "Mul", X, V + 1 }, { "Div", V + 2, P6 } } },
  { "normalization",
    1,
    { { "Sub", X, C }, { "Mul", V, D }, { "Add", V + 1, C }, { "Add", V + 2, Y }, { "Relu", V + 3, NONE } } },
  { "gates",
    1,
    { { "Mul", C, X },
      { "Tanh", V, NONE },
      { "Add", Y, D },
      { "Sigmoid", V + 2, NONE },
      { "Mul", V + 1, V + 3 } } },
  { "a value read twice",
    1,
    { { "Add", X, D }, { "Sigmoid", V, NONE }, { "Mul", V, V + 1 }, { "Mul", V + 2, N } } },
  { "order",
    1,
    { { "Sub", P3, X },
      { "Abs", V, NONE },
      { "Add", HALF, V + 1 },
      { "Div", P6, V + 2 },
      { "Sub", V + 3, Y },
      { "Max", V + 4, C } } },
  { "powers", 1, { { "Pow", X, P2 }, { "Abs", Y, NONE }, { "Pow", V + 1, HALF }, { "Sub", V, V + 2 } } },
  { "kinks",
    1,
    { { "LeakyRelu", X, NONE }, { "HardSwish", V, NONE }, { "Min", V + 1, Y }, { "Neg", V + 2, NONE } } },
  { "exponentials",
    1,
    { { "Exp", X, NONE }, { "Softplus", V, NONE }, { "Tanh", V + 1, NONE }, { "Mish", V + 2, NONE } } },
  { "alone", 1, { { "Exp", X, NONE } } },
  { "more than fit",
    2,
    { { "Abs", X, NONE },
      { "Add", V, Y },
      { "Abs", V + 1, NONE },
      { "Sub", V + 2, Y },
      { "Abs", V + 3, NONE },
      { "Sub", V + 4, Y },
      { "Abs", V + 5, NONE },
      { "Sub", V + 6, Y },
      { "Abs", V + 7, NONE },
      { "Sub", V + 8, Y },
      { "Abs", V + 9, NONE },
      { "Sub", V + 10, Y },
      { "Abs", V + 11, NONE },
      { "Sub", V + 12, Y },
      { "Abs", V + 13, NONE },
      { "Sub", V + 14, Y },
      { "Abs", V + 15, NONE } } },
};
enum { EXAMPLES = sizeof examples / sizeof *examples };

/* Planes of 1 to some vectors, channels of less than a block, a block and more, nothing. */
static const atr_shape shapes[] = {
  { 4, { 2, 5, 3, 7 } }, { 4, { 1, 16, 4, 9 } },  { 4, { 3, 17, 1, 5 } }, { 4, { 2, 33, 7, 7 } },
  { 4, { 1, 1, 1, 1 } }, { 4, { 1, 3, 37, 61 } }, { 4, { 2, 0, 3, 3 } },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static float number(uint32_t i, uint32_t seed) {
  uint32_t v = i * 2654435761u + seed * 40503u;
  v ^= v >> 15;
  v *= 2246822519u;
  v ^= v >> 13;
  return (float)(v >> 8) / 8388608.0f - 1.0f;
}

static atr_value tensor(atr_model *m, const char *name, const atr_shape *shape, uint32_t seed) {
  static float data[256];
  const uint32_t n = (uint32_t)atr__shape_size(shape);
  ck_assert_uint_le(n, sizeof data / sizeof *data);
  for (uint32_t i = 0; i < n; i++) data[i] = number(i, seed);
  return atr_model_add_tensor(m, name, ATR_F32, shape, data, 1);
}
static atr_value scalar(atr_model *m, const char *name, float value) {
  return atr_model_add_tensor(m, name, ATR_F32, &(atr_shape){ 0, { 0 } }, &value, 0);
}

static atr_value convolution(atr_model *m, const char *name, int64_t c, atr_value x) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.name = name;
  p.out_channels = c;
  p.bias = 1;
  p.filter[0] = p.filter[1] = 3;
  p.pads[0] = p.pads[1] = p.pads[2] = p.pads[3] = 1;
  return atr_model_conv(m, &p, x);
}

/* within: between two convolutions. all: every value is an output. */
static atr_model *build(const example *e, const atr_shape *shape, int within, int all) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  const int64_t c = shape->dim[1];
  const atr_shape channels = { 3, { c, 1, 1 } }, one = { 4, { 1, c, 1, 1 } },
                  samples = { 4, { shape->dim[0], c, 1, 1 } };
  must(atr_model_create(1, &error, &m));
  atr_value value[V + NODES];
  value[X] = atr_model_add_input(m, "x", ATR_F32, shape);
  value[Y] = atr_model_add_input(m, "y", ATR_F32, shape);
  if (within) value[X] = convolution(m, "before", c, value[X]);
  if (within) value[Y] = convolution(m, "beside", c, value[Y]);
  value[C] = tensor(m, "c", &channels, 1);
  value[D] = tensor(m, "d", &one, 2);
  value[N] = tensor(m, "n", &samples, 3);
  value[P2] = scalar(m, "p2", 2);
  value[P3] = scalar(m, "p3", 3);
  value[P6] = scalar(m, "p6", 6);
  value[HALF] = scalar(m, "half", 0.5f);
  const atr_value low = scalar(m, "low", 0), high = scalar(m, "high", 6);
  int n = 0;
  for (; n < NODES && e->list[n].op; n++) {
    const node *o = &e->list[n];
    atr_value in[3] = { value[o->a], o->b == NONE ? low : value[o->b], high };
    const size_t n_in = !strcmp(o->op, "Clip") ? 3 : o->b == NONE ? 1 : 2;
    value[V + n] = atr_model_add(m, NULL, o->op, NULL, in, n_in, NULL, 0, NULL, 1);
    if (all && e->list[n + 1].op) {
      char name[16];
      snprintf(name, sizeof name, "value_%d", n);
      atr_model_add_output(m, name, value[V + n]);
    }
  }
  atr_model_add_output(m, "last", within ? convolution(m, "after", c, value[V + n - 1]) : value[V + n - 1]);
  must(atr_model_check(m, &error));
  return m;
}

typedef struct {
  double y[MOST];
  int elementwise, chains; /* steps: what is left of the functions, and those that are several */
  int in_blocks;
  char rows[128]; /* that convolutions have, which may depend on what reads them */
  uint64_t memory;
} result;

enum { REAL64 = 1, KEEP_ALL = 2 };

/* Strict, one for the host and one for the device. */
static atr_context *context_of(int on_device) {
  static atr_context *list[2];
  atr_error error = ATR_ERROR_INIT;
  atr_context_options strict = ATR_CONTEXT_OPTIONS_INIT;
  strict.flags = ATR_STRICT;
  if (!list[on_device])
    must(atr_context_open(on_device ? test_device() : "host", &strict, &error, &list[on_device]));
  return list[on_device];
}

static void run(const atr_model *m, const atr_shape *shape, int on_device, int how, result *r) {
  static float values[MOST];
  static double reals[MOST];
  atr_error error = ATR_ERROR_INIT;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan;
  atr_run *run;
  const atr_shape inputs[2] = { *shape, *shape };
  options.keep_all = how == KEEP_ALL;
  must(atr__plan_create(m, context_of(on_device), inputs, 2, &options, how == REAL64, &error, &plan));
  r->elementwise = r->chains = r->in_blocks = 0;
  r->memory = atr_plan_memory(plan);
  r->rows[0] = 0;
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    const int chain = !strcmp(step->op->stem, "chain");
    if (!strcmp(step->op->stem, "conv") && step->row) {
      const size_t end = strlen(r->rows);
      snprintf(r->rows + end, sizeof r->rows - end, "%s ", step->row->algorithm);
    }
    r->chains += chain;
    r->elementwise += chain || !strcmp(step->op->stem, "unary") || !strcmp(step->op->stem, "binary");
    r->in_blocks += chain && step->row && strstr(step->row->algorithm, "blocked") != NULL;
  }
  must(atr_run_create(plan, &error, &run));
  const size_t n = (size_t)atr__shape_size(shape);
  ck_assert_uint_le(n, MOST);
  for (uint32_t i = 0; i < 2 && n; i++) {
    for (uint32_t k = 0; k < n; k++) reals[k] = (double)(values[k] = 4 * number(k, 9 + i));
    if (how == REAL64)
      run_must(run, atr__run_write_real(run, i ? "y" : "x", reals, n));
    else
      run_must(run, atr_run_write(run, i ? "y" : "x", values, 4 * n));
  }
  run_must(run, atr_run_execute(run));
  if (how == REAL64 && n)
    run_must(run, atr__run_read_real(run, "last", r->y, n));
  else if (n) {
    run_must(run, atr_run_read(run, "last", values, 4 * n));
    for (size_t k = 0; k < n; k++) r->y[k] = (double)values[k];
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
}

static result exact, joined, apart;

static void near(const example *e, const atr_shape *shape, const char *who, const result *want,
                 const result *got, double room) {
  char text[ATR__SHAPE_TEXT];
  double most = 1;
  for (int64_t k = 0; k < atr__shape_size(shape); k++) most = fmax(most, fabs(want->y[k]));
  for (int64_t k = 0; k < atr__shape_size(shape); k++)
    ck_assert_msg(fabs(got->y[k] - want->y[k]) <= room * most, "%s of %s at %lld on %s: %.9g, must be %.9g",
                  e->name, atr__shape_text(shape, text), (long long)k, who, got->y[k], want->y[k]);
}

static void agree(const example *e, const atr_shape *shape, int within) {
  atr_model *m = build(e, shape, within, 0), *all = build(e, shape, within, 1);
  run(m, shape, 0, REAL64, &exact);
  ck_assert_int_eq(exact.chains, 0);
  for (int on_device = 0; on_device <= test_opencl(); on_device++) {
    const char *device = on_device ? test_device() : "host";
    run(m, shape, on_device, 0, &joined);
    ck_assert_msg(joined.elementwise == e->joined, "%s: %d steps are left", e->name, joined.elementwise);
    near(e, shape, device, &exact, &joined, within ? 2e-4 : 1e-5);
    if (within && on_device && shape->dim[1] >= 16 && context_of(1)->device.device_class == ATR__CLASS_CPU)
      ck_assert_int_eq(joined.in_blocks, joined.chains);
    run(all, shape, on_device, 0, &apart);
    ck_assert_int_eq(apart.chains, 0);
    near(e, shape, device, &apart, &joined, strcmp(joined.rows, apart.rows) ? 2e-4 : 0);
    ck_assert_uint_le(joined.memory, apart.memory);
    run(m, shape, on_device, KEEP_ALL, &apart);
    ck_assert_int_eq(apart.chains, 0);
    if (!within) near(e, shape, device, &apart, &joined, 0);
  }
  atr_model_destroy(m);
  atr_model_destroy(all);
}

START_TEST(a_chain_has_the_bits_of_its_steps) {
  for (size_t i = 0; i < EXAMPLES; i++)
    for (size_t k = i % 3; k < SHAPES; k += 1 + (i > 2) * 2) agree(&examples[i], &shapes[k], 0);
}
END_TEST

START_TEST(a_chain_between_convolutions_has_the_bits_of_its_steps) {
  static const atr_shape of[] = { { 4, { 2, 16, 5, 9 } }, { 4, { 1, 35, 6, 14 } }, { 4, { 1, 5, 4, 6 } } };
  for (size_t i = 0; i < EXAMPLES; i++) agree(&examples[i], &of[i % 3], 1);
}
END_TEST

/* The elementwise steps that are left of y = (first of x, and of z) · softmax(x). */
static int left(const char *first, int n) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape shape = { 2, { 3, 50 } };
  atr_model *m;
  atr_plan *plan;
  int steps = 0;
  must(atr_model_create(1, &error, &m));
  const atr_value in[2] = { atr_model_add_input(m, "x", ATR_F32, &shape),
                            atr_model_add_input(m, "z", ATR_F32, &shape) };
  const atr_value y = atr_model_add(m, NULL, first, "first", in, (size_t)n, NULL, 0, NULL, 1);
  atr_model_add_output(m, "y", atr_model_mul(m, y, atr_model_softmax(m, 1, 1, in[0])));
  must(atr_model_check(m, &error));
  must(atr_plan_create(m, context_of(0), (const atr_shape[]){ shape, shape }, 2, NULL, &error, &plan));
  for (size_t k = 0; k < plan->n_steps; k++) steps += strcmp(plan->steps[k].op->stem, "softmax") != 0;
  const char *placement = atr_plan_placement(plan);
  ck_assert_int_eq(strstr(placement, n == 1 ? "\"node\":\"first\",\"op\":\"Tanh+Mul\"" : "\"Add\"") != NULL,
                   1);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  return steps;
}

/* What comes before the softmax is put off until it is there, and tensors with it: one for one, not two. */
START_TEST(no_more_tensors_wait_for_a_chain_than_for_its_steps) {
  ck_assert_int_eq(left("Tanh", 1), 1);
  ck_assert_int_eq(left("Add", 2), 2);
}
END_TEST

/* Weights' own steps stay apart, since they run once. */
START_TEST(what_runs_once_is_in_no_chain_of_what_runs_always) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape shape = { 3, { 5, 1, 1 } };
  atr_model *m;
  atr_plan *plan;
  must(atr_model_create(1, &error, &m));
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  const atr_value w = atr_model_sigmoid(m, atr_model_tanh(m, tensor(m, "w", &shape, 1)));
  atr_model_add_output(m, "y", atr_model_mul(m, w, atr_model_relu(m, x)));
  must(atr_model_check(m, &error));
  must(atr_plan_create(m, context_of(0), &shape, 1, NULL, &error, &plan));
  ck_assert_uint_eq(plan->n_steps, 2);
  ck_assert_int_eq(plan->steps[0].once, 1);
  ck_assert_str_eq(atr__step_what(&plan->steps[0]), "Tanh+Sigmoid");
  ck_assert_int_eq(plan->steps[1].once, 0);
  ck_assert_str_eq(atr__step_what(&plan->steps[1]), "Relu+Mul");
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { a_chain_has_the_bits_of_its_steps,
                                 a_chain_between_convolutions_has_the_bits_of_its_steps,
                                 no_more_tensors_wait_for_a_chain_than_for_its_steps,
                                 what_runs_once_is_in_no_chain_of_what_runs_always };
  return test_run(test_suite("chain", tests, sizeof tests / sizeof *tests, 600));
}
