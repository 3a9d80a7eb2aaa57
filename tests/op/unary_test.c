/* unary_test.c: every elementwise function of one input: values from the C library's double functions or
 * worked by hand, special values, gradients by differences, the side taken at kinks. */
#include "golden.h"
#include "op_check.h"

#include <stdio.h>

#include "backend/backend.h"
#include "model/graph.h"
#include "op/unary.h"
#include "plan/plan.h"

static double relu(double x) {
  return x < 0 ? 0 : x;
}
static double sigmoid(double x) {
  return 1 / (1 + exp(-x));
}
static double reciprocal(double x) {
  return 1 / x;
}
static double negative(double x) {
  return -x;
}
static double leaky(double x) {
  return x < 0 ? (double)0.01f * x : x;
}
static double elu(double x) {
  return x < 0 ? exp(x) - 1 : x;
}
static double selu(double x) {
  return 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * (exp(x) - 1) : x);
}
static double softplus(double x) {
  return log(1 + exp(x));
}
static double softsign(double x) {
  return x / (1 + fabs(x));
}
static double hard_sigmoid(double x) {
  return fmin(1, fmax(0, 0.2 * x + 0.5));
}
static double hard_swish(double x) {
  return x * fmin(1, fmax(0, x / 6 + 0.5));
}
static double thresholded(double x) {
  return x > 1 ? x : 0;
}
static double mish(double x) {
  return x * tanh(log(1 + exp(x)));
}
static double gelu(double x) {
  return x / 2 * (1 + erf(x / sqrt(2)));
}
static double shrink(double x) {
  return fabs(x) > 0.5 ? x : 0;
}
static double swish(double x) {
  return x / (1 + exp(-x));
}
static double sign(double x) {
  return (x > 0) - (x < 0);
}

static const struct {
  const char *name;
  double (*f)(double);
  double low, high;                      /* where it is asked */
  enum { NOTHING, FROM_X, FROM_Y } from; /* what UnaryGrad is given */
} table[] = {
  { "Relu", relu, -3, 3, FROM_Y },
  { "Sigmoid", sigmoid, -8, 8, FROM_Y },
  { "Tanh", tanh, -4, 4, FROM_Y },
  { "Exp", exp, -4, 4, FROM_Y },
  { "Log", log, 0.1, 9, FROM_X },
  { "Sqrt", sqrt, 0.1, 9, FROM_Y },
  { "Neg", negative, -3, 3, FROM_X },
  { "Abs", fabs, -3, 3, FROM_X },
  { "Reciprocal", reciprocal, 0.3, 5, FROM_Y },
  { "LeakyRelu", leaky, -3, 3, FROM_X },
  { "Elu", elu, -3, 3, FROM_X },
  { "Selu", selu, -3, 3, FROM_X },
  { "Celu", elu, -3, 3, FROM_X },
  { "Softplus", softplus, -5, 5, FROM_X },
  { "Softsign", softsign, -5, 5, FROM_X },
  { "HardSigmoid", hard_sigmoid, -4, 4, FROM_X },
  { "HardSwish", hard_swish, -5, 5, FROM_X },
  { "ThresholdedRelu", thresholded, -3, 3, FROM_X },
  { "Erf", erf, -3, 3, FROM_X },
  { "Mish", mish, -5, 5, FROM_X },
  { "Sin", sin, -6, 6, FROM_X },
  { "Cos", cos, -6, 6, FROM_X },
  { "Tan", tan, -1.4, 1.4, FROM_Y },
  { "Asin", asin, -0.9, 0.9, FROM_X },
  { "Acos", acos, -0.9, 0.9, FROM_X },
  { "Atan", atan, -5, 5, FROM_X },
  { "Sinh", sinh, -3, 3, FROM_X },
  { "Cosh", cosh, -3, 3, FROM_X },
  { "Asinh", asinh, -5, 5, FROM_X },
  { "Acosh", acosh, 1.2, 9, FROM_X },
  { "Atanh", atanh, -0.9, 0.9, FROM_X },
  { "Gelu", gelu, -5, 5, FROM_X },
  { "Shrink", shrink, -3, 3, FROM_X },
  { "Swish", swish, -5, 5, FROM_X },
  { "Sign", sign, -3, 3, NOTHING },
  { "Floor", floor, -3, 3, NOTHING },
  { "Ceil", ceil, -3, 3, NOTHING },
  { "Round", nearbyint, -3, 3, NOTHING },
};

enum { FUNCTIONS = sizeof table / sizeof *table, POINTS = 111 };

/* The k-th point at which function i is asked. */
static double point(size_t i, int64_t k) {
  return (double)(float)(table[i].low + (table[i].high - table[i].low) * ((double)k + 0.37) / POINTS);
}

/* The attributes of UnaryGrad for function i with its defaults. */
static void grad_attributes(atr__attrs *attrs, size_t i) {
  static const struct {
    const char *name;
    float a, b;
  } given[] = { { "LeakyRelu", 0.01f, 0 },     { "Elu", 1, 0 },  { "Selu", 1.6732632f, 1.0507010f },
                { "HardSigmoid", 0.2f, 0.5f }, { "Celu", 1, 0 }, { "ThresholdedRelu", 1, 0 },
                { "Shrink", 0.5f, 0 },         { "Swish", 1, 0 } };
  ck_assert_int_eq(atr__attrs_set_string(attrs, "function", table[i].name), ATR_OK);
  for (size_t k = 0; k < sizeof given / sizeof *given; k++)
    if (!strcmp(given[k].name, table[i].name)) {
      ck_assert_int_eq(atr__attrs_set_float(attrs, "a", given[k].a), ATR_OK);
      ck_assert_int_eq(atr__attrs_set_float(attrs, "b", given[k].b), ATR_OK);
    }
}

START_TEST(unary_follows_its_formula) {
  for (size_t i = 0; i < FUNCTIONS; i++) {
    op_case c = { .tolerance = 2e-6 };
    op_tensor *x = op_case_real(&c, OP_SHAPE(37, 3), NULL);
    for (int64_t k = 0; k < POINTS; k++) x->v[k] = point(i, k);
    OP_CASE_GOOD(op_case_run(&c, "", table[i].name, 1), &c);
    for (int64_t k = 0; k < POINTS; k++) {
      const double want = table[i].f(c.in[0].v[k]);
      ck_assert_msg(fabs(c.out[0].v[k] - want) <= 1e-7 * fmax(1, fabs(want)),
                    "%s(%.9g) is %.12g, must be %.12g", table[i].name, c.in[0].v[k], c.out[0].v[k], want);
    }
    op_case_free(&c);
  }
}
END_TEST

START_TEST(unary_slopes_agree_with_differences) {
  const double step = 1e-6;
  for (size_t i = 0; i < FUNCTIONS; i++) {
    if (table[i].from == NOTHING) continue;
    op_case c = { .tolerance = 1e-4 };
    op_tensor *dy = op_case_real(&c, OP_SHAPE(POINTS), NULL), *v = op_case_real(&c, OP_SHAPE(POINTS), NULL);
    for (int64_t k = 0; k < POINTS; k++) {
      dy->v[k] = 2;
      v->v[k] = table[i].from == FROM_X ? point(i, k) : table[i].f(point(i, k));
    }
    grad_attributes(&c.attrs, i);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "UnaryGrad", 1), &c);
    for (int64_t k = 0; k < POINTS; k++) {
      const double x = point(i, k), want = (table[i].f(x + step) - table[i].f(x - step)) / step;
      ck_assert_msg(fabs(c.out[0].v[k] - want) <= 1e-5 * fmax(1, fabs(want)),
                    "%s'(%.9g): %.9g, differences %.9g", table[i].name, x, c.out[0].v[k], want);
    }
    op_case_free(&c);
  }
}
END_TEST

/* The same, with 0 where that is inside, and NaN. */
static double special(size_t i, int64_t k) {
  return k == 1 ? NAN : k == 0 && table[i].low < 0 && table[i].high > 0 ? 0 : point(i, k);
}

/* Every function and every slope in one model, on every row, against doubles. */
static void all_agree(atr_context *context, const char *row) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  ck_assert_int_eq(atr_model_create(1, &error, &model), ATR_OK);
  const atr_shape shape = OP_SHAPE(POINTS);
  atr_shape shapes[FUNCTIONS];
  char name[3][FUNCTIONS][16];
  for (size_t i = 0; i < FUNCTIONS; i++) {
    snprintf(name[0][i], sizeof name[0][i], "x%zu", i);
    snprintf(name[1][i], sizeof name[1][i], "y%zu", i);
    snprintf(name[2][i], sizeof name[2][i], "d%zu", i);
    shapes[i] = shape;
    const int x = atr_model_add_input(model, name[0][i], ATR_F32, &shape).id;
    atr__attrs attrs = { 0 };
    const char *out = name[1][i];
    const int y = atr__model_node(model, atr__op_find("", table[i].name), NULL, &x, 1, &attrs, &out, 1);
    ck_assert_msg(y != 0, "%s", model->error.text);
    atr_model_add_output(model, NULL, (atr_value){ y });
    if (table[i].from == NOTHING) continue;
    grad_attributes(&attrs, i);
    const int in[2] = { x, table[i].from == FROM_X ? x : y }; /* dy is x: any numbers */
    out = name[2][i];
    const int d =
        atr__model_node(model, atr__op_find("org.atrous", "UnaryGrad"), NULL, in, 2, &attrs, &out, 1);
    ck_assert_msg(d != 0, "%s", model->error.text);
    atr_model_add_output(model, NULL, (atr_value){ d });
  }
  atr_plan *plan[2] = { NULL, NULL };
  atr_run *run[2] = { NULL, NULL };
  context->prefer = row;
  if (atr__plan_create(model, op_plan_host(), shapes, FUNCTIONS, NULL, 1, &error, &plan[0]) ||
      atr_plan_create(model, context, shapes, FUNCTIONS, NULL, &error, &plan[1]) ||
      atr_run_create(plan[0], &error, &run[0]) || atr_run_create(plan[1], &error, &run[1]))
    ck_abort_msg("%s", error.text);
  context->prefer = NULL;
  for (size_t i = 0; i < FUNCTIONS; i++) {
    double real[POINTS];
    float single[POINTS];
    for (int64_t k = 0; k < POINTS; k++) single[k] = (float)(real[k] = special(i, k));
    ck_assert_int_eq(atr__run_write_real(run[0], name[0][i], real, POINTS), ATR_OK);
    ck_assert_int_eq(atr_run_write(run[1], name[0][i], single, sizeof single), ATR_OK);
  }
  if (atr_run_execute(run[0]) || atr_run_execute(run[1]))
    ck_abort_msg("%s%s", atr_run_error(run[0]), atr_run_error(run[1]));
  for (size_t i = 0; i < FUNCTIONS; i++)
    for (int which = 1; which < (table[i].from == NOTHING ? 2 : 3); which++) {
      double want[POINTS];
      float got[POINTS];
      ck_assert_int_eq(atr__run_read_real(run[0], name[which][i], want, POINTS), ATR_OK);
      ck_assert_int_eq(atr_run_read(run[1], name[which][i], got, sizeof got), ATR_OK);
      for (int64_t k = 0; k < POINTS; k++)
        ck_assert_msg(fabs((double)got[k] - want[k]) <= 2e-5 * fmax(1, fabs(want[k])) ||
                          (isnan(got[k]) && isnan(want[k])),
                      "%s%s(%g), %s: %.9g, double %.9g", table[i].name, which == 2 ? "'" : "", point(i, k),
                      row ? row : "host", (double)got[k], want[k]);
    }
  for (int p = 0; p < 2; p++) {
    atr_run_destroy(run[p]);
    atr_plan_destroy(plan[p]);
  }
  atr_model_destroy(model);
}

START_TEST(unary_agrees_with_doubles_on_every_row) {
  all_agree(op_plan_host(), NULL);
  if (!op_plan_device()) return;
  all_agree(op_plan_device(), "vectors");
  all_agree(op_plan_device(), "baseline");
}
END_TEST

START_TEST(unary_of_channel_blocks) {
  for (int i = 0; i < 3; i++) {
    op_case c = { 0 };
    op_check_random(&c, i == 1 ? OP_SHAPE(2, 19, 3, 5) : OP_SHAPE(2, 32, 7), 1);
    OP_CHECK(&c, "", i < 2 ? "Tanh" : "Sigmoid", 1);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(unary_gradients_reach_the_input) {
  static const char *const name[] = { "Relu", "Sigmoid", "LeakyRelu", "Neg", "Gelu", "Shrink", "Swish" };
  for (int i = 0; i < 7; i++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(5), (double[]){ -2, -0.75, 0.25, 1, 3 });
    OP_CASE_GOOD(op_case_run(&c, "", name[i], 1), &c);
    op_plan_gradient(&c, "", name[i], 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(unary_round_takes_the_even_neighbour_of_a_half) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(7), (double[]){ 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999 });
  OP_CASE_GOOD(op_case_run(&c, "", "Round", 1), &c);
  OP_NEAR(&c, 0, 0, 0, 2, 2, 0, -2, -2, 2);
  op_case_free(&c);
}
END_TEST

START_TEST(unary_keeps_nan_and_bears_great_numbers) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(5), (double[]){ NAN, INFINITY, -INFINITY, 200, -200 });
  OP_CASE_GOOD(op_case_run(&c, "", "Relu", 1), &c);
  OP_NEAR(&c, 0, 0, NAN, INFINITY, 0, 200, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "Sigmoid", 1), &c);
  OP_NEAR(&c, 0, 1e-30, NAN, 1, 0, 1, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "Softplus", 1), &c);
  OP_NEAR(&c, 0, 1e-30, NAN, INFINITY, 0, 200, 0);
  OP_CASE_GOOD(op_case_run(&c, "", "Elu", 1), &c);
  OP_NEAR(&c, 0, 1e-30, NAN, INFINITY, -1, 200, -1);
  OP_CASE_GOOD(op_case_run(&c, "", "Clip", 1), &c);
  OP_NEAR(&c, 0, 0, NAN, INFINITY, -INFINITY, 200, -200);
  op_case_free(&c);
}
END_TEST

START_TEST(unary_clip_has_optional_bounds) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(5), (double[]){ -3, -1, 0, 1, 3 });
  op_case_constant(&c, ATR_F32, (atr_shape){ 0 }, (double[]){ -2 });
  OP_CHECK(&c, "", "Clip", 1);
  OP_NEAR(&c, 0, 0, -2, -1, 0, 1, 3);
  op_case_constant(&c, ATR_F32, (atr_shape){ 0 }, (double[]){ 0.5 });
  OP_CHECK(&c, "", "Clip", 1);
  OP_NEAR(&c, 0, 0, -2, -1, 0, 0.5, 0.5);
  op_plan_gradient(&c, "", "Clip", 1, 0);
  c.in[1].type = ATR_TYPE_NONE;
  c.in[1].constant = 0;
  OP_CHECK(&c, "", "Clip", 1);
  OP_NEAR(&c, 0, 0, -3, -1, 0, 0.5, 0.5);
  op_case_free(&c);
  op_case_add(&c, ATR_I64, OP_SHAPE(3), (double[]){ -5, 2, 9 });
  op_case_constant(&c, ATR_I64, (atr_shape){ 0 }, (double[]){ 0 });
  op_case_constant(&c, ATR_I64, (atr_shape){ 0 }, (double[]){ 4 });
  OP_CHECK(&c, "", "Clip", 1);
  OP_NEAR(&c, 0, 0, 0, 2, 4);
  op_case_free(&c);
}
END_TEST

/* UnaryGrad(1, v) where a slope jumps. */
START_TEST(unary_gradients_take_pytorchs_side_at_kinks) {
  static const struct {
    const char *function;
    double v, want;
  } row[] = {
    { "Relu", 0, 0 },      { "Abs", 0, 0 },          { "LeakyRelu", 0, 0.25 }, { "Elu", 0, 0.25 },
    { "HardSwish", 3, 1 }, { "HardSwish", -3, 0 },   { "Clip", 0.25, 1 },      { "ThresholdedRelu", 0.25, 0 },
    { "Clip", 0.75, 1 },   { "HardSigmoid", -3, 0 },
  };
  for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
    op_case c = { 0 };
    op_case_real(&c, OP_SHAPE(1), (double[]){ 1 });
    op_case_real(&c, OP_SHAPE(1), &row[i].v);
    ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "function", row[i].function), ATR_OK);
    op_check_float(&c, "a", 0.25f);
    op_check_float(&c, "b", 0.75f);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "UnaryGrad", 1), &c);
    OP_NEAR(&c, 0, 0, row[i].want);
    op_case_free(&c);
  }
}
END_TEST

/* PyTorch's activations under their names there: forward and dy times slope. */
START_TEST(unary_agrees_with_pytorch) {
  static const struct {
    const char *torch, *name;
    float a, b;
    int given; /* how many attributes the forward node needs */
  } row[] = {
    { "relu", "Relu", 0, 0, 0 },
    { "leaky_relu_0p01", "LeakyRelu", 0.01f, 0, 1 },
    { "leaky_relu_0p2", "LeakyRelu", 0.2f, 0, 1 },
    { "elu", "Elu", 1, 0, 1 },
    { "selu", "Selu", 1.67326324235f, 1.05070098736f, 2 },
    { "celu", "Celu", 1, 0, 1 },
    { "sigmoid", "Sigmoid", 0, 0, 0 },
    { "tanh", "Tanh", 0, 0, 0 },
    { "softplus", "Softplus", 0, 0, 0 },
    { "softsign", "Softsign", 0, 0, 0 },
    { "hardsigmoid", "HardSigmoid", 1.0f / 6, 0.5f, 2 },
    { "hardswish", "HardSwish", 0, 0, 0 },
    { "mish", "Mish", 0, 0, 0 },
    { "gelu_erf", "Gelu", 0, 0, 0 },
    { "silu", "Swish", 1, 0, 1 },
  };
  json_t *root = golden_load("activation.json");
  if (!root) return;
  for (size_t r = 0; r < sizeof row / sizeof *row; r++) {
    size_t at = 0, i = 0;
    json_t *one = golden_next(root, row[r].torch, &at);
    ck_assert_msg(one != NULL, "no case of %s", row[r].torch);
    while (strcmp(table[i].name, row[r].name)) i++;
    atr_shape shape;
    double *x = golden_values(one, "inputs", "x", &shape), *y = golden_values(one, "outputs", "y", NULL);
    double *dy = golden_values(one, "grad_outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL);
    op_case c = { 0 }, g = { 0 };
    op_case_real(&c, shape, x);
    if (row[r].given > 0) op_check_float(&c, "alpha", row[r].a);
    if (row[r].given > 1) op_check_float(&c, row[r].b > 1 ? "gamma" : "beta", row[r].b);
    OP_CASE_GOOD(op_case_run(&c, "", row[r].name, 1), &c);
    op_case_near(&c, 0, y, c.in[0].count, 1e-6);
    op_case_real(&g, shape, dy);
    op_case_real(&g, shape, table[i].from == FROM_X ? x : c.out[0].v);
    ck_assert_int_eq(atr__attrs_set_string(&g.attrs, "function", row[r].name), ATR_OK);
    op_check_float(&g, "a", row[r].a);
    op_check_float(&g, "b", row[r].b);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "UnaryGrad", 1), &g);
    op_case_near(&g, 0, dx, g.in[0].count, 1e-6);
    op_case_free(&c);
    op_case_free(&g);
    free(x), free(y), free(dy), free(dx);
  }
  json_decref(root);
}
END_TEST

START_TEST(unary_gelu_by_tanh_agrees_with_pytorch) {
  json_t *root = golden_load("activation.json");
  if (!root) return;
  size_t at = 0;
  json_t *one = golden_next(root, "gelu_tanh", &at);
  ck_assert_ptr_nonnull(one);
  atr_shape shape;
  double *x = golden_values(one, "inputs", "x", &shape), *y = golden_values(one, "outputs", "y", NULL);
  double *dy = golden_values(one, "grad_outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL);
  op_case c = { 0 }, g = { 0 };
  op_case_real(&c, shape, x);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "approximate", "tanh"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "Gelu", 1), &c);
  op_case_near(&c, 0, y, c.in[0].count, 1e-7);
  op_plan_gradient(&c, "", "Gelu", 1, 0);
  op_case_real(&g, shape, dy);
  op_case_real(&g, shape, x);
  ck_assert_int_eq(atr__attrs_set_string(&g.attrs, "function", "GeluTanh"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&g, "org.atrous", "UnaryGrad", 1), &g);
  op_case_near(&g, 0, dx, g.in[0].count, 1e-7);
  op_case_free(&g);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "approximate", "sigmoid"), ATR_OK);
  OP_CASE_REJECTS(&c, "", "Gelu", 1, "approximate is \"sigmoid\", must be none or tanh");
  op_case_free(&c);
  free(x), free(y), free(dy), free(dx);
  json_decref(root);
}
END_TEST

/* erfc keeps what 1 + erf would lose: Gelu(-6) = -6 · Q(6), Q(6) = 9.8658764503769814e-10. */
START_TEST(unary_gelu_keeps_its_tail) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2), (double[]){ -6, 6 });
  OP_CASE_GOOD(op_case_run(&c, "", "Gelu", 1), &c);
  ck_assert_double_eq_tol(c.out[0].v[0] / -5.9195258702261888e-9, 1, 1e-12);
  ck_assert_double_eq_tol(c.out[0].v[1], 6 - 5.9195258702261888e-9, 1e-14);
  op_case_free(&c);
}
END_TEST

START_TEST(unary_shrink_moves_what_it_keeps) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(6), (double[]){ -2, -1.5, -1, 1.5, 2, NAN });
  op_check_float(&c, "lambd", 1.5f);
  op_check_float(&c, "bias", 0.25f);
  OP_CASE_GOOD(op_case_run(&c, "", "Shrink", 1), &c);
  OP_NEAR(&c, 0, 0, -1.75, 0, 0, 0, 1.75, NAN);
  op_case_free(&c);
}
END_TEST

START_TEST(unary_integers_where_that_makes_sense) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(3), (double[]){ -5, 0, 9 });
  OP_CASE_GOOD(op_case_run(&c, "", "Neg", 1), &c);
  OP_NEAR(&c, 0, 0, 5, 0, -9);
  OP_CASE_GOOD(op_case_run(&c, "", "Abs", 1), &c);
  OP_NEAR(&c, 0, 0, 5, 0, 9);
  OP_CASE_REJECTS(&c, "", "Exp", 1, "input 0 is int64");
  op_case_free(&c);
  op_case_add(&c, ATR_U8, OP_SHAPE(3), (double[]){ 5, 0, 255 });
  op_case_constant(&c, ATR_U8, (atr_shape){ 0 }, (double[]){ 1 });
  op_case_constant(&c, ATR_U8, (atr_shape){ 0 }, (double[]){ 250 });
  OP_CASE_GOOD(op_case_run(&c, "", "Clip", 1), &c);
  OP_NEAR(&c, 0, 0, 5, 1, 250);
  op_case_free(&c);
}
END_TEST

START_TEST(unary_on_every_integer_type) {
  static const atr_type types[] = { ATR_I8, ATR_I16, ATR_I32, ATR_I64, ATR_U8, ATR_U16, ATR_U32, ATR_U64 };
  for (int i = 0; i < 8; i++) {
    op_case c = { 0 };
    const int is_signed = i < 4;
    const double turn = ldexp(1, 8 << i % 4);
    op_case_add(&c, types[i], OP_SHAPE(3), (double[]){ is_signed ? -5 : 9, 0, 100 });
    OP_CHECK(&c, "", "Relu", 1);
    OP_NEAR(&c, 0, 0, is_signed ? 0 : 9, 0, 100);
    OP_CHECK(&c, "", "Abs", 1);
    OP_NEAR(&c, 0, 0, is_signed ? 5 : 9, 0, 100);
    OP_CHECK(&c, "", "Sign", 1);
    OP_NEAR(&c, 0, 0, is_signed ? -1 : 1, 0, 1);
    if (is_signed || i < 7) { /* a double does not hold the others */
      OP_CHECK(&c, "", "Neg", 1);
      OP_NEAR(&c, 0, 0, is_signed ? 5 : turn - 9, 0, is_signed ? -100 : turn - 100);
      OP_CHECK(&c, "", "BitwiseNot", 1);
      OP_NEAR(&c, 0, 0, is_signed ? 4 : turn - 10, is_signed ? -1 : turn - 1, is_signed ? -101 : turn - 101);
    }
    op_case_constant(&c, types[i], atr__shape_of(0, NULL), (double[]){ 2 });
    OP_CHECK(&c, "", "Clip", 1);
    OP_NEAR(&c, 0, 0, is_signed ? 2 : 9, 2, 100);
    op_case_constant(&c, types[i], atr__shape_of(0, NULL), (double[]){ 50 });
    OP_CHECK(&c, "", "Clip", 1);
    OP_NEAR(&c, 0, 0, is_signed ? 2 : 9, 2, 50);
    op_case_free(&c);
  }
}
END_TEST

static double swish_of_three_halves(double x) {
  return x / (1 + exp(-1.5 * x));
}
static double gelu_by_tanh(double x) {
  return 0.5 * x * (1 + tanh(sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x)));
}

static double gelu_by_erfc(double x) {
  return x / 2 * erfc(-x / sqrt(2));
}
static double softplus_of_small(double x) {
  return fmax(x, 0) + log1p(exp(-fabs(x)));
}
static double mish_of_small(double x) {
  return x * tanh(softplus_of_small(x));
}
static double elu_of_three_halves(double x) {
  return x < 0 ? 1.5 * expm1(x) : x;
}
static double selu_of_three_halves(double x) {
  return 0.75 * elu_of_three_halves(x);
}
static double celu_of_three_halves(double x) {
  return x < 0 ? 1.5 * expm1(x / 1.5) : x;
}

static void run_fast(atr__unary_kind kind, int64_t n, const float *x, float *y) {
  const atr__unary_params p = { .kind = kind, .a = 1.5f, .b = 0.75f };
  const atr__view in = { .data = (void *)(uintptr_t)x, .type = ATR_F32, .count = n },
                  out = { .data = y, .type = ATR_F32, .count = n };
  const atr__call call = { &p, 1, 1, &in, &out, NULL, NULL, 1 };
  ck_assert_int_eq(atr__unary_host_f32(&call), ATR_OK);
}

/* On the host, where functions may be approximated: within 6 units in the last place, and the same bits
 * wherever a number lies and whether or not its place is taken over. */
START_TEST(unary_by_approximation_is_close_and_the_same_in_any_place) {
  enum { MOST = 601 };
  static const struct {
    atr__unary_kind kind;
    double (*f)(double);
  } list[] = { { ATR__UNARY_SIGMOID, sigmoid },
               { ATR__UNARY_TANH, tanh },
               { ATR__UNARY_SWISH, swish_of_three_halves },
               { ATR__UNARY_GELU_TANH, gelu_by_tanh },
               { ATR__UNARY_GELU, gelu_by_erfc },
               { ATR__UNARY_EXP, exp },
               { ATR__UNARY_LOG, log },
               { ATR__UNARY_ERF, erf },
               { ATR__UNARY_SOFTPLUS, softplus_of_small },
               { ATR__UNARY_MISH, mish_of_small },
               { ATR__UNARY_ELU, elu_of_three_halves },
               { ATR__UNARY_SELU, selu_of_three_halves },
               { ATR__UNARY_CELU, celu_of_three_halves } };
  float x[MOST], y[MOST], again[MOST];
  for (size_t k = 0; k < sizeof list / sizeof *list; k++) {
    for (int i = 0; i < MOST; i++) x[i] = (float)(i - 300) * (i % 3 ? 0.037f : 0.0011f);
    x[7] = NAN, x[599] = NAN, x[3] = -0.0f, x[590] = 3e38f, x[11] = INFINITY, x[12] = -3e38f;
    run_fast(list[k].kind, MOST, x, y);
    for (int i = 0; i < MOST; i++) {
      const double want = list[k].f((double)x[i]);
      /* exp(-x²/2) takes over the rounding of x / sqrt(2), as it does without approximations */
      const double near = list[k].kind == ATR__UNARY_GELU ? 1 + (double)(x[i] * x[i]) / 6 : 1;
      if (isnan(want))
        ck_assert(isnan(y[i]));
      else if (isinf(want))
        ck_assert(y[i] == (float)want);
      else if (fabsf(x[i]) < 80) /* what gelu has left of 1 + tanh is what the formula here has lost */
        ck_assert_double_le(fabs((double)y[i] - want),
                            6 * 1.2e-7 *
                                fmax(fabs(want) * near, list[k].kind == ATR__UNARY_GELU_TANH ? 1 : 1e-30));
      else if (list[k].kind <= ATR__UNARY_TANH)
        ck_assert_double_le(fabs((double)y[i] - want), 1e-37);
    }
    for (int n = 1; n < 40; n++) {
      const int from = n * 13 % 500;
      run_fast(list[k].kind, n, x + from, again);
      ck_assert_mem_eq(again, y + from, (size_t)n * sizeof *y);
      memcpy(again, x + from, (size_t)n * sizeof *x);
      run_fast(list[k].kind, n, again, again);
      ck_assert_mem_eq(again, y + from, (size_t)n * sizeof *y);
    }
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("unary");
  TCase *tests = tcase_create("unary");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, unary_follows_its_formula);
  tcase_add_test(tests, unary_slopes_agree_with_differences);
  tcase_add_test(tests, unary_agrees_with_doubles_on_every_row);
  tcase_add_test(tests, unary_of_channel_blocks);
  tcase_add_test(tests, unary_by_approximation_is_close_and_the_same_in_any_place);
  tcase_add_test(tests, unary_gradients_reach_the_input);
  tcase_add_test(tests, unary_round_takes_the_even_neighbour_of_a_half);
  tcase_add_test(tests, unary_keeps_nan_and_bears_great_numbers);
  tcase_add_test(tests, unary_clip_has_optional_bounds);
  tcase_add_test(tests, unary_gelu_by_tanh_agrees_with_pytorch);
  tcase_add_test(tests, unary_gelu_keeps_its_tail);
  tcase_add_test(tests, unary_shrink_moves_what_it_keeps);
  tcase_add_test(tests, unary_gradients_take_pytorchs_side_at_kinks);
  tcase_add_test(tests, unary_agrees_with_pytorch);
  tcase_add_test(tests, unary_integers_where_that_makes_sense);
  tcase_add_test(tests, unary_on_every_integer_type);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
