/* scales.c: atrous-forecast scales: what a series says when every k-th row of it is read.
 *
 * This is what one tap pattern of a dilated convolution of rate k sees: the last row, the kth before it, the
 * 2kth … Nothing is learnt here. At most READINGS readings, counted back from the last row, are taken at each
 * scale, and of them the least-squares line, how much of the ups and downs it explains, and the last changes.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/output.h"
#include "common/plot.h"
#include "forecast/forecast.h"
#include "forecast/scales.h"

void scale_read(const double *x, size_t n, size_t every, struct scale *s) {
  memset(s, 0, sizeof *s);
  s->every = every;
  s->readings = (n - 1) / every + 1;
  if (s->readings > READINGS) s->readings = READINGS;
  size_t m = s->readings, first = n - 1 - (m - 1) * every;
  double mean = 0, middle = (double)(m - 1) / 2, up = 0, across = 0, all = 0;
  for (size_t i = 0; i < m; i++) s->value[i] = x[first + i * every], mean += s->value[i] / (double)m;
  for (size_t i = 0; i < m; i++) {
    double d = (double)i - middle;
    up += d * (s->value[i] - mean);
    across += d * d;
    all += (s->value[i] - mean) * (s->value[i] - mean);
  }
  s->change = m > 1 ? s->value[m - 1] - s->value[m - 2] : NAN;
  s->momentum = m > 2 ? s->change - (s->value[m - 2] - s->value[m - 3]) : NAN;
  s->slope = m > 1 ? up / across : NAN;
  s->fit = m > 2 ? (all > 0 ? up * up / across / all : 0) : NAN;
  s->trend = "flat";
  if (m > 1 && all > 0 && (m == 2 || s->fit >= 0.5)) s->trend = up > 0 ? "up" : "down";
}

/* "1,3,6" */
static bool parse_every(const struct job *job, size_t rows, size_t *list, size_t *count,
                        struct fault *fault) {
  const char *at = job->settings->every;
  *count = 0;
  while (*at) {
    char word[24];
    size_t n = strcspn(at, ",");
    int64_t value = 0;
    if (n < sizeof word) memcpy(word, at, n), word[n] = 0;
    if (n >= sizeof word || !number_integer(word, &value) || value < 1)
      return options_usage(job->program, fault,
                           "--every must be whole numbers from 1, separated by commas, not \"%.60s\"",
                           job->settings->every);
    if (*count == SCALES_LIST)
      return options_usage(job->program, fault, "--every has more than %d numbers", SCALES_LIST);
    if ((uint64_t)value >= rows) {
      fault_set(fault, FAULT_DATA, "every %lld rows needs at least %lld rows, and there are %zu",
                (long long)value, (long long)value + 1, rows);
      return fault_at(fault, job->input, 0, 0);
    }
    list[(*count)++] = (size_t)value;
    at += n + (at[n] == ',');
  }
  return *count > 0 || options_usage(job->program, fault, "--every is empty");
}

static void cell(FILE *file, double value) {
  if (isfinite(value))
    fprintf(file, ",%.6g", value);
  else
    fputc(',', file);
}

static bool write_table(const struct job *job, const struct scale *scales, size_t count,
                        struct fault *fault) {
  struct output out = { 0 };
  if (!output_open(&out, job->common->output ? job->common->output : "-", job->common->no_clobber, fault))
    return false;
  fputs("every,readings,first,last,change,momentum,slope,fit,trend\n", out.file);
  for (size_t i = 0; i < count; i++) {
    const struct scale *s = &scales[i];
    fprintf(out.file, "%zu,%zu", s->every, s->readings);
    cell(out.file, s->value[0]);
    cell(out.file, s->value[s->readings - 1]);
    cell(out.file, s->change);
    cell(out.file, s->momentum);
    cell(out.file, s->slope);
    cell(out.file, s->fit);
    fprintf(out.file, ",%s\n", s->trend);
  }
  return output_commit(&out, fault);
}

static json_t *scales_json(const struct scale *scales, size_t count) {
  json_t *list = json_array();
  for (size_t i = 0; i < count; i++) {
    const struct scale *s = &scales[i];
    json_array_append_new(
        list, json_pack("{s:I, s:o, s:o, s:o, s:o, s:o, s:s}", "every", (json_int_t)s->every, "values",
                        report_numbers(s->value, s->readings), "change", report_number(s->change), "momentum",
                        report_number(s->momentum), "slope", report_number(s->slope), "fit",
                        report_number(s->fit), "trend", s->trend));
  }
  return list;
}

static bool draw(const struct job *job, const struct series *series, const struct scale *scales, size_t count,
                 struct fault *fault) {
  static const int colours[] = { PLOT_BLUE, PLOT_ORANGE, PLOT_GREEN, PLOT_RED, PLOT_PURPLE, PLOT_SKY };
  size_t reach = 0;
  for (size_t i = 0; i < count; i++) {
    size_t rows = (scales[i].readings - 1) * scales[i].every + 1;
    if (rows > reach) reach = rows;
  }
  double *x = malloc((reach + READINGS) * sizeof *x), *at = x ? x + reach : NULL;
  if (!x) return fault_nomem(fault, (reach + READINGS) * sizeof *x);
  size_t from = series->n - reach;
  for (size_t i = 0; i < reach; i++) x[i] = (double)series_seconds(series, from + i);
  struct plot *plot = plot_create(900, 440, "the same series, read at several scales");
  struct plot_panel *panel = plot_add_panel(plot, 1, NULL, series->names[0]);
  if (series->dates) plot_x_dates(plot);
  plot_line(panel, x, series_column(series, 0) + from, reach, PLOT_GREY, 1, series->names[0]);
  for (size_t i = 0; i < count; i++) {
    const struct scale *s = &scales[i];
    char label[60];
    int colour = colours[i % (sizeof colours / sizeof *colours)];
    snprintf(label, sizeof label, "every %zu: %s", s->every, s->trend);
    for (size_t k = 0; k < s->readings; k++)
      at[k] = (double)series_seconds(series, series->n - 1 - (s->readings - 1 - k) * s->every);
    plot_line(panel, at, s->value, s->readings, colour, 1.5, label);
    plot_points(panel, at, s->value, s->readings, colour, NULL);
  }
  bool ok = plot_write(plot, job->settings->plot, job->common->no_clobber, fault);
  plot_destroy(plot);
  free(x);
  return ok;
}

json_t *scales_command(struct job *job, struct fault *fault) {
  const struct settings *o = job->settings;
  struct series series = { 0 };
  struct scale *scales = calloc(SCALES_LIST, sizeof *scales);
  size_t every[SCALES_LIST], count = 0;
  json_t *result = NULL;
  bool table = job->report->data_on_stdout || job->common->output;
  bool ok = (scales != NULL || fault_nomem(fault, SCALES_LIST * sizeof *scales)) &&
            plot_check(o->plot, job->common->no_clobber, fault) &&
            (!job->common->output || output_check(job->common->output, job->common->no_clobber, fault)) &&
            job_read(job, &o->series, &series, fault) && parse_every(job, series.n, every, &count, fault);
  for (size_t i = 0; ok && i < count; i++)
    scale_read(series_column(&series, 0), series.n, every[i], &scales[i]);
  if (ok && !job->common->dry_run)
    ok = (!table || write_table(job, scales, count, fault)) &&
         (!o->plot || draw(job, &series, scales, count, fault));
  if (ok)
    result =
        json_pack("{s:o, s:o}", "series", series_json(&series, NULL), "scales", scales_json(scales, count));
  free(scales);
  series_destroy(&series);
  return result;
}
