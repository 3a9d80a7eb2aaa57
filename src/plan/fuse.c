/* fuse.c: joins steps that one kernel can do. Nothing is fused where every tensor is to be kept. */
#include "config.h"

#include "plan/plan.h"

atr_status atr__plan_fuse(atr_plan *plan, atr_error *error) {
  (void)plan;
  (void)error;
  return ATR_OK;
}
