/* tensor.c: TensorProto to blob: typed lists, raw bytes (little-endian, whatever the machine) and external
 * data. A tensor's bytes equal shape × type before anything is allocated for it. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/checked.h"
#include "onnx/onnx.h"
#include "tensor/element.h"
#include "tensor/shape.h"

enum { EXTERNAL = 1 };

atr_type atr__onnx_type(int32_t number) {
  return number > 0 && atr_type_size((atr_type)number) ? (atr_type)number : ATR_TYPE_NONE;
}

const char *atr__onnx_type_name(int32_t number, char name[ATR__ONNX_TYPE_NAME]) {
  static const char *const names[] = {
    NULL,        "float32",    "uint8",      "int8",         "uint16",         "int16",      "int32",
    "int64",     "string",     "bool",       "float16",      "float64",        "uint32",     "uint64",
    "complex64", "complex128", "bfloat16",   "float8e4m3fn", "float8e4m3fnuz", "float8e5m2", "float8e5m2fnuz",
    "uint4",     "int4",       "float4e2m1", "float8e8m0",   "uint2",          "int2"
  };
  if (number > 0 && number < (int32_t)(sizeof names / sizeof *names)) return names[number];
  snprintf(name, ATR__ONNX_TYPE_NAME, "%d", (int)number);
  return name;
}

static void put_raw(atr__blob *blob, const uint8_t *raw) {
  const size_t size = atr_type_size(blob->type);
  for (int64_t i = 0; i < blob->count; i++, raw += size) {
    uint64_t bits = 0;
    for (size_t k = 0; k < size; k++) bits |= (uint64_t)raw[k] << 8 * k;
    if (blob->type == ATR_BOOL) bits = bits != 0;
    atr__element_set_bits(blob->type, blob->data, i, bits);
  }
}

/* How many elements the typed list for this type has, and whether any other list or raw data is there too. */
static size_t listed(const Atr__TensorProto *p, int *others) {
  const size_t n[5] = { p->n_float_data, p->n_int32_data, p->n_int64_data, p->n_double_data,
                        p->n_uint64_data };
  int which = 1;
  if (p->data_type == ATR_F32) which = 0;
  if (p->data_type == ATR_I64) which = 2;
  if (p->data_type == ATR_F64) which = 3;
  if (p->data_type == ATR_U32 || p->data_type == ATR_U64) which = 4;
  for (int i = 0; i < 5; i++) *others |= i != which && n[i];
  return n[which];
}

static void put_list(atr__blob *blob, const Atr__TensorProto *p) {
  switch (p->data_type) {
  case ATR_U32:
  case ATR_U64:
    for (int64_t i = 0; i < blob->count; i++)
      atr__element_set_int(blob->type, blob->data, i, (int64_t)p->uint64_data[i]);
    break;
  case ATR_BOOL:
    for (int64_t i = 0; i < blob->count; i++) ((uint8_t *)blob->data)[i] = p->int32_data[i] != 0;
    break;
  default: /* float16 and bfloat16 by their bits */
    for (int64_t i = 0; i < blob->count; i++)
      atr__element_set_bits(blob->type, blob->data, i, (uint64_t)(uint32_t)p->int32_data[i]);
  }
}

/* The values where they lie in the message or in what was read from outside just as a blob has them, else
 * NULL. */
static const void *as_stored(const Atr__TensorProto *p, const void *outside) {
  static const uint16_t one = 1;
  if (!outside && !p->has_raw_data)
    return p->data_type == ATR_F32   ? (const void *)p->float_data
           : p->data_type == ATR_F64 ? (const void *)p->double_data
           : p->data_type == ATR_I64 ? (const void *)p->int64_data
                                     : NULL;
  const int little = *(const uint8_t *)&one;
  const int converted = atr__onnx_type(p->data_type) != (atr_type)p->data_type || p->data_type == ATR_BOOL;
  return !little || converted ? NULL : outside ? outside : p->raw_data.data;
}

/* A decimal number of an external data entry; 0 where it is none. */
static int number(const char *text, uint64_t *value) {
  *value = 0;
  if (!*text) return 0;
  for (; *text; text++) {
    if (*text < '0' || *text > '9' || *value > UINT64_MAX / 10 - 1) return 0;
    *value = 10 * *value + (uint64_t)(*text - '0');
  }
  return 1;
}

static atr_status external(const Atr__TensorProto *p, const atr__onnx_source *source, size_t bytes,
                           atr_error *error, void **data) {
  const char *location = NULL;
  uint64_t offset = 0, length = bytes;
  *data = NULL;
  if (!source->folder)
    return atr__fail(error, ATR_E_UNSUPPORTED,
                     "its data is in another file, which a model in memory has not");
  for (size_t i = 0; i < p->n_external_data; i++) {
    const char *key = p->external_data[i]->key, *value = p->external_data[i]->value;
    if (!key || !value) return atr__fail(error, ATR_E_FORMAT, "an entry on its external data has no text");
    if (!strcmp(key, "location")) location = value;
    if ((!strcmp(key, "offset") && !number(value, &offset)) ||
        (!strcmp(key, "length") && !number(value, &length)))
      return atr__fail(error, ATR_E_FORMAT, "its external data has %s \"%s\"", key, value);
  }
  if (!location) return atr__fail(error, ATR_E_FORMAT, "its external data has no location");
  if (length != bytes)
    return atr__fail(error, ATR_E_FORMAT, "its external data has %llu bytes, its shape takes %zu",
                     (unsigned long long)length, bytes);
  return atr__file_read_below(source->folder, location, offset, bytes, error, data);
}

/* `take`: NULL, or the message, whose raw data may then become the blob's. */
static atr_status convert(const Atr__TensorProto *p, Atr__TensorProto *take, atr__onnx_source *source,
                          atr_error *error, atr__blob **result) {
  *result = NULL;
  atr_status status;
  atr__blob *blob = NULL;
  void *outside = NULL;
  const atr_type type = atr__onnx_type(p->has_data_type ? p->data_type : 0);
  char number[ATR__ONNX_TYPE_NAME];
  if (!type)
    return atr__fail(error, ATR_E_UNSUPPORTED, "its element type %s is not supported",
                     atr__onnx_type_name(p->has_data_type ? p->data_type : 0, number));
  if (p->n_dims > ATR_RANK_MAX)
    return atr__fail(error, ATR_E_UNSUPPORTED, "it has %zu dimensions, more than %d", p->n_dims,
                     ATR_RANK_MAX);
  if (p->has_segment) return atr__fail(error, ATR_E_UNSUPPORTED, "it is one segment of a larger one");
  for (size_t i = 0; i < p->n_dims; i++)
    if (p->dims[i] < 0)
      return atr__fail(error, ATR_E_FORMAT, "its dimension %zu is %lld", i, (long long)p->dims[i]);
  const atr_shape shape = atr__shape_of((int)p->n_dims, p->dims);
  int64_t count;
  status = atr__shape_count(&shape, error, &count);
  if (status) return status;
  const uint64_t memory = (uint64_t)count * atr_type_size(type);
  if (memory > source->bytes_left)
    return atr__fail(error, ATR_E_LIMIT, "with its %llu bytes all tensors together take more than the limit",
                     (unsigned long long)memory);
  const size_t stored = (size_t)count * atr_type_size(type);
  int others = 0;
  const size_t list = listed(p, &others);
  const int outer = p->has_data_location && p->data_location == EXTERNAL;
  if (others || (list && (p->has_raw_data || outer)) || (p->has_raw_data && outer))
    return atr__fail(error, ATR_E_FORMAT, "its data is given twice, or in a list of another type");
  if (p->has_raw_data && p->raw_data.len != stored)
    return atr__fail(error, ATR_E_FORMAT, "it has %zu bytes, its shape takes %zu", p->raw_data.len, stored);
  if (!p->has_raw_data && !outer && list != (size_t)count)
    return atr__fail(error, ATR_E_FORMAT, "it has %zu elements, its shape takes %lld", list,
                     (long long)count);
  if (outer) {
    status = external(p, source, stored, error, &outside);
    if (status) return status;
  }
  const void *plain = as_stored(p, outside);
  if (plain && outside) {
    ATR__CHECK(atr__blob_adopt(type, &shape, outside, error, &blob));
    outside = NULL;
  } else if (plain && take && p->has_raw_data && stored >= ATR__ONNX_ADOPTED) {
    ATR__CHECK(atr__blob_adopt(type, &shape, take->raw_data.data, error, &blob));
    take->raw_data.data = NULL;
    take->raw_data.len = 0;
  } else {
    ATR__CHECK(atr__blob_create(type, &shape, count ? plain : NULL, error, &blob));
    if (count && !plain && (outer || p->has_raw_data))
      put_raw(blob, outer ? outside : p->raw_data.data);
    else if (count && !plain)
      put_list(blob, p);
  }
  source->bytes_left -= memory;
  *result = blob;
fail:
  atr__free(outside);
  return status;
}

atr_status atr__onnx_tensor(const Atr__TensorProto *proto, atr__onnx_source *source, atr_error *error,
                            atr__blob **blob) {
  return convert(proto, NULL, source, error, blob);
}

atr_status atr__onnx_tensor_take(Atr__TensorProto *proto, atr__onnx_source *source, atr_error *error,
                                 atr__blob **blob) {
  return convert(proto, proto, source, error, blob);
}

atr_status atr__onnx_tensor_parse(const void *bytes, size_t size, const atr_limits *given, atr_error *error,
                                  atr__blob **blob) {
  *blob = NULL;
  const atr_limits limits = atr__onnx_limits(given);
  ProtobufCMessage *message;
  atr_status status = atr__onnx_unpack(&atr__tensor_proto__descriptor, bytes, size, &limits, error, &message);
  if (status) return status;
  atr__onnx_source source = { NULL, limits.total_bytes };
  status = atr__onnx_tensor((const Atr__TensorProto *)message, &source, error, blob);
  atr__onnx_unpack_free(message);
  return status;
}
