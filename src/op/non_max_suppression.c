/* non_max_suppression.c: NonMaxSuppression: of boxes that overlap the one of the highest score, for each
 * sample and class. How many they are is the output's size: all inputs must be known when the plan is made,
 * and the result is computed then. Source: the ONNX operator of the same name; among equal scores the first
 * box, as ONNX Runtime has it. */
#include "config.h"

#include "op/non_max_suppression.h"

#include "op/axes.h"
#include "tensor/shape.h"

/* A number given as an optional input. */
static atr_status number(atr__infer *infer, size_t input, atr_type type, const char *what, double *value) {
  if (!atr__infer_has(infer, input)) return ATR_OK;
  const atr__blob *blob = atr__infer_known(infer, input, what);
  if (!blob) return ATR_E_UNSUPPORTED;
  if (blob->type != type || blob->count != 1)
    return atr__fail(infer->error, ATR_E_SHAPE, "NonMaxSuppression: %s must be one number of type %s", what,
                     atr_type_name(type));
  *value = atr__blob_real(blob, 0);
  return ATR_OK;
}

static atr_status shapes(atr__infer *infer) {
  atr__non_max_suppression_params *p = infer->params;
  const atr_shape *boxes = &infer->in_shape[0], *scores = &infer->in_shape[1];
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_f32(infer, 1);
  if (status) return status;
  if (boxes->rank != 3 || scores->rank != 3 || boxes->dim[2] != 4 || boxes->dim[0] != scores->dim[0] ||
      boxes->dim[1] != scores->dim[2])
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "NonMaxSuppression: boxes %s and scores %s must be [n,boxes,4] and [n,classes,boxes]",
                     atr__shape_text(boxes, a), atr__shape_text(scores, b));
  p->batch = boxes->dim[0];
  p->boxes = boxes->dim[1];
  p->classes = scores->dim[1];
  return ATR_OK;
}

static atr_status infer(atr__infer *infer) {
  atr__non_max_suppression_params *p = infer->params;
  double most = 0, overlap = 0, least = 0;
  atr_status status = shapes(infer);
  if (!status) status = number(infer, 2, ATR_I64, "max_output_boxes_per_class", &most);
  if (!status) status = number(infer, 3, ATR_F32, "iou_threshold", &overlap);
  if (!status) status = number(infer, 4, ATR_F32, "score_threshold", &least);
  if (status) return status;
  if (!(overlap >= 0 && overlap <= 1))
    return atr__fail(infer->error, ATR_E_PARAM, "NonMaxSuppression: iou_threshold is %g, must be 0 to 1",
                     overlap);
  p->most = most < 0 ? 0 : most > (double)p->boxes ? p->boxes : (int64_t)most;
  p->overlap = (float)overlap;
  p->has_least = atr__infer_has(infer, 4);
  p->least = (float)least;
  p->center = atr__attrs_int(infer->attrs, "center_point_box", 0) != 0;
  const atr__blob *boxes = atr__infer_known(infer, 0, "boxes");
  const atr__blob *scores = boxes ? atr__infer_known(infer, 1, "scores") : NULL;
  if (!scores) return ATR_E_UNSUPPORTED;
  status =
      atr__non_max_suppression_choose_host_f32(p, boxes->data, scores->data, infer->error, NULL, &p->found);
  infer->out_type[0] = ATR_I64;
  infer->out_shape[0] = atr__shape_of(2, (int64_t[]){ p->found, 3 });
  return status;
}

const atr__op atr__op_non_max_suppression = {
  .name = "NonMaxSuppression",
  .domain = "",
  .stem = "non_max_suppression",
  .since = 11,
  .min_in = 2,
  .max_in = 5,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__non_max_suppression_params),
  .infer = infer,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(non_max_suppression),
  ATR__HOST_ONLY,
};
