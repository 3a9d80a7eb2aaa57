/* average_pool_host.c: average pooling and its gradient on the host. A range of the loop is a run of output
 * rows (forward) or of input rows (gradient). A row of outputs goes together; a window's taps are added in
 * their order, those of a row of more than ATR__TAPS_MOST by lanes. */
#include "op/average_pool.h"
#include "op/host.h"
#include "op/pool_rows.h"

typedef struct {
  const atr__average_pool_params *p;
  const atr_real *from;
  atr_real *to;
} job;

/* What the window at output position o counts along dimension k. */
static int64_t counted(const atr__average_pool_params *p, int k, int64_t o) {
  const atr__pool_window *w = &p->window;
  if (p->include_pad) {
    const int64_t room = w->in[k] + w->pad_end[k] - 1 - (o * w->stride[k] - w->pad[k]);
    return atr__min_i64(w->filter[k], room / w->dilation[k] + 1);
  }
  int64_t first, end;
  atr__pool_window_taps(w, k, o, &first, &end);
  return end - first;
}

/* y[o] takes x[o · stride + shift] of each tap. */
ATR__CLONES
static void add_taps(atr_real *y, const atr_real *x, int64_t stride, const atr__tap *list, int taps) {
  int64_t low = 0, high = INT64_MAX; /* outputs that have all taps */
  for (int k = 0; k < taps; k++) {
    low = atr__max_i64(low, list[k].low);
    high = atr__min_i64(high, list[k].high);
  }
  for (const atr__tap *t = list; t < list + taps; t++) {
    const int64_t end = low < high ? atr__min_i64(low, t->high) : t->high;
    for (int64_t o = t->low; o < end; o++) y[o] += x[o * stride + t->shift];
    for (int64_t o = atr__max_i64(high, t->low); low < high && o < t->high; o++)
      y[o] += x[o * stride + t->shift];
  }
  int64_t o = low;
  for (; stride <= 2 && o + ATR__LANES <= high; o += ATR__LANES) {
    atr__reals sum = *(const atr__reals *)(y + o);
    for (const atr__tap *t = list; t < list + taps; t++) {
      const atr_real *from = x + (o * stride + t->shift);
      const atr__reals a = *(const atr__reals *)from;
      if (stride == 1)
        sum += a;
      else { /* reads as far as the last one that counts */
        const atr__reals b = *(const atr__reals *)(from + ATR__LANES - 1);
        sum += ATR__SECOND(a, b);
      }
    }
    *(atr__reals *)(y + o) = sum;
  }
  for (; o < high; o++)
    for (const atr__tap *t = list; t < list + taps; t++) y[o] += x[o * stride + t->shift];
}

ATR__CLONES
static void divide_row(int64_t n, atr_real by, atr_real *y) {
  for (int64_t i = 0; i < n; i++) y[i] /= by;
}

/* The sum of n neighbours, more than a row's taps: lane l of 16 takes elements l, l + 16, …, then lanes are
 * joined in pairs. */
ATR__CLONES
static atr_real sum_along(int64_t n, const atr_real *x) {
  atr__reals sum[2] = { { 0 } };
  atr_real lane[2 * ATR__LANES];
  int64_t i = 0;
  for (; i + 2 * ATR__LANES <= n; i += 2 * ATR__LANES) {
    sum[0] += *(const atr__reals *)(x + i);
    sum[1] += *(const atr__reals *)(x + i + ATR__LANES);
  }
  memcpy(lane, sum, sizeof lane);
  for (int l = 0; i < n; i++, l++) lane[l] += x[i];
  for (int half = ATR__LANES; half; half /= 2)
    for (int l = 0; l < half; l++) lane[l] += lane[l + half];
  return lane[0];
}

/* The average of one window, at o in the plane x. */
static atr_real window_average(const atr__average_pool_params *p, const atr_real *x, const int64_t o[3]) {
  const atr__pool_window *w = &p->window;
  int64_t first[3], last[3], start[3], count = 1;
  for (int k = 0; k < 3; k++) {
    atr__pool_window_taps(w, k, o[k], &first[k], &last[k]);
    count *= counted(p, k, o[k]);
    start[k] = o[k] * w->stride[k] - w->pad[k];
  }
  const int along = w->filter[2] > ATR__TAPS_MOST && w->dilation[2] == 1;
  atr_real sum = 0;
  for (int64_t a = first[0]; a < last[0]; a++)
    for (int64_t b = first[1]; b < last[1]; b++) {
      const atr_real *line =
          x + ((start[0] + a * w->dilation[0]) * w->in[1] + start[1] + b * w->dilation[1]) * w->in[2];
      if (along)
        sum += sum_along(last[2] - first[2], line + start[2] + first[2]);
      else
        for (int64_t c = first[2]; c < last[2]; c++) sum += line[start[2] + c * w->dilation[2]];
    }
  return sum / (atr_real)count;
}

/* Outputs [*low, *high) count all of their window's columns. */
static void whole_windows(const atr__average_pool_params *p, int64_t *low, int64_t *high) {
  const atr__pool_window *w = &p->window;
  for (*low = 0; *low < w->out[2] && counted(p, 2, *low) < w->filter[2];) ++*low;
  for (*high = w->out[2]; *high > *low && counted(p, 2, *high - 1) < w->filter[2];) --*high;
}

static void forward_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__pool_window *w = &j->p->window;
  const int by_window = w->out[2] < ATR__NARROW || w->filter[2] > ATR__TAPS_MOST;
  atr__tap list[ATR__TAPS_MOST];
  const int taps = by_window ? 0 : atr__taps_of(w, list);
  int64_t low = 0, high = 0;
  if (!by_window) whole_windows(j->p, &low, &high);
  for (int64_t row = begin; row < end; row++) {
    const atr_real *x = j->from + row / (w->out[0] * w->out[1]) * w->in[0] * w->in[1] * w->in[2];
    atr_real *y = j->to + row * w->out[2];
    int64_t o[3] = { row / w->out[1] % w->out[0], row % w->out[1], 0 }, first[2], last[2], count = 1;
    for (; by_window && o[2] < w->out[2]; o[2]++) y[o[2]] = window_average(j->p, x, o);
    if (by_window) continue;
    for (int k = 0; k < 2; k++) {
      atr__pool_window_taps(w, k, o[k], &first[k], &last[k]);
      count *= counted(j->p, k, o[k]);
    }
    memset(y, 0, (size_t)w->out[2] * sizeof *y);
    for (int64_t a = first[0]; a < last[0]; a++)
      for (int64_t b = first[1]; b < last[1]; b++) {
        const int64_t z = o[0] * w->stride[0] - w->pad[0] + a * w->dilation[0],
                      line = o[1] * w->stride[1] - w->pad[1] + b * w->dilation[1];
        add_taps(y, x + (z * w->in[1] + line) * w->in[2], w->stride[2], list, taps);
      }
    for (int64_t i = 0; i < low; i++) y[i] /= (atr_real)(count * counted(j->p, 2, i));
    divide_row(high - low, (atr_real)(count * w->filter[2]), y + low);
    for (int64_t i = high; i < w->out[2]; i++) y[i] /= (atr_real)(count * counted(j->p, 2, i));
  }
}

atr_status ATR_HOST(average_pool)(const atr__call *call) {
  const atr__pool_window *w = &((const atr__average_pool_params *)call->params)->window;
  job j = { call->params, ATR_IN(call, 0), ATR_OUT(call, 0) };
  atr__pool_for(call->pool, w->planes * w->out[0] * w->out[1], 4096 / w->out[2] + 1, forward_rows, &j);
  return ATR_OK;
}

/* The share that each tap of the window at o along dimension k gets, if one of them is at `at`; else 0. */
static atr_real share(const job *j, int k, int64_t o, int64_t at) {
  const atr__pool_window *w = &j->p->window;
  if ((at + w->pad[k] - o * w->stride[k]) % w->dilation[k]) return 0;
  return 1 / (atr_real)counted(j->p, k, o);
}

static void grad_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__pool_window *w = &j->p->window;
  for (int64_t row = begin; row < end; row++) {
    const int64_t at_d = row / w->in[1] % w->in[0], at_h = row % w->in[1];
    const atr_real *dy = j->from + row / (w->in[0] * w->in[1]) * w->out[0] * w->out[1] * w->out[2];
    int64_t first[3], last[3];
    atr__pool_window_over(w, 0, at_d, &first[0], &last[0]);
    atr__pool_window_over(w, 1, at_h, &first[1], &last[1]);
    for (int64_t at_w = 0; at_w < w->in[2]; at_w++) {
      atr_real sum = 0;
      atr__pool_window_over(w, 2, at_w, &first[2], &last[2]);
      for (int64_t od = first[0]; od <= last[0]; od++)
        for (int64_t oh = first[1]; oh <= last[1]; oh++)
          for (int64_t ow = first[2]; ow <= last[2]; ow++)
            sum += dy[(od * w->out[1] + oh) * w->out[2] + ow] * share(j, 0, od, at_d) *
                   share(j, 1, oh, at_h) * share(j, 2, ow, at_w);
      j->to[row * w->in[2] + at_w] = sum;
    }
  }
}

atr_status ATR_HOST(average_pool_grad)(const atr__call *call) {
  const atr__pool_window *w = &((const atr__average_pool_params *)call->params)->window;
  job j = { call->params, ATR_IN(call, 0), ATR_OUT(call, 0) };
  atr__pool_for(call->pool, w->planes * w->in[0] * w->in[1], 4096 / w->in[2] + 1, grad_rows, &j);
  return ATR_OK;
}
