/* recurrent_lanes_cl.c: launches that RNN, LSTM and GRU share on processors: kernels/recurrent_lanes.clh,
 * which says how a sequence is walked. Here is how it is dealt out. */
#include "op/recurrent_lanes_cl.h"

#include <float.h>
#include <stdio.h>

#include "base/checked.h"

enum {
  CONTROL = 112,    /* the first control word, and how many there are before the chunks' */
  CONTROLS = 6,     /* see the kernels */
  LINE = 16,        /* words of a cache line */
  CHUNKS_MOST = 16, /* threads that walk together */
  GROUPS_LEAST = 8, /* of fewer, some drivers give all to one thread */
  DEPTH = 512,      /* rows of a panel of W */
  SHARE = 24576,    /* weights of a step that are worth a thread of their own */
  OWN = 131072,     /* weights that every thread may read for its own lines: what its cache holds */
  ALONE = 2000000,  /* multiplications below which one thread is as quick */
  SMALL_HID = 64,   /* most hidden units of the small kernel of kernels/recurrent_line.clh */
  SMALL_W = 16384,  /* and most floats of its W */
  LINE_HID = 2048,  /* most hidden units of the other one */
  LINE_STEPS = 1 << 22
};

static int lanes(const atr__cl_query *q) {
  const int width = q->device->vector_floats;
  return width >= 16 ? 16 : width >= 8 ? 8 : 4;
}

const atr__recurrent_part *atr__recurrent_lanes_back(int *n) {
  static const atr__recurrent_part part = { 4, 4, 0, { 0, 1, 2, 3 }, { 0, 0, 0, 0 } };
  *n = 1;
  return &part;
}

int atr__recurrent_lanes_apply(const atr__cl_query *q) {
  return q->device->device_class == ATR__CLASS_CPU;
}

static int64_t blocks(const atr__cl_query *q) {
  return atr__ceil_div(((const atr__recurrent_params *)q->params)->hid, lanes(q));
}

int64_t atr__recurrent_lanes_units(const atr__cl_query *q, const atr__recurrent_part *part) {
  return atr__ceil_div(blocks(q), part->blocks);
}

/* Vectors of state: as long as the widest unit needs them. */
static int64_t padded(const atr__cl_query *q) {
  return atr__ceil_div(blocks(q), 4) * 4 * lanes(q);
}

uint64_t atr__recurrent_part_floats(const atr__cl_query *q, const atr__recurrent_part *part) {
  const atr__recurrent_params *p = q->params;
  const int64_t rows = part->turned ? p->hid : p->gates * p->hid;
  return (uint64_t)(p->dirs * atr__recurrent_lanes_units(q, part) * part->vectors * lanes(q)) *
         (uint64_t)rows;
}

static void instance(atr__cl_emit *e, const atr__cl_query *q, const char *file, const char *kernel) {
  char suffix[8], defines[8];
  snprintf(suffix, sizeof suffix, "_v%d", lanes(q));
  snprintf(defines, sizeof defines, "VL=%d", lanes(q));
  atr__cl_kernel(e, file, kernel, suffix, defines);
}

/* A matrix as units: for each of `rows` k, `vectors` of lanes. Where an element lies in the matrix: k·by_k +
 * lane·by_lane + gate·by_gate + direction·by_direction; lanes below `real` are there. */
typedef struct matrix {
  size_t input;
  int64_t units, rows, real, by_k, by_lane, by_gate, by_direction;
} matrix;

enum { SCRATCH, PACKED, PACKED_ALSO };

static void pack_matrix(atr__cl_emit *e, const atr__cl_query *q, const matrix *m,
                        const atr__recurrent_part *part, int where, uint64_t floats) {
  const atr__recurrent_params *p = q->params;
  const int64_t groups = p->dirs * m->units;
  const int64_t words[] = { groups,  m->units,   m->rows,         part->vectors, m->real,
                            m->by_k, m->by_lane, m->by_direction, part->blocks };
  instance(e, q, "recurrent_pack_lanes.cl", "recurrent_pack_f32_lanes");
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) atr__cl_int(e, words[i]);
  atr__cl_in(e, m->input);
  if (where == PACKED)
    atr__cl_packed(e);
  else if (where == PACKED_ALSO)
    atr__cl_packed_also(e);
  else
    atr__cl_scratch(e, 0);
  atr__cl_int(e, (int64_t)floats);
  for (int v = 0; v < part->vectors; v++) {
    atr__cl_int(e, part->block[v]);
    atr__cl_int(e, part->gate[v] * m->by_gate);
  }
  atr__cl_tiles(e, groups);
}

void atr__recurrent_lanes_pack(atr__cl_emit *e, const atr__cl_query *q, size_t r,
                               const atr__recurrent_part *parts, int n_parts, int packed) {
  const atr__recurrent_params *p = q->params;
  const int64_t area = p->hid * p->hid;
  uint64_t floats = 0;
  for (int k = 0; k < n_parts; k++) {
    const int turned = parts[k].turned;
    const matrix m = { r,
                       atr__recurrent_lanes_units(q, &parts[k]),
                       turned ? p->hid : p->gates * p->hid,
                       p->hid,
                       turned ? 1 : p->hid,
                       turned ? p->hid : 1,
                       area,
                       p->gates * area };
    pack_matrix(e, q, &m, &parts[k], packed ? PACKED : SCRATCH, floats);
    floats += atr__recurrent_part_floats(q, &parts[k]);
  }
}

/* W by blocks of four vectors of its rows, whatever their gate: what the products of all lines read. */
static const atr__recurrent_part w_part = { 4, 4, 1, { 0, 1, 2, 3 }, { 0, 0, 0, 0 } };
static int64_t w_units(const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  return atr__ceil_div(p->gates * p->hid, 4 * lanes(q));
}
static uint64_t w_bytes(const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  return (uint64_t)(p->dirs * w_units(q) * 4 * lanes(q)) * (uint64_t)p->i * sizeof(float);
}
static void w_pack(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  const int64_t width = p->gates * p->hid;
  const matrix m = { 1, w_units(q), p->i, width, 1, p->i, 0, width * p->i };
  pack_matrix(e, q, &m, &w_part, PACKED_ALSO, 0);
}
const atr__cl_packing atr__recurrent_w = { 2, "recurrent_lanes_w", w_bytes, w_pack };

/* How a walk is dealt out. */
typedef struct deal {
  int64_t chunks, gangs, lines, groups;
} deal;

static int there(const atr__cl_query *q, size_t input) {
  return input < q->n_in && q->in[input].type != ATR_TYPE_NONE;
}

/* Whether a layer's functions are ONNX's own and nothing is clipped, cut short or looked through. */
static int is_plain(const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  if (!atr__recurrent_lanes_apply(q) || !q->in[2].is_param || p->n != 1) return 0;
  if (there(q, 4) || there(q, 7) || p->input_forget || p->clip < FLT_MAX) return 0;
  if (p->gates == 3 && !p->linear_before_reset) return 0;
  for (int64_t d = 0; d < p->dirs; d++)
    for (int k = 0; k < (p->gates == 4 ? 3 : p->gates == 3 ? 2 : 1); k++)
      if (p->f[d][k].kind != (p->gates > 1 && k == 0 ? ATR__RECURRENT_SIGMOID : ATR__RECURRENT_TANH))
        return 0;
  return 1;
}

int atr__recurrent_small_applies(const atr__cl_query *q, const atr__recurrent_part *part) {
  const atr__recurrent_params *p = q->params;
  const int64_t rows_of_w = atr__recurrent_lanes_units(q, part) * 4 * lanes(q);
  return is_plain(q) && p->hid <= SMALL_HID && p->i <= SMALL_W / rows_of_w;
}

int atr__recurrent_line_applies(const atr__cl_query *q) {
  const atr__recurrent_params *p = q->params;
  return is_plain(q) && q->in[1].is_param && p->dirs == 1 && p->hid <= LINE_HID && p->t <= LINE_STEPS;
}

static const deal alone = { 1, 1, 1, 1 };
static deal deal_out(const atr__cl_query *q, const atr__recurrent_part *part, int forward) {
  const atr__recurrent_params *p = q->params;
  const int64_t threads = q->device->compute_units < 1 ? 1 : q->device->compute_units;
  const int64_t weights = p->gates * p->hid * p->hid, lines = p->n * p->dirs;
  const double projected = forward ? (double)(p->t * lines) * (double)(p->gates * p->hid * p->i) : 0;
  deal d = { 1, 1, p->n, 1 };
  if (lines > 1 && weights <= OWN && (double)(p->t * lines) * (double)weights > ALONE) {
    const int64_t each = atr__min_i64(p->n, atr__ceil_div(threads, p->dirs)); /* gangs of a direction */
    d.lines = atr__ceil_div(p->n, each);
    d.gangs = p->dirs * atr__ceil_div(p->n, d.lines);
  } else {
    d.chunks = atr__min_i64(atr__min_i64(threads, CHUNKS_MOST), p->dirs * weights / SHARE);
    d.chunks = atr__min_i64(d.chunks, p->dirs * atr__recurrent_lanes_units(q, part));
    if (d.chunks < 1) d.chunks = 1;
  }
  if (threads > 1 && (d.gangs > 1 || d.chunks > 1 || projected > ALONE))
    d.groups = GROUPS_LEAST > 4 * threads ? GROUPS_LEAST : 4 * threads;
  return d;
}

static int absent(const atr__cl_query *q, int output) {
  return (size_t)output >= q->n_out || q->out[output].type == ATR_TYPE_NONE;
}

static uint64_t line_up(uint64_t floats) {
  return (floats * sizeof(float) + 63) / 64 * 64;
}

atr__recurrent_lanes atr__recurrent_lanes_cut(const atr__cl_query *q, const atr__recurrent_part *parts,
                                              int n_parts, int packed, int pre, int64_t vectors) {
  const atr__recurrent_params *p = q->params;
  const deal d = deal_out(q, parts, pre >= 0);
  const int panels = pre >= 0 && !packed;
  atr__recurrent_lanes s = { .vectors = vectors, .pre = pre, .packed = packed, .part = parts };
  for (int k = 0; !packed && k < n_parts; k++) s.state += atr__recurrent_part_floats(q, &parts[k]);
  s.state = line_up(s.state);
  s.panels = s.state + line_up((uint64_t)(p->n * p->dirs * vectors) * (uint64_t)padded(q));
  s.sums = s.panels + (panels ? line_up((uint64_t)(d.groups * DEPTH * 4 * lanes(q))) : 0);
  s.bytes = s.sums;
  if (pre >= 0 && absent(q, pre))
    s.bytes += line_up((uint64_t)(p->t * p->n * p->dirs) * (uint64_t)(p->gates * p->hid));
  return s;
}

/* Blocks of rows of W·x: enough blocks for all groups. */
static int64_t row_blocks(const deal *d, int64_t columns, int64_t rows) {
  const int64_t want = d->groups > 1 ? atr__ceil_div(2 * d->groups, columns) : 1;
  return atr__min_i64(want, atr__ceil_div(rows, 24) > 1 ? atr__ceil_div(rows, 24) : 1);
}

void atr__recurrent_lanes_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s,
                               const char *file, const char *kernel, size_t lens, int64_t bare) {
  const atr__recurrent_params *p = q->params;
  const deal d = s->way == ATR__RECURRENT_SMALL_WAY ? alone : deal_out(q, s->part, s->pre >= 0);
  const int64_t shape[] = { p->t, p->n, p->hid, padded(q), p->dirs, p->reverse, p->layout, s->vectors };
  const int64_t width = p->gates * p->hid, rows = p->t * p->n;
  const int64_t columns = atr__ceil_div(width, 4 * lanes(q)), down = row_blocks(&d, columns, rows);
  instance(e, q, file, kernel);
  for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) atr__cl_int(e, shape[i]);
  atr__cl_float(e, p->clip);
  for (int k = 0; k < 6; k++) {
    atr__cl_int(e, p->f[k / 3][k % 3].kind);
    atr__cl_float(e, p->f[k / 3][k % 3].alpha);
    atr__cl_float(e, p->f[k / 3][k % 3].beta);
  }
  if (s->packed)
    atr__cl_packed(e);
  else
    atr__cl_scratch(e, 0);
  atr__cl_scratch(e, s->state);
  atr__cl_in(e, lens);
  const int64_t dealt[] = { d.chunks, d.gangs, d.lines, atr__recurrent_lanes_units(q, s->part) };
  for (size_t i = 0; i < sizeof dealt / sizeof *dealt; i++) atr__cl_int(e, dealt[i]);
  const int forward = s->pre >= 0;
  const int64_t projection[] = { p->i, width, columns, down, atr__ceil_div(rows, down) };
  for (size_t i = 0; i < sizeof projection / sizeof *projection; i++)
    atr__cl_int(e, forward || i == 1 ? projection[i] : 0);
  static const size_t in[] = { 0, 1, 3 };
  for (size_t i = 0; i < 3; i++)
    if (forward && in[i] == 1 && s->packed && s->way != ATR__RECURRENT_SMALL_WAY)
      atr__cl_packed_also(e);
    else if (forward)
      atr__cl_in(e, in[i]);
    else
      atr__cl_int(e, 0), atr__cl_int(e, 0);
  if (!forward)
    atr__cl_int(e, 0), atr__cl_int(e, 0);
  else if (absent(q, s->pre))
    atr__cl_scratch(e, s->sums);
  else
    atr__cl_out(e, (size_t)s->pre);
  if (forward && s->packed)
    atr__cl_int(e, 0), atr__cl_int(e, 0);
  else
    atr__cl_scratch(e, s->panels);
  atr__cl_int(e, CONTROL);
  atr__cl_int(e, bare);
  atr__cl_int(e, forward && !absent(q, s->pre));
}

void atr__recurrent_lanes_launch(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s,
                                 int words) {
  const deal d = s->way == ATR__RECURRENT_SMALL_WAY ? alone : deal_out(q, s->part, s->pre >= 0);
  for (int64_t i = ATR__RECURRENT_LANES_WORDS + words; i < CONTROL + (CONTROLS + d.chunks) * LINE; i++)
    atr__cl_int(e, 0);
  atr__cl_groups(e, d.groups, 1, 1, 1);
}
