/* average_pool.cl: average pooling and its gradient over [n·c][d][h][w]. One item an element of the output (forward)
 * or of the input (gradient). Words: 0 count; 1-18 pool.clh; 19-21 padding behind, 22 whether padding counts; 23 x or dy,
 * 25 y or dx. No macros. The same over [n][c / 16][d][h][w][16] by tiles, sums in the same order: word 27 rows of the output,
 * all planes'. */
#include "pool.clh"

/* ATR_POOL_TAPS, and how many taps count. */
#define ATR_AVERAGE_TAPS(k, o, start, first, end)                                                                 \
  ATR_POOL_TAPS(k, o, start, first, end)                                                                          \
  const int counted_##start =                                                                                     \
      a[22] ? min(a[7 + (k)], (a[1 + (k)] + a[19 + (k)] - 1 - start) / a[13 + (k)] + 1) : end - first;

ATR_ITEM_KERNEL(ATR_FN(average_pool_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  const int ow = at % a[6], row = at / a[6], oh = row % a[5], deep = row / a[5], od = deep % a[4];
  __global const float *x = ATR_PTR(23) + (size_t)(deep / a[4]) * (a[1] * a[2] * a[3]);
  ATR_AVERAGE_TAPS(0, od, start_d, first_d, end_d)
  ATR_AVERAGE_TAPS(1, oh, start_h, first_h, end_h)
  ATR_AVERAGE_TAPS(2, ow, start_w, first_w, end_w)
  float sum = 0.0f;
  for (int i = first_d; i < end_d; i++)
    for (int j = first_h; j < end_h; j++) {
      __global const float *line = x + ((start_d + i * a[13]) * a[2] + start_h + j * a[14]) * a[3] + start_w;
      float part = 0.0f;
      for (int k = first_w; k < end_w; k++) part += line[k * a[15]];
      sum += part;
    }
  ATR_PTR(25)[at] = sum / (float)(counted_start_d * counted_start_h * counted_start_w);
}

/* A tile is a row of the output. */
ATR_TILE_KERNEL(ATR_FN(average_pool_fwd_f32_blocked)) {
  ATR_BEGIN;
  const int row = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)), oh = row % a[5], deep = row / a[5], od = deep % a[4];
  if (row >= a[27]) return;
  __global const float16 *x = (__global const float16 *)ATR_PTR(23) + (size_t)(deep / a[4]) * (a[1] * a[2] * a[3]);
  __global float16 *y = (__global float16 *)ATR_PTR(25) + (size_t)row * a[6];
  ATR_AVERAGE_TAPS(0, od, start_d, first_d, end_d)
  ATR_AVERAGE_TAPS(1, oh, start_h, first_h, end_h)
  for (int ow = 0; ow < a[6]; ow++) {
    ATR_AVERAGE_TAPS(2, ow, start_w, first_w, end_w)
    float16 sum = 0.0f;
    for (int i = first_d; i < end_d; i++)
      for (int j = first_h; j < end_h; j++) {
        __global const float16 *line = x + ((start_d + i * a[13]) * a[2] + start_h + j * a[14]) * a[3] + start_w;
        float16 part = 0.0f;
        _Pragma("unroll 1") for (int k = first_w; k < end_w; k++) part += line[k * a[15]];
        sum += part;
      }
    y[ow] = sum / (float)(counted_start_d * counted_start_h * counted_start_w);
  }
}

ATR_ITEM_KERNEL(ATR_FN(average_pool_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  const int at_w = at % a[3], row = at / a[3], at_h = row % a[2], deep = row / a[2], at_d = deep % a[1];
  __global const float *dy = ATR_PTR(23) + (size_t)(deep / a[1]) * (a[4] * a[5] * a[6]);
  ATR_POOL_WINDOWS(0, at_d, first_d, last_d)
  ATR_POOL_WINDOWS(1, at_h, first_h, last_h)
  ATR_POOL_WINDOWS(2, at_w, first_w, last_w)
  float sum = 0.0f;
  for (int od = first_d; od <= last_d; od++)
    for (int oh = first_h; oh <= last_h; oh++)
      for (int ow = first_w; ow <= last_w; ow++) {
        ATR_AVERAGE_TAPS(0, od, start_d, tap_d, end_d)
        ATR_AVERAGE_TAPS(1, oh, start_h, tap_h, end_h)
        ATR_AVERAGE_TAPS(2, ow, start_w, tap_w, end_w)
        const int off = (at_d - start_d) % a[13] | (at_h - start_h) % a[14] | (at_w - start_w) % a[15];
        if (!off)
          sum += dy[(od * a[5] + oh) * a[6] + ow] / (float)(counted_start_d * counted_start_h * counted_start_w);
      }
  ATR_PTR(25)[at] = sum;
}
#undef ATR_AVERAGE_TAPS
