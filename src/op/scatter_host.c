/* scatter_host.c: how updates meet elements on the host; see scatter.h. */
#include "op/host.h"
#include "op/scatter.h"

#define MEET(type)                                                                                           \
  static void meet_##type(atr__scatter_kind kind, type *to, const type *from, int64_t n) {                   \
    for (int64_t i = 0; i < n; i++) {                                                                        \
      const type x = to[i], u = from[i];                                                                     \
      switch (kind) {                                                                                        \
      case ATR__SCATTER_ADD: to[i] = (type)(x + u); break;                                                   \
      case ATR__SCATTER_MUL: to[i] = (type)(1u * x * u); break;                                              \
      case ATR__SCATTER_MAX: to[i] = u > x || u != u ? u : x; break;                                         \
      case ATR__SCATTER_MIN: to[i] = u < x || u != u ? u : x; break;                                         \
      default: to[i] = u;                                                                                    \
      }                                                                                                      \
    }                                                                                                        \
  }
MEET(atr_real)
MEET(int8_t)
MEET(uint8_t)
MEET(int16_t)
MEET(uint16_t)
MEET(uint32_t)
MEET(uint64_t)
/* Sums and products wrap, as those of the unsigned type do. */
#define MOST(type, unsigned_type)                                                                            \
  static void most_##type(atr__scatter_kind kind, void *to, const void *from, int64_t n) {                   \
    type *const x = to;                                                                                      \
    const type *const u = from;                                                                              \
    if (kind != ATR__SCATTER_MAX && kind != ATR__SCATTER_MIN) {                                              \
      meet_##unsigned_type(kind, to, from, n);                                                               \
      return;                                                                                                \
    }                                                                                                        \
    for (int64_t i = 0; i < n; i++)                                                                          \
      if (kind == ATR__SCATTER_MAX ? u[i] > x[i] : u[i] < x[i]) x[i] = u[i];                                 \
  }
MOST(int32_t, uint32_t)
MOST(int64_t, uint64_t)

void ATR_HOST(scatter)(atr_type type, atr__scatter_kind kind, void *to, int64_t to_at, const void *from,
                       int64_t from_at, int64_t n) {
  const size_t word = atr__host_word(type);
  void *const x = (char *)to + (size_t)to_at * word;
  const void *const u = (const char *)from + (size_t)from_at * word;
  if (kind == ATR__SCATTER_NONE) {
    memcpy(x, u, (size_t)n * word);
    return;
  }
  switch (type) {
  case ATR_F32: meet_atr_real(kind, x, u, n); break;
  case ATR_I64: most_int64_t(kind, x, u, n); break;
  case ATR_I32: most_int32_t(kind, x, u, n); break;
  case ATR_I16: meet_int16_t(kind, x, u, n); break;
  case ATR_I8: meet_int8_t(kind, x, u, n); break;
  case ATR_U64: meet_uint64_t(kind, x, u, n); break;
  case ATR_U32: meet_uint32_t(kind, x, u, n); break;
  case ATR_U16: meet_uint16_t(kind, x, u, n); break;
  default: meet_uint8_t(kind, x, u, n);
  }
}
