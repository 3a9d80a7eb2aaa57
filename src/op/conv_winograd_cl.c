/* conv_winograd_cl.c: launches of kernels/conv_winograd_blocked.cl, and when they are worth it: a rule from
 * what its parts were measured to take, beside the direct convolution's. */
#include <math.h>
#include <stdio.h>

#include "op/conv_winograd.h"

#include "tensor/shape.h"

enum { GRID_MAX = 32768, SCRATCH_MAX = 1 << 30 };
/* Measured (bench/README.md): what the parts take, in the cycles of conv_blocked.h, a tile's step by one of
 * its outputs and a transform by one of its points; what is gained at least where it is chosen. */
#define TILE_CYCLES 1.1
#define POINT_CYCLES 11.0
#define FILTER_CYCLES                                                                                        \
  80.0 /* of an input channel and the output channels of a tile; and what each point adds */
#define FILTER_POINT_CYCLES 3.5
#define ASKED_CYCLES 0.25 /* of what takes less, products or weights: the rest is done meanwhile */
#define GAIN 1.1
#define LATE_WORTH 1.05 /* as much longer it may take, for a quarter of the memory */
#define GAIN_M 1.1 /* over m = 4, which others in the plan are likely to have: one more kernel to compile */
enum { CHANNELS_MIN = 16 };
enum { LATE_BYTES = 8 << 20 }; /* saved at least: below, what it saves matters to nobody */
/* One launch where a core's second cache holds the weights, and there are blocks enough to share out: it
 * saves a hand-over, and points are read where they were written. */
enum { FUSED_WEIGHTS = 700 << 10, FUSED_BLOCKS = 16 };
/* The same where points of some blocks fit there and those of all do not fit the last cache, from which the
 * weights come, once for some blocks. */
enum { BATCH = 4, BATCH_LATE = 8, LATE = 4, NEAR_BYTES = 640 << 10 };
/* Weights that stay near beside all else: they need not be read for many blocks at once. */
enum { NEAR_WEIGHTS = 400 << 10 };
/* Points of a strip stay in the last cache; with few blocks the weights would be read too often. */
enum { STRIP_BYTES = 8 << 20, STRIP_BLOCKS = 8 };
/* Work-groups that a thread should get, so that all end together: rather than larger batches, and than more
 * turns. */
enum { GROUPS_BATCH = 4, GROUPS_TURN = 8 };
enum { TURN_BYTES = 4 << 20 }; /* of points that may as well all be in memory */

static int lanes(const atr__cl_query *q) {
  return q->device->vector_floats >= 16 ? 16 : 8;
}

/* How a convolution is cut up by F(m, 3). */
typedef struct {
  int m, axes, width;
  int64_t points;        /* of a tile */
  int64_t down, across;  /* phases */
  int64_t rows, columns; /* tiles of a phase */
  int64_t tiles, blocks; /* blocks of `width` tiles */
  int64_t batch;         /* of these, at most, that weights are read once for */
  int64_t strip;         /* blocks of a launch */
  int64_t turns;         /* batches that a work-group does through the same memory, if it does all of them */
  int64_t channels, outputs; /* blocks of 16 input channels, of 2 · lanes output channels */
  int fused;                 /* one launch a strip, not two */
  int late;                  /* filters are transformed where they are multiplied, once for a batch */
} cut;

/* Bytes of a batch's points. */
static uint64_t batch_bytes(const cut *c, int64_t batch) {
  if (c->late) /* a processor's; others lay out one block of channels behind the other, each with its floats
                  behind */
    return (uint64_t)(atr__ceil_div(c->channels, LATE) * c->points * (batch * LATE * c->width + LATE) * 16) *
           sizeof(float);
  return (uint64_t)(c->points * (batch * c->channels * c->width + 1) * 16) * sizeof(float);
}

static uint64_t weight_bytes(const atr__cl_query *q, const cut *c) {
  return (uint64_t)((c->late ? 9 : c->points) * c->outputs * 2 * lanes(q) * c->channels * 16) * sizeof(float);
}

/* Work-groups of a launch of that many blocks, along them. */
static int64_t groups_of(const cut *c, int64_t blocks) {
  return atr__ceil_div(blocks, c->batch * c->turns);
}

/* What a work-group does. */
static void share_out(const atr__cl_query *q, cut *c) {
  const int64_t threads = atr__max_i64(1, q->device->compute_units), groups = GROUPS_BATCH * threads;
  const uint64_t weights = weight_bytes(q, c);
  const int small = weights <= FUSED_WEIGHTS && c->blocks >= FUSED_BLOCKS;
  const int large = (uint64_t)c->blocks * batch_bytes(c, 1) > STRIP_BYTES;
  c->turns = 1;
  for (c->batch = (small || large) && weights > NEAR_WEIGHTS ? BATCH : 1; c->batch > 1; c->batch--)
    if (atr__ceil_div(c->blocks, c->batch) >= groups && batch_bytes(c, c->batch) <= NEAR_BYTES) break;
  c->fused = !c->late && (small || c->batch > 1);
  if (c->fused) {
    c->strip = c->blocks;
    const int64_t batches = groups_of(c, c->blocks), many = batches / (GROUPS_TURN * threads);
    const uint64_t bytes = (uint64_t)batches * batch_bytes(c, c->batch);
    c->turns = atr__max_i64(1, atr__min_i64(many, (int64_t)(bytes / TURN_BYTES)));
    return;
  }
  const int64_t most = atr__max_i64(STRIP_BLOCKS, (int64_t)(STRIP_BYTES / batch_bytes(c, 1)));
  c->strip = atr__ceil_div(c->blocks, atr__ceil_div(c->blocks, most));
  for (c->batch = atr__min_i64(c->late ? BATCH_LATE : BATCH, c->strip); c->batch > 1; c->batch--)
    if (atr__ceil_div(c->strip, c->batch) * c->outputs >= groups) break;
  if (c->late) c->batch = atr__ceil_div(c->strip, atr__ceil_div(c->strip, c->batch));
}

static uint64_t scratch_bytes(const cut *c) {
  return (uint64_t)groups_of(c, c->strip) * batch_bytes(c, c->batch);
}

static cut cut_up(const atr__cl_query *q, int m, int late) {
  const atr__conv_params *p = q->params;
  cut c = { .m = m, .late = late, .axes = p->filter[1] == 3 ? 2 : 1, .width = lanes(q) == 16 ? 8 : 6 };
  c.points = c.axes == 2 ? (m + 2) * (m + 2) : m + 2;
  c.down = atr__min_i64(c.axes == 2 ? p->dilation[1] : 1, p->out[1]);
  c.across = atr__min_i64(p->dilation[2], p->out[2]);
  c.rows = c.axes == 2 ? atr__ceil_div(atr__ceil_div(p->out[1], p->dilation[1]), m) : p->out[1];
  c.columns = atr__ceil_div(atr__ceil_div(p->out[2], p->dilation[2]), m);
  c.tiles = p->n * c.down * c.across * c.rows * c.columns;
  c.blocks = atr__ceil_div(c.tiles, c.width);
  c.channels = atr__ceil_div(p->c, 16);
  c.outputs = atr__ceil_div(p->oc, 2 * lanes(q));
  share_out(q, &c);
  return c;
}

static double cycles(const atr__cl_query *q, const cut *c) {
  const atr__conv_params *p = q->params;
  const double product =
      (double)(c->blocks * c->points * c->channels * 16 * c->outputs) * c->width * TILE_CYCLES;
  const double transforms =
      (double)(c->tiles * c->points * (c->channels + atr__ceil_div(p->oc, 16))) * POINT_CYCLES;
  const double launches = (double)(atr__ceil_div(c->blocks, c->strip) * (c->fused ? 1 : 2));
  const double weights = ATR__CONV_CYCLES_BYTE * (double)weight_bytes(q, c);
  const double filters = c->late
                             ? (double)(atr__ceil_div(c->blocks, c->batch) * c->channels * 16 * c->outputs) *
                                   (FILTER_CYCLES + FILTER_POINT_CYCLES * (double)c->points)
                             : 0;
  /* Weights are asked for while others are multiplied by. */
  return fmax(product, weights) + fmin(product, weights) * ASKED_CYCLES + transforms + filters +
         ATR__CONV_CYCLES_LAUNCH * launches;
}

/* Whether it computes what it should. */
static int can(const atr__cl_query *q, int m, int late) {
  const atr__conv_params *p = q->params;
  if (p->filter[2] != 3 || (p->filter[1] != 3 && p->filter[1] != 1) || p->spatial > 2 || p->stride[1] != 1 ||
      p->stride[2] != 1 || p->c < CHANNELS_MIN || p->oc < CHANNELS_MIN || !atr__conv_blocked_applies(q))
    return 0;
  if (late && (p->filter[1] != 3 || atr__conv_blocked_channels(q) != 2 * lanes(q))) return 0;
  const cut c = cut_up(q, m, late);
  return c.blocks < GRID_MAX && c.outputs < GRID_MAX && c.channels < GRID_MAX &&
         scratch_bytes(&c) < SCRATCH_MAX;
}

/* The m that is expected to take least, or 0 where the direct convolution does. */
static int best(const atr__cl_query *q, int may_late, int *late) {
  const atr__conv_params *p = q->params;
  const double direct = atr__conv_blocked_cycles(q);
  double least = fmin(direct / GAIN, direct - ATR__CONV_CYCLES_KERNEL);
  int m = 0;
  *late = 0;
  /* In a series one block of channels is too little work between transforms, whatever the figures say: a
   * tenth to a third slower in a whole plan. */
  if (p->spatial == 1 && p->c <= 16) return 0;
  for (int i = 2; i <= 4; i++)
    for (int l = 0; l <= may_late; l++) {
      if (l && !can(q, i, 1)) continue;
      const cut c = cut_up(q, i, l), points = cut_up(q, i, 0);
      if (l && weight_bytes(q, &points) < weight_bytes(q, &c) + LATE_BYTES) continue;
      double mine = cycles(q, &c);
      if (i != 4) mine = mine * GAIN_M + ATR__CONV_CYCLES_KERNEL;
      if (l) mine = mine / LATE_WORTH + ATR__CONV_CYCLES_KERNEL;
      if (mine > least) continue;
      least = mine;
      m = i;
      *late = l;
    }
  return m;
}

static int applies(const atr__cl_query *q, int m, int late, int may_late) {
  int later;
  return can(q, m, late) && (q->asked || (best(q, may_late, &later) == m && later == late));
}

static uint64_t bytes(const atr__cl_query *q, int m) {
  const cut c = cut_up(q, m, 0);
  return weight_bytes(q, &c);
}

static uint64_t scratch(const atr__cl_query *q, int m, int late) {
  const cut c = cut_up(q, m, late);
  return scratch_bytes(&c);
}

static void kernel(atr__cl_emit *e, const atr__cl_query *q, const cut *c, const char *name) {
  const int vector = lanes(q), width = c->width;
  char suffix[48], defines[96];
  snprintf(suffix, sizeof suffix, "_%d_%dd_%dx%d", c->m, c->axes, width, 2 * vector);
  snprintf(defines, sizeof defines, "TW=%d VW=%d M=%d N=%d AXES=%d UNROLL=%d", width, vector, c->m, c->m + 2,
           c->axes, width == 8 ? 2 : 1);
  atr__cl_kernel(e, "conv_winograd_blocked.cl", name, suffix, defines);
}

static void pack(atr__cl_emit *e, const atr__cl_query *q, int m, int transposed) {
  const atr__conv_params *p = q->params;
  const cut c = cut_up(q, m, 0);
  kernel(e, q, &c, "conv_pack_f32_winograd");
  atr__cl_int(e, transposed);
  atr__cl_int(e, p->oc);
  atr__cl_int(e, p->c);
  atr__cl_int(e, c.channels);
  atr__cl_in(e, 1);
  atr__cl_packed(e);
  atr__cl_groups(e, 16 * c.channels, 2 * c.outputs, 1, 1);
}

enum { TRANSFORM = 1, MULTIPLY = 2 };

static void launch(atr__cl_emit *e, const atr__cl_query *q, const cut *c, int64_t first, int what,
                   int64_t share) {
  const atr__conv_params *p = q->params;
  const int64_t blocks = atr__min_i64(c->strip, c->blocks - first);
  kernel(e, q, c, c->late ? "conv_fwd_f32_winograd_late" : "conv_fwd_f32_winograd_blocked");
  const int64_t words[] = { c->channels,
                            p->in[1],
                            p->in[2],
                            p->out[1],
                            p->out[2],
                            c->axes == 2 ? p->dilation[1] : 1,
                            p->dilation[2],
                            p->pad[1],
                            p->pad[2],
                            c->rows,
                            c->columns,
                            c->down,
                            c->across,
                            c->tiles,
                            first,
                            what,
                            share,
                            p->oc,
                            atr__ceil_div(p->oc, 16),
                            c->batch };
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, 0);
  atr__cl_packed(e);
  atr__cl_out(e, 0);
  atr__cl_scratch(e, 0);
  atr__cl_int(e, c->outputs);
  atr__cl_int(e, first + blocks);
  atr__cl_int(e, c->turns);
  atr__cl_int(e, weight_bytes(q, c) > NEAR_WEIGHTS ? 2 * lanes(q) : 0);
  atr__conv_push_epilogue(e, p);
  for (int i = 40; i < 64; i++) atr__cl_int(e, 0); /* from 48 on: zeros to read */
  atr__cl_groups(e, groups_of(c, blocks),
                 what == TRANSFORM                ? atr__ceil_div(c->channels, share)
                 : what == (TRANSFORM | MULTIPLY) ? 1
                                                  : atr__ceil_div(c->outputs, share),
                 1, 1);
}

static void emit(atr__cl_emit *e, const atr__cl_query *q, int m, int late) {
  const cut c = cut_up(q, m, late);
  for (int64_t first = 0; first < c.blocks; first += c.strip) {
    if (c.fused) {
      launch(e, q, &c, first, TRANSFORM | MULTIPLY, c.outputs);
      continue;
    }
    launch(e, q, &c, first, TRANSFORM, 1);
    launch(e, q, &c, first, MULTIPLY, 1);
  }
}

/* A transposed convolution of stride 1 as the convolution that it is. */
typedef struct {
  atr__conv_params params;
  atr__cl_query query;
} turned;

static const atr__cl_query *turn(const atr__cl_query *q, turned *to) {
  to->params = atr__conv_transpose_like(q->params);
  to->query = *q;
  to->query.params = &to->params;
  return &to->query;
}

static int is_turned(const atr__cl_query *q) {
  const atr__conv_params *p = q->params;
  return p->n && p->c && p->oc && p->stride[1] == 1 && p->stride[2] == 1 && p->out[1] > 0 && p->out[2] > 0;
}

/* How filters are packed: as points, where they are not transformed late, or where a transposed convolution's
 * are. */
enum { POINTS, LATER, TURNED };

static const atr__cl_query *given(const atr__cl_query *q, int how, turned *to) {
  return how == TURNED ? turn(q, to) : q;
}

static int row_applies(const atr__cl_query *q, int m, int how) {
  turned t;
  return (how != TURNED || is_turned(q)) && applies(given(q, how, &t), m, how == LATER, how != TURNED);
}
static uint64_t row_bytes(const atr__cl_query *q, int m, int how) {
  turned t;
  return how == LATER ? atr__conv_blocked_bytes(q) : bytes(given(q, how, &t), m);
}
static uint64_t row_scratch(const atr__cl_query *q, int m, int how) {
  turned t;
  return scratch(given(q, how, &t), m, how == LATER);
}
static void row_pack(atr__cl_emit *e, const atr__cl_query *q, int m, int how) {
  turned t;
  if (how == LATER)
    atr__conv_blocked_pack(e, q);
  else
    pack(e, given(q, how, &t), m, how == TURNED);
}
static void row_emit(atr__cl_emit *e, const atr__cl_query *q, int m, int how) {
  turned t;
  emit(e, given(q, how, &t), m, how == LATER);
}

#define ROW(name, m, how)                                                                                    \
  int atr__##name##_applies(const atr__cl_query *q) {                                                        \
    return row_applies(q, m, how);                                                                           \
  }                                                                                                          \
  uint64_t atr__##name##_bytes(const atr__cl_query *q) {                                                     \
    return row_bytes(q, m, how);                                                                             \
  }                                                                                                          \
  uint64_t atr__##name##_scratch(const atr__cl_query *q) {                                                   \
    return row_scratch(q, m, how);                                                                           \
  }                                                                                                          \
  void atr__##name##_pack(atr__cl_emit *e, const atr__cl_query *q) {                                         \
    row_pack(e, q, m, how);                                                                                  \
  }                                                                                                          \
  void atr__##name##_emit(atr__cl_emit *e, const atr__cl_query *q) {                                         \
    row_emit(e, q, m, how);                                                                                  \
  }

ROW(conv_winograd2, 2, POINTS)
ROW(conv_winograd3, 3, POINTS)
ROW(conv_winograd4, 4, POINTS)
ROW(conv_winograd2_late, 2, LATER)
ROW(conv_winograd3_late, 3, LATER)
ROW(conv_winograd4_late, 4, LATER)
ROW(conv_transpose_winograd2, 2, TURNED)
ROW(conv_transpose_winograd3, 3, TURNED)
ROW(conv_transpose_winograd4, 4, TURNED)
