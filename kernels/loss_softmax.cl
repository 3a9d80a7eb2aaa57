/* loss_softmax.cl: cross-entropy of a softmax over the classes of [n][c][inner]. No macros.
 *
 * All start with words 0 positions (n·inner), 1 c, 2 inner, 3 target (0 int labels, 1 long labels, 2 distribution;
 * + 4: the scores are logarithms of shares, lse is 0), 4 whether a label is ignored, 5 that label, 6 reduction (0 none, 1 sum, 2 mean).
 * loss_softmax_fwd_f32_baseline: one item a position. Words: 7 x, 9 target, 11 class weights, 13 pairs (loss, weight),
 *   15 loss (of every position, where nothing is reduced), 17 log_prob, 19 lse, 21 weight; the last three or absent. A
 *   label out of range sets the status and makes the loss NaN.
 * loss_softmax_fwd_f32_runs, loss_softmax_bwd_x_f32_runs (CPU class; inner a multiple of 16): one group a run of
 *   positions, sixteen side by side. Words: as the baseline with 13 sums (a pair a group) and, last, 23 the run's
 *   length, a multiple of 16. Sums are those of the lanes, then the lanes in order.
 * loss_softmax_bwd_x_f32_baseline: one item an element. Words: 7 dloss, 9 lse, 11 weight, 13 divisor, 15 x, 17 target,
 *   19 class weights, 21 dx.
 * loss_softmax_sum_f32_baseline: one item a part; part p adds positions p, p + parts, … Words: 0 positions, 1 parts,
 *   2 pairs, 4 sums. */
ATR_ITEM_KERNEL(ATR_FN(loss_softmax_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int at = ATR_ITEM;
  if (at >= a[0]) return;
  const int classes = a[1], inner = a[2], first = at / inner * classes * inner + at % inner;
  const int weighted = !ATR_ABSENT(11);
  __global const float *x = ATR_PTR(7) + first, *weight = ATR_PTR(11);
  const int target_kind = a[3] & 3, scored = a[3] < 4;
  float most = 0.0f, rest = 0.0f;
  if (scored) {
    float sum = 0.0f;
    most = x[0];
    for (int c = 1; c < classes; c++) most = x[c * inner] > most ? x[c * inner] : most;
    for (int c = 0; c < classes; c++) sum += exp(x[c * inner] - most);
    rest = log(sum); /* x - lse is (x - most) - rest: exact also for huge scores */
  }
  float loss = 0.0f, counted = 0.0f;
  if (target_kind == 2) {
    __global const float *target = ATR_PTR(9) + first;
    for (int c = 0; c < classes; c++) {
      const float share = (weighted ? weight[c] : 1.0f) * target[c * inner];
      counted += share;
      if (share != 0.0f) loss += share * (rest + (most - x[c * inner]));
    }
  } else {
    const long label = target_kind ? ((__global const long *)ATR_PTR(9))[at] : ((__global const int *)ATR_PTR(9))[at];
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

ATR_ITEM_KERNEL(ATR_FN(loss_softmax_sum_f32_baseline)) {
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

ATR_ITEM_KERNEL(ATR_FN(loss_softmax_bwd_x_f32_baseline)) {
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
        (a[3] & 3) ? ((__global const long *)ATR_PTR(17))[position] : ((__global const int *)ATR_PTR(17))[position];
    share = c == label ? counted : 0.0f;
  }
  const float pull = a[3] < 4 ? counted * exp(ATR_PTR(15)[at] - ATR_PTR(9)[position]) : 0.0f;
  ATR_PTR(21)[at] = counted == 0.0f && share == 0.0f ? 0.0f : scale * (pull - share);
}

/* Sixteen labels as int; what int cannot hold stays out of range. */
#define ATR_LABELS(word, at)                                                                                      \
  ((a[3] & 3) == 1 ? convert_int16_sat(vload16(0, (__global const long *)ATR_PTR(word) + (at)))                   \
                   : vload16(0, (__global const int *)ATR_PTR(word) + (at)))

ATR_TILE_KERNEL(ATR_FN(loss_softmax_fwd_f32_runs)) {
  ATR_BEGIN;
  const int group = (int)ATR_GROUP(0), classes = a[1], inner = a[2], run = a[23], weighted = !ATR_ABSENT(11);
  const int begin = group * run, end = run < a[0] - begin ? begin + run : a[0];
  __global const float *weight = ATR_PTR(11);
  const int scored = a[3] < 4;
  float16 values = 0.0f, totals = 0.0f;
  for (int at = begin; at < end; at += 16) {
    const int first = at / inner * classes * inner + at % inner;
    __global const float *x = ATR_PTR(7) + first;
    float16 most = 0.0f, sum = 0.0f, loss = 0.0f, counted = 0.0f;
    if (scored) most = vload16(0, x);
    for (int c = 1; c < classes && scored; c++) {
      const float16 v = vload16(0, x + c * inner);
      most = select(most, v, v > most);
    }
    if (a[3] == 2) {
      __global const float *target = ATR_PTR(9) + first;
      for (int c = 0; c < classes; c++) {
        const float16 below = most - vload16(0, x + c * inner);
        const float16 share = (weighted ? weight[c] : 1.0f) * vload16(0, target + c * inner);
        sum += exp(-below);
        counted += share;
        loss += select((float16)(0.0f), share * below, share != 0.0f);
      }
      loss += counted * log(sum);
    } else {
      const int16 label = ATR_LABELS(9, at);
      for (int c = 0; c < classes; c++) {
        const float16 below = most - vload16(0, x + c * inner);
        const int16 here = label == c;
        if (scored) sum += exp(-below);
        loss = select(loss, below, here);
        counted = select(counted, (float16)(weighted ? weight[c] : 1.0f), here);
      }
      int16 ignored = 0;
      if (a[4]) ignored = label == a[5];
      const int16 bad = (label < 0 || label >= classes) & ~ignored;
      counted = select(counted, (float16)(0.0f), ignored);
      if (!scored) sum = 1.0f;
      loss = select(counted * (log(sum) + loss), (float16)(0.0f), ignored);
      if (any(bad)) {
        ATR_SET_STATUS(1);
        loss = select(loss, (float16)(NAN), bad);
      }
    }
    const float16 rest = log(sum);
    values += loss;
    totals += counted;
    if (a[6] == 0) vstore16(loss, 0, ATR_PTR(15) + at);
    if (!ATR_ABSENT(17))
      for (int c = 0; c < classes; c++)
        vstore16((vload16(0, x + c * inner) - most) - rest, 0, ATR_PTR(17) + first + c * inner);
    if (!ATR_ABSENT(19)) vstore16(most + rest, 0, ATR_PTR(19) + at);
    if (!ATR_ABSENT(21)) vstore16(counted, 0, ATR_PTR(21) + at);
  }
  float value[16], total[16];
  vstore16(values, 0, value);
  vstore16(totals, 0, total);
  for (int k = 1; k < 16; k++) {
    value[0] += value[k];
    total[0] += total[k];
  }
  ATR_PTR(13)[2 * group] = value[0];
  ATR_PTR(13)[2 * group + 1] = total[0];
}

ATR_TILE_KERNEL(ATR_FN(loss_softmax_bwd_x_f32_runs)) {
  ATR_BEGIN;
  const int group = (int)ATR_GROUP(0), classes = a[1], inner = a[2], run = a[23], weighted = !ATR_ABSENT(19);
  const int begin = group * run, end = run < a[0] - begin ? begin + run : a[0];
  __global const float *weight = ATR_PTR(19);
  const float divisor = ATR_PTR(13)[0], one = a[6] == 1 ? ATR_PTR(7)[0] : divisor != 0.0f ? ATR_PTR(7)[0] / divisor : 0.0f;
  for (int at = begin; at < end; at += 16) {
    const int first = at / inner * classes * inner + at % inner;
    const float16 scale = a[6] == 0 ? vload16(0, ATR_PTR(7) + at) : (float16)(one);
    const float16 lse = vload16(0, ATR_PTR(9) + at), counted = vload16(0, ATR_PTR(11) + at);
    __global const float *x = ATR_PTR(15) + first;
    int16 label = 0;
    if (a[3] != 2) label = ATR_LABELS(17, at);
    for (int c = 0; c < classes; c++) {
      float16 share;
      if (a[3] == 2)
        share = (weighted ? weight[c] : 1.0f) * vload16(0, ATR_PTR(17) + first + c * inner);
      else
        share = select((float16)(0.0f), counted, label == c);
      float16 pull = 0.0f;
      if (a[3] < 4) pull = counted * exp(vload16(0, x + c * inner) - lse);
      const float16 d = scale * (pull - share);
      const int16 nothing = (counted == 0.0f) & (share == 0.0f);
      vstore16(select(d, (float16)(0.0f), nothing), 0, ATR_PTR(21) + first + c * inner);
    }
  }
}
#undef ATR_LABELS
