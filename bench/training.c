/* training.c: a training step of a U-Net with batch normalization beside PyTorch: four levels of poolings,
 * bilinear upsampling, cross-entropy, plain gradient descent; forward, backward and the change of the
 * weights, from a batch in memory to the loss read. See common.h for options. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include <atrous.h>

#include "common.h"

enum { LEVELS = 4, CLASSES = 4 };

typedef struct {
  const char *name, *part;
  int64_t width, n, side;
} row;

static atr_value unit(atr_model *m, atr_value x, int64_t channels) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = channels;
  p.filter[0] = p.filter[1] = 3;
  p.pad = ATR_PAD_SAME;
  p.bias = 0;
  return atr_model_relu(m, atr_model_batch_normalization(m, NULL, 1e-5f, 0.9f, atr_model_conv(m, &p, x)));
}

static atr_value two(atr_model *m, atr_value x, int64_t channels) {
  return unit(m, unit(m, x, channels), channels);
}

static atr_model *unet(const row *r) {
  atr_error e = ATR_ERROR_INIT;
  atr_model *m;
  if (atr_model_create(1, &e, &m)) die("model", e.text);
  const atr_shape shape = { 4, { r->n, 3, r->side, r->side } };
  atr_value level[LEVELS], x = atr_model_add_input(m, "x", ATR_F32, &shape);
  for (int i = 0; i < LEVELS; i++) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.filter[0] = p.filter[1] = p.stride[0] = p.stride[1] = 2;
    level[i] = two(m, x, r->width << i);
    x = atr_model_max_pool(m, &p, level[i]);
  }
  x = two(m, x, r->width << LEVELS);
  for (int i = LEVELS - 1; i >= 0; i--) {
    const float twice[2] = { 2, 2 };
    const atr_value both[2] = { atr_model_upsample(m, twice, x), level[i] };
    x = two(m, atr_model_concat(m, 1, both, 2), r->width << i);
  }
  atr_conv_params head = ATR_CONV_PARAMS_INIT;
  head.out_channels = CLASSES;
  atr_model_add_output(m, "y", atr_model_conv(m, &head, x));
  if (atr_model_check(m, &e)) die("model", e.text);
  return m;
}

typedef struct {
  atr_trainer *trainer;
  float *x;
  int32_t *target;
} learner;

static double step_time(void *self, int batch) {
  const learner *l = self;
  float loss;
  const double start = now();
  for (int k = 0; k < batch; k++)
    if (atr_trainer_step(l->trainer, l->x, l->target, &loss)) die("trainer", atr_trainer_error(l->trainer));
  return (now() - start) / batch;
}

static void compare(atr_context *context, process *torch, const settings *s, const row *r) {
  atr_error e = ATR_ERROR_INIT;
  atr_train_params params = ATR_TRAIN_PARAMS_INIT;
  params.loss = ATR_LOSS_CROSS_ENTROPY;
  params.optimizer = ATR_SGD;
  params.momentum = 0;
  params.learning_rate = 1e-4f;
  const int64_t pixels = r->n * r->side * r->side;
  const atr_shape shape = { 4, { r->n, 3, r->side, r->side } };
  atr_model *m = unet(r);
  learner own = { NULL, numbers(3 * pixels), malloc((size_t)pixels * sizeof(int32_t)) };
  if (!own.target) die("memory", "out");
  for (int64_t i = 0; i < pixels; i++) own.target[i] = (int32_t)(i * 7 % 11 % CLASSES);
  if (atr_trainer_create(m, context, &shape, 1, &params, &e, &own.trainer)) die("trainer", e.text);
  contender list[] = { { .name = "Atrous", .time = step_time, .self = &own },
                       { .name = "PyTorch", .self = torch } };
  char line[96];
  snprintf(line, sizeof line, "unet %lld %lld %d %lld %lld", (long long)r->width, (long long)r->n, CLASSES,
           (long long)r->side, (long long)r->side);
  if (process_ready(torch, line)) list[1].time = process_time;
  contest_run(list, 2, s->repetitions);
  contest_print(s->form, &(contest_row){ r->name, r->part, 1.3, 0 }, list, 2, s->repetitions);
  atr_trainer_destroy(own.trainer);
  atr_model_destroy(m);
  free(own.x), free(own.target);
}

int main(int argc, char **argv) {
  static const row rows[] = { { "U-Net of width 16, 4x128x128", "training", 16, 4, 128 },
                              { "U-Net of width 16, 4x192x192", "", 16, 4, 192 },
                              { "U-Net of width 32, 4x128x128", "", 32, 4, 128 } };
  const settings s = settings_read(argc, argv, 15);
  process list[PROCESSES] = { { 0 } };
  atr_error e = ATR_ERROR_INIT;
  atr_context *context;
  settings_start(&s, 1u << TORCH, list);
  if (atr_context_open(s.device, NULL, &e, &context)) die("context", e.text);
  static const contender names[] = { { .name = "Atrous" }, { .name = "PyTorch" } };
  contest_header(s.form, names, 2, s.repetitions);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (settings_want(&s, rows[i].name)) compare(context, &list[TORCH], &s, &rows[i]);
  process_end(&list[TORCH]);
  atr_context_destroy(context);
  return 0;
}
