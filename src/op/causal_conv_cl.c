/* causal_conv_cl.c: launches of kernels/causal_conv.cl. */
#include "op/causal_conv.h"

static void push(atr__cl_emit *e, const atr__causal_conv_params *p, const char *kernel, int64_t count) {
  atr__cl_kernel(e, "causal_conv.cl", kernel, "", "");
  atr__cl_int(e, count);
  atr__cl_int(e, p->c);
  atr__cl_int(e, p->length);
  atr__cl_int(e, p->taps);
  atr__cl_in(e, 0);
  atr__cl_in(e, 3);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__causal_conv_params *p = q->params;
  const int64_t rows = p->n * p->c, state = rows * (p->taps - 1);
  if (rows > 0 && p->length > 0) {
    push(e, p, "causal_conv_fwd_f32_baseline", rows * p->length);
    atr__cl_in(e, 1);
    atr__cl_in(e, 2);
    atr__cl_out(e, 0);
    atr__cl_int(e, p->silu);
    atr__cl_items(e, rows * p->length);
  }
  if (q->n_out > 1 && q->out[1].type != ATR_TYPE_NONE && state) {
    push(e, p, "causal_conv_state_f32_baseline", state);
    atr__cl_out(e, 1);
    atr__cl_items(e, state);
  }
}

const atr__cl_row atr__causal_conv_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
