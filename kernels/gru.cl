/* gru.cl: GRU along a whole sequence and backwards through it, a line a work-group. See recurrent.clh, which
 * has words 0 to 32. Blocks: z, r, h. "met" is what the last block of R meets (r·H) or, with linear_before_reset, gives
 * (R·H + Rb).
 * gru_fwd: 33 pre, 35 initial h, 37 B, 39 Y, 41 Y_h, 43 met, 45 linear_before_reset. pre is W·x + biases on entry
 *   (without Rb of the last block, with linear_before_reset); R's share is added, k ascending. Vectors of a line: h, met,
 *   sums (3).
 * gru_bwd: 33 Y, 35 pre, 37 initial h, 39 met, 41 dY, 43 dY_h, 45 dpre, 47 h before each step, 49 gradient of met (with
 *   linear_before_reset), 51 of the initial h, 53 linear_before_reset, 54 what bounds a gradient that leaves a step.
 *   Vectors: gradient of h, what of it goes past R, that of r·H, sums (3).
 * Tensors may be absent, but for pre, and met in gru_bwd with linear_before_reset. */
#include "recurrent.clh"
/* Element j of vector `at` of hid elements of the tensor at this word; 0 where it is absent. */
#define ATR_GRU_GET(word, at)                                                                                     \
  (ATR_ABSENT(word) ? 0.0f : ATR_PTR(word)[(size_t)(at) * hid + j])
#define ATR_GRU_PUT(value, word, at)                                                                              \
  if (!ATR_ABSENT(word)) ATR_PTR(word)[(size_t)(at) * hid + j] = value

ATR_KERNEL(ATR_FN(gru_fwd_f32_baseline)) {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * 3 * padded;
  __global float *h = own, *met = own + padded, *sums = own + 2 * padded;
  const int linear = a[45];
  ATR_RECURRENT_EACH(j) h[j] = ATR_GRU_GET(35, state_at);
  ATR_RECURRENT_SYNC;
  for (int s = 0; s < a[0]; s++) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t), out = ATR_RECURRENT_Y(t);
    if (s < length) atr_recurrent_product(sums, matrix, h, hid, (linear ? 3 : 2) * padded, 3 * padded);
    ATR_RECURRENT_SYNC;
    if (!linear) {
      ATR_RECURRENT_EACH(j) {
        const float zr = ATR_GRU_GET(33, 3 * row + 1) + sums[padded + j];
        met[j] = atr_recurrent_value(ATR_RECURRENT_F(0), zr) * h[j];
      }
      ATR_RECURRENT_SYNC;
      if (s < length)
        atr_recurrent_product(sums + 2 * padded, matrix + 2 * padded, met, hid, padded, 3 * padded);
      ATR_RECURRENT_SYNC;
    }
    ATR_RECURRENT_EACH(j) {
      float zz = 0.0f, zr = zz, zh = zz, meets = zz, v = zz;
      if (s < length) {
        zz = ATR_GRU_GET(33, 3 * row) + sums[j];
        zr = ATR_GRU_GET(33, 3 * row + 1) + sums[padded + j];
        zh = sums[2 * padded + j];
        if (linear) {
          meets = zh + ATR_GRU_GET(37, 6 * d + 5);
          zh = atr_recurrent_value(ATR_RECURRENT_F(0), zr) * meets;
        } else
          meets = met[j];
        zh += ATR_GRU_GET(33, 3 * row + 2);
        const float z = atr_recurrent_value(ATR_RECURRENT_F(0), zz);
        v = (1.0f - z) * atr_recurrent_value(ATR_RECURRENT_F(1), zh) + z * h[j];
        h[j] = v;
      }
      ATR_GRU_PUT(zz, 33, 3 * row);
      ATR_GRU_PUT(zr, 33, 3 * row + 1);
      ATR_GRU_PUT(zh, 33, 3 * row + 2);
      ATR_GRU_PUT(v, 39, out);
      ATR_GRU_PUT(meets, 43, row);
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) { ATR_GRU_PUT(h[j], 41, state_at); }
}

ATR_KERNEL(ATR_FN(gru_bwd_f32_baseline)) {
  ATR_RECURRENT_BEGIN
  __global const float *matrix = ATR_PTR(27) + (size_t)d * hid * 3 * padded;
  __global float *carry = own, *direct = own + padded, *u = own + 2 * padded, *sums = own + 3 * padded;
  const int linear = a[53];
  ATR_RECURRENT_EACH(j) carry[j] = ATR_GRU_GET(43, state_at);
  ATR_RECURRENT_SYNC;
  for (int s = a[0] - 1; s >= 0; s--) {
    const int t = ATR_RECURRENT_STEP(s), row = ATR_RECURRENT_ROW(t);
    const int was = s ? ATR_RECURRENT_Y(ATR_RECURRENT_STEP(s - 1)) : state_at, from = s ? 33 : 37;
    ATR_RECURRENT_EACH(j) {
      float dzz = 0.0f, dzh = dzz, before = dzz;
      if (s < length) {
        before = ATR_GRU_GET(from, was);
        const float zz = ATR_GRU_GET(35, 3 * row), zh = ATR_GRU_GET(35, 3 * row + 2);
        const float dh = carry[j] + ATR_GRU_GET(41, ATR_RECURRENT_Y(t));
        const float z = atr_recurrent_value(ATR_RECURRENT_F(0), zz);
        dzz = dh * (before - atr_recurrent_value(ATR_RECURRENT_F(1), zh)) * atr_recurrent_slope(ATR_RECURRENT_F(0), zz);
        dzh = dh * (1.0f - z) * atr_recurrent_slope(ATR_RECURRENT_F(1), zh);
        direct[j] = dh * z;
        sums[j] = dzz;
        sums[2 * hid + j] = dzh;
      }
      ATR_GRU_PUT(dzz, 45, 3 * row);
      ATR_GRU_PUT(dzh, 45, 3 * row + 2);
      ATR_GRU_PUT(before, 47, row);
    }
    ATR_RECURRENT_SYNC;
    if (!linear) {
      if (s < length)
        atr_recurrent_product(u, matrix + 2 * hid * padded, sums + 2 * hid, hid, padded, padded);
      ATR_RECURRENT_SYNC;
    }
    ATR_RECURRENT_EACH(j) {
      float dzr = 0.0f, dmet = dzr;
      if (s < length) {
        const float zr = ATR_GRU_GET(35, 3 * row + 1), r = atr_recurrent_value(ATR_RECURRENT_F(0), zr);
        dzr = atr_recurrent_slope(ATR_RECURRENT_F(0), zr);
        if (linear) {
          const float dzh = sums[2 * hid + j];
          dzr *= dzh * ATR_GRU_GET(39, row);
          dmet = dzh * r;
          sums[2 * hid + j] = dmet;
        } else {
          const float back = u[j];
          dzr *= back * ATR_GRU_GET(from, was);
          direct[j] = direct[j] + back * r;
        }
        sums[hid + j] = dzr;
      }
      ATR_GRU_PUT(dzr, 45, 3 * row + 1);
      ATR_GRU_PUT(dmet, 49, row);
    }
    ATR_RECURRENT_SYNC;
    if (s < length) {
      atr_recurrent_product(carry, matrix, sums, (linear ? 3 : 2) * hid, padded, padded);
      ATR_RECURRENT_EACH(j) carry[j] = atr_recurrent_clip(ATR_FLOAT(54), carry[j] + direct[j]);
    }
    ATR_RECURRENT_SYNC;
  }
  ATR_RECURRENT_EACH(j) {
    ATR_GRU_PUT(carry[j], 51, state_at);
  }
}
#undef ATR_GRU_GET
#undef ATR_GRU_PUT
