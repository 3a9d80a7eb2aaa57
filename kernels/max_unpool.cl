/* max_unpool.cl: putting values back where a pooling took them from. Where several indices name one place, the last
 * counts: places are first marked with the greatest position of x that names them, which has one result whatever the
 * order. An index outside sets the run's status and is left out. No macros.
 * max_unpool_clear: 0 places, 1 marks: -1 in each.
 * max_unpool_mark: 0 indices, 1 places, 2 indices, 4 marks. One item an index.
 * max_unpool_fwd_f32_baseline: 0 places, 1 x, 3 marks, 5 y. One item a place.
 * max_unpool_fwd_f32_ranges: 0 indices, 1 places, 2 x, 4 indices, 6 y, 8 places of a work-group. A work-group of one item looks
 *   through all indices, in their order, for those of its places.
 * max_unpool_bwd_x_f32_baseline: 0 indices, 1 places, 2 dy, 4 indices, 6 marks, 8 dx. One item an index. */
ATR_ITEM_KERNEL(ATR_FN(max_unpool_clear)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i < a[0]) ((__global int *)ATR_PTR(1))[i] = -1;
}

ATR_ITEM_KERNEL(ATR_FN(max_unpool_mark)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const long place = ((__global const long *)ATR_PTR(2))[i];
  if (place < 0 || place >= a[1])
    ATR_SET_STATUS(1);
  else
    atomic_max((volatile __global int *)ATR_PTR(4) + place, i);
}

ATR_ITEM_KERNEL(ATR_FN(max_unpool_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int from = ((__global const int *)ATR_PTR(3))[i];
  ATR_PTR(5)[i] = from < 0 ? 0.0f : ATR_PTR(1)[from];
}

ATR_TILE_KERNEL(ATR_FN(max_unpool_fwd_f32_ranges)) {
  ATR_BEGIN;
  const int g = (int)ATR_GROUP(0), from = g * a[8], to = min(a[1], from + a[8]);
  __global const float *x = ATR_PTR(2);
  __global const long *place = (__global const long *)ATR_PTR(4);
  __global float *y = ATR_PTR(6);
  for (int i = from; i < to; i++) y[i] = 0.0f;
  for (int i = 0; i < a[0]; i++) {
    if (place[i] >= from && place[i] < to)
      y[place[i]] = x[i];
    else if (g == 0 && (place[i] < 0 || place[i] >= a[1]))
      ATR_SET_STATUS(1);
  }
}

ATR_ITEM_KERNEL(ATR_FN(max_unpool_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const long place = ((__global const long *)ATR_PTR(4))[i];
  const int inside = place >= 0 && place < a[1];
  ATR_PTR(8)[i] = inside && ((__global const int *)ATR_PTR(6))[place] == i ? ATR_PTR(2)[place] : 0.0f;
}
