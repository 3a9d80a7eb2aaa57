/* op_registry.c: finds operators by name. The list is op_list.def. */
#include "config.h"

#include <string.h>

#include "op/op.h"

#define ATR_OP(stem, symbol) extern const atr__op atr__op_##symbol;
#include "op/op_list.def"
#undef ATR_OP

static const atr__op *const list[] = {
#define ATR_OP(stem, symbol) &atr__op_##symbol,
#include "op/op_list.def"
#undef ATR_OP
};

size_t atr__op_count(void) {
  return sizeof list / sizeof *list;
}
const atr__op *atr__op_at(size_t i) {
  return list[i];
}

const atr__op *atr__op_find(const char *domain, const char *name) {
  if (!domain || !strcmp(domain, "ai.onnx")) domain = "";
  for (size_t i = 0; i < atr__op_count(); i++)
    if (!strcmp(list[i]->name, name) && !strcmp(list[i]->domain, domain)) return list[i];
  return NULL;
}
