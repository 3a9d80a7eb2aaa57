/* plan.h: a model compiled for a device and for given input sizes, and runs of it.
 *
 * A plan is immutable and may be shared by threads. A run is one thread's memory and queue; several runs of
 * one plan may execute at the same time. Weights (atr_params) are shared by all plans of a model on a
 * context. The same plan gives the same bits, whatever the number of threads; how far the host, a device and
 * the exact result may lie apart is in doc/numbers.md. */
#ifndef ATROUS_PLAN_H
#define ATROUS_PLAN_H

#include <atrous/context.h>
#include <atrous/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum atr_math {
  ATR_MATH_FAST,  /* re-orderings within stated bounds: fused passes, and Winograd's algorithm for filters of
                     3 and 3x3, whose error is at most one and a half times the direct one's, and in which
                     an infinity or NaN of the input reaches neighbouring outputs too; on the host,
                     approximations of Sigmoid and Tanh in recurrent layers; doc/numbers.md */
  ATR_MATH_EXACT, /* the canonical order of accumulation everywhere on a backend */
  ATR_MATH_PORTABLE /* reserved; ATR_E_UNSUPPORTED */
} atr_math;

/* How a plan's kernels are launched on a device. */
typedef enum atr_launches {
  ATR_LAUNCHES_FEW, /* on a CPU (PoCL), many nodes by one launch: a few work-groups stay and do the work of
                       the others, node after node. That this works is tried before it is first used;
                       elsewhere, and where it does not, it is the same as separate. The same bits. */
  ATR_LAUNCHES_SEPARATE /* every kernel by itself */
} atr_launches;

typedef struct atr_params atr_params;
typedef struct atr_plan atr_plan;
typedef struct atr_run atr_run;

/* The weights of a model on a context. Plans of one model share them by default; make your own to have
 * several sets. */

/* Copies the model's initial weights to the device. *params is freed by atr_params_destroy, once no plan uses
 * it. Any thread. ATR_E_NOMEM, ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_params_create(const atr_model *model, atr_context *context, atr_error *error,
                          atr_params **params);
/* Copies the weights as they are now into the model's initial weights of the same names; others stay. The
 * model must not be in use by another thread. Blocks. ATR_E_SHAPE where a name has another shape,
 * ATR_E_NOMEM, ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_params_store(const atr_params *params, atr_model *model, atr_error *error);
ATR_API void atr_params_destroy(atr_params *params); /* NULL: nothing */

typedef struct atr_plan_options {
  size_t size;
  atr_math math;
  int keep_all; /* non-zero: every tensor of the model can be read by name after a run; nothing is fused or
                   reused */
  int nhwc; /* non-zero: inputs and outputs of rank 4 are [n][h][w][c], of rank 3 [n][t][c], at the interface
             */
  atr_params *params; /* NULL: the context's own for this model */
  int float64; /* non-zero: float32 tensors are held and computed as double, by the plain host code: what
                  other results are measured against. For contexts on the host; the weights are the plan's
                  own, and params must be NULL. */
  atr_launches launches;
} atr_plan_options;
#define ATR_PLAN_OPTIONS_INIT                                                                                \
  { sizeof(atr_plan_options), ATR_MATH_FAST, 0, 0, 0, 0, ATR_LAUNCHES_FEW }

/* Compiles the model for these input shapes (one for each input, in their order; with nhwc in that layout).
 * Everything that cannot be done is said here, with the node's name and the offending numbers.
 * Where a shape or the control (If, Loop, Scan) follows from data, the plan has several segments: the first
 * is compiled here, the others when a run gets there and the host has read what they depend on; they are
 * kept, so that a run over the same sizes and the same values in such places compiles nothing. What cannot be
 * done behind the first segment is then said by atr_run_execute. Not for such plans: nhwc
 * (ATR_E_UNSUPPORTED), atr_run_bind and the application's queue. The context must outlive the plan; the model
 * need not. options: copied; NULL: the defaults. *plan is freed by atr_plan_destroy. Any thread. Calls the
 * context's progress hook ("plan", "compile"). ATR_E_PARAM, ATR_E_SHAPE, ATR_E_UNSUPPORTED, ATR_E_LIMIT,
 * ATR_E_NOMEM, ATR_E_DEVICE, ATR_E_STRICT, ATR_E_CANCELLED. Since 0.1. */
ATR_TRY atr_plan_create(const atr_model *model, atr_context *context, const atr_shape *inputs, size_t n,
                        const atr_plan_options *options, atr_error *error, atr_plan **plan);

/* Bytes that each run of the plan takes on the device, weights not counted. Of a plan of several segments,
 * what the first takes; the others come on top as they are reached. Any thread. Since 0.1. */
ATR_API uint64_t atr_plan_memory(const atr_plan *plan);

/* What the tensors of such a run would take, each with memory of its own: beside atr_plan_memory it says what
 * sharing saves. Any thread. Since 0.1. */
ATR_API uint64_t atr_plan_memory_apart(const atr_plan *plan);

/* The shape of an input or output of this plan, as it is read and written (with nhwc in that layout); name
 * NULL past the end. An output whose size follows from data has dimensions of -1, or rank -1, here, and maybe
 * ATR_TYPE_NONE: atr_run_output says them once a run has executed. Any thread. Since 0.1. */
ATR_API atr_port atr_plan_input(const atr_plan *plan, size_t i);
ATR_API atr_port atr_plan_output(const atr_plan *plan, size_t i);

/* A tensor that runs of the plan can read by name: with keep_all every tensor of the model, else its inputs,
 * weights and outputs. */
typedef struct atr_plan_tensor_info {
  const char *name; /* the plan's string */
  const char *node; /* that computes it (of several that became one, the first); NULL for inputs, weights and
                       constants */
  const char *op;   /* of that node, or of all that became one; NULL likewise */
  atr_type type;
  atr_shape shape; /* as it is read */
} atr_plan_tensor_info;

/* The i-th of them; name NULL past the end. The order is that of running, each node's weights before what it
 * computes. Any thread. Since 0.1. */
ATR_API atr_plan_tensor_info atr_plan_tensor(const atr_plan *plan, size_t i);

/* What runs where: a JSON array of {"node","op","device","algorithm","fallback","reason"}. Elementwise nodes
 * that became one step are told by the first one's name and all their operators, "Sigmoid+Mul". Nodes that
 * one launch does have the same number as "launch". A node whose turn is behind the first segment has the
 * algorithm "later", and the reason. The plan's string; any thread. Since 0.1. */
ATR_API const char *atr_plan_placement(const atr_plan *plan);

/* NULL: nothing. Runs of the plan keep what they need. Since 0.1. */
ATR_API void atr_plan_destroy(atr_plan *plan);

/* Memory and queue for running the plan. *run is freed by atr_run_destroy. ATR_E_NOMEM, ATR_E_DEVICE. Since
 * 0.1. */
ATR_TRY atr_run_create(atr_plan *plan, atr_error *error, atr_run **run);

/* Copies an input's values in: row-major, exactly `bytes` bytes. Blocks. Values stay until written again.
 * ATR_E_PARAM (no such input, or another size), ATR_E_DEVICE; the sentence is atr_run_error. Since 0.1. */
ATR_TRY atr_run_write(atr_run *run, const char *name, const void *data, size_t bytes);

/* Makes an input be read from, or an output be written to, the caller's tensor, without a copy; tensor NULL:
 * the run's own memory again. The tensor is of the plan's context, with the port's type and shape, and is
 * kept while it is bound. Up to two tensors can be bound, four where the plan fits one allocation. Blocks.
 * ATR_E_PARAM (no such port, another context), ATR_E_SHAPE, ATR_E_UNSUPPORTED (no base left; a constant),
 * ATR_E_NOMEM, ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_run_bind(atr_run *run, const char *name, atr_tensor *tensor);

/* Computes the outputs. On the host it returns when they are there; on OpenCL it enqueues and returns, and
 * atr_run_read waits. Allocates nothing. ATR_E_DEVICE, ATR_E_CANCELLED, ATR_E_SHAPE (an index from data out
 * of range, on the host). A plan of several segments waits for each, allocates, and can return what
 * atr_plan_create does. Since 0.1. */
ATR_TRY atr_run_execute(atr_run *run);

/* An output (with keep_all any tensor of the model) as the last execute left it: its type and shape, which
 * some plans do not know before (atr_plan_output). *port's name is borrowed from the caller. ATR_E_PARAM (no
 * such output, or nothing was executed yet). Since 0.1. */
ATR_TRY atr_run_output(atr_run *run, const char *name, atr_port *port);

/* Waits, and copies an output (with keep_all any tensor of the model) out. ATR_E_PARAM, ATR_E_SHAPE (an index
 * from data was out of range), ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_run_read(atr_run *run, const char *name, void *data, size_t bytes);

/* The same in the full precision of a plan with float64: a float32 tensor, `count` numbers. Writing also
 * takes weights, so that a derivative can be held against differences. ATR_E_PARAM (no such tensor, another
 * count, not float32, or a plan without float64). Since 0.1. */
ATR_TRY atr_run_read_double(atr_run *run, const char *name, double *data, size_t count);
ATR_TRY atr_run_write_double(atr_run *run, const char *name, const double *data, size_t count);

/* Measuring. on non-zero: from now on each execute of this run launches every kernel by itself and notes how
 * long every step took, by the device's clock (events of OpenCL) or, for steps on the host, the host's, and
 * returns when all is done. The same launches in the same order give the same bits. 0: no longer. Blocks.
 * ATR_E_UNSUPPORTED (an application's OpenCL queue without CL_QUEUE_PROFILING_ENABLE; a plan whose shapes
 * follow from data), ATR_E_NOMEM, ATR_E_DEVICE. Since 0.1. */
ATR_TRY atr_run_profile(atr_run *run, int on);

/* A step of a measured execute. A node of the model may be several steps (a conversion of layout before it,
 * the packing of its weights), or a part of another's (fused). */
typedef struct atr_profile_step {
  const char *node; /* of the model; with op, device and algorithm as in the placement */
  const char *op;
  const char *device;
  const char *algorithm;  /* of packing: the name of the packed form */
  size_t index;           /* the same for the same step in every execute of the plan's runs */
  int once;               /* non-zero: prepares weights, which the next execute need not do again */
  double begin_s, time_s; /* begin: since the execute began */
  uint64_t flops; /* additions and multiplications of convolutions, matrix products and recurrent layers; one
                     an element of the result for the rest, 0 where values are only moved */
  uint64_t bytes; /* of the tensors and weights that it reads and writes, each once */
} atr_profile_step;

/* The i-th step of the last execute, in their order; node NULL past the end, and where nothing was measured.
 * Steps with nothing to do are left out. Where several steps became one launch its time is divided by their
 * work. Valid until the next execute. Since 0.1. */
ATR_API atr_profile_step atr_run_profile_step(const atr_run *run, size_t i);

/* Makes an execute that is under way on another thread return ATR_E_CANCELLED soon. Any thread. Since 0.1. */
ATR_API void atr_run_cancel(atr_run *run);

/* The sentence of the last failed call on this run; "" if none. The run's string. Since 0.1. */
ATR_API const char *atr_run_error(const atr_run *run);

/* Waits for what is queued. NULL: nothing. Since 0.1. */
ATR_API void atr_run_destroy(atr_run *run);

#ifdef __cplusplus
}
#endif
#endif
