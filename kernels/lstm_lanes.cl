/* lstm_lanes.cl: LSTM along a whole sequence for processors; see recurrent_lanes.clh. Macro: VL. A unit is one vector of
 * hid, its gates in the order i, f, c, o; blocks of z and of peepholes are in ONNX's. Vectors of a line: h (2, of even and odd
 * steps), C; backward: gradients of the last h and of C, dz (2, of 4 each).
 * lstm_fwd: 55 initial h, 57 initial C, 59 P, 61 Y, 63 Y_h, 65 Y_c, 67 C of every step, 69 input_forget. Tensors may be
 *   absent.
 * lstm_bwd: 55 Y, 57 z, 59 initial h, 61 initial C, 63 P, 65 C, 67 dY, 69 dY_h, 71 dY_c, 73 dz, 75 h before each step,
 *   77 C before, 79 and 81 gradients of the initial h and C, 83 input_forget, 84 what bounds gradients that
 *   leave a step. A unit is four vectors of hid. */
#include "recurrent_lanes.clh"
#define ATR_RECURRENT_FN(name) ATR_FN(lstm_lanes_##name)
ATR_LANES_TEMPLATE
ATR_LANES_PROJECT

ATR_TILE_KERNEL(ATR_FN(lstm_fwd_f32_lanes)) {
  ATR_LANES_BEGIN
  ATR_RECURRENT_FN(project)(ATR_BASES_GIVEN, (int)ATR_GROUP(0));
  __global float *both = ATR_PTR(29), *c = both + (size_t)2 * lines * padded;
  const int look = !ATR_ABSENT(59);
  ATR_LANES_ROOM(z, 24 * VL);
  ATR_LANES_ROOM(cell, 6 * VL);
  ATR_LANES_GANG_BEGIN
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) {
      ATR_LANES_SET(ATR_LANES_FROM(55, state, j), 0, both + line + j);
      ATR_LANES_SET(ATR_LANES_FROM(57, state, j), 0, c + line + j);
    }
  ATR_LANES_LINES_END
  for (int s = 0; s < a[0]; s++) {
    __global const float *was = both + (size_t)(s & 1) * lines * padded;
    __global float *h = both + (size_t)(~s & 1) * lines * padded;
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_LANES_UNITS_BEGIN(s)
      float *zi = z, *zf = z + items * VL, *zc = z + 2 * items * VL, *zo = z + 3 * items * VL;
      const int next = ATR_LANES_NEXT(1);
      for (int i = 0; i < items; i++) {
        const int j = at[i] * VL, left = hid - j;
        __global const float *pre = ATR_PTR(48) + (size_t)row[i] * 4 * hid + j;
        ATR_LANES_SET(ATR_LANES_LOAD(pre, left), i, zi);
        ATR_LANES_SET(ATR_LANES_LOAD(pre + hid, left), i, zo);
        ATR_LANES_SET(ATR_LANES_LOAD(pre + 2 * hid, left), i, zf);
        ATR_LANES_SET(ATR_LANES_LOAD(pre + 3 * hid, left), i, zc);
        for (int g = 0; g < 4; g++) ATR_LANES_ASK(pre + g * hid + next);
      }
      ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), hid, was + ATR_LANES_OF(0), padded, hid);
      for (int i = 0; look && i < items; i++) {
        const int j = at[i] * VL;
        const ATR_LANES_V old = ATR_LANES_GET(0, c + ATR_LANES_OF(i) + j);
        ATR_LANES_SET(ATR_LANES_GET(i, zi) + ATR_LANES_FROM(59, 3 * d, j) * old, i, zi);
        ATR_LANES_SET(ATR_LANES_GET(i, zf) + ATR_LANES_FROM(59, 3 * d + 2, j) * old, i, zf);
      }
      for (int i = 0; a[54] && i < items; i++) {
        const int j = at[i] * VL;
        const ATR_LANES_V zero = (ATR_LANES_V)(0.0f);
        ATR_LANES_TO(live[i] ? ATR_LANES_GET(i, zi) : zero, 48, 4 * row[i], j);
        ATR_LANES_TO(live[i] ? ATR_LANES_GET(i, zf) : zero, 48, 4 * row[i] + 2, j);
        ATR_LANES_TO(live[i] ? ATR_LANES_GET(i, zc) : zero, 48, 4 * row[i] + 3, j);
      }
      ATR_LANES_ACTIVATE(0, z, 0, a[69] ? items : 2 * items);
      ATR_LANES_ACTIVATE(1, zc, 0, items);
      for (int i = 0; i < items; i++) {
        const int j = at[i] * VL;
        __global float *place = c + ATR_LANES_OF(i) + j;
        const ATR_LANES_V in = ATR_LANES_GET(i, zi), keep = a[69] ? (ATR_LANES_V)(1.0f) - in : ATR_LANES_GET(i, zf);
        const ATR_LANES_V v = fma(keep, ATR_LANES_GET(0, place), in * ATR_LANES_GET(i, zc));
        ATR_LANES_SET(v, i, cell);
        if (look) ATR_LANES_SET(ATR_LANES_GET(i, zo) + ATR_LANES_FROM(59, 3 * d + 1, j) * v, i, zo);
        if (live[i]) ATR_LANES_SET(v, 0, place);
        ATR_LANES_TO(live[i] ? v : (ATR_LANES_V)(0.0f), 67, row[i], j);
        if (a[54]) ATR_LANES_TO(live[i] ? ATR_LANES_GET(i, zo) : (ATR_LANES_V)(0.0f), 48, 4 * row[i] + 1, j);
      }
      ATR_LANES_ACTIVATE(0, zo, 0, items);
      ATR_LANES_ACTIVATE(2, cell, 0, items);
      for (int i = 0; i < items; i++) {
        const int j = at[i] * VL;
        const ATR_LANES_V v = ATR_LANES_GET(i, zo) * ATR_LANES_GET(i, cell);
        ATR_LANES_SET(live[i] ? v : ATR_LANES_GET(0, was + ATR_LANES_OF(i) + j), 0, h + ATR_LANES_OF(i) + j);
        ATR_LANES_TO(live[i] ? v : (ATR_LANES_V)(0.0f), 61, out[i], j);
      }
    ATR_LANES_UNITS_END
    ATR_LANES_EPOCH_END
  }
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) {
      ATR_LANES_TO(ATR_LANES_GET(0, both + (size_t)(a[0] & 1) * lines * padded + line + j), 63, state, j);
      ATR_LANES_TO(ATR_LANES_GET(0, c + line + j), 65, state, j);
    }
  ATR_LANES_LINES_END
  ATR_LANES_GANG_END
  ATR_LANES_END
}

ATR_TILE_KERNEL(ATR_FN(lstm_bwd_f32_lanes)) {
  ATR_LANES_BEGIN
  __global float *last_h = ATR_PTR(29), *dc = last_h + (size_t)lines * padded, *both = dc + (size_t)lines * padded;
  const ATR_LANES_V zero = (ATR_LANES_V)(0.0f);
  ATR_LANES_ROOM(z, 24 * VL);
  ATR_LANES_ROOM(gate, 12 * VL);
  ATR_LANES_ROOM(gate_slope, 12 * VL);
  ATR_LANES_ROOM(fresh, 4 * VL);
  ATR_LANES_ROOM(fresh_slope, 4 * VL);
  ATR_LANES_ROOM(cell, 4 * VL);
  ATR_LANES_ROOM(cell_slope, 4 * VL);
  ATR_LANES_GANG_BEGIN
  ATR_LANES_LINES_BEGIN
    for (int j = 0; j < hid; j += VL) {
      ATR_LANES_SET(ATR_LANES_FROM(69, state, j), 0, last_h + line + j);
      ATR_LANES_SET(ATR_LANES_FROM(71, state, j), 0, dc + line + j);
    }
  ATR_LANES_LINES_END
  for (int s = a[0] - 1; s >= 0; s--) {
    __global float *dz = both + (size_t)(s & 1) * lines * 4 * padded;
    __global const float *later = both + (size_t)(~s & 1) * lines * 4 * padded;
    ATR_LANES_EPOCH_BEGIN(a[36])
    ATR_LANES_UNITS_BEGIN(s)
      const int next = ATR_LANES_NEXT_BACK(4);
      for (int v = 0; v < 4 * items; v++) ATR_LANES_SET(zero, v, z);
      if (s + 1 < a[0])
        ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), 4 * hid, later + 4 * ATR_LANES_OF(0), 4 * padded, 4 * hid);
      for (int i = 0; i < items; i++) {
        const int ends = s + 1 >= ATR_LANES_LENGTH(ATR_LANES_SAMPLE(i));
        __global float *to = dz + 4 * ATR_LANES_OF(i);
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL;
          for (int g = 0; g < 3; g++) {
            ATR_LANES_SET(ATR_LANES_FROM(57, 4 * row[i] + g, j), 4 * g + v, gate);
            ATR_LANES_ASK(ATR_PTR(57) + (size_t)(4 * row[i] + g) * hid + j + next);
          }
          ATR_LANES_SET(ATR_LANES_FROM(57, 4 * row[i] + 3, j), v, fresh);
          ATR_LANES_ASK(ATR_PTR(57) + (size_t)(4 * row[i] + 3) * hid + j + next);
          ATR_LANES_SET(ATR_LANES_FROM(65, row[i], j), v, cell);
        }
        ATR_LANES_ACTIVATE(0, gate, gate_slope, 12);
        ATR_LANES_ACTIVATE(1, fresh, fresh_slope, 4);
        ATR_LANES_ACTIVATE(2, cell, cell_slope, 4);
        for (int v = 0; v < 4; v++) {
          const int j = (4 * at[i] + v) * VL, left = hid - j;
          ATR_LANES_V dzi = zero, dzo = zero, dzf = zero, dzc = zero, before = zero, was = zero;
          if (live[i] && left > 0) {
            before = ATR_LANES_BEFORE(55, 59, s, i, j);
            was = s ? ATR_LANES_FROM(65, ATR_LANES_ROW(ATR_LANES_STEP(s - 1, i), ATR_LANES_SAMPLE(i)), j)
                    : ATR_LANES_FROM(61, ATR_LANES_STATE(i), j);
            const ATR_LANES_V arrives =
                (ends ? ATR_LANES_GET(0, last_h + ATR_LANES_OF(i) + j) : ATR_LANES_CLIP(84, ATR_LANES_GET(v * items + i, z))) +
                ATR_LANES_FROM(67, out[i], j);
            const ATR_LANES_V in = ATR_LANES_GET(v, gate), opens = ATR_LANES_GET(4 + v, gate);
            const ATR_LANES_V keep = a[83] ? (ATR_LANES_V)(1.0f) - in : ATR_LANES_GET(8 + v, gate);
            const ATR_LANES_V candidate = ATR_LANES_GET(v, fresh);
            dzo = arrives * ATR_LANES_GET(v, cell) * ATR_LANES_GET(4 + v, gate_slope);
            const ATR_LANES_V here = ATR_LANES_GET(0, dc + ATR_LANES_OF(i) + j) + arrives * opens * ATR_LANES_GET(v, cell_slope) +
                                     ATR_LANES_FROM(63, 3 * d + 1, j) * dzo;
            dzi = here * (a[83] ? candidate - was : candidate) * ATR_LANES_GET(v, gate_slope);
            if (!a[83]) dzf = here * was * ATR_LANES_GET(8 + v, gate_slope);
            dzc = here * in * ATR_LANES_GET(v, fresh_slope);
            const ATR_LANES_V leaves =
                here * keep + ATR_LANES_FROM(63, 3 * d, j) * dzi + ATR_LANES_FROM(63, 3 * d + 2, j) * dzf;
            ATR_LANES_SET(ATR_LANES_CLIP(84, leaves), 0, dc + ATR_LANES_OF(i) + j);
          }
          ATR_LANES_STORE(dzi, to + j, left);
          ATR_LANES_STORE(dzo, to + hid + j, left);
          ATR_LANES_STORE(dzf, to + 2 * hid + j, left);
          ATR_LANES_STORE(dzc, to + 3 * hid + j, left);
          ATR_LANES_TO(dzi, 73, 4 * row[i], j);
          ATR_LANES_TO(dzo, 73, 4 * row[i] + 1, j);
          ATR_LANES_TO(dzf, 73, 4 * row[i] + 2, j);
          ATR_LANES_TO(dzc, 73, 4 * row[i] + 3, j);
          ATR_LANES_TO(before, 75, row[i], j);
          ATR_LANES_TO(was, 77, row[i], j);
        }
      }
    ATR_LANES_UNITS_END
    ATR_LANES_EPOCH_END
  }
  ATR_LANES_EPOCH_BEGIN(a[36])
  ATR_LANES_UNITS_BEGIN(-1)
    for (int v = 0; v < 4 * items; v++) ATR_LANES_SET(zero, v, z);
    if (a[0] > 0) ATR_LANES_MULTIPLY(4, z, ATR_PTR(27), 4 * hid, both + 4 * ATR_LANES_OF(0), 4 * padded, 4 * hid);
    for (int i = 0; i < items; i++)
      for (int v = 0; v < 4; v++) {
        const int j = (4 * at[i] + v) * VL, never = ATR_LANES_LENGTH(ATR_LANES_SAMPLE(i)) == 0;
        if (j >= hid) continue;
        ATR_LANES_TO(never ? ATR_LANES_GET(0, last_h + ATR_LANES_OF(i) + j) : ATR_LANES_CLIP(84, ATR_LANES_GET(v * items + i, z)), 79,
                     ATR_LANES_STATE(i), j);
        ATR_LANES_TO(ATR_LANES_GET(0, dc + ATR_LANES_OF(i) + j), 81, ATR_LANES_STATE(i), j);
      }
  ATR_LANES_UNITS_END
  ATR_LANES_EPOCH_END
  ATR_LANES_GANG_END
  ATR_LANES_END
}
#undef ATR_RECURRENT_FN
