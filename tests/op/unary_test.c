/* unary_test.c: every elementwise function of one input: values from the C library's double functions or
 * worked by hand, special values, gradients by differences, the side taken at kinks. */
#include "op_check.h"

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
static double sign(double x) {
  return (x > 0) - (x < 0);
}

static const struct {
  const char *name;
  double (*f)(double);
  double low, high; /* where it is asked */
  int smooth;
} table[] = {
  { "Relu", relu, -3, 3, 1 },
  { "Sigmoid", sigmoid, -8, 8, 1 },
  { "Tanh", tanh, -4, 4, 1 },
  { "Exp", exp, -4, 4, 1 },
  { "Log", log, 0.1, 9, 1 },
  { "Sqrt", sqrt, 0.1, 9, 1 },
  { "Neg", negative, -3, 3, 1 },
  { "Abs", fabs, -3, 3, 1 },
  { "Reciprocal", reciprocal, 0.3, 5, 1 },
  { "LeakyRelu", leaky, -3, 3, 1 },
  { "Elu", elu, -3, 3, 1 },
  { "Selu", selu, -3, 3, 1 },
  { "Celu", elu, -3, 3, 1 },
  { "Softplus", softplus, -5, 5, 1 },
  { "Softsign", softsign, -5, 5, 1 },
  { "HardSigmoid", hard_sigmoid, -4, 4, 1 },
  { "HardSwish", hard_swish, -5, 5, 1 },
  { "ThresholdedRelu", thresholded, -3, 3, 1 },
  { "Erf", erf, -3, 3, 1 },
  { "Mish", mish, -5, 5, 1 },
  { "Sin", sin, -6, 6, 1 },
  { "Cos", cos, -6, 6, 1 },
  { "Tan", tan, -1.4, 1.4, 1 },
  { "Asin", asin, -0.9, 0.9, 1 },
  { "Acos", acos, -0.9, 0.9, 1 },
  { "Atan", atan, -5, 5, 1 },
  { "Sinh", sinh, -3, 3, 1 },
  { "Cosh", cosh, -3, 3, 1 },
  { "Asinh", asinh, -5, 5, 1 },
  { "Acosh", acosh, 1.2, 9, 1 },
  { "Atanh", atanh, -0.9, 0.9, 1 },
  { "Sign", sign, -3, 3, 0 },
  { "Floor", floor, -3, 3, 0 },
  { "Ceil", ceil, -3, 3, 0 },
  { "Round", nearbyint, -3, 3, 0 },
};

START_TEST(unary_follows_its_formula) {
  const size_t i = (size_t)_i;
  op_case c = { .tolerance = 2e-6 };
  op_tensor *x = op_case_real(&c, OP_SHAPE(37, 3), NULL);
  for (int64_t k = 0; k < x->count; k++)
    x->v[k] = (float)(table[i].low + (table[i].high - table[i].low) * ((double)k + 0.37) / (double)x->count);
  OP_CHECK(&c, "", table[i].name, 1);
  for (int64_t k = 0; k < x->count; k++) {
    const double want = table[i].f(c.in[0].v[k]);
    ck_assert_msg(fabs(c.out[0].v[k] - want) <= 1e-7 * fmax(1, fabs(want)),
                  "%s(%.9g) is %.12g, must be %.12g", table[i].name, c.in[0].v[k], c.out[0].v[k], want);
  }
  op_case_free(&c);
}
END_TEST

START_TEST(unary_gradient_agrees_with_differences) {
  const size_t i = (size_t)_i;
  if (!table[i].smooth) return;
  op_case c = { 0 };
  op_tensor *x = op_case_real(&c, OP_SHAPE(11), NULL);
  for (int64_t k = 0; k < x->count; k++)
    x->v[k] = (float)(table[i].low + (table[i].high - table[i].low) * ((double)k + 0.37) / (double)x->count);
  OP_CASE_GOOD(op_case_run(&c, "", table[i].name, 1), &c);
  op_plan_gradient(&c, "", table[i].name, 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(unary_round_takes_the_even_neighbour_of_a_half) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(7), (double[]){ 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 2.4999 });
  OP_CHECK(&c, "", "Round", 1);
  OP_NEAR(&c, 0, 0, 0, 2, 2, 0, -2, -2, 2);
  op_case_free(&c);
}
END_TEST

START_TEST(unary_keeps_nan_and_bears_great_numbers) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(5), (double[]){ NAN, INFINITY, -INFINITY, 200, -200 });
  OP_CHECK(&c, "", "Relu", 1);
  OP_NEAR(&c, 0, 0, NAN, INFINITY, 0, 200, 0);
  OP_CHECK(&c, "", "Sigmoid", 1);
  OP_NEAR(&c, 0, 1e-30, NAN, 1, 0, 1, 0);
  OP_CHECK(&c, "", "Softplus", 1);
  OP_NEAR(&c, 0, 1e-30, NAN, INFINITY, 0, 200, 0);
  OP_CHECK(&c, "", "Elu", 1);
  OP_NEAR(&c, 0, 1e-30, NAN, INFINITY, -1, 200, -1);
  OP_CHECK(&c, "", "Clip", 1);
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
    OP_CHECK(&c, "org.atrous", "UnaryGrad", 1);
    OP_NEAR(&c, 0, 0, row[i].want);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(unary_integers_where_that_makes_sense) {
  op_case c = { 0 };
  op_case_add(&c, ATR_I64, OP_SHAPE(3), (double[]){ -5, 0, 9 });
  OP_CHECK(&c, "", "Neg", 1);
  OP_NEAR(&c, 0, 0, 5, 0, -9);
  OP_CHECK(&c, "", "Abs", 1);
  OP_NEAR(&c, 0, 0, 5, 0, 9);
  OP_CASE_REJECTS(&c, "", "Exp", 1, "input 0 is int64");
  op_case_free(&c);
}
END_TEST

int main(void) {
  const int n = sizeof table / sizeof *table;
  Suite *suite = suite_create("unary");
  TCase *tests = tcase_create("unary");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, unary_follows_its_formula, 0, n);
  tcase_add_loop_test(tests, unary_gradient_agrees_with_differences, 0, n);
  tcase_add_test(tests, unary_round_takes_the_even_neighbour_of_a_half);
  tcase_add_test(tests, unary_keeps_nan_and_bears_great_numbers);
  tcase_add_test(tests, unary_clip_has_optional_bounds);
  tcase_add_test(tests, unary_gradients_take_pytorchs_side_at_kinks);
  tcase_add_test(tests, unary_integers_where_that_makes_sense);
  suite_add_tcase(suite, tests);
  const int failed = op_test_main(suite);
  op_plan_close();
  return failed;
}
