/* op.h: what an operator is.
 *
 * An operator is a descriptor, a `const atr__op` at the end of <stem>.c. Its `infer` checks attributes and
 * shapes (here and nowhere else), says the outputs' types and shapes, and fills the parameter struct that
 * every implementation reads. `gradient` appends ordinary nodes (see grad.h). The host implementation is
 * plain C, compiled in float (the product) and in double (the oracle); see host.h. OpenCL implementations are
 * rows of a table; see cl.h.
 *
 * Operators are ONNX's at opset ATR_OPSET, in domain ""; what ONNX lacks is in domain "org.atrous". */
#ifndef ATR_OP_OP_H
#define ATR_OP_OP_H

#include <atrous/tensor.h>

#include "base/status.h"
#include "base/thread.h"
#include "op/attr.h"
#include "op/cl.h"
#include "tensor/blob.h"

enum { ATR_OPSET = 18 };

struct atr__op;
struct atr__grad;

/* What `infer` sees and fills. Arrays have n_in and n_out entries. */
typedef struct atr__infer {
  const struct atr__op *op;
  const atr__attrs *attrs;
  size_t n_in, n_out;      /* n_out: outputs the node names, trailing ones may be absent */
  const atr_type *in_type; /* ATR_TYPE_NONE: absent */
  const atr_shape *in_shape;
  const atr__blob *const *in_const; /* the value where it is known at plan time, else NULL */
  atr_type *out_type;               /* set for every output, wanted or not */
  atr_shape *out_shape;
  void *params; /* op->params_size bytes, zeroed; plain data, no pointers */
  atr_error *error;
  size_t *asks; /* NULL, or receives 1 + the input whose value atr__infer_known found missing */
} atr__infer;

/* A dense row-major tensor in host memory. Type ATR_F32 holds atr_real: float, or double in the oracle. */
typedef struct atr__view {
  void *data; /* NULL: absent input, or an output nobody wants */
  atr_type type;
  atr_shape shape;
  int64_t count;
} atr__view;

/* What a host implementation sees. Inputs and outputs never overlap, save where `inplace` allows it. */
typedef struct atr__call {
  const void *params;
  size_t n_in, n_out;
  const atr__view *in;
  const atr__view *out;
  atr__pool *pool; /* may be NULL; see atr__pool_for */
  atr_error *error;
  int fast; /* ATR_MATH_FAST: functions may be approximated, to some units in the last place */
} atr__call;

typedef enum atr__differentiable {
  ATR__DIFF_YES,  /* `gradient` says how */
  ATR__DIFF_ZERO, /* piecewise constant: gradients stop here (ArgMax, Shape) */
  ATR__DIFF_NO    /* asking for a gradient is an error that names the node */
} atr__differentiable;

typedef atr_status atr__host_function(const atr__call *call);

typedef struct atr__op {
  const char *name;                     /* "Conv" */
  const char *domain;                   /* "" or "org.atrous" */
  const char *stem;                     /* of its files, "conv" */
  int since;                            /* the opset that gave it this meaning */
  int min_in, max_in, min_out, max_out; /* max -1: any number */
  size_t params_size;
  atr_status (*infer)(atr__infer *infer);
  atr__differentiable differentiable;
  atr_status (*gradient)(struct atr__grad *grad);
  atr__host_function *host_f32, *host_f64;
  const struct atr__cl_row *cl; /* ends with an entry whose algorithm is NULL; NULL in a host-only build */
  const struct atr__cl_pair *pairs; /* likewise: two steps in one; NULL: none */
  unsigned inplace; /* bit i: output 0 may share the storage of input i of the same shape and type */
  int64_t (*flops)(const void *params, const atr_shape *in,
                   const atr_shape *out); /* NULL: one per output element */
} atr__op;

/* The descriptor's host and OpenCL members for implementations named by the house's rule; <stem>.h declares
 * them. */
#define ATR__HOST(stem) .host_f32 = atr__##stem##_host_f32, .host_f64 = atr__##stem##_host_f64
#ifdef ATR_HAVE_OPENCL
#define ATR__CL(stem) .cl = atr__##stem##_cl
#else
#define ATR__CL(stem) .cl = NULL
#endif
/* For an operator whose result is computed when the plan is made and never by a kernel. */
#define ATR__HOST_ONLY .cl = NULL
#define ATR__DECLARE_OP(stem)                                                                                \
  atr__host_function atr__##stem##_host_f32, atr__##stem##_host_f64;                                         \
  extern const struct atr__cl_row atr__##stem##_cl[]

/* op_registry.c. NULL where there is none; domain NULL or "ai.onnx" means "". */
const atr__op *atr__op_find(const char *domain, const char *name);
size_t atr__op_count(void);
const atr__op *atr__op_at(size_t i);

/* Helpers for `infer`; each writes a sentence that names the operator's input. */
atr_status atr__infer_need_f32(atr__infer *infer, size_t input);
atr_status atr__infer_need_rank(atr__infer *infer, size_t input, int low, int high);
/* The value of an input that inference needs: for a shape, or for what implementations read at plan time.
 * NULL where it is not known yet, with the sentence and ATR_E_UNSUPPORTED in infer->error, which `infer`
 * returns. Every operator asks so and in no other way: a plan then computes the value first and goes on with
 * it known. what: the input's name in sentences; NULL: its number. */
const atr__blob *atr__infer_known(const atr__infer *infer, size_t input, const char *what);
/* A 1-D (or scalar) integer input known at plan time, copied to `values` (room for `room`); ATR_E_UNSUPPORTED
 * where it is computed while running. */
atr_status atr__infer_ints(atr__infer *infer, size_t input, int64_t *values, size_t room, size_t *n);
/* Output 0 like input 0: the whole inference of many small operators. */
atr_status atr__infer_same(atr__infer *infer);

#endif
