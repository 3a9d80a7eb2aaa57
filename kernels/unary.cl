/* unary.cl: elementwise functions of one input. One item an element.
 * relu_fwd_f32_baseline, sigmoid_fwd_f32_baseline, tanh_fwd_f32_baseline: count, x, y. No macros. */
#define ATR_UNARY(name, formula)                                                                                  \
  ATR_KERNEL(ATR_FN(name)) {                                                                                      \
    ATR_BEGIN;                                                                                                    \
    const int i = ATR_ITEM;                                                                                       \
    if (i >= a[0]) return;                                                                                        \
    const float x = ATR_PTR(1)[i];                                                                                \
    ATR_PTR(3)[i] = formula;                                                                                      \
  }

ATR_UNARY(relu_fwd_f32_baseline, x > 0.0f ? x : (x == x ? 0.0f : x))
ATR_UNARY(sigmoid_fwd_f32_baseline, 1.0f / (1.0f + exp(-x)))
ATR_UNARY(tanh_fwd_f32_baseline, tanh(x))
#undef ATR_UNARY
