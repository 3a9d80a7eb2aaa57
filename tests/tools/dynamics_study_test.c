/* dynamics_study_test.c: what atrous-dynamics finds, against published and hand-worked values: Lyapunov
 * exponents, fixed points, eigenvalues. */
#include "dynamics/fixed_points.h"
#include "dynamics/linear.h"
#include "dynamics/lyapunov.h"
#include "dynamics_test.h"

static struct lyapunov exponents(const char *config, size_t k, size_t steps) {
  struct test_job t;
  struct lyapunov l;
  test_job_begin(&t, test_system(config));
  ck_assert_good(lyapunov_run(&t.job, k, steps, &l, &fault), &fault);
  test_job_end(&t);
  return l;
}

/* 0.906, 0, -14.572: Sprott, "Chaos and Time-Series Analysis", 2003. Their sum is the divergence, -(σ+1+β),
 * and the dimension 2.062. */
START_TEST(lorenz_has_its_published_exponents) {
  struct lyapunov l = exponents("{\"kind\": \"lorenz\", \"initial\": [1, 1, 20]}", 3, 100000);
  ck_assert_double_eq_tol(l.exponent[0], 0.906, 0.015);
  ck_assert_double_eq_tol(l.exponent[1], 0, 0.01);
  ck_assert_double_eq_tol(l.exponent[2], -14.572, 0.02);
  ck_assert_double_eq_tol(l.exponent[0] + l.exponent[1] + l.exponent[2], -(10 + 1 + 8.0 / 3), 2e-3);
  ck_assert_double_eq_tol(l.dimension, 2.062, 0.005);
  ck_assert(l.spread[0] > 0 && fabs(l.exponent[0] - 0.906) < 4 * l.spread[0]);
  lyapunov_destroy(&l);
}
END_TEST

/* ln 2 at r = 4; at r = 2 the fixed point 1/2 is superstable, at r = 3.2 the cycle of two has
 * ln|4 + 2r - r²|/2. */
START_TEST(the_logistic_map_has_its_exponents) {
  struct lyapunov l = exponents("{\"kind\": \"logistic\", \"r\": 4}", 1, 100000);
  ck_assert_double_eq_tol(l.exponent[0], log(2), 1e-3);
  lyapunov_destroy(&l);
  l = exponents("{\"kind\": \"logistic\", \"r\": 3.2}", 1, 10000);
  ck_assert_double_eq_tol(l.exponent[0], 0.5 * log(fabs(4 + 6.4 - 10.24)), 1e-9);
  lyapunov_destroy(&l);
  l = exponents("{\"kind\": \"logistic\", \"r\": 2}", 1, 1000);
  ck_assert_double_le(l.exponent[0], -30);
  lyapunov_destroy(&l);
}
END_TEST

/* A linear map's exponents are the logarithms of its eigenvalues' moduli; a linear flow's their real parts.
 */
START_TEST(linear_systems_have_the_exponents_of_their_eigenvalues) {
  struct lyapunov l =
      exponents("{\"kind\": \"rnn\", \"neurons\": 3, \"activation\": \"Identity\", \"w_rec\": "
                "[[0.5, 0.3, 0], [0, -0.8, 0.1], [0, 0, 0.25]]}",
                3, 4000);
  ck_assert_double_eq_tol(l.exponent[0], log(0.8), 1e-3);
  ck_assert_double_eq_tol(l.exponent[1], log(0.5), 1e-3);
  ck_assert_double_eq_tol(l.exponent[2], log(0.25), 1e-3);
  lyapunov_destroy(&l);
  l = exponents(
      "{\"kind\": \"continuous\", \"neurons\": 2, \"activation\": \"Identity\", \"w_rec\": [[0.5, 0], [0, "
      "-1]], \"dt\": 0.05}",
      2, 2000);
  ck_assert_double_eq_tol(l.exponent[0], -0.5, 1e-4);
  ck_assert_double_eq_tol(l.exponent[1], -2, 1e-3);
  lyapunov_destroy(&l);
}
END_TEST

static struct fixed_points rests(const char *config, struct test_job *t) {
  struct fixed_points points;
  test_job_begin(t, test_system(config));
  ck_assert_good(fixed_points_find(&t->job, 0, &points, &fault), &fault);
  return points;
}

/* 0 and (±√(β(ρ-1)), ±√(β(ρ-1)), ρ-1); at ρ = 28 a saddle with one direction out and two with a spiral of
 * two; at ρ = 0.5 only 0 is there, a sink. */
START_TEST(lorenz_rests_at_three_points) {
  struct test_job t;
  struct fixed_points p = rests("{\"kind\": \"lorenz\"}", &t);
  const double at = sqrt(8.0 / 3 * 27);
  ck_assert_uint_eq(p.count, 3);
  ck_assert_uint_eq(p.list[0].unstable, 1);
  ck_assert(!p.list[0].spiral);
  for (int i = 0; i < 3; i++) {
    ck_assert_str_eq(p.list[i].type, "saddle");
    ck_assert_double_eq_tol(p.list[i].x[0], i ? (i == 1 ? -at : at) : 0, 1e-9);
    ck_assert_double_eq_tol(p.list[i].x[2], i ? 27 : 0, 1e-9);
    ck_assert(i == 0 || (p.list[i].spiral && p.list[i].unstable == 2));
  }
  /* At 0: -β, and (-(σ+1) ± √((σ+1)² + 4σ(ρ-1)))/2. */
  ck_assert_double_eq_tol(p.list[0].re[0], (-11 - sqrt(121 + 40 * 27)) / 2, 1e-9);
  ck_assert_double_eq_tol(p.list[0].re[1], (-11 + sqrt(121 + 40 * 27)) / 2, 1e-9);
  ck_assert_double_eq_tol(p.list[0].re[2], -8.0 / 3, 1e-9);
  fixed_points_destroy(&p);
  test_job_end(&t);
  p = rests("{\"kind\": \"lorenz\", \"rho\": 0.5}", &t);
  ck_assert_uint_eq(p.count, 1);
  ck_assert_str_eq(p.list[0].type, "sink");
  fixed_points_destroy(&p);
  test_job_end(&t);
}
END_TEST

/* x = tanh(2x): 0 and ±0.9575; two neurons have all pairs. The slope there is 2(1 - x²). */
START_TEST(two_bits_rest_at_nine_points) {
  struct test_job t;
  struct fixed_points p =
      rests("{\"kind\": \"rnn\", \"neurons\": 2, \"w_rec\": [[2, 0], [0, 2]], \"initial\": [0.9, -0.9]}", &t);
  size_t kinds[3] = { 0 };
  ck_assert_uint_eq(p.count, 9);
  for (size_t i = 0; i < 9; i++) {
    const struct fixed_point *q = &p.list[i];
    kinds[q->unstable]++;
    for (int k = 0; k < 2; k++) {
      ck_assert_double_eq_tol(q->x[k], tanh(2 * q->x[k]), 1e-9);
      ck_assert(fabs(q->x[k]) < 1e-9 || fabs(fabs(q->x[k]) - 0.957504024) < 1e-8);
    }
    ck_assert_str_eq(q->type, q->unstable == 0 ? "sink" : q->unstable == 1 ? "saddle" : "source");
    if (!q->unstable) ck_assert_double_eq_tol(q->re[0], 2 * (1 - q->x[0] * q->x[0]), 1e-8);
  }
  ck_assert(kinds[0] == 4 && kinds[1] == 4 && kinds[2] == 1);
  fixed_points_destroy(&p);
  test_job_end(&t);
}
END_TEST

START_TEST(awkward_systems_have_their_fixed_points) {
  struct test_job t;
  /* One neuron; x = 0.5x + 1. */
  struct fixed_points p = rests(
      "{\"kind\": \"rnn\", \"neurons\": 1, \"activation\": \"Identity\", \"w_rec\": 0.5, \"b\": 1}", &t);
  ck_assert_uint_eq(p.count, 1);
  ck_assert_double_eq_tol(p.list[0].x[0], 2, 1e-9);
  fixed_points_destroy(&p);
  test_job_end(&t);
  /* None: x + 1. */
  p = rests("{\"kind\": \"rnn\", \"neurons\": 1, \"activation\": \"Identity\", \"w_rec\": 1, \"b\": 1}", &t);
  ck_assert_uint_eq(p.count, 0);
  fixed_points_destroy(&p);
  test_job_end(&t);
  /* A line of them: marginal. */
  p = rests("{\"kind\": \"rnn\", \"neurons\": 2, \"activation\": \"Identity\", \"w_rec\": [[0.75, 0.25], "
            "[0.25, 0.75]]}",
            &t);
  ck_assert_uint_gt(p.count, 10);
  for (size_t i = 0; i < p.count; i++) {
    ck_assert_double_eq_tol(p.list[i].x[0], p.list[i].x[1], 1e-8);
    ck_assert_str_eq(p.list[i].type, "marginal");
  }
  fixed_points_destroy(&p);
  test_job_end(&t);
  /* The unstable spiral of an oscillator: eigenvalues (1 ± 2i)/τ. */
  p = rests(
      "{\"kind\": \"continuous\", \"neurons\": 2, \"w_rec\": [[2, -2], [2, 2]], \"tau\": 0.1, \"dt\": 0.005, "
      "\"initial\": [0.1, 0]}",
      &t);
  ck_assert_uint_eq(p.count, 1);
  ck_assert_str_eq(p.list[0].type, "source");
  ck_assert(p.list[0].spiral);
  ck_assert_double_eq_tol(p.list[0].re[0], 10, 1e-9);
  ck_assert_double_eq_tol(p.list[0].im[0], 20, 1e-9);
  fixed_points_destroy(&p);
  test_job_end(&t);
}
END_TEST

START_TEST(linear_algebra_by_hand) {
  const double rotation[4] = { 0, -2, 2, 0 };
  double re[3], im[3], symmetric[4] = { 2, 1, 1, 2 }, r[2];
  ck_assert_good(linear_eigenvalues(2, rotation, re, im, &fault), &fault);
  ck_assert_double_eq_tol(re[0], 0, 1e-15);
  ck_assert_double_eq_tol(im[0], 2, 1e-15);
  ck_assert_double_eq_tol(im[1], -2, 1e-15);
  ck_assert_good(linear_symmetric(2, symmetric, re, &fault), &fault);
  ck_assert_double_eq_tol(re[0], 3, 1e-14);
  ck_assert_double_eq_tol(re[1], 1, 1e-14);
  ck_assert_double_eq_tol(fabs(symmetric[0] - symmetric[1]), 0, 1e-14); /* (1, 1)/√2 */
  double v[4] = { 3, 1, 4, 2 };                                         /* columns (3, 4) and (1, 2) */
  ck_assert_good(linear_qr(2, 2, v, r, &fault), &fault);
  ck_assert_double_eq_tol(fabs(r[0]), 5, 1e-14);
  ck_assert_double_eq_tol(fabs(r[0] * r[1]), 2, 1e-14); /* the determinant */
  double a[4] = { 2, 1, 1, 3 }, b[2] = { 5, 10 };
  bool singular;
  ck_assert_good(linear_solve(2, a, b, &singular, &fault), &fault);
  ck_assert(!singular && fabs(b[0] - 1) < 1e-14 && fabs(b[1] - 3) < 1e-14);
  double flat[4] = { 1, 1, 1, 1 };
  ck_assert_good(linear_solve(2, flat, b, &singular, &fault), &fault);
  ck_assert(singular);
  const double bad[4] = { NAN, 0, 0, 1 };
  ck_assert(!linear_eigenvalues(2, bad, re, im, &fault));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("dynamics studies");
  TCase *tests = tcase_create("studies");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, lorenz_has_its_published_exponents);
  tcase_add_test(tests, the_logistic_map_has_its_exponents);
  tcase_add_test(tests, linear_systems_have_the_exponents_of_their_eigenvalues);
  tcase_add_test(tests, lorenz_rests_at_three_points);
  tcase_add_test(tests, two_bits_rest_at_nine_points);
  tcase_add_test(tests, awkward_systems_have_their_fixed_points);
  tcase_add_test(tests, linear_algebra_by_hand);
  suite_add_tcase(suite, tests);
  return test_run(suite);
}
