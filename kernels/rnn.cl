/* rnn.cl: RNN along a whole sequence and backwards through it, a line a work-group. See recurrent.clh, which
 * has words 0 to 32. Vectors of a line: h (backward: its gradient), sums.
 * rnn_fwd: 33 pre, 35 initial h, 37 Y, 39 Y_h. pre is W·x + biases on entry; R·h is added to it, k ascending.
 * rnn_bwd: 33 Y, 35 pre, 37 initial h, 39 dY, 41 dY_h, 43 dpre, 45 h before each step, 47 gradient of the initial h,
 *   49 what bounds a gradient that leaves a step.
 * Tensors may be absent, but for pre. */
#include "recurrent.clh"

ATR_KERNEL(ATR_FN(rnn_fwd_f32_baseline)) {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * padded;
  __global float *h = own, *sums = own + padded;
  __global const float *first = ATR_PTR(35) + (size_t)state_at * hid;
  ATR_RECURRENT_EACH(j)
    h[j] = ATR_ABSENT(35) ? 0.0f : first[j];
  ATR_RECURRENT_SYNC;
  for (int s = 0; s < a[0]; s++) {
    const int t = ATR_RECURRENT_STEP(s);
    __global float *pre = ATR_PTR(33) + (size_t)ATR_RECURRENT_ROW(t) * hid;
    __global float *y = ATR_PTR(37) + (size_t)ATR_RECURRENT_Y(t) * hid;
    if (s < length) atr_recurrent_product(sums, matrix, h, hid, padded, padded);
    ATR_RECURRENT_SYNC;
    ATR_RECURRENT_EACH(j) {
      const int left = hid - j;
      float z = 0.0f, v = z;
      if (s < length) {
        z = pre[j] + sums[j];
        v = atr_recurrent_value(ATR_RECURRENT_F(0), z);
        h[j] = v;
      }
      pre[j] = z;
      if (!ATR_ABSENT(37)) y[j] = v;
    }
    ATR_RECURRENT_SYNC;
  }
  __global float *end = ATR_PTR(39) + (size_t)state_at * hid;
  if (!ATR_ABSENT(39))
    ATR_RECURRENT_EACH(j) end[j] = h[j];
}

ATR_KERNEL(ATR_FN(rnn_bwd_f32_baseline)) {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * padded;
  __global float *carry = own, *sums = own + padded;
  __global const float *dlast = ATR_PTR(41) + (size_t)state_at * hid;
  ATR_RECURRENT_EACH(j)
    carry[j] = ATR_ABSENT(41) ? 0.0f : dlast[j];
  ATR_RECURRENT_SYNC;
  for (int s = a[0] - 1; s >= 0; s--) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t);
    __global const float *pre = ATR_PTR(35) + (size_t)row * hid;
    __global const float *dy = ATR_PTR(39) + (size_t)ATR_RECURRENT_Y(t) * hid;
    __global const float *before = s ? ATR_PTR(33) + (size_t)ATR_RECURRENT_Y(ATR_RECURRENT_STEP(s - 1)) * hid
                                     : ATR_PTR(37) + (size_t)state_at * hid;
    const int known = s < length && (s > 0 || !ATR_ABSENT(37));
    ATR_RECURRENT_EACH(j) {
      const int left = hid - j;
      float z = 0.0f;
      if (s < length) {
        if (!ATR_ABSENT(39)) z = dy[j];
        z = (z + carry[j]) * atr_recurrent_slope(ATR_RECURRENT_F(0), pre[j]);
        sums[j] = z;
      }
      if (!ATR_ABSENT(43)) ATR_PTR(43)[(size_t)row * hid + j] = z;
      if (!ATR_ABSENT(45))
        ATR_PTR(45)[(size_t)row * hid + j] = known ? before[j] : 0.0f;
    }
    ATR_RECURRENT_SYNC;
    if (s < length) {
      atr_recurrent_product(carry, matrix, sums, hid, padded, padded);
      ATR_RECURRENT_EACH(j) carry[j] = atr_recurrent_clip(ATR_FLOAT(49), carry[j]);
    }
    ATR_RECURRENT_SYNC;
  }
  __global float *dfirst = ATR_PTR(47) + (size_t)state_at * hid;
  if (!ATR_ABSENT(47))
    ATR_RECURRENT_EACH(j) dfirst[j] = carry[j];
}
