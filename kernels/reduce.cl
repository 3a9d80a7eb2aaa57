/* reduce.cl: reductions, in the order that src/op/reduce.c states. Macro KIND (atr__reduce_kind).
 * reduce_fwd_f32_baseline: x, y, outputs, parts, count, word of the kept walk, innermost reduced extent, reduced walk,
 *   kept walk. One item an output.
 * reduce_part_f32_baseline: the same, to scratch, outputs × parts; one item a part: [output][part].
 * reduce_columns_f32: x, y or scratch, groups, parts, count, 0, columns, blocks of 16 columns, stride
 *   of the reduced elements, finish (1: to y), kept walk without its innermost dimension, whose elements are neighbours.
 *   A work-group of one item: a part of 16 neighbouring outputs, in the same order: group = (row × parts + part) × blocks
 *   + block; scratch is [output][part].
 * reduce_join_f32_baseline: scratch, y, outputs, parts, count. One item an output. */
#ifndef KIND
#error "reduce.cl needs KIND"
#endif

#if KIND == 2
#define REDUCE_IDENTITY (-INFINITY)
#define REDUCE_JOIN(x, y) ((x) > (y) || (x) != (x) ? (x) : (y))
#define REDUCE_JOINS(x, y) select(y, x, ((x) > (y)) | ((x) != (x)))
#elif KIND == 3
#define REDUCE_IDENTITY INFINITY
#define REDUCE_JOIN(x, y) ((x) < (y) || (x) != (x) ? (x) : (y))
#define REDUCE_JOINS(x, y) select(y, x, ((x) < (y)) | ((x) != (x)))
#elif KIND == 4
#define REDUCE_IDENTITY 1.0f
#define REDUCE_JOIN(x, y) ((x) * (y))
#define REDUCE_JOINS(x, y) ((x) * (y))
#else
#define REDUCE_IDENTITY 0.0f
#define REDUCE_JOIN(x, y) ((x) + (y))
#define REDUCE_JOINS(x, y) ((x) + (y))
#endif

#if KIND == 5
#define REDUCE_TERM(x) fabs(x)
#elif KIND == 6 || KIND == 7
#define REDUCE_TERM(x) ((x) * (x))
#elif KIND == 9
#define REDUCE_TERM(x) exp((x) - shift)
#else
#define REDUCE_TERM(x) (x)
#endif

#if KIND == 1
#define REDUCE_FINISH(sum, count) ((sum) / (float)(count))
#elif KIND == 6
#define REDUCE_FINISH(sum, count) sqrt(sum)
#elif KIND == 8
#define REDUCE_FINISH(sum, count) log(sum)
#elif KIND == 9
#define REDUCE_FINISH(sum, count) (log(sum) + shift)
#else
#define REDUCE_FINISH(sum, count) (sum)
#endif

/* One part: elements [from, to) of the walk at word 9, 16 at a time; what lacks to 16 is filled so that it changes
 * nothing. */
static float ATR_FN(reduce_part)(__global const int *a, __global const float *x, int from, int to, float shift) {
  const int length = a[8], step = a[9] ? a[12] : 0;
  float16 lanes = (float16)(REDUCE_IDENTITY);
  int at[1], k = from, left = length - from % length;
  ATR_WALK(9, 1, k, at);
  while (k < to) {
    float16 v;
    if (left >= 16 && k + 16 <= to && step == 1) {
      v = vload16(0, x + at[0]);
      lanes = REDUCE_JOINS(lanes, REDUCE_TERM(v));
      at[0] += 16;
      left -= 16;
      k += 16;
    } else {
      float some[16];
      int n = 0;
      for (; n < 16 && k < to; n++, k++) {
        if (!left) {
          ATR_WALK(9, 1, k, at);
          left = length;
        }
        some[n] = REDUCE_TERM(x[at[0]]);
        at[0] += step;
        left--;
      }
      for (; n < 16; n++) some[n] = REDUCE_IDENTITY;
      v = vload16(0, some);
      lanes = REDUCE_JOINS(lanes, v);
    }
    if (!left && k < to) {
      ATR_WALK(9, 1, k, at);
      left = length;
    }
  }
  const float8 eight = REDUCE_JOINS(lanes.lo, lanes.hi);
  const float4 four = REDUCE_JOINS(eight.lo, eight.hi);
  const float2 two = REDUCE_JOINS(four.lo, four.hi);
  return REDUCE_JOIN(two.x, two.y);
}

#if KIND == 9
/* The greatest of all, or 0 where that is not finite. */
static float ATR_FN(reduce_shift)(__global const int *a, __global const float *x) {
  float most = -INFINITY;
  for (int k = 0; k < a[6]; k++) {
    int at[1];
    ATR_WALK(9, 1, k, at);
    const float v = x[at[0]];
    most = most > v || most != most ? most : v;
  }
  return isfinite(most) ? most : 0.0f;
}
#endif

ATR_ITEM_KERNEL(ATR_FN(reduce_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[4]) return;
  int at[1];
  ATR_WALK(a[7], 1, i, at);
  __global const float *x = ATR_PTR(0) + at[0];
#if KIND == 9
  const float shift = ATR_FN(reduce_shift)(a, x);
#else
  const float shift = 0.0f;
#endif
  float sum = REDUCE_IDENTITY;
  for (int part = 0; part < a[5]; part++) {
    const float v = ATR_FN(reduce_part)(a, x, part * 1024, min(part * 1024 + 1024, a[6]), shift);
    sum = REDUCE_JOIN(sum, v);
  }
  ATR_PTR(2)[i] = REDUCE_FINISH(sum, a[6]);
}

ATR_ITEM_KERNEL(ATR_FN(reduce_part_f32_baseline)) {
#if KIND != 9
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[4]) return;
  int at[1];
  const int part = i % a[5];
  ATR_WALK(a[7], 1, i / a[5], at);
  ATR_PTR(2)[i] = ATR_FN(reduce_part)(a, ATR_PTR(0) + at[0], part * 1024, min(part * 1024 + 1024, a[6]), 0.0f);
#endif
}

ATR_ITEM_KERNEL(ATR_FN(reduce_join_f32_baseline)) {
#if KIND != 9
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[4]) return;
  __global const float *part = ATR_PTR(0) + i * a[5];
  float sum = REDUCE_IDENTITY;
  for (int k = 0; k < a[5]; k++) sum = REDUCE_JOIN(sum, part[k]);
  ATR_PTR(2)[i] = REDUCE_FINISH(sum, a[6]);
#endif
}

ATR_TILE_KERNEL(ATR_FN(reduce_columns_f32)) {
#if KIND != 9
  ATR_BEGIN;
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  if (group >= a[4]) return;
  const int parts = a[5], columns = a[8], blocks = a[9], step = a[10], block = group % blocks, column = block * 16;
  const int part = group / blocks % parts, row = group / blocks / parts, n = min(16, columns - column);
  const int from = part * 1024, to = min(from + 1024, a[6]);
  int at[1];
  ATR_WALK(12, 1, row, at);
  __global const float *x = ATR_PTR(0) + at[0] + column + from * step;
  float16 lane[16];
  for (int l = 0; l < 16; l++) lane[l] = (float16)(REDUCE_IDENTITY);
  for (int k = from; k < to; k += 16)
    for (int l = 0; l < 16 && k + l < to; l++, x += step) {
      float16 v;
      if (n == 16)
        v = vload16(0, x);
      else {
        float some[16];
        for (int o = 0; o < 16; o++) some[o] = o < n ? x[o] : 0.0f;
        v = vload16(0, some);
      }
      lane[l] = REDUCE_JOINS(lane[l], REDUCE_TERM(v));
    }
  for (int w = 8; w; w /= 2)
    for (int l = 0; l < w; l++) lane[l] = REDUCE_JOINS(lane[l], lane[l + w]);
  float some[16];
  vstore16(lane[0], 0, some);
  __global float *y = ATR_PTR(2) + (row * columns + column) * parts + part;
  for (int o = 0; o < n; o++) y[o * parts] = a[11] ? REDUCE_FINISH(some[o], a[6]) : some[o];
#endif
}
#undef REDUCE_IDENTITY
#undef REDUCE_JOIN
#undef REDUCE_JOINS
#undef REDUCE_TERM
#undef REDUCE_FINISH
