/* continuous_rnn_test.c: ContinuousRNN and its gradient: steps worked by hand, linear systems against the
 * matrix exponential with the order of convergence measured, finite differences through every method, noise
 * against the variance of Ornstein and Uhlenbeck, rejections. */
#include "op_check.h"
#include "sparse_case.h"

static void method(op_case *c, const char *name, const char *rate, float step, int64_t substeps) {
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "method", name), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "activation", rate), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_float(&c->attrs, "step", step), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_int(&c->attrs, "substeps", substeps), ATR_OK);
}

static const char *const fixed[] = { "euler", "heun", "rk4", "exponential_euler" };

/* Two neurons, τ = (1, 2), φ the identity, R = (0 1; ½ 0), d = (1, 0), x = (2, 4), h = ½:
 * dx/dt = (-2 + 4 + 1, (-4 + 1)/2) = (3, -1.5). */
static void two_neurons(op_case *c, const char *name) {
  *c = (op_case){ 0 };
  method(c, name, "Identity", 0.5f, 1);
  op_case_real(c, OP_SHAPE(1, 1, 2), (double[]){ 1, 0 });
  op_case_real(c, OP_SHAPE(2, 2), (double[]){ 0, 1, 0.5, 0 });
  op_case_real(c, OP_SHAPE(2), (double[]){ 1, 2 });
  op_case_real(c, OP_SHAPE(1, 2), (double[]){ 2, 4 });
}

START_TEST(one_step_of_each_method_is_as_worked_by_hand) {
  op_case c;
  two_neurons(&c, "euler");
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 2), &c);
  OP_NEAR(&c, 0, 1e-12, 3.5, 3.25);
  OP_NEAR(&c, 1, 1e-12, 2, 4);
  op_case_free(&c);
  /* Heun: at (3.5, 3.25) dx/dt = (-3.5 + 3.25 + 1, (-3.25 + 1.75)/2) = (0.75, -0.75); the mean is (1.875,
   * -1.125). */
  two_neurons(&c, "heun");
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 2.9375, 3.4375);
  op_case_free(&c);
  /* Exponential Euler: e^(-½) and e^(-¼) of the way from x to R·x + d = (5, 1). */
  two_neurons(&c, "exponential_euler");
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 5 - 3 * exp(-0.5), 1 + 3 * exp(-0.25));
  op_case_free(&c);
  /* Runge and Kutta of x' = -x: 1 - h + h²/2 - h³/6 + h⁴/24 with h = ½. */
  c = (op_case){ 0 };
  method(&c, "rk4", "Identity", 0.5f, 1);
  op_case_real(&c, OP_SHAPE(1, 1, 1), (double[]){ 0 });
  op_case_real(&c, OP_SHAPE(1, 1), (double[]){ 0 });
  op_case_absent(&c);
  op_case_real(&c, OP_SHAPE(1, 1), (double[]){ 1 });
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
  OP_NEAR(&c, 0, 1e-7, 1 - 0.5 + 0.125 - 0.125 / 6 + 0.0625 / 24);
  op_case_free(&c);
}
END_TEST

START_TEST(a_drive_in_a_line_is_taken_between_its_ends) {
  /* x' = d, d from 0 to 1 over the first interval, then held: x = ½, 1½. Exact for Heun. */
  op_case c = { 0 };
  method(&c, "heun", "Identity", 1, 1);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "leak", 0), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "interpolation", "linear"), ATR_OK);
  op_case_real(&c, OP_SHAPE(2, 1, 1), (double[]){ 0, 1 });
  op_case_real(&c, OP_SHAPE(1, 1), (double[]){ 0 });
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 0.5, 1.5);
  op_case_free(&c);
}
END_TEST

/* x' = -x + R·x with R = (1 -ω; ω 1) is a rotation: x(T) = (cos ωT, sin ωT) from (1, 0). Returns the error at
 * T = 1. */
static double rotation(const char *name, int64_t substeps, float tolerance) {
  const double w = 2;
  op_case c = { .tolerance = 1 }; /* float runs too; the error is judged in double */
  method(&c, name, "Identity", 1, substeps);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "tolerance", tolerance), ATR_OK);
  op_case_real(&c, OP_SHAPE(1, 1, 2), (double[]){ 0, 0 });
  op_case_real(&c, OP_SHAPE(2, 2), (double[]){ 1, -w, w, 1 });
  op_case_absent(&c);
  op_case_real(&c, OP_SHAPE(1, 2), (double[]){ 1, 0 });
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
  const double error = hypot(c.out[0].v[0] - cos(w), c.out[0].v[1] - sin(w));
  op_case_free(&c);
  return error;
}

START_TEST(methods_converge_with_their_order) {
  static const double order[] = { 1, 2, 4, 1 };
  for (int k = 0; k < 4; k++) {
    const double a = rotation(fixed[k], 40, 1e-4f), b = rotation(fixed[k], 80, 1e-4f), found = log2(a / b);
    ck_assert_msg(fabs(found - order[k]) < 0.1, "%s: order %.3f", fixed[k], found);
  }
  ck_assert_double_lt(rotation("rk4", 80, 1e-4f), 1e-7);
}
END_TEST

START_TEST(the_adaptive_method_keeps_its_tolerance) {
  double before = 1;
  for (float tolerance = 1e-2f; tolerance > 1e-10f; tolerance /= 10) {
    const double error = rotation("dormand_prince", 1, tolerance);
    ck_assert_double_lt(error, 10 * (double)tolerance);
    ck_assert_double_le(error, before);
    before = error;
  }
}
END_TEST

START_TEST(a_stiff_neuron_needs_many_steps_and_gets_them) {
  /* τ = 1/500: x' = 500·(1 - x); after an interval of 1 it has arrived. */
  op_case c = { .tolerance = 1e-3 };
  method(&c, "dormand_prince", "Identity", 1, 1);
  op_case_real(&c, OP_SHAPE(1, 1, 1), (double[]){ 1 });
  op_case_real(&c, OP_SHAPE(1, 1), (double[]){ 0 });
  op_case_real(&c, OP_SHAPE(1), (double[]){ 0.002 });
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
  OP_NEAR(&c, 0, 1e-3, 1);
  op_case_free(&c);
}
END_TEST

static void make(op_case *c, const char *name, const char *rate, int64_t t, int64_t n, int64_t hid,
                 int64_t substeps, int linear, int all) {
  *c = (op_case){ 0 };
  method(c, name, rate, 0.3f, substeps);
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "interpolation", linear ? "linear" : "hold"), ATR_OK);
  op_case_fill(op_case_real(c, OP_SHAPE(t, n, hid), NULL), 1);
  op_case_fill(op_case_real(c, OP_SHAPE(hid, hid), NULL), 2);
  if (!all) return;
  op_tensor *tau = op_case_real(c, OP_SHAPE(hid), NULL);
  op_case_fill(tau, 3);
  for (int64_t i = 0; i < hid; i++) tau->v[i] = 1.5 + tau->v[i];
  op_case_fill(op_case_real(c, OP_SHAPE(n, hid), NULL), 4);
}

static const char *const rates[] = { "Tanh", "Sigmoid", "Relu", "Softplus", "Identity" };

START_TEST(every_row_agrees_at_awkward_sizes) {
  static const int64_t sizes[][4] = { /* t, n, hid, substeps */
                                      { 1, 1, 1, 1 },  { 3, 2, 5, 2 }, { 2, 3, 17, 1 },
                                      { 2, 1, 70, 3 }, { 0, 2, 3, 1 }, { 2, 0, 3, 1 }
  };
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
    for (int m = 0; m < 4; m++) {
      op_case c, g = { 0 };
      const int64_t *z = sizes[k];
      make(&c, fixed[m], rates[(k + (size_t)m) % 5], z[0], z[1], z[2], z[3], (int)k % 2, k != 1);
      if (z[2] > 20) /* sums of many: kept small */
        for (int64_t i = 0; i < c.in[1].count; i++) c.in[1].v[i] /= 8;
      OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
      OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 2), &c);
      ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
      g.tolerance = 3e-5;
      op_case_real(&g, c.in[1].shape, c.in[1].v);
      op_case_real(&g, c.out[1].shape, c.out[1].v);
      op_case_real(&g, c.in[0].shape, c.in[0].v);
      op_case_fill(op_case_real(&g, c.out[0].shape, NULL), 9);
      if (c.n_in > 2) op_case_real(&g, c.in[2].shape, c.in[2].v);
      OP_CASE_GOOD(op_case_run(&g, "org.atrous", "ContinuousRNNGrad", 5), &g);
      op_case_free(&g);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(the_gradient_agrees_with_finite_differences) {
  for (int m = 0; m < 4; m++)
    for (int linear = 0; linear < 2; linear++) {
      op_case c;
      make(&c, fixed[m], rates[(m + linear) % 2], 3, 2, 3, 2, linear, 1);
      OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
      op_plan_gradient(&c, "org.atrous", "ContinuousRNN", 1 | 2 | 4 | 8, 0);
      op_case_free(&c);
    }
  op_case c;
  for (int r = 2; r < 5; r++) {
    make(&c, "rk4", rates[r], 2, 1, 3, 1, 0, 0);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
    op_plan_gradient(&c, "org.atrous", "ContinuousRNN", 1 | 2, 0);
    op_case_free(&c);
  }
}
END_TEST

/* A sparse R and the dense one it stands for must give the same, forwards and backwards, to the last bit in
 * double. */
START_TEST(a_sparse_matrix_is_as_a_dense_one) {
  static const int64_t sizes[][4] = { /* t, n, hid, per cent */
                                      { 1, 1, 1, 100 }, { 1, 1, 1, 0 },   { 3, 3, 5, 100 },
                                      { 3, 3, 5, 40 },  { 2, 2, 17, 10 }, { 2, 1, 70, 5 },
                                      { 2, 3, 7, 0 },   { 0, 2, 3, 50 },  { 2, 0, 3, 50 }
  };
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
    for (int turn = 0; turn < 2; turn++) {
      const int64_t *z = sizes[k];
      const int m = ((int)k + 2 * turn) % 5;
      const char *name = m < 4 ? fixed[m] : "dormand_prince";
      op_case d, s = { 0 }, dg = { 0 }, sg = { 0 };
      make(&d, name, rates[(k + (size_t)turn) % 5], z[0], z[1], z[2], m < 4 ? 2 : 1, (int)k % 2, 1);
      sparse_thin(&d.in[1], (int)z[3], (uint32_t)k);
      ck_assert_int_eq(atr__attrs_copy(&s.attrs, &d.attrs), ATR_OK);
      op_case_real(&s, d.in[0].shape, d.in[0].v);
      sparse_values(&s, &d.in[1], (int)z[3], (uint32_t)k);
      for (size_t i = 2; i < 4; i++) op_case_real(&s, d.in[i].shape, d.in[i].v);
      sparse_pattern(&s, z[2], (int)z[3], (uint32_t)k);
      d.tolerance = s.tolerance = m < 4 ? 3e-5 : 1e-3;
      OP_CASE_GOOD(op_case_run(&d, "org.atrous", "ContinuousRNN", 2), &d);
      OP_CASE_GOOD(op_case_run(&s, "org.atrous", "ContinuousRNN", 2), &s);
      sparse_same(&d.out[0], &s.out[0]);
      sparse_same(&d.out[1], &s.out[1]);
      for (int sparse = 0; m < 4 && sparse < 2; sparse++) {
        op_case *c = sparse ? &s : &d, *g = sparse ? &sg : &dg;
        ck_assert_int_eq(atr__attrs_copy(&g->attrs, &d.attrs), ATR_OK);
        g->tolerance = 3e-5;
        op_case_real(g, c->in[1].shape, c->in[1].v);
        op_case_real(g, c->out[1].shape, c->out[1].v);
        op_case_real(g, c->in[0].shape, c->in[0].v);
        op_case_fill(op_case_real(g, c->out[0].shape, NULL), 9);
        op_case_real(g, c->in[2].shape, c->in[2].v);
        if (sparse) {
          sparse_pattern(g, z[2], (int)z[3], (uint32_t)k);
          sparse_transposed(g, z[2], (int)z[3], (uint32_t)k);
        }
        OP_CASE_GOOD(op_case_run(g, "org.atrous", "ContinuousRNNGrad", 5), g);
      }
      for (size_t i = 0; m < 4 && i < 5; i++) sparse_same(&dg.out[i], &sg.out[i]);
      op_case_free(&d);
      op_case_free(&s);
      op_case_free(&dg);
      op_case_free(&sg);
    }
}
END_TEST

static void make_sparse(op_case *c, const char *name, int64_t t, int64_t n, int64_t hid, int percent) {
  op_case d;
  make(&d, name, "Tanh", t, n, hid, 1, 0, 1);
  *c = (op_case){ 0 };
  ck_assert_int_eq(atr__attrs_copy(&c->attrs, &d.attrs), ATR_OK);
  op_case_real(c, d.in[0].shape, d.in[0].v);
  sparse_values(c, &d.in[1], percent, 3);
  op_case_real(c, d.in[2].shape, d.in[2].v);
  op_case_real(c, d.in[3].shape, d.in[3].v);
  sparse_pattern(c, hid, percent, 3);
  op_case_free(&d);
}

START_TEST(the_gradient_of_sparse_values_agrees_with_finite_differences) {
  for (int m = 0; m < 4; m++) {
    op_case c;
    make_sparse(&c, fixed[m], 3, 3, 5, 40);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
    op_plan_gradient(&c, "org.atrous", "ContinuousRNN", 1 | 2 | 4 | 8, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(a_pattern_that_is_none_is_refused) {
  op_case c;
  make_sparse(&c, "euler", 1, 1, 3, 100);
  c.in[5].v[1] = 3;
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "row 0 has the column 3, must be 0 to 2");
  c.in[5].v[1] = 1;
  c.in[4].v[2] = 1;
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "row_start[2] is 1 after 3, of 9 entries");
  c.in[4].v[2] = 6;
  c.in[5].type = ATR_I64;
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "column, input 5, is int64 [9], must be int32 [9]");
  c.in[5].type = ATR_I32;
  c.in[5].constant = 0;
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "column is computed while running");
  op_case_free(&c);
  make_sparse(&c, "euler", 1, 1, 3, 100);
  free(c.in[--c.n_in].v);
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "a sparse matrix needs column, input 5");
  op_case_free(&c);
  make_sparse(&c, "euler", 1, 1, 3, 100);
  c.in[1].shape = OP_SHAPE(3, 3);
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "input 1 has shape [3,3]; its rank must be 1 to 1");
  op_case_free(&c);
}
END_TEST

START_TEST(noise_has_the_variance_of_ornstein_and_uhlenbeck) {
  /* dx = -x dt + σ dW: the variance becomes σ²/2 (of Euler's steps of h: σ²/(2 - h)). 500 neurons, 40 time
   * constants. */
  const double sigma = 0.7, h = 0.1;
  op_case c = { 0 };
  method(&c, "euler", "Identity", 4, 40);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "noise", (float)sigma), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_int(&c.attrs, "seed", 5), ATR_OK);
  op_case_real(&c, OP_SHAPE(10, 5, 100), NULL);
  op_case_real(&c, OP_SHAPE(100, 100), NULL);
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "ContinuousRNN", 1), &c);
  double sum = 0, squares = 0, across = 0;
  for (int i = 0; i < 5 * 500;
       i++) { /* the last five intervals, 4 time constants apart: nearly independent */
    const double x = c.out[0].v[5 * 500 + i];
    sum += x;
    squares += x * x;
    if (i) across += x * c.out[0].v[5 * 500 + i - 1];
  }
  const double want = sigma * sigma / (2 - h), n = 2500;
  ck_assert_double_eq_tol(sum / n, 0, 4 * sqrt(want / n));
  ck_assert_double_eq_tol(squares / n, want, 4 * want * sqrt(2 / n));
  ck_assert_double_eq_tol(across / n, 0, 4 * want / sqrt(n)); /* neighbours know nothing of each other */
  op_case_free(&c);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused) {
  op_case c;
  make(&c, "rk5", "Tanh", 2, 1, 3, 1, 0, 0);
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "method \"rk5\" is not known");
  op_case_free(&c);
  make(&c, "euler", "Tanh", 2, 1, 3, 0, 0, 0);
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "substeps is 0");
  op_case_free(&c);
  make(&c, "exponential_euler", "Tanh", 2, 1, 3, 1, 0, 0);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "leak", 0), ATR_OK);
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "needs a leak above 0");
  op_case_free(&c);
  make(&c, "dormand_prince", "Tanh", 2, 1, 3, 1, 0, 0);
  ck_assert_int_eq(atr__attrs_set_float(&c.attrs, "noise", 1), ATR_OK);
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "noise needs a method of fixed steps");
  op_case_free(&c);
  make(&c, "euler", "Tanh", 2, 1, 3, 1, 0, 0);
  op_case_real(&c, OP_SHAPE(2), NULL);
  OP_CASE_REJECTS(&c, "org.atrous", "ContinuousRNN", 1, "input 2 has shape [2], must be [3]");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("continuous_rnn");
  TCase *tests = tcase_create("continuous_rnn");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, one_step_of_each_method_is_as_worked_by_hand);
  tcase_add_test(tests, a_drive_in_a_line_is_taken_between_its_ends);
  tcase_add_test(tests, methods_converge_with_their_order);
  tcase_add_test(tests, the_adaptive_method_keeps_its_tolerance);
  tcase_add_test(tests, a_stiff_neuron_needs_many_steps_and_gets_them);
  tcase_add_test(tests, every_row_agrees_at_awkward_sizes);
  tcase_add_test(tests, the_gradient_agrees_with_finite_differences);
  tcase_add_test(tests, a_sparse_matrix_is_as_a_dense_one);
  tcase_add_test(tests, the_gradient_of_sparse_values_agrees_with_finite_differences);
  tcase_add_test(tests, a_pattern_that_is_none_is_refused);
  tcase_add_test(tests, noise_has_the_variance_of_ornstein_and_uhlenbeck);
  tcase_add_test(tests, what_makes_no_sense_is_refused);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
