/* program.c: from a timeline to stages; see program.h. Two passes over the nodes: the first gives every part
 * of the state its place, the second makes the stages and places buffers behind it. */
#include "config.h"

#include "stream/program.h"

#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "op/lanes.h"
#include "stream/resident_code.h"
#include "tensor/shape.h"

/* Everything in the arena begins at a multiple of it. */
enum { ALIGN = 64 };
static const size_t ARENA_MOST = (size_t)1 << 32;

typedef struct {
  atr__stream_program *p;
  atr_error *error;
  size_t state, buffers; /* bytes placed so far; buffers begin where the state ends */
  int placing;           /* the first pass: only `state` counts */
} build;

static atr_status reserve(build *b, size_t *end, uint64_t bytes, size_t *at) {
  if (bytes > ARENA_MOST || *end > ARENA_MOST)
    return atr__fail(b->error, ATR_E_LIMIT, "the stream would need more than 4 GiB");
  *at = *end;
  *end += (size_t)(bytes + ALIGN - 1) / ALIGN * ALIGN;
  return ATR_OK;
}

static const atr__track *track_of(const build *b, int id) {
  return &b->p->timeline.track[id - 1];
}

static atr__column column_of(const build *b, int id) {
  const atr__infer_state *state = &b->p->timeline.block[0];
  const atr_shape *shape = &state->shape[id - 1];
  const int axis = track_of(b, id)->axis;
  return (atr__column){ b->p->buffer[id - 1], atr__shape_span(shape, 0, axis),
                        atr__shape_span(shape, axis + 1, shape->rank), atr_type_size(state->type[id - 1]) };
}

static uint64_t block_bytes(const atr__column *c, int64_t columns) {
  return (uint64_t)(c->outer * c->inner) * (uint64_t)columns * c->width;
}

static atr_status add_buffer(build *b, int id) {
  const atr__column c = column_of(b, id);
  return reserve(b, &b->buffers, block_bytes(&c, (int64_t)b->p->max_block), &b->p->buffer[id - 1]);
}

/* Room for `history` columns and a block behind them. */
static atr_status add_ring(build *b, const atr__column *c, int64_t history, atr__ring *ring) {
  ring->rows = 1;
  while (ring->rows < history + (int64_t)b->p->max_block) ring->rows *= 2;
  return reserve(b, &b->state, block_bytes(c, ring->rows), &ring->at);
}

static atr_status add_stage(build *b, const atr__stage *stage) {
  atr__stream_program *p = b->p;
  if (atr__grow(&p->stages, &p->room_stages, p->n_stages + 1, sizeof *p->stages))
    return atr__nomem(b->error, sizeof *p->stages);
  p->stages[p->n_stages++] = *stage;
  return ATR_OK;
}

static atr_status add_view(build *b, const atr__view *view, const atr__place *place) {
  atr__stream_program *p = b->p;
  if (atr__grow(&p->views, &p->room_views, p->n_views + 1, sizeof *p->views) ||
      atr__grow(&p->places, &p->room_places, p->n_views + 1, sizeof *p->places))
    return atr__nomem(b->error, sizeof *p->views);
  p->views[p->n_views] = *view;
  p->places[p->n_views++] = *place;
  return ATR_OK;
}

static atr_status add_call(build *b, const atr__node *node, const void *params, size_t *index) {
  atr__stream_program *p = b->p;
  if (atr__grow(&p->calls, &p->room_calls, p->n_calls + 1, sizeof *p->calls))
    return atr__nomem(b->error, sizeof *p->calls);
  p->calls[p->n_calls] = (atr__stage_call){ node->op, params, p->n_views, node->n_in, node->n_out };
  *index = p->n_calls++;
  return ATR_OK;
}

/* A node's input or output in blocks of sizes[block]; `at` replaces the value's own buffer where it is not 0.
 */
static atr_status add_value(build *b, int id, size_t block, size_t at, const atr_shape *shape) {
  const atr__timeline *t = &b->p->timeline;
  atr__view view = { 0 };
  atr__place place = { 0 };
  if (id) {
    view.type = t->block[block].type[id - 1];
    view.shape = shape ? *shape : t->block[block].shape[id - 1];
    view.count = atr__shape_size(&view.shape);
    if (track_of(b, id)->axis >= 0) {
      place.changes = 1;
      place.at = at ? at : b->p->buffer[id - 1];
    } else {
      const atr__blob *blob = atr__timeline_constant(t, id, block);
      place.constant = blob ? blob->data : NULL;
    }
  }
  return add_view(b, &view, &place);
}

/* ---- stages ---- */

/* The value as it was `steps` steps ago; *at: its place. Nothing where steps is 0. */
static atr_status delay(build *b, int id, int64_t steps, size_t *at) {
  atr__stage stage = { .kind = ATR__STAGE_DELAY, .in = column_of(b, id), .history = steps };
  *at = 0;
  if (!steps) return ATR_OK;
  atr_status status = add_ring(b, &stage.in, steps, &stage.ring);
  if (status || b->placing) return status;
  stage.out = stage.in;
  stage.offset = track_of(b, id)->offset;
  status = reserve(b, &b->buffers, block_bytes(&stage.in, (int64_t)b->p->max_block), &stage.out.at);
  *at = stage.out.at;
  return status ? status : add_stage(b, &stage);
}

/* How often a value is read, by live nodes and as what comes out. */
static int readers(const build *b, int id) {
  int n = b->p->timeline.output == id;
  for (size_t k = 0; k < b->p->model->n_nodes; k++)
    for (size_t i = 0; b->p->timeline.live[k] && i < b->p->model->nodes[k].n_in; i++)
      n += b->p->model->nodes[k].in[i] == id;
  return n;
}

static int same_place(const build *b, int x, int y) {
  const atr__infer_state *state = &b->p->timeline.block[0];
  return track_of(b, x)->axis >= 0 && track_of(b, x)->axis == track_of(b, y)->axis &&
         track_of(b, x)->offset == track_of(b, y)->offset && state->type[x - 1] == state->type[y - 1] &&
         atr__shape_equal(&state->shape[x - 1], &state->shape[y - 1]);
}

/* Relu, or an addition of what is there already, behind the convolution of the last stage, which nothing else
 * reads: the convolution does it, to the same bits. */
static int joined(build *b, const atr__node *node) {
  atr__stage *last = b->p->n_stages ? &b->p->stages[b->p->n_stages - 1] : NULL;
  const int relu = !strcmp(node->op->name, "Relu"), add = !strcmp(node->op->name, "Add");
  if (!last || last->kind != ATR__STAGE_CONV || last->conv.relu || node->op->domain[0] || (!relu && !add))
    return 0;
  const size_t at = last->out.at;
  for (size_t i = 0; i < (add ? 2u : 1u); i++) {
    const int x = node->in[i], other = add ? node->in[1 - i] : 0;
    if (track_of(b, x)->axis < 0 || b->p->buffer[x - 1] != at || readers(b, x) != 1 ||
        !same_place(b, x, node->out[0]))
      continue;
    if (add && (last->residual || other == x || !same_place(b, other, x))) continue;
    if (add) last->residual = b->p->buffer[other - 1];
    last->conv.relu = relu;
    last->out = column_of(b, node->out[0]);
    return 1;
  }
  return 0;
}

static atr_status local(build *b, size_t index) {
  const atr__node *node = &b->p->model->nodes[index];
  if (!b->placing && joined(b, node)) return ATR_OK;
  atr__stage stage = { .kind = ATR__STAGE_CALL, .node = index };
  int64_t latest = INT64_MIN;
  atr_status status = ATR_OK;
  size_t *from = atr__calloc(node->n_in, sizeof *from);
  if (!from) return atr__nomem(b->error, node->n_in * sizeof *from);
  for (size_t i = 0; i < node->n_in; i++)
    if (node->in[i] && track_of(b, node->in[i])->axis >= 0)
      latest = atr__max_i64(latest, track_of(b, node->in[i])->offset);
  for (size_t i = 0; !status && i < node->n_in; i++)
    if (node->in[i] && track_of(b, node->in[i])->axis >= 0)
      status = delay(b, node->in[i], latest - track_of(b, node->in[i])->offset, &from[i]);
  for (size_t s = 0; !status && !b->placing && s < b->p->n_sizes; s++) {
    size_t call;
    status = add_call(b, node, b->p->timeline.block[s].params[index], &call);
    if (!s) stage.first_call = call;
    for (size_t i = 0; !status && i < node->n_in; i++) status = add_value(b, node->in[i], s, from[i], NULL);
    for (size_t i = 0; !status && i < node->n_out; i++) status = add_value(b, node->out[i], s, 0, NULL);
  }
  if (!status && !b->placing) status = add_stage(b, &stage);
  atr__free(from);
  return status;
}

static const float *constant(const build *b, const atr__node *node, size_t input) {
  if (input >= node->n_in || !node->in[input]) return NULL;
  const atr__blob *blob = atr__timeline_constant(&b->p->timeline, node->in[input], 0);
  return blob ? blob->data : NULL;
}

/* Convolutions that conv_step.c does not do: history and block are laid out, and Conv works on that. */
static atr_status wide_window(build *b, size_t index, atr__stage *stage, int along) {
  const atr__node *node = &b->p->model->nodes[index];
  const atr__timeline *t = &b->p->timeline;
  const int axis = track_of(b, node->in[0])->axis;
  atr_status status = reserve(
      b, &b->buffers, block_bytes(&stage->in, stage->history + (int64_t)b->p->max_block), &stage->scratch);
  for (size_t s = 0; !status && s < b->p->n_sizes; s++) {
    atr_shape shape = t->block[s].shape[node->in[0] - 1];
    atr__conv_params *p = atr__memdup(t->whole[0].params[index], sizeof *p);
    size_t call;
    if (!p || atr__grow(&b->p->owned, &b->p->room_owned, b->p->n_owned + 1, sizeof *b->p->owned)) {
      atr__free(p);
      return atr__nomem(b->error, sizeof *p);
    }
    b->p->owned[b->p->n_owned++] = p;
    shape.dim[axis] = stage->history + t->size[s];
    p->in[along] = shape.dim[axis];
    p->out[along] = t->size[s];
    p->pad[along] = 0;
    status = add_call(b, node, p, &call);
    if (!s) stage->first_call = call;
    if (!status) status = add_value(b, node->in[0], s, stage->scratch, &shape);
    for (size_t i = 1; !status && i < node->n_in; i++) status = add_value(b, node->in[i], s, 0, NULL);
    if (!status) status = add_value(b, node->out[0], s, 0, NULL);
  }
  return status;
}

static atr_status window(build *b, size_t index) {
  const atr__node *node = &b->p->model->nodes[index];
  int along;
  const atr__conv_params *p = atr__timeline_conv(&b->p->timeline, index, &along);
  const int plain = p->spatial == 1 && p->group == 1 && p->n == 1;
  atr__stage stage = { .kind = plain ? ATR__STAGE_CONV : ATR__STAGE_WINDOW,
                       .node = index,
                       .in = column_of(b, node->in[0]),
                       .offset = track_of(b, node->in[0])->offset,
                       .history = (p->filter[along] - 1) * p->dilation[along] };
  atr_status status = add_ring(b, &stage.in, stage.history, &stage.ring);
  if (status || b->placing) return status;
  stage.out = column_of(b, node->out[0]);
  if (plain)
    status = atr__conv_step_create(p, constant(b, node, 1), constant(b, node, 2), b->p->math == ATR_MATH_FAST,
                                   b->error, &stage.conv);
  else
    status = wide_window(b, index, &stage, along);
  if (!status) status = add_stage(b, &stage);
  if (status) atr__conv_step_free(&stage.conv);
  return status;
}

static atr_status recurrent(build *b, size_t index) {
  const atr__node *node = &b->p->model->nodes[index];
  const atr__recurrent_params *p = b->p->timeline.whole[0].params[index];
  const atr__cell cell = !strcmp(node->op->name, "LSTM")  ? ATR__CELL_LSTM
                         : !strcmp(node->op->name, "GRU") ? ATR__CELL_GRU
                                                          : ATR__CELL_RNN;
  atr__stage stage = { .kind = ATR__STAGE_RECURRENT, .node = index, .lines = p->n };
  stage.state_floats = 2 * (size_t)(p->n * atr__lanes_up(p->hid));
  atr_status status = reserve(b, &b->state, stage.state_floats * sizeof(float), &stage.state);
  if (status || b->placing) return status;
  if (!node->n_out || !node->out[0])
    return atr__fail(b->error, ATR_E_UNSUPPORTED,
                     "node \"%s\" (%s) gives its last state only: a stream has no last step", node->name,
                     node->op->name);
  stage.in = column_of(b, node->in[0]);
  stage.out = column_of(b, node->out[0]);
  stage.offset = track_of(b, node->in[0])->offset;
  status = atr__recurrent_step_create(p, cell, constant(b, node, 1), constant(b, node, 2),
                                      constant(b, node, 3), constant(b, node, 7),
                                      b->p->math == ATR_MATH_EXACT, b->error, &stage.recurrent);
  if (!status)
    status = reserve(b, &b->buffers, (uint64_t)atr__recurrent_step_scratch(&stage.recurrent) * sizeof(float),
                     &stage.scratch);
  if (!status) status = add_stage(b, &stage);
  if (status) atr__recurrent_step_free(&stage.recurrent);
  return status;
}

/* Where a carried step's state begins. */
static size_t state_at(const atr__stage *stage, size_t k) {
  return stage->state + k * (stage->state_floats / stage->carried->states) * sizeof(float);
}

/* The operator on one step, its states in the stream's. Outputs that nobody asks for are absent. */
static atr_status carried(build *b, size_t index) {
  const atr__node *node = &b->p->model->nodes[index];
  const atr__timeline *t = &b->p->timeline;
  const void *params = t->block[0].params[index];
  const atr__carried_step *step = atr__carried_step_find(node->op);
  const atr_shape *y = &t->block[0].shape[node->out[0] - 1];
  atr_shape state = *y; /* without time: as inference knows it */
  state.rank--;
  for (int d = step->time; d < state.rank; d++) state.dim[d] = y->dim[d + 1];
  const size_t each = (size_t)atr__shape_size(&state);
  atr__stage stage = { .kind = ATR__STAGE_CARRIED,
                       .node = index,
                       .in = column_of(b, node->in[0]),
                       .offset = track_of(b, node->in[0])->offset,
                       .carried = step,
                       .state_floats = step->states * each };
  const uint64_t room =
      (uint64_t)(state.dim[state.rank - 2] * step->room(params)) * sizeof(float); /* [samples][neurons] */
  atr_status status = reserve(b, &b->state, stage.state_floats * sizeof(float), &stage.state);
  if (status || b->placing) return status;
  stage.out = column_of(b, node->out[0]);
  status = reserve(b, &b->buffers, room, &stage.scratch);
  if (!status) status = add_call(b, node, params, &stage.first_call);
  const atr__view kept = { .type = ATR_F32, .shape = state, .count = (int64_t)each };
  const size_t n_in = node->n_in > step->first + step->states ? node->n_in : step->first + step->states,
               n_out = step->after ? step->after + step->states : 1;
  for (size_t i = 0; !status && i < n_in; i++)
    if (i >= step->first && i < step->first + step->states)
      status = add_view(b, &kept, &(atr__place){ .at = state_at(&stage, i - step->first), .changes = 1 });
    else
      status = add_value(b, i < node->n_in ? node->in[i] : 0, 0, 0, NULL);
  if (!status) status = add_value(b, node->out[0], 0, 0, NULL);
  for (size_t i = 1; !status && i < n_out; i++)
    status = add_view(b, &kept, &(atr__place){ .at = state_at(&stage, i - step->after), .changes = 1 });
  if (status) return status;
  b->p->calls[stage.first_call].n_in = n_in;
  b->p->calls[stage.first_call].n_out = n_out;
  return add_stage(b, &stage);
}

/* Only a Pad has work to do: where its input has not begun it says zero. */
static atr_status shift(build *b, size_t index) {
  const atr__node *node = &b->p->model->nodes[index];
  const atr__track *x = track_of(b, node->in[0]), *y = track_of(b, node->out[0]);
  if (b->placing) return ATR_OK;
  if (y->offset >= x->offset) {
    b->p->buffer[node->out[0] - 1] = b->p->buffer[node->in[0] - 1];
    return ATR_OK;
  }
  const atr__stage stage = { .kind = ATR__STAGE_MASK,
                             .node = index,
                             .in = column_of(b, node->in[0]),
                             .out = column_of(b, node->out[0]),
                             .offset = x->offset };
  return add_stage(b, &stage);
}

static atr_status add_node(build *b, size_t index) {
  const atr__node *node = &b->p->model->nodes[index];
  const atr__pace pace = b->p->timeline.pace[index];
  if (pace == ATR__PACE_NONE || pace == ATR__PACE_FIXED) return ATR_OK;
  for (size_t i = 0; !b->placing && i < node->n_out; i++)
    if (node->out[i] && track_of(b, node->out[i])->axis >= 0) {
      const atr_status status = add_buffer(b, node->out[i]);
      if (status) return status;
    }
  switch (pace) {
  case ATR__PACE_WINDOW: return window(b, index);
  case ATR__PACE_RECURRENT: return recurrent(b, index);
  case ATR__PACE_CARRIED: return carried(b, index);
  case ATR__PACE_SHIFT: return shift(b, index);
  default: return local(b, index);
  }
}

/* Initial states of recurrent layers, where the model gives them. */
static void initial_states(atr__stream_program *p) {
  for (size_t s = 0; s < p->n_stages; s++) {
    const atr__stage *stage = &p->stages[s];
    const atr__node *node = &p->model->nodes[stage->node];
    if (stage->kind == ATR__STAGE_CARRIED) {
      for (size_t k = 0; k < stage->carried->states; k++) {
        const size_t i = stage->carried->first + k;
        const atr__blob *blob =
            i < node->n_in && node->in[i] ? atr__timeline_constant(&p->timeline, node->in[i], 0) : NULL;
        if (blob) memcpy(p->initial + state_at(stage, k), blob->data, (size_t)blob->count * sizeof(float));
      }
    }
    if (stage->kind != ATR__STAGE_RECURRENT) continue;
    const int64_t hid = stage->recurrent.p.hid, wide = stage->recurrent.wide;
    for (size_t part = 0; part < 2; part++) {
      const atr__blob *blob = 5 + part < node->n_in && node->in[5 + part]
                                  ? atr__timeline_constant(&p->timeline, node->in[5 + part], 0)
                                  : NULL;
      float *to = (float *)(void *)(p->initial + stage->state) + (int64_t)part * stage->lines * wide;
      for (int64_t n = 0; blob && n < stage->lines; n++) /* one direction: [n][hid] in either layout */
        memcpy(to + n * wide, (const float *)blob->data + n * hid, (size_t)hid * sizeof *to);
    }
  }
}

/* A state fits a program of the same model, weights left aside, and blocks. */
static uint64_t fingerprint(const atr__stream_program *p) {
  uint64_t hash = XXH64(&p->max_block, sizeof p->max_block, 0);
  for (size_t s = 0; s < p->n_stages; s++) {
    const atr__stage *stage = &p->stages[s];
    const int64_t facts[] = {
      stage->kind,     (int64_t)stage->node, stage->history, stage->ring.rows, (int64_t)stage->ring.at,
      stage->in.outer, stage->in.inner,      stage->lines,   stage->offset,    stage->recurrent.p.hid
    };
    hash = XXH64(facts, sizeof facts, hash);
    const char *name = p->model->nodes[stage->node].op->name;
    hash = XXH64(name, strlen(name), hash);
  }
  return hash;
}

static atr_status add_all(build *b) {
  atr__stream_program *p = b->p;
  atr_status status = ATR_OK;
  size_t at = 0;
  for (size_t k = 0; !status && k < p->model->n_nodes; k++)
    if (p->timeline.live[k]) status = add_node(b, k);
  const int64_t early = -track_of(b, p->timeline.output)->offset;
  if (!status && early > 0) status = delay(b, p->timeline.output, early, &at);
  if (status || b->placing) return status;
  p->in = column_of(b, p->model->inputs[0]);
  p->out = column_of(b, p->timeline.output);
  if (at) p->out.at = at;
  p->out_offset = early > 0 ? 0 : -early;
  return ATR_OK;
}

static atr_status place_rows(atr__stream_program *p, atr_error *error) {
  size_t floats = 0;
  for (size_t k = 0; k < p->n_stages; k++) floats += atr__conv_step_rows_floats(&p->stages[k].conv);
  if (!floats) return ATR_OK;
  p->rows = atr__calloc_aligned(floats * sizeof *p->rows);
  if (!p->rows) return atr__nomem(error, floats * sizeof *p->rows);
  float *at = p->rows;
  for (size_t k = 0; k < p->n_stages; k++) {
    const size_t n = atr__conv_step_rows_floats(&p->stages[k].conv);
    if (n) atr__conv_step_rows_place(&p->stages[k].conv, at);
    at += n;
  }
  return ATR_OK;
}

static atr_status make(atr__stream_program *p, const atr_stream_options *options, atr_error *error) {
  atr_status status =
      atr__timeline_create(p->model, options->axis, options->output, options->max_block, error, &p->timeline);
  if (status) return status;
  while (((size_t)1 << p->n_sizes) <= options->max_block) p->n_sizes++;
  p->max_block = (size_t)1 << (p->n_sizes - 1);
  for (size_t i = 0; i < p->model->n_values; i++)
    if (p->timeline.track[i].axis >= 0) p->begin = atr__min_i64(p->begin, p->timeline.track[i].offset);
  p->buffer = atr__calloc(p->model->n_values, sizeof *p->buffer);
  if (!p->buffer) return atr__nomem(error, p->model->n_values * sizeof *p->buffer);
  build b = { p, error, ALIGN, 0, 1 }; /* the clock comes first */
  if ((status = add_all(&b))) return status;
  p->state_bytes = b.buffers = b.state;
  b.state = ALIGN;
  b.placing = 0;
  if ((status = add_buffer(&b, p->model->inputs[0])) || (status = add_all(&b))) return status;
  p->arena_bytes = b.buffers;
  if ((status = place_rows(p, error))) return status;
  p->initial = atr__calloc_aligned(p->state_bytes);
  if (!p->initial) return atr__nomem(error, p->state_bytes);
  initial_states(p);
  memcpy(p->initial, &p->begin, sizeof p->begin);
  p->fingerprint = fingerprint(p);
  return ATR_OK;
}

atr_status atr__stream_program_create(atr_model *model, const atr_stream_options *options, atr_error *error,
                                      atr__stream_program **program) {
  *program = NULL;
  atr__stream_program *p = atr__calloc(1, sizeof *p);
  if (!p) {
    atr_model_destroy(model);
    return atr__nomem(error, sizeof *p);
  }
  atomic_init(&p->references, 1);
  p->model = model;
  p->math = options->math;
  const atr_status status = make(p, options, error);
  if (status)
    atr__stream_program_release(p);
  else
    *program = p;
  return status;
}

void atr__stream_program_release(atr__stream_program *p) {
  if (!p || atomic_fetch_sub(&p->references, 1) > 1) return;
  for (size_t s = 0; s < p->n_stages; s++) {
    atr__conv_step_free(&p->stages[s].conv);
    atr__recurrent_step_free(&p->stages[s].recurrent);
  }
  for (size_t i = 0; i < p->n_owned; i++) atr__free(p->owned[i]);
  atr__resident_code_destroy(p->resident);
  if (p->timeline.model) atr__timeline_free(&p->timeline);
  atr_model_destroy(p->model);
  atr__free(p->stages);
  atr__free_aligned(p->rows);
  atr__free(p->calls);
  atr__free(p->views);
  atr__free(p->places);
  atr__free(p->owned);
  atr__free(p->buffer);
  atr__free_aligned(p->initial);
  atr__free_aligned(p->settled);
  atr__free(p);
}
