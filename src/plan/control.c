/* control.c: If, Loop and Scan at run time: the host decides, their graphs run as plans (segment.c).
 *
 * A graph within takes ONNX's inputs and then the node's captures, so all of them are called alike. Carried
 * values pass by reference; what a Loop or Scan collects is stacked when it is done. Source: the ONNX
 * operators of the same names (Scan as of opset 9, without the batch axis of opset 8). */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "plan/segment.h"
#include "tensor/shape.h"

/* A loop that never ends fills memory otherwise. */
#define PILED_MOST ((uint64_t)1 << 33)

/* What a Loop or Scan collects for one of its outputs. */
typedef struct pile {
  atr__item *list;
  size_t n, room;
} pile;

/* A Loop or Scan under way. */
typedef struct turn {
  const atr__node *node;
  int real64;
  atr__exec *body;
  size_t n_in, n_out, first; /* of the body; its first output that is collected */
  atr__item *in, *out;
  pile *piles;    /* n_out - first */
  uint64_t piled; /* bytes, with what the list takes */
  const atr__asker *asker;
} turn;

static atr_status fail_in(const turn *t, atr_status status) {
  return atr__fail_in(t->asker->error, status, "node \"%s\" (%s)", t->node->name, t->node->op->name);
}

static void free_turn(turn *t) {
  for (size_t i = 0; t->in && i < t->n_in; i++) atr__item_release(&t->in[i]);
  for (size_t i = 0; t->out && i < t->n_out; i++) atr__item_release(&t->out[i]);
  for (size_t i = 0; t->piles && i < t->n_out - t->first; i++) {
    for (size_t k = 0; k < t->piles[i].n; k++) atr__item_release(&t->piles[i].list[k]);
    atr__free(t->piles[i].list);
  }
  atr__free(t->in);
  atr__free(t->out);
  atr__free(t->piles);
}

static atr_status start_turn(turn *t, const atr__node *node, int real64, atr__exec *body, size_t first,
                             const atr__asker *asker) {
  const atr_model *m = node->bodies[0].model;
  *t = (turn){ node, real64, body, m->n_inputs, m->n_outputs, first, NULL, NULL, NULL, 0, asker };
  t->in = atr__calloc(t->n_in + 1, sizeof *t->in);
  t->out = atr__calloc(t->n_out + 1, sizeof *t->out);
  t->piles = atr__calloc(t->n_out - first + 1, sizeof *t->piles);
  return t->in && t->out && t->piles ? ATR_OK : atr__nomem(asker->error, t->n_in * sizeof *t->in);
}

static void set(atr__item *to, const atr__item *from) {
  atr__item_release(to);
  *to = (atr__item){ from->type, atr__blob_retain(from->blob) };
}

/* Runs the body, lays what it collects on the piles, and hands carried values on: outputs [carried, first) to
 * inputs from `to` on. */
static atr_status take_turn(turn *t, size_t carried, size_t to) {
  atr_status status = atr__exec_run(t->body, t->in, t->out, t->asker);
  if (status) return fail_in(t, status);
  for (size_t i = t->first; i < t->n_out; i++) {
    pile *p = &t->piles[i - t->first];
    if (p->n && (t->out[i].type != p->list[0].type ||
                 !atr__shape_equal(&t->out[i].blob->shape, &p->list[0].blob->shape)))
      return fail_in(
          t, atr__fail(t->asker->error, ATR_E_SHAPE,
                       "output %zu of its graph changes its shape or type from one turn to the next", i));
    t->piled += t->out[i].blob->bytes + 256;
    if (t->piled > PILED_MOST)
      return fail_in(t, atr__fail(t->asker->error, ATR_E_LIMIT, "it collects more than %llu bytes",
                                  (unsigned long long)PILED_MOST));
    if (atr__grow(&p->list, &p->room, p->n + 1, sizeof *p->list))
      return atr__nomem(t->asker->error, sizeof *p->list);
    p->list[p->n++] = t->out[i];
    t->out[i].blob = NULL;
  }
  for (size_t i = carried; i < t->first; i++) {
    atr__item_release(&t->in[to + i - carried]);
    t->in[to + i - carried] = t->out[i];
    t->out[i].blob = NULL;
  }
  return ATR_OK;
}

/* The pile as one tensor with a new axis. Where no turn was taken, what the file says of the body's output
 * gives the other sizes, free ones 0. */
static atr_status stack(const turn *t, size_t index, int64_t given, int backwards, atr__item *out) {
  const pile *p = &t->piles[index];
  const atr_model *m = t->node->bodies[0].model;
  const atr__value *said = atr__model_at(m, m->outputs[t->first + index]);
  atr_shape one = p->n ? p->list[0].blob->shape : said->shape, all;
  atr_type type = p->n ? p->list[0].type : said->type ? said->type : ATR_F32;
  if (one.rank < 0) one.rank = 0;
  for (int i = 0; i < one.rank; i++)
    if (one.dim[i] < 0) one.dim[i] = 0;
  int axis;
  if (one.rank == ATR_RANK_MAX)
    return fail_in(t, atr__fail(t->asker->error, ATR_E_UNSUPPORTED,
                                "output %zu of its graph has %d dimensions", t->first + index, one.rank));
  atr_status status = atr__axis(given, one.rank + 1, "scan_output_axes", t->asker->error, &axis);
  if (status) return fail_in(t, status);
  all.rank = one.rank + 1;
  for (int i = 0; i < all.rank; i++)
    all.dim[i] = i < axis ? one.dim[i] : i == axis ? (int64_t)p->n : one.dim[i - 1];
  status = atr__item_create(t->real64, type, &all, t->asker->error, out);
  if (status || !out->blob->bytes) return status ? fail_in(t, status) : ATR_OK;
  const size_t row = (size_t)atr__shape_span(&one, axis, one.rank) * atr_type_size(out->blob->type);
  const int64_t rows = atr__shape_span(&one, 0, axis);
  for (size_t k = 0; k < p->n; k++) {
    const char *from = p->list[backwards ? p->n - 1 - k : k].blob->data;
    for (int64_t r = 0; r < rows; r++)
      memcpy((char *)out->blob->data + ((size_t)r * p->n + k) * row, from + (size_t)r * row, row);
  }
  return ATR_OK;
}

/* The part of a tensor at one place of an axis, without the axis. */
static atr_status slice(const turn *t, const atr__item *all, int axis, int64_t at, atr__item *out) {
  const atr_shape *shape = &all->blob->shape;
  atr_shape one = { shape->rank - 1, { 0 } };
  for (int i = 0; i < one.rank; i++) one.dim[i] = shape->dim[i < axis ? i : i + 1];
  atr__item_release(out);
  atr_status status = atr__item_create(t->real64, all->type, &one, t->asker->error, out);
  if (status) return fail_in(t, status);
  const size_t row = (size_t)atr__shape_span(&one, axis, one.rank) * atr_type_size(out->blob->type);
  const int64_t rows = atr__shape_span(&one, 0, axis), extent = shape->dim[axis];
  for (int64_t r = 0; row && r < rows; r++)
    memcpy((char *)out->blob->data + (size_t)r * row,
           (const char *)all->blob->data + ((size_t)r * (size_t)extent + (size_t)at) * row, row);
  return ATR_OK;
}

/* A number that control asks for: one element of its type. */
static atr_status number(const atr__node *node, const atr__item *item, const char *what, atr_type type,
                         atr_error *error, int64_t *value) {
  if (item->type != type || item->blob->count != 1) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(error, ATR_E_SHAPE, "node \"%s\" (%s): %s is %s%s, must be one %s", node->name,
                     node->op->name, what, atr_type_name(item->type),
                     atr__shape_text(&item->blob->shape, text), atr_type_name(type));
  }
  *value = atr__blob_int(item->blob, 0);
  return ATR_OK;
}

static atr_status run_if(const atr__node *node, int real64, atr__exec *const *bodies, const atr__item *in,
                         atr__item *out, const atr__asker *asker) {
  int64_t condition;
  (void)real64;
  atr_status status = number(node, &in[0], "the condition", ATR_BOOL, asker->error, &condition);
  if (status) return status;
  const char *branch = condition ? "then_branch" : "else_branch";
  const size_t which = strcmp(node->bodies[0].name, branch) != 0;
  status = atr__exec_run(bodies[which], in + node->n_own, out, asker);
  return status ? atr__fail_in(asker->error, status, "node \"%s\" (If, %s)", node->name, branch) : ATR_OK;
}

/* Body: number of the turn, condition, carried …, captures → condition, carried …, collected … */
static atr_status run_loop(const atr__node *node, int real64, atr__exec *const *bodies, const atr__item *in,
                           atr__item *out, const atr__asker *asker) {
  const size_t carried = node->n_own - 2;
  const atr_shape scalar = { 0, { 0 } };
  turn t;
  int64_t most = INT64_MAX, go_on = 1;
  atr_status status;
  ATR__CHECK(start_turn(&t, node, real64, bodies[0], 1 + carried, asker));
  if (in[0].blob) ATR__CHECK(number(node, &in[0], "the trip count", ATR_I64, asker->error, &most));
  if (in[1].blob) ATR__CHECK(number(node, &in[1], "the condition", ATR_BOOL, asker->error, &go_on));
  for (size_t i = 2; i < t.n_in; i++) set(&t.in[i], &in[i]);
  for (int64_t k = 0; k < most && go_on; k++) {
    atr__item_release(&t.in[0]);
    ATR__CHECK(atr__item_create(real64, ATR_I64, &scalar, asker->error, &t.in[0]));
    *(int64_t *)t.in[0].blob->data = k;
    atr__item_release(&t.in[1]);
    ATR__CHECK(atr__item_create(real64, ATR_BOOL, &scalar, asker->error, &t.in[1]));
    *(uint8_t *)t.in[1].blob->data = 1;
    ATR__CHECK(take_turn(&t, 1, 2));
    ATR__CHECK(number(node, &t.out[0], "the condition", ATR_BOOL, asker->error, &go_on));
    atr__item_release(&t.out[0]);
  }
  for (size_t i = 0; i < node->n_out; i++) {
    if (!node->out[i]) continue;
    if (i < carried)
      set(&out[i], &t.in[2 + i]);
    else
      ATR__CHECK(stack(&t, i - carried, 0, 0, &out[i]));
  }
fail:
  free_turn(&t);
  return status;
}

static int64_t listed(const atr__node *node, const char *name, size_t i) {
  size_t n;
  const int64_t *list = atr__attrs_ints(&node->attrs, name, &n);
  return i < n ? list[i] : 0;
}

/* Body: carried …, one slice of each scanned …, captures → carried …, collected … */
static atr_status run_scan(const atr__node *node, int real64, atr__exec *const *bodies, const atr__item *in,
                           atr__item *out, const atr__asker *asker) {
  const size_t scanned = (size_t)atr__attrs_int(&node->attrs, "num_scan_inputs", 1),
               carried = node->n_own - scanned;
  turn t;
  int64_t steps = -1;
  int *axis = atr__calloc(scanned, sizeof *axis);
  atr_status status;
  ATR__CHECK(start_turn(&t, node, real64, bodies[0], carried, asker));
  if (!axis) {
    status = atr__nomem(asker->error, scanned * sizeof *axis);
    goto fail;
  }
  for (size_t i = 0; i < scanned; i++) {
    const atr_shape *shape = &in[carried + i].blob->shape;
    status =
        atr__axis(listed(node, "scan_input_axes", i), shape->rank, "scan_input_axes", asker->error, &axis[i]);
    if (status) {
      fail_in(&t, status);
      goto fail;
    }
    if (steps >= 0 && shape->dim[axis[i]] != steps) {
      status = fail_in(&t, atr__fail(asker->error, ATR_E_SHAPE, "scanned inputs have %lld and %lld elements",
                                     (long long)steps, (long long)shape->dim[axis[i]]));
      goto fail;
    }
    steps = shape->dim[axis[i]];
  }
  for (size_t i = 0; i < t.n_in; i++)
    if (i < carried || i >= node->n_own) set(&t.in[i], &in[i]);
  for (int64_t k = 0; k < steps; k++) {
    for (size_t i = 0; i < scanned; i++)
      ATR__CHECK(slice(&t, &in[carried + i], axis[i],
                       listed(node, "scan_input_directions", i) ? steps - 1 - k : k, &t.in[carried + i]));
    ATR__CHECK(take_turn(&t, 0, 0));
  }
  for (size_t i = 0; i < node->n_out; i++) {
    if (!node->out[i]) continue;
    if (i < carried)
      set(&out[i], &t.in[i]);
    else
      ATR__CHECK(stack(&t, i - carried, listed(node, "scan_output_axes", i - carried),
                       listed(node, "scan_output_directions", i - carried) != 0, &out[i]));
  }
fail:
  atr__free(axis);
  free_turn(&t);
  return status;
}

atr_status atr__control_run(const atr__node *node, int real64, atr__exec *const *bodies, const atr__item *in,
                            atr__item *out, const atr__asker *asker) {
  switch (*node->op->name) {
  case 'I': return run_if(node, real64, bodies, in, out, asker);
  case 'L': return run_loop(node, real64, bodies, in, out, asker);
  default: return run_scan(node, real64, bodies, in, out, asker);
  }
}
