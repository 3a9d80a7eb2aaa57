/* segment.h: a graph whose shapes or control follow from data, run as a chain of plans with the host between.
 *
 * A segment is all of the graph that can be planned with what is known; what is left waits for values, for an
 * operator whose output is as large as the data say, or for control flow (control.c). The host gets these and
 * the next segment is planned with them known. Segments are kept under what they were planned for. */
#ifndef ATR_PLAN_SEGMENT_H
#define ATR_PLAN_SEGMENT_H

#include "plan/plan.h"

/* A value between segments, in host memory. In the oracle a blob of ATR_F64 holds a value of type ATR_F32. */
typedef struct atr__item {
  atr_type type;
  atr__blob *blob;
} atr__item;

/* Where messages go, and whether the caller still wants the answer. */
typedef struct atr__asker {
  const volatile int *cancel;
  atr_error *error;
} atr__asker;

/* A graph with the segments made for it so far. One thread at a time. */
typedef struct atr__exec atr__exec;

/* The plan (its context, weights and options) must outlive it; the model is kept. */
atr_status atr__exec_create(const atr_plan *plan, const atr_model *model, atr_error *error, atr__exec **exec);
void atr__exec_destroy(atr__exec *exec);
/* Runs the graph on these inputs (borrowed, one for each of the model's) and gives its outputs (retained). */
atr_status atr__exec_run(atr__exec *exec, const atr__item *in, atr__item *out, const atr__asker *asker);
/* A value of the last run by name, where it is kept (outputs; with keep_all any); NULL blob: there is none.
 */
atr__item atr__exec_find(const atr__exec *exec, const char *name);
/* Plans the first segment for these input shapes. *plan (retained): what it computes, or NULL where nothing
 * can be before values are known. */
atr_status atr__exec_begin(atr__exec *exec, const atr_shape *inputs, atr_error *error, atr_plan **plan);
/* That plan, for the first segment of this graph. */
void atr__exec_reuse(atr__exec *exec, atr_plan *plan);

void atr__item_release(atr__item *item);
/* An item of this type and shape; data NULL: zeros. */
atr_status atr__item_create(int real64, atr_type type, const atr_shape *shape, atr_error *error,
                            atr__item *item);

/* control.c. Runs an If, Loop or Scan: `in` are the node's inputs, `bodies` its graphs. */
atr_status atr__control_run(const atr__node *node, int real64, atr__exec *const *bodies, const atr__item *in,
                            atr__item *out, const atr__asker *asker);

#endif
