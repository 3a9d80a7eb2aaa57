/* cases.c: ONNX's test folders through the reader, the writer and plans; see cases.h. */
#include "config.h"

#include "cases.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atrous/plan.h>

#include "base/alloc.h"
#include "onnx/onnx.h"
#include "tensor/shape.h"

enum { PORTS = 32, STRING = 8, FLOAT16 = 10, TYPES = 17 };

/* A case's file, unpacked, and the tensors of one data set for its inputs (those that are no initializers).
 */
typedef struct material {
  void *bytes;
  size_t size;
  Atr__ModelProto *file;
  const char *name[PORTS];
  atr__blob *in[PORTS];
  size_t n;
} material;

static atr_status read_whole(const char *set, const char *kind, int k, atr_error *error, void **bytes,
                             size_t *size) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s_%d.pb", set, kind, k);
  return atr__file_read(path, 1 << 30, error, bytes, size);
}

/* The K-th tensor of a data set. */
static atr_status load_tensor(const char *set, const char *kind, int k, atr_error *error, atr__blob **blob) {
  void *bytes;
  size_t size;
  *blob = NULL;
  atr_status status = read_whole(set, kind, k, error, &bytes, &size);
  if (!status) status = atr__onnx_tensor_parse(bytes, size, NULL, error, blob);
  if (status) atr__fail_in(error, status, "%s_%d", kind, k);
  atr__free(bytes);
  return status;
}

static void drop_set(material *m) {
  for (size_t i = 0; i < m->n; i++) {
    atr__blob_release(m->in[i]);
    m->in[i] = NULL;
  }
}

static void drop_material(material *m) {
  drop_set(m);
  if (m->file) atr__model_proto__free_unpacked(m->file, NULL);
  atr__free(m->bytes);
}

static int is_initializer(const Atr__GraphProto *g, const char *name) {
  for (size_t i = 0; i < g->n_initializer; i++)
    if (!strcmp(g->initializer[i]->name, name)) return 1;
  return 0;
}

static atr_status load_material(material *m, const char *path, atr_error *error) {
  *m = (material){ 0 };
  atr_status status = atr__file_read(path, 1 << 30, error, &m->bytes, &m->size);
  if (status) return status;
  m->file = atr__model_proto__unpack(NULL, m->size, m->bytes);
  if (!m->file || !m->file->graph) return atr__fail(error, ATR_E_FORMAT, "%s: no model", path);
  const Atr__GraphProto *g = m->file->graph;
  for (size_t i = 0; i < g->n_input && m->n < PORTS; i++)
    if (!is_initializer(g, g->input[i]->name)) m->name[m->n++] = g->input[i]->name;
  return ATR_OK;
}

static int element_type(const Atr__ValueInfoProto *port) {
  const Atr__TypeProto__Tensor *tensor = port->type ? port->type->tensor_type : NULL;
  return tensor && tensor->has_elem_type ? (int)tensor->elem_type : 0;
}

/* float32, an integer or bool: what the house promises nearly all of. */
static int plain_type(int number) {
  return number >= ATR_F32 && number <= 13 && number != STRING && number != FLOAT16 && number != ATR_F64;
}

static cases_kind kind_of(const Atr__GraphProto *g) {
  for (size_t i = 0; i < g->n_input; i++)
    if (!plain_type(element_type(g->input[i]))) return CASES_OTHER;
  for (size_t i = 0; i < g->n_output; i++)
    if (!plain_type(element_type(g->output[i]))) return CASES_OTHER;
  return g->n_node == 1 ? CASES_PLAIN : CASES_SEVERAL;
}

static atr_status load_set(material *m, const char *set, atr_error *error) {
  for (size_t i = 0; i < m->n; i++) {
    atr_status status = load_tensor(set, "input", (int)i, error, &m->in[i]);
    if (status && !element_type(m->file->graph->input[i])) return ATR_E_UNSUPPORTED; /* not a tensor */
    if (status) return status == ATR_E_IO ? ATR_E_UNSUPPORTED : status; /* an optional input without data */
  }
  return ATR_OK;
}

static atr_status load_file(const Atr__ModelProto *file, atr_error *error, atr_model **model) {
  const size_t size = atr__model_proto__get_packed_size(file);
  void *bytes = malloc(size);
  if (!bytes) return ATR_E_NOMEM;
  atr__model_proto__pack(file, bytes);
  atr_status status = atr_model_load_memory(bytes, size, NULL, error, model);
  free(bytes);
  return status;
}

static int near(double got, double want, double atol, double rtol) {
  if (isnan(want) || isnan(got)) return isnan(want) && isnan(got);
  if (isinf(want) || isinf(got)) return isinf(want) && isinf(got) && (want > 0) == (got > 0);
  return fabs(got - want) <= atol + rtol * fabs(want);
}

static atr_status compare(atr_run *run, atr_port port, const atr__blob *want, double atol, double rtol,
                          atr_error *error) {
  char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
  if (port.type != want->type || !atr__shape_equal(&port.shape, &want->shape))
    return atr__fail(error, ATR_E_SHAPE, "output \"%s\" is %s %s, must be %s %s", port.name,
                     atr_type_name(port.type), atr__shape_text(&port.shape, a), atr_type_name(want->type),
                     atr__shape_text(&want->shape, b));
  atr__blob *got;
  atr_status status = atr__blob_create(port.type, &port.shape, NULL, error, &got);
  if (status) return status;
  status = atr_run_read(run, port.name, got->data, got->bytes);
  if (status) atr__fail(error, status, "%s", atr_run_error(run));
  for (int64_t i = 0; !status && i < got->count; i++)
    if (!near(atr__blob_real(got, i), atr__blob_real(want, i), atol, rtol))
      status = atr__fail(error, ATR_E_NONFINITE, "output \"%s\" element %lld of %lld is %.9g, must be %.9g",
                         port.name, (long long)i, (long long)got->count, atr__blob_real(got, i),
                         atr__blob_real(want, i));
  atr__blob_release(got);
  return status;
}

static const atr__blob *data_for(const material *m, const char *name) {
  for (size_t i = 0; i < m->n; i++)
    if (!strcmp(m->name[i], name)) return m->in[i];
  return NULL;
}

static atr_status run_set(const atr_model *model, const material *m, const char *set, atr_context *context,
                          double atol, double rtol, atr_error *error) {
  atr_status status = ATR_OK;
  atr_shape shapes[PORTS];
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  atr_port port;
  size_t n = 0;
  for (; n < PORTS && (port = atr_model_input(model, n)).name; n++) shapes[n] = data_for(m, port.name)->shape;
  ATR__CHECK(atr_plan_create(model, context, shapes, n, NULL, error, &plan));
  ATR__CHECK(atr_run_create(plan, error, &run));
  for (size_t i = 0; !status && i < n; i++) {
    const atr__blob *data = data_for(m, atr_model_input(model, i).name);
    status = atr_run_write(run, atr_model_input(model, i).name, data->data, data->bytes);
  }
  if (!status) status = atr_run_execute(run);
  if (status) {
    atr__fail(error, status, "%s", atr_run_error(run));
    goto fail;
  }
  for (size_t i = 0; (port = atr_plan_output(plan, i)).name; i++) {
    atr__blob *want;
    ATR__CHECK(load_tensor(set, "output", (int)i, error, &want));
    if (want->type == ATR_U16 && port.type == ATR_BF16) want->type = ATR_BF16; /* NumPy has no bfloat16 */
    status = compare(run, port, want, atol, rtol, error);
    atr__blob_release(want);
    if (status) goto fail;
  }
fail:
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  return status;
}

/* What was loaded, written and read again; writing that gives the same bytes. */
static atr_status again(atr_model **model, atr_error *error) {
  void *bytes[2] = { NULL, NULL };
  size_t size[2];
  atr_model *read = NULL;
  atr_status status;
  ATR__CHECK(atr__onnx_write(*model, error, &bytes[0], &size[0]));
  ATR__CHECK(atr_model_load_memory(bytes[0], size[0], NULL, error, &read));
  ATR__CHECK(atr__onnx_write(read, error, &bytes[1], &size[1]));
  if (size[0] != size[1] || memcmp(bytes[0], bytes[1], size[0]))
    status = atr__fail(error, ATR_E_FORMAT, "written, read and written again the file differs");
fail:
  atr__free(bytes[0]);
  atr__free(bytes[1]);
  if (status) {
    atr__fail_in(error, ATR_E_FORMAT, "written and read again");
    atr_model_destroy(read);
    return ATR_E_FORMAT;
  }
  atr_model_destroy(*model);
  *model = read;
  return ATR_OK;
}

static atr_status run_one(atr_model *model, const material *m, const char *set, atr_context *context,
                          double atol, double rtol, atr_error *error) {
  atr_status status = again(&model, error);
  if (!status) status = run_set(model, m, set, context, atol, rtol, error);
  atr_model_destroy(model);
  return status;
}

/* One data set. What the model does not take is said as loading says it, even where the data cannot be read
 * either. */
static atr_status run_data(material *m, const char *path, const char *set, const cases_options *o,
                           atr_error *error) {
  atr_error second = ATR_ERROR_INIT;
  atr_model *model;
  atr_status status = atr_model_load(path, NULL, error, &model);
  if (status && status != ATR_E_UNSUPPORTED) return status;
  atr_status data = load_set(m, set, &second);
  if (data && !status) {
    atr_model_destroy(model);
    return atr__fail(error, data, "%.900s", second.text);
  }
  if (!status) status = run_one(model, m, set, o->context, o->atol, o->rtol, error);
  return status;
}

/* The element types that the case's operator takes in place of its own: bit i is type i of ONNX. Operators
 * check types as a model is built, so the file is loaded with each. */
static unsigned types_taken(material *m) {
  Atr__GraphProto *g = m->file->graph;
  int own = g->n_output ? element_type(g->output[0]) : 0, found = 0;
  for (size_t i = 0; i < g->n_input; i++) found |= element_type(g->input[i]) == own;
  if (!found && g->n_input) own = element_type(g->input[0]);
  if (own < 1 || own >= TYPES) return 0;
  unsigned taken = 1u << own;
  for (int type = 1; type < TYPES; type++) {
    Atr__TypeProto__Tensor *changed[PORTS];
    size_t n = 0;
    int fixed = 0; /* of values that are there already */
    for (size_t i = 0; i < g->n_input && n < PORTS; i++)
      if (element_type(g->input[i]) == own) {
        fixed |= is_initializer(g, g->input[i]->name);
        changed[n++] = g->input[i]->type->tensor_type;
      }
    if (!n || fixed) break;
    for (size_t i = 0; i < n; i++) changed[i]->elem_type = type;
    atr_error error = ATR_ERROR_INIT;
    atr_model *model = NULL;
    if (!load_file(m->file, &error, &model)) taken |= 1u << type;
    atr_model_destroy(model);
    while (n) changed[--n]->elem_type = own;
  }
  return taken;
}

cases_result cases_run(const char *folder, const cases_options *o, cases_outcome *outcome) {
  atr_error error = ATR_ERROR_INIT;
  material m;
  char path[1000], set[1000];
  int sets = 0;
  *outcome = (cases_outcome){ CASES_OTHER, "", 0, "" };
  snprintf(path, sizeof path, "%s/model.onnx", folder);
  atr_status status = load_material(&m, path, &error);
  if (!status) outcome->kind = kind_of(m.file->graph);
  for (; !status; sets++) {
    snprintf(set, sizeof set, "%s/test_data_set_%d", folder, sets);
    if (access(set, R_OK)) break;
    status = run_data(&m, path, set, o, &error);
    if (!status && !sets && o->outcomes && m.file->graph->n_node == 1) {
      snprintf(outcome->op, sizeof outcome->op, "%s", m.file->graph->node[0]->op_type);
      outcome->types = types_taken(&m);
    }
    drop_set(&m);
  }
  if (!status && !sets) status = atr__fail(&error, ATR_E_IO, "%s holds no data", folder);
  drop_material(&m);
  const char *text = error.text;
  if (!strncmp(text, path, strlen(path))) text += strlen(path) + 2; /* "PATH: " */
  snprintf(outcome->text, sizeof outcome->text, "%s", status ? text : "");
  return status == ATR_OK ? CASE_PASSED : status == ATR_E_UNSUPPORTED ? CASE_UNSUPPORTED : CASE_FAILED;
}

/* The line "NAME reason" or "SET/NAME reason" of the file; 0 where there is none. */
static int excepted(const cases_options *o, const char *name, char reason[1024]) {
  FILE *file = fopen(o->exceptions, "r");
  char line[1024], word[256], full[512];
  int found = 0, at = 0;
  snprintf(full, sizeof full, "%s/%s", o->set, name);
  while (file && !found && fgets(line, sizeof line, file))
    found = *line != '#' && sscanf(line, "%255s %n", word, &at) == 1 &&
            (!strcmp(word, name) || !strcmp(word, full));
  if (file) fclose(file);
  if (found) snprintf(reason, 1024, "%.*s", (int)strcspn(line + at, "\n"), line + at);
  return found;
}

static void note(const cases_options *o, const char *name, const char *result, const cases_outcome *outcome) {
  static const char *const kinds[CASES_KINDS] = { "plain", "several", "other" };
  if (o->outcomes)
    fprintf(o->outcomes, "%s\t%s\t%s\t%s\t%s\t%s\t%u\t%s\n", o->where, o->folder, name, kinds[outcome->kind],
            result, outcome->op, outcome->types, outcome->text);
}

/* A refusal is one line that names a node with its operator and opset, or an input or tensor of the graph. */
static int said_well(const char *text) {
  static const char *const graph[] = { "input", "output", "tensor" };
  if (strchr(text, '\n')) return 0;
  for (size_t i = 0; i < sizeof graph / sizeof *graph; i++)
    if (!strncmp(text, graph[i], strlen(graph[i]))) return 1;
  return !strncmp(text, "node ", 5) && strstr(text, "opset ");
}

static void run_named(const char *path, const char *name, const cases_options *o, cases_counts *counts) {
  const char *show = getenv("ATROUS_TEST_VERBOSE");
  cases_outcome outcome;
  char reason[1024];
  cases_options loose = *o;
  int known = excepted(o, name, reason);
  if (known && sscanf(reason, "atol=%lf", &loose.atol) == 1) { /* no exception, save from the tolerance */
    known = 0;
    o = &loose;
  }
  const cases_result result = cases_run(path, o, &outcome);
  cases_count *count = &counts->of[outcome.kind];
  if (result == CASE_UNSUPPORTED && !said_well(outcome.text)) {
    count->failed++;
    printf("# %s: refused without node, operator and opset: %s\n", name, outcome.text);
    note(o, name, "failed", &outcome);
  } else if (result == CASE_UNSUPPORTED) {
    count->unsupported++;
    if (show) printf("# not supported: %s: %s\n", name, outcome.text);
    note(o, name, "unsupported", &outcome);
  } else if (known && result == CASE_FAILED) {
    count->excepted++;
    snprintf(outcome.text, sizeof outcome.text, "%s", reason);
    note(o, name, "excepted", &outcome);
  } else if (result == CASE_PASSED && !known) {
    count->passed++;
    note(o, name, "passed", &outcome);
  } else {
    count->failed++;
    printf("# %s: %s\n", name, known ? "passes, though it is listed as an exception" : outcome.text);
    note(o, name, "failed", &outcome);
  }
  fflush(stdout);
}

cases_counts cases_run_all(const char *root, const cases_options *o) {
  cases_counts counts = { { { 0, 0, 0, 0 } } };
  struct dirent **list;
  char folder[900];
  snprintf(folder, sizeof folder, "%s/%s", root, o->folder);
  const int n = scandir(folder, &list, NULL, alphasort);
  if (n < 0) printf("# %s cannot be read\n", folder);
  for (int i = 0; i < n; i++) {
    char path[1200], model[1300];
    snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
    snprintf(model, sizeof model, "%s/model.onnx", path);
    if (*list[i]->d_name != '.' && !access(model, R_OK)) run_named(path, list[i]->d_name, o, &counts);
    free(list[i]);
  }
  if (n >= 0) free(list);
  return counts;
}
