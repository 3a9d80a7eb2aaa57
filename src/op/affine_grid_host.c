/* affine_grid_host.c: AffineGrid and its gradient on the host. A gradient adds the pixels in their order. */
#include "op/affine_grid.h"
#include "op/host.h"

/* Coordinate k of a pixel, x first; the last of them is 1. */
static atr_real coordinate(const atr__affine_grid_params *p, int64_t pixel, int k) {
  if (k == p->axes) return 1;
  for (int d = 2; d > 2 - k; d--) pixel /= p->size[d];
  const int64_t size = p->size[2 - k], i = pixel % size;
  if (!p->align) return (atr_real)(2 * i + 1 - size) / (atr_real)size;
  return size > 1 ? (atr_real)(2 * i - (size - 1)) / (atr_real)(size - 1) : 0;
}

atr_status ATR_HOST(affine_grid)(const atr__call *call) {
  const atr__affine_grid_params *p = call->params;
  const int64_t pixels = p->size[0] * p->size[1] * p->size[2];
  for (int64_t i = 0; i < call->out[0].count; i++) {
    const int64_t at = i / p->axes;
    const atr_real *row = ATR_IN(call, 0) + (at / pixels * p->axes + i % p->axes) * (p->axes + 1);
    atr_real sum = 0;
    for (int k = 0; k <= p->axes; k++) sum += row[k] * coordinate(p, at % pixels, k);
    ATR_OUT(call, 0)[i] = sum;
  }
  return ATR_OK;
}

atr_status ATR_HOST(affine_grid_grad)(const atr__call *call) {
  const atr__affine_grid_params *p = call->params;
  const int64_t pixels = p->size[0] * p->size[1] * p->size[2];
  for (int64_t i = 0; i < call->out[0].count; i++) {
    const int k = (int)(i % (p->axes + 1)), row = (int)(i / (p->axes + 1) % p->axes);
    const atr_real *dy = ATR_IN(call, 0) + i / ((p->axes + 1) * p->axes) * pixels * p->axes + row;
    atr_real sum = 0;
    for (int64_t at = 0; at < pixels; at++) sum += dy[at * p->axes] * coordinate(p, at, k);
    ATR_OUT(call, 0)[i] = sum;
  }
  return ATR_OK;
}
