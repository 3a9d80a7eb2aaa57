/* checked.h: size arithmetic that cannot wrap. Each function returns non-zero where the result does not fit.
 */
#ifndef ATR_BASE_CHECKED_H
#define ATR_BASE_CHECKED_H

#include <stddef.h>
#include <stdint.h>

static inline int atr__add_size(size_t a, size_t b, size_t *sum) {
  return __builtin_add_overflow(a, b, sum);
}
static inline int atr__mul_size(size_t a, size_t b, size_t *product) {
  return __builtin_mul_overflow(a, b, product);
}
static inline int atr__add_i64(int64_t a, int64_t b, int64_t *sum) {
  return __builtin_add_overflow(a, b, sum);
}
static inline int atr__sub_i64(int64_t a, int64_t b, int64_t *difference) {
  return __builtin_sub_overflow(a, b, difference);
}
static inline int atr__mul_i64(int64_t a, int64_t b, int64_t *product) {
  return __builtin_mul_overflow(a, b, product);
}

/* floor(a / b) and ceil(a / b) for b > 0, right for negative a too. */
static inline int64_t atr__floor_div(int64_t a, int64_t b) {
  return a / b - (a % b < 0);
}
static inline int64_t atr__ceil_div(int64_t a, int64_t b) {
  return a / b + (a % b > 0);
}
static inline int64_t atr__min_i64(int64_t a, int64_t b) {
  return a < b ? a : b;
}
static inline int64_t atr__max_i64(int64_t a, int64_t b) {
  return a > b ? a : b;
}

#endif
