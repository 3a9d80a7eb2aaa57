/* library.c: the library's side of every problem: a model, a plan, a run, numbers in and out. */
#include "by-hand.h"

#include <stdlib.h>
#include <string.h>

atr_model *model_new(struct session *session) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model = NULL;
  if (atr_model_create(1, &error, &model)) failed(session, error.text);
  return model;
}

static atr_shape shape_of(struct shape shape) {
  atr_shape s = { shape.rank, { 0 } };
  for (int i = 0; i < shape.rank; i++) s.dim[i] = shape.dim[i];
  return s;
}

atr_value model_input(atr_model *model, const char *name, struct shape shape) {
  const atr_shape s = shape_of(shape);
  return atr_model_add_input(model, name, ATR_F32, &s);
}

atr_value model_weight(atr_model *model, const char *name, struct shape shape, const double *values) {
  const atr_shape s = shape_of(shape);
  float data[4 * NUMBERS_MOST];
  int64_t count = 1;
  for (int i = 0; i < shape.rank; i++) count *= shape.dim[i];
  for (int64_t i = 0; i < count; i++) data[i] = (float)values[i];
  return atr_model_add_tensor(model, name, ATR_F32, &s, data, 1);
}

atr_value model_node(atr_model *model, const char *op, const atr_value *in, size_t n_in,
                     const atr_attribute *attributes, size_t n) {
  return atr_model_add(model, NULL, op, NULL, in, n_in, attributes, n, NULL, 1);
}

struct library library_open(struct session *session, atr_model *model, const char *gradient) {
  struct library l = { session, model, NULL, NULL };
  atr_error error = ATR_ERROR_INIT;
  atr_shape shapes[8];
  size_t n = 0;
  if (session->failed || !model || atr_model_check(model, &error)) {
    failed(session, error.text);
    return l;
  }
  for (; n < 8 && atr_model_input(model, n).name; n++) shapes[n] = atr_model_input(model, n).shape;
  if (gradient) {
    atr_gradient_options options = ATR_GRADIENT_OPTIONS_INIT;
    atr_model *longer = NULL;
    options.target = !strcmp(gradient, "mse");
    if (*gradient && !options.target) options.output = gradient;
    if (atr_model_gradient(model, shapes, n, &options, &error, &longer)) {
      failed(session, error.text);
      return l;
    }
    atr_model_destroy(model);
    l.model = longer;
    for (n = 0; n < 8 && atr_model_input(longer, n).name; n++) shapes[n] = atr_model_input(longer, n).shape;
  }
  if (atr_plan_create(l.model, session->context, shapes, n, NULL, &error, &l.plan) ||
      atr_run_create(l.plan, &error, &l.run))
    failed(session, error.text);
  return l;
}

void library_write(struct library *l, const char *name, const double *values, int n) {
  float data[NUMBERS_MOST];
  for (int i = 0; i < n; i++) data[i] = (float)values[i];
  if (!l->session->failed && atr_run_write(l->run, name, data, (size_t)n * sizeof *data))
    failed(l->session, atr_run_error(l->run));
}

void library_run(struct library *l) {
  if (!l->session->failed && atr_run_execute(l->run)) failed(l->session, atr_run_error(l->run));
}

void library_read(struct library *l, const char *name, double *values, int n) {
  float data[NUMBERS_MOST] = { 0 };
  if (!l->session->failed && atr_run_read(l->run, name, data, (size_t)n * sizeof *data))
    failed(l->session, atr_run_error(l->run));
  for (int i = 0; i < n; i++) values[i] = (double)data[i];
}

void library_close(struct library *l) {
  atr_run_destroy(l->run);
  atr_plan_destroy(l->plan);
  atr_model_destroy(l->model);
}
