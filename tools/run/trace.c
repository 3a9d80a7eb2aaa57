/* trace.c: every tensor of a run; see run.h. */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "run/run.h"

/* The names of --trace=A,B: each a tensor's or a node's, or a pattern of them. */
struct filter {
  char *copy, *name[OPTION_REPEATS];
  bool used[OPTION_REPEATS];
  int count;
};

static bool filter_open(struct filter *f, const char *names, const struct job *job, struct fault *fault) {
  memset(f, 0, sizeof *f);
  if (!*names) return true;
  char *at = f->copy = strdup(names);
  if (!at) return fault_nomem(fault, strlen(names));
  for (char *part; (part = strsep(&at, ",")) != NULL;) {
    if (f->count == OPTION_REPEATS)
      return options_usage(job->program, fault, "--trace: more than %d names", OPTION_REPEATS);
    f->name[f->count++] = part;
  }
  return true;
}

static bool matches(struct filter *f, const atr_plan_tensor_info *t) {
  bool any = f->count == 0;
  for (int i = 0; i < f->count; i++) {
    if (fnmatch(f->name[i], t->name, 0) && (!t->node || fnmatch(f->name[i], t->node, 0)) &&
        strcmp(f->name[i], t->name) != 0 && (!t->node || strcmp(f->name[i], t->node) != 0))
      continue;
    any = f->used[i] = true;
  }
  return any;
}

static bool filter_close(struct filter *f, const struct job *job, struct fault *fault) {
  bool ok = true;
  for (int i = 0; ok && i < f->count; i++)
    if (!f->used[i]) {
      options_usage(job->program, fault, "--trace: no tensor or node is named \"%.80s\"", f->name[i]);
      ok = fault_remedy(fault, "atrous-info --model lists the nodes, --trace alone every tensor");
    }
  free(f->copy);
  return ok;
}

static bool tell(struct job *job, const atr_plan_tensor_info *t, json_t *list, struct fault *fault) {
  struct array value;
  char shape[SHAPE_TEXT];
  if (!execute_read(job->run, t->name, t->type, &t->shape, &value, fault)) return false;
  if (job->text) {
    fprintf(job->text, "%s %s%s%s  %s%s\n", t->op ? t->op : "given", t->node ? t->node : "",
            t->node ? ": " : "", t->name, atr_type_name(t->type), shape_text(&t->shape, shape));
    array_print(&value, job->text);
  }
  json_array_append_new(list, json_pack("{s:o, s:o, s:o, s:s, s:o, s:o}", "node", report_text(t->node), "op",
                                        report_text(t->op), "tensor", report_text(t->name), "type",
                                        atr_type_name(t->type), "shape", shape_json(&t->shape), "values",
                                        array_json(&value)));
  array_destroy(&value);
  return true;
}

static bool is_own(const struct job *job, const char *node) {
  for (size_t i = 0; i < atr_model_layers(job->model); i++)
    if (!strcmp(atr_model_layer(job->model, i).name, node)) return true;
  return false;
}

/* How many tensors there are; what --gradient adds to the model, and tells itself, comes behind its own. */
static size_t own_tensors(const struct job *job) {
  atr_plan_tensor_info t;
  size_t n = 0;
  for (size_t i = 0; (t = atr_plan_tensor(job->plan, i)).name != NULL; i++)
    if (!job->differentiated || (t.node && is_own(job, t.node))) n = i + 1;
  return n;
}

bool trace_tell(struct job *job, struct fault *fault) {
  struct filter filter;
  json_t *list = json_array();
  bool ok = filter_open(&filter, job->settings->trace, job, fault);
  const size_t n = own_tensors(job);
  for (size_t i = 0; ok && i < n; i++) {
    const atr_plan_tensor_info t = atr_plan_tensor(job->plan, i);
    if (matches(&filter, &t)) ok = tell(job, &t, list, fault);
  }
  if (ok)
    ok = filter_close(&filter, job, fault);
  else
    free(filter.copy);
  json_object_set_new(job->result, "trace", list);
  return ok;
}
