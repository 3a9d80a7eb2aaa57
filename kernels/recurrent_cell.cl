/* recurrent_cell.cl: the steps of a cell with layer normalization and a mask of its state, and backwards through them, a
 * line a work-group; formulas and tensors are those of src/op/recurrent_cell.c. Macro: VW, see recurrent.clh, which has
 * words 0 to 32. 33 gates, 34 gates normalized together from the first on, 35 epsilon, 36 X, 38 initial h, 40 initial c,
 * 42 mask, 44 gain, 46 shift, 48 gain_c, 50 shift_c.
 * recurrent_cell_fwd: 52 Y, 54 the last h, 56 the last c, 58 sums, 60 cells. Vectors of a line: h, what R meets, c, the
 *   LSTM's o, sums (4).
 * recurrent_cell_bwd: 52 Y, 54 sums, 56 cells, 58 dY, 60 dh, 62 dc, 64 dX, 66 gradient of sums, 68 what R met, 70 and 72
 *   gradients of the initial h and c, 74 of the mask, 76 of gain, 78 of shift, 80 of gain_c, 82 of shift_c, the last four
 *   and the mask's of this line, summed over its steps. Vectors: dh, dc, the part of dh past R, that through R (an LSTM:
 *   first, of c through its normalization), of the normal numbers (4), of sums (4).
 * Sums of a normalization run over gates and then neurons, by every item alike. Tensors may be absent, but for X, and
 * 52, 54 and (LSTM) 56 on the way back. */
#include "recurrent.clh"
#ifndef VW
#error "recurrent_cell.cl needs VW"
#endif
#if VW == 1
#define ATR_CELL_FWD ATR_KERNEL(ATR_FN(recurrent_cell_fwd_f32_baseline))
#define ATR_CELL_BWD ATR_KERNEL(ATR_FN(recurrent_cell_bwd_f32_baseline))
#else
#define ATR_CELL_FWD ATR_TILE_KERNEL(ATR_FN(recurrent_cell_fwd_f32_tiles))
#define ATR_CELL_BWD ATR_TILE_KERNEL(ATR_FN(recurrent_cell_bwd_f32_tiles))
#endif
#define ATR_CELL_ZERO ((ATR_RV)(0.0f))
#define ATR_CELL_ONE ((ATR_RV)(1.0f))
#define ATR_CELL_AT(word, at) (ATR_PTR(word) + (size_t)(at) * hid)
/* 16 lanes (or 1) of vector `at` of hid elements of the tensor at this word; `otherwise` where it is absent. */
#define ATR_CELL_GET(word, at, otherwise) (ATR_ABSENT(word) ? otherwise : ATR_R(load)(ATR_CELL_AT(word, at) + j, hid - j))
#define ATR_CELL_PUT(value, word, at)                                                                             \
  if (!ATR_ABSENT(word)) ATR_R(store)(value, ATR_CELL_AT(word, at) + j, hid - j)
#define ATR_CELL_ADD(value, word, at)                                                                             \
  if (!ATR_ABSENT(word)) ATR_R(store)(ATR_CELL_GET(word, at, ATR_CELL_ZERO) + (value), ATR_CELL_AT(word, at) + j, hid - j)

/* Mean and 1/√(var + epsilon) of `blocks` blocks of hid numbers, `stride` apart. */
static float2 atr_cell_moments(__global const float *v, int blocks, int stride, int hid, float epsilon) {
  float mean = 0.0f, squares = 0.0f;
  for (int b = 0; b < blocks; b++)
    for (int k = 0; k < hid; k++) mean += v[b * stride + k];
  mean /= (float)(blocks * hid);
  for (int b = 0; b < blocks; b++)
    for (int k = 0; k < hid; k++) {
      const float off = v[b * stride + k] - mean;
      squares = fma(off, off, squares);
    }
  return (float2)(mean, 1.0f / sqrt(squares / (float)(blocks * hid) + epsilon));
}
/* The means of d, and of d times the normal numbers of v. */
static float2 atr_cell_tilt(__global const float *d, int d_stride, __global const float *v, int v_stride, int blocks,
                            int hid, float2 m) {
  float level = 0.0f, tilt = 0.0f;
  for (int b = 0; b < blocks; b++)
    for (int k = 0; k < hid; k++) {
      level += d[b * d_stride + k];
      tilt = fma(d[b * d_stride + k], (v[b * v_stride + k] - m.x) * m.y, tilt);
    }
  return (float2)(level, tilt) / (float)(blocks * hid);
}
#define ATR_CELL_MOMENTS(v, stride)                                                                               \
  float2 m0 = (float2)(0.0f, 1.0f), m1 = m0;                                                                      \
  if (!ATR_ABSENT(44)) {                                                                                          \
    m0 = atr_cell_moments(v, together, stride, hid, ATR_FLOAT(35));                                               \
    if (together < gates) m1 = atr_cell_moments((v) + together * (stride), gates - together, stride, hid, ATR_FLOAT(35)); \
  }
#define ATR_CELL_NORMAL(s, g) (((s) - (ATR_RV)((g) < together ? m0.x : m1.x)) * (ATR_RV)((g) < together ? m0.y : m1.y))
/* v of gate g from its sums. */
#define ATR_CELL_SHARE(s, g)                                                                                      \
  ((ATR_ABSENT(44) ? (s) : ATR_CELL_GET(44, gates * d + (g), ATR_CELL_ONE) * ATR_CELL_NORMAL(s, g)) +            \
   ATR_CELL_GET(46, gates * d + (g), ATR_CELL_ZERO))
#define ATR_CELL_X(g) ATR_CELL_GET(36, gates * row + (g), ATR_CELL_ZERO)
#define ATR_CELL_SIGMOID(z) ATR_R(sigmoid)(z)

ATR_CELL_FWD {
  ATR_RECURRENT_BEGIN
  const int gates = a[33], together = a[34];
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * gates * padded;
  __global float *h = own, *met = own + padded, *c = own + 2 * padded, *o = own + 3 * padded, *sums = own + 4 * padded;
  ATR_RECURRENT_EACH(j) {
    const ATR_RV first = ATR_CELL_GET(38, state_at, ATR_CELL_ZERO);
    ATR_R(store)(first, h + j, 16);
    ATR_R(store)(first * ATR_CELL_GET(42, state_at, ATR_CELL_ONE), met + j, 16);
    ATR_R(store)(ATR_CELL_GET(40, state_at, ATR_CELL_ZERO), c + j, 16);
  }
  ATR_RECURRENT_SYNC;
  for (int s = 0; s < length; s++) {
    const int row = ATR_RECURRENT_ROW(ATR_RECURRENT_STEP(s));
    ATR_R(product)(sums, matrix, met, hid, gates * padded, gates * padded);
    ATR_RECURRENT_SYNC;
    ATR_CELL_MOMENTS(sums, padded)
    ATR_RECURRENT_EACH(j) {
      ATR_RV enters[4], v = ATR_CELL_ZERO;
      for (int g = 0; g < gates; g++) {
        const ATR_RV sum = ATR_R(load)(sums + g * padded + j, 16);
        v = ATR_CELL_SHARE(sum, g);
        enters[g] = ATR_CELL_X(g) + v;
        ATR_CELL_PUT(sum, 58, gates * row + g);
      }
      if (gates == 4) {
        const ATR_RV cell = ATR_CELL_SIGMOID(enters[2]) * ATR_R(load)(c + j, 16) + ATR_CELL_SIGMOID(enters[0]) * tanh(enters[3]);
        ATR_R(store)(cell, c + j, 16);
        ATR_R(store)(ATR_CELL_SIGMOID(enters[1]), o + j, 16);
        ATR_CELL_PUT(cell, 60, row);
      } else if (gates == 3) {
        const ATR_RV z = ATR_CELL_SIGMOID(enters[0]);
        const ATR_RV fresh = tanh(ATR_CELL_X(2) + ATR_CELL_SIGMOID(enters[1]) * v);
        ATR_R(store)((ATR_CELL_ONE - z) * fresh + z * ATR_R(load)(h + j, 16), h + j, 16);
      } else
        ATR_R(store)(ATR_R(value)(ATR_RECURRENT_F(0), enters[0]), h + j, 16);
    }
    ATR_RECURRENT_SYNC;
    float2 mc = (float2)(0.0f, 1.0f);
    if (!ATR_ABSENT(48)) mc = atr_cell_moments(c, 1, padded, hid, ATR_FLOAT(35));
    ATR_RECURRENT_EACH(j) {
      if (gates == 4) {
        ATR_RV v = ATR_R(load)(c + j, 16);
        if (!ATR_ABSENT(48)) v = ATR_CELL_GET(48, d, ATR_CELL_ONE) * (v - (ATR_RV)(mc.x)) * (ATR_RV)(mc.y);
        ATR_R(store)(ATR_R(load)(o + j, 16) * tanh(v + ATR_CELL_GET(50, d, ATR_CELL_ZERO)), h + j, 16);
      }
      const ATR_RV now = ATR_R(load)(h + j, 16);
      ATR_R(store)(now * ATR_CELL_GET(42, state_at, ATR_CELL_ONE), met + j, 16);
      ATR_CELL_PUT(now, 52, row);
      if (gates != 4) ATR_CELL_PUT(ATR_R(load)(c + j, 16), 60, row);
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_CELL_PUT(ATR_R(load)(h + j, 16), 54, state_at);
    ATR_CELL_PUT(ATR_R(load)(c + j, 16), 56, state_at);
  }
}

ATR_CELL_BWD {
  ATR_RECURRENT_BEGIN
  const int gates = a[33], together = a[34];
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * gates * padded;
  __global float *dh = own, *dc = own + padded, *direct = own + 2 * padded, *u = own + 3 * padded;
  __global float *dn = own + 4 * padded, *ds = own + 8 * padded;
  ATR_RECURRENT_EACH(j) {
    ATR_R(store)(ATR_CELL_GET(60, state_at, ATR_CELL_ZERO), dh + j, 16);
    ATR_R(store)(ATR_CELL_GET(62, state_at, ATR_CELL_ZERO), dc + j, 16);
    ATR_CELL_PUT(ATR_CELL_ZERO, 74, state_at);
    for (int g = 0; g < gates; g++) {
      ATR_CELL_PUT(ATR_CELL_ZERO, 76, gates * state_at + g);
      ATR_CELL_PUT(ATR_CELL_ZERO, 78, gates * state_at + g);
    }
    ATR_CELL_PUT(ATR_CELL_ZERO, 80, state_at);
    ATR_CELL_PUT(ATR_CELL_ZERO, 82, state_at);
  }
  ATR_RECURRENT_SYNC;
  for (int s = length - 1; s >= 0; s--) {
    const int row = ATR_RECURRENT_ROW(ATR_RECURRENT_STEP(s));
    const int last = s ? ATR_RECURRENT_ROW(ATR_RECURRENT_STEP(s - 1)) : state_at;
    __global const float *saved = ATR_CELL_AT(54, gates * row);
    ATR_CELL_MOMENTS(saved, hid)
    float2 mc = (float2)(0.0f, 1.0f), tilt = (float2)(0.0f, 0.0f);
    if (gates == 4) {
      if (!ATR_ABSENT(48)) mc = atr_cell_moments(ATR_CELL_AT(56, row), 1, hid, hid, ATR_FLOAT(35));
      ATR_RECURRENT_EACH(j) {
        const ATR_RV arrives = ATR_R(load)(dh + j, 16) + ATR_CELL_GET(58, row, ATR_CELL_ZERO);
        const ATR_RV cell = ATR_CELL_GET(56, row, ATR_CELL_ZERO), normal = (cell - (ATR_RV)(mc.x)) * (ATR_RV)(mc.y);
        const ATR_RV gain = ATR_CELL_GET(48, d, ATR_CELL_ONE);
        const ATR_RV y = tanh((ATR_ABSENT(48) ? cell : gain * normal) + ATR_CELL_GET(50, d, ATR_CELL_ZERO));
        const ATR_RV sum = ATR_R(load)(saved + hid + j, hid - j);
        const ATR_RV out = ATR_CELL_SIGMOID(ATR_CELL_X(1) + ATR_CELL_SHARE(sum, 1));
        const ATR_RV dy = arrives * out * (ATR_CELL_ONE - y * y);
        ATR_R(store)(arrives * y * out * (ATR_CELL_ONE - out), dn + padded + j, 16);
        ATR_CELL_ADD(dy * normal, 80, state_at);
        ATR_CELL_ADD(dy, 82, state_at);
        ATR_R(store)(dy * gain, u + j, 16);
      }
      ATR_RECURRENT_SYNC;
      if (!ATR_ABSENT(48)) tilt = atr_cell_tilt(u, padded, ATR_CELL_AT(56, row), hid, 1, hid, mc);
    }
    ATR_RECURRENT_EACH(j) {
      ATR_RV sum[4], v[4], da[4], reset = ATR_CELL_ONE, past = ATR_CELL_ZERO;
      for (int g = 0; g < gates; g++) {
        sum[g] = ATR_R(load)(saved + g * hid + j, hid - j);
        v[g] = ATR_CELL_SHARE(sum[g], g);
      }
      if (gates == 4) {
        const ATR_RV cell = ATR_CELL_GET(56, row, ATR_CELL_ZERO), was = ATR_CELL_GET(s ? 56 : 40, last, ATR_CELL_ZERO);
        ATR_RV into = ATR_R(load)(u + j, 16);
        if (!ATR_ABSENT(48))
          into = (ATR_RV)(mc.y) *
                 (into - (ATR_RV)(tilt.x) - (cell - (ATR_RV)(mc.x)) * (ATR_RV)(mc.y) * (ATR_RV)(tilt.y));
        into += ATR_R(load)(dc + j, 16);
        const ATR_RV in = ATR_CELL_SIGMOID(ATR_CELL_X(0) + v[0]), keep = ATR_CELL_SIGMOID(ATR_CELL_X(2) + v[2]),
                     fresh = tanh(ATR_CELL_X(3) + v[3]);
        da[0] = into * fresh * in * (ATR_CELL_ONE - in);
        da[1] = ATR_R(load)(dn + padded + j, 16);
        da[2] = into * was * keep * (ATR_CELL_ONE - keep);
        da[3] = into * in * (ATR_CELL_ONE - fresh * fresh);
        ATR_R(store)(into * keep, dc + j, 16);
      } else {
        const ATR_RV arrives = ATR_R(load)(dh + j, 16) + ATR_CELL_GET(58, row, ATR_CELL_ZERO);
        if (gates == 3) {
          const ATR_RV before = ATR_CELL_GET(s ? 52 : 38, last, ATR_CELL_ZERO), z = ATR_CELL_SIGMOID(ATR_CELL_X(0) + v[0]);
          reset = ATR_CELL_SIGMOID(ATR_CELL_X(1) + v[1]);
          const ATR_RV fresh = tanh(ATR_CELL_X(2) + reset * v[2]);
          da[0] = arrives * (before - fresh) * z * (ATR_CELL_ONE - z);
          da[2] = arrives * (ATR_CELL_ONE - z) * (ATR_CELL_ONE - fresh * fresh);
          da[1] = da[2] * v[2] * reset * (ATR_CELL_ONE - reset);
          past = arrives * z;
        } else
          da[0] = arrives * ATR_R(slope)(ATR_RECURRENT_F(0), ATR_CELL_X(0) + v[0]);
      }
      ATR_R(store)(past, direct + j, 16);
      for (int g = 0; g < gates; g++) {
        const ATR_RV dv = gates == 3 && g == 2 ? da[g] * reset : da[g];
        ATR_CELL_PUT(da[g], 64, gates * row + g);
        ATR_CELL_ADD(dv * ATR_CELL_NORMAL(sum[g], g), 76, gates * state_at + g);
        ATR_CELL_ADD(dv, 78, gates * state_at + g);
        ATR_R(store)(dv * ATR_CELL_GET(44, gates * d + g, ATR_CELL_ONE), dn + g * padded + j, 16);
      }
    }
    ATR_RECURRENT_SYNC;
    float2 tilt0 = (float2)(0.0f, 0.0f), tilt1 = tilt0;
    if (!ATR_ABSENT(44)) {
      tilt0 = atr_cell_tilt(dn, padded, saved, hid, together, hid, m0);
      if (together < gates)
        tilt1 = atr_cell_tilt(dn + together * padded, padded, saved + together * hid, hid, gates - together, hid, m1);
    }
    ATR_RECURRENT_EACH(j) {
      for (int g = 0; g < gates; g++) {
        ATR_RV to = ATR_R(load)(dn + g * padded + j, 16);
        if (!ATR_ABSENT(44)) {
          const ATR_RV sum = ATR_R(load)(saved + g * hid + j, hid - j);
          const float2 by = g < together ? tilt0 : tilt1;
          to = (ATR_RV)(g < together ? m0.y : m1.y) * (to - (ATR_RV)(by.x) - ATR_CELL_NORMAL(sum, g) * (ATR_RV)(by.y));
        }
        ATR_R(store)(to, ds + g * hid + j, hid - j);
        ATR_CELL_PUT(to, 66, gates * row + g);
      }
    }
    ATR_RECURRENT_SYNC;
    ATR_R(product)(u, matrix, ds, gates * hid, padded, padded);
    ATR_RECURRENT_SYNC;
    ATR_RECURRENT_EACH(j) {
      const ATR_RV before = ATR_CELL_GET(s ? 52 : 38, last, ATR_CELL_ZERO), one = ATR_CELL_GET(42, state_at, ATR_CELL_ONE),
                   back = ATR_R(load)(u + j, 16);
      ATR_CELL_PUT(before * one, 68, row);
      ATR_CELL_ADD(back * before, 74, state_at);
      ATR_R(store)(back * one + ATR_R(load)(direct + j, 16), dh + j, 16);
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_CELL_PUT(ATR_R(load)(dh + j, 16), 70, state_at);
    ATR_CELL_PUT(ATR_R(load)(dc + j, 16), 72, state_at);
  }
}
#undef ATR_CELL_FWD
#undef ATR_CELL_BWD
#undef ATR_CELL_ZERO
#undef ATR_CELL_ONE
#undef ATR_CELL_AT
#undef ATR_CELL_GET
#undef ATR_CELL_PUT
#undef ATR_CELL_ADD
#undef ATR_CELL_MOMENTS
#undef ATR_CELL_NORMAL
#undef ATR_CELL_SHARE
#undef ATR_CELL_X
#undef ATR_CELL_SIGMOID
