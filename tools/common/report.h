/* report.h: what a program says, and how it ends.
 *
 * One `struct report` per program run. Sentences and warnings go to stderr as they come; the data goes to
 * stdout, or with --json one envelope (schema 1, keys fixed below) goes there instead, also when the program
 * fails. The keys of the envelope are only ever added to. What the result holds is each program's matter
 * (doc/formats.md). */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "common/fault.h"
#include "common/options.h"

struct report {
  const char *program, *command;
  const struct common_options *options;
  int level;             /* 0 errors, 1 warnings too, 2 sentences too, 3 everything */
  FILE *log;             /* --log */
  int said_faults;       /* number of faults shown */
  bool partial;          /* some files of a batch failed */
  bool data_on_stdout;   /* the program may print data: not with --json on stdout */
  double started;        /* monotonic seconds */
  struct fault fault;    /* the first one */
  uint64_t device_bytes; /* the most that was told */
  json_t *warnings, *device, *fallbacks, *time, *threads;
};

/* Starts. `command` may be NULL. Opens --log and checks that the file of --json could be written. After
 * failure only report_fault and report_finish may follow. ATROUS_LOG gives the level unless -q or -v does. */
bool report_begin(struct report *report, const char *program, const char *command,
                  const struct common_options *options, struct fault *fault) TOOLS_MUST;

/* The usual start of main: signals, options, report. False where the program is to end at once with
 * *exit_code: after
 * --help, --version, a usage error or an unwritable --json or --log, which have been told. */
bool report_start(struct report *report, const struct program *program, int argc, char **argv,
                  struct common_options *common, struct invocation *invocation, int *exit_code) TOOLS_MUST;

/* A sentence (hidden by -q), a detail (shown by -v), a warning with its code (also in the envelope and the
 * log). */
void report_say(struct report *report, const char *format, ...) TOOLS_PRINTF(2, 3);
void report_detail(struct report *report, const char *format, ...) TOOLS_PRINTF(2, 3);
void report_warn(struct report *report, const char *code, const char *format, ...) TOOLS_PRINTF(3, 4);

/* The one line of an error. The first fault becomes the envelope's "error" and the exit code. */
void report_fault(struct report *report, const struct fault *fault);

/* For the hook of atr_hooks: level 0 … 3 and a line from the library. */
void report_library_log(void *report, int level, const char *line);

/* Facts of the envelope. Taken: `device` = {id name driver class why} (a new reference is stolen). Seconds of
 * stages add up; where there is a device and no "run" was told, it is the rest after "load" and "plan". Of
 * device memory the most that was told stays; the host's is the process's own peak. */
void report_device(struct report *report, json_t *device);
void report_fallback(struct report *report, const char *node, const char *reason); /* each node once */
void report_time(struct report *report, const char *stage, double seconds);
void report_memory(struct report *report, uint64_t device_bytes);
void report_threads(struct report *report, int threads);

/* One line of --log; steals the reference. Without --log does nothing. Each line reaches the file at once. */
void report_event(struct report *report, json_t *event);

/* Ends: writes the envelope around `result` (stolen; NULL: empty), flushes stdout, releases everything.
 * Returns the exit code: that of the first fault, 1 where `partial`, 130 or 143 after a signal, else 0. */
int report_finish(struct report *report, json_t *result);

/* The same, for the end of main, and the process is over: all is written, and the system takes memory back in
 * one go, where drivers and their compilers take milliseconds to put it away piece by piece. Returns the exit
 * code only in builds that look for leaks, for which everything is freed behind this call. */
int report_leave(struct report *report, json_t *result);

/* A number, or null where it is NaN or infinite; an array of them. */
json_t *report_number(double value);
json_t *report_numbers(const double *values, size_t n);

/* A string, with bytes that are no UTF-8 replaced by '?': file names may hold anything. */
json_t *report_text(const char *text);

/* Monotonic seconds. */
double report_now(void);

/* Seconds that no stage was given: the difference of two is what a stage took without those within it. */
double report_rest(const struct report *report);

#endif
