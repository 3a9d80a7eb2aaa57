/* gru_small.cl: GRU whose reset is linear along a sequence, for layers of few units; see recurrent_small.clh. Words are
 * gru_lanes.cl's gru_fwd. */
#include "recurrent_small.clh"
#define ATR_RECURRENT_FN(name) ATR_FN(gru_small_##name)
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
#undef ATR_RECURRENT_FN
