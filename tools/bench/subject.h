/* subject.h: the parts of atrous-bench: what is timed, and by whom. */
#ifndef BENCH_SUBJECT_H
#define BENCH_SUBJECT_H

#include <stdio.h>

#include <atrous/choose.h>
#include <atrous/plan.h>

#include "common/report.h"

extern const struct program bench_program;

/* A model ready to run on a context, with values for its inputs and room for its outputs. */
struct subject {
  atr_model *model;
  atr_plan *plan;
  atr_run *run;
  struct cargo *in, *out;
  size_t n_in, n_out;
};

/* Takes the model over, also where it fails. shapes: of its inputs. */
bool subject_open(struct subject *s, atr_context *context, atr_model *model, const atr_shape *shapes,
                  size_t n, atr_math math, struct fault *fault) TOOLS_MUST;
void subject_close(struct subject *s);

/* Seconds from values in to values out: what atr_choose predicts. */
bool subject_time(struct subject *s, double *seconds, struct fault *fault) TOOLS_MUST;
/* Seconds that the device was at work in one execute, by its own clock. */
bool subject_busy(struct subject *s, double *seconds, struct fault *fault) TOOLS_MUST;
/* The least of several, until they took `least` seconds together (at least 3). */
bool subject_best(struct subject *s, bool busy, double least, double *seconds,
                  struct fault *fault) TOOLS_MUST;

/* What the context's device can do, measured: convolutions for calculation, additions of all sizes for
 * memory, chains of small steps for launches, copies in and out for the way there. */
bool ceilings_measure(atr_context *context, atr_ceilings *ceilings, struct fault *fault) TOOLS_MUST;

/* Measures the device of --device, else every usable one, prints a table and keeps the ceilings for
 * atr_choose, unless --dry-run. */
bool bench_ceilings(struct report *report, json_t *result, FILE *text, struct fault *fault) TOOLS_MUST;

/* Times models; compares with an earlier result. */
struct timing {
  struct option_texts shapes;
  int64_t repeat;
  double seconds; /* to measure a model's algorithms for */
  const char *against;
  double fail_below;
};
bool bench_models(struct report *report, const struct timing *timing, char *const *paths, int count,
                  json_t *result, FILE *text, struct fault *fault) TOOLS_MUST;

/* Measures the algorithms that models can run by, and keeps the quickest. */
bool bench_tune(struct report *report, const struct timing *timing, char *const *paths, int count,
                json_t *result, FILE *text, struct fault *fault) TOOLS_MUST;

#endif
