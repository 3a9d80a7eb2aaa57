/* mel_weight_matrix.h: what the parts of mel_weight_matrix share. */
#ifndef ATR_OP_MEL_WEIGHT_MATRIX_H
#define ATR_OP_MEL_WEIGHT_MATRIX_H

#include "op/op.h"

typedef struct atr__mel_weight_matrix_params {
  int64_t bands, dft_length, sample_rate;
  double lowest, highest; /* in hertz */
} atr__mel_weight_matrix_params;

ATR__DECLARE_OP(mel_weight_matrix);

#endif
