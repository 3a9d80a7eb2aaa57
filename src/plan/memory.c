/* memory.c: gives every slot of the arena an offset. Slots whose lives do not meet may have the same bytes;
 * an output takes its input's storage where its operator allows it and nobody needs the input any more.
 *
 * Largest first, each at the lowest offset that is free for its whole life (first fit by size, a known good
 * heuristic for this problem: Pisarchyk and Lee, "Efficient Memory Management for Deep Neural Net Inference",
 * 2020). */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "plan/plan.h"
#include "tensor/shape.h"

/* Lives, from the steps that make and read a slot. */
static void set_lives(atr_plan *plan) {
  for (size_t i = 0; i < plan->n_slots; i++) {
    plan->slots[i].first = INT32_MAX;
    plan->slots[i].last = -1;
  }
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    for (size_t i = 0; i <= step->n_in + step->n_out; i++) {
      const int index = i < step->n_in                 ? step->in[i]
                        : i < step->n_in + step->n_out ? step->out[i - step->n_in]
                                                       : step->scratch;
      if (index < 0) continue;
      atr__slot *slot = &plan->slots[index];
      if ((int)k < slot->first) slot->first = (int)k;
      if ((int)k > slot->last) slot->last = (int)k;
    }
  }
  for (size_t i = 0; i < plan->n_slots; i++) {
    atr__slot *slot = &plan->slots[i];
    if (slot->known && slot->home == ATR__HOME_ARENA && slot->last >= 0) { /* uploaded once */
      slot->first = -1;
      slot->last = INT32_MAX;
    }
    if (plan->keep_all && slot->last >= 0) slot->last = INT32_MAX;
  }
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; plan->steps[k].once && i < plan->steps[k].n_out; i++)
      if (plan->steps[k].out[i] >= 0) { /* made once, good for many runs */
        plan->slots[plan->steps[k].out[i]].first = -1;
        plan->slots[plan->steps[k].out[i]].last = INT32_MAX;
      }
  for (size_t i = 0; i < plan->n_inputs; i++) { /* written once, good for many runs */
    plan->slots[plan->inputs[i].slot].first = -1;
    plan->slots[plan->inputs[i].slot].last = INT32_MAX;
  }
  for (size_t i = 0; i < plan->n_outputs; i++) {
    atr__slot *slot = &plan->slots[plan->outputs[i].slot];
    if (slot->first == INT32_MAX) slot->first = -1; /* a constant, or an input passed on */
    slot->last = INT32_MAX;
  }
}

static int root(const atr_plan *plan, int slot) {
  while (plan->slots[slot].shares >= 0) slot = plan->slots[slot].shares;
  return slot;
}

/* The same numbers under another shape: nobody minds whether one of the two is still read. */
static int is_view(const atr__step *step, const atr__slot *in, const atr__slot *out) {
  return !strcmp(step->op->stem, "reshape") && in->layout == ATR__PLAIN && out->layout == ATR__PLAIN &&
         in->last < INT32_MAX;
}

static void share_in_place(atr_plan *plan) {
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    if (!step->op->inplace || step->out[0] < 0) continue;
    atr__slot *out = &plan->slots[step->out[0]];
    if (out->home != ATR__HOME_ARENA) continue;
    for (size_t i = 0; i < step->n_in && i < 32; i++) {
      if (!(step->op->inplace >> i & 1) || step->in[i] < 0) continue;
      const int from = root(plan, step->in[i]);
      atr__slot *in = &plan->slots[from];
      int twice = 0; /* read as another input as well */
      for (size_t j = 0; j < step->n_in; j++)
        twice |= j != i && step->in[j] >= 0 && root(plan, step->in[j]) == from;
      if (twice || in->home != ATR__HOME_ARENA || in->first < 0 || in->type != out->type) continue;
      const int view = i == 0 && is_view(step, in, out);
      if (!view && (in->last != (int)k || in->layout != out->layout ||
                    atr__plan_slot_bytes(plan, in) < atr__plan_slot_bytes(plan, out) ||
                    !atr__shape_equal(&plan->slots[step->in[i]].shape, &out->shape)))
        continue;
      out->shares = from;
      if (out->last > in->last) in->last = out->last;
      break;
    }
  }
}

typedef struct {
  uint64_t bytes;
  int slot;
} item;

static int larger_first(const void *pa, const void *pb) {
  const item *a = pa, *b = pb;
  if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
  return a->slot - b->slot;
}

static int lower_first(const void *pa, const void *pb) {
  const item *a = pa, *b = pb;
  if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1;
  return a->slot - b->slot;
}

/* The lowest offset in arena `base` where `slot` fits among those placed; `busy` is work space. */
static uint64_t lowest(const atr_plan *plan, const atr__slot *slot, int base, const item *placed, size_t n,
                       item *busy) {
  size_t n_busy = 0;
  for (size_t i = 0; i < n; i++) {
    const atr__slot *other = &plan->slots[placed[i].slot];
    if (other->base == base && other->first <= slot->last && other->last >= slot->first)
      busy[n_busy++] = (item){ other->offset, placed[i].slot };
  }
  qsort(busy, n_busy, sizeof *busy, lower_first);
  uint64_t at = 0;
  for (size_t i = 0; i < n_busy; i++) {
    const atr__slot *other = &plan->slots[busy[i].slot];
    if (at + slot->bytes <= other->offset) break;
    if (other->offset + other->bytes > at) at = other->offset + other->bytes;
  }
  return at;
}

/* How many ports of a bare plan can have a base of their own, of the eight: not that of the argument blocks,
 * nor the first arena's, nor the weights' two where there are any (bind.c). */
static size_t bound_ports(const atr_plan *plan) {
  const size_t n = plan->n_inputs + plan->n_outputs, most = plan->params->n ? 4 : 6;
  return !plan->bare ? 0 : n < most ? n : most;
}

static int is_bound(const atr_plan *plan, int slot) {
  for (size_t k = 0; k < plan->n_bound; k++) {
    const atr__plan_port *port = k < plan->n_inputs ? &plan->inputs[k] : &plan->outputs[k - plan->n_inputs];
    if (root(plan, port->slot) == slot) return 1;
  }
  return 0;
}

atr_status atr__plan_memory_pass(atr_plan *plan, atr_error *error) {
  atr_status status = ATR_OK;
  set_lives(plan);
  share_in_place(plan);
  plan->n_bound = bound_ports(plan);
  item *list = atr__calloc(plan->n_slots, sizeof *list), *busy = atr__calloc(plan->n_slots, sizeof *busy);
  if (!list || !busy) {
    status = atr__nomem(error, plan->n_slots * sizeof *list);
    goto fail;
  }
  size_t n = 0;
  for (size_t i = 0; i < plan->n_slots; i++) {
    atr__slot *slot = &plan->slots[i];
    if (slot->home == ATR__HOME_PARAM) {
      slot->base = 2;
      continue;
    }
    slot->bytes = atr__plan_slot_bytes(plan, slot);
    if (slot->last < 0) slot->home = ATR__HOME_NONE;
    if (is_bound(plan, (int)i)) {
      slot->base = 3;
      continue;
    }
    if (slot->home == ATR__HOME_ARENA) plan->apart += slot->bytes;
    if (slot->home == ATR__HOME_ARENA && slot->shares < 0) list[n++] = (item){ slot->bytes, (int)i };
  }
  qsort(list, n, sizeof *list, larger_first);
  const uint64_t most =
      plan->context->device.max_alloc_bytes ? plan->context->device.max_alloc_bytes : UINT64_MAX / 2;
  for (size_t i = 0; i < n; i++) {
    atr__slot *slot = &plan->slots[list[i].slot];
    for (slot->base = 3; slot->base < 6; slot->base++) {
      slot->offset = lowest(plan, slot, slot->base, list, i, busy);
      if (slot->offset + slot->bytes <= most) break;
    }
    if (slot->base == 6) {
      char text[ATR__SHAPE_TEXT];
      status = atr__fail(
          error, ATR_E_LIMIT,
          "the plan does not fit: tensor %s %s finds no room in three allocations of at most %llu bytes",
          slot->name ? slot->name : "", atr__shape_text(&slot->shape, text), (unsigned long long)most);
      goto fail;
    }
    uint64_t *end = &plan->arena[slot->base - 3];
    if (slot->offset + slot->bytes > *end) *end = slot->offset + slot->bytes;
  }
  for (size_t i = 0; i < plan->n_slots; i++) {
    const int storage = plan->slots[i].storage = root(plan, (int)i);
    plan->slots[i].base = plan->slots[storage].base;
    plan->slots[i].offset = plan->slots[storage].offset;
  }
fail:
  atr__free(list);
  atr__free(busy);
  return status;
}
