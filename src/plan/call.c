/* call.c: an operator called on tensors.
 *
 * A call is described by a run of bytes, its key: operator, attributes, known inputs, types and shapes. The
 * context keeps the last entries by key, each a plan of one node (or of the gradient of one) with a run, used
 * by one call at a time. A run's ports are the caller's tensors: as many as kernels have bases for are bound,
 * and have no memory in the plan; the others, and weights, are copied on the device. No tensor is kept beyond
 * its call. */
#include "config.h"

#include "plan/call.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plan/run.h"
#include "tensor/shape.h"

enum { KEY = 1024, KEPT = 64 };

typedef struct {
  size_t n; /* bytes; above KEY: too many */
  unsigned char bytes[KEY];
} key;

typedef struct entry {
  struct entry *next;
  unsigned char *key;
  size_t key_bytes;
  int users; /* calls that hold it; guarded by the list's lock, what follows by its own */
  atr__mutex *lock;
  atr_run *run; /* NULL: to be made */
} entry;

struct atr__calls {
  atr__mutex *lock;
  entry *list; /* the last used first */
  size_t n, made;
};

static size_t inputs_of(const atr__tensor_call *call) {
  return call->n_in + call->n_seeds;
}
static int is_port(const atr__tensor_call *call, size_t i) {
  return call->in[i].tensor && !(call->weights >> i & 1);
}

/* The key. */

static void put(key *k, const void *bytes, size_t n) {
  if (k->n + n <= KEY) memcpy(k->bytes + k->n, bytes, n);
  k->n = k->n + n <= KEY ? k->n + n : KEY + 1;
}
static void put_int(key *k, int64_t value) {
  put(k, &value, sizeof value);
}
static void put_text(key *k, const char *text) {
  put(k, text ? text : "", text ? strlen(text) + 1 : 1);
}

static void put_attribute(key *k, const atr_attribute *a) {
  put_text(k, a->name);
  put_int(k, a->kind);
  put_int(k, a->i);
  put(k, &a->f, sizeof a->f);
  put_text(k, a->s);
  put_int(k, (int64_t)a->n);
  if (a->ints) put(k, a->ints, a->n * sizeof *a->ints);
  if (a->floats) put(k, a->floats, a->n * sizeof *a->floats);
  for (size_t i = 0; a->strings && i < a->n; i++) put_text(k, a->strings[i]);
}

static void make_key(key *k, const atr__tensor_call *call) {
  k->n = 0;
  put_text(k, call->domain);
  put_text(k, call->op);
  for (size_t i = 0; i < call->n_attributes; i++) put_attribute(k, &call->attributes[i]);
  put_int(k, (int64_t)call->n_seeds);
  for (size_t i = 0; i < inputs_of(call); i++) {
    const atr__call_input *in = &call->in[i];
    put_int(k, in->tensor ? 1 : in->data ? 2 : 0);
    if (in->tensor) {
      put_int(k, in->tensor->type);
      put_int(k, in->tensor->shape.rank);
      put(k, in->tensor->shape.dim, (size_t)in->tensor->shape.rank * sizeof *in->tensor->shape.dim);
    } else if (in->data) {
      put_int(k, in->type);
      put_int(k, (int64_t)in->n);
      put(k, in->data, in->n * atr_type_size(in->type));
    }
  }
  for (size_t i = 0; i < call->n_out; i++) put_int(k, call->out[i] != NULL);
}

/* The list. */

static void free_entry(entry *e) {
  if (!e) return;
  atr_run_destroy(e->run);
  atr__mutex_destroy(e->lock);
  atr__free(e->key);
  atr__free(e);
}

static void free_calls(struct atr__calls *calls) {
  for (entry *e = calls->list, *next; e; e = next) {
    next = e->next;
    free_entry(e);
  }
  atr__mutex_destroy(calls->lock);
  atr__free(calls);
}

static struct atr__calls *calls_of(atr_context *context) {
  atr__mutex_lock(context->lock);
  struct atr__calls *calls = context->calls;
  if (!calls && (calls = atr__calloc(1, sizeof *calls))) {
    if ((calls->lock = atr__mutex_create())) {
      context->calls = calls;
      context->free_calls = free_calls;
    } else {
      atr__free(calls);
      calls = NULL;
    }
  }
  atr__mutex_unlock(context->lock);
  return calls;
}

static entry *new_entry(const key *k) {
  entry *e = atr__calloc(1, sizeof *e);
  if (!e) return NULL;
  e->key = atr__memdup(k->bytes, k->n);
  e->key_bytes = k->n;
  e->lock = atr__mutex_create();
  if (e->key && e->lock) return e;
  free_entry(e);
  return NULL;
}

/* The least recently used of those that nobody holds, taken out of the list where that is full; else NULL. */
static entry *drop_one(struct atr__calls *calls) {
  entry **found = NULL;
  if (calls->n <= KEPT) return NULL;
  for (entry **at = &calls->list; *at; at = &(*at)->next)
    if (!(*at)->users) found = at;
  if (!found) return NULL;
  entry *e = *found;
  *found = e->next;
  calls->n--;
  return e;
}

/* The entry of this key, found or made, to the front; held until let go. NULL: out of memory. */
static entry *hold(struct atr__calls *calls, const key *k) {
  atr__mutex_lock(calls->lock);
  entry **at = &calls->list, *e = NULL;
  while (*at && ((*at)->key_bytes != k->n || memcmp((*at)->key, k->bytes, k->n))) at = &(*at)->next;
  if (*at) {
    e = *at;
    *at = e->next;
  } else if ((e = new_entry(k)))
    calls->n++;
  if (e) {
    e->next = calls->list;
    calls->list = e;
    e->users++;
  }
  entry *old = drop_one(calls);
  atr__mutex_unlock(calls->lock);
  free_entry(old);
  return e;
}

static void let_go(struct atr__calls *calls, entry *e) {
  atr__mutex_lock(calls->lock);
  e->users--;
  atr__mutex_unlock(calls->lock);
}

size_t atr__calls_kept(const atr_context *context, size_t *made) {
  *made = context->calls ? context->calls->made : 0;
  return context->calls ? context->calls->n : 0;
}

/* The plan. */

/* The node, and as outputs what is wanted of it; backward: the products of its outputs with their gradients,
 * whose sum has the gradients that are wanted. */
static void build(const atr__tensor_call *call, atr_model *model) {
  atr_value in[ATR__CALL_INPUTS], out[ATR__CALL_INPUTS];
  size_t n_out = 1; /* trailing ones that nobody wants do not count */
  for (size_t i = 0; i < inputs_of(call); i++) {
    const atr__call_input *given = &call->in[i];
    const atr_shape list = { 1, { (int64_t)given->n } };
    in[i].id = 0;
    if (is_port(call, i))
      in[i] = atr_model_add_input(model, given->name, given->tensor->type, &given->tensor->shape);
    else if (given->tensor)
      in[i] = atr_model_add_tensor(model, given->name, given->tensor->type, &given->tensor->shape, NULL, 1);
    else if (given->data)
      in[i] = atr_model_add_tensor(model, given->name, given->type, &list, given->data, 0);
  }
  for (size_t i = 1; i < (call->n_seeds ? call->n_seeds : call->n_out); i++)
    if (call->n_seeds ? call->in[call->n_in + i].tensor != NULL : call->out[i] != NULL) n_out = i + 1;
  atr_model_add(model, call->domain, call->op, call->op, in, call->n_in, call->attributes, call->n_attributes,
                out, n_out);
  for (size_t i = 0; i < n_out; i++)
    if (call->n_seeds && in[call->n_in + i].id)
      atr_model_add_output(model, NULL, atr_model_mul(model, out[i], in[call->n_in + i]));
    else if (!call->n_seeds && call->out[i])
      atr_model_add_output(model, call->out_name[i], out[i]);
}

/* From the model of the products to that of the gradients that are wanted. */
static atr_status differentiate(const atr__tensor_call *call, const atr_shape *shapes, size_t n,
                                atr_error *error, atr_model **model) {
  atr_model *gradient = NULL;
  atr_status status = atr_model_gradient(*model, shapes, n, NULL, error, &gradient);
  if (status) return status;
  atr_model_destroy(*model);
  *model = gradient;
  gradient->n_outputs = 0;
  for (size_t i = 0; i < call->n_out; i++) {
    char name[64];
    if (!call->out[i]) continue;
    snprintf(name, sizeof name, "%s.grad", call->in[i].name);
    const int id = atr__model_find(gradient, name);
    if (!id) return atr__fail(error, ATR_E_PARAM, "%s: %s has no gradient", call->op, call->in[i].name);
    atr_model_add_output(gradient, NULL, (atr_value){ id });
  }
  return atr_model_check(gradient, error);
}

static atr_status make_run(atr_context *context, const atr__tensor_call *call, atr_error *error,
                           atr_run **run) {
  atr_model *model = NULL;
  atr_plan *plan = NULL;
  atr_shape shapes[ATR__CALL_INPUTS];
  size_t n = 0;
  atr_status status = atr_model_create(1, error, &model);
  if (status) return status;
  build(call, model);
  for (size_t i = 0; i < inputs_of(call); i++)
    if (is_port(call, i)) shapes[n++] = call->in[i].tensor->shape;
  if (call->n_seeds) ATR__CHECK(differentiate(call, shapes, n, error, &model));
  ATR__CHECK(atr__plan_create(model, context, shapes, n, NULL, ATR__PLAN_BARE, error, &plan));
  ATR__CHECK(atr_run_create(plan, error, run));
fail:
  atr_plan_destroy(plan); /* the run keeps it */
  atr_model_destroy(model);
  return status;
}

/* Running it. */

static atr_status check_tensors(const atr_context *context, const atr__tensor_call *call, atr_error *error) {
  for (size_t i = 0; i < inputs_of(call); i++)
    if (call->in[i].tensor && call->in[i].tensor->context != context)
      return atr__fail(error, ATR_E_PARAM, "%s: %s belongs to another context", call->op, call->in[i].name);
  for (size_t i = 0; i < call->n_out; i++) {
    const atr_tensor *out = call->out[i] ? *call->out[i] : NULL;
    if (!out) continue;
    if (out->context != context)
      return atr__fail(error, ATR_E_PARAM, "%s: %s belongs to another context", call->op, call->out_name[i]);
    for (size_t j = 0; j < inputs_of(call); j++)
      if (call->in[j].tensor == out)
        return atr__fail(error, ATR_E_PARAM, "%s: %s is also its %s", call->op, call->out_name[i],
                         call->in[j].name);
    for (size_t j = 0; j < i; j++)
      if (call->out[j] && *call->out[j] == out)
        return atr__fail(error, ATR_E_PARAM, "%s: %s is also its %s", call->op, call->out_name[i],
                         call->out_name[j]);
  }
  return ATR_OK;
}

/* Output `i` where it is wanted: the caller's, or made; bit i of *fresh then. */
static atr_status prepare_output(const atr_run *run, const atr__tensor_call *call, size_t i, int slot,
                                 unsigned *fresh, atr_error *error) {
  const atr__slot *port = &run->plan->slots[slot];
  atr_tensor **out = call->out[i];
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  if (!*out) {
    const atr_status status = atr_tensor_create(run->plan->context, port->type, &port->shape, error, out);
    if (!status) *fresh |= 1u << i;
    return status;
  }
  if ((*out)->type == port->type && atr__shape_equal(&(*out)->shape, &port->shape)) return ATR_OK;
  return atr__fail(error, ATR_E_SHAPE, "%s: %s is %s%s, must be %s%s", call->op, call->out_name[i],
                   atr_type_name((*out)->type), atr__shape_text(&(*out)->shape, a), atr_type_name(port->type),
                   atr__shape_text(&port->shape, b));
}

static atr_status set_weights(atr_run *run, const atr__tensor_call *call) {
  atr_params *params = run->plan->params;
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < call->n_in; i++) {
    if (!call->in[i].tensor || !(call->weights >> i & 1)) continue;
    const int index = atr__params_find(params, call->in[i].name);
    atr__param *p = atr__param_at(params, index);
    uint64_t offset;
    status = atr__params_own(params, index, &run->error);
    if (status) break;
    atr__buffer *buffer = atr__params_place(params, index, &offset);
    const uint64_t bytes = (uint64_t)atr__shape_size(&p->shape) * atr_type_size(p->type);
    if (bytes)
      status = run->plan->context->backend->copy(run->queue, call->in[i].tensor->buffer, 0, buffer, offset,
                                                 bytes, &run->error);
    p->version++;
  }
  return status;
}

/* Ports in the plan's order: inputs, then outputs. */
typedef struct {
  size_t n;
  int slot[ATR__CALL_INPUTS + ATR__CALL_OUTPUTS];
  atr_tensor *tensor[ATR__CALL_INPUTS + ATR__CALL_OUTPUTS];
} ports;

/* Device copies between the tensors of ports that are not bound and the run's own memory. */
static atr_status copy_ports(atr_run *run, const ports *p, int out) {
  const atr_plan *plan = run->plan;
  atr_status status = ATR_OK;
  for (size_t k = plan->n_bound; !status && k < p->n; k++) {
    const atr__slot *slot = &plan->slots[p->slot[k]];
    const uint64_t bytes = (uint64_t)atr__shape_size(&slot->shape) * atr_type_size(slot->type);
    uint64_t offset;
    atr__buffer *own = atr__run_buffer(run, slot, &offset);
    if (out != (k >= plan->n_inputs) || !bytes) continue;
    status = out ? plan->context->backend->copy(run->queue, own, offset, p->tensor[k]->buffer, 0, bytes,
                                                &run->error)
                 : plan->context->backend->copy(run->queue, p->tensor[k]->buffer, 0, own, offset, bytes,
                                                &run->error);
  }
  return status;
}

static atr_status execute(atr_run *run, const atr__tensor_call *call, const ports *p) {
  const atr_plan *plan = run->plan;
  atr_status status = ATR_OK;
  for (size_t k = 0; !status && k < p->n && k < plan->n_bound; k++) {
    const atr__plan_port *port = k < plan->n_inputs ? &plan->inputs[k] : &plan->outputs[k - plan->n_inputs];
    status = atr__run_swap(run, port->name, p->tensor[k]);
  }
  atr__run_point_views(run);
  if (!status) status = set_weights(run, call);
  if (!status) status = copy_ports(run, p, 0);
  if (!status) status = atr_run_execute(run);
  if (!status) status = copy_ports(run, p, 1);
  /* Also after a failure: nothing of this call may be under way when its tensors are let go. */
  const atr_status ended = plan->context->backend->finish(run->queue, status ? NULL : &run->error);
  if (!status) status = ended;
  if (!status) status = atr__run_check(run);
  atr__run_let_go(run);
  return status;
}

static atr_status call_entry(atr_context *context, struct atr__calls *calls, entry *e,
                             const atr__tensor_call *call, atr_error *error) {
  atr_status status = ATR_OK;
  unsigned fresh = 0;
  ports p = { 0 };
  if (!e->run) {
    status = make_run(context, call, error, &e->run);
    if (status) return status;
    atr__mutex_lock(calls->lock);
    calls->made++;
    atr__mutex_unlock(calls->lock);
  }
  const atr_plan *plan = e->run->plan;
  for (size_t i = 0; i < inputs_of(call); i++)
    if (is_port(call, i)) {
      p.slot[p.n] = plan->inputs[p.n].slot;
      p.tensor[p.n++] = call->in[i].tensor;
    }
  for (size_t i = 0; !status && i < call->n_out; i++)
    if (call->out[i]) {
      p.slot[p.n] = plan->outputs[p.n - plan->n_inputs].slot;
      status = prepare_output(e->run, call, i, p.slot[p.n], &fresh, error);
      p.tensor[p.n++] = *call->out[i];
    }
  if (!status) {
    status = execute(e->run, call, &p);
    if (status && error) *error = e->run->error;
  }
  for (size_t i = 0; status && i < call->n_out; i++)
    if (fresh >> i & 1) {
      atr_tensor_destroy(*call->out[i]);
      *call->out[i] = NULL;
    }
  return status;
}

atr_status atr__op_call(atr_context *context, const atr__tensor_call *call, atr_error *error) {
  key k;
  atr_status status = check_tensors(context, call, error);
  if (status) return status;
  make_key(&k, call);
  if (k.n > KEY)
    return atr__fail(error, ATR_E_LIMIT, "%s: its parameters take more than %d bytes", call->op, KEY);
  struct atr__calls *calls = calls_of(context);
  entry *e = calls ? hold(calls, &k) : NULL;
  if (!e) return atr__nomem(error, sizeof *e);
  atr__mutex_lock(e->lock);
  status = call_entry(context, calls, e, call, error);
  atr__mutex_unlock(e->lock);
  let_go(calls, e);
  return status;
}
