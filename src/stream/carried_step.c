/* carried_step.c: see carried_step.h. */
#include "config.h"

#include "stream/carried_step.h"

#include <string.h>

#include "op/continuous_rnn.h"
#include "op/sparse_rnn.h"

static int64_t continuous_room(const void *params) {
  return atr__continuous_room(params);
}

static const char *continuous_refuses(const void *params) {
  const atr__continuous_params *p = params;
  if (p->method == ATR__INTEGRATOR_DORMAND_PRINCE)
    return "chooses its steps by what came before: a stream needs a method of fixed steps";
  if (p->noise > 0) return "adds noise that is numbered from a sequence's beginning";
  if (p->linear) return "goes in a line to the next step's input: it looks ahead by 1 steps";
  return NULL;
}

static int64_t sparse_room(const void *params) {
  return atr__sparse_rnn_room(params);
}

static const char *sparse_refuses(const void *params) {
  (void)params;
  return NULL;
}

const atr__carried_step *atr__carried_step_find(const atr__op *op) {
  static const atr__carried_step continuous = { 3, continuous_room, atr__continuous_rnn_in_host_f32,
                                                continuous_refuses },
                                 sparse = { 4, sparse_room, atr__sparse_rnn_in_host_f32, sparse_refuses };
  if (strcmp(op->domain, "org.atrous") != 0) return NULL;
  return !strcmp(op->name, "ContinuousRNN") ? &continuous : !strcmp(op->name, "SparseRNN") ? &sparse : NULL;
}
