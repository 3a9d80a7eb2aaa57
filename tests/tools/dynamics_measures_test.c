/* dynamics_measures_test.c: memory, gradients, cuts and information against what is known by hand: shift
 * registers, rotations, Gaussians of given correlation. */
#include <math.h>
#include <stdint.h>

#include "dynamics/capacity.h"
#include "dynamics/cut.h"
#include "dynamics/draw.h"
#include "dynamics/gaussian.h"
#include "dynamics/information.h"
#include "dynamics/sensitivity.h"
#include "tools_test.h"

static struct fault fault;

/* ---- memory ---- */

/* A shift register: neuron i holds the input of i steps before the last. */
static void shift_register(double *states, double *input, size_t steps, size_t n) {
  for (size_t t = 0; t < steps; t++) input[t] = 2 * draw_uniform(7, t) - 1;
  for (size_t t = 0; t < steps; t++)
    for (size_t i = 0; i < n; i++) states[t * n + i] = t >= i ? input[t - i] : 0;
}

START_TEST(memory_of_a_delay_line_is_its_length) {
  enum { STEPS = 3000 };
  static double states[STEPS * 13], input[STEPS];
  static const size_t lengths[] = { 1, 2, 7, 13 };
  for (size_t l = 0; l < 4; l++) {
    const size_t n = lengths[l];
    struct capacity_options o = CAPACITY_OPTIONS_INIT;
    struct capacity c;
    o.delays = 30;
    shift_register(states, input, STEPS, n);
    ck_assert_good(capacity_measure(states, input, STEPS, n, &o, &c, &fault), &fault);
    for (size_t k = 0; k < n; k++) ck_assert_double_eq_tol(c.by_delay[k], 1, 1e-6);
    for (size_t k = n; k < 30; k++) ck_assert_double_le(c.by_delay[k], 0.02);
    ck_assert_double_eq_tol(c.total, (double)n, 0.05);
    /* A squared correlation of m steps is 1/(m-1) on average where there is nothing. */
    ck_assert_double_eq_tol(c.floor, 1.0 / (double)(c.test_steps - 1), 0.5 / (double)c.test_steps);
    ck_assert_double_gt(c.floor_high, c.floor);
    capacity_destroy(&c);
  }
}
END_TEST

START_TEST(memory_of_a_leaky_neuron_falls_geometrically) {
  /* h' = a·h + u: the readout's best guess of u(t-k) from h alone has correlation² (1 - a²)·a^(2k). */
  enum { STEPS = 40000 };
  static double states[STEPS], input[STEPS];
  const double a = 0.8;
  double h = 0;
  for (size_t t = 0; t < STEPS; t++) input[t] = 2 * draw_uniform(11, t) - 1, states[t] = h = a * h + input[t];
  struct capacity_options o = CAPACITY_OPTIONS_INIT;
  struct capacity c;
  ck_assert_good(capacity_measure(states, input, STEPS, 1, &o, &c, &fault), &fault);
  for (int k = 0; k < 8; k++) ck_assert_double_eq_tol(c.raw[k], (1 - a * a) * pow(a, 2 * k), 0.015);
  ck_assert_double_eq_tol(c.total, 1, 0.04);
  capacity_destroy(&c);
}
END_TEST

START_TEST(memory_is_never_more_than_neurons) {
  /* A saturating network of 6; redundant readouts must not count twice. */
  enum { STEPS = 4000, N = 6 };
  static double states[STEPS * N], input[STEPS];
  double h[N] = { 0 };
  for (size_t t = 0; t < STEPS; t++) {
    double next[N];
    input[t] = 2 * draw_uniform(3, t) - 1;
    for (size_t i = 0; i < N; i++) {
      double z = (i + 1) * 0.3 * input[t];
      for (size_t k = 0; k < N; k++) z += 0.5 * draw_normal(5, i * N + k) * h[k];
      next[i] = tanh(z);
    }
    memcpy(h, next, sizeof h);
    memcpy(states + t * N, h, sizeof h);
  }
  struct capacity_options o = CAPACITY_OPTIONS_INIT;
  struct capacity c;
  ck_assert_good(capacity_measure(states, input, STEPS, N, &o, &c, &fault), &fault);
  ck_assert_double_gt(c.total, 0.5);
  ck_assert_double_le(c.total, N + 0.05);
  capacity_destroy(&c);
}
END_TEST

START_TEST(memory_refuses_too_few_steps_and_states_that_stand_still) {
  static double states[2000], input[2000];
  struct capacity_options o = CAPACITY_OPTIONS_INIT;
  struct capacity c;
  for (size_t t = 0; t < 2000; t++) input[t] = draw_uniform(1, t), states[t] = 0.25;
  ck_assert(!capacity_measure(states, input, 2000, 1, &o, &c, &fault));
  ck_assert_fault(&fault, "no neuron moves");
  ck_assert(!capacity_measure(states, input, 220, 1, &o, &c, &fault));
  ck_assert_fault(&fault, "too few");
  states[1500] = NAN;
  ck_assert(!capacity_measure(states, input, 2000, 1, &o, &c, &fault) && fault.code == FAULT_NONFINITE);
}
END_TEST

/* ---- gradients ---- */

/* a·rotation by an angle in the first two coordinates, a·identity in the third. */
static bool rotation(void *user, size_t step, double *j, struct fault *unused) {
  const double a = *(const double *)user, angle = 0.3 + (double)step;
  (void)unused;
  memset(j, 0, 9 * sizeof *j);
  j[0] = j[4] = a * cos(angle);
  j[1] = -(j[3] = a * sin(angle));
  j[8] = a;
  return true;
}

START_TEST(gradient_of_a_scaled_rotation_is_a_power) {
  enum { T = 2000 };
  static double norm[T + 1], typical[T + 1];
  static const double factors[] = { 0.5, 0.97, 1, 1.1, 3 };
  for (size_t f = 0; f < 5; f++) {
    double a = factors[f];
    int64_t at;
    ck_assert_good(sensitivity_norms(rotation, &a, T, 3, norm, typical, &fault), &fault);
    for (size_t t = 0; t <= T; t += 50) {
      const double want = (double)(T - t) * log10(a);
      ck_assert_double_eq_tol(norm[t], want, 1e-10 * (1 + fabs(want)));
      ck_assert_double_eq_tol(typical[t], want, 1e-10 * (1 + fabs(want)));
    }
    const enum sensitivity_verdict v = sensitivity_judge(norm, T, 1e-3, 1e3, &at);
    ck_assert_int_eq(v, a < 1 ? SENSITIVITY_VANISHING : a > 1 ? SENSITIVITY_EXPLODING : SENSITIVITY_STABLE);
    /* 0.5^10 is the first below 1e-3, 0.97^227; 1.1^73 the first above 1e3, 3^7. */
    static const int64_t steps[] = { T - 10, T - 227, -1, T - 73, T - 7 };
    ck_assert_int_eq(at, steps[f]);
  }
}
END_TEST

static bool rank_one(void *user, size_t step, double *j, struct fault *unused) {
  (void)user;
  (void)unused;
  j[0] = j[2] = 0;
  j[1] = step == 3 ? 0 : 2; /* nilpotent: two of them are nothing */
  j[3] = step == 3 ? 0 : 1;
  return true;
}

START_TEST(gradient_that_dies_is_told) {
  double norm[6], typical[6];
  int64_t at;
  ck_assert_good(sensitivity_norms(rank_one, NULL, 5, 2, norm, typical, &fault), &fault);
  ck_assert_double_eq_tol(norm[4], 0.5 * log10(5), 1e-12);
  ck_assert_double_eq_tol(typical[4], 0.5 * log10(2.5), 1e-12);
  for (int t = 0; t < 4; t++) ck_assert(norm[t] == -INFINITY);
  ck_assert_int_eq(sensitivity_judge(norm, 5, 1e-3, 1e3, &at), SENSITIVITY_VANISHING);
  ck_assert_int_eq(at, 3);
}
END_TEST

/* e₁J = (1, 2), clamped (1, 1.5), then (1, 6.5) and again (1, 1.5); e₂J = (0, 3), (0, 1.5), then (0, 4.5). */
static bool growing(void *user, size_t step, double *j, struct fault *unused) {
  static const double matrix[4] = { 1, 2, 0, 3 };
  (void)user;
  (void)step;
  (void)unused;
  memcpy(j, matrix, sizeof matrix);
  return true;
}

START_TEST(a_clamped_gradient_stays_where_it_is_bounded) {
  double norm[3], typical[3], clipped[3];
  ck_assert_good(sensitivity_norms(growing, NULL, 2, 2, norm, typical, &fault), &fault);
  ck_assert_good(sensitivity_clipped(growing, NULL, 2, 2, 1.5, clipped, &fault), &fault);
  ck_assert_double_eq(clipped[2], 0);
  for (int t = 0; t < 2; t++) ck_assert_double_eq_tol(clipped[t], 0.5 * log10(5.5 / 2), 1e-12);
  ck_assert_good(sensitivity_clipped(growing, NULL, 2, 2, 1e9, clipped, &fault), &fault);
  for (int t = 0; t < 3; t++) ck_assert_double_eq_tol(clipped[t], typical[t], 1e-12);
}
END_TEST

enum { CELLS = 5, SPAN = 12 };
struct walk {
  struct system system;
  double u[2], x[SPAN + 1][CELLS];
};

static bool along(void *user, size_t step, double *j, struct fault *unused) {
  struct walk *w = user;
  (void)unused;
  system_jacobian(&w->system, w->u, w->x[step], j);
  return true;
}

START_TEST(gradient_is_that_of_finite_differences) {
  static const enum system_kind kinds[] = { SYSTEM_RNN, SYSTEM_GRU };
  for (int kind = 0; kind < 2; kind++) {
    struct walk w = { .u = { 0.3, -0.2 } };
    struct system *s = &w.system;
    double norm[SPAN + 1], typical[SPAN + 1], square = 0;
    ck_assert_good(system_create(s, kinds[kind], CELLS, 2, 0, &fault), &fault);
    for (size_t i = 0; i < s->gates * CELLS * CELLS; i++) s->w_rec[i] = 0.6 * draw_normal(1, i);
    for (size_t i = 0; i < s->gates * CELLS * 2; i++) s->w_in[i] = draw_normal(2, i);
    for (size_t i = 0; i < CELLS; i++) w.x[0][i] = 0.2 * draw_normal(3, i);
    for (int t = 0; t < SPAN; t++) system_step(s, w.u, w.x[t], w.x[t + 1]);
    for (int k = 0; k < CELLS; k++) {
      double up[CELLS], down[CELLS];
      memcpy(up, w.x[0], sizeof up);
      memcpy(down, w.x[0], sizeof down);
      up[k] += 1e-5;
      down[k] -= 1e-5;
      for (int t = 0; t < SPAN; t++) {
        system_step(s, w.u, up, up);
        system_step(s, w.u, down, down);
      }
      for (int i = 0; i < CELLS; i++) square += pow((up[i] - down[i]) / 2e-5, 2);
    }
    ck_assert_good(sensitivity_norms(along, &w, SPAN, CELLS, norm, typical, &fault), &fault);
    ck_assert_double_eq_tol(pow(10, typical[0]) / sqrt(square / CELLS), 1, 1e-6);
    ck_assert_double_ge(norm[0], typical[0]);
    system_destroy(s);
  }
}
END_TEST

/* ---- cuts ---- */

START_TEST(blocks_are_read_and_refused) {
  struct cut_blocks b;
  ck_assert_good(cut_blocks_parse("3", 8, &b, &fault), &fault);
  ck_assert(b.count == 3 && b.first[0] == 0 && b.last[0] == 1 && b.first[1] == 2 && b.last[1] == 4 &&
            b.first[2] == 5 && b.last[2] == 7);
  ck_assert_good(cut_blocks_parse("4-4,0-2", 8, &b, &fault), &fault);
  ck_assert(b.count == 2 && b.first[0] == 4 && b.last[0] == 4 && b.first[1] == 0 && b.last[1] == 2);
  static const char *const bad[] = { "",     "0",   "9",   "0-8", "3-2",    "0-2,2-4",
                                     "0-2,", "a-b", "1,2", "-1",  "0-1;2-3" };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    ck_assert_msg(!cut_blocks_parse(bad[i], 8, &b, &fault) && fault.code == FAULT_USAGE, "\"%s\"", bad[i]);
}
END_TEST

START_TEST(cuts_take_away_what_they_name) {
  struct cut_blocks b, none = { 0 };
  char name[40];
  ck_assert_good(cut_blocks_parse("0-0,1-2", 4, &b, &fault), &fault);
  ck_assert_uint_eq(cut_count(&b), 8);
  ck_assert_uint_eq(cut_count(&none), 1);
  /* Of 16 connections per gate: neuron 3 is in no block. */
  static const struct {
    const char *name;
    size_t connections;
  } want[] = { { "rec", 16 },     { "between", 10 }, { "within 0-0", 1 }, { "within 1-2", 4 },
               { "into 0-0", 3 }, { "into 1-2", 4 }, { "from 0-0", 3 },   { "from 1-2", 4 } };
  for (size_t i = 0; i < 8; i++) {
    struct system s;
    ck_assert_good(system_create(&s, SYSTEM_GRU, 4, 1, 0, &fault), &fault);
    for (size_t k = 0; k < 48; k++) s.w_rec[k] = 1;
    cut_name(&b, i, name, sizeof name);
    ck_assert_str_eq(name, want[i].name);
    ck_assert_uint_eq(cut_apply(&b, i, &s), 3 * want[i].connections);
    ck_assert_uint_eq(cut_apply(&b, i, &s), 0);
    if (i == 7) /* columns 1 and 2 of rows 0 and 3, in every gate */
      for (size_t k = 0; k < 48; k++)
        ck_assert_double_eq(s.w_rec[k], (k / 4 % 4 % 3) || k % 4 == 0 || k % 4 == 3);
    system_destroy(&s);
  }
}
END_TEST

START_TEST(effect_of_a_cut_by_hand) {
  const double before[] = { 1, -1, 1, 1, 1, 1 }, after[] = { 1, -1, 1, 1.1, 4, 5 };
  struct cut_effect e = cut_compare(before, after, 3, 2, 0.1);
  ck_assert_double_eq_tol(e.before, 1, 1e-15);
  ck_assert_double_eq_tol(e.after, sqrt((3 + 1.21 + 16 + 25) / 6), 1e-15);
  ck_assert_double_eq_tol(e.change, sqrt((0.01 + 9 + 16) / 6), 1e-15);
  ck_assert_double_eq_tol(e.relative, e.change, 1e-15);
  ck_assert_int_eq(e.at_step, 2);
  e = cut_compare(before, before, 3, 2, 0.1);
  ck_assert(e.change == 0 && e.at_step == -1);
  const double still[] = { 0, 0 };
  ck_assert(isnan(cut_compare(still, still, 1, 2, 0.1).relative));
}
END_TEST

/* ---- information ---- */

START_TEST(digamma_by_known_values) {
  const double euler = 0.57721566490153286;
  ck_assert_double_eq_tol(gaussian_digamma(1), -euler, 1e-13);
  ck_assert_double_eq_tol(gaussian_digamma(0.5), -euler - 2 * log(2), 1e-13);
  ck_assert_double_eq_tol(gaussian_digamma(4), 1 + 0.5 + 1.0 / 3 - euler, 1e-13);
  ck_assert_double_eq_tol(gaussian_digamma(1e6), log(1e6) - 0.5e-6, 1e-12);
}
END_TEST

/* So many samples that the bias is nothing. */
enum { ENDLESS = 1000000000 };

START_TEST(information_of_two_gaussians_by_hand) {
  static const double rhos[] = { 0, 0.1, -0.5, 0.9, 0.999 };
  for (size_t i = 0; i < 5; i++) {
    const double c[] = { 1, rhos[i], rhos[i], 1 }, want = -0.5 * log(1 - rhos[i] * rhos[i]);
    double total, weakest;
    unsigned char side[2];
    bool exhaustive;
    ck_assert_good(gaussian_total(c, 2, ENDLESS, &total, &fault), &fault);
    ck_assert_good(gaussian_weakest(c, 2, ENDLESS, 1, side, &weakest, &exhaustive, &fault), &fault);
    ck_assert_double_eq_tol(total, want, 1e-8);
    ck_assert_double_eq_tol(weakest, want, 1e-8);
    ck_assert(exhaustive && side[0] == 1 && side[1] == 0);
  }
}
END_TEST

START_TEST(total_correlation_of_equal_correlations_by_hand) {
  /* det of the matrix of 1 and r is (1 - r)^(n-1) (1 + (n-1) r). */
  enum { N = 5 };
  double c[N * N], total, across;
  const double r = 0.3;
  const unsigned char side[N] = { 1, 0, 1, 0, 0 };
  for (int i = 0; i < N * N; i++) c[i] = i % (N + 1) ? r : 1;
  ck_assert_good(gaussian_total(c, N, ENDLESS, &total, &fault), &fault);
  ck_assert_double_eq_tol(total, -0.5 * (4 * log(1 - r) + log(1 + 4 * r)), 1e-8);
  ck_assert_good(gaussian_across(c, N, ENDLESS, side, &across, &fault), &fault);
  ck_assert_double_eq_tol(across, 0.5 * (log(1 - r) + log(1 + r) + 2 * log(1 - r) + log(1 + 2 * r)) + total,
                          1e-8);
}
END_TEST

/* Blocks of neurons that share a source each: exactly block-diagonal. */
static void blocks_of(double *c, size_t n, const unsigned char *block, double r) {
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++) c[i * n + k] = i == k ? 1 : block[i] == block[k] ? r : 0;
}

START_TEST(weakest_partition_is_the_boundary_of_blocks) {
  static const size_t sizes[] = { 4, 11, 14, 15, 23, 48 }; /* on both sides of the exhaustive limit */
  for (size_t k = 0; k < 6; k++) {
    const size_t n = sizes[k];
    unsigned char block[48], side[48];
    static double c[48 * 48];
    double weakest;
    bool exhaustive;
    for (size_t i = 0; i < n; i++) block[i] = i * 7 % n < n / 2; /* not in order */
    blocks_of(c, n, block, 0.4);
    ck_assert_good(gaussian_weakest(c, n, ENDLESS, 1, side, &weakest, &exhaustive, &fault), &fault);
    ck_assert_int_eq(exhaustive, n <= GAUSSIAN_EXHAUSTIVE);
    ck_assert_double_eq_tol(weakest, 0, 1e-6);
    for (size_t i = 0; i < n; i++) ck_assert_uint_eq(side[i], block[i] != block[n - 1]);
    double across;
    ck_assert_good(gaussian_across(c, n, ENDLESS, side, &across, &fault), &fault);
    ck_assert_double_eq_tol(across, weakest, 1e-9);
  }
}
END_TEST

START_TEST(search_finds_what_trying_all_finds) {
  /* The same matrix beside independent neurons in one more block: 12 neurons of random correlation are tried
   * in all ways; searched, as part of the same problem with 4 neurons bound tightly to neuron 0, the cut is
   * the same. */
  enum { N = 12, MORE = 16 };
  for (uint64_t seed = 0; seed < 20; seed++) {
    double mix[N][N + 6], c[N * N], big[MORE * MORE], less, found;
    unsigned char side[N], big_side[MORE];
    bool exhaustive;
    for (size_t i = 0; i < N; i++)
      for (size_t k = 0; k < N + 6; k++)
        mix[i][k] = draw_normal(seed, i * 32 + k) * (k < 3 || k == i + 6 || i % 3 == k % 3 ? 1 : 0.2);
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < N; j++) {
        double ij = 0, ii = 0, jj = 0;
        for (size_t k = 0; k < N + 6; k++)
          ij += mix[i][k] * mix[j][k], ii += mix[i][k] * mix[i][k], jj += mix[j][k] * mix[j][k];
        c[i * N + j] = ij / sqrt(ii * jj);
      }
    /* Neurons 12 … 15 are neuron 0 with a little noise of their own. */
    const double tight = 0.99;
    for (size_t i = 0; i < MORE; i++)
      for (size_t j = 0; j < MORE; j++) {
        const size_t a = i < N ? i : 0, b = j < N ? j : 0;
        big[i * MORE + j] = i == j ? 1 : c[a * N + b] * (i < N ? 1 : tight) * (j < N ? 1 : tight);
      }
    ck_assert_good(gaussian_weakest(c, N, ENDLESS, 2, side, &less, &exhaustive, &fault), &fault);
    ck_assert(exhaustive);
    ck_assert_good(gaussian_weakest(big, MORE, ENDLESS, 2, big_side, &found, &exhaustive, &fault), &fault);
    ck_assert(!exhaustive);
    double across;
    ck_assert_good(gaussian_across(big, MORE, ENDLESS, big_side, &across, &fault), &fault);
    ck_assert_double_eq_tol(across, found, 1e-8);
    /* Parts of the small cut with neuron 0's followers on its side: an upper bound for the large one. */
    unsigned char follow[MORE];
    for (size_t i = 0; i < MORE; i++) follow[i] = side[i < N ? i : 0];
    ck_assert_good(gaussian_across(big, MORE, ENDLESS, follow, &across, &fault), &fault);
    ck_assert_double_le(found, across + 1e-8);
  }
}
END_TEST

/* Normal samples whose neurons of a block share a part of variance r. */
static void draw_samples(double *rows, size_t samples, size_t n, const unsigned char *block, double r,
                         uint64_t seed) {
  for (size_t t = 0; t < samples; t++)
    for (size_t i = 0; i < n; i++)
      rows[t * n + i] =
          sqrt(1 - r) * draw_normal(seed, t * n + i) + sqrt(r) * draw_normal(seed + 1000, t * 256 + block[i]);
}

START_TEST(bias_is_removed) {
  /* 400 estimates from 40 samples of 6 independent neurons: the raw estimate is far off, the corrected one 0
   * within its own standard error. */
  enum { N = 6, SAMPLES = 40, TIMES = 400 };
  static double rows[SAMPLES * N];
  static const unsigned char apart[N] = { 0, 1, 2, 3, 4, 5 };
  double c[N * N], sum = 0, square = 0, raw = 0;
  for (uint64_t i = 0; i < TIMES; i++) {
    double total, biased;
    draw_samples(rows, SAMPLES, N, apart, 0, 5000 + i);
    ck_assert_good(gaussian_correlation(rows, SAMPLES, N, c, &fault), &fault);
    ck_assert_good(gaussian_total(c, N, SAMPLES, &total, &fault), &fault);
    ck_assert_good(gaussian_total(c, N, ENDLESS, &biased, &fault), &fault);
    sum += total / TIMES;
    square += total * total / TIMES;
    raw += biased / TIMES;
  }
  const double error = sqrt((square - sum * sum) / TIMES);
  ck_assert_double_gt(raw, 10 * error);
  ck_assert_double_le(fabs(sum), 3.5 * error);
}
END_TEST

START_TEST(independent_neurons_are_within_the_null) {
  enum { N = 8, SAMPLES = 500 };
  static double rows[SAMPLES * N];
  static const unsigned char apart[N] = { 0, 1, 2, 3, 4, 5, 6, 7 };
  for (int permute = 0; permute < 2; permute++) {
    struct information_options o = INFORMATION_OPTIONS_INIT;
    struct information f;
    o.permute = permute;
    draw_samples(rows, SAMPLES, N, apart, 0, 42);
    ck_assert_good(information_measure(rows, SAMPLES, N, &o, &f, &fault), &fault);
    ck_assert_double_le(fabs(f.total), 0.03);
    ck_assert(f.total >= f.null_total.low && f.total <= f.null_total.high);
    ck_assert(f.weakest <= f.null_weakest.high);
    ck_assert_double_le(fabs(f.null_weakest.mean), 0.01);
    ck_assert(f.null_total.low < f.null_total.mean && f.null_total.mean < f.null_total.high);
    ck_assert_double_le(fabs(f.null_total.mean), 0.01);
    information_destroy(&f);
  }
}
END_TEST

START_TEST(two_blocks_are_found_in_samples) {
  enum { SAMPLES = 3000 };
  static double rows[SAMPLES * 20];
  static const size_t sizes[] = { 7, 20 };
  for (int k = 0; k < 2; k++) {
    const size_t n = sizes[k], most = n / 3;
    unsigned char block[20];
    struct information_options o = INFORMATION_OPTIONS_INIT;
    struct information f;
    for (size_t i = 0; i < n; i++) block[i] = i < most;
    draw_samples(rows, SAMPLES, n, block, 0.5, 77);
    ck_assert_good(information_measure(rows, SAMPLES, n, &o, &f, &fault), &fault);
    for (size_t i = 0; i < n; i++) ck_assert_uint_eq(f.side[i], i < most);
    double want = 0;
    const double parts[] = { (double)most, (double)(n - most) };
    for (int p = 0; p < 2; p++) want -= 0.5 * ((parts[p] - 1) * log(0.5) + log(1 + 0.5 * (parts[p] - 1)));
    ck_assert_double_eq_tol(f.total, want, 0.05 * want);
    ck_assert_double_le(fabs(f.weakest), 0.02);
    ck_assert(f.total > f.null_total.high && f.weakest <= f.null_weakest.high);
    information_destroy(&f);
  }
}
END_TEST

START_TEST(information_without_bound_is_refused) {
  enum { SAMPLES = 100 };
  double rows[SAMPLES * 3];
  struct information_options o = INFORMATION_OPTIONS_INIT;
  struct information f;
  for (size_t t = 0; t < SAMPLES; t++) {
    rows[3 * t] = draw_normal(1, t);
    rows[3 * t + 1] = draw_normal(2, t);
    rows[3 * t + 2] = rows[3 * t] - 2 * rows[3 * t + 1];
  }
  ck_assert(!information_measure(rows, SAMPLES, 3, &o, &f, &fault));
  ck_assert_fault(&fault, "neuron 2 is a linear function of the others");
  o.noise = 0.01;
  ck_assert_good(information_measure(rows, SAMPLES, 3, &o, &f, &fault), &fault);
  information_destroy(&f);
  for (size_t t = 0; t < SAMPLES; t++) rows[3 * t + 1] = 0.7;
  ck_assert(!information_measure(rows, SAMPLES, 3, &o, &f, &fault));
  ck_assert_fault(&fault, "neuron 1 does not vary");
  ck_assert(!information_measure(rows, 4, 3, &o, &f, &fault));
  ck_assert_fault(&fault, "too few");
  ck_assert(!information_measure(rows, SAMPLES, 1, &o, &f, &fault) && fault.code == FAULT_UNSUPPORTED);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("measures of dynamics");
  TCase *tc = tcase_create("all");
  tcase_set_timeout(tc, 120);
  tcase_add_test(tc, memory_of_a_delay_line_is_its_length);
  tcase_add_test(tc, memory_of_a_leaky_neuron_falls_geometrically);
  tcase_add_test(tc, memory_is_never_more_than_neurons);
  tcase_add_test(tc, memory_refuses_too_few_steps_and_states_that_stand_still);
  tcase_add_test(tc, gradient_of_a_scaled_rotation_is_a_power);
  tcase_add_test(tc, gradient_that_dies_is_told);
  tcase_add_test(tc, a_clamped_gradient_stays_where_it_is_bounded);
  tcase_add_test(tc, gradient_is_that_of_finite_differences);
  tcase_add_test(tc, blocks_are_read_and_refused);
  tcase_add_test(tc, cuts_take_away_what_they_name);
  tcase_add_test(tc, effect_of_a_cut_by_hand);
  tcase_add_test(tc, digamma_by_known_values);
  tcase_add_test(tc, information_of_two_gaussians_by_hand);
  tcase_add_test(tc, total_correlation_of_equal_correlations_by_hand);
  tcase_add_test(tc, weakest_partition_is_the_boundary_of_blocks);
  tcase_add_test(tc, search_finds_what_trying_all_finds);
  tcase_add_test(tc, bias_is_removed);
  tcase_add_test(tc, independent_neurons_are_within_the_null);
  tcase_add_test(tc, two_blocks_are_found_in_samples);
  tcase_add_test(tc, information_without_bound_is_refused);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}
