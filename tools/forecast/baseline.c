/* baseline.c: forecasts to compare with; see baseline.h. */
#include "forecast/baseline.h"

const char *baseline_name(enum baseline baseline) {
  static const char *const names[] = { "naive", "drift", "average", "season" };
  return names[baseline];
}

size_t baseline_season(const struct frequency *freq) {
  if (freq->every != 1) return 0;
  switch (freq->unit) {
  case FREQ_HOUR: return 24;
  case FREQ_WEEK: return 52;
  case FREQ_MONTH: return 12;
  case FREQ_QUARTER: return 4;
  default: return 0;
  }
}

double baseline_forecast(enum baseline baseline, const double *x, size_t trained, size_t season, size_t t,
                         int64_t h) {
  switch (baseline) {
  case BASELINE_DRIFT:
    return trained < 2 ? x[t] : x[t] + (double)h * (x[trained - 1] - x[0]) / (double)(trained - 1);
  case BASELINE_AVERAGE: {
    size_t rows = t + 1 < AVERAGE_ROWS ? t + 1 : AVERAGE_ROWS;
    double sum = 0;
    for (size_t i = 0; i < rows; i++) sum += x[t - i];
    return sum / (double)rows;
  }
  case BASELINE_SEASON: {
    /* The newest known value of the same place in the season. */
    size_t back = season;
    while (season && back < (size_t)h) back += season;
    return season && t + (size_t)h >= back ? x[t + (size_t)h - back] : x[t];
  }
  default: return x[t];
  }
}
