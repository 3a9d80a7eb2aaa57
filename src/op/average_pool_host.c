/* average_pool_host.c: average pooling and its gradient on the host. A range of the loop is a run of output
 * rows (forward) or of input rows (gradient). */
#include "op/average_pool.h"
#include "op/host.h"

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

static void forward_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__pool_window *w = &j->p->window;
  for (int64_t row = begin; row < end; row++) {
    const atr_real *x = j->from + row / (w->out[0] * w->out[1]) * w->in[0] * w->in[1] * w->in[2];
    int64_t o[3] = { row / w->out[1] % w->out[0], row % w->out[1], 0 };
    for (; o[2] < w->out[2]; o[2]++) {
      int64_t first[3], last[3], count = 1;
      for (int k = 0; k < 3; k++) {
        atr__pool_window_taps(w, k, o[k], &first[k], &last[k]);
        count *= counted(j->p, k, o[k]);
      }
      atr_real sum = 0;
      for (int64_t a = first[0]; a < last[0]; a++)
        for (int64_t b = first[1]; b < last[1]; b++)
          for (int64_t c = first[2]; c < last[2]; c++)
            sum += x[((o[0] * w->stride[0] - w->pad[0] + a * w->dilation[0]) * w->in[1] +
                      o[1] * w->stride[1] - w->pad[1] + b * w->dilation[1]) *
                         w->in[2] +
                     o[2] * w->stride[2] - w->pad[2] + c * w->dilation[2]];
      j->to[row * w->out[2] + o[2]] = sum / (atr_real)count;
    }
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
