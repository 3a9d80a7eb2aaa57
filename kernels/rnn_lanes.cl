/* rnn_lanes.cl: RNN along a whole sequence for processors; see recurrent_lanes.clh. Macro: VL. A unit is four vectors of
 * hid. Vectors of a line: h (2, of even and odd steps); backward: gradient of the last h, dpre (2).
 * rnn_fwd: 55 initial h, 57 Y, 59 Y_h.
 * rnn_bwd: 55 Y, 57 pre, 59 initial h, 61 dY, 63 dY_h, 65 dpre, 67 h before each step, 69 gradient of the initial h,
 *   71 what bounds a gradient that leaves a step.
 * Tensors may be absent, but for pre. */
#include "recurrent_lanes.clh"
#define ATR_RECURRENT_FN(name) ATR_FN(rnn_lanes_##name)
ATR_LANES_TEMPLATE
ATR_LANES_PROJECT

ATR_TILE_KERNEL(ATR_FN(rnn_fwd_f32_lanes)) {
  ATR_LANES_BEGIN
  ATR_RECURRENT_FN(project)(ATR_BASES_GIVEN, (int)ATR_GROUP(0));
  __global float *both = ATR_PTR(29);
  ATR_LANES_ROOM(z, 24 * VL);
  ATR_LANES_GANG_BEGIN
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) ATR_LANES_SET(ATR_LANES_FROM(55, state, j), 0, both + line + j);
  ATR_LANES_LINES_END
  for (int s = 0; s < a[0]; s++) {
    __global const float *was = both + (size_t)(s & 1) * lines * padded;
    __global float *h = both + (size_t)(~s & 1) * lines * padded;
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_LANES_UNITS_BEGIN(s)
      const int next = ATR_LANES_NEXT(4);
      for (int i = 0; i < items; i++)
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL;
          __global const float *pre = ATR_PTR(48) + (size_t)row[i] * hid + j;
          ATR_LANES_SET(ATR_LANES_LOAD(pre, hid - j), v * items + i, z);
          ATR_LANES_ASK(pre + next);
        }
      ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), hid, was + ATR_LANES_OF(0), padded, hid);
      for (int i = 0; a[54] && i < items; i++)
        for (int v = 0; v < 4; v++)
          ATR_LANES_TO(live[i] ? ATR_LANES_GET(v * items + i, z) : (ATR_LANES_V)(0.0f), 48, row[i], (4 * at[i] + v) * VL);
      ATR_LANES_ACTIVATE(0, z, 0, 4 * items);
      for (int i = 0; i < items; i++)
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL;
          const ATR_LANES_V value = ATR_LANES_GET(v * items + i, z);
          ATR_LANES_SET(live[i] ? value : ATR_LANES_GET(0, was + ATR_LANES_OF(i) + j), 0, h + ATR_LANES_OF(i) + j);
          ATR_LANES_TO(live[i] ? value : (ATR_LANES_V)(0.0f), 57, out[i], j);
        }
    ATR_LANES_UNITS_END
    ATR_LANES_EPOCH_END
  }
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL)
      ATR_LANES_TO(ATR_LANES_GET(0, both + (size_t)(a[0] & 1) * lines * padded + line + j), 59, state, j);
  ATR_LANES_LINES_END
  ATR_LANES_GANG_END
  ATR_LANES_END
}

ATR_TILE_KERNEL(ATR_FN(rnn_bwd_f32_lanes)) {
  ATR_LANES_BEGIN
  __global float *last_h = ATR_PTR(29), *both = last_h + (size_t)lines * padded;
  const ATR_LANES_V zero = (ATR_LANES_V)(0.0f);
  ATR_LANES_ROOM(z, 24 * VL);
  ATR_LANES_ROOM(value, 4 * VL);
  ATR_LANES_ROOM(slope, 4 * VL);
  ATR_LANES_GANG_BEGIN
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) ATR_LANES_SET(ATR_LANES_FROM(63, state, j), 0, last_h + line + j);
  ATR_LANES_LINES_END
  for (int s = a[0] - 1; s >= 0; s--) {
    __global float *dpre = both + (size_t)(s & 1) * lines * padded;
    __global const float *later = both + (size_t)(~s & 1) * lines * padded;
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_LANES_UNITS_BEGIN(s)
      const int next = ATR_LANES_NEXT_BACK(4);
      for (int v = 0; v < 4 * items; v++) ATR_LANES_SET(zero, v, z);
      if (s + 1 < a[0]) ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), hid, later + ATR_LANES_OF(0), padded, hid);
      for (int i = 0; i < items; i++) {
        const int ends = s + 1 >= ATR_LANES_LENGTH(ATR_LANES_SAMPLE(i));
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL;
          ATR_LANES_SET(ATR_LANES_FROM(57, row[i], j), v, value);
          ATR_LANES_ASK(ATR_PTR(57) + (size_t)row[i] * hid + j + next);
        }
        ATR_LANES_ACTIVATE(0, value, slope, 4);
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL, left = hid - j;
          ATR_LANES_V result = zero, before = zero;
          if (live[i] && left > 0) {
            before = ATR_LANES_BEFORE(55, 59, s, i, j);
            result = ((ends ? ATR_LANES_GET(0, last_h + ATR_LANES_OF(i) + j) : ATR_LANES_CLIP(71, ATR_LANES_GET(v * items + i, z))) +
                      ATR_LANES_FROM(61, out[i], j)) *
                     ATR_LANES_GET(v, slope);
          }
          ATR_LANES_STORE(result, dpre + ATR_LANES_OF(i) + j, left);
          ATR_LANES_TO(result, 65, row[i], j);
          ATR_LANES_TO(before, 67, row[i], j);
        }
      }
    ATR_LANES_UNITS_END
    ATR_LANES_EPOCH_END
  }
  ATR_LANES_EPOCH_BEGIN(a[36])
  ATR_LANES_UNITS_BEGIN(-1)
    for (int v = 0; v < 4 * items; v++) ATR_LANES_SET(zero, v, z);
    if (a[0] > 0) ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), hid, both + ATR_LANES_OF(0), padded, hid);
    for (int i = 0; i < items; i++)
      for (int v = 0; v < 4; v++) {
        const int j = (4 * at[i] + v) * VL, never = ATR_LANES_LENGTH(ATR_LANES_SAMPLE(i)) == 0;
        if (j >= hid) continue;
        ATR_LANES_TO(never ? ATR_LANES_GET(0, last_h + ATR_LANES_OF(i) + j) : ATR_LANES_CLIP(71, ATR_LANES_GET(v * items + i, z)), 69,
                     ATR_LANES_STATE(i), j);
      }
  ATR_LANES_UNITS_END
  ATR_LANES_EPOCH_END
  ATR_LANES_GANG_END
  ATR_LANES_END
}
#undef ATR_RECURRENT_FN
