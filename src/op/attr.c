/* attr.c: lists of attributes; see attr.h. */
#include "op/attr.h"

#include <string.h>

#include "base/alloc.h"

const atr__attr *atr__attrs_find(const atr__attrs *attrs, const char *name) {
  for (size_t i = 0; attrs && i < attrs->n; i++)
    if (!strcmp(attrs->list[i].name, name)) return &attrs->list[i];
  return NULL;
}

static const atr__attr *find_kind(const atr__attrs *attrs, const char *name, atr__attr_kind kind) {
  const atr__attr *attr = atr__attrs_find(attrs, name);
  return attr && attr->kind == kind ? attr : NULL;
}

int64_t atr__attrs_int(const atr__attrs *attrs, const char *name, int64_t otherwise) {
  const atr__attr *attr = find_kind(attrs, name, ATR__ATTR_INT);
  return attr ? attr->i : otherwise;
}

float atr__attrs_float(const atr__attrs *attrs, const char *name, float otherwise) {
  const atr__attr *attr = find_kind(attrs, name, ATR__ATTR_FLOAT);
  return attr ? attr->f : otherwise;
}

const char *atr__attrs_string(const atr__attrs *attrs, const char *name, const char *otherwise) {
  const atr__attr *attr = find_kind(attrs, name, ATR__ATTR_STRING);
  return attr ? attr->s : otherwise;
}

const int64_t *atr__attrs_ints(const atr__attrs *attrs, const char *name, size_t *n) {
  const atr__attr *attr = find_kind(attrs, name, ATR__ATTR_INTS);
  *n = attr ? attr->n : 0;
  return attr ? attr->ints : NULL;
}

const float *atr__attrs_floats(const atr__attrs *attrs, const char *name, size_t *n) {
  const atr__attr *attr = find_kind(attrs, name, ATR__ATTR_FLOATS);
  *n = attr ? attr->n : 0;
  return attr ? attr->floats : NULL;
}

const char *const *atr__attrs_strings(const atr__attrs *attrs, const char *name, size_t *n) {
  const atr__attr *attr = find_kind(attrs, name, ATR__ATTR_STRINGS);
  *n = attr ? attr->n : 0;
  return attr ? (const char *const *)attr->strings : NULL;
}

static void free_strings(char **strings, size_t n) {
  for (size_t i = 0; strings && i < n; i++) atr__free(strings[i]);
  atr__free(strings);
}

static void clear(atr__attr *attr) {
  atr__free(attr->name);
  atr__free(attr->s);
  atr__free(attr->floats);
  atr__free(attr->ints);
  free_strings(attr->strings, attr->n);
  atr__blob_release(attr->tensor);
  memset(attr, 0, sizeof *attr);
}

/* A slot for `name`, empty but for name and kind; NULL: out of memory. */
static atr__attr *slot(atr__attrs *attrs, const char *name, atr__attr_kind kind) {
  char *copy = atr__strdup(name);
  if (!copy) return NULL;
  atr__attr *attr = (atr__attr *)atr__attrs_find(attrs, name);
  if (attr)
    clear(attr);
  else if (atr__grow(&attrs->list, &attrs->room, attrs->n + 1, sizeof *attrs->list)) {
    atr__free(copy);
    return NULL;
  } else
    attr = &attrs->list[attrs->n++];
  attr->name = copy;
  attr->kind = kind;
  return attr;
}

atr_status atr__attrs_set_int(atr__attrs *attrs, const char *name, int64_t value) {
  atr__attr *attr = slot(attrs, name, ATR__ATTR_INT);
  if (!attr) return ATR_E_NOMEM;
  attr->i = value;
  return ATR_OK;
}

atr_status atr__attrs_set_float(atr__attrs *attrs, const char *name, float value) {
  atr__attr *attr = slot(attrs, name, ATR__ATTR_FLOAT);
  if (!attr) return ATR_E_NOMEM;
  attr->f = value;
  return ATR_OK;
}

atr_status atr__attrs_set_string(atr__attrs *attrs, const char *name, const char *value) {
  char *copy = atr__strdup(value);
  atr__attr *attr = copy ? slot(attrs, name, ATR__ATTR_STRING) : NULL;
  if (!attr) {
    atr__free(copy);
    return ATR_E_NOMEM;
  }
  attr->s = copy;
  return ATR_OK;
}

atr_status atr__attrs_set_ints(atr__attrs *attrs, const char *name, const int64_t *values, size_t n) {
  int64_t *copy = atr__memdup(values, n * sizeof *values);
  atr__attr *attr = copy ? slot(attrs, name, ATR__ATTR_INTS) : NULL;
  if (!attr) {
    atr__free(copy);
    return ATR_E_NOMEM;
  }
  attr->ints = copy;
  attr->n = n;
  return ATR_OK;
}

atr_status atr__attrs_set_floats(atr__attrs *attrs, const char *name, const float *values, size_t n) {
  float *copy = atr__memdup(values, n * sizeof *values);
  atr__attr *attr = copy ? slot(attrs, name, ATR__ATTR_FLOATS) : NULL;
  if (!attr) {
    atr__free(copy);
    return ATR_E_NOMEM;
  }
  attr->floats = copy;
  attr->n = n;
  return ATR_OK;
}

atr_status atr__attrs_set_strings(atr__attrs *attrs, const char *name, const char *const *values, size_t n) {
  char **copy = atr__calloc(n, sizeof *copy);
  if (!copy) return ATR_E_NOMEM;
  for (size_t i = 0; i < n; i++)
    if (!(copy[i] = atr__strdup(values[i]))) goto fail;
  atr__attr *attr = slot(attrs, name, ATR__ATTR_STRINGS);
  if (!attr) goto fail;
  attr->strings = copy;
  attr->n = n;
  return ATR_OK;
fail:
  free_strings(copy, n);
  return ATR_E_NOMEM;
}

atr_status atr__attrs_set_tensor(atr__attrs *attrs, const char *name, atr__blob *tensor) {
  atr__attr *attr = slot(attrs, name, ATR__ATTR_TENSOR);
  if (!attr) return ATR_E_NOMEM;
  attr->tensor = atr__blob_retain(tensor);
  return ATR_OK;
}

atr_status atr__attrs_copy(atr__attrs *to, const atr__attrs *from) {
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && from && i < from->n; i++) {
    const atr__attr *a = &from->list[i];
    switch (a->kind) {
    case ATR__ATTR_FLOAT: status = atr__attrs_set_float(to, a->name, a->f); break;
    case ATR__ATTR_INT: status = atr__attrs_set_int(to, a->name, a->i); break;
    case ATR__ATTR_STRING: status = atr__attrs_set_string(to, a->name, a->s); break;
    case ATR__ATTR_TENSOR: status = atr__attrs_set_tensor(to, a->name, a->tensor); break;
    case ATR__ATTR_FLOATS: status = atr__attrs_set_floats(to, a->name, a->floats, a->n); break;
    case ATR__ATTR_INTS: status = atr__attrs_set_ints(to, a->name, a->ints, a->n); break;
    case ATR__ATTR_STRINGS:
      status = atr__attrs_set_strings(to, a->name, (const char *const *)a->strings, a->n);
      break;
    }
  }
  return status;
}

void atr__attrs_free(atr__attrs *attrs) {
  for (size_t i = 0; i < attrs->n; i++) clear(&attrs->list[i]);
  atr__free(attrs->list);
  *attrs = (atr__attrs){ 0 };
}
