/* cast_cl.c: launches of kernels/cast.cl. Between float32 and integers by OpenCL's own conversions; float16,
 * bfloat16 and float64 by their bits, as kernels/cast.cl does it. */
#include <stdio.h>

#include "op/cast.h"
#include "op/cl.h"
#include "tensor/element.h"
#include "tensor/shape.h"

/* How kernels hold a float that they take apart. */
static int bits_of(atr_type type, const char **holder, int *exponent) {
  switch (type) {
  case ATR_F16: *holder = "ushort", *exponent = 5; return 10;
  case ATR_BF16: *holder = "ushort", *exponent = 8; return 7;
  case ATR_F64: *holder = "ulong", *exponent = 11; return 52;
  default: *holder = "uint", *exponent = 8; return 23;
  }
}

static void by_bits(atr_type from, atr_type to, char *defines, size_t size) {
  const char *from_holder = atr__cl_type(from), *to_holder = atr__cl_type(to);
  char of_from[40] = "", of_to[64] = "";
  int exponent;
  if (atr__type_real(from)) {
    const int mantissa = bits_of(from, &from_holder, &exponent);
    snprintf(of_from, sizeof of_from, " FROM_E=%d FROM_M=%d", exponent, mantissa);
  }
  if (atr__type_real(to)) {
    const int mantissa = bits_of(to, &to_holder, &exponent);
    snprintf(of_to, sizeof of_to, " TO_E=%d TO_M=%d", exponent, mantissa);
  } else if (to == ATR_BOOL)
    snprintf(of_to, sizeof of_to, " TO_BOOL=1");
  else {
    const int is_signed = !atr__type_unsigned(to), bits = 8 * (int)atr_type_size(to) - is_signed;
    snprintf(of_to, sizeof of_to, " TO_SIGNED=%d TO_MOST=0x%llxUL", is_signed,
             bits == 64 ? ~0ull : (1ull << bits) - 1);
  }
  snprintf(defines, size, "FROM=%s TO=%s%s%s", from_holder, to_holder, of_from, of_to);
}

static int is_small_or_double(atr_type type) {
  return atr__type_real(type) && type != ATR_F32;
}

static void emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr_type from = q->in[0].type, to = q->out[0].type;
  const int64_t count = atr__shape_size(&q->out[0].shape);
  const char *const from_type = atr__cl_type(from), *const to_type = atr__cl_type(to);
  char suffix[40], defines[160];
  if (!count) return;
  snprintf(suffix, sizeof suffix, "_%s_%s", atr_type_name(from), atr_type_name(to));
  if (is_small_or_double(from) || is_small_or_double(to))
    by_bits(from, to, defines, sizeof defines);
  else if (to == ATR_BOOL || to == ATR_F32)
    snprintf(defines, sizeof defines, "FROM=%s TO=%s CONVERT=%s", from_type, to_type,
             to == ATR_BOOL ? "0!=" : "convert_float");
  else if (from == ATR_F32) /* OpenCL only recommends that NaN becomes 0 */
    snprintf(defines, sizeof defines, "FROM=float TO=%s CONVERT=convert_%s_sat_rtz NAN_TO_0=1", to_type,
             to_type);
  else
    snprintf(defines, sizeof defines, "FROM=%s TO=%s CONVERT=convert_%s", from_type, to_type, to_type);
  atr__cl_kernel(e, "cast.cl", "cast_fwd_baseline", suffix, defines);
  atr__cl_int(e, count);
  atr__cl_in(e, 0);
  atr__cl_out(e, 0);
  atr__cl_items(e, count);
}

const atr__cl_row atr__cast_cl[] = {
  { .algorithm = "baseline", .emit = emit },
  { .algorithm = NULL },
};
