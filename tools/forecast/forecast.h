/* forecast.h: what the commands of atrous-forecast share: the options, and a forecaster.
 *
 * A forecaster is a network with everything needed to forecast from a series: columns, transforms, errors on
 * rows it was not trained on. It is made by training or read from an ONNX file, whose metadata
 * `atrous.series` holds the rest (doc/formats.md, and below the keys of our own):
 *
 *   residuals  {"n": N, "steps": [[…] for each step]}: ascending quantiles of (actual - forecast) / spread
 *   valid      {"mae", "rmse", "mase", "naive_mae", "better_than_naive"} of the rows kept for validation
 *   trained    {"rows", "last"}: the rows known when it was trained
 *   net        "tcn", "rnn", "gru" or "lstm" */
#ifndef FORECAST_FORECAST_H
#define FORECAST_FORECAST_H

#include <atrous/model.h>

#include "common/session.h"
#include "forecast/data.h"
#include "forecast/fit.h"
#include "forecast/infer.h"
#include "forecast/net.h"
#include "forecast/outlook.h"

enum command_number { COMMAND_TRAIN, COMMAND_PREDICT, COMMAND_BACKTEST, COMMAND_SCALES };

struct settings {
  struct series_options series;
  const char *net; /* one of net.h's; of a backtest a list */
  const char *model, *resume, *plot, *require, *every;
  int64_t history, horizon, epochs, folds; /* history 0: by frequency and length */
  double valid, level, threshold_pct, cost_pct;
};

/* One run of the program. */
struct job {
  struct report *report;
  const struct common_options *common;
  const struct program *program;
  const struct settings *settings;
  const char *input;
  atr_context *context;
};

struct skill {
  double mae, rmse, mase, naive_mae;
  bool better; /* than the last value, beyond chance */
};

struct forecaster {
  struct spec spec;
  struct net net;
  struct residuals residuals;
  struct skill skill;
  atr_model *model;
  size_t rows;
  char last[32];
};

/* The history to cover: as asked, else by frequency, and not more than a sixth of the rows. */
int64_t history_of(const struct settings *settings, const struct series *series, size_t rows);

/* Trains on the first `rows` rows. `checkpoint` NULL: none. Where fit->stopped says interrupted there is no
 * forecaster. */
bool forecaster_train(const struct job *job, enum net_kind kind, const struct series *series, size_t rows,
                      const char *checkpoint, const char *label, struct forecaster *forecaster,
                      struct fit *fit, struct fault *fault) TOOLS_MUST;

bool forecaster_save(struct forecaster *forecaster, const char *path, struct fault *fault) TOOLS_MUST;
bool forecaster_load(const char *path, struct forecaster *forecaster, struct fault *fault) TOOLS_MUST;
void forecaster_destroy(struct forecaster *forecaster);

/* meta.c: the value of `atrous.series`, and back; the fault's place is the caller's to add. */
json_t *meta_write(const struct forecaster *forecaster);
bool meta_read(const char *text, struct forecaster *forecaster, struct fault *fault) TOOLS_MUST;

/* Reads the series and shows its notes as warnings. */
bool job_read(const struct job *job, const struct series_options *options, struct series *series,
              struct fault *fault) TOOLS_MUST;

/* The commands; each returns the result object of the JSON, or NULL after a fault. `fault` may be set beside
 * a result: a check that was asked for does not hold. */
json_t *train_command(struct job *job, struct fault *fault);
json_t *predict_command(struct job *job, struct fault *fault);
json_t *backtest_command(struct job *job, struct fault *fault);
json_t *scales_command(struct job *job, struct fault *fault);

#endif
