/* weakest.c: the weakest bipartition: all of them, or a search; see gaussian.h.
 *
 * A search looks at many partitions by few factorizations: the factor of the neurons in some order holds the
 * determinants of all its beginnings (a cut at every place costs two factors), and the inverse of a part's
 * matrix tells the part's determinant without each of its neurons, or with one more:
 *   det S(A without i) = det S(A) · (S(A)⁻¹)_ii,   det S(B with i) = det S(B) · (1 - s_iB S(B)⁻¹ s_Bi). */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dynamics/factor.h"
#include "dynamics/gaussian.h"
#include "dynamics/linear.h"

enum {
  VECTORS = 4, /* the constant one is among them, and does no harm */
  UPHILL = 16,
  UPHILL_MOST = 64 /* neurons; beyond, a search may not go uphill, which would take long */
};

struct search {
  const double *c; /* correlations [n][n] */
  size_t n, least;
  double whole;              /* ln det of all */
  double *bias;              /* [n + 1] */
  double *room, *inverse[2]; /* [n][n] each */
  size_t *index[2];          /* [n] each */
  double *ends;              /* [2][n + 1] */
  double *vectors, *values;  /* [n][n], [n] */
  unsigned char *side;       /* [n] of the trial */
  unsigned char *moved;      /* [n] in this pass */
  struct fault *fault;
};

static double across(const struct search *s, double first, double second, size_t m) {
  return (first + second - s->whole) / 2 - s->bias[m] - s->bias[s->n - m] + s->bias[s->n];
}

static void split(const unsigned char *side, size_t n, size_t *index[2], size_t m[2]) {
  m[0] = m[1] = 0;
  for (size_t i = 0; i < n; i++) index[side[i]][m[side[i]]++] = i;
}

static void keep(const struct search *s, double value, const unsigned char *side, double *best,
                 unsigned char *best_side) {
  if (value >= *best) return;
  *best = value;
  memcpy(best_side, side, s->n);
}

static bool try_all(struct search *s, double *best, unsigned char *best_side) {
  size_t m[2];
  for (unsigned long mask = 1; mask < 1ul << (s->n - 1); mask++) {
    double part[2];
    for (size_t i = 0; i < s->n; i++) s->side[i] = mask >> i & 1;
    split(s->side, s->n, s->index, m);
    if (m[0] < s->least || m[1] < s->least) continue;
    for (int p = 0; p < 2; p++)
      if (!gaussian_log_det(s->c, s->n, s->index[p], m[p], s->room, &part[p], s->fault)) return false;
    keep(s, across(s, part[0], part[1], m[0]), s->side, best, best_side);
  }
  return true;
}

/* Determinants of the first 1, 2 … n neurons of an order. */
static bool beginnings(struct search *s, const size_t *order, double *ends) {
  double unused;
  if (!gaussian_log_det(s->c, s->n, order, s->n, s->room, &unused, s->fault)) return false;
  ends[0] = 0;
  for (size_t i = 0; i < s->n; i++) ends[i + 1] = ends[i] + 2 * log(s->room[i * s->n + i]);
  return true;
}

/* The best cut of the neurons in the order of `place`. */
static bool cut_along(struct search *s, const double *place, double *best, unsigned char *best_side) {
  size_t *order = s->index[0], *back = s->index[1];
  double *from_front = s->ends, *from_back = s->ends + s->n + 1;
  for (size_t i = 0; i < s->n; i++) {
    size_t k = i;
    for (; k > 0 && place[order[k - 1]] > place[i]; k--) order[k] = order[k - 1];
    order[k] = i;
  }
  for (size_t i = 0; i < s->n; i++) back[i] = order[s->n - 1 - i];
  if (!beginnings(s, order, from_front) || !beginnings(s, back, from_back)) return false;
  memset(s->side, 0, s->n);
  for (size_t m = 1; m < s->n; m++) {
    s->side[order[m - 1]] = 1;
    if (m >= s->least && s->n - m >= s->least)
      keep(s, across(s, from_front[m], from_back[s->n - m], m), s->side, best, best_side);
  }
  return true;
}

static bool cut_one(struct search *s, double *best, unsigned char *best_side) {
  double unused;
  for (size_t i = 0; i < s->n; i++) s->index[0][i] = i;
  if (!gaussian_log_det(s->c, s->n, s->index[0], s->n, s->room, &unused, s->fault)) return false;
  factor_inverse(s->n, s->room);
  for (size_t i = 0; i < s->n; i++) {
    memset(s->side, 0, s->n);
    s->side[i] = 1;
    keep(s, across(s, 0, s->whole + log(s->room[i * s->n + i]), 1), s->side, best, best_side);
  }
  return true;
}

/* The quadratic form s_iB S(B)⁻¹ s_Bi. */
static double explained(const struct search *s, size_t i, const size_t *index, size_t m,
                        const double *inverse) {
  double sum = 0, *with = s->ends; /* of at least m */
  for (size_t k = 0; k < m; k++) with[k] = s->c[i * s->n + index[k]];
  for (size_t j = 0; j < m; j++) {
    double row = inverse[j * m + j] * with[j] / 2;
    for (size_t k = 0; k < j; k++) row += inverse[j * m + k] * with[k];
    sum += 2 * with[j] * row;
  }
  return sum;
}

/* The neuron that may change sides at the least information, s->n where none may; the value in *least. */
static bool best_move(struct search *s, const unsigned char *side, size_t *mover, double *least) {
  size_t m[2];
  double part[2];
  *mover = s->n;
  *least = INFINITY;
  split(side, s->n, s->index, m);
  for (int p = 0; p < 2; p++) {
    if (!gaussian_log_det(s->c, s->n, s->index[p], m[p], s->inverse[p], &part[p], s->fault)) return false;
    factor_inverse(m[p], s->inverse[p]);
  }
  for (int p = 0; p < 2; p++)
    for (size_t k = 0; m[p] > s->least && k < m[p]; k++) {
      const size_t i = s->index[p][k];
      if (s->moved[i]) continue;
      const double left = part[p] + log(s->inverse[p][k * m[p] + k]),
                   joined = part[!p] + log(1 - explained(s, i, s->index[!p], m[!p], s->inverse[!p])),
                   value = across(s, left, joined, m[p] - 1);
      if (value < *least) *least = value, *mover = i;
    }
  return true;
}

/* Passes in which each neuron changes sides at most once, always the one that leaves the least information,
 * also where that is more than before, UPHILL times on end at most; the best partition on the way is kept
 * (Fiduccia, Mattheyses 1982). Ends with the first pass that finds nothing better. */
static bool descend(struct search *s, double *best, unsigned char *side) {
  const size_t uphill = s->n <= UPHILL_MOST ? UPHILL : 0;
  for (bool better = true; better;) {
    unsigned char *now = s->side;
    better = false;
    memcpy(now, side, s->n);
    memset(s->moved, 0, s->n);
    for (size_t worse = 0; worse <= uphill;) {
      size_t mover;
      double value;
      if (!best_move(s, now, &mover, &value)) return false;
      if (mover == s->n) break;
      now[mover] = !now[mover];
      s->moved[mover] = 1;
      worse++;
      if (value >= *best - 1e-12 * (1 + fabs(*best))) continue;
      *best = value;
      memcpy(side, now, s->n);
      better = true;
      worse = 0;
    }
  }
  return true;
}

/* Rows of s->vectors: eigenvectors of the graph's Laplacian, that of the largest eigenvalue first. */
static bool spectral(struct search *s) {
  const size_t n = s->n;
  memset(s->vectors, 0, n * n * sizeof *s->vectors);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < n; k++) {
      if (i == k) continue;
      const double r = s->c[i * n + k], weight = -0.5 * log(fmax(1 - r * r, 1e-13));
      s->vectors[i * n + k] = -weight;
      s->vectors[i * n + i] += weight;
    }
  return linear_symmetric(n, s->vectors, s->values, s->fault);
}

static bool seek(struct search *s, double *best, unsigned char *best_side) {
  unsigned char *start = s->moved + s->n;
  if (!spectral(s)) return false;
  for (size_t v = 0; v < VECTORS && v < s->n; v++) {
    double value = INFINITY;
    if (!cut_along(s, s->vectors + (s->n - 1 - v) * s->n, &value, start) || !descend(s, &value, start))
      return false;
    keep(s, value, start, best, best_side);
  }
  if (s->least > 1) return true;
  double value = INFINITY;
  if (!cut_one(s, &value, start) || !descend(s, &value, start)) return false;
  keep(s, value, start, best, best_side);
  return true;
}

bool gaussian_weakest(const double *correlation, size_t n, size_t samples, size_t least, unsigned char *side,
                      double *across_best, bool *exhaustive, struct fault *fault) {
  if (!least) least = 1;
  if (n < 2 * least)
    return fault_set(fault, FAULT_PARAM, "%zu neurons cannot be parted so that each part has %zu", n, least);
  const size_t numbers = n + 1 + 4 * n * n + 2 * (n + 1) + n;
  double *memory = malloc(numbers * sizeof *memory);
  size_t *indices = malloc(2 * n * sizeof *indices);
  unsigned char *sides = malloc(3 * n);
  bool ok = memory && indices && sides;
  if (!ok) fault_nomem(fault, numbers * sizeof *memory);
  if (ok) {
    struct search s = { .c = correlation, .n = n, .least = least, .fault = fault };
    s.bias = memory;
    s.room = s.bias + n + 1;
    s.inverse[0] = s.room + n * n;
    s.inverse[1] = s.inverse[0] + n * n;
    s.vectors = s.inverse[1] + n * n;
    s.ends = s.vectors + n * n;
    s.values = s.ends + 2 * (n + 1);
    s.index[0] = indices;
    s.index[1] = indices + n;
    s.side = sides;
    s.moved = sides + n;
    for (size_t d = 0; d <= n; d++) s.bias[d] = gaussian_bias(d, samples);
    for (size_t i = 0; i < n; i++) indices[i] = i;
    *exhaustive = n <= GAUSSIAN_EXHAUSTIVE;
    *across_best = INFINITY;
    ok = gaussian_log_det(correlation, n, indices, n, s.room, &s.whole, fault) &&
         (*exhaustive ? try_all(&s, across_best, side) : seek(&s, across_best, side));
  }
  if (ok && side[n - 1])
    for (size_t i = 0; i < n; i++) side[i] = !side[i];
  free(memory);
  free(indices);
  free(sides);
  return ok;
}
