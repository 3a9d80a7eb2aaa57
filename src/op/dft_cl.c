/* dft_cl.c: launches of kernels/dft.cl: the roots of unity into scratch, then the sums. */
#include "op/dft.h"
#include "tensor/shape.h"

static int applies(const atr__cl_query *q) {
  return q->out[0].type == ATR_F32;
}

static uint64_t scratch(const atr__cl_query *q) {
  return (uint64_t)((const atr__dft_params *)q->params)->period * 2 * sizeof(float);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__dft_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape) / p->out_parts;
  if (!count) return;
  atr__cl_kernel(e, "dft.cl", "dft_roots_f32", "", "");
  atr__cl_int(e, p->period);
  atr__cl_int(e, p->sign);
  atr__cl_scratch(e, 0);
  atr__cl_items(e, p->period);
  atr__cl_kernel(e, "dft.cl", "dft_fwd_f32_baseline", "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_scratch(e, 0);
  atr__cl_in(e, p->windowed ? 2 : q->n_in);
  atr__cl_int(e, p->period);
  atr__cl_int(e, p->used);
  atr__cl_int(e, p->filled);
  atr__cl_int(e, p->in_length);
  atr__cl_int(e, p->out_length);
  atr__cl_int(e, p->inner);
  atr__cl_int(e, p->in_parts);
  atr__cl_int(e, p->out_parts);
  atr__cl_int(e, p->in_folded);
  atr__cl_int(e, p->out_folded);
  atr__cl_int(e, p->frames);
  atr__cl_int(e, p->step);
  atr__cl_float(e, p->scaled ? 1 / (float)p->period : 1);
  atr__cl_items(e, count);
}

const atr__cl_row atr__dft_cl[] = {
  { .algorithm = "baseline", .applies = applies, .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};
