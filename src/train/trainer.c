/* trainer.c: the calls of <atrous/train.h> that make, feed, step, read and free a trainer. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plan/params.h"
#include "tensor/shape.h"
#include "train/trainer.h"

static int finite_at_least(float value, float least) {
  return isfinite(value) && value >= least;
}

static atr_status check_params(const atr_train_params *p, atr_error *error) {
  const struct {
    const char *name;
    float value, least, below;
  } list[] = {
    { "learning_rate", p->learning_rate, 0, INFINITY },
    { "momentum", p->momentum, 0, INFINITY },
    { "beta1", p->beta1, 0, 1 },
    { "beta2", p->beta2, 0, 1 },
    { "epsilon", p->epsilon, 0, INFINITY },
    { "weight_decay", p->weight_decay, 0, INFINITY },
    { "clip_norm", p->clip_norm, 0, INFINITY },
    { "clip_value", p->clip_value, 0, INFINITY },
    { "clip_through_time", p->clip_through_time, 0, INFINITY },
    { "alpha", p->alpha, 0, 1 },
    { "lr_decay", p->lr_decay, 0, INFINITY },
    { "initial_accumulator", p->initial_accumulator, 0, INFINITY },
    { "schedule_factor", p->schedule_factor, 0, INFINITY },
  };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    if (!finite_at_least(list[i].value, list[i].least) || list[i].value >= list[i].below)
      return atr__fail(error, ATR_E_PARAM, "%s is %g, must be finite, at least %g%s", list[i].name,
                       (double)list[i].value, (double)list[i].least,
                       list[i].below < INFINITY ? " and below 1" : "");
  if ((int)p->optimizer < ATR_SGD || p->optimizer > ATR_ADAGRAD)
    return atr__fail(error, ATR_E_PARAM, "optimizer %d is none of atr_optimizer", (int)p->optimizer);
  if (p->schedule != ATR_SCHEDULE_CONSTANT && p->schedule != ATR_SCHEDULE_STEP &&
      p->schedule != ATR_SCHEDULE_COSINE)
    return atr__fail(error, ATR_E_PARAM, "schedule %d is none of atr_schedule", (int)p->schedule);
  if (p->warmup_steps < 0 || (p->schedule != ATR_SCHEDULE_CONSTANT && p->schedule_steps < 1))
    return atr__fail(error, ATR_E_PARAM, "warmup_steps is %lld and schedule_steps %lld",
                     (long long)p->warmup_steps, (long long)p->schedule_steps);
  if (p->optimizer == ATR_SGD && p->nesterov && !(p->momentum > 0))
    return atr__fail(error, ATR_E_PARAM, "nesterov needs a momentum");
  return ATR_OK;
}

static atr_status check_head(const atr_model *model, const atr_head *head, atr_error *error) {
  int found = 0;
  for (size_t i = 0; i < model->n_outputs; i++)
    found |= !strcmp(atr__model_at(model, model->outputs[i])->name, head->output);
  if (!found) return atr__fail(error, ATR_E_PARAM, "the model has no output \"%s\"", head->output);
  if ((int)head->loss < ATR_LOSS_MSE || head->loss > ATR_LOSS_DICE)
    return atr__fail(error, ATR_E_PARAM, "loss %d is none of atr_loss", (int)head->loss);
  if (!finite_at_least(head->share, 0) || !finite_at_least(head->huber_delta, 0) ||
      !finite_at_least(head->positive_weight, 0) || !finite_at_least(head->dice_smooth, 0))
    return atr__fail(error, ATR_E_PARAM,
                     "output \"%s\": share %g, huber_delta %g, positive_weight %g, dice_smooth %g",
                     head->output, (double)head->share, (double)head->huber_delta,
                     (double)head->positive_weight, (double)head->dice_smooth);
  const int of_classes = atr__loss_of_labels(head->loss) || head->loss == ATR_LOSS_PROBABILITY;
  if (head->weighted && of_classes)
    return atr__fail(error, ATR_E_UNSUPPORTED,
                     "output \"%s\": losses of classes take no weights of positions; use ignore_index",
                     head->output);
  if (head->class_weights && !of_classes)
    return atr__fail(error, ATR_E_PARAM, "output \"%s\": class weights are for losses of classes",
                     head->output);
  for (size_t i = 0; head->class_weights && i < head->n_classes; i++)
    if (!finite_at_least(head->class_weights[i], 0))
      return atr__fail(error, ATR_E_PARAM, "output \"%s\": the weight of class %zu is %g", head->output, i,
                       (double)head->class_weights[i]);
  return ATR_OK;
}

/* The heads with everything they point to, or the one head that the plain fields describe. */
static atr_status copy_heads(atr_trainer *trainer, atr_error *error) {
  const atr_train_params *p = &trainer->params;
  atr_head single = ATR_HEAD_INIT;
  single.loss = p->loss;
  single.huber_delta = p->huber_delta;
  single.class_weights = p->class_weights;
  single.n_classes = p->n_classes;
  single.ignore_index = p->ignore_index;
  single.weighted = p->weighted;
  single.positive_weight = p->positive_weight;
  single.dice_smooth = p->dice_smooth;
  const size_t n = p->heads ? p->n_heads : 1;
  if (!n) return atr__fail(error, ATR_E_PARAM, "there are no heads");
  trainer->heads = atr__calloc(n, sizeof *trainer->heads);
  if (!trainer->heads) return atr__nomem(error, n * sizeof *trainer->heads);
  for (size_t i = 0; i < n; i++) {
    atr_head *head = &trainer->heads[i];
    const atr_head *given = p->heads ? &p->heads[i] : &single;
    if (given->size != sizeof *given)
      return atr__fail(error, ATR_E_PARAM, "head %zu: size is %zu, must be %zu", i, given->size,
                       sizeof *given);
    *head = *given;
    const char *name = given->output ? given->output : atr_model_output(trainer->model, 0).name;
    head->output = atr__strdup(name ? name : "");
    head->class_weights = NULL;
    trainer->n_heads = i + 1;
    if (!head->output) return atr__nomem(error, 1);
    if (given->class_weights) {
      head->class_weights = atr__memdup(given->class_weights, given->n_classes * sizeof(float));
      if (!head->class_weights) return atr__nomem(error, given->n_classes * sizeof(float));
    }
    const atr_status status = check_head(trainer->model, head, error);
    if (status) return status;
    for (size_t j = 0; j < i; j++)
      if (!strcmp(trainer->heads[j].output, head->output))
        return atr__fail(error, ATR_E_PARAM, "output \"%s\" has two heads", head->output);
  }
  return ATR_OK;
}

atr_status atr_trainer_create(const atr_model *model, atr_context *context, const atr_shape *inputs, size_t n,
                              const atr_train_params *params, atr_error *error, atr_trainer **result) {
  *result = NULL;
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  if (params) {
    if (params->size != sizeof p)
      return atr__fail(error, ATR_E_PARAM, "atr_train_params.size is %zu, must be %zu", params->size,
                       sizeof p);
    p = *params;
  }
  atr_status status = check_params(&p, error);
  if (!status) status = atr_model_check(model, error);
  if (status) return status;
  atr_trainer *trainer = atr__calloc(1, sizeof *trainer);
  if (!trainer) return atr__nomem(error, sizeof *trainer);
  trainer->context = context;
  atr__context_retain(context);
  trainer->params = p;
  trainer->n_shapes = n;
  trainer->shapes = atr__memdup(inputs, n * sizeof *inputs);
  if (!trainer->shapes) {
    status = atr__nomem(error, n * sizeof *inputs);
    goto fail;
  }
  ATR__CHECK(atr__model_copy(model, error, &trainer->model));
  ATR__CHECK(atr__freeze(trainer, error));
  ATR__CHECK(copy_heads(trainer, error));
  trainer->params.heads = trainer->heads;
  trainer->params.class_weights = NULL;
  ATR__CHECK(atr__form_heads(trainer, error));
  ATR__CHECK(atr__carry_find(trainer, error));
  ATR__CHECK(atr_params_create(trainer->model, context, error, &trainer->weights));
  status = atr__form_open(trainer, ATR__FORM_TRAIN, 0, &trainer->train);
  if (status) {
    if (error) *error = trainer->error;
    goto fail;
  }
  ATR__CHECK(atr__carry_check(trainer, error));
  trainer->error.text[0] = 0;
  *result = trainer;
  return ATR_OK;
fail:
  atr_trainer_destroy(trainer);
  return status;
}

void atr_trainer_destroy(atr_trainer *trainer) {
  if (!trainer) return;
  atr_context *context = trainer->context;
  atr__form_free(&trainer->train);
  atr__form_free(&trainer->evaluate);
  atr_params_destroy(trainer->weights);
  atr__carry_free(trainer);
  for (size_t i = 0; i < trainer->n_heads; i++) {
    atr__free((char *)trainer->heads[i].output); /* ours, see copy_heads */
    atr__free((float *)trainer->heads[i].class_weights);
  }
  for (size_t i = 0; i < trainer->n_inputs; i++) {
    atr__free(trainer->inputs[i].name);
    atr__free(trainer->inputs[i].kept);
  }
  atr__free(trainer->heads);
  atr__free(trainer->inputs);
  atr__free(trainer->shapes);
  atr_model_destroy(trainer->model);
  atr__free(trainer->frozen);
  atr__free(trainer->data);
  atr__free(trainer);
  atr__context_release(context);
}

const char *atr_trainer_error(const atr_trainer *trainer) {
  return trainer->error.text;
}
int64_t atr_trainer_steps(const atr_trainer *trainer) {
  return trainer->step;
}
double atr_trainer_learning_rate(const atr_trainer *trainer) {
  return atr__schedule_rate(&trainer->params, trainer->step);
}
atr_params *atr_trainer_params(atr_trainer *trainer) {
  return trainer->weights;
}
const atr_plan *atr_trainer_plan(const atr_trainer *trainer) {
  return trainer->train.plan;
}

atr_status atr_trainer_write(atr_trainer *trainer, const char *name, const void *data, size_t bytes) {
  for (size_t i = 0; i < trainer->n_inputs; i++) {
    atr__trainer_input *input = &trainer->inputs[i];
    if (strcmp(input->name, name)) continue;
    char text[ATR__SHAPE_TEXT];
    if (bytes != input->bytes)
      return atr__fail(&trainer->error, ATR_E_PARAM, "\"%s\" is %s%s, %zu bytes; %zu were given", name,
                       atr_type_name(input->type), atr__shape_text(&input->shape, text), input->bytes, bytes);
    if (!input->kept) input->kept = atr__malloc(bytes);
    if (!input->kept) return atr__nomem(&trainer->error, bytes);
    if (bytes) memcpy(input->kept, data, bytes);
    for (size_t k = 0; k < trainer->n_carried; k++)
      if (trainer->carried[k].input == input) memcpy(trainer->carried[k].evaluating, data, bytes);
    return ATR_OK;
  }
  return atr__fail(&trainer->error, ATR_E_PARAM, "the trainer has no input \"%s\"", name);
}

static atr_status run_error(atr_trainer *trainer, const atr__form *form, atr_status status) {
  return atr__fail(&trainer->error, status, "%s", atr_run_error(form->run));
}

/* An input of our own, where this form has it. */
static atr_status feed_own(atr_trainer *trainer, atr__form *form, const char *name, const void *data,
                           size_t bytes) {
  if (!atr__model_find(form->model, name)) return ATR_OK;
  const atr_status status = atr_run_write(form->run, name, data, bytes);
  return status ? run_error(trainer, form, status) : ATR_OK;
}

atr_status atr__trainer_feed(atr_trainer *trainer, atr__form *form, const void *x, const void *target) {
  for (size_t i = 0; i < trainer->n_inputs; i++) {
    const atr__trainer_input *input = &trainer->inputs[i];
    const void *data = i == 0 && x                        ? x
                       : i == trainer->n_shapes && target ? target
                                                          : atr__carry_kept(trainer, input);
    if (!data && input->bytes)
      return atr__fail(&trainer->error, ATR_E_PARAM, "\"%s\" was never written", input->name);
    const atr_status status = atr_run_write(form->run, input->name, data, input->bytes);
    if (status) return run_error(trainer, form, status);
  }
  float scalars[ATR__STEP_SCALARS];
  atr__schedule_scalars(&trainer->params, trainer->step, scalars);
  const uint64_t s = (uint64_t)trainer->step;
  const int32_t step[2] = { (int32_t)(uint32_t)s, (int32_t)(uint32_t)(s >> 32) };
  const atr_status status = feed_own(trainer, form, "atrous.step", step, sizeof step);
  return status ? status : feed_own(trainer, form, "atrous.scalars", scalars, sizeof scalars);
}

static atr_status train_progress(atr_trainer *trainer) {
  const atr_hooks *hooks = &trainer->context->hooks;
  if (!hooks->progress) return ATR_OK;
  const atr_train_params *p = &trainer->params;
  const uint64_t total =
      p->schedule == ATR_SCHEDULE_COSINE ? (uint64_t)(p->warmup_steps + p->schedule_steps) : 0;
  const atr_progress progress = { "train", (uint64_t)trainer->step, total, -1, trainer->last_loss };
  if (!hooks->progress(hooks->user, &progress)) return ATR_OK;
  return atr__fail(&trainer->error, ATR_E_CANCELLED, "cancelled by the caller before step %lld",
                   (long long)trainer->step);
}

atr_status atr_trainer_step(atr_trainer *trainer, const void *x, const void *target, float *loss) {
  atr__form *form = &trainer->train;
  float gate[ATR__GATE_SIZE];
  atr_status status = train_progress(trainer);
  trainer->evaluating = 0;
  if (!status) status = atr__trainer_feed(trainer, form, x, target);
  if (status) return status;
  trainer->guard.fatal.trouble = (atr_trouble)0;
  trainer->evaluated = 0;
  status = atr_run_execute(form->run);
  if (!status) status = atr_run_read(form->run, "atrous.gate", gate, sizeof gate);
  if (status) return run_error(trainer, form, status);
  if (loss) *loss = gate[ATR__GATE_LOSS];
  if (!(gate[ATR__GATE_OPEN] > 0)) return atr__guard_explain(trainer, x, target, gate);
  status = atr__carry_on(trainer, form);
  if (status) return status;
  trainer->last_loss = gate[ATR__GATE_LOSS];
  atr__guard_step(&trainer->guard, (double)gate[ATR__GATE_LOSS], (double)gate[ATR__GATE_NORM]);
  trainer->step++;
  return ATR_OK;
}

atr_status atr_trainer_evaluate(atr_trainer *trainer, const void *x, const void *target, float *loss) {
  atr__form *form = &trainer->evaluate;
  float value;
  trainer->evaluating = 1;
  atr_status status = form->run ? ATR_OK : atr__form_open(trainer, ATR__FORM_EVALUATE, 0, form);
  if (!status) status = atr__trainer_feed(trainer, form, x, target);
  if (status) return status;
  status = atr_run_execute(form->run);
  if (!status) status = atr_run_read(form->run, "atrous.loss", &value, sizeof value);
  if (status) return run_error(trainer, form, status);
  trainer->evaluated = 1;
  if (loss) *loss = value;
  if (!isfinite(value)) return atr__guard_explain(trainer, x, target, NULL);
  status = atr__carry_on(trainer, form);
  if (status) return status;
  atr__guard_evaluation(&trainer->guard, trainer->step, (double)value);
  return ATR_OK;
}

/* "w.grad": the learned weight w, or NULL. */
static const atr__learned *gradient_named(const atr_trainer *trainer, const char *name) {
  const size_t length = strlen(name);
  if (length < 5 || strcmp(name + length - 5, ".grad")) return NULL;
  for (size_t i = 0; i < trainer->train.n_learned; i++) {
    const char *of = atr__model_at(trainer->train.model, trainer->train.learned[i].id)->name;
    if (strlen(of) == length - 5 && !memcmp(of, name, length - 5)) return &trainer->train.learned[i];
  }
  return NULL;
}

atr_status atr_trainer_read(atr_trainer *trainer, const char *name, void *data, size_t bytes) {
  for (size_t i = 0; trainer->evaluated && i < trainer->model->n_outputs; i++)
    if (!strcmp(atr__model_at(trainer->model, trainer->model->outputs[i])->name, name)) {
      const atr_status status = atr_run_read(trainer->evaluate.run, name, data, bytes);
      return status ? run_error(trainer, &trainer->evaluate, status) : ATR_OK;
    }
  const atr__learned *learned = gradient_named(trainer, name);
  if (learned) {
    if (!learned->gradient || !trainer->guard.n)
      return atr__fail(&trainer->error, ATR_E_PARAM, "\"%s\": %s", name,
                       learned->gradient ? "no step was taken yet" : "the loss does not depend on it");
    const char *value = atr__model_at(trainer->train.model, learned->gradient)->name;
    const atr_status status = atr_run_read(trainer->train.run, value, data, bytes);
    return status ? run_error(trainer, &trainer->train, status) : ATR_OK;
  }
  const int entry = atr__params_find(trainer->weights, name);
  if (entry < 0) return atr__fail(&trainer->error, ATR_E_PARAM, "there is no tensor \"%s\" to read", name);
  return atr__params_read(trainer->weights, entry, data, bytes, &trainer->error);
}

atr_status atr_trainer_set_data(atr_trainer *trainer, const void *bytes, size_t size) {
  void *copy = size ? atr__memdup(bytes, size) : NULL;
  if (size && !copy) return atr__nomem(&trainer->error, size);
  atr__free(trainer->data);
  trainer->data = copy;
  trainer->data_size = size;
  return ATR_OK;
}

const void *atr_trainer_data(const atr_trainer *trainer, size_t *size) {
  if (size) *size = trainer->data_size;
  return trainer->data;
}

atr_status atr_trainer_export(atr_trainer *trainer, atr_error *error, atr_model **result) {
  *result = NULL;
  atr_model *model;
  atr_status status = atr__model_copy(trainer->model, error, &model);
  if (status) return status;
  status = atr_params_store(trainer->weights, model, error);
  if (status) {
    atr_model_destroy(model);
    return status;
  }
  *result = model;
  return ATR_OK;
}
