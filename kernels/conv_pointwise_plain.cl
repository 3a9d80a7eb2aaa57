/* conv_pointwise_plain.cl: convolution by filters of one tap, stride 1, without padding, on plain [n][c][…] for CPU-class
 * devices with vectors of 16, and the gradient of its input, which is another of the same kind; one work-group of one
 * item.
 *
 * conv_pointwise_f32_plain: a tile is 3 vectors of neighbouring positions, whose inputs of all channels are copied side
 * by side to private memory; then 8 output channels at a time. The last vectors of a plane overlap those before; a plane of
 * less than 16 positions is read and written one by one. Order: from the bias, channels ascending, by fma.
 * NDRange: (parts of the blocks of 8 output channels × groups, tiles, images).
 * Words: 0 positions of a plane, 1 channels summed, 2 channels made (of a group), 3 groups, 4 blocks a part, 5 parts a
 * group, 6 x, 8 w, of which 8 channels made lie side by side, 10 b, 12 y, 14 low, 15 high, 16 strides of w: such a block,
 * channel summed, group.
 *
 * conv_pointwise_pack_f32_plain: packs weights to [group][block][channel summed][8], zeros where there is no channel.
 * NDRange: (blocks, groups). Words: 0 channels summed, 1 channels made, 2 strides of: channel made, channel summed, group,
 * 5 w, 7 packed.
 *
 * Macro: ROOM channels of private memory. */
#ifndef ROOM
#error "conv_pointwise_plain.cl needs ROOM"
#endif
#define ATR_UNROLL _Pragma("unroll")

ATR_TILE_KERNEL(ATR_FN(conv_pointwise_f32_plain)) {
  ATR_BEGIN;
  const int plane = a[0], channels = a[1], made = a[2], blocks = (made + 7) / 8;
  const int group = (int)ATR_GROUP(0) / a[5], part = (int)ATR_GROUP(0) - group * a[5];
  const int n = (int)ATR_GROUP(2), first = (int)ATR_GROUP(1) * 48;
  const int at0 = min(first, plane - 16), at1 = min(first + 16, plane - 16), at2 = min(first + 32, plane - 16);
  __global const float *from = ATR_PTR(6) + (n * a[3] + group) * channels * plane;
  float16 x[3 * ROOM];
  for (int c = 0; c < channels && plane < 16; c++, from += plane) {
    float some[16] = { 0.0f };
    for (int l = 0; l < plane; l++) some[l] = from[l];
    x[3 * c] = x[3 * c + 1] = x[3 * c + 2] = vload16(0, some);
  }
  for (int c = 0; c < channels && plane >= 16; c++, from += plane) {
    x[3 * c] = vload16(0, from + at0);
    x[3 * c + 1] = vload16(0, from + at1);
    x[3 * c + 2] = vload16(0, from + at2);
  }
  const float low = ATR_FLOAT(14), high = ATR_FLOAT(15);
  const int step = a[17], end = min(blocks, part * a[4] + a[4]);
  for (int block = part * a[4]; block < end; block++) {
    const int oc = block * 8, there = min(8, made - oc);
    __global const float *w = ATR_PTR(8) + group * a[18] + block * a[16];
    float16 acc[8][3];
    ATR_UNROLL for (int o = 0; o < 8; o++) {
      const float bias = ATR_ABSENT(10) || o >= there ? 0.0f : ATR_PTR(10)[group * made + oc + o];
      ATR_UNROLL for (int v = 0; v < 3; v++) acc[o][v] = (float16)(bias);
    }
    __private const float16 *in = x;
    _Pragma("unroll 1") for (int c = 0; c < channels; c++) {
      const float16 x0 = in[0], x1 = in[1], x2 = in[2];
      ATR_UNROLL for (int o = 0; o < 8; o++) {
        const float16 scale = (float16)(w[o]);
        acc[o][0] = fma(x0, scale, acc[o][0]);
        acc[o][1] = fma(x1, scale, acc[o][1]);
        acc[o][2] = fma(x2, scale, acc[o][2]);
      }
      in += 3;
      w += step;
    }
    __global float *y = ATR_PTR(12) + ((n * a[3] + group) * made + oc) * plane;
    ATR_UNROLL for (int o = 0; o < 8; o++) {
      if (o < there) {
        ATR_UNROLL for (int v = 0; v < 3; v++) {
          float16 sum = acc[o][v];
          sum = sum < low ? (float16)(low) : sum;
          sum = sum > high ? (float16)(high) : sum;
          if (plane >= 16) {
            ATR_STORE16(sum, y + o * plane + (v == 0 ? at0 : v == 1 ? at1 : at2));
          } else if (v == 0) {
            for (int l = 0; l < plane; l++) y[o * plane + l] = ((__private const float *)&sum)[l];
          }
        }
      }
    }
  }
}

ATR_TILE_KERNEL(ATR_FN(conv_pointwise_pack_f32_plain)) {
  ATR_BEGIN;
  const int block = (int)ATR_GROUP(0), group = (int)ATR_GROUP(1), channels = a[0], there = min(8, a[1] - 8 * block);
  __global const float *w = ATR_PTR(5) + group * a[4] + 8 * block * a[2];
  __global float *to = ATR_PTR(7) + (group * (int)ATR_GROUPS(0) + block) * channels * 8;
  for (int c = 0; c < channels; c++)
    for (int o = 0; o < 8; o++) to[8 * c + o] = o < there ? w[c * a[3] + o * a[2]] : 0.0f;
}
#undef ATR_UNROLL
