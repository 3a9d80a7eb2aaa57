/* csr_test.c: sparse matrices from dense ones, pruned, drawn and written back; patterns that are none;
 * spectral radii of matrices whose eigenvalues are known, and of drawn ones by squaring dense matrices. */
#include "test.h"

#include <math.h>
#include <stdint.h>

#include <atrous/csr.h>

#include "base/alloc.h"
#include "tensor/csr.h"

static const float dense[12] = { 0, -2, 0, 0.5f, 0, 0, 0, 0, 1, 0.25f, 3, -1 }; /* [3][4] */

START_TEST(what_is_above_a_threshold_is_taken_in_order) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *csr;
  must(atr_csr_from_dense(dense, 3, 4, 0.5f, &error, &csr));
  const int32_t start[] = { 0, 1, 1, 4 }, column[] = { 1, 0, 2, 3 };
  const float value[] = { -2, 1, 3, -1 };
  ck_assert_mem_eq(csr->row_start, start, sizeof start);
  ck_assert_mem_eq(csr->column, column, sizeof column);
  ck_assert_mem_eq(csr->value, value, sizeof value);
  must(atr_csr_check(csr, &error));
  atr_csr_destroy(csr);
  must(atr_csr_from_dense(dense, 3, 4, 0, &error, &csr));
  float back[12];
  atr_csr_to_dense(csr, back);
  ck_assert_mem_eq(back, dense, sizeof back);
  atr_csr_destroy(csr);
  must_fail(atr_csr_from_dense(dense, 3, 4, -1, &error, &csr), ATR_E_PARAM, "threshold is -1");
  must_fail(atr_csr_from_dense(dense, 0, 4, 0, &error, &csr), ATR_E_PARAM, "0 rows and 4 columns");
  must_fail(atr_csr_from_dense(dense, 1 << 20, 1 << 20, 0, &error, &csr), ATR_E_LIMIT, "2^31 elements");
}
END_TEST

START_TEST(pruning_keeps_the_largest_and_of_equal_ones_the_first) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *csr;
  must(atr_csr_prune(dense, 3, 4, 0.25, &error, &csr)); /* 3 of 12: 3, -2 and the first of 1 and -1 */
  const int32_t start[] = { 0, 1, 1, 3 }, column[] = { 1, 0, 2 };
  ck_assert_mem_eq(csr->row_start, start, sizeof start);
  ck_assert_mem_eq(csr->column, column, sizeof column);
  ck_assert_float_eq(csr->value[1], 1);
  atr_csr_destroy(csr);
  must(atr_csr_prune(dense, 3, 4, 0, &error, &csr));
  ck_assert_int_eq(csr->row_start[3], 0);
  atr_csr_destroy(csr);
  must(atr_csr_prune(dense, 3, 4, 1, &error, &csr)); /* zeros too */
  ck_assert_int_eq(csr->row_start[3], 12);
  atr_csr_destroy(csr);
  must_fail(atr_csr_prune(dense, 3, 4, 1.5, &error, &csr), ATR_E_PARAM, "density is 1.5");
  const float bad[2] = { 1, NAN };
  must_fail(atr_csr_prune(bad, 1, 2, 0.5, &error, &csr), ATR_E_PARAM, "element [0][1] is NaN");
}
END_TEST

START_TEST(what_is_no_pattern_is_refused) {
  atr_error error = ATR_ERROR_INIT;
  int32_t start[4] = { 0, 2, 2, 3 }, column[3] = { 0, 2, 1 };
  float value[3] = { 1, 2, 3 };
  atr_csr csr = { 3, 3, start, column, value };
  must(atr_csr_check(&csr, &error));
  column[1] = 3;
  must_fail(atr_csr_check(&csr, &error), ATR_E_PARAM, "row 0 has the column 3, must be 0 to 2");
  column[1] = -1;
  must_fail(atr_csr_check(&csr, &error), ATR_E_PARAM, "row 0 has the column -1");
  column[1] = 0;
  must_fail(atr_csr_check(&csr, &error), ATR_E_PARAM, "row 0 has the column 0 after 0; columns must ascend");
  column[1] = 2;
  start[2] = 1;
  must_fail(atr_csr_check(&csr, &error), ATR_E_PARAM, "row_start[2] is 1 after 2, of 3 entries");
  start[2] = 4;
  must_fail(atr_csr_check(&csr, &error), ATR_E_PARAM, "row_start[2] is 4 after 2, of 3 entries");
  start[2] = 2, start[0] = 1;
  must_fail(atr_csr_check(&csr, &error), ATR_E_PARAM, "row_start goes from 1 to 3");
  start[0] = 0, start[3] = -1;
  must_fail(atr_csr_check(&csr, &error), ATR_E_PARAM, "row_start[1] is 2 after 0, of -1 entries");
  start[3] = 3, csr.value = NULL;
  must_fail(atr_csr_check(&csr, &error), ATR_E_PARAM, "3 entries without columns or values");
  must_fail(atr_csr_check(NULL, &error), ATR_E_PARAM, "no matrix");
}
END_TEST

START_TEST(a_transposed_pattern_finds_every_entry) {
  /* (0 a 0 b; 0 0 0 0; c d 0 0): columns: c | a d | | b. */
  const int32_t start[] = { 0, 2, 2, 4 }, column[] = { 1, 3, 0, 1 };
  int32_t back[5], row[4], entry[4];
  atr__csr_transpose(3, 4, start, column, back, row, entry);
  const int32_t want_back[] = { 0, 1, 3, 3, 4 }, want_row[] = { 2, 0, 2, 0 }, want_entry[] = { 2, 0, 3, 1 };
  ck_assert_mem_eq(back, want_back, sizeof back);
  ck_assert_mem_eq(row, want_row, sizeof row);
  ck_assert_mem_eq(entry, want_entry, sizeof entry);
}
END_TEST

static double radius_of(const float *matrix, int64_t n) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *csr;
  double radius;
  must(atr_csr_from_dense(matrix, n, n, 0, &error, &csr));
  must(atr_csr_radius(csr, &error, &radius));
  atr_csr_destroy(csr);
  return radius;
}

START_TEST(radii_of_known_matrices_are_found) {
  const float c = cosf(0.7f), s = sinf(0.7f), slow = 1e-3f;
  static const struct {
    int64_t n;
    float m[16];
    double radius;
  } fixed[] = {
    { 1, { -3 }, 3 },
    { 2, { 0, 4, 1, 0 }, 2 },                                      /* ±2: no power iteration settles */
    { 2, { 0, -4, 1, 0 }, 2 },                                     /* ±2i, from an ellipse */
    { 2, { 3, 1, 0, -3 }, 3 },                                     /* 3 and -3 */
    { 3, { 0, 1, 0, 0, 0, 1, 8, 0, 0 }, 2 },                       /* the three roots of 8 */
    { 3, { 2, 0, 0, 0, 0, -1, 0, 1, 0 }, 2 },                      /* a real one above a rotation */
    { 3, { 1, 0, 0, 0, 0, -2, 0, 2, 0 }, 2 },                      /* and below one */
    { 4, { 1, 2, 3, 4, 0, 5, 6, 7, 0, 0, -9, 8, 0, 0, 0, 2 }, 9 }, /* triangular */
    { 2, { 1e-30f, 0, 0, 2e-30f }, 2e-30 },
    { 2, { 1e30f, 1e30f, 0, 2e30f }, 2e30 },
    { 3, { 0, 1, 1, 0, 0, 1, 0, 0, 0 }, 0 }, /* nobody is heard by himself */
    { 2, { 1, 1, -1, -1 }, 0 },              /* cycles that cancel: its square is 0 */
  };
  for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++) {
    const double found = radius_of(fixed[k].m, fixed[k].n);
    ck_assert_msg(fabs(found - fixed[k].radius) <= 1e-6 * fixed[k].radius, "%zu: %.9g, must be %.9g", k,
                  found, fixed[k].radius);
  }
  const float rotation[4] = { 0.9f * c, -0.9f * s, 0.9f * s, 0.9f * c },
              slowly[4] = { 1, -25 * slow, slow / 25, 1 }, /* √(1 + slow²), turning once in 6000 products */
      jordan[4] = { 2, 1, 0, 2 };                          /* one eigenvector for two eigenvalues */
  ck_assert_double_eq_tol(radius_of(rotation, 2), 0.9, 1e-6);
  ck_assert_double_eq_tol(radius_of(slowly, 2), 1, 1e-4);
  ck_assert_double_eq_tol(radius_of(jordan, 2), 2, 1e-4);
}
END_TEST

/* ρ = lim |A^(2^k)|^(1/2^k): squared and scaled, in double. */
static double by_squaring(const atr_csr *csr, int times) {
  const int64_t n = csr->rows;
  double *a = calloc((size_t)(n * n), sizeof *a), *b = calloc((size_t)(n * n), sizeof *b), log_size = 0;
  ck_assert(a && b);
  for (int64_t i = 0; i < n; i++)
    for (int32_t e = csr->row_start[i]; e < csr->row_start[i + 1]; e++)
      a[i * n + csr->column[e]] = csr->value[e];
  for (int t = 0; t <= times; t++) {
    double size = 0;
    for (int64_t i = 0; i < n * n; i++) size += a[i] * a[i];
    size = sqrt(size);
    if (!(size > 0)) {
      log_size = -INFINITY;
      break;
    }
    log_size += log(size) / ldexp(1, t);
    if (t == times) break;
    memset(b, 0, (size_t)(n * n) * sizeof *b);
    for (int64_t i = 0; i < n; i++)
      for (int64_t k = 0; k < n; k++) {
        const double share = a[i * n + k] / size;
        for (int64_t j = 0; share != 0 && j < n; j++) b[i * n + j] += share * a[k * n + j] / size;
      }
    double *swap = a;
    a = b, b = swap;
  }
  free(a);
  free(b);
  return exp(log_size);
}

START_TEST(drawn_matrices_have_their_density_and_radius) {
  static const struct {
    int64_t n;
    double density, radius;
  } asked[] = { { 1, 1, 0.5 },  { 2, 1, 2 },        { 7, 0.4, 1 },     { 64, 0.1, 0.95 },
                { 97, 1, 1.2 }, { 200, 0.05, 0.9 }, { 150, 0.01, 0.8 } };
  for (size_t k = 0; k < sizeof asked / sizeof *asked; k++) {
    atr_error error = ATR_ERROR_INIT;
    atr_csr *csr;
    double radius;
    const int64_t n = asked[k].n;
    must(atr_csr_random(n, asked[k].density, asked[k].radius, 40 + k, &error, &csr));
    must(atr_csr_check(csr, &error));
    ck_assert_int_eq(csr->row_start[n], llround(asked[k].density * (double)(n * n)));
    must(atr_csr_radius(csr, &error, &radius));
    ck_assert_double_eq_tol(radius, asked[k].radius, 1e-5);
    const double other = by_squaring(csr, 22);
    ck_assert_msg(fabs(other / asked[k].radius - 1) < 1e-5, "%lld neurons: %.9g, by squaring %.9g",
                  (long long)n, asked[k].radius, other);
    atr_csr_destroy(csr);
  }
}
END_TEST

START_TEST(a_seed_gives_one_matrix_with_its_entries_all_over) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *a, *b, *c;
  must(atr_csr_random(100, 0.1, 1, 7, &error, &a));
  must(atr_csr_random(100, 0.1, 1, 7, &error, &b));
  must(atr_csr_random(100, 0.1, 1, 8, &error, &c));
  ck_assert_mem_eq(a->column, b->column, 1000 * sizeof *a->column);
  ck_assert_mem_eq(a->value, b->value, 1000 * sizeof *a->value);
  ck_assert_mem_ne(a->column, c->column, 1000 * sizeof *a->column);
  /* Halves of columns and rows, and positive values: 500 of 1000 each, ±4.5 standard deviations of 15.8. */
  int left = 0, positive = 0;
  for (int e = 0; e < 1000; e++) left += a->column[e]<50, positive += a->value[e]> 0;
  ck_assert_int_le(abs(left - 500), 71);
  ck_assert_int_le(abs(positive - 500), 71);
  ck_assert_int_le(abs(a->row_start[50] - 500), 71);
  atr_csr_destroy(a);
  atr_csr_destroy(b);
  atr_csr_destroy(c);
}
END_TEST

START_TEST(what_cannot_be_drawn_is_refused) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *csr;
  double radius;
  must_fail(atr_csr_random(5, 0, 1, 1, &error, &csr), ATR_E_PARAM, "0 entries of 5 rows, has no cycle");
  must_fail(atr_csr_random(5, -0.1, 1, 1, &error, &csr), ATR_E_PARAM, "density is -0.1");
  must_fail(atr_csr_random(5, NAN, 1, 1, &error, &csr), ATR_E_PARAM, "density is");
  must_fail(atr_csr_random(5, 1, 0, 1, &error, &csr), ATR_E_PARAM, "radius is 0, must be above 0");
  must_fail(atr_csr_random(0, 1, 1, 1, &error, &csr), ATR_E_PARAM, "0 rows");
  ck_assert_ptr_null(csr);
  must(atr_csr_from_dense(dense, 3, 4, 0, &error, &csr));
  must_fail(atr_csr_radius(csr, &error, &radius), ATR_E_PARAM, "3 rows and 4 columns, must be square");
  atr_csr_destroy(csr);
  const float bad[1] = { INFINITY };
  must(atr_csr_from_dense(bad, 1, 1, 0, &error, &csr));
  must_fail(atr_csr_radius(csr, &error, &radius), ATR_E_PARAM, "value[0] is not finite");
  atr_csr_destroy(csr);
}
END_TEST

START_TEST(nothing_is_lost_where_memory_runs_out) {
  for (int64_t fail = 0; fail < 4; fail++) {
    const int64_t before = atr__alloc_live();
    atr_csr *csr;
    atr__alloc_fail(fail, 0);
    atr_status status = atr_csr_random(5, 1, 1, 1, NULL, &csr);
    atr__alloc_fail(-1, 0);
    ck_assert_int_eq(status, fail < 3 ? ATR_E_NOMEM : ATR_OK);
    atr_csr_destroy(csr);
    atr__alloc_fail(fail, 0);
    status = atr_csr_prune(dense, 3, 4, 0.5, NULL, &csr);
    atr__alloc_fail(-1, 0);
    ck_assert_int_eq(status, fail < 3 ? ATR_E_NOMEM : ATR_OK);
    atr_csr_destroy(csr);
    ck_assert_int_eq(atr__alloc_live(), before);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = { what_is_above_a_threshold_is_taken_in_order,
                                 pruning_keeps_the_largest_and_of_equal_ones_the_first,
                                 what_is_no_pattern_is_refused,
                                 a_transposed_pattern_finds_every_entry,
                                 radii_of_known_matrices_are_found,
                                 drawn_matrices_have_their_density_and_radius,
                                 a_seed_gives_one_matrix_with_its_entries_all_over,
                                 what_cannot_be_drawn_is_refused,
                                 nothing_is_lost_where_memory_runs_out };
  return test_run(test_suite("csr", tests, sizeof tests / sizeof *tests, 60));
}
