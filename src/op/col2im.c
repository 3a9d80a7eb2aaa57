/* col2im.c: Col2Im: blocks that overlap, each a column, added up into an image; and Col2ImGrad (org.atrous:
 * dy; attribute block_shape and those of Col2Im), which takes the blocks out of an image. Source: the ONNX
 * operator of the same name. */
#include "config.h"

#include "op/col2im.h"

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

/* An attribute's list of `n` numbers from `least` to 2^31 - 1; `otherwise` where it is absent. */
static atr_status list(atr__infer *infer, const char *name, size_t n, int64_t least, int64_t otherwise,
                       int64_t *values) {
  size_t given;
  const int64_t *from = atr__attrs_ints(infer->attrs, name, &given);
  if (given && given != n)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: %s has %zu entries, must have %zu", infer->op->name,
                     name, given, n);
  for (size_t i = 0; i < n; i++) {
    values[i] = given ? from[i] : otherwise;
    if (values[i] < least || values[i] > INT32_MAX)
      return atr__fail(infer->error, ATR_E_PARAM, "%s: %s has the entry %lld", infer->op->name, name,
                       (long long)values[i]);
  }
  return ATR_OK;
}

/* What image and block need beside their sizes. *elements, *columns: of a block, and a plane's blocks. */
static atr_status params_of(atr__infer *infer, int64_t *elements, int64_t *columns) {
  atr__col2im_params *p = infer->params;
  const size_t n = (size_t)p->axes;
  int64_t pads[2 * ATR__COL2IM_AXES];
  atr_status status = list(infer, "strides", n, 1, 1, p->stride);
  if (!status) status = list(infer, "dilations", n, 1, 1, p->dilation);
  if (!status) status = list(infer, "pads", 2 * n, 0, 0, pads);
  *elements = *columns = 1;
  for (size_t d = 0; d < n && !status; d++) {
    int64_t reach;
    if (p->image[d] < 0 || p->image[d] > INT32_MAX || p->block[d] < 1 || p->block[d] > INT32_MAX ||
        atr__mul_i64(p->dilation[d], p->block[d] - 1, &reach))
      return atr__fail(infer->error, ATR_E_PARAM, "%s: axis %zu: an image of %lld and blocks of %lld",
                       infer->op->name, d, (long long)p->image[d], (long long)p->block[d]);
    p->before[d] = pads[d];
    p->steps[d] = atr__floor_div(p->image[d] + pads[d] + pads[n + d] - reach - 1, p->stride[d]) + 1;
    if (p->steps[d] < 1)
      return atr__fail(infer->error, ATR_E_SHAPE,
                       "%s: axis %zu: blocks of %lld do not fit into an image of %lld", infer->op->name, d,
                       (long long)p->block[d], (long long)p->image[d]);
    if (atr__mul_i64(*elements, p->block[d], elements) || atr__mul_i64(*columns, p->steps[d], columns))
      return atr__fail(infer->error, ATR_E_LIMIT, "%s: too many blocks", infer->op->name);
  }
  return status;
}

static atr_status infer_forward(atr__infer *infer) {
  atr__col2im_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  size_t axes, blocks;
  int64_t elements, columns;
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 3, 3);
  if (!status) status = atr__infer_ints(infer, 1, p->image, ATR__COL2IM_AXES, &axes);
  if (!status) status = atr__infer_ints(infer, 2, p->block, ATR__COL2IM_AXES, &blocks);
  if (status) return status;
  if (axes != blocks || !axes)
    return atr__fail(infer->error, ATR_E_SHAPE, "Col2Im: an image of %zu axes and blocks of %zu", axes,
                     blocks);
  p->axes = (int)axes;
  if ((status = params_of(infer, &elements, &columns))) return status;
  if (in->dim[1] % elements || in->dim[2] != columns) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "Col2Im: input 0 has shape %s, must be a multiple of %lld rows and %lld columns",
                     atr__shape_text(in, text), (long long)elements, (long long)columns);
  }
  const int64_t planes[2] = { in->dim[0], in->dim[1] / elements };
  atr_shape out = atr__shape_of(2, planes);
  for (int d = 0; d < p->axes; d++) out.dim[out.rank++] = p->image[d];
  p->planes = planes[0] * planes[1];
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = out;
  return ATR_OK;
}

static atr_status infer_grad(atr__infer *infer) {
  atr__col2im_params *p = infer->params;
  const atr_shape *dy = &infer->in_shape[0];
  int64_t elements, columns, rows;
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 3, 2 + ATR__COL2IM_AXES);
  if (status) return status;
  p->axes = dy->rank - 2;
  for (int d = 0; d < p->axes; d++) p->image[d] = dy->dim[2 + d];
  status = list(infer, "block_shape", (size_t)p->axes, 1, 0, p->block);
  if (!status) status = params_of(infer, &elements, &columns);
  if (status) return status;
  if (atr__mul_i64(dy->dim[1], elements, &rows))
    return atr__fail(infer->error, ATR_E_LIMIT, "Col2ImGrad: too many blocks");
  p->planes = dy->dim[0] * dy->dim[1];
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of(3, (int64_t[]){ dy->dim[0], rows, columns });
  return ATR_OK;
}

static atr_status gradient(atr__grad *grad) {
  const atr__col2im_params p = *(const atr__col2im_params *)atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_copy(&attrs, atr__grad_attrs(grad));
  if (!status) status = atr__attrs_set_ints(&attrs, "block_shape", p.block, (size_t)p.axes);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "org.atrous", "Col2ImGrad", &dy, 1, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_col2im = {
  .name = "Col2Im",
  .domain = "",
  .stem = "col2im",
  .since = 18,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__col2im_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(col2im),
  ATR__CL(col2im),
};

const atr__op atr__op_col2im_grad = {
  .name = "Col2ImGrad",
  .domain = "org.atrous",
  .stem = "col2im",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__col2im_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(col2im_grad),
  ATR__CL(col2im_grad),
};
