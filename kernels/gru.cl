/* gru.cl: GRU along a whole sequence and backwards through it, a line a work-group. Macro: VW, see recurrent.clh, which
 * has words 0 to 32. Blocks: z, r, h. "met" is what the last block of R meets (r·H) or, with linear_before_reset, gives
 * (R·H + Rb).
 * gru_fwd: 33 pre, 35 initial h, 37 B, 39 Y, 41 Y_h, 43 met, 45 linear_before_reset. pre is W·x + biases on entry
 *   (without Rb of the last block, with linear_before_reset); R's share is added, k ascending. Vectors of a line: h, met,
 *   sums (3).
 * gru_bwd: 33 Y, 35 pre, 37 initial h, 39 met, 41 dY, 43 dY_h, 45 dpre, 47 h before each step, 49 gradient of met (with
 *   linear_before_reset), 51 of the initial h, 53 linear_before_reset. Vectors: gradient of h through R, that past R, that
 *   of r·H, sums (3).
 * Tensors may be absent, but for pre, and met in gru_bwd with linear_before_reset. */
#include "recurrent.clh"
#ifndef VW
#error "gru.cl needs VW"
#endif
#if VW == 1
#define ATR_GRU_FWD ATR_KERNEL(ATR_FN(gru_fwd_f32_baseline))
#define ATR_GRU_BWD ATR_KERNEL(ATR_FN(gru_bwd_f32_baseline))
#else
#define ATR_GRU_FWD ATR_TILE_KERNEL(ATR_FN(gru_fwd_f32_tiles))
#define ATR_GRU_BWD ATR_TILE_KERNEL(ATR_FN(gru_bwd_f32_tiles))
#endif
#define ATR_GRU_ZERO ((ATR_RV)(0.0f))
#define ATR_GRU_ONE ((ATR_RV)(1.0f))
/* 16 lanes (or 1) of vector `at` of hid elements of the tensor at this word; zeros where it is absent. */
#define ATR_GRU_GET(word, at)                                                                                     \
  (ATR_ABSENT(word) ? ATR_GRU_ZERO : ATR_R(load)(ATR_PTR(word) + (size_t)(at) * hid + j, hid - j))
#define ATR_GRU_PUT(value, word, at)                                                                              \
  if (!ATR_ABSENT(word)) ATR_R(store)(value, ATR_PTR(word) + (size_t)(at) * hid + j, hid - j)

ATR_GRU_FWD {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * 3 * padded;
  __global float *h = own, *met = own + padded, *sums = own + 2 * padded;
  const int linear = a[45];
  ATR_RECURRENT_EACH(j) ATR_R(store)(ATR_GRU_GET(35, state_at), h + j, 16);
  ATR_RECURRENT_SYNC;
  for (int s = 0; s < a[0]; s++) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t), out = ATR_RECURRENT_Y(t);
    if (s < length) ATR_R(product)(sums, matrix, h, hid, (linear ? 3 : 2) * padded, 3 * padded);
    ATR_RECURRENT_SYNC;
    if (!linear) {
      ATR_RECURRENT_EACH(j) {
        const ATR_RV zr = ATR_GRU_GET(33, 3 * row + 1) + ATR_R(load)(sums + padded + j, 16);
        ATR_R(store)(ATR_R(value)(ATR_RECURRENT_F(0), zr) * ATR_R(load)(h + j, 16), met + j, 16);
      }
      ATR_RECURRENT_SYNC;
      if (s < length)
        ATR_R(product)(sums + 2 * padded, matrix + 2 * padded, met, hid, padded, 3 * padded);
      ATR_RECURRENT_SYNC;
    }
    ATR_RECURRENT_EACH(j) {
      ATR_RV zz = ATR_GRU_ZERO, zr = zz, zh = zz, meets = zz, v = zz;
      if (s < length) {
        zz = ATR_GRU_GET(33, 3 * row) + ATR_R(load)(sums + j, 16);
        zr = ATR_GRU_GET(33, 3 * row + 1) + ATR_R(load)(sums + padded + j, 16);
        zh = ATR_R(load)(sums + 2 * padded + j, 16);
        if (linear) {
          meets = zh + ATR_GRU_GET(37, 6 * d + 5);
          zh = ATR_R(value)(ATR_RECURRENT_F(0), zr) * meets;
        } else
          meets = ATR_R(load)(met + j, 16);
        zh += ATR_GRU_GET(33, 3 * row + 2);
        const ATR_RV z = ATR_R(value)(ATR_RECURRENT_F(0), zz);
        v = (ATR_GRU_ONE - z) * ATR_R(value)(ATR_RECURRENT_F(1), zh) + z * ATR_R(load)(h + j, 16);
        ATR_R(store)(v, h + j, 16);
      }
      ATR_GRU_PUT(zz, 33, 3 * row);
      ATR_GRU_PUT(zr, 33, 3 * row + 1);
      ATR_GRU_PUT(zh, 33, 3 * row + 2);
      ATR_GRU_PUT(v, 39, out);
      ATR_GRU_PUT(meets, 43, row);
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) { ATR_GRU_PUT(ATR_R(load)(h + j, 16), 41, state_at); }
}

ATR_GRU_BWD {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * 3 * padded;
  __global float *carry = own, *direct = own + padded, *u = own + 2 * padded, *sums = own + 3 * padded;
  const int linear = a[53];
  ATR_RECURRENT_EACH(j) {
    ATR_R(store)(ATR_GRU_GET(43, state_at), carry + j, 16);
    ATR_R(store)(ATR_GRU_ZERO, direct + j, 16);
  }
  ATR_RECURRENT_SYNC;
  for (int s = a[0] - 1; s >= 0; s--) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t);
    const int was = s ? ATR_RECURRENT_Y(ATR_RECURRENT_STEP(s - 1)) : state_at, from = s ? 33 : 37;
    ATR_RECURRENT_EACH(j) {
      ATR_RV dzz = ATR_GRU_ZERO, dzh = dzz, before = dzz;
      if (s < length) {
        before = ATR_GRU_GET(from, was);
        const ATR_RV zz = ATR_GRU_GET(35, 3 * row), zh = ATR_GRU_GET(35, 3 * row + 2);
        const ATR_RV dh = ATR_R(load)(carry + j, 16) + ATR_R(load)(direct + j, 16) + ATR_GRU_GET(41, ATR_RECURRENT_Y(t));
        const ATR_RV z = ATR_R(value)(ATR_RECURRENT_F(0), zz);
        dzz = dh * (before - ATR_R(value)(ATR_RECURRENT_F(1), zh)) * ATR_R(slope)(ATR_RECURRENT_F(0), zz);
        dzh = dh * (ATR_GRU_ONE - z) * ATR_R(slope)(ATR_RECURRENT_F(1), zh);
        ATR_R(store)(dh * z, direct + j, 16);
        ATR_R(store)(dzz, sums + j, hid - j);
        ATR_R(store)(dzh, sums + 2 * hid + j, hid - j);
      }
      ATR_GRU_PUT(dzz, 45, 3 * row);
      ATR_GRU_PUT(dzh, 45, 3 * row + 2);
      ATR_GRU_PUT(before, 47, row);
    }
    ATR_RECURRENT_SYNC;
    if (!linear) {
      if (s < length)
        ATR_R(product)(u, matrix + 2 * hid * padded, sums + 2 * hid, hid, padded, padded);
      ATR_RECURRENT_SYNC;
    }
    ATR_RECURRENT_EACH(j) {
      ATR_RV dzr = ATR_GRU_ZERO, dmet = dzr;
      if (s < length) {
        const ATR_RV zr = ATR_GRU_GET(35, 3 * row + 1), r = ATR_R(value)(ATR_RECURRENT_F(0), zr);
        dzr = ATR_R(slope)(ATR_RECURRENT_F(0), zr);
        if (linear) {
          const ATR_RV dzh = ATR_R(load)(sums + 2 * hid + j, hid - j);
          dzr *= dzh * ATR_GRU_GET(39, row);
          dmet = dzh * r;
          ATR_R(store)(dmet, sums + 2 * hid + j, hid - j);
        } else {
          const ATR_RV back = ATR_R(load)(u + j, 16);
          dzr *= back * ATR_GRU_GET(from, was);
          ATR_R(store)(ATR_R(load)(direct + j, 16) + back * r, direct + j, 16);
        }
        ATR_R(store)(dzr, sums + hid + j, hid - j);
      }
      ATR_GRU_PUT(dzr, 45, 3 * row + 1);
      ATR_GRU_PUT(dmet, 49, row);
    }
    ATR_RECURRENT_SYNC;
    if (s < length) ATR_R(product)(carry, matrix, sums, (linear ? 3 : 2) * hid, padded, padded);
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_GRU_PUT(ATR_R(load)(carry + j, 16) + ATR_R(load)(direct + j, 16), 51, state_at);
  }
}
#undef ATR_GRU_FWD
#undef ATR_GRU_BWD
#undef ATR_GRU_ZERO
#undef ATR_GRU_ONE
#undef ATR_GRU_GET
#undef ATR_GRU_PUT
