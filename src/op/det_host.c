/* det_host.c: Det on the host. */
#include "base/alloc.h"
#include "op/det.h"
#include "op/host.h"

static atr_real determinant(atr_real *m, int64_t n) {
  atr_real det = 1;
  for (int64_t c = 0; c < n; c++) {
    int64_t pivot = c;
    for (int64_t r = c + 1; r < n; r++)
      if (ATR_MATH(fabs)(m[r * n + c]) > ATR_MATH(fabs)(m[pivot * n + c])) pivot = r;
    const atr_real head = m[pivot * n + c];
    if (head == 0) return 0;
    for (int64_t k = c; pivot != c && k < n; k++) {
      const atr_real other = m[c * n + k];
      m[c * n + k] = m[pivot * n + k];
      m[pivot * n + k] = other;
    }
    det *= pivot == c ? head : -head;
    for (int64_t r = c + 1; r < n; r++) {
      const atr_real factor = m[r * n + c] / head;
      for (int64_t k = c + 1; k < n; k++) m[r * n + k] -= factor * m[c * n + k];
    }
  }
  return det;
}

atr_status ATR_HOST(det)(const atr__call *call) {
  const atr_shape *in = &call->in[0].shape;
  const int64_t n = in->dim[in->rank - 1];
  const size_t bytes = (size_t)(n * n) * sizeof(atr_real);
  atr_real *m = atr__malloc(bytes + 1);
  if (!m) return atr__nomem(call->error, bytes);
  for (int64_t i = 0; i < call->out[0].count; i++) {
    if (bytes) memcpy(m, ATR_IN(call, 0) + i * n * n, bytes);
    ATR_OUT(call, 0)[i] = determinant(m, n);
  }
  atr__free(m);
  return ATR_OK;
}
