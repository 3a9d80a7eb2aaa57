/* emit.c: argument blocks and launches: the planner's side of op/cl.h. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plan/plan.h"
#include "tensor/shape.h"

struct atr__cl_emit {
  atr_plan *plan;
  const atr__step *step;
  int open; /* a kernel was named and waits for its launch shape */
  uint32_t kernel;
  size_t block; /* first word of its argument block */
  atr_status status;
  atr_error *error;
};

static void fail(atr__cl_emit *emit, atr_status status, const char *what, int64_t value) {
  if (emit->status) return;
  emit->status = atr__fail(emit->error, status, "node \"%s\" (%s): %s (%lld)", emit->step->node,
                           atr__step_what(emit->step), what, (long long)value);
}

static void word(atr__cl_emit *emit, int32_t value) {
  atr_plan *plan = emit->plan;
  if (emit->status) return;
  if (!emit->open) {
    fail(emit, ATR_E_UNSUPPORTED, "an argument came before a kernel", value);
    return;
  }
  if (plan->n_words >= INT32_MAX ||
      atr__grow(&plan->words, &plan->room_words, plan->n_words + 1, sizeof *plan->words)) {
    emit->status = atr__nomem(emit->error, plan->n_words);
    return;
  }
  plan->words[plan->n_words++] = value;
}

/* Adds a string to a list unless it is there; returns its index, or -1. */
static int64_t intern(char ***list, size_t *n, size_t *room, const char *text) {
  for (size_t i = 0; i < *n; i++)
    if (!strcmp((*list)[i], text)) return (int64_t)i;
  char *copy = atr__strdup(text);
  if (!copy || atr__grow(list, room, *n + 1, sizeof **list)) {
    atr__free(copy);
    return -1;
  }
  (*list)[*n] = copy;
  return (int64_t)(*n)++;
}

/* Adds a kernel to the program unless it is there. */
static void note_instance(atr__cl_emit *emit, const char *file, const char *kernel, const char *suffix,
                          const char *defines) {
  atr_plan *plan = emit->plan;
  const char *const part[ATR__INSTANCE_PARTS] = { file, suffix, defines, kernel };
  if (emit->status) return;
  for (size_t i = 0; i < plan->n_instances; i += ATR__INSTANCE_PARTS) {
    size_t k = 0;
    while (k < ATR__INSTANCE_PARTS && !strcmp(plan->instances[i + k], part[k])) k++;
    if (k == ATR__INSTANCE_PARTS) return;
  }
  if (atr__grow(&plan->instances, &plan->room_instances, plan->n_instances + ATR__INSTANCE_PARTS,
                sizeof *plan->instances))
    goto fail;
  for (int i = 0; i < ATR__INSTANCE_PARTS; i++) {
    plan->instances[plan->n_instances] = atr__strdup(part[i]);
    if (!plan->instances[plan->n_instances]) goto fail;
    plan->n_instances++;
  }
  return;
fail:
  emit->status = atr__nomem(emit->error, sizeof part);
}

void atr__cl_kernel(atr__cl_emit *emit, const char *file, const char *kernel, const char *suffix,
                    const char *defines) {
  atr_plan *plan = emit->plan;
  char name[128];
  if (emit->open)
    fail(emit, ATR_E_UNSUPPORTED, "a kernel was named before the last one got its launch shape", 0);
  if ((size_t)snprintf(name, sizeof name, "%s%s", kernel, suffix) >= sizeof name)
    fail(emit, ATR_E_UNSUPPORTED, "a kernel's name is too long", (int64_t)sizeof name);
  note_instance(emit, file, kernel, suffix, defines);
  if (emit->status) return;
  const int64_t index = intern(&plan->kernels, &plan->n_kernels, &plan->room_kernels, name);
  if (index < 0) {
    emit->status = atr__nomem(emit->error, sizeof name);
    return;
  }
  emit->kernel = (uint32_t)index;
  emit->open = 1;
  while (plan->n_words % 16 && !emit->status) word(emit, 0); /* a block starts on a cache line */
  emit->block = plan->n_words;
}

atr_status atr__plan_add_kernel(atr_plan *plan, const char *name, atr_error *error) {
  return intern(&plan->kernels, &plan->n_kernels, &plan->room_kernels, name) < 0
             ? atr__nomem(error, strlen(name) + 1)
             : ATR_OK;
}

void atr__cl_int(atr__cl_emit *emit, int64_t value) {
  if (value < INT32_MIN || value > INT32_MAX) fail(emit, ATR_E_LIMIT, "a size does not fit 32 bits", value);
  word(emit, (int32_t)value);
}

void atr__cl_float(atr__cl_emit *emit, float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  word(emit, bits);
}

static void reference(atr__cl_emit *emit, int base, uint64_t offset) {
  if (offset % 64 || offset / 64 > UINT32_MAX)
    fail(emit, ATR_E_LIMIT, "an offset is out of reach", (int64_t)offset);
  word(emit, base);
  word(emit, (int32_t)(uint32_t)(offset / 64));
}

/* Remembers the reference just pushed where the storage is that of an input or output, for binding. */
static void note_port(atr__cl_emit *emit, int storage) {
  atr_plan *plan = emit->plan;
  int port = 0;
  for (size_t i = 0; i < plan->n_inputs; i++) port |= plan->slots[plan->inputs[i].slot].storage == storage;
  for (size_t i = 0; i < plan->n_outputs; i++) port |= plan->slots[plan->outputs[i].slot].storage == storage;
  if (!port || emit->status) return;
  if (atr__grow(&plan->relocations, &plan->room_relocations, plan->n_relocations + 1,
                sizeof *plan->relocations)) {
    emit->status = atr__nomem(emit->error, sizeof *plan->relocations);
    return;
  }
  plan->relocations[plan->n_relocations++] = (atr__relocation){ plan->n_words - 2, storage };
}

static void slot_reference(atr__cl_emit *emit, int index) {
  if (index < 0) {
    reference(emit, 0, 0);
    return;
  }
  const atr__slot *slot = &emit->plan->slots[index];
  if (slot->home == ATR__HOME_PARAM)
    reference(emit, 2, atr__param_at(emit->plan->params, slot->param)->offset);
  else {
    reference(emit, slot->base, slot->offset);
    note_port(emit, slot->storage);
  }
}

void atr__cl_in(atr__cl_emit *emit, size_t i) {
  slot_reference(emit, i < emit->step->n_in ? emit->step->in[i] : -1);
}
void atr__cl_out(atr__cl_emit *emit, size_t i) {
  slot_reference(emit, i < emit->step->n_out ? emit->step->out[i] : -1);
}

void atr__cl_scratch(atr__cl_emit *emit, uint64_t byte_offset) {
  if (emit->step->scratch < 0) {
    fail(emit, ATR_E_UNSUPPORTED, "scratch was not asked for", (int64_t)byte_offset);
    return;
  }
  const atr__slot *slot = &emit->plan->slots[emit->step->scratch];
  reference(emit, slot->base, slot->offset + byte_offset);
}

static void packed(atr__cl_emit *emit, int k) {
  if (emit->step->packed[k] < 0) {
    fail(emit, ATR_E_UNSUPPORTED, "no packed form was asked for", k);
    return;
  }
  reference(emit, 1, atr__param_at(emit->plan->params, emit->step->packed[k])->offset);
}

void atr__cl_packed(atr__cl_emit *emit) {
  packed(emit, 0);
}
void atr__cl_packed_also(atr__cl_emit *emit) {
  packed(emit, 1);
}

void atr__cl_first_in(atr__cl_emit *emit, size_t i) {
  const atr__step *first = emit->step - 1;
  slot_reference(emit, i < first->n_in ? first->in[i] : -1);
}

void atr__cl_first_packed(atr__cl_emit *emit) {
  reference(emit, 1, atr__param_at(emit->plan->params, emit->step[-1].packed[0])->offset);
}

void atr__cl_shape(atr__cl_emit *emit, const atr_shape *shape) {
  atr__cl_int(emit, shape->rank);
  for (int i = 0; i < ATR_RANK_MAX; i++) atr__cl_int(emit, i < shape->rank ? shape->dim[i] : 1);
}

void atr__cl_strides(atr__cl_emit *emit, const int64_t stride[8], int rank) {
  for (int i = 0; i < ATR_RANK_MAX; i++) atr__cl_int(emit, i < rank ? stride[i] : 0);
}

void atr__cl_groups(atr__cl_emit *emit, int64_t gx, int64_t gy, int64_t gz, int local) {
  atr_plan *plan = emit->plan;
  if (!emit->open) fail(emit, ATR_E_UNSUPPORTED, "a launch shape came before a kernel", gx);
  emit->open = 0;
  if (gx < 0 || gy < 0 || gz < 0 || gx >= 65535 || gy >= 65535 || gz >= 65535)
    fail(emit, ATR_E_LIMIT, "a launch has 65535 work-groups or more along one axis",
         gx > gy ? (gx > gz ? gx : gz) : (gy > gz ? gy : gz));
  if (emit->status || !gx || !gy || !gz) return; /* work of size 0 is not launched */
  if (atr__grow(&plan->launches, &plan->room_launches, plan->n_launches + 1, sizeof *plan->launches)) {
    emit->status = atr__nomem(emit->error, sizeof *plan->launches);
    return;
  }
  plan->launches[plan->n_launches++] = (atr__launch){
    emit->kernel, (uint32_t)emit->block, { (uint32_t)gx, (uint32_t)gy, (uint32_t)gz }, (uint32_t)local, 0, 0
  };
}

void atr__cl_teams(atr__cl_emit *emit, int64_t gx, int64_t gy, int64_t gz, int local) {
  const size_t before = emit->plan->n_launches, most = emit->plan->context->device.max_group;
  while ((size_t)local > most && local > 1) local /= 2;
  atr__cl_groups(emit, gx, gy, gz, local);
  if (emit->plan->n_launches > before) emit->plan->launches[before].loose = 2;
}

void atr__cl_items(atr__cl_emit *emit, int64_t count) {
  const atr__cl_device *device = &emit->plan->context->device;
  const int64_t most = (int64_t)device->max_group;
  int64_t local = 64, across = 32768;
  if (device->device_class == ATR__CLASS_CPU)
    /* Each size of group, and each grid of 65535 items or more along an axis, is code to be generated anew.
     */
    across = 65534 / local;
  else /* Enough groups for every compute unit before groups grow: small tensors still spread. */
    while (local < 256 && local * 2 <= most && count / (local * 2) >= 4 * device->compute_units) local *= 2;
  while (local > most && local > 1) local /= 2;
  const int64_t groups = (count + local - 1) / local;
  const int64_t gx = groups < across ? groups : across;
  const size_t before = emit->plan->n_launches;
  atr__cl_groups(emit, gx, gx ? (groups + gx - 1) / gx : 0, 1, (int)local);
  if (emit->plan->n_launches > before) emit->plan->launches[before].loose = 1;
}

void atr__cl_tiles(atr__cl_emit *emit, int64_t count) {
  const int64_t across = count < 65534 ? count : 65534;
  atr__cl_groups(emit, across, across ? (count + across - 1) / across : 0, 1, 1);
}

void atr__cl_shared(atr__cl_emit *emit, int64_t gx) {
  const size_t before = emit->plan->n_launches;
  atr__cl_groups(emit, gx, 1, 1, 1);
  if (emit->plan->n_launches > before) emit->plan->launches[before].shared = 1;
}

static int step_is_empty(const atr_plan *plan, const atr__step *step) {
  for (size_t i = 0; i < step->n_out; i++)
    if (step->out[i] >= 0 && atr__shape_size(&plan->slots[step->out[i]].shape) > 0) return 0;
  return 1;
}

/* The same numbers in the same place under another shape. */
static int is_done_already(const atr_plan *plan, const atr__step *step) {
  return !strcmp(step->op->stem, "reshape") && step->in[0] >= 0 && step->out[0] >= 0 &&
         plan->slots[step->in[0]].home == ATR__HOME_ARENA &&
         plan->slots[step->in[0]].storage == plan->slots[step->out[0]].storage;
}

/* A packed form of a step's weights, where it has this one, and the launches that make it. */
static atr_status emit_pack(atr__cl_emit *emit, atr__step *step, const atr__cl_query *query, int k) {
  atr_plan *plan = emit->plan;
  const atr__cl_packing p = atr__cl_packing_of(step->row, k);
  if (!p.in) return ATR_OK;
  const int of = plan->slots[step->in[p.in - 1]].param;
  atr_status status =
      atr__params_add_packed(plan->params, of, p.form, p.bytes(query), emit->error, &step->packed[k]);
  if (status) return status;
  for (size_t i = 0; i < plan->n_packs; i++)
    if (plan->packs[i].packed == step->packed[k]) return ATR_OK;
  if (atr__grow(&plan->packs, &plan->room_packs, plan->n_packs + 1, sizeof *plan->packs))
    return atr__nomem(emit->error, sizeof *plan->packs);
  const size_t first = plan->n_launches;
  p.pack(emit, query);
  plan->packs[plan->n_packs++] = (atr__pack){ step->packed[k], first, plan->n_launches - first };
  return emit->status;
}

/* Whether form p of these weights is there, or will be by a step before this one. */
static int has_packed(const atr_plan *plan, const atr__cl_packing *p, int of, size_t step) {
  if (atr__params_find_packed(plan->params, of, p->form) >= 0) return 1;
  for (size_t j = 0; j < step; j++)
    for (int k = 0; plan->steps[j].row && k < 2; k++) {
      const atr__cl_packing other = atr__cl_packing_of(plan->steps[j].row, k);
      if (other.in && !strcmp(other.form, p->form) &&
          plan->slots[plan->steps[j].in[other.in - 1]].param == of)
        return 1;
    }
  return 0;
}

/* Room at once for all packed forms that are still missing. */
static atr_status expect_packed(atr_plan *plan, atr__cl_tensor **tensors, size_t *room, atr_error *error) {
  uint64_t sum = 0;
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    const atr__cl_row *row = step->row;
    atr__cl_query query;
    if (!row || !row->packed_in) continue;
    if (atr__grow(tensors, room, step->n_in + step->n_out + 1, sizeof **tensors))
      return atr__nomem(error, step->n_in + step->n_out);
    atr__plan_query(plan, step, *tensors, *tensors + step->n_in, &query);
    for (int i = 0; i < 2; i++) {
      const atr__cl_packing p = atr__cl_packing_of(row, i);
      if (p.in && !has_packed(plan, &p, plan->slots[step->in[p.in - 1]].param, k))
        sum += (p.bytes(&query) + 63) / 64 * 64;
    }
  }
  return atr__params_expect_packed(plan->params, sum, error);
}

/* What the row emits or, for a pair, that. `tensors` has room for both. */
static void emit_row(atr__cl_emit *emit, const atr__cl_query *query, atr__cl_tensor *tensors) {
  const atr__step *step = emit->step;
  atr__cl_query first;
  if (!step->pair) {
    step->row->emit(emit, query);
    return;
  }
  atr__plan_query(emit->plan, step - 1, tensors, tensors + step[-1].n_in, &first);
  step->pair->emit(emit, &first, query);
}

/* Packing first, then the steps, so that the launches of neighbouring steps are neighbours. */
atr_status atr__plan_emit(atr_plan *plan, atr_error *error) {
  if (!strcmp(plan->context->backend->name, "host")) return ATR_OK;
  atr_status status = ATR_OK;
  atr__cl_tensor *tensors = NULL;
  size_t room = 0;
  if (atr__grow(&plan->words, &plan->room_words, ATR__STATUS_WORDS, sizeof *plan->words))
    return atr__nomem(error, ATR__STATUS_WORDS * sizeof *plan->words);
  plan->n_words = ATR__STATUS_WORDS;
  ATR__CHECK(expect_packed(plan, &tensors, &room, error));
  for (int packing = 1; packing >= 0; packing--)
    for (size_t k = 0; k < plan->n_steps; k++) {
      atr__step *step = &plan->steps[k];
      if (!step->row || (packing && !step->row->packed_in)) continue;
      atr__cl_query query;
      const size_t n = step->n_in + step->n_out, more = step->pair ? step[-1].n_in + step[-1].n_out : 0;
      if (atr__grow(&tensors, &room, n + more + 1, sizeof *tensors)) {
        status = atr__nomem(error, n + more);
        goto fail;
      }
      atr__plan_query(plan, step, tensors, tensors + step->n_in, &query);
      atr__cl_emit emit = { plan, step, 0, 0, 0, ATR_OK, error };
      if (packing) {
        for (int i = 0; i < 2; i++) ATR__CHECK(emit_pack(&emit, step, &query, i));
        continue;
      }
      step->launch = plan->n_launches;
      if (!step_is_empty(plan, step) && !is_done_already(plan, step)) emit_row(&emit, &query, tensors + n);
      if (emit.open) fail(&emit, ATR_E_UNSUPPORTED, "a kernel got no launch shape", 0);
      ATR__CHECK(emit.status);
      step->n_launches = plan->n_launches - step->launch;
    }
  status = atr__plan_share(plan, error);
fail:
  atr__free(tensors);
  return status;
}
