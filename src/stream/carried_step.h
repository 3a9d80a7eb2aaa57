/* carried_step.h: operators whose step is their own host function on a sequence of length one that begins at
 * the state the last one left, in memory that is given, so every bit is: ContinuousRNN and SparseRNN, whose
 * output is that state, and RecurrentCell, which gives it apart.
 */
#ifndef ATR_STREAM_CARRIED_STEP_H
#define ATR_STREAM_CARRIED_STEP_H

#include "op/op.h"

typedef struct atr__carried_step {
  int time;                            /* the axis of input 0 and of output 0; those before it are 1 */
  size_t first, states;                /* which inputs are the states at the beginning, at most two */
  size_t after;                        /* the output that is the first state; 0: that of the step */
  int64_t (*room)(const void *params); /* floats a sample that `run` needs */
  atr_status (*run)(const atr__call *call, void *room); /* room: of all samples */
  const char *(*refuses)(const void *params);           /* why it is no stream, or NULL */
  const char *extra; /* why it is none where outputs behind the states are wanted */
} atr__carried_step;

/* NULL for every other operator. */
const atr__carried_step *atr__carried_step_find(const atr__op *op);

#endif
