/* stats.c: means, intervals and tests; see stats.h. */
#include "forecast/stats.h"

#include <math.h>
#include <stdlib.h>

#include "common/order.h"

enum { RESAMPLES = 1000 };

double stats_mean(const double *v, size_t n) {
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += v[i];
  return n ? sum / (double)n : NAN;
}

double stats_quantile(const double *sorted, size_t n, double share) {
  if (!n) return NAN;
  double place = share * (double)(n + 1) - 1;
  if (place <= 0) return sorted[0];
  if (place >= (double)(n - 1)) return sorted[n - 1];
  size_t i = (size_t)place;
  return sorted[i] + (place - (double)i) * (sorted[i + 1] - sorted[i]);
}

double stats_below(const double *sorted, size_t n, double value) {
  if (!n) return NAN;
  if (value < sorted[0]) return 0;
  if (value >= sorted[n - 1]) return value > sorted[n - 1] ? 1 : (double)n / (double)(n + 1);
  size_t low = 0, high = n - 1; /* sorted[low] <= value < sorted[high] */
  while (high - low > 1) {
    size_t middle = (low + high) / 2;
    if (sorted[middle] <= value)
      low = middle;
    else
      high = middle;
  }
  double within = (value - sorted[low]) / (sorted[high] - sorted[low]);
  return ((double)low + 1 + within) / (double)(n + 1);
}

/* SplitMix64 (Steele, Lea, Flood 2014) at a place of its sequence. */
uint64_t stats_random(uint64_t seed, uint64_t counter) {
  uint64_t z = seed * 0xD1342543DE82EF95u + (counter + 1) * 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

void stats_interval(const double *v, size_t n, size_t block, uint64_t seed, double *low, double *high) {
  static double means[RESAMPLES];
  *low = *high = NAN;
  if (!n) return;
  if (block < 1) block = 1;
  if (block > n) block = n;
  uint64_t counter = 0;
  for (int r = 0; r < RESAMPLES; r++) {
    double sum = 0;
    for (size_t taken = 0; taken < n;) {
      size_t at = (size_t)(stats_random(seed, counter++) % n);
      for (size_t i = 0; i < block && taken < n; i++, taken++) sum += v[(at + i) % n];
    }
    means[r] = sum / (double)n;
  }
  order_sort(means, RESAMPLES);
  *low = stats_quantile(means, RESAMPLES, 0.025);
  *high = stats_quantile(means, RESAMPLES, 0.975);
}

double stats_equal_accuracy(const double *d, size_t n, size_t horizon, size_t lag) {
  if (n < 8) return 1;
  double mean = stats_mean(d, n), variance = 0, scale = 0;
  if (lag > n - 1) lag = n - 1;
  for (size_t k = 0; k <= lag; k++) {
    double covariance = 0;
    for (size_t i = k; i < n; i++) covariance += (d[i] - mean) * (d[i - k] - mean);
    covariance /= (double)n;
    if (!k) scale = covariance;
    variance += k ? 2 * (1 - (double)k / (double)(lag + 1)) * covariance : covariance;
  }
  if (!(scale > 0)) return mean < 0 || mean > 0 ? 0 : 1;
  if (!(variance > 0)) return 1;
  double h = (double)horizon, m = (double)n;
  double factor = (m + 1 - 2 * h + h * (h - 1) / m) / m;
  double statistic = mean / sqrt(variance / m) * sqrt(factor > 0 ? factor : 0);
  return erfc(fabs(statistic) / sqrt(2));
}

void stats_capital(const double *r, size_t n, double *return_pct, double *drawdown_pct) {
  double capital = 1, height = 1, deepest = 0;
  for (size_t i = 0; i < n; i++) {
    capital *= 1 + r[i];
    if (capital < 0) capital = 0;
    if (capital > height) height = capital;
    if (1 - capital / height > deepest) deepest = 1 - capital / height;
  }
  *return_pct = 100 * (capital - 1);
  *drawdown_pct = 100 * deepest;
}
