/* plan.h: a plan inside: slots (tensors), steps (what runs), and the passes that make them.
 *
 * Passes, each a file: infer (model/infer.c drives it), steps.c (live nodes become steps), simplify, fuse,
 * hoist, chain, layout (which row runs each step, in which layouts, with conversions between), pair, memory
 * (offsets in arenas), emit (argument blocks and launches), share (one launch for many), compile (one
 * program), flow (one launch for many nodes). A pass that has nothing to do leaves the plan as it is. */
#ifndef ATR_PLAN_PLAN_H
#define ATR_PLAN_PLAN_H

#include <stdatomic.h>

#include <atrous/plan.h>

#include "backend/backend.h"
#include "model/graph.h"
#include "plan/params.h"

/* Where a slot's bytes are. */
typedef enum atr__home {
  ATR__HOME_ARENA,
  ATR__HOME_PARAM, /* weights: entry `param` of the plan's atr_params */
  ATR__HOME_NONE   /* known at plan time and read by no kernel, or not wanted */
} atr__home;

typedef struct atr__slot {
  char *name; /* the model value's; NULL for what the planner added */
  atr_type type;
  atr_shape shape;
  atr__layout layout;
  atr__home home;
  int param;              /* index in atr_params */
  atr__blob *known;       /* a constant: uploaded when a run is created */
  int first, last;        /* steps between which it lives; kept for ever: last = INT32_MAX */
  int shares;             /* index of the slot whose storage it takes over, or -1 */
  int storage;            /* where that ends: the slot whose offset it has, itself where it shares none */
  uint64_t bytes, offset; /* a multiple of 64 */
  int base;               /* 3 … 5 in the arena, 2 for weights */
} atr__slot;

typedef struct atr__step {
  const atr__op *op;
  char *node; /* name, for messages */
  char *what; /* of a step that several nodes became: their operators, "Sigmoid+Mul"; else NULL */
  void *params;
  int *in, *out; /* slot indices, -1: absent */
  size_t n_in, n_out;
  const atr__cl_row *row; /* NULL: runs on the host */
  const char *reason;     /* why it runs so; static */
  size_t chosen; /* when rows are chosen it was this step's turn, or that of the one it converts for */
  int scratch;   /* slot index or -1 */
  int packed[2]; /* entries of atr_params, or -1 */
  size_t launch, n_launches;
  const atr__cl_pair *pair; /* it does what the step before does, too (pair.c) */
  int once;                 /* runs only where weights changed since (hoist.c) */
  int64_t work; /* multiplications and additions, or elements moved: what progress is counted in */
} atr__step;

/* Weights whose packed form is made when they change: entry `packed` by launches [launch, launch + n). */
typedef struct atr__pack {
  int packed;
  size_t launch, n_launches;
} atr__pack;

/* A word of the argument blocks that, with its follower, names the storage of a port: binding changes it. */
typedef struct atr__relocation {
  uint64_t word;
  int storage;
} atr__relocation;

/* Steps [step, step + n) that one launch does (flow.c). */
typedef struct atr__flow {
  size_t step, n;
  size_t launch;
} atr__flow;

typedef struct atr__plan_port {
  char *name;
  int slot;
} atr__plan_port;

/* A graph that data decide about: it is planned piece by piece while it runs (segment.h). */
typedef struct atr__script {
  atr_model *model;
  atr_plan *first; /* of the first segment, or NULL */
} atr__script;

struct atr_plan {
  atr_context *context;
  atr_params *params;
  atomic_int references;
  atr_math math;
  int keep_all, nhwc;
  int bare; /* ports are the caller's tensors: the first n_bound are always bound and have no memory here */
  size_t n_bound;
  int real64; /* the oracle: host only, ATR_F32 held as double */
  atr__slot *slots;
  atr__step *steps;
  atr__plan_port *inputs, *outputs;
  size_t n_slots, n_steps, n_inputs, n_outputs;
  size_t room_slots, room_steps;
  uint64_t arena[3]; /* bytes of bases 3, 4, 5 */
  uint64_t apart;    /* what all slots of the arenas would take, each with bytes of its own */
  int *written;      /* entries of atr_params that a run changes */
  size_t n_written, room_written;
  /* OpenCL */
  int32_t *words; /* argument blocks; the first 16 are the run's status */
  size_t n_words, room_words;
  atr__launch *launches;
  size_t n_launches, room_launches;
  atr__relocation *relocations;
  size_t n_relocations, room_relocations;
  atr__pack *packs;
  size_t n_packs, room_packs;
  atr__flow *flows; /* in order */
  size_t n_flows, room_flows;
  int separate;   /* none is wanted */
  char **kernels; /* full names, indexed by launches */
  size_t n_kernels, room_kernels;
  char **instances;                   /* file, suffix, defines, kernel, file … */
  size_t n_instances, room_instances; /* strings */
  atr__program *program;
  char *placement;
  uint64_t work;                    /* of all steps */
  const struct atr__wishes *wishes; /* while it is made; NULL: rules and the file of choices decide */
  atr__script *script; /* not NULL: there are no steps here, and slots for inputs and outputs only */
};

enum { ATR__STATUS_WORDS = 16, ATR__INSTANCE_PARTS = 4 };

/* Size of an element in this plan: 8 for ATR_F32 in the oracle. */
size_t atr__plan_element(const atr_plan *plan, atr_type type);
/* Bytes of a slot in its layout, rounded up to 64. */
uint64_t atr__plan_slot_bytes(const atr_plan *plan, const atr__slot *slot);
int atr__plan_add_slot(atr_plan *plan, atr_type type, const atr_shape *shape,
                       atr_error *error); /* -1: out of memory */
/* A step of the planner's own: infers op on these slots and makes its outputs' slots. Inserted before step
 * `at`. */
atr_status atr__plan_add_step(atr_plan *plan, size_t at, const atr__op *op, const char *node,
                              const atr__attrs *attrs, const int *in, size_t n_in, int *out, size_t n_out,
                              atr_error *error);
/* What it calculates and what it reads and writes, as atr_profile_step has it. */
uint64_t atr__step_flops(const atr__step *step);
uint64_t atr__step_bytes(const atr_plan *plan, const atr__step *step);
/* What it does, for people: its operator's name, or what it is made of. */
const char *atr__step_what(const atr__step *step);
/* Whether it is the operator of ONNX's own domain of this name. */
int atr__step_is(const atr__step *step, const char *name);
void atr__plan_remove_step(atr_plan *plan, size_t index);
int atr__plan_writer(const atr_plan *plan, int slot); /* the step that makes it, or -1 */
/* What rows may know of a step; arrays belong to the caller (n_in and n_out entries). */
void atr__plan_query(const atr_plan *plan, const atr__step *step, atr__cl_tensor *in, atr__cl_tensor *out,
                     atr__cl_query *query);

atr_status atr__plan_steps(atr_plan *plan, const atr_model *model, atr__infer_state *shapes,
                           atr_error *error);
void atr__plan_simplify(atr_plan *plan);
atr_status atr__plan_fuse(atr_plan *plan, atr_error *error);
atr_status atr__plan_hoist(atr_plan *plan, atr_error *error);
atr_status atr__plan_chain(atr_plan *plan, atr_error *error);
atr_status atr__plan_layout(atr_plan *plan, atr_error *error);
atr_status atr__plan_pair(atr_plan *plan, atr_error *error);
/* The one step that reads the slot, or -1 where there are none or several, or the user may read it. */
int atr__plan_only_reader(const atr_plan *plan, int slot);
atr_status atr__plan_memory_pass(atr_plan *plan, atr_error *error);
atr_status atr__plan_emit(atr_plan *plan, atr_error *error);
atr_status atr__plan_share(atr_plan *plan, atr_error *error); /* emit's last act, see share.c */
atr_status atr__plan_compile(atr_plan *plan, atr_error *error);
atr_status atr__plan_flow(atr_plan *plan, atr_error *error);
/* The first that ends behind this step, or NULL. */
const atr__flow *atr__plan_flow_at(const atr_plan *plan, size_t step);
/* Adds a kernel that no step names, the last of all. */
atr_status atr__plan_add_kernel(atr_plan *plan, const char *name, atr_error *error);
/* How much work each step is, and all are. */
void atr__plan_count_work(atr_plan *plan);
atr_status atr__plan_describe(atr_plan *plan, atr_error *error);

/* atr_plan_create with switches. The oracle: `params` are the plan's own unless given (made with the same
 * switch). Bare: for calls of single operators (call.c). */
enum { ATR__PLAN_REAL64 = 1, ATR__PLAN_BARE = 2 };
atr_status atr__plan_create(const atr_model *model, atr_context *context, const atr_shape *inputs, size_t n,
                            const atr_plan_options *options, int switches, atr_error *error, atr_plan **plan);
/* The same with algorithms that are asked for (tuning.h). */
atr_status atr__plan_create_wished(const atr_model *model, atr_context *context, const atr_shape *inputs,
                                   size_t n, const atr_plan_options *options, int switches,
                                   const struct atr__wishes *wishes, atr_error *error, atr_plan **plan);
void atr__plan_retain(atr_plan *plan);
/* A plan for a part of the graph that `whole` is for: its context, weights and options. */
atr_status atr__plan_part(const atr_plan *whole, const atr_model *part, atr__infer_state *inferred,
                          atr_error *error, atr_plan **plan);

/* script.c: plans of several segments, and runs of them. `inferred`: the model at these inputs, as far as it
 * goes. */
atr_status atr__script_create(atr_plan *plan, const atr_model *model, const atr_shape *inputs,
                              const atr__infer_state *inferred, atr_error *error);
void atr__script_free(atr__script *script);
atr_status atr__script_start(atr_run *run, atr_error *error);
void atr__script_stop(atr_run *run);
atr_status atr__script_write(atr_run *run, const char *name, const void *data, size_t bytes);
atr_status atr__script_write_double(atr_run *run, const char *name, const double *data, size_t count);
atr_status atr__script_execute(atr_run *run);
atr_status atr__script_read(atr_run *run, const char *name, void *data, size_t bytes);
atr_status atr__script_read_double(atr_run *run, const char *name, double *data, size_t count);
atr_status atr__script_output(atr_run *run, const char *name, atr_port *port);
/* The oracle's full precision: values of an input, output or weight as double. */
atr_status atr__run_read_real(atr_run *run, const char *name, double *data, size_t count);
atr_status atr__run_write_real(atr_run *run, const char *name, const double *data, size_t count);

/* The slot that runs may read by this name, or -1. */
int atr__plan_readable(const atr_plan *plan, const char *name);
/* The shape of a tensor that may be read by this name and is of this type; ATR_E_PARAM (no sentence) where
 * there is none. */
atr_status atr__run_shape(const atr_run *run, const char *name, atr_type type, atr_shape *shape);

#endif
