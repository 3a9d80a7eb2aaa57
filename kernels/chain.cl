/* chain.cl: several elementwise functions in one pass over memory. The planner writes them (src/op/chain_cl.c): macros without
 * spaces, whose lists are calls of macros that this file defines where it needs them.
 * CHAIN_IN: inputs. CHAIN_W: the word behind inputs, output and the functions' own numbers. CHAIN_ALL, CHAIN_RUNS, CHAIN_ONCE:
 *   CHAIN_M(i) for each input, for those read one behind the other, for those that are one number (or one a channel) for a while.
 * CHAIN_DO: the functions, CHAIN_U(k, kind, x, w) and CHAIN_B(k, kind, x, y): value tk of inputs x0 … and earlier values;
 *   kinds are those of unary.clh, whose numbers are words w and w + 1, and of binary.clh. Each is a statement, across which
 *   nothing is contracted: the bits are those of the functions one by one. CHAIN_END: the last value. CHAIN_STORE(v, p, n):
 *   stores the first n of 16.
 * Words of all: inputs, y, numbers. From CHAIN_W on:
 * chain_fwd_baseline: count, walk (inputs). One item an element.
 * chain_fwd_rows: rows and walk (inputs). A work-group of one item takes runs of the innermost dimension.
 * chain_fwd_blocks: inputs of CHAIN_RUNS and y in channel blocks, others plain, one number or one a channel: vectors in all
 *   and of a work-group of one item, vectors of a block, blocks of channels, channels; of each other input its step a sample and
 *   whether it has channels. Lanes of no channel are kept at zero. */
#if !defined(CHAIN_IN) || !defined(CHAIN_DO)
#error "chain.cl needs CHAIN_IN, CHAIN_W, CHAIN_ALL, CHAIN_RUNS, CHAIN_ONCE, CHAIN_DO, CHAIN_END and CHAIN_STORE"
#endif
#include "binary.clh"
#include "unary.clh"

#define CHAIN_U(k, kind, x, w)                                                                                    \
  const CHAIN_T t##k = ATR_UNARY_##kind(CHAIN_T, x, (CHAIN_T)(ATR_FLOAT(w)), (CHAIN_T)(ATR_FLOAT((w) + 1)));
#define CHAIN_PAST(v, p, n) ATR_STREAM16(v, p)
#define CHAIN_B(k, kind, x, y) const CHAIN_T t##k = ATR_PASTE(CHAIN_OF, kind)(x, y);

ATR_ITEM_KERNEL(ATR_FN(chain_fwd_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM;
  if (item >= a[CHAIN_W]) return;
  int at[CHAIN_IN];
  ATR_WALK(CHAIN_W + 1, CHAIN_IN, item, at);
#define CHAIN_T float
#define CHAIN_OF ATR_BINARY_
#define CHAIN_M(i) const float x##i = ATR_PTR(2 * i)[at[i]];
  CHAIN_ALL
#undef CHAIN_M
  CHAIN_DO
  ATR_PTR(2 * CHAIN_IN)[item] = CHAIN_END;
#undef CHAIN_OF
#undef CHAIN_T
}

ATR_TILE_KERNEL(ATR_FN(chain_fwd_rows)) {
  ATR_BEGIN;
  ATR_ROWS_BEGIN(CHAIN_W, CHAIN_IN, at)
#define CHAIN_M(i) __global const float *p##i = ATR_PTR(2 * i) + at[i];
    CHAIN_ALL
#undef CHAIN_M
    __global float *y = ATR_PTR(2 * CHAIN_IN) + atr_first;
#define CHAIN_T float16
#define CHAIN_OF ATR_LANES_
#define CHAIN_M(i) const float16 x##i = (float16)(p##i[0]);
    CHAIN_ONCE
#undef CHAIN_M
#define CHAIN_M(i) const float16 x##i = atr_load_some(p##i + k, atr_n - k);
    for (int k = 0; k < atr_n; k += 16) {
      CHAIN_RUNS
      CHAIN_DO
      CHAIN_STORE(CHAIN_END, y + k, atr_n - k);
    }
#undef CHAIN_M
#undef CHAIN_OF
#undef CHAIN_T
  ATR_ROWS_END
}

ATR_TILE_KERNEL(ATR_FN(chain_fwd_blocks)) {
  ATR_BEGIN;
  const int16 lane = (int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)), span = a[CHAIN_W + 2];
  const int blocks = a[CHAIN_W + 3];
#define CHAIN_M(i) __global const float16 *p##i = (__global const float16 *)ATR_PTR(2 * i);
  CHAIN_RUNS
#undef CHAIN_M
  __global float16 *y = (__global float16 *)ATR_PTR(2 * CHAIN_IN);
  int k = group * a[CHAIN_W + 1];
  const int end = min(k + a[CHAIN_W + 1], a[CHAIN_W]);
  while (k < end) {
    const int block = k / span, stop = min(end, block * span + span), at = block % blocks, left = a[CHAIN_W + 4] - at * 16;
    const int16 there = lane < (int16)(left);
#define CHAIN_T float16
#define CHAIN_OF ATR_LANES_
#define CHAIN_M(i)                                                                                                \
  const int has##i = a[CHAIN_W + 6 + 2 * i];                                                                      \
  __global const float *p##i = ATR_PTR(2 * i) + (has##i ? block / blocks * a[CHAIN_W + 5 + 2 * i] + at * 16 : 0); \
  const float16 x##i = has##i ? atr_load_some(p##i, left) : (float16)(p##i[0]);
    CHAIN_ONCE
#undef CHAIN_M
#define CHAIN_M(i) const float16 x##i = p##i[k];
    for (; k < stop; k++) {
      CHAIN_RUNS
      CHAIN_DO
      CHAIN_STORE(select((float16)(0.0f), CHAIN_END, there), (__global float *)(y + k), 16);
    }
#undef CHAIN_M
#undef CHAIN_OF
#undef CHAIN_T
  }
}
#undef CHAIN_B
#undef CHAIN_U
#undef CHAIN_PAST
