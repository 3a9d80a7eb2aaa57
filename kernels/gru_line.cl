/* gru_line.cl: GRU whose reset is linear along a sequence of one line a direction; see recurrent_line.clh. Words are
 * gru_lanes.cl's gru_fwd. */
#include "recurrent_line.clh"
#define ATR_RECURRENT_FN(name) ATR_FN(gru_line_##name)
ATR_LINE_FUNCTIONS
ATR_SMALL_FUNCTIONS(3)

/* N units: gates z, r, h; met: what r multiplies, R's biases before and with R·h after. */
#define ATR_GRU_UNITS(N)                                                                                          \
  ATR_SMALL_STATIC void ATR_FN(gru_units_##N)(float *pre, __global const float *r, const float *was, const float *old, float *h, \
                                              const float *bias, float *met, int hid) {                           \
    const ATR_LANES_V one = (ATR_LANES_V)(1.0f);                                                                  \
    ATR_LANES_V z[3 * N];                                                                                         \
    _Pragma("unroll") for (int i = 0; i < N; i++) {                                                               \
      z[3 * i] = ATR_LANES_GET(3 * i, pre);                                                                       \
      z[3 * i + 1] = ATR_LANES_GET(3 * i + 1, pre);                                                               \
      z[3 * i + 2] = ATR_LANES_GET(i, bias);                                                                      \
    }                                                                                                             \
    ATR_SMALL_PRODUCT(N, 3, z, r, was, hid)                                                                       \
    _Pragma("unroll") for (int i = 0; i < N; i++) {                                                               \
      const ATR_LANES_V sum = fma(ATR_RECURRENT_FN(sigmoid)(z[3 * i + 1]), z[3 * i + 2], ATR_LANES_GET(3 * i + 2, pre)); \
      const ATR_LANES_V share = ATR_RECURRENT_FN(sigmoid)(z[3 * i]), before = ATR_LANES_GET(i, old);              \
      ATR_LANES_SET(z[3 * i], 3 * i, pre);                                                                        \
      ATR_LANES_SET(z[3 * i + 1], 3 * i + 1, pre);                                                                \
      ATR_LANES_SET(sum, 3 * i + 2, pre);                                                                         \
      ATR_LANES_SET(z[3 * i + 2], i, met);                                                                        \
      ATR_LANES_SET((one - share) * ATR_RECURRENT_FN(tanh)(sum) + share * before, i, h);                          \
    }                                                                                                             \
  }
ATR_GRU_UNITS(1)
ATR_GRU_UNITS(2)
#undef ATR_GRU_UNITS

ATR_TILE_KERNEL(ATR_FN(gru_fwd_f32_small)) {
  ATR_SMALL_BEGIN(3, 1)
  const int gate[3] = { 0, 1, 2 };
  ATR_LANES_ROOM(met, ATR_SMALL_HID);
  ATR_LANES_ROOM(own, ATR_SMALL_HID);
  ATR_SMALL_LINES_BEGIN(55, gate)
    for (int j = 0; j < hid; j += VL) ATR_LANES_SET(ATR_LANES_FROM(46, 6 * d + 5, j), 0, own + j);
    ATR_SMALL_STEPS_BEGIN
      int u = 0;
      for (; u + 1 < units; u += 2)
        ATR_FN(gru_units_2)(pre + u * 3 * VL, r + u * hid * 3 * VL, was, was + u * VL, h + u * VL, own + u * VL, met + u * VL, hid);
      if (u < units)
        ATR_FN(gru_units_1)(pre + u * 3 * VL, r + u * hid * 3 * VL, was, was + u * VL, h + u * VL, own + u * VL, met + u * VL, hid);
      ATR_SMALL_PUT(h, 57, t * a[4] + d);
      ATR_SMALL_PUT(met, 61, d * a[0] + t);
    ATR_SMALL_STEPS_END(gate)
    ATR_SMALL_PUT(both + (a[0] & 1) * ATR_SMALL_HID, 59, d);
  ATR_SMALL_LINES_END
}
ATR_TILE_KERNEL(ATR_FN(gru_fwd_f32_line)) {
  ATR_LINE_BEGIN(3, 1, 2)
  const int gate[3] = { 0, 1, 2 };
  ATR_LANES_ROOM(bias, 2 * VL);
  ATR_LANES_ROOM(met, 2 * VL);
  ATR_LINE_START(55)
  ATR_LINE_STEPS_BEGIN(2, gate)
      for (int i = 0; i < items; i++) ATR_LANES_SET(ATR_LANES_FROM(46, 5, j + i * VL), i, bias);
      if (items == 2)
        ATR_FN(gru_units_2)(z, w, own, own + j, h, bias, met, hid);
      else
        ATR_FN(gru_units_1)(z, w, own, own + j, h, bias, met, hid);
      for (int i = 0; i < items; i++) ATR_LANES_TO(ATR_LANES_GET(i, met), 61, t, j + i * VL);
  ATR_LINE_STEPS_END(gate, 57)
  if (self == 0) ATR_SMALL_PUT(own, 59, 0);
  ATR_LINE_END
}
#undef ATR_RECURRENT_FN
