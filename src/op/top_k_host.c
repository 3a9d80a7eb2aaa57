/* top_k_host.c: TopK on the host: for each column a heap of the best k, its root the worst of them, which is
 * then taken apart from the worst to the best. */
#include "base/alloc.h"
#include "op/host.h"
#include "op/top_k.h"

typedef struct {
  const atr__call *call;
  int64_t length, inner;
  int64_t *heap; /* k for each column */
} job;

/* before: whether element p goes before q. NaN is the largest. */
#define TOP_K(type)                                                                                          \
  static int before_##type(const job *j, const type *x, int64_t p, int64_t q) {                              \
    const type a = x[p * j->inner], b = x[q * j->inner];                                                     \
    const int largest = ((const atr__top_k_params *)j->call->params)->largest;                               \
    const int above = a > b || (a != a && b == b), below = a < b || (b != b && a == a);                      \
    return above || below ? (largest ? above : below) : p < q;                                               \
  }                                                                                                          \
  static void sift_##type(const job *j, const type *x, int64_t *heap, int64_t at, int64_t n) {               \
    const int64_t moved = heap[at];                                                                          \
    for (int64_t child = 2 * at + 1; child < n; child = 2 * at + 1) {                                        \
      if (child + 1 < n && before_##type(j, x, heap[child], heap[child + 1])) child++;                       \
      if (before_##type(j, x, heap[child], moved)) break;                                                    \
      heap[at] = heap[child];                                                                                \
      at = child;                                                                                            \
    }                                                                                                        \
    heap[at] = moved;                                                                                        \
  }                                                                                                          \
  static void column_##type(const job *j, int64_t column) {                                                  \
    const int64_t k = ((const atr__top_k_params *)j->call->params)->k, outer = column / j->inner;            \
    const int64_t own = column % j->inner, to = outer * k * j->inner + own;                                  \
    const type *x = (const type *)j->call->in[0].data + outer * j->length * j->inner + own;                  \
    type *y = (type *)j->call->out[0].data;                                                                  \
    int64_t *heap = j->heap + column * k, *index = j->call->n_out > 1 ? j->call->out[1].data : NULL;         \
    for (int64_t i = 0; i < k; i++) heap[i] = i;                                                             \
    for (int64_t i = k / 2; i-- > 0;) sift_##type(j, x, heap, i, k);                                         \
    for (int64_t i = k; i < j->length; i++)                                                                  \
      if (before_##type(j, x, i, heap[0])) {                                                                 \
        heap[0] = i;                                                                                         \
        sift_##type(j, x, heap, 0, k);                                                                       \
      }                                                                                                      \
    for (int64_t i = k; i-- > 0;) {                                                                          \
      const int64_t worst = heap[0];                                                                         \
      heap[0] = heap[i];                                                                                     \
      sift_##type(j, x, heap, 0, i);                                                                         \
      if (y) y[to + i * j->inner] = x[worst * j->inner];                                                     \
      if (index) index[to + i * j->inner] = worst;                                                           \
    }                                                                                                        \
  }
TOP_K(atr_real)
TOP_K(int64_t)
TOP_K(int32_t)
TOP_K(int16_t)
TOP_K(int8_t)
TOP_K(uint64_t)
TOP_K(uint32_t)
TOP_K(uint16_t)
TOP_K(uint8_t)

static void range(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  for (int64_t i = begin; i < end; i++) switch (j->call->in[0].type) {
    case ATR_F32: column_atr_real(j, i); break;
    case ATR_I64: column_int64_t(j, i); break;
    case ATR_I32: column_int32_t(j, i); break;
    case ATR_I16: column_int16_t(j, i); break;
    case ATR_I8: column_int8_t(j, i); break;
    case ATR_U64: column_uint64_t(j, i); break;
    case ATR_U32: column_uint32_t(j, i); break;
    case ATR_U16: column_uint16_t(j, i); break;
    default: column_uint8_t(j, i);
    }
}

atr_status ATR_HOST(top_k)(const atr__call *call) {
  const atr__top_k_params *p = call->params;
  const atr_shape *in = &call->in[0].shape;
  const int64_t inner = atr__shape_span(in, p->axis + 1, in->rank);
  const int64_t columns = atr__shape_span(in, 0, p->axis) * inner;
  if (!columns || !p->k) return ATR_OK;
  job j = { call, in->dim[p->axis], inner, atr__calloc((size_t)(columns * p->k), sizeof *j.heap) };
  if (!j.heap)
    return atr__fail(call->error, ATR_E_NOMEM, "out of memory: TopK of %lld by %lld", (long long)columns,
                     (long long)p->k);
  atr__pool_for(call->pool, columns, atr__max_i64(1, 8192 / j.length), range, &j);
  atr__free(j.heap);
  return ATR_OK;
}
