/* control.c: the descriptors of If, Loop and Scan; see control.h. Source: the ONNX operators of the same
 * names. */
#include "config.h"

#include "op/control.h"

#include <string.h>

/* Nodes without their graphs are met only where a caller builds one by name. */
static atr_status infer(atr__infer *infer) {
  return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: it has no graph", infer->op->name);
}

static const atr__op list[] = {
  { .name = "If",
    .domain = "",
    .stem = "control",
    .since = 16,
    .min_in = 1,
    .max_in = -1,
    .min_out = 1,
    .max_out = -1,
    .infer = infer,
    .differentiable = ATR__DIFF_NO },
  { .name = "Loop",
    .domain = "",
    .stem = "control",
    .since = 16,
    .min_in = 0,
    .max_in = -1,
    .min_out = 1,
    .max_out = -1,
    .infer = infer,
    .differentiable = ATR__DIFF_NO },
  { .name = "Scan",
    .domain = "",
    .stem = "control",
    .since = 16,
    .min_in = 1,
    .max_in = -1,
    .min_out = 1,
    .max_out = -1,
    .infer = infer,
    .differentiable = ATR__DIFF_NO },
};

const atr__op *atr__op_control(const char *name) {
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    if (!strcmp(list[i].name, name)) return &list[i];
  return NULL;
}
