/* report.c: stderr lines, the JSON envelope, the log; see report.h. */
#include "common/report.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "common/output.h"
#include "common/progress.h"

#include <atrous/version.h>

enum { LINE = 2400 };

double report_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

json_t *report_number(double value) {
  return isfinite(value) ? json_real(value) : json_null();
}

json_t *report_numbers(const double *values, size_t n) {
  json_t *array = json_array();
  for (size_t i = 0; i < n; i++) json_array_append_new(array, report_number(values[i]));
  return array;
}

json_t *report_text(const char *text) {
  if (!text) return json_null();
  json_t *string = json_string(text);
  if (string) return string;
  char *clean = strdup(text);
  if (!clean) return json_null();
  for (char *c = clean; *c; c++)
    if ((unsigned char)*c >= 0x80) *c = '?';
  string = json_string(clean);
  free(clean);
  return string ? string : json_null();
}

static bool json_on_stdout(const struct common_options *o) {
  return o->json && (!*o->json || !strcmp(o->json, "-"));
}

static int level_of(const struct common_options *options) {
  static const char *const names[] = { "error", "warn", "info", "debug" };
  if (options->quiet) return 0;
  if (options->verbose) return 3;
  const char *variable = getenv("ATROUS_LOG");
  for (int i = 0; variable && i < 4; i++)
    if (!strcmp(variable, names[i])) return i;
  return 2;
}

bool report_begin(struct report *report, const char *program, const char *command,
                  const struct common_options *options, struct fault *fault) {
  memset(report, 0, sizeof *report);
  report->program = program;
  report->command = command;
  report->options = options;
  report->level = level_of(options);
  report->started = report_now();
  report->data_on_stdout = !json_on_stdout(options);
  report->warnings = json_array();
  report->fallbacks = json_array();
  report->time = json_pack("{s:n, s:n, s:n}", "load", "plan", "run");
  progress_setup(report->level < 2);
  if (options->json && *options->json && strcmp(options->json, "-") &&
      !output_check(options->json, options->no_clobber, fault))
    return false;
  if (options->log) {
    report->log = fopen(options->log, "a");
    if (!report->log) return fault_errno(fault, options->log, "write the log", errno);
  }
  return true;
}

bool report_start(struct report *report, const struct program *program, int argc, char **argv,
                  struct common_options *common, struct invocation *invocation, int *exit_code) {
  struct fault usage = FAULT_INIT, begin = FAULT_INIT;
  signals_install();
  enum parsed parsed = options_parse(program, argc, argv, common, invocation, &usage);
  *exit_code = 0;
  if (parsed == PARSED_DONE) {
    if (fflush(stdout) == 0) return false;
    fprintf(stderr, "%s: cannot write standard output: %s\n", program->name, strerror(errno));
    *exit_code = 1;
    return false;
  }
  bool run = parsed == PARSED_RUN;
  const char *command = run && program->commands ? program->commands[invocation->command].name : NULL;
  bool began = report_begin(report, program->name, command, common, &begin);
  if (run && began) return true;
  report_fault(report, run ? &begin : &usage);
  *exit_code = report_finish(report, NULL);
  return false;
}

/* One line to stderr, never more: control characters of quoted input are replaced. */
static void put_line(const char *prefix, const char *kind, char *line) {
  progress_clear();
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = '?';
  fprintf(stderr, "%s: %s%s\n", prefix, kind, line);
}

#define FORMAT_LINE(line)                                                                                    \
  do {                                                                                                       \
    va_list args;                                                                                            \
    va_start(args, format);                                                                                  \
    vsnprintf(line, sizeof line, format, args);                                                              \
    va_end(args);                                                                                            \
  } while (0)

void report_say(struct report *report, const char *format, ...) {
  char line[LINE];
  if (report->level < 2) return;
  FORMAT_LINE(line);
  put_line(report->program, "", line);
}

void report_detail(struct report *report, const char *format, ...) {
  char line[LINE];
  if (report->level < 3) return;
  FORMAT_LINE(line);
  put_line(report->program, "", line);
}

void report_warn(struct report *report, const char *code, const char *format, ...) {
  char line[LINE];
  FORMAT_LINE(line);
  json_array_append_new(report->warnings, json_pack("{s:s, s:o}", "code", code, "text", report_text(line)));
  report_event(report,
               json_pack("{s:s, s:s, s:o}", "event", "warning", "code", code, "text", report_text(line)));
  if (report->level >= 1) put_line(report->program, "warning: ", line);
}

void report_fault(struct report *report, const struct fault *fault) {
  char line[LINE];
  if (!report->said_faults++) report->fault = *fault;
  progress_clear();
  fault_line(fault, report->program, line, sizeof line);
  fprintf(stderr, "%s%s%s\n", progress_bold(), line, progress_plain());
}

void report_library_log(void *user, int level, const char *text) {
  struct report *report = user;
  char line[LINE];
  snprintf(line, sizeof line, "%s", text);
  /* The library's "info" is a detail to the user of a program. */
  if (level <= 1)
    report_warn(report, "library", "%s", line);
  else if (report->level >= 3)
    put_line(report->program, "", line);
}

void report_device(struct report *report, json_t *device) {
  json_decref(report->device);
  report->device = device;
}

void report_fallback(struct report *report, const char *node, const char *reason) {
  size_t i;
  json_t *told;
  json_array_foreach(report->fallbacks, i, told) {
    const char *name = json_string_value(json_object_get(told, "node"));
    if (name && !strcmp(name, node)) return;
  }
  json_array_append_new(report->fallbacks,
                        json_pack("{s:o, s:o}", "node", report_text(node), "reason", report_text(reason)));
}

static double seconds_of(const struct report *report, const char *stage) {
  return json_real_value(json_object_get(report->time, stage));
}

double report_rest(const struct report *report) {
  return report_now() - report->started - seconds_of(report, "load") - seconds_of(report, "plan");
}

void report_time(struct report *report, const char *stage, double seconds) {
  json_object_set_new(report->time, stage, report_number(seconds_of(report, stage) + seconds));
}

void report_memory(struct report *report, uint64_t device_bytes) {
  if (device_bytes > report->device_bytes) report->device_bytes = device_bytes;
}

void report_threads(struct report *report, int threads) {
  json_decref(report->threads);
  report->threads = json_integer(threads);
}

void report_event(struct report *report, json_t *event) {
  if (report->log && event) {
    json_dumpf(event, report->log, JSON_COMPACT | JSON_REAL_PRECISION(15));
    fputc('\n', report->log);
    fflush(report->log);
  }
  json_decref(event);
}

static json_t *describe_fault(const struct fault *fault) {
  json_t *o = json_object();
  json_object_set_new(o, "code", json_string(fault_name(fault->code)));
  json_object_set_new(o, "text", report_text(fault->text));
  json_object_set_new(o, "file", fault->file[0] ? report_text(fault->file) : json_null());
  json_object_set_new(o, "line", fault->line > 0 ? json_integer(fault->line) : json_null());
  json_object_set_new(o, "column", fault->column > 0 ? json_integer(fault->column) : json_null());
  json_object_set_new(o, "node", fault->node[0] ? report_text(fault->node) : json_null());
  json_object_set_new(o, "remedy", fault->remedy[0] ? report_text(fault->remedy) : json_null());
  return o;
}

static json_t *memory(const struct report *report) {
  struct rusage usage;
  json_t *host =
      getrusage(RUSAGE_SELF, &usage) ? json_null() : json_integer((json_int_t)usage.ru_maxrss * 1024);
  return json_pack("{s:o, s:I}", "host", host, "device", (json_int_t)report->device_bytes);
}

static json_t *or_null(json_t *value) {
  return value ? json_incref(value) : json_null();
}

static json_t *envelope(struct report *report, json_t *result, int signal_number) {
  const struct common_options *o = report->options;
  json_t *e = json_object();
  const char *status = signal_number ? "interrupted" : report->said_faults ? "error" : "ok";
  json_object_set_new(e, "atrous", json_string(ATR_VERSION));
  json_object_set_new(e, "schema", json_integer(1));
  json_object_set_new(e, "program", json_string(report->program));
  json_object_set_new(e, "command", report_text(report->command));
  json_object_set_new(e, "status", json_string(status));
  json_object_set_new(e, "error", report->said_faults ? describe_fault(&report->fault) : json_null());
  json_object_set_new(e, "seed", json_integer(o->seed));
  json_object_set_new(e, "math", json_string(options_math_name(o->math)));
  json_object_set_new(e, "threads",
                      report->threads ? json_incref(report->threads)
                      : o->threads    ? json_integer(o->threads)
                                      : json_null());
  if (report->device) json_object_set(report->device, "fallbacks", report->fallbacks);
  json_object_set_new(e, "device", or_null(report->device));
  if (report->device && json_is_null(json_object_get(report->time, "run")))
    report_time(report, "run", report_rest(report));
  report_time(report, "total", report_now() - report->started);
  json_object_set_new(e, "time_s", json_incref(report->time));
  json_object_set_new(e, "memory_bytes", memory(report));
  json_object_set_new(e, "warnings", json_incref(report->warnings));
  json_object_set_new(e, "result", result ? result : json_object());
  return e;
}

static bool write_envelope(struct report *report, json_t *object, struct fault *fault) {
  const struct common_options *o = report->options;
  struct output out;
  if (!output_open(&out, json_on_stdout(o) ? "-" : o->json, o->no_clobber, fault)) return false;
  if (json_dumpf(object, out.file, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0 ||
      fputc('\n', out.file) == EOF) {
    int reason = errno;
    output_discard(&out);
    return fault_errno(fault, json_on_stdout(o) ? "standard output" : o->json, "write", reason);
  }
  return output_commit(&out, fault);
}

int report_finish(struct report *report, json_t *result) {
  struct fault fault = FAULT_INIT;
  int number = signals_pending();
  progress_clear();
  if (number && report->level >= 1)
    fprintf(stderr, "%s: interrupted by %s\n", report->program, number == SIGINT ? "SIGINT" : "SIGTERM");
  if (report->options && report->options->json) {
    json_t *object = envelope(report, result, number);
    if (!write_envelope(report, object, &fault)) report_fault(report, &fault);
    json_decref(object);
  } else {
    json_decref(result);
    if (fflush(stdout) != 0 || ferror(stdout)) {
      fault_errno(&fault, "standard output", "write", errno ? errno : EIO);
      report_fault(report, &fault);
    }
  }
  if (report->log && (ferror(report->log) | fclose(report->log)) != 0) {
    fault_errno(&fault, report->options->log, "write the log", errno ? errno : EIO);
    report_fault(report, &fault);
  }
  report->log = NULL;
  json_decref(report->warnings);
  json_decref(report->device);
  json_decref(report->time);
  json_decref(report->fallbacks);
  json_decref(report->threads);
  report->warnings = report->device = report->fallbacks = report->time = report->threads = NULL;
  if (number) return 128 + number;
  if (report->said_faults) return fault_exit(report->fault.code);
  return report->partial ? 1 : 0;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define WATCHED 1
#endif
#endif

int report_leave(struct report *report, json_t *result) {
  const int code = report_finish(report, result);
#ifdef WATCHED
  return code;
#else
  quick_exit(code);
#endif
}
