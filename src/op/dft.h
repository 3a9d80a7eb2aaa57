/* dft.h: what the parts of dft and stft share: sums of numbers times roots of unity along one axis.
 *
 * out[row,k,i] = factor · Σ over n < used of in[row,n,i] · e^(sign·2πi·n·k / period) for k < filled, else 0.
 * With one part a side is real: of the sum only the real part is kept. Where a side is folded, a bin stands
 * for its mirror image too and counts twice, save bin 0 and bin period / 2. The gradient is the same with
 * both sides exchanged and the sign reversed. */
#ifndef ATR_OP_DFT_H
#define ATR_OP_DFT_H

#include "op/op.h"

typedef struct atr__dft_params {
  int sign, scaled; /* scaled: the factor is 1 / period, else 1 */
  int in_parts, out_parts, in_folded, out_folded;
  int64_t period, used, filled;
  int64_t rows, in_length, out_length, inner; /* [rows][length][inner][parts] */
  /* Row r of the input begins at row r / frames of the tensor, r % frames · step further on; `windowed`: in
   * is multiplied by input 2. Of the short-time transform; else frames is 1. */
  int windowed;
  int64_t frames, step;
} atr__dft_params;

ATR__DECLARE_OP(dft);

/* Fills the period, used and filled of a transform of `length` elements with `parts`; ATR_E_… and a sentence
 * where they do not fit. */
atr_status atr__dft_fill(atr__infer *infer, int64_t period, int inverse, int onesided, int64_t length,
                         int parts, atr__dft_params *params);

/* Multiplications and additions, of the short-time transform too. */
int64_t atr__dft_flops(const void *params, const atr_shape *in, const atr_shape *out);

#endif
