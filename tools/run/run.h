/* run.h: what the parts of atrous-run share: the command line's settings, the model's ports with what they
 * are given, and the steps from a file to values. doc/run.md is what it means for a user. */
#ifndef RUN_H
#define RUN_H

#include <atrous/plan.h>

#include "common/port.h"
#include "common/report.h"
#include "run/files.h"

struct settings {
  struct option_texts inputs, outputs, shapes;
  const char *pixels, *target, *verify;
  const char *trace, *gradient; /* "": all of it; NULL: none */
  const char *profile;          /* where a trace goes; "": nowhere; NULL: nothing is measured */
  bool check_gradient, placement, stream, resident;
  int64_t reset;                   /* --gru-linear-before-reset; -1: as the file says */
  int64_t block;                   /* of --stream; 0: the library's */
  int64_t repeat, warmup, samples; /* warmup -1: not given; samples 0: every element */
  double rtol, atol;               /* negative: the default of what is compared */
};

/* An input or output, and what the command line gives it. */
struct port {
  atr_port port;
  atr_shape want;   /* the port's shape, or --shape */
  bool sized;       /* by --shape */
  const char *file; /* SRC or DST; NULL: none */
  struct array value;
};

struct ports {
  const atr_model *model; /* borrowed */
  port_at at;             /* which of its ports they are */
  struct port *item;
  size_t count;
};

/* Times of steps, collected run by run (profile.c). */
struct profile {
  struct profile_row *row;
  size_t count, next;
};

struct job {
  struct report *report;
  const struct common_options *common;
  const struct program *program;
  const struct settings *settings;
  const char *path; /* MODEL */
  FILE *text;       /* NULL: none is wanted */
  json_t *result;
  atr_model *model, *differentiated; /* the second with --gradient, else NULL */
  struct ports in, out;              /* of the model */
  struct port target;                /* with --target: behind the inputs of `differentiated` */
  atr_context *context;
  atr_plan *plan;
  atr_run *run;
  struct profile profile;
};

/* ports.c: from the command line to ports with shapes and values. */
bool ports_open(struct job *job, struct fault *fault) TOOLS_MUST;
bool ports_read(struct job *job, struct fault *fault) TOOLS_MUST;
void ports_close(struct ports *ports);
json_t *ports_json(const struct ports *ports);

/* execute.c: plan, run, time. */
bool execute_plan(struct job *job, struct fault *fault) TOOLS_MUST; /* opens the context too */
bool execute_write(struct job *job, struct fault *fault) TOOLS_MUST;
bool execute_times(struct job *job, struct fault *fault) TOOLS_MUST;
/* Reads a tensor by name; `value` is created. */
bool execute_read(atr_run *run, const char *name, atr_type type, const atr_shape *shape, struct array *value,
                  struct fault *fault) TOOLS_MUST;
void execute_placement(struct job *job);

/* trace.c: --trace: every tensor, in the order of running. */
bool trace_tell(struct job *job, struct fault *fault) TOOLS_MUST;

/* profile.c: --profile; each does nothing without it. check: whether the trace could be written; begin: once
 * there is a run; collect: after each run that counts; write: the trace. */
bool profile_check(const struct job *job, struct fault *fault) TOOLS_MUST;
bool profile_begin(struct job *job, struct fault *fault) TOOLS_MUST;
bool profile_collect(struct job *job, struct fault *fault) TOOLS_MUST;
bool profile_tell(struct job *job, struct fault *fault) TOOLS_MUST;
bool profile_write(struct job *job, struct fault *fault) TOOLS_MUST;
void profile_close(struct profile *profile);

/* gradient.c: --gradient, --target and --check-gradient. gradient_check compares with differences in double;
 * where they disagree it fails with FAULT_CHECK, after telling all. */
bool gradient_prepare(struct job *job, struct fault *fault) TOOLS_MUST;
bool gradient_tell(struct job *job, struct fault *fault) TOOLS_MUST;

/* check.c: derivatives of L by central differences in double, for gradient.c. */
struct differences;
bool differences_open(struct job *job, struct differences **differences, struct fault *fault) TOOLS_MUST;
void differences_close(struct differences *differences);
double differences_seconds(const struct differences *differences); /* of one run */
/* How many elements of a tensor of `count` are looked at, and which. */
size_t differences_sampled(const struct differences *differences, size_t count);
size_t differences_at(const struct differences *differences, size_t count, size_t k);
struct difference {
  double central, below, above; /* from both sides, and from one */
  double noise;                 /* what rounding in double may make of it */
};
bool differences_measure(struct differences *differences, const char *tensor, size_t count, size_t element,
                         struct difference *difference, struct fault *fault) TOOLS_MUST;

/* stream.c: --stream. The check also fills in what is not given: standard input and output, the device. */
bool stream_check(struct job *job, struct settings *settings, struct common_options *common,
                  struct fault *fault) TOOLS_MUST;
bool stream_run(struct job *job, struct fault *fault) TOOLS_MUST;

/* verify.c: --verify. */
bool verify_run(struct job *job, struct fault *fault) TOOLS_MUST;

#endif
