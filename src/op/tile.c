/* tile.c: Tile: a tensor repeated along its axes. A copy walks, for every axis, its repetitions and its
 * elements; what exceeds the dimensions of a walk becomes more than one copy. The gradient sums the
 * repetitions, an axis at a time. Source: the ONNX operator of the same name. */
#include "config.h"

#include "op/tile.h"

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

static atr_status infer(atr__infer *infer) {
  atr__tile_params *p = infer->params;
  const atr_shape *in = &infer->in_shape[0];
  size_t n;
  const atr_status status = atr__infer_ints(infer, 1, p->repeats, ATR_RANK_MAX, &n);
  if (status) return status;
  if (n != (size_t)in->rank)
    return atr__fail(infer->error, ATR_E_SHAPE, "Tile: %zu repeats for an input of rank %d", n, in->rank);
  infer->out_shape[0] = *in;
  for (size_t i = 0; i < n; i++)
    if (p->repeats[i] < 0 || atr__mul_i64(in->dim[i], p->repeats[i], &infer->out_shape[0].dim[i]))
      return atr__fail(infer->error, ATR_E_SHAPE, "Tile: axis %zu of %lld is to be repeated %lld times", i,
                       (long long)in->dim[i], (long long)p->repeats[i]);
  infer->out_type[0] = infer->in_type[0];
  return ATR_OK;
}

typedef struct {
  int64_t extent, to, from; /* and strides */
} loop;

/* From the outermost; neighbours that are one run are joined. */
static int loops(const atr__tile_params *p, const atr_shape *in, loop list[2 * ATR_RANK_MAX]) {
  int n = 0;
  int64_t to = 1, from = 1;
  for (int d = in->rank - 1; d >= 0; d--) {
    const loop both[2] = { { in->dim[d], to, from }, { p->repeats[d], to * in->dim[d], 0 } };
    for (int k = 0; k < 2; k++) {
      if (both[k].extent == 1) continue;
      loop *inner = n ? &list[n - 1] : NULL;
      if (inner && both[k].to == inner->to * inner->extent && both[k].from == inner->from * inner->extent)
        inner->extent *= both[k].extent;
      else
        list[n++] = both[k];
    }
    to *= in->dim[d] * p->repeats[d];
    from *= in->dim[d];
  }
  for (int i = 0; i < n / 2; i++) {
    const loop swap = list[i];
    list[i] = list[n - 1 - i];
    list[n - 1 - i] = swap;
  }
  return n;
}

int64_t atr__tile_copies(const atr__tile_params *p, const atr_shape *in) {
  loop list[2 * ATR_RANK_MAX];
  int64_t copies = 1;
  const int n = loops(p, in, list);
  for (int i = 0; i < n; i++)
    if (!list[i].extent) return 0;
  for (int i = 0; i < n - ATR_RANK_MAX; i++) copies *= list[i].extent;
  return copies;
}

atr__walk atr__tile_copy(const atr__tile_params *p, const atr_shape *in, int64_t k) {
  loop list[2 * ATR_RANK_MAX];
  const int n = loops(p, in, list), spare = n > ATR_RANK_MAX ? n - ATR_RANK_MAX : 0;
  int64_t start[2] = { 0, 0 }, stride[2][ATR_RANK_MAX] = { { 0 } };
  for (int i = spare - 1; i >= 0; i--) {
    start[0] += k % list[i].extent * list[i].to;
    start[1] += k % list[i].extent * list[i].from;
    k /= list[i].extent;
  }
  atr_shape shape = atr__shape_of(0, NULL);
  for (int i = spare; i < n; i++) {
    stride[0][shape.rank] = list[i].to;
    stride[1][shape.rank] = list[i].from;
    shape.dim[shape.rank++] = list[i].extent;
  }
  atr__walk walk = atr__walk_over(&shape);
  for (int o = 0; o < 2; o++) atr__walk_strided(&walk, stride[o], start[o]);
  atr__walk_join(&walk);
  return walk;
}

static atr_status gradient(atr__grad *grad) {
  const atr__tile_params *p = atr__grad_params(grad);
  int dy = atr__grad_dy(grad, 0);
  if (!dy || !atr__grad_wanted(grad, 0)) return atr__grad_status(grad);
  atr_shape shape = *atr__grad_shape(grad, dy);
  const atr_shape in = *atr__grad_shape(grad, atr__grad_in(grad, 0));
  for (int d = 0; d < in.rank; d++) {
    if (p->repeats[d] == 1) continue;
    const int64_t axis = 1;
    const atr_shape apart =
        atr__shape_of(3, (int64_t[]){ atr__shape_span(&shape, 0, d), p->repeats[d],
                                      in.dim[d] * atr__shape_span(&shape, d + 1, in.rank) });
    const int sum[2] = { atr__grad_reshape(grad, dy, &apart), atr__grad_ints(grad, &axis, 1) };
    dy = atr__grad_node(grad, "", "ReduceSum", sum, 2, NULL, 1);
    shape.dim[d] = in.dim[d];
  }
  atr__grad_set(grad, 0, atr__grad_reshape(grad, dy, &in));
  return atr__grad_status(grad);
}

const atr__op atr__op_tile = {
  .name = "Tile",
  .domain = "",
  .stem = "tile",
  .since = 13,
  .min_in = 2,
  .max_in = 2,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__tile_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  ATR__HOST(tile),
  ATR__CL(tile),
};
