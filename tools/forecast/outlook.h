/* outlook.h: from one number per step to a band, probabilities and a signal.
 *
 * The residuals of forecasts for rows that were not trained on say how far off forecasts are. Their quantiles
 * per step, in the network's units and divided by how restless the series was at the time (features.spread),
 * are the distribution around a new forecast: its quantiles are the band, its shares beyond the threshold the
 * probabilities.
 *
 * Signal of a step: BUY where the forecast change is above the threshold and p_up above one half; SELL where
 * it is below minus the threshold and p_down above one half; else WAIT. */
#ifndef FORECAST_OUTLOOK_H
#define FORECAST_OUTLOOK_H

#include "forecast/data.h"

enum { RESIDUALS_MOST = 399 };

struct residuals {
  int64_t horizon;
  size_t n;      /* kept for each step */
  double *value; /* [horizon][n] ascending */
};

/* From residuals actual - forecast, raw[horizon][count] (which is sorted): at most RESIDUALS_MOST quantiles.
 */
bool residuals_make(struct residuals *residuals, int64_t horizon, double *raw, size_t count,
                    struct fault *fault) TOOLS_MUST;
void residuals_destroy(struct residuals *residuals);

enum signal { SIGNAL_WAIT, SIGNAL_BUY, SIGNAL_SELL };
const char *signal_name(enum signal signal);

struct outlook {
  double forecast, low, high;
  double change_pct; /* NaN where the last value is 0 */
  double p_up, p_flat, p_down;
  enum signal signal;
};

/* For step h (from 1): y of the network, the last value known, its spread. */
struct outlook outlook_make(const struct transform *target, const struct residuals *residuals, int64_t h,
                            double last, double y, double spread, double level, double threshold_pct);

#endif
