/* pad.c: Pad in modes constant, reflect, edge and wrap; negative pads crop. The gradient of constant padding
 * is the opposite padding; that of the others goes axis by axis through PadGrad (org.atrous), which adds up
 * what was read more than once. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/pad.h"

#include <string.h>

#include "base/checked.h"
#include "op/axes.h"
#include "op/grad.h"
#include "tensor/element.h"
#include "tensor/shape.h"

static const char *const mode_name[] = { "constant", "reflect", "edge", "wrap" };

static atr_status find_mode(atr__infer *infer, atr__pad_mode *mode) {
  const char *name = atr__attrs_string(infer->attrs, "mode", "constant");
  int m = 0;
  while (m < 4 && strcmp(name, mode_name[m])) m++;
  if (m == 4)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: mode \"%s\" is none of constant, reflect, edge, wrap",
                     infer->op->name, name);
  *mode = (atr__pad_mode)m;
  return ATR_OK;
}

static atr_status infer(atr__infer *infer) {
  atr__pad_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  int64_t pads[2 * ATR_RANK_MAX];
  size_t n;
  atr_status status = find_mode(infer, &p->mode);
  if (!status) status = atr__infer_ints(infer, 1, pads, 2 * ATR_RANK_MAX, &n);
  atr__axes axes = { 0 };
  if (!status) status = atr__infer_axes(infer, 3, in->rank, &axes);
  if (status) return status;
  const size_t padded = axes.given ? (size_t)axes.n : (size_t)in->rank;
  if (n != 2 * padded)
    return atr__fail(infer->error, ATR_E_SHAPE, "Pad: %zu pads for %zu axes, must be twice as many", n,
                     padded);
  if (atr__infer_has(infer, 2) && p->mode == ATR__PAD_MODE_CONSTANT) {
    const atr__blob *value = atr__infer_known(infer, 2, "the constant");
    if (!value) return ATR_E_UNSUPPORTED;
    if (value->count != 1 || value->type != infer->in_type[0])
      return atr__fail(infer->error, ATR_E_SHAPE, "Pad: the constant must be one %s",
                       atr_type_name(infer->in_type[0]));
    p->real = atr__blob_real(value, 0);
    p->bits = atr__element_bits(value->type, value->data, 0);
  }
  atr_shape shape = *in;
  for (size_t i = 0; i < padded; i++) {
    const int d = axes.given ? axes.list[i] : (int)i;
    const int64_t before = pads[i], after = pads[padded + i];
    int64_t extent;
    p->before[d] = before;
    if (atr__add_i64(in->dim[d], before, &extent) || atr__add_i64(extent, after, &extent) || extent < 0 ||
        before < -INT32_MAX || before > INT32_MAX)
      return atr__fail(infer->error, ATR_E_SHAPE, "Pad: axis %d of %lld with pads %lld and %lld", d,
                       (long long)in->dim[d], (long long)before, (long long)after);
    if (p->mode != ATR__PAD_MODE_CONSTANT && in->dim[d] == 0 && extent > 0)
      return atr__fail(infer->error, ATR_E_SHAPE, "Pad: axis %d is empty, mode %s has nothing to repeat", d,
                       mode_name[p->mode]);
    shape.dim[d] = extent;
  }
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = shape;
  return ATR_OK;
}

/* CenterCropPad: as much before as after, one less before where the difference is odd. */
static atr_status infer_center(atr__infer *infer) {
  atr__pad_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  int64_t size[ATR_RANK_MAX];
  size_t n;
  atr__axes axes;
  atr_status status = atr__infer_ints(infer, 1, size, ATR_RANK_MAX, &n);
  if (!status) status = atr__infer_axes(infer, 2, in->rank, &axes);
  if (status) return status;
  if (n != (size_t)(axes.given ? axes.n : in->rank))
    return atr__fail(infer->error, ATR_E_SHAPE, "CenterCropPad: a shape of %zu for %d axes", n,
                     axes.given ? axes.n : in->rank);
  p->mode = ATR__PAD_MODE_CONSTANT;
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = *in;
  for (size_t i = 0; i < n; i++) {
    const int d = axes.given ? axes.list[i] : (int)i;
    if (size[i] < 0 || size[i] > INT32_MAX)
      return atr__fail(infer->error, ATR_E_SHAPE, "CenterCropPad: axis %d would become %lld", d,
                       (long long)size[i]);
    p->before[d] = (size[i] - in->dim[d]) / 2;
    infer->out_shape[0].dim[d] = size[i];
  }
  return ATR_OK;
}

int64_t atr__pad_source(atr__pad_mode mode, int64_t at, int64_t extent) {
  if (at >= 0 && at < extent) return at;
  if (mode == ATR__PAD_MODE_CONSTANT) return -1;
  if (mode == ATR__PAD_MODE_EDGE) return at < 0 ? 0 : extent - 1;
  const int64_t period = mode == ATR__PAD_MODE_WRAP ? extent : extent > 1 ? 2 * (extent - 1) : 1;
  at %= period;
  if (at < 0) at += period;
  return at < extent ? at : period - at;
}

static atr_status gradient(atr__grad *grad) {
  const atr__pad_params *p = atr__grad_params(grad);
  int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  const atr_shape in = *atr__grad_shape(grad, atr__grad_in(grad, 0)), out = *atr__grad_shape(grad, dy);
  if (p->mode == ATR__PAD_MODE_CONSTANT) {
    int64_t pads[2 * ATR_RANK_MAX];
    for (int d = 0; d < in.rank; d++) {
      pads[d] = -p->before[d];
      pads[in.rank + d] = in.dim[d] - out.dim[d] + p->before[d];
    }
    const int args[2] = { dy, atr__grad_ints(grad, pads, 2 * (size_t)in.rank) };
    atr__grad_set(grad, 0, atr__grad_node(grad, "", "Pad", args, 2, NULL, 1));
    return atr__grad_status(grad);
  }
  atr_status status = ATR_OK;
  for (int d = 0; d < in.rank && !status; d++) {
    if (!p->before[d] && in.dim[d] == out.dim[d]) continue;
    atr__attrs attrs = { 0 };
    status = atr__attrs_set_string(&attrs, "mode", mode_name[p->mode]);
    if (!status) status = atr__attrs_set_int(&attrs, "axis", d);
    if (!status) status = atr__attrs_set_int(&attrs, "before", p->before[d]);
    if (!status) status = atr__attrs_set_int(&attrs, "extent", in.dim[d]);
    if (!status) dy = atr__grad_node(grad, "org.atrous", "PadGrad", &dy, 1, &attrs, 1);
    atr__attrs_free(&attrs);
  }
  if (!status) atr__grad_set(grad, 0, dy);
  return status ? status : atr__grad_status(grad);
}

/* PadGrad(dy) with attributes mode, axis, before and the axis's extent before padding. */
static atr_status infer_grad(atr__infer *infer) {
  atr__pad_params *p = infer->params;
  atr_status status = find_mode(infer, &p->mode);
  if (!status) status = atr__infer_need_f32(infer, 0);
  if (!status)
    status = atr__axis(atr__attrs_int(infer->attrs, "axis", 0), infer->in_shape[0].rank, "axis", infer->error,
                       &p->axis);
  if (status) return status;
  const int64_t before = atr__attrs_int(infer->attrs, "before", 0),
                extent = atr__attrs_int(infer->attrs, "extent", 0);
  if (p->mode == ATR__PAD_MODE_CONSTANT || extent < 0 || before < -INT32_MAX || before > INT32_MAX)
    return atr__fail(infer->error, ATR_E_PARAM, "PadGrad: extent %lld, before %lld, mode %s",
                     (long long)extent, (long long)before, mode_name[p->mode]);
  p->before[p->axis] = before;
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[0];
  infer->out_shape[0].dim[p->axis] = extent;
  return ATR_OK;
}

const atr__op atr__op_pad = {
  .name = "Pad",
  .domain = "",
  .stem = "pad",
  .since = 18,
  .min_in = 2,
  .max_in = 4,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__pad_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(pad),
  ATR__CL(pad),
};

const atr__op atr__op_center_crop_pad = {
  .name = "CenterCropPad",
  .domain = "",
  .stem = "pad",
  .since = 18,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__pad_params),
  .infer = infer_center,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(pad),
  ATR__CL(pad),
};

const atr__op atr__op_pad_grad = {
  .name = "PadGrad",
  .domain = "org.atrous",
  .stem = "pad",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__pad_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(pad_grad),
  ATR__CL(pad_grad),
};
