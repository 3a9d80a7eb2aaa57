/* lstm.cl: LSTM along a whole sequence and backwards through it, a line a work-group. See recurrent.clh,
 * which has words 0 to 32. Blocks of z: i, o, f, c; of peepholes: i, o, f. Vectors of a line: h, C (backward: their
 * gradients), sums (4).
 * lstm_fwd: 33 z, 35 initial h, 37 initial C, 39 P, 41 Y, 43 Y_h, 45 Y_c, 47 C of every step, 49 input_forget. z is
 *   W·x + biases on entry; R·h is added, k ascending, then P·C.
 * lstm_bwd: 33 Y, 35 z, 37 initial h, 39 initial C, 41 P, 43 C, 45 dY, 47 dY_h, 49 dY_c, 51 dz, 53 h before each step,
 *   55 C before, 57 and 59 gradients of the initial h and C, 61 input_forget, 62 what bounds gradients that leave a step.
 * Tensors may be absent, but for z, and C in lstm_bwd. */
#include "recurrent.clh"
/* Element j of vector `at` of hid elements of the tensor at this word; 0 where it is absent. */
#define ATR_LSTM_GET(word, at)                                                                                    \
  (ATR_ABSENT(word) ? 0.0f : ATR_PTR(word)[(size_t)(at) * hid + j])
#define ATR_LSTM_PUT(value, word, at)                                                                             \
  if (!ATR_ABSENT(word)) ATR_PTR(word)[(size_t)(at) * hid + j] = value

ATR_KERNEL(ATR_FN(lstm_fwd_f32_baseline)) {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * 4 * padded;
  __global float *h = own, *c = own + padded, *sums = own + 2 * padded;
  ATR_RECURRENT_EACH(j) {
    h[j] = ATR_LSTM_GET(35, state_at);
    c[j] = ATR_LSTM_GET(37, state_at);
  }
  ATR_RECURRENT_SYNC;
  for (int s = 0; s < a[0]; s++) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t), out = ATR_RECURRENT_Y(t);
    if (s < length) atr_recurrent_product(sums, matrix, h, hid, 4 * padded, 4 * padded);
    ATR_RECURRENT_SYNC;
    ATR_RECURRENT_EACH(j) {
      float zi = 0.0f, zo = zi, zf = zi, zc = zi, cell = zi, v = zi;
      if (s < length) {
        const float was = c[j];
        zi = ATR_LSTM_GET(33, 4 * row) + sums[j] + ATR_LSTM_GET(39, 3 * d) * was;
        zo = ATR_LSTM_GET(33, 4 * row + 1) + sums[padded + j];
        zf = ATR_LSTM_GET(33, 4 * row + 2) + sums[2 * padded + j] + ATR_LSTM_GET(39, 3 * d + 2) * was;
        zc = ATR_LSTM_GET(33, 4 * row + 3) + sums[3 * padded + j];
        const float in = atr_recurrent_value(ATR_RECURRENT_F(0), zi);
        const float keep = a[49] ? 1.0f - in : atr_recurrent_value(ATR_RECURRENT_F(0), zf);
        cell = keep * was + in * atr_recurrent_value(ATR_RECURRENT_F(1), zc);
        zo += ATR_LSTM_GET(39, 3 * d + 1) * cell;
        v = atr_recurrent_value(ATR_RECURRENT_F(0), zo) * atr_recurrent_value(ATR_RECURRENT_F(2), cell);
        h[j] = v;
        c[j] = cell;
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
    ATR_LSTM_PUT(h[j], 43, state_at);
    ATR_LSTM_PUT(c[j], 45, state_at);
  }
}

ATR_KERNEL(ATR_FN(lstm_bwd_f32_baseline)) {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * 4 * padded;
  __global float *dh = own, *dc = own + padded, *sums = own + 2 * padded;
  ATR_RECURRENT_EACH(j) {
    dh[j] = ATR_LSTM_GET(47, state_at);
    dc[j] = ATR_LSTM_GET(49, state_at);
  }
  ATR_RECURRENT_SYNC;
  for (int s = a[0] - 1; s >= 0; s--) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t), last = ATR_RECURRENT_STEP(s - 1);
    ATR_RECURRENT_EACH(j) {
      float dzi = 0.0f, dzo = dzi, dzf = dzi, dzc = dzi, before = dzi, was = dzi;
      if (s < length) {
        const float zi = ATR_LSTM_GET(35, 4 * row), zo = ATR_LSTM_GET(35, 4 * row + 1),
                     zf = ATR_LSTM_GET(35, 4 * row + 2), zc = ATR_LSTM_GET(35, 4 * row + 3);
        const float cell = ATR_LSTM_GET(43, row);
        if (s) {
          before = ATR_LSTM_GET(33, ATR_RECURRENT_Y(last));
          was = ATR_LSTM_GET(43, ATR_RECURRENT_ROW(last));
        } else {
          before = ATR_LSTM_GET(37, state_at);
          was = ATR_LSTM_GET(39, state_at);
        }
        const float arrives = dh[j] + ATR_LSTM_GET(45, ATR_RECURRENT_Y(t));
        const float in = atr_recurrent_value(ATR_RECURRENT_F(0), zi);
        const float keep = a[61] ? 1.0f - in : atr_recurrent_value(ATR_RECURRENT_F(0), zf);
        dzo = arrives * atr_recurrent_value(ATR_RECURRENT_F(2), cell) * atr_recurrent_slope(ATR_RECURRENT_F(0), zo);
        const float here = dc[j] +
                            arrives * atr_recurrent_value(ATR_RECURRENT_F(0), zo) * atr_recurrent_slope(ATR_RECURRENT_F(2), cell) +
                            ATR_LSTM_GET(41, 3 * d + 1) * dzo;
        const float candidate = atr_recurrent_value(ATR_RECURRENT_F(1), zc);
        dzi = here * (a[61] ? candidate - was : candidate) * atr_recurrent_slope(ATR_RECURRENT_F(0), zi);
        if (!a[61]) dzf = here * was * atr_recurrent_slope(ATR_RECURRENT_F(0), zf);
        dzc = here * in * atr_recurrent_slope(ATR_RECURRENT_F(1), zc);
        dc[j] = here * keep + ATR_LSTM_GET(41, 3 * d) * dzi + ATR_LSTM_GET(41, 3 * d + 2) * dzf;
        sums[j] = dzi;
        sums[hid + j] = dzo;
        sums[2 * hid + j] = dzf;
        sums[3 * hid + j] = dzc;
      }
      ATR_LSTM_PUT(dzi, 51, 4 * row);
      ATR_LSTM_PUT(dzo, 51, 4 * row + 1);
      ATR_LSTM_PUT(dzf, 51, 4 * row + 2);
      ATR_LSTM_PUT(dzc, 51, 4 * row + 3);
      ATR_LSTM_PUT(before, 53, row);
      ATR_LSTM_PUT(was, 55, row);
    }
    ATR_RECURRENT_SYNC;
    if (s < length) {
      atr_recurrent_product(dh, matrix, sums, 4 * hid, padded, padded);
      ATR_RECURRENT_EACH(j) {
        dh[j] = atr_recurrent_clip(ATR_FLOAT(62), dh[j]);
        dc[j] = atr_recurrent_clip(ATR_FLOAT(62), dc[j]);
      }
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_LSTM_PUT(dh[j], 57, state_at);
    ATR_LSTM_PUT(dc[j], 59, state_at);
  }
}
#undef ATR_LSTM_GET
#undef ATR_LSTM_PUT
