/* attribute.c: a node's attributes from the file, also those that a function's body takes from its call.
 * Graphs are not read here (nest.c). */
#include "config.h"

#include "base/alloc.h"
#include "onnx/read.h"

/* Text of an attribute: bytes in the file, no NUL. *copy is to be freed. */
static atr_status copy_text(atr__reader *r, const Atr__AttributeProto *a, const ProtobufCBinaryData *s,
                            char **copy) {
  if (s->len && memchr(s->data, 0, s->len))
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "attribute \"%s\" holds a zero byte", a->name);
  *copy = atr__strndup(s->len ? (const char *)s->data : "", s->len);
  return *copy ? ATR_OK : atr__reader_nomem(r);
}

static atr_status attribute_text(atr__reader *r, const Atr__AttributeProto *a, atr__attrs *attrs) {
  char *copy = NULL;
  atr_status status = copy_text(r, a, &a->s, &copy);
  if (!status) status = atr__attrs_set_string(attrs, a->name, copy);
  atr__free(copy);
  return status;
}

static atr_status attribute_texts(atr__reader *r, const Atr__AttributeProto *a, atr__attrs *attrs) {
  char **copies = atr__calloc(a->n_strings, sizeof *copies);
  if (!copies) return atr__reader_nomem(r);
  atr_status status = ATR_OK;
  for (size_t i = 0; !status && i < a->n_strings; i++) status = copy_text(r, a, &a->strings[i], &copies[i]);
  if (!status) status = atr__attrs_set_strings(attrs, a->name, (const char *const *)copies, a->n_strings);
  for (size_t i = 0; i < a->n_strings; i++) atr__free(copies[i]);
  atr__free(copies);
  return status;
}

/* The kind, also of files before kinds were written. */
int atr__reader_attribute_kind(const Atr__AttributeProto *a) {
  if (a->has_type && a->type) return a->type;
  if (a->has_f) return ATR__ATTR_FLOAT;
  if (a->has_i) return ATR__ATTR_INT;
  if (a->has_s) return ATR__ATTR_STRING;
  if (a->t) return ATR__ATTR_TENSOR;
  if (a->n_floats) return ATR__ATTR_FLOATS;
  if (a->n_ints) return ATR__ATTR_INTS;
  if (a->g) return ATR__ONNX_GRAPH;
  return a->n_strings ? ATR__ATTR_STRINGS : 0;
}

/* In a function's body: the attribute of the call, or the function's default; neither: it is left out. */
static atr_status referred(atr__reader *r, const Atr__AttributeProto *a, atr__attrs *attrs) {
  const atr__attr *given = r->given ? atr__attrs_find(r->given, a->ref_attr_name) : NULL;
  if (!r->given)
    return atr__fail(r->graph.error, ATR_E_FORMAT,
                     "attribute \"%s\" refers to \"%s\" of a function, but is in none", a->name,
                     a->ref_attr_name);
  if (!given) return ATR_OK;
  atr__attr renamed = *given;
  renamed.name = a->name;
  const atr__attrs one = { &renamed, 1, 1 };
  return atr__attrs_copy(attrs, &one) ? atr__reader_nomem(r) : ATR_OK;
}

atr_status atr__reader_attribute(atr__reader *r, const Atr__AttributeProto *a, atr__attrs *attrs) {
  atr_status status;
  if (!*atr__onnx_text(a->name)) return atr__fail(r->graph.error, ATR_E_FORMAT, "an attribute has no name");
  if (atr__attrs_find(attrs, a->name))
    return atr__fail(r->graph.error, ATR_E_FORMAT, "attribute \"%s\" is given twice", a->name);
  if (*atr__onnx_text(a->ref_attr_name)) return referred(r, a, attrs);
  switch (atr__reader_attribute_kind(a)) {
  case ATR__ATTR_FLOAT: status = atr__attrs_set_float(attrs, a->name, a->f); break;
  case ATR__ATTR_INT: status = atr__attrs_set_int(attrs, a->name, a->i); break;
  case ATR__ATTR_STRING: status = attribute_text(r, a, attrs); break;
  case ATR__ATTR_FLOATS: status = atr__attrs_set_floats(attrs, a->name, a->floats, a->n_floats); break;
  case ATR__ATTR_INTS: status = atr__attrs_set_ints(attrs, a->name, a->ints, a->n_ints); break;
  case ATR__ATTR_STRINGS: status = attribute_texts(r, a, attrs); break;
  case ATR__ATTR_TENSOR: {
    atr__blob *blob = NULL;
    if (!a->t) return atr__fail(r->graph.error, ATR_E_FORMAT, "attribute \"%s\" has no tensor", a->name);
    status = atr__onnx_tensor(a->t, &r->file->source, r->graph.error, &blob);
    if (status) return atr__fail_in(r->graph.error, status, "attribute \"%s\"", a->name);
    status = atr__attrs_set_tensor(attrs, a->name, blob);
    atr__blob_release(blob);
    break;
  }
  default:
    return atr__fail(r->graph.error, ATR_E_UNSUPPORTED, "attribute \"%s\" is %s, which is not supported",
                     a->name, atr__onnx_kind_name(atr__reader_attribute_kind(a)));
  }
  return status == ATR_E_NOMEM ? atr__reader_nomem(r) : status;
}
