/* sums_host.h: sums in double along rows of reals, by which normalizations of both builds take their
 * statistics: lane l of 16 takes elements l, l + 16, …, then lanes are joined in pairs, 0 and 8 first. */
#ifndef ATR_OP_SUMS_HOST_H
#define ATR_OP_SUMS_HOST_H

#include "op/host.h"

enum { ATR__SUM_PARTS = 4, ATR__SUM_LANES = 16 };
typedef double atr__sum_part __attribute__((vector_size(32), aligned(8), may_alias));
typedef atr_real atr__sum_reals
    __attribute__((vector_size(4 * sizeof(atr_real)), aligned(sizeof(atr_real)), may_alias));

static inline __attribute__((always_inline)) double atr__sum_joined(double *lane) {
  for (int half = ATR__SUM_LANES / 2; half; half /= 2)
    for (int l = 0; l < half; l++) lane[l] += lane[l + half];
  return lane[0];
}

ATR__CLONES
static double sum_of(int64_t n, const atr_real *x) {
  double lane[ATR__SUM_LANES];
  atr__sum_part sum[ATR__SUM_PARTS] = { { 0 } };
  int64_t i = 0;
  for (; i + ATR__SUM_LANES <= n; i += ATR__SUM_LANES) ATR__UNROLL
  for (int k = 0; k < ATR__SUM_PARTS; k++)
    sum[k] += __builtin_convertvector(*(const atr__sum_reals *)(x + i + 4 * k), atr__sum_part);
  memcpy(lane, sum, sizeof lane);
  for (int l = 0; i < n; i++, l++) lane[l] += (double)x[i];
  return atr__sum_joined(lane);
}

/* Of (x - centre)². */
ATR__CLONES
static double squares_of(int64_t n, const atr_real *x, double centre) {
  double lane[ATR__SUM_LANES];
  atr__sum_part sum[ATR__SUM_PARTS] = { { 0 } };
  int64_t i = 0;
  for (; i + ATR__SUM_LANES <= n; i += ATR__SUM_LANES) ATR__UNROLL
  for (int k = 0; k < ATR__SUM_PARTS; k++) {
    const atr__sum_part d =
        __builtin_convertvector(*(const atr__sum_reals *)(x + i + 4 * k), atr__sum_part) - centre;
    sum[k] += d * d;
  }
  memcpy(lane, sum, sizeof lane);
  for (int l = 0; i < n; i++, l++) lane[l] += ((double)x[i] - centre) * ((double)x[i] - centre);
  return atr__sum_joined(lane);
}

#endif
