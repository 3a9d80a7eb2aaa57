/* outlook.c: band, probabilities and signal; see outlook.h. */
#include "forecast/outlook.h"

#include <math.h>
#include <stdlib.h>

#include "common/order.h"
#include "forecast/stats.h"

bool residuals_make(struct residuals *r, int64_t horizon, double *raw, size_t count, struct fault *fault) {
  r->horizon = horizon;
  r->n = count < RESIDUALS_MOST ? count : RESIDUALS_MOST;
  r->value = malloc((size_t)horizon * r->n * sizeof *r->value);
  if (!r->value) return fault_nomem(fault, (size_t)horizon * r->n * sizeof *r->value);
  for (size_t h = 0; h < (size_t)horizon; h++) {
    order_sort(raw + h * count, count);
    for (size_t i = 0; i < r->n; i++)
      r->value[h * r->n + i] = stats_quantile(raw + h * count, count, (double)(i + 1) / (double)(r->n + 1));
  }
  return true;
}

void residuals_destroy(struct residuals *r) {
  free(r->value);
  r->value = NULL;
}

const char *signal_name(enum signal signal) {
  static const char *const names[] = { "WAIT", "BUY", "SELL" };
  return names[signal];
}

struct outlook outlook_make(const struct transform *t, const struct residuals *r, int64_t h, double last,
                            double y, double spread, double level, double threshold_pct) {
  const double *sorted = r->value + (size_t)(h - 1) * r->n;
  const double tail = (1 - level) / 2, step = fabs(last) * threshold_pct / 100;
  struct outlook o;
  o.forecast = target_value(t, last, h, y);
  o.low = target_value(t, last, h, y + spread * stats_quantile(sorted, r->n, tail));
  o.high = target_value(t, last, h, y + spread * stats_quantile(sorted, r->n, 1 - tail));
  o.change_pct = last < 0 || last > 0 ? 100 * (o.forecast - last) / fabs(last) : NAN;
  double up = target_of(t, last, h, last + step), down = target_of(t, last, h, last - step);
  o.p_down = isfinite(down) ? stats_below(sorted, r->n, (down - y) / spread) : 0;
  o.p_up = 1 - stats_below(sorted, r->n, (up - y) / spread);
  if (o.p_up + o.p_down > 1) o.p_up = 1 - o.p_down; /* a threshold of 0, and rounding */
  o.p_flat = 1 - o.p_up - o.p_down;
  if (o.p_flat < 0) o.p_flat = 0;
  o.signal = SIGNAL_WAIT;
  if (o.forecast - last > step && o.p_up > 0.5) o.signal = SIGNAL_BUY;
  if (last - o.forecast > step && o.p_down > 0.5) o.signal = SIGNAL_SELL;
  return o;
}
