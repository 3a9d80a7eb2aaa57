/* verify.c: --verify: a model against the test data that comes with it, in ONNX's form: DIR (or each
 * DIR/test_data_set_N) holds input_0.pb, input_1.pb … and output_0.pb …, in the order of the model's ports.
 *
 * A value agrees where |got - want| ≤ atol + rtol·|want|, NaN with NaN and an infinity with itself, as
 * numpy's allclose has it. */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/output.h"
#include "common/progress.h"
#include "run/pb.h"
#include "run/run.h"

enum { PATH = 4096, SETS = 4096, DATA_MOST = INT32_MAX };

struct checking {
  struct job *job;
  double rtol, atol;
  size_t passed, failed, skipped;
  double worst; /* deviation over what is allowed */
  char worst_case[64];
  json_t *worst_json;
  char first[512]; /* the sentence of the first that differs */
};

static bool exists(const char *folder, const char *kind, size_t k) {
  char path[PATH];
  snprintf(path, sizeof path, "%s/%s_%zu.pb", folder, kind, k);
  return access(path, F_OK) == 0;
}

static bool load(const char *folder, const char *kind, size_t k, struct array *a, struct fault *fault) {
  char path[PATH], *bytes;
  size_t size;
  memset(a, 0, sizeof *a);
  if ((size_t)snprintf(path, sizeof path, "%s/%s_%zu.pb", folder, kind, k) >= sizeof path)
    return fault_errno(fault, folder, "read", ENAMETOOLONG);
  if (!input_read(path, DATA_MOST, &bytes, &size, fault)) return false;
  const bool ok = pb_decode((const uint8_t *)bytes, size, a, fault);
  free(bytes);
  return ok || fault_at(fault, path, 0, 0);
}

static bool load_inputs(struct job *job, const char *folder, bool *same, struct fault *fault) {
  char text[64];
  *same = job->plan != NULL;
  if (exists(folder, "input", job->in.count)) {
    fault_set(fault, FAULT_DATA, "there are more than the model's %zu inputs", job->in.count);
    return fault_at(fault, folder, 0, 0);
  }
  for (size_t i = 0; i < job->in.count; i++) {
    struct port *p = &job->in.item[i];
    const atr_shape before = p->value.shape;
    snprintf(text, sizeof text, "input_%zu.pb", i);
    array_destroy(&p->value);
    if (!load(folder, "input", i, &p->value, fault)) return false;
    if (!array_fit(&p->value, p->port.name, &p->want, fault) || !array_cast(&p->value, p->port.type, fault))
      return !fault->file[0] ? fault_at(fault, folder, 0, 0) : false;
    *same = *same && shape_equal(&before, &p->value.shape);
  }
  return true;
}

static void close_plan(struct job *job) {
  atr_run_destroy(job->run);
  atr_plan_destroy(job->plan);
  job->run = NULL;
  job->plan = NULL;
  for (size_t i = 0; i < job->out.count; i++) array_destroy(&job->out.item[i].value);
}

/* The farthest element, by deviation over what is allowed; above 1 it differs. */
static double compare(const struct checking *c, const struct array *got, const struct array *want,
                      size_t *at) {
  double worst = 0;
  *at = 0;
  for (size_t i = 0; i < want->count; i++) {
    const double g = array_value(got, i), w = array_value(want, i);
    if ((isnan(g) && isnan(w)) || (isinf(g) && g >= w && g <= w)) continue;
    const double off = fabs(g - w) / (c->atol + c->rtol * fabs(w));
    if (off <= worst) continue;
    worst = isnan(off) ? INFINITY : off;
    *at = i;
    if (isinf(worst)) break;
  }
  return worst;
}

static bool check_output(struct checking *c, const char *folder, const char *name, size_t k, double *worst,
                         char text[512], struct fault *fault) {
  const struct port *p = &c->job->out.item[k];
  struct array want;
  char has[SHAPE_TEXT], wants[SHAPE_TEXT];
  size_t at = 0;
  double off = INFINITY;
  if (!load(folder, "output", k, &want, fault)) return false;
  const bool alike = shape_equal(&want.shape, &p->value.shape) &&
                     (want.type == p->value.type || (want.type == ATR_F64 && p->value.type == ATR_F32));
  if (alike) off = compare(c, &p->value, &want, &at);
  if (off > *worst || !*text) {
    if (!alike)
      snprintf(text, 512, "%.100s is %s%s, expected %s%s", p->port.name, atr_type_name(p->value.type),
               shape_text(&p->value.shape, has), atr_type_name(want.type), shape_text(&want.shape, wants));
    else if (want.count)
      snprintf(text, 512, "%.100s%s is %.9g, expected %.9g", p->port.name, index_text(&want.shape, at, has),
               array_value(&p->value, at), array_value(&want, at));
  }
  if (off > *worst) *worst = off;
  if (alike && want.count && (off > c->worst || !c->worst_json)) {
    c->worst = off;
    json_decref(c->worst_json);
    c->worst_json =
        json_pack("{s:o, s:o, s:o, s:o, s:o}", "case", report_text(name), "output", report_text(p->port.name),
                  "index", index_json(&want.shape, at), "got", report_number(array_value(&p->value, at)),
                  "want", report_number(array_value(&want, at)));
  }
  array_destroy(&want);
  return true;
}

/* False where the data or the model cannot be used, not where they differ. */
static bool one(struct checking *c, const char *folder, const char *name, struct fault *fault) {
  struct job *job = c->job;
  bool same;
  char text[512] = "";
  double worst = 0;
  if (!load_inputs(job, folder, &same, fault)) {
    if (fault->code != FAULT_UNSUPPORTED) return false;
    report_warn(job->report, "skipped", "%s: %s", name, fault->text);
    *fault = (struct fault)FAULT_INIT;
    c->skipped++;
    close_plan(job);
    return true;
  }
  if (!same) {
    close_plan(job);
    if (!execute_plan(job, fault)) return false;
    execute_placement(job);
  }
  if (!execute_write(job, fault) || !execute_times(job, fault)) return false;
  size_t n = 0;
  for (; n < job->out.count && exists(folder, "output", n); n++)
    if (!check_output(c, folder, name, n, &worst, text, fault)) return false;
  if (!n) {
    fault_set(fault, FAULT_DATA, "there is no output_0.pb to compare with");
    return fault_at(fault, folder, 0, 0);
  }
  const bool ok = worst <= 1;
  if (ok)
    c->passed++;
  else
    c->failed++;
  if (!ok && !c->first[0]) snprintf(c->first, sizeof c->first, "%.60s: %.440s", name, text);
  if (job->text) fprintf(job->text, "%s: %s; farthest: %s\n", name, ok ? "ok" : "DIFFERS", text);
  return true;
}

static int by_number(const void *a, const void *b) {
  const char *x = *(char *const *)a, *y = *(char *const *)b;
  const size_t n = strlen(x), m = strlen(y);
  return n != m ? (n > m) - (n < m) : strcmp(x, y);
}

static bool list_sets(const char *folder, char ***list, size_t *count, struct fault *fault) {
  DIR *dir = opendir(folder);
  struct dirent *entry;
  bool ok = dir != NULL;
  if (!dir) return fault_errno(fault, folder, "read the folder", errno);
  *list = calloc(SETS, sizeof **list);
  if (!*list) ok = fault_nomem(fault, SETS * sizeof **list);
  while (ok && *count < SETS && (entry = readdir(dir)) != NULL) {
    if (strncmp(entry->d_name, "test_data_set_", 14) != 0) continue;
    (*list)[*count] = strdup(entry->d_name);
    if (!(*list)[(*count)++]) ok = fault_nomem(fault, strlen(entry->d_name));
  }
  closedir(dir);
  if (ok) qsort(*list, *count, sizeof **list, by_number);
  return ok;
}

static bool all(struct checking *c, struct fault *fault) {
  const char *folder = c->job->settings->verify;
  char **list = NULL;
  size_t count = 0;
  if (exists(folder, "input", 0) || exists(folder, "output", 0)) return one(c, folder, folder, fault);
  bool ok = list_sets(folder, &list, &count, fault);
  if (ok && !count) {
    fault_set(fault, FAULT_DATA, "there is neither input_0.pb nor a folder test_data_set_0");
    ok = fault_at(fault, folder, 0, 0);
  }
  for (size_t i = 0; ok && i < count; i++) {
    char path[PATH];
    snprintf(path, sizeof path, "%s/%s", folder, list[i]);
    ok = one(c, path, list[i], fault);
  }
  for (size_t i = 0; i < count; i++) free(list[i]);
  free(list);
  return ok;
}

bool verify_run(struct job *job, struct fault *fault) {
  const struct settings *s = job->settings;
  struct checking c = { .job = job,
                        .rtol = s->rtol < 0 ? 1e-3 : s->rtol,
                        .atol = s->atol < 0 ? 1e-4 : s->atol };
  const bool ok = all(&c, fault);
  json_object_set_new(job->result, "verify",
                      json_pack("{s:I, s:I, s:I, s:o}", "passed", (json_int_t)c.passed, "failed",
                                (json_int_t)c.failed, "skipped", (json_int_t)c.skipped, "worst",
                                c.worst_json ? c.worst_json : json_null()));
  if (!ok) return false;
  if (job->text)
    fprintf(job->text, "verify: %zu passed, %zu differ, %zu skipped (rtol %g, atol %g)\n", c.passed, c.failed,
            c.skipped, c.rtol, c.atol);
  if (c.failed) return fault_set(fault, FAULT_CHECK, "%s", c.first);
  return c.passed || fault_set(fault, FAULT_UNSUPPORTED, "no test data could be used");
}
