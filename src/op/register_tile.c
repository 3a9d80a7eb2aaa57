/* register_tile.c: the tile for each set of instructions, and which one this processor has; see
 * register_tile.h. The functions are in register_tile_body.h, written once. */
#include "config.h"

#include "op/register_tile.h"

#include <math.h>
#include <string.h>

#include "base/checked.h"
#include "op/lanes.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

#define TILE_JOIN2(name, set) name##_##set
#define TILE_JOIN(name, set) TILE_JOIN2(name, set)
#define TILE_NAME(name) TILE_JOIN(name, TILE_SET)

/* Every second number of a and of what lies behind it, of which b is the last vector but one number. */
#ifdef __clang__
#define TILE_PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define TILE_PICK(a, b, ...) __builtin_shuffle(a, b, (numbers){ __VA_ARGS__ })
#endif
#define TILE_SECOND_16(a, b) TILE_PICK(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31)
#define TILE_SECOND_8(a, b) TILE_PICK(a, b, 0, 2, 4, 6, 9, 11, 13, 15)
#define TILE_SECOND_4(a, b) TILE_PICK(a, b, 0, 2, 5, 7)
#define TILE_SECOND(lanes) TILE_JOIN(TILE_SECOND, lanes)

#if defined(__x86_64__)
#define TILE_SET avx512
#define TILE_TARGET __attribute__((target("avx512f")))
#define TILE_LANES 16
#define TILE_VECTORS 3
#define TILE_ROWS 8
#include "op/register_tile_body.h"

#define TILE_SET avx2
#define TILE_TARGET __attribute__((target("avx2")))
#define TILE_LANES 8
#define TILE_VECTORS 2
#define TILE_ROWS 4
#include "op/register_tile_body.h"
#endif

#define TILE_SET plain
#define TILE_TARGET
#define TILE_LANES 4
#define TILE_VECTORS 2
#define TILE_ROWS 4
#include "op/register_tile_body.h"

const atr__tile *atr__tile_at(int i) {
  const atr__tile *list[3];
  int n = 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) list[n++] = &tile_avx512;
  if (__builtin_cpu_supports("avx2")) list[n++] = &tile_avx2;
#endif
  list[n++] = &tile_plain;
  return i < n ? list[i] : NULL;
}

const atr__tile *atr__tile_best(void) {
  return atr__tile_at(0);
}
