/* scan.c: walks the wire format before protobuf-c unpacks it, without recursion.
 *
 * protobuf-c recurses as deep as a file nests, and allocates for every field. So here every length, tag and
 * wire type is checked against the schema, nesting and counts against the limits, and the memory that
 * unpacking may take follows from what was counted. Source: the protocol buffers encoding guide. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "onnx/onnx.h"

typedef struct level {
  const ProtobufCMessageDescriptor *kind;
  size_t end;
  uint64_t seen; /* bit i: field i of the schema, where it is not repeated */
} level;

typedef struct walk {
  const uint8_t *bytes;
  size_t at;
  const atr_limits *limits;
  atr_error *error;
  uint64_t nodes, tensors, blocks, fields; /* blocks: messages, strings and byte strings */
} walk;

static atr_status malformed(walk *w, const char *what) {
  return atr__fail(w->error, ATR_E_FORMAT, "byte %zu: %s", w->at, what);
}

static atr_status varint(walk *w, size_t end, uint64_t *value) {
  *value = 0;
  for (int shift = 0; shift < 70; shift += 7) {
    if (w->at == end) return malformed(w, "the file ends within a number");
    const uint8_t byte = w->bytes[w->at++];
    if (shift == 63 && byte > 1) break;
    *value |= (uint64_t)(byte & 0x7F) << shift;
    if (!(byte & 0x80)) return ATR_OK;
  }
  return malformed(w, "a number has more than 64 bits");
}

static atr_status skip(walk *w, size_t end, size_t length) {
  if (length > end - w->at) return malformed(w, "a field reaches past the end of its message");
  w->at += length;
  return ATR_OK;
}

/* The wire type of one value of the field; those of varints, 4 and 8 bytes may also come packed. */
static int wire_of(const ProtobufCFieldDescriptor *field) {
  switch (field->type) {
  case PROTOBUF_C_TYPE_FIXED64:
  case PROTOBUF_C_TYPE_SFIXED64:
  case PROTOBUF_C_TYPE_DOUBLE: return 1;
  case PROTOBUF_C_TYPE_FIXED32:
  case PROTOBUF_C_TYPE_SFIXED32:
  case PROTOBUF_C_TYPE_FLOAT: return 5;
  case PROTOBUF_C_TYPE_STRING:
  case PROTOBUF_C_TYPE_BYTES:
  case PROTOBUF_C_TYPE_MESSAGE: return 2;
  default: return 0;
  }
}

/* No NUL, and UTF-8 as RFC 3629 has it: names end up in sentences and in JSON. */
static int text_ok(const uint8_t *s, size_t n) {
  for (size_t i = 0; i < n;) {
    const uint8_t c = s[i++];
    if (!c) return 0;
    if (c < 0x80) continue;
    const size_t more = c >= 0xF0 ? 3 : c >= 0xE0 ? 2 : 1;
    if (c < 0xC2 || c > 0xF4 || more > n - i) return 0;
    if ((c == 0xE0 && s[i] < 0xA0) || (c == 0xED && s[i] > 0x9F) || (c == 0xF0 && s[i] < 0x90) ||
        (c == 0xF4 && s[i] > 0x8F))
      return 0;
    for (size_t k = 0; k < more; k++)
      if ((s[i++] & 0xC0) != 0x80) return 0;
  }
  return 1;
}

static atr_status count(walk *w, const ProtobufCMessageDescriptor *kind) {
  const atr_limits *l = w->limits;
  if (kind == &atr__node_proto__descriptor && ++w->nodes > l->nodes)
    return atr__fail(w->error, ATR_E_LIMIT, "more than %llu nodes", (unsigned long long)l->nodes);
  if (kind == &atr__tensor_proto__descriptor && ++w->tensors > l->tensors)
    return atr__fail(w->error, ATR_E_LIMIT, "more than %llu tensors", (unsigned long long)l->tensors);
  return ATR_OK;
}

/* A share of all that a file of so many nodes and tensors may hold. */
static int too_many(const walk *w, uint64_t n) {
  return n > w->limits->nodes && n - w->limits->nodes > w->limits->tensors;
}

/* A length-delimited field the schema knows, other than a message; w->at is at its contents. */
static atr_status delimited(walk *w, const ProtobufCFieldDescriptor *field, size_t length) {
  const size_t end = w->at + length;
  uint64_t value;
  switch (wire_of(field)) {
  case 2:
    if (field->type == PROTOBUF_C_TYPE_STRING) {
      if (length > w->limits->string_bytes)
        return atr__fail(w->error, ATR_E_LIMIT, "byte %zu: a text (%s) of %zu bytes, more than %llu", w->at,
                         field->name, length, (unsigned long long)w->limits->string_bytes);
      if (!text_ok(w->bytes + w->at, length)) return malformed(w, "a text is not UTF-8");
    }
    break;
  case 1:
    if (length % 8) return malformed(w, "a packed list of 8-byte numbers is not whole");
    break;
  case 5:
    if (length % 4) return malformed(w, "a packed list of 4-byte numbers is not whole");
    break;
  default:
    while (w->at < end) {
      atr_status status = varint(w, end, &value);
      if (status) return status;
    }
  }
  w->at = end;
  return ATR_OK;
}

static atr_status field_fits(walk *w, level *l, const ProtobufCFieldDescriptor *field, int wire) {
  const int repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
  if (wire != wire_of(field) && !(wire == 2 && repeated))
    return atr__fail(w->error, ATR_E_FORMAT, "byte %zu: field %s has wire type %d", w->at, field->name, wire);
  if (repeated) return ATR_OK;
  const uint64_t bit = (uint64_t)1 << (field - l->kind->fields);
  if (l->seen & bit)
    return atr__fail(w->error, ATR_E_FORMAT, "byte %zu: field %s is given twice", w->at, field->name);
  l->seen |= bit;
  return ATR_OK;
}

atr_status atr__onnx_scan(const ProtobufCMessageDescriptor *root, const void *bytes, size_t size,
                          const atr_limits *limits, atr_error *error, uint64_t *budget) {
  walk w = { bytes, 0, limits, error, 0, 0, 0, 0 };
  level stack[ATR__ONNX_NESTING + 1];
  const uint64_t deepest = limits->nesting < ATR__ONNX_NESTING ? limits->nesting : ATR__ONNX_NESTING;
  size_t depth = 0;
  *budget = 0;
  if (size > limits->file_bytes)
    return atr__fail(error, ATR_E_LIMIT, "%zu bytes, more than the limit of %llu", size,
                     (unsigned long long)limits->file_bytes);
  stack[0] = (level){ root, size, 0 };
  for (;;) {
    while (depth && w.at == stack[depth].end) depth--;
    level *l = &stack[depth];
    if (w.at == l->end) break;
    uint64_t tag, value;
    atr_status status = varint(&w, l->end, &tag);
    if (status) return status;
    if (tag > UINT32_MAX || !(tag >> 3)) return malformed(&w, "a field has no valid number");
    if (too_many(&w, ++w.fields / 64))
      return atr__fail(error, ATR_E_LIMIT, "more fields than the limits on nodes and tensors allow");
    const int wire = (int)(tag & 7);
    if (wire != 0 && wire != 1 && wire != 2 && wire != 5)
      return malformed(&w, "a group or an unknown wire type");
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(l->kind, (unsigned)(tag >> 3));
    if (field) status = field_fits(&w, l, field, wire);
    if (status) return status;
    switch (wire) {
    case 0: status = varint(&w, l->end, &value); break;
    case 1: status = skip(&w, l->end, 8); break;
    case 5: status = skip(&w, l->end, 4); break;
    default:
      status = varint(&w, l->end, &value);
      if (status) return status;
      if (value > l->end - w.at) return malformed(&w, "a field reaches past the end of its message");
      if (too_many(&w, ++w.blocks / 16))
        return atr__fail(error, ATR_E_LIMIT,
                         "more messages and texts than the limits on nodes and tensors allow");
      if (!field)
        w.at += (size_t)value;
      else if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        status = delimited(&w, field, (size_t)value);
      else if (depth >= deepest)
        return atr__fail(error, ATR_E_LIMIT, "byte %zu: messages nest more than %llu deep", w.at,
                         (unsigned long long)deepest);
      else {
        stack[++depth] = (level){ field->descriptor, w.at + (size_t)value, 0 };
        status = count(&w, field->descriptor);
      }
    }
    if (status) return status;
  }
  /* Numbers grow at most eightfold; 512 bytes hold any message of the schema, 64 what unpacking notes of a
   * field. */
  *budget = 8 * (uint64_t)size + 512 * (w.blocks + 1) + 64 * w.fields + 65536;
  return ATR_OK;
}

typedef struct purse {
  uint64_t left;
  int capped, failed;
} purse;

static void *take(void *user, size_t size) {
  purse *p = user;
  if (size > p->left) {
    p->capped = 1;
    return NULL;
  }
  p->left -= size;
  void *block = size < ATR__ONNX_ADOPTED ? atr__malloc(size) : atr__malloc_aligned(size);
  if (!block) p->failed = 1;
  return block;
}

static void give(void *user, void *block) {
  (void)user;
  atr__free(block);
}

atr_status atr__onnx_unpack(const ProtobufCMessageDescriptor *root, const void *bytes, size_t size,
                            const atr_limits *limits, atr_error *error, ProtobufCMessage **message) {
  *message = NULL;
  purse p = { 0, 0, 0 };
  atr_status status = atr__onnx_scan(root, bytes, size, limits, error, &p.left);
  if (status) return status;
  ProtobufCAllocator allocator = { take, give, &p };
  *message = protobuf_c_message_unpack(root, &allocator, size, bytes);
  if (*message) return ATR_OK;
  if (p.failed) return atr__nomem(error, size);
  if (p.capped)
    return atr__fail(error, ATR_E_LIMIT, "unpacking takes more memory than the file accounts for");
  return atr__fail(error, ATR_E_FORMAT, "not an ONNX file");
}

void atr__onnx_unpack_free(ProtobufCMessage *message) {
  ProtobufCAllocator allocator = { take, give, NULL };
  if (message) protobuf_c_message_free_unpacked(message, &allocator);
}

atr_limits atr__onnx_limits(const atr_limits *limits) {
  atr_limits all = ATR_LIMITS_INIT;
  if (limits) memcpy(&all, limits, limits->size < sizeof all ? limits->size : sizeof all);
  all.size = sizeof all;
  return all;
}
