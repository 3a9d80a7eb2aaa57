/* onnx.c: a recurrent node of a trained model as a system; see load.h.
 *
 * RNN, LSTM, GRU (the first direction, one that runs backwards as if the sequence were turned round) and
 * ContinuousRNN of org.atrous, of which the matrix product and sum before it are taken in as W and b where
 * they are there; else its inputs are the drive itself. The rest of the model is left out. An input that the
 * node interpolates is held here. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <atrous/model.h>

#include "dynamics/load.h"

struct source {
  const char *path, *node;
  const atr_model *model;
  size_t layer;
};

static bool node_fault(const struct source *m, struct fault *fault, enum fault_code code, const char *text) {
  fault_set(fault, code, "%s", text);
  snprintf(fault->node, sizeof fault->node, "%s", atr_model_layer(m->model, m->layer).name);
  return fault_at(fault, m->path, 0, 0);
}

static bool kind_of(const char *op, enum system_kind *kind) {
  static const struct {
    const char *op;
    enum system_kind kind;
  } known[] = { { "RNN", SYSTEM_RNN },
                { "LSTM", SYSTEM_LSTM },
                { "GRU", SYSTEM_GRU },
                { "ContinuousRNN", SYSTEM_CONTINUOUS } };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strcmp(op, known[i].op)) {
      *kind = known[i].kind;
      return true;
    }
  return false;
}

/* The node by name, or the only one; the fault lists those there are. */
static bool find(struct source *m, enum system_kind *kind, struct fault *fault) {
  char list[400] = "";
  size_t found = 0;
  const size_t layers = atr_model_layers(m->model);
  for (size_t i = 0; i < layers; i++) {
    enum system_kind this_kind;
    const atr_layer_info info = atr_model_layer(m->model, i);
    if (!kind_of(info.op, &this_kind)) continue;
    if (strlen(list) + strlen(info.name) + 40 < sizeof list)
      snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s (%s)", *list ? ", " : "", info.name,
               info.op);
    if (m->node && strcmp(m->node, info.name) != 0) continue;
    found++;
    m->layer = i;
    *kind = this_kind;
  }
  if (found == 1) return true;
  if (!*list) {
    fault_set(fault, FAULT_DATA, "the model has no RNN, LSTM, GRU or ContinuousRNN");
    return fault_at(fault, m->path, 0, 0);
  }
  if (m->node)
    fault_set(fault, FAULT_USAGE, "no recurrent node is called \"%.80s\"", m->node);
  else
    fault_set(fault, FAULT_USAGE, "the model has %zu recurrent nodes", found);
  fault_at(fault, m->path, 0, 0);
  return fault_remedy(fault, "give --node with one of %s", list);
}

/* Input i of the node, which must be known before running; *values NULL where it is left out. */
static bool values_of(const struct source *m, const char *name, bool needed, const float **values,
                      atr_port *port, struct fault *fault) {
  memset(port, 0, sizeof *port);
  *values = NULL;
  if (name && *name) *values = atr_model_tensor(m->model, name, port);
  if (*values && port->type == ATR_F32) return true;
  *values = NULL;
  if (!needed && !(name && *name)) return true;
  char text[240];
  snprintf(text, sizeof text, "\"%.120s\" is computed while the model runs, not a weight of it",
           name ? name : "");
  return node_fault(m, fault, FAULT_UNSUPPORTED, text);
}

static bool input_of(const struct source *m, size_t i, bool needed, const float **values, atr_port *port,
                     struct fault *fault) {
  return values_of(m, atr_model_layer_input(m->model, m->layer, i), needed, values, port, fault);
}

static void take(const float *from, size_t n, double *to) {
  for (size_t i = 0; from && i < n; i++) to[i] = (double)from[i];
}

static double real(const struct source *m, const char *name, double otherwise) {
  atr_attribute a;
  return atr_model_layer_attribute(m->model, m->layer, name, &a) && a.kind == ATR_ATTRIBUTE_FLOAT
             ? (double)a.f
             : otherwise;
}

static int64_t whole(const struct source *m, const char *name, int64_t otherwise) {
  atr_attribute a;
  return atr_model_layer_attribute(m->model, m->layer, name, &a) && a.kind == ATR_ATTRIBUTE_INT ? a.i
                                                                                                : otherwise;
}

static const char *word(const struct source *m, const char *name, const char *otherwise) {
  atr_attribute a;
  return atr_model_layer_attribute(m->model, m->layer, name, &a) && a.kind == ATR_ATTRIBUTE_STRING
             ? a.s
             : otherwise;
}

/* ONNX gives alphas and betas to the functions that have one, in order. */
static void functions(const struct source *m, struct system *s) {
  atr_attribute names, alpha = { 0 }, beta = { 0 };
  const size_t n = s->kind == SYSTEM_LSTM ? 3 : s->kind == SYSTEM_GRU ? 2 : 1;
  size_t alphas = 0, betas = 0;
  if (!atr_model_layer_attribute(m->model, m->layer, "activations", &names)) return;
  (void)atr_model_layer_attribute(m->model, m->layer, "activation_alpha", &alpha);
  (void)atr_model_layer_attribute(m->model, m->layer, "activation_beta", &beta);
  for (size_t i = 0; i < n && i < names.n; i++) {
    if (!activation_of(names.strings[i], &s->f[i])) continue; /* the library has refused such a model */
    if (activation_has_alpha(s->f[i].kind) && alphas < alpha.n)
      s->f[i].alpha = (double)alpha.floats[alphas++];
    if (activation_has_beta(s->f[i].kind) && betas < beta.n) s->f[i].beta = (double)beta.floats[betas++];
  }
}

static bool discrete(const struct source *m, enum system_kind kind, struct system *s, struct fault *fault) {
  const float *w, *r, *b, *p, *first, *cells = NULL;
  atr_port wp, rp, port;
  if (!input_of(m, 1, true, &w, &wp, fault) || !input_of(m, 2, true, &r, &rp, fault)) return false;
  const size_t n = (size_t)rp.shape.dim[2];
  if (!system_create(s, kind, n, (size_t)wp.shape.dim[2], 0, fault)) return fault_at(fault, m->path, 0, 0);
  const size_t rows = s->gates * n;
  if (!input_of(m, 3, false, &b, &port, fault) || !input_of(m, 7, false, &p, &port, fault)) return false;
  take(w, rows * s->inputs, s->w_in);
  take(r, rows * n, s->w_rec);
  take(b, rows, s->b);
  take(b ? b + rows : NULL, rows, s->b_rec);
  if (kind == SYSTEM_LSTM) take(p, 3 * n, s->peephole);
  /* A state that the model computes is no part of the layer: zeros. */
  struct fault none = FAULT_INIT;
  if (!input_of(m, 5, false, &first, &port, &none)) first = NULL;
  if (kind == SYSTEM_LSTM && !input_of(m, 6, false, &cells, &port, &none)) cells = NULL;
  take(first, n, s->initial);
  take(cells, n, s->initial + n);
  functions(m, s);
  s->clip = real(m, "clip", 0);
  s->input_forget = whole(m, "input_forget", 0) != 0;
  s->linear_before_reset = whole(m, "linear_before_reset", 0) != 0;
  return true;
}

/* The layer that computes a value; false: none does. */
static bool producer(const struct source *m, const char *name, const char *op, size_t *layer) {
  const size_t layers = atr_model_layers(m->model);
  for (size_t i = 0; name && *name && i < layers; i++) {
    const char *out = atr_model_layer_output(m->model, i, 0);
    if (!out || strcmp(out, name) != 0) continue;
    *layer = i;
    return !strcmp(atr_model_layer(m->model, i).op, op);
  }
  return false;
}

/* Where the drive is u·W + b: W [inputs][n] and b. */
static bool drive_of(const struct source *m, size_t n, const float **w, const float **b, size_t *inputs) {
  struct fault none = FAULT_INIT;
  size_t sum, product;
  atr_port bp, wp;
  if (!producer(m, atr_model_layer_input(m->model, m->layer, 0), "Add", &sum)) return false;
  for (size_t side = 0; side < 2; side++) {
    if (!values_of(m, atr_model_layer_input(m->model, sum, side), true, b, &bp, &none)) continue;
    if (bp.shape.rank != 1 || bp.shape.dim[0] != (int64_t)n) return false;
    if (!producer(m, atr_model_layer_input(m->model, sum, 1 - side), "MatMul", &product)) return false;
    if (!values_of(m, atr_model_layer_input(m->model, product, 1), true, w, &wp, &none)) return false;
    *inputs = (size_t)wp.shape.dim[0];
    return wp.shape.rank == 2 && wp.shape.dim[1] == (int64_t)n;
  }
  return false;
}

static bool continuous(const struct source *m, struct system *s, struct fault *fault) {
  static const char *const methods[] = { "euler", "heun", "rk4", "exponential_euler", "dormand_prince" };
  const float *r, *tau, *first, *w = NULL, *b = NULL;
  atr_port rp, port;
  size_t inputs;
  if (!input_of(m, 1, true, &r, &rp, fault)) return false;
  const size_t n = (size_t)rp.shape.dim[0];
  const bool known = drive_of(m, n, &w, &b, &inputs);
  if (!system_create(s, SYSTEM_CONTINUOUS, n, known ? inputs : n, 0, fault))
    return fault_at(fault, m->path, 0, 0);
  if (!input_of(m, 2, false, &tau, &port, fault)) return false;
  struct fault none = FAULT_INIT;
  if (!input_of(m, 3, false, &first, &port, &none)) first = NULL;
  take(r, n * n, s->w_rec);
  take(tau, n, s->tau);
  take(first, n, s->initial);
  take(known ? b : NULL, n, s->b);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < s->inputs; k++) s->w_in[i * s->inputs + k] = known ? (double)w[k * n + i] : i == k;
  activation_of(word(m, "activation", "Tanh"), &s->f[0]);
  for (int i = 0; i < METHODS; i++)
    if (!strcmp(word(m, "method", "rk4"), methods[i])) s->method = (enum method)i;
  s->dt = real(m, "step", 1);
  s->leak = real(m, "leak", 1);
  s->noise = real(m, "noise", 0);
  s->tolerance = real(m, "tolerance", 1e-4);
  s->substeps = whole(m, "substeps", 1);
  s->max_steps = whole(m, "max_steps", 1000);
  s->seed = whole(m, "seed", 0);
  return true;
}

bool onnx_system(const char *path, const char *node, struct system *system, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model = NULL;
  enum system_kind kind = SYSTEM_RNN;
  if (atr_model_load(path, NULL, &error, &model)) {
    fault_from_error(fault, &error);
    return fault_at(fault, path, 0, 0);
  }
  struct source source = { path, node, model, 0 };
  bool ok = find(&source, &kind, fault);
  if (ok)
    ok = kind == SYSTEM_CONTINUOUS ? continuous(&source, system, fault)
                                   : discrete(&source, kind, system, fault);
  if (!ok) system_destroy(system);
  atr_model_destroy(model);
  return ok;
}
