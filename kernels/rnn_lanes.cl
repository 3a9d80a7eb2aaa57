/* rnn_lanes.cl: RNN along a whole sequence for processors; see recurrent_lanes.clh. Macro: VL. A unit is four vectors of
 * hid. Vectors of a line: h (2, of even and odd steps).
 * rnn_fwd: 55 initial h, 57 Y, 59 Y_h. Tensors may be absent. */
#include "recurrent_lanes.clh"
ATR_LANES_TEMPLATE
ATR_LANES_PROJECT

ATR_TILE_KERNEL(ATR_FN(rnn_fwd_f32_lanes)) {
  ATR_LANES_BEGIN
  ATR_FN(recurrent_project)(ATR_LANES_BASES, (int)ATR_GROUP(0));
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
