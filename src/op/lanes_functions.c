/* lanes_functions.c: see lanes_functions.h.
 *
 * exp by x = n·ln 2 + r, |r| ≤ ln 2/2, and its series to r⁷/7!, below 2 units in the last place; sigmoid =
 * 1/(1 + exp(-x)), tanh = 1 - 2/(exp(2x) + 1), and below 0.35 its series to x¹¹: below 1.2e-7 in absolute
 * terms and 4 units in the last place of tanh. tests/stream holds them to that. */
#include "config.h"

#include "op/lanes_functions.h"

#include <string.h>

#include "op/lanes.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

typedef float any_lanes __attribute__((vector_size(32), aligned(4), may_alias));

#define SAME(value) ((atr__lanes){ 0 } + (value))

static inline __attribute__((always_inline)) void exp_lanes(atr__lanes *value) {
  atr__lanes x = *value;
  const atr__lanes low = SAME(-87.0f), high = SAME(88.0f);
  const atr__lanes_int below = x<low, above = x> high;
  x = (atr__lanes)(((atr__lanes_int)low & below) | ((atr__lanes_int)x & ~below));
  x = (atr__lanes)(((atr__lanes_int)high & above) | ((atr__lanes_int)x & ~above));
  const float magic = 12582912.0f; /* 1.5·2²³: adding it rounds to a whole number in the last bits */
  const atr__lanes whole = x * 1.44269504f + magic;
  const atr__lanes_int power = (atr__lanes_int)whole - (atr__lanes_int)SAME(magic);
  const atr__lanes n = whole - magic;
  const atr__lanes r = x - n * 0.693359375f + n * 2.12194440e-4f; /* ln 2 in two parts, the first exact */
  atr__lanes sum = r * (1.0f / 5040) + 1.0f / 720;
  sum = sum * r + 1.0f / 120;
  sum = sum * r + 1.0f / 24;
  sum = sum * r + 1.0f / 6;
  sum = sum * r + 0.5f;
  sum = sum * r * r + r + 1.0f;
  *value = (atr__lanes)((atr__lanes_int)sum + (power << 23));
}

/* What is no number stays what it is. */
static inline __attribute__((always_inline)) void keep_nan(const atr__lanes *x, atr__lanes *y) {
  const atr__lanes_int none = *x != *x;
  *y = (atr__lanes)(((atr__lanes_int)*x & none) | ((atr__lanes_int)*y & ~none));
}

static inline __attribute__((always_inline)) void sigmoid_lanes(atr__lanes *value) {
  const atr__lanes x = *value;
  atr__lanes e = -x;
  exp_lanes(&e);
  *value = 1.0f / (1.0f + e);
  keep_nan(&x, value);
}

static inline __attribute__((always_inline)) void tanh_lanes(atr__lanes *value) {
  const atr__lanes v = *value, square = v * v;
  atr__lanes e = v + v;
  exp_lanes(&e);
  const atr__lanes far = 1.0f - 2.0f / (e + 1.0f);
  atr__lanes near = square * (-1382.0f / 155925) + 62.0f / 2835;
  near = near * square - 17.0f / 315;
  near = near * square + 2.0f / 15;
  near = near * square - 1.0f / 3;
  near = near * square * v + v;
  const atr__lanes_int small = square < SAME(0.35f * 0.35f);
  *value = (atr__lanes)(((atr__lanes_int)near & small) | ((atr__lanes_int)far & ~small));
  keep_nan(&v, value);
}

/* The rest of a row goes through a vector of its own, so that every number has the same bits anywhere. */
#define FUNCTION(name)                                                                                       \
  ATR__CLONES                                                                                                \
  void atr__lanes_##name(int64_t n, const float *x, float *y) {                                              \
    int64_t i = 0;                                                                                           \
    for (; i + ATR__LANES <= n; i += ATR__LANES) {                                                           \
      atr__lanes v = *(const any_lanes *)(x + i);                                                            \
      name##_lanes(&v);                                                                                      \
      *(any_lanes *)(y + i) = v;                                                                             \
    }                                                                                                        \
    if (i == n) return;                                                                                      \
    atr__lanes v = { 0 };                                                                                    \
    memcpy(&v, x + i, (size_t)(n - i) * sizeof *x);                                                          \
    name##_lanes(&v);                                                                                        \
    memcpy(y + i, &v, (size_t)(n - i) * sizeof *y);                                                          \
  }

FUNCTION(sigmoid)
FUNCTION(tanh)
