/* carried_step.c: see carried_step.h. */
#include "config.h"

#include "stream/carried_step.h"

#include <string.h>

#include "op/continuous_rnn.h"
#include "op/recurrent_cell.h"
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

static int64_t cell_room(const void *params) {
  return atr__recurrent_cell_room(params);
}

static const char *cell_refuses(const void *params) {
  const atr__recurrent_params *p = params;
  return p->dirs != 1 || p->reverse ? "reads the sequence backwards" : NULL;
}

const atr__carried_step *atr__carried_step_find(const atr__op *op) {
  static const char within[] = "gives its states within steps too",
                    saved[] = "gives what only training needs";
  static const struct {
    const char *name;
    atr__carried_step step;
  } list[] = {
    { "ContinuousRNN",
      { 0, 3, 1, 0, continuous_room, atr__continuous_rnn_in_host_f32, continuous_refuses, within } },
    { "SparseRNN", { 0, 4, 1, 0, sparse_room, atr__sparse_rnn_in_host_f32, sparse_refuses, within } },
    { "RecurrentCell",
      { 1, ATR__CELL_H0, 2, ATR__CELL_OUT_H, cell_room, atr__recurrent_cell_in_host_f32, cell_refuses,
        saved } },
  };
  for (size_t k = 0; !strcmp(op->domain, "org.atrous") && k < sizeof list / sizeof *list; k++)
    if (!strcmp(op->name, list[k].name)) return &list[k].step;
  return NULL;
}
