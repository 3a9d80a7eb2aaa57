/* pb.c: TensorProto by hand; see pb.h. Source: onnx.proto, message TensorProto (fields 1 dims, 2 data_type,
 * 4 float_data, 5 int32_data, 7 int64_data, 8 name, 9 raw_data, 10 double_data, 11 uint64_data, 14
 * data_location), and the protocol buffers' encoding. */
#include "run/pb.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct reader {
  const uint8_t *at, *end;
};

static bool varint(struct reader *r, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 64 && r->at < r->end; shift += 7) {
    const uint8_t byte = *r->at++;
    *value |= (uint64_t)(byte & 127) << shift;
    if (!(byte & 128)) return true;
  }
  return false;
}

enum { VARINT, FIXED64, BYTES, FIXED32 = 5 };

/* One field: its number, and its bytes (of a varint or a fixed number: as they stand). */
static bool field(struct reader *r, int *number, int *wire, struct reader *value) {
  uint64_t key, length;
  if (!varint(r, &key) || key >> 3 == 0 || key >> 3 > 10000) return false;
  *number = (int)(key >> 3);
  *wire = (int)(key & 7);
  value->at = r->at;
  switch (*wire) {
  case VARINT:
    if (!varint(r, &length)) return false;
    break;
  case BYTES:
    if (!varint(r, &length) || length > (uint64_t)(r->end - r->at)) return false;
    value->at = r->at;
    r->at += length;
    break;
  case FIXED64:
  case FIXED32:
    if (r->end - r->at < (*wire == FIXED64 ? 8 : 4)) return false;
    r->at += *wire == FIXED64 ? 8 : 4;
    break;
  default: return false;
  }
  value->end = r->at;
  return true;
}

/* X(data_type, kind and size of raw data, field of its list) */
static const struct stored {
  int number;
  char kind;
  uint8_t size;
  int list;
} types[] = { { 1, 'f', 4, 4 },   { 2, 'u', 1, 5 },   { 3, 'i', 1, 5 }, { 4, 'u', 2, 5 },  { 5, 'i', 2, 5 },
              { 6, 'i', 4, 5 },   { 7, 'i', 8, 7 },   { 9, 'b', 1, 5 }, { 10, 'f', 2, 5 }, { 11, 'f', 8, 10 },
              { 12, 'u', 4, 11 }, { 13, 'u', 8, 11 }, { 16, 'h', 2, 5 } };

struct tensor {
  atr_shape shape;
  int data_type;
  struct reader raw;
  bool has_raw, outside;
  uint8_t *list; /* the listed values, each as its raw form */
  size_t n, room;
};

static const struct stored *stored_of(int data_type) {
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].number == data_type) return &types[i];
  return NULL;
}

static bool push(struct tensor *t, uint64_t bits) {
  if (t->n == t->room) {
    const size_t room = t->room ? 2 * t->room : 64;
    uint8_t *grown = realloc(t->list, 8 * room);
    if (!grown) return false;
    t->list = grown;
    t->room = room;
  }
  for (size_t k = 0; k < 8; k++) t->list[8 * t->n + k] = (uint8_t)(bits >> 8 * k);
  t->n++;
  return true;
}

/* Values of a list: one, or packed. */
static bool values(struct tensor *t, int number, int wire, struct reader v) {
  const size_t fixed = number == 4 ? 4 : number == 10 ? 8 : 0;
  if (wire == (fixed == 4 ? FIXED64 : FIXED32) || (wire == VARINT && fixed)) return false;
  while (v.at < v.end) {
    uint64_t bits = 0;
    if (fixed) {
      if ((size_t)(v.end - v.at) < fixed) return false;
      for (size_t k = 0; k < fixed; k++) bits |= (uint64_t)*v.at++ << 8 * k;
    } else if (!varint(&v, &bits))
      return false;
    if (!push(t, bits)) return false;
  }
  return true;
}

static bool dims(struct tensor *t, struct reader v) {
  while (v.at < v.end) {
    uint64_t dim;
    if (!varint(&v, &dim) || dim > INT32_MAX || t->shape.rank == ATR_RANK_MAX) return false;
    t->shape.dim[t->shape.rank++] = (int64_t)dim;
  }
  return true;
}

/* The list that is this type's may stand before the type: so the first pass takes all but lists. */
static bool scan(struct tensor *t, struct reader r, bool lists) {
  const struct stored *stored = lists ? stored_of(t->data_type) : NULL;
  while (r.at < r.end) {
    int number, wire;
    struct reader v;
    uint64_t u = 0;
    if (!field(&r, &number, &wire, &v)) return false;
    if (lists) {
      if (number == stored->list && !values(t, number, wire, v)) return false;
      continue;
    }
    if (wire == VARINT) {
      struct reader copy = v;
      if (!varint(&copy, &u)) return false;
    }
    if (number == 1 && !dims(t, v)) return false;
    if (number == 2 && wire == VARINT) t->data_type = (int)(u & 0xFFFF);
    if (number == 9 && wire == BYTES) {
      t->raw = v;
      t->has_raw = true;
    }
    if (number == 13 || (number == 14 && u == 1)) t->outside = true;
  }
  return true;
}

bool pb_decode(const uint8_t *bytes, size_t size, struct array *array, struct fault *fault) {
  struct tensor t = { .data_type = 0 };
  const struct reader all = { bytes, bytes + size };
  uint64_t count = 1;
  memset(array, 0, sizeof *array);
  if (!scan(&t, all, false) || !t.data_type) return fault_set(fault, FAULT_FORMAT, "this is no TensorProto");
  const struct stored *stored = stored_of(t.data_type);
  if (!stored)
    return fault_set(fault, FAULT_UNSUPPORTED, "a tensor of ONNX's type %d cannot be read", t.data_type);
  if (t.outside) return fault_set(fault, FAULT_UNSUPPORTED, "the tensor's values are in another file");
  for (int i = 0; i < t.shape.rank; i++)
    if ((count *= (uint64_t)t.shape.dim[i]) > INT32_MAX)
      return fault_set(fault, FAULT_LIMIT, "the tensor has more than %d values", INT32_MAX);
  bool ok = t.has_raw || scan(&t, all, true);
  const size_t there = t.has_raw ? (size_t)(t.raw.end - t.raw.at) / stored->size : t.n;
  if (!ok)
    fault_set(fault, FAULT_FORMAT, "this is no TensorProto");
  else if (there != count || (t.has_raw && (size_t)(t.raw.end - t.raw.at) % stored->size)) {
    char shape[SHAPE_TEXT];
    ok = fault_set(fault, FAULT_FORMAT, "the tensor is %s and holds %zu values", shape_text(&t.shape, shape),
                   there);
  }
  if (ok && !t.has_raw) { /* each value's low bytes, as raw data would have them */
    for (size_t i = 0; i < t.n; i++) memmove(t.list + i * stored->size, t.list + 8 * i, stored->size);
    t.raw.at = t.list;
  }
  ok = ok && array_decode(array, &t.shape, stored->kind, stored->size, false, t.raw.at, fault);
  free(t.list);
  return ok;
}

static void put(FILE *file, uint64_t value) {
  for (; value > 127; value >>= 7) fputc((int)(value & 127) | 128, file);
  fputc((int)value, file);
}

bool pb_encode(const struct array *a, const char *name, FILE *file) {
  for (int i = 0; i < a->shape.rank; i++) {
    put(file, 1 << 3 | VARINT);
    put(file, (uint64_t)a->shape.dim[i]);
  }
  put(file, 2 << 3 | VARINT);
  put(file, (uint64_t)a->type);
  put(file, 8 << 3 | BYTES);
  put(file, strlen(name));
  fputs(name, file);
  put(file, 9 << 3 | BYTES);
  put(file, a->bytes);
  return array_write(a, file) && !ferror(file);
}
