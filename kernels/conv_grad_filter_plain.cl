/* conv_grad_filter_plain.cl: the gradient of convolution's filter on plain NCHW for CPU-class devices; one work-group of
 * one item.
 *
 * conv_bwd_w_f32_direct_plain: an item takes a run of positions (vectors of VW neighbouring outputs, in the order of
 * images and places) in chunks of at most CHUNK, and a part of the filter. For a chunk it notes where each position
 * reads x for the first tap and, as bits, which lanes each tap reaches; for OCB output channels it copies dy to private
 * memory (zeros where a row ends); then RB columns of the filter (input channel, tap) at a time it sums OCB × RB
 * products in vectors, adds up their lanes and writes or adds to its slot. Where the output is as wide as the input and
 * the stride is 1 (`flat`), a plane counts as one row. Slots are added up in order by conv_grad_sums.cl, so the result
 * does not depend on the number of threads.
 * NDRange: (parts of columns × parts of output channels × groups, slots).
 * Words: 0 positions, 1 positions a chunk, 2 chunks, 3 slots, 4 input channels of a group, 5 output channels of a
 * group, 6 groups, 7 in dhw, 10 out dhw, 13 filter dhw, 16 stride dhw, 19 dilation dhw, 22 pad dhw, 25 parts of
 * output channels a group, 26 blocks a part, 27 parts of columns, 28 blocks a part, 29 flat, 30 floats in x, 31 floats
 * between slots, 32 x, 34 dy, 36 slots.
 *
 * Macros: VW vector width; OCB; RB; CHUNK; SW 1 or 2: horizontal stride, 0: any; TAPS room for the taps of a filter. */
#if !defined VW || !defined OCB || !defined RB || !defined CHUNK || !defined SW || !defined TAPS
#error "conv_grad_filter_plain.cl needs VW, OCB, RB, CHUNK, SW and TAPS"
#endif
#define ATR_VF ATR_PASTE(float, VW)
#define ATR_VI ATR_PASTE(int, VW)
#define ATR_VU ATR_PASTE(uint, VW)
#define ATR_AS_VU ATR_PASTE(as_uint, VW)
#define ATR_VLOAD ATR_PASTE(vload, VW)
#if VW == 16
#define ATR_LANES ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#elif VW == 8
#define ATR_LANES ((int8)(0, 1, 2, 3, 4, 5, 6, 7))
#else
#define ATR_LANES ((int4)(0, 1, 2, 3))
#endif
/* VW inputs from p on, SW apart. */
#if SW == 2
#define ATR_READ(p) ATR_PASTE(atr_join, VW)(ATR_VLOAD(0, p).even, ATR_VLOAD(0, (p) + VW - 1).odd)
#define ATR_SPAN (2 * VW - 1)
#else
#define ATR_READ(p) ATR_VLOAD(0, p)
#define ATR_SPAN VW
#endif
#define ATR_UNROLL _Pragma("unroll")

ATR_TILE_KERNEL(ATR_FN(conv_bwd_w_f32_direct_plain)) {
  ATR_BEGIN;
  const int slot = (int)ATR_GROUP(1);
  const int column_part = (int)ATR_GROUP(0) % a[27], rest = (int)ATR_GROUP(0) / a[27];
  const int channel_part = rest % a[25], group = rest / a[25];
  const int cg = a[4], ocg = a[5];
  const int id = a[7], ih = a[8], iw = a[9], od = a[10], oh = a[11], ow = a[12], flat = a[29];
  const int channel = id * ih * iw, plane = oh * ow, taps = a[13] * a[14] * a[15], columns = cg * taps;
  const int length = flat ? plane : ow; /* of a row */
  const int row_vectors = (length + VW - 1) / VW, rows = flat ? 1 : oh;
  __global const float *x = ATR_PTR(32) + group * cg * channel;
  __global const float *dy = ATR_PTR(34) + group * ocg * od * plane;
  __global float *sums = ATR_PTR(36) + slot * a[31] + group * ocg * columns;
  const int x_low = -group * cg * channel, x_high = a[30] + x_low; /* the bounds of the tensor, seen from x */
  const ATR_VI lane_bit = (ATR_VI)(1) << ATR_LANES;

  int tap_x[TAPS];
  for (int t = 0; t < taps; t++) {
    const int fx = t % a[15], fy = t / a[15] % a[14], fz = t / a[15] / a[14];
    tap_x[t] = (fz * a[19] * ih + fy * a[20]) * iw + fx * a[21];
  }

  int from[CHUNK], bits[TAPS][CHUNK];
  ATR_VF out[CHUNK][OCB];
  const int chunk_end = (slot + 1) * a[2] / a[3];
  for (int chunk = slot * a[2] / a[3], begun = 0; chunk < chunk_end; chunk++, begun = 1) {
    const int base = chunk * a[1], count = min(a[1], a[0] - base);
    int out_from[CHUNK], lanes[CHUNK];
    int row = base / row_vectors, at = base - row * row_vectors;
    int slice = row / rows;
    row -= slice * rows;
    int n = slice / od, oz = slice - n * od;
    for (int p = 0; p < count; p++) {
      const int start = at * VW;
      const int oy0 = flat ? start / ow : row, ox0 = flat ? start - oy0 * ow : start;
      const int z0 = oz * a[16] - a[22], y0 = oy0 * a[17] - a[23], x0 = ox0 * a[18] - a[24];
      from[p] = n * a[6] * cg * channel + (z0 * ih + y0) * iw + x0;
      out_from[p] = (n * a[6] * ocg * od + oz) * plane + row * ow + start;
      lanes[p] = min(VW, length - start);
      const int last_x = x0 + (VW - 1) * a[18] + (a[15] - 1) * a[21];
      if (x0 >= 0 && last_x < iw && ox0 + VW <= ow && y0 >= 0 && y0 + (a[14] - 1) * a[20] < ih && z0 >= 0 &&
          z0 + (a[13] - 1) * a[19] < id) {
        for (int t = 0; t < taps; t++) bits[t][p] = (int)((1u << VW) - 1u);
      } else {
        ATR_VI oy = (ATR_VI)(oy0), ox = ox0 + ATR_LANES;
        if (flat) {
          /* Quotients by way of floats may be off by one. */
          const ATR_VI down =
              ATR_PASTE(convert_int, VW)(ATR_PASTE(convert_float, VW)(ox) * (1.0f / (float)ow));
          oy += down;
          ox -= down * ow;
          oy = select(oy, oy - 1, ox < 0);
          ox = select(ox, ox + ow, ox < 0);
          oy = select(oy, oy + 1, ox >= ow);
          ox = select(ox, ox - ow, ox >= ow);
        }
        const ATR_VI iy = oy * a[17] - a[23], ix = ox * a[18] - a[24];
        int t = 0;
        for (int fz = 0; fz < a[13]; fz++)
          for (int fy = 0; fy < a[14]; fy++) {
            const int z = z0 + fz * a[19];
            ATR_VI reached = select((ATR_VI)(0), lane_bit, ATR_AS_VU(iy + fy * a[20]) < (ATR_VU)(ih));
            reached = select((ATR_VI)(0), reached, ATR_LANES < (z >= 0 && z < id ? lanes[p] : 0));
            for (int fx = 0; fx < a[15]; fx++, t++) {
              const ATR_VI hit = select((ATR_VI)(0), reached, ATR_AS_VU(ix + fx * a[21]) < (ATR_VU)(iw));
#if VW == 16
              const int8 half8 = hit.lo | hit.hi;
              const int4 half4 = half8.lo | half8.hi;
#elif VW == 8
              const int4 half4 = hit.lo | hit.hi;
#else
              const int4 half4 = hit;
#endif
              bits[t][p] = half4.x | half4.y | half4.z | half4.w;
            }
          }
      }
      if (++at == row_vectors) {
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

    const int block_end = min((channel_part + 1) * a[26] * OCB, ocg);
    for (int oc = channel_part * a[26] * OCB; oc < block_end; oc += OCB) {
      for (int p = 0; p < count; p++)
        for (int o = 0; o < OCB; o++) {
          __global const float *row_of = dy + out_from[p] + (oc + o) * od * plane;
          float part[VW];
          if (oc + o < ocg && lanes[p] == VW) {
            out[p][o] = ATR_VLOAD(0, row_of);
            continue;
          }
          for (int l = 0; l < VW; l++) part[l] = oc + o < ocg && l < lanes[p] ? row_of[l] : 0.0f;
          out[p][o] = ATR_VLOAD(0, part);
        }
      const int column_end = min((column_part + 1) * a[28] * RB, columns);
      for (int first = column_part * a[28] * RB; first < column_end; first += RB) {
        __global const float *column[RB];
        __private const int *reach[RB];
        int low = x_high, high = x_low; /* of a column's first read */
        ATR_UNROLL for (int r = 0; r < RB; r++) {
          const int k = min(first + r, columns - 1), c = k / taps, t = k - c * taps;
          const int offset = c * channel + tap_x[t];
          column[r] = x + offset;
          reach[r] = bits[t];
          low = min(low, offset);
          high = max(high, offset);
        }
        low = x_low - low;
        high = x_high - ATR_SPAN - high;
        ATR_VF acc[OCB][RB];
        ATR_UNROLL for (int o = 0; o < OCB; o++) {
          ATR_UNROLL for (int r = 0; r < RB; r++) acc[o][r] = (ATR_VF)(0.0f);
        }
        /* Positions ascend, so those that would read outside the tensor come first and last. */
        int safe = 0, safe_end = count;
#if SW != 0
        while (safe < count && from[safe] < low) safe++;
        while (safe_end > safe && from[safe_end - 1] > high) safe_end--;
#endif
#pragma unroll 1
        for (int p = safe; p < safe_end; p++) {
          ATR_VF in[RB];
#if SW != 0
          ATR_UNROLL for (int r = 0; r < RB; r++)
            in[r] = select((ATR_VF)(0.0f), ATR_READ(column[r] + from[p]), ((ATR_VI)(reach[r][p]) & lane_bit) != 0);
#else
          float some[RB][VW];
          for (int r = 0; r < RB; r++)
            for (int l = 0; l < VW; l++)
              some[r][l] = reach[r][p] >> l & 1 ? column[r][from[p] + l * a[18]] : 0.0f;
          ATR_UNROLL for (int r = 0; r < RB; r++) in[r] = ATR_VLOAD(0, some[r]);
#endif
          ATR_UNROLL for (int o = 0; o < OCB; o++) {
            const ATR_VF by = out[p][o];
            ATR_UNROLL for (int r = 0; r < RB; r++) acc[o][r] = fma(by, in[r], acc[o][r]);
          }
        }
        float sum[RB][4 * OCB]; /* every fourth */
        ATR_UNROLL for (int r = 0; r < RB; r++) {
#if VW == 16 && OCB == 4
          /* Four accumulators at a time: quarters of a vector, then all their lanes at once. */
          const ATR_VF ab = (ATR_VF)(acc[0][r].lo, acc[1][r].lo) + (ATR_VF)(acc[0][r].hi, acc[1][r].hi);
          const ATR_VF cd = (ATR_VF)(acc[2][r].lo, acc[3][r].lo) + (ATR_VF)(acc[2][r].hi, acc[3][r].hi);
          const ATR_VF quarters = (ATR_VF)(ab.lo.lo, ab.hi.lo, cd.lo.lo, cd.hi.lo) +
                                  (ATR_VF)(ab.lo.hi, ab.hi.hi, cd.lo.hi, cd.hi.hi);
          const ATR_VF pairs = quarters + quarters.s23016745ab89efcd;
          vstore16(pairs + pairs.s1032547698badcfe, 0, sum[r]);
#else
          ATR_UNROLL for (int o = 0; o < OCB; o++) {
#if VW == 16
            const float8 half8 = acc[o][r].lo + acc[o][r].hi;
            const float4 half4 = half8.lo + half8.hi;
#elif VW == 8
            const float4 half4 = acc[o][r].lo + acc[o][r].hi;
#else
            const float4 half4 = acc[o][r];
#endif
            sum[r][4 * o] = (half4.x + half4.z) + (half4.y + half4.w);
          }
#endif
        }
        for (int p = 0; p < count; p++) {
          if (p == safe) p = safe_end;
          if (p == count) break;
          for (int l = 0; l < VW; l++)
            for (int r = 0; r < RB; r++)
              if (reach[r][p] >> l & 1)
                for (int o = 0; o < OCB; o++)
                  sum[r][4 * o] = fma(((__private const float *)&out[p][o])[l], column[r][from[p] + l * a[18]],
                                       sum[r][4 * o]);
        }
        for (int o = 0; o < min(OCB, ocg - oc); o++)
          for (int r = 0; r < min(RB, columns - first); r++) {
            __global float *to = sums + (oc + o) * columns + first + r;
            *to = begun ? *to + sum[r][4 * o] : sum[r][4 * o];
          }
      }
    }
  }
}

#undef ATR_VF
#undef ATR_VI
#undef ATR_VU
#undef ATR_AS_VU
#undef ATR_VLOAD
#undef ATR_LANES
#undef ATR_READ
#undef ATR_SPAN
#undef ATR_UNROLL
