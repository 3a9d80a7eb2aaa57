/* lp_pool.c: LpPool and GlobalLpPool over series, images and volumes, and their gradients.
 *
 * y = (Σ |x|^p)^(1/p) over the taps of a window inside the input; p is a whole number from 1 on. LpPoolGrad
 * and GlobalLpPoolGrad (dy, x, y): dx sums dy · sign(x) · (|x| / y)^(p - 1) over the windows that have a tap
 * there, in ascending order; where y is 0 the norm has no slope, and 0 is taken. Source: ONNX LpPool-18,
 * GlobalLpPool-2. */
#include "config.h"

#include "op/lp_pool.h"

#include "op/grad.h"
#include "tensor/shape.h"

/* Window, p and the output's shape. */
static atr_status params_of(const atr__infer *infer, const atr_shape *x, int global, atr_shape *y) {
  atr__lp_pool_params *params = infer->params;
  const int64_t p = atr__attrs_int(infer->attrs, "p", 2);
  if (p < 1 || p > INT32_MAX)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: p is %lld, must be 1 or more and below 2^31",
                     infer->op->name, (long long)p);
  params->p = (int)p;
  *y = *x;
  if (global) {
    for (int k = 2; k < y->rank; k++) y->dim[k] = 1;
    return atr__pool_window_global(infer, x, &params->window);
  }
  atr_status status = atr__pool_window_infer(infer, x, &params->window);
  if (!status) *y = atr__pool_window_shape(&params->window, x);
  return status;
}

static atr_status infer_forward(atr__infer *infer, int global) {
  atr_status status;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_need_rank(infer, 0, 3, global ? ATR_RANK_MAX : 5))) return status;
  infer->out_type[0] = ATR_F32;
  return params_of(infer, &infer->in_shape[0], global, &infer->out_shape[0]);
}

static atr_status infer_grad(atr__infer *infer, int global) {
  atr_status status;
  atr_shape y;
  for (size_t i = 0; i < 3; i++)
    if ((status = atr__infer_need_f32(infer, i))) return status;
  if ((status = atr__infer_need_rank(infer, 1, 3, global ? ATR_RANK_MAX : 5))) return status;
  if ((status = params_of(infer, &infer->in_shape[1], global, &y))) return status;
  for (size_t i = 0; i < 3; i += 2)
    if (!atr__shape_equal(&y, &infer->in_shape[i])) {
      char got[ATR__SHAPE_TEXT], want[ATR__SHAPE_TEXT];
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, must have %s", infer->op->name,
                       i, atr__shape_text(&infer->in_shape[i], got), atr__shape_text(&y, want));
    }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[1];
  return ATR_OK;
}

static atr_status gradient(atr__grad *g, const char *op) {
  const int dy = atr__grad_dy(g, 0);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int in[] = { dy, atr__grad_in(g, 0), atr__grad_out(g, 0) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", op, in, 3, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

ATR__POOL_OPS(lp_pool, lp_pool, "LpPool", 18, 0, 3, 1);
ATR__POOL_OPS(lp_pool, global_lp_pool, "GlobalLpPool", 2, 1, 3, 1);
