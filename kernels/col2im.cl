/* col2im.cl: blocks that overlap added up into an image, and taken out of one. No macros. Words of both: count, (x or dy), (y or
 * dx), elements of a block, blocks a plane, size of a plane, axes, then for each from the innermost: extent of the image,
 * of a block, blocks along it, stride, dilation, padding before.
 * col2im_fwd_f32_baseline: one item an element of the image; it adds in the order of the elements of a block.
 * col2im_bwd_f32_baseline: one item an element of the columns. */
ATR_ITEM_KERNEL(ATR_FN(col2im_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM;
  if (item >= a[0]) return;
  const int elements = a[5], blocks = a[6], plane = item / a[7];
  __global const float *x = ATR_PTR(1) + plane * elements * blocks;
  float sum = 0.0f;
  for (int e = 0; e < elements; e++) {
    int rest = item - plane * a[7], own = e, block = 0, span = 1, there = 1;
    for (int d = 0, w = 9; d < a[8]; d++, w += 6) {
      const int from = rest % a[w] + a[w + 5] - own % a[w + 1] * a[w + 4], step = from / a[w + 3];
      there &= from >= 0 && from % a[w + 3] == 0 && step < a[w + 2];
      block += step * span;
      span *= a[w + 2];
      rest /= a[w];
      own /= a[w + 1];
    }
    if (there) sum += x[e * blocks + block];
  }
  ATR_PTR(3)[item] = sum;
}

ATR_ITEM_KERNEL(ATR_FN(col2im_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int item = ATR_ITEM;
  if (item >= a[0]) return;
  int block = item % a[6], own = item / a[6] % a[5], at = 0, span = 1, there = 1;
  for (int d = 0, w = 9; d < a[8]; d++, w += 6) {
    const int i = block % a[w + 2] * a[w + 3] + own % a[w + 1] * a[w + 4] - a[w + 5];
    there &= i >= 0 && i < a[w];
    at += i * span;
    span *= a[w];
    block /= a[w + 2];
    own /= a[w + 1];
  }
  ATR_PTR(3)[item] = there ? ATR_PTR(1)[item / (a[5] * a[6]) * a[7] + at] : 0.0f;
}
