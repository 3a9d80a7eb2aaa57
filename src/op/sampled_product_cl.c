/* sampled_product_cl.c: launches of kernels/sampled_product.cl. */
#include "op/sampled_product.h"

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__sampled_product_params *p = q->params;
  if (!p->entries) return;
  atr__cl_kernel(e, "sampled_product.cl", "sampled_product_fwd_f32_baseline", "", "");
  atr__cl_int(e, p->entries);
  atr__cl_int(e, p->rows);
  atr__cl_int(e, p->lines);
  for (size_t i = 0; i < 4; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_items(e, p->entries);
}

const atr__cl_row atr__sampled_product_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
