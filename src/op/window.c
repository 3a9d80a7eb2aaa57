/* window.c: HannWindow, HammingWindow and BlackmanWindow, periodic or symmetric: sums of cosines over as many
 * samples as a constant says. The host computes them, mostly when the plan is made. Source: the ONNX
 * operators of the same names. */
#include "config.h"

#include "op/window.h"

#include "tensor/shape.h"

static atr_status infer(atr__infer *infer, double constant, double first, double second) {
  atr__window_params *p = infer->params;
  const int64_t type = atr__attrs_int(infer->attrs, "output_datatype", ATR_F32);
  const atr__blob *size = atr__infer_known(infer, 0, "the size");
  if (!size) return ATR_E_UNSUPPORTED;
  const int64_t n = size->count == 1 ? atr__blob_int(size, 0) : -1;
  if (n < 0 || n > INT32_MAX)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the size must be one number that is not negative",
                     infer->op->name);
  if (type <= 0 || type > 31 || !atr_type_size((atr_type)type) || type == ATR_BOOL)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: output_datatype %lld is not supported",
                     infer->op->name, (long long)type);
  p->term[0] = constant;
  p->term[1] = first;
  p->term[2] = second;
  p->periods = atr__attrs_int(infer->attrs, "periodic", 1) ? n : n - 1;
  infer->out_type[0] = (atr_type)type;
  infer->out_shape[0] = atr__shape_of(1, &n);
  return ATR_OK;
}

static atr_status infer_hann_window(atr__infer *i) {
  return infer(i, 0.5, 0.5, 0);
}
static atr_status infer_hamming_window(atr__infer *i) {
  return infer(i, 25. / 46, 21. / 46, 0);
}
static atr_status infer_blackman_window(atr__infer *i) {
  return infer(i, 0.42, 0.5, 0.08);
}

#define WINDOW(symbol, onnx)                                                                                 \
  const atr__op atr__op_##symbol = {                                                                         \
    .name = onnx,                                                                                            \
    .domain = "",                                                                                            \
    .stem = "window",                                                                                        \
    .since = 17,                                                                                             \
    .min_in = 1,                                                                                             \
    .max_in = 1,                                                                                             \
    .min_out = 1,                                                                                            \
    .max_out = 1,                                                                                            \
    .params_size = sizeof(atr__window_params),                                                               \
    .infer = infer_##symbol,                                                                                 \
    .differentiable = ATR__DIFF_ZERO,                                                                        \
    ATR__HOST(window),                                                                                       \
    ATR__HOST_ONLY,                                                                                          \
  }
WINDOW(hann_window, "HannWindow");
WINDOW(hamming_window, "HammingWindow");
WINDOW(blackman_window, "BlackmanWindow");
