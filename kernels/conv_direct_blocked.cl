/* conv_direct_blocked.cl: direct convolution in blocked layout for CPU-class devices, 1-D and 2-D, one group.
 *
 * conv_fwd_f32_direct_blocked<suffix>: one work-group of one item a tile: TW neighbouring outputs of a row × OCB = NV · VW
 * output channels, in TW · NV vector registers. x [n][cb][h][w][16], w packed [ocb][cb][fh][fw][16][OCB],
 * y [n][oc/16][oh][ow][16]. NDRange: x tiles of a row, y output rows, z samples × blocks of OCB channels.
 * Words: 0 cb, 1 h, 2 w, 3 oh, 4 ow, 5 fh, 6 fw, 7 sh, 8 sw, 9 dh, 10 dw, 11 pt, 12 pl, 13 activation, 14 blocks of OCB,
 * 15 blocks of 16 in y, 16 oc, 17 x, 19 w, 21 b or absent, 23 y, 32 sixteen zeros.
 * Order of accumulation, for every output: blocks of 16 input channels, filter rows, filter columns, channels of the
 * block, by fma from 0; then the bias. Taps outside the input are skipped where the whole tile misses it; where part of a
 * tile does, those outputs read the zeros at word 32, so nothing outside x is read.
 *
 * conv_pack_f32_direct_blocked<suffix>: w [oc][c][fh][fw] to the packed form; words: 0 count, 1 oc, 2 c, 3 taps, 4 cb,
 * 5 w, 7 packed.
 *
 * Macros: TW (tile width), NV (vectors), VW (floats in a vector: 16 or 8), SW (stride along w: a constant, because
 * TW addresses that depend on a variable do not fit the registers). */
#if !defined(TW) || !defined(NV) || !defined(VW) || !defined(SW)
#error "TW, NV, VW and SW must be defined"
#endif
#define ATR_OCB (NV * VW)
#if VW == 16
#define ATR_VEC float16
#else
#define ATR_VEC float8
#endif

#if TW == 14
#define ATR_EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13)
#elif TW == 13
#define ATR_EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12)
#elif TW == 8
#define ATR_EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7)
#elif TW == 7
#define ATR_EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6)
#elif TW == 6
#define ATR_EACH(M) M(0) M(1) M(2) M(3) M(4) M(5)
#elif TW == 4
#define ATR_EACH(M) M(0) M(1) M(2) M(3)
#else
#error "TW must be 14, 13, 8, 7, 6 or 4"
#endif

/* NV is 2 throughout: two weight vectors, two accumulators an output. */
#define ATR_DECLARE(p) ATR_VEC s##p##_0 = (ATR_VEC)(0.0f), s##p##_1 = (ATR_VEC)(0.0f);
#define ATR_WHOLE(p)                                                                                              \
  {                                                                                                               \
    const ATR_VEC v = (ATR_VEC)(xp[(p) * SW * 16 + k]);                                                              \
    s##p##_0 = fma(v, w0, s##p##_0);                                                                              \
    s##p##_1 = fma(v, w1, s##p##_1);                                                                              \
  }
#define ATR_POINT(p) __global const float *q##p = (p) >= low && (p) < high ? xp + (p) * SW * 16 : zeros;
#define ATR_PARTIAL(p)                                                                                            \
  {                                                                                                               \
    const ATR_VEC v = (ATR_VEC)(q##p[k]);                                                                         \
    s##p##_0 = fma(v, w0, s##p##_0);                                                                              \
    s##p##_1 = fma(v, w1, s##p##_1);                                                                              \
  }
#define ATR_STORE_AT(p, j, sum)                                                                                   \
  if (ox + (p) < ow && channel + (j) * VW < oc) {                                                                 \
    ATR_VEC v = sum + b##j;                                                                                       \
    if (a[13] == 1) v = select((ATR_VEC)(0.0f), v, v > (ATR_VEC)(0.0f) | v != v);                                 \
    *(__global ATR_VEC *)(y + (size_t)((channel + (j) * VW) / 16) * plane + (p) * 16 + (channel + (j) * VW) % 16) = v; \
  }
#define ATR_STORE(p) ATR_STORE_AT(p, 0, s##p##_0) ATR_STORE_AT(p, 1, s##p##_1)

ATR_TILE_KERNEL(ATR_FN(conv_fwd_f32_direct_blocked)) {
  ATR_BEGIN;
  const int cb = a[0], h = a[1], w_in = a[2], oh = a[3], ow = a[4], fh = a[5], fw = a[6];
  const int sh = a[7], sw = SW, dh = a[9], dw = a[10], pt = a[11], pl = a[12], blocks = a[14], oc = a[16];
  const int ob = get_group_id(2) % blocks, n = get_group_id(2) / blocks, oy = get_group_id(1);
  int ox = get_group_id(0) * TW;
  if (ox + TW > ow && ow >= TW) ox = ow - TW; /* the last tile overlaps its neighbour: the same values twice */
  const int live = min(TW, ow - ox);
  __global const float *zeros = (__global const float *)(a + 32);
  __global const float *xn = ATR_PTR(17) + (size_t)n * cb * h * w_in * 16;
  __global const float *wn = ATR_PTR(19) + (size_t)ob * cb * fh * fw * 16 * ATR_OCB;
  ATR_EACH(ATR_DECLARE)
  const int iy0 = oy * sh - pt, ix0 = ox * sw - pl;
  const int ky0 = iy0 >= 0 ? 0 : (-iy0 + dh - 1) / dh, ky1 = min(fh, (h - 1 - iy0 + dh) / dh);
  for (int block = 0; block < cb; block++) {
    for (int ky = ky0; ky < ky1; ky++) {
      __global const float *row = xn + ((size_t)block * h + iy0 + ky * dh) * w_in * 16;
      for (int kx = 0; kx < fw; kx++) {
        const int ix = ix0 + kx * dw;
        const int low = ix >= 0 ? 0 : (-ix + sw - 1) / sw, high = ix < w_in ? min(live, (w_in - 1 - ix) / sw + 1) : 0;
        if (low >= high) continue;
        __global const float *xp = row + ix * 16;
        __global const float *wp = wn + (((size_t)block * fh + ky) * fw + kx) * 16 * ATR_OCB;
        if (low == 0 && high == TW) {
#pragma unroll 1
          for (int k = 0; k < 16; k++, wp += ATR_OCB) {
            const ATR_VEC w0 = *(__global const ATR_VEC *)wp, w1 = *(__global const ATR_VEC *)(wp + VW);
            ATR_EACH(ATR_WHOLE)
          }
        } else {
          ATR_EACH(ATR_POINT)
#pragma unroll 1
          for (int k = 0; k < 16; k++, wp += ATR_OCB) {
            const ATR_VEC w0 = *(__global const ATR_VEC *)wp, w1 = *(__global const ATR_VEC *)(wp + VW);
            ATR_EACH(ATR_PARTIAL)
          }
        }
      }
    }
  }
  const size_t plane = (size_t)oh * ow * 16;
  const int channel = ob * ATR_OCB;
  __global float *y = ATR_PTR(23) + (size_t)n * a[15] * plane + ((size_t)oy * ow + ox) * 16;
  ATR_VEC b0 = (ATR_VEC)(0.0f), b1 = (ATR_VEC)(0.0f);
  if (!ATR_ABSENT(21)) {
    __global const float *b = ATR_PTR(21);
    float edge[ATR_OCB]; /* channels behind the last have no bias */
    for (int k = 0; k < ATR_OCB; k++) edge[k] = channel + k < oc ? b[channel + k] : 0.0f;
#if VW == 16
    b0 = vload16(0, edge);
    b1 = vload16(1, edge);
#else
    b0 = vload8(0, edge);
    b1 = vload8(1, edge);
#endif
  }
  ATR_EACH(ATR_STORE)
}

ATR_KERNEL(ATR_FN(conv_pack_f32_direct_blocked)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int oc = a[1], c = a[2], taps = a[3], cb = a[4];
  const int o = i % ATR_OCB, k = i / ATR_OCB % 16, tap = i / ATR_OCB / 16 % taps;
  const int block = i / ATR_OCB / 16 / taps % cb, ob = i / ATR_OCB / 16 / taps / cb;
  const int out = ob * ATR_OCB + o, in = block * 16 + k;
  ATR_PTR(7)[i] = out < oc && in < c ? ATR_PTR(5)[((size_t)out * c + in) * taps + tap] : 0.0f;
}

#undef ATR_OCB
#undef ATR_VEC
#undef ATR_EACH
#undef ATR_DECLARE
#undef ATR_WHOLE
#undef ATR_POINT
#undef ATR_PARTIAL
#undef ATR_STORE_AT
#undef ATR_STORE
