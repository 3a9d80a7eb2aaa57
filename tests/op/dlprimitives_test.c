/* dlprimitives_test.c: cases of another OpenCL library, whose numbers are PyTorch's, read from
 * $ATROUS_TEST_DATA/dlprimitives: joining, slicing, reductions, activations, poolings and inner products,
 * forward and backward, on the host and on the device. Cases without stored input are left out. */
#include "config.h"

#include <jansson.h>
#include <stdio.h>

#include "op_case.h"
#include "op_plan.h"

#include "backend/backend.h"
#include "model/graph.h"
#include "plan/plan.h"

enum { MOST = 8 };

/* Inputs first, then weights; what is expected of each gradient lies beside it. */
typedef struct {
  atr_model *model;
  size_t n, n_out;
  atr_value in[MOST], y;
  atr_shape shape[MOST];
  float *data[MOST];
  json_t *expected[MOST];
} network;

static atr_shape shape_of(json_t *list) {
  atr_shape shape = { .rank = (int)json_array_size(list) };
  for (int i = 0; i < shape.rank; i++) shape.dim[i] = json_integer_value(json_array_get(list, (size_t)i));
  return shape;
}

static float *numbers(json_t *list) {
  float *data = malloc((json_array_size(list) + 1) * sizeof *data);
  ck_assert_ptr_nonnull(data);
  for (size_t i = 0; i < json_array_size(list); i++)
    data[i] = (float)json_number_value(json_array_get(list, i));
  return data;
}

static atr_value add(network *net, const char *op, const atr_value *in, size_t n,
                     const atr_attribute *attributes, size_t n_attributes) {
  return atr_model_add(net->model, NULL, op, NULL, in, n, attributes, n_attributes, NULL, 1);
}
static atr_value add_int(network *net, const char *op, const atr_value *in, size_t n, const char *name,
                         int64_t i) {
  const atr_attribute one = { name, ATR_ATTRIBUTE_INT, i, 0, NULL, NULL, NULL, 0, NULL };
  return add(net, op, in, n, &one, 1);
}
static atr_value list_of(network *net, const int64_t *values, int64_t n) {
  const atr_shape shape = { 1, { n } };
  return atr_model_add_tensor(net->model, NULL, ATR_I64, &shape, values, 0);
}
static atr_value number(network *net, double value) {
  const atr_shape scalar = { 0, { 0 } };
  const float v = (float)value;
  return atr_model_add_tensor(net->model, NULL, ATR_F32, &scalar, &v, 0);
}

static atr_value clip(network *net, atr_value x, double low, double high) {
  return add(net, "Clip", (atr_value[]){ x, number(net, low), number(net, high) }, 3, NULL, 0);
}

static atr_value activation(network *net, const char *name, atr_value x) {
  if (!strcmp(name, "identity")) return add(net, "Identity", &x, 1, NULL, 0);
  if (!strcmp(name, "relu6")) return clip(net, x, 0, 6);
  return add(net,
             !strcmp(name, "relu")   ? "Relu"
             : !strcmp(name, "tanh") ? "Tanh"
                                     : "Sigmoid",
             &x, 1, NULL, 0);
}

static atr_value reduction(network *net, json_t *options) {
  static const char *const names[][2] = {
    { "sum", "ReduceSum" }, { "mean", "ReduceMean" }, { "sumsq", "ReduceSumSquare" }, { "abssum", "ReduceL1" }
  };
  const char *method = json_string_value(json_object_get(options, "method")), *op = NULL;
  for (int i = 0; i < 4; i++)
    if (!strcmp(names[i][0], method)) op = names[i][1];
  ck_assert_msg(op != NULL, "no reduction %s", method);
  const json_t *dims = json_object_get(options, "dims"), *start = json_object_get(options, "start_axis");
  const int rank = net->shape[0].rank;
  int64_t axes[MOST], n = 0;
  for (size_t i = 0; i < json_array_size(dims); i++) axes[n++] = json_integer_value(json_array_get(dims, i));
  if (start)
    for (int64_t i = (json_integer_value(start) + rank) % rank; i < rank; i++) axes[n++] = i;
  const atr_value in[2] = { net->in[0], n ? list_of(net, axes, n) : (atr_value){ 0 } };
  atr_value y =
      add_int(net, op, in, n ? 2 : 1, "keepdims", json_is_true(json_object_get(options, "keep_dim")));
  const json_t *scale = json_object_get(options, "output_scale");
  if (scale) y = add(net, "Mul", (atr_value[]){ y, number(net, json_number_value(scale)) }, 2, NULL, 0);
  return y;
}

/* A number (for both) or a list of two. */
static void pair(json_t *options, const char *name, int64_t to[2]) {
  const json_t *value = json_object_get(options, name);
  for (size_t i = 0; i < 2; i++)
    to[i] = json_integer_value(json_is_array(value) ? json_array_get(value, i) : value);
}

static atr_value pooling(network *net, json_t *options, int global) {
  const int mean = !strcmp(json_string_value(json_object_get(options, "mode")), "avg");
  if (global) return add(net, mean ? "GlobalAveragePool" : "GlobalMaxPool", net->in, 1, NULL, 0);
  int64_t kernel[2], stride[2], pads[4];
  pair(options, "kernel", kernel);
  pair(options, "stride", stride);
  pair(options, "pad", pads);
  pair(options, "pad", pads + 2);
  const atr_attribute list[] = {
    { .name = "kernel_shape", .kind = ATR_ATTRIBUTE_INTS, .ints = kernel, .n = 2 },
    { .name = "strides", .kind = ATR_ATTRIBUTE_INTS, .ints = stride, .n = 2 },
    { .name = "pads", .kind = ATR_ATTRIBUTE_INTS, .ints = pads, .n = 4 },
    { .name = "ceil_mode",
      .kind = ATR_ATTRIBUTE_INT,
      .i = json_is_true(json_object_get(options, "ceil_mode")) },
    { .name = "count_include_pad",
      .kind = ATR_ATTRIBUTE_INT,
      .i = json_is_true(json_object_get(options, "count_include_pad")) },
  };
  return add(net, mean ? "AveragePool" : "MaxPool", net->in, 1, list, mean ? 5 : 4);
}

static atr_value build(network *net, const char *op, json_t *options) {
  const atr_value x = net->in[0];
  if (!strcmp(op, "Concat"))
    return add_int(net, op, net->in, net->n, "axis", json_integer_value(json_object_get(options, "dim")));
  if (!strcmp(op, "Slice")) {
    const int64_t begin = json_integer_value(json_object_get(options, "begin"));
    const int64_t end = json_integer_value(json_object_get(options, "end"));
    const int64_t dim = json_integer_value(json_object_get(options, "dim"));
    return add(net, op,
               (atr_value[]){ x, list_of(net, &begin, 1), list_of(net, &end, 1), list_of(net, &dim, 1) }, 4,
               NULL, 0);
  }
  if (!strcmp(op, "Reduction")) return reduction(net, options);
  if (!strcmp(op, "Pooling2D")) return pooling(net, options, 0);
  if (!strcmp(op, "GlobalPooling")) return pooling(net, options, 1);
  if (!strcmp(op, "Abs")) return add(net, op, &x, 1, NULL, 0);
  if (!strcmp(op, "Hardtanh"))
    return clip(net, x, json_number_value(json_object_get(options, "min_val")),
                json_number_value(json_object_get(options, "max_val")));
  if (!strcmp(op, "Activation"))
    return activation(net, json_string_value(json_object_get(options, "activation")), x);
  return activation(net, json_string_value(json_object_get(options, "activation")),
                    add_int(net, "Gemm", net->in, net->n, "transB", 1));
}

static void compare(atr_run *run, const char *name, json_t *want, const char *what) {
  const size_t n = json_array_size(want);
  float *got = malloc((n + 1) * sizeof *got);
  ck_assert_ptr_nonnull(got);
  if (atr_run_read(run, name, got, n * sizeof *got)) ck_abort_msg("%s: %s", what, atr_run_error(run));
  for (size_t i = 0; i < n; i++) {
    const double v = json_number_value(json_array_get(want, i));
    ck_assert_msg(fabs((double)got[i] - v) <= 2e-5 * fmax(1, fabs(v)), "%s, %s[%zu] is %.9g, must be %.9g",
                  what, name, i, (double)got[i], v);
  }
  free(got);
}

static void run_on(const network *net, atr_context *context, json_t *y, const char *what) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  if (atr_plan_create(net->model, context, net->shape, net->n, NULL, &error, &plan) ||
      atr_run_create(plan, &error, &run))
    ck_abort_msg("%s: %s", what, error.text);
  char name[32];
  for (size_t i = 0; i < net->n; i++) {
    snprintf(name, sizeof name, "in%zu", i);
    ck_assert_int_eq(
        atr_run_write(run, name, net->data[i], (size_t)atr__shape_size(&net->shape[i]) * sizeof(float)),
        ATR_OK);
  }
  ck_assert_msg(atr_run_execute(run) == ATR_OK, "%s: %s", what, atr_run_error(run));
  compare(run, "y", y, what);
  for (size_t i = 0; i < net->n; i++) {
    snprintf(name, sizeof name, "grad%zu", i);
    if (net->expected[i]) compare(run, name, net->expected[i], what);
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
}

static void add_input(network *net, atr_shape shape, json_t *data, json_t *expected) {
  char name[32];
  snprintf(name, sizeof name, "in%zu", net->n);
  net->shape[net->n] = shape;
  net->data[net->n] = numbers(data);
  net->expected[net->n] = expected;
  net->in[net->n++] = atr_model_add_input(net->model, name, ATR_F32, &shape);
}

static void one_case(const char *op, json_t *test, json_t *c, const char *what) {
  atr_error error = ATR_ERROR_INIT;
  network net = { 0 };
  ck_assert_int_eq(atr_model_create(1, &error, &net.model), ATR_OK);
  json_t *in = json_object_get(c, "in_tensors"), *specs = json_object_get(test, "param_specs");
  json_t *y = json_array_get(json_object_get(c, "out_tensors"), 0);
  json_t *dy = json_array_get(json_object_get(c, "out_diffs"), 0);
  for (size_t i = 0; i < json_array_size(in); i++)
    add_input(&net, shape_of(json_array_get(json_object_get(c, "in_shapes"), i)), json_array_get(in, i),
              json_array_get(json_object_get(c, "in_diffs"), i));
  for (size_t i = 0; i < json_array_size(specs); i++)
    add_input(&net, shape_of(json_object_get(json_array_get(specs, i), "shape")),
              json_array_get(json_object_get(test, "param_tensors"), i),
              json_array_get(json_object_get(c, "params_diffs"), i));
  net.y = build(&net, op, json_object_get(test, "options"));
  atr_model_add_output(net.model, "y", net.y);
  if (dy) {
    const atr_shape flat = { 1, { (int64_t)json_array_size(dy) } };
    const int64_t whole = -1;
    float *r = numbers(dy);
    const atr_value weights = atr_model_add_tensor(net.model, NULL, ATR_F32, &flat, r, 0);
    free(r);
    const atr_value line = add(&net, "Reshape", (atr_value[]){ net.y, list_of(&net, &whole, 1) }, 2, NULL, 0);
    const atr_value product = add(&net, "Mul", (atr_value[]){ line, weights }, 2, NULL, 0);
    const atr_value loss = add_int(&net, "ReduceSum", &product, 1, "keepdims", 0);
    atr__infer_state state;
    memset(&state, 0, sizeof state);
    int wanted[MOST], gradient[MOST];
    for (size_t i = 0; i < net.n; i++) wanted[i] = net.in[i].id;
    atr_model_add_output(net.model, "loss", loss);
    ck_assert_msg(atr_model_check(net.model, &error) == ATR_OK, "%s: %s", what, error.text);
    if (atr__infer_graph(net.model, net.shape, net.n, &state, &error) ||
        atr__differentiate(net.model, &state, loss.id, wanted, net.n, gradient, NULL, &error))
      ck_abort_msg("%s: %s", what, error.text);
    for (size_t i = 0; i < net.n; i++) {
      char name[32];
      snprintf(name, sizeof name, "grad%zu", i);
      ck_assert_msg(gradient[i] != 0, "%s: no gradient of input %zu", what, i);
      atr_model_add_output(net.model, name, (atr_value){ gradient[i] });
    }
    atr__infer_free(&state, net.model);
  } else
    for (size_t i = 0; i < net.n; i++) net.expected[i] = NULL;
  ck_assert_msg(atr_model_check(net.model, &error) == ATR_OK, "%s: %s", what, error.text);
  run_on(&net, op_plan_host(), y, what);
  if (op_plan_device()) run_on(&net, op_plan_device(), y, what);
  for (size_t i = 0; i < net.n; i++) free(net.data[i]);
  atr_model_destroy(net.model);
}

static const char *const file[] = { "concat",   "slice",         "reduction", "activation",    "abs",
                                    "hardtanh", "inner_product", "pooling2d", "global_pooling" };

START_TEST(dlprimitives_cases_agree) {
  const char *folder = getenv("ATROUS_TEST_DATA");
  char path[1024];
  if (!folder || !*folder) {
    printf("# skipped: ATROUS_TEST_DATA is unset, so there are no cases of dlprimitives\n");
    return;
  }
  snprintf(path, sizeof path, "%s/dlprimitives/test_case_%s.json", folder, file[_i]);
  json_error_t error;
  json_t *root = json_load_file(path, 0, &error);
  ck_assert_msg(root != NULL, "%s: %s", path, error.text);
  const char *op = json_string_value(json_object_get(root, "operator"));
  json_t *tests = json_object_get(root, "tests");
  int seen = 0;
  for (size_t t = 0; t < json_array_size(tests); t++) {
    json_t *test = json_array_get(tests, t), *cases = json_object_get(test, "cases");
    for (size_t k = 0; k < json_array_size(cases); k++) {
      json_t *c = json_array_get(cases, k);
      char what[128];
      snprintf(what, sizeof what, "%s test %zu case %zu", op, t, k);
      if (!json_object_get(c, "in_tensors") || !json_object_get(c, "out_tensors")) continue;
      one_case(op, test, c, what);
      seen++;
    }
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("dlprimitives");
  TCase *tests = tcase_create("dlprimitives");
  tcase_set_timeout(tests, 300);
  tcase_add_loop_test(tests, dlprimitives_cases_agree, 0, sizeof file / sizeof *file);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
