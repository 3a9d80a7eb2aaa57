/* affine_grid.c: AffineGrid: the places that an affine map gives to an image's pixels, as GridSample reads
 * them; and AffineGridGrad (org.atrous: dy; attribute align_corners). Coordinates go from -1 to 1, x first;
 * of an axis of one pixel it is 0. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/affine_grid.h"

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer_forward(atr__infer *infer) {
  atr__affine_grid_params *p = infer->params;
  const atr_shape *theta = &infer->in_shape[0];
  int64_t size[5];
  size_t n;
  char text[ATR__SHAPE_TEXT];
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_ints(infer, 1, size, 5, &n);
  if (status) return status;
  p->axes = (int)n - 2;
  if (n < 4 || theta->rank != 3 || theta->dim[0] != size[0] || theta->dim[1] != p->axes ||
      theta->dim[2] != p->axes + 1)
    return atr__fail(infer->error, ATR_E_SHAPE, "AffineGrid: a size of %zu numbers and maps of shape %s", n,
                     atr__shape_text(theta, text));
  for (int d = 0; d < p->axes; d++)
    if (size[2 + d] < 0 || size[2 + d] > INT32_MAX)
      return atr__fail(infer->error, ATR_E_SHAPE, "AffineGrid: axis %d has %lld pixels", d,
                       (long long)size[2 + d]);
  p->align = atr__attrs_int(infer->attrs, "align_corners", 0) != 0;
  p->n = size[0];
  p->size[0] = 1;
  for (int d = 0; d < p->axes; d++) p->size[3 - p->axes + d] = size[2 + d];
  atr_shape out = atr__shape_of(1, size);
  for (int d = 0; d < p->axes; d++) out.dim[out.rank++] = size[2 + d];
  out.dim[out.rank++] = p->axes;
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = out;
  return ATR_OK;
}

static atr_status infer_grad(atr__infer *infer) {
  atr__affine_grid_params *p = infer->params;
  const atr_shape *dy = &infer->in_shape[0];
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 4, 5);
  if (status) return status;
  p->axes = dy->rank - 2;
  p->n = dy->dim[0];
  p->align = atr__attrs_int(infer->attrs, "align_corners", 0) != 0;
  p->size[0] = 1;
  for (int d = 0; d < p->axes; d++) p->size[3 - p->axes + d] = dy->dim[1 + d];
  if (dy->dim[dy->rank - 1] != p->axes)
    return atr__fail(infer->error, ATR_E_SHAPE, "AffineGridGrad: %lld coordinates for %d axes",
                     (long long)dy->dim[dy->rank - 1], p->axes);
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of(3, (int64_t[]){ p->n, p->axes, p->axes + 1 });
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  if (dy && atr__grad_wanted(grad, 0))
    atr__grad_set(grad, 0,
                  atr__grad_node(grad, "org.atrous", "AffineGridGrad", &dy, 1, atr__grad_attrs(grad), 1));
  return atr__grad_status(grad);
}

const atr__op atr__op_affine_grid = {
  .name = "AffineGrid",
  .domain = "",
  .stem = "affine_grid",
  .since = 20,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__affine_grid_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(affine_grid),
  ATR__CL(affine_grid),
};

const atr__op atr__op_affine_grid_grad = {
  .name = "AffineGridGrad",
  .domain = "org.atrous",
  .stem = "affine_grid",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__affine_grid_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(affine_grid_grad),
  ATR__CL(affine_grid_grad),
};
