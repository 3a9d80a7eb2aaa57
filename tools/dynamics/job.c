/* job.c: input, outputs and device of one run of the program; see dynamics.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/plot.h"
#include "common/table.h"
#include "dynamics/dynamics.h"

size_t job_steps(const struct job *job, size_t otherwise) {
  const struct settings *o = job->settings;
  if (o->steps) return (size_t)o->steps;
  if (o->time > 0) return (size_t)fmax(1, floor(o->time / job->system.dt + 0.5));
  return job->u_rows ? job->u_rows : otherwise;
}

const double *job_input(const struct job *job, size_t t) {
  if (!job->u) return job->system.constant;
  return job->u + (t < job->u_rows ? t : job->u_rows - 1) * job->system.inputs;
}

const double *job_initial(const struct job *job) {
  return job->system.initial;
}

/* "DIR/" or a folder that is there. */
static bool is_folder(const char *path) {
  const size_t n = strlen(path);
  return n && path[n - 1] == '/';
}

static bool in_folder(const char *folder, const char *name, const char *end, char *path) {
  return (size_t)snprintf(path, OUTPUT_PATH, "%s%s.%s", folder, name, end) < OUTPUT_PATH;
}

bool job_figure(const struct job *job, const char *name, bool first, char *path) {
  const char *plot = job->settings->plot;
  if (!plot || job->common->dry_run) return false;
  if (is_folder(plot)) return in_folder(plot, name, "png", path);
  return first && (size_t)snprintf(path, OUTPUT_PATH, "%s", plot) < OUTPUT_PATH;
}

const char *job_table(const struct job *job, const char *name, char *path) {
  if (job->common->dry_run) return NULL;
  if (job->command == COMMAND_ALL) return in_folder(job->settings->plot, name, "csv", path) ? path : NULL;
  if (job->common->output) return job->common->output;
  return job->report->data_on_stdout ? "-" : NULL;
}

bool job_context(struct job *job, struct fault *fault) {
  return job->context || session_open(job->report, &job->context, fault);
}

bool job_read_input(struct job *job, struct fault *fault) {
  const char *file = job->settings->input;
  const size_t inputs = job->system.inputs;
  struct table table = { 0 };
  if (!file) return true;
  if (!inputs) {
    fault_set(fault, FAULT_DATA, "the system has no inputs, so that --input says nothing to it");
    return fault_remedy(fault, "leave --input out, or give the system \"inputs\" and \"w_in\"");
  }
  if (!table_read(file, 0, NULL, &table, fault)) return false;
  bool ok = table.columns == inputs && table.rows;
  if (!ok) {
    fault_set(fault, FAULT_DATA, "%zu rows of %zu columns, where the system has %zu inputs", table.rows,
              table.columns, inputs);
    fault_at(fault, file, 0, 0);
    fault_remedy(fault, "give a column for each input and a row for each step");
  } else if (!(job->u = malloc(table.rows * inputs * sizeof *job->u)))
    ok = fault_nomem(fault, table.rows * inputs * sizeof *job->u);
  for (size_t i = 0; ok && i < table.rows; i++)
    for (size_t k = 0; ok && k < inputs; k++)
      if (!number_parse(table_cell(&table, i, k), '.', &job->u[i * inputs + k])) {
        fault_set(fault, FAULT_DATA, "\"%.60s\" is no number", table_cell(&table, i, k));
        ok = fault_at(fault, file, table.lines[i], (int64_t)k + 1);
      }
  job->u_rows = table.rows;
  table_destroy(&table);
  return ok;
}

bool job_check_outputs(const struct job *job, struct fault *fault) {
  const char *plot = job->settings->plot, *output = job->common->output;
  const bool none = job->common->no_clobber;
  if (job->command == COMMAND_ALL && !is_folder(plot))
    return options_usage(job->program, fault, "all writes into a folder: --plot \"%.200s/\"", plot);
  if (output && job->command == COMMAND_ALL)
    return options_usage(job->program, fault,
                         "all writes into the folder of --plot; --output has nothing to take");
  if (output && !strcmp(output, "-") && !job->report->data_on_stdout)
    return options_usage(job->program, fault, "--json and --output - both want standard output");
  if (plot && !strcmp(plot, "-") && (!job->report->data_on_stdout || !output || !strcmp(output, "-")))
    return options_usage(job->program, fault,
                         "--plot - and the result both want standard output; give --output FILE");
  if (plot && is_folder(plot) && !job->common->dry_run && !output_folder(plot, fault)) return false;
  if (plot && !is_folder(plot) && !plot_check(plot, none, fault)) return false;
  return !output || output_check(output, none, fault);
}

bool job_keep(const struct job *job, const char *name, const json_t *part, struct fault *fault) {
  char path[OUTPUT_PATH];
  struct output out;
  if (!in_folder(job->settings->plot, name, "json", path))
    return fault_set(fault, FAULT_IO, "the folder's name is too long");
  if (!output_open(&out, path, job->common->no_clobber, fault)) return false;
  if (json_dumpf(part, out.file, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) || fputc('\n', out.file) == EOF) {
    output_discard(&out);
    fault_set(fault, FAULT_IO, "cannot write");
    return fault_at(fault, path, 0, 0);
  }
  return output_commit(&out, fault);
}
