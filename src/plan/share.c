/* share.c: one launch for neighbouring steps of the same kernel that do not touch each other's tensors, such
 * as the optimizer's steps of fifty small weights: a launch costs some ten microseconds, whatever it does.
 * The steps' argument blocks stay as they are; a table of them is the shared launch's own (ATR_BEGIN_SHARED
 * of kernels/common.clh). */
#include "config.h"

#include "base/alloc.h"
#include "plan/plan.h"

enum { MEMBERS_MOST = 256, GROUPS_MOST = 60000 };

typedef struct {
  int base;
  uint64_t begin, end;
} extent;

static extent extent_of(const atr_plan *plan, int index) {
  const atr__slot *slot = &plan->slots[index];
  if (slot->home == ATR__HOME_NONE) return (extent){ -1, 0, 0 };
  if (slot->home == ATR__HOME_PARAM) {
    const uint64_t offset = atr__param_at(plan->params, slot->param)->offset;
    return (extent){ 2, offset, offset + atr__plan_slot_bytes(plan, slot) };
  }
  return (extent){ slot->base, slot->offset, slot->offset + slot->bytes };
}

static int overlap(const atr_plan *plan, const int *list, size_t n, const int *other, size_t n_other) {
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n_other; j++) {
      if (list[i] < 0 || other[j] < 0) continue;
      const extent a = extent_of(plan, list[i]), b = extent_of(plan, other[j]);
      if (a.base == b.base && a.begin < b.end && b.begin < a.end) return 1;
    }
  return 0;
}

static int writes_weights(const atr_plan *plan, const atr__step *step) {
  for (size_t i = 0; i < step->n_out; i++)
    if (step->out[i] >= 0 && plan->slots[step->out[i]].home == ATR__HOME_PARAM) return 1;
  return 0;
}

static int may_join(const atr_plan *plan, size_t first, size_t k) {
  const atr__step *step = &plan->steps[k];
  if (!step->row || step->n_launches != 1) return 0;
  const atr__launch *launch = &plan->launches[step->launch];
  if (!launch->shared || launch->kernel != plan->launches[plan->steps[first].launch].kernel ||
      step->scratch >= 0 || step->once != plan->steps[first].once ||
      /* A run may be cancelled up to the first step that changes weights. */
      writes_weights(plan, step) != writes_weights(plan, &plan->steps[first]))
    return 0;
  uint64_t groups = launch->group[0];
  for (size_t j = first; j < k; j++) {
    const atr__step *other = &plan->steps[j];
    groups += plan->launches[other->launch].group[0];
    if (overlap(plan, step->out, step->n_out, other->in, other->n_in) ||
        overlap(plan, step->out, step->n_out, other->out, other->n_out) ||
        overlap(plan, step->in, step->n_in, other->out, other->n_out))
      return 0;
  }
  return groups <= GROUPS_MOST;
}

/* Pushes the table of steps [first, end) and makes the first one's launch that of all. */
static atr_status join(atr_plan *plan, size_t first, size_t end, atr_error *error) {
  const size_t members = end - first, block = (plan->n_words + 15) / 16 * 16, words = 1 + 2 * members;
  if (block + words > INT32_MAX ||
      atr__grow(&plan->words, &plan->room_words, block + words, sizeof *plan->words))
    return atr__nomem(error, block + words);
  while (plan->n_words < block) plan->words[plan->n_words++] = 0;
  uint32_t groups = 0;
  plan->words[plan->n_words++] = -(int32_t)members;
  for (size_t k = first; k < end; k++) {
    const atr__launch *launch = &plan->launches[plan->steps[k].launch];
    groups += launch->group[0];
    plan->words[plan->n_words++] = (int32_t)groups;
    plan->words[plan->n_words++] = (int32_t)launch->node;
    if (k > first) plan->steps[k].n_launches = 0;
  }
  atr__launch *shared = &plan->launches[plan->steps[first].launch];
  shared->node = (uint32_t)block;
  shared->group[0] = groups;
  return ATR_OK;
}

atr_status atr__plan_share(atr_plan *plan, atr_error *error) {
  size_t to = 0; /* where the next launch that stays goes */
  for (size_t i = 0; i < plan->n_packs; i++) to += plan->packs[i].n_launches;
  for (size_t k = 0; k < plan->n_steps; k++) {
    size_t end = k + 1;
    if (may_join(plan, k, k))
      while (end < plan->n_steps && end - k < MEMBERS_MOST && may_join(plan, k, end)) end++;
    if (end > k + 1) {
      const atr_status status = join(plan, k, end, error);
      if (status) return status;
    }
    for (; k < end; k++) {
      atr__step *step = &plan->steps[k];
      const size_t from = step->launch;
      step->launch = to;
      for (size_t i = 0; i < step->n_launches; i++) plan->launches[to++] = plan->launches[from + i];
    }
    k--;
  }
  plan->n_launches = to;
  return ATR_OK;
}
