/* quantize_cl.c: launches of kernels/quantize.cl and kernels/quantize_dynamic.cl. */
#include <stdio.h>

#include "base/checked.h"
#include "op/quantize.h"
#include "tensor/shape.h"

enum { PARTS = 256, PART = 1024 };

const char *atr__quantize_cl_type(atr_type type) {
  return type == ATR_U8    ? "uchar"
         : type == ATR_I8  ? "char"
         : type == ATR_U16 ? "ushort"
         : type == ATR_I16 ? "short"
         : type == ATR_I32 ? "int"
                           : "float";
}

static void emit_any(atr__cl_emit *e, const atr__cl_query *q, const char *kernel, int dequantize) {
  const atr__quantize_params *p = q->params;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const char *from = atr__quantize_cl_type(q->in[0].type), *to = atr__quantize_cl_type(q->out[0].type);
  char suffix[32], defines[64];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s", from, to);
  snprintf(defines, sizeof defines, "QUANTIZE_X=%s QUANTIZE_Y=%s QUANTIZE_BACK=%d", from, to, dequantize);
  atr__cl_kernel(e, "quantize.cl", kernel, suffix, defines);
  atr__cl_int(e, count);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_int(e, p->axis);
  atr__cl_int(e, p->inner);
  atr__cl_int(e, p->block);
  atr__cl_int(e, p->outer_stride);
  atr__cl_int(e, p->axis_stride);
  atr__cl_int(e, p->inner_stride);
  atr__cl_int(e, atr__quantize_low(q->out[0].type));
  atr__cl_int(e, atr__quantize_high(q->out[0].type));
  atr__cl_items(e, count);
}

static void emit_quantize(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, "quantize_fwd_baseline", 0);
}
static void emit_dequantize(atr__cl_emit *e, const atr__cl_query *q) {
  emit_any(e, q, "quantize_fwd_baseline", 1);
}

/* The least and the greatest of each part, then scale and zero point. */
static uint64_t scratch(const atr__cl_query *q) {
  (void)q;
  return (2 * PARTS + 2) * sizeof(float);
}

static void emit_dynamic(atr__cl_emit *e, const atr__cl_query *q) {
  const int64_t count = atr__shape_size(&q->in[0].shape);
  const int64_t parts = atr__min_i64(PARTS, atr__ceil_div(count, PART));
  if (parts) {
    atr__cl_kernel(e, "quantize_dynamic.cl", "quantize_range_f32", "", "");
    atr__cl_int(e, parts);
    atr__cl_int(e, count);
    atr__cl_int(e, atr__ceil_div(count, parts));
    atr__cl_in(e, 0);
    atr__cl_scratch(e, 0);
    atr__cl_items(e, parts);
  }
  atr__cl_kernel(e, "quantize_dynamic.cl", "quantize_scale_f32", "", "");
  atr__cl_int(e, parts);
  atr__cl_scratch(e, 0);
  atr__cl_int(e, 2 * PARTS);
  atr__cl_out(e, 1);
  atr__cl_out(e, 2);
  atr__cl_items(e, 1);
  if (!count) return;
  atr__cl_kernel(e, "quantize_dynamic.cl", "quantize_dynamic_f32", "", "");
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_scratch(e, 0);
  atr__cl_int(e, 2 * PARTS);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

const atr__cl_row atr__quantize_linear_cl[] = {
  { .algorithm = "baseline", .emit = emit_quantize },
  { .algorithm = NULL },
};

const atr__cl_row atr__dequantize_linear_cl[] = {
  { .algorithm = "baseline", .emit = emit_dequantize },
  { .algorithm = NULL },
};

const atr__cl_row atr__dynamic_quantize_linear_cl[] = {
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_dynamic },
  { .algorithm = NULL },
};
