/* resize_host.c: Resize and its gradient on the host. Rows are those of the last axis; a row of the output is
 * the sum, in ascending order, of the rows that the taps of the other axes name. Forward, a range of the loop
 * is a run of output rows; the gradient adds every dy to its taps in ascending order, a plane a thread. */
#include "op/host.h"
#include "op/resize.h"
#include "op/resize_rows.h"

enum { LAST = ATR__RESIZE_AXES - 1, CHUNK = 64 };

typedef struct {
  const atr__resize_params *p;
  const atr_real *from;
  atr_real *to;
} job;

/* The input rows that an output row reads, one after the other. */
typedef struct {
  const atr__resize_params *p;
  atr__resize_taps taps[LAST];
  int64_t k[LAST], row;
  double weight;
} walk;

static void settle(walk *w) {
  w->row = 0;
  w->weight = 1;
  for (int axis = 0; axis < LAST; axis++) {
    w->row = w->row * w->p->in[axis] + w->taps[axis].first + w->k[axis];
    w->weight *= atr__resize_weight(w->p, axis, &w->taps[axis], w->k[axis]);
  }
}

/* 0 where it reads none. */
static int begin_walk(walk *w, const atr__resize_params *p, int64_t row) {
  w->p = p;
  int any = 1;
  for (int axis = LAST - 1; axis >= 0; row /= p->out[axis--]) {
    atr__resize_taps_at(p, axis, row % p->out[axis], &w->taps[axis]);
    w->k[axis] = 0;
    any = any && w->taps[axis].n;
  }
  if (any) settle(w);
  return any;
}

static int next_of_walk(walk *w) {
  int axis = LAST - 1;
  while (axis >= 0 && ++w->k[axis] == w->taps[axis].n) w->k[axis--] = 0;
  if (axis < 0) return 0;
  settle(w);
  return 1;
}

static int64_t rows_of(const int64_t size[ATR__RESIZE_AXES]) {
  return size[0] * size[1] * size[2] * size[3];
}

/* Output columns [start, start + n) of one row. */
static void forward_part(const job *j, int64_t row, int64_t start, int n, const atr__resize_taps *column) {
  const atr__resize_params *p = j->p;
  const int64_t rows = rows_of(p->out);
  const atr_real *plane = j->from + row / rows * rows_of(p->in) * p->in[LAST];
  atr_real *to = j->to + row * p->out[LAST] + start;
  walk w;
  const int any = begin_walk(&w, p, row % rows);
  for (int i = 0; i < n; i++) to[i] = any && column[i].n ? 0 : (atr_real)p->outside;
  if (!any) return;
  do {
    const atr_real *line = plane + w.row * p->in[LAST], weight = (atr_real)w.weight;
    if (w.weight >= 0 && w.weight <= 0) continue;
    for (int i = 0; i < n; i++) {
      atr_real sum = 0;
      for (int64_t k = 0; k < column[i].n; k++)
        sum += (atr_real)atr__resize_weight(p, LAST, &column[i], k) * line[column[i].first + k];
      if (column[i].n) to[i] += weight * sum;
    }
  } while (next_of_walk(&w));
}

static void forward_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t width = j->p->out[LAST];
  atr__resize_taps column[CHUNK];
  for (int64_t start = 0; start < width; start += CHUNK) {
    const int n = (int)atr__min_i64(CHUNK, width - start);
    for (int i = 0; i < n; i++) atr__resize_taps_at(j->p, LAST, start + i, &column[i]);
    for (int64_t row = begin; row < end; row++) forward_part(j, row, start, n, column);
  }
}

atr_status ATR_HOST(resize)(const atr__call *call) {
  const atr__resize_params *p = call->params;
  job j = { p, ATR_IN(call, 0), ATR_OUT(call, 0) };
  if (!call->out[0].count) return ATR_OK;
#ifndef ATR_REAL_IS_DOUBLE
  if (atr__resize_rows(p, j.from, j.to, call->pool)) return ATR_OK;
#endif
  atr__pool_for(call->pool, p->outer * rows_of(p->out), 1024 / p->out[LAST] + 1, forward_rows, &j);
  return ATR_OK;
}

static void grad_part(const job *j, int64_t row, int64_t start, int n, const atr__resize_taps *column) {
  const atr__resize_params *p = j->p;
  const int64_t rows = rows_of(p->out);
  atr_real *plane = j->to + row / rows * rows_of(p->in) * p->in[LAST];
  const atr_real *dy = j->from + row * p->out[LAST] + start;
  walk w;
  if (!begin_walk(&w, p, row % rows)) return;
  do {
    atr_real *line = plane + w.row * p->in[LAST];
    const atr_real weight = (atr_real)w.weight;
    for (int i = 0; i < n; i++)
      for (int64_t k = 0; k < column[i].n; k++)
        line[column[i].first + k] += (atr_real)atr__resize_weight(p, LAST, &column[i], k) * (weight * dy[i]);
  } while (next_of_walk(&w));
}

static void grad_planes(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t size = rows_of(j->p->in) * j->p->in[LAST], width = j->p->out[LAST], rows = rows_of(j->p->out);
  atr__resize_taps column[CHUNK];
  memset(j->to + begin * size, 0, (size_t)((end - begin) * size) * sizeof *j->to);
  for (int64_t start = 0; start < width; start += CHUNK) {
    const int n = (int)atr__min_i64(CHUNK, width - start);
    for (int i = 0; i < n; i++) atr__resize_taps_at(j->p, LAST, start + i, &column[i]);
    for (int64_t row = begin * rows; row < end * rows; row++) grad_part(j, row, start, n, column);
  }
}

atr_status ATR_HOST(resize_grad)(const atr__call *call) {
  const atr__resize_params *p = call->params;
  job j = { p, ATR_IN(call, 0), ATR_OUT(call, 0) };
  atr__pool_for(call->pool, call->out[0].count ? p->outer : 0, 1, grad_planes, &j);
  return ATR_OK;
}
