/* conv_transpose_blocked_cl.c: launches of kernels/conv_transpose_blocked.cl: transposed convolution on
 * channel-blocked tensors, for CPU-class devices.
 *
 * Outputs that are equal modulo the stride are a dense convolution of stride 1 of the input by those taps of
 * the filter that reach them; so the tiles are the direct convolution's (conv_blocked_cl.c), cut as for the
 * phase that has the most taps. */
#include <stdio.h>

#include "op/conv_blocked.h"

#include "tensor/shape.h"

enum { GRID_MAX = 32768, STRIDE_MAX = 16, NARROW_TAPS = 512, CHANNELS_MIN = 8, GROUPS_MIN = 48 };

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

int atr__conv_transpose_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (q->device->device_class != ATR__CLASS_CPU || q->exact || p->spatial > 2 || p->group != 1 ||
      !atr__shape_size(&q->out[0].shape) || !p->oc || p->stride[1] > STRIDE_MAX ||
      p->stride[2] > STRIDE_MAX || p->out[1] < 1 || p->out[2] < 1)
    return 0;
  /* A conversion at either end costs a pass over the tensor: worth it inside a chain. */
  if (q->in[0].layout != ATR__BLOCKED && !q->readers_blocked) return 0;
  const int64_t rows = atr__ceil_div(p->in[1], p->stride[1]), columns = atr__ceil_div(p->in[2], p->stride[2]);
  if (rows * atr__ceil_div(columns, GRID_MAX) >= GRID_MAX ||
      p->n * atr__ceil_div(p->c, 8) * p->stride[1] * p->stride[2] >= GRID_MAX)
    return 0;
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
  const atr__conv_params *p = q->params, like = atr__conv_transpose_like(p);
  atr__cl_query of = *q;
  of.params = &like;
  const atr__conv_cut c = atr__conv_blocked_cut(&of);
  const int channels = atr__conv_blocked_channels(&of), vector = atr__conv_blocked_lanes(q);
  const int64_t blocks = atr__ceil_div(like.oc, channels), across = atr__min_i64(c.tiles, GRID_MAX);
  const int64_t phases = p->stride[1] * p->stride[2], groups = p->n * blocks * c.tiles * like.out[1];
  /* Phases of a tile share what they read, but there must be enough work-groups. */
  int64_t share = phases;
  while (share > 1 && groups * atr__ceil_div(phases, share) < GROUPS_MIN) share = (share + 1) / 2;
  const int64_t shares = atr__ceil_div(phases, share);
  const int64_t weights = (int64_t)atr__conv_transpose_bytes(q) / blocks;
  const int64_t lines = blocks > 1 ? atr__ceil_div(weights, 64 * c.tiles * like.out[1]) : 0;
  const int64_t cb = atr__ceil_div(like.c, 16),
                steps = cb * atr__ceil_div(p->filter[1] * share, p->stride[1]);
  char suffix[32], defines[64];
  snprintf(suffix, sizeof suffix, "_%dx%d", c.width, channels);
  snprintf(defines, sizeof defines, "TW=%d VW=%d NV=%d SW=1 UNROLL=%d", c.width, vector, channels / vector,
           c.width == 8 ? 2 : 1);
  atr__cl_kernel(e, "conv_transpose_blocked.cl", "conv_transpose_f32_blocked", suffix, defines);
  const int64_t head[] = { cb,
                           like.in[1],
                           like.in[2],
                           like.out[1],
                           like.out[2],
                           p->filter[1],
                           p->filter[2],
                           shares,
                           like.dilation[1],
                           like.dilation[2],
                           p->in[1],
                           p->in[2],
                           c.tiles,
                           across,
                           c.lead,
                           c.trail,
                           blocks,
                           like.oc,
                           atr__ceil_div(like.oc, 16),
                           like.c };
  for (size_t i = 0; i < sizeof head / sizeof *head; i++) atr__cl_int(e, head[i]);
  atr__cl_in(e, 0);
  atr__cl_packed(e);
  atr__cl_out(e, 0);
  atr__cl_int(e, share);
  atr__cl_int(e, lines);
  atr__cl_int(e, atr__ceil_div(lines, steps));
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
  atr__cl_groups(e, across, like.out[1] * atr__ceil_div(c.tiles, across), p->n * blocks * shares, 1);
}
