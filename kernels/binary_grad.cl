/* binary_grad.cl: derivatives of functions of two broadcast operands. Macros: KIND (atr__binary_kind), SIDE (0, 1).
 * binary_bwd_f32_baseline: dy, x, y, result, count, walk (dy, x, y). One item an element. */
#if !defined(KIND) || !defined(SIDE)
#error "binary_grad.cl needs KIND and SIDE"
#endif

#if KIND == 4 && SIDE == 0
#define BINARY_SLOPE (y == 0.0f ? 0.0f : y == 1.0f ? 1.0f : y == 2.0f ? 2.0f * x : y * pow(x, y - 1.0f))
#elif KIND == 4
#define BINARY_SLOPE (x == 0.0f && y >= 0.0f ? 0.0f : pow(x, y) * log(x))
#elif KIND == 5 && SIDE == 0
#define BINARY_SLOPE (x == y ? 0.5f : x < y ? 0.0f : 1.0f)
#elif KIND == 5
#define BINARY_SLOPE (x == y ? 0.5f : y < x ? 0.0f : 1.0f)
#elif KIND == 6 && SIDE == 0
#define BINARY_SLOPE (x == y ? 0.5f : x > y ? 0.0f : 1.0f)
#elif KIND == 6
#define BINARY_SLOPE (x == y ? 0.5f : y > x ? 0.0f : 1.0f)
#elif KIND == 7 && SIDE == 0
#define BINARY_SLOPE (x > 0.0f ? 1.0f : y)
#elif KIND == 7
#define BINARY_SLOPE (x > 0.0f ? 0.0f : x)
#elif KIND == 9 && SIDE == 1
#define BINARY_SLOPE (-trunc(x / y))
#else
#error "binary_grad.cl: no such KIND"
#endif

ATR_ITEM_KERNEL(ATR_FN(binary_bwd_f32_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[8]) return;
  int at[3];
  ATR_WALK(9, 3, i, at);
  const float dy = ATR_PTR(0)[at[0]], x = ATR_PTR(2)[at[1]], y = ATR_PTR(4)[at[2]];
  ATR_PTR(6)[i] = dy * BINARY_SLOPE;
}
#undef BINARY_SLOPE
