/* flow.c: consecutive steps whose kernels are all tiles become one launch (kernels/flow.clh) on a device of
 * the CPU class: handing over from one launch to the next costs some ten microseconds, in which most threads
 * sleep. The steps' argument blocks and launches stay as they are, for runs that are measured. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "plan/flow.h"
#include "plan/plan.h"

/* Work: additions and multiplications, of which a core does some 100 in a nanosecond, or elements. */
enum {
  WORK_MOST = 1000000000, /* of a flow: between two of them a run is cancelled and tells how far it is */
  WORK_SMALL = 500000000, /* of a launch, beside which handing over is nothing */
  WORK_TAKEN = 300000,    /* of the tiles that are taken at a time, */
  TAKES_LEAST = 8,        /* as long as each thread takes as often as this */
  TILES_MOST = 1 << 30
};

static int writes_weights(const atr_plan *plan, const atr__step *step) {
  for (size_t i = 0; i < step->n_out; i++)
    if (step->out[i] >= 0 && plan->slots[step->out[i]].home == ATR__HOME_PARAM) return 1;
  return 0;
}

static uint64_t tiles_of(const atr__launch *launch) {
  return (uint64_t)launch->group[0] * launch->group[1] * launch->group[2];
}

/* Whether all that it launches is tiles. */
static int is_tiles(const atr_plan *plan, const atr__step *step, const int64_t *tile) {
  for (size_t l = step->launch; l < step->launch + step->n_launches; l++)
    if (tile[plan->launches[l].kernel] < 0 || tiles_of(&plan->launches[l]) > TILES_MOST) return 0;
  return step->row != NULL;
}

/* The steps from k on that one launch can do; what they launch, and how much of that is small. */
static size_t reach(const atr_plan *plan, size_t k, const int64_t *tile, size_t *launches, size_t *small) {
  const int once = plan->steps[k].once, writes = writes_weights(plan, &plan->steps[k]);
  uint64_t work = 0;
  size_t end = k;
  *launches = *small = 0;
  for (; end < plan->n_steps && work < WORK_MOST; end++) {
    const atr__step *step = &plan->steps[end];
    if (step->once != once || writes_weights(plan, step) != writes || !is_tiles(plan, step, tile)) break;
    work += (uint64_t)step->work;
    *launches += step->n_launches;
    if ((uint64_t)step->work < WORK_SMALL * (uint64_t)step->n_launches) *small += step->n_launches;
  }
  return end - k;
}

static atr_status push(atr_plan *plan, size_t step, size_t n, size_t launches, const int64_t *tile,
                       atr_error *error) {
  atr__flow_block b = { .words = plan->words, .n = plan->n_words, .room = plan->room_words };
  const int threads = plan->context->device.compute_units;
  size_t i = 0;
  atr__flow_begin(&b, launches, threads);
  for (size_t k = step; k < step + n; k++) {
    const atr__step *s = &plan->steps[k];
    for (size_t l = s->launch; l < s->launch + s->n_launches; l++) {
      const atr__launch *launch = &plan->launches[l];
      const uint64_t tiles = tiles_of(launch), work = (uint64_t)s->work / s->n_launches / tiles + 1;
      uint64_t least = tiles / (uint64_t)(TAKES_LEAST * threads);
      if (least > WORK_TAKEN / work) least = WORK_TAKEN / work;
      if (!least) least = 1;
      atr__flow_push(&b, i++, tile[launch->kernel], launch, least, least * work);
    }
  }
  plan->words = b.words;
  plan->n_words = b.n;
  plan->room_words = b.room;
  if (b.failed || atr__grow(&plan->flows, &plan->room_flows, plan->n_flows + 1, sizeof *plan->flows) ||
      atr__grow(&plan->launches, &plan->room_launches, plan->n_launches + 1, sizeof *plan->launches))
    return atr__nomem(error, launches * sizeof *plan->launches);
  plan->flows[plan->n_flows++] = (atr__flow){ step, n, plan->n_launches };
  plan->launches[plan->n_launches++] = atr__flow_launch(&b, plan->n_kernels - 1);
  return ATR_OK;
}

/* Where a plan has a flow, what else it has of tiles goes the same way if it is more than one launch. */
static atr_status push_all(atr_plan *plan, const int64_t *tile, atr_error *error) {
  atr_status status = atr__plan_add_kernel(plan, ATR__FLOW, error);
  size_t launches, small;
  for (size_t k = 0; !status && k < plan->n_steps;) {
    const size_t n = reach(plan, k, tile, &launches, &small);
    if (launches > 1) status = push(plan, k, n, launches, tile, error);
    k += n ? n : 1;
  }
  return status;
}

atr_status atr__plan_flow(atr_plan *plan, atr_error *error) {
  atr_context *context = plan->context;
  const atr__backend *backend = context->backend;
  size_t most = 0, launches, small;
  if (plan->bare || plan->separate || !backend->program_tile || !plan->program ||
      context->device.device_class != ATR__CLASS_CPU || atomic_load(&context->flow) < 0)
    return ATR_OK;
  int64_t *tile = atr__calloc(plan->n_kernels, sizeof *tile);
  if (!tile) return atr__nomem(error, plan->n_kernels * sizeof *tile);
  for (size_t i = 0; i < plan->n_kernels; i++)
    tile[i] = backend->program_tile(plan->program, plan->kernels[i]);
  for (size_t k = 0; k < plan->n_steps;) {
    const size_t n = reach(plan, k, tile, &launches, &small);
    if (small > most) most = small;
    k += n ? n : 1;
  }
  atr_status status = ATR_OK;
  if (most > 1 && atr__flow_works(context, plan->program)) status = push_all(plan, tile, error);
  atr__free(tile);
  return status;
}

const atr__flow *atr__plan_flow_at(const atr_plan *plan, size_t step) {
  for (size_t i = 0; i < plan->n_flows; i++)
    if (step < plan->flows[i].step + plan->flows[i].n) return &plan->flows[i];
  return NULL;
}
