/* cast_cl.c: launches of kernels/cast.cl. */
#include <stdio.h>

#include "op/cast.h"
#include "tensor/shape.h"

static const char *type_name(atr_type type) {
  return type == ATR_F32   ? "float"
         : type == ATR_I64 ? "long"
         : type == ATR_I32 ? "int"
         : type == ATR_I8  ? "char"
                           : "uchar";
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_type from = q->in[0].type, to = q->out[0].type;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  char suffix[32], defines[96];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s", type_name(from), to == ATR_BOOL ? "bool" : type_name(to));
  if (to == ATR_BOOL || to == ATR_F32)
    snprintf(defines, sizeof defines, "FROM=%s TO=%s CONVERT=%s", type_name(from), type_name(to),
             to == ATR_BOOL ? "0!=" : "convert_float");
  else if (from == ATR_F32) /* OpenCL only recommends that NaN becomes 0 */
    snprintf(defines, sizeof defines, "FROM=float TO=%s CONVERT=convert_%s_sat_rtz NAN_TO_0=1", type_name(to),
             type_name(to));
  else
    snprintf(defines, sizeof defines, "FROM=%s TO=%s CONVERT=convert_%s", type_name(from), type_name(to),
             type_name(to));
  atr__cl_kernel(e, "cast.cl", "cast_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

static int applies(const atr__cl_query *q) {
  return q->in[0].type != ATR_F64 && q->out[0].type != ATR_F64;
}

const atr__cl_row atr__cast_cl[] = {
  { .algorithm = "baseline", .applies = applies, .emit = emit },
  { .algorithm = NULL },
};
