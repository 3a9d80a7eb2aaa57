/* resize_rows.h: Resize on the host, in float, by rows of vectors: the sums of resize_host.c, in their order.
 * Returns 0, having done nothing, where there is no memory, no pool, or a filter of many taps: then the plain
 * loops go. */
#ifndef ATR_OP_RESIZE_ROWS_H
#define ATR_OP_RESIZE_ROWS_H

#include "base/thread.h"
#include "op/resize.h"

int atr__resize_rows(const atr__resize_params *p, const float *x, float *y, atr__pool *pool);

#endif
