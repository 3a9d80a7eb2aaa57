/* bits.c: prints a hash of every bit that a small network predicts and learns on a device, one of what a
 * chain of dilated convolutions predicts, with the algorithms it goes by, and of recurrent layers and all
 * their gradients, for same_bits.test to compare over numbers of threads. Links the library as an application
 * does.
 *
 *   bits DEVICE [STEPS] */
#include <atrous.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N = 2, H = 32, W = 40, CLASSES = 3 };

static int failed(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  return 1;
}

/* FNV-1a. */
static void add_hash(uint64_t *hash, const void *bytes, size_t n) {
  for (size_t i = 0; i < n; i++) *hash = (*hash ^ ((const unsigned char *)bytes)[i]) * 1099511628211u;
}

static atr_value block(atr_model *m, const char *name, int64_t channels, int64_t dilation, atr_value x) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  char norm[32];
  snprintf(norm, sizeof norm, "%s_norm", name);
  p.name = name;
  p.out_channels = channels;
  p.filter[0] = p.filter[1] = 3;
  p.dilation[0] = p.dilation[1] = dilation;
  p.pad = ATR_PAD_SAME;
  return atr_model_relu(m, atr_model_batch_normalization(m, norm, 1e-5f, 0.9f, atr_model_conv(m, &p, x)));
}

static void build(atr_model *m) {
  const atr_shape shape = { 4, { -1, 3, -1, -1 } };
  atr_value a = block(m, "down", 8, 1, atr_model_add_input(m, "image", ATR_F32, &shape));
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.filter[0] = p.filter[1] = p.stride[0] = p.stride[1] = 2;
  const float twice[2] = { 2, 2 };
  atr_value b = atr_model_upsample(m, twice, block(m, "deep", 24, 2, atr_model_max_pool(m, &p, a)));
  const atr_value both[2] = { a, b };
  atr_conv_params last = ATR_CONV_PARAMS_INIT;
  last.name = "last";
  last.out_channels = CLASSES;
  atr_value y = atr_model_dropout(m, 0.2f, block(m, "up", 8, 1, atr_model_concat(m, 1, both, 2)));
  atr_model_add_output(m, "classes", atr_model_softmax(m, 1, 1, atr_model_conv(m, &last, y)));
}

/* Convolutions of many channels, with and without dilation, over images and series: what a prediction goes by
 * where there is no training. */
static int chain(atr_context *c, int64_t h, int64_t w) {
  static float x[32 * 48 * 48], y[32 * 48 * 48];
  static const int64_t dilation[] = { 1, 2, 5, 12, 1 };
  const atr_shape shape = { h ? 4 : 3, { 1, 32, h ? h : w, w } };
  const size_t n = (size_t)(32 * (h ? h : 1) * w);
  atr_error e = ATR_ERROR_INIT;
  atr_model *m = NULL;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  uint64_t hash = 14695981039346656037u;
  int rc = 1;
  for (size_t i = 0; i < n; i++) x[i] = (float)(i * 37 % 101) / 101 - 0.5f;
  if (atr_model_create(7, &e, &m)) return failed("chain", e.text);
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  for (size_t i = 0; i < sizeof dilation / sizeof *dilation; i++) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.out_channels = 32;
    p.filter[0] = p.filter[1] = 3;
    p.dilation[0] = p.dilation[1] = dilation[i];
    p.pad = ATR_PAD_SAME;
    v = atr_model_relu(m, atr_model_conv(m, &p, v));
  }
  atr_model_add_output(m, "y", v);
  if (atr_model_check(m, &e) || atr_plan_create(m, c, &shape, 1, NULL, &e, &plan) ||
      atr_run_create(plan, &e, &run))
    failed("chain", e.text);
  else if (atr_run_write(run, "x", x, n * sizeof *x) || atr_run_execute(run) ||
           atr_run_read(run, "y", y, n * sizeof *y))
    failed("chain", atr_run_error(run));
  else {
    int winograd = 0;
    for (const char *at = atr_plan_placement(plan); (at = strstr(at, "winograd")); at++) winograd++;
    add_hash(&hash, y, n * sizeof *y);
    printf("%016llx winograd %d\n", (unsigned long long)hash, winograd);
    rc = 0;
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
  return rc;
}

/* LSTM, GRU, RNN one behind the other over n sequences, and the gradients of everything: a layer that one
 * thread walks, one whose units are dealt out among threads, and one whose sequences are. */
static int layers(atr_context *c, int64_t n, int64_t hidden, atr_direction direction) {
  enum { STEPS = 11, FEATURES = 5 };
  static float x[STEPS * 32 * FEATURES];
  const atr_shape shape = { 3, { STEPS, n, FEATURES } };
  const size_t bytes = (size_t)(STEPS * n * FEATURES) * sizeof *x;
  const atr_value none = { 0 };
  atr_error e = ATR_ERROR_INIT;
  atr_model *m = NULL, *gradient = NULL;
  uint64_t hash = 14695981039346656037u;
  int rc = 1;
  for (size_t i = 0; i < bytes / sizeof *x; i++) x[i] = (float)(i * 29 % 103) / 50 - 1;
  if (atr_model_create(3, &e, &m)) return failed("layers", e.text);
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  p.hidden = hidden;
  p.direction = direction;
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  v = atr_model_lstm(m, &p, v, none, none, NULL, NULL);
  v = atr_model_gru(m, &p, 1, v, none, NULL);
  atr_model_add_output(m, "y", atr_model_rnn(m, &p, v, none, NULL));
  if (atr_model_check(m, &e) || atr_model_gradient(m, &shape, 1, NULL, &e, &gradient)) {
    atr_model_destroy(m);
    return failed("layers", e.text);
  }
  for (int k = 0; k < 2; k++) {
    const atr_model *model = k ? gradient : m;
    atr_plan *plan = NULL;
    atr_run *run = NULL;
    rc = atr_plan_create(model, c, &shape, 1, NULL, &e, &plan) || atr_run_create(plan, &e, &run);
    if (rc) failed("layers", e.text);
    if (!rc && (atr_run_write(run, "x", x, bytes) || atr_run_execute(run)))
      rc = failed("layers", atr_run_error(run));
    atr_port port;
    for (size_t i = 0; !rc && (port = atr_model_output(model, i)).name; i++) {
      int64_t count = 1;
      rc = atr_run_output(run, port.name, &port);
      for (int d = 0; d < port.shape.rank; d++) count *= port.shape.dim[d];
      float *y = rc ? NULL : malloc((size_t)count * sizeof *y);
      if (!y || atr_run_read(run, port.name, y, (size_t)count * sizeof *y))
        rc = failed(port.name, atr_run_error(run));
      if (!rc) add_hash(&hash, y, (size_t)count * sizeof *y);
      free(y);
    }
    atr_run_destroy(run);
    atr_plan_destroy(plan);
  }
  if (!rc) printf("%016llx layers of %d\n", (unsigned long long)hash, (int)hidden);
  atr_model_destroy(gradient);
  atr_model_destroy(m);
  return rc;
}

int main(int argc, char **argv) {
  static float x[N * 3 * H * W], y[N * CLASSES * H * W];
  static int32_t target[N * H * W];
  static const char *const learned[] = { "down.weight", "deep.weight", "deep_norm.running_var",
                                         "up.weight",   "last.weight", "last.bias" };
  static const size_t count[] = { 8 * 3 * 9, 24 * 8 * 9, 24, 8 * 32 * 9, CLASSES * 8, CLASSES };
  static float w[8 * 32 * 9];
  const int steps = argc > 2 ? atoi(argv[2]) : 5;
  atr_error e = ATR_ERROR_INIT;
  atr_context *c = NULL;
  atr_model *m = NULL;
  atr_trainer *t = NULL;
  uint64_t hash = 14695981039346656037u;
  float loss = 0;
  int rc = 1;
  uint32_t state = 1;
  for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (float)(state >> 8) / 8388608.0f - 1;
  }
  for (size_t i = 0; i < sizeof target / sizeof *target; i++) target[i] = (int32_t)((i / 7) % CLASSES);
  if (argc < 2) return failed("bits", "which device?");
  if (atr_context_open(argv[1], NULL, &e, &c) || atr_model_create(5, &e, &m)) {
    failed(argv[1], e.text);
    goto done;
  }
  build(m);
  const atr_shape shape = { 4, { N, 3, H, W } };
  atr_train_params q = ATR_TRAIN_PARAMS_INIT;
  q.loss = ATR_LOSS_CROSS_ENTROPY;
  q.seed = 9;
  if (atr_model_check(m, &e) || atr_trainer_create(m, c, &shape, 1, &q, &e, &t)) {
    failed("trainer", e.text);
    goto done;
  }
  for (int i = 0; i < steps; i++) {
    if (atr_trainer_step(t, x, target, &loss)) {
      failed("step", atr_trainer_error(t));
      goto done;
    }
    add_hash(&hash, &loss, sizeof loss);
  }
  for (size_t i = 0; i < sizeof count / sizeof *count; i++) {
    if (atr_trainer_read(t, learned[i], w, count[i] * sizeof *w)) {
      failed(learned[i], atr_trainer_error(t));
      goto done;
    }
    add_hash(&hash, w, count[i] * sizeof *w);
  }
  if (atr_trainer_evaluate(t, x, target, &loss) || atr_trainer_read(t, "classes", y, sizeof y)) {
    failed("evaluate", atr_trainer_error(t));
    goto done;
  }
  add_hash(&hash, y, sizeof y);
  printf("%016llx loss %.9g\n", (unsigned long long)hash, (double)loss);
  rc = chain(c, 48, 48) || chain(c, 0, 2304) || layers(c, 1, 37, ATR_DIRECTION_FORWARD) ||
       layers(c, 1, 171, ATR_DIRECTION_FORWARD) || layers(c, 9, 150, ATR_DIRECTION_BOTH);
done:
  atr_trainer_destroy(t);
  atr_model_destroy(m);
  atr_context_destroy(c);
  return rc;
}
