/* conv_blocked_cl.c: launches of kernels/conv_*_blocked.cl: convolution on channel-blocked tensors with
 * packed weights, for CPU-class devices; see kernels/conv_tile.clh. Which tile: the widest vectors the device
 * has, and the width and the cut into tiles that waste least. */
#include <float.h>
#include <stdio.h>

#include "op/conv_blocked.h"

#include "tensor/shape.h"

#define STORE_CYCLES 20.0 /* of sixteen outputs, in those of conv_blocked.h */
#define ONE_VECTOR 0.55   /* of a tile's cycles where it has one vector of channels */
enum {
  GRID_MAX = 32768,
  STEM_ROOM = 80,
  STEM_WIDE = 640,
  GROUPS_MIN = 48,
  NARROW_TAPS = 512,
  GROUP_TILES = 64
};

/* A tile computes two vectors of channels, a depthwise tile one. */
int atr__conv_blocked_lanes(const atr__cl_query *q) {
  return q->device->vector_floats >= 16 ? 16 : 8;
}

/* Vectors of a tile that is not of depthwise convolution: one where there are channels for no more. Weights
 * are packed for it, so that it depends on nothing but their shape. */
static int vectors(const atr__cl_query *q) {
  return atr__conv_blocked_lanes(q) == 16 && ((const atr__conv_params *)q->params)->oc <= 16 ? 1 : 2;
}

int atr__conv_blocked_channels(const atr__cl_query *q) {
  return vectors(q) * atr__conv_blocked_lanes(q);
}

typedef atr__conv_cut cut;

static void make_cut(cut *c, int64_t ow) {
  c->lead = atr__min_i64(c->lead, ow);
  c->trail = atr__min_i64(c->trail, ow - c->lead);
  c->tiles = c->trail ? 2 + atr__ceil_div(ow - c->lead - c->trail, c->width) : 1;
}

cut atr__conv_row_cut(int width, int64_t ow) {
  cut c = { .width = width, .lead = width, .trail = width };
  make_cut(&c, ow);
  return c;
}

/* How often a tile meets a tap that it needs. */
static int64_t work(const atr__conv_params *p, const cut *c) {
  const int64_t ow = p->out[2];
  int64_t sum = 0;
  for (int64_t k = 0; k < p->filter[2]; k++) {
    int64_t low, high;
    atr__conv_valid(k * p->dilation[2] - p->pad[2], p->stride[2], p->in[2], ow, &low, &high);
    for (int64_t i = 0; i < c->tiles; i++) {
      const int last = i && i + 1 == c->tiles;
      const int64_t from = !i ? 0 : last ? ow - c->trail : c->lead + (i - 1) * c->width;
      const int64_t to = !i ? c->lead : last ? ow : atr__min_i64(from + c->width, ow - c->trail);
      sum += atr__max_i64(from, low) < atr__min_i64(to, high);
    }
  }
  return sum;
}

/* The cycles of one unit of a cut's cost, over all rows, taps and channels. */
static double cost_cycles(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  int64_t rows = 1; /* of taps that meet the input; one more than there are, so that none is not zero */
  for (int64_t k = 0; k < p->filter[1]; k++) {
    int64_t low, high;
    atr__conv_valid(k * p->dilation[1] - p->pad[1], p->stride[1], p->in[1], p->out[1], &low, &high);
    rows += atr__max_i64(0, high - low);
  }
  const int64_t channels =
      p->group > 1 ? atr__ceil_div(p->c, atr__conv_blocked_lanes(q))
                   : atr__ceil_div(p->c, 16) * 16 * atr__ceil_div(p->oc, atr__conv_blocked_channels(q));
  const double tile = p->group == 1 && vectors(q) == 1 ? ONE_VECTOR : 1;
  return (double)p->n * (double)rows * (double)channels * tile / 100;
}

/* Among the widths there are kernels for, and cuts at the ends that put what misses a far tap into whole
 * tiles. */
cut atr__conv_blocked_cut(const atr__cl_query *q) {
  typedef struct {
    int width, cost; /* of a tile and a tap, in hundredths of an output's */
  } choice;
  /* The first is what others in the plan are likely to have. */
  static const choice wide[] = { { 14, 1400 }, { 8, 840 }, { 13, 1380 }, { 0, 0 } };
  static const choice narrow[] = { { 6, 600 }, { 4, 430 }, { 0, 0 } };
  /* A filter a channel: rows of 7 are so frequent, and so short, that they are worth a width of their own. */
  static const choice seven[] = { { 7, 700 }, { 0, 0 } };
  const atr__conv_params *p = q->params;
  const choice *list = atr__conv_blocked_lanes(q) != 16 ? narrow
                       : p->group > 1 && p->out[2] == 7 ? seven
                                                        : wide;
  const int64_t ow = p->out[2], far = p->dilation[2] * (p->filter[2] - 1);
  const int64_t before = atr__ceil_div(p->pad[2], p->stride[2]);
  const int64_t behind =
      ow - atr__max_i64(0, atr__floor_div(p->in[2] - 1 + p->pad[2] - far, p->stride[2]) + 1);
  const double spare = ATR__CONV_CYCLES_KERNEL / cost_cycles(q);
  cut best = { 0 };
  double least = DBL_MAX;
  for (const choice *first = list; list->width; list++) {
    const int width = list->width;
    if (list == first + 1) least -= spare;
    for (int shape = 0; shape < 4; shape++) {
      cut c = { .width = width, .lead = width, .trail = width };
      if (shape & 1 && before % width) c.lead = before % width;
      if (shape & 2 && behind > 0 && behind % width) c.trail = behind % width;
      make_cut(&c, ow);
      const int64_t total = work(p, &c) * list->cost;
      if ((double)total >= least) continue;
      least = (double)total;
      best = c;
      best.cost = total;
    }
  }
  return best;
}

static int fits(const atr__cl_query *q, const atr__conv_params *p) {
  /* A conversion at either end costs a pass over the tensor: worth it inside a chain. */
  return q->device->device_class == ATR__CLASS_CPU && !q->exact && p->spatial <= 2 && p->stride[2] <= 4 &&
         atr__shape_size(&q->out[0].shape) && (q->in[0].layout == ATR__BLOCKED || q->readers_blocked) &&
         p->out[1] * atr__ceil_div(p->out[2], GRID_MAX) < GRID_MAX &&
         p->n * atr__ceil_div(p->oc, 8) < GRID_MAX;
}

/* The words of conv_tile.clh. share: what a work-group does more of than one, blocks of output channels or,
 * in rows, tiles of the plane. weights: bytes of one block. */
typedef enum { IMAGE, FLAT, ROWS, FLAT_ROWS } grid;
static void push(atr__cl_emit *e, const atr__cl_query *q, const cut *c, int64_t blocks, int64_t share,
                 int64_t weights, grid shape) {
  const atr__conv_params *p = q->params;
  const int flat = shape == FLAT || shape == FLAT_ROWS, rowed = shape == ROWS || shape == FLAT_ROWS;
  const int64_t plane = p->out[1] * p->out[2],
                tiles = rowed ? atr__ceil_div(c->tiles * (flat ? 1 : p->out[1]), share) : c->tiles;
  const int64_t across = atr__min_i64(tiles, GRID_MAX), rows = shape == IMAGE ? p->out[1] : 1;
  const int64_t lines = blocks > 1 ? atr__ceil_div(weights, 64 * c->tiles * rows) : 0;
  const int64_t steps = atr__ceil_div(p->c, 16) * (flat ? 1 : p->filter[1]);
  const int64_t words[] = { atr__ceil_div(p->c, 16),
                            flat ? 1 : p->in[1],
                            flat ? plane : p->in[2],
                            flat ? 1 : p->out[1],
                            flat ? plane : p->out[2],
                            p->filter[1],
                            p->filter[2],
                            p->stride[1],
                            p->dilation[1],
                            p->dilation[2],
                            p->pad[1],
                            p->pad[2],
                            c->tiles,
                            across,
                            c->lead,
                            c->trail,
                            blocks,
                            p->oc,
                            atr__ceil_div(p->oc, 16),
                            p->c };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, 0);
  atr__cl_packed(e);
  atr__cl_out(e, 0);
  atr__cl_int(e, share);
  atr__cl_int(e, lines);
  atr__cl_int(e, atr__ceil_div(lines, steps));
  for (int i = 29; i < 32; i++) atr__cl_int(e, 0);
  atr__conv_push_epilogue(e, p);
  for (int i = 40; i < 64; i++) atr__cl_int(e, 0); /* from 48 on: zeros to read */
  atr__cl_groups(e, across, rows * atr__ceil_div(tiles, across), p->n * blocks, 1);
}

/* ---- one group, channels in blocks */
int atr__conv_blocked_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (!fits(q, p) || p->group != 1) return 0;
  /* Few channels leave lanes idle: still better than leaving the blocks, where there is little to do. */
  if (q->in[0].layout == ATR__BLOCKED && p->c * p->filter[1] * p->filter[2] <= NARROW_TAPS) return 1;
  return p->c >= 16 && p->oc >= 16;
}

double atr__conv_blocked_cycles(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const cut c = atr__conv_blocked_cut(q);
  return (double)c.cost * cost_cycles(q) +
         STORE_CYCLES * (double)(p->n * p->out[1] * p->out[2] * atr__ceil_div(p->oc, 16)) +
         ATR__CONV_CYCLES_BYTE * (double)atr__conv_blocked_bytes(q) + ATR__CONV_CYCLES_LAUNCH;
}

uint64_t atr__conv_blocked_bytes(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int channels = atr__conv_blocked_channels(q);
  return (uint64_t)(atr__ceil_div(p->oc, channels) * channels * atr__ceil_div(p->c, 16) * 16 * p->filter[1] *
                    p->filter[2]) *
         sizeof(float);
}

void atr__conv_blocked_emit_pack(atr__cl_emit *e, const atr__conv_params *p, uint64_t bytes, int channels,
                                 int size, int transposed) {
  const int64_t tiles = (int64_t)(bytes / sizeof(float)) / channels / size, c = p->c / p->group;
  const int64_t taps = p->filter[1] * p->filter[2];
  if (channels == 1)
    atr__cl_kernel(e, "conv_pack_blocked.cl", "conv_pack_f32_blocked", "_1", "OCB=1");
  else if (channels == 32)
    atr__cl_kernel(e, "conv_pack_blocked.cl", "conv_pack_f32_blocked", "_32", "OCB=32");
  else
    atr__cl_kernel(e, "conv_pack_blocked.cl", "conv_pack_f32_blocked", "_16", "OCB=16");
  atr__cl_int(e, tiles);
  atr__cl_int(e, p->oc);
  atr__cl_int(e, c);
  atr__cl_int(e, taps);
  atr__cl_int(e, atr__ceil_div(c, size));
  atr__cl_in(e, 1);
  atr__cl_packed(e);
  atr__cl_int(e, size);
  atr__cl_int(e, transposed ? taps : c * taps);
  atr__cl_int(e, transposed ? p->oc * taps : taps);
  atr__cl_tiles(e, tiles);
}

void atr__conv_blocked_pack(atr__cl_emit *e, const atr__cl_query *q) {
  atr__conv_blocked_emit_pack(e, q->params, atr__conv_blocked_bytes(q), atr__conv_blocked_channels(q), 16, 0);
}

void atr__conv_blocked_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int vector = atr__conv_blocked_lanes(q);
  const cut c = atr__conv_blocked_cut(q);
  char suffix[32], defines[64];
  snprintf(suffix, sizeof suffix, "_%dx%d_s%d", c.width, atr__conv_blocked_channels(q), (int)p->stride[2]);
  snprintf(defines, sizeof defines, "TW=%d VW=%d NV=%d SW=%d UNROLL=%d", c.width, vector, vectors(q),
           (int)p->stride[2], c.width == 8 ? 2 : 1);
  atr__cl_kernel(e, "conv_direct_blocked.cl", "conv_fwd_f32_direct_blocked", suffix, defines);
  const int64_t blocks = atr__ceil_div(p->oc, atr__conv_blocked_channels(q));
  push(e, q, &c, blocks, 1, (int64_t)atr__conv_blocked_bytes(q) / blocks, IMAGE);
}

/* ---- 1×1: a plane is one row */
static int is_pointwise(const atr__conv_params *p) {
  for (int i = 1; i < 3; i++)
    if (p->filter[i] != 1 || p->stride[i] != 1 || p->pad[i] || p->in[i] != p->out[i]) return 0;
  return 1;
}

static int pointwise_width(const atr__cl_query *q) {
  return atr__conv_blocked_lanes(q) == 16 ? 14 : 6;
}

int atr__conv_pointwise_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  if (!is_pointwise(p)) return 0;
  /* Where there is little to do, a kernel that is compiled for others does it. */
  return atr__conv_blocked_applies(q) && p->out[1] * p->out[2] >= pointwise_width(q);
}

void atr__conv_pointwise_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int vector = atr__conv_blocked_lanes(q), width = pointwise_width(q);
  const cut c = atr__conv_row_cut(width, p->out[1] * p->out[2]);
  const int64_t blocks = atr__ceil_div(p->oc, atr__conv_blocked_channels(q));
  /* Large shares, as long as there are enough of them. */
  int64_t share = blocks;
  while (share > 1 && p->n * c.tiles * atr__ceil_div(blocks, share) < GROUPS_MIN) share = (share + 1) / 2;
  char suffix[32], defines[64];
  snprintf(suffix, sizeof suffix, "_%dx%d", width, atr__conv_blocked_channels(q));
  snprintf(defines, sizeof defines, "TW=%d VW=%d NV=%d", width, vector, vectors(q));
  atr__cl_kernel(e, "conv_pointwise_blocked.cl", "conv_fwd_f32_pointwise_blocked", suffix, defines);
  push(e, q, &c, atr__ceil_div(blocks, share), share, (int64_t)atr__conv_blocked_bytes(q) / blocks, FLAT);
}

/* ---- into few channels, plain */
enum { DOT_WIDTH = 8, DOT_CHANNELS = 8 };

/* For a net's last layers: what goes on in blocks stays there. */
int atr__conv_dot_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return fits(q, p) && p->group == 1 && p->oc <= DOT_CHANNELS && atr__conv_blocked_lanes(q) == 16 &&
         (q->asked || (q->in[0].layout == ATR__BLOCKED && !q->readers_blocked)) &&
         p->out[1] * atr__ceil_div(p->out[2], DOT_WIDTH) < INT32_MAX;
}

uint64_t atr__conv_dot_bytes(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return (uint64_t)(p->oc * atr__ceil_div(p->c, 16) * 16 * p->filter[1] * p->filter[2]) * sizeof(float);
}

void atr__conv_dot_pack(atr__cl_emit *e, const atr__cl_query *q) {
  atr__conv_blocked_emit_pack(e, q->params, atr__conv_dot_bytes(q), 1, 16, 0);
}

void atr__conv_dot_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int flat = is_pointwise(p);
  char suffix[16], defines[16];
  const cut c = atr__conv_row_cut(DOT_WIDTH, flat ? p->out[1] * p->out[2] : p->out[2]);
  snprintf(suffix, sizeof suffix, "_s%d", (int)p->stride[2]);
  snprintf(defines, sizeof defines, "SW=%d", (int)p->stride[2]);
  atr__cl_kernel(e, "conv_dot_blocked.cl", "conv_fwd_f32_dot_blocked", suffix, defines);
  const int64_t tiles = c.tiles * (flat ? 1 : p->out[1]);
  const int64_t groups = atr__max_i64(1, atr__ceil_div(GROUPS_MIN, p->n));
  push(e, q, &c, 1, atr__max_i64(1, atr__min_i64(atr__ceil_div(tiles, groups), GROUP_TILES)), 0,
       flat ? FLAT_ROWS : ROWS);
}

/* ---- few channels, plain */
static int64_t stem_need(const atr__conv_params *p) {
  return 13 * p->stride[2] + (p->filter[2] - 1) * p->dilation[2] + 1;
}

int atr__conv_stem_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return fits(q, p) && p->group == 1 && p->c < 16 && p->oc >= 16 && q->readers_blocked &&
         stem_need(p) <= STEM_WIDE;
}

uint64_t atr__conv_stem_bytes(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int channels = atr__conv_blocked_channels(q);
  return (uint64_t)(atr__ceil_div(p->oc, channels) * channels * p->c * p->filter[1] * p->filter[2]) *
         sizeof(float);
}

void atr__conv_stem_pack(atr__cl_emit *e, const atr__cl_query *q) {
  atr__conv_blocked_emit_pack(e, q->params, atr__conv_stem_bytes(q), atr__conv_blocked_channels(q), 1, 0);
}

void atr__conv_stem_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const int vector = atr__conv_blocked_lanes(q), stride = (int)p->stride[2], width = vector == 16 ? 14 : 6;
  const cut c = atr__conv_row_cut(width, p->out[2]);
  const int room = stem_need(p) > STEM_ROOM ? STEM_WIDE : STEM_ROOM;
  char suffix[48], defines[64];
  snprintf(suffix, sizeof suffix, "_%dx%d_s%d%s", width, atr__conv_blocked_channels(q), stride,
           room == STEM_WIDE ? "_wide" : "");
  snprintf(defines, sizeof defines, "TW=%d VW=%d NV=%d SW=%d ROOM=%d", width, vector, vectors(q), stride,
           room);
  atr__cl_kernel(e, "conv_stem_blocked.cl", "conv_fwd_f32_stem_blocked", suffix, defines);
  push(e, q, &c, atr__ceil_div(p->oc, atr__conv_blocked_channels(q)), 1, 0, IMAGE);
}

/* ---- a filter a channel */
int atr__conv_depthwise_applies(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return fits(q, p) && p->group == p->c && p->oc == p->c && (p->c > 1 || q->in[0].layout == ATR__BLOCKED);
}

uint64_t atr__conv_depthwise_bytes(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return (uint64_t)(atr__ceil_div(p->c, 16) * 16 * p->filter[1] * p->filter[2]) * sizeof(float);
}

void atr__conv_depthwise_pack(atr__cl_emit *e, const atr__cl_query *q) {
  atr__conv_blocked_emit_pack(e, q->params, atr__conv_depthwise_bytes(q), 16, 1, 0);
}

void atr__conv_depthwise_emit(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  const cut c = atr__conv_blocked_cut(q);
  const int vector = atr__conv_blocked_lanes(q), stride = (int)p->stride[2];
  char suffix[32], defines[64];
  snprintf(suffix, sizeof suffix, "_%dx%d_s%d", c.width, vector, stride);
  snprintf(defines, sizeof defines, "TW=%d VW=%d SW=%d", c.width, vector, stride);
  atr__cl_kernel(e, "conv_depthwise_blocked.cl", "conv_fwd_f32_depthwise_blocked", suffix, defines);
  const int64_t vectors = atr__ceil_div(p->c, 16) * 16 / vector, tiles = c.tiles * p->out[1];
  /* What a work-group is begun with is worth some tiles; but there should be enough of them. */
  const int64_t groups = atr__max_i64(1, atr__ceil_div(GROUPS_MIN, p->n * vectors));
  push(e, q, &c, vectors, atr__max_i64(1, atr__min_i64(atr__ceil_div(tiles, groups), GROUP_TILES)), 0, ROWS);
}
