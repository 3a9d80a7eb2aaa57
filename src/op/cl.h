/* cl.h: what an operator's OpenCL implementation sees and may do. Nothing here names OpenCL's own types.
 *
 * An implementation is a row of a table, best first; the last row is the baseline, which runs on any device.
 * The planner takes the first row that applies. `emit` then names kernels, fills their argument blocks and
 * says their launch shape; it does no mathematics.
 *
 * Every kernel has one signature (kernels/common.clh): eight base pointers and the index of its argument
 * block, a run of 32-bit words pushed here in the order in which the kernel reads them. A tensor is two
 * words, (base, offset in 64-byte units), so one kernel serves one launch per node as well as a resident
 * launch that runs many nodes. */
#ifndef ATR_OP_CL_H
#define ATR_OP_CL_H

#include <atrous/tensor.h>

#include "backend/device.h"
#include "base/status.h"

/* How a tensor lies in memory. ATR__BLOCKED: [n][ceil(c/16)][spatial …][16], spare lanes zero. */
typedef enum atr__layout { ATR__PLAIN, ATR__BLOCKED } atr__layout;

typedef struct atr__cl_tensor {
  atr_type type; /* ATR_TYPE_NONE: absent */
  atr_shape shape;
  atr__layout layout;
  int is_param; /* canonical weights, constant while a plan runs (they change only between runs) */
} atr__cl_tensor;

typedef struct atr__cl_query {
  const atr__cl_device *device;
  const void *params;
  int exact; /* ATR_MATH_EXACT: canonical order of accumulation only */
  size_t n_in, n_out;
  const atr__cl_tensor *in, *out; /* while rows are chosen, `out` layouts are not settled yet */
  int asked;           /* tests and benchmarks want this very row: it applies wherever it computes what it
                          should, also where another one is quicker */
  int readers_blocked; /* while rows are chosen: everything that reads output 0 has a row that takes it
                          blocked */
} atr__cl_query;

typedef struct atr__cl_emit atr__cl_emit;

/* OpenCL's type that holds an element: "float", "uint" …; float16 and bfloat16 "ushort", float64 "ulong":
 * kernels do not compute in them. element_cl.c. */
const char *atr__cl_type(atr_type type);

/* Whether inputs and output 0 are so large that what is written first has left the caches before anything is
 * read: then a kernel for CPUs stores past them (ATR_STREAM16), which saves reading what is overwritten.
 * element_cl.c. */
int atr__cl_streams(const atr__cl_query *query);

/* A form of its own in which a row reads an input of weights, made when they change. */
typedef struct atr__cl_packing {
  int in;           /* the input, counted from 1; 0: none */
  const char *form; /* its name; same name, same bytes */
  uint64_t (*bytes)(const atr__cl_query *query);
  void (*pack)(atr__cl_emit *emit,
               const atr__cl_query *query); /* emits kernels that read the input, write the form */
} atr__cl_packing;

typedef struct atr__cl_row {
  const char *algorithm;                      /* "baseline", "direct_plain", "direct_blocked" … */
  int (*applies)(const atr__cl_query *query); /* NULL: always */
  unsigned blocked_in, blocked_out; /* bit i: this input/output is in ATR__BLOCKED, else ATR__PLAIN */
  uint64_t (*scratch)(const atr__cl_query *query); /* bytes of scratch; NULL: none */
  void (*emit)(atr__cl_emit *emit, const atr__cl_query *query);
  /* Packed weights: input `packed_in` - 1 is read in a form of its own, made by `pack` when the weights
   * change. 0: none. */
  int packed_in;
  const char *packing; /* names the form; same name, same bytes */
  uint64_t (*packed_bytes)(const atr__cl_query *query);
  void (*pack)(atr__cl_emit *emit,
               const atr__cl_query *query); /* emits kernels that read the input, write atr__cl_packed */
  const atr__cl_packing *also; /* of a second input, written as atr__cl_packed_also; NULL: none */
} atr__cl_row;

/* Packing k, 0 or 1, of a row. */
static inline atr__cl_packing atr__cl_packing_of(const atr__cl_row *row, int k) {
  const atr__cl_packing first = { row->packed_in, row->packing, row->packed_bytes, row->pack }, none = { 0 };
  return !k ? first : row->also ? *row->also : none;
}

/* Two neighbouring steps of an operator with these algorithms that one launch does; what the first makes is
 * input 0 of the second, and nothing else. same: bit i: the second's input i is the first's input 0. The emit
 * is the second's, whose input 0 then is the first's. */
typedef struct atr__cl_pair {
  const char *first, *second; /* NULL behind the last of a list */
  int (*applies)(const atr__cl_query *first, const atr__cl_query *second, unsigned same);
  void (*emit)(atr__cl_emit *emit, const atr__cl_query *first, const atr__cl_query *second);
} atr__cl_pair;

/* One kernel launch: atr__cl_kernel, then arguments in the kernel's order, then one of the launch shapes. An
 * emit may launch several, run in order. Failures are sticky. file: "conv.cl"; kernel: its name before
 * ATR_FN's suffix; suffix: "" or "_14x2", with defines "TW=14 OB=2": each distinct (file, suffix, defines) is
 * one instance of the template in the plan's program. */
void atr__cl_kernel(atr__cl_emit *emit, const char *file, const char *kernel, const char *suffix,
                    const char *defines);
void atr__cl_int(atr__cl_emit *emit, int64_t value); /* must fit 32 bits */
void atr__cl_float(atr__cl_emit *emit, float value);
void atr__cl_in(atr__cl_emit *emit,
                size_t i); /* two words; an absent input is base 0, tested by ATR_ABSENT */
void atr__cl_out(atr__cl_emit *emit, size_t i);                 /* two words */
void atr__cl_scratch(atr__cl_emit *emit, uint64_t byte_offset); /* two words; a multiple of 64 */
void atr__cl_packed(atr__cl_emit *emit);                        /* two words */
void atr__cl_packed_also(atr__cl_emit *emit);                   /* two words */
/* The same of the first of a pair. */
void atr__cl_first_in(atr__cl_emit *emit, size_t i);
void atr__cl_first_packed(atr__cl_emit *emit);
void atr__cl_shape(atr__cl_emit *emit,
                   const atr_shape *shape); /* rank, then 8 dimensions (1 beyond the rank) */
void atr__cl_strides(atr__cl_emit *emit, const int64_t stride[8], int rank); /* 8 words, 0 beyond the rank */
/* One work-item an element of [0, count); the kernel gets its index by ATR_ITEM and must return where it is ≥
 * count (push count as an argument too). */
void atr__cl_items(atr__cl_emit *emit, int64_t count);
/* Work-groups of `local` items (1 for CPU tiles): the kernel uses get_group_id. Dimensions stay below 65535.
 */
void atr__cl_groups(atr__cl_emit *emit, int64_t gx, int64_t gy, int64_t gz, int local);
/* Tiles that are numbered by one index, ATR_GROUP(0) + ATR_GROUPS(0) * ATR_GROUP(1), of which there may be a
 * few too many. */
void atr__cl_tiles(atr__cl_emit *emit, int64_t count);
/* As atr__cl_groups(emit, gx, 1, 1, 1) for a kernel that begins with ATR_BEGIN_SHARED and whose first word is
 * not negative: neighbouring steps that do not touch each other's tensors may share the launch. */
void atr__cl_shared(atr__cl_emit *emit, int64_t gx);
/* The same for a kernel whose items share a group's work in strides of get_local_size(0): at most `local` of
 * them, fewer where the device or its driver allows fewer. */
void atr__cl_teams(atr__cl_emit *emit, int64_t gx, int64_t gy, int64_t gz, int local);

#endif
