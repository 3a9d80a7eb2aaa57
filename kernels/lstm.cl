/* lstm.cl: LSTM along a whole sequence and backwards through it, a line a work-group. Macro: VW, see recurrent.clh,
 * which has words 0 to 32. Blocks of z: i, o, f, c; of peepholes: i, o, f. Vectors of a line: h, C (backward: their
 * gradients), sums (4).
 * lstm_fwd: 33 z, 35 initial h, 37 initial C, 39 P, 41 Y, 43 Y_h, 45 Y_c, 47 C of every step, 49 input_forget. z is
 *   W·x + biases on entry; R·h is added, k ascending, then P·C.
 * lstm_bwd: 33 Y, 35 z, 37 initial h, 39 initial C, 41 P, 43 C, 45 dY, 47 dY_h, 49 dY_c, 51 dz, 53 h before each step,
 *   55 C before, 57 and 59 gradients of the initial h and C, 61 input_forget.
 * Tensors may be absent, but for z, and C in lstm_bwd. */
#include "recurrent.clh"
#ifndef VW
#error "lstm.cl needs VW"
#endif
#if VW == 1
#define ATR_LSTM_FWD ATR_KERNEL(ATR_FN(lstm_fwd_f32_baseline))
#define ATR_LSTM_BWD ATR_KERNEL(ATR_FN(lstm_bwd_f32_baseline))
#else
#define ATR_LSTM_FWD ATR_TILE_KERNEL(ATR_FN(lstm_fwd_f32_tiles))
#define ATR_LSTM_BWD ATR_TILE_KERNEL(ATR_FN(lstm_bwd_f32_tiles))
#endif
#define ATR_LSTM_ZERO ((ATR_RV)(0.0f))
/* 16 lanes (or 1) of vector `at` of hid elements of the tensor at this word; zeros where it is absent. */
#define ATR_LSTM_GET(word, at)                                                                                    \
  (ATR_ABSENT(word) ? ATR_LSTM_ZERO : ATR_R(load)(ATR_PTR(word) + (size_t)(at) * hid + j, hid - j))
#define ATR_LSTM_PUT(value, word, at)                                                                             \
  if (!ATR_ABSENT(word)) ATR_R(store)(value, ATR_PTR(word) + (size_t)(at) * hid + j, hid - j)

ATR_LSTM_FWD {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * 4 * padded;
  __global float *h = own, *c = own + padded, *sums = own + 2 * padded;
  ATR_RECURRENT_EACH(j) {
    ATR_R(store)(ATR_LSTM_GET(35, state_at), h + j, 16);
    ATR_R(store)(ATR_LSTM_GET(37, state_at), c + j, 16);
  }
  ATR_RECURRENT_SYNC;
  for (int s = 0; s < a[0]; s++) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t), out = ATR_RECURRENT_Y(t);
    if (s < length) ATR_R(product)(sums, matrix, h, hid, 4 * padded, 4 * padded);
    ATR_RECURRENT_SYNC;
    ATR_RECURRENT_EACH(j) {
      ATR_RV zi = ATR_LSTM_ZERO, zo = zi, zf = zi, zc = zi, cell = zi, v = zi;
      if (s < length) {
        const ATR_RV was = ATR_R(load)(c + j, 16);
        zi = ATR_LSTM_GET(33, 4 * row) + ATR_R(load)(sums + j, 16) + ATR_LSTM_GET(39, 3 * d) * was;
        zo = ATR_LSTM_GET(33, 4 * row + 1) + ATR_R(load)(sums + padded + j, 16);
        zf = ATR_LSTM_GET(33, 4 * row + 2) + ATR_R(load)(sums + 2 * padded + j, 16) + ATR_LSTM_GET(39, 3 * d + 2) * was;
        zc = ATR_LSTM_GET(33, 4 * row + 3) + ATR_R(load)(sums + 3 * padded + j, 16);
        const ATR_RV in = ATR_R(value)(ATR_RECURRENT_F(0), zi);
        const ATR_RV keep = a[49] ? (ATR_RV)(1.0f) - in : ATR_R(value)(ATR_RECURRENT_F(0), zf);
        cell = keep * was + in * ATR_R(value)(ATR_RECURRENT_F(1), zc);
        zo += ATR_LSTM_GET(39, 3 * d + 1) * cell;
        v = ATR_R(value)(ATR_RECURRENT_F(0), zo) * ATR_R(value)(ATR_RECURRENT_F(2), cell);
        ATR_R(store)(v, h + j, 16);
        ATR_R(store)(cell, c + j, 16);
      }
      ATR_LSTM_PUT(zi, 33, 4 * row);
      ATR_LSTM_PUT(zo, 33, 4 * row + 1);
      ATR_LSTM_PUT(zf, 33, 4 * row + 2);
      ATR_LSTM_PUT(zc, 33, 4 * row + 3);
      ATR_LSTM_PUT(v, 41, out);
      ATR_LSTM_PUT(cell, 47, row);
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_LSTM_PUT(ATR_R(load)(h + j, 16), 43, state_at);
    ATR_LSTM_PUT(ATR_R(load)(c + j, 16), 45, state_at);
  }
}

ATR_LSTM_BWD {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * 4 * padded;
  __global float *dh = own, *dc = own + padded, *sums = own + 2 * padded;
  ATR_RECURRENT_EACH(j) {
    ATR_R(store)(ATR_LSTM_GET(47, state_at), dh + j, 16);
    ATR_R(store)(ATR_LSTM_GET(49, state_at), dc + j, 16);
  }
  ATR_RECURRENT_SYNC;
  for (int s = a[0] - 1; s >= 0; s--) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t), last = ATR_RECURRENT_STEP(s - 1);
    ATR_RECURRENT_EACH(j) {
      ATR_RV dzi = ATR_LSTM_ZERO, dzo = dzi, dzf = dzi, dzc = dzi, before = dzi, was = dzi;
      if (s < length) {
        const ATR_RV zi = ATR_LSTM_GET(35, 4 * row), zo = ATR_LSTM_GET(35, 4 * row + 1),
                     zf = ATR_LSTM_GET(35, 4 * row + 2), zc = ATR_LSTM_GET(35, 4 * row + 3);
        const ATR_RV cell = ATR_LSTM_GET(43, row);
        if (s) {
          before = ATR_LSTM_GET(33, ATR_RECURRENT_Y(last));
          was = ATR_LSTM_GET(43, ATR_RECURRENT_ROW(last));
        } else {
          before = ATR_LSTM_GET(37, state_at);
          was = ATR_LSTM_GET(39, state_at);
        }
        const ATR_RV arrives = ATR_R(load)(dh + j, 16) + ATR_LSTM_GET(45, ATR_RECURRENT_Y(t));
        const ATR_RV in = ATR_R(value)(ATR_RECURRENT_F(0), zi);
        const ATR_RV keep = a[61] ? (ATR_RV)(1.0f) - in : ATR_R(value)(ATR_RECURRENT_F(0), zf);
        dzo = arrives * ATR_R(value)(ATR_RECURRENT_F(2), cell) * ATR_R(slope)(ATR_RECURRENT_F(0), zo);
        const ATR_RV here = ATR_R(load)(dc + j, 16) +
                            arrives * ATR_R(value)(ATR_RECURRENT_F(0), zo) * ATR_R(slope)(ATR_RECURRENT_F(2), cell) +
                            ATR_LSTM_GET(41, 3 * d + 1) * dzo;
        const ATR_RV candidate = ATR_R(value)(ATR_RECURRENT_F(1), zc);
        dzi = here * (a[61] ? candidate - was : candidate) * ATR_R(slope)(ATR_RECURRENT_F(0), zi);
        if (!a[61]) dzf = here * was * ATR_R(slope)(ATR_RECURRENT_F(0), zf);
        dzc = here * in * ATR_R(slope)(ATR_RECURRENT_F(1), zc);
        ATR_R(store)(here * keep + ATR_LSTM_GET(41, 3 * d) * dzi + ATR_LSTM_GET(41, 3 * d + 2) * dzf, dc + j, 16);
        ATR_R(store)(dzi, sums + j, hid - j);
        ATR_R(store)(dzo, sums + hid + j, hid - j);
        ATR_R(store)(dzf, sums + 2 * hid + j, hid - j);
        ATR_R(store)(dzc, sums + 3 * hid + j, hid - j);
      }
      ATR_LSTM_PUT(dzi, 51, 4 * row);
      ATR_LSTM_PUT(dzo, 51, 4 * row + 1);
      ATR_LSTM_PUT(dzf, 51, 4 * row + 2);
      ATR_LSTM_PUT(dzc, 51, 4 * row + 3);
      ATR_LSTM_PUT(before, 53, row);
      ATR_LSTM_PUT(was, 55, row);
    }
    ATR_RECURRENT_SYNC;
    if (s < length) ATR_R(product)(dh, matrix, sums, 4 * hid, padded, padded);
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_LSTM_PUT(ATR_R(load)(dh + j, 16), 57, state_at);
    ATR_LSTM_PUT(ATR_R(load)(dc + j, 16), 59, state_at);
  }
}
#undef ATR_LSTM_FWD
#undef ATR_LSTM_BWD
#undef ATR_LSTM_ZERO
#undef ATR_LSTM_GET
#undef ATR_LSTM_PUT
