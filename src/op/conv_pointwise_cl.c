/* conv_pointwise_cl.c: launches of kernels/conv_pointwise_plain.cl. The gradient of the input is the same
 * with the two kinds of channels exchanged. */
#include <stdio.h>

#include "op/conv_pointwise.h"

enum { ROOM = 1024, BLOCK = 8, TILE = 48, VECTOR = 16, ITEMS = 48, GRID_MOST = 32768 };

typedef struct {
  int64_t n, plane, c, oc, group; /* channels summed and made, of a group */
  int64_t stride_oc, stride_c, stride_group;
  int64_t tiles, blocks, part, parts;
  int forward;
} layout;

static layout plan(const atr__cl_query *q, int forward) {
  const atr__conv_params *p = q->params;
  const int64_t cg = p->c / p->group, ocg = p->oc / p->group;
  layout l = { .n = p->n, .group = p->group, .stride_group = cg * ocg, .forward = forward };
  l.plane = p->in[0] * p->in[1] * p->in[2];
  l.c = forward ? cg : ocg;
  l.oc = forward ? ocg : cg;
  l.stride_oc = forward ? cg : 1;
  l.stride_c = forward ? 1 : cg;
  l.tiles = atr__ceil_div(l.plane, TILE);
  l.blocks = atr__ceil_div(l.oc, BLOCK);
  /* The copy of a tile serves all its blocks of channels, but there must be enough items. */
  const int64_t most = atr__ceil_div(ITEMS, atr__max_i64(1, l.n * l.group * l.tiles));
  l.part = atr__ceil_div(l.blocks, atr__max_i64(1, atr__min_i64(l.blocks, most)));
  l.parts = l.part ? atr__ceil_div(l.blocks, l.part) : 0;
  return l;
}

static int absent(const atr__cl_query *q, size_t i) {
  return i >= q->n_in || q->in[i].type == ATR_TYPE_NONE;
}

static int fits(const atr__cl_query *q, int forward) {
  const atr__conv_params *p = q->params;
  if (q->device->device_class != ATR__CLASS_CPU || q->device->vector_floats < VECTOR || !p->n || !p->c ||
      !p->oc)
    return 0;
  for (int k = 0; k < 3; k++)
    if (p->filter[k] != 1 || p->stride[k] != 1 || p->pad[k] || p->in[k] != p->out[k]) return 0;
  if (forward && (!absent(q, ATR__CONV_FACTOR) || !absent(q, ATR__CONV_RESIDUAL))) return 0;
  const layout l = plan(q, forward);
  /* Blocks of less than four channels would be computed mostly in vain. */
  return l.plane > 0 && l.c <= ROOM && 2 * l.oc >= (l.blocks * 2 - 1) * BLOCK && l.n < GRID_MOST &&
         l.tiles < GRID_MOST && l.group * l.blocks < GRID_MOST;
}

typedef void push_weights(atr__cl_emit *e);
static void in_packed(atr__cl_emit *e) {
  atr__cl_packed(e);
}
static void in_scratch(atr__cl_emit *e) {
  atr__cl_scratch(e, 0);
}
static void as_given(atr__cl_emit *e) {
  atr__cl_in(e, 1);
}

static void kernel(atr__cl_emit *e, const char *name) {
  char defines[32];
  snprintf(defines, sizeof defines, "ROOM=%d", ROOM);
  atr__cl_kernel(e, "conv_pointwise_plain.cl", name, "", defines);
}

static void emit_pack(atr__cl_emit *e, const layout *l, push_weights *push) {
  kernel(e, "conv_pointwise_pack_f32_plain");
  const int64_t words[] = { l->c, l->oc, l->stride_oc, l->stride_c, l->stride_group };
  for (int i = 0; i < 5; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, 1);
  push(e);
  atr__cl_groups(e, l->blocks, l->group, 1, 1);
}

static void emit_tiles(atr__cl_emit *e, const atr__cl_query *q, const layout *l, push_weights *push) {
  const atr__conv_params *p = q->params;
  kernel(e, "conv_pointwise_f32_plain");
  const int64_t words[] = { l->plane, l->c, l->oc, l->group, l->part, l->parts };
  for (int i = 0; i < 6; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, 0);
  push(e);
  if (l->forward)
    atr__cl_in(e, 2);
  else
    for (int i = 0; i < 2; i++) atr__cl_int(e, 0); /* absent */
  atr__cl_out(e, 0);
  atr__cl_float(e, l->forward ? atr__conv_low(p) : -INFINITY);
  atr__cl_float(e, l->forward ? atr__conv_high(p) : INFINITY);
  const int given = push == as_given;
  atr__cl_int(e, given ? BLOCK : BLOCK * l->c);
  atr__cl_int(e, given ? l->stride_c : BLOCK);
  atr__cl_int(e, given ? l->stride_group : l->blocks * BLOCK * l->c);
  atr__cl_groups(e, l->parts * l->group, l->tiles, l->n, 1);
}

static uint64_t bytes(const layout *l) {
  return (uint64_t)(l->group * l->blocks * BLOCK * l->c) * sizeof(float);
}

/* Weights that lie as the kernel reads them, those of most gradients, are read where they are.
 *
 * A form of packed weights has one name whatever the groups, so it is kept for ungrouped weights only. */
#define ROWS(name, forward)                                                                                  \
  int name##_applies(const atr__cl_query *q) {                                                               \
    return fits(q, forward);                                                                                 \
  }                                                                                                          \
  int name##_applies_packed(const atr__cl_query *q) {                                                        \
    return fits(q, forward) && ((const atr__conv_params *)q->params)->group == 1 && q->in[1].is_param;       \
  }                                                                                                          \
  uint64_t name##_bytes(const atr__cl_query *q) {                                                            \
    const layout l = plan(q, forward);                                                                       \
    return bytes(&l);                                                                                        \
  }                                                                                                          \
  void name##_pack(atr__cl_emit *e, const atr__cl_query *q) {                                                \
    const layout l = plan(q, forward);                                                                       \
    emit_pack(e, &l, in_packed);                                                                             \
  }                                                                                                          \
  void name##_emit_packed(atr__cl_emit *e, const atr__cl_query *q) {                                         \
    const layout l = plan(q, forward);                                                                       \
    emit_tiles(e, q, &l, in_packed);                                                                         \
  }                                                                                                          \
  void name##_emit(atr__cl_emit *e, const atr__cl_query *q) {                                                \
    const layout l = plan(q, forward);                                                                       \
    if (l.stride_oc == 1 && l.oc % BLOCK == 0) {                                                             \
      emit_tiles(e, q, &l, as_given);                                                                        \
    } else {                                                                                                 \
      emit_pack(e, &l, in_scratch);                                                                          \
      emit_tiles(e, q, &l, in_scratch);                                                                      \
    }                                                                                                        \
  }

ROWS(atr__conv_one_tap, 1)
ROWS(atr__conv_one_tap_grad, 0)
