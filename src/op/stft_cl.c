/* stft_cl.c: launches of kernels/stft.cl; STFT is DFT's row, whose parameters it has. */
#include "op/stft.h"
#include "tensor/shape.h"

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, const char *kernel) {
  const atr__stft_frames *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  if (!count) return;
  atr__cl_kernel(e, "stft.cl", kernel, "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->t);
  atr__cl_int(e, p->parts);
  atr__cl_int(e, p->frames);
  atr__cl_int(e, p->length);
  atr__cl_int(e, p->step);
  atr__cl_items(e, count);
}

static void emit_frames(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, "stft_frames_f32_baseline");
}
static void emit_overlap_add(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, "stft_overlap_add_f32_baseline");
}

static int applies(const atr__cl_query *q) {
  return atr__dft_cl[0].applies(q);
}
static uint64_t scratch(const atr__cl_query *q) {
  return atr__dft_cl[0].scratch(q);
}
static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  atr__dft_cl[0].emit(e, q);
}

const atr__cl_row atr__stft_cl[] = {
  { .algorithm = "baseline", .applies = applies, .scratch = scratch, .emit = emit },
  { .algorithm = NULL },
};

const atr__cl_row atr__frames_cl[] = {
  { .algorithm = "baseline", .emit = emit_frames },
  { .algorithm = NULL },
};

const atr__cl_row atr__overlap_add_cl[] = {
  { .algorithm = "baseline", .emit = emit_overlap_add },
  { .algorithm = NULL },
};
