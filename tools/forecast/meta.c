/* meta.c: the metadata of a forecaster as JSON; see forecast.h. What is read comes from a file and is not
 * trusted: every number is checked before it is used. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/forecast.h"

static const char *const UNITS[] = { "none", "second", "minute", "hour",    "day",
                                     "bday", "week",   "month",  "quarter", "year" };

static json_t *columns_json(const struct spec *spec) {
  json_t *list = json_array();
  for (size_t i = 0; i < spec->columns; i++)
    json_array_append_new(list, json_pack("{s:o, s:s, s:f, s:f}", "name", report_text(spec->names[i]),
                                          "transform", transform_name(spec->transform[i].kind), "centre",
                                          spec->transform[i].centre, "scale", spec->transform[i].scale));
  return list;
}

json_t *meta_write(const struct forecaster *f) {
  const struct spec *s = &f->spec;
  json_t *steps = json_array();
  for (int64_t h = 0; h < f->residuals.horizon; h++)
    json_array_append_new(steps,
                          report_numbers(f->residuals.value + (size_t)h * f->residuals.n, f->residuals.n));
  return json_pack(
      "{s:i, s:s, s:o, s:b, s:{s:s, s:i, s:i}, s:I, s:I, s:{s:I, s:o}, s:{s:o, s:o, s:o, s:o, s:b}, s:{s:I, "
      "s:o}}",
      "schema", 1, "net", net_name(f->net.kind), "columns", columns_json(s), "calendar", s->calendar, "freq",
      "unit", UNITS[s->freq.unit], "every", s->freq.every, "anchor", s->freq.anchor, "reach",
      (json_int_t)s->reach, "horizon", (json_int_t)s->horizon, "residuals", "n", (json_int_t)f->residuals.n,
      "steps", steps, "valid", "mae", report_number(f->skill.mae), "rmse", report_number(f->skill.rmse),
      "mase", report_number(f->skill.mase), "naive_mae", report_number(f->skill.naive_mae),
      "better_than_naive", f->skill.better, "trained", "rows", (json_int_t)f->rows, "last",
      report_text(f->last));
}

static bool wrong(struct fault *fault, const char *what) {
  return fault_set(fault, FAULT_FORMAT, "the metadata atrous.series has no usable \"%s\"", what);
}

static bool number(const json_t *object, const char *key, double *value) {
  const json_t *v = json_object_get(object, key);
  *value = json_is_number(v) ? json_number_value(v) : NAN;
  return isfinite(*value);
}

static bool integer(const json_t *object, const char *key, int64_t low, int64_t high, int64_t *value) {
  const json_t *v = json_object_get(object, key);
  *value = json_is_integer(v) ? json_integer_value(v) : low - 1;
  return *value >= low && *value <= high;
}

static bool read_columns(const json_t *list, struct spec *spec, struct fault *fault) {
  size_t n = json_array_size(list);
  if (n < 1 || n > COLUMNS_MOST) return wrong(fault, "columns");
  for (size_t i = 0; i < n; i++) {
    const json_t *c = json_array_get(list, i);
    const char *name = json_string_value(json_object_get(c, "name")),
               *kind = json_string_value(json_object_get(c, "transform"));
    struct transform *t = &spec->transform[i];
    int found = kind ? transform_of(kind) : -1;
    if (!name || found <= TRANSFORM_AUTO || !number(c, "centre", &t->centre) ||
        !number(c, "scale", &t->scale) || !(t->scale > 0))
      return wrong(fault, "columns");
    t->kind = (enum transform_kind)found;
    spec->names[i] = strdup(name);
    if (!spec->names[i]) return fault_nomem(fault, strlen(name) + 1);
    spec->columns = i + 1;
  }
  return true;
}

static bool read_freq(const json_t *object, struct frequency *freq, struct fault *fault) {
  const char *unit = json_string_value(json_object_get(object, "unit"));
  int64_t every, anchor;
  for (int i = 0; unit && i < (int)(sizeof UNITS / sizeof *UNITS); i++)
    if (!strcmp(UNITS[i], unit) && integer(object, "every", 0, 1000000, &every)) {
      if (!integer(object, "anchor", 0, 31, &anchor)) anchor = 0;
      *freq = (struct frequency){ (enum frequency_unit)i, (int)every, (int)anchor };
      return true;
    }
  return wrong(fault, "freq");
}

static bool read_residuals(const json_t *object, int64_t horizon, struct residuals *r, struct fault *fault) {
  const json_t *steps = json_object_get(object, "steps");
  int64_t n;
  if (!integer(object, "n", 1, RESIDUALS_MOST, &n) || json_array_size(steps) != (size_t)horizon)
    return wrong(fault, "residuals");
  r->horizon = horizon;
  r->n = (size_t)n;
  r->value = malloc((size_t)horizon * r->n * sizeof *r->value);
  if (!r->value) return fault_nomem(fault, (size_t)horizon * r->n * sizeof *r->value);
  for (size_t h = 0; h < (size_t)horizon; h++) {
    const json_t *row = json_array_get(steps, h);
    if (json_array_size(row) != r->n) return wrong(fault, "residuals");
    for (size_t i = 0; i < r->n; i++) {
      const json_t *v = json_array_get(row, i);
      double value = json_is_number(v) ? json_number_value(v) : NAN;
      if (!isfinite(value) || (i && value < r->value[h * r->n + i - 1])) return wrong(fault, "residuals");
      r->value[h * r->n + i] = value;
    }
  }
  return true;
}

static bool read_object(const json_t *o, struct forecaster *f, struct fault *fault) {
  int64_t rows = 0;
  if (!read_columns(json_object_get(o, "columns"), &f->spec, fault) ||
      !read_freq(json_object_get(o, "freq"), &f->spec.freq, fault))
    return false;
  const json_t *calendar = json_object_get(o, "calendar"), *valid = json_object_get(o, "valid"),
               *trained = json_object_get(o, "trained");
  if (!json_is_boolean(calendar)) return wrong(fault, "calendar");
  f->spec.calendar = json_is_true(calendar);
  if (!integer(o, "reach", 1, REACH_MOST, &f->spec.reach)) return wrong(fault, "reach");
  if (!integer(o, "horizon", 1, HORIZON_MOST, &f->spec.horizon)) return wrong(fault, "horizon");
  if (!read_residuals(json_object_get(o, "residuals"), f->spec.horizon, &f->residuals, fault)) return false;
  /* What follows is only told, so a missing number is no reason to refuse. */
  if (!number(valid, "mae", &f->skill.mae)) f->skill.mae = NAN;
  if (!number(valid, "rmse", &f->skill.rmse)) f->skill.rmse = NAN;
  if (!number(valid, "mase", &f->skill.mase)) f->skill.mase = NAN;
  if (!number(valid, "naive_mae", &f->skill.naive_mae)) f->skill.naive_mae = NAN;
  f->skill.better = json_is_true(json_object_get(valid, "better_than_naive"));
  if (integer(trained, "rows", 0, INT64_MAX / 2, &rows)) f->rows = (size_t)rows;
  const char *last = json_string_value(json_object_get(trained, "last"));
  if (last && strlen(last) < sizeof f->last) strcpy(f->last, last);
  return true;
}

bool meta_read(const char *text, struct forecaster *f, struct fault *fault) {
  json_error_t error;
  json_t *object = json_loads(text, 0, &error);
  if (!object)
    return fault_set(fault, FAULT_FORMAT, "the metadata atrous.series is no JSON: %.100s", error.text);
  bool ok = read_object(object, f, fault);
  json_decref(object);
  return ok;
}
