/* loss_softmax.cl: cross-entropy of a softmax over the classes of [n][c][inner]. No macros.
 *
 * All start with words 0 positions (n·inner), 1 c, 2 inner, 3 target (0 int labels, 1 long labels, 2 distribution),
 * 4 whether a label is ignored, 5 that label, 6 reduction (0 none, 1 sum, 2 mean).
 * loss_softmax_fwd_f32_baseline: one item a position. Words: 7 x, 9 target, 11 class weights, 13 pairs (loss, weight),
 *   15 loss (of every position, where nothing is reduced), 17 log_prob, 19 lse, 21 weight; the last three or absent. A
 *   label out of range sets the status and makes the loss NaN.
 * loss_softmax_bwd_x_f32_baseline: one item an element. Words: 7 dloss, 9 lse, 11 weight, 13 divisor, 15 x, 17 target,
 *   19 class weights, 21 dx.
 * loss_softmax_sum_f32_baseline: one item a part; part p adds positions p, p + parts, … Words: 0 positions, 1 parts,
 *   2 pairs, 4 sums. */
ATR_KERNEL(ATR_FN(loss_softmax_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  const int classes = a[1], inner = a[2], first = at / inner * classes * inner + at % inner;
  const int weighted = !ATR_ABSENT(11);
  __global const float *x = ATR_PTR(7) + first, *weight = ATR_PTR(11);
  float most = x[0], sum = 0.0f;
  for (int c = 1; c < classes; c++) most = x[c * inner] > most ? x[c * inner] : most;
  for (int c = 0; c < classes; c++) sum += exp(x[c * inner] - most);
  const float rest = log(sum); /* x - lse is (x - most) - rest: exact also for huge scores */
  float loss = 0.0f, counted = 0.0f;
  if (a[3] == 2) {
    __global const float *target = ATR_PTR(9) + first;
    for (int c = 0; c < classes; c++) {
      const float share = (weighted ? weight[c] : 1.0f) * target[c * inner];
      counted += share;
      if (share != 0.0f) loss += share * (rest + (most - x[c * inner]));
    }
  } else {
    const long label = a[3] ? ((__global const long *)ATR_PTR(9))[at] : ((__global const int *)ATR_PTR(9))[at];
    if (a[4] && label == a[5]) {
      /* counts for nothing */
    } else if (label < 0 || label >= classes) {
      ATR_SET_STATUS(1);
      loss = NAN;
    } else {
      counted = weighted ? weight[label] : 1.0f;
      loss = counted * (rest + (most - x[label * inner]));
    }
  }
  __global float *pair = ATR_PTR(13) + 2 * (size_t)at;
  pair[0] = loss;
  pair[1] = counted;
  if (a[6] == 0) ATR_PTR(15)[at] = loss;
  if (!ATR_ABSENT(17))
    for (int c = 0; c < classes; c++) ATR_PTR(17)[first + c * inner] = (x[c * inner] - most) - rest;
  if (!ATR_ABSENT(19)) ATR_PTR(19)[at] = most + rest;
  if (!ATR_ABSENT(21)) ATR_PTR(21)[at] = counted;
}

ATR_KERNEL(ATR_FN(loss_softmax_sum_f32_baseline)) {
  ATR_BEGIN;
  const int part = ATR_ITEM, positions = a[0], parts = a[1];
  if (part >= parts) return;
  __global const float *pair = ATR_PTR(2);
  float value = 0.0f, total = 0.0f;
  for (int i = part; i < positions; i += parts) {
    value += pair[2 * (size_t)i];
    total += pair[2 * (size_t)i + 1];
    if (i > positions - parts) break; /* i + parts would pass the end, or wrap */
  }
  ATR_PTR(4)[2 * part] = value;
  ATR_PTR(4)[2 * part + 1] = total;
}

ATR_KERNEL(ATR_FN(loss_softmax_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM, classes = a[1], inner = a[2];
  if (at >= a[0] * classes) return;
  const int c = at / inner % classes, position = at / (inner * classes) * inner + at % inner;
  const float divisor = ATR_PTR(13)[0];
  const float scale = a[6] == 0   ? ATR_PTR(7)[position]
                      : a[6] == 1 ? ATR_PTR(7)[0]
                                  : (divisor != 0.0f ? ATR_PTR(7)[0] / divisor : 0.0f);
  const float counted = ATR_PTR(11)[position];
  float share;
  if (a[3] == 2) {
    share = (ATR_ABSENT(19) ? 1.0f : ATR_PTR(19)[c]) * ATR_PTR(17)[at];
  } else {
    const long label =
        a[3] ? ((__global const long *)ATR_PTR(17))[position] : ((__global const int *)ATR_PTR(17))[position];
    share = c == label ? counted : 0.0f;
  }
  ATR_PTR(21)[at] =
      counted == 0.0f && share == 0.0f ? 0.0f : scale * (counted * exp(ATR_PTR(15)[at] - ATR_PTR(9)[position]) - share);
}
