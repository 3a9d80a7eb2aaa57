/* sparse_rnn_cl.c: launches of kernels/sparse_rnn.cl: a sample a work-group, a whole sequence a launch. */
#include "base/checked.h"
#include "op/sparse_rnn.h"

enum { ITEMS = 64, ACROSS = 1024 };

/* Two rows of hid that a sample keeps backwards, each rounded up to 64 bytes. */
static int64_t row_of(const atr__sparse_rnn_params *p) {
  return (p->hid + 15) / 16 * 16;
}
static uint64_t scratch(const atr__cl_query *q) {
  const atr__sparse_rnn_params *p = q->params;
  return (uint64_t)(p->n * 2 * row_of(p)) * sizeof(float);
}

static void common(atr__cl_emit *e, const atr__sparse_rnn_params *p, const char *kernel) {
  atr__cl_kernel(e, "sparse_rnn.cl", kernel, "", "");
  atr__cl_int(e, p->t);
  atr__cl_int(e, p->n);
  atr__cl_int(e, p->hid);
  atr__cl_int(e, p->rate);
  atr__cl_int(e, row_of(p));
}

static void launch(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__sparse_rnn_params *p = q->params;
  const int64_t across = atr__min_i64(p->n, ACROSS), down = across ? atr__ceil_div(p->n, across) : 0;
  if (q->device->device_class == ATR__CLASS_CPU)
    atr__cl_groups(e, across, down, 1, 1);
  else
    atr__cl_teams(e, across, down, 1, ITEMS);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  common(e, q->params, "sparse_rnn_fwd_f32_baseline");
  for (size_t i = 0; i < 5; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  launch(e, q);
}

static void grad_emit(atr__cl_emit *e, const atr__cl_query *q) {
  common(e, q->params, "sparse_rnn_bwd_f32_baseline");
  for (size_t i = 0; i < 7; i++) atr__cl_in(e, i);
  for (size_t i = 0; i < 3; i++) atr__cl_out(e, i);
  atr__cl_scratch(e, 0);
  launch(e, q);
}

const atr__cl_row atr__sparse_rnn_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
const atr__cl_row atr__sparse_rnn_grad_cl[] = {
  { .algorithm = "baseline", .scratch = scratch, .emit = grad_emit },
  { .algorithm = NULL },
};
