/* models.c: whole models beside ONNX Runtime: from inputs in memory to all outputs read. With --device auto
 * each runs where the library chooses (atr_choose): tiny ones stay on the host.
 *
 *   models [OPTIONS of common.h] FILE[=SHAPE,SHAPE …] …     shapes as 1x3x224x224; free dimensions are 1
 * without */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atrous.h>

#include "common.h"

enum { PORTS = 32 };

typedef struct {
  const char *name;
  void *data;
  size_t bytes;
} port;

typedef struct {
  atr_context *context;
  atr_plan *plan;
  atr_run *run;
  port in[PORTS], out[PORTS];
  size_t n_in, n_out;
} subject;

static port port_of(const atr_port *p) {
  size_t count = 1;
  for (int k = 0; k < p->shape.rank; k++) count *= (size_t)p->shape.dim[k];
  port made = { p->name, NULL, count * atr_type_size(p->type) };
  if (!(made.data = calloc(made.bytes + 1, 1))) die("memory", "out");
  uint32_t state = 1;
  float *values = made.data;
  for (size_t k = 0; p->type == ATR_F32 && k < count; k++) {
    state = state * 1664525u + 1013904223u;
    values[k] = (float)(state >> 8) * (2.0f / 16777216.0f) - 1.0f;
  }
  return made;
}

static double subject_time(void *self, int batch) {
  subject *s = self;
  const double start = now();
  for (int k = 0; k < batch; k++) {
    for (size_t i = 0; i < s->n_in; i++)
      if (atr_run_write(s->run, s->in[i].name, s->in[i].data, s->in[i].bytes))
        die("run", atr_run_error(s->run));
    if (atr_run_execute(s->run)) die("run", atr_run_error(s->run));
    for (size_t i = 0; i < s->n_out; i++)
      if (atr_run_read(s->run, s->out[i].name, s->out[i].data, s->out[i].bytes))
        die("run", atr_run_error(s->run));
  }
  return (now() - start) / batch;
}

/* Shapes from the text behind the file's name, free dimensions 1. */
static size_t shapes_of(const atr_model *model, const char *text, atr_shape shape[PORTS]) {
  size_t count = 0;
  for (atr_port p; count < PORTS && (p = atr_model_input(model, count)).name; count++) {
    shape[count] = p.shape;
    if (text) {
      char *end;
      shape[count].rank = 0;
      while (shape[count].rank < ATR_RANK_MAX) {
        const long long dim = strtoll(text, &end, 10);
        if (end == text) break;
        shape[count].dim[shape[count].rank++] = dim;
        text = end + (*end == 'x');
      }
      text = *text == ',' ? text + 1 : NULL;
    }
    for (int i = 0; i < shape[count].rank; i++)
      if (shape[count].dim[i] < 0) shape[count].dim[i] = 1;
  }
  return count;
}

/* NULL, or why the model cannot be had here. */
static const char *subject_make(subject *s, const char *device, const char *path, const char *shapes) {
  atr_prediction best;
  static atr_error e;
  atr_shape shape[PORTS];
  atr_model *model;
  memset(s, 0, sizeof *s);
  e = (atr_error)ATR_ERROR_INIT;
  if (atr_model_load(path, NULL, &e, &model)) return e.text;
  size_t listed;
  const size_t n = shapes_of(model, shapes, shape);
  if (!strcmp(device, "auto") && !atr_choose(model, shape, n, NULL, &e, &best, 1, &listed))
    device = best.device;
  const int failed = atr_context_open(device, NULL, &e, &s->context) ||
                     atr_plan_create(model, s->context, shape, n, NULL, &e, &s->plan) ||
                     atr_run_create(s->plan, &e, &s->run);
  atr_model_destroy(model);
  if (failed) return e.text;
  for (atr_port p; s->n_in < PORTS && (p = atr_plan_input(s->plan, s->n_in)).name;)
    s->in[s->n_in++] = port_of(&p);
  for (atr_port p; s->n_out < PORTS && (p = atr_plan_output(s->plan, s->n_out)).name;) {
    for (int k = 0; k < p.shape.rank; k++)
      if (p.shape.dim[k] < 0) return "the size of an output follows from data";
    s->out[s->n_out++] = port_of(&p);
  }
  return NULL;
}

static void subject_free(subject *s) {
  for (size_t i = 0; i < s->n_in; i++) free(s->in[i].data);
  for (size_t i = 0; i < s->n_out; i++) free(s->out[i].data);
  atr_run_destroy(s->run);
  atr_plan_destroy(s->plan);
  atr_context_destroy(s->context);
}

/* The file's name without .onnx, or its folder's where it is model.onnx. */
static void name_of(char *path, char name[64]) {
  char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
  if (slash && !strcmp(slash, "/model.onnx")) {
    *slash = '\0';
    char *folder = strrchr(path, '/');
    snprintf(name, 64, "%.60s", folder ? folder + 1 : path);
    *slash = '/';
    return;
  }
  snprintf(name, 64, "%.*s", (int)(dot ? dot - (slash ? slash + 1 : path) : 60), slash ? slash + 1 : path);
}

static void compare(process *ort, const settings *s, const char *word) {
  char path[4096], line[4600], name[64];
  subject own;
  snprintf(path, sizeof path, "%s", word);
  char *shapes = strchr(path, '=');
  if (shapes) *shapes++ = '\0';
  name_of(path, name);
  const char *why = subject_make(&own, s->device, path, shapes);
  if (why) {
    fprintf(stderr, "models: %s: %s\n", path, why);
    subject_free(&own);
    return;
  }
  contender list[] = { { .name = "Atrous", .time = subject_time, .self = &own },
                       { .name = "ORT", .self = ort } };
  snprintf(line, sizeof line, "load %s %s", path, shapes ? shapes : "");
  for (char *comma = line + 5 + strlen(path); (comma = strchr(comma, ','));) *comma = ' ';
  atr_device_info info = { .size = sizeof info };
  atr_context_info(own.context, &info);
  snprintf(list[0].note, sizeof list[0].note, "%.40s", info.id);
  if (process_ready(ort, line)) list[1].time = process_time;
  contest_run(list, 2, s->repetitions);
  contest_print(s->form, &(contest_row){ name, "models", 1.3, 0 }, list, 2, s->repetitions);
  subject_free(&own);
}

int main(int argc, char **argv) {
  const settings s = settings_read(argc, argv, 15);
  process list[PROCESSES] = { { 0 } };
  settings_start(&s, 1u << ORT, list);
  setenv("POCL_WORK_GROUP_SPECIALIZATION", "0", 0); /* as the programs do */
  static const contender names[] = { { .name = "Atrous" }, { .name = "ORT" } };
  contest_header(s.form, names, 2, s.repetitions);
  for (char *const *word = s.words; *word; word++) compare(&list[ORT], &s, *word);
  process_end(&list[ORT]);
  return 0;
}
