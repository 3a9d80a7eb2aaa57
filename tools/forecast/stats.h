/* stats.h: how good forecasts are, and how sure that is.
 *
 * Sources: stationary data's circular block bootstrap, Politis & Romano (1992); the test of equal accuracy,
 * Diebold & Mariano (1995) with the small-sample factor of Harvey, Leybourne & Newbold (1997); long-run
 * variance, Newey & West (1987). */
#ifndef FORECAST_STATS_H
#define FORECAST_STATS_H

#include <stddef.h>
#include <stdint.h>

double stats_mean(const double *v, size_t n);

/* The value at `share` (0 … 1) of n ascending values, at the places i/(n+1) (Weibull): the band between
 * share α/2 and 1-α/2 of n exchangeable residuals holds the next one with probability 1-α (as conformal
 * prediction does), as far as n reaches. */
double stats_quantile(const double *sorted, size_t n, double share);
/* The share of values below `value`, by the same places: the inverse of stats_quantile. */
double stats_below(const double *sorted, size_t n, double value);

/* 95 % confidence interval of the mean of dependent values: blocks of `block` neighbours are drawn with
 * replacement, around the end to the beginning, 1000 times, from the seed. */
void stats_interval(const double *v, size_t n, size_t block, uint64_t seed, double *low, double *high);

/* Diebold and Mariano: p of the hypothesis that the mean of the loss differences d is 0 against either side;
 * Bartlett weights up to `lag`. 1 where all differences are 0 or there are fewer than 8. */
double stats_equal_accuracy(const double *d, size_t n, size_t horizon, size_t lag);

/* Growth of capital that earns returns r (0.01: one per cent) one after another, and the deepest fall from a
 * height reached before, both in per cent. */
void stats_capital(const double *r, size_t n, double *return_pct, double *drawdown_pct);

/* Random 64 bits that depend on (seed, counter) alone. */
uint64_t stats_random(uint64_t seed, uint64_t counter);

#endif
