/* profile.c: how long each step of a run took: launches by the device's clock, steps on the host by the
 * host's. Nothing else is different in a run that is measured: the same launches in the same order give the
 * same bits. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "plan/run.h"
#include "tensor/shape.h"

struct atr__profile {
  double began;
  size_t *owner;    /* by launch: its step, or n_steps + its packing */
  size_t *launched; /* launches of the plan in the order in which they were made */
  size_t n_launched;
  atr__span *spans; /* work space: one for each of these */
  atr__span *step;  /* by step, then by packing */
  int *ran;         /* likewise: whether it has run and has a time */
};

void atr__profile_free(struct atr__profile *profile) {
  if (!profile) return;
  atr__free(profile->owner);
  atr__free(profile->launched);
  atr__free(profile->spans);
  atr__free(profile->step);
  atr__free(profile->ran);
  atr__free(profile);
}

atr_status atr_run_profile(atr_run *run, int on) {
  const atr_plan *plan = run->plan;
  const size_t n = plan->n_steps + plan->n_packs;
  if (plan->script)
    return atr__fail(&run->error, ATR_E_UNSUPPORTED,
                     "shapes of this plan follow from data: its steps cannot be measured one by one");
  atr__profile_free(run->profile);
  run->profile = NULL;
  atr_status status = plan->context->backend->measure(run->queue, on ? plan->n_launches : 0, &run->error);
  if (status || !on) return status;
  struct atr__profile *p = atr__calloc(1, sizeof *p);
  if (!p) return atr__nomem(&run->error, sizeof *p);
  p->owner = atr__calloc(plan->n_launches, sizeof *p->owner);
  p->launched = atr__calloc(plan->n_launches, sizeof *p->launched);
  p->spans = atr__calloc(plan->n_launches, sizeof *p->spans);
  p->step = atr__calloc(n, sizeof *p->step);
  p->ran = atr__calloc(n, sizeof *p->ran);
  if (!p->owner || !p->launched || !p->spans || !p->step || !p->ran) {
    atr__profile_free(p);
    return atr__nomem(&run->error, n * sizeof *p->step);
  }
  for (size_t i = 0; i < n; i++) {
    const atr__pack *pack = i < plan->n_steps ? NULL : &plan->packs[i - plan->n_steps];
    const atr__step *step = pack ? NULL : &plan->steps[i];
    if (step && !step->row) continue;
    for (size_t l = 0; l < (pack ? pack->n_launches : step->n_launches); l++)
      p->owner[(pack ? pack->launch : step->launch) + l] = i;
  }
  run->profile = p;
  return ATR_OK;
}

void atr__profile_begin(atr_run *run) {
  struct atr__profile *p = run->profile;
  size_t none;
  atr_error ignored = ATR_ERROR_INIT; /* what a failed run has left behind */
  (void)run->plan->context->backend->spans(run->queue, NULL, 0, &none, &ignored);
  p->n_launched = 0;
  memset(p->ran, 0, (run->plan->n_steps + run->plan->n_packs) * sizeof *p->ran);
  p->began = atr__clock();
}

void atr__profile_launched(atr_run *run, size_t first, size_t n) {
  struct atr__profile *p = run->profile;
  for (size_t i = 0; i < n && p->n_launched < run->plan->n_launches; i++)
    p->launched[p->n_launched++] = first + i;
}

atr_status atr__profile_host(atr_run *run, size_t step, int done) {
  struct atr__profile *p = run->profile;
  /* What is queued before it is not its time. */
  const atr_status status = done ? ATR_OK : run->plan->context->backend->finish(run->queue, &run->error);
  if (done)
    p->step[step].end = atr__clock();
  else
    p->step[step].begin = atr__clock();
  p->ran[step] = done;
  return status;
}

/* The steps that one launch does, by what share.c wrote: [first, first + members). */
static size_t members_of(const atr_plan *plan, const atr__step *first) {
  const int32_t word =
      plan->launches[first->launch].shared ? plan->words[plan->launches[first->launch].node] : 0;
  return word < 0 ? (size_t) - (int64_t)word : 1;
}

/* Adds a launch's time to what it belongs to: the first one's begin, the sum of the times. */
static void add(struct atr__profile *p, size_t to, atr__span span) {
  if (!p->ran[to])
    p->step[to] = span;
  else
    p->step[to].end += span.end - span.begin;
  p->ran[to] = 1;
}

/* A shared launch's time goes to its steps by their work. */
static void divide(struct atr__profile *p, const atr_plan *plan, size_t first, size_t n, atr__span span) {
  double work = 0, begin = span.begin;
  for (size_t k = first; k < first + n; k++) work += (double)plan->steps[k].work + 1;
  for (size_t k = first; k < first + n; k++) {
    const double time = (span.end - span.begin) * ((double)plan->steps[k].work + 1) / work;
    add(p, k, (atr__span){ begin, begin + time });
    begin += time;
  }
}

atr_status atr__profile_end(atr_run *run) {
  const atr_plan *plan = run->plan;
  struct atr__profile *p = run->profile;
  size_t n;
  const atr_status status =
      plan->context->backend->spans(run->queue, p->spans, p->n_launched, &n, &run->error);
  for (size_t i = 0; !status && i < n; i++) {
    const size_t owner = p->owner[p->launched[i]];
    if (owner < plan->n_steps)
      divide(p, plan, owner, members_of(plan, &plan->steps[owner]), p->spans[i]);
    else
      add(p, owner, p->spans[i]);
  }
  return status;
}

/* Operators that move or make values and calculate nothing. */
static int only_moves(const atr__op *op) {
  static const char *const stem[] = { "concat",         "constant_of_shape",
                                      "depth_to_space", "expand",
                                      "gather",         "pad",
                                      "reorder",        "reshape",
                                      "shape",          "slice",
                                      "split",          "tile",
                                      "transpose",      "where" };
  for (size_t i = 0; i < sizeof stem / sizeof *stem; i++)
    if (!strcmp(op->stem, stem[i])) return 1;
  return 0;
}

uint64_t atr__step_flops(const atr__step *step) {
  return only_moves(step->op) ? 0 : (uint64_t)step->work;
}

uint64_t atr__step_bytes(const atr_plan *plan, const atr__step *step) {
  uint64_t sum = 0;
  for (size_t i = 0; i < step->n_in + step->n_out; i++) {
    const int index = i < step->n_in ? step->in[i] : step->out[i - step->n_in];
    int before = index < 0 || plan->slots[index].home == ATR__HOME_NONE;
    for (size_t j = 0; !before && j < i && j < step->n_in; j++)
      before = i < step->n_in && step->in[j] == index;
    if (!before) sum += atr__plan_slot_bytes(plan, &plan->slots[index]);
  }
  return sum;
}

/* The step that a packed form is for, and as which of its forms. */
static const atr__step *packed_by(const atr_plan *plan, int packed, atr__cl_packing *as) {
  size_t k = 0;
  while (k + 1 < plan->n_steps && plan->steps[k].packed[0] != packed && plan->steps[k].packed[1] != packed)
    k++;
  *as = atr__cl_packing_of(plan->steps[k].row, plan->steps[k].packed[1] == packed);
  return &plan->steps[k];
}

atr_profile_step atr_run_profile_step(const atr_run *run, size_t i) {
  const atr_plan *plan = run->plan;
  const struct atr__profile *p = run->profile;
  const size_t n = plan->n_steps + plan->n_packs;
  atr_profile_step info;
  memset(&info, 0, sizeof info);
  for (size_t k = 0; p && k < n; k++) {
    const size_t at = k < plan->n_packs ? plan->n_steps + k : k - plan->n_packs; /* packing comes first */
    if (!p->ran[at] || i-- > 0) continue;
    const int packing = at >= plan->n_steps;
    const int packed = packing ? plan->packs[at - plan->n_steps].packed : -1;
    atr__cl_packing as;
    const atr__step *step = packing ? packed_by(plan, packed, &as) : &plan->steps[at];
    info.index = at;
    info.node = step->node;
    info.op = atr__step_what(step);
    info.device = step->row ? plan->context->info.id : "host";
    info.algorithm = packing ? as.form : step->row ? step->row->algorithm : "plain";
    info.once = packing || step->once;
    info.begin_s = p->step[at].begin > p->began ? p->step[at].begin - p->began : 0;
    info.time_s = p->step[at].end - p->step[at].begin;
    if (packing)
      info.bytes = atr__param_at(plan->params, packed)->bytes +
                   atr__plan_slot_bytes(plan, &plan->slots[step->in[as.in - 1]]);
    else {
      info.bytes = atr__step_bytes(plan, step);
      info.flops = atr__step_flops(step);
    }
    break;
  }
  return info;
}
