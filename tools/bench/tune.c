/* tune.c: which algorithms run a model's steps quickest here, kept for every later plan; see bench.h and
 * <atrous/tune.h>. */
#include <stdlib.h>

#include <atrous/tune.h>

#include "bench/subject.h"
#include "common/session.h"
#include "common/shape.h"

static void add_changes(const atr_tuning *tuning, json_t *list, FILE *text) {
  for (size_t i = 0;; i++) {
    const atr_tuning_change c = atr_tuning_changed(tuning, i);
    if (!c.node) break;
    json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s, s:o, s:o}", "node", report_text(c.node), "op",
                                          c.op, "rule", c.rule, "tuned", c.tuned, "rule_s",
                                          report_number(c.rule_s), "tuned_s", report_number(c.tuned_s)));
    if (text)
      fprintf(text, "  %-38s %10.4g %10.4g  %s, not %s (%s)\n", c.node, 1e3 * c.rule_s, 1e3 * c.tuned_s,
              c.tuned, c.rule, c.op);
  }
}

static bool tune_model(struct report *report, atr_context *context, const struct timing *timing,
                       const char *path, json_t *list, FILE *text, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_device_info info = { .size = sizeof info };
  atr_model *model = NULL;
  atr_tuning *tuning = NULL;
  atr_shape *shapes = NULL;
  size_t n = 0;
  atr_context_info(context, &info);
  options.math = (atr_math)report->options->math;
  bool ok = !atr_model_load(path, NULL, &error, &model) || fault_from_error(fault, &error);
  ok = ok && shapes_of_inputs(&bench_program, model, &timing->shapes, &shapes, &n, fault);
  if (ok && !report->options->dry_run &&
      atr_tune(model, context, shapes, n, &options, timing->seconds, &error, &tuning))
    ok = fault_from_error(fault, &error);
  if (tuning) {
    const atr_tuning_sum sum = atr_tuning_summary(tuning);
    json_t *changes = json_array();
    if (text)
      fprintf(text, "%-40s %10.4g %10.4g  %zu of %zu steps changed, %zu of %zu algorithms rejected\n", path,
              1e3 * sum.rule_s, 1e3 * sum.tuned_s, sum.changed, sum.choices, sum.rejected, sum.candidates);
    add_changes(tuning, changes, text);
    json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "model",
                                          report_text(path), "device", info.id, "math",
                                          options_math_name(report->options->math), "choices",
                                          (json_int_t)sum.choices, "candidates", (json_int_t)sum.candidates,
                                          "rejected", (json_int_t)sum.rejected, "changed",
                                          (json_int_t)sum.changed, "rule_s", report_number(sum.rule_s),
                                          "tuned_s", report_number(sum.tuned_s), "changes", changes));
  }
  atr_tuning_destroy(tuning);
  free(shapes);
  atr_model_destroy(model);
  return ok || fault_at(fault, path, 0, 0);
}

bool bench_tune(struct report *report, const struct timing *timing, char *const *paths, int count,
                json_t *result, FILE *text, struct fault *fault) {
  atr_context *context = NULL;
  json_t *list = json_array();
  json_object_set_new(result, "tuned", list);
  bool ok = session_open(report, &context, fault);
  if (ok && text) fprintf(text, "%-40s %10s %10s\n", "model", "rules ms", "tuned ms");
  for (int i = 0; ok && i < count; i++) ok = tune_model(report, context, timing, paths[i], list, text, fault);
  atr_context_destroy(context);
  return ok;
}
