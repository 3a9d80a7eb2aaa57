/* optimizer_onnx.cl: one step of ONNX's Adagrad (kind 0), Adam (1), Momentum (2, 3: Nesterov's). No macros.
 * optimizer_onnx_f32_baseline: 0 count, 1 kind, 2 rate, 4 count of updates, 6 x, 8 gradient, 10 and 12 states, 14 x
 * anew, 16 and 18 states anew (what is written may be absent), 20 alpha, 21 beta, 22 epsilon, 23 norm, 24 decay. One item
 * an element. */
ATR_ITEM_KERNEL(ATR_FN(optimizer_onnx_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM, kind = a[1];
  if (i >= a[0]) return;
  const long updates = ((__global const long *)ATR_PTR(4))[0];
  const float t = (float)updates, x = ATR_PTR(6)[i], g = fma(ATR_FLOAT(23), x, ATR_PTR(8)[i]);
  const float alpha = ATR_FLOAT(20), beta = ATR_FLOAT(21);
  float rate = ATR_PTR(2)[0], first, result;
  if (kind == 0) {
    first = fma(g, g, ATR_PTR(10)[i]);
    result = x - rate / (1.0f + t * ATR_FLOAT(24)) * g / (sqrt(first) + ATR_FLOAT(22));
  } else if (kind == 1) {
    const float h = beta * ATR_PTR(12)[i] + (1.0f - beta) * g * g;
    first = alpha * ATR_PTR(10)[i] + (1.0f - alpha) * g;
    if (updates > 0) rate *= sqrt(1.0f - pow(beta, t)) / (1.0f - pow(alpha, t));
    result = (1.0f - ATR_FLOAT(24)) * (x - rate * first / (sqrt(h) + ATR_FLOAT(22)));
    if (!ATR_ABSENT(18)) ATR_PTR(18)[i] = h;
  } else {
    first = alpha * ATR_PTR(10)[i] + (updates > 0 ? beta : 1.0f) * g;
    result = x - rate * (kind == 3 ? g + alpha * first : first);
  }
  if (!ATR_ABSENT(14)) ATR_PTR(14)[i] = result;
  if (!ATR_ABSENT(16)) ATR_PTR(16)[i] = first;
}
