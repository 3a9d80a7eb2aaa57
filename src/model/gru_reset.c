/* gru_reset.c: which of a GRU's two forms a file means: what its producer is known for, and the caller's
 * word.
 *
 * PyTorch's GRU is always the form with linear_before_reset 1, but torch.onnx.export(dynamo=True) has written
 * the attribute's default, 0 (pytorch issue 189225, onnxscript issue 2852; of 2025 and 2026). keras2onnx
 * wrote 0 whatever reset_after was until March 2019 (keras-onnx pull request 33); a layer without reset_after
 * has no bias of the state, so one that has it is the other form. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "model/graph.h"

static int is_gru(const atr__node *node) {
  return !*node->op->domain && !strcmp(node->op->name, "GRU");
}

/* Whether R's half of a GRU's bias, [dirs][6·hid], is there and not 0. */
static int has_state_bias(const atr_model *model, const atr__node *node) {
  const atr__blob *b = node->n_in > 3 && node->in[3] ? atr__model_at(model, node->in[3])->init : NULL;
  if (!b || b->type != ATR_F32 || b->shape.rank != 2) return 0;
  const int64_t width = b->shape.dim[1];
  for (int64_t i = 0; i < b->count; i++)
    if (i % width >= width / 2 && (((const float *)b->data)[i] > 0 || ((const float *)b->data)[i] < 0))
      return 1;
  return 0;
}

atr_status atr__gru_doubt(atr_model *model, const char *producer, atr_error *error) {
  const int torch = !strcmp(producer, "pytorch"), keras = !strcmp(producer, "keras2onnx");
  const atr__node *first = NULL;
  size_t n = 0;
  char text[512];
  for (size_t k = 0; (torch || keras) && k < model->n_nodes; k++) {
    const atr__node *node = &model->nodes[k];
    if (!is_gru(node) || atr__attrs_int(&node->attrs, "linear_before_reset", 0) ||
        (keras && !has_state_bias(model, node)))
      continue;
    if (!n++) first = node;
  }
  if (!n) return ATR_OK;
  snprintf(text, sizeof text,
           "\"%.120s\" (GRU) has linear_before_reset 0 in a file of %s, %s; the results are wrong if it was "
           "meant to "
           "be 1 (%zu such nodes)",
           first->name, producer,
           torch ? "whose GRU is the other form: some of its exporters leave the attribute out"
                 : "whose first versions wrote 0 for layers with reset_after too",
           n);
  model->warning = atr__strdup(text);
  return model->warning ? ATR_OK : atr__nomem(error, sizeof text);
}

const char *atr_model_warning(const atr_model *model) {
  return model->warning;
}

/* *found counts the nodes that were set. */
static atr_status set(atr_model *model, const char *name, int value, size_t *found) {
  for (size_t k = 0; k < model->n_nodes; k++) {
    atr__node *node = &model->nodes[k];
    for (size_t i = 0; i < node->n_bodies; i++) {
      const atr_status status = set(node->bodies[i].model, name, value, found);
      if (status) return status;
    }
    if (!is_gru(node) || (name && strcmp(node->name, name))) continue;
    if (atr__attrs_set_int(&node->attrs, "linear_before_reset", value)) return ATR_E_NOMEM;
    ++*found;
  }
  return ATR_OK;
}

atr_status atr_model_set_linear_before_reset(atr_model *model, const char *node, int value,
                                             atr_error *error) {
  size_t found = 0;
  if (set(model, node, value != 0, &found)) return atr__nomem(error, 1);
  if (!found)
    return atr__fail(error, ATR_E_PARAM, "the model has no GRU%s%.120s%s", node ? " \"" : "",
                     node ? node : "", node ? "\"" : "");
  atr__free(model->warning);
  model->warning = NULL;
  return ATR_OK;
}
