/* describe.c: what runs where, as JSON; see atr_plan_placement. */
#include "config.h"

#include "base/alloc.h"
#include "base/text.h"
#include "plan/plan.h"

atr_status atr__plan_describe(atr_plan *plan, atr_error *error) {
  const int on_host = plan->context->backend == &atr__backend_host;
  atr__text text = ATR__TEXT_INIT;
  atr__text_add(&text, "[");
  for (size_t k = 0; k < plan->n_steps; k++) {
    const atr__step *step = &plan->steps[k];
    atr__text_add(&text, "%s{\"node\":", k ? "," : "");
    atr__text_add_json(&text, step->node);
    atr__text_add(&text, ",\"op\":\"%s\",\"device\":", step->op->name);
    atr__text_add_json(&text, step->row ? plan->context->info.id : "host");
    atr__text_add(&text, ",\"algorithm\":\"%s\",\"fallback\":%s,\"reason\":\"%s\"}",
                  step->row ? step->row->algorithm : "plain", step->row || on_host ? "false" : "true",
                  step->reason ? step->reason : "");
  }
  atr__text_add(&text, "]");
  if (text.failed) {
    atr__text_free(&text);
    return atr__nomem(error, 1);
  }
  plan->placement = text.data;
  return ATR_OK;
}
