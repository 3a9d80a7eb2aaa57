/* recurrent_cl.c: launches that RNN, LSTM and GRU share: kernels/recurrent.cl, and the words of their walks.
 */
#include "op/recurrent_cl.h"

#include "base/checked.h"

enum { ACROSS = 32768, ITEMS = 64 };

static int64_t round_16(int64_t n) {
  return atr__ceil_div(n, 16) * 16;
}

static int absent(const atr__cl_query *q, int output) {
  return (size_t)output >= q->n_out || q->out[output].type == ATR_TYPE_NONE;
}

atr__recurrent_scratch atr__recurrent_cut(const atr__cl_query *q, int pre, int64_t vectors) {
  const atr__recurrent_params *p = q->params;
  const int64_t width = p->gates * p->hid, padded = round_16(p->hid);
  atr__recurrent_scratch s = { 0 };
  s.pre = (uint64_t)(p->dirs * padded * 4) * (uint64_t)width;
  s.state = s.pre;
  if (pre >= 0 && absent(q, pre)) s.state += (uint64_t)round_16(p->t * p->n * p->dirs) * 4 * (uint64_t)width;
  s.bytes = s.state + (uint64_t)(p->n * p->dirs * vectors * padded * 4);
  return s;
}

void atr__recurrent_pre(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, int pre) {
  if (absent(q, pre))
    atr__cl_scratch(e, s->pre);
  else
    atr__cl_out(e, (size_t)pre);
}

/* [dirs][k][blocks of `padded`, `real` of them used] from a matrix with these strides. */
static void pack(atr__cl_emit *e, const atr__cl_query *q, size_t input, uint64_t to, int64_t k,
                 int64_t columns, int64_t padded, int64_t real, int64_t stride_k, int64_t stride_column,
                 int64_t stride_direction) {
  const atr__recurrent_params *p = q->params;
  const int64_t words[] = { p->dirs * k * columns, k, columns, padded, real, stride_k, stride_column,
                            stride_direction };
  atr__cl_kernel(e, "recurrent.cl", "recurrent_pack_f32_baseline", "", "");
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, input);
  atr__cl_scratch(e, to);
  atr__cl_items(e, words[0]);
}

void atr__recurrent_pack_r(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, size_t r,
                           int turned) {
  const atr__recurrent_params *p = q->params;
  const int64_t width = p->gates * p->hid, padded = round_16(p->hid);
  if (turned)
    pack(e, q, r, s->matrix, p->hid, p->gates * padded, padded, p->hid, 1, p->hid, width * p->hid);
  else
    pack(e, q, r, s->matrix, width, padded, padded, p->hid, p->hid, 1, width * p->hid);
}

void atr__recurrent_project(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s, int pre,
                            int64_t bare) {
  const atr__recurrent_params *p = q->params;
  const int64_t width = p->gates * p->hid, rows = p->t * p->n;
  const int64_t words[] = { p->dirs, rows, p->i, width, bare, p->dirs * rows };
  atr__cl_kernel(e, "recurrent.cl", "recurrent_project_f32_baseline", "", "");
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_in(e, 3);
  atr__recurrent_pre(e, q, s, pre);
  atr__cl_items(e, p->dirs * rows * width);
}

void atr__recurrent_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_scratch *s,
                         const char *file, const char *kernel, size_t lens, int64_t vectors) {
  const atr__recurrent_params *p = q->params;
  const int64_t words[] = { p->t, p->n, p->hid, round_16(p->hid), p->dirs, p->reverse, p->layout, vectors };
  atr__cl_kernel(e, file, kernel, "", "");
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) atr__cl_int(e, words[i]);
  atr__cl_float(e, p->clip);
  for (int d = 0; d < 2; d++)
    for (int k = 0; k < 3; k++) {
      atr__cl_int(e, p->f[d][k].kind);
      atr__cl_float(e, p->f[d][k].alpha);
      atr__cl_float(e, p->f[d][k].beta);
    }
  atr__cl_scratch(e, s->matrix);
  atr__cl_scratch(e, s->state);
  atr__cl_in(e, lens);
}

void atr__recurrent_launch(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  const int64_t lines = p->n * p->dirs, across = atr__min_i64(lines, ACROSS);
  const int64_t down = across ? atr__ceil_div(lines, across) : 0;
  /* On a CPU barriers cost more than items give (and PoCL 3.1 gets some of these loops wrong). */
  if (q->device->device_class == ATR__CLASS_CPU)
    atr__cl_groups(e, across, down, 1, 1);
  else
    atr__cl_teams(e, across, down, 1, ITEMS);
}
