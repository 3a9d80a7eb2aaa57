/* infer.h: forecasts of a model for a stretch of rows at once.
 *
 * A causal network computes the forecasts made from many rows in one pass; each depends on the `reach` rows
 * up to its own and on nothing later. */
#ifndef FORECAST_INFER_H
#define FORECAST_INFER_H

#include <atrous/plan.h>

#include "common/session.h"
#include "forecast/data.h"
#include "forecast/net.h"

/* A plan and a run for `count` rows at once. */
struct infer {
  struct net net;
  size_t count;
  atr_plan *plan;
  atr_run *run;
  float *x;
};

/* `params` NULL: the model's own weights; else those of a trainer. The plan is told to the report. */
bool infer_open(struct infer *infer, struct report *report, atr_context *context, const atr_model *model,
                const struct net *net, atr_params *params, size_t count, struct fault *fault) TOOLS_MUST;

/* y[horizon][count] of the rows from … from+count-1 (from ≥ reach-1), and where `scales` is not NULL what
 * each scale adds, [scales][horizon][count]. */
bool infer_run(struct infer *infer, const struct features *features, size_t from, float *y, float *scales,
               struct fault *fault) TOOLS_MUST;

/* After a failed open too, and on a zeroed one. */
void infer_close(struct infer *infer);

/* What such a network reads to forecast from rows from … from+count-1: into[channels][reach - 1 + count]. */
void infer_window(const struct net *net, const struct features *features, size_t from, size_t count,
                  float *into);

#endif
