/* array.c: tensors in memory; see array.h. */
#include "run/array.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "common/report.h"

enum { ELEMENTS_MOST = INT32_MAX }; /* of one array: 2³¹ numbers are 8 GiB of float32 */

bool array_create(struct array *a, atr_type type, const atr_shape *shape, struct fault *fault) {
  char text[SHAPE_TEXT];
  uint64_t count = 1;
  memset(a, 0, sizeof *a);
  for (int i = 0; i < shape->rank; i++) {
    if (shape->dim[i] < 0)
      return fault_set(fault, FAULT_SHAPE, "%s is no size of an array", shape_text(shape, text));
    if (shape->dim[i] > ELEMENTS_MOST || (count *= (uint64_t)shape->dim[i]) > ELEMENTS_MOST)
      return fault_set(fault, FAULT_LIMIT, "%s is more than %d numbers", shape_text(shape, text),
                       ELEMENTS_MOST);
  }
  a->type = type;
  a->shape = *shape;
  a->count = (size_t)count;
  a->bytes = a->count * atr_type_size(type);
  a->data = calloc(a->bytes + 8, 1);
  return a->data || fault_nomem(fault, a->bytes);
}

void array_destroy(struct array *a) {
  free(a->data);
  memset(a, 0, sizeof *a);
}

/* float16 and bfloat16 as the number with the same value. */
static double half(uint32_t h) {
  const int exponent = (int)(h >> 10 & 31);
  const double mantissa = (double)(h & 1023);
  double v = exponent ? ldexp(1024 + mantissa, exponent - 25) : ldexp(mantissa, -24);
  if (exponent == 31) v = mantissa > 0 ? (double)NAN : (double)INFINITY;
  return h & 0x8000 ? -v : v;
}
static double brain(uint32_t h) {
  const uint32_t bits = h << 16;
  float v;
  memcpy(&v, &bits, sizeof v);
  return (double)v;
}

/* A number as a float of 16 bits, so many of them the exponent's; to nearest, ties to even. */
static uint16_t small_float(double v, int exponent_bits) {
  const int mantissa_bits = 15 - exponent_bits, bias = (1 << (exponent_bits - 1)) - 1;
  const uint32_t sign = signbit(v) ? 0x8000 : 0, infinity = ((1u << exponent_bits) - 1) << mantissa_bits;
  int e;
  if (isnan(v)) return (uint16_t)(sign | infinity | 1u << (mantissa_bits - 1));
  if (isinf(v)) return (uint16_t)(sign | infinity);
  frexp(v, &e); /* |v| in [2^(e-1), 2^e) */
  if (e - 1 < 1 - bias) e = 2 - bias;
  /* The last place is 2^(e - 1 - mantissa_bits); nearbyint's ties go to even. */
  const uint32_t places = (uint32_t)nearbyint(ldexp(fabs(v), mantissa_bits + 1 - e));
  const uint32_t bits = ((uint32_t)(e - 2 + bias) << mantissa_bits) + places;
  return (uint16_t)(sign | (bits < infinity ? bits : infinity));
}

bool type_is_real(atr_type type) {
  return type == ATR_F32 || type == ATR_F64 || type == ATR_F16 || type == ATR_BF16;
}

static atr_type type_of(char kind, size_t size) {
  static const struct {
    char kind;
    size_t size;
    atr_type type;
  } types[] = { { 'b', 1, ATR_BOOL }, { 'f', 2, ATR_F16 }, { 'f', 4, ATR_F32 }, { 'f', 8, ATR_F64 },
                { 'h', 2, ATR_BF16 }, { 'i', 1, ATR_I8 },  { 'i', 2, ATR_I16 }, { 'i', 4, ATR_I32 },
                { 'i', 8, ATR_I64 },  { 'u', 1, ATR_U8 },  { 'u', 2, ATR_U16 }, { 'u', 4, ATR_U32 },
                { 'u', 8, ATR_U64 } };
  for (size_t i = 0; i < sizeof types / sizeof *types; i++)
    if (types[i].kind == kind && types[i].size == size) return types[i].type;
  return ATR_TYPE_NONE;
}

bool array_decode(struct array *a, const atr_shape *shape, char kind, size_t size, bool big_endian,
                  const uint8_t *stored, struct fault *fault) {
  static const uint16_t one = 1;
  uint8_t low;
  memcpy(&low, &one, 1);
  if (!array_create(a, type_of(kind, size), shape, fault)) return false;
  const bool turned = big_endian == (low == 1);
  uint8_t *to = a->data;
  for (size_t i = 0; i < a->count; i++, stored += size, to += size)
    for (size_t k = 0; k < size; k++) to[k] = stored[turned ? size - 1 - k : k];
  for (size_t i = 0; kind == 'b' && i < a->count; i++) ((uint8_t *)a->data)[i] = ((uint8_t *)a->data)[i] != 0;
  return true;
}

bool array_write(const struct array *a, FILE *file) {
  static const uint16_t one = 1;
  const size_t width = atr_type_size(a->type);
  uint8_t low;
  memcpy(&low, &one, 1);
  if (low) return fwrite(a->data, 1, a->bytes, file) == a->bytes;
  for (size_t i = 0; i < a->count; i++)
    for (size_t k = width; k-- > 0;)
      if (fputc(((const uint8_t *)a->data)[i * width + k], file) == EOF) return false;
  return true;
}

double array_value(const struct array *a, size_t i) {
  switch (a->type) {
  case ATR_F32: return ((const float *)a->data)[i];
  case ATR_F64: return ((const double *)a->data)[i];
  case ATR_F16: return half(((const uint16_t *)a->data)[i]);
  case ATR_BF16: return brain(((const uint16_t *)a->data)[i]);
  case ATR_I64: return (double)((const int64_t *)a->data)[i];
  case ATR_U64: return (double)((const uint64_t *)a->data)[i];
  case ATR_I32: return ((const int32_t *)a->data)[i];
  case ATR_U32: return ((const uint32_t *)a->data)[i];
  case ATR_I16: return ((const int16_t *)a->data)[i];
  case ATR_U16: return ((const uint16_t *)a->data)[i];
  case ATR_I8: return ((const int8_t *)a->data)[i];
  case ATR_U8:
  case ATR_BOOL:
  case ATR_TYPE_NONE: break;
  }
  return ((const uint8_t *)a->data)[i];
}

void array_put(struct array *a, size_t i, double v) {
  switch (a->type) {
  case ATR_F32: ((float *)a->data)[i] = (float)v; return;
  case ATR_F64: ((double *)a->data)[i] = v; return;
  case ATR_F16: ((uint16_t *)a->data)[i] = small_float(v, 5); return;
  case ATR_BF16: ((uint16_t *)a->data)[i] = small_float(v, 8); return;
  case ATR_I64: ((int64_t *)a->data)[i] = (int64_t)v; return;
  case ATR_U64: ((uint64_t *)a->data)[i] = (uint64_t)v; return;
  case ATR_I32: ((int32_t *)a->data)[i] = (int32_t)v; return;
  case ATR_U32: ((uint32_t *)a->data)[i] = (uint32_t)v; return;
  case ATR_I16: ((int16_t *)a->data)[i] = (int16_t)v; return;
  case ATR_U16: ((uint16_t *)a->data)[i] = (uint16_t)v; return;
  case ATR_I8: ((int8_t *)a->data)[i] = (int8_t)v; return;
  case ATR_U8:
  case ATR_BOOL:
  case ATR_TYPE_NONE: break;
  }
  ((uint8_t *)a->data)[i] = (uint8_t)v;
}

/* Whether a value may become one of this type. */
static bool holds(atr_type type, double v) {
  static const struct {
    atr_type type;
    double low, high;
  } range[] = { { ATR_I64, -9223372036854775808.0, 9223372036854774784.0 },
                { ATR_U64, 0, 18446744073709549568.0 },
                { ATR_I32, INT32_MIN, INT32_MAX },
                { ATR_U32, 0, UINT32_MAX },
                { ATR_I16, INT16_MIN, INT16_MAX },
                { ATR_U16, 0, UINT16_MAX },
                { ATR_I8, INT8_MIN, INT8_MAX },
                { ATR_U8, 0, UINT8_MAX },
                { ATR_BOOL, 0, 1 } };
  for (size_t i = 0; i < sizeof range / sizeof *range; i++)
    if (range[i].type == type)
      return v >= range[i].low && v <= range[i].high && !(v < floor(v) || v > floor(v));
  return true;
}

bool array_cast(struct array *a, atr_type type, struct fault *fault) {
  struct array to;
  char at[SHAPE_TEXT];
  if (a->type == type) return true;
  if (!atr_type_size(type))
    return fault_set(fault, FAULT_UNSUPPORTED, "values of type %s cannot be given", atr_type_name(type));
  if (!array_create(&to, type, &a->shape, fault)) return false;
  for (size_t i = 0; i < a->count; i++) {
    const double v = array_value(a, i);
    if (!holds(type, v)) {
      array_destroy(&to);
      return fault_set(fault, FAULT_DATA, "the value %.9g at %s is no %s", v, index_text(&a->shape, i, at),
                       atr_type_name(type));
    }
    array_put(&to, i, v);
  }
  to.flat = a->flat;
  array_destroy(a);
  *a = to;
  return true;
}

/* As many leading ones more or less as make the ranks equal. */
static bool align(const atr_shape *from, int rank, atr_shape *to) {
  const int more = rank - from->rank;
  *to = (atr_shape){ rank, { 0 } };
  for (int i = 0; i < -more; i++)
    if (from->dim[i] != 1) return false;
  for (int i = 0; i < rank; i++) to->dim[i] = i < more ? 1 : from->dim[i - more];
  return true;
}

static bool spread(size_t count, const atr_shape *want, atr_shape *shape) {
  int64_t known = 1;
  int free_axis = -1;
  *shape = *want;
  for (int i = want->rank - 1; i >= 0; i--) {
    if (want->dim[i] >= 0) {
      if (want->dim[i] && known > ELEMENTS_MOST / want->dim[i]) return false;
      known *= want->dim[i];
    } else if (free_axis < 0)
      free_axis = i;
    else if (i == 0)
      shape->dim[0] = 1;
    else
      return false;
  }
  if (free_axis < 0) return known == (int64_t)count;
  if (!known || (int64_t)count % known) return false;
  shape->dim[free_axis] = (int64_t)count / known;
  return true;
}

bool array_fit(struct array *a, const char *name, const atr_shape *want, struct fault *fault) {
  atr_shape shape;
  char has[SHAPE_TEXT], wants[SHAPE_TEXT];
  if (a->flat ? spread(a->count, want, &shape)
              : align(&a->shape, want->rank, &shape) && shape_allows(want, &shape)) {
    a->shape = shape;
    a->flat = false;
    return true;
  }
  shape_text(want, wants);
  if (a->flat)
    fault_set(fault, FAULT_SHAPE, "input \"%s\" is %s, which %zu values do not fill", name, wants, a->count);
  else
    fault_set(fault, FAULT_SHAPE, "input \"%s\" is %s, and the values are %s", name, wants,
              shape_text(&a->shape, has));
  return false;
}

/* The index along each axis of flat element i. */
static atr_shape place(const atr_shape *shape, size_t i) {
  atr_shape at = { shape->rank, { 0 } };
  for (int k = shape->rank - 1; k >= 0; k--) {
    if (shape->dim[k] < 1) continue;
    at.dim[k] = (int64_t)(i % (size_t)shape->dim[k]);
    i /= (size_t)shape->dim[k];
  }
  return at;
}

const char *index_text(const atr_shape *shape, size_t i, char text[SHAPE_TEXT]) {
  const atr_shape at = place(shape, i);
  return shape_text(&at, text);
}

json_t *index_json(const atr_shape *shape, size_t i) {
  const atr_shape at = place(shape, i);
  return shape_json(&at);
}

void array_describe(const struct array *a, struct array_stats *stats) {
  double sum = 0;
  size_t n = 0;
  *stats = (struct array_stats){ NAN, NAN, NAN, 0 };
  for (size_t i = 0; i < a->count; i++) {
    const double v = array_value(a, i);
    if (isnan(v)) {
      stats->nan++;
      continue;
    }
    if (!n || v < stats->min) stats->min = v;
    if (!n || v > stats->max) stats->max = v;
    sum += v;
    n++;
  }
  if (n) stats->mean = sum / (double)n;
}

static void print_value(const struct array *a, size_t i, FILE *text) {
  if (a->type == ATR_I64)
    fprintf(text, " %" PRId64, ((const int64_t *)a->data)[i]);
  else if (a->type == ATR_U64)
    fprintf(text, " %" PRIu64, ((const uint64_t *)a->data)[i]);
  else
    fprintf(text, " %.6g", array_value(a, i));
}

void array_print(const struct array *a, FILE *text) {
  enum { ALL = 100, ROWS = 3, COLUMNS = 4 }; /* what is shown at either end */
  const size_t width = a->shape.rank && a->count ? (size_t)a->shape.dim[a->shape.rank - 1] : a->count;
  const size_t rows = width ? a->count / width : 0;
  const bool all = a->count <= ALL;
  for (size_t r = 0; r < rows; r++) {
    if (!all && rows > 2 * ROWS && r == ROWS) {
      fprintf(text, "    … %zu lines …\n", rows - 2 * (size_t)ROWS);
      r = rows - ROWS;
    }
    fputs("   ", text);
    for (int k = 0; a->shape.rank > 1 && k < a->shape.rank - 1; k++)
      fprintf(text, "%s%" PRId64, k ? "," : " [", place(&a->shape, r * width).dim[k]);
    if (a->shape.rank > 1) fputc(']', text);
    for (size_t i = 0; i < width; i++) {
      if (!all && width > 3 * COLUMNS && i == COLUMNS) {
        fprintf(text, " … %zu …", width - 2 * (size_t)COLUMNS);
        i = width - COLUMNS;
      }
      print_value(a, r * width + i, text);
    }
    fputc('\n', text);
  }
}

json_t *array_json(const struct array *a) {
  json_t *list = json_array();
  for (size_t i = 0; i < a->count; i++)
    json_array_append_new(list,
                          type_is_real(a->type)
                              ? report_number(array_value(a, i))
                              : json_integer(a->type == ATR_I64 ? (json_int_t)((const int64_t *)a->data)[i]
                                                                : (json_int_t)array_value(a, i)));
  return list;
}
