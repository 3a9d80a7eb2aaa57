/* recurrent_cell.cl: the steps of a cell with layer normalization and a mask of its state, and backwards through them, a
 * line a work-group; formulas and tensors are those of src/op/recurrent_cell.c. See recurrent.clh, which has words
 * 0 to 32. 33 gates, 34 gates normalized together from the first on, 35 epsilon, 36 X, 38 initial h, 40 initial c,
 * 42 mask, 44 gain, 46 shift, 48 gain_c, 50 shift_c.
 * recurrent_cell_fwd: 52 Y, 54 the last h, 56 the last c, 58 sums, 60 cells. Vectors of a line: h, what R meets, c, the
 *   LSTM's o, sums (4).
 * recurrent_cell_bwd: 52 Y, 54 sums, 56 cells, 58 dY, 60 dh, 62 dc, 64 dX, 66 gradient of sums, 68 what R met, 70 and 72
 *   gradients of the initial h and c, 74 of the mask, 76 of gain, 78 of shift, 80 of gain_c, 82 of shift_c, the last four
 *   and the mask's of this line, summed over its steps, 84 what bounds gradients that leave a step. Vectors: dh, dc, the part of dh past R, that through R (an LSTM:
 *   first, of c through its normalization), of the normal numbers (4), of sums (4).
 * Sums of a normalization run over gates and then neurons, by every item alike. Tensors may be absent, but for X, and
 * 52, 54 and (LSTM) 56 on the way back. */
#include "recurrent.clh"
#define ATR_CELL_AT(word, at) (ATR_PTR(word) + (size_t)(at) * hid)
/* Element j of vector `at` of hid elements of the tensor at this word; `otherwise` where it is absent. */
#define ATR_CELL_GET(word, at, otherwise) (ATR_ABSENT(word) ? otherwise : ATR_CELL_AT(word, at)[j])
#define ATR_CELL_PUT(value, word, at)                                                                             \
  if (!ATR_ABSENT(word)) ATR_CELL_AT(word, at)[j] = value
#define ATR_CELL_ADD(value, word, at)                                                                             \
  if (!ATR_ABSENT(word)) ATR_CELL_AT(word, at)[j] = ATR_CELL_GET(word, at, 0.0f) + (value)

/* As atr_recurrent_product; in a group of one item 16 columns at once. */
static void atr_cell_product(__global float *to, __global const float *m, __global const float *v, int count, int columns,
                             int stride) {
  if (get_local_size(0) > 1) {
    atr_recurrent_product(to, m, v, count, columns, stride);
    return;
  }
  for (int c = 0; c < columns; c += 16) {
    float16 sum = 0.0f;
    for (int k = 0; k < count; k++) sum = fma((float16)(v[k]), *(__global const float16 *)(m + k * stride + c), sum);
    *(__global float16 *)(to + c) = sum;
  }
}

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
#define ATR_CELL_NORMAL(s, g) (((s) - ((g) < together ? m0.x : m1.x)) * ((g) < together ? m0.y : m1.y))
/* v of gate g from its sums. */
#define ATR_CELL_SHARE(s, g)                                                                                      \
  ((ATR_ABSENT(44) ? (s) : ATR_CELL_GET(44, gates * d + (g), 1.0f) * ATR_CELL_NORMAL(s, g)) +            \
   ATR_CELL_GET(46, gates * d + (g), 0.0f))
#define ATR_CELL_X(g) ATR_CELL_GET(36, gates * row + (g), 0.0f)

ATR_KERNEL(ATR_FN(recurrent_cell_fwd_f32_baseline)) {
  ATR_RECURRENT_BEGIN
  const int gates = a[33], together = a[34];
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * gates * padded;
  __global float *h = own, *met = own + padded, *c = own + 2 * padded, *o = own + 3 * padded, *sums = own + 4 * padded;
  ATR_RECURRENT_EACH(j) {
    const float first = ATR_CELL_GET(38, state_at, 0.0f);
    h[j] = first;
    met[j] = first * ATR_CELL_GET(42, state_at, 1.0f);
    c[j] = ATR_CELL_GET(40, state_at, 0.0f);
  }
  ATR_RECURRENT_SYNC;
  for (int s = 0; s < length; s++) {
    const int row = ATR_RECURRENT_ROW(ATR_RECURRENT_STEP(s));
    atr_cell_product(sums, matrix, met, hid, gates * padded, gates * padded);
    ATR_RECURRENT_SYNC;
    ATR_CELL_MOMENTS(sums, padded)
    ATR_RECURRENT_EACH(j) {
      float enters[4], v = 0.0f;
      for (int g = 0; g < gates; g++) {
        const float sum = sums[g * padded + j];
        v = ATR_CELL_SHARE(sum, g);
        enters[g] = ATR_CELL_X(g) + v;
        ATR_CELL_PUT(sum, 58, gates * row + g);
      }
      if (gates == 4) {
        const float cell = atr_recurrent_sigmoid(enters[2]) * c[j] + atr_recurrent_sigmoid(enters[0]) * tanh(enters[3]);
        c[j] = cell;
        o[j] = atr_recurrent_sigmoid(enters[1]);
        ATR_CELL_PUT(cell, 60, row);
      } else if (gates == 3) {
        const float z = atr_recurrent_sigmoid(enters[0]);
        const float fresh = tanh(ATR_CELL_X(2) + atr_recurrent_sigmoid(enters[1]) * v);
        h[j] = (1.0f - z) * fresh + z * h[j];
      } else
        h[j] = atr_recurrent_value(ATR_RECURRENT_F(0), enters[0]);
    }
    ATR_RECURRENT_SYNC;
    float2 mc = (float2)(0.0f, 1.0f);
    if (!ATR_ABSENT(48)) mc = atr_cell_moments(c, 1, padded, hid, ATR_FLOAT(35));
    ATR_RECURRENT_EACH(j) {
      if (gates == 4) {
        float v = c[j];
        if (!ATR_ABSENT(48)) v = ATR_CELL_GET(48, d, 1.0f) * (v - mc.x) * mc.y;
        h[j] = o[j] * tanh(v + ATR_CELL_GET(50, d, 0.0f));
      }
      const float now = h[j];
      met[j] = now * ATR_CELL_GET(42, state_at, 1.0f);
      ATR_CELL_PUT(now, 52, row);
      if (gates != 4) ATR_CELL_PUT(c[j], 60, row);
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_CELL_PUT(h[j], 54, state_at);
    ATR_CELL_PUT(c[j], 56, state_at);
  }
}

ATR_KERNEL(ATR_FN(recurrent_cell_bwd_f32_baseline)) {
  ATR_RECURRENT_BEGIN
  const int gates = a[33], together = a[34];
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * gates * padded;
  __global float *dh = own, *dc = own + padded, *direct = own + 2 * padded, *u = own + 3 * padded;
  __global float *dn = own + 4 * padded, *ds = own + 8 * padded;
  ATR_RECURRENT_EACH(j) {
    dh[j] = ATR_CELL_GET(60, state_at, 0.0f);
    dc[j] = ATR_CELL_GET(62, state_at, 0.0f);
    ATR_CELL_PUT(0.0f, 74, state_at);
    for (int g = 0; g < gates; g++) {
      ATR_CELL_PUT(0.0f, 76, gates * state_at + g);
      ATR_CELL_PUT(0.0f, 78, gates * state_at + g);
    }
    ATR_CELL_PUT(0.0f, 80, state_at);
    ATR_CELL_PUT(0.0f, 82, state_at);
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
        const float arrives = dh[j] + ATR_CELL_GET(58, row, 0.0f);
        const float cell = ATR_CELL_GET(56, row, 0.0f), normal = (cell - mc.x) * mc.y;
        const float gain = ATR_CELL_GET(48, d, 1.0f);
        const float y = tanh((ATR_ABSENT(48) ? cell : gain * normal) + ATR_CELL_GET(50, d, 0.0f));
        const float sum = saved[hid + j];
        const float out = atr_recurrent_sigmoid(ATR_CELL_X(1) + ATR_CELL_SHARE(sum, 1));
        const float dy = arrives * out * (1.0f - y * y);
        dn[padded + j] = arrives * y * out * (1.0f - out);
        ATR_CELL_ADD(dy * normal, 80, state_at);
        ATR_CELL_ADD(dy, 82, state_at);
        u[j] = dy * gain;
      }
      ATR_RECURRENT_SYNC;
      if (!ATR_ABSENT(48)) tilt = atr_cell_tilt(u, padded, ATR_CELL_AT(56, row), hid, 1, hid, mc);
    }
    ATR_RECURRENT_EACH(j) {
      float sum[4], v[4], da[4], reset = 1.0f, past = 0.0f;
      for (int g = 0; g < gates; g++) {
        sum[g] = saved[g * hid + j];
        v[g] = ATR_CELL_SHARE(sum[g], g);
      }
      if (gates == 4) {
        const float cell = ATR_CELL_GET(56, row, 0.0f), was = ATR_CELL_GET(s ? 56 : 40, last, 0.0f);
        float into = u[j];
        if (!ATR_ABSENT(48))
          into = mc.y * (into - tilt.x - (cell - mc.x) * mc.y * tilt.y);
        into += dc[j];
        const float in = atr_recurrent_sigmoid(ATR_CELL_X(0) + v[0]), keep = atr_recurrent_sigmoid(ATR_CELL_X(2) + v[2]),
                     fresh = tanh(ATR_CELL_X(3) + v[3]);
        da[0] = into * fresh * in * (1.0f - in);
        da[1] = dn[padded + j];
        da[2] = into * was * keep * (1.0f - keep);
        da[3] = into * in * (1.0f - fresh * fresh);
        dc[j] = into * keep;
      } else {
        const float arrives = dh[j] + ATR_CELL_GET(58, row, 0.0f);
        if (gates == 3) {
          const float before = ATR_CELL_GET(s ? 52 : 38, last, 0.0f), z = atr_recurrent_sigmoid(ATR_CELL_X(0) + v[0]);
          reset = atr_recurrent_sigmoid(ATR_CELL_X(1) + v[1]);
          const float fresh = tanh(ATR_CELL_X(2) + reset * v[2]);
          da[0] = arrives * (before - fresh) * z * (1.0f - z);
          da[2] = arrives * (1.0f - z) * (1.0f - fresh * fresh);
          da[1] = da[2] * v[2] * reset * (1.0f - reset);
          past = arrives * z;
        } else
          da[0] = arrives * atr_recurrent_slope(ATR_RECURRENT_F(0), ATR_CELL_X(0) + v[0]);
      }
      direct[j] = past;
      for (int g = 0; g < gates; g++) {
        const float dv = gates == 3 && g == 2 ? da[g] * reset : da[g];
        ATR_CELL_PUT(da[g], 64, gates * row + g);
        ATR_CELL_ADD(dv * ATR_CELL_NORMAL(sum[g], g), 76, gates * state_at + g);
        ATR_CELL_ADD(dv, 78, gates * state_at + g);
        dn[g * padded + j] = dv * ATR_CELL_GET(44, gates * d + g, 1.0f);
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
        float to = dn[g * padded + j];
        if (!ATR_ABSENT(44)) {
          const float sum = saved[g * hid + j];
          const float2 by = g < together ? tilt0 : tilt1;
          to = (g < together ? m0.y : m1.y) * (to - by.x - ATR_CELL_NORMAL(sum, g) * by.y);
        }
        ds[g * hid + j] = to;
        ATR_CELL_PUT(to, 66, gates * row + g);
      }
    }
    ATR_RECURRENT_SYNC;
    atr_cell_product(u, matrix, ds, gates * hid, padded, padded);
    ATR_RECURRENT_SYNC;
    ATR_RECURRENT_EACH(j) {
      const float before = ATR_CELL_GET(s ? 52 : 38, last, 0.0f), one = ATR_CELL_GET(42, state_at, 1.0f),
                   back = u[j];
      ATR_CELL_PUT(before * one, 68, row);
      ATR_CELL_ADD(back * before, 74, state_at);
      dh[j] = atr_recurrent_clip(ATR_FLOAT(84), back * one + direct[j]);
      dc[j] = atr_recurrent_clip(ATR_FLOAT(84), dc[j]);
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_CELL_PUT(dh[j], 70, state_at);
    ATR_CELL_PUT(dc[j], 72, state_at);
  }
}
#undef ATR_CELL_AT
#undef ATR_CELL_GET
#undef ATR_CELL_PUT
#undef ATR_CELL_ADD
#undef ATR_CELL_MOMENTS
#undef ATR_CELL_NORMAL
#undef ATR_CELL_SHARE
#undef ATR_CELL_X
