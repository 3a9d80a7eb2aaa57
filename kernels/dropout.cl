/* dropout.cl: Dropout and its gradient. No macros. Of every 64 elements, element i takes word i / 16 of block i mod 16.
 * Words of fwd: 0 count, 1 training, 2 threshold, 3 scale, 4 and 5 key, 6 x, 8 step (two ints, may be absent), 10 y,
 * 12 mask (bytes, may be absent).
 * dropout_fwd_f32_baseline: one item the four elements of a block.
 * dropout_fwd_f32_chunks: a work-group of one item does a[14] chunks of 64 elements in vectors.
 * dropout_bwd_x_f32_baseline: one item an element. Words: 0 count, 1 scale, 2 dy, 4 mask, 6 dx.
 * dropout_bwd_x_f32_vectors: the same and 8 the elements of a group, a multiple of 16: a work-group of one item takes
 * that many. */
#include "random.clh"

#define ATR_DROPOUT_BEGIN                                                                                         \
  __global const float *x = ATR_PTR(6);                                                                           \
  __global const int *count_up = (__global const int *)ATR_PTR(8);                                                \
  __global float *y = ATR_PTR(10);                                                                                \
  __global uchar *mask = (__global uchar *)ATR_PTR(12);                                                           \
  const int training = a[1], stepped = !ATR_ABSENT(8), masked = !ATR_ABSENT(12);                                  \
  const uint threshold = (uint)a[2], low = stepped ? (uint)count_up[0] : 0u, high = stepped ? (uint)count_up[1] : 0u; \
  const float scale = ATR_FLOAT(3);                                                                               \
  const uint2 key = (uint2)((uint)a[4], (uint)a[5]);

ATR_ITEM_KERNEL(ATR_FN(dropout_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int block = ATR_ITEM;
  if (block >= (a[0] + 63) / 64 * 16) return;
  ATR_DROPOUT_BEGIN
  uint words[4];
  vstore4(atr_philox(key, (uint4)((uint)block, 0u, low, high)), 0, words);
  for (int k = 0; k < 4; k++) {
    const int i = block / 16 * 64 + k * 16 + block % 16;
    if (i >= a[0]) break;
    const int keep = !training || words[k] >> 8 >= threshold;
    y[i] = !training ? x[i] : keep ? x[i] * scale : 0.0f;
    if (masked) mask[i] = (uchar)keep;
  }
}

ATR_TILE_KERNEL(ATR_FN(dropout_fwd_f32_chunks)) {
  ATR_BEGIN;
  ATR_DROPOUT_BEGIN
  const int group = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1));
  const int last = min((a[0] + 63) / 64, (group + 1) * a[14]);
  const uint16 lanes = (uint16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (int chunk = group * a[14]; chunk < last; chunk++) {
    uint16 words[4];
    if (training) atr_philox16(key, (uint)chunk * 16u + lanes, (uint3)(0u, low, high), words);
    for (int k = 0; k < 4; k++) {
      const int i = chunk * 64 + k * 16;
      const int16 keep = training ? words[k] >> 8 >= threshold : (int16)(-1);
      if (i + 16 <= a[0]) {
        const float16 v = vload16(0, x + i);
        vstore16(training ? keep ? v * scale : (float16)0.0f : v, 0, y + i);
        if (masked) vstore16(convert_uchar16(keep & 1), 0, mask + i);
      } else {
        int kept[16];
        vstore16(keep, 0, kept);
        for (int l = 0; i + l < a[0]; l++) {
          y[i + l] = !training ? x[i + l] : kept[l] ? x[i + l] * scale : 0.0f;
          if (masked) mask[i + l] = (uchar)(kept[l] & 1);
        }
      }
    }
  }
}
#undef ATR_DROPOUT_BEGIN

ATR_ITEM_KERNEL(ATR_FN(dropout_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  ATR_PTR(6)[i] = ((__global const uchar *)ATR_PTR(4))[i] ? ATR_PTR(2)[i] * ATR_FLOAT(1) : 0.0f;
}

ATR_TILE_KERNEL(ATR_FN(dropout_bwd_x_f32_vectors)) {
  ATR_BEGIN;
  int i = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)) * a[8];
  const int end = min(i + a[8], a[0]);
  const float scale = ATR_FLOAT(1);
  __global const float *dy = ATR_PTR(2);
  __global const uchar *mask = (__global const uchar *)ATR_PTR(4);
  __global float *dx = ATR_PTR(6);
  for (; i + 16 <= end; i += 16) {
    const float16 v = *(__global const float16 *)(dy + i) * scale;
    const int16 kept = convert_int16(*(__global const uchar16 *)(mask + i)) != 0;
    *(__global float16 *)(dx + i) = kept ? v : (float16)(0.0f);
  }
  for (; i < end; i++) dx[i] = mask[i] ? dy[i] * scale : 0.0f;
}
