/* rate.h: φ of rate neurons, for ContinuousRNN and SparseRNN: by number here and in kernels/rate.clh.
 */
#ifndef ATR_OP_RATE_H
#define ATR_OP_RATE_H

typedef enum atr__rate {
  ATR__RATE_TANH,
  ATR__RATE_SIGMOID,
  ATR__RATE_RELU,
  ATR__RATE_SOFTPLUS,
  ATR__RATE_IDENTITY,
  ATR__RATES
} atr__rate;

/* Their names, in order. sparse.c. */
extern const char *const atr__rate_names[ATR__RATES];

#endif
