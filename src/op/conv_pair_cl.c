/* conv_pair_cl.c: launches of kernels/conv_pair_blocked.cl: a layer of a residual stack of a series (TCN,
 * WaveNet without gates), which is two convolutions, as one. The first goes by the algorithm that was chosen
 * for it. */
#include <stdio.h>

#include "op/conv_blocked.h"

enum { ROOM = 8, TAPS_MAX = 16, GRID_MAX = 32768, M = 4 };

/* How the outputs are cut into work-groups. */
typedef struct {
  int width, repeated; /* a work-group's outputs: as many times so many */
  int64_t groups, row, phases, tiles;
} cut;

static int lanes(const atr__cl_query *q) {
  return q->device->vector_floats >= 16 ? 16 : 8;
}

static cut cut_up(const atr__cl_query *q, int winograd) {
  const atr__conv_params *p = q->params;
  const int64_t t = p->out[2];
  cut c = { .width = lanes(q) == 16 ? 14 : 6, .repeated = lanes(q) == 16 ? 2 : 4, .phases = 1 };
  if (!winograd) {
    c.row = atr__ceil_div(t, c.width * c.repeated);
    c.groups = p->n * c.row;
    return c;
  }
  c.width = lanes(q) == 16 ? 8 : 6;
  c.repeated = M;
  c.phases = atr__min_i64(p->dilation[2], t);
  c.row = atr__ceil_div(atr__ceil_div(t, p->dilation[2]), M);
  c.tiles = p->n * c.phases * c.row;
  c.groups = atr__ceil_div(c.tiles, c.width);
  return c;
}

static int absent(const atr__cl_query *q, size_t i) {
  return i >= q->n_in || q->in[i].type == ATR_TYPE_NONE;
}

static int applies(const atr__cl_query *first, const atr__cl_query *second, unsigned same, int winograd) {
  const atr__conv_params *p = first->params, *s = second->params;
  return atr__conv_blocked_channels(first) == 2 * lanes(first) && p->spatial == 1 && p->group == 1 &&
         s->group == 1 && p->c == p->oc && s->oc == p->c && p->c <= 16 * ROOM && p->filter[2] <= TAPS_MAX &&
         p->stride[2] == 1 && p->in[2] == p->out[2] && p->activation == ATR__ACT_RELU &&
         absent(first, ATR__CONV_RESIDUAL) && absent(first, ATR__CONV_FACTOR) &&
         absent(second, ATR__CONV_FACTOR) && same & 1u << ATR__CONV_RESIDUAL &&
         cut_up(first, winograd).groups < GRID_MAX &&
         p->n * atr__ceil_div(p->c, 16) * 16 * p->out[2] < ATR__COORDINATE_MAX;
}

static void emit(atr__cl_emit *e, const atr__cl_query *first, const atr__cl_query *second, int winograd) {
  const atr__conv_params *p = first->params, *s = second->params;
  const cut c = cut_up(first, winograd);
  const int vector = lanes(first);
  char suffix[48], defines[96];
  snprintf(suffix, sizeof suffix, "_%s_%dx%d", winograd ? "winograd4" : "direct", c.width, 2 * vector);
  snprintf(defines, sizeof defines, "TW=%d VW=%d REP=%d WINO=%d ROOM=%d UNROLL=%d", c.width, vector,
           c.repeated, winograd, ROOM, c.width == 8 ? 2 : 1);
  atr__cl_kernel(e, "conv_pair_blocked.cl", "conv_fwd_f32_pair_blocked", suffix, defines);
  const int64_t words[20] = { atr__ceil_div(p->c, 16),
                              p->out[2],
                              p->filter[2],
                              p->dilation[2],
                              p->pad[2],
                              c.row,
                              c.phases,
                              c.tiles,
                              [17] = p->c };
  for (int i = 0; i < 20; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, 0);
  atr__cl_first_packed(e);
  atr__cl_out(e, 0);
  atr__cl_packed(e);
  atr__cl_first_in(e, 2);
  atr__cl_in(e, 2);
  atr__cl_float(e, atr__conv_low(s));
  atr__cl_float(e, atr__conv_high(s));
  for (int i = 34; i < 64; i++) atr__cl_int(e, 0); /* from 48 on: zeros to read */
  atr__cl_groups(e, c.groups, 1, 1, 1);
}

static int direct_applies(const atr__cl_query *first, const atr__cl_query *second, unsigned same) {
  return applies(first, second, same, 0);
}
static int winograd_applies(const atr__cl_query *first, const atr__cl_query *second, unsigned same) {
  return applies(first, second, same, 1);
}
static void direct_emit(atr__cl_emit *e, const atr__cl_query *first, const atr__cl_query *second) {
  emit(e, first, second, 0);
}
static void winograd_emit(atr__cl_emit *e, const atr__cl_query *first, const atr__cl_query *second) {
  emit(e, first, second, 1);
}

const atr__cl_pair atr__conv_pairs[] = {
  { "direct_blocked", "pointwise_blocked", direct_applies, direct_emit },
  { "winograd4_blocked", "pointwise_blocked", winograd_applies, winograd_emit },
  { NULL, NULL, NULL, NULL },
};
