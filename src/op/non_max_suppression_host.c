/* non_max_suppression_host.c: NonMaxSuppression on the host: for each sample and class the candidates are
 * heap-sorted by score, then each is kept unless it overlaps one that was. */
#include "base/alloc.h"
#include "op/host.h"
#include "op/non_max_suppression.h"

typedef struct {
  atr_real low[2], high[2], area;
} box;

static box box_of(const atr__non_max_suppression_params *p, const atr_real *v) {
  box b;
  for (int d = 0; d < 2; d++) {
    const atr_real first = p->center ? v[d] - v[2 + d] / 2 : v[d],
                   second = p->center ? v[d] + v[2 + d] / 2 : v[2 + d];
    b.low[d] = first < second ? first : second;
    b.high[d] = first < second ? second : first;
  }
  b.area = (b.high[0] - b.low[0]) * (b.high[1] - b.low[1]);
  return b;
}

static int overlaps(const atr__non_max_suppression_params *p, const atr_real *boxes, int64_t i, int64_t j) {
  const box a = box_of(p, boxes + i * 4), b = box_of(p, boxes + j * 4);
  atr_real both = 1;
  for (int d = 0; d < 2; d++) {
    const atr_real low = a.low[d] > b.low[d] ? a.low[d] : b.low[d],
                   high = a.high[d] < b.high[d] ? a.high[d] : b.high[d];
    both *= high > low ? high - low : 0;
  }
  const atr_real all = a.area + b.area - both;
  return a.area > 0 && b.area > 0 && both > 0 && both / all > (atr_real)p->overlap;
}

static int before(const atr_real *score, int64_t i, int64_t j) {
  return score[i] > score[j] || (score[i] == score[j] && i < j);
}

/* The root of the heap is the best. */
static void sift(const atr_real *score, int64_t *heap, int64_t at, int64_t n) {
  const int64_t moved = heap[at];
  for (int64_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
    if (child + 1 < n && before(score, heap[child + 1], heap[child])) child++;
    if (!before(score, heap[child], moved)) break;
    heap[at] = heap[child];
    at = child;
  }
  heap[at] = moved;
}

/* Boxes kept of one class, best first; heap has room for all boxes. */
static int64_t choose(const atr__non_max_suppression_params *p, const atr_real *boxes, const atr_real *score,
                      int64_t *heap, int64_t *kept) {
  int64_t n = 0, found = 0;
  for (int64_t i = 0; i < p->boxes; i++)
    if (score[i] == score[i] && (!p->has_least || score[i] > (atr_real)p->least)) heap[n++] = i;
  for (int64_t i = n / 2; i-- > 0;) sift(score, heap, i, n);
  while (n && found < p->most) {
    const int64_t best = heap[0];
    int64_t k = 0;
    heap[0] = heap[--n];
    if (n) sift(score, heap, 0, n);
    while (k < found && !overlaps(p, boxes, best, kept[k])) k++;
    if (k == found) kept[found++] = best;
  }
  return found;
}

atr_status ATR_HOST(non_max_suppression_choose)(const atr__non_max_suppression_params *p, const void *boxes,
                                                const void *scores, atr_error *error, int64_t *chosen,
                                                int64_t *n) {
  int64_t *heap = atr__calloc((size_t)p->boxes + 1, 2 * sizeof *heap), *kept = heap + p->boxes;
  *n = 0;
  if (!heap)
    return atr__fail(error, ATR_E_NOMEM, "out of memory: NonMaxSuppression of %lld boxes",
                     (long long)p->boxes);
  for (int64_t b = 0; b < p->batch; b++)
    for (int64_t c = 0; c < p->classes; c++) {
      const int64_t found = choose(p, (const atr_real *)boxes + b * p->boxes * 4,
                                   (const atr_real *)scores + (b * p->classes + c) * p->boxes, heap, kept);
      for (int64_t k = 0; k < found; k++, ++*n) {
        if (!chosen || *n >= p->found) continue;
        chosen[*n * 3] = b;
        chosen[*n * 3 + 1] = c;
        chosen[*n * 3 + 2] = kept[k];
      }
    }
  atr__free(heap);
  return ATR_OK;
}

atr_status ATR_HOST(non_max_suppression)(const atr__call *call) {
  const atr__non_max_suppression_params *p = call->params;
  int64_t n;
  const atr_status status = ATR_HOST(non_max_suppression_choose)(p, call->in[0].data, call->in[1].data,
                                                                 call->error, call->out[0].data, &n);
  if (status || n == p->found) return status;
  return atr__fail(call->error, ATR_E_SHAPE, "NonMaxSuppression: %lld boxes where %lld were expected",
                   (long long)n, (long long)p->found);
}
