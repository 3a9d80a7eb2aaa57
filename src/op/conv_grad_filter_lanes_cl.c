/* conv_grad_filter_lanes_cl.c: launches of kernels/conv_grad_filter_lanes.cl: the filter's gradient with
 * input channels in the lanes, where there are enough of them.
 *
 * Where the filter is small, work is cut by positions into slots whose sums a second launch adds up in order;
 * where it is large, by output channels. The cut depends on shapes alone. */
#include <stdio.h>

#include "op/conv_grad_filter.h"
#include "tensor/shape.h"

enum { ROOM = 1024, ITEMS = 64, TAPS_MOST = 128, GRID_MOST = 32768, SLOT_LARGE = 65536, PART_LEAST = 16 };
static const int64_t SCRATCH_MOST = 16 << 20;

typedef struct {
  int taps, channels;            /* of a register tile */
  int64_t images, rows, columns; /* of a chunk */
  int64_t chunks, blocks, part, parts, slots, slot_floats;
} layout;

/* Vectors that a chunk of that many outputs along an axis needs. */
static int64_t kept(const atr__conv_params *p, int axis, int64_t outputs) {
  const int64_t span = (outputs - 1) * p->stride[axis] + 1;
  return (p->filter[axis] - 1) * atr__min_i64(p->dilation[axis], span) + span;
}

/* The most outputs along an axis, cut evenly, of which `others` times their vectors fit. */
static int64_t fitting(const atr__conv_params *p, int axis, int64_t others) {
  for (int64_t cuts = 1;; cuts++) {
    const int64_t outputs = atr__ceil_div(p->out[axis], cuts);
    if (outputs == 1 || kept(p, axis, outputs) * others <= ROOM) return outputs;
  }
}

/* Measured on AVX-512, whose 32 registers hold the sums, a vector of x and the numbers of dy. */
static void choose_tile(int64_t taps, layout *l) {
  static const struct {
    int multiple, taps, channels;
  } list[] = { { 9, 9, 3 }, { 7, 7, 4 }, { 5, 5, 5 }, { 3, 3, 8 }, { 2, 2, 8 }, { 1, 1, 8 } };
  size_t i = 0;
  while (taps % list[i].multiple) i++;
  if (taps > 9 && list[i].taps < 3) i = 2; /* a prime number of taps: the last ones twice */
  l->taps = list[i].taps;
  l->channels = list[i].channels;
}

static layout plan(const atr__conv_params *p) {
  const int64_t cg = p->c / p->group, ocg = p->oc / p->group, taps = p->filter[1] * p->filter[2];
  layout l = { 0 };
  choose_tile(taps, &l);
  l.blocks = atr__ceil_div(cg, 16);
  l.slot_floats = p->oc * l.blocks * taps * 16;
  l.columns = fitting(p, 2, kept(p, 1, 1));
  l.rows = fitting(p, 1, kept(p, 2, l.columns));
  l.parts = 1;
  const int64_t items = l.blocks * p->group;
  if (l.slot_floats >= SLOT_LARGE)
    l.parts = atr__max_i64(1, atr__min_i64(ocg / PART_LEAST, atr__ceil_div(ITEMS, items)));
  l.part = atr__ceil_div(ocg, l.parts);
  l.parts = atr__ceil_div(ocg, l.part);
  const int64_t cuts = atr__ceil_div(p->out[1], l.rows) * atr__ceil_div(p->out[2], l.columns);
  int64_t wanted = atr__ceil_div(ITEMS, items * l.parts);
  wanted = atr__min_i64(wanted, atr__max_i64(1, SCRATCH_MOST / (int64_t)sizeof(float) / l.slot_floats));
  l.images = 1;
  if (cuts == 1) {
    l.images = atr__max_i64(1, ROOM / (kept(p, 1, l.rows) * kept(p, 2, l.columns)));
    l.images = atr__max_i64(1, atr__min_i64(l.images, p->n / wanted));
  }
  l.chunks = atr__ceil_div(p->n, l.images) * cuts;
  l.slots = atr__min_i64(wanted, l.chunks);
  return l;
}

int atr__conv_grad_filter_lanes_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (q->device->device_class != ATR__CLASS_CPU || q->device->vector_floats < 16 || p->in[0] != 1 ||
      p->out[0] != 1 || p->filter[0] != 1 || p->filter[1] * p->filter[2] > TAPS_MOST || !p->n || !p->c ||
      !p->oc || !p->in[1] || !p->in[2] || p->out[1] <= 0 || p->out[2] <= 0 ||
      kept(p, 1, 1) * kept(p, 2, 1) > ROOM)
    return 0;
  /* Lanes without a channel are wasted. */
  const int64_t cg = p->c / p->group, blocks = atr__ceil_div(cg, 16);
  if (2 * cg < blocks * 16 || blocks * p->group >= GRID_MOST || p->oc >= GRID_MOST) return 0;
  const int64_t most = INT32_MAX / 16;
  return p->oc <= most / (blocks * p->filter[1] * p->filter[2]);
}

uint64_t atr__conv_grad_filter_lanes_scratch(const atr__cl_query *q) {
  const layout l = plan(q->params);
  return (uint64_t)(l.slots * l.slot_floats) * sizeof(float);
}

static void kernel(atr__cl_emit *e, const layout *l, const char *name) {
  char suffix[32], defines[48];
  snprintf(suffix, sizeof suffix, "_%dx%d", l->taps, l->channels);
  snprintf(defines, sizeof defines, "XV=%d OCB=%d ROOM=%d", l->taps, l->channels, ROOM);
  atr__cl_kernel(e, "conv_grad_filter_lanes.cl", name, suffix, defines);
}

void atr__conv_grad_filter_lanes_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const layout l = plan(p);
  kernel(e, &l, "conv_bwd_w_f32_lanes");
  const int64_t head[] = { p->n, p->c / p->group, p->oc / p->group, p->group };
  for (int i = 0; i < 4; i++) atr__cl_int(e, head[i]);
  const int64_t *const pair[] = { p->in, p->out, p->filter, p->stride, p->dilation, p->pad };
  for (int i = 0; i < 6; i++)
    for (int k = 1; k < 3; k++) atr__cl_int(e, pair[i][k]);
  const int64_t tail[] = { l.images, l.rows, l.columns, l.chunks, l.slots, l.part, l.slot_floats };
  for (int i = 0; i < 7; i++) atr__cl_int(e, tail[i]);
  atr__cl_in(e, 0);
  atr__cl_in(e, 1);
  atr__cl_scratch(e, 0);
  atr__cl_groups(e, l.blocks * p->group, l.parts, l.slots, 1);
  kernel(e, &l, "conv_bwd_w_sum_f32_lanes");
  const int64_t words[] = { p->c / p->group, p->filter[1] * p->filter[2], l.slots, l.slot_floats };
  for (int i = 0; i < 4; i++) atr__cl_int(e, words[i]);
  atr__cl_scratch(e, 0);
  atr__cl_out(e, 0);
  atr__cl_groups(e, l.blocks, p->oc, 1, 1);
}
