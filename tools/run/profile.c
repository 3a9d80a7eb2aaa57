/* profile.c: --profile: where the time of a run goes, step by step, as a table, in JSON, and as a trace that
 * Chrome and Perfetto open (the Trace Event Format: complete events, microseconds). See run.h. */
#include <stdlib.h>
#include <string.h>

#include "common/order.h"
#include "common/output.h"
#include "common/session.h"
#include "run/run.h"

struct profile_row {
  atr_profile_step step; /* as it was first seen; the strings are the plan's */
  double *time;          /* of each run that had it */
  double last;           /* the last one's begin */
  size_t count;
  bool in_last;
};

bool profile_check(const struct job *job, struct fault *fault) {
  const struct settings *s = job->settings;
  if (!s->profile || !*s->profile) return true;
  if (!strcmp(s->profile, "-"))
    return options_usage(job->program, fault, "--profile: the trace goes to a file, not to standard output");
  return output_check(s->profile, job->common->no_clobber, fault);
}

bool profile_begin(struct job *job, struct fault *fault) {
  if (!job->settings->profile) return true;
  const atr_status status = atr_run_profile(job->run, 1);
  return !status || session_fault(job->run, status, fault);
}

void profile_close(struct profile *p) {
  for (size_t i = 0; i < p->count; i++) free(p->row[i].time);
  free(p->row);
  memset(p, 0, sizeof *p);
}

static struct profile_row *row_of(struct profile *p, const atr_profile_step *step, size_t runs) {
  for (size_t i = 0; i < p->count; i++) /* the next one, as a rule */
    if (p->row[(p->next + i) % p->count].step.index == step->index) {
      p->next = (p->next + i + 1) % p->count;
      return &p->row[(p->next + p->count - 1) % p->count];
    }
  struct profile_row *rows = realloc(p->row, (p->count + 1) * sizeof *rows);
  if (!rows) return NULL;
  p->row = rows;
  memset(&rows[p->count], 0, sizeof *rows);
  rows[p->count].step = *step;
  rows[p->count].time = malloc(runs * sizeof(double));
  if (!rows[p->count].time) return NULL;
  return &rows[p->count++];
}

bool profile_collect(struct job *job, struct fault *fault) {
  struct profile *p = &job->profile;
  const size_t runs = (size_t)job->settings->repeat;
  atr_profile_step step;
  if (!job->settings->profile) return true;
  p->next = 0;
  for (size_t i = 0; i < p->count; i++) p->row[i].in_last = false;
  for (size_t i = 0; (step = atr_run_profile_step(job->run, i)).node != NULL; i++) {
    struct profile_row *row = row_of(p, &step, runs);
    if (!row) return fault_nomem(fault, runs * sizeof(double));
    row->time[row->count++] = step.time_s;
    row->last = step.begin_s;
    row->step.time_s = step.time_s;
    row->in_last = true;
  }
  return true;
}

/* "-" where there is nothing to say a rate of. */
static const char *rate(double amount, double time, char text[32]) {
  if (amount > 0 && time > 0)
    snprintf(text, 32, "%.2f", 1e-9 * amount / time);
  else
    strcpy(text, "-");
  return text;
}

static void tell_row(FILE *text, const struct profile_row *row, double time, double all) {
  char flops[32], bytes[32];
  fprintf(text, "%12.6f %6.1f %9s %9s  %-12s %-22s %-18s %s%s\n", 1e3 * time, all > 0 ? 100 * time / all : 0,
          rate((double)row->step.flops, time, flops), rate((double)row->step.bytes, time, bytes),
          row->step.device, row->step.algorithm, row->step.op, row->step.node,
          row->step.once ? " (once for new weights)" : "");
}

static json_t *row_json(const struct profile_row *row, double time) {
  const double flops = (double)row->step.flops, bytes = (double)row->step.bytes;
  return json_pack("{s:o, s:s, s:o, s:s, s:o, s:o, s:o, s:I, s:I, s:b}", "node", report_text(row->step.node),
                   "op", row->step.op, "device", report_text(row->step.device), "algorithm",
                   row->step.algorithm, "time_s", report_number(time), "flops_per_s",
                   time > 0 ? report_number(flops / time) : json_null(), "bytes_per_s",
                   time > 0 ? report_number(bytes / time) : json_null(), "flops", (json_int_t)row->step.flops,
                   "bytes", (json_int_t)row->step.bytes, "once", row->step.once);
}

bool profile_tell(struct job *job, struct fault *fault) {
  const struct profile *p = &job->profile;
  if (!job->settings->profile) return true;
  double all = 0, flops = 0, bytes = 0, *time = malloc((p->count + 1) * sizeof *time);
  if (!time) return fault_nomem(fault, p->count * sizeof *time);
  for (size_t i = 0; i < p->count; i++) {
    order_sort(p->row[i].time, p->row[i].count);
    all += time[i] = order_median(p->row[i].time, p->row[i].count);
    flops += (double)p->row[i].step.flops;
    bytes += (double)p->row[i].step.bytes;
  }
  if (job->text)
    fprintf(job->text, "%12s %6s %9s %9s  %-12s %-22s %-18s %s\n", "ms", "%", "GFLOP/s", "GB/s", "device",
            "algorithm", "operator", "node");
  json_t *list = json_array();
  for (size_t i = 0; i < p->count; i++) {
    if (job->text) tell_row(job->text, &p->row[i], time[i], all);
    json_array_append_new(list, row_json(&p->row[i], time[i]));
  }
  char f[32], b[32];
  if (job->text)
    fprintf(job->text, "%12.6f %6d %9s %9s  in all\n", 1e3 * all, 100, rate(flops, all, f),
            rate(bytes, all, b));
  free(time);
  json_object_set_new(job->result, "profile", list);
  return true;
}

static json_t *named_thread(int thread, const char *name) {
  return json_pack("{s:s, s:s, s:i, s:i, s:{s:o}}", "name", "thread_name", "ph", "M", "pid", 1, "tid", thread,
                   "args", "name", report_text(name));
}

/* The last run on a line of time, one row for the device and one for the host. */
static json_t *trace_of(const struct job *job) {
  json_t *events = json_array();
  bool seen[2] = { false, false };
  json_array_append_new(events, json_pack("{s:s, s:s, s:i, s:{s:o}}", "name", "process_name", "ph", "M",
                                          "pid", 1, "args", "name", report_text(job->path)));
  for (size_t i = 0; i < job->profile.count; i++) {
    const struct profile_row *row = &job->profile.row[i];
    if (!row->in_last) continue;
    const int thread = strcmp(row->step.device, "host") ? 1 : 2;
    if (!seen[thread - 1]) json_array_append_new(events, named_thread(thread, row->step.device));
    seen[thread - 1] = true;
    json_array_append_new(events, json_pack("{s:o, s:s, s:s, s:o, s:o, s:i, s:i, s:o}", "name",
                                            report_text(row->step.node), "cat", row->step.op, "ph", "X", "ts",
                                            report_number(1e6 * row->last), "dur",
                                            report_number(1e6 * row->step.time_s), "pid", 1, "tid", thread,
                                            "args", row_json(row, row->step.time_s)));
  }
  return json_pack("{s:s, s:o}", "displayTimeUnit", "ms", "traceEvents", events);
}

bool profile_write(struct job *job, struct fault *fault) {
  const char *path = job->settings->profile;
  if (!path || !*path) return true;
  struct output out = { 0 };
  if (!output_open(&out, path, job->common->no_clobber, fault)) return false;
  json_t *trace = trace_of(job);
  bool ok = trace && !json_dumpf(trace, out.file, JSON_COMPACT | JSON_REAL_PRECISION(9));
  json_decref(trace);
  if (!ok) fault_set(fault, FAULT_IO, "the trace could not be written");
  ok = ok && output_commit(&out, fault);
  output_discard(&out);
  return ok ? true : fault->file[0] ? false : fault_at(fault, path, 0, 0);
}
