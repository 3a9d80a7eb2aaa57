/* unique_host.c: Unique on the host: slices are merge-sorted, so that equal ones lie side by side and the
 * first of them first. Slices are compared element by element; NaN is the largest and equal to itself. */
#include "base/alloc.h"
#include "op/host.h"
#include "op/unique.h"

#define COMPARE(type)                                                                                        \
  static int compare_##type(const type *x, const type *y) {                                                  \
    if (*x < *y || *x > *y) return *x < *y ? -1 : 1;                                                         \
    return (*x != *x) - (*y != *y);                                                                          \
  }
COMPARE(atr_real)
COMPARE(int64_t)
COMPARE(int32_t)
COMPARE(int16_t)
COMPARE(int8_t)
COMPARE(uint64_t)
COMPARE(uint32_t)
COMPARE(uint16_t)
COMPARE(uint8_t)

static int compare_as(atr_type type, const void *x, const void *y) {
  switch (type) {
  case ATR_F32: return compare_atr_real(x, y);
  case ATR_I64: return compare_int64_t(x, y);
  case ATR_I32: return compare_int32_t(x, y);
  case ATR_I16: return compare_int16_t(x, y);
  case ATR_I8: return compare_int8_t(x, y);
  case ATR_U64: return compare_uint64_t(x, y);
  case ATR_U32: return compare_uint32_t(x, y);
  case ATR_U16: return compare_uint16_t(x, y);
  default: return compare_uint8_t(x, y);
  }
}

static int compare(const atr__unique_params *p, atr_type type, const char *data, int64_t i, int64_t j) {
  const size_t word = atr__host_word(type);
  int order = 0;
  for (int64_t o = 0; !order && o < p->outer; o++)
    for (int64_t k = 0; !order && k < p->inner; k++) {
      const void *x = data + (size_t)((o * p->extent + i) * p->inner + k) * word;
      const void *y = data + (size_t)((o * p->extent + j) * p->inner + k) * word;
      order = compare_as(type, x, y);
    }
  return order;
}

/* Sorts order[0, n), from the bottom up, keeping equals as they lie. */
static void sort(const atr__unique_params *p, atr_type type, const char *data, int64_t *order,
                 int64_t *spare) {
  const int64_t n = p->extent;
  for (int64_t half = 1; half < n; half *= 2)
    for (int64_t from = 0; from < n; from += 2 * half) {
      const int64_t middle = atr__min_i64(from + half, n), end = atr__min_i64(from + 2 * half, n);
      int64_t a = from, b = middle;
      for (int64_t to = from; to < end; to++)
        spare[to] = b == end || (a < middle && compare(p, type, data, order[a], order[b]) <= 0) ? order[a++]
                                                                                                : order[b++];
      memcpy(order + from, spare + from, (size_t)(end - from) * sizeof *order);
    }
}

atr_status ATR_HOST(unique_find)(const atr__unique_params *p, atr_type type, const void *data,
                                 atr_error *error, int64_t *group, int64_t *first, int64_t *n) {
  int64_t *order = atr__calloc((size_t)p->extent + 1, 2 * sizeof *order), *spare = order + p->extent;
  *n = 0;
  if (!order) return atr__fail(error, ATR_E_NOMEM, "out of memory: Unique of %lld", (long long)p->extent);
  for (int64_t i = 0; i < p->extent; i++) order[i] = i;
  sort(p, type, data, order, spare);
  for (int64_t i = 0; i < p->extent; i++) {
    if (!i || compare(p, type, data, order[i - 1], order[i])) first[(*n)++] = order[i];
    group[order[i]] = *n - 1;
  }
  if (!p->sorted) { /* numbered anew, as their first slices lie */
    int64_t renamed = 0;
    for (int64_t i = 0; i < p->extent; i++) {
      if (first[group[i]] == i) spare[group[i]] = renamed++;
      order[i] = spare[group[i]];
    }
    for (int64_t i = p->extent; i-- > 0;) first[order[i]] = i;
    memcpy(group, order, (size_t)p->extent * sizeof *group);
  }
  atr__free(order);
  return ATR_OK;
}

static void write(const atr__call *call, const int64_t *group, const int64_t *first) {
  const atr__unique_params *p = call->params;
  const size_t bytes = (size_t)p->inner * atr__host_word(call->in[0].type);
  int64_t *out[4] = { 0 };
  for (size_t i = 1; i < call->n_out; i++) out[i] = call->out[i].data;
  for (int64_t o = 0; o < p->outer && bytes && call->out[0].data; o++)
    for (int64_t g = 0; g < p->found; g++)
      memcpy((char *)call->out[0].data + (size_t)(o * p->found + g) * bytes,
             (const char *)call->in[0].data + (size_t)(o * p->extent + first[g]) * bytes, bytes);
  for (int64_t g = 0; g < p->found; g++) {
    if (out[1]) out[1][g] = first[g];
    if (out[3]) out[3][g] = 0;
  }
  for (int64_t i = 0; i < p->extent; i++) {
    if (out[2]) out[2][i] = group[i];
    if (out[3]) out[3][group[i]]++;
  }
}

atr_status ATR_HOST(unique)(const atr__call *call) {
  const atr__unique_params *p = call->params;
  int64_t *group = atr__calloc((size_t)p->extent + 1, 2 * sizeof *group), n;
  if (!group)
    return atr__fail(call->error, ATR_E_NOMEM, "out of memory: Unique of %lld", (long long)p->extent);
  atr_status status =
      ATR_HOST(unique_find)(p, call->in[0].type, call->in[0].data, call->error, group, group + p->extent, &n);
  if (!status && n != p->found)
    status = atr__fail(call->error, ATR_E_SHAPE, "Unique: %lld slices where %lld were expected", (long long)n,
                       (long long)p->found);
  if (!status) write(call, group, group + p->extent);
  atr__free(group);
  return status;
}
