/* fit.c: the loop over epochs; see fit.h. The state that a checkpoint carries is in fit_state.c. */
#include "segment/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/output.h"
#include "common/progress.h"
#include "segment/engine.h"
#include "segment/fit_state.h"
#include "segment/metrics.h"
#include "segment/segment.h"

enum { WARMUP = 20, OPEN_END = 100000, VALID_BATCHES = 4, CHECKPOINT_SECONDS = 20 };
static const double VALID_SHARE = 0.15; /* of the time, at most about this for validation */
static const double WEIGHT_MOST = 5;

struct work {
  const struct fit_task *task;
  struct fit *fit;
  struct fault *fault;
  struct confusion *confusion;
  atr_model *model;
  atr_trainer *trainer;
  struct engine engine;
  size_t steps, every; /* of an epoch; epochs between validations */
  size_t planned;      /* epochs in all, as the schedule of the learning rate has it */
  struct fit_place place;
  float weight[CLASSES_MOST];
  float *x;
  int32_t *target;
  double started, saved, epoch_started;
  unsigned told; /* troubles told, by bit */
};

const char *fit_stopped_name(enum fit_stopped stopped) {
  static const char *const names[] = { "epochs", "minutes", "early", "interrupted" };
  return names[stopped];
}

void fit_destroy(struct fit *fit) {
  free(fit->epoch);
  memset(fit, 0, sizeof *fit);
}

static bool make_model(struct work *w) {
  const struct fit_task *t = w->task;
  atr_error error = ATR_ERROR_INIT;
  if (atr_model_create(t->seed, &error, &w->model)) return fault_from_error(w->fault, &error);
  net_build(w->model, t->net, t->classes->count, (int)t->width);
  if (atr_model_check(w->model, &error)) return fault_from_error(w->fault, &error);
  for (size_t i = 0; i < atr_model_layers(w->model); i++)
    w->fit->parameters += atr_model_layer(w->model, i).trainable;
  w->fit->receptive_field = atr_model_receptive_field(w->model, 2);
  return network_describe(w->model, t->classes, t->pixels, t->scale, w->fault);
}

static bool make_trainer(struct work *w) {
  const struct fit_task *t = w->task;
  const atr_shape shape = { 4, { t->batch, 3, t->size, t->size } };
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  atr_error error = ATR_ERROR_INIT;
  p.loss = ATR_LOSS_CROSS_ENTROPY;
  p.optimizer = ATR_ADAM;
  p.learning_rate = (float)t->rate;
  p.clip_norm = 5;
  p.ignore_index = -1;
  p.seed = t->seed;
  p.class_weights = w->weight;
  p.n_classes = (size_t)t->classes->count;
  p.schedule = ATR_SCHEDULE_COSINE;
  p.warmup_steps = WARMUP;
  p.schedule_steps = (int64_t)(w->planned * w->steps);
  p.schedule_factor = 0.02f;
  const double started = report_now();
  if (atr_trainer_create(w->model, t->context, &shape, 1, &p, &error, &w->trainer)) {
    if (error.status == ATR_E_CANCELLED && signals_pending())
      return fault_set(w->fault, FAULT_INTERRUPTED, "interrupted");
    return fault_from_error(w->fault, &error);
  }
  session_plan(t->report, atr_trainer_plan(w->trainer), started);
  return engine_open(&w->engine, t->report, t->context, w->model, atr_trainer_params(w->trainer), t->pixels,
                     TILE_AUTO, t->classes->count, w->fault);
}

static double pixels_of(const struct data *data) {
  double sum = 0;
  for (size_t i = 0; i < data->count; i++)
    sum += (double)(data->sample[i].picture.width * data->sample[i].picture.height);
  return sum;
}

static bool prepare(struct work *w) {
  const struct fit_task *t = w->task;
  const size_t batch = (size_t)t->batch, area = (size_t)(t->size * t->size);
  const double power[] = { t->classes->count > 2 ? 0.5 : 0, 0, 0.5, 1 };
  int64_t count[CLASSES_MOST];
  w->steps = (t->train->count + batch - 1) / batch;
  if (w->steps < EPOCH_STEPS) w->steps = EPOCH_STEPS;
  /* A picture's prediction costs about a third of training on as many pixels. */
  const double each = pixels_of(t->valid) / 3 / (VALID_SHARE * (double)(w->steps * batch * area));
  w->every = each > 1 ? (size_t)ceil(each) : 1;
  w->planned = t->epochs ? (size_t)t->epochs : OPEN_END;
  w->confusion = calloc(1, sizeof *w->confusion);
  w->x = malloc(3 * batch * area * sizeof *w->x);
  w->target = malloc(batch * area * sizeof *w->target);
  if (!w->confusion || !w->x || !w->target) return fault_nomem(w->fault, 3 * batch * area * sizeof *w->x);
  data_count(t->train, count, t->classes->count);
  data_weights(count, t->classes->count, power[t->weights], WEIGHT_MOST, w->weight);
  return make_model(w) && make_trainer(w);
}

static void fill(struct work *w, const struct data *data, uint64_t epoch, size_t step) {
  const struct fit_task *t = w->task;
  const size_t batch = (size_t)t->batch, size = (size_t)t->size, area = size * size;
  for (size_t b = 0; b < batch; b++)
    data_crop(data, t->pixels, t->seed, epoch, step * batch + b, size, t->augment, w->x + 3 * b * area,
              w->target + b * area);
}

/* The loss of a few crops of the validation pictures, always the same. */
static bool valid_loss(struct work *w, double *loss) {
  const size_t batch = (size_t)w->task->batch;
  size_t batches = (w->task->valid->count + batch - 1) / batch;
  double sum = 0;
  if (batches > VALID_BATCHES) batches = VALID_BATCHES;
  for (size_t i = 0; i < batches; i++) {
    float one = 0;
    fill(w, w->task->valid, UINT64_MAX, i);
    const atr_status status = atr_trainer_evaluate(w->trainer, w->x, w->target, &one);
    if (status) return fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
    sum += (double)one;
  }
  *loss = sum / (double)batches;
  return true;
}

static bool validate(struct work *w, struct fit_epoch *e) {
  const struct data *valid = w->task->valid;
  memset(w->confusion, 0, sizeof *w->confusion);
  w->confusion->classes = w->task->classes->count;
  if (!valid_loss(w, &e->valid_loss)) return false;
  for (size_t i = 0; i < valid->count; i++) {
    const struct sample *s = &valid->sample[i];
    struct segmentation r;
    if (signals_pending()) return fault_set(w->fault, FAULT_INTERRUPTED, "interrupted");
    if (!engine_run(&w->engine, &s->picture, s->picture.width, s->picture.height, false, &r, w->fault))
      return false;
    confusion_add(w->confusion, s->label, r.label, r.width * r.height);
    segmentation_destroy(&r);
  }
  e->mean_iou = confusion_mean_iou(w->confusion);
  e->pixel_accuracy = confusion_accuracy(w->confusion);
  return true;
}

static bool save_model(struct work *w) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *trained = NULL;
  bool ok =
      !atr_trainer_export(w->trainer, &error, &trained) && !atr_model_save(trained, w->task->model, &error);
  atr_model_destroy(trained);
  return ok || fault_from_error(w->fault, &error);
}

static bool save_checkpoint(struct work *w) {
  w->saved = report_now();
  if (!fit_state_keep(w->task, w->fit, &w->place, w->trainer, w->fault)) return false;
  const atr_status status = atr_trainer_save(w->trainer, w->task->checkpoint);
  return !status || fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
}

/* What the guard says, each kind of trouble once. */
static void tell_troubles(struct work *w) {
  static const char *const codes[] = { "",          "input",      "nonfinite", "exploding", "zero_variance",
                                       "vanishing", "overfitting" };
  atr_diagnosis list[4];
  size_t count = 0;
  for (size_t i = 0; i < 4; i++) list[i].size = sizeof list[i];
  if (atr_trainer_diagnose(w->trainer, list, 4, &count)) return;
  for (size_t i = 0; i < count && i < 4; i++) {
    const unsigned bit = 1u << list[i].trouble;
    if (w->told & bit || (size_t)list[i].trouble >= sizeof codes / sizeof *codes) continue;
    w->told |= bit;
    progress_clear();
    report_warn(w->task->report, codes[list[i].trouble], "%s", list[i].text);
  }
}

static double elapsed(const struct work *w) {
  return report_now() - w->started;
}

static void show(const struct work *w) {
  const double limit = 60 * w->task->minutes;
  char note[48] = "";
  if (w->fit->best) snprintf(note, sizeof note, "mIoU %.3f", w->fit->epoch[w->fit->best - 1].mean_iou);
  if (limit > 0 && !w->task->epochs)
    progress_show("training", (uint64_t)elapsed(w), (uint64_t)limit, limit - elapsed(w), note);
  else
    progress_show("training", w->fit->count * w->steps + w->place.step, w->planned * w->steps, -1, note);
}

static bool out_of_time(const struct work *w) {
  return w->task->minutes > 0 && elapsed(w) > 60 * w->task->minutes;
}

static bool run_steps(struct work *w) {
  for (; w->place.step < w->steps && !out_of_time(w); w->place.step++) {
    float loss = 0;
    fill(w, w->task->train, w->fit->count, w->place.step);
    const atr_status status = atr_trainer_step(w->trainer, w->x, w->target, &loss);
    if (status) return fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
    w->place.sum += (double)loss;
    show(w);
  }
  return true;
}

/* Records the epoch, and keeps the network where it is the best so far. */
static bool end_epoch(struct work *w, bool last) {
  struct fit *fit = w->fit;
  if (!fit_state_grow(fit, fit->count + 1, w->fault)) return false;
  struct fit_epoch *e = &fit->epoch[fit->count];
  *e = (struct fit_epoch){ w->place.sum / (double)(w->place.step ? w->place.step : 1),
                           NAN,
                           NAN,
                           NAN,
                           atr_trainer_learning_rate(w->trainer),
                           0 };
  const size_t number = fit->count + 1;
  const bool looks = w->task->valid->count > 0 && (last || number % w->every == 0);
  if (looks && !validate(w, e)) return false;
  e->seconds = report_now() - w->epoch_started;
  fit->count = number;
  w->place = (struct fit_place){ 0, 0 };
  const bool better = !fit->best || (looks && e->mean_iou > fit->epoch[fit->best - 1].mean_iou);
  if (w->task->valid->count == 0 ? last : looks && better) {
    fit->best = number;
    if (!save_model(w)) return false;
  }
  tell_troubles(w);
  if (looks)
    report_detail(w->task->report, "epoch %zu: loss %.4f, validation %.4f, mean IoU %.4f, %.1f s", number,
                  e->train_loss, e->valid_loss, e->mean_iou, e->seconds);
  else
    report_detail(w->task->report, "epoch %zu: loss %.4f, %.1f s", number, e->train_loss, e->seconds);
  report_event(w->task->report,
               json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o}", "event", "epoch", "epoch", (json_int_t)number,
                         "train_loss", report_number(e->train_loss), "valid_loss",
                         report_number(e->valid_loss), "mean_iou", report_number(e->mean_iou),
                         "learning_rate", report_number(e->learning_rate), "time_s",
                         report_number(e->seconds)));
  return true;
}

/* With --minutes alone the number of epochs follows from how long they take: the schedule of the learning
 * rate is laid anew, through the checkpoint, while what is expected differs from what was planned. */
static bool replan(struct work *w, size_t begun) {
  const double limit = 60 * w->task->minutes, spent = elapsed(w);
  if (w->task->epochs || limit <= 0 || spent > 0.85 * limit || w->fit->count < begun + 2) return true;
  double sum = 0; /* the first epoch, in which kernels are compiled, says little */
  for (size_t i = begun + 1; i < w->fit->count; i++) sum += w->fit->epoch[i].seconds;
  const double each = sum / (double)(w->fit->count - begun - 1);
  size_t expected = w->fit->count + (size_t)((limit - spent) / each);
  if (expected <= w->fit->count) expected = w->fit->count + 1;
  const double ratio = (double)expected / (double)w->planned;
  if (ratio > 0.9 && ratio < 1.1) return true;
  w->planned = expected;
  if (!save_checkpoint(w)) return false;
  engine_close(&w->engine);
  atr_trainer_destroy(w->trainer);
  w->trainer = NULL;
  if (!make_trainer(w)) return false;
  const atr_status status = atr_trainer_load(w->trainer, w->task->checkpoint);
  return !status || fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
}

static bool begin(struct work *w) {
  const struct fit_task *t = w->task;
  if (!t->resume || access(t->checkpoint, F_OK) != 0) return true;
  const atr_status status = atr_trainer_load(w->trainer, t->checkpoint);
  if (status) {
    fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
    return fault_at(w->fault, t->checkpoint, 0, 0);
  }
  if (!fit_state_restore(t, w->fit, &w->place, w->trainer, w->fault)) return false;
  if (w->place.step > w->steps) w->place.step = w->steps;
  if (access(t->model, F_OK) != 0) w->fit->best = 0; /* the best so far is gone */
  report_say(t->report, "goes on from epoch %zu of %s", w->fit->count + 1, t->checkpoint);
  return true;
}

static bool loop(struct work *w) {
  struct fit *fit = w->fit;
  const size_t begun = fit->count;
  for (;;) {
    if (w->task->epochs && fit->count >= (size_t)w->task->epochs) {
      fit->stopped = STOPPED_EPOCHS;
      return true;
    }
    w->epoch_started = report_now();
    if (!run_steps(w)) return false;
    const bool late = out_of_time(w);
    if (late && w->place.step == 0 && fit->best) {
      fit->stopped = STOPPED_MINUTES;
      return true;
    }
    if (!end_epoch(w, late || fit->count + 1 == w->planned)) return false;
    if (late) {
      fit->stopped = STOPPED_MINUTES;
      return true;
    }
    if (w->task->valid->count && fit->best && fit->count - fit->best >= PATIENCE * w->every) {
      fit->stopped = STOPPED_EARLY;
      return true;
    }
    if (report_now() - w->saved > CHECKPOINT_SECONDS && !save_checkpoint(w)) return false;
    if (!replan(w, begun)) return false;
  }
}

bool fit_run(const struct fit_task *task, struct fit *fit, struct fault *fault) {
  struct work w = { .task = task, .fit = fit, .fault = fault, .started = report_now() };
  memset(fit, 0, sizeof *fit);
  w.saved = w.started;
  bool ok = prepare(&w) && begin(&w) && loop(&w);
  progress_clear();
  if (!ok && signals_pending() && fault->code == FAULT_INTERRUPTED && w.trainer) {
    *fault = (struct fault)FAULT_INIT;
    fit->stopped = STOPPED_INTERRUPTED;
    ok = save_checkpoint(&w);
  } else if (ok) {
    ok = save_checkpoint(&w);
  }
  engine_close(&w.engine);
  atr_trainer_destroy(w.trainer);
  atr_model_destroy(w.model);
  free(w.confusion);
  free(w.x);
  free(w.target);
  if (!ok) fit_destroy(fit);
  return ok;
}
