/* rate_host.h: φ of rate neurons on the host, and its slope from what enters it and from what it gives.
 * Include after op/host.h.
 */
#ifndef ATR_OP_RATE_HOST_H
#define ATR_OP_RATE_HOST_H

#include "op/host.h"
#include "op/rate.h"

static inline atr_real rate_of(atr__rate kind, atr_real x) {
  switch (kind) {
  case ATR__RATE_TANH: return ATR_MATH(tanh)(x);
  case ATR__RATE_SIGMOID: return 1 / (1 + ATR_MATH(exp)(-x));
  case ATR__RATE_RELU: return x < 0 ? 0 : x;
  case ATR__RATE_SOFTPLUS: return (x > 0 ? x : 0) + ATR_MATH(log1p)(ATR_MATH(exp)(-ATR_MATH(fabs)(x)));
  default: return x;
  }
}

/* dφ/dx at x. */
static inline atr_real rate_slope(atr__rate kind, atr_real x) {
  atr_real y;
  switch (kind) {
  case ATR__RATE_TANH: y = ATR_MATH(tanh)(x); return 1 - y * y;
  case ATR__RATE_SIGMOID: y = 1 / (1 + ATR_MATH(exp)(-x)); return y * (1 - y);
  case ATR__RATE_RELU: return x > 0;
  case ATR__RATE_SOFTPLUS: return 1 / (1 + ATR_MATH(exp)(-x));
  default: return 1;
  }
}

/* dφ/dx where φ is y. */
static inline atr_real rate_slope_at(atr__rate kind, atr_real y) {
  switch (kind) {
  case ATR__RATE_TANH: return 1 - y * y;
  case ATR__RATE_SIGMOID: return y * (1 - y);
  case ATR__RATE_RELU: return y > 0;
  case ATR__RATE_SOFTPLUS: return -ATR_MATH(expm1)(-y);
  default: return 1;
  }
}

#endif
