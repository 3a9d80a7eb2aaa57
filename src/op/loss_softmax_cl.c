/* loss_softmax_cl.c: launches of kernels/loss_softmax.cl. */
#include "op/loss_softmax.h"

#include "base/checked.h"
#include "op/loss_elementwise.h"
#include "tensor/shape.h"

/* Scratch: loss and weight of every position, then the part sums. */
static uint64_t sums_at(const atr__loss_softmax_params *p) {
  return ((uint64_t)(p->n * p->inner) * 2 * sizeof(float) + 63) / 64 * 64;
}
static uint64_t scratch(const atr__cl_query *q) {
  return sums_at(q->params) + 2 * sizeof(float) * ATR__LOSS_PARTS;
}

static void sizes(atr__cl_emit *e, const atr__loss_softmax_params *p, atr_type target) {
  atr__cl_int(e, p->n * p->inner);
  atr__cl_int(e, p->c);
  atr__cl_int(e, p->inner);
  atr__cl_int(e, (p->probability ? 2 : target == ATR_I64) + 4 * p->logarithms);
  atr__cl_int(e, p->has_ignore);
  atr__cl_int(e, p->ignore);
  atr__cl_int(e, p->reduction);
}

static void join(atr__cl_emit *e, const atr__cl_query *q, int64_t parts, uint64_t sums) {
  const atr__loss_softmax_params *p = q->params;
  const int mode = p->reduction == ATR__REDUCE_MEAN ? 1 : p->reduction == ATR__REDUCE_SUM ? 0 : 2;
  if (mode < 2 || q->n_out > 4)
    atr__loss_join(e, parts, sums, mode, p->probability ? p->n * p->inner : 0, 0, 4);
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_softmax_params *p = q->params;
  const int64_t positions = p->n * p->inner;
  const int64_t parts = atr__max_i64(1, atr__min_i64(positions, ATR__LOSS_PARTS));
  atr__cl_kernel(e, "loss_softmax.cl", "loss_softmax_fwd_f32_baseline", "", "");
  sizes(e, p, q->in[1].type);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_scratch(e, 0);
  for (size_t i = 0; i < 4; i++) atr__cl_out(e, i);
  atr__cl_items(e, positions);
  atr__cl_kernel(e, "loss_softmax.cl", "loss_softmax_sum_f32_baseline", "", "");
  atr__cl_int(e, positions);
  atr__cl_int(e, parts);
  atr__cl_scratch(e, 0);
  atr__cl_scratch(e, sums_at(p));
  atr__cl_items(e, parts);
  join(e, q, parts, sums_at(p));
}

/* Runs of positions, a multiple of 16, enough for every thread; the cut depends on the size alone. */
static int64_t run_of(const atr__loss_softmax_params *p) {
  return atr__max_i64(64, atr__ceil_div(p->n * p->inner, 128 * 16) * 16);
}
static int64_t runs_of(const atr__loss_softmax_params *p) {
  return atr__ceil_div(p->n * p->inner, run_of(p));
}

static int runs_apply(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU &&
         ((const atr__loss_softmax_params *)q->params)->inner % 16 == 0;
}

static void emit_forward_runs(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_softmax_params *p = q->params;
  const int64_t runs = runs_of(p);
  atr__cl_kernel(e, "loss_softmax.cl", "loss_softmax_fwd_f32_runs", "", "");
  sizes(e, p, q->in[1].type);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_scratch(e, 0);
  for (size_t i = 0; i < 4; i++) atr__cl_out(e, i);
  atr__cl_int(e, run_of(p));
  atr__cl_groups(e, runs, 1, 1, 1);
  join(e, q, runs, 0);
}

static void emit_grad_runs(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_softmax_params *p = q->params;
  atr__cl_kernel(e, "loss_softmax.cl", "loss_softmax_bwd_x_f32_runs", "", "");
  sizes(e, p, q->in[5].type);
  for (size_t i = 0; i < 7; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_int(e, run_of(p));
  atr__cl_groups(e, runs_of(p), 1, 1, 1);
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_softmax_params *p = q->params;
  atr__cl_kernel(e, "loss_softmax.cl", "loss_softmax_bwd_x_f32_baseline", "", "");
  sizes(e, p, q->in[5].type);
  for (size_t i = 0; i < 7; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->n * p->c * p->inner);
}

const atr__cl_row atr__loss_softmax_cl[] = {
  { .algorithm = "runs", .applies = runs_apply, .scratch = scratch, .emit = emit_forward_runs },
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_forward },
  { .algorithm = NULL },
};
const atr__cl_row atr__loss_softmax_grad_cl[] = {
  { .algorithm = "runs", .applies = runs_apply, .emit = emit_grad_runs },
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
