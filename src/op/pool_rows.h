/* pool_rows.h: pooling a row of windows at once on the host: the taps of a row of the windows are taken in
 * their order, each by all outputs that have it. Rows of few outputs and windows of many columns go window by
 * window. */
#ifndef ATR_OP_POOL_ROWS_H
#define ATR_OP_POOL_ROWS_H

#include "op/conv.h"
#include "op/host.h"
#include "op/pool_window.h"

enum { ATR__NARROW = 4, ATR__TAPS_MOST = 32 };

/* Outputs [low, high) of a row have a tap of a window inside; that of output o is at o · stride + shift. */
typedef struct atr__tap {
  int64_t low, high, shift;
} atr__tap;

/* Every second number of a and of what lies behind it, of which b is the last vector but one number. */
#ifdef __clang__
#define ATR__SECOND(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 9, 11, 13, 15)
#else
#define ATR__SECOND(a, b) __builtin_shuffle(a, b, (atr__reals_int){ 0, 2, 4, 6, 9, 11, 13, 15 })
#endif

/* The taps of a row's windows; how many. */
static inline int atr__taps_of(const atr__pool_window *w, atr__tap list[ATR__TAPS_MOST]) {
  for (int k = 0; k < w->filter[2]; k++) {
    list[k].shift = k * w->dilation[2] - w->pad[2];
    atr__conv_valid(list[k].shift, w->stride[2], w->in[2], w->out[2], &list[k].low, &list[k].high);
  }
  return (int)w->filter[2];
}

#endif
