/* affine_grid.cl: places that an affine map gives to pixels. No macros. Words of both: count, (theta or dy), (grid or dtheta),
 * axes (2, 3), align, three sizes of the image.
 * affine_grid_fwd_f32_baseline: one item a coordinate. affine_grid_bwd_f32_baseline: one item an element of dtheta; it adds
 *   the pixels in their order. */

/* Coordinate k of a pixel, x first; the last of them is 1. */
static float atr_affine_coordinate(__global const int *a, int pixel, int k) {
  if (k == a[5]) return 1.0f;
  for (int d = 2; d > 2 - k; d--) pixel /= a[7 + d];
  const int size = a[9 - k], i = pixel % size;
  if (!a[6]) return (float)(2 * i + 1 - size) / (float)size;
  return size > 1 ? (float)(2 * i - (size - 1)) / (float)(size - 1) : 0.0f;
}

ATR_ITEM_KERNEL(ATR_FN(affine_grid_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM;
  if (item >= a[0]) return;
  const int axes = a[5], pixels = a[7] * a[8] * a[9], at = item / axes;
  __global const float *row = ATR_PTR(1) + (at / pixels * axes + item % axes) * (axes + 1);
  float sum = 0.0f;
  for (int k = 0; k <= axes; k++) sum += row[k] * atr_affine_coordinate(a, at % pixels, k);
  ATR_PTR(3)[item] = sum;
}

ATR_ITEM_KERNEL(ATR_FN(affine_grid_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM;
  if (item >= a[0]) return;
  const int axes = a[5], pixels = a[7] * a[8] * a[9], k = item % (axes + 1);
  __global const float *dy = ATR_PTR(1) + item / ((axes + 1) * axes) * pixels * axes + item / (axes + 1) % axes;
  float sum = 0.0f;
  for (int at = 0; at < pixels; at++) sum += dy[at * axes] * atr_affine_coordinate(a, at, k);
  ATR_PTR(3)[item] = sum;
}
