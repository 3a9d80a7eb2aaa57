/* softmax_host.c: Softmax, LogSoftmax and their gradients on the host; a range of the loop is a run of lines.
 * Lines side by side (an axis that is not the last) go together, row by row, a block's rows in the cache from
 * one pass to the next. However a line lies, lane l of eight sums elements l, l + 8, …, then lanes are joined
 * in pairs: a stream, whose lines lie along memory, has the bits of a plan. */
#include "op/host.h"
#include "op/lanes_functions.h"
#include "op/softmax.h"

enum { BLOCK = 256 }; /* lines side by side */

typedef struct {
  const atr__softmax_params *p;
  const atr_real *x, *dy, *y;
  atr_real *to;
  int fast;
} job;

/* exp of n numbers. */
static void exp_row(const job *j, int64_t n, const atr_real *x, atr_real *y) {
#ifndef ATR_REAL_IS_DOUBLE
  if (j->fast) {
    atr__lanes_exp(n, x, y);
    return;
  }
#endif
  (void)j;
  for (int64_t i = 0; i < n; i++) y[i] = ATR_MATH(exp)(x[i]);
}

/* Rows of neighbouring lines, which compilers make vectors of. */
ATR__CLONES
static void greatest_row(int64_t n, const atr_real *x, atr_real *greatest) {
  for (int64_t i = 0; i < n; i++) greatest[i] = x[i] > greatest[i] ? x[i] : greatest[i];
}
ATR__CLONES
static void less_row(int64_t n, const atr_real *x, const atr_real *less, atr_real *y) {
  for (int64_t i = 0; i < n; i++) y[i] = x[i] - less[i];
}
ATR__CLONES
static void add_row(int64_t n, const atr_real *x, atr_real *sum) {
  for (int64_t i = 0; i < n; i++) sum[i] += x[i];
}
ATR__CLONES
static void scale_row(int64_t n, const atr_real *scale, atr_real *y) {
  for (int64_t i = 0; i < n; i++) y[i] *= scale[i];
}

/* n neighbouring lines, elements of each `inner` apart. */
static void lines_across(const job *j, int64_t n, const atr_real *x, atr_real *y) {
  const int64_t inner = j->p->inner, length = j->p->length;
  atr_real greatest[BLOCK], lane[ATR__LANES][BLOCK], *sum = lane[0], power[BLOCK];
  const int64_t lanes = atr__min_i64(length, ATR__LANES); /* the others stay 0 */
  memset(lane, 0, (size_t)lanes * sizeof lane[0]);
  for (int64_t i = 0; i < n; i++) greatest[i] = -INFINITY;
  for (int64_t i = 0; i < length; i++) greatest_row(n, x + i * inner, greatest);
  for (int64_t i = 0; i < n; i++)
    if (greatest[i] == -INFINITY) greatest[i] = 0; /* all masked, or NaN */
  for (int64_t i = 0; i < length; i++) {
    atr_real *to = j->p->log ? power : y + i * inner;
    less_row(n, x + i * inner, greatest, to);
    exp_row(j, n, to, to);
    add_row(n, to, lane[i % ATR__LANES]);
  }
  for (int half = ATR__LANES / 2; half; half /= 2)
    for (int l = 0; l < half && l + half < lanes; l++) add_row(n, lane[l + half], lane[l]);
  if (j->p->log) {
    for (int64_t i = 0; i < n; i++) sum[i] = sum[i] == 0 ? 0 : ATR_MATH(log)(sum[i]);
    for (int64_t i = 0; i < length; i++) {
      less_row(n, x + i * inner, greatest, y + i * inner);
      less_row(n, y + i * inner, sum, y + i * inner);
    }
  } else {
    for (int64_t i = 0; i < n; i++) sum[i] = sum[i] == 0 ? 0 : 1 / sum[i];
    for (int64_t i = 0; i < length; i++) scale_row(n, sum, y + i * inner);
  }
}

/* The greatest of a line, and its sum by lanes. */
ATR__CLONES
static atr_real greatest_of(int64_t n, const atr_real *x) {
  atr_real lane[ATR__LANES], greatest = -INFINITY;
  int64_t i = 0;
  for (int l = 0; l < ATR__LANES; l++) lane[l] = -INFINITY;
  for (; i + ATR__LANES <= n; i += ATR__LANES) {
    const atr__reals v = *(const atr__reals *)(x + i), old = *(const atr__reals *)lane;
    *(atr__reals *)lane = ATR__EITHER(v > old, v, old);
  }
  for (int l = 0; i < n; i++, l++) lane[l] = x[i] > lane[l] ? x[i] : lane[l];
  for (int l = 0; l < ATR__LANES; l++) greatest = lane[l] > greatest ? lane[l] : greatest;
  return greatest;
}
ATR__CLONES
static void add_line(int64_t n, const atr_real *x, atr_real lane[ATR__LANES]) {
  int64_t i = 0;
  for (; i + ATR__LANES <= n; i += ATR__LANES) *(atr__reals *)lane += *(const atr__reals *)(x + i);
  for (int l = 0; i < n; i++, l++) lane[l] += x[i];
}
static atr_real joined(atr_real lane[ATR__LANES]) {
  for (int half = ATR__LANES / 2; half; half /= 2)
    for (int l = 0; l < half; l++) lane[l] += lane[l + half];
  return lane[0];
}
ATR__CLONES
static void line_less(int64_t n, const atr_real *x, atr_real less, atr_real *y) {
  for (int64_t i = 0; i < n; i++) y[i] = x[i] - less;
}
ATR__CLONES
static void line_times(int64_t n, atr_real scale, atr_real *y) {
  for (int64_t i = 0; i < n; i++) y[i] *= scale;
}

/* A line whose elements are neighbours. */
static void line_along(const job *j, const atr_real *x, atr_real *y) {
  const int64_t length = j->p->length;
  atr_real greatest = greatest_of(length, x), lane[ATR__LANES] = { 0 }, power[BLOCK];
  if (greatest == -INFINITY) greatest = 0;
  if (!j->p->log) {
    line_less(length, x, greatest, y);
    exp_row(j, length, y, y);
    add_line(length, y, lane);
    const atr_real sum = joined(lane);
    line_times(length, sum == 0 ? 0 : 1 / sum, y);
    return;
  }
  for (int64_t at = 0; at < length; at += BLOCK) {
    const int64_t n = atr__min_i64(BLOCK, length - at);
    line_less(n, x + at, greatest, power);
    exp_row(j, n, power, power);
    add_line(n, power, lane);
  }
  const atr_real sum = joined(lane);
  line_less(length, x, greatest, y);
  line_less(length, y, sum == 0 ? 0 : ATR_MATH(log)(sum), y);
}

static void forward_lines(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t inner = j->p->inner, length = j->p->length;
  for (int64_t line = begin, n; line < end; line += n) {
    const int64_t at = line / inner * length * inner + line % inner;
    n = atr__min_i64(atr__min_i64(BLOCK, end - line), inner - line % inner);
    if (inner == 1)
      line_along(j, j->x + at, j->to + at);
    else
      lines_across(j, n, j->x + at, j->to + at);
  }
}

atr_status ATR_HOST(softmax)(const atr__call *call) {
  const atr__softmax_params *p = call->params;
  job j = { .p = p, .x = ATR_IN(call, 0), .to = ATR_OUT(call, 0), .fast = call->fast };
  if (p->length) atr__pool_for(call->pool, p->outer * p->inner, 4096 / p->length + 1, forward_lines, &j);
  return ATR_OK;
}

static void grad_lines(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const int64_t inner = j->p->inner, length = j->p->length;
  for (int64_t line = begin; line < end; line++) {
    const int64_t at = line / inner * length * inner + line % inner;
    const atr_real *dy = j->dy + at, *y = j->y + at;
    atr_real *dx = j->to + at, sum = 0;
    for (int64_t i = 0; i < length; i++) sum += j->p->log ? dy[i * inner] : dy[i * inner] * y[i * inner];
    for (int64_t i = 0; i < length; i++)
      dx[i * inner] = j->p->log ? dy[i * inner] - ATR_MATH(exp)(y[i * inner]) * sum
                                : y[i * inner] * (dy[i * inner] - sum);
  }
}

atr_status ATR_HOST(softmax_grad)(const atr__call *call) {
  const atr__softmax_params *p = call->params;
  job j = { .p = p, .dy = ATR_IN(call, 0), .y = ATR_IN(call, 1), .to = ATR_OUT(call, 0) };
  if (p->length) atr__pool_for(call->pool, p->outer * p->inner, 1024 / p->length + 1, grad_lines, &j);
  return ATR_OK;
}
