/* data.h: from the values of a series to what the network reads and learns.
 *
 * A `struct spec` says how: which columns, their transforms (fitted on the training part only), whether the
 * calendar is read too, how far back the network sees and how many steps it forecasts. It travels in the
 * model file (meta.h). What the network reads of row t depends on rows up to t alone.
 *
 * The network forecasts, for each step h = 1 … horizon, where the target will be in units it knows:
 *
 *   return      y_h = (ln x_{t+h} - ln x_t - h·centre) / (scale·√h)
 *   difference  y_h = (x_{t+h} - x_t - h·centre) / (scale·√h)
 *   zscore      y_h = (x_{t+h} - centre) / scale             none: y_h = x_{t+h}
 *
 * √h because the spread of a random walk grows so: every step then weighs about the same. 0 is, for returns
 * and differences, a walk with the drift of the training part. */
#ifndef FORECAST_DATA_H
#define FORECAST_DATA_H

#include "common/series.h"

enum { COLUMNS_MOST = 64, HORIZON_MOST = 1000, HISTORY_MOST = 2048, REACH_MOST = 2 * HISTORY_MOST };

struct spec {
  size_t columns;
  char *names[COLUMNS_MOST]; /* target first */
  struct transform transform[COLUMNS_MOST];
  bool calendar;
  struct frequency freq;
  int64_t reach;   /* rows the network sees: its receptive field */
  int64_t horizon; /* steps forecast */
};

/* Takes names, frequency and calendar from a series and its options; transforms follow with spec_fit. */
bool spec_create(struct spec *spec, const struct series *series, const struct series_options *options,
                 struct fault *fault) TOOLS_MUST;
/* Fits the transforms on the first `rows` rows. */
bool spec_fit(struct spec *spec, const struct series *series, int transform, size_t rows,
              struct fault *fault) TOOLS_MUST;
void spec_destroy(struct spec *spec);

size_t spec_channels(const struct spec *spec);
/* The first row at which the network sees nothing but known values. */
size_t spec_first(const struct spec *spec);

/* What the network reads: [channels][n], row by row the same as the series. And spread[n]: how restless the
 * target has been lately (1: as in the training part), for returns and differences an exponentially weighted
 * root mean square of z over about a month of rows; else 1. */
struct features {
  size_t n, channels;
  float *x;
  double *spread;
};

bool features_make(struct features *features, const struct spec *spec, const struct series *series,
                   const char *file, struct fault *fault) TOOLS_MUST;
void features_destroy(struct features *features);

/* y of a value `h` steps after `last`, and back. */
double target_of(const struct transform *t, double last, int64_t h, double value);
double target_value(const struct transform *t, double last, int64_t h, double y);

/* How the rows of a training part are used: positions t (the row a forecast is made from) first … train_end-1
 * train, valid_from … valid_end-1 validate. No target of the one lies behind the first target of the other.
 */
struct split {
  size_t rows;       /* in all, all of them known */
  size_t valid_rows; /* row where validation targets begin; transforms are fitted before it */
  size_t first, train_end, valid_from, valid_end;
};

/* `share`: of the rows, for validation. False, with the number of rows needed, where there are too few. */
bool split_make(struct split *split, size_t rows, size_t first, int64_t horizon, double share,
                struct fault *fault) TOOLS_MUST;

#endif
