/* gradient.c: dL/dX of every tensor, and what differences say of them; see run.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/output.h"
#include "common/progress.h"
#include "run/run.h"

/* What a check has found so far. */
struct found {
  size_t tensors, elements, kinks, wrong;
  double worst; /* deviation over what is allowed */
  char text[512];
};

/* --target [NAME=]SRC: the output it is for, and its file. */
static bool find_target(struct job *job, const char **output, struct fault *fault) {
  const char *text = job->settings->target;
  const struct port *meant = NULL;
  for (size_t i = 0; i < job->out.count; i++) {
    const struct port *p = &job->out.item[i];
    const size_t n = strlen(p->port.name);
    if (!strncmp(text, p->port.name, n) && text[n] == '=') {
      job->target.file = text + n + 1;
      meant = p;
    }
  }
  if (!meant) {
    job->target.file = text;
    if (!source_is(text))
      return options_usage(job->program, fault, "--target \"%.80s\" is neither OUTPUT=SRC nor SRC", text);
  } else if (*output && strcmp(*output, meant->port.name) != 0)
    return options_usage(job->program, fault, "--gradient=%.80s and --target %.80s=… are of two outputs",
                         *output, meant->port.name);
  else
    *output = meant->port.name;
  return true;
}

bool gradient_prepare(struct job *job, struct fault *fault) {
  const struct settings *s = job->settings;
  atr_gradient_options options = ATR_GRADIENT_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  options.output = *s->gradient ? s->gradient : NULL;
  options.target = s->target != NULL;
  if (s->target && !find_target(job, &options.output, fault)) return false;
  atr_shape *shapes = calloc(job->in.count + 1, sizeof *shapes);
  if (!shapes) return fault_nomem(fault, sizeof *shapes);
  for (size_t i = 0; i < job->in.count; i++) shapes[i] = job->in.item[i].value.shape;
  const bool failed =
      atr_model_gradient(job->model, shapes, job->in.count, &options, &error, &job->differentiated);
  free(shapes);
  if (failed) return fault_from_error(fault, &error);
  if (!s->target) return true;
  job->target.port = atr_model_input(job->differentiated, job->in.count);
  const struct source source = { job->target.file, ((uint64_t)job->common->seed << 16) + 65535, s->pixels,
                                 atr_model_metadata(job->model, "atrous.input") };
  return source_read(&source, &job->target.port, &job->target.port.shape, &job->target.value, fault);
}

/* Whether the tensor is one that can be moved: an input or a weight. */
static bool is_given(const struct job *job, const char *tensor) {
  atr_plan_tensor_info t;
  for (size_t i = 0; (t = atr_plan_tensor(job->plan, i)).name != NULL; i++)
    if (!strcmp(t.name, tensor)) return t.node == NULL;
  return false;
}

static bool check(struct job *job, struct differences *d, const char *tensor, const struct array *g,
                  struct found *found, json_t *entry, struct fault *fault) {
  const struct settings *s = job->settings;
  const double rtol = s->rtol < 0 ? 1e-3 : s->rtol, atol = s->atol < 0 ? 1e-6 : s->atol;
  const size_t n = differences_sampled(d, g->count);
  double scale = 0, worst = -1, worst_room = 1;
  size_t worst_at = 0, kinks = 0, wrong = 0;
  struct difference worst_difference = { 0 };
  char at[SHAPE_TEXT];
  json_t *places = json_array(), *list = json_array();
  for (size_t i = 0; i < g->count; i++) scale = fmax(scale, fabs(array_value(g, i)));
  bool ok = true;
  for (size_t k = 0; ok && k < n; k++) {
    const size_t i = differences_at(d, g->count, k);
    const double v = array_value(g, i);
    struct difference found_here;
    progress_show("differences", k, n, -1, tensor);
    if (signals_pending()) ok = fault_set(fault, FAULT_INTERRUPTED, "interrupted");
    if (!ok || !(ok = differences_measure(d, tensor, g->count, i, &found_here, fault))) break;
    json_array_append_new(places, json_integer((json_int_t)i));
    json_array_append_new(list, report_number(found_here.central));
    const double room = atol + rtol * scale + found_here.noise, off = fabs(v - found_here.central);
    const double low = fmin(found_here.below, found_here.above),
                 high = fmax(found_here.below, found_here.above);
    const bool kink = !(off <= room) && high - low > room && v >= low - room && v <= high + room;
    kinks += kink;
    if (kink) continue;
    wrong += !(off <= room);
    if (!(off / room <= worst)) { /* also where it is no number */
      worst = isnan(off) ? INFINITY : off / room;
      worst_at = i;
      worst_difference = found_here;
      worst_room = room;
    }
  }
  progress_clear();
  json_object_set_new(entry, "at", places);
  json_object_set_new(entry, "difference", list);
  if (!ok) return false;
  if (job->text && n) {
    fprintf(job->text, "    differences: %zu of %zu", n, g->count);
    if (worst >= 0)
      fprintf(job->text, ", farthest at %s: gradient %.9g, difference %.9g, allowed %.2g apart",
              index_text(&g->shape, worst_at, at), array_value(g, worst_at), worst_difference.central,
              worst_room);
    if (kinks) fprintf(job->text, "; %zu on a kink", kinks);
    fprintf(job->text, "%s\n", wrong ? "  DIFFERS" : "");
  }
  found->tensors++;
  found->elements += n;
  found->kinks += kinks;
  found->wrong += wrong;
  if (wrong && worst > found->worst) {
    found->worst = worst;
    snprintf(found->text, sizeof found->text, "dL/d%.100s at %s is %.9g, by differences %.9g", tensor,
             index_text(&g->shape, worst_at, at), array_value(g, worst_at), worst_difference.central);
  }
  return true;
}

/* "X.grad" → "X"; false for anything else. */
static bool tensor_of(const char *output, char name[1024]) {
  const size_t n = strlen(output);
  if (n < 6 || n > 1000 || strcmp(output + n - 5, ".grad")) return false;
  snprintf(name, 1024, "%.*s", (int)(n - 5), output);
  return true;
}

static bool tell_one(struct job *job, const atr_port *port, struct differences *d, struct found *found,
                     json_t *list, struct fault *fault) {
  struct array value;
  char name[1024], shape[SHAPE_TEXT];
  if (!execute_read(job->run, port->name, port->type, &port->shape, &value, fault)) return false;
  bool ok = true;
  if (tensor_of(port->name, name)) {
    json_t *entry = json_pack("{s:o, s:o, s:o, s:n, s:n}", "tensor", report_text(name), "shape",
                              shape_json(&port->shape), "values", array_json(&value), "at", "difference");
    if (job->text) {
      fprintf(job->text, "dL/d %s  float32%s\n", name, shape_text(&port->shape, shape));
      array_print(&value, job->text);
    }
    if (d && is_given(job, name)) ok = check(job, d, name, &value, found, entry, fault);
    json_array_append_new(list, entry);
  } else { /* L itself */
    const double loss = array_value(&value, 0);
    json_object_set_new(job->result, "loss", report_number(loss));
    const char *output = job->settings->gradient;
    if (job->text && job->target.file)
      fprintf(job->text, "L = mean of (y - t)^2 = %.9g\n", loss);
    else if (job->text)
      fprintf(job->text, "L = sum of %s = %.9g\n", *output ? output : "all float32 outputs", loss);
  }
  array_destroy(&value);
  return ok;
}

/* Inputs that no gradient reaches. */
static void tell_unreached(struct job *job, json_t *list) {
  char name[1024];
  for (size_t k = 0; k < job->in.count; k++) {
    const struct port *p = &job->in.item[k];
    bool reached = p->value.type != ATR_F32;
    atr_port port;
    for (size_t i = job->out.count; !reached && (port = atr_plan_output(job->plan, i)).name != NULL; i++)
      reached = tensor_of(port.name, name) && !strcmp(name, p->port.name);
    if (reached) continue;
    json_array_append_new(list,
                          json_pack("{s:o, s:o, s:n, s:n, s:n}", "tensor", report_text(p->port.name), "shape",
                                    shape_json(&p->value.shape), "values", "at", "difference"));
    if (job->text)
      fprintf(job->text, "dL/d %s  zero: L does not depend on it, or only in steps\n", p->port.name);
  }
}

/* Long work is announced. */
static void announce(struct job *job, const struct differences *d) {
  atr_port port;
  char name[1024];
  double runs = 0;
  const double seconds = differences_seconds(d);
  for (size_t i = job->out.count; (port = atr_plan_output(job->plan, i)).name != NULL; i++) {
    size_t count = 1;
    for (int k = 0; k < port.shape.rank; k++) count *= (size_t)port.shape.dim[k];
    if (tensor_of(port.name, name) && is_given(job, name)) runs += 2 * (double)differences_sampled(d, count);
  }
  if (runs * seconds > 20)
    report_say(job->report, "%.0f runs in double take about %.0f s; --samples makes them fewer", runs,
               runs * seconds);
}

bool gradient_tell(struct job *job, struct fault *fault) {
  struct differences *d = NULL;
  struct found found = { 0 };
  json_t *list = json_array();
  atr_port port;
  bool ok = !job->settings->check_gradient || differences_open(job, &d, fault);
  if (ok && d) announce(job, d);
  for (size_t i = job->out.count; ok && (port = atr_plan_output(job->plan, i)).name != NULL; i++)
    ok = tell_one(job, &port, d, &found, list, fault);
  differences_close(d);
  if (ok) tell_unreached(job, list);
  json_object_set_new(job->result, "gradient", list);
  if (!ok || !job->settings->check_gradient) return ok;
  if (job->text)
    fprintf(job->text,
            "gradient: %zu numbers of %zu tensors compared with differences, %zu on a kink, %zu differ\n",
            found.elements, found.tensors, found.kinks, found.wrong);
  return !found.wrong ||
         fault_set(fault, FAULT_CHECK, "%s (%zu of %zu differ)", found.text, found.wrong, found.elements);
}
