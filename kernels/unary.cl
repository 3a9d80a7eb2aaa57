/* unary.cl: elementwise functions of one input. Macro KIND (atr__unary_kind).
 * unary_fwd_f32_baseline: count, x, y, alpha, beta. One item an element.
 * unary_fwd_f32_vectors: the same and the elements of a group, a multiple of 16. A work-group of one item takes that
 *   many. */
#ifndef KIND
#error "unary.cl needs KIND"
#endif
#include "unary.clh"

#define UNARY(T) ATR_PASTE(ATR_UNARY_, KIND)(T, x, al, be)

ATR_ITEM_KERNEL(ATR_FN(unary_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const float x = ATR_PTR(1)[i], al = ATR_FLOAT(5), be = ATR_FLOAT(6);
  ATR_PTR(3)[i] = UNARY(float);
}

ATR_TILE_KERNEL(ATR_FN(unary_fwd_f32_vectors)) {
  ATR_BEGIN;
  const int from = (int)(ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1)) * a[7], to = min(from + a[7], a[0]);
  __global const float *xs = ATR_PTR(1);
  __global float *ys = ATR_PTR(3);
  const float16 al = (float16)(ATR_FLOAT(5)), be = (float16)(ATR_FLOAT(6));
  for (int i = from; i < to; i += 16) {
    const float16 x = atr_load_some(xs + i, to - i);
    atr_store_some(UNARY(float16), ys + i, to - i);
  }
}
#undef UNARY
