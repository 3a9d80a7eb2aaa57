/* timeline.c: the walk over a model that decides how each node takes its steps; see timeline.h. */
#include "config.h"

#include "stream/timeline.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/random.h"
#include "op/conv.h"
#include "op/pad.h"
#include "op/recurrent.h"
#include "op/slice.h"
#include "stream/carried_step.h"
#include "tensor/shape.h"

/* Lengths at which whole sequences are tried until one is long enough for the model, and how much longer the
 * second one is: a prime that no model's own dimension is likely to differ by. */
static const int64_t LENGTH_LEAST = 67, LENGTH_MOST = 1 << 21, LONGER = 41;
enum { TRIAL_WHOLE = 8, TRIAL_FIRST = 3, TRIAL_REST = 5, NO_ONE = -2 };

static int is(const atr__node *node, const char *name) {
  return !*node->op->domain && !strcmp(node->op->name, name);
}

static int is_recurrent(const atr__node *node) {
  return is(node, "RNN") || is(node, "LSTM") || is(node, "GRU");
}

static const atr__track NO_TRACK = { -1, 0, 0, -1 };

static atr__track *track_of(const atr__timeline *t, int id) {
  return &t->track[id - 1];
}

const atr__blob *atr__timeline_constant(const atr__timeline *t, int id, size_t b) {
  if (track_of(t, id)->axis != -1) return NULL;
  return t->block[b].known[id - 1] ? t->block[b].known[id - 1] : t->fixed[id - 1];
}

const atr__conv_params *atr__timeline_conv(const atr__timeline *t, size_t index, int *along) {
  const atr__conv_params *p = t->whole[0].params[index];
  *along = track_of(t, t->model->nodes[index].in[0])->axis - 2 + 3 - p->spatial;
  return p;
}

/* ---- shapes ---- */

/* A state in which the input has the length `steps` along its axis, free dimensions 1, and constants are
 * known. */
static atr_status begin_state(const atr_model *model, int axis, int64_t steps, atr__infer_state *state,
                              atr_error *error) {
  const int input = model->inputs[0];
  atr_shape shape = atr__model_at(model, input)->shape;
  int64_t count;
  atr_status status = atr__infer_room(model, state, error);
  if (status) return status;
  for (int d = 0; d < shape.rank; d++)
    if (shape.dim[d] < 0) shape.dim[d] = 1;
  shape.dim[axis] = steps;
  if ((status = atr__shape_count(&shape, error, &count))) return status;
  state->type[input - 1] = ATR_F32;
  state->shape[input - 1] = shape;
  for (size_t i = 0; i < model->n_values; i++)
    if (model->values[i].init) {
      state->type[i] = model->values[i].type;
      state->shape[i] = model->values[i].init->shape;
      state->known[i] = atr__blob_retain(model->values[i].init);
    }
  return ATR_OK;
}

static atr_status infer_whole(const atr__timeline *t, int axis, int64_t steps, atr__infer_state *state,
                              atr_error *error) {
  atr_status status = begin_state(t->model, axis, steps, state, error);
  for (size_t k = 0; !status && k < t->model->n_nodes; k++)
    if (t->live[k]) status = atr__infer_node(t->model, k, state, error);
  return status;
}

/* The model at two lengths, both longer than anything it takes off. */
static atr_status infer_wholes(atr__timeline *t, int axis, atr_error *error) {
  atr_status status;
  for (int64_t steps = LENGTH_LEAST;; steps *= 4) {
    t->length[0] = steps;
    t->length[1] = steps + LONGER;
    status = infer_whole(t, axis, t->length[0], &t->whole[0], error);
    if (!status) status = infer_whole(t, axis, t->length[1], &t->whole[1], error);
    const atr_shape *out = status ? NULL : &t->whole[0].shape[t->output - 1];
    const int too_short = status == ATR_E_SHAPE || (out && !atr__shape_size(out));
    if (!too_short || steps > LENGTH_MOST) return status;
    for (int i = 0; i < 2; i++) atr__infer_free(&t->whole[i], t->model);
  }
}

/* The axis whose length differs between the two sequences: -1: none; -3: several, or by another number of
 * steps. */
static int axis_of(const atr__timeline *t, int id) {
  const atr_shape *a = &t->whole[0].shape[id - 1], *b = &t->whole[1].shape[id - 1];
  int axis = -1;
  if (a->rank != b->rank) return -3;
  for (int d = 0; d < a->rank; d++)
    if (a->dim[d] != b->dim[d]) {
      if (axis >= 0 || b->dim[d] - a->dim[d] != LONGER) return -3;
      axis = d;
    }
  return axis;
}

/* The axis of the input that is time where W·u + b of it, or the same normalized, drives this node; else -1.
 */
static int driven_along(const atr_model *model, const atr__node *node, int input) {
  static const char *const between[] = {
    "MatMul", "Add", "Mul", "Reshape", "Slice", "Concat", "LayerNormalization"
  };
  int value = node->in[0], axis = 0; /* of what comes before the node, whose features are last */
  for (size_t k = (size_t)(node - model->nodes); k-- > 0 && value != input;) {
    const atr__node *before = &model->nodes[k];
    size_t n, i = 0;
    if (before->out[0] != value) continue;
    if (is(before, "Transpose")) {
      const int64_t *perm = atr__attrs_ints(&before->attrs, "perm", &n);
      if (!perm || n != 3) return -1;
      axis = (int)perm[axis];
    } else {
      while (i < sizeof between / sizeof *between && !is(before, between[i])) i++;
      if (i == sizeof between / sizeof *between) return -1;
    }
    value = before->in[0];
  }
  return value == input ? axis : -1;
}

/* Which axis of the input is time, where the caller does not say. */
static int find_axis(const atr_model *model) {
  const int input = model->inputs[0];
  const atr_shape *shape = &atr__model_at(model, input)->shape;
  for (size_t k = 0; k < model->n_nodes; k++)
    if (is_recurrent(&model->nodes[k]) && model->nodes[k].in[0] == input)
      return atr__attrs_int(&model->nodes[k].attrs, "layout", 0) != 0;
    else if (atr__carried_step_find(model->nodes[k].op)) {
      const int axis = driven_along(model, &model->nodes[k], input);
      if (axis >= 0) return axis;
    }
  for (int d = shape->rank; d-- > 0;)
    if (shape->dim[d] < 0) return d;
  return shape->rank - 1;
}

/* ---- one node ---- */

static atr_status refuse(const atr__node *node, atr_error *error, const char *why) {
  return atr__fail(error, ATR_E_UNSUPPORTED, "node \"%s\" (%s) %s", node->name, node->op->name, why);
}

/* Value `id` of blocks b: type and shape like the whole sequence's, with size[b] steps. */
static void block_shape(atr__timeline *t, int id) {
  for (size_t b = 0; b < t->n_blocks; b++) {
    t->block[b].type[id - 1] = t->whole[0].type[id - 1];
    t->block[b].shape[id - 1] = t->whole[0].shape[id - 1];
    if (track_of(t, id)->axis >= 0) t->block[b].shape[id - 1].dim[track_of(t, id)->axis] = t->size[b];
  }
}

/* Tracks of a node's outputs that begin at `offset`. */
static atr_status track_outputs(atr__timeline *t, size_t index, int64_t offset, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  int blame = -1;
  for (size_t i = 0; i < node->n_in; i++)
    if (node->in[i] && track_of(t, node->in[i])->axis >= 0 && track_of(t, node->in[i])->excess > 0)
      blame = track_of(t, node->in[i])->blame;
  for (size_t i = 0; i < node->n_out; i++) {
    if (!node->out[i]) continue;
    const int axis = axis_of(t, node->out[i]);
    if (axis == -3) return refuse(node, error, "changes the number of steps");
    atr__track *track = track_of(t, node->out[i]);
    *track = NO_TRACK;
    track->axis = axis < 0 ? NO_ONE : axis;
    if (axis < 0) continue;
    track->offset = offset;
    track->excess = t->whole[0].shape[node->out[i] - 1].dim[axis] - (t->length[0] - offset);
    if (track->excess > 0) track->blame = blame >= 0 ? blame : (int)index;
  }
  return ATR_OK;
}

/* Runs a node that does not run along time, once. */
static atr_status compute_fixed(atr__timeline *t, size_t index, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  atr_status status = ATR_OK;
  atr__view *in = atr__calloc(node->n_in, sizeof *in), *out = atr__calloc(node->n_out, sizeof *out);
  if (!in || !out) {
    status = atr__nomem(error, node->n_out * sizeof *out);
    goto fail;
  }
  for (size_t i = 0; i < node->n_in; i++) {
    const atr__blob *blob = node->in[i] ? atr__timeline_constant(t, node->in[i], 0) : NULL;
    if (blob) in[i] = (atr__view){ blob->data, blob->type, blob->shape, blob->count };
  }
  for (size_t i = 0; i < node->n_out; i++) {
    if (!node->out[i]) continue;
    const int v = node->out[i] - 1;
    ATR__CHECK(atr__blob_create(t->whole[0].type[v], &t->whole[0].shape[v], NULL, error, &t->fixed[v]));
    out[i] = (atr__view){ t->fixed[v]->data, t->fixed[v]->type, t->fixed[v]->shape, t->fixed[v]->count };
  }
  const atr__call call = { t->whole[0].params[index], node->n_in, node->n_out, in, out, NULL, error, 0 };
  status = node->op->host_f32(&call);
fail:
  atr__free(in);
  atr__free(out);
  return status;
}

static void release_views(atr__view *views, size_t n, const unsigned char *own) {
  for (size_t i = 0; views && own && i < n; i++)
    if (own[i]) atr__free(views[i].data);
}

/* The node on the block of size[b]; inputs along time are columns [from, …) of `source`, given for the
 * largest block. out receives its outputs' data, to be freed. */
static atr_status try_block(const atr__timeline *t, size_t index, size_t b, int64_t from,
                            const atr__view *source, int64_t whole, atr__view *out, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  const atr__infer_state *state = &t->block[b];
  atr_status status = ATR_OK;
  atr__view *in = atr__calloc(node->n_in, sizeof *in);
  unsigned char *own = atr__calloc(node->n_in, 1);
  if (!in || !own) {
    status = atr__nomem(error, node->n_in * sizeof *in);
    goto fail;
  }
  for (size_t i = 0; i < node->n_in; i++) {
    if (!node->in[i]) continue;
    const int v = node->in[i] - 1, axis = t->track[v].axis;
    in[i] = (atr__view){ NULL, state->type[v], state->shape[v], atr__shape_size(&state->shape[v]) };
    if (axis < 0) {
      const atr__blob *blob = atr__timeline_constant(t, node->in[i], b);
      in[i].data = blob ? blob->data : NULL;
      continue;
    }
    const size_t width = atr_type_size(in[i].type);
    const size_t inner = (size_t)atr__shape_span(&in[i].shape, axis + 1, in[i].shape.rank) * width;
    const int64_t outer = atr__shape_span(&in[i].shape, 0, axis), n = t->size[b];
    in[i].data = atr__calloc((size_t)in[i].count, width);
    own[i] = 1;
    if (!in[i].data) {
      status = atr__nomem(error, (size_t)in[i].count * width);
      goto fail;
    }
    for (int64_t o = 0; o < outer; o++)
      memcpy((char *)in[i].data + (size_t)(o * n) * inner,
             (const char *)source[i].data + (size_t)(o * whole + from) * inner, (size_t)n * inner);
  }
  for (size_t i = 0; i < node->n_out; i++) {
    if (!node->out[i]) continue;
    const int v = node->out[i] - 1;
    out[i] = (atr__view){ NULL, state->type[v], state->shape[v], atr__shape_size(&state->shape[v]) };
    out[i].data = atr__calloc((size_t)out[i].count, atr_type_size(out[i].type));
    if (!out[i].data) {
      status = atr__nomem(error, (size_t)out[i].count);
      goto fail;
    }
  }
  const atr__call call = { state->params[index], node->n_in, node->n_out, in, out, NULL, error, 0 };
  status = node->op->host_f32(&call);
fail:
  release_views(in, node->n_in, own);
  atr__free(in);
  atr__free(own);
  return status;
}

/* Whether columns [from, from + n) of `whole` are those of `part`. */
static int same_columns(const atr__timeline *t, int id, const atr__view *whole, const atr__view *part,
                        int64_t from, int64_t n) {
  const int axis = track_of(t, id)->axis;
  const size_t inner =
      (size_t)atr__shape_span(&whole->shape, axis + 1, whole->shape.rank) * atr_type_size(whole->type);
  const int64_t outer = atr__shape_span(&whole->shape, 0, axis), all = whole->shape.dim[axis];
  for (int64_t o = 0; o < outer; o++)
    if (memcmp((const char *)whole->data + (size_t)(o * all + from) * inner,
               (const char *)part->data + (size_t)(o * n) * inner, (size_t)n * inner) != 0)
      return 0;
  return 1;
}

/* Random numbers for the inputs along time; source[i].data is to be freed. */
static atr_status draw(const atr__timeline *t, const atr__node *node, const atr__infer_state *state,
                       atr__view *source, atr_error *error) {
  atr__random random;
  atr__random_seed(&random, 1, 0);
  for (size_t i = 0; i < node->n_in; i++) {
    if (!node->in[i] || track_of(t, node->in[i])->axis < 0) continue;
    const int v = node->in[i] - 1;
    atr__view *s = &source[i];
    *s = (atr__view){ NULL, state->type[v], state->shape[v], atr__shape_size(&state->shape[v]) };
    s->data = atr__calloc((size_t)s->count, atr_type_size(s->type));
    if (!s->data) return atr__nomem(error, (size_t)s->count);
    for (int64_t k = 0; k < s->count; k++)
      if (s->type == ATR_F32)
        ((float *)s->data)[k] = 2 * atr__random_uniform(&random) - 1;
      else /* 0 and 1 are true and false, and indices of nearly anything */
        ((char *)s->data)[(size_t)k * atr_type_size(s->type)] = (char)atr__random_below(&random, 2);
  }
  return ATR_OK;
}

/* Whether the node treats every step alike; see timeline.h. */
static atr_status try_local(const atr__timeline *t, size_t index, int *alike, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  const size_t n = node->n_out, last = t->n_blocks, whole = last - 3, first = last - 2, rest = last - 1;
  atr_status status = ATR_OK;
  atr__view *source = atr__calloc(node->n_in, sizeof *source), *out = atr__calloc(3 * n, sizeof *out);
  *alike = 0;
  if (!source || !out) {
    status = atr__nomem(error, 3 * n * sizeof *out);
    goto fail;
  }
  ATR__CHECK(draw(t, node, &t->block[whole], source, error));
  ATR__CHECK(try_block(t, index, whole, 0, source, TRIAL_WHOLE, out, error));
  ATR__CHECK(try_block(t, index, first, 0, source, TRIAL_WHOLE, out + n, error));
  ATR__CHECK(try_block(t, index, rest, TRIAL_FIRST, source, TRIAL_WHOLE, out + 2 * n, error));
  *alike = 1;
  for (size_t i = 0; i < n; i++)
    if (node->out[i] && track_of(t, node->out[i])->axis >= 0)
      *alike = *alike && same_columns(t, node->out[i], &out[i], &out[n + i], 0, TRIAL_FIRST) &&
               same_columns(t, node->out[i], &out[i], &out[2 * n + i], TRIAL_FIRST, TRIAL_REST);
fail:
  for (size_t i = 0; source && i < node->n_in; i++) atr__free(source[i].data);
  for (size_t i = 0; out && i < 3 * n; i++) atr__free(out[i].data);
  atr__free(source);
  atr__free(out);
  return status;
}

/* The blocks' shapes of a node that treats every step alike must follow from its inputs'. */
static atr_status infer_blocks(atr__timeline *t, size_t index, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  for (size_t b = 0; b < t->n_blocks; b++) {
    atr_status status = atr__infer_node(t->model, index, &t->block[b], error);
    for (size_t i = 0; !status && i < node->n_out; i++) {
      if (!node->out[i] || track_of(t, node->out[i])->axis < 0) continue;
      atr_shape shape = t->whole[0].shape[node->out[i] - 1];
      shape.dim[track_of(t, node->out[i])->axis] = t->size[b];
      if (!atr__shape_equal(&shape, &t->block[b].shape[node->out[i] - 1]))
        status = refuse(node, error, "does not treat every step alike");
    }
    if (status) return status;
  }
  return ATR_OK;
}

static atr_status take_local(atr__timeline *t, size_t index, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  int64_t offset = INT64_MIN;
  int alike;
  for (size_t i = 0; i < node->n_in; i++)
    if (node->in[i] && track_of(t, node->in[i])->axis >= 0)
      offset = atr__max_i64(offset, track_of(t, node->in[i])->offset);
  atr_status status = track_outputs(t, index, offset, error);
  for (size_t i = 0; !status && i < node->n_out; i++)
    if (node->out[i] && track_of(t, node->out[i])->axis == NO_ONE)
      return refuse(node, error, "looks at the sequence as a whole");
  if (!status) status = infer_blocks(t, index, error);
  if (!status) status = try_local(t, index, &alike, error);
  if (!status && !alike) status = refuse(node, error, "does not treat every step alike");
  t->pace[index] = ATR__PACE_LOCAL;
  return status;
}

static atr_status take_conv(atr__timeline *t, size_t index, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  const atr__track *x = track_of(t, node->in[0]);
  int j;
  const atr__conv_params *p = atr__timeline_conv(t, index, &j);
  for (size_t i = 1; i < node->n_in; i++)
    if (node->in[i] && track_of(t, node->in[i])->axis != -1)
      return refuse(node, error, "has a filter that is computed from the sequence");
  if (x->axis < 2) return take_local(t, index, error);
  if (p->stride[j] != 1) return refuse(node, error, "has a stride along time: its output is of another rate");
  const int plain = p->spatial == 1 && p->group == 1;
  if (!plain && p->filter[j] == 1 && p->out[j] == p->in[j]) return take_local(t, index, error);
  t->pace[index] = ATR__PACE_WINDOW;
  const atr_status status =
      track_outputs(t, index, x->offset - p->pad[j] + (p->filter[j] - 1) * p->dilation[j], error);
  block_shape(t, node->out[0]);
  return status;
}

static atr_status take_recurrent(atr__timeline *t, size_t index, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  const atr__recurrent_params *p = t->whole[0].params[index];
  const atr__track *x = track_of(t, node->in[0]);
  if (x->axis != (p->layout ? 1 : 0)) return take_local(t, index, error); /* time is its batch */
  if (p->dirs != 1 || p->reverse) return refuse(node, error, "reads the sequence backwards");
  for (size_t i = 1; i < node->n_in; i++)
    if (node->in[i] && (track_of(t, node->in[i])->axis != -1 || i == 4))
      return refuse(node, error,
                    i == 4 ? "has lengths of sequences: a stream has no end"
                           : "has weights or states that are computed from the sequence");
  t->pace[index] = ATR__PACE_RECURRENT;
  const atr_status status = track_outputs(t, index, x->offset, error);
  for (size_t i = 0; !status && i < node->n_out; i++)
    if (node->out[i]) block_shape(t, node->out[i]);
  return status;
}

static atr_status take_carried(atr__timeline *t, size_t index, const atr__carried_step *step,
                               atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  const atr__track *x = track_of(t, node->in[0]);
  if (x->axis != step->time) return take_local(t, index, error); /* time is its batch */
  const char *why = step->refuses(t->whole[0].params[index]);
  if (why) return refuse(node, error, why);
  for (size_t i = 1; i < node->n_in; i++)
    if (node->in[i] && track_of(t, node->in[i])->axis != -1)
      return refuse(node, error, "has weights or states that are computed from the sequence");
  for (size_t i = step->after ? step->after + step->states : 1; i < node->n_out; i++)
    if (node->out[i]) return refuse(node, error, step->extra);
  t->pace[index] = ATR__PACE_CARRIED;
  const atr_status status = track_outputs(t, index, x->offset, error);
  return status ? status : infer_blocks(t, index, error);
}

/* Slice or Pad that moves the beginning or the end and nothing else; *taken 0: it is another one. */
static atr_status take_shift(atr__timeline *t, size_t index, int *taken, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  const atr__track *x = track_of(t, node->in[0]);
  const int axis = x->axis, pad = is(node, "Pad");
  const atr_shape *in = &t->whole[0].shape[node->in[0] - 1], *out = &t->whole[0].shape[node->out[0] - 1];
  int64_t moved[2];
  *taken = 0;
  for (int i = 0; i < 2; i++) {
    const void *p = t->whole[i].params[index];
    moved[i] =
        pad ? -((const atr__pad_params *)p)->before[axis] : ((const atr__slice_params *)p)->start[axis];
    if (!pad && ((const atr__slice_params *)p)->step[axis] != 1) return ATR_OK;
  }
  if (moved[0] == 0 && in->dim[axis] == out->dim[axis]) return ATR_OK; /* along another axis */
  if (in->rank != out->rank) return ATR_OK;
  for (int d = 0; d < in->rank; d++)
    if (d != axis && in->dim[d] != out->dim[d])
      return refuse(node, error, "cuts or pads along time and another axis at once");
  if (moved[0] != moved[1]) return refuse(node, error, "begins at a step counted from the end");
  const atr__pad_params *p = t->whole[0].params[index];
  if (pad && moved[0] < 0 && (p->mode != ATR__PAD_MODE_CONSTANT || p->bits || p->real < 0 || p->real > 0))
    return refuse(node, error, "pads along time with something else than zeros");
  *taken = 1;
  t->pace[index] = ATR__PACE_SHIFT;
  const atr_status status = track_outputs(t, index, x->offset + moved[0], error);
  block_shape(t, node->out[0]);
  return status;
}

static int all_known(const atr__timeline *t, const atr__node *node) {
  for (size_t i = 0; i < node->n_out; i++)
    if (node->out[i] && !t->whole[0].known[node->out[i] - 1]) return 0;
  return 1;
}

static atr_status take(atr__timeline *t, size_t index, atr_error *error) {
  const atr__node *node = &t->model->nodes[index];
  int along = 0, taken = 0;
  for (size_t i = 0; i < node->n_in; i++) {
    if (!node->in[i]) continue;
    const int axis = track_of(t, node->in[i])->axis;
    if (axis == NO_ONE && !all_known(t, node))
      return refuse(node, error, "reads what depends on the whole sequence");
    along |= axis >= 0;
  }
  for (size_t i = 0; i < node->n_out; i++)
    if (node->out[i]) *track_of(t, node->out[i]) = NO_TRACK;
  if (all_known(t, node)) return infer_blocks(t, index, error);
  if (!along) {
    t->pace[index] = ATR__PACE_FIXED;
    const atr_status status = infer_blocks(t, index, error);
    return status ? status : compute_fixed(t, index, error);
  }
  if (node->in[0] && track_of(t, node->in[0])->axis >= 0) {
    if (is(node, "Conv")) return take_conv(t, index, error);
    if (is_recurrent(node)) return take_recurrent(t, index, error);
    const atr__carried_step *step = atr__carried_step_find(node->op);
    if (step) return take_carried(t, index, step, error);
    if (is(node, "Slice") || is(node, "Pad")) {
      const atr_status status = take_shift(t, index, &taken, error);
      if (status || taken) return status;
    }
  }
  return take_local(t, index, error);
}

/* ---- the walk ---- */

static atr_status choose(atr__timeline *t, const char *output, int *axis, atr_error *error) {
  const atr_model *model = t->model;
  if (model->n_inputs != 1 || atr__model_at(model, model->inputs[0])->type != ATR_F32)
    return atr__fail(error, ATR_E_UNSUPPORTED, "a stream has one input, of float32; this model has %zu%s",
                     model->n_inputs, model->n_inputs == 1 ? ", of another type" : "");
  const atr__value *input = atr__model_at(model, model->inputs[0]);
  if (input->shape.rank < 1)
    return atr__fail(error, ATR_E_UNSUPPORTED, "the input \"%s\" has no axis for time", input->name);
  if (*axis == -1) *axis = find_axis(model);
  if (*axis < 0 || *axis >= input->shape.rank)
    return atr__fail(error, ATR_E_PARAM, "axis %d: the input \"%s\" has %d axes", *axis, input->name,
                     input->shape.rank);
  t->output = 0;
  for (size_t i = 0; i < model->n_outputs; i++)
    if (!output || !strcmp(atr__model_at(model, model->outputs[i])->name, output)) {
      t->output = model->outputs[i];
      break;
    }
  if (!t->output)
    return atr__fail(error, ATR_E_PARAM, "the model has no output \"%s\"", output ? output : "");
  return ATR_OK;
}

/* Only what leads to the one output. */
static atr_status mark_live(atr__timeline *t, atr_error *error) {
  const atr_model *model = t->model;
  unsigned char *needed = atr__calloc(model->n_values, 1);
  if (!needed) return atr__nomem(error, model->n_values);
  needed[t->output - 1] = 1;
  for (size_t k = model->n_nodes; k-- > 0;) {
    const atr__node *node = &model->nodes[k];
    for (size_t i = 0; i < node->n_out; i++) t->live[k] |= node->out[i] && needed[node->out[i] - 1];
    for (size_t i = 0; t->live[k] && i < node->n_in; i++)
      if (node->in[i]) needed[node->in[i] - 1] = 1;
  }
  atr__free(needed);
  return ATR_OK;
}

static atr_status make_blocks(atr__timeline *t, int axis, size_t max_block, atr_error *error) {
  size_t n = 0;
  while (((size_t)1 << n) <= max_block) n++;
  t->size = atr__calloc(n + 3, sizeof *t->size);
  t->block = atr__calloc(n + 3, sizeof *t->block);
  if (!t->size || !t->block) return atr__nomem(error, (n + 3) * sizeof *t->block);
  for (size_t b = 0; b < n; b++) t->size[b] = (int64_t)1 << b;
  t->size[n] = TRIAL_WHOLE, t->size[n + 1] = TRIAL_FIRST, t->size[n + 2] = TRIAL_REST;
  t->n_blocks = n + 3;
  atr_status status = ATR_OK;
  for (size_t b = 0; !status && b < t->n_blocks; b++)
    status = begin_state(t->model, axis, t->size[b], &t->block[b], error);
  return status;
}

atr_status atr__timeline_create(const atr_model *model, int axis, const char *output, size_t max_block,
                                atr_error *error, atr__timeline *t) {
  *t = (atr__timeline){ .model = model };
  atr_status status = choose(t, output, &axis, error);
  if (status) return status;
  t->live = atr__calloc(model->n_nodes, 1);
  t->pace = atr__calloc(model->n_nodes, sizeof *t->pace);
  t->track = atr__calloc(model->n_values, sizeof *t->track);
  t->fixed = atr__calloc(model->n_values, sizeof *t->fixed);
  if (!t->live || !t->pace || !t->track || !t->fixed)
    status = atr__nomem(error, model->n_values * sizeof *t->track);
  if (!status) status = mark_live(t, error);
  if (!status) {
    for (size_t i = 0; i < model->n_values; i++) t->track[i] = NO_TRACK;
    track_of(t, model->inputs[0])->axis = axis;
    status = infer_wholes(t, axis, error);
    if (status) atr__fail_in(error, status, "as a stream along axis %d", axis);
  }
  if (!status) status = make_blocks(t, axis, max_block, error);
  for (size_t k = 0; !status && k < model->n_nodes; k++)
    if (t->live[k]) status = take(t, k, error);
  if (!status) {
    const atr__track *out = track_of(t, t->output);
    const char *name = atr__model_at(model, t->output)->name;
    if (out->axis < 0)
      status = atr__fail(error, ATR_E_UNSUPPORTED, "the output \"%s\" does not run along time", name);
    else if (t->whole[0].type[t->output - 1] != ATR_F32)
      status = atr__fail(error, ATR_E_UNSUPPORTED, "the output \"%s\" is not float32", name);
    else if (out->excess > 0)
      status = atr__fail(error, ATR_E_UNSUPPORTED,
                         "node \"%s\" (%s) looks ahead, the output \"%s\" by %lld steps: it is not causal",
                         model->nodes[out->blame].name, model->nodes[out->blame].op->name, name,
                         (long long)out->excess);
  }
  if (status) atr__timeline_free(t);
  return status;
}

void atr__timeline_free(atr__timeline *t) {
  for (int i = 0; i < 2; i++) atr__infer_free(&t->whole[i], t->model);
  for (size_t b = 0; t->block && b < t->n_blocks; b++) atr__infer_free(&t->block[b], t->model);
  for (size_t i = 0; t->fixed && i < t->model->n_values; i++) atr__blob_release(t->fixed[i]);
  atr__free(t->block);
  atr__free(t->size);
  atr__free(t->live);
  atr__free(t->pace);
  atr__free(t->track);
  atr__free(t->fixed);
  memset(t, 0, sizeof *t);
}
