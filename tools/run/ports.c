/* ports.c: which SRC goes to which input, which output to which DST; see run.h. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/run.h"

void ports_close(struct ports *ports) {
  for (size_t i = 0; i < ports->count; i++) array_destroy(&ports->item[i].value);
  free(ports->item);
  memset(ports, 0, sizeof *ports);
}

static bool collect(struct ports *ports, const atr_model *model, port_at port, struct fault *fault) {
  ports->model = model;
  ports->at = port;
  while (port(model, ports->count).name) ports->count++;
  ports->item = calloc(ports->count + 1, sizeof *ports->item);
  if (!ports->item) return fault_nomem(fault, ports->count * sizeof *ports->item);
  for (size_t i = 0; i < ports->count; i++) {
    ports->item[i].port = port(model, i);
    ports->item[i].want = ports->item[i].port.shape;
  }
  return true;
}

/* The port that "NAME=REST" names, with REST, or NULL. */
static struct port *named(const struct ports *ports, const char *text, const char **rest) {
  const int at = port_named(ports->model, ports->at, text, rest);
  return at < 0 ? NULL : &ports->item[at];
}

/* "NAME=…" of a name that the model lacks, rather than a file with = in its name. */
static bool looks_named(const char *text) {
  return strchr(text, '=') && access(text, F_OK) != 0;
}

static bool give(const struct job *job, struct port *port, const char *kind, const char *file,
                 struct fault *fault) {
  if (port->file)
    return options_usage(job->program, fault, "%s \"%s\" is given twice", kind, port->port.name);
  port->file = file;
  return true;
}

/* Named ones first; the others take what is left in order, zeros and random all of it. */
static bool assign(const struct job *job, struct ports *ports, const struct option_texts *texts,
                   const char *kind, struct fault *fault) {
  const char *rest;
  char list[PORT_NAMES];
  for (int i = 0; i < texts->count; i++) {
    struct port *port = named(ports, texts->item[i], &rest);
    if (port && !give(job, port, kind, rest, fault)) return false;
    if (!port && looks_named(texts->item[i]))
      return port_unknown(job->program, ports->model, ports->at, kind, texts->item[i], fault);
  }
  for (int i = 0; i < texts->count; i++) {
    const char *text = texts->item[i];
    if (named(ports, text, &rest)) continue;
    const bool all = !strcmp(text, "zeros") || !strcmp(text, "random");
    bool any = false;
    for (size_t k = 0; k < ports->count && (all || !any); k++) {
      if (ports->item[k].file) continue;
      ports->item[k].file = text;
      any = true;
    }
    if (!any)
      return options_usage(job->program, fault, "\"%.80s\": no %s is left for it (%s)", text, kind,
                           port_names(ports->model, ports->at, list));
  }
  return true;
}

static bool size_inputs(const struct job *job, struct ports *ports, struct fault *fault) {
  const struct option_texts *texts = &job->settings->shapes;
  for (int i = 0; i < texts->count; i++) {
    atr_shape shape;
    const int at = shape_option(job->program, job->model, texts->item[i], &shape, fault);
    if (at < 0) return false;
    ports->item[at].want = shape;
    ports->item[at].sized = true;
  }
  return true;
}

static bool check_sources(const struct job *job, struct fault *fault) {
  int stdins = 0;
  char shape[SHAPE_TEXT];
  for (size_t i = 0; i < job->in.count; i++) {
    const struct port *p = &job->in.item[i];
    if (!p->file) {
      fault_set(fault, FAULT_USAGE, "input \"%s\", %s%s, has no values", p->port.name,
                atr_type_name(p->port.type), shape_text(&p->want, shape));
      return fault_remedy(fault, "give -i %s=FILE, or -i random", p->port.name);
    }
    stdins += !strcmp(p->file, "-");
  }
  return stdins < 2 || options_usage(job->program, fault, "standard input is given to two inputs");
}

static bool check_sinks(const struct job *job, struct fault *fault) {
  const struct settings *s = job->settings;
  int stdouts = 0;
  for (size_t i = 0; i < job->out.count; i++) {
    const char *file = job->out.item[i].file;
    if (!file) continue;
    if (!sink_check(file, job->common->no_clobber, fault)) return false;
    stdouts += !strcmp(file, "-");
    for (size_t k = 0; k < i; k++)
      if (job->out.item[k].file && strcmp(file, "-") && !strcmp(file, job->out.item[k].file))
        return options_usage(job->program, fault, "two outputs go to \"%.200s\"", file);
  }
  if (!stdouts) return true;
  if (stdouts > 1 || !job->report->data_on_stdout || s->trace || s->gradient || s->placement ||
      (s->profile && !*s->profile))
    return options_usage(job->program, fault,
                         "two things want standard output; keep -o - alone, or give files");
  return true;
}

bool ports_open(struct job *job, struct fault *fault) {
  if (!collect(&job->in, job->model, atr_model_input, fault) ||
      !collect(&job->out, job->model, atr_model_output, fault) || !size_inputs(job, &job->in, fault))
    return false;
  if (job->settings->verify) return true;
  if (!assign(job, &job->in, &job->settings->inputs, "input", fault) ||
      !assign(job, &job->out, &job->settings->outputs, "output", fault) || !check_sources(job, fault) ||
      !check_sinks(job, fault))
    return false;
  for (size_t i = 0; i < job->out.count; i++)
    if (job->out.item[i].file && !strcmp(job->out.item[i].file, "-")) job->text = NULL;
  return true;
}

bool ports_read(struct job *job, struct fault *fault) {
  for (size_t i = 0; i < job->in.count; i++) {
    struct port *p = &job->in.item[i];
    const struct source source = { p->file, ((uint64_t)job->common->seed << 16) + i, job->settings->pixels,
                                   atr_model_metadata(job->model, "atrous.input") };
    if (!source_read(&source, &p->port, &p->want, &p->value, fault)) return false;
  }
  return true;
}

json_t *ports_json(const struct ports *ports) {
  json_t *list = json_array();
  for (size_t i = 0; i < ports->count; i++) {
    const struct port *p = &ports->item[i];
    struct array_stats stats;
    array_describe(&p->value, &stats);
    json_array_append_new(list, json_pack("{s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:I}", "name",
                                          report_text(p->port.name), "type", atr_type_name(p->port.type),
                                          "shape", shape_json(&p->value.shape), "file", report_text(p->file),
                                          "min", report_number(stats.min), "max", report_number(stats.max),
                                          "mean", report_number(stats.mean), "nan", (json_int_t)stats.nan));
  }
  return list;
}
