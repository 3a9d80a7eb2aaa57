/* window_host.c: windows on the host. */
#include "op/host.h"
#include "op/window.h"
#include "tensor/element.h"

atr_status ATR_HOST(window)(const atr__call *call) {
  const atr__window_params *p = call->params;
  const atr__view *out = &call->out[0];
  for (int64_t i = 0; i < out->count; i++) {
    const double x = p->periods > 0 ? 2 * 3.14159265358979323846 * (double)i / (double)p->periods : 0;
    const double y = p->periods > 0 ? p->term[0] - p->term[1] * cos(x) + p->term[2] * cos(2 * x) : 1;
    if (out->type == ATR_F32)
      ((atr_real *)out->data)[i] = (atr_real)y;
    else
      atr__element_set_real(out->type, out->data, i, y);
  }
  return ATR_OK;
}
