/* recurrent_cell_lanes.cl: cells with layer normalization and a mask of their state along a whole sequence, and backwards, for
 * processors; formulas are those of src/op/recurrent_cell.c, the way it is walked that of recurrent_lanes.clh, whose words 0 to 54
 * these have (of a gradient, in both directions: W·x is an input here). Macro: VL.
 *
 * What a normalization takes in of a line is there only when all units are done, so a step is several epochs: R·(m∘h), then
 * what follows from it, then h where an LSTM's cell is normalized; backwards that in turn. Sums of a normalization are taken by
 * each chunk for itself, VL numbers at once and in one order, so bits depend neither on threads nor on lines.
 *
 * recurrent_cell_fwd: 55 X, 57 initial h, 59 initial c, 61 mask, 63 gain, 65 shift, 67 gain_c, 69 shift_c, 71 Y, 73 the last h, 75 the
 *   last c, 77 sums, 79 cells, 81 gates, 82 gates normalized together from the first on, 83 epsilon. A unit is one vector of hid
 *   for all gates, of an RNN four. Vectors of a line: h, what R meets, c, an LSTM's o, sums (4).
 * recurrent_cell_bwd: 55 to 69 the same, 71 Y, 73 sums, 75 cells, 77 dY, 79 dh, 81 dc, 83 dX, 85 gradient of sums, 87 what R met,
 *   89 and 91 gradients of the initial h and c, 93 of the mask, 95 of gain, 97 of shift, 99 of gain_c, 101 of shift_c, the last four and
 *   the mask's of this line, summed over its steps; 103 gates, 104 gates normalized together, 105 epsilon, 106 what bounds gradients that
 *   leave a step. A unit is four vectors of hid. Vectors: dh, dc, the part of dh past R, an LSTM's of c through its
 *   normalization, of the normal numbers (4), of sums (4).
 * Tensors may be absent, but for X, and 71, 73 and (LSTM) 75 on the way back. */
#include "recurrent_lanes.clh"
#define ATR_RECURRENT_FN(name) ATR_FN(recurrent_cell_lanes_##name)
ATR_LANES_TEMPLATE
ATR_LANES_PRODUCTS(3)

static float ATR_RECURRENT_FN(add_up)(ATR_LANES_V v, float rest) {
  ATR_LANES_ROOM(each, VL);
  ATR_LANES_SET(v, 0, each);
  _Pragma("unroll 1") for (int i = 0; i < VL; i++) rest += each[i];
  return rest;
}
/* Mean and 1/√(var + epsilon) of `blocks` blocks of hid numbers, `stride` apart. */
ATR_LANES_STATIC float2 ATR_RECURRENT_FN(moments)(__global const float *v, int blocks, int stride, int hid, float epsilon) {
  ATR_LANES_V sum = (ATR_LANES_V)(0.0f), squares = sum;
  float rest = 0.0f, rest_squares = 0.0f;
  for (int b = 0; b < blocks; b++) {
    int k = b * stride;
    const int end = k + hid;
    for (; k + VL <= end; k += VL) sum += ATR_LANES_GET(0, v + k);
    for (; k < end; k++) rest += v[k];
  }
  const float mean = ATR_RECURRENT_FN(add_up)(sum, rest) / (float)(blocks * hid);
  for (int b = 0; b < blocks; b++) {
    int k = b * stride;
    const int end = k + hid;
    for (; k + VL <= end; k += VL) {
      const ATR_LANES_V off = ATR_LANES_GET(0, v + k) - (ATR_LANES_V)(mean);
      squares = fma(off, off, squares);
    }
    for (; k < end; k++) rest_squares = fma(v[k] - mean, v[k] - mean, rest_squares);
  }
  const float var = ATR_RECURRENT_FN(add_up)(squares, rest_squares) / (float)(blocks * hid);
  return (float2)(mean, 1.0f / sqrt(var + epsilon));
}
/* The means of d, and of d times the normal numbers of v. */
ATR_LANES_STATIC float2 ATR_RECURRENT_FN(tilt)(__global const float *d, int d_stride, __global const float *v, int v_stride,
                                                    int blocks, int hid, float2 m) {
  const ATR_LANES_V mean = (ATR_LANES_V)(m.x), inv = (ATR_LANES_V)(m.y);
  ATR_LANES_V level = (ATR_LANES_V)(0.0f), tilt = level;
  float rest = 0.0f, rest_tilt = 0.0f;
  for (int b = 0; b < blocks; b++) {
    __global const float *from = d + b * d_stride, *of = v + b * v_stride;
    int k = 0;
    for (; k + VL <= hid; k += VL) {
      const ATR_LANES_V x = ATR_LANES_GET(0, from + k);
      level += x;
      tilt = fma(x, (ATR_LANES_GET(0, of + k) - mean) * inv, tilt);
    }
    for (; k < hid; k++) {
      rest += from[k];
      rest_tilt = fma(from[k], (of[k] - m.x) * m.y, rest_tilt);
    }
  }
  return (float2)(ATR_RECURRENT_FN(add_up)(level, rest), ATR_RECURRENT_FN(add_up)(tilt, rest_tilt)) /
         (float)(blocks * hid);
}

/* The lines of this gang at step s, one after the other, each with the elements from `begin` to before `end` that this
 * chunk has, in units of `wide` vectors. Within an epoch. */
#define ATR_CELL_LANES_LINES_BEGIN(s, wide)                                                                       \
  for (int d = d0; d < d1; d++) {                                                                                 \
    const int backwards = a[5] ^ (d == 1), t = backwards ? a[0] - 1 - (s) : (s);                                  \
    const int begin = max(atr_from - (d - d0) * atr_units, 0) * (wide) * VL;                                      \
    const int end = min(min(atr_to - (d - d0) * atr_units, atr_units) * (wide) * VL, hid);                        \
    for (int n = n0; begin < end && n < n1; n++) {                                                                \
      const int row = ATR_LANES_ROW(t, n), state = d * a[1] + n;                                                  \
      const size_t line = (size_t)state * padded;
#define ATR_CELL_LANES_LINES_END }}
/* m: mean and inverse of the gates that are normalized together, and of the rest. */
#define ATR_CELL_LANES_MOMENTS(sums, stride)                                                                      \
  float4 m = (float4)(0.0f, 1.0f, 0.0f, 1.0f);                                                                    \
  if (!ATR_ABSENT(63)) {                                                                                          \
    m.xy = ATR_RECURRENT_FN(moments)(sums, together, stride, hid, epsilon);                                  \
    if (together < gates)                                                                                         \
      m.zw = ATR_RECURRENT_FN(moments)((sums) + together * (stride), gates - together, stride, hid, epsilon); \
  }
#define ATR_CELL_LANES_NORMAL(sum, g)                                                                             \
  (((sum) - (ATR_LANES_V)((g) < together ? m.x : m.z)) * (ATR_LANES_V)((g) < together ? m.y : m.w))
/* v of gate g from its sums. */
#define ATR_CELL_LANES_SHARE(sum, g)                                                                              \
  ((ATR_ABSENT(63) ? (sum) : ATR_LANES_FROM(63, gates * d + (g), j) * ATR_CELL_LANES_NORMAL(sum, g)) +            \
   ATR_LANES_FROM(65, gates * d + (g), j))
#define ATR_CELL_LANES_X(g) ATR_LANES_FROM(55, gates * row + (g), j)
#define ATR_CELL_LANES_OR_ONE(word, at) (ATR_ABSENT(word) ? one : ATR_LANES_FROM(word, at, j))
#define ATR_CELL_LANES_ADD(value, word, at)                                                                       \
  if (!ATR_ABSENT(word)) ATR_LANES_TO(ATR_LANES_FROM(word, at, j) + (value), word, at, j)
#define ATR_CELL_LANES_SIGMOID(v) ATR_RECURRENT_FN(sigmoid)(v)
#define ATR_CELL_LANES_TANH(v) ATR_RECURRENT_FN(tanh)(v)
/* A new h of the line: kept, what R meets next, and Y. */
#define ATR_CELL_LANES_H(value)                                                                                   \
  {                                                                                                               \
    const ATR_LANES_V h = value;                                                                                  \
    ATR_LANES_SET(h, 0, hs + line + j);                                                                           \
    ATR_LANES_SET(h * ATR_CELL_LANES_OR_ONE(61, state), 0, met + line + j);                                       \
    ATR_LANES_TO(h, 71, row, j);                                                                                  \
  }

ATR_TILE_KERNEL(ATR_FN(recurrent_cell_fwd_f32_lanes)) {
  ATR_LANES_BEGIN
  const int gates = a[81], together = a[82], wide = gates == 1 ? 4 : 1, after = gates == 4 && !ATR_ABSENT(67);
  const float epsilon = ATR_FLOAT(83);
  const size_t vectors = (size_t)lines * padded;
  const ATR_LANES_V zero = (ATR_LANES_V)(0.0f), one = (ATR_LANES_V)(1.0f);
  __global float *hs = ATR_PTR(29), *met = hs + vectors, *cs = met + vectors, *opens = cs + vectors, *whole = opens + vectors;
  ATR_LANES_ROOM(z, 24 * VL);
  ATR_LANES_ROOM(enters, 4 * VL);
  ATR_LANES_GANG_BEGIN
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) {
      const ATR_LANES_V h = ATR_LANES_FROM(57, state, j);
      ATR_LANES_SET(h, 0, hs + line + j);
      ATR_LANES_SET(h * ATR_CELL_LANES_OR_ONE(61, state), 0, met + line + j);
      ATR_LANES_SET(ATR_LANES_FROM(59, state, j), 0, cs + line + j);
    }
  ATR_LANES_LINES_END
  for (int s = 0; s < a[0]; s++) {
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_LANES_UNITS_BEGIN(s)
      const int each = gates == 3 ? 3 : 4;
      for (int v = 0; v < each * items; v++) ATR_LANES_SET(zero, v, z);
      if (gates == 3)
        ATR_LANES_MULTIPLY(3, z, ATR_PTR(27), hid, met + ATR_LANES_OF(0), padded, hid);
      else
        ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), hid, met + ATR_LANES_OF(0), padded, hid);
      for (int i = 0; i < items; i++)
        for (int v = 0; v < each; v++)
          ATR_LANES_SET(ATR_LANES_GET(v * items + i, z), 0,
                        whole + 4 * ATR_LANES_OF(i) + (gates == 1 ? (4 * at[i] + v) * VL : v * padded + at[i] * VL));
    ATR_LANES_UNITS_END
    ATR_LANES_EPOCH_END
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_CELL_LANES_LINES_BEGIN(s, wide)
      __global const float *sums = whole + 4 * line;
      ATR_CELL_LANES_MOMENTS(sums, padded)
      for (int j = begin; j < end; j += VL) {
        const ATR_LANES_V was = ATR_LANES_GET(0, cs + line + j);
        ATR_LANES_V v = zero;
        _Pragma("unroll 1") for (int g = 0; g < gates; g++) {
          const ATR_LANES_V sum = ATR_LANES_GET(0, sums + g * padded + j);
          v = ATR_CELL_LANES_SHARE(sum, g);
          ATR_LANES_SET(ATR_CELL_LANES_X(g) + v, g, enters);
          ATR_LANES_TO(sum, 77, gates * row + g, j);
        }
        if (gates == 4) {
          const ATR_LANES_V open = ATR_CELL_LANES_SIGMOID(ATR_LANES_GET(1, enters));
          const ATR_LANES_V c = ATR_CELL_LANES_SIGMOID(ATR_LANES_GET(2, enters)) * was +
                                ATR_CELL_LANES_SIGMOID(ATR_LANES_GET(0, enters)) * ATR_CELL_LANES_TANH(ATR_LANES_GET(3, enters));
          ATR_LANES_SET(c, 0, cs + line + j);
          ATR_LANES_SET(open, 0, opens + line + j);
          ATR_LANES_TO(c, 79, row, j);
          if (!after) ATR_CELL_LANES_H(open * ATR_CELL_LANES_TANH(c + ATR_LANES_FROM(69, d, j)))
        } else {
          ATR_LANES_TO(was, 79, row, j);
          if (gates == 3) {
            const ATR_LANES_V keep = ATR_CELL_LANES_SIGMOID(ATR_LANES_GET(0, enters));
            const ATR_LANES_V fresh =
                ATR_CELL_LANES_TANH(ATR_CELL_LANES_X(2) + ATR_CELL_LANES_SIGMOID(ATR_LANES_GET(1, enters)) * v);
            ATR_CELL_LANES_H((one - keep) * fresh + keep * ATR_LANES_GET(0, hs + line + j))
          } else {
            ATR_LANES_ACTIVATE(0, enters, 0, 1);
            ATR_CELL_LANES_H(ATR_LANES_GET(0, enters))
          }
        }
      }
    ATR_CELL_LANES_LINES_END
    ATR_LANES_EPOCH_END
    if (!after) continue;
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_CELL_LANES_LINES_BEGIN(s, wide)
      const float2 m = ATR_RECURRENT_FN(moments)(cs + line, 1, padded, hid, epsilon);
      for (int j = begin; j < end; j += VL) {
        const ATR_LANES_V normal = (ATR_LANES_GET(0, cs + line + j) - (ATR_LANES_V)(m.x)) * (ATR_LANES_V)(m.y);
        ATR_CELL_LANES_H(ATR_LANES_GET(0, opens + line + j) *
                         ATR_CELL_LANES_TANH(ATR_LANES_FROM(67, d, j) * normal + ATR_LANES_FROM(69, d, j)))
      }
    ATR_CELL_LANES_LINES_END
    ATR_LANES_EPOCH_END
  }
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) {
      ATR_LANES_TO(ATR_LANES_GET(0, hs + line + j), 73, state, j);
      ATR_LANES_TO(ATR_LANES_GET(0, cs + line + j), 75, state, j);
    }
  ATR_LANES_LINES_END
  ATR_LANES_GANG_END
  ATR_LANES_END
}

ATR_TILE_KERNEL(ATR_FN(recurrent_cell_bwd_f32_lanes)) {
  ATR_LANES_BEGIN
  const int gates = a[103], together = a[104], after = gates == 4 && !ATR_ABSENT(67);
  const float epsilon = ATR_FLOAT(105);
  const size_t vectors = (size_t)lines * padded;
  const ATR_LANES_V zero = (ATR_LANES_V)(0.0f), one = (ATR_LANES_V)(1.0f);
  __global float *dhs = ATR_PTR(29), *dcs = dhs + vectors, *directs = dcs + vectors, *us = directs + vectors;
  __global float *normals = us + vectors, *dsums = normals + 4 * vectors;
  ATR_LANES_ROOM(z, 24 * VL);
  ATR_LANES_ROOM(share, 4 * VL);
  ATR_LANES_ROOM(da, 4 * VL);
  ATR_LANES_ROOM(value, VL);
  ATR_LANES_ROOM(slope, VL);
  ATR_LANES_GANG_BEGIN
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) {
      ATR_LANES_SET(ATR_LANES_FROM(79, state, j), 0, dhs + line + j);
      ATR_LANES_SET(ATR_LANES_FROM(81, state, j), 0, dcs + line + j);
      ATR_LANES_TO(zero, 93, state, j);
      for (int g = 0; g < gates; g++) {
        ATR_LANES_TO(zero, 95, gates * state + g, j);
        ATR_LANES_TO(zero, 97, gates * state + g, j);
      }
      ATR_LANES_TO(zero, 99, state, j);
      ATR_LANES_TO(zero, 101, state, j);
    }
  ATR_LANES_LINES_END
  for (int s = a[0] - 1; s >= 0; s--) {
    if (gates == 4) {
      ATR_LANES_EPOCH_BEGIN(a[36])
      ATR_CELL_LANES_LINES_BEGIN(s, 4)
        ATR_CELL_LANES_MOMENTS(ATR_PTR(73) + (size_t)4 * row * hid, hid)
        float2 mc = (float2)(0.0f, 1.0f);
        if (after) mc = ATR_RECURRENT_FN(moments)(ATR_PTR(75) + (size_t)row * hid, 1, hid, hid, epsilon);
        for (int j = begin; j < end; j += VL) {
          const ATR_LANES_V arrives = ATR_LANES_GET(0, dhs + line + j) + ATR_LANES_FROM(77, row, j);
          const ATR_LANES_V c = ATR_LANES_FROM(75, row, j), normal = (c - (ATR_LANES_V)(mc.x)) * (ATR_LANES_V)(mc.y);
          const ATR_LANES_V gain = after ? ATR_LANES_FROM(67, d, j) : one;
          const ATR_LANES_V y = ATR_CELL_LANES_TANH(gain * normal + ATR_LANES_FROM(69, d, j));
          const ATR_LANES_V sum = ATR_LANES_FROM(73, 4 * row + 1, j);
          const ATR_LANES_V open = ATR_CELL_LANES_SIGMOID(ATR_CELL_LANES_X(1) + ATR_CELL_LANES_SHARE(sum, 1));
          const ATR_LANES_V dy = arrives * open * (one - y * y);
          ATR_LANES_SET(arrives * y * open * (one - open), 0, normals + 4 * line + padded + j);
          ATR_LANES_SET(dy * gain, 0, us + line + j);
          ATR_CELL_LANES_ADD(dy * normal, 99, state);
          ATR_CELL_LANES_ADD(dy, 101, state);
        }
      ATR_CELL_LANES_LINES_END
      ATR_LANES_EPOCH_END
    }
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_CELL_LANES_LINES_BEGIN(s, 4)
      const int last = ATR_LANES_ROW(backwards ? t + 1 : t - 1, n);
      __global float *dn = normals + 4 * line;
      ATR_CELL_LANES_MOMENTS(ATR_PTR(73) + (size_t)gates * row * hid, hid)
      float2 mc = (float2)(0.0f, 1.0f), tilt = (float2)(0.0f, 0.0f);
      if (after) {
        mc = ATR_RECURRENT_FN(moments)(ATR_PTR(75) + (size_t)row * hid, 1, hid, hid, epsilon);
        tilt = ATR_RECURRENT_FN(tilt)(us + line, padded, ATR_PTR(75) + (size_t)row * hid, hid, 1, hid, mc);
      }
      for (int j = begin; j < end; j += VL) {
        ATR_LANES_V reset = one, past = zero;
        _Pragma("unroll 1") for (int g = 0; g < gates; g++) {
          const ATR_LANES_V sum = ATR_LANES_FROM(73, gates * row + g, j);
          ATR_LANES_SET(ATR_CELL_LANES_SHARE(sum, g), g, share);
        }
        if (gates == 4) {
          const ATR_LANES_V was = s ? ATR_LANES_FROM(75, last, j) : ATR_LANES_FROM(59, state, j);
          ATR_LANES_V into = ATR_LANES_GET(0, us + line + j);
          if (after) {
            const ATR_LANES_V normal = (ATR_LANES_FROM(75, row, j) - (ATR_LANES_V)(mc.x)) * (ATR_LANES_V)(mc.y);
            into = (ATR_LANES_V)(mc.y) * (into - (ATR_LANES_V)(tilt.x) - normal * (ATR_LANES_V)(tilt.y));
          }
          into += ATR_LANES_GET(0, dcs + line + j);
          const ATR_LANES_V in = ATR_CELL_LANES_SIGMOID(ATR_CELL_LANES_X(0) + ATR_LANES_GET(0, share));
          const ATR_LANES_V keep = ATR_CELL_LANES_SIGMOID(ATR_CELL_LANES_X(2) + ATR_LANES_GET(2, share));
          const ATR_LANES_V fresh = ATR_CELL_LANES_TANH(ATR_CELL_LANES_X(3) + ATR_LANES_GET(3, share));
          ATR_LANES_SET(into * fresh * in * (one - in), 0, da);
          ATR_LANES_SET(ATR_LANES_GET(0, dn + padded + j), 1, da);
          ATR_LANES_SET(into * was * keep * (one - keep), 2, da);
          ATR_LANES_SET(into * in * (one - fresh * fresh), 3, da);
          ATR_LANES_SET(ATR_LANES_CLIP(106, into * keep), 0, dcs + line + j);
        } else {
          const ATR_LANES_V arrives = ATR_LANES_GET(0, dhs + line + j) + ATR_LANES_FROM(77, row, j);
          if (gates == 3) {
            const ATR_LANES_V before = s ? ATR_LANES_FROM(71, last, j) : ATR_LANES_FROM(57, state, j);
            const ATR_LANES_V keep = ATR_CELL_LANES_SIGMOID(ATR_CELL_LANES_X(0) + ATR_LANES_GET(0, share));
            reset = ATR_CELL_LANES_SIGMOID(ATR_CELL_LANES_X(1) + ATR_LANES_GET(1, share));
            const ATR_LANES_V met = ATR_LANES_GET(2, share), fresh = ATR_CELL_LANES_TANH(ATR_CELL_LANES_X(2) + reset * met);
            const ATR_LANES_V dfresh = arrives * (one - keep) * (one - fresh * fresh);
            ATR_LANES_SET(arrives * (before - fresh) * keep * (one - keep), 0, da);
            ATR_LANES_SET(dfresh * met * reset * (one - reset), 1, da);
            ATR_LANES_SET(dfresh, 2, da);
            past = arrives * keep;
          } else {
            ATR_LANES_SET(ATR_CELL_LANES_X(0) + ATR_LANES_GET(0, share), 0, value);
            ATR_LANES_ACTIVATE(0, value, slope, 1);
            ATR_LANES_SET(arrives * ATR_LANES_GET(0, slope), 0, da);
          }
        }
        ATR_LANES_SET(past, 0, directs + line + j);
        _Pragma("unroll 1") for (int g = 0; g < gates; g++) {
          const ATR_LANES_V enters = ATR_LANES_GET(g, da), dv = gates == 3 && g == 2 ? enters * reset : enters;
          const ATR_LANES_V sum = ATR_LANES_FROM(73, gates * row + g, j);
          ATR_LANES_TO(enters, 83, gates * row + g, j);
          ATR_CELL_LANES_ADD(dv * ATR_CELL_LANES_NORMAL(sum, g), 95, gates * state + g);
          ATR_CELL_LANES_ADD(dv, 97, gates * state + g);
          if (ATR_ABSENT(63)) {
            ATR_LANES_STORE(dv, dsums + 4 * line + g * hid + j, hid - j);
            ATR_LANES_TO(dv, 85, gates * row + g, j);
          } else
            ATR_LANES_SET(dv * ATR_LANES_FROM(63, gates * d + g, j), 0, dn + g * padded + j);
        }
      }
    ATR_CELL_LANES_LINES_END
    ATR_LANES_EPOCH_END
    if (!ATR_ABSENT(63)) {
      ATR_LANES_EPOCH_BEGIN(a[36])
      ATR_CELL_LANES_LINES_BEGIN(s, 4)
        __global const float *saved = ATR_PTR(73) + (size_t)gates * row * hid, *dn = normals + 4 * line;
        ATR_CELL_LANES_MOMENTS(saved, hid)
        float4 tilt = (float4)(0.0f);
        tilt.xy = ATR_RECURRENT_FN(tilt)(dn, padded, saved, hid, together, hid, m.xy);
        if (together < gates)
          tilt.zw = ATR_RECURRENT_FN(tilt)(dn + together * padded, padded, saved + together * hid, hid, gates - together, hid,
                                                m.zw);
        for (int j = begin; j < end; j += VL)
          _Pragma("unroll 1") for (int g = 0; g < gates; g++) {
            const ATR_LANES_V sum = ATR_LANES_FROM(73, gates * row + g, j);
            const float inv = g < together ? m.y : m.w, level = g < together ? tilt.x : tilt.z, by = g < together ? tilt.y : tilt.w;
            const ATR_LANES_V to = (ATR_LANES_V)(inv) * (ATR_LANES_GET(0, dn + g * padded + j) - (ATR_LANES_V)(level) -
                                                         ATR_CELL_LANES_NORMAL(sum, g) * (ATR_LANES_V)(by));
            ATR_LANES_STORE(to, dsums + 4 * line + g * hid + j, hid - j);
            ATR_LANES_TO(to, 85, gates * row + g, j);
          }
      ATR_CELL_LANES_LINES_END
      ATR_LANES_EPOCH_END
    }
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_LANES_UNITS_BEGIN(s)
      for (int v = 0; v < 4 * items; v++) ATR_LANES_SET(zero, v, z);
      ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), gates * hid, dsums + 4 * ATR_LANES_OF(0), 4 * padded, gates * hid);
      for (int i = 0; i < items; i++)
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL, state = ATR_LANES_STATE(i);
          if (j >= hid) continue;
          const ATR_LANES_V back = ATR_LANES_GET(v * items + i, z), mask = ATR_CELL_LANES_OR_ONE(61, state);
          const ATR_LANES_V before = s ? ATR_LANES_FROM(71, ATR_LANES_ROW(ATR_LANES_STEP(s - 1, i), ATR_LANES_SAMPLE(i)), j)
                                       : ATR_LANES_FROM(57, state, j);
          ATR_LANES_TO(before * mask, 87, row[i], j);
          ATR_CELL_LANES_ADD(back * before, 93, state);
          ATR_LANES_SET(ATR_LANES_CLIP(106, back * mask + ATR_LANES_GET(0, directs + ATR_LANES_OF(i) + j)), 0,
                        dhs + ATR_LANES_OF(i) + j);
        }
    ATR_LANES_UNITS_END
    ATR_LANES_EPOCH_END
  }
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) {
      ATR_LANES_TO(ATR_LANES_GET(0, dhs + line + j), 89, state, j);
      ATR_LANES_TO(ATR_LANES_GET(0, dcs + line + j), 91, state, j);
    }
  ATR_LANES_LINES_END
  ATR_LANES_GANG_END
  ATR_LANES_END
}
#undef ATR_CELL_LANES_LINES_BEGIN
#undef ATR_CELL_LANES_LINES_END
#undef ATR_CELL_LANES_MOMENTS
#undef ATR_CELL_LANES_NORMAL
#undef ATR_CELL_LANES_SHARE
#undef ATR_CELL_LANES_X
#undef ATR_CELL_LANES_OR_ONE
#undef ATR_CELL_LANES_ADD
#undef ATR_CELL_LANES_SIGMOID
#undef ATR_CELL_LANES_TANH
#undef ATR_CELL_LANES_H
#undef ATR_RECURRENT_FN
