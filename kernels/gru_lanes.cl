/* gru_lanes.cl: GRU along a whole sequence for processors; see recurrent_lanes.clh. Macro: VL. Blocks of sums are z, r, h.
 * Where the reset is linear a unit is one vector of hid and its three gates. Else it is two vectors of hid, z and r each, and
 * then, half a step later and packed behind all of those, four vectors of h. Vectors of a line: h (2, of even and odd steps),
 * and, half a step long, z and r·h;
 * backward: gradient of the last h, what of it passes a step directly, sums (2, of 3 each).
 * gru_fwd: 55 initial h, 57 Y, 59 Y_h, 61 r·h, or R·h + b of the last gate where linear, 63 linear_before_reset, 64 units of
 *   h, 65 where these begin, in floats.
 * gru_bwd: 55 Y, 57 sums, 59 initial h, 61 forward's word 61, 63 dY, 65 dY_h, 67 gradient of the sums, 69 h before each
 *   step, 71 gradient of word 61 where linear, 73 of the initial h, 75 linear_before_reset, 76 what bounds a gradient that leaves
 *   a step. A unit is four vectors of hid.
 * Tensors may be absent. */
#include "recurrent_lanes.clh"
#define ATR_RECURRENT_FN(name) ATR_FN(gru_lanes_##name)
ATR_LANES_TEMPLATE
ATR_LANES_PRODUCTS(3)
ATR_LANES_PROJECT

ATR_TILE_KERNEL(ATR_FN(gru_fwd_f32_lanes)) {
  ATR_LANES_BEGIN
  ATR_RECURRENT_FN(project)(ATR_BASES_GIVEN, (int)ATR_GROUP(0));
  __global float *both = ATR_PTR(29), *keep = both + (size_t)2 * lines * padded, *met = keep + (size_t)lines * padded;
  const ATR_LANES_V zero = (ATR_LANES_V)(0.0f), one = (ATR_LANES_V)(1.0f);
  ATR_LANES_ROOM(z, 24 * VL);
  ATR_LANES_GANG_BEGIN
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) ATR_LANES_SET(ATR_LANES_FROM(55, state, j), 0, both + line + j);
  ATR_LANES_LINES_END
  for (int s = 0; s < a[0]; s++) {
    __global const float *was = both + (size_t)(s & 1) * lines * padded;
    __global float *h = both + (size_t)(~s & 1) * lines * padded;
    if (a[63]) {
      ATR_LANES_EPOCH_BEGIN(a[36])
      ATR_LANES_UNITS_BEGIN(s)
        const int next = ATR_LANES_NEXT(1);
        float *zr = z + items * VL, *zh = z + 2 * items * VL;
        for (int i = 0; i < items; i++) {
          const int j = at[i] * VL;
          __global const float *pre = ATR_PTR(48) + (size_t)row[i] * 3 * hid + j;
          ATR_LANES_SET(ATR_LANES_LOAD(pre, hid - j), i, z);
          ATR_LANES_SET(ATR_LANES_LOAD(pre + hid, hid - j), i, zr);
          ATR_LANES_SET(ATR_LANES_FROM(46, 6 * d + 5, j), i, zh);
          for (int g = 0; g < 3; g++) ATR_LANES_ASK(pre + g * hid + next);
        }
        ATR_LANES_MULTIPLY(3, z, ATR_PTR(27), hid, was + ATR_LANES_OF(0), padded, hid);
        for (int i = 0; a[54] && i < items; i++) {
          const int j = at[i] * VL;
          ATR_LANES_TO(live[i] ? ATR_LANES_GET(i, z) : zero, 48, 3 * row[i], j);
          ATR_LANES_TO(live[i] ? ATR_LANES_GET(i, zr) : zero, 48, 3 * row[i] + 1, j);
        }
        ATR_LANES_ACTIVATE(0, z, 0, 2 * items);
        for (int i = 0; i < items; i++) {
          const int j = at[i] * VL;
          const ATR_LANES_V linear = ATR_LANES_GET(i, zh);
          const ATR_LANES_V sum = fma(ATR_LANES_GET(i, zr), linear, ATR_LANES_FROM(48, 3 * row[i] + 2, j));
          ATR_LANES_SET(sum, i, zh);
          if (a[54]) ATR_LANES_TO(live[i] ? sum : zero, 48, 3 * row[i] + 2, j);
          ATR_LANES_TO(live[i] ? linear : zero, 61, row[i], j);
        }
        ATR_LANES_ACTIVATE(1, zh, 0, items);
        for (int i = 0; i < items; i++) {
          const int j = at[i] * VL;
          const ATR_LANES_V before = ATR_LANES_GET(0, was + ATR_LANES_OF(i) + j), share = ATR_LANES_GET(i, z);
          const ATR_LANES_V v = (one - share) * ATR_LANES_GET(i, zh) + share * before;
          ATR_LANES_SET(live[i] ? v : before, 0, h + ATR_LANES_OF(i) + j);
          ATR_LANES_TO(live[i] ? v : zero, 57, out[i], j);
        }
      ATR_LANES_UNITS_END
      ATR_LANES_EPOCH_END
    } else {
      ATR_LANES_EPOCH_BEGIN(a[36])
      ATR_LANES_UNITS_BEGIN(s)
        const int next = ATR_LANES_NEXT(2);
        for (int i = 0; i < items; i++)
          for (int v = 0; v < 4; v++) { /* vector v is gate v % 2 of block v / 2 */
            const int j = (2 * at[i] + v / 2) * VL;
            __global const float *pre = ATR_PTR(48) + (size_t)(3 * row[i] + v % 2) * hid + j;
            ATR_LANES_SET(ATR_LANES_LOAD(pre, hid - j), v * items + i, z);
            ATR_LANES_ASK(pre + next);
          }
        ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), hid, was + ATR_LANES_OF(0), padded, hid);
        for (int i = 0; a[54] && i < items; i++)
          for (int v = 0; v < 4; v++)
            ATR_LANES_TO(live[i] ? ATR_LANES_GET(v * items + i, z) : zero, 48, 3 * row[i] + v % 2, (2 * at[i] + v / 2) * VL);
        ATR_LANES_ACTIVATE(0, z, 0, 4 * items);
        for (int i = 0; i < items; i++)
          for (int v = 0; v < 4; v += 2) {
            const int j = (2 * at[i] + v / 2) * VL;
            const ATR_LANES_V reset = ATR_LANES_GET((v + 1) * items + i, z) * ATR_LANES_GET(0, was + ATR_LANES_OF(i) + j);
            ATR_LANES_SET(ATR_LANES_GET(v * items + i, z), 0, keep + ATR_LANES_OF(i) + j);
            ATR_LANES_SET(reset, 0, met + ATR_LANES_OF(i) + j);
            ATR_LANES_TO(live[i] ? reset : zero, 61, row[i], j);
          }
      ATR_LANES_UNITS_END
      ATR_LANES_EPOCH_END
      ATR_LANES_EPOCH_BEGIN(a[64])
      ATR_LANES_UNITS_BEGIN(s)
        const int next = ATR_LANES_NEXT(4);
        for (int i = 0; i < items; i++)
          for (int v = 0; v < 4; v++) {
            const int j = (4 * at[i] + v) * VL;
            __global const float *pre = ATR_PTR(48) + (size_t)(3 * row[i] + 2) * hid + j;
            ATR_LANES_SET(ATR_LANES_LOAD(pre, hid - j), v * items + i, z);
            ATR_LANES_ASK(pre + next);
          }
        ATR_LANES_MULTIPLY(4, z, ATR_PTR(27) + a[65], hid, met + ATR_LANES_OF(0), padded, hid);
        for (int i = 0; a[54] && i < items; i++)
          for (int v = 0; v < 4; v++)
            ATR_LANES_TO(live[i] ? ATR_LANES_GET(v * items + i, z) : zero, 48, 3 * row[i] + 2, (4 * at[i] + v) * VL);
        ATR_LANES_ACTIVATE(1, z, 0, 4 * items);
        for (int i = 0; i < items; i++)
          for (int v = 0; v < 4; v++) {
            const int j = (4 * at[i] + v) * VL;
            const ATR_LANES_V before = ATR_LANES_GET(0, was + ATR_LANES_OF(i) + j);
            const ATR_LANES_V share = ATR_LANES_GET(0, keep + ATR_LANES_OF(i) + j);
            const ATR_LANES_V value = (one - share) * ATR_LANES_GET(v * items + i, z) + share * before;
            ATR_LANES_SET(live[i] ? value : before, 0, h + ATR_LANES_OF(i) + j);
            ATR_LANES_TO(live[i] ? value : zero, 57, out[i], j);
          }
      ATR_LANES_UNITS_END
      ATR_LANES_EPOCH_END
    }
  }
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL)
      ATR_LANES_TO(ATR_LANES_GET(0, both + (size_t)(a[0] & 1) * lines * padded + line + j), 59, state, j);
  ATR_LANES_LINES_END
  ATR_LANES_GANG_END
  ATR_LANES_END
}

ATR_TILE_KERNEL(ATR_FN(gru_bwd_f32_lanes)) {
  ATR_LANES_BEGIN
  __global float *last_h = ATR_PTR(29), *direct = last_h + (size_t)lines * padded, *both = direct + (size_t)lines * padded;
  const ATR_LANES_V zero = (ATR_LANES_V)(0.0f), one = (ATR_LANES_V)(1.0f);
  const int linear = a[75], back = linear ? 3 * hid : 2 * hid;
  ATR_LANES_ROOM(z, 24 * VL);
  ATR_LANES_ROOM(gate, 8 * VL);
  ATR_LANES_ROOM(gate_slope, 8 * VL);
  ATR_LANES_ROOM(fresh, 4 * VL);
  ATR_LANES_ROOM(fresh_slope, 4 * VL);
  ATR_LANES_GANG_BEGIN
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) {
      ATR_LANES_SET(ATR_LANES_FROM(65, state, j), 0, last_h + line + j);
      ATR_LANES_SET(zero, 0, direct + line + j);
    }
  ATR_LANES_LINES_END
  for (int s = a[0] - 1; s >= 0; s--) {
    __global float *sums = both + (size_t)(s & 1) * lines * 3 * padded;
    __global const float *later = both + (size_t)(~s & 1) * lines * 3 * padded;
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_LANES_UNITS_BEGIN(s)
      const int next = ATR_LANES_NEXT_BACK(4);
      for (int v = 0; v < 4 * items; v++) ATR_LANES_SET(zero, v, z);
      if (s + 1 < a[0])
        ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), 3 * hid, later + 3 * ATR_LANES_OF(0), 3 * padded, back);
      for (int i = 0; i < items; i++) {
        const int ends = s + 1 >= ATR_LANES_LENGTH(ATR_LANES_SAMPLE(i));
        __global float *to = sums + 3 * ATR_LANES_OF(i);
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL;
          ATR_LANES_SET(ATR_LANES_FROM(57, 3 * row[i], j), v, gate);
          ATR_LANES_SET(ATR_LANES_FROM(57, 3 * row[i] + 1, j), 4 + v, gate);
          ATR_LANES_SET(ATR_LANES_FROM(57, 3 * row[i] + 2, j), v, fresh);
          for (int g = 0; g < 3; g++) ATR_LANES_ASK(ATR_PTR(57) + (size_t)(3 * row[i] + g) * hid + j + next);
        }
        ATR_LANES_ACTIVATE(0, gate, gate_slope, linear ? 8 : 4);
        ATR_LANES_ACTIVATE(1, fresh, fresh_slope, 4);
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL, left = hid - j;
          ATR_LANES_V dzz = zero, dzr = zero, dzh = zero, dmet = zero, before = zero;
          if (live[i] && left > 0) {
            __global float *past = direct + ATR_LANES_OF(i) + j;
            const ATR_LANES_V dh =
                (ends ? ATR_LANES_GET(0, last_h + ATR_LANES_OF(i) + j)
                      : ATR_LANES_CLIP(76, ATR_LANES_GET(v * items + i, z) + ATR_LANES_GET(0, past))) +
                ATR_LANES_FROM(63, out[i], j);
            const ATR_LANES_V share = ATR_LANES_GET(v, gate);
            before = ATR_LANES_BEFORE(55, 59, s, i, j);
            dzz = dh * (before - ATR_LANES_GET(v, fresh)) * ATR_LANES_GET(v, gate_slope);
            dzh = dh * (one - share) * ATR_LANES_GET(v, fresh_slope);
            ATR_LANES_SET(dh * share, 0, past);
            if (linear) {
              dzr = dzh * ATR_LANES_FROM(61, row[i], j) * ATR_LANES_GET(4 + v, gate_slope);
              dmet = dzh * ATR_LANES_GET(4 + v, gate);
            }
          }
          ATR_LANES_STORE(dzz, to + j, left);
          if (linear) {
            ATR_LANES_STORE(dzr, to + hid + j, left);
            ATR_LANES_TO(dzr, 67, 3 * row[i] + 1, j);
          }
          ATR_LANES_STORE(linear ? dmet : dzh, to + 2 * hid + j, left);
          ATR_LANES_TO(dzz, 67, 3 * row[i], j);
          ATR_LANES_TO(dzh, 67, 3 * row[i] + 2, j);
          ATR_LANES_TO(before, 69, row[i], j);
          ATR_LANES_TO(dmet, 71, row[i], j);
        }
      }
    ATR_LANES_UNITS_END
    ATR_LANES_EPOCH_END
    if (linear) continue;
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_LANES_UNITS_BEGIN(s)
      for (int v = 0; v < 4 * items; v++) ATR_LANES_SET(zero, v, z);
      ATR_LANES_MULTIPLY(4, z, ATR_PTR(27) + (size_t)2 * hid * 4 * VL, 3 * hid, sums + 3 * ATR_LANES_OF(0) + 2 * hid,
                         3 * padded, hid);
      for (int i = 0; i < items; i++) {
        for (int v = 0; v < 4; v++) ATR_LANES_SET(ATR_LANES_FROM(57, 3 * row[i] + 1, (4 * at[i] + v) * VL), v, gate);
        ATR_LANES_ACTIVATE(0, gate, gate_slope, 4);
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL, left = hid - j;
          ATR_LANES_V dzr = zero;
          if (live[i] && left > 0) {
            __global float *past = direct + ATR_LANES_OF(i) + j;
            const ATR_LANES_V u = ATR_LANES_GET(v * items + i, z);
            dzr = u * ATR_LANES_BEFORE(55, 59, s, i, j) * ATR_LANES_GET(v, gate_slope);
            ATR_LANES_SET(ATR_LANES_GET(0, past) + u * ATR_LANES_GET(v, gate), 0, past);
          }
          ATR_LANES_STORE(dzr, sums + 3 * ATR_LANES_OF(i) + hid + j, left);
          ATR_LANES_TO(dzr, 67, 3 * row[i] + 1, j);
        }
      }
    ATR_LANES_UNITS_END
    ATR_LANES_EPOCH_END
  }
  ATR_LANES_EPOCH_BEGIN(a[36])
  ATR_LANES_UNITS_BEGIN(-1)
    for (int v = 0; v < 4 * items; v++) ATR_LANES_SET(zero, v, z);
    if (a[0] > 0) ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), 3 * hid, both + 3 * ATR_LANES_OF(0), 3 * padded, back);
    for (int i = 0; i < items; i++)
      for (int v = 0; v < 4; v++) {
        const int j = (4 * at[i] + v) * VL, never = ATR_LANES_LENGTH(ATR_LANES_SAMPLE(i)) == 0;
        if (j >= hid) continue;
        ATR_LANES_TO(never ? ATR_LANES_GET(0, last_h + ATR_LANES_OF(i) + j)
                           : ATR_LANES_CLIP(76, ATR_LANES_GET(v * items + i, z) +
                                                    ATR_LANES_GET(0, direct + ATR_LANES_OF(i) + j)),
                     73, ATR_LANES_STATE(i), j);
      }
  ATR_LANES_UNITS_END
  ATR_LANES_EPOCH_END
  ATR_LANES_GANG_END
  ATR_LANES_END
}
#undef ATR_RECURRENT_FN
