/* pool_window_cl.c: a pooling window as words of an argument block; see kernels/pool.clh. */
#include "op/pool_window.h"

void atr__pool_window_push(atr__cl_emit *e, const atr__pool_window *w) {
  const int64_t *const list[] = { w->in, w->out, w->filter, w->stride, w->dilation, w->pad };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    for (int k = 0; k < 3; k++) atr__cl_int(e, list[i][k]);
}
