/* carried_step.h: operators whose output at a step is their state for the next: ContinuousRNN and SparseRNN.
 * A step is their own host function on a sequence of length one that begins at that state, in memory that is
 * given, so every bit is.
 */
#ifndef ATR_STREAM_CARRIED_STEP_H
#define ATR_STREAM_CARRIED_STEP_H

#include "op/op.h"

typedef struct atr__carried_step {
  size_t state;                                         /* which input is the state at the beginning */
  int64_t (*room)(const void *params);                  /* floats a sample that `run` needs */
  atr_status (*run)(const atr__call *call, void *room); /* room: of all samples */
  const char *(*refuses)(const void *params);           /* why it is no stream, or NULL */
} atr__carried_step;

/* NULL for every other operator. */
const atr__carried_step *atr__carried_step_find(const atr__op *op);

#endif
