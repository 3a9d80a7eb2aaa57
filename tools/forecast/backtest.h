/* backtest.h: what a backtest gathers, for the table, the picture and the JSON object.
 *
 * The last fifth of the rows is the test part, cut into folds. For each fold the network, or each of several,
 * is trained anew on all rows before it, then forecasts from every row of the fold; so do the baselines.
 * Nothing of the test part is known when its forecasts are made: not to the transforms, not to the choice of
 * the best epoch, not to the bands. */
#ifndef FORECAST_BACKTEST_H
#define FORECAST_BACKTEST_H

#include "forecast/baseline.h"
#include "forecast/forecast.h"

enum { METHODS_MOST = NET_KINDS + BASELINES, FOLDS_MOST = 100 };

struct method {
  const char *name;
  double *loss;              /* [origins]: mean absolute error over the steps, in the column's units */
  double *scaled;            /* the same, divided by the mean step of the training part */
  double *change;            /* forecast at the last step / last value - 1 */
  signed char *stand;        /* signal at the last step: 1 BUY, -1 SELL, 0 */
  double squares;            /* sum over origins and steps */
  double *by_step;           /* [horizon]: sum of absolute errors */
  size_t hits, moves;        /* of the last step: right directions, and how often both moved */
  size_t covered;            /* values within the band, of origins · horizon */
  double *path, *low, *high; /* [origins][horizon]; of the first network only */
  /* results */
  double mae, mae_low, mae_high, rmse, mase, hit_share, coverage, return_pct, drawdown_pct;
  double p_value; /* of a network: of being as good as the last value */
  const char *verdict;
};

struct fold {
  size_t train_rows, from, count; /* origins: rows from … from+count-1 */
};

struct backtest {
  size_t horizon, methods, folds, origins, room; /* origins gathered so far, of `room` */
  size_t done;                                   /* folds */
  size_t *row;                                   /* [origins] */
  size_t nets;                                   /* methods 0 … nets-1, baselines behind */
  enum net_kind net[NET_KINDS];
  struct method method[METHODS_MOST];
  struct fold fold[FOLDS_MOST];
  double hold_return_pct, hold_drawdown_pct;
  const char *best; /* NULL: not finished */
};

/* The last fifth, cut into folds; the fault says how many rows are needed. nets: names, comma between. */
bool backtest_plan(struct backtest *b, const struct series *series, int64_t folds, int64_t horizon,
                   const char *nets, struct fault *fault) TOOLS_MUST;
void backtest_destroy(struct backtest *b);

/* backtest_fold.c: forecasts of all methods for one fold; f[nets]. */
bool backtest_fold(const struct job *job, struct backtest *b, size_t fold, const struct series *series,
                   const struct forecaster *f, struct fault *fault) TOOLS_MUST;

/* backtest_result.c: figures from what was gathered; table, picture, JSON. `worth`: the values are prices, so
 * that returns have a meaning. */
bool backtest_results(struct backtest *b, const double *x, bool worth, double cost_pct, uint64_t seed,
                      struct fault *fault) TOOLS_MUST;
bool backtest_table(const struct backtest *b, const struct job *job, struct fault *fault) TOOLS_MUST;
bool backtest_draw(const struct backtest *b, const struct job *job, const struct series *series,
                   struct fault *fault) TOOLS_MUST;
json_t *backtest_json(const struct backtest *b, const struct job *job, const struct series *series,
                      const struct transform *target);
void backtest_sentence(const struct backtest *b, size_t net, char *text, size_t size);

#endif
