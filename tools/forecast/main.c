/* main.c: atrous-forecast: the options of its commands, and which is called. What each does is in its own
 * file; what the options of a series mean is in doc/series.md, the rest in doc/forecast.md. */
#include <string.h>

#include "forecast/forecast.h"

enum {
  TRAIN = 1 << COMMAND_TRAIN,
  PREDICT = 1 << COMMAND_PREDICT,
  BACKTEST = 1 << COMMAND_BACKTEST,
  SCALES = 1 << COMMAND_SCALES,
  FITS = TRAIN | PREDICT | BACKTEST
};

static struct settings settings = { .net = "tcn",
                                    .every = "1,3,6",
                                    .horizon = 5,
                                    .epochs = 80,
                                    .folds = 5,
                                    .valid = 0.15,
                                    .level = 0.8,
                                    .threshold_pct = 0.5,
                                    .cost_pct = 0.1 };

static const struct option_row rows[] = {
  SERIES_OPTION_ROWS(settings.series, 0),
  { 0, "net", "KIND", "the network: tcn, rnn, gru or lstm; backtest: a list, the first named is judged",
    OPTION_TEXT, &settings.net, 0, 0, NULL, FITS },
  { 0, "history", "N", "rows that one forecast looks back (default: by frequency, 64 for days)",
    OPTION_INTEGER, &settings.history, 2, HISTORY_MOST, NULL, FITS },
  { 0, "horizon", "N", "steps to forecast (default: 5)", OPTION_INTEGER, &settings.horizon, 1, HORIZON_MOST,
    NULL, FITS },
  { 0, "epochs", "N", "at most so many passes (default: 80)", OPTION_INTEGER, &settings.epochs, 1, 10000,
    NULL, FITS },
  { 0, "valid", "SHARE", "rows kept to choose the best epoch and to measure errors (default: 0.15)",
    OPTION_NUMBER, &settings.valid, 0.02, 0.5, NULL, FITS },
  { 'm', "model", "FILE.onnx", "train: where the network goes; predict: the network to use", OPTION_TEXT,
    &settings.model, 0, 0, NULL, TRAIN | PREDICT },
  { 0, "resume", "FILE", "checkpoint: go on from it if it is there, and keep it", OPTION_TEXT,
    &settings.resume, 0, 0, NULL, TRAIN },
  { 0, "level", "SHARE", "share of values that the band shall hold (default: 0.8)", OPTION_NUMBER,
    &settings.level, 0.01, 0.999, NULL, PREDICT | BACKTEST },
  { 0, "threshold", "PCT", "changes below this are flat (default: 0.5)", OPTION_NUMBER,
    &settings.threshold_pct, 0, 1000, NULL, PREDICT | BACKTEST },
  { 0, "folds", "N", "parts of the last fifth, each forecast by a network trained on all before (default: 5)",
    OPTION_INTEGER, &settings.folds, 1, 100, NULL, BACKTEST },
  { 0, "cost", "PCT", "of changing the position (default: 0.1)", OPTION_NUMBER, &settings.cost_pct, 0, 100,
    NULL, BACKTEST },
  { 0, "require", "better", "exit with 3 unless it is better than the last value", OPTION_TEXT,
    &settings.require, 0, 0, NULL, BACKTEST },
  { 0, "every", "LIST", "read every so many rows (default: 1,3,6)", OPTION_TEXT, &settings.every, 0, 0, NULL,
    SCALES },
  { 0, "plot", "FILE.png", "draw what was found", OPTION_TEXT, &settings.plot, 0, 0, NULL, 0 },
  { 0, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0, NULL, 0 },
};

static const struct command commands[] = {
  { "train", "CSV|- --column NAME --model OUT.onnx", "learn from a series and keep the network" },
  { "predict", "CSV|- --column NAME", "forecast the next steps" },
  { "backtest", "CSV|- --column NAME", "forecast what is known already, and compare" },
  { "scales", "CSV|- --column NAME", "read the series at several scales" },
  { NULL, NULL, NULL },
};

static const struct program program = {
  "atrous-forecast",
  "Forecasts series with dilated convolution or a recurrent network.",
  commands,
  NULL,
  rows,
  "  atrous-forecast train brent.csv --column Price --model brent.onnx\n"
  "  atrous-forecast predict brent.csv --column Price --model brent.onnx --plot brent.png\n"
  "  atrous-forecast backtest brent.csv --column Price --horizon 5 --cost 0.1\n"
  "  atrous-forecast backtest brent.csv --column Price --net tcn,lstm\n"
  "  atrous-forecast scales prices.csv --column price --every 1,3,6\n"
};

static bool check_options(const struct invocation *call, struct fault *fault) {
  if (call->count != 1) return options_usage(&program, fault, "one CSV file (or -) is needed");
  if (!settings.series.column && !(call->command == COMMAND_PREDICT && settings.model))
    return options_usage(&program, fault, "--column NAME is needed");
  if (settings.require && strcmp(settings.require, "better") != 0)
    return options_usage(&program, fault, "--require can only be better, not \"%.60s\"", settings.require);
  size_t nets = 1;
  for (const char *at = settings.net;; nets++) {
    const size_t length = strcspn(at, ",");
    if (net_kind_of(at, length) == NET_KINDS)
      return options_usage(&program, fault, "--net can only be tcn, rnn, gru or lstm, not \"%.*s\"",
                           (int)(length < 60 ? length : 60), at);
    if (!at[length]) break;
    at += length + 1;
  }
  if (nets > 1 && call->command != COMMAND_BACKTEST)
    return options_usage(&program, fault, "one --net is trained; only backtest compares several");
  if (nets > NET_KINDS)
    return options_usage(&program, fault, "--net names %zu networks, and there are %d", nets, NET_KINDS);
  return true;
}

int main(int argc, char **argv) {
  static json_t *(*const run[])(struct job *, struct fault *) = { train_command, predict_command,
                                                                  backtest_command, scales_command };
  struct common_options common;
  struct invocation call;
  struct report report;
  struct fault fault = FAULT_INIT;
  json_t *result = NULL;
  int exit_code;
  if (!report_start(&report, &program, argc, argv, &common, &call, &exit_code)) return exit_code;
  struct job job = { &report, &common, &program, &settings, NULL, NULL };
  if (check_options(&call, &fault)) {
    job.input = call.operands[0];
    result = run[call.command](&job, &fault);
  }
  if (fault.code != FAULT_NONE) report_fault(&report, &fault);
  exit_code = report_leave(&report, result);
  atr_context_destroy(job.context);
  return exit_code;
}
