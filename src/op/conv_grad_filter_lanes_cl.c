/* conv_grad_filter_lanes_cl.c: launches of kernels/conv_grad_filter_lanes.cl: the filter's gradient with
 * input channels in the lanes, where there are enough of them.
 *
 * Where the filter is small, work is cut by positions into slots whose sums a second launch adds up in order;
 * where it is large, by output channels. The cut depends on shapes alone. */
#include <stdio.h>

#include "base/checked.h"
#include "op/conv_grad_filter.h"
#include "tensor/shape.h"

enum { ROOM = 1024, TAPS_MOST = 128, GRID_MOST = 32768, BLOCKS_MOST = 2 };
static const int64_t SCRATCH_MOST = 16 << 20;

/* The two axes of a convolution; pixels of a filter of one tap lie in one row. */
typedef struct {
  int64_t n, cg, ocg, group, in[2], out[2], filter[2], stride[2], dilation[2], pad[2];
} geometry;

typedef struct {
  int taps, channels;            /* of a register tile */
  int64_t images, rows, columns; /* of a chunk */
  int64_t chunks, blocks, own, runs, part, parts, slots, slot_floats;
} layout;

static geometry geometry_of(const atr__conv_params *p) {
  geometry g = { .n = p->n, .cg = p->c / p->group, .ocg = p->oc / p->group, .group = p->group };
  int pointwise = 1;
  for (int k = 0; k < 2; k++) {
    g.in[k] = p->in[k + 1];
    g.out[k] = p->out[k + 1];
    g.filter[k] = p->filter[k + 1];
    g.stride[k] = p->stride[k + 1];
    g.dilation[k] = p->dilation[k + 1];
    g.pad[k] = p->pad[k + 1];
    pointwise &= g.filter[k] == 1 && g.stride[k] == 1 && !g.pad[k] && g.in[k] == g.out[k];
  }
  if (pointwise) {
    g.in[1] = g.out[1] = g.in[0] * g.in[1];
    g.in[0] = g.out[0] = 1;
  }
  return g;
}

/* Vectors that a chunk of that many outputs along an axis needs. */
static int64_t kept(const geometry *g, int axis, int64_t outputs) {
  const int64_t span = (outputs - 1) * g->stride[axis] + 1;
  return (g->filter[axis] - 1) * atr__min_i64(g->dilation[axis], span) + span;
}

/* The most outputs along an axis, cut evenly into at least `cuts`, of which `others` times their vectors fit.
 */
static int64_t fitting(const geometry *g, int axis, int64_t cuts, int64_t others) {
  for (;; cuts++) {
    const int64_t outputs = atr__ceil_div(g->out[axis], cuts);
    if (outputs == 1 || kept(g, axis, outputs) * others <= ROOM) return outputs;
  }
}

/* Measured on AVX-512, whose 32 registers hold the sums, a vector of x and the numbers of dy. */
static void choose_tile(const geometry *g, layout *l) {
  static const struct {
    int multiple, taps, channels;
  } list[] = { { 9, 9, 3 }, { 7, 7, 4 }, { 5, 5, 5 }, { 3, 3, 8 }, { 2, 2, 8 }, { 1, 1, 8 } };
  const int64_t taps = g->filter[0] * g->filter[1];
  size_t i = 0;
  l->own = taps == 1 ? atr__min_i64(BLOCKS_MOST, l->blocks) : 1;
  while (l->own * taps % list[i].multiple) i++;
  if (taps > 9 && list[i].taps < 3) i = 2; /* a prime number of taps: the last ones twice */
  l->taps = list[i].taps;
  l->channels = list[i].channels;
}

static int64_t at_least_1(int64_t value) {
  return value > 1 ? value : 1;
}

/* Cuts work for about so many slots and parts of the output channels; gives the cost in cycles of one thread,
 * as measured: a copied vector 7, a sum half, a vector of a slot written, read and added up 8. */
static double cut(const geometry *g, int64_t slots, int64_t parts, layout *l) {
  const int64_t taps = g->filter[0] * g->filter[1];
  l->columns = fitting(g, 1, 1, l->own * kept(g, 0, 1));
  const int64_t across = atr__ceil_div(g->out[1], l->columns);
  const int64_t down = atr__ceil_div(slots, atr__min_i64(slots, g->n * across));
  l->rows = fitting(g, 0, atr__min_i64(down, g->out[0]), l->own * kept(g, 1, l->columns));
  const int64_t cuts = across * atr__ceil_div(g->out[0], l->rows);
  const int64_t vectors = kept(g, 0, l->rows) * kept(g, 1, l->columns);
  l->images = cuts > 1 ? 1 : at_least_1(atr__min_i64(ROOM / (l->own * vectors), g->n / slots));
  l->chunks = atr__ceil_div(g->n, l->images) * cuts;
  l->slots = atr__min_i64(slots, l->chunks);
  l->part = atr__ceil_div(g->ocg, parts);
  l->parts = atr__ceil_div(g->ocg, l->part);
  const double blocks = (double)(l->blocks * g->group),
               items = (double)(l->runs * g->group * l->parts * l->slots);
  const double sums = (double)(g->n * g->out[0] * g->out[1] * taps * g->ocg) / 2 * blocks;
  const double copies = (double)(g->n * cuts * vectors * l->parts) * 7 * blocks;
  const double slot = (double)(l->slots * (l->slot_floats / 16)) * 24;
  return (sums + copies + slot) * (1 + 1.5 / items); /* few items are shared out badly */
}

static layout plan(const geometry *g) {
  layout best = { 0 };
  best.blocks = atr__ceil_div(g->cg, 16);
  best.slot_floats = g->group * g->ocg * best.blocks * g->filter[0] * g->filter[1] * 16;
  choose_tile(g, &best);
  best.runs = atr__ceil_div(best.blocks, best.own);
  layout tried = best;
  double least = 0;
  for (int64_t slots = 1; slots <= 64; slots *= 2) {
    if (slots > 1 && slots * best.slot_floats > SCRATCH_MOST / (int64_t)sizeof(float)) break;
    for (int64_t parts = 1; parts == 1 || (parts <= 16 && g->ocg / parts >= 8); parts++) {
      const double cost = cut(g, slots, parts, &tried);
      if (least > 0 && cost >= least) continue;
      least = cost;
      best = tried;
    }
  }
  return best;
}

int atr__conv_grad_filter_lanes_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (q->device->device_class != ATR__CLASS_CPU || q->device->vector_floats < 16 || p->in[0] != 1 ||
      p->out[0] != 1 || p->filter[0] != 1 || p->filter[1] * p->filter[2] > TAPS_MOST || !p->n || !p->c ||
      !p->oc || !p->in[1] || !p->in[2] || p->out[1] <= 0 || p->out[2] <= 0)
    return 0;
  const geometry g = geometry_of(p);
  const int64_t blocks = atr__ceil_div(g.cg, 16);
  /* Lanes without a channel are wasted. */
  if (2 * g.cg < blocks * 16 || blocks * p->group >= GRID_MOST || p->oc >= GRID_MOST ||
      kept(&g, 0, 1) * kept(&g, 1, 1) * BLOCKS_MOST > ROOM)
    return 0;
  return p->oc <= INT32_MAX / 16 / (blocks * g.filter[0] * g.filter[1]);
}

uint64_t atr__conv_grad_filter_lanes_scratch(const atr__cl_query *q) {
  const geometry g = geometry_of(q->params);
  const layout l = plan(&g);
  return (uint64_t)(l.slots * l.slot_floats) * sizeof(float);
}

static void kernel(atr__cl_emit *e, const layout *l, const char *name) {
  char suffix[32], defines[48];
  snprintf(suffix, sizeof suffix, "_%dx%d", l->taps, l->channels);
  snprintf(defines, sizeof defines, "XV=%d OCB=%d ROOM=%d", l->taps, l->channels, ROOM);
  atr__cl_kernel(e, "conv_grad_filter_lanes.cl", name, suffix, defines);
}

void atr__conv_grad_filter_lanes_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const geometry g = geometry_of(q->params);
  const layout l = plan(&g);
  kernel(e, &l, "conv_bwd_w_f32_lanes");
  const int64_t head[] = { g.n, g.cg, g.ocg, g.group };
  for (int i = 0; i < 4; i++) atr__cl_int(e, head[i]);
  const int64_t *const pair[] = { g.in, g.out, g.filter, g.stride, g.dilation, g.pad };
  for (int i = 0; i < 6; i++)
    for (int k = 0; k < 2; k++) atr__cl_int(e, pair[i][k]);
  const int64_t tail[] = { l.images, l.rows, l.columns, l.chunks, l.slots, l.part, l.slot_floats };
  for (int i = 0; i < 7; i++) atr__cl_int(e, tail[i]);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_scratch(e, 0);
  atr__cl_int(e, l.own);
  atr__cl_groups(e, l.runs * g.group, l.parts, l.slots, 1);
  kernel(e, &l, "conv_bwd_w_sum_f32_lanes");
  const int64_t words[] = { g.cg, g.filter[0] * g.filter[1], l.slots, l.slot_floats };
  for (int i = 0; i < 4; i++) atr__cl_int(e, words[i]);
  atr__cl_scratch(e, 0);
  atr__cl_out(e, 0);
  atr__cl_groups(e, l.blocks, g.group * g.ocg, 1, 1);
}
