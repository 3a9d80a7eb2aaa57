/* roi_align.c: RoiAlign: regions of images brought to one size; each bin is the mean, or the greatest, of
 * samples read by linear interpolation. And RoiAlignGrad (org.atrous: dy, regions, samples' numbers;
 * attribute shape) for the mean; the regions have no gradient. Source: the ONNX operator of the same name,
 * whose mode max takes the greatest of the four weighted neighbours, not of their sums. */
#include "config.h"

#include "op/roi_align.h"

#include <math.h>
#include <string.h>

#include "op/grad.h"
#include "op/index.h"
#include "tensor/shape.h"

static atr_status attributes(atr__infer *infer) {
  atr__roi_align_params *p = infer->params;
  const char *mode = atr__attrs_string(infer->attrs, "mode", "avg");
  const char *coordinates = atr__attrs_string(infer->attrs, "coordinate_transformation_mode", "half_pixel");
  const int64_t samples = atr__attrs_int(infer->attrs, "sampling_ratio", 0);
  p->max = !strcmp(mode, "max");
  p->half = !strcmp(coordinates, "half_pixel");
  p->scale = atr__attrs_float(infer->attrs, "spatial_scale", 1);
  p->oh = atr__attrs_int(infer->attrs, "output_height", 1);
  p->ow = atr__attrs_int(infer->attrs, "output_width", 1);
  if (!p->max && strcmp(mode, "avg"))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: mode \"%.40s\" is not supported", infer->op->name,
                     mode);
  if (!p->half && strcmp(coordinates, "output_half_pixel"))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "%s: coordinate_transformation_mode \"%.40s\" is not supported", infer->op->name,
                     coordinates);
  if (samples < 0 || samples > ATR__ROI_SAMPLES || p->oh < 1 || p->ow < 1 || !isfinite(p->scale))
    return atr__fail(infer->error, ATR_E_PARAM,
                     "%s: sampling_ratio %lld, output_height %lld, output_width %lld, spatial_scale %g",
                     infer->op->name, (long long)samples, (long long)p->oh, (long long)p->ow,
                     (double)p->scale);
  p->samples = (int)samples;
  return ATR_OK;
}

/* x: the images' shape. Regions and their images are inputs 1 and 2. */
static atr_status params_of(atr__infer *infer, const atr_shape *x, atr_shape *y) {
  atr__roi_align_params *p = infer->params;
  const atr_shape *rois = &infer->in_shape[1], *batch = &infer->in_shape[2];
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT], c[ATR__SHAPE_TEXT];
  atr_status status = attributes(infer);
  if (!status) status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_f32(infer, 1);
  if (!status) status = atr__infer_need_index(infer, 2);
  if (status) return status;
  if (x->rank != 4 || rois->rank != 2 || rois->dim[1] != 4 || batch->rank != 1 ||
      batch->dim[0] != rois->dim[0] || ((!x->dim[0] || !x->dim[2] || !x->dim[3]) && rois->dim[0]))
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: images %s, regions %s and their images' numbers %s",
                     infer->op->name, atr__shape_text(x, a), atr__shape_text(rois, b),
                     atr__shape_text(batch, c));
  p->n = x->dim[0];
  p->c = x->dim[1];
  p->h = x->dim[2];
  p->w = x->dim[3];
  p->rois = rois->dim[0];
  *y = atr__shape_of(4, (int64_t[]){ p->rois, p->c, p->oh, p->ow });
  infer->out_type[0] = ATR_F32;
  return ATR_OK;
}

static atr_status infer_forward(atr__infer *infer) {
  return params_of(infer, &infer->in_shape[0], &infer->out_shape[0]);
}

static atr_status infer_grad(atr__infer *infer) {
  size_t rank;
  const int64_t *dim = atr__attrs_ints(infer->attrs, "shape", &rank);
  atr_shape y;
  int64_t count;
  if (rank != 4) return atr__fail(infer->error, ATR_E_SHAPE, "RoiAlignGrad: a shape of rank %zu", rank);
  infer->out_shape[0] = atr__shape_of(4, dim);
  atr_status status = atr__shape_count(&infer->out_shape[0], infer->error, &count);
  if (!status) status = params_of(infer, &infer->out_shape[0], &y);
  if (status || atr__shape_equal(&y, &infer->in_shape[0])) return status;
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "RoiAlignGrad: dy has shape %s, must have %s",
                   atr__shape_text(&infer->in_shape[0], a), atr__shape_text(&y, b));
}

static atr_status gradient(atr__grad *grad) {
  const int max = ((const atr__roi_align_params *)atr__grad_params(grad))->max;
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  if (max) return ATR_E_UNSUPPORTED;
  const atr_shape shape = *atr__grad_shape(grad, atr__grad_in(grad, 0));
  const int in[3] = { dy, atr__grad_in(grad, 1), atr__grad_in(grad, 2) };
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_copy(&attrs, atr__grad_attrs(grad));
  if (!status) status = atr__attrs_set_ints(&attrs, "shape", shape.dim, 4);
  if (!status) atr__grad_set(grad, 0, atr__grad_node(grad, "org.atrous", "RoiAlignGrad", in, 3, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

const atr__op atr__op_roi_align = {
  .name = "RoiAlign",
  .domain = "",
  .stem = "roi_align",
  .since = 16,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__roi_align_params),
  .infer = infer_forward,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(roi_align),
  ATR__CL(roi_align),
};

const atr__op atr__op_roi_align_grad = {
  .name = "RoiAlignGrad",
  .domain = "org.atrous",
  .stem = "roi_align",
  .since = 1,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__roi_align_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(roi_align_grad),
  ATR__CL(roi_align_grad),
};
