/* carry.c: states that go from one window of a series to the next; see atr_carry in <atrous/train.h>.
 *
 * Between calls a state is the kept value of an input, so a step reads it like anything that was written, and
 * no gradient passes. Evaluations have states of their own beside it. Source: Williams and Peng, "An
 * efficient gradient-based algorithm for on-line training of recurrent network trajectories", 1990. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "tensor/shape.h"
#include "train/trainer.h"

static atr_status find_output(const atr_trainer *trainer, const atr_carry *given, atr__carried *c,
                              atr_error *error) {
  const atr_model *model = trainer->model;
  for (size_t i = 0; given->output && i < model->n_outputs; i++)
    if (!strcmp(atr__model_at(model, model->outputs[i])->name, given->output)) c->output = model->outputs[i];
  if (c->output) return ATR_OK;
  return atr__fail(error, ATR_E_PARAM, "carry: the model has no output \"%s\"",
                   given->output ? given->output : "");
}

static atr_status find_input(atr_trainer *trainer, const atr_carry *given, atr__carried *c,
                             atr_error *error) {
  for (size_t i = 0; given->input && i < trainer->n_shapes; i++)
    if (!strcmp(trainer->inputs[i].name, given->input)) c->input = &trainer->inputs[i];
  if (!c->input)
    return atr__fail(error, ATR_E_PARAM, "carry: the model has no input \"%s\"",
                     given->input ? given->input : "");
  for (size_t i = 0; i < trainer->n_carried; i++)
    if (trainer->carried[i].input == c->input)
      return atr__fail(error, ATR_E_PARAM, "carry: the input \"%s\" is given two outputs", given->input);
  if (given->axis < 0 || given->axis >= c->input->shape.rank)
    return atr__fail(error, ATR_E_PARAM, "carry: axis %d of \"%s\", which has rank %d", given->axis,
                     given->input, c->input->shape.rank);
  return ATR_OK;
}

atr_status atr__carry_find(atr_trainer *trainer, atr_error *error) {
  const size_t n = trainer->params.carry ? trainer->params.n_carry : 0;
  if (!n) return ATR_OK;
  trainer->carried = atr__calloc(n, sizeof *trainer->carried);
  if (!trainer->carried) return atr__nomem(error, n * sizeof *trainer->carried);
  for (size_t i = 0; i < n; i++) {
    const atr_carry *given = &trainer->params.carry[i];
    atr__carried *c = &trainer->carried[i];
    if (given->size != sizeof *given)
      return atr__fail(error, ATR_E_PARAM, "carry %zu: size is %zu, must be %zu", i, given->size,
                       sizeof *given);
    atr_status status = find_output(trainer, given, c, error);
    if (!status) status = find_input(trainer, given, c, error);
    if (status) return status;
    c->axis = given->axis;
    c->input->kept = atr__calloc(1, c->input->bytes);
    c->evaluating = atr__calloc(1, c->input->bytes);
    trainer->n_carried = i + 1;
    if (!c->input->kept || !c->evaluating) return atr__nomem(error, c->input->bytes);
  }
  trainer->params.carry = NULL; /* the caller's */
  return ATR_OK;
}

atr_status atr__carry_check(const atr_trainer *trainer, atr_error *error) {
  for (size_t i = 0; i < trainer->n_carried; i++) {
    const atr__carried *c = &trainer->carried[i];
    const char *name = atr__model_at(trainer->train.model, c->output)->name;
    atr_port port;
    for (size_t k = 0; (port = atr_plan_output(trainer->train.plan, k)).name; k++) {
      if (strcmp(port.name, name)) continue;
      if (port.type == c->input->type && atr__shape_equal(&port.shape, &c->input->shape)) break;
      char from[ATR__SHAPE_TEXT], to[ATR__SHAPE_TEXT];
      return atr__fail(error, ATR_E_SHAPE, "carry: the output \"%s\" is %s%s, the input \"%s\" %s%s", name,
                       atr_type_name(port.type), atr__shape_text(&port.shape, from), c->input->name,
                       atr_type_name(c->input->type), atr__shape_text(&c->input->shape, to));
    }
  }
  return ATR_OK;
}

const void *atr__carry_kept(const atr_trainer *trainer, const atr__trainer_input *input) {
  for (size_t i = 0; trainer->evaluating && i < trainer->n_carried; i++)
    if (trainer->carried[i].input == input) return trainer->carried[i].evaluating;
  return input->kept;
}

atr_status atr__carry_on(atr_trainer *trainer, const atr__form *form) {
  for (size_t i = 0; i < trainer->n_carried; i++) {
    const atr__carried *c = &trainer->carried[i];
    const atr_status status =
        atr_run_read(form->run, atr__model_at(form->model, c->output)->name,
                     trainer->evaluating ? c->evaluating : c->input->kept, c->input->bytes);
    if (status) return atr__fail(&trainer->error, status, "%s", atr_run_error(form->run));
  }
  return ATR_OK;
}

/* Zeros for one sample of a tensor, or (negative) for all. */
static void forget(const atr__carried *c, char *state, int64_t sample) {
  const atr_shape *shape = &c->input->shape;
  size_t inner = atr_type_size(c->input->type), outer = 1;
  for (int d = 0; d < shape->rank; d++)
    *(d < c->axis ? &outer : &inner) *= d == c->axis ? 1 : (size_t)shape->dim[d];
  const size_t samples = (size_t)shape->dim[c->axis];
  for (size_t o = 0; o < outer; o++)
    if (sample < 0)
      memset(state + o * samples * inner, 0, samples * inner);
    else
      memset(state + (o * samples + (size_t)sample) * inner, 0, inner);
}

atr_status atr_trainer_restart(atr_trainer *trainer, int evaluations, int64_t sample) {
  for (size_t i = 0; i < trainer->n_carried; i++) {
    const atr__carried *c = &trainer->carried[i];
    if (sample >= c->input->shape.dim[c->axis])
      return atr__fail(&trainer->error, ATR_E_PARAM, "restart: sample %lld of %lld in \"%s\"",
                       (long long)sample, (long long)c->input->shape.dim[c->axis], c->input->name);
  }
  for (size_t i = 0; i < trainer->n_carried; i++) {
    const atr__carried *c = &trainer->carried[i];
    forget(c, evaluations ? c->evaluating : c->input->kept, sample);
  }
  return ATR_OK;
}

void atr__carry_free(atr_trainer *trainer) {
  for (size_t i = 0; i < trainer->n_carried; i++) atr__free(trainer->carried[i].evaluating);
  atr__free(trainer->carried);
}
