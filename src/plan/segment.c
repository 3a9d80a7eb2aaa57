/* segment.c: a graph run as a chain of plans; see segment.h.
 *
 * Each segment is an ordinary plan of an ordinary model: the nodes that can be inferred now, what others
 * computed before as inputs, what is known as constants. Values pass between segments by way of the host,
 * which has to read some of them anyway. What ends a segment: ask       a node's inference needs a value: it
 * is read, and is known from there on evaluate  the same where nothing else of the node is open, or the value
 * is large: the host computes the node, and only the sizes of its outputs matter to what follows control If,
 * Loop, Scan */
#include "config.h"

#include "plan/segment.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/run.h"
#include "tensor/shape.h"

enum {
  KEPT = 16,  /* segments that are kept for one place in a graph, for other values */
  SMALL = 64, /* elements of a value that is worth knowing */
  CHAIN = 10000
};

typedef enum end_kind { END_ASK, END_EVALUATE, END_CONTROL } end_kind;

/* What happens behind a segment. */
typedef struct seam {
  end_kind kind;
  size_t node;
  int value;          /* END_ASK: its id */
  atr__exec **bodies; /* END_CONTROL */
} seam;

/* What a segment was planned for: a type and shape, and of what was asked for the value. */
typedef struct key {
  atr_type type;
  atr_shape shape;
  atr__blob *value;
} key;

typedef struct segment {
  struct segment *next, *children; /* the last used first */
  key *keys;
  size_t n_keys;
  atr__infer_state state;
  unsigned char *done; /* by node: nothing to do any more once this segment ran */
  atr_plan *plan;      /* NULL: nothing to compute */
  atr_run *run;
  int *in, *out; /* ids of the plan's inputs and outputs */
  size_t n_in, n_out;
  seam *ends;
  size_t n_ends;
} segment;

struct atr__exec {
  const atr_plan *plan;
  atr_model *model;
  unsigned char *live; /* by node */
  atr__item *env;      /* by value: what is there */
  segment *roots;
  atr_plan *reuse; /* of the first root */
};

void atr__item_release(atr__item *item) {
  atr__blob_release(item->blob);
  item->blob = NULL;
}

atr_status atr__item_create(int real64, atr_type type, const atr_shape *shape, atr_error *error,
                            atr__item *item) {
  item->type = type;
  return atr__blob_create(real64 && type == ATR_F32 ? ATR_F64 : type, shape, NULL, error, &item->blob);
}

/* Between a value as inference knows it and as runs hold it: they differ in the oracle. */
static atr_status converted(const atr__blob *from, atr_type type, atr_error *error, atr__blob **to) {
  if (from->type == type) {
    *to = atr__blob_retain(from);
    return ATR_OK;
  }
  atr_status status = atr__blob_create(type, &from->shape, NULL, error, to);
  for (int64_t i = 0; !status && i < from->count; i++)
    if (type == ATR_F64)
      ((double *)(*to)->data)[i] = ((const float *)from->data)[i];
    else
      ((float *)(*to)->data)[i] = (float)((const double *)from->data)[i];
  return status;
}

static void free_keys(key *keys, size_t n) {
  for (size_t i = 0; keys && i < n; i++) atr__blob_release(keys[i].value);
  atr__free(keys);
}

static void free_segments(atr__exec *e, segment *list) {
  while (list) {
    segment *next = list->next;
    free_segments(e, list->children);
    atr_run_destroy(list->run);
    atr_plan_destroy(list->plan);
    for (size_t i = 0; i < list->n_ends; i++) {
      const atr__node *node = &e->model->nodes[list->ends[i].node];
      for (size_t b = 0; list->ends[i].bodies && b < node->n_bodies; b++)
        atr__exec_destroy(list->ends[i].bodies[b]);
      atr__free(list->ends[i].bodies);
    }
    free_keys(list->keys, list->n_keys);
    atr__infer_free(&list->state, e->model);
    atr__free(list->done);
    atr__free(list->in);
    atr__free(list->out);
    atr__free(list->ends);
    atr__free(list);
    list = next;
  }
}

atr_status atr__exec_create(const atr_plan *plan, const atr_model *model, atr_error *error,
                            atr__exec **result) {
  *result = NULL;
  atr__exec *e = atr__calloc(1, sizeof *e);
  if (!e) return atr__nomem(error, sizeof *e);
  e->plan = plan;
  e->model = atr__model_retain(model);
  e->live = atr__calloc(model->n_nodes, 1);
  e->env = atr__calloc(model->n_values, sizeof *e->env);
  if (!e->live || !e->env) {
    atr__exec_destroy(e);
    return atr__nomem(error, model->n_values * sizeof *e->env);
  }
  atr__model_live(model, e->live);
  *result = e;
  return ATR_OK;
}

static void forget(atr__exec *e) {
  for (size_t i = 0; i < e->model->n_values; i++) atr__item_release(&e->env[i]);
}

void atr__exec_destroy(atr__exec *e) {
  if (!e) return;
  if (e->env) forget(e);
  free_segments(e, e->roots);
  atr_plan_destroy(e->reuse);
  atr__free(e->live);
  atr__free(e->env);
  atr_model_destroy(e->model);
  atr__free(e);
}

/* A value that is there: computed, given, or known. Retained. */
static atr_status item_of(const atr__exec *e, const segment *s, int id, atr_error *error, atr__item *item) {
  const atr__item *held = &e->env[id - 1];
  if (held->blob) {
    *item = (atr__item){ held->type, atr__blob_retain(held->blob) };
    return ATR_OK;
  }
  const atr__blob *known = s->state.known[id - 1];
  if (!known)
    return atr__fail(error, ATR_E_UNSUPPORTED, "\"%s\" is not there when it is needed",
                     atr__model_at(e->model, id)->name);
  item->type = known->type;
  return converted(known, e->plan->real64 && known->type == ATR_F32 ? ATR_F64 : known->type, error,
                   &item->blob);
}

/* What waits for values of its own: the last part of a segment. */
static atr_status add_end(atr__exec *e, segment *s, size_t *room, size_t node, int waits, atr_error *error) {
  const atr__node *n = &e->model->nodes[node];
  seam new = { END_CONTROL, node, 0, NULL };
  for (size_t i = 0; i < n->n_in; i++)
    if (n->in[i] && s->state.shape[n->in[i] - 1].rank < 0) return ATR_OK; /* its turn comes */
  if (waits > 0) {
    int only = 1;
    const int64_t count = atr__shape_size(&s->state.shape[n->in[waits - 1] - 1]);
    for (size_t i = 0; i < n->n_in; i++)
      only &= (int)i == waits - 1 || !n->in[i] || s->state.known[n->in[i] - 1] != NULL;
    const int strict =
        (e->plan->context->flags & ATR_STRICT) && e->plan->context->backend != &atr__backend_host;
    new.kind = n->op->host_f32 && (count > SMALL || (only && !strict)) ? END_EVALUATE : END_ASK;
    new.value = n->in[waits - 1];
    if (new.kind == END_EVALUATE && strict)
      return atr__fail(error, ATR_E_STRICT,
                       "node \"%s\" (%s) would run on the host: its shape follows from data", n->name,
                       n->op->name);
    for (size_t i = 0; new.kind == END_ASK &&i < s->n_ends; i++)
      if (s->ends[i].kind == END_ASK && s->ends[i].value == new.value) return ATR_OK;
  }
  if (atr__grow(&s->ends, room, s->n_ends + 1, sizeof *s->ends)) return atr__nomem(error, sizeof *s->ends);
  if (new.kind == END_CONTROL) {
    new.bodies = atr__calloc(n->n_bodies, sizeof(atr__exec *));
    if (!new.bodies) return atr__nomem(error, sizeof *new.bodies);
  }
  s->ends[s->n_ends++] = new;
  for (size_t b = 0; new.kind == END_CONTROL &&b < n->n_bodies; b++) {
    const atr_status status = atr__exec_create(e->plan, n->bodies[b].model, error, &new.bodies[b]);
    if (status) return status;
  }
  return ATR_OK;
}

/* Which values of the members somebody reads behind the segment. */
static void mark_wanted(const atr__exec *e, const segment *s, const unsigned char *member,
                        unsigned char *wanted) {
  const atr_model *m = e->model;
  for (size_t i = 0; i < m->n_outputs; i++) wanted[m->outputs[i] - 1] = 1;
  for (size_t k = 0; k < m->n_nodes; k++) {
    const atr__node *node = &m->nodes[k];
    for (size_t i = 0; e->live[k] && !s->done[k] && !member[k] && i < node->n_in; i++)
      if (node->in[i]) wanted[node->in[i] - 1] = 1;
    for (size_t i = 0; e->plan->keep_all && member[k] && i < node->n_out; i++)
      if (node->out[i]) wanted[node->out[i] - 1] = 1;
  }
}

static atr_status note(int **list, size_t *n, int id, atr_error *error) {
  int *larger = atr__realloc_array(*list, *n + 1, sizeof *larger);
  if (!larger) return atr__nomem(error, (*n + 1) * sizeof *larger);
  *list = larger;
  larger[(*n)++] = id;
  return ATR_OK;
}

/* The value in the part's model, made at its first use. */
static atr_status part_value(atr__exec *e, segment *s, atr_model *part, atr__infer_state *known, int id,
                             int *map, atr_error *error) {
  const atr__value *value = atr__model_at(e->model, id);
  if (map[id - 1]) return ATR_OK;
  if (value->init)
    map[id - 1] = atr__model_init(part, value->name, value->init, value->learns);
  else if (s->state.known[id - 1]) {
    map[id - 1] = atr__model_value(part, value->name);
    if (!map[id - 1]) return ATR_OK; /* the model keeps its failure */
    const atr_status status = atr__infer_room(part, known, error);
    if (status) return status;
    known->type[map[id - 1] - 1] = s->state.type[id - 1];
    known->shape[map[id - 1] - 1] = s->state.shape[id - 1];
    known->known[map[id - 1] - 1] = atr__blob_retain(s->state.known[id - 1]);
  } else {
    map[id - 1] = atr_model_add_input(part, value->name, s->state.type[id - 1], &s->state.shape[id - 1]).id;
    return note(&s->in, &s->n_in, id, error);
  }
  return ATR_OK;
}

static atr_status part_node(atr_model *part, const atr_model *model, const atr__node *node, int *map,
                            atr_error *error) {
  atr__attrs attrs = { 0 };
  int *in = atr__calloc(node->n_in + 1, sizeof *in);
  const char **names = atr__calloc(node->n_out + 1, sizeof *names);
  atr_status status = in && names ? ATR_OK : ATR_E_NOMEM;
  if (!status) status = atr__attrs_copy(&attrs, &node->attrs);
  if (status) {
    atr__attrs_free(&attrs);
    status = atr__nomem(error, node->n_in * sizeof *in);
    goto fail;
  }
  for (size_t i = 0; i < node->n_in; i++) in[i] = node->in[i] ? map[node->in[i] - 1] : 0;
  for (size_t i = 0; i < node->n_out; i++)
    names[i] = node->out[i] ? atr__model_at(model, node->out[i])->name : "";
  atr__model_node_unprobed(part, node->op, node->name, in, node->n_in, &attrs, names, node->n_out);
  if (part->error.status) {
    if (error) *error = part->error;
    status = part->error.status;
    goto fail;
  }
  const atr__node *added = &part->nodes[part->n_nodes - 1];
  for (size_t i = 0; i < node->n_out; i++)
    if (node->out[i]) map[node->out[i] - 1] = added->out[i];
fail:
  atr__free(in);
  atr__free(names);
  return status;
}

/* Plans the members: a model of them alone, inferred with what is known. */
static atr_status plan_members(atr__exec *e, segment *s, const unsigned char *member, atr_error *error) {
  const atr_model *m = e->model;
  atr_status status = ATR_OK;
  atr_model *part = NULL;
  atr__infer_state inferred;
  memset(&inferred, 0, sizeof inferred);
  atr_shape *shapes = NULL;
  unsigned char *wanted = atr__calloc(m->n_values, 1);
  int *map = atr__calloc(m->n_values, sizeof *map);
  if (!wanted || !map) {
    status = atr__nomem(error, m->n_values * sizeof *map);
    goto fail;
  }
  mark_wanted(e, s, member, wanted);
  ATR__CHECK(atr_model_create(0, error, &part));
  for (size_t k = 0; k < m->n_nodes; k++) {
    if (!member[k]) continue;
    const atr__node *node = &m->nodes[k];
    for (size_t i = 0; i < node->n_in; i++)
      if (node->in[i]) ATR__CHECK(part_value(e, s, part, &inferred, node->in[i], map, error));
    ATR__CHECK(part_node(part, m, node, map, error));
  }
  for (size_t k = 0; k < m->n_nodes; k++)
    for (size_t i = 0; member[k] && i < m->nodes[k].n_out; i++) {
      const int id = m->nodes[k].out[i];
      if (!id || !wanted[id - 1] || s->state.known[id - 1]) continue;
      atr_model_add_output(part, NULL, (atr_value){ map[id - 1] });
      ATR__CHECK(note(&s->out, &s->n_out, id, error));
    }
  if (part->error.status) {
    if (error) *error = part->error;
    status = part->error.status;
    goto fail;
  }
  shapes = atr__calloc(s->n_in + 1, sizeof *shapes);
  if (!shapes) {
    status = atr__nomem(error, s->n_in * sizeof *shapes);
    goto fail;
  }
  for (size_t i = 0; i < s->n_in; i++) shapes[i] = s->state.shape[s->in[i] - 1];
  if (e->reuse) {
    s->plan = e->reuse;
    e->reuse = NULL;
  } else {
    ATR__CHECK(atr__infer_graph(part, shapes, s->n_in, &inferred, error));
    ATR__CHECK(atr__plan_part(e->plan, part, &inferred, error, &s->plan));
  }
fail:
  if (part) atr__infer_free(&inferred, part);
  atr_model_destroy(part);
  atr__free(shapes);
  atr__free(wanted);
  atr__free(map);
  return status;
}

/* Everything that can be inferred now belongs to the segment; what waits and has its inputs ends it. */
static atr_status partition(atr__exec *e, segment *s, atr_error *error) {
  const atr_model *m = e->model;
  atr_status status = ATR_OK;
  size_t n_members = 0, n_waiting = 0, room = 0;
  unsigned char *member = atr__calloc(m->n_nodes, 1);
  int *waits = atr__calloc(m->n_nodes, sizeof *waits), stuck = -1;
  if (!member || !waits) {
    status = atr__nomem(error, m->n_nodes * sizeof *waits);
    goto fail;
  }
  for (size_t k = 0; k < m->n_nodes; k++) {
    if (!e->live[k] || s->done[k]) continue;
    ATR__CHECK(atr__infer_try(m, k, &s->state, error, &waits[k]));
    if (waits[k]) {
      n_waiting++;
      stuck = (int)k;
      continue;
    }
    int known = 1;
    for (size_t i = 0; i < m->nodes[k].n_out; i++)
      known &= !m->nodes[k].out[i] || s->state.known[m->nodes[k].out[i] - 1];
    if (known)
      s->done[k] = 1;
    else
      n_members += member[k] = 1;
  }
  for (size_t k = 0; k < m->n_nodes; k++)
    if (waits[k] && waits[k] != ATR__WAITS_SHAPE) ATR__CHECK(add_end(e, s, &room, k, waits[k], error));
  if (n_waiting && !s->n_ends) {
    status = atr__fail(error, ATR_E_UNSUPPORTED, "node \"%s\" (%s): its shape cannot be known",
                       m->nodes[stuck].name, m->nodes[stuck].op->name);
    goto fail;
  }
  if (n_members) ATR__CHECK(plan_members(e, s, member, error));
  for (size_t k = 0; k < m->n_nodes; k++) s->done[k] |= member[k];
fail:
  atr__free(member);
  atr__free(waits);
  return status;
}

static int key_matches(const key *a, const key *b) {
  if (a->type != b->type || !atr__shape_equal(&a->shape, &b->shape) || !a->value != !b->value) return 0;
  return !a->value || !memcmp(a->value->data, b->value->data, a->value->bytes);
}

/* The segment for these keys, moved to the front; NULL: there is none yet. */
static segment *find(segment **list, const key *keys, size_t n) {
  for (segment **at = list; *at; at = &(*at)->next) {
    segment *s = *at;
    size_t same = 0;
    while (same < n && s->n_keys == n && key_matches(&s->keys[same], &keys[same])) same++;
    if (s->n_keys != n || same < n) continue;
    *at = s->next;
    s->next = *list;
    return *list = s;
  }
  return NULL;
}

/* A new one at the front; the one not used for the longest is let go. Takes the keys over. */
static atr_status add(atr__exec *e, segment **list, key *keys, size_t n, atr_error *error, segment **result) {
  segment *s = atr__calloc(1, sizeof *s);
  if (s) s->done = atr__calloc(e->model->n_nodes, 1);
  if (!s || !s->done) {
    atr__free(s);
    free_keys(keys, n);
    return atr__nomem(error, sizeof *s);
  }
  s->keys = keys;
  s->n_keys = n;
  s->next = *list;
  *list = *result = s;
  size_t kept = 1;
  for (segment **at = &s->next; *at; at = &(*at)->next)
    if (++kept > KEPT) {
      free_segments(e, *at);
      *at = NULL;
      break;
    }
  return ATR_OK;
}

/* A segment that could not be made is none. */
static atr_status drop_first(atr__exec *e, segment **list, atr_status status) {
  segment *s = *list;
  *list = s->next;
  s->next = NULL;
  free_segments(e, s);
  return status;
}

static atr_status root_segment(atr__exec *e, const atr_type *type, const atr_shape *shape, atr_error *error,
                               segment **result) {
  const atr_model *m = e->model;
  key *keys = atr__calloc(m->n_inputs + 1, sizeof *keys);
  if (!keys) return atr__nomem(error, m->n_inputs * sizeof *keys);
  for (size_t i = 0; i < m->n_inputs; i++) keys[i] = (key){ type[i], shape[i], NULL };
  if ((*result = find(&e->roots, keys, m->n_inputs))) {
    atr__free(keys);
    return ATR_OK;
  }
  atr_status status = add(e, &e->roots, keys, m->n_inputs, error, result);
  if (status) return status;
  segment *s = *result;
  status = atr__infer_room(m, &s->state, error);
  for (size_t i = 0; !status && i < m->n_values; i++) {
    s->state.shape[i].rank = -1;
    if (!m->values[i].init) continue;
    s->state.type[i] = m->values[i].type;
    s->state.shape[i] = m->values[i].init->shape;
    s->state.known[i] = atr__blob_retain(m->values[i].init);
  }
  for (size_t i = 0; !status && i < m->n_inputs; i++) {
    s->state.type[m->inputs[i] - 1] = type[i];
    s->state.shape[m->inputs[i] - 1] = shape[i];
  }
  if (!status) status = partition(e, s, error);
  return status ? drop_first(e, &e->roots, status) : ATR_OK;
}

/* The segment that follows, with what its predecessor's ends gave. */
static atr_status next_segment(atr__exec *e, segment *parent, atr_error *error, segment **result) {
  const atr_model *m = e->model;
  size_t n = 0;
  for (size_t i = 0; i < parent->n_ends; i++)
    n += parent->ends[i].kind == END_ASK ? 1 : m->nodes[parent->ends[i].node].n_out;
  key *keys = atr__calloc(n + 1, sizeof *keys);
  if (!keys) return atr__nomem(error, n * sizeof *keys);
  atr_status status = ATR_OK;
  size_t at = 0;
  for (size_t i = 0; !status && i < parent->n_ends; i++) {
    const seam *end = &parent->ends[i];
    const atr__node *node = &m->nodes[end->node];
    if (end->kind == END_ASK) {
      const atr__item *item = &e->env[end->value - 1];
      keys[at] = (key){ item->type, item->blob->shape, NULL };
      status = converted(item->blob, item->type, error, &keys[at++].value);
    } else
      for (size_t k = 0; k < node->n_out; k++, at++)
        if (node->out[k])
          keys[at] = (key){ e->env[node->out[k] - 1].type, e->env[node->out[k] - 1].blob->shape, NULL };
  }
  if (status || (*result = find(&parent->children, keys, n))) {
    free_keys(keys, n);
    return status;
  }
  status = add(e, &parent->children, keys, n, error, result);
  if (status) return status;
  segment *s = *result;
  status = atr__infer_copy(m, &parent->state, &s->state, error);
  memcpy(s->done, parent->done, m->n_nodes);
  at = 0;
  for (size_t i = 0; !status && i < parent->n_ends; i++) {
    const seam *end = &parent->ends[i];
    const atr__node *node = &m->nodes[end->node];
    if (end->kind == END_ASK) {
      s->state.known[end->value - 1] = atr__blob_retain(keys[at++].value);
      continue;
    }
    for (size_t k = 0; k < node->n_out; k++, at++) {
      if (!node->out[k]) continue;
      s->state.type[node->out[k] - 1] = keys[at].type;
      s->state.shape[node->out[k] - 1] = keys[at].shape;
    }
    s->done[end->node] = 1;
  }
  if (!status) status = partition(e, s, error);
  return status ? drop_first(e, &parent->children, status) : ATR_OK;
}

/* In: the values it needs; out: those that others do. */
static atr_status run_segment(atr__exec *e, segment *s, const atr__asker *asker) {
  atr_status status;
  if (!s->plan) return ATR_OK;
  if (!s->run) {
    status = atr_run_create(s->plan, asker->error, &s->run);
    if (status) return status;
    s->run->cancel = asker->cancel;
  }
  status = ATR_OK;
  for (size_t i = 0; !status && i < s->n_in; i++) {
    atr__item item;
    status = item_of(e, s, s->in[i], asker->error, &item);
    if (status) return status;
    const char *name = atr__model_at(e->model, s->in[i])->name;
    status = item.type != item.blob->type
                 ? atr__run_write_real(s->run, name, item.blob->data, (size_t)item.blob->count)
                 : atr_run_write(s->run, name, item.blob->data, item.blob->bytes);
    atr__item_release(&item);
  }
  if (!status) status = atr_run_execute(s->run);
  for (size_t i = 0; !status && i < s->n_out; i++) {
    const int id = s->out[i];
    const char *name = atr__model_at(e->model, id)->name;
    atr__item *item = &e->env[id - 1];
    status =
        atr__item_create(e->plan->real64, s->state.type[id - 1], &s->state.shape[id - 1], asker->error, item);
    if (status) return status;
    status = item->type != item->blob->type
                 ? atr__run_read_real(s->run, name, item->blob->data, (size_t)item->blob->count)
                 : atr_run_read(s->run, name, item->blob->data, item->blob->bytes);
  }
  if (status && asker->error) *asker->error = s->run->error;
  return status;
}

/* The host computes one node, all of whose inputs are there. */
static atr_status evaluate(atr__exec *e, const atr__node *node, const atr__item *in, atr__item *out,
                           atr_error *error) {
  enum { MOST = 64 };
  const atr__op *op = node->op;
  atr_type in_type[MOST] = { ATR_TYPE_NONE }, out_type[MOST] = { ATR_TYPE_NONE };
  atr_shape in_shape[MOST], out_shape[MOST];
  const atr__blob *in_const[MOST] = { NULL };
  atr__view in_view[MOST], out_view[MOST];
  atr_status status = ATR_OK;
  if (node->n_in > MOST || node->n_out > MOST || op->max_out > MOST)
    return atr__fail(error, ATR_E_UNSUPPORTED, "node \"%s\" (%s) has more than %d inputs or outputs",
                     node->name, op->name, MOST);
  memset(in_shape, 0, sizeof in_shape);
  memset(out_shape, 0, sizeof out_shape);
  memset(in_view, 0, sizeof in_view);
  memset(out_view, 0, sizeof out_view);
  void *params = atr__calloc(1, op->params_size);
  if (!params) return atr__nomem(error, op->params_size);
  for (size_t i = 0; i < node->n_in; i++) {
    if (!in[i].blob) continue;
    atr__blob *known;
    ATR__CHECK(converted(in[i].blob, in[i].type, error, &known));
    in_const[i] = known;
    in_type[i] = in[i].type;
    in_shape[i] = known->shape;
    in_view[i] = (atr__view){ in[i].blob->data, in[i].type, known->shape, known->count };
  }
  atr__infer infer = { op,       &node->attrs, node->n_in, node->n_out, in_type, in_shape,
                       in_const, out_type,     out_shape,  params,      error,   NULL };
  status = op->infer(&infer);
  for (size_t i = 0; !status && i < node->n_out; i++) {
    status = atr__item_create(e->plan->real64, out_type[i], &out_shape[i], error, &out[i]);
    if (!status)
      out_view[i] = (atr__view){ out[i].blob->data, out_type[i], out_shape[i], out[i].blob->count };
  }
  if (!status) {
    const atr__call call = {
      params, node->n_in, node->n_out, in_view, out_view, e->plan->context->pool, error, 0
    };
    status = (e->plan->real64 ? op->host_f64 : op->host_f32)(&call);
  }
  if (status) atr__fail_in(error, status, "node \"%s\" (%s)", node->name, op->name);
fail:
  for (size_t i = 0; i < node->n_in; i++) atr__blob_release((atr__blob *)in_const[i]);
  atr__free(params);
  return status;
}

static atr_status run_end(atr__exec *e, const segment *s, const seam *end, const atr__asker *asker) {
  const atr__node *node = &e->model->nodes[end->node];
  atr_status status = ATR_OK;
  if (end->kind == END_ASK) {
    atr__item item;
    status = item_of(e, s, end->value, asker->error, &item);
    if (status) return status;
    atr__item_release(&e->env[end->value - 1]);
    e->env[end->value - 1] = item;
    return ATR_OK;
  }
  atr__item *in = atr__calloc(node->n_in + 1, sizeof *in), *out = atr__calloc(node->n_out + 1, sizeof *out);
  if (!in || !out) {
    status = atr__nomem(asker->error, node->n_in * sizeof *in);
    goto fail;
  }
  for (size_t i = 0; i < node->n_in; i++)
    if (node->in[i]) ATR__CHECK(item_of(e, s, node->in[i], asker->error, &in[i]));
  ATR__CHECK(end->kind == END_EVALUATE
                 ? evaluate(e, node, in, out, asker->error)
                 : atr__control_run(node, e->plan->real64, end->bodies, in, out, asker));
  for (size_t i = 0; i < node->n_out; i++)
    if (node->out[i]) {
      e->env[node->out[i] - 1] = out[i];
      out[i].blob = NULL;
    }
fail:
  for (size_t i = 0; in && i < node->n_in; i++) atr__item_release(&in[i]);
  for (size_t i = 0; out && i < node->n_out; i++) atr__item_release(&out[i]);
  atr__free(in);
  atr__free(out);
  return status;
}

atr_status atr__exec_run(atr__exec *e, const atr__item *in, atr__item *out, const atr__asker *asker) {
  const atr_model *m = e->model;
  atr_status status = ATR_OK;
  segment *s;
  atr_type *type = atr__calloc(m->n_inputs + 1, sizeof *type);
  atr_shape *shape = atr__calloc(m->n_inputs + 1, sizeof *shape);
  if (!type || !shape) {
    status = atr__nomem(asker->error, m->n_inputs * sizeof *shape);
    goto fail;
  }
  forget(e);
  for (size_t i = 0; i < m->n_inputs; i++) {
    type[i] = in[i].type;
    shape[i] = in[i].blob->shape;
    e->env[m->inputs[i] - 1] = (atr__item){ in[i].type, atr__blob_retain(in[i].blob) };
  }
  ATR__CHECK(root_segment(e, type, shape, asker->error, &s));
  for (size_t chain = 0;; chain++) {
    if (asker->cancel && *asker->cancel) {
      status = atr__fail(asker->error, ATR_E_CANCELLED, "cancelled by the caller");
      goto fail;
    }
    ATR__CHECK(run_segment(e, s, asker));
    if (!s->n_ends) break;
    if (chain > CHAIN) {
      status = atr__fail(asker->error, ATR_E_LIMIT, "more than %d segments follow each other", (int)CHAIN);
      goto fail;
    }
    for (size_t i = 0; i < s->n_ends; i++) ATR__CHECK(run_end(e, s, &s->ends[i], asker));
    ATR__CHECK(next_segment(e, s, asker->error, &s));
  }
  for (size_t i = 0; i < m->n_outputs; i++) ATR__CHECK(item_of(e, s, m->outputs[i], asker->error, &out[i]));
fail:
  atr__free(type);
  atr__free(shape);
  return status;
}

atr__item atr__exec_find(const atr__exec *e, const char *name) {
  const int id = atr__model_find(e->model, name);
  const atr__item none = { ATR_TYPE_NONE, NULL };
  return id ? e->env[id - 1] : none;
}

atr_status atr__exec_begin(atr__exec *e, const atr_shape *inputs, atr_error *error, atr_plan **plan) {
  const atr_model *m = e->model;
  segment *s;
  *plan = NULL;
  atr_type *type = atr__calloc(m->n_inputs + 1, sizeof *type);
  if (!type) return atr__nomem(error, m->n_inputs * sizeof *type);
  for (size_t i = 0; i < m->n_inputs; i++) type[i] = atr__model_at(m, m->inputs[i])->type;
  const atr_status status = root_segment(e, type, inputs, error, &s);
  atr__free(type);
  if (status) return status;
  if (s->plan) {
    atr__plan_retain(s->plan);
    *plan = s->plan;
  }
  return ATR_OK;
}

void atr__exec_reuse(atr__exec *e, atr_plan *plan) {
  if (!plan) return;
  atr__plan_retain(plan);
  e->reuse = plan;
}
