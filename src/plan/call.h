/* call.h: an operator called on tensors: a plan of one node, kept by the context; see <atrous/op.h>. */
#ifndef ATR_PLAN_CALL_H
#define ATR_PLAN_CALL_H

#include <atrous/build.h>
#include <atrous/tensor.h>

#include "base/status.h"

enum { ATR__CALL_INPUTS = 8, ATR__CALL_OUTPUTS = 6 };

/* An input: a tensor, or n known numbers, or (neither) absent. */
typedef struct atr__call_input {
  const char *name;
  atr_tensor *tensor;
  atr_type type;
  size_t n;
  const void *data;
} atr__call_input;

typedef struct atr__tensor_call {
  const char *domain, *op; /* as for atr_model_add */
  const atr_attribute *attributes;
  size_t n_attributes;
  atr__call_input in[ATR__CALL_INPUTS];
  size_t n_in;
  /* Backward: in[n_in + i], i < n_seeds, is the gradient of the node's output i (absent: 0), and out[i] is
   * the gradient of in[i]. */
  size_t n_seeds;
  unsigned weights; /* bit i: input i is taken as a weight: copied, for rows that pack it */
  const char *out_name[ATR__CALL_OUTPUTS];
  atr_tensor **out[ATR__CALL_OUTPUTS]; /* NULL: not wanted */
  size_t n_out;
} atr__tensor_call;

atr_status atr__op_call(atr_context *context, const atr__tensor_call *call, atr_error *error);

/* Plans that the context keeps now, and how many it has made. For tests. */
size_t atr__calls_kept(const atr_context *context, size_t *made);

#endif
