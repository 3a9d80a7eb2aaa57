/* element_rows.h: elementwise functions of n neighbouring numbers on the calling thread: the loops of
 * unary_host.c and binary_host.c for those who do several of them block by block (chain_host.c). After
 * host.h. */
#ifndef ATR_OP_ELEMENT_ROWS_H
#define ATR_OP_ELEMENT_ROWS_H

#include "op/binary.h"
#include "op/host.h"
#include "op/unary.h"

/* fast: as atr__call has it. x and y may be the same. */
void ATR_HOST(unary_row)(const atr__unary_params *params, int fast, int64_t n, const atr_real *x,
                         atr_real *y);
/* Operands lie `step` apart, 0 or 1; out may be one of them. count: Mean's. */
void ATR_HOST(binary_row)(atr__binary_kind kind, atr_real count, int64_t n, const atr_real *x, int64_t xstep,
                          const atr_real *y, int64_t ystep, atr_real *out);

#endif
