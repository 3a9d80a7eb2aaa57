/* lstm_line.cl: LSTM along a sequence of one line a direction; see recurrent_line.clh. Words are lstm_lanes.cl's lstm_fwd. */
#include "recurrent_line.clh"
#define ATR_RECURRENT_FN(name) ATR_FN(lstm_line_##name)
ATR_LINE_FUNCTIONS
ATR_SMALL_FUNCTIONS(4)

/* N units: gates i, f, c, o. */
#define ATR_LSTM_UNITS(N)                                                                                         \
  ATR_SMALL_STATIC void ATR_FN(lstm_units_##N)(float *pre, __global const float *r, const float *was, float *h, float *c, int hid) { \
    ATR_LANES_V z[4 * N];                                                                                         \
    _Pragma("unroll") for (int v = 0; v < 4 * N; v++) z[v] = ATR_LANES_GET(v, pre);                               \
    ATR_SMALL_PRODUCT(N, 4, z, r, was, hid)                                                                       \
    _Pragma("unroll") for (int v = 0; v < 4 * N; v++) ATR_LANES_SET(z[v], v, pre);                                \
    _Pragma("unroll") for (int i = 0; i < N; i++) {                                                               \
      const ATR_LANES_V v = fma(ATR_RECURRENT_FN(sigmoid)(z[4 * i + 1]), ATR_LANES_GET(i, c),                     \
                                ATR_RECURRENT_FN(sigmoid)(z[4 * i]) * ATR_RECURRENT_FN(tanh)(z[4 * i + 2]));      \
      ATR_LANES_SET(v, i, c);                                                                                     \
      ATR_LANES_SET(ATR_RECURRENT_FN(sigmoid)(z[4 * i + 3]) * ATR_RECURRENT_FN(tanh)(v), i, h);                   \
    }                                                                                                             \
  }
ATR_LSTM_UNITS(1)
ATR_LSTM_UNITS(2)
#undef ATR_LSTM_UNITS

ATR_TILE_KERNEL(ATR_FN(lstm_fwd_f32_small)) {
  ATR_SMALL_BEGIN(4, 1)
  const int gate[4] = { 0, 2, 3, 1 };
  ATR_LANES_ROOM(c, ATR_SMALL_HID);
  ATR_SMALL_LINES_BEGIN(55, gate)
    for (int j = 0; j < hid; j += VL) ATR_LANES_SET(ATR_LANES_FROM(57, d, j), 0, c + j);
    ATR_SMALL_STEPS_BEGIN
      int u = 0;
      for (; u + 1 < units; u += 2)
        ATR_FN(lstm_units_2)(pre + u * 4 * VL, r + u * hid * 4 * VL, was, h + u * VL, c + u * VL, hid);
      if (u < units) ATR_FN(lstm_units_1)(pre + u * 4 * VL, r + u * hid * 4 * VL, was, h + u * VL, c + u * VL, hid);
      ATR_SMALL_PUT(h, 61, t * a[4] + d);
      ATR_SMALL_PUT(c, 67, d * a[0] + t);
    ATR_SMALL_STEPS_END(gate)
    ATR_SMALL_PUT(both + (a[0] & 1) * ATR_SMALL_HID, 63, d);
    ATR_SMALL_PUT(c, 65, d);
  ATR_SMALL_LINES_END
}
ATR_TILE_KERNEL(ATR_FN(lstm_fwd_f32_line)) {
  ATR_LINE_BEGIN(4, 1, 2)
  const int gate[4] = { 0, 2, 3, 1 };
  __global float *cells = places + 3 * padded;
  ATR_LANES_ROOM(c, 2 * VL);
  for (int i = 0; self == 0 && i < hid; i += VL) ATR_LANES_SET(ATR_LANES_FROM(57, 0, i), 0, cells + i);
  ATR_LINE_START(55)
  ATR_LINE_STEPS_BEGIN(2, gate)
      for (int i = 0; i < items; i++) ATR_LANES_SET(ATR_LANES_GET(i, cells + j), i, c);
      if (items == 2)
        ATR_FN(lstm_units_2)(z, w, own, h, c, hid);
      else
        ATR_FN(lstm_units_1)(z, w, own, h, c, hid);
      for (int i = 0; i < items; i++) {
        ATR_LANES_SET(ATR_LANES_GET(i, c), i, cells + j);
        ATR_LANES_TO(ATR_LANES_GET(i, c), 67, t, j + i * VL);
      }
  ATR_LINE_STEPS_END(gate, 61)
  if (self == 0) {
    ATR_SMALL_PUT(own, 63, 0);
    ATR_SMALL_PUT(cells, 65, 0);
  }
  ATR_LINE_END
}
#undef ATR_RECURRENT_FN
