/* chain_test.c: Chain: functions worked out here in double, at awkward shapes and every way in which inputs
 * may be broadcast; as many inputs and values as there can be; numbers by hand; what is refused. */
#include "op_check.h"

#include "op/binary.h"
#include "op/chain.h"
#include "op/unary.h"

#define ONE(kind) ATR__UNARY_##kind
#define TWO(kind) (ATR__CHAIN_BINARY + ATR__BINARY_##kind)
enum { T = ATR__CHAIN_INPUTS }; /* value k is T + k */

#define FUNCTIONS(c, ...) OP_INTS(c, "functions", __VA_ARGS__)

static void numbers(op_case *c, const float *list, size_t n) {
  ck_assert_int_eq(atr__attrs_set_floats(&c->attrs, "numbers", list, n), ATR_OK);
}

/* The element of input i that is broadcast to element k of the output. */
static double broadcast(const op_case *c, size_t i, int64_t k) {
  const atr_shape *out = &c->out[0].shape, *in = &c->in[i].shape;
  int64_t at = 0, step = 1;
  for (int d = out->rank - 1; d >= 0; d--) {
    const int own = d - (out->rank - in->rank);
    const int64_t position = k % out->dim[d];
    k /= out->dim[d];
    if (own < 0 || in->dim[own] == 1) continue;
    at += position * step;
    step *= in->dim[own];
  }
  return c->in[i].v[at];
}

static void check(op_case *c, atr_shape out, double (*f)(const double *x)) {
  OP_CHECK(c, "org.atrous", "Chain", 1);
  op_check_shape(c, 0, out);
  for (int64_t k = 0; k < c->out[0].count; k++) {
    double x[OP_CASE_MAX];
    for (size_t i = 0; i < c->n_in; i++) x[i] = broadcast(c, i, k);
    const double want = f(x), got = c->out[0].v[k];
    ck_assert_msg(fabs(got - want) <= 1e-6 * fmax(1, fabs(want)), "element %lld is %.12g, must be %.12g",
                  (long long)k, got, want);
  }
  op_case_free(c);
}

/* Planes of 1 to some vectors, channels of less than a block, a block and more. */
static const atr_shape shapes[] = {
  { 4, { 1, 1, 1, 1 } },     { 4, { 2, 5, 3, 7 } },  { 4, { 1, 16, 4, 9 } },
  { 4, { 3, 17, 1, 5 } },    { 4, { 2, 33, 7, 7 } }, { 3, { 2, 18, 65 } },
  { 5, { 1, 3, 2, 5, 11 } }, { 2, { 3, 37 } },       { 4, { 2, 0, 3, 3 } },
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static double swish(const double *x) {
  return x[0] / (1 + exp(-x[0]));
}
START_TEST(chain_of_swish) {
  op_case c = { 0 };
  for (size_t i = 0; i < SHAPES; i++) {
    FUNCTIONS(&c, ONE(SIGMOID), 0, -1, TWO(MUL), 0, T);
    op_check_random(&c, shapes[i], 1);
    check(&c, shapes[i], swish);
  }
  FUNCTIONS(&c, ONE(SIGMOID), 0, -1, TWO(MUL), T, 0);
  op_check_random(&c, OP_SHAPE(3001), 1);
  check(&c, OP_SHAPE(3001), swish);
  FUNCTIONS(&c, ONE(SIGMOID), 0, -1, TWO(MUL), T, 0);
  op_check_random(&c, (atr_shape){ 0, { 0 } }, 1);
  check(&c, (atr_shape){ 0, { 0 } }, swish);
}
END_TEST

static double hard_swish(const double *x) {
  return x[0] * fmin(6, fmax(0, x[0] + x[1])) / x[2];
}
START_TEST(chain_of_hard_swish_with_numbers) {
  op_case c = { 0 };
  for (size_t i = 0; i < SHAPES; i++) {
    FUNCTIONS(&c, TWO(ADD), 0, 1, ONE(CLIP), T, -1, TWO(MUL), 0, T + 1, TWO(DIV), T + 2, 2);
    numbers(&c, (float[]){ 0, 0, 0, 6, 0, 0, 0, 0 }, 8);
    op_tensor *x = op_check_random(&c, shapes[i], 2);
    for (int64_t k = 0; k < x->count; k++) x->v[k] *= 5;
    op_case_real(&c, (atr_shape){ 0, { 0 } }, (double[]){ 3 });
    op_case_real(&c, OP_SHAPE(1), (double[]){ 6 });
    check(&c, shapes[i], hard_swish);
  }
}
END_TEST

static double gelu(const double *x) {
  return x[0] * (erf(x[0] / x[1]) + x[2]) * x[3];
}
START_TEST(chain_of_gelu) {
  op_case c = { 0 };
  for (size_t i = 0; i < SHAPES; i++) {
    FUNCTIONS(&c, TWO(DIV), 0, 1, ONE(ERF), T, -1, TWO(ADD), T + 1, 2, TWO(MUL), 0, T + 2, TWO(MUL), T + 3,
              3);
    op_check_random(&c, shapes[i], 3);
    op_case_real(&c, (atr_shape){ 0, { 0 } }, (double[]){ 1.4142135381698608 });
    op_case_real(&c, (atr_shape){ 0, { 0 } }, (double[]){ 1 });
    op_case_real(&c, (atr_shape){ 0, { 0 } }, (double[]){ 0.5 });
    check(&c, shapes[i], gelu);
  }
}
END_TEST

static double normalization(const double *x) {
  return fmax(0, (x[0] - x[1]) * x[2] + x[3]);
}
START_TEST(chain_of_normalization_by_channels) {
  op_case c = { 0 };
  for (size_t i = 0; i < SHAPES; i++) {
    atr_shape channels = shapes[i], samples = shapes[i];
    if (channels.rank < 2) continue;
    for (int d = 2; d < channels.rank; d++) channels.dim[d] = samples.dim[d] = 1;
    channels.dim[0] = 1;
    FUNCTIONS(&c, TWO(SUB), 0, 1, TWO(MUL), T, 2, TWO(ADD), T + 1, 3, ONE(RELU), T + 2, -1);
    op_check_random(&c, shapes[i], 4);
    op_check_random(&c, atr__shape_of(channels.rank - 1, channels.dim + 1), 5); /* [c][1][1] */
    op_check_random(&c, channels, 6);
    op_check_random(&c, samples, 7);
    check(&c, shapes[i], normalization);
  }
}
END_TEST

static double gate(const double *x) {
  return tanh(x[0] * x[1] + x[2]) * (1 / (1 + exp(-(x[3] - x[2]))));
}
START_TEST(chain_of_tensors_of_one_shape) {
  op_case c = { 0 };
  for (size_t i = 0; i < SHAPES; i++) {
    FUNCTIONS(&c, TWO(MUL), 0, 1, TWO(ADD), T, 2, ONE(TANH), T + 1, -1, TWO(SUB), 3, 2, ONE(SIGMOID), T + 3,
              -1, TWO(MUL), T + 2, T + 4);
    for (uint32_t k = 0; k < 4; k++) op_check_random(&c, shapes[i], 8 + k);
    check(&c, shapes[i], gate);
  }
}
END_TEST

static double mixed(const double *x) {
  return fabs(x[0] + x[1]) - fmin(x[2], x[1]) * x[3];
}
START_TEST(chain_of_inputs_that_are_broadcast_to_one_another) {
  static const atr_shape of[][5] = {
    /* inputs, output */
    { { 2, { 3, 1 } }, { 2, { 1, 41 } }, { 1, { 41 } }, { 0, { 0 } }, { 2, { 3, 41 } } },
    { { 4, { 2, 3, 5, 33 } },
      { 2, { 5, 33 } },
      { 4, { 2, 1, 5, 1 } },
      { 1, { 33 } },
      { 4, { 2, 3, 5, 33 } } },
    { { 3, { 1, 4, 1 } }, { 3, { 6, 1, 1 } }, { 3, { 6, 4, 1 } }, { 3, { 1, 1, 50 } }, { 3, { 6, 4, 50 } } },
    { { 3, { 5, 7, 3 } }, { 1, { 3 } }, { 3, { 5, 1, 3 } }, { 2, { 7, 1 } }, { 3, { 5, 7, 3 } } },
    { { 2, { 0, 1 } }, { 2, { 1, 9 } }, { 1, { 9 } }, { 0, { 0 } }, { 2, { 0, 9 } } },
  };
  op_case c = { 0 };
  for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
    FUNCTIONS(&c, TWO(ADD), 0, 1, ONE(ABS), T, -1, TWO(MIN), 2, 1, TWO(MUL), T + 2, 3, TWO(SUB), T + 1,
              T + 3);
    for (uint32_t k = 0; k < 4; k++) op_check_random(&c, of[i][k], 12 + k);
    check(&c, of[i][4], mixed);
  }
}
END_TEST

static double most(const double *x) {
  double y = x[0] - x[1] + x[2] - x[3] + x[4] - x[5] + x[6] - x[7];
  for (int i = 0; i < 9; i++) y = fmax(y, -0.5 * y);
  return y;
}
START_TEST(chain_of_as_many_as_there_can_be) {
  op_case c = { 0 };
  for (int full = 0; full < 2; full++) {
    int64_t list[3 * ATR__CHAIN_STEPS];
    float number[2 * ATR__CHAIN_STEPS] = { 0 };
    for (int k = 0; k < 7; k++) {
      list[3 * k] = k % 2 ? TWO(ADD) : TWO(SUB);
      list[3 * k + 1] = k ? T + k - 1 : 0;
      list[3 * k + 2] = k + 1;
    }
    for (int k = 7; k < ATR__CHAIN_STEPS; k++) {
      list[3 * k] = ONE(LEAKY_RELU);
      list[3 * k + 1] = T + k - 1;
      list[3 * k + 2] = -1;
      number[2 * k] = -0.5f;
    }
    op_case_ints(&c, "functions", 3 * ATR__CHAIN_STEPS, list);
    numbers(&c, number, 2 * ATR__CHAIN_STEPS);
    const atr_shape shape = OP_SHAPE(2, 19, 5, 9), channels = OP_SHAPE(19, 1, 1);
    for (uint32_t k = 0; k < 8; k++) op_check_random(&c, !full && k % 2 ? channels : shape, 20 + k);
    check(&c, shape, most);
  }
}
END_TEST

/* Every function that a chain may have, as the sum of it and its input. */
START_TEST(chain_has_the_functions_of_the_operators) {
  op_case c = { 0 };
  for (int f = 0; f < 2 * ATR__CHAIN_BINARY; f++) {
    if (!atr__chain_has(f)) continue;
    const int two = f >= ATR__CHAIN_BINARY;
    FUNCTIONS(&c, f, 0, two ? 1 : -1, TWO(ADD), T, 0);
    numbers(&c, (float[]){ 0.75f, 0.25f, 0, 0 }, 4);
    op_tensor *x = op_check_random(&c, OP_SHAPE(1, 3, 37), 30),
              *y = two ? op_check_random(&c, OP_SHAPE(3, 1), 31) : NULL;
    for (int64_t k = 0; k < x->count; k++) x->v[k] = fmax(fabs(x->v[k]), 1.0 / 64);
    for (int64_t k = 0; k < x->count && f == ONE(ACOSH); k++) x->v[k] += 1;
    for (int64_t k = 0; two && k < y->count; k++) y->v[k] = k == 1 ? 2 : y->v[k] + 3;
    c.tolerance = 2e-5;
    OP_CHECK(&c, "org.atrous", "Chain", 1);
    for (int64_t k = 0; k < c.out[0].count; k++) ck_assert(isfinite(c.out[0].v[k]));
    op_case_free(&c);
  }
}
END_TEST

START_TEST(chain_by_hand) {
  op_case c = { 0 };
  FUNCTIONS(&c, TWO(ADD), 0, 1, ONE(RELU), T, -1, TWO(POW), T + 1, 2);
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1, -2, 3, -4 });
  op_case_real(&c, OP_SHAPE(2), (double[]){ 1, 4 });
  op_case_real(&c, OP_SHAPE(2, 1), (double[]){ 2, 3 });
  OP_CHECK(&c, "org.atrous", "Chain", 1);
  OP_NEAR(&c, 0, 1e-6, 4, 4, 64, 0);
  op_case_free(&c);
  FUNCTIONS(&c, ONE(NEG), 0, -1, TWO(MAX), T, 1);
  op_case_real(&c, OP_SHAPE(4), (double[]){ 1, NAN, -INFINITY, 3 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ -2 });
  OP_CHECK(&c, "org.atrous", "Chain", 1);
  OP_NEAR(&c, 0, 1e-6, -1, NAN, INFINITY, -2);
  op_case_free(&c);
}
END_TEST

START_TEST(chain_rejects_what_is_none) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  op_check_random(&c, OP_SHAPE(2, 3), 2);
  OP_CASE_REJECTS(&c, "org.atrous", "Chain", 1, "0 functions");
  static const int64_t bad[][6] = {
    { ONE(RELU), 2, -1, ONE(RELU), T, -1 },
    { ONE(RELU), 0, 1, ONE(RELU), T, -1 },
    { TWO(ADD), 0, -1, ONE(RELU), T, -1 },
    { ONE(RELU), 0, -1, ONE(RELU), T + 1, -1 },
    { ONE(BITWISE_NOT), 0, -1, ONE(RELU), T, -1 },
    { TWO(MEAN), 0, 1, ONE(RELU), T, -1 },
    { (int64_t)1 << 32, 0, -1, ONE(RELU), T, -1 },
    { -1, 0, -1, ONE(RELU), T, -1 },
    { ONE(RELU), (int64_t)1 << 40, -1, ONE(RELU), T, -1 },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    op_case_ints(&c, "functions", 6, bad[i]);
    OP_CASE_REJECTS(&c, "org.atrous", "Chain", 1, "Chain: value");
  }
  FUNCTIONS(&c, TWO(ADD), 0, 1);
  numbers(&c, (float[]){ 1 }, 1);
  OP_CASE_REJECTS(&c, "org.atrous", "Chain", 1, "3 functions and 1 numbers");
  op_case_free(&c);
  FUNCTIONS(&c, TWO(ADD), 0, 1);
  op_check_random(&c, OP_SHAPE(2, 3), 1);
  op_check_random(&c, OP_SHAPE(2, 4), 2);
  OP_CASE_REJECTS(&c, "org.atrous", "Chain", 1, "Chain");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("chain");
  TCase *tests = tcase_create("chain");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, chain_of_swish);
  tcase_add_test(tests, chain_of_hard_swish_with_numbers);
  tcase_add_test(tests, chain_of_gelu);
  tcase_add_test(tests, chain_of_normalization_by_channels);
  tcase_add_test(tests, chain_of_tensors_of_one_shape);
  tcase_add_test(tests, chain_of_inputs_that_are_broadcast_to_one_another);
  tcase_add_test(tests, chain_of_as_many_as_there_can_be);
  tcase_add_test(tests, chain_has_the_functions_of_the_operators);
  tcase_add_test(tests, chain_by_hand);
  tcase_add_test(tests, chain_rejects_what_is_none);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
