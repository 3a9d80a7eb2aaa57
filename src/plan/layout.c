/* layout.c: chooses for each step the first row that applies, in the order of the steps, and puts conversions
 * where a row wants a layout its input is not in. On the host everything is plain and there are no rows. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/tuning.h"

/* The slot in the wanted layout: itself, a conversion made before, or a new one before step *at (which moves
 * on). */
static atr_status convert(atr_plan *plan, size_t *at, int slot, atr__layout wanted, int **converted,
                          size_t *room, atr_error *error, int *result) {
  *result = slot;
  if (plan->slots[slot].layout == wanted) return ATR_OK;
  if (atr__grow(converted, room, plan->n_slots + 2, sizeof **converted))
    return atr__nomem(error, plan->n_slots);
  if ((*converted)[slot]) {
    *result = (*converted)[slot] - 1;
    return ATR_OK;
  }
  int out = -1;
  atr_status status = atr__plan_add_step(plan, *at, atr__op_find("org.atrous", "Reorder"),
                                         plan->steps[*at].node, NULL, &slot, 1, &out, 1, error);
  if (status) return status;
  plan->slots[out].layout = wanted;
  atr__step *step = &plan->steps[*at];
  step->row = step->op->cl;
  step->reason = "layout";
  step->once = plan->steps[*at + 1].once;
  step->chosen = plan->steps[*at + 1].chosen;
  ++*at;
  if (atr__grow(converted, room, plan->n_slots + 1, sizeof **converted))
    return atr__nomem(error, plan->n_slots);
  (*converted)[slot] = out + 1;
  *result = out;
  return ATR_OK;
}

/* Whether the step has a row that runs with input i blocked. */
static int takes_blocked(const atr_plan *plan, const atr__step *step, size_t i) {
  enum { MOST = 32 };
  atr__cl_tensor tensors[MOST];
  atr__cl_query query;
  if (step->n_in + step->n_out > MOST) return 0;
  atr__plan_query(plan, step, tensors, tensors + step->n_in, &query);
  tensors[i].layout = ATR__BLOCKED;
  for (const atr__cl_row *row = step->op->cl; row && row->algorithm; row++)
    if ((row->blocked_in >> i & 1) && (!row->packed_in || tensors[row->packed_in - 1].is_param) &&
        (!row->applies || row->applies(&query)))
      return 1;
  return 0;
}

/* Whether every reader of the slot can take it blocked; no reader: no. */
static int readers_take_blocked(const atr_plan *plan, int slot) {
  int readers = 0;
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; i < plan->steps[k].n_in; i++) {
      if (plan->steps[k].in[i] != slot) continue;
      if (i >= 32 || !takes_blocked(plan, &plan->steps[k], i)) return 0;
      readers++;
    }
  return readers > 0;
}

/* Whether blocks may be used here at all. Gradients know only plain tensors, so training stays plain; and
 * only work that is heavy enough to pack its weights begins a blocked stretch, others take part where their
 * input is blocked already. */
static int blocks_allowed(const atr_plan *plan, const atr__cl_row *row, const atr__cl_tensor *in,
                          size_t n_in) {
  if (plan->n_written) return 0;
  int blocked = row->packed_in != 0;
  for (size_t i = 0; i < n_in; i++) blocked |= in[i].layout == ATR__BLOCKED;
  return blocked;
}

int atr__plan_row_can(const atr_plan *plan, const atr__cl_row *row, const atr__cl_query *given) {
  atr__cl_query query = *given;
  query.asked = query.readers_blocked = 1;
  if (row->packed_in && !query.in[row->packed_in - 1].is_param) return 0;
  if ((row->blocked_in | row->blocked_out) && plan->n_written) return 0; /* see blocks_allowed */
  return !row->applies || row->applies(&query);
}

/* The row that was measured to be best, or that the measuring asks for; NULL: none. */
static const atr__cl_row *measured(atr_plan *plan, const atr__step *step, const atr__cl_query *query) {
  const struct atr__wishes *wishes = plan->wishes;
  const atr__cl_row *row = NULL;
  if (!wishes)
    row = atr__tuning_row(plan->context, step, query);
  else {
    if (step->chosen < wishes->n) row = wishes->row[step->chosen];
    if (wishes->turn) wishes->turn(wishes->user, plan, step, query);
  }
  return row && atr__plan_row_can(plan, row, query) ? row : NULL;
}

static atr_status choose(atr_plan *plan, size_t index, atr__cl_tensor **tensors, size_t *room,
                         atr_error *error) {
  atr__step *step = &plan->steps[index];
  if (!step->op->cl) {
    step->reason = "no kernel";
    return ATR_OK;
  }
  const size_t n = step->n_in + step->n_out;
  const char *prefer = plan->context->prefer;
  if (atr__grow(tensors, room, n + 1, sizeof **tensors)) return atr__nomem(error, n * sizeof **tensors);
  atr__cl_query query;
  atr__plan_query(plan, step, *tensors, *tensors + step->n_in, &query);
  query.readers_blocked = step->out[0] >= 0 && readers_take_blocked(plan, step->out[0]);
  if (prefer) query.readers_blocked = 1;
  if (!prefer && (step->row = measured(plan, step, &query))) {
    step->reason = "measured";
    return ATR_OK;
  }
  for (const atr__cl_row *row = step->op->cl; row->algorithm && (prefer || !step->row); row++) {
    if (row->packed_in && !(*tensors)[row->packed_in - 1].is_param) continue;
    if (!prefer && (row->blocked_in | row->blocked_out) && !blocks_allowed(plan, row, *tensors, step->n_in))
      continue;
    query.asked = prefer && !strcmp(row->algorithm, prefer);
    if (row->applies && !row->applies(&query)) continue;
    if (!step->row || query.asked) step->row = row;
  }
  step->reason = step->row ? "first that applies" : "no kernel applies";
  return ATR_OK;
}

static atr_status add_scratch(atr_plan *plan, size_t index, atr__cl_tensor **tensors, size_t *room,
                              atr_error *error) {
  const atr__step *step = &plan->steps[index];
  atr__cl_query query;
  if (atr__grow(tensors, room, step->n_in + step->n_out + 1, sizeof **tensors)) return atr__nomem(error, 1);
  atr__plan_query(plan, step, *tensors, *tensors + step->n_in, &query);
  const uint64_t bytes = step->row->scratch(&query);
  if (!bytes) return ATR_OK;
  if (bytes > INT32_MAX)
    return atr__fail(error, ATR_E_LIMIT, "node \"%s\" (%s) asks for %llu bytes of scratch", step->node,
                     step->op->name, (unsigned long long)bytes);
  const atr_shape shape = { 1, { (int64_t)bytes } };
  const int slot = atr__plan_add_slot(plan, ATR_U8, &shape, error);
  if (slot < 0) return ATR_E_NOMEM;
  plan->steps[index].scratch = slot;
  return ATR_OK;
}

atr_status atr__plan_layout(atr_plan *plan, atr_error *error) {
  if (!strcmp(plan->context->backend->name, "host")) {
    for (size_t i = 0; i < plan->n_steps; i++) plan->steps[i].reason = "host";
    return ATR_OK;
  }
  atr_status status = ATR_OK;
  atr__cl_tensor *tensors = NULL;
  int *converted = NULL;
  size_t room_tensors = 0, room_converted = 0;
  for (size_t k = 0, turn = 0; k < plan->n_steps; k++) {
    plan->steps[k].chosen = turn++;
    ATR__CHECK(choose(plan, k, &tensors, &room_tensors, error));
    const atr__cl_row *row = plan->steps[k].row;
    if (!row && (plan->context->flags & ATR_STRICT)) {
      status = atr__fail(error, ATR_E_STRICT, "node \"%s\" (%s) would run on the host: %s",
                         plan->steps[k].node, atr__step_what(&plan->steps[k]), plan->steps[k].reason);
      goto fail;
    }
    for (size_t i = 0; i < plan->steps[k].n_in; i++) {
      const int slot = plan->steps[k].in[i];
      if (slot < 0) continue;
      const atr__layout wanted = row && i < 32 && (row->blocked_in >> i & 1) ? ATR__BLOCKED : ATR__PLAIN;
      int use;
      ATR__CHECK(convert(plan, &k, slot, wanted, &converted, &room_converted, error, &use));
      plan->steps[k].in[i] = use;
    }
    if (row && row->scratch) ATR__CHECK(add_scratch(plan, k, &tensors, &room_tensors, error));
    for (size_t i = 0; i < plan->steps[k].n_out; i++)
      if (plan->steps[k].out[i] >= 0 && row && i < 32 && (row->blocked_out >> i & 1))
        plan->slots[plan->steps[k].out[i]].layout = ATR__BLOCKED;
  }
  /* What the user reads is plain. */
  for (size_t i = 0; i < plan->n_outputs; i++) {
    atr__slot *slot = &plan->slots[plan->outputs[i].slot];
    if (slot->layout == ATR__PLAIN) continue;
    size_t end = plan->n_steps;
    int out = -1;
    ATR__CHECK(atr__plan_add_step(plan, end, atr__op_find("org.atrous", "Reorder"), plan->outputs[i].name,
                                  NULL, &plan->outputs[i].slot, 1, &out, 1, error));
    plan->steps[end].row = plan->steps[end].op->cl;
    plan->steps[end].reason = "layout";
    plan->steps[end].chosen = SIZE_MAX;
    plan->outputs[i].slot = out;
  }
fail:
  atr__free(tensors);
  atr__free(converted);
  return status;
}
