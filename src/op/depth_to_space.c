/* depth_to_space.c: DepthToSpace (modes DCR and CRD, the pixel shuffle) and its inverse SpaceToDepth, which
 * has the same attribute mode (ours; ONNX has DCR only). Each is the other's gradient. Source: the ONNX
 * operators of the same names. */
#include "config.h"

#include "op/depth_to_space.h"

#include <string.h>

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer, int to_depth) {
  atr__depth_to_space_params *p = infer->params;
  const char *name = infer->op->name, *mode = atr__attrs_string(infer->attrs, "mode", "DCR");
  atr_status status = atr__infer_need_rank(infer, 0, 4, 4);
  if (status) return status;
  atr_shape shape = infer->in_shape[0];
  char text[ATR__SHAPE_TEXT];
  p->to_depth = to_depth;
  p->columns_first = !strcmp(mode, "CRD");
  p->block = atr__attrs_int(infer->attrs, "blocksize", 0);
  if (!p->columns_first && strcmp(mode, "DCR"))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: mode is \"%s\", must be DCR or CRD", name, mode);
  if (p->block < 1 || p->block > 32767)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: blocksize is %lld, must be 1 or more", name,
                     (long long)p->block);
  const int64_t b = p->block;
  if (to_depth ? shape.dim[2] % b || shape.dim[3] % b : shape.dim[1] % (b * b))
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: input 0 has shape %s, which blocks of %lld do not divide", name,
                     atr__shape_text(&shape, text), (long long)b);
  for (int d = 2; d < 4 && !status; d++)
    if (to_depth)
      shape.dim[d] /= b;
    else if (atr__mul_i64(shape.dim[d], b, &shape.dim[d]))
      status = ATR_E_LIMIT;
  if (!to_depth)
    shape.dim[1] /= b * b;
  else if (atr__mul_i64(shape.dim[1], b * b, &shape.dim[1]))
    status = ATR_E_LIMIT;
  if (status)
    return atr__fail(infer->error, status, "%s: input 0 has shape %s, too large for blocks of %lld", name,
                     atr__shape_text(&infer->in_shape[0], text), (long long)b);
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = shape;
  return ATR_OK;
}
static atr_status infer_to_space(atr__infer *i) {
  return infer(i, 0);
}
static atr_status infer_to_depth(atr__infer *i) {
  return infer(i, 1);
}

/* Over the wide side as [n][c][h][block][w][block], where it is dense. */
atr__walk atr__depth_to_space_walk(const atr__depth_to_space_params *p, const atr_shape *in,
                                   const atr_shape *out) {
  const atr_shape *wide = p->to_depth ? in : out, *deep = p->to_depth ? out : in;
  const int64_t b = p->block, c = wide->dim[1], h = deep->dim[2], w = deep->dim[3], plane = h * w;
  const int64_t one = p->columns_first ? plane : c * plane;
  const int64_t dim[6] = { wide->dim[0], c, h, b, w, b };
  const int64_t stride[6] = {
    c * b * b * plane, p->columns_first ? b * b * plane : plane, w, b * one, 1, one
  };
  const atr_shape shape = atr__shape_of(6, dim);
  atr__walk walk = atr__walk_over(&shape);
  if (!p->to_depth) atr__walk_broadcast(&walk, &shape);
  atr__walk_strided(&walk, stride, 0);
  if (p->to_depth) atr__walk_broadcast(&walk, &shape);
  atr__walk_join(&walk);
  return walk;
}

static atr_status gradient(atr__grad *grad) {
  const atr__depth_to_space_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_set_int(&attrs, "blocksize", p->block);
  if (!status && p->columns_first) status = atr__attrs_set_string(&attrs, "mode", "CRD");
  if (!status)
    atr__grad_set(grad, 0,
                  atr__grad_node(grad, "", p->to_depth ? "DepthToSpace" : "SpaceToDepth", &dy, 1, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(grad);
}

#define DEPTH(symbol, onnx, infer_function)                                                                  \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "depth_to_space",                                                                                \
    .since = 13,                                                                                             \
    .min_in = 1,                                                                                             \
    .max_in = 1,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__depth_to_space_params),                                                       \
    .infer = infer_function,                                                                                 \
    .differentiable = ATR__DIFF_YES,                                                                         \
    .gradient = gradient,                                                                                    \
    ATR__HOST(depth_to_space),                                                                               \
    ATR__CL(depth_to_space),                                                                                 \
  }
DEPTH(depth_to_space, "DepthToSpace", infer_to_space);
DEPTH(space_to_depth, "SpaceToDepth", infer_to_depth);
