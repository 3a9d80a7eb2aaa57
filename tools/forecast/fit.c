/* fit.c: the loop over epochs; see fit.h. The state that a checkpoint carries is in fit_state.c. */
#include "forecast/fit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atrous/train.h>

#include "common/output.h"
#include "common/progress.h"
#include "forecast/fit_state.h"
#include "forecast/infer.h"
#include "forecast/stats.h"

enum { STRETCHES = 4, STRETCH_LEAST = 16, STRETCH_MOST = 128, STEPS_LEAST = 8, WARMUP = 20 };
/* A recurrent layer's weights meet every row, and its ways out begin at zero: at the rate of the convolutions
 * it learns too slowly for short series. */
static const float LEARNING_RATE = 1.5e-3f, RECURRENT_RATE = 6e-3f, WEIGHT_DECAY = 1e-2f;

struct work {
  const struct fit_task *task;
  struct fit *fit;
  struct fault *fault;
  atr_model *model;
  atr_trainer *trainer;
  struct infer infer; /* of the validation rows */
  size_t stretch, steps;
  float *x, *y, *valid;
};

const char *fit_stopped_name(enum fit_stopped stopped) {
  static const char *const names[] = { "epochs", "early", "interrupted" };
  return names[stopped];
}

void fit_destroy(struct fit *fit) {
  free(fit->weights);
  free(fit->epoch);
  memset(fit, 0, sizeof *fit);
}

static bool prepare(struct work *w) {
  const struct fit_task *t = w->task;
  const struct split *s = &t->split;
  size_t positions = s->train_end - s->first, h = (size_t)t->net->horizon;
  w->stretch = positions / 8;
  if (w->stretch < STRETCH_LEAST) w->stretch = STRETCH_LEAST;
  if (w->stretch > STRETCH_MOST) w->stretch = STRETCH_MOST;
  w->steps = (positions + STRETCHES * w->stretch - 1) / (STRETCHES * w->stretch);
  if (w->steps < STEPS_LEAST) w->steps = STEPS_LEAST;
  size_t length = (size_t)t->spec->reach - 1 + w->stretch;
  size_t x = STRETCHES * t->features->channels * length, y = STRETCHES * h * w->stretch,
         valid = h * (s->valid_end - s->valid_from);
  w->x = malloc(x * sizeof *w->x);
  w->y = malloc(y * sizeof *w->y);
  w->valid = malloc(valid * sizeof *w->valid);
  w->fit->parameters = net_parameters(t->net);
  w->fit->weights = malloc(w->fit->parameters * sizeof *w->fit->weights);
  w->fit->epoch = calloc((size_t)t->epochs + 1, sizeof *w->fit->epoch);
  if (!w->x || !w->y || !w->valid || !w->fit->weights || !w->fit->epoch)
    return fault_nomem(w->fault, x * sizeof *w->x);
  if (!net_build(t->net, t->seed, NULL, &w->model, w->fault)) return false;
  const atr_shape shape = { 3, { STRETCHES, (int64_t)t->features->channels, (int64_t)length } };
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  atr_error error = ATR_ERROR_INIT;
  p.loss = ATR_LOSS_HUBER;
  p.optimizer = ATR_ADAMW;
  p.learning_rate = t->net->kind == NET_TCN ? LEARNING_RATE : RECURRENT_RATE;
  p.weight_decay = WEIGHT_DECAY;
  p.seed = t->seed;
  p.warmup_steps = WARMUP;
  p.schedule = ATR_SCHEDULE_COSINE;
  p.schedule_steps = t->epochs * (int64_t)w->steps;
  p.schedule_factor = 0.05f;
  const double started = report_now();
  if (atr_trainer_create(w->model, t->context, &shape, 1, &p, &error, &w->trainer))
    return fault_from_error(w->fault, &error);
  session_plan(t->report, atr_trainer_plan(w->trainer), started);
  return infer_open(&w->infer, t->report, t->context, w->model, t->net, atr_trainer_params(w->trainer),
                    s->valid_end - s->valid_from, w->fault);
}

/* Stretches begin anywhere in the training part, one in each of as many equal parts as an epoch has
 * stretches: so every row has about the same share in every epoch. */
static size_t stretch_begin(const struct work *w, size_t epoch, size_t index) {
  const struct split *s = &w->task->split;
  size_t places = s->train_end - s->first - w->stretch + 1, parts = w->steps * STRETCHES;
  uint64_t seed = w->task->seed ^ (0x5851F42D4C957F2Du * (epoch + 1));
  /* The part is the image of the index under a permutation: Fisher and Yates, replayed per epoch in O(parts).
   */
  size_t part = index;
  for (size_t i = parts - 1; i > 0; i--) {
    size_t j = (size_t)(stats_random(seed, i) % (i + 1));
    if (part == i)
      part = j;
    else if (part == j)
      part = i;
  }
  double within = (double)(stats_random(~seed, index) >> 11) / 9007199254740992.0;
  size_t at = (size_t)(((double)part + within) * (double)places / (double)parts);
  return s->first + (at < places ? at : places - 1);
}

static void fill_batch(struct work *w, size_t epoch, size_t step) {
  const struct fit_task *t = w->task;
  size_t length = (size_t)t->spec->reach - 1 + w->stretch, h = (size_t)t->net->horizon;
  for (size_t b = 0; b < STRETCHES; b++) {
    size_t from = stretch_begin(w, epoch, step * STRETCHES + b);
    infer_window(t->net, t->features, from, w->stretch, w->x + b * t->features->channels * length);
    for (size_t k = 0; k < h; k++)
      for (size_t i = 0; i < w->stretch; i++)
        w->y[(b * h + k) * w->stretch + i] = (float)target_of(&t->spec->transform[0], t->target[from + i],
                                                              (int64_t)k + 1, t->target[from + i + k + 1]);
  }
}

static bool validate(struct work *w, double *loss) {
  const struct fit_task *t = w->task;
  const struct split *s = &t->split;
  size_t count = s->valid_end - s->valid_from, h = (size_t)t->net->horizon;
  double sum = 0;
  if (!infer_run(&w->infer, t->features, s->valid_from, w->valid, NULL, w->fault)) return false;
  for (size_t k = 0; k < h; k++)
    for (size_t i = 0; i < count; i++) {
      size_t row = s->valid_from + i;
      double e =
          fabs(target_of(&t->spec->transform[0], t->target[row], (int64_t)k + 1, t->target[row + k + 1]) -
               (double)w->valid[k * count + i]);
      sum += e <= 1 ? e * e / 2 : e - 0.5;
    }
  *loss = sum / (double)(h * count);
  return true;
}

static bool keep_weights(struct work *w) {
  struct net_tensor list[TENSORS_MOST];
  size_t n = net_tensors(w->task->net, list);
  float *into = w->fit->weights;
  for (size_t i = 0; i < n; into += list[i++].count) {
    atr_status status = atr_trainer_read(w->trainer, list[i].name, into, list[i].count * sizeof *into);
    if (status) return fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
  }
  return true;
}

static bool checkpoint(struct work *w) {
  const char *path = w->task->checkpoint;
  if (!path) return true;
  if (!fit_state_keep(w->task, w->fit, w->trainer, w->fault)) return false;
  atr_status status = atr_trainer_save(w->trainer, path);
  return !status || fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
}

static bool run_epoch(struct work *w, size_t epoch) {
  struct fit_epoch *record = &w->fit->epoch[epoch];
  double started = report_now(), sum = 0;
  char note[48];
  record->learning_rate = atr_trainer_learning_rate(w->trainer);
  for (size_t step = 0; step < w->steps; step++) {
    float loss = 0;
    fill_batch(w, epoch, step);
    atr_status status = atr_trainer_step(w->trainer, w->x, w->y, &loss);
    if (status) return fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
    sum += (double)loss;
    snprintf(note, sizeof note, "loss %.4f", w->fit->epoch[epoch - 1].valid_loss);
    progress_show(w->task->label, (epoch - 1) * w->steps + step + 1, (size_t)w->task->epochs * w->steps, -1,
                  note);
  }
  record->train_loss = sum / (double)w->steps;
  if (!validate(w, &record->valid_loss)) return false;
  record->seconds = report_now() - started;
  w->fit->count = epoch;
  if (record->valid_loss < w->fit->epoch[w->fit->best].valid_loss) {
    w->fit->best = epoch;
    if (!keep_weights(w)) return false;
  }
  report_event(w->task->report,
               json_pack("{s:s, s:I, s:o, s:o, s:o, s:o}", "event", "epoch", "epoch", (json_int_t)epoch,
                         "train_loss", report_number(record->train_loss), "valid_loss",
                         report_number(record->valid_loss), "learning_rate",
                         report_number(record->learning_rate), "time_s", report_number(record->seconds)));
  return checkpoint(w);
}

static bool begin(struct work *w) {
  const struct fit_task *t = w->task;
  if (t->resume && fit_state_there(t->checkpoint)) {
    atr_status status = atr_trainer_load(w->trainer, t->checkpoint);
    if (status == ATR_E_PARAM) return fit_state_other(t, w->fault);
    if (status) return fault_from_method(w->fault, status, atr_trainer_error(w->trainer));
    if (!fit_state_restore(t, w->fit, w->trainer, w->fault)) return false;
    report_say(t->report, "goes on from epoch %zu of %s", w->fit->count, t->checkpoint);
    return true;
  }
  if (!validate(w, &w->fit->epoch[0].valid_loss) || !keep_weights(w)) return false;
  w->fit->epoch[0].train_loss = NAN;
  return checkpoint(w);
}

static bool loop(struct work *w) {
  struct fit *fit = w->fit;
  size_t epochs = (size_t)w->task->epochs;
  while (fit->count < epochs && fit->count - fit->best < PATIENCE)
    if (!run_epoch(w, fit->count + 1)) return false;
  fit->stopped = fit->count < epochs ? STOPPED_EARLY : STOPPED_EPOCHS;
  return true;
}

bool fit_run(const struct fit_task *task, struct fit *fit, struct fault *fault) {
  struct work w = { .task = task, .fit = fit, .fault = fault };
  memset(fit, 0, sizeof *fit);
  bool ok = prepare(&w) && begin(&w) && loop(&w);
  if (!ok && signals_pending() && fault->code == FAULT_INTERRUPTED) {
    *fault = (struct fault)FAULT_INIT;
    fit->stopped = STOPPED_INTERRUPTED;
    ok = true;
  }
  progress_clear();
  infer_close(&w.infer);
  atr_trainer_destroy(w.trainer);
  atr_model_destroy(w.model);
  free(w.x);
  free(w.y);
  free(w.valid);
  if (!ok) fit_destroy(fit);
  return ok;
}
