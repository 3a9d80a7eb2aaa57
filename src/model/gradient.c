/* gradient.c: a model that also computes the gradient of one number with respect to its tensors; see
 * atr_model_gradient. What trainers need besides (losses of many kinds, optimizers) is train/form.c. */
#include "config.h"

#include <math.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "model/graph.h"
#include "tensor/shape.h"

typedef struct {
  atr_model *model;
  atr__infer_state shapes;
  atr_error *error;
} making;

/* To be freed; NULL: out of memory. */
static char *join(const char *name, const char *suffix) {
  atr__text text = ATR__TEXT_INIT;
  atr__text_add(&text, "%s%s", name, suffix);
  if (text.failed) atr__text_free(&text);
  return text.data;
}

/* A node's first output, inferred for the real sizes; name NULL: made up. 0: failed, with its sentence. */
static int add_node(making *m, const char *domain, const char *op, const int *in, size_t n_in,
                    atr__attrs *attrs, const char *name) {
  atr__attrs none = { 0 };
  const int id = atr__model_node_unprobed(m->model, atr__op_find(domain, op), NULL, in, n_in,
                                          attrs ? attrs : &none, &name, 1);
  if (!id) {
    if (m->error) *m->error = m->model->error;
    return 0;
  }
  if (atr__infer_room(m->model, &m->shapes, m->error) ||
      atr__infer_node(m->model, m->model->n_nodes - 1, &m->shapes, m->error))
    return 0;
  return id;
}

static int sum_of(making *m, int id, const char *name) {
  atr__attrs attrs = { 0 };
  if (atr__attrs_set_int(&attrs, "keepdims", 0)) {
    atr__nomem(m->error, sizeof attrs);
    return 0;
  }
  return add_node(m, "", "ReduceSum", &id, 1, &attrs, name);
}

static int is_real(const making *m, int id) {
  return m->shapes.type[id - 1] == ATR_F32;
}

static int squared_error(making *m, int output) {
  char *name = join(atr__model_at(m->model, output)->name, ".target");
  if (!name) {
    atr__nomem(m->error, 1);
    return 0;
  }
  const atr_shape shape = m->shapes.shape[output - 1];
  const int target = atr_model_add_input(m->model, name, ATR_F32, &shape).id;
  atr__free(name);
  if (!target) {
    if (m->error) *m->error = m->model->error;
    return 0;
  }
  if (atr__infer_room(m->model, &m->shapes, m->error)) return 0;
  m->shapes.type[target - 1] = ATR_F32;
  m->shapes.shape[target - 1] = shape;
  const int in[2] = { output, target };
  return add_node(m, "org.atrous", "MeanSquaredError", in, 2, NULL, "atrous.loss");
}

/* The scalar to be differentiated. */
static int add_loss(making *m, const atr_gradient_options *options) {
  const atr_model *model = m->model;
  const size_t n = model->n_outputs;
  int list[2] = { 0, 0 }, count = 0, last = 0;
  for (size_t i = 0; i < n; i++) {
    const int id = model->outputs[i];
    const int meant =
        options->output ? !strcmp(atr__model_at(model, id)->name, options->output) : is_real(m, id);
    if (!meant || (options->target && count)) continue;
    if (!is_real(m, id)) {
      atr__fail(m->error, ATR_E_PARAM, "output \"%s\" is %s: only float32 has a gradient", options->output,
                atr_type_name(m->shapes.type[id - 1]));
      return 0;
    }
    last = id;
    count++;
  }
  if (!count) {
    if (options->output)
      atr__fail(m->error, ATR_E_PARAM, "the model has no output \"%s\"", options->output);
    else
      atr__fail(m->error, ATR_E_PARAM, "the model has no float32 output to take the gradient of");
    return 0;
  }
  if (options->target) return squared_error(m, last);
  if (count == 1) return sum_of(m, last, "atrous.loss");
  for (size_t i = 0, done = 0; i < n; i++) {
    const int id = model->outputs[i];
    if (!is_real(m, id)) continue;
    list[done ? 1 : 0] = sum_of(m, id, NULL);
    if (!list[done ? 1 : 0]) return 0;
    if (done++) list[0] = add_node(m, "", "Add", list, 2, NULL, done == (size_t)count ? "atrous.loss" : NULL);
    if (!list[0]) return 0;
  }
  return list[0];
}

/* Makes value `gradient` the output "X.grad". It takes that name, unless it has one that is asked for. */
static atr_status add_output(making *m, const char *of, int gradient, size_t first_own) {
  char *name = join(of, ".grad");
  if (!name) return atr__nomem(m->error, 1);
  if (atr__model_find(m->model, name)) {
    atr__fail(m->error, ATR_E_PARAM, "the gradient of \"%s\" needs the name \"%s\", which is taken", of,
              name);
    atr__free(name);
    return ATR_E_PARAM;
  }
  int taken = (size_t)gradient <= first_own || atr__model_at(m->model, gradient)->producer < 0;
  for (size_t i = 0; i < m->model->n_outputs; i++) taken |= m->model->outputs[i] == gradient;
  if (taken) gradient = add_node(m, "", "Identity", &gradient, 1, NULL, name);
  if (gradient) atr_model_add_output(m->model, name, (atr_value){ gradient });
  atr__free(name);
  if (!gradient) return m->error && m->error->status ? m->error->status : ATR_E_NOMEM;
  if (m->model->error.status && m->error) *m->error = m->model->error;
  return m->model->error.status;
}

atr_status atr_model_gradient(const atr_model *given, const atr_shape *inputs, size_t n,
                              const atr_gradient_options *options, atr_error *error, atr_model **result) {
  static const atr_gradient_options defaults = ATR_GRADIENT_OPTIONS_INIT;
  atr_error own = ATR_ERROR_INIT;
  making m = { .error = error ? error : &own };
  int *wanted = NULL, *trace = NULL;
  size_t n_wanted = 0;
  *result = NULL;
  if (!options) options = &defaults;
  *m.error = own;
  atr_status status = atr_model_check(given, m.error);
  if (!status && !(options->clip_through_time >= 0 && isfinite(options->clip_through_time)))
    status = atr__fail(m.error, ATR_E_PARAM, "clip_through_time is %g, must be finite, at least 0",
                       (double)options->clip_through_time);
  if (!status) status = atr__model_copy(given, m.error, &m.model);
  if (status) return status;
  const size_t n_values = m.model->n_values;
  ATR__CHECK(atr__clip_through_time(m.model, options->clip_through_time, m.error));
  ATR__CHECK(atr__infer_graph(m.model, inputs, n, &m.shapes, m.error));
  const int loss = add_loss(&m, options);
  const size_t with_loss = m.model->n_values;
  wanted = atr__calloc(2 * with_loss + 1, sizeof *wanted);
  trace = atr__calloc(with_loss + 1, sizeof *trace);
  if (!wanted || !trace) {
    status = atr__nomem(m.error, with_loss * sizeof *wanted);
    goto fail;
  }
  if (!loss) {
    status = m.error->status ? m.error->status : ATR_E_NOMEM;
    goto fail;
  }
  for (size_t i = 0; i < n_values; i++) {
    const atr__value *value = &m.model->values[i];
    if (value->producer < 0 && m.shapes.type[i] == ATR_F32 && (value->learns || !value->init))
      wanted[n_wanted++] = (int)i + 1;
  }
  ATR__CHECK(
      atr__differentiate(m.model, &m.shapes, loss, wanted, n_wanted, wanted + n_wanted, trace, m.error));
  atr_model_add_output(m.model, NULL, (atr_value){ loss });
  for (size_t i = 0; i < n_values; i++) {
    const atr__value *value = &m.model->values[i];
    if (!trace[i] || m.shapes.type[i] != ATR_F32 || (value->init && !value->learns)) continue;
    ATR__CHECK(add_output(&m, value->name, trace[i], with_loss));
  }
  ATR__CHECK(atr_model_check(m.model, m.error));
  *result = m.model;
  m.model = NULL;
fail:
  atr__free(wanted);
  atr__free(trace);
  atr__infer_free(&m.shapes, m.model);
  atr_model_destroy(m.model);
  return status;
}
