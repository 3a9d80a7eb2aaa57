/* safetensors.c: writing and reading the container; see safetensors.h. The reader knows the header's fixed
 * form and nothing more of JSON, so it needs no recursion; everything else is a malformed file. */
#include "config.h"

#include "train/safetensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "base/text.h"
#include "tensor/shape.h"

static const struct {
  const char *name;
  atr_type type;
} types[] = { { "F32", ATR_F32 },  { "F64", ATR_F64 }, { "F16", ATR_F16 }, { "I64", ATR_I64 },
              { "I32", ATR_I32 },  { "I8", ATR_I8 },   { "U8", ATR_U8 },   { "BOOL", ATR_BOOL },
              { "I16", ATR_I16 },  { "U16", ATR_U16 }, { "U32", ATR_U32 }, { "U64", ATR_U64 },
              { "BF16", ATR_BF16 } };
enum { N_TYPES = sizeof types / sizeof *types };

void atr__safetensors_free(atr__safetensors *file) {
  for (size_t i = 0; i < file->n; i++) atr__free(file->tensors[i].name);
  for (size_t i = 0; i < file->n_metadata; i++) atr__free(file->metadata[i]);
  atr__free(file->tensors);
  atr__free(file->metadata);
  memset(file, 0, sizeof *file);
}

const atr__stored *atr__safetensors_find(const atr__safetensors *file, const char *name) {
  for (size_t i = 0; i < file->n; i++)
    if (!strcmp(file->tensors[i].name, name)) return &file->tensors[i];
  return NULL;
}

const char *atr__safetensors_metadata(const atr__safetensors *file, const char *key) {
  for (size_t i = 0; i + 1 < file->n_metadata; i += 2)
    if (!strcmp(file->metadata[i], key)) return file->metadata[i + 1];
  return NULL;
}

/* Takes the name over. */
static atr_status push_tensor(atr__safetensors *file, atr__stored tensor, atr_error *error) {
  if (!tensor.name || atr__grow(&file->tensors, &file->room, file->n + 1, sizeof *file->tensors)) {
    atr__free(tensor.name);
    return atr__nomem(error, sizeof tensor);
  }
  file->tensors[file->n++] = tensor;
  return ATR_OK;
}

static atr_status push_text(atr__safetensors *file, char *text, atr_error *error) {
  if (!text ||
      atr__grow(&file->metadata, &file->room_metadata, file->n_metadata + 1, sizeof *file->metadata)) {
    atr__free(text);
    return atr__nomem(error, sizeof text);
  }
  file->metadata[file->n_metadata++] = text;
  return ATR_OK;
}

atr_status atr__safetensors_add(atr__safetensors *file, const char *name, atr_type type,
                                const atr_shape *shape, atr_error *error) {
  int64_t count;
  const atr_status status = atr__shape_count(shape, error, &count);
  if (status) return status;
  const atr__stored tensor = { atr__strdup(name), type, *shape, (size_t)count * atr_type_size(type), NULL };
  return push_tensor(file, tensor, error);
}

atr_status atr__safetensors_note(atr__safetensors *file, const char *key, const char *value,
                                 atr_error *error) {
  const atr_status status = push_text(file, atr__strdup(key), error);
  return status ? status : push_text(file, atr__strdup(value), error);
}

static const char *type_name(atr_type type) {
  for (int i = 0; i < N_TYPES; i++)
    if (types[i].type == type) return types[i].name;
  return "U8";
}

atr_status atr__safetensors_make(atr__safetensors *file, atr_error *error, unsigned char **result,
                                 size_t *size) {
  atr__text head = ATR__TEXT_INIT;
  size_t at = 0;
  *result = NULL;
  atr__text_add(&head, "{\"__metadata__\":{");
  for (size_t i = 0; i + 1 < file->n_metadata; i += 2) {
    if (i) atr__text_add(&head, ",");
    atr__text_add_json(&head, file->metadata[i]);
    atr__text_add(&head, ":");
    atr__text_add_json(&head, file->metadata[i + 1]);
  }
  atr__text_add(&head, "}");
  for (size_t i = 0; i < file->n; i++) {
    const atr__stored *t = &file->tensors[i];
    atr__text_add(&head, ",");
    atr__text_add_json(&head, t->name);
    atr__text_add(&head, ":{\"dtype\":\"%s\",\"shape\":[", type_name(t->type));
    for (int k = 0; k < t->shape.rank; k++)
      atr__text_add(&head, "%s%lld", k ? "," : "", (long long)t->shape.dim[k]);
    atr__text_add(&head, "],\"data_offsets\":[%zu,", at);
    if (atr__add_size(at, t->bytes, &at)) head.failed = 1;
    atr__text_add(&head, "%zu]}", at);
  }
  atr__text_add(&head, "}");
  while (!head.failed && (head.length + 8) % 64) atr__text_add(&head, " "); /* the data starts aligned */
  size_t total;
  if (head.failed || atr__add_size(head.length + 8, at, &total) || !(*result = atr__malloc(total))) {
    atr__text_free(&head);
    return atr__nomem(error, at);
  }
  for (int i = 0; i < 8; i++) (*result)[i] = (unsigned char)((uint64_t)head.length >> 8 * i);
  memcpy(*result + 8, head.data, head.length);
  unsigned char *data = *result + 8 + head.length;
  for (size_t i = 0; i < file->n; i++) {
    file->tensors[i].data = data;
    data += file->tensors[i].bytes;
  }
  *size = total;
  atr__text_free(&head);
  return ATR_OK;
}

/* --- reading --- */

typedef struct {
  const unsigned char *at, *start, *end;
  const char *what;
  const atr_limits *limits;
  atr_error *error;
} cursor;

static atr_status bad(const cursor *c, const char *why) {
  return atr__fail(c->error, ATR_E_FORMAT, "%s: header byte %zu: %s", c->what, (size_t)(c->at - c->start),
                   why);
}

static void skip(cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t')) c->at++;
}

/* Whether the next thing is this character, which is then taken. */
static int take(cursor *c, char which) {
  skip(c);
  if (c->at == c->end || *c->at != (unsigned char)which) return 0;
  c->at++;
  return 1;
}

static int hex4(cursor *c, unsigned *value) {
  *value = 0;
  for (int i = 0; i < 4; i++, c->at++) {
    if (c->at == c->end) return 0;
    const int d = *c->at;
    const int digit = d >= '0' && d <= '9'   ? d - '0'
                      : d >= 'a' && d <= 'f' ? d - 'a' + 10
                      : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                             : -1;
    if (digit < 0) return 0;
    *value = *value * 16 + (unsigned)digit;
  }
  return 1;
}

static size_t utf8(unsigned code, char *to) {
  if (code < 0x80) {
    to[0] = (char)code;
    return 1;
  }
  if (code < 0x800) {
    to[0] = (char)(0xC0 | code >> 6);
    to[1] = (char)(0x80 | (code & 63));
    return 2;
  }
  if (code < 0x10000) {
    to[0] = (char)(0xE0 | code >> 12);
    to[1] = (char)(0x80 | (code >> 6 & 63));
    to[2] = (char)(0x80 | (code & 63));
    return 3;
  }
  to[0] = (char)(0xF0 | code >> 18);
  to[1] = (char)(0x80 | (code >> 12 & 63));
  to[2] = (char)(0x80 | (code >> 6 & 63));
  to[3] = (char)(0x80 | (code & 63));
  return 4;
}

/* After the backslash; at most 4 bytes to `to`. */
static atr_status escape(cursor *c, char *to, size_t *n) {
  static const char from[] = "\"\\/bfnrt", plain[] = "\"\\/\b\f\n\r\t";
  const char *known = c->at < c->end && *c->at ? strchr(from, *c->at) : NULL;
  *n = 1;
  if (known) {
    *to = plain[known - from];
    c->at++;
    return ATR_OK;
  }
  unsigned code, low;
  if (!(c->at < c->end && *c->at++ == 'u') || !hex4(c, &code)) return bad(c, "a bad escape");
  if (code >= 0xDC00 && code < 0xE000) return bad(c, "half a surrogate pair");
  if (code >= 0xD800 && code < 0xDC00) {
    if (c->end - c->at < 6 || c->at[0] != '\\' || c->at[1] != 'u') return bad(c, "half a surrogate pair");
    c->at += 2;
    if (!hex4(c, &low) || low < 0xDC00 || low >= 0xE000) return bad(c, "half a surrogate pair");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  if (!code) return bad(c, "a zero character");
  *n = utf8(code, to);
  return ATR_OK;
}

/* A string, unescaped, in a new block. */
static atr_status string(cursor *c, char **result) {
  *result = NULL;
  if (!take(c, '"')) return bad(c, "a string was expected");
  const unsigned char *close = c->at;
  while (close < c->end && *close != '"') close += 1 + (*close == '\\');
  if (close >= c->end) return bad(c, "a string does not end");
  const size_t most = (size_t)(close - c->at); /* unescaping never lengthens */
  if (most > c->limits->string_bytes)
    return atr__fail(c->error, ATR_E_LIMIT, "%s: a text of %zu bytes, more than the limit of %llu", c->what,
                     most, (unsigned long long)c->limits->string_bytes);
  char *text = atr__malloc(most + 1);
  if (!text) return atr__nomem(c->error, most + 1);
  size_t length = 0;
  atr_status status = ATR_OK;
  while (c->at < close) {
    size_t n = 1;
    if (*c->at < 0x20) {
      status = bad(c, "a control character in a string");
      goto fail;
    }
    if (*c->at == '\\') {
      c->at++;
      ATR__CHECK(escape(c, text + length, &n));
    } else
      text[length] = (char)*c->at++;
    length += n;
  }
  c->at = close + 1;
  text[length] = 0;
  *result = text;
  return ATR_OK;
fail:
  atr__free(text);
  return status;
}

static atr_status integer(cursor *c, int64_t *value) {
  skip(c);
  const unsigned char *first = c->at;
  *value = 0;
  while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
    if (atr__mul_i64(*value, 10, value) || atr__add_i64(*value, *c->at++ - '0', value))
      return bad(c, "a number is too large");
  if (c->at == first || (*first == '0' && c->at - first > 1)) return bad(c, "a natural number was expected");
  return ATR_OK;
}

static atr_status integers(cursor *c, int64_t *list, int room, int *n) {
  *n = 0;
  if (!take(c, '[')) return bad(c, "a list was expected");
  if (take(c, ']')) return ATR_OK;
  do {
    if (*n == room) return bad(c, "a list is too long");
    const atr_status status = integer(c, &list[(*n)++]);
    if (status) return status;
  } while (take(c, ','));
  return take(c, ']') ? ATR_OK : bad(c, "a list does not end");
}

static atr_status notes(cursor *c, atr__safetensors *file) {
  if (file->n_metadata) return bad(c, "a second __metadata__");
  if (!take(c, '{')) return bad(c, "an object was expected");
  if (take(c, '}')) return ATR_OK;
  do {
    char *key = NULL, *value = NULL;
    atr_status status = string(c, &key);
    if (!status && !take(c, ':')) status = bad(c, "a colon was expected");
    if (!status) status = string(c, &value);
    if (!status && file->n_metadata / 2 >= c->limits->tensors)
      status = atr__fail(c->error, ATR_E_LIMIT, "%s: too many texts", c->what);
    if (!status && atr__safetensors_metadata(file, key)) status = bad(c, "a key is there twice");
    if (status) {
      atr__free(key);
      atr__free(value);
      return status;
    }
    status = push_text(file, key, c->error);
    if (status)
      atr__free(value);
    else
      status = push_text(file, value, c->error);
    if (status) return status;
  } while (take(c, ','));
  return take(c, '}') ? ATR_OK : bad(c, "an object does not end");
}

/* The rest of an entry after its name and colon. */
static atr_status entry(cursor *c, unsigned char *data, size_t data_size, atr__stored *t) {
  unsigned seen = 0;
  int64_t offsets[2] = { 0, 0 }, count;
  if (!take(c, '{')) return bad(c, "an object was expected");
  do {
    char *key, *text = NULL;
    int n;
    atr_status status = string(c, &key);
    if (status) return status;
    const unsigned field = !strcmp(key, "dtype")          ? 1
                           : !strcmp(key, "shape")        ? 2
                           : !strcmp(key, "data_offsets") ? 4
                                                          : 0;
    atr__free(key);
    if (!field || field & seen) return bad(c, "a key that does not belong here");
    seen |= field;
    if (!take(c, ':')) return bad(c, "a colon was expected");
    if (field == 1) {
      if ((status = string(c, &text))) return status;
      for (int i = 0; i < N_TYPES; i++)
        if (!strcmp(types[i].name, text)) t->type = types[i].type;
      atr__free(text);
      if (t->type == ATR_TYPE_NONE) return bad(c, "an element type that is not supported");
    } else if (field == 2) {
      if ((status = integers(c, t->shape.dim, ATR_RANK_MAX, &t->shape.rank))) return status;
    } else {
      if ((status = integers(c, offsets, 2, &n))) return status;
      if (n != 2) return bad(c, "data_offsets must be two");
    }
  } while (take(c, ','));
  if (!take(c, '}')) return bad(c, "an object does not end");
  if (seen != 7) return bad(c, "an entry lacks dtype, shape or data_offsets");
  const atr_status status = atr__shape_count(&t->shape, c->error, &count);
  if (status) return status;
  t->bytes = (size_t)count * atr_type_size(t->type);
  if (offsets[0] > offsets[1] || (uint64_t)offsets[1] > data_size ||
      (uint64_t)(offsets[1] - offsets[0]) != t->bytes)
    return bad(c, "data_offsets do not fit the shape or the file");
  t->data = data + offsets[0];
  return ATR_OK;
}

/* A tensor's entry; takes the name over. */
static atr_status named(cursor *c, char *name, unsigned char *data, size_t data_size,
                        atr__safetensors *file) {
  atr__stored tensor;
  atr_status status = ATR_OK;
  memset(&tensor, 0, sizeof tensor);
  tensor.name = name;
  if (file->n >= c->limits->tensors)
    status = atr__fail(c->error, ATR_E_LIMIT, "%s: more than %llu tensors", c->what,
                       (unsigned long long)c->limits->tensors);
  if (!status) status = entry(c, data, data_size, &tensor);
  if (!status) return push_tensor(file, tensor, c->error);
  atr__free(name);
  return status;
}

static atr_status header(cursor *c, unsigned char *data, size_t data_size, atr__safetensors *file) {
  if (!take(c, '{')) return bad(c, "an object was expected");
  int more = !take(c, '}');
  while (more) {
    char *name;
    atr_status status = string(c, &name);
    if (!status && !take(c, ':')) {
      atr__free(name);
      status = bad(c, "a colon was expected");
    }
    if (status) return status;
    if (!strcmp(name, "__metadata__")) {
      atr__free(name);
      status = notes(c, file);
    } else
      status = named(c, name, data, data_size, file);
    if (status) return status;
    more = take(c, ',');
    if (!more && !take(c, '}')) return bad(c, "an object does not end");
  }
  skip(c);
  return c->at == c->end ? ATR_OK : bad(c, "something follows the header's object");
}

static int by_name(const void *a, const void *b) {
  return strcmp((*(const atr__stored *const *)a)->name, (*(const atr__stored *const *)b)->name);
}
static int by_place(const void *a, const void *b) {
  const atr__stored *x = *(const atr__stored *const *)a, *y = *(const atr__stored *const *)b;
  if (x->data != y->data) return x->data < y->data ? -1 : 1;
  return x->bytes < y->bytes ? -1 : x->bytes > y->bytes; /* empty ones first */
}

/* Names are unique; the data is covered without gap or overlap. */
static atr_status check(const cursor *c, const atr__safetensors *file, const unsigned char *data,
                        size_t data_size) {
  const atr__stored **list = atr__calloc(file->n, sizeof *list);
  if (!list) return atr__nomem(c->error, file->n * sizeof *list);
  atr_status status = ATR_OK;
  for (size_t i = 0; i < file->n; i++) list[i] = &file->tensors[i];
  qsort(list, file->n, sizeof *list, by_name);
  for (size_t i = 1; i < file->n && !status; i++)
    if (!strcmp(list[i - 1]->name, list[i]->name))
      status =
          atr__fail(c->error, ATR_E_FORMAT, "%s: tensor \"%.200s\" is there twice", c->what, list[i]->name);
  qsort(list, file->n, sizeof *list, by_place);
  const unsigned char *at = data;
  for (size_t i = 0; i < file->n && !status; i++) {
    if (list[i]->data != at)
      status = atr__fail(c->error, ATR_E_FORMAT, "%s: tensor \"%.200s\" overlaps another or follows a gap",
                         c->what, list[i]->name);
    at = list[i]->data + list[i]->bytes;
  }
  if (!status && at != data + data_size)
    status = atr__fail(c->error, ATR_E_FORMAT, "%s: %zu bytes at its end belong to no tensor", c->what,
                       (size_t)(data + data_size - at));
  atr__free(list);
  return status;
}

atr_status atr__safetensors_parse(unsigned char *bytes, size_t size, const atr_limits *limits,
                                  const char *what, atr_error *error, atr__safetensors *file) {
  memset(file, 0, sizeof *file);
  if (size < 8) return atr__fail(error, ATR_E_FORMAT, "%s: %zu bytes are no safetensors file", what, size);
  uint64_t length = 0;
  for (int i = 0; i < 8; i++) length |= (uint64_t)bytes[i] << 8 * i;
  if (length > size - 8)
    return atr__fail(error, ATR_E_FORMAT, "%s: its header of %llu bytes does not fit into its %zu bytes",
                     what, (unsigned long long)length, size);
  cursor c = { bytes + 8, bytes + 8, bytes + 8 + length, what, limits, error };
  unsigned char *data = bytes + 8 + length;
  atr_status status = header(&c, data, size - 8 - (size_t)length, file);
  if (!status) status = check(&c, file, data, size - 8 - (size_t)length);
  if (status) atr__safetensors_free(file);
  return status;
}
