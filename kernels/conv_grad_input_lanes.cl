/* conv_grad_input_lanes.cl: the gradient of convolution's input on plain NCHW, one depth, any stride, for CPU-class
 * devices with vectors of 16: input channels in the lanes; one work-group of one item.
 *
 * conv_bwd_x_f32_lanes: an item makes a row of dx, or some columns of it, for some channels. Columns px, px + stride, …
 * meet the same taps, so each such phase is a convolution of stride 1. The rows of dy that reach this one are copied to
 * private memory with zeros on both sides; for P columns of a phase and CB blocks of 16 channels it sums, tap by tap and
 * output channel by output channel, weights times dy, the latter one number for all lanes. Finished rows are transposed
 * to the tensor's layout. Order: parts of the output channels, rows of the filter, its columns, output channels.
 * NDRange: (parts of the runs of channels, rows × segments of a row, images).
 * Words: 0 groups, 1 input channels of a group, 2 output channels of a group, 3 runs of CB blocks a group, 4 in hw, 6 out
 * hw, 8 filter hw, 10 stride hw, 12 dilation hw, 14 pad hw, 16 runs a part, 17 columns of a phase a segment, 18 segments,
 * 19 output channels copied at a time, 20 floats of a copied row, 21 zeros before it, 22 dy, 24 packed w, 26 dx, 28
 * epilogue (conv_epilogue.clh), of transposed convolution.
 *
 * conv_bwd_x_pack_f32_lanes: packs weights to [group][run][tap][output channel][CB × 16].
 * NDRange: (taps, runs of all groups). Words: 0 input channels of a group, 1 output channels of a group, 2 taps, 3 runs a
 * group, 4 w, 6 packed.
 *
 * Macros: P, CB 1 or 2, ROOM floats for dy, WIDE columns of a segment. */
#include "conv_epilogue.clh"
#if !defined P || !defined CB || !defined ROOM || !defined WIDE
#error "conv_grad_input_lanes.cl needs P, CB, ROOM and WIDE"
#endif
#define ATR_UNROLL _Pragma("unroll")
#define ATR_FILTER_ROWS 16

/* As in conv_grad_filter_lanes.cl: four times over 16 rows is the transpose. */
#define ATR_ZIP(to, from)                                                                                         \
  ATR_UNROLL for (int k = 0; k < 8; k++) {                                                                        \
    const float16 p = from[k], q = from[k + 8];                                                                   \
    to[2 * k] = (float16)(p.s0, q.s0, p.s1, q.s1, p.s2, q.s2, p.s3, q.s3, p.s4, q.s4, p.s5, q.s5, p.s6, q.s6, p.s7,\
                          q.s7);                                                                                  \
    to[2 * k + 1] = (float16)(p.s8, q.s8, p.s9, q.s9, p.sa, q.sa, p.sb, q.sb, p.sc, q.sc, p.sd, q.sd, p.se, q.se, \
                              p.sf, q.sf);                                                                        \
  }

ATR_TILE_KERNEL(ATR_FN(conv_bwd_x_f32_lanes)) {
  ATR_BEGIN;
  const int row = (int)ATR_GROUP(1) / a[18], segment = (int)ATR_GROUP(1) - row * a[18], n = (int)ATR_GROUP(2);
  const int cg = a[1], ocg = a[2], runs = a[3], iw = a[5], oh = a[6], ow = a[7], fw = a[9], sw = a[11];
  const int plane = a[4] * iw, out_plane = oh * ow, taps = a[8] * fw, pitch = a[20], left = a[21];
  const int first = segment * a[17];              /* column of every phase */
  const int width = min(a[17] * sw, iw - first * sw); /* of what is made here */
  float dy[ROOM];
  float16 made[CB][WIDE];
  const float16 low = (float16)(ATR_FLOAT(34)), high = (float16)(ATR_FLOAT(35));

  int filter_row[ATR_FILTER_ROWS], from_row[ATR_FILTER_ROWS], rows = 0;
  for (int fy = 0; fy < a[8]; fy++) {
    const int y = row + a[14] - fy * a[12];
    if (y < 0 || y % a[10] != 0 || y / a[10] >= oh) continue;
    filter_row[rows] = fy;
    from_row[rows++] = y / a[10];
  }

  const int run_end = min(a[0] * runs, ((int)ATR_GROUP(0) + 1) * a[16]);
  int copied = -1; /* the group whose dy is in private memory as a whole */
  for (int run = (int)ATR_GROUP(0) * a[16]; run < run_end; run++) {
    const int group = run / runs;
    float16 bias[CB];
    ATR_UNROLL for (int b = 0; b < CB; b++) bias[b] = (float16)(0.0f);
    if (!ATR_ABSENT(28) && ATR_ABSENT(ATR_EPILOGUE_FACTOR(28)))
      ATR_UNROLL for (int b = 0; b < CB; b++)
          atr_channels16(ATR_PTR(28) + group * cg, ((run - group * runs) * CB + b) * 16, cg, &bias[b]);
    for (int oc0 = 0; oc0 < ocg; oc0 += a[19]) {
      const int channels = min(a[19], ocg - oc0);
      if (copied != group) {
        for (int r = 0; r < rows; r++) {
          __global const float *from =
              ATR_PTR(22) + ((n * a[0] + group) * ocg + oc0) * out_plane + from_row[r] * ow + first - left;
          const int begin = clamp(left - first, 0, pitch), end = clamp(ow - first + left, begin, pitch);
          for (int oc = 0; oc < channels; oc++, from += out_plane) {
            float *to = dy + (r * channels + oc) * pitch;
            for (int k = 0; k < begin; k++) to[k] = 0.0f;
            for (int k = begin; k < end; k++) to[k] = from[k];
            for (int k = end; k < pitch; k++) to[k] = 0.0f;
          }
        }
        copied = channels == ocg ? group : -1;
      }
      __global const float16 *packed = (__global const float16 *)ATR_PTR(24) + (run * taps * ocg + oc0) * CB;
      for (int px = 0; px < min(sw, width); px++) {
        const int columns = (width - px + sw - 1) / sw;
        for (int at = 0; at < columns; at += P) {
          float16 acc[CB][P];
          ATR_UNROLL for (int b = 0; b < CB; b++) {
            const float16 start = oc0 ? (float16)(0.0f) : bias[b];
            ATR_UNROLL for (int p = 0; p < P; p++) acc[b][p] = start;
          }
          for (int r = 0; r < rows; r++)
            for (int fx = 0; fx < fw; fx++) {
              const int reach = px + a[15] - fx * a[13], x = reach / sw;
              if (x * sw != reach) continue;
              __private const float *by = dy + r * channels * pitch + at + x + left;
              __global const float16 *w = packed + (filter_row[r] * fw + fx) * ocg * CB;
              _Pragma("unroll 1") for (int oc = 0; oc < channels; oc++) {
                float16 weight[CB];
                ATR_UNROLL for (int b = 0; b < CB; b++) weight[b] = w[b];
                ATR_UNROLL for (int p = 0; p < P; p++) {
                  const float16 scale = (float16)(by[p]);
                  ATR_UNROLL for (int b = 0; b < CB; b++) acc[b][p] = fma(scale, weight[b], acc[b][p]);
                }
                w += CB;
                by += pitch;
              }
            }
          ATR_UNROLL for (int p = 0; p < P; p++) {
            if (at + p < columns) {
              const int x = (at + p) * sw + px;
              ATR_UNROLL for (int b = 0; b < CB; b++) made[b][x] = oc0 ? made[b][x] + acc[b][p] : acc[b][p];
            }
          }
        }
      }
    }
    for (int b = 0; b < CB; b++) {
      const int c0 = ((run - group * runs) * CB + b) * 16, lanes = min(16, cg - c0);
      if (!ATR_ABSENT(ATR_EPILOGUE_FACTOR(28))) {
        float16 factor, summand = (float16)(0.0f);
        atr_channels16(ATR_PTR(ATR_EPILOGUE_FACTOR(28)) + group * cg, c0, cg, &factor);
        if (!ATR_ABSENT(28)) atr_channels16(ATR_PTR(28) + group * cg, c0, cg, &summand);
        for (int x = 0; x < width; x++) made[b][x] = fma(made[b][x], factor, summand);
      }
      const int added = !ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(28));
      __global const float *more = ATR_PTR(ATR_EPILOGUE_RESIDUAL(28)) + ((n * a[0] + group) * cg + c0) * plane + row * iw + first * sw;
      __global float *to = ATR_PTR(26) + ((n * a[0] + group) * cg + c0) * plane + row * iw + first * sw;
      if (width < 16) {
        for (int x = 0; x < width; x++) {
          float lane[16];
          vstore16(made[b][x], 0, lane);
          for (int c = 0; c < lanes; c++) {
            float v = lane[c] + (added ? more[c * plane + x] : 0.0f);
            ATR_EPILOGUE_CLIP(28, v);
            to[c * plane + x] = v;
          }
        }
        continue;
      }
      for (int x = 0; x < width; x += 16) {
        x = min(x, width - 16);
        float16 even[16], odd[16];
        ATR_UNROLL for (int k = 0; k < 16; k++) even[k] = made[b][x + k];
        ATR_ZIP(odd, even)
        ATR_ZIP(even, odd)
        ATR_ZIP(odd, even)
        ATR_ZIP(even, odd)
        ATR_UNROLL for (int c = 0; c < 16; c++) {
          if (c < lanes) {
            float16 v = even[c];
            if (added) v += vload16(0, more + c * plane + x);
            v = v < low ? low : v;
            v = v > high ? high : v;
            ATR_STORE16(v, to + c * plane + x);
          }
        }
      }
    }
  }
}

ATR_TILE_KERNEL(ATR_FN(conv_bwd_x_pack_f32_lanes)) {
  ATR_BEGIN;
  const int tap = (int)ATR_GROUP(0), run = (int)ATR_GROUP(1), group = run / a[3], taps = a[2];
  const int c0 = (run - group * a[3]) * CB * 16, channels = clamp(a[0] - c0, 0, CB * 16);
  __global const float *w = ATR_PTR(4) + (group * a[1] * a[0] + c0) * taps + tap;
  __global float *to = ATR_PTR(6) + (run * taps + tap) * a[1] * CB * 16;
  for (int oc = 0; oc < a[1]; oc++, w += a[0] * taps, to += CB * 16)
    for (int c = 0; c < CB * 16; c++) to[c] = c < channels ? w[c * taps] : 0.0f;
}
#undef ATR_UNROLL
#undef ATR_FILTER_ROWS
#undef ATR_ZIP
