/* modes.c: two layers that do one thing while a network learns and another when it is used: dropout and batch
 * normalization. */
#include "by-hand.h"

#include <math.h>

enum { X, RATIO, SEED };

/* y and, where learning, which elements were kept. */
static void dropout(struct session *s, const struct numbers *n, int training, double *y, double *kept) {
  const atr_shape scalar = { 0, { 0 } };
  const float ratio = (float)n[RATIO].v[0];
  const uint8_t mode = (uint8_t)training;
  atr_model *m = model_new(s);
  if (!m) return;
  const atr_value in[3] = { model_input(m, "x", (struct shape){ 2, { 1, n[X].n } }),
                            atr_model_add_tensor(m, "ratio", ATR_F32, &scalar, &ratio, 0),
                            atr_model_add_tensor(m, "training", ATR_BOOL, &scalar, &mode, 0) };
  const atr_attribute seed = { .name = "seed", .kind = ATR_ATTRIBUTE_INT, .i = (int64_t)n[SEED].v[0] };
  atr_value out[2];
  atr_model_add(m, NULL, "Dropout", NULL, in, 3, &seed, 1, out, 2);
  atr_model_add_output(m, "y", out[0]);
  atr_model_add_output(m, "kept", out[1]);
  struct library l = library_open(s, m, NULL);
  library_write(&l, "x", n[X].v, n[X].n);
  library_run(&l);
  library_read(&l, "y", y, n[X].n);
  uint8_t bits[NUMBERS_MOST] = { 0 };
  if (!s->failed && atr_run_read(l.run, "kept", bits, (size_t)n[X].n)) failed(s, atr_run_error(l.run));
  for (int i = 0; i < n[X].n; i++) kept[i] = bits[i];
  library_close(&l);
}

/* Which elements fall is the generator's choice; what becomes of them is arithmetic. */
static void solve_dropout(struct session *s, const struct numbers *n) {
  double y[NUMBERS_MOST] = { 0 }, kept[NUMBERS_MOST] = { 0 }, sum = 0, their_sum = 0;
  dropout(s, n, 1, y, kept);
  for (int i = 0; i < n[X].n; i++) {
    const double paper = kept[i] > 0 ? n[X].v[i] / (1 - n[RATIO].v[0]) : 0;
    sum += paper;
    their_sum += y[i];
    compare(s, paper, y[i], "learning: y%d, %s", i + 1, kept[i] > 0 ? "kept" : "dropped");
  }
  compare(s, sum / n[X].n, their_sum / n[X].n, "learning: mean");
  dropout(s, n, 0, y, kept);
  for (int i = 0; i < n[X].n; i++) compare(s, n[X].v[i], y[i], "in use: y%d", i + 1);
}

static struct numbers dropout_numbers[] = {
  { "x", 8, { 1, 2, 3, 4, 5, 6, 7, 8 } },
  { "ratio", 1, { 0.25 } },
  { "seed", 1, { 8 } },
  { NULL, 0, { 0 } },
};
const struct problem problem_dropout = { "dropout", "dropout while learning and in use", dropout_numbers,
                                         solve_dropout };

enum { SCALE = 1, BIAS, MEAN, VAR, MOMENTUM, EPSILON };

/* One channel; mean and variance as they are before. */
static void normalize(struct session *s, const struct numbers *n, int training, const double *statistics,
                      double *y, double *after) {
  const struct shape one = { 1, { 1 } };
  const int64_t count = n[X].n;
  atr_model *m = model_new(s);
  if (!m) return;
  const atr_value in[5] = { model_input(m, "x", (struct shape){ 2, { count, 1 } }),
                            model_weight(m, "scale", one, n[SCALE].v),
                            model_weight(m, "bias", one, n[BIAS].v),
                            model_weight(m, "mean", one, &statistics[0]),
                            model_weight(m, "variance", one, &statistics[1]) };
  const atr_attribute attributes[] = {
    { .name = "training_mode", .kind = ATR_ATTRIBUTE_INT, .i = training },
    { .name = "momentum", .kind = ATR_ATTRIBUTE_FLOAT, .f = (float)n[MOMENTUM].v[0] },
    { .name = "epsilon", .kind = ATR_ATTRIBUTE_FLOAT, .f = (float)n[EPSILON].v[0] },
  };
  atr_value out[3];
  atr_model_add(m, NULL, "BatchNormalization", NULL, in, 5, attributes, 3, out, training ? 3 : 1);
  atr_model_add_output(m, "y", out[0]);
  if (training) atr_model_add_output(m, "mean after", out[1]);
  if (training) atr_model_add_output(m, "variance after", out[2]);
  struct library l = library_open(s, m, NULL);
  library_write(&l, "x", n[X].v, n[X].n);
  library_run(&l);
  library_read(&l, "y", y, n[X].n);
  if (training) library_read(&l, "mean after", &after[0], 1);
  if (training) library_read(&l, "variance after", &after[1], 1);
  library_close(&l);
}

static void show(struct session *s, const struct numbers *n, const double *statistics, const double *theirs,
                 const char *mode) {
  for (int i = 0; i < n[X].n; i++)
    compare(
        s, n[SCALE].v[0] * (n[X].v[i] - statistics[0]) / sqrt(statistics[1] + n[EPSILON].v[0]) + n[BIAS].v[0],
        theirs[i], "%s: y%d", mode, i + 1);
}

static void solve_batch_normalization(struct session *s, const struct numbers *n) {
  const double keep = n[MOMENTUM].v[0], before[2] = { n[MEAN].v[0], n[VAR].v[0] };
  double batch[2] = { 0, 0 }, y[NUMBERS_MOST] = { 0 }, theirs[2] = { 0, 0 };
  for (int i = 0; i < n[X].n; i++) batch[0] += n[X].v[i] / n[X].n;
  for (int i = 0; i < n[X].n; i++) batch[1] += (n[X].v[i] - batch[0]) * (n[X].v[i] - batch[0]) / n[X].n;
  const double after[2] = { keep * before[0] + (1 - keep) * batch[0],
                            keep * before[1] + (1 - keep) * batch[1] };
  normalize(s, n, 1, before, y, theirs);
  show(s, n, batch, y, "learning");
  compare(s, after[0], theirs[0], "running mean after");
  compare(s, after[1], theirs[1], "running variance after");
  normalize(s, n, 0, after, y, theirs);
  show(s, n, after, y, "in use");
}

static struct numbers batch_normalization_numbers[] = {
  { "x", 4, { 1, 2, 3, 6 } },       { "scale", 1, { 2 } },
  { "bias", 1, { 0.5 } },           { "running mean", 1, { 0 } },
  { "running variance", 1, { 1 } }, { "momentum", 1, { 0.9 } },
  { "epsilon", 1, { 0 } },          { NULL, 0, { 0 } },
};
const struct problem problem_batch_normalization = { "batch-normalization",
                                                     "batch normalization while learning and in use",
                                                     batch_normalization_numbers, solve_batch_normalization };
