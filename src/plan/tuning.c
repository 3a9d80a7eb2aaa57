/* tuning.c: the file of choices, see tuning.h and device_file.h. A line has, behind its device, the library's
 * version, a digest, the operator's domain and name, and the algorithm. What an operator does not have is
 * passed over, so that nothing the file says can do more than cost time. */
#include "config.h"

#include "plan/tuning.h"

#include <stdio.h>
#include <string.h>

#include <xxhash.h>

#include <atrous/version.h>

#include "base/alloc.h"
#include "plan/device_file.h"

static const char NAME[] = "tuning.txt";

struct atr__tunings {
  char *lines; /* of this device and version, behind what they all begin with; NUL-terminated */
};

static void free_tunings(struct atr__tunings *t) {
  if (t) atr__free(t->lines);
  atr__free(t);
}

static void put_int(atr__text *bytes, int64_t value) {
  atr__text_add_bytes(bytes, (const char *)&value, sizeof value);
}

void atr__tuning_digest(const atr__step *step, const atr__cl_query *q, char digest[ATR__DIGEST]) {
  atr__text bytes = ATR__TEXT_INIT;
  atr__text_add(&bytes, "%s %s ", step->op->domain, step->op->name);
  atr__text_add_bytes(&bytes, step->params, step->op->params_size);
  put_int(&bytes, q->exact);
  put_int(&bytes, q->readers_blocked);
  put_int(&bytes, (int64_t)q->n_in);
  for (size_t i = 0; i < q->n_in + q->n_out; i++) {
    const atr__cl_tensor *t = i < q->n_in ? &q->in[i] : &q->out[i - q->n_in];
    put_int(&bytes, t->type);
    put_int(&bytes, t->is_param);
    put_int(&bytes, i < q->n_in ? t->layout : ATR__PLAIN);
    put_int(&bytes, t->shape.rank);
    for (int k = 0; k < t->shape.rank; k++) put_int(&bytes, t->shape.dim[k]);
  }
  const XXH128_hash_t hash = XXH3_128bits(bytes.data, bytes.failed ? 0 : bytes.length);
  snprintf(digest, ATR__DIGEST, "%016llx%016llx", (unsigned long long)hash.high64,
           (unsigned long long)hash.low64);
  atr__text_free(&bytes);
}

/* What the lines of this device and version begin with. */
static atr_status begin(const atr_context *context, atr__text *text, atr_error *error) {
  atr__device_file_key(text, &context->info);
  atr__text_add(text, "%s\t", ATR_VERSION);
  return text->failed ? atr__nomem(error, text->length) : ATR_OK;
}

static struct atr__tunings *load(const atr_context *context) {
  struct atr__tunings *t = atr__calloc(1, sizeof *t);
  atr__text key = ATR__TEXT_INIT, lines = ATR__TEXT_INIT;
  char *file = t && context->cache_dir ? atr__device_file_read(context->cache_dir, NAME) : NULL;
  if (file && !begin(context, &key, NULL))
    for (const char *line, *after = file; (line = atr__device_file_find(after, key.data, &after));)
      if (after[-1] == '\n')
        atr__text_add_bytes(&lines, line + key.length, (size_t)(after - line) - key.length);
  if (lines.failed) atr__text_free(&lines);
  if (t) t->lines = lines.data;
  atr__text_free(&key);
  atr__free(file);
  return t;
}

static void add_entry(atr__text *text, const atr__op *op, const char *digest) {
  atr__text_add(text, "%s\t%s\t%s\t", digest, op->domain, op->name);
}

static struct atr__tunings *loaded(atr_context *context) {
  if (!context->tunings) {
    context->tunings = load(context);
    context->free_tunings = free_tunings;
  }
  return context->tunings;
}

/* What stands behind this key. */
static const atr__cl_row *row_behind(const char *lines, const atr__text *key, const atr__op *op) {
  const char *after, *line = atr__device_file_find(lines, key->data, &after);
  if (!line) return NULL;
  line += key->length;
  const size_t length = strcspn(line, "\n");
  for (const atr__cl_row *row = op->cl; row && row->algorithm; row++)
    if (strlen(row->algorithm) == length && !strncmp(row->algorithm, line, length)) return row;
  return NULL;
}

const atr__cl_row *atr__tuning_row(atr_context *context, const atr__step *step, const atr__cl_query *query) {
  const atr__cl_row *row = NULL;
  atr__mutex_lock(context->lock);
  const struct atr__tunings *t = loaded(context);
  if (t && t->lines) {
    char digest[ATR__DIGEST];
    atr__text key = ATR__TEXT_INIT;
    atr__tuning_digest(step, query, digest);
    add_entry(&key, step->op, digest);
    if (!key.failed) row = row_behind(t->lines, &key, step->op);
    atr__text_free(&key);
  }
  atr__mutex_unlock(context->lock);
  return row;
}

atr_status atr__tuning_store(atr_context *context, const atr__tuned *list, size_t n, atr_error *error) {
  atr__text key = ATR__TEXT_INIT, lines = ATR__TEXT_INIT;
  atr__text *const old = atr__calloc(n, sizeof *old);
  const char **const begins = atr__calloc(n, sizeof *begins);
  atr_status status = old && begins ? ATR_OK : atr__nomem(error, n * sizeof *old);
  if (!status) status = begin(context, &key, error);
  for (size_t i = 0; i < n && !status; i++) {
    atr__text_add_bytes(&old[i], key.data, key.length);
    add_entry(&old[i], list[i].op, list[i].digest);
    if (list[i].row && !old[i].failed) atr__text_add(&lines, "%s%s\n", old[i].data, list[i].row->algorithm);
    if (old[i].failed) status = atr__nomem(error, key.length);
    begins[i] = old[i].data;
  }
  if (!status) status = atr__device_file_replace(context->cache_dir, NAME, begins, n, &lines, error);
  if (!status) {
    struct atr__tunings *fresh = load(context);
    atr__mutex_lock(context->lock);
    struct atr__tunings *before = context->tunings;
    context->tunings = fresh;
    context->free_tunings = free_tunings;
    atr__mutex_unlock(context->lock);
    free_tunings(before);
  }
  for (size_t i = 0; old && i < n; i++) atr__text_free(&old[i]);
  atr__free(old);
  atr__free(begins);
  atr__text_free(&key);
  atr__text_free(&lines);
  return status;
}
