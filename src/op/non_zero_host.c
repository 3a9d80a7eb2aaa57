/* non_zero_host.c: NonZero on the host. */
#include "op/host.h"
#include "op/non_zero.h"

static int is_zero(const atr__view *x, int64_t i) {
  static const uint64_t none = 0;
  if (x->type == ATR_F32) return ((const atr_real *)x->data)[i] == 0;
  if (x->type == ATR_F64) return ((const double *)x->data)[i] == 0;
  const size_t word = atr__host_word(x->type);
  return !memcmp((const char *)x->data + (size_t)i * word, &none, word);
}

atr_status ATR_HOST(non_zero)(const atr__call *call) {
  const atr__view *x = &call->in[0];
  const int64_t n = call->out[0].shape.dim[1];
  int64_t *y = call->out[0].data;
  for (int64_t i = 0, k = 0; i < x->count && k < n; i++) {
    if (is_zero(x, i)) continue;
    int64_t rest = i;
    if (!x->shape.rank) y[k] = 0;
    for (int d = x->shape.rank; d-- > 0; rest /= x->shape.dim[d]) y[d * n + k] = rest % x->shape.dim[d];
    k++;
  }
  return ATR_OK;
}
