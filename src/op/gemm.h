/* gemm.h: what the parts of gemm and matmul share: one product y = alpha · a · b + beta · c of strided
 * matrices, repeated over batches. */
#ifndef ATR_OP_GEMM_H
#define ATR_OP_GEMM_H

#include "op/op.h"
#include "op/walk.h"

typedef struct atr__gemm_params {
  int trans_a, trans_b;
  float alpha, beta;
} atr__gemm_params;

ATR__DECLARE_OP(gemm);
ATR__DECLARE_OP(matmul);

/* y is [batch][m][n], dense. Element (i, k) of a lies at i · a_row + k · a_col from its batch's start; b and
 * c likewise (b: k by n; c: m by n, strides 0 where it is broadcast). */
typedef struct atr__gemm_problem {
  int64_t m, n, k;
  int64_t a_row, a_col, b_row, b_col, c_row, c_col;
  int with_c;
  float alpha, beta;
  atr__walk batch; /* operands a and b */
} atr__gemm_problem;

atr__gemm_problem atr__gemm_problem_of(const atr__gemm_params *params, const atr_shape *a, const atr_shape *b,
                                       const atr_shape *c, const atr_shape *y); /* c NULL: none */
/* As MatMul: batches, and vectors as rows or columns. */
atr__gemm_problem atr__matmul_problem(const atr_shape *a, const atr_shape *b);

/* gemm_host.c. */
void atr__gemm_run_host_f32(const atr__call *call, const atr__gemm_problem *problem);
void atr__gemm_run_host_f64(const atr__call *call, const atr__gemm_problem *problem);

/* gemm_cl.c: what the rows of both operators are made of. Register tiles read b as panels of some columns:
 * packed beforehand (weights), packed into scratch, or, where few rows make that not worth it, as it lies. */
typedef enum atr__gemm_panels { ATR__GEMM_PACKED, ATR__GEMM_SCRATCH, ATR__GEMM_IN_PLACE } atr__gemm_panels;
int atr__gemm_tiles_apply(const atr__cl_query *query, const atr__gemm_problem *problem,
                          atr__gemm_panels panels);
uint64_t atr__gemm_panel_bytes(const atr__cl_query *query, const atr__gemm_problem *problem);
void atr__gemm_emit_pack(atr__cl_emit *emit, const atr__cl_query *query, const atr__gemm_problem *problem,
                         atr__gemm_panels panels);
void atr__gemm_emit_tiles(atr__cl_emit *emit, const atr__cl_query *query, const atr__gemm_problem *problem,
                          atr__gemm_panels panels);
void atr__gemm_emit_baseline(atr__cl_emit *emit, const atr__gemm_problem *problem);

#endif
