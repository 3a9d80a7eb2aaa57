/* loss_elementwise_cl.c: launches of kernels/loss_elementwise.cl. */
#include "op/loss_elementwise.h"

#include "base/checked.h"
#include "tensor/shape.h"

static int64_t parts_of(int64_t count) {
  return atr__max_i64(1, atr__min_i64(count, ATR__LOSS_PARTS));
}

void atr__loss_join(atr__cl_emit *e, int64_t parts, uint64_t offset, int mode, int64_t fixed, size_t loss,
                    size_t total) {
  atr__cl_kernel(e, "loss_elementwise.cl", "loss_join_f32_baseline", "", "");
  atr__cl_int(e, parts);
  atr__cl_int(e, mode);
  atr__cl_int(e, fixed);
  atr__cl_scratch(e, offset);
  atr__cl_out(e, loss);
  atr__cl_out(e, total);
  atr__cl_items(e, 1);
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_elementwise_params *p = q->params;
  const int64_t parts = parts_of(p->count);
  atr__cl_kernel(e, "loss_elementwise.cl", "loss_elementwise_fwd_f32_baseline", "", "");
  atr__cl_int(e, p->kind);
  atr__cl_int(e, p->count);
  atr__cl_int(e, parts);
  atr__cl_float(e, p->parameter);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_in(e, 2);
  atr__cl_scratch(e, 0);
  atr__cl_items(e, parts);
  atr__loss_join(e, parts, 0, 1, 0, 0, 1);
}

/* Enough runs for every thread, each long enough to be worth one; the cut depends on the size alone. */
static int64_t run_of(int64_t count) {
  return atr__max_i64(1024, atr__ceil_div(count, 128 * 16) * 16);
}

static int runs_apply(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU;
}

static void emit_runs(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_elementwise_params *p = q->params;
  const int64_t run = run_of(p->count), parts = atr__max_i64(1, atr__ceil_div(p->count, run));
  atr__cl_kernel(e, "loss_elementwise.cl", "loss_elementwise_fwd_f32_runs", "", "");
  atr__cl_int(e, p->kind);
  atr__cl_int(e, p->count);
  atr__cl_int(e, run);
  atr__cl_float(e, p->parameter);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_scratch(e, 0);
  atr__cl_groups(e, parts, 1, 1, 1);
  atr__loss_join(e, parts, 0, 1, 0, 0, 1);
}

static uint64_t scratch(const atr__cl_query *q) {
  (void)q;
  return 2 * sizeof(float) * ATR__LOSS_PARTS;
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_elementwise_params *p = q->params;
  atr__cl_kernel(e, "loss_elementwise.cl", "loss_elementwise_bwd_x_f32_baseline", "", "");
  atr__cl_int(e, p->kind);
  atr__cl_int(e, p->count);
  atr__cl_float(e, p->parameter);
  for (size_t i = 0; i < 5; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->count);
}

const atr__cl_row atr__loss_elementwise_cl[] = {
  { .algorithm = "runs", .applies = runs_apply, .scratch = scratch, .emit = emit_runs },
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_forward },
  { .algorithm = NULL },
};
const atr__cl_row atr__loss_elementwise_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
