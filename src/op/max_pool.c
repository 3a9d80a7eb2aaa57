/* max_pool.c: MaxPool over series, images and volumes, and its gradient.
 *
 * y is the greatest element of each window; NaN is greater than any number, as in PyTorch, and padding never
 * wins. Indices (int64) are ONNX's: over the whole tensor, n and c included, the spatial part row-major or,
 * with storage_order 1, column-major; of equal elements the first in row-major order, of several NaN the
 * last. MaxPoolGrad (dy, indices, shape of x) gathers: each input element sums the dy of the windows that
 * chose it, in ascending order of windows. Source: ONNX MaxPool-12. */
#include "config.h"

#include "op/max_pool.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status params_of(const atr__infer *infer, const atr_shape *x) {
  atr__max_pool_params *p = infer->params;
  atr_status status = atr__pool_window_infer(infer, x, &p->window);
  if (status) return status;
  const int64_t *in = p->window.in;
  if (atr__attrs_int(infer->attrs, "storage_order", 0)) {
    p->index_step[0] = 1;
    p->index_step[1] = in[0];
    p->index_step[2] = in[0] * in[1];
  } else {
    p->index_step[0] = in[1] * in[2];
    p->index_step[1] = in[2];
    p->index_step[2] = 1;
  }
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  atr_status status;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = params_of(infer, &infer->in_shape[0]))) return status;
  const atr__max_pool_params *p = infer->params;
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = i ? ATR_I64 : ATR_F32;
    infer->out_shape[i] = atr__pool_window_shape(&p->window, &infer->in_shape[0]);
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *g) {
  const int dy = atr__grad_dy(g, 0);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int in[] = { dy, atr__grad_out(g, 1), atr__grad_shape_of(g, atr__grad_in(g, 0)) };
  atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "MaxPoolGrad", in, 3, atr__grad_attrs(g), 1));
  return atr__grad_status(g);
}

static atr_status infer_grad(atr__infer *infer) {
  atr_status status;
  int64_t dim[8];
  size_t rank;
  if ((status = atr__infer_need_f32(infer, 0))) return status;
  if ((status = atr__infer_ints(infer, 2, dim, 8, &rank))) return status;
  if (infer->in_type[1] != ATR_I64)
    return atr__fail(infer->error, ATR_E_SHAPE, "MaxPoolGrad: the indices are %s, must be int64",
                     atr_type_name(infer->in_type[1]));
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of((int)rank, dim);
  int64_t count;
  if ((status = atr__shape_count(&infer->out_shape[0], infer->error, &count))) return status;
  if ((status = params_of(infer, &infer->out_shape[0]))) return status;
  const atr__max_pool_params *p = infer->params;
  const atr_shape y = atr__pool_window_shape(&p->window, &infer->out_shape[0]);
  for (size_t i = 0; i < 2; i++)
    if (!atr__shape_equal(&y, &infer->in_shape[i])) {
      char got[ATR__SHAPE_TEXT], want[ATR__SHAPE_TEXT];
      return atr__fail(infer->error, ATR_E_SHAPE, "MaxPoolGrad: input %zu has shape %s, must have %s", i,
                       atr__shape_text(&infer->in_shape[i], got), atr__shape_text(&y, want));
    }
  return ATR_OK;
}

const atr__op atr__op_max_pool_grad = {
  .name = "MaxPoolGrad",
  .domain = "org.atrous",
  .stem = "max_pool",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__max_pool_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(max_pool_grad),
  ATR__CL(max_pool_grad),
};

const atr__op atr__op_max_pool = {
  .name = "MaxPool",
  .domain = "",
  .stem = "max_pool",
  .since = 12,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 2,
  .params_size = sizeof(atr__max_pool_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(max_pool),
  ATR__CL(max_pool),
};
