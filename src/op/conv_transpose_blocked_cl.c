/* conv_transpose_blocked_cl.c: launches of kernels/conv_transpose_*blocked.cl: transposed convolution on
 * channel-blocked tensors, for CPU-class devices.
 *
 * Outputs that are equal modulo the stride are a dense convolution of stride 1 of the input by those taps of
 * the filter that reach them; so the tiles are the direct convolution's (conv_blocked_cl.c), cut as for the
 * phase that has the most taps. */
#include <stdio.h>

#include "op/conv_blocked.h"

#include "tensor/shape.h"

enum {
  GRID_MAX = 32768,
  STRIDE_MAX = 16,
  NARROW_TAPS = 512,
  CHANNELS_MIN = 8,
  GROUPS_MIN = 48,
  GROUP_TILES = 64,
  DOT_WIDTH = 8,
  DOT_CHANNELS = 8
};

/* What is at positions `rest` modulo the stride along an axis: taps of them, last tap first, `move` apart in
 * the input, of which the first reads the input `before` in front of the phase's own number. */
typedef struct {
  int64_t taps, last, before, move, step; /* last: its number in the filter; step: from there to the next */
} phase;

static phase phase_of(const atr__conv_params *p, int axis, int64_t rest) {
  const int64_t s = p->stride[axis], d = p->dilation[axis], at = rest + p->pad[axis];
  phase f = { .last = p->filter[axis] - 1, .step = 1 };
  while (f.step * d % s) f.step++; /* at most the stride */
  f.move = f.step * d / s;
  while (f.last >= 0 && (at - f.last * d) % s) f.last--;
  if (f.last < 0) { /* no tap reaches it */
    f.last = 0;
    return f;
  }
  f.taps = f.last / f.step + 1;
  f.before = (f.last * d - at) / s;
  return f;
}

/* The two kinds of channels as a convolution names them. */
static atr__conv_params exchanged(const atr__conv_params *p) {
  atr__conv_params to = *p;
  to.c = p->oc;
  to.oc = p->c;
  return to;
}

/* Its outputs are as many as those of the phase that has most. */
atr__conv_params atr__conv_transpose_like(const atr__conv_params *p) {
  atr__conv_params to = exchanged(p);
  for (int k = 0; k < 3; k++) {
    phase most = phase_of(p, k, 0);
    for (int64_t rest = 1; rest < atr__min_i64(p->stride[k], p->in[k]); rest++) {
      const phase f = phase_of(p, k, rest);
      if (f.taps > most.taps) most = f;
    }
    to.in[k] = p->out[k];
    to.out[k] = atr__ceil_div(p->in[k], p->stride[k]);
    to.filter[k] = atr__max_i64(1, most.taps);
    to.stride[k] = 1;
    to.dilation[k] = most.move;
    to.pad[k] = most.before;
  }
  return to;
}

static int fits(const atr__cl_query *q, const atr__conv_params *p) {
  if (q->device->device_class != ATR__CLASS_CPU || q->exact || p->spatial > 2 ||
      !atr__shape_size(&q->out[0].shape) || !p->oc || p->stride[1] > STRIDE_MAX ||
      p->stride[2] > STRIDE_MAX || p->out[1] < 1 || p->out[2] < 1)
    return 0;
  /* A conversion at either end costs a pass over the tensor: worth it inside a chain. */
  if (q->in[0].layout != ATR__BLOCKED && !q->readers_blocked) return 0;
  const int64_t rows = atr__ceil_div(p->in[1], p->stride[1]), columns = atr__ceil_div(p->in[2], p->stride[2]);
  return rows * atr__ceil_div(columns, GRID_MAX) < GRID_MAX &&
         p->n * atr__ceil_div(p->c, 8) * p->stride[1] * p->stride[2] < GRID_MAX;
}

/* The words of conv_phase.clh. like: the convolution that tiles are cut for; shares of phases that
 * work-groups do, and what one does of them or of tiles; lines: 64 bytes of weights that a work-group asks
 * for ahead, those of them at each row of taps. */
typedef struct {
  atr__conv_params like;
  atr__conv_cut cut;
  int64_t across, blocks, shares, share, lines, some;
} grid;

static void push(atr__cl_emit *e, const atr__conv_params *p, const grid *g) {
  const int64_t head[] = { atr__ceil_div(g->like.c, 16),
                           g->like.in[1],
                           g->like.in[2],
                           g->like.out[1],
                           g->like.out[2],
                           p->filter[1],
                           p->filter[2],
                           g->shares,
                           g->like.dilation[1],
                           g->like.dilation[2],
                           p->in[1],
                           p->in[2],
                           g->cut.tiles,
                           g->across,
                           g->cut.lead,
                           g->cut.trail,
                           g->blocks,
                           g->like.oc,
                           atr__ceil_div(g->like.oc, 16),
                           g->like.c };
  for (size_t i = 0; i < sizeof head / sizeof *head; i++) atr__cl_int(e, head[i]);
  atr__cl_in(e, 0);
  atr__cl_packed(e);
  atr__cl_out(e, 0);
  atr__cl_int(e, g->share);
  atr__cl_int(e, g->lines);
  atr__cl_int(e, g->some);
  for (int i = 29; i < 32; i++) atr__cl_int(e, 0);
  atr__conv_push_epilogue(e, p);
  for (int k = 1; k < 3; k++) atr__cl_int(e, p->stride[k]);
  for (int k = 1; k < 3; k++) atr__cl_int(e, phase_of(p, k, 0).step);
  for (int i = 44; i < 64; i++) atr__cl_int(e, 0); /* from 48 on: zeros to read */
  for (int k = 1; k < 3; k++)
    for (int64_t rest = 0; rest < p->stride[k]; rest++) {
      const phase f = phase_of(p, k, rest);
      atr__cl_int(e, f.taps);
      atr__cl_int(e, f.last);
      atr__cl_int(e, f.before);
    }
}

/* ---- one group, channels in blocks */
int atr__conv_transpose_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (!fits(q, p) || p->group != 1) return 0;
  /* Few channels leave lanes idle: still better than leaving the blocks, where there is little to do. */
  if (q->in[0].layout == ATR__BLOCKED && p->oc * p->filter[1] * p->filter[2] <= NARROW_TAPS) return 1;
  return q->asked || (p->oc >= CHANNELS_MIN && p->c >= CHANNELS_MIN);
}

uint64_t atr__conv_transpose_bytes(const atr__cl_query *q) {
  const atr__conv_params p = exchanged(q->params);
  atr__cl_query of = *q;
  of.params = &p;
  return atr__conv_blocked_bytes(&of);
}

void atr__conv_transpose_pack(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params p = exchanged(q->params);
  atr__cl_query of = *q;
  of.params = &p;
  atr__conv_blocked_emit_pack(e, &p, atr__conv_blocked_bytes(&of), atr__conv_blocked_channels(&of), 16, 1);
}

void atr__conv_transpose_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  grid g = { .like = atr__conv_transpose_like(p) };
  atr__cl_query of = *q;
  of.params = &g.like;
  g.cut = atr__conv_blocked_cut(&of);
  const int channels = atr__conv_blocked_channels(&of), vector = atr__conv_blocked_lanes(q);
  const int64_t rows = g.like.out[1], phases = p->stride[1] * p->stride[2];
  g.blocks = atr__ceil_div(g.like.oc, channels);
  g.across = atr__min_i64(g.cut.tiles, GRID_MAX);
  /* Phases of a tile share what they read, but there must be enough work-groups. */
  const int64_t groups = p->n * g.blocks * g.cut.tiles * rows;
  for (g.share = phases; g.share > 1 && groups * atr__ceil_div(phases, g.share) < GROUPS_MIN;)
    g.share = (g.share + 1) / 2;
  g.shares = atr__ceil_div(phases, g.share);
  const int64_t weights = (int64_t)atr__conv_transpose_bytes(q) / g.blocks;
  g.lines = g.blocks > 1 ? atr__ceil_div(weights, 64 * g.cut.tiles * rows) : 0;
  g.some = atr__ceil_div(g.lines,
                         atr__ceil_div(g.like.c, 16) * atr__ceil_div(p->filter[1] * g.share, p->stride[1]));
  char suffix[32], defines[64];
  snprintf(suffix, sizeof suffix, "_%dx%d", g.cut.width, channels);
  snprintf(defines, sizeof defines, "TW=%d VW=%d NV=%d SW=1 UNROLL=%d", g.cut.width, vector,
           channels / vector, g.cut.width == 8 ? 2 : 1);
  atr__cl_kernel(e, "conv_transpose_blocked.cl", "conv_transpose_f32_blocked", suffix, defines);
  push(e, p, &g);
  atr__cl_groups(e, g.across, rows * atr__ceil_div(g.cut.tiles, g.across), p->n * g.blocks * g.shares, 1);
}

/* Work-groups do tiles one behind the other, rows too: what one is begun with is worth some, but there should
 * be enough of them. many: there are anyway. */
static void launch_rows(atr__cl_emit *e, const atr__conv_params *p, grid *g, int64_t many) {
  const int64_t tiles = g->cut.tiles * g->like.out[1],
                most = atr__max_i64(1, atr__ceil_div(GROUPS_MIN, many));
  g->share = atr__max_i64(1, atr__min_i64(atr__ceil_div(tiles, most), GROUP_TILES));
  const int64_t groups = atr__ceil_div(tiles, g->share);
  g->across = atr__min_i64(groups, GRID_MAX);
  push(e, p, g);
  atr__cl_groups(e, g->across, atr__ceil_div(groups, g->across), many, 1);
}

/* ---- a filter a channel, whose packed form is Conv's */
int atr__conv_transpose_depthwise_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return fits(q, p) && p->c > 1 && p->group == p->c && p->oc == p->c;
}

void atr__conv_transpose_depthwise_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  grid g = { .like = atr__conv_transpose_like(p), .shares = 1 };
  const int vector = atr__conv_blocked_lanes(q);
  atr__cl_query of = *q;
  of.params = &g.like;
  g.cut = atr__conv_blocked_cut(&of);
  g.blocks = atr__ceil_div(p->c, 16) * 16 / vector;
  char suffix[32], defines[64];
  snprintf(suffix, sizeof suffix, "_%dx%d", g.cut.width, vector);
  snprintf(defines, sizeof defines, "TW=%d VW=%d", g.cut.width, vector);
  atr__cl_kernel(e, "conv_transpose_depthwise_blocked.cl", "conv_transpose_f32_depthwise_blocked", suffix,
                 defines);
  launch_rows(e, p, &g, p->n * g.blocks);
}

/* ---- into few channels, plain: what goes on in blocks stays there, as in Conv's dot_blocked */
int atr__conv_transpose_dot_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int goes_on = q->readers_blocked && atr__conv_transpose_applies(q);
  return fits(q, p) && p->group == 1 && p->c <= DOT_CHANNELS && atr__conv_blocked_lanes(q) == 16 &&
         (q->asked || (q->in[0].layout == ATR__BLOCKED && !goes_on)) &&
         p->in[1] * atr__ceil_div(p->in[2], DOT_WIDTH) < INT32_MAX;
}

uint64_t atr__conv_transpose_dot_bytes(const atr__cl_query *q) {
  const atr__conv_params p = exchanged(q->params);
  atr__cl_query of = *q;
  of.params = &p;
  return atr__conv_dot_bytes(&of);
}

void atr__conv_transpose_dot_pack(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params p = exchanged(q->params);
  atr__conv_blocked_emit_pack(e, &p, atr__conv_transpose_dot_bytes(q), 1, 16, 1);
}

void atr__conv_transpose_dot_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  grid g = { .like = atr__conv_transpose_like(p), .shares = 1, .blocks = 1 };
  g.cut = atr__conv_row_cut(DOT_WIDTH, g.like.out[2]);
  atr__cl_kernel(e, "conv_transpose_dot_blocked.cl", "conv_transpose_f32_dot_blocked", "", "");
  launch_rows(e, p, &g, p->n);
}
