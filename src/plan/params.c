/* params.c: weights on a device; see params.h. */
#include "config.h"

#include "plan/params.h"

#include <string.h>

#include "base/alloc.h"
#include "tensor/shape.h"

/* A transfer costs two hand-overs between threads, some 20 us, however few the bytes. */
enum { STAGE = 1 << 20, STAGED = STAGE / 8 };

atr_status atr__params_new(atr_context *context, int real64, atr_error *error, atr_params **result) {
  *result = NULL;
  atr_params *params = atr__calloc(1, sizeof *params);
  if (!params) return atr__nomem(error, sizeof *params);
  params->lock = atr__mutex_create();
  if (!params->lock) {
    atr__free(params);
    return atr__nomem(error, sizeof *params);
  }
  params->context = context;
  params->real64 = real64;
  atomic_init(&params->references, 1);
  atr__context_retain(context);
  *result = params;
  return ATR_OK;
}

void atr__params_retain(atr_params *params) {
  atomic_fetch_add(&params->references, 1);
}

static void free_own(atr_params *params, atr__param *p) {
  if (p->lent)
    params->context->backend->buffer_destroy(p->own);
  else if (p->own)
    atr__context_free(params->context, p->own, p->bytes);
  p->own = NULL;
  p->lent = 0;
}

void atr_params_destroy(atr_params *params) {
  if (!params) return;
  atr_context *context = params->context;
  /* The last one out also leaves the context's list; under its lock, so that nobody finds it meanwhile. */
  atr__mutex_lock(context->lock);
  const int last = atomic_fetch_sub(&params->references, 1) == 1;
  if (last)
    for (atr_params **at = &context->params; *at; at = &(*at)->next)
      if (*at == params) {
        *at = params->next;
        break;
      }
  atr__mutex_unlock(context->lock);
  if (!last) return;
  for (int i = 0; i < 2; i++) atr__context_free(context, params->buffer[i], params->size[i]);
  for (size_t i = 0; i < params->n; i++) {
    atr__param *p = atr__param_at(params, (int64_t)i);
    free_own(params, p);
    atr__free(p->name);
    atr__blob_release(p->initial);
  }
  for (size_t k = 0; k < ATR__PARAM_CHUNKS; k++) atr__free(params->chunk[k]);
  atr__free(params->stage);
  atr__mutex_destroy(params->lock);
  atr__free(params);
  atr__context_release(context);
}

int atr__params_find(const atr_params *params, const char *name) {
  for (size_t i = 0; i < params->n; i++) {
    const atr__param *p = atr__param_at(params, (int64_t)i);
    if (p->of < 0 && !strcmp(p->name, name)) return (int)i;
  }
  return -1;
}

/* Uploads what waits. Under the lock. */
static atr_status flush(atr_params *params, atr_error *error) {
  atr_context *context = params->context;
  if (!params->waiting) return ATR_OK;
  atr__mutex_lock(context->lock);
  const atr_status status = context->backend->write(context->queue, params->buffer[0], params->first,
                                                    params->stage, params->waiting, error);
  atr__mutex_unlock(context->lock);
  if (!status) params->waiting = 0;
  return status;
}

/* Whether a new entry's values wait now to be uploaded with others'. */
static int stage(atr_params *params, const atr__param *p, const atr__blob *values) {
  if (p->own || params->real64 || p->bytes > STAGED) return 0;
  if (!params->stage) params->stage = atr__malloc(STAGE);
  if (!params->stage || (params->waiting && params->first + params->waiting != p->offset) ||
      params->waiting + p->bytes > STAGE)
    return 0;
  unsigned char *at = params->stage + params->waiting;
  if (!params->waiting) params->first = p->offset;
  if (values->bytes) memcpy(at, values->data, values->bytes);
  memset(at + values->bytes, 0, (size_t)p->bytes - values->bytes);
  params->waiting += p->bytes;
  return 1;
}

/* Room for `bytes` more in a buffer, which moves to a larger one where it must: one that has room for some
 * more yet, or `exactly`. */
static atr_status reserve(atr_params *params, int which, uint64_t bytes, int exactly, atr_error *error) {
  const uint64_t need = params->used[which] + bytes;
  if (need <= params->size[which]) return ATR_OK;
  atr_context *context = params->context;
  const uint64_t size = exactly ? need : need + need / 8 + 4096;
  atr__buffer *larger;
  atr_status status = atr__context_alloc(context, size, error, &larger);
  if (!status && which == 0 && (status = flush(params, error))) atr__context_free(context, larger, size);
  if (status) return status;
  if (params->used[which]) {
    atr__mutex_lock(context->lock);
    status = context->backend->copy(context->queue, params->buffer[which], 0, larger, 0, params->used[which],
                                    error);
    if (!status) status = context->backend->finish(context->queue, error);
    atr__mutex_unlock(context->lock);
    if (status) {
      atr__context_free(context, larger, size);
      return status;
    }
  }
  atr__context_free(context, params->buffer[which], params->size[which]);
  params->buffer[which] = larger;
  params->size[which] = size;
  params->generation++;
  return ATR_OK;
}

atr__buffer *atr__params_place(const atr_params *params, int entry, uint64_t *offset) {
  const atr__param *p = atr__param_at(params, entry);
  *offset = p->offset;
  return p->own ? p->own : params->buffer[0];
}

/* Under the lock. What was lent stays until the end: a run may be reading it. */
static atr_status make_own(atr_params *params, atr__param *p, atr_error *error) {
  atr_context *context = params->context;
  atr__buffer *own;
  if (!p->lent) return ATR_OK;
  const atr_status status = atr__context_alloc(context, p->bytes, error, &own);
  if (status) return status;
  if (p->initial->bytes) memcpy(context->backend->buffer_host(own), p->initial->data, p->initial->bytes);
  free_own(params, p);
  p->own = own;
  params->generation++;
  return ATR_OK;
}

atr_status atr__params_own(atr_params *params, int entry, atr_error *error) {
  atr__mutex_lock(params->lock);
  const atr_status status = make_own(params, atr__param_at(params, entry), error);
  atr__mutex_unlock(params->lock);
  return status;
}

static size_t element(const atr_params *params, atr_type type) {
  return params->real64 && type == ATR_F32 ? 8 : atr_type_size(type);
}

static atr_status transfer(atr_params *params, int entry, void *data, size_t bytes, int out,
                           atr_error *error) {
  atr__param *p = atr__param_at(params, entry);
  atr_context *context = params->context;
  uint64_t offset;
  const uint64_t count = (uint64_t)atr__shape_size(&p->shape);
  if (bytes != count * atr_type_size(p->type))
    return atr__fail(error, ATR_E_PARAM, "weights \"%s\": %zu bytes were given, they have %llu", p->name,
                     bytes, (unsigned long long)(count * atr_type_size(p->type)));
  if (!bytes) return ATR_OK;
  atr_status status = flush(params, error);
  if (status) return status;
  if (!out) {
    status = make_own(params, p, error);
    if (status) return status;
  }
  atr__buffer *buffer = atr__params_place(params, entry, &offset);
  if (element(params, p->type) != atr_type_size(p->type)) {
    double *wide = (double *)((char *)context->backend->buffer_host(buffer) + offset);
    float *narrow = data;
    for (uint64_t i = 0; i < count; i++)
      if (out)
        narrow[i] = (float)wide[i];
      else
        wide[i] = narrow[i];
    return ATR_OK;
  }
  atr__mutex_lock(context->lock);
  status = out ? context->backend->read(context->queue, buffer, offset, data, bytes, error)
               : context->backend->write(context->queue, buffer, offset, data, bytes, error);
  atr__mutex_unlock(context->lock);
  return status;
}

atr_status atr__params_read(atr_params *params, int entry, void *data, size_t bytes, atr_error *error) {
  atr__mutex_lock(params->lock);
  atr_status status = transfer(params, entry, data, bytes, 1, error);
  atr__mutex_unlock(params->lock);
  return status;
}

atr_status atr__params_write(atr_params *params, int entry, const void *data, size_t bytes,
                             atr_error *error) {
  atr__mutex_lock(params->lock);
  atr_status status = transfer(params, entry, (void *)data, bytes, 0, error); /* read only on the way in */
  atr__param_at(params, entry)->version++;
  atr__mutex_unlock(params->lock);
  return status;
}

/* Room for one more entry. */
static atr_status make_room(atr_params *params, atr_error *error) {
  size_t first = 0, size = ATR__PARAM_FIRST, k = 0;
  while (k < ATR__PARAM_CHUNKS && params->n - first >= size) {
    first += size;
    size *= 2;
    k++;
  }
  if (k == ATR__PARAM_CHUNKS) return atr__fail(error, ATR_E_LIMIT, "%zu weights are too many", params->n);
  if (!params->chunk[k]) params->chunk[k] = atr__calloc(size, sizeof **params->chunk);
  return params->chunk[k] ? ATR_OK : atr__nomem(error, size * sizeof **params->chunk);
}

static atr_status add(atr_params *params, atr__param entry, int which, atr_error *error, int *index) {
  atr_status status = make_room(params, error);
  if (status) return status;
  entry.bytes = (entry.bytes + 63) / 64 * 64;
  status = entry.own ? ATR_OK : reserve(params, which, entry.bytes, 0, error);
  if (status) return status;
  entry.offset = entry.own ? 0 : params->used[which];
  entry.name = atr__strdup(entry.name);
  if (!entry.name) return atr__nomem(error, sizeof entry);
  if (!entry.own) params->used[which] += entry.bytes;
  *atr__param_at(params, (int64_t)params->n) = entry;
  *index = (int)params->n++;
  return ATR_OK;
}

atr_status atr__params_add(atr_params *params, const char *name, const atr__blob *initial, atr_error *error,
                           int *entry) {
  atr__mutex_lock(params->lock);
  atr_status status = ATR_OK;
  *entry = atr__params_find(params, name);
  if (*entry >= 0) {
    const atr__param *p = atr__param_at(params, *entry);
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    if (p->type != initial->type || !atr__shape_equal(&p->shape, &initial->shape))
      status = atr__fail(error, ATR_E_SHAPE, "weights \"%s\" are %s%s, the model has %s%s", name,
                         atr_type_name(p->type), atr__shape_text(&p->shape, a), atr_type_name(initial->type),
                         atr__shape_text(&initial->shape, b));
  } else {
    atr__param p;
    memset(&p, 0, sizeof p);
    p.name = (char *)name; /* copied by add */
    p.type = initial->type;
    p.shape = initial->shape;
    p.of = -1;
    p.bytes = (uint64_t)initial->count * element(params, initial->type);
    p.version = 1;
    if (!params->real64)
      p.own = params->context->backend->buffer_borrow(params->context, initial->data, initial->bytes);
    p.lent = p.own != NULL;
    status = add(params, p, 0, error, entry);
    if (status)
      free_own(params, &p);
    else if (p.lent)
      atr__param_at(params, *entry)->initial = atr__blob_retain(initial);
    else if (!stage(params, atr__param_at(params, *entry), initial))
      status = transfer(params, *entry, initial->data, initial->bytes, 0, error);
  }
  atr__mutex_unlock(params->lock);
  return status;
}

atr_status atr__params_settle(atr_params *params, atr_error *error) {
  atr__mutex_lock(params->lock);
  const atr_status status = flush(params, error);
  if (!status) {
    atr__free(params->stage);
    params->stage = NULL;
  }
  atr__mutex_unlock(params->lock);
  return status;
}

atr_status atr__params_expect(atr_params *params, const atr_model *model, atr_error *error) {
  if (params->context->backend == &atr__backend_host && !params->real64) return ATR_OK;
  uint64_t bytes = 0;
  atr__mutex_lock(params->lock);
  for (size_t i = 0; i < model->n_values; i++) {
    const atr__blob *init = model->values[i].init;
    if (init && atr__params_find(params, model->values[i].name) < 0)
      bytes += ((uint64_t)init->count * element(params, init->type) + 63) / 64 * 64;
  }
  const atr_status status = bytes ? reserve(params, 0, bytes, 1, error) : ATR_OK;
  atr__mutex_unlock(params->lock);
  return status;
}

atr_status atr__params_expect_packed(atr_params *params, uint64_t bytes, atr_error *error) {
  atr__mutex_lock(params->lock);
  const atr_status status = bytes ? reserve(params, 1, bytes, 1, error) : ATR_OK;
  atr__mutex_unlock(params->lock);
  return status;
}

int atr__params_find_packed(const atr_params *params, int of, const char *packing) {
  for (size_t i = 0; i < params->n; i++) {
    const atr__param *p = atr__param_at(params, (int64_t)i);
    if (p->of == of && !strcmp(p->packing, packing)) return (int)i;
  }
  return -1;
}

atr_status atr__params_add_packed(atr_params *params, int of, const char *packing, uint64_t bytes,
                                  atr_error *error, int *entry) {
  atr__mutex_lock(params->lock);
  atr_status status = ATR_OK;
  *entry = atr__params_find_packed(params, of, packing);
  if (*entry < 0) {
    atr__param p;
    memset(&p, 0, sizeof p);
    p.name = atr__param_at(params, of)->name;
    p.of = of;
    p.packing = packing;
    p.bytes = bytes;
    status = add(params, p, 1, error, entry);
  }
  atr__mutex_unlock(params->lock);
  return status;
}

static atr_status add_all(atr_params *params, const atr_model *model, atr_error *error) {
  atr_status status = ATR_OK;
  int entry;
  for (size_t i = 0; !status && i < model->n_values; i++)
    if (model->values[i].init && model->values[i].type == ATR_F32)
      status = atr__params_add(params, model->values[i].name, model->values[i].init, error, &entry);
  return status ? status : atr__params_settle(params, error);
}

atr_status atr_params_create(const atr_model *model, atr_context *context, atr_error *error,
                             atr_params **result) {
  *result = NULL;
  atr_params *params;
  atr_status status = atr__params_new(context, 0, error, &params);
  if (!status) status = add_all(params, model, error);
  if (status) {
    atr_params_destroy(params);
    return status;
  }
  *result = params;
  return ATR_OK;
}

atr_status atr__params_of(const atr_model *model, atr_context *context, atr_error *error,
                          atr_params **result) {
  atr__mutex_lock(context->lock);
  for (atr_params *p = context->params; p; p = p->next)
    if (p->model == model->id) {
      atr__params_retain(p);
      atr__mutex_unlock(context->lock);
      *result = p;
      return ATR_OK;
    }
  atr__mutex_unlock(context->lock);
  /* Two threads may both come here: each then has its own, equal and sharing nothing, which is only memory.
   */
  atr_status status = atr__params_new(context, 0, error, result);
  if (status) return status;
  (*result)->model = model->id;
  atr__mutex_lock(context->lock);
  (*result)->next = context->params;
  context->params = *result;
  atr__mutex_unlock(context->lock);
  return ATR_OK;
}

atr_status atr_params_store(const atr_params *constant, atr_model *model, atr_error *error) {
  atr_params *params = (atr_params *)constant; /* reading takes the lock */
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < model->n_values; i++) {
    atr__value *value = &model->values[i];
    const int entry = value->init ? atr__params_find(params, value->name) : -1;
    if (entry < 0) continue;
    const atr__param *p = atr__param_at(params, entry);
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    if (p->type != value->type || !atr__shape_equal(&p->shape, &value->init->shape))
      return atr__fail(error, ATR_E_SHAPE, "weights \"%s\" have shape %s, the model's %s", p->name,
                       atr__shape_text(&p->shape, a), atr__shape_text(&value->init->shape, b));
    atr__blob *blob;
    status = atr__blob_create(p->type, &p->shape, NULL, error, &blob);
    if (!status) status = atr__params_read(params, entry, blob->data, blob->bytes, error);
    if (!status) status = atr__model_replace(model, (int)i + 1, blob, error);
    atr__blob_release(blob);
  }
  return status;
}
