/* baseline.h: the forecasts that cost nothing, to compare with.
 *
 * last: the last value stays. drift: it goes on by the mean change of the training part. average: the mean of
 * the last AVERAGE_ROWS rows. season: the value one season before (a day of hours, a year of weeks, months or
 * quarters), where the frequency has one. */
#ifndef FORECAST_BASELINE_H
#define FORECAST_BASELINE_H

#include "forecast/data.h"

enum baseline { BASELINE_LAST, BASELINE_DRIFT, BASELINE_AVERAGE, BASELINE_SEASON, BASELINES };
enum { AVERAGE_ROWS = 20 };

const char *baseline_name(enum baseline baseline);

/* Rows of a season, 0: none. */
size_t baseline_season(const struct frequency *freq);

/* Forecast for row t+h made from rows up to t; the drift is that of the first `trained` rows. */
double baseline_forecast(enum baseline baseline, const double *x, size_t trained, size_t season, size_t t,
                         int64_t h);

#endif
