/* conv_tiles.h: convolution and the gradients of its inputs and filters on the host, in float, by tiles of
 * sums (register_tile.h). Every sum but the filter's is that of conv_host.c and conv_grad_host.c, in their
 * order, so every bit is. Each returns 0, having done nothing, where that would not pay or there is no
 * memory: then the plain loops go. */
#ifndef ATR_OP_CONV_TILES_H
#define ATR_OP_CONV_TILES_H

#include "op/conv.h"

/* As the planner joined them: b and residual may be NULL; with a factor b is added behind it. Lines take a
 * few positions (conv_lines.c), rows few output channels (conv_rows.c), tiles the rest. */
int atr__conv_lines(const atr__conv_params *p, const float *x, const float *w, const float *b,
                    const float *residual, const float *factor, float *y, atr__pool *pool);
int atr__conv_rows(const atr__conv_params *p, const float *x, const float *w, const float *b,
                   const float *residual, const float *factor, float *y, atr__pool *pool);
int atr__conv_tiles(const atr__conv_params *p, const float *x, const float *w, const float *b,
                    const float *residual, const float *factor, float *y, atr__pool *pool);
int atr__conv_tiles_input(const atr__conv_params *p, const float *dy, const float *w, const float *bias,
                          float *dx, atr__pool *pool);
int atr__conv_tiles_filter(const atr__conv_params *p, const float *x, const float *dy, float *dw,
                           atr__pool *pool);

#endif
