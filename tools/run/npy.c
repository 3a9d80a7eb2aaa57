/* npy.c: NumPy's files; see npy.h. The header is a Python dictionary of three keys; it is read by a small
 * parser that takes nothing else. */
#include "run/npy.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool bad(struct fault *fault, const char *why) {
  return fault_set(fault, FAULT_FORMAT, "this is no .npy file of numbers: %s", why);
}

struct header {
  char kind;
  size_t size;
  bool big_endian, fortran;
  atr_shape shape;
};

/* The text behind 'KEY': in the dictionary. */
static const char *behind(const char *text, const char *key) {
  const char *at = strstr(text, key);
  if (!at) return NULL;
  at += strlen(key);
  while (*at == ' ') at++;
  if (*at++ != ':') return NULL;
  while (*at == ' ') at++;
  return at;
}

static bool read_type(const char *at, struct header *h) {
  static const char *const known[] = {
    "f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "b1"
  };
  if (*at != '\'' && *at != '"') return false;
  const char quote = *at++;
  if (!strchr("<>|=", *at) || !at[0] || !at[1] || !at[2] || at[3] != quote) return false;
  h->big_endian = *at == '>';
  h->kind = at[1];
  h->size = (size_t)(at[2] - '0');
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (!strncmp(known[i], at + 1, 2)) return true;
  return false;
}

static bool read_shape(const char *at, atr_shape *shape) {
  *shape = (atr_shape){ 0, { 0 } };
  if (*at++ != '(') return false;
  for (;;) {
    while (*at == ' ' || *at == ',') at++;
    if (*at == ')') return true;
    if (*at < '0' || *at > '9' || shape->rank == ATR_RANK_MAX) return false;
    int64_t n = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
      if (n > INT32_MAX) return false;
      n = 10 * n + (*at - '0');
    }
    shape->dim[shape->rank++] = n;
  }
}

static bool read_header(const char *text, struct header *h, struct fault *fault) {
  const char *descr = behind(text, "'descr'"), *order = behind(text, "'fortran_order'"),
             *shape = behind(text, "'shape'");
  if (!descr || !order || !shape) return bad(fault, "its header lacks descr, fortran_order or shape");
  if (!read_type(descr, h))
    return fault_set(fault, FAULT_UNSUPPORTED, "the array's type %.24s is none of numbers", descr);
  h->fortran = !strncmp(order, "True", 4);
  if (!read_shape(shape, &h->shape)) return bad(fault, "its shape is not readable, or has more than 8 axes");
  return true;
}

/* From the first axis fastest to the last axis fastest. */
static bool to_c_order(struct array *a, struct fault *fault) {
  struct array to;
  const size_t width = atr_type_size(a->type);
  int64_t at[ATR_RANK_MAX] = { 0 };
  if (!array_create(&to, a->type, &a->shape, fault)) return false;
  for (size_t i = 0; i < a->count; i++) {
    size_t into = 0;
    for (int k = 0; k < a->shape.rank; k++) into = into * (size_t)a->shape.dim[k] + (size_t)at[k];
    memcpy((char *)to.data + into * width, (const char *)a->data + i * width, width);
    for (int k = 0; k < a->shape.rank && ++at[k] == a->shape.dim[k]; k++) at[k] = 0;
  }
  array_destroy(a);
  *a = to;
  return true;
}

bool npy_decode(const uint8_t *bytes, size_t size, struct array *array, struct fault *fault) {
  struct header h;
  memset(array, 0, sizeof *array);
  if (size < 12 || memcmp(bytes, "\x93NUMPY", 6)) return bad(fault, "it begins otherwise");
  const int version = bytes[6];
  if (version < 1 || version > 3) return bad(fault, "its version is none of 1, 2 and 3");
  const size_t begin = version == 1 ? 10 : 12;
  size_t length = bytes[8] | (size_t)bytes[9] << 8;
  if (version > 1) length |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  if (length > size - begin || length > 65535) return bad(fault, "its header is longer than the file");
  char *text = malloc(length + 1);
  if (!text) return fault_nomem(fault, length + 1);
  memcpy(text, bytes + begin, length);
  text[length] = 0;
  bool ok = read_header(text, &h, fault);
  free(text);
  if (!ok) return false;
  uint64_t count = 1;
  for (int i = 0; i < h.shape.rank; i++)
    if ((count *= (uint64_t)h.shape.dim[i]) > INT32_MAX) count = INT32_MAX; /* as good as too many */
  for (int i = 0; i < h.shape.rank; i++)
    if (!h.shape.dim[i]) count = 0;
  const size_t there = size - begin - length;
  if (there / h.size < count || there != count * h.size) {
    char shape[SHAPE_TEXT];
    return fault_set(fault, FAULT_FORMAT, "the header says %s of %zu bytes each, and %zu bytes follow",
                     shape_text(&h.shape, shape), h.size, there);
  }
  if (!array_decode(array, &h.shape, h.kind, h.size, h.big_endian, bytes + begin + length, fault))
    return false;
  if (!h.fortran || to_c_order(array, fault)) return true;
  array_destroy(array);
  return false;
}

bool npy_encode(const struct array *a, FILE *file) {
  static const struct {
    atr_type type;
    const char *text;
  } names[] = { { ATR_F32, "<f4" }, { ATR_F64, "<f8" }, { ATR_I64, "<i8" },  { ATR_I32, "<i4" },
                { ATR_I8, "|i1" },  { ATR_U8, "|u1" },  { ATR_BOOL, "|b1" }, { ATR_F16, "<f2" },
                { ATR_I16, "<i2" }, { ATR_U16, "<u2" }, { ATR_U32, "<u4" },  { ATR_U64, "<u8" } };
  const char *descr = "|u1";
  char header[512];
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (names[i].type == a->type) descr = names[i].text;
  size_t n =
      (size_t)snprintf(header, sizeof header, "{'descr': '%s', 'fortran_order': False, 'shape': (", descr);
  for (int i = 0; i < a->shape.rank; i++)
    n += (size_t)snprintf(header + n, sizeof header - n, "%s%" PRId64 "%s", i ? " " : "", a->shape.dim[i],
                          i + 1 < a->shape.rank || a->shape.rank == 1 ? "," : "");
  n += (size_t)snprintf(header + n, sizeof header - n, "), }");
  while ((n + 11) % 64) header[n++] = ' '; /* the values begin at a multiple of 64 */
  header[n++] = '\n';
  const uint8_t start[10] = { 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)(n & 255), (uint8_t)(n >> 8) };
  return fwrite(start, 1, sizeof start, file) == sizeof start && fwrite(header, 1, n, file) == n &&
         array_write(a, file);
}
