/* pad_host.c: Pad on the host, a run of the innermost axis at a time, and its gradient. */
#include "op/host.h"
#include "op/pad.h"
#include "tensor/element.h"

typedef struct {
  const atr__call *call;
  const atr__pad_params *p;
  size_t word;
  char constant[8];
} job;

/* Outputs [first, end) of a row. outside: the whole row is outside the input. */
static void edge(const job *j, const char *line, int outside, int64_t first, int64_t end, char *to) {
  const atr_shape *in = &j->call->in[0].shape;
  const int last = in->rank - 1;
  if (outside && j->word == 4) {
    uint32_t word;
    memcpy(&word, j->constant, sizeof word);
    for (int64_t i = first; i < end; i++) ((uint32_t *)(void *)to)[i] = word;
    return;
  }
  for (int64_t i = first; i < end; i++) {
    const int64_t at = outside    ? -1
                       : last < 0 ? 0
                                  : atr__pad_source(j->p->mode, i - j->p->before[last], in->dim[last]);
    memcpy(to + (size_t)i * j->word, at < 0 ? j->constant : line + (size_t)at * j->word, j->word);
  }
}

static void rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__pad_params *p = j->p;
  const atr_shape *in = &j->call->in[0].shape, *out = &j->call->out[0].shape;
  const int last = out->rank - 1;
  const int64_t length = last < 0 ? 1 : out->dim[last], extent = last < 0 ? 1 : in->dim[last];
  int64_t stride[ATR_RANK_MAX];
  atr__shape_strides(in, stride);
  for (int64_t row = begin; row < end; row++) {
    int64_t rest = row, from = 0;
    for (int d = last - 1; d >= 0 && from >= 0; d--) {
      const int64_t at = atr__pad_source(p->mode, rest % out->dim[d] - p->before[d], in->dim[d]);
      rest /= out->dim[d];
      from = at < 0 ? -1 : from + at * stride[d];
    }
    char *to = (char *)j->call->out[0].data + (size_t)(row * length) * j->word;
    const char *line = (const char *)j->call->in[0].data + (size_t)atr__max_i64(0, from) * j->word;
    /* Outputs [first, end_of) lie side by side in the input; those around them go one by one. */
    const int64_t before = last < 0 ? 0 : p->before[last];
    const int64_t first = atr__min_i64(length, atr__max_i64(0, before)),
                  end_of = from < 0 ? first : atr__max_i64(first, atr__min_i64(length, before + extent));
    edge(j, line, from < 0, 0, first, to);
    if (first < end_of)
      memcpy(to + (size_t)first * j->word, line + (size_t)(first - before) * j->word,
             (size_t)(end_of - first) * j->word);
    edge(j, line, from < 0, end_of, length, to);
  }
}

atr_status ATR_HOST(pad)(const atr__call *call) {
  const atr__pad_params *p = call->params;
  const atr__view *out = &call->out[0];
  job j = { call, p, atr__host_word(out->type), { 0 } };
  const atr_real real = (atr_real)p->real;
  uint64_t constant = 0;
  if (out->type == ATR_F32)
    memcpy(&constant, &real, sizeof real);
  else
    atr__element_set_bits(out->type, &constant, 0, p->bits);
  memcpy(j.constant, &constant, sizeof constant);
  if (!out->count) return ATR_OK;
  const int64_t length = out->shape.rank ? out->shape.dim[out->shape.rank - 1] : 1;
  atr__pool_for(call->pool, out->count / length, atr__max_i64(1, 8192 / length), rows, &j);
  return ATR_OK;
}

/* Output positions in ascending order; each adds to the one element it was read from. */
static void lines(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__pad_params *p = j->p;
  const atr_shape *dy = &j->call->in[0].shape, *dx = &j->call->out[0].shape;
  const int64_t inner = atr__shape_span(dy, p->axis + 1, dy->rank), padded = dy->dim[p->axis],
                extent = dx->dim[p->axis];
  for (int64_t outer = begin; outer < end; outer++) {
    atr_real *to = (atr_real *)j->call->out[0].data + outer * extent * inner;
    const atr_real *from = (const atr_real *)j->call->in[0].data + outer * padded * inner;
    for (int64_t i = 0; i < extent * inner; i++) to[i] = 0;
    for (int64_t o = 0; o < padded && extent; o++) {
      const int64_t at = atr__pad_source(p->mode, o - p->before[p->axis], extent);
      for (int64_t i = 0; i < inner; i++) to[at * inner + i] += from[o * inner + i];
    }
  }
}

atr_status ATR_HOST(pad_grad)(const atr__call *call) {
  const atr__pad_params *p = call->params;
  job j = { call, p, sizeof(atr_real), { 0 } };
  const atr_shape *dx = &call->out[0].shape;
  if (call->out[0].count) atr__pool_for(call->pool, atr__shape_span(dx, 0, p->axis), 1, lines, &j);
  return ATR_OK;
}
