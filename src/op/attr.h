/* attr.h: an operator's attributes: ONNX's AttributeProto in memory. */
#ifndef ATR_OP_ATTR_H
#define ATR_OP_ATTR_H

#include "base/status.h"
#include "tensor/blob.h"

/* ONNX's numbers (AttributeProto.AttributeType). */
typedef enum atr__attr_kind {
  ATR__ATTR_FLOAT = 1,
  ATR__ATTR_INT = 2,
  ATR__ATTR_STRING = 3,
  ATR__ATTR_TENSOR = 4,
  ATR__ATTR_FLOATS = 6,
  ATR__ATTR_INTS = 7,
  ATR__ATTR_STRINGS = 8
} atr__attr_kind;

typedef struct atr__attr {
  char *name;
  atr__attr_kind kind;
  float f;
  int64_t i;
  char *s;
  atr__blob *tensor;
  size_t n; /* of floats, ints or strings */
  float *floats;
  int64_t *ints;
  char **strings;
} atr__attr;

/* A list; {0} is empty. Setters copy what they are given and replace an attribute of the same name. */
typedef struct atr__attrs {
  atr__attr *list;
  size_t n, room;
} atr__attrs;

const atr__attr *atr__attrs_find(const atr__attrs *attrs, const char *name);
int64_t atr__attrs_int(const atr__attrs *attrs, const char *name, int64_t otherwise);
float atr__attrs_float(const atr__attrs *attrs, const char *name, float otherwise);
const char *atr__attrs_string(const atr__attrs *attrs, const char *name, const char *otherwise);
/* The list, or NULL and *n = 0 where there is none. */
const int64_t *atr__attrs_ints(const atr__attrs *attrs, const char *name, size_t *n);
const float *atr__attrs_floats(const atr__attrs *attrs, const char *name, size_t *n);
const char *const *atr__attrs_strings(const atr__attrs *attrs, const char *name, size_t *n);

/* Each returns ATR_OK or ATR_E_NOMEM. */
atr_status atr__attrs_set_int(atr__attrs *attrs, const char *name, int64_t value);
atr_status atr__attrs_set_float(atr__attrs *attrs, const char *name, float value);
atr_status atr__attrs_set_string(atr__attrs *attrs, const char *name, const char *value);
atr_status atr__attrs_set_ints(atr__attrs *attrs, const char *name, const int64_t *values, size_t n);
atr_status atr__attrs_set_floats(atr__attrs *attrs, const char *name, const float *values, size_t n);
atr_status atr__attrs_set_strings(atr__attrs *attrs, const char *name, const char *const *values, size_t n);
atr_status atr__attrs_set_tensor(atr__attrs *attrs, const char *name, atr__blob *tensor); /* retains */
atr_status atr__attrs_copy(atr__attrs *to, const atr__attrs *from); /* adds to what is there */
void atr__attrs_free(atr__attrs *attrs);

#endif
