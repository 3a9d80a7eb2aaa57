/* run.h: a run inside: memory and queue of one thread for a plan, and the caller's tensors bound to it. */
#ifndef ATR_PLAN_RUN_H
#define ATR_PLAN_RUN_H

#include "plan/plan.h"
#include "plan/segment.h"
#include "tensor/tensor.h"

/* A tensor of the caller's in place of a port's storage. */
typedef struct atr__binding {
  atr_tensor *tensor; /* retained */
  int storage;        /* slot whose storage it replaces */
  int base;           /* that its kernels find it at: 4 to 7 */
} atr__binding;

struct atr__profile;

struct atr_run {
  atr_plan *plan;
  atr_error error;
  volatile int cancelled;
  const volatile int *cancel; /* that it listens to: its own, or that of the run it is part of */
  atr__exec *exec;            /* of a plan of several segments, which has no memory of its own */
  atr__item *in, *out;        /* its inputs and outputs */
  atr__queue *queue;
  atr__buffer *arena[3], *words;
  uint64_t words_bytes;
  uint64_t made;       /* versions of the weights that the steps run once have seen; 0: none */
  uint64_t generation; /* of the weights' buffers that the views point into */
  atr__view *views;    /* host steps: inputs and outputs of all steps, one after another */
  size_t *first_view;  /* by step */
  int *bound;          /* by slot index of the storage: 1 + index of the binding, 0: none */
  atr__binding *bindings;
  size_t n_bindings, room_bindings;
  size_t commit; /* the first step that changes weights: from there on nothing is cancelled half-way */
  struct atr__profile *profile; /* NULL: not measured */
  char *staging;                /* OpenCL: host memory for steps without a kernel */
};

/* The buffer and offset of a slot. */
atr__buffer *atr__run_buffer(const atr_run *run, const atr__slot *slot, uint64_t *offset);
/* Points the views of host steps at the slots' memory: after a weights' buffer grew, and after binding. */
void atr__run_point_views(atr_run *run);
/* Binds a port of the run to another tensor of the same type and shape; cheap after the first time: the base
 * stays. */
atr_status atr__run_swap(atr_run *run, const char *name, atr_tensor *tensor);
/* Forgets the tensors, not the bases: every port must be swapped before the run is used again. */
void atr__run_let_go(atr_run *run);
/* Waits; ATR_E_SHAPE where a kernel met an index from data that was out of range. */
atr_status atr__run_check(atr_run *run);
/* Everything but the weights' versions: packing, launches, host steps. portions: finish now and then, so that
 * cancel and progress work. */
atr_status atr__run_enqueue(atr_run *run, int portions);

/* profile.c, all of them only where run->profile is there. What ran is noted: launches, and a step on the
 * host from atr__profile_host on until that is called again with done. */
void atr__profile_begin(atr_run *run);
void atr__profile_launched(atr_run *run, size_t first, size_t n);
atr_status atr__profile_host(atr_run *run, size_t step, int done);
atr_status atr__profile_end(atr_run *run);
void atr__profile_free(struct atr__profile *profile);

#endif
