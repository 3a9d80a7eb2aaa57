/* list_support.c: ONNX's operators, one a line: name, the first opset that is read, the last, and 1 where it
 * is here under this name; tabs between. For scripts/onnx-support-doc. */
#include "config.h"

#include <stdio.h>

#include "onnx/onnx.h"
#include "op/control.h"
#include "op/op.h"

int main(void) {
  static const char *const names[] = {
#define ATR_ONNX_OPERATOR(name, opsets, attributes) #name,
#include "onnx/operators.def"
#undef ATR_ONNX_OPERATOR
  };
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    int first, oldest;
    if (atr__onnx_opsets(names[i], &first, &oldest))
      printf("%s\t%d\t%d\t%d\n", names[i], oldest, ATR__ONNX_OPSET_MAX,
             atr__op_find("", names[i]) || atr__op_control(names[i]));
  }
  return 0;
}
