/* quantize_host.h: reading and making numbers of 8 and 16 bits on the host; see quantize.h. */
#ifndef ATR_OP_QUANTIZE_HOST_H
#define ATR_OP_QUANTIZE_HOST_H

#include "op/host.h"
#include "op/quantize.h"

/* An integer of a view; 0 where it is absent. */
static inline int32_t quantized(const atr__view *v, int64_t i) {
  if (!v->data) return 0;
  switch (v->type) {
  case ATR_I8: return ((const int8_t *)v->data)[i];
  case ATR_I16: return ((const int16_t *)v->data)[i];
  case ATR_U16: return ((const uint16_t *)v->data)[i];
  case ATR_I32: return ((const int32_t *)v->data)[i];
  default: return ((const uint8_t *)v->data)[i];
  }
}

/* A number that was divided by its scale. NaN gives the zero point. */
static inline void quantize_put(const atr__view *y, int64_t i, atr_real value, int32_t zero) {
  const atr_real low = (atr_real)(atr__quantize_low(y->type) - zero);
  const atr_real high = (atr_real)(atr__quantize_high(y->type) - zero);
  const atr_real r = value != value ? 0 : ATR_MATH(rint)(value);
  const int32_t q = (int32_t)(r < low ? low : r > high ? high : r) + zero;
  switch (y->type) {
  case ATR_I8: ((int8_t *)y->data)[i] = (int8_t)q; break;
  case ATR_I16: ((int16_t *)y->data)[i] = (int16_t)q; break;
  case ATR_U16: ((uint16_t *)y->data)[i] = (uint16_t)q; break;
  default: ((uint8_t *)y->data)[i] = (uint8_t)q;
  }
}

#endif
