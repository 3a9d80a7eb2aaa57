/* matmul_host.c: MatMul on the host, by Gemm's product. */
#include "op/gemm.h"
#include "op/host.h"

atr_status ATR_HOST(matmul)(const atr__call *call) {
  const atr__gemm_problem g = atr__matmul_problem(&call->in[0].shape, &call->in[1].shape);
  ATR_HOST(gemm_run)(call, &g);
  return ATR_OK;
}
