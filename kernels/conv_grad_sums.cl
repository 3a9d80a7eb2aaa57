/* conv_grad_sums.cl: sums in the gradients of convolution on CPU-class devices.
 *
 * conv_bwd_b_f32_direct_plain: sums dy over a part of a plane into a slot of the bias's gradient; one work-group of one
 * item. NDRange: (output channels, images × parts). Words: 0 positions of a plane, 1 parts, 2 positions a part, 3 dy,
 * 5 slots.
 *
 * conv_bwd_sum_f32: adds up slots in order, one item an element. Words: 0 elements, 1 slots, 2 floats between slots,
 * 3 slots, 5 the result.
 *
 * Macro: VW vector width. */
#ifndef VW
#error "conv_grad_sums.cl needs VW"
#endif
#define ATR_VF ATR_PASTE(float, VW)
#define ATR_VLOAD ATR_PASTE(vload, VW)

ATR_TILE_KERNEL(ATR_FN(conv_bwd_b_f32_direct_plain)) {
  ATR_BEGIN;
  const int channels = (int)ATR_GROUPS(0), slot = (int)ATR_GROUP(1), n = slot / a[1];
  const int begin = (slot - n * a[1]) * a[2], end = min(begin + a[2], a[0]);
  __global const float *dy = ATR_PTR(3) + (n * channels + (int)ATR_GROUP(0)) * a[0];
  ATR_VF acc[4] = { 0.0f, 0.0f, 0.0f, 0.0f };
  int i = begin;
  for (; i + 4 * VW <= end; i += 4 * VW) {
    _Pragma("unroll") for (int k = 0; k < 4; k++) acc[k] += ATR_VLOAD(0, dy + i + k * VW);
  }
  float lane[VW], sum = 0.0f;
  ATR_PASTE(vstore, VW)((acc[0] + acc[1]) + (acc[2] + acc[3]), 0, lane);
  for (int l = 0; l < VW; l++) sum += lane[l];
  for (; i < end; i++) sum += dy[i];
  ATR_PTR(5)[slot * channels + (int)ATR_GROUP(0)] = sum;
}

ATR_ITEM_KERNEL(ATR_FN(conv_bwd_sum_f32)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  __global const float *from = ATR_PTR(3) + i;
  float sum = 0.0f;
  for (int slot = 0; slot < a[1]; slot++) sum += from[slot * a[2]];
  ATR_PTR(5)[i] = sum;
}
#undef ATR_VF
#undef ATR_VLOAD
