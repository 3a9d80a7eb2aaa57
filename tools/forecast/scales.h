/* scales.h: one reading of a series at one scale; see scales.c. */
#ifndef FORECAST_SCALES_H
#define FORECAST_SCALES_H

#include <stddef.h>

enum { READINGS = 12, SCALES_LIST = 16 };

struct scale {
  size_t every, readings;
  double value[READINGS]; /* the newest last */
  double change;          /* from the reading before to the last; NaN where there is none */
  double momentum;        /* that change less the one before it */
  double slope;           /* of the least-squares line, per reading */
  double fit;             /* share of the variance that the line explains (R²); NaN below three readings */
  const char
      *trend; /* "up" or "down" where fit is at least one half or there are two readings; else "flat" */
};

/* 1 ≤ every, n ≥ 1. */
void scale_read(const double *x, size_t n, size_t every, struct scale *scale);

#endif
