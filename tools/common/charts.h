/* charts.h: the figures that programs make, each one call; built on plot.h. */
#ifndef TOOLS_CHARTS_H
#define TOOLS_CHARTS_H

#include "common/date.h"

/* Loss of training and validation per epoch (valid NULL: none; NaN: not measured), the best epoch marked (1
 * …, 0 none). */
bool chart_loss(const char *path, bool no_clobber, const char *title, const double *train,
                const double *valid, size_t epochs, size_t best_epoch, struct fault *fault) TOOLS_MUST;

struct forecast_chart {
  const char *title, *column;
  bool dates;     /* x are seconds since 1970, else row numbers */
  size_t history; /* values before the forecast, in order */
  const double *history_x, *history_y;
  size_t steps;
  const double *x, *forecast, *low, *high; /* low, high NULL: no band */
  const double *actual;                    /* what came, NULL where it is not known */
  double level;                            /* of the band, 0.8 */
  size_t scales;                           /* 0: no second panel */
  const double *contribution;              /* [scales][steps]: what each dilation adds */
  const char *const *scale;                /* names of the scales: "1", "2 (3 steps)" */
  const char *unit;                        /* of the contributions: "%" */
};

/* The series, the forecast with its band, and below what each scale adds to it with the sum as points. Where
 * there is much history, its end is shown: about five times the forecast, at least 60 values. */
bool chart_forecast(const char *path, bool no_clobber, const struct forecast_chart *chart,
                    struct fault *fault) TOOLS_MUST;

#endif
