/* rnn_line.cl: RNN along a sequence of one line a direction; see recurrent_line.clh. Words are rnn_lanes.cl's rnn_fwd. */
#include "recurrent_line.clh"
#define ATR_RECURRENT_FN(name) ATR_FN(rnn_line_##name)
ATR_LINE_FUNCTIONS
ATR_SMALL_FUNCTIONS(4)

ATR_SMALL_STATIC void ATR_FN(rnn_unit)(float *pre, __global const float *r, const float *was, float *h, int hid) {
  ATR_LANES_V z[4];
  _Pragma("unroll") for (int v = 0; v < 4; v++) z[v] = ATR_LANES_GET(v, pre);
  ATR_SMALL_PRODUCT(1, 4, z, r, was, hid)
  _Pragma("unroll") for (int v = 0; v < 4; v++) {
    ATR_LANES_SET(z[v], v, pre);
    ATR_LANES_SET(ATR_RECURRENT_FN(tanh)(z[v]), v, h);
  }
}

ATR_TILE_KERNEL(ATR_FN(rnn_fwd_f32_small)) {
  ATR_SMALL_BEGIN(4, 4)
  const int gate[4] = { 0, 0, 0, 0 };
  ATR_SMALL_LINES_BEGIN(55, gate)
    ATR_SMALL_STEPS_BEGIN
      for (int u = 0; u < units; u++) ATR_FN(rnn_unit)(pre + u * 4 * VL, r + u * hid * 4 * VL, was, h + u * 4 * VL, hid);
      ATR_SMALL_PUT(h, 57, t * a[4] + d);
    ATR_SMALL_STEPS_END(gate)
    ATR_SMALL_PUT(both + (a[0] & 1) * ATR_SMALL_HID, 59, d);
  ATR_SMALL_LINES_END
}
ATR_TILE_KERNEL(ATR_FN(rnn_fwd_f32_line)) {
  ATR_LINE_BEGIN(4, 4, 1)
  const int gate[4] = { 0, 0, 0, 0 };
  ATR_LINE_START(55)
  ATR_LINE_STEPS_BEGIN(1, gate)
      ATR_FN(rnn_unit)(z, w, own, h, hid);
  ATR_LINE_STEPS_END(gate, 57)
  if (self == 0) ATR_SMALL_PUT(own, 59, 0);
  ATR_LINE_END
}
#undef ATR_RECURRENT_FN
