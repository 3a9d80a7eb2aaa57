/* list_operators.c: the operators' descriptors, one a line: domain, name, opset, whether it has a gradient,
 * and the algorithms of its OpenCL rows, best first; tabs between. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "op/cl.h"
#include "op/op.h"

static int seen(const struct atr__cl_row *first, const struct atr__cl_row *row) {
  for (; first < row; first++)
    if (!strcmp(first->algorithm, row->algorithm)) return 1;
  return 0;
}

int main(void) {
  static const char *const differentiable[] = {
    [ATR__DIFF_YES] = "yes", [ATR__DIFF_ZERO] = "zero", [ATR__DIFF_NO] = "no"
  };
  for (size_t i = 0; i < atr__op_count(); i++) {
    const atr__op *op = atr__op_at(i);
    printf("%s\t%s\t%d\t%s\t", *op->domain ? op->domain : "ai.onnx", op->name, op->since,
           differentiable[op->differentiable]);
    for (const struct atr__cl_row *row = op->cl; row && row->algorithm; row++)
      if (!seen(op->cl, row)) printf("%s%s", row == op->cl ? "" : ", ", row->algorithm);
    printf("\n");
  }
  return 0;
}
