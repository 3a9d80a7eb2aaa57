/* roi_align_cl.c: launches of kernels/roi_align.cl. */
#include <stdio.h>

#include "op/roi_align.h"

static void launch(atr__cl_emit *e, const atr__cl_query *q, const char *kernel, int64_t count) {
  const atr__roi_align_params *p = q->params;
  const char *index = atr__cl_type(q->in[2].type);
  char suffix[16], defines[24];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s", index);
  snprintf(defines, sizeof defines, "INDEX=%s", index);
  atr__cl_kernel(e, "roi_align.cl", kernel, suffix, defines);
  atr__cl_int(e, count);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->n);
  atr__cl_int(e, p->c);
  atr__cl_int(e, p->h);
  atr__cl_int(e, p->w);
  atr__cl_int(e, p->rois);
  atr__cl_int(e, p->oh);
  atr__cl_int(e, p->ow);
  atr__cl_int(e, p->samples);
  atr__cl_int(e, p->half);
  atr__cl_int(e, p->max);
  atr__cl_float(e, p->scale);
  atr__cl_int(e, ATR__ROI_SAMPLES);
  atr__cl_items(e, count);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__roi_align_params *p = q->params;
  launch(e, q, "roi_align_fwd_f32_baseline", p->rois * p->c * p->oh * p->ow);
}
static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__roi_align_params *p = q->params;
  launch(e, q, "roi_align_bwd_f32_baseline", p->h && p->w ? p->n * p->c : 0);
}

const atr__cl_row atr__roi_align_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
const atr__cl_row atr__roi_align_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
