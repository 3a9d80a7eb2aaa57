/* loss_dice.cl: the Dice loss over [n][c][inner]; formulas in src/op/loss_dice.c. No macros.
 *
 * All start with words 0 elements of a channel (n·inner), 1 c, 2 inner, 3 smooth.
 * loss_dice_sum_f32_baseline: one item a part of a channel; part p adds elements p, p + parts, … of the channel. Words: 4
 *   parts, 5 shares, 7 target, 9 weight (or absent), 11 pairs (I, S), [c][parts].
 * loss_dice_join_f32_baseline: one item a channel; adds its parts in ascending order. Words: 4 parts, 5 pairs, 7 joined
 *   pairs, 9 the same as an output (or absent).
 * loss_dice_fwd_f32_baseline: one item. Words: 4 joined pairs, 6 loss.
 * loss_dice_bwd_x_f32_baseline: one item an element. Words: 4 dloss, 6 pairs, 8 target, 10 weight (or absent), 12 dx. */
ATR_ITEM_KERNEL(ATR_FN(loss_dice_sum_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM, parts = a[4], channels = a[1], inner = a[2];
  if (at >= channels * parts) return;
  const int channel = at / parts, weighted = !ATR_ABSENT(9);
  __global const float *share = ATR_PTR(5), *target = ATR_PTR(7), *weight = ATR_PTR(9);
  float both = 0.0f, all = 0.0f;
  for (int k = at % parts; k < a[0]; k += parts) {
    const int i = (k / inner * channels + channel) * inner + k % inner;
    const float w = weighted ? weight[i] : 1.0f;
    if (w != 0.0f) {
      both += w * share[i] * target[i];
      all += w * (share[i] + target[i]);
    }
    if (k > a[0] - parts) break; /* k + parts would pass the end, or wrap */
  }
  ATR_PTR(11)[2 * at] = both;
  ATR_PTR(11)[2 * at + 1] = all;
}

ATR_ITEM_KERNEL(ATR_FN(loss_dice_join_f32_baseline)) {
  ATR_BEGIN;
  const int channel = ATR_ITEM, parts = a[4];
  if (channel >= a[1]) return;
  __global const float *pair = ATR_PTR(5) + 2 * (size_t)channel * parts;
  float both = 0.0f, all = 0.0f;
  for (int k = 0; k < parts; k++) {
    both += pair[2 * k];
    all += pair[2 * k + 1];
  }
  ATR_PTR(7)[2 * channel] = both;
  ATR_PTR(7)[2 * channel + 1] = all;
  if (!ATR_ABSENT(9)) {
    ATR_PTR(9)[2 * channel] = both;
    ATR_PTR(9)[2 * channel + 1] = all;
  }
}

ATR_ITEM_KERNEL(ATR_FN(loss_dice_fwd_f32_baseline)) {
  ATR_BEGIN;
  if (ATR_ITEM) return;
  __global const float *pair = ATR_PTR(4);
  float loss = 0.0f;
  for (int c = 0; c < a[1]; c++) {
    const float divisor = pair[2 * c + 1] + ATR_FLOAT(3);
    if (divisor != 0.0f) loss += 1.0f - (2.0f * pair[2 * c] + ATR_FLOAT(3)) / divisor;
  }
  ATR_PTR(6)[0] = loss / (float)a[1];
}

ATR_ITEM_KERNEL(ATR_FN(loss_dice_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0] * a[1]) return;
  const int c = i / a[2] % a[1];
  const float w = ATR_ABSENT(10) ? 1.0f : ATR_PTR(10)[i];
  const float divisor = ATR_PTR(6)[2 * c + 1] + ATR_FLOAT(3);
  const float share = (2.0f * ATR_PTR(6)[2 * c] + ATR_FLOAT(3)) / divisor;
  const int counts = w != 0.0f && divisor != 0.0f;
  ATR_PTR(12)[i] = counts ? ATR_PTR(4)[0] / (float)a[1] * (w * (share - 2.0f * ATR_PTR(8)[i]) / divisor) : 0.0f;
}
