/* describe.c: what runs where, as JSON (see atr_plan_placement), and how much work each step is. */
#include "config.h"

#include "base/alloc.h"
#include "base/text.h"
#include "plan/plan.h"
#include "tensor/shape.h"

const char *atr__step_what(const atr__step *step) {
  return step->what ? step->what : step->op->name;
}

/* Roughly. */
void atr__plan_count_work(atr_plan *plan) {
  atr_shape in[8], out[8];
  for (size_t k = 0; k < plan->n_steps; k++) {
    atr__step *step = &plan->steps[k];
    step->work = 0;
    for (size_t i = 0; i < step->n_out; i++)
      if (step->out[i] >= 0) step->work += atr__shape_size(&plan->slots[step->out[i]].shape);
    if (step->op->flops && step->n_in <= 8 && step->n_out <= 8) {
      for (size_t i = 0; i < step->n_in; i++)
        in[i] = step->in[i] >= 0 ? plan->slots[step->in[i]].shape : (atr_shape){ 0, { 0 } };
      for (size_t i = 0; i < step->n_out; i++)
        out[i] = step->out[i] >= 0 ? plan->slots[step->out[i]].shape : (atr_shape){ 0, { 0 } };
      step->work = step->op->flops(step->params, in, out);
    }
    plan->work += (uint64_t)step->work;
    if (step->pair) { /* it does both */
      step->work += step[-1].work;
      step[-1].work = 0;
    }
  }
}

atr_status atr__plan_describe(atr_plan *plan, atr_error *error) {
  const int on_host = plan->context->backend == &atr__backend_host;
  atr__text text = ATR__TEXT_INIT;
  atr__text_add(&text, "[");
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    atr__text_add(&text, "%s{\"node\":", k ? "," : "");
    atr__text_add_json(&text, step->node);
    atr__text_add(&text, ",\"op\":\"%s\",\"device\":", atr__step_what(step));
    atr__text_add_json(&text, step->row ? plan->context->info.id : "host");
    atr__text_add(&text, ",\"algorithm\":\"%s\",\"fallback\":%s,\"reason\":\"%s\"",
                  step->row ? step->row->algorithm : "plain", step->row || on_host ? "false" : "true",
                  step->reason ? step->reason : "");
    const atr__flow *flow = atr__plan_flow_at(plan, k);
    if (flow && flow->step <= k) atr__text_add(&text, ",\"launch\":%zu", (size_t)(flow - plan->flows) + 1);
    atr__text_add(&text, "}");
  }
  atr__text_add(&text, "]");
  if (text.failed) {
    atr__text_free(&text);
    return atr__nomem(error, 1);
  }
  plan->placement = text.data;
  return ATR_OK;
}
