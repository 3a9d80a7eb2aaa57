/* max_pool_host.c: MaxPool and its gradient on the host. A range of the loop is a run of output rows
 * (forward) or of input rows (gradient). A row goes through its windows' taps together, in their order, so
 * that neighbours are compared at once; short rows go window by window. */
#include "op/host.h"
#include "op/max_pool.h"
#include "op/pool_rows.h"

typedef struct {
  const atr__max_pool_params *p;
  const void *x;
  void *y;
  const atr_real *dy;
  atr_real *dx;
  const int64_t *chosen;
  int64_t *indices; /* NULL: not wanted */
} job;

/* What y becomes where x is met: the greater, of equals the one that was there; NaN stays. */
#define GREATER(y, x) ((x) > (y) || (x) != (x) ? (x) : (y))

static inline __attribute__((always_inline)) void take_lanes(atr_real *y, const atr__reals *x) {
  const atr__reals old = *(const atr__reals *)y, v = *x;
  *(atr__reals *)y = ATR__EITHER((v > old) | (v != v), v, old);
}

/* y[o] meets x[o · stride + shift] of each tap. */
ATR__CLONES
static void take_atr_real(atr_real *y, const atr_real *x, int64_t stride, const atr__tap *list, int taps) {
  for (const atr__tap *t = list; t < list + taps; t++) {
    const int64_t shift = t->shift;
    int64_t o = t->low;
    for (; stride == 1 && o + ATR__LANES <= t->high; o += ATR__LANES)
      take_lanes(y + o, (const atr__reals *)(x + (o + shift)));
    /* Reads as far as the last one that counts. */
    for (; stride == 2 && o + ATR__LANES <= t->high; o += ATR__LANES) {
      const atr_real *from = x + (2 * o + shift);
      const atr__reals a = *(const atr__reals *)from, b = *(const atr__reals *)(from + ATR__LANES - 1),
                       v = ATR__SECOND(a, b);
      take_lanes(y + o, &v);
    }
    for (; o < t->high; o++) y[o] = GREATER(y[o], x[o * stride + shift]);
  }
}

#define TAKE(word)                                                                                           \
  static void take_##word(word *y, const word *x, int64_t stride, const atr__tap *list, int taps) {          \
    for (const atr__tap *t = list; t < list + taps; t++)                                                     \
      for (int64_t o = t->low; o < t->high; o++) y[o] = GREATER(y[o], x[o * stride + t->shift]);             \
  }
TAKE(uint8_t)
TAKE(int8_t)
#undef TAKE

/* Of a type: the greatest element of the window at (od, oh, ow) of a plane and its index, then the loop over
 * rows. least: of the type, of a window that holds nothing. */
#define FORWARD(word, least)                                                                                 \
  static word window_max_##word(const atr__max_pool_params *p, const word *x, const int64_t o[3],            \
                                int64_t *index) {                                                            \
    const atr__pool_window *w = &p->window;                                                                  \
    int64_t first[3], end[3], start[3];                                                                      \
    for (int k = 0; k < 3; k++) {                                                                            \
      atr__pool_window_taps(w, k, o[k], &first[k], &end[k]);                                                 \
      start[k] = o[k] * w->stride[k] - w->pad[k];                                                            \
    }                                                                                                        \
    word best = least;                                                                                       \
    int none = 1;                                                                                            \
    for (int64_t i = first[0]; i < end[0]; i++)                                                              \
      for (int64_t j = first[1]; j < end[1]; j++)                                                            \
        for (int64_t k = first[2]; k < end[2]; k++) {                                                        \
          const int64_t at_d = start[0] + i * w->dilation[0], at_h = start[1] + j * w->dilation[1],          \
                        at_w = start[2] + k * w->dilation[2];                                                \
          const word v = x[(at_d * w->in[1] + at_h) * w->in[2] + at_w];                                      \
          if (none || v > best || v != v) {                                                                  \
            best = v;                                                                                        \
            *index = at_d * p->index_step[0] + at_h * p->index_step[1] + at_w * p->index_step[2];            \
          }                                                                                                  \
          none = 0;                                                                                          \
        }                                                                                                    \
    return best;                                                                                             \
  }                                                                                                          \
                                                                                                             \
  static void windows_##word(const job *j, int64_t row, int64_t plane, const word *x, word *y) {             \
    const atr__pool_window *w = &j->p->window;                                                               \
    int64_t o[3] = { row / w->out[1] % w->out[0], row % w->out[1], 0 };                                      \
    for (; o[2] < w->out[2]; o[2]++) {                                                                       \
      int64_t index = 0;                                                                                     \
      y[o[2]] = window_max_##word(j->p, x, o, &index);                                                       \
      if (j->indices) j->indices[row * w->out[2] + o[2]] = plane + index;                                    \
    }                                                                                                        \
  }                                                                                                          \
                                                                                                             \
  /* y meets the taps of one row of the windows, whose first element has this index. */                      \
  static void meet_##word(const job *j, const atr__tap *list, int taps, const word *x, int64_t index,        \
                          word *y, int64_t *indices) {                                                       \
    const int64_t stride = j->p->window.stride[2], step = j->p->index_step[2];                               \
    if (!indices) {                                                                                          \
      take_##word(y, x, stride, list, taps);                                                                 \
      return;                                                                                                \
    }                                                                                                        \
    for (const atr__tap *t = list; t < list + taps; t++) {                                                   \
      const word *from = x + t->low * stride + t->shift;                                                     \
      for (int64_t o = t->low; o < t->high; o++, from += stride) {                                           \
        if (indices[o] >= 0 && !(*from > y[o]) && *from == *from) continue;                                  \
        y[o] = *from;                                                                                        \
        indices[o] = index + (o * stride + t->shift) * step;                                                 \
      }                                                                                                      \
    }                                                                                                        \
  }                                                                                                          \
                                                                                                             \
  static void forward_rows_##word(void *user, int64_t begin, int64_t end) {                                  \
    const job *j = user;                                                                                     \
    const atr__pool_window *w = &j->p->window;                                                               \
    const int64_t in_plane = w->in[0] * w->in[1] * w->in[2];                                                 \
    const int by_window = w->out[2] < ATR__NARROW || w->filter[2] > ATR__TAPS_MOST;                          \
    atr__tap list[ATR__TAPS_MOST];                                                                           \
    const int taps = by_window ? 0 : atr__taps_of(w, list);                                                  \
    /* Counted on, since divisions are slow. */                                                              \
    int64_t plane = begin / (w->out[0] * w->out[1]) * in_plane, od = begin / w->out[1] % w->out[0],          \
            oh = begin % w->out[1];                                                                          \
    int64_t first[2], last[2];                                                                               \
    atr__pool_window_taps(w, 0, od, &first[0], &last[0]);                                                    \
    for (int64_t row = begin; row < end; row++, oh++) {                                                      \
      if (oh == w->out[1]) {                                                                                 \
        oh = 0;                                                                                              \
        if (++od == w->out[0]) od = 0, plane += in_plane;                                                    \
        atr__pool_window_taps(w, 0, od, &first[0], &last[0]);                                                \
      }                                                                                                      \
      const word *x = (const word *)j->x + plane;                                                            \
      word *y = (word *)j->y + row * w->out[2];                                                              \
      int64_t *indices = j->indices ? j->indices + row * w->out[2] : NULL;                                   \
      if (by_window) {                                                                                       \
        windows_##word(j, row, plane, x, y);                                                                 \
        continue;                                                                                            \
      }                                                                                                      \
      atr__pool_window_taps(w, 1, oh, &first[1], &last[1]);                                                  \
      for (int64_t o = 0; o < w->out[2]; o++) y[o] = least;                                                  \
      for (int64_t o = 0; indices && o < w->out[2]; o++) indices[o] = -1;                                    \
      for (int64_t a = first[0]; a < last[0]; a++)                                                           \
        for (int64_t b = first[1]; b < last[1]; b++) {                                                       \
          const int64_t z = od * w->stride[0] - w->pad[0] + a * w->dilation[0];                              \
          const int64_t line = oh * w->stride[1] - w->pad[1] + b * w->dilation[1];                           \
          meet_##word(j, list, taps, x + (z * w->in[1] + line) * w->in[2],                                   \
                      plane + z * j->p->index_step[0] + line * j->p->index_step[1], y, indices);             \
        }                                                                                                    \
    }                                                                                                        \
  }

FORWARD(atr_real, -INFINITY)
FORWARD(uint8_t, 0)
FORWARD(int8_t, INT8_MIN)
#undef FORWARD

atr_status ATR_HOST(max_pool)(const atr__call *call) {
  const atr__pool_window *w = &((const atr__max_pool_params *)call->params)->window;
  const atr_type type = call->in[0].type;
  job j = { .p = call->params, .x = call->in[0].data, .y = call->out[0].data };
  if (call->n_out > 1) j.indices = call->out[1].data;
  atr__pool_for(call->pool, w->planes * w->out[0] * w->out[1], 4096 / w->out[2] + 1,
                type == ATR_U8   ? forward_rows_uint8_t
                : type == ATR_I8 ? forward_rows_int8_t
                                 : forward_rows_atr_real,
                &j);
  return ATR_OK;
}

static void grad_rows(void *user, int64_t begin, int64_t end) {
  const job *j = user;
  const atr__pool_window *w = &j->p->window;
  const int64_t in_plane = w->in[0] * w->in[1] * w->in[2], out_plane = w->out[0] * w->out[1] * w->out[2];
  for (int64_t row = begin; row < end; row++) {
    const int64_t plane = row / (w->in[0] * w->in[1]);
    const int64_t at_d = row / w->in[1] % w->in[0], at_h = row % w->in[1];
    int64_t first[3], last[3];
    atr__pool_window_over(w, 0, at_d, &first[0], &last[0]);
    atr__pool_window_over(w, 1, at_h, &first[1], &last[1]);
    for (int64_t at_w = 0; at_w < w->in[2]; at_w++) {
      const int64_t mine = plane * in_plane + at_d * j->p->index_step[0] + at_h * j->p->index_step[1] +
                           at_w * j->p->index_step[2];
      atr_real sum = 0;
      atr__pool_window_over(w, 2, at_w, &first[2], &last[2]);
      for (int64_t od = first[0]; od <= last[0]; od++)
        for (int64_t oh = first[1]; oh <= last[1]; oh++)
          for (int64_t ow = first[2]; ow <= last[2]; ow++) {
            const int64_t o = plane * out_plane + (od * w->out[1] + oh) * w->out[2] + ow;
            if (j->chosen[o] == mine) sum += j->dy[o];
          }
      j->dx[row * w->in[2] + at_w] = sum;
    }
  }
}

atr_status ATR_HOST(max_pool_grad)(const atr__call *call) {
  const atr__pool_window *w = &((const atr__max_pool_params *)call->params)->window;
  job j = { .p = call->params, .dy = ATR_IN(call, 0), .chosen = call->in[1].data, .dx = ATR_OUT(call, 0) };
  atr__pool_for(call->pool, w->planes * w->in[0] * w->in[1], 4096 / w->in[2] + 1, grad_rows, &j);
  return ATR_OK;
}
