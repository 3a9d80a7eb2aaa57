/* conv_grad_filter_lanes.cl: the gradient of convolution's filter on plain NCHW, one depth, for CPU-class devices with
 * vectors of 16: input channels in the lanes; one work-group of one item.
 *
 * conv_bwd_w_f32_lanes: an item takes a block of 16 input channels (several where the filter is one tap, "taps" then
 * being theirs), a part of the output channels and a slot: a run of chunks. A chunk is some columns of some rows of some
 * images; what its taps read is copied to private memory with the channels innermost and zeros in the padding. Then for
 * OCB output channels and XV taps at a time it sums x times dy, the latter one number for all lanes, and writes or adds
 * to its slot, [output channel][block of 16][tap][16]. Nothing is masked
 * and no lanes are added up. Order: chunks, images, rows, columns ascending.
 * Rows (columns) of one tap are kept apart from those of the next where dilation leaves a gap.
 * NDRange: (runs of blocks of 16 input channels × groups, parts of output channels, slots).
 * Words: 0 images, 1 input channels of a group, 2 output channels of a group, 3 groups, 4 in hw, 6 out hw, 8 filter hw,
 * 10 stride hw, 12 dilation hw, 14 pad hw, 16 images, 17 rows, 18 columns of a chunk, 19 chunks, 20 slots, 21 output
 * channels a part, 22 floats between slots, 23 x, 25 dy, 27 slots, 29 blocks of an item.
 *
 * conv_bwd_w_sum_f32_lanes: adds up slots in order, to the filter's own layout; an item does one output channel and one
 * block. NDRange: (blocks, output channels). Words: 0 input channels of a group, 1 taps, 2 slots, 3 floats between
 * slots, 4 slots, 6 dw.
 *
 * Macros: XV, OCB, ROOM vectors of private memory. */
#if !defined XV || !defined OCB || !defined ROOM
#error "conv_grad_filter_lanes.cl needs XV, OCB and ROOM"
#endif
#define ATR_UNROLL _Pragma("unroll")

/* Rows a, b to a.lo interleaved with b.lo, a.hi with b.hi; four times over all rows is the transpose. */
#define ATR_ZIP(to, from)                                                                                         \
  ATR_UNROLL for (int k = 0; k < 8; k++) {                                                                        \
    const float16 p = from[k], q = from[k + 8];                                                                   \
    to[2 * k] = (float16)(p.s0, q.s0, p.s1, q.s1, p.s2, q.s2, p.s3, q.s3, p.s4, q.s4, p.s5, q.s5, p.s6, q.s6, p.s7,\
                          q.s7);                                                                                  \
    to[2 * k + 1] = (float16)(p.s8, q.s8, p.s9, q.s9, p.sa, q.sa, p.sb, q.sb, p.sc, q.sc, p.sd, q.sd, p.se, q.se, \
                              p.sf, q.sf);                                                                        \
  }

/* Copies `length` columns from column ix on, zeros where there are none. */
static void ATR_FN(conv_bwd_w_copy)(__private float16 *to, __global const float *row, int ix, int length, int width,
                                    int channel, int channels) {
  const int first = clamp(-ix, 0, length), end = clamp(width - ix, first, length);
  for (int k = 0; k < first; k++) to[k] = (float16)(0.0f);
  for (int k = end; k < length; k++) to[k] = (float16)(0.0f);
  row += ix;
  if (end - first < 16) {
    for (int k = first; k < end; k++) {
      float lane[16];
      for (int c = 0; c < 16; c++) lane[c] = c < channels ? row[c * channel + k] : 0.0f;
      to[k] = vload16(0, lane);
    }
    return;
  }
  for (int k = first; k < end; k += 16) {
    k = min(k, end - 16);
    float16 even[16], odd[16];
    ATR_UNROLL for (int c = 0; c < 16; c++) even[c] = c < channels ? vload16(0, row + c * channel + k) : (float16)(0.0f);
    ATR_ZIP(odd, even)
    ATR_ZIP(even, odd)
    ATR_ZIP(odd, even)
    ATR_ZIP(even, odd)
    ATR_UNROLL for (int c = 0; c < 16; c++) to[k + c] = even[c];
  }
}

/* Sums of N output channels from oc on, taps from t0 on. */
#define ATR_SUMS(N)                                                                                               \
  float16 acc[N][XV];                                                                                             \
  int offset[XV];                                                                                                 \
  ATR_UNROLL for (int v = 0; v < XV; v++) {                                                                       \
    const int t = min(t0 + v, own * taps - 1), b = t / taps, fy = (t - b * taps) / a[9];                          \
    offset[v] = b * block_kept + fy * step_y * pitch + (t - b * taps - fy * a[9]) * step_x;                       \
    ATR_UNROLL for (int o = 0; o < N; o++) acc[o][v] = (float16)(0.0f);                                           \
  }                                                                                                               \
  for (int i = 0; i < images; i++)                                                                                \
    for (int r = 0; r < rows; r++) {                                                                              \
      __private const float16 *x0 = x + (i * rows_kept + r * a[10]) * pitch;                                      \
      __global const float *d0 = dy + ((n0 + i) * a[3] * a[2] + oc) * plane + (oy0 + r) * a[7] + ox0;             \
      _Pragma("unroll 1") for (int k = 0; k < columns; k++) {                                                     \
        float by[N];                                                                                              \
        ATR_UNROLL for (int o = 0; o < N; o++) by[o] = d0[o * plane + k];                                         \
        ATR_UNROLL for (int v = 0; v < XV; v++) {                                                                 \
          const float16 in = x0[offset[v] + k * a[11]];                                                           \
          ATR_UNROLL for (int o = 0; o < N; o++) acc[o][v] = fma(in, (float16)(by[o]), acc[o][v]);                \
        }                                                                                                         \
      }                                                                                                           \
    }                                                                                                             \
  ATR_UNROLL for (int o = 0; o < N; o++) {                                                                        \
    __global float16 *to = sums + (oc + o) * blocks * taps + t0;                                                  \
    ATR_UNROLL for (int v = 0; v < XV; v++)                                                                       \
      if (t0 + v < own * taps) to[v] = begun ? to[v] + acc[o][v] : acc[o][v];                                           \
  }

ATR_TILE_KERNEL(ATR_FN(conv_bwd_w_f32_lanes)) {
  ATR_BEGIN;
  const int blocks = (a[1] + 15) / 16, runs = (blocks + a[29] - 1) / a[29], group = (int)ATR_GROUP(0) / runs;
  const int block = ((int)ATR_GROUP(0) - group * runs) * a[29], own = min(a[29], blocks - block);
  const int slot = (int)ATR_GROUP(2);
  const int channel = a[4] * a[5], plane = a[6] * a[7], taps = a[8] * a[9];
  const int oc0 = (int)ATR_GROUP(1) * a[21], oc_end = min(a[2], oc0 + a[21]);
  __global const float *in = ATR_PTR(23) + (group * a[1] + 16 * block) * channel;
  __global const float *dy = ATR_PTR(25) + group * a[2] * plane;
  __global float16 *sums = (__global float16 *)(ATR_PTR(27) + slot * a[22]) + (group * a[2] * blocks + block) * taps;
  const int span_y = (a[17] - 1) * a[10] + 1, step_y = min(a[12], span_y), rows_kept = (a[8] - 1) * step_y + span_y;
  const int span_x = (a[18] - 1) * a[11] + 1, step_x = min(a[13], span_x), pitch = (a[9] - 1) * step_x + span_x;
  const int across = (a[7] + a[18] - 1) / a[18], down = (a[6] + a[17] - 1) / a[17];
  const int block_kept = a[16] * rows_kept * pitch;
  float16 x[ROOM];

  const int chunk_end = (slot + 1) * a[19] / a[20];
  for (int chunk = slot * a[19] / a[20], begun = 0; chunk < chunk_end; chunk++, begun = 1) {
    const int ox0 = chunk % across * a[18], oy0 = chunk / across % down * a[17], n0 = chunk / across / down * a[16];
    const int images = min(a[16], a[0] - n0), rows = min(a[17], a[6] - oy0), columns = min(a[18], a[7] - ox0);
    for (int at = 0; at < own * images; at++)
      for (int j = 0; j < rows_kept; j++) {
        const int b = at / images, i = at - b * images, channels = min(16, a[1] - 16 * (block + b));
        const int tap = step_y < a[12] ? j / span_y : 0;
        const int iy = oy0 * a[10] - a[14] + tap * a[12] + (j - tap * span_y);
        const int width = iy >= 0 && iy < a[4] ? a[5] : 0, ix = ox0 * a[11] - a[15];
        __global const float *row = in + ((n0 + i) * a[3] * a[1] + 16 * b) * channel + iy * a[5];
        __private float16 *to = x + b * block_kept + (i * rows_kept + j) * pitch;
        if (step_x == a[13])
          ATR_FN(conv_bwd_w_copy)(to, row, ix, pitch, width, channel, channels);
        else
          for (int fx = 0; fx < a[9]; fx++)
            ATR_FN(conv_bwd_w_copy)(to + fx * span_x, row, ix + fx * a[13], span_x, width, channel, channels);
      }
    int oc = oc0;
    for (; oc + OCB <= oc_end; oc += OCB)
      for (int t0 = 0; t0 < own * taps; t0 += XV) { ATR_SUMS(OCB) }
    for (; oc < oc_end; oc++)
      for (int t0 = 0; t0 < own * taps; t0 += XV) { ATR_SUMS(1) }
  }
}

ATR_TILE_KERNEL(ATR_FN(conv_bwd_w_sum_f32_lanes)) {
  ATR_BEGIN;
  const int block = (int)ATR_GROUP(0), oc = (int)ATR_GROUP(1), taps = a[1];
  const int channels = min(16, a[0] - 16 * block);
  __global const float *from = ATR_PTR(4) + (oc * (int)ATR_GROUPS(0) + block) * taps * 16;
  __global float *to = ATR_PTR(6) + (oc * a[0] + 16 * block) * taps;
  for (int t = 0; t < taps; t++) {
    float16 sum = 0.0f;
    for (int slot = 0; slot < a[2]; slot++) sum += *(__global const float16 *)(from + slot * a[3] + 16 * t);
    float lane[16];
    vstore16(sum, 0, lane);
    for (int c = 0; c < channels; c++) to[c * taps + t] = lane[c];
  }
}
#undef ATR_ZIP
#undef ATR_SUMS
#undef ATR_UNROLL
