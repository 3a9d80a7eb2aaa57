/* stft.h: what the parts of stft share: a signal cut into frames that may overlap, and added together again.
 */
#ifndef ATR_OP_STFT_H
#define ATR_OP_STFT_H

#include "op/dft.h"

/* The signal is [n][t][parts], the frames are [n][frames][length][parts]; a frame begins `step` after the one
 * before. */
typedef struct atr__stft_frames {
  int64_t n, t, parts, frames, length, step;
} atr__stft_frames;

ATR__DECLARE_OP(stft);
ATR__DECLARE_OP(frames);
ATR__DECLARE_OP(overlap_add);

#endif
