/* lanes.h: eight floats at once, in the compilers' own vector notation, for what the host computes by rows.
 * Functions marked ATR__CLONES are compiled for several instruction sets, of which the loader takes the best;
 * the order of operations, and so every bit, is the same in all (products and sums are rounded apart
 * everywhere). */
#ifndef ATR_OP_LANES_H
#define ATR_OP_LANES_H

#include <stdint.h>

enum { ATR__LANES = 8 };

typedef float atr__lanes __attribute__((vector_size(32)));
typedef int32_t atr__lanes_int __attribute__((vector_size(32)));
typedef uint32_t atr__lanes_uint __attribute__((vector_size(32)));
/* The same anywhere in memory. */
typedef float atr__lanes_any __attribute__((vector_size(32), aligned(4), may_alias));

/* Vectors of 256 bits: those of 512 would be a fifth faster with AVX-512, and ten times slower with AVX2, for
 * which the compiler takes them apart in memory. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__gnu_linux__)
#define ATR__CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define ATR__CLONES
#endif

/* a, a vector, where the mask that comparing vectors gives says so, else b. */
#define ATR__EITHER(mask, a, b)                                                                              \
  ((__typeof__(a))(((__typeof__(mask))(a) & (mask)) | ((__typeof__(mask))(b) & ~(mask))))

/* The loop that follows, of at most eight turns, is written out: what it sums stays in registers. */
#ifdef __clang__
#define ATR__UNROLL _Pragma("unroll")
#else
#define ATR__UNROLL _Pragma("GCC unroll 8")
#endif

/* n rounded up to whole vectors. */
static inline int64_t atr__lanes_up(int64_t n) {
  return (n + ATR__LANES - 1) / ATR__LANES * ATR__LANES;
}

#endif
