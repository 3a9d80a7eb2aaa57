/* models.c: how long models take, beside the prediction, and beside what an earlier version took; see
 * bench.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/subject.h"
#include "common/order.h"
#include "common/session.h"
#include "common/shape.h"

/* The median that an earlier result gives this model on this device, or NaN. */
static double earlier(const json_t *old, const char *name, const char *device, const char *math) {
  const json_t *item;
  size_t i;
  json_array_foreach(json_object_get(json_object_get(old, "result"), "models"), i, item) {
    const char *its = json_string_value(json_object_get(item, "model"));
    const char *there = json_string_value(json_object_get(item, "device"));
    const char *how = json_string_value(json_object_get(item, "math"));
    if (its && there && how && !strcmp(its, name) && !strcmp(there, device) && !strcmp(how, math))
      return json_number_value(json_object_get(item, "median_s"));
  }
  return NAN;
}

static double predicted(const atr_model *model, const atr_shape *shapes, size_t n, const char *device) {
  enum { DEVICES = 64 };
  atr_prediction list[DEVICES];
  size_t count = 0;
  if (atr_choose(model, shapes, n, NULL, NULL, list, DEVICES, &count)) return NAN;
  for (size_t i = 0; i < count && i < DEVICES; i++)
    if (!strcmp(list[i].device, device)) return list[i].predicted_s;
  return NAN;
}

struct row {
  double least, median, most, predicted, ratio; /* ratio: the earlier median over this one */
};

static bool time_model(struct report *report, atr_context *context, const struct timing *timing,
                       const char *path, const json_t *old, json_t *list, struct row *row,
                       struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model = NULL;
  atr_shape *shapes = NULL;
  struct subject s;
  size_t n = 0;
  const size_t repeat = (size_t)timing->repeat;
  atr_device_info info = { .size = sizeof info };
  atr_context_info(context, &info);
  const char *math = options_math_name(report->options->math);
  if (atr_model_load(path, NULL, &error, &model)) {
    fault_from_error(fault, &error);
    return fault_at(fault, path, 0, 0);
  }
  double *time = malloc(repeat * sizeof *time);
  if (!time || !shapes_of_inputs(&bench_program, model, &timing->shapes, &shapes, &n, fault)) {
    if (!time) fault_nomem(fault, repeat * sizeof *time);
    free(time);
    free(shapes);
    atr_model_destroy(model);
    return fault_at(fault, path, 0, 0);
  }
  row->predicted = predicted(model, shapes, n, info.id);
  bool ok = subject_open(&s, context, model, shapes, n, (atr_math)report->options->math, fault);
  for (size_t i = 0; ok && i < repeat; i++) ok = subject_time(&s, &time[i], fault);
  if (ok) {
    order_sort(time, repeat);
    row->least = time[0];
    row->most = time[repeat - 1];
    row->median = order_median(time, repeat);
    row->ratio = earlier(old, path, info.id, math) / row->median;
    json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "model",
                                          report_text(path), "device", info.id, "math", math, "median_s",
                                          report_number(row->median), "least_s", report_number(row->least),
                                          "most_s", report_number(row->most), "predicted_s",
                                          report_number(row->predicted), "ratio", report_number(row->ratio)));
    subject_close(&s);
  }
  free(time);
  free(shapes);
  return ok || fault_at(fault, path, 0, 0);
}

static bool read_earlier(const char *path, json_t **old, struct fault *fault) {
  json_error_t error;
  if (!(*old = json_load_file(path, 0, &error))) {
    fault_set(fault, error.line < 0 ? FAULT_IO : FAULT_FORMAT, "%s", error.text);
    return fault_at(fault, path, error.line > 0 ? error.line : 0, error.line > 0 ? error.column : 0);
  }
  if (json_is_array(json_object_get(json_object_get(*old, "result"), "models"))) return true;
  fault_set(fault, FAULT_FORMAT, "it is no result of atrous-bench --json MODEL");
  return fault_at(fault, path, 0, 0);
}

bool bench_models(struct report *report, const struct timing *timing, char *const *paths, int count,
                  json_t *result, FILE *text, struct fault *fault) {
  json_t *old = NULL, *list = json_array();
  atr_context *context = NULL;
  json_object_set_new(result, "models", list);
  bool ok = (!timing->against || read_earlier(timing->against, &old, fault)) &&
            session_open(report, &context, fault);
  if (ok && text)
    fprintf(text, "%-40s %10s %10s %10s %10s%s\n", "model", "median ms", "least", "most", "predicted",
            old ? "    before/now" : "");
  int slower = 0, compared = 0;
  for (int i = 0; ok && i < count; i++) {
    struct row row = { 0 };
    ok = time_model(report, context, timing, paths[i], old, list, &row, fault);
    if (!ok) break;
    if (text) {
      fprintf(text, "%-40s %10.4g %10.4g %10.4g %10.4g", paths[i], 1e3 * row.median, 1e3 * row.least,
              1e3 * row.most, 1e3 * row.predicted);
      if (old && !isnan(row.ratio)) fprintf(text, "    %10.2f", row.ratio);
      fputc('\n', text);
    }
    compared += !isnan(row.ratio);
    slower += row.ratio < timing->fail_below;
  }
  if (ok && old && !compared) {
    fault_set(fault, FAULT_DATA, "it times none of these models on this device");
    ok = fault_at(fault, timing->against, 0, 0);
  }
  if (ok && slower)
    ok = fault_set(fault, FAULT_CHECK, "%d of %d models ran at less than %g of the speed in %s", slower,
                   compared, timing->fail_below, timing->against);
  json_decref(old);
  atr_context_destroy(context);
  return ok;
}
