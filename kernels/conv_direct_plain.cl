/* conv_direct_plain.cl: convolution on plain NCHW for CPU-class devices; one work-group of one item a tile.
 *
 * conv_fwd_f32_direct_plain: a tile is XB vectors of VW neighbouring outputs, OCB output channels at a time. Where the
 * output is as wide as the input and the stride is 1 (`flat`), a plane counts as one row, so that narrow planes fill
 * vectors too; else vectors stay within a row. The last vector of a row overlaps the one before. Inputs are read as
 * unaligned vectors and masked to zero in the padding, by tables made once a tile; a channel whose vectors would leave
 * the tensor is read element by element. Order: from the bias, channels outermost, then taps ascending, by fma; from 0
 * where a normalization follows.
 * NDRange: (parts of the output channels of all groups, tiles, tiles / tiles along y).
 * Words: 0 vectors in all, 1 blocks of OCB channels a group, 2 channels summed, 3 channels made (of a group),
 * 4 groups, 5 in dhw, 8 out dhw, 11 filter dhw, 14 stride dhw, 17 dilation dhw, 20 pad dhw, 23 blocks a part,
 * 24 parts a group, 25 flat, 26 absent, 27 floats in x, 28 tiles along y, 29 x, 31 packed w, 33 y, 35 epilogue
 * (conv_epilogue.clh).
 *
 * conv_pack_f32_direct_plain: packs weights to [group][block][channel summed][tap][OCB], from any strides, so that the
 * same kernel computes the input's gradient. The last block overlaps the one before.
 * NDRange: (channels summed, blocks of all groups). Words: 0 blocks a group, 1 channels summed, 2 channels made,
 * 3 taps, 4 strides of: channel made, channel summed, tap, group, 8 offset, 9 w, 11 packed.
 *
 * Macros: VW vector width; OCB; XB; SW 1 or 2: horizontal stride, 0: any; TAPS room for the taps of a filter. */
#include "conv_epilogue.clh"
#if !defined VW || !defined OCB || !defined XB || !defined SW || !defined TAPS
#error "conv_direct_plain.cl needs VW, OCB, XB, SW and TAPS"
#endif
#define ATR_VF ATR_PASTE(float, VW)
#define ATR_VI ATR_PASTE(int, VW)
#define ATR_AS_VF ATR_PASTE(as_float, VW)
#define ATR_AS_VI ATR_PASTE(as_int, VW)
#define ATR_VU ATR_PASTE(uint, VW)
#define ATR_AS_VU ATR_PASTE(as_uint, VW)
#define ATR_VLOAD ATR_PASTE(vload, VW)
#define ATR_VSTORE ATR_PASTE(vstore, VW)
#if VW == 16
#define ATR_LANES ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#define ATR_LAST_LANE(v) ((v).sf)
#elif VW == 8
#define ATR_LANES ((int8)(0, 1, 2, 3, 4, 5, 6, 7))
#define ATR_LAST_LANE(v) ((v).s7)
#else
#define ATR_LANES ((int4)(0, 1, 2, 3))
#define ATR_LAST_LANE(v) ((v).s3)
#endif
/* VW inputs from p on, SW apart. */
#if SW == 2
#define ATR_READ(p) ATR_PASTE(atr_join, VW)(ATR_VLOAD(0, p).even, ATR_VLOAD(0, (p) + VW - 1).odd)
#define ATR_SPAN (2 * VW - 1)
#else
#define ATR_READ(p) ATR_VLOAD(0, p)
#define ATR_SPAN VW
#endif
/* clang turns vstore16 into four stores; a vector type that need not be aligned is stored at once. */
#ifdef __clang__
#define ATR_STORE(v, p) *(__global loose *)(p) = (v)
#else
#define ATR_STORE(v, p) ATR_VSTORE(v, 0, p)
#endif
/* Only where the compiler's own target is a processor: SPIR-V knows no prefetch, and a driver that goes through it may end
 * the process over one. */
#if defined(__clang__) && (defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__) || defined(__riscv))
#define ATR_PREFETCH(p, write) __builtin_prefetch((const void *)(size_t)(p), write)
#else
#define ATR_PREFETCH(p, write)
#endif
#define ATR_UNROLL _Pragma("unroll")
ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_direct_plain)) {
  ATR_BEGIN;
#ifdef __clang__
  typedef ATR_VF __attribute__((aligned(4))) loose;
#endif
  const int tile = (int)ATR_GROUP(1) + (int)ATR_GROUP(2) * a[28];
  if (tile * XB >= a[0]) return;
  const int group = (int)ATR_GROUP(0) / a[24], part = (int)ATR_GROUP(0) - group * a[24];
  __global const float *x = ATR_PTR(29);
  const int id = a[5], ih = a[6], iw = a[7], od = a[8], oh = a[9], ow = a[10], flat = a[25];
  const int channel = id * ih * iw, plane = oh * ow;
  const int length = flat ? plane : ow; /* of a row */
  const int row_vectors = (length + VW - 1) / VW, rows = flat ? 1 : oh;
  const int lanes = min(length, VW);

  int from[XB], to[XB], z0[XB];
  ATR_VI y0[XB], x0[XB];
  {
    int g = tile * XB;
    int row = g / row_vectors, at = g - row * row_vectors;
    int slice = row / rows;
    row -= slice * rows;
    int n = slice / od, oz = slice - n * od;
    ATR_UNROLL for (int v = 0; v < XB; v++) {
      const int start = min(at * VW, length - lanes);
      ATR_VI oy = (ATR_VI)(row), ox = start + ATR_LANES;
      if (flat) {
        /* Quotients by way of floats may be off by one. */
        oy = ATR_PASTE(convert_int, VW)(ATR_PASTE(convert_float, VW)(ox) * (1.0f / (float)ow));
        ox -= oy * ow;
        oy = select(oy, oy - 1, ox < 0);
        ox = select(ox, ox + ow, ox < 0);
        oy = select(oy, oy + 1, ox >= ow);
        ox = select(ox, ox - ow, ox >= ow);
      }
      z0[v] = oz * a[14] - a[20];
      y0[v] = oy * a[15] - a[21];
      x0[v] = ox * a[16] - a[22];
      from[v] = (n * a[4] * a[2] + group * a[2]) * channel + (z0[v] * ih + y0[v].s0) * iw + x0[v].s0;
      x0[v] = select((ATR_VI)(-0x40000000), x0[v], ATR_LANES < lanes);
      to[v] = ((n * a[4] * a[3] + group * a[3]) * od + oz) * plane + row * ow + start;
      /* The next vector; past the last one the tile repeats it. */
      if (++g < a[0] && ++at == row_vectors) {
        at = 0;
        if (++row == rows) {
          row = 0;
          if (++oz == od) {
            oz = 0;
            n++;
          }
        }
      }
    }
  }

  /* The taps that may reach any input, and the lanes that they reach. */
  int taps = 0, low = 0x7fffffff, high = 0;
  int tap_x[TAPS], tap_w[TAPS];
  ATR_VI mask[TAPS][XB];
  for (int fz = 0; fz < a[11]; fz++)
    for (int fy = 0; fy < a[12]; fy++) {
      ATR_VI reached[XB];
      int some = 0;
      ATR_UNROLL for (int v = 0; v < XB; v++) {
        const int z = z0[v] + fz * a[17], dy = fy * a[18];
        const int reaches = z >= 0 && z < id;
        reached[v] = (ATR_AS_VU(y0[v] + dy) < (ATR_VU)(ih)) & (ATR_VI)(-reaches);
        some |= reaches && y0[v].s0 + dy < ih && ATR_LAST_LANE(y0[v]) + dy >= 0;
      }
      if (!some) continue;
      for (int fx = 0; fx < a[13]; fx++) {
        tap_x[taps] = (fz * a[17] * ih + fy * a[18]) * iw + fx * a[19];
        tap_w[taps] = ((fz * a[12] + fy) * a[13] + fx) * OCB;
        ATR_UNROLL for (int v = 0; v < XB; v++) {
          mask[taps][v] = (ATR_AS_VU(x0[v] + fx * a[19]) < (ATR_VU)(iw)) & reached[v];
          low = min(low, from[v] + tap_x[taps]);
          high = max(high, from[v] + tap_x[taps] + ATR_SPAN);
        }
        taps++;
      }
    }

  const int all_taps = a[11] * a[12] * a[13];
  const float low_clip = ATR_FLOAT(41), high_clip = ATR_FLOAT(42);
  const int end = min(part * a[23] + a[23], a[1]);
  for (int block = part * a[23]; block < end; block++) {
    const int first = min(block * OCB, a[3] - OCB);
    ATR_VF acc[OCB][XB];
    ATR_UNROLL for (int o = 0; o < OCB; o++) {
      const float bias = ATR_EPILOGUE_BEGIN(35, group * a[3] + first + o);
      ATR_UNROLL for (int v = 0; v < XB; v++) acc[o][v] = (ATR_VF)(bias);
    }
    __global float *y = ATR_PTR(33) + first * od * plane;
    __global const float *w = ATR_PTR(31) + (group * a[1] + block) * a[2] * all_taps * OCB;
    for (int c = 0; c < a[2]; c++) {
      __global const float *xc = x + c * channel, *wc = w + c * all_taps * OCB;
      /* Large planes stream from memory on more rows than the hardware follows: ask for the next tile's last row and
       * for the places of the results. */
      if (taps) {
        ATR_UNROLL for (int v = 0; v < XB; v++) ATR_PREFETCH(xc + from[v] + tap_x[taps - 1] + XB * VW, 0);
      }
      if (c < OCB) {
        ATR_UNROLL for (int v = 0; v < XB; v++) ATR_PREFETCH(y + c * od * plane + to[v], 1);
      }
      const int safe = SW != 0 && low + c * channel >= 0 && high + c * channel <= a[27];
#pragma unroll 1
      for (int t = 0; t < taps; t++) {
        ATR_VF in[XB];
        if (safe) {
          ATR_UNROLL for (int v = 0; v < XB; v++)
            in[v] = ATR_AS_VF(ATR_AS_VI(ATR_READ(xc + from[v] + tap_x[t])) & mask[t][v]);
        } else {
          float some[XB][VW];
          for (int v = 0; v < XB; v++)
            for (int l = 0; l < VW; l++) {
              const int reaches = ((__private const int *)&mask[t][v])[l];
              some[v][l] = reaches ? xc[from[v] + tap_x[t] + l * a[16]] : 0.0f;
            }
          ATR_UNROLL for (int v = 0; v < XB; v++) in[v] = ATR_VLOAD(0, some[v]);
        }
        __global const float *weight = wc + tap_w[t];
        ATR_UNROLL for (int o = 0; o < OCB; o++) {
          const ATR_VF scale = (ATR_VF)(weight[o]);
          ATR_UNROLL for (int v = 0; v < XB; v++) acc[o][v] = fma(in[v], scale, acc[o][v]);
        }
      }
    }
    if (lanes == VW) {
      const int scaled = !ATR_ABSENT(ATR_EPILOGUE_FACTOR(35)), added = !ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(35));
      __global const float *more = ATR_PTR(ATR_EPILOGUE_RESIDUAL(35)) + first * od * plane;
      ATR_UNROLL for (int o = 0; o < OCB; o++) {
        ATR_UNROLL for (int v = 0; v < XB; v++) {
          ATR_VF sum = acc[o][v];
          if (scaled) ATR_EPILOGUE_SCALE(35, group * a[3] + first + o, sum);
          if (added) sum += ATR_VLOAD(0, more + to[v] + o * od * plane);
          sum = sum < low_clip ? low_clip : sum;
          sum = sum > high_clip ? high_clip : sum;
          ATR_STORE(sum, y + to[v] + o * od * plane);
        }
      }
      continue;
    }
    /* An array of its own, since what is indexed by variables is kept in memory. */
    ATR_VF kept[OCB][XB];
    ATR_UNROLL for (int o = 0; o < OCB; o++) {
      ATR_UNROLL for (int v = 0; v < XB; v++) kept[o][v] = acc[o][v];
    }
    for (int i = 0; i < OCB * XB; i++) {
      const int o = i / XB, at = to[i % XB] + (first + o) * od * plane;
      float lane[VW];
      ATR_VSTORE(kept[o][i % XB], 0, lane);
      for (int l = 0; l < lanes; l++) {
        float sum = lane[l];
        if (!ATR_ABSENT(ATR_EPILOGUE_FACTOR(35))) ATR_EPILOGUE_SCALE(35, group * a[3] + first + o, sum);
        if (!ATR_ABSENT(ATR_EPILOGUE_RESIDUAL(35))) sum += ATR_PTR(ATR_EPILOGUE_RESIDUAL(35))[at + l];
        ATR_EPILOGUE_CLIP(35, sum);
        ATR_PTR(33)[at + l] = sum;
      }
    }
  }
}

ATR_TILE_KERNEL(ATR_FN(conv_pack_f32_direct_plain)) {
  ATR_BEGIN;
  const int c = (int)ATR_GROUP(0), at = (int)ATR_GROUP(1);
  const int group = at / a[0], block = at - group * a[0], taps = a[3];
  const int first = min(block * OCB, a[2] - OCB);
  __global const float *w = ATR_PTR(9) + a[8] + group * a[7] + first * a[4] + c * a[5];
  __global float *packed = ATR_PTR(11) + (at * a[1] + c) * taps * OCB;
  const int stride_o = a[4], stride_t = a[6];
  for (int t = 0; t < taps; t++, w += stride_t, packed += OCB) {
    ATR_UNROLL for (int o = 0; o < OCB; o++) packed[o] = w[o * stride_o];
  }
}
#undef ATR_VF
#undef ATR_VI
#undef ATR_AS_VF
#undef ATR_AS_VI
#undef ATR_VU
#undef ATR_AS_VU
#undef ATR_VLOAD
#undef ATR_VSTORE
#undef ATR_STORE
#undef ATR_PREFETCH
#undef ATR_LANES
#undef ATR_LAST_LANE
#undef ATR_READ
#undef ATR_SPAN
#undef ATR_UNROLL
