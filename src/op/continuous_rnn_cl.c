/* continuous_rnn_cl.c: launches of kernels/continuous_rnn.cl: a sample a work-group, a whole sequence a
 * launch. */
#include "base/checked.h"
#include "op/continuous_rnn.h"

enum { ITEMS = 64, ACROSS = 1024 };

/* Rows of hid that a sample keeps, each rounded up to 64 bytes. */
static int64_t row_of(const atr__continuous_params *p) {
  return (p->hid + 15) / 16 * 16;
}
static int64_t own(const atr__continuous_params *p, int backward) {
  return row_of(p) * (backward ? 6 + 2 * p->stages : 3 + p->stages);
}

static uint64_t bytes(const atr__cl_query *q, int backward) {
  const atr__continuous_params *p = q->params;
  return (uint64_t)(p->n * own(p, backward)) * sizeof(float);
}
static uint64_t scratch(const atr__cl_query *q) {
  return bytes(q, 0);
}
static uint64_t grad_scratch(const atr__cl_query *q) {
  return bytes(q, 1);
}

static void common(atr__cl_emit *e, const atr__continuous_params *p, const char *kernel, int backward) {
  const atr__integrator method = p->method;
  const atr__tableau none = { 0 },
                     *t = method == ATR__INTEGRATOR_DORMAND_PRINCE ? &none : atr__tableau_of(method);
  const int64_t ints[] = { p->t,    p->n,      p->hid,       p->substeps, p->stages,
                           p->rate, p->linear, p->max_steps, row_of(p),   own(p, backward) };
  const float floats[] = { p->step, p->leak, p->noise, p->tolerance };
  atr__cl_kernel(e, "continuous_rnn.cl", kernel, "", "");
  for (size_t i = 0; i < sizeof ints / sizeof *ints; i++) atr__cl_int(e, ints[i]);
  for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) atr__cl_float(e, floats[i]);
  atr__cl_int(e, (int32_t)(uint32_t)p->seed);
  atr__cl_int(e, (int32_t)(uint32_t)(p->seed >> 32));
  atr__cl_int(e, method);
  for (int i = 0; i < ATR__CONTINUOUS_STAGES; i++) atr__cl_float(e, (float)t->a[i]);
  for (int i = 0; i < ATR__CONTINUOUS_STAGES; i++) atr__cl_float(e, (float)t->b[i]);
  for (int i = 0; i < ATR__CONTINUOUS_STAGES; i++) atr__cl_float(e, (float)t->c[i]);
}

static void launch(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__continuous_params *p = q->params;
  const int64_t across = atr__min_i64(p->n, ACROSS), down = across ? atr__ceil_div(p->n, across) : 0;
  if (q->device->device_class == ATR__CLASS_CPU)
    atr__cl_groups(e, across, down, 1, 1);
  else
    atr__cl_teams(e, across, down, 1, ITEMS);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  common(e, q->params, "continuous_rnn_fwd_f32_baseline", 0);
  for (size_t i = 0; i < 4; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_out(e, 1);
  atr__cl_scratch(e, 0);
  for (size_t i = 4; i < 6; i++) atr__cl_in(e, i);
  launch(e, q);
}

static void grad_emit(atr__cl_emit *e, const atr__cl_query *q) {
  static const size_t in[] = { 2, 0, 4, 1, 3 }; /* drive, R, τ as forwards */
  common(e, q->params, "continuous_rnn_bwd_f32_baseline", 1);
  for (size_t i = 0; i < 5; i++) atr__cl_in(e, in[i]);
  for (size_t i = 0; i < 5; i++) atr__cl_out(e, i);
  atr__cl_scratch(e, 0);
  for (size_t i = 5; i < 10; i++) atr__cl_in(e, i);
  launch(e, q);
}

const atr__cl_row atr__continuous_rnn_cl[] = {
  { .algorithm = "baseline", .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};
const atr__cl_row atr__continuous_rnn_grad_cl[] = {
  { .algorithm = "baseline", .scratch = grad_scratch, .emit = grad_emit },
  { .algorithm = NULL },
};
