/* grid_sample.c: GridSample: an image or a volume read at the places that a grid names, and GridSampleGrad
 * (org.atrous: dy, x, grid; gives the gradients of x and of the grid). A place outside is first taken to the
 * border, or reflected, and so are the neighbours that interpolation reads. Source: the ONNX operator of the
 * same name; cubic weights: Keys, "Cubic convolution interpolation", 1981, with a = -0.75. */
#include "config.h"

#include "op/grid_sample.h"

#include <string.h>

#include "op/grad.h"
#include "tensor/shape.h"

static atr_status choose(const atr__infer *infer, const char *name, const char *otherwise,
                         const char *const *names, int *chosen) {
  const char *value = atr__attrs_string(infer->attrs, name, otherwise);
  for (int i = 0; names[i]; i++)
    if (!strcmp(value, names[i])) {
      *chosen = i;
      return ATR_OK;
    }
  return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: %s \"%.40s\" is not supported", infer->op->name,
                   name, value);
}

/* x and grid are inputs `first` and the next; y becomes the shape of what is read. */
static atr_status params_of(atr__infer *infer, size_t first, atr_shape *y) {
  static const char *const modes[] = { "nearest", "linear", "cubic", NULL };
  static const char *const paddings[] = { "zeros", "border", "reflection", NULL };
  atr__grid_sample_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[first], *grid = &infer->in_shape[first + 1];
  int mode, padding;
  atr_status status = atr__infer_need_f32(infer, first);
  if (!status) status = atr__infer_need_f32(infer, first + 1);
  if (!status) status = atr__infer_need_rank(infer, first, 4, 5);
  if (!status) status = choose(infer, "mode", "linear", modes, &mode);
  if (!status) status = choose(infer, "padding_mode", "zeros", paddings, &padding);
  if (status) return status;
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  const int axes = x->rank - 2;
  if (grid->rank != x->rank || grid->dim[0] != x->dim[0] || grid->dim[axes + 1] != axes)
    return atr__fail(
        infer->error, ATR_E_SHAPE,
        "%s: a grid of shape %s does not go with an input of shape %s; its last dimension must be %d",
        infer->op->name, atr__shape_text(grid, a), atr__shape_text(x, b), axes);
  if (!atr__shape_span(x, 2, x->rank) && atr__shape_size(grid))
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: an input of shape %s has nothing to read",
                     infer->op->name, atr__shape_text(x, b));
  p->mode = (atr__grid_mode)mode;
  p->padding = (atr__grid_padding)padding;
  p->align = atr__attrs_int(infer->attrs, "align_corners", 0) != 0;
  p->axes = axes;
  p->n = x->dim[0];
  p->c = x->dim[1];
  p->points = atr__shape_span(grid, 1, axes + 1);
  p->in[0] = axes == 3 ? x->dim[2] : 1;
  p->in[1] = x->dim[axes];
  p->in[2] = x->dim[axes + 1];
  *y = *x;
  for (int i = 0; i < axes; i++) y->dim[2 + i] = grid->dim[1 + i];
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  infer->out_type[0] = ATR_F32;
  return params_of(infer, 0, &infer->out_shape[0]);
}

static atr_status infer_grad(atr__infer *infer) {
  atr_shape y;
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = params_of(infer, 1, &y);
  if (status) return status;
  if (!atr__shape_equal(&y, &infer->in_shape[0])) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "GridSampleGrad: dy has shape %s, must have %s",
                     atr__shape_text(&infer->in_shape[0], a), atr__shape_text(&y, b));
  }
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = ATR_F32;
    infer->out_shape[i] = infer->in_shape[1 + i];
  }
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const int dy = atr__grad_dy(grad, 0);
  if (!dy) return atr__grad_status(grad);
  const int in[3] = { dy, atr__grad_in(grad, 0), atr__grad_in(grad, 1) }, both = atr__grad_wanted(grad, 1);
  const int dx =
      atr__grad_node(grad, "org.atrous", "GridSampleGrad", in, 3, atr__grad_attrs(grad), both ? 2 : 1);
  const int dgrid = both ? atr__grad_last(grad, 1) : 0;
  if (atr__grad_wanted(grad, 0)) atr__grad_set(grad, 0, dx);
  if (both) atr__grad_set(grad, 1, dgrid);
  return atr__grad_status(grad);
}

const atr__op atr__op_grid_sample = {
  .name = "GridSample",
  .domain = "",
  .stem = "grid_sample",
  .since = 20,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__grid_sample_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(grid_sample),
  ATR__CL(grid_sample),
};

const atr__op atr__op_grid_sample_grad = {
  .name = "GridSampleGrad",
  .domain = "org.atrous",
  .stem = "grid_sample",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 2,
  .params_size = sizeof(atr__grid_sample_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(grid_sample_grad),
  ATR__CL(grid_sample_grad),
};
