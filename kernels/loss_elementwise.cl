/* loss_elementwise.cl: losses of one prediction against one target, and the launch that joins part sums.
 * kind 0: (x-t)², 1: Huber, 2: binary cross-entropy with logits, 3: |x-t|. delta: of Huber, the weight of positives of
 * the binary cross-entropy. No macros.
 *
 * loss_elementwise_fwd_f32_baseline: one item a part; part p adds the elements p, p + parts, p + 2·parts, … in that
 *   order. Words: 0 kind, 1 count, 2 parts, 3 delta, 4 x, 6 target, 8 weight (or absent), 10 pairs (Σ w·l, Σ w).
 * loss_elementwise_fwd_f32_runs (CPU class): one group a part; part p adds elements [p·run, (p + 1)·run), sixteen lanes
 *   side by side, then the lanes in order, then the rest. Words: as the baseline with 2 run.
 * loss_join_f32_baseline: one item. Eight sums of every eighth pair in ascending order, then the eight in order.
 *   Words: 0 parts, 1 mode (0 sum, 1 mean, 2 no loss), 2 divisor (0: Σ w), 3 pairs, 5 loss, 7 total (or absent).
 * loss_elementwise_bwd_x_f32_baseline: one item an element. Words: 0 kind, 1 count, 2 delta, 3 dloss, 5 total, 7 x,
 *   9 target, 11 weight (or absent), 13 dx. */
ATR_ITEM_KERNEL(ATR_FN(loss_elementwise_fwd_f32_baseline)) {
  ATR_BEGIN;
  const int part = ATR_ITEM;
  if (part >= a[2]) return;
  const int kind = a[0], count = a[1], parts = a[2], weighted = !ATR_ABSENT(8);
  const float delta = ATR_FLOAT(3);
  __global const float *x = ATR_PTR(4), *target = ATR_PTR(6), *weight = ATR_PTR(8);
  float value = 0.0f, total = 0.0f;
  for (int i = part; i < count; i += parts) {
    const float at = x[i], t = target[i], e = at - t, size = fabs(e);
    const float w = weighted ? weight[i] : 1.0f;
    float l;
    if (kind == 0)
      l = e * e;
    else if (kind == 1)
      l = size <= delta ? 0.5f * e * e : delta * (size - 0.5f * delta);
    else if (kind == 2) {
      const float both = log1p(exp(-fabs(at)));
      l = delta * t * (fmax(-at, 0.0f) + both) + (1.0f - t) * (fmax(at, 0.0f) + both);
    } else
      l = size;
    if (w != 0.0f) value += w * l;
    total += w;
    if (i > count - parts) break; /* i + parts would pass the end, or wrap */
  }
  __global float *pair = ATR_PTR(10) + 2 * part;
  pair[0] = value;
  pair[1] = total;
}

/* l of sixteen elements. */
#define ATR_LOSSES(l, at, t)                                                                                      \
  const float16 error_ = (at) - (t), size_ = fabs(error_);                                                        \
  if (kind == 0)                                                                                                  \
    l = error_ * error_;                                                                                          \
  else if (kind == 1)                                                                                             \
    l = select(delta * (size_ - 0.5f * delta), 0.5f * error_ * error_, size_ <= delta);                           \
  else if (kind == 2) {                                                                                           \
    const float16 both_ = log1p(exp(-fabs(at)));                                                                  \
    l = delta * (t) * (fmax(-(at), 0.0f) + both_) + (1.0f - (t)) * (fmax(at, 0.0f) + both_);                      \
  } else                                                                                                          \
    l = size_;

ATR_TILE_KERNEL(ATR_FN(loss_elementwise_fwd_f32_runs)) {
  ATR_BEGIN;
  const int part = (int)ATR_GROUP(0), kind = a[0], run = a[2], weighted = !ATR_ABSENT(8);
  const int begin = part * run, end = run < a[1] - begin ? begin + run : a[1], whole = begin + (end - begin) / 16 * 16;
  const float delta = ATR_FLOAT(3);
  __global const float *x = ATR_PTR(4), *target = ATR_PTR(6), *weight = ATR_PTR(8);
  float16 values = 0.0f, totals = 0.0f;
  for (int i = begin; i < whole; i += 16) {
    const float16 at = vload16(0, x + i), t = vload16(0, target + i);
    const float16 w = weighted ? vload16(0, weight + i) : (float16)(1.0f);
    float16 l;
    ATR_LOSSES(l, at, t)
    values += select((float16)(0.0f), w * l, w != 0.0f);
    totals += w;
  }
  float value[16], total[16];
  vstore16(values, 0, value);
  vstore16(totals, 0, total);
  for (int k = 1; k < 16; k++) {
    value[0] += value[k];
    total[0] += total[k];
  }
  for (int i = whole; i < end; i++) {
    const float16 at = x[i], t = target[i];
    const float w = weighted ? weight[i] : 1.0f;
    float16 l;
    ATR_LOSSES(l, at, t)
    if (w != 0.0f) value[0] += w * l.s0;
    total[0] += w;
  }
  __global float *pair = ATR_PTR(10) + 2 * part;
  pair[0] = value[0];
  pair[1] = total[0];
}
#undef ATR_LOSSES

ATR_ITEM_KERNEL(ATR_FN(loss_join_f32_baseline)) {
  ATR_BEGIN;
  if (ATR_ITEM) return;
  __global const float *pair = ATR_PTR(3);
  float value[8], total[8];
  for (int k = 0; k < 8; k++) value[k] = total[k] = 0.0f;
  const int parts = a[0], whole = parts / 8 * 8;
  for (int i = 0; i < whole; i += 8)
    for (int k = 0; k < 8; k++) {
      value[k] += pair[2 * (i + k)];
      total[k] += pair[2 * (i + k) + 1];
    }
  for (int i = whole; i < parts; i++) {
    value[i - whole] += pair[2 * i];
    total[i - whole] += pair[2 * i + 1];
  }
  for (int k = 1; k < 8; k++) {
    value[0] += value[k];
    total[0] += total[k];
  }
  const float divisor = a[2] ? (float)a[2] : total[0];
  if (a[1] < 2) ATR_PTR(5)[0] = !a[1] ? value[0] : divisor != 0.0f ? value[0] / divisor : 0.0f;
  if (!ATR_ABSENT(7)) ATR_PTR(7)[0] = divisor;
}

ATR_ITEM_KERNEL(ATR_FN(loss_elementwise_bwd_x_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[1]) return;
  const float total = ATR_PTR(5)[0], scale = total != 0.0f ? ATR_PTR(3)[0] / total : 0.0f;
  const float x = ATR_PTR(7)[i], t = ATR_PTR(9)[i], e = x - t, delta = ATR_FLOAT(2);
  const float w = ATR_ABSENT(11) ? 1.0f : ATR_PTR(11)[i];
  float d;
  if (a[0] == 0)
    d = 2.0f * e;
  else if (a[0] == 1)
    d = e > delta ? delta : e < -delta ? -delta : e;
  else if (a[0] == 2)
    d = (1.0f + (delta - 1.0f) * t) / (1.0f + exp(-x)) - delta * t;
  else
    d = e > 0.0f ? 1.0f : e < 0.0f ? -1.0f : 0.0f;
  ATR_PTR(13)[i] = w != 0.0f ? scale * (w * d) : 0.0f;
}
