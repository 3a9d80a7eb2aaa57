/* scatter_nd.c: ScatterND: slices put into, or added to, a copy of a tensor where index tuples say; and
 * GatherNDGrad (org.atrous: dy, indices; attributes shape, batch_dims), which adds slices onto zeros. Of
 * several put to one place the last stays. Source: the ONNX operators ScatterND and GatherND. */
#include "config.h"

#include "op/scatter_nd.h"

#include "op/grad.h"
#include "op/index.h"
#include "tensor/shape.h"

atr_status atr__slices_of(atr__infer *infer, const atr_shape *data, int batch_dims, atr__slices *s,
                          atr_shape *out) {
  const atr_shape *index = &infer->in_shape[1];
  const char *name = infer->op->name;
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  const atr_status status = atr__infer_need_index(infer, 1);
  if (status) return status;
  if (data->rank < 1 || index->rank < 1)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: data %s and indices %s must have at least one dimension",
                     name, atr__shape_text(data, a), atr__shape_text(index, b));
  const int64_t depth = index->dim[index->rank - 1];
  if (batch_dims < 0 || batch_dims >= index->rank || depth < 1 || depth > data->rank - batch_dims)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: tuples of %lld indices (%s) do not fit data %s behind %d batch dimensions", name,
                     (long long)depth, atr__shape_text(index, a), atr__shape_text(data, b), batch_dims);
  s->depth = (int)depth;
  int64_t stride[ATR_RANK_MAX];
  atr__shape_strides(data, stride);
  for (int i = 0; i < s->depth; i++) {
    s->extent[i] = data->dim[batch_dims + i];
    s->stride[i] = stride[batch_dims + i];
  }
  const int lead = index->rank - 1, behind = batch_dims + s->depth;
  if (lead + data->rank - behind > ATR_RANK_MAX)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: data %s and indices %s give more than rank %d", name,
                     atr__shape_text(data, a), atr__shape_text(index, b), (int)ATR_RANK_MAX);
  for (int i = 0; i < batch_dims; i++)
    if (data->dim[i] != index->dim[i])
      return atr__fail(infer->error, ATR_E_SHAPE,
                       "%s: batch dimension %d is %lld in data %s, %lld in indices", name, i,
                       (long long)data->dim[i], atr__shape_text(data, a), (long long)index->dim[i]);
  s->batches = atr__shape_span(data, 0, batch_dims);
  s->span = atr__shape_span(data, batch_dims, data->rank);
  s->inner = atr__shape_span(data, behind, data->rank);
  s->tuples = atr__shape_span(index, batch_dims, lead);
  *out = atr__shape_of(lead, index->dim);
  for (int i = behind; i < data->rank; i++) out->dim[out->rank++] = data->dim[i];
  return ATR_OK;
}

/* Input `input` must have the shape of what the tuples name. */
static atr_status matches(atr__infer *infer, size_t input, const atr_shape *want) {
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  if (atr__shape_equal(&infer->in_shape[input], want)) return ATR_OK;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, must have %s", infer->op->name,
                   input, atr__shape_text(&infer->in_shape[input], a), atr__shape_text(want, b));
}

static atr_status infer(atr__infer *infer) {
  atr__scatter_nd_params *p = infer->params;
  atr_shape want;
  atr_status status = atr__scatter_kind_of(infer, &p->kind);
  if (!status) status = atr__slices_of(infer, &infer->in_shape[0], 0, &p->slices, &want);
  if (!status) status = matches(infer, 2, &want);
  return status ? status : atr__infer_same(infer);
}

static atr_status infer_grad(atr__infer *infer) {
  atr__scatter_nd_params *p = infer->params;
  size_t rank;
  const int64_t *dim = atr__attrs_ints(infer->attrs, "shape", &rank);
  atr_shape want;
  int64_t count;
  if (rank > ATR_RANK_MAX)
    return atr__fail(infer->error, ATR_E_SHAPE, "GatherNDGrad: a shape of rank %zu", rank);
  const atr_shape shape = atr__shape_of((int)rank, dim);
  p->kind = ATR__SCATTER_ADD;
  p->batch_dims = (int)atr__attrs_int(infer->attrs, "batch_dims", 0);
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__shape_count(&shape, infer->error, &count);
  if (!status) status = atr__slices_of(infer, &shape, p->batch_dims, &p->slices, &want);
  if (!status) status = matches(infer, 0, &want);
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = shape;
  return status;
}

/* `mask`, one for each tuple, with dimensions of 1 for those of a slice. */
static int spread(atr__grad *grad, int mask, int rank) {
  atr_shape shape = *atr__grad_shape(grad, mask);
  while (shape.rank < rank) shape.dim[shape.rank++] = 1;
  return atr__grad_reshape(grad, mask, &shape);
}

static atr_status gradient(atr__grad *grad) {
  const atr__scatter_nd_params *p = atr__grad_params(grad);
  const int dy = atr__grad_dy(grad, 0), index = atr__grad_in(grad, 1), updates = atr__grad_in(grad, 2);
  const int put = p->kind == ATR__SCATTER_NONE, depth = p->slices.depth;
  if (!dy) return atr__grad_status(grad);
  if (!put && p->kind != ATR__SCATTER_ADD) return ATR_E_UNSUPPORTED;
  if (atr__grad_wanted(grad, 0)) {
    const int in[3] = { dy, index,
                        put ? atr__scatter_zeros(grad, atr__grad_shape_of(grad, updates), ATR_F32) : 0 };
    atr__grad_set(grad, 0, put ? atr__grad_node(grad, "", "ScatterND", in, 3, NULL, 1) : dy);
  }
  if (atr__grad_wanted(grad, 2)) {
    const atr_shape *x = atr__grad_shape(grad, dy), *tuples = atr__grad_shape(grad, index);
    const atr_shape places = atr__shape_of(depth, x->dim),
                    lead = atr__shape_of(tuples->rank - 1, tuples->dim);
    const int rank = atr__grad_shape(grad, updates)->rank, in[2] = { dy, index };
    const int got = atr__grad_node(grad, "", "GatherND", in, 2, NULL, 1);
    if (!put)
      atr__grad_set(grad, 2, got);
    else {
      const int last = atr__scatter_last(grad, "ScatterND", "GatherND", NULL, index, &places, &lead);
      if (!last) return atr__grad_status(grad) ? atr__grad_status(grad) : ATR_E_NOMEM;
      const int in3[3] = { spread(grad, last, rank), got, atr__grad_real(grad, 0) };
      atr__grad_set(grad, 2, atr__grad_node(grad, "", "Where", in3, 3, NULL, 1));
    }
  }
  return atr__grad_status(grad);
}

const atr__op atr__op_scatter_nd = {
  .name = "ScatterND",
  .domain = "",
  .stem = "scatter_nd",
  .since = 18,
  .min_in = 3,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__scatter_nd_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(scatter_nd),
  ATR__CL(scatter_nd),
};

const atr__op atr__op_gather_nd_grad = {
  .name = "GatherNDGrad",
  .domain = "org.atrous",
  .stem = "scatter_nd",
  .since = 1,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__scatter_nd_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(gather_nd_grad),
  ATR__CL(gather_nd_grad),
};
