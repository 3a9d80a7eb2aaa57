/* bench.h: what the parts of the comparison with oneDNN share: a row (one operator at one size, read by
 * rows.c), our side of it (ours.c) and oneDNN's (peer.c). */
#ifndef BENCH_H
#define BENCH_H

#include <atrous.h>
#include <oneapi/dnnl/dnnl.h>

#include "common.h"

typedef enum {
  CHAIN,      /* convolutions in a row, ReLU behind each: c = oc, stride 1 */
  FAN,        /* convolutions of one input, ReLU behind each */
  TRANSPOSED, /* the same of transposed convolutions, which enlarge by `stride` */
  TRAIN,      /* convolutions of one plain input whose weights are inputs too, as while training */
  GRAD_INPUT, /* their gradients; weights are packed within the time */
  GRAD_FILTER,
  MAX_POOL,
  UPSAMPLE, /* bilinear, by `stride` */
  SOFTMAX,  /* along channels */
  ADD       /* of two tensors */
} kind;

typedef struct {
  char name[64];
  kind what;
  int64_t n, c, oc, h, w; /* of the input; h = 0: a series of length w */
  int64_t filter, stride, dilation, group;
  int causal;    /* padding on the left only; else as much on both sides as keeps the size at stride 1 */
  int residual;  /* a second tensor is added in front of the ReLU */
  int blocked;   /* pooling, upsampling, softmax: ours stands behind a convolution in channel blocks */
  double goal;   /* what the ratio should reach; 0: none set */
  char part[24]; /* the line of the table that it counts in; empty: none */
} row;

/* rows.c: reads a file of rows (bench/shapes.txt says what is in one); the list is the caller's. */
row *rows_read(const char *path, size_t *n);

/* CHAIN, FAN or TRANSPOSED: with bias and ReLU. */
int row_forward(const row *r);
/* Spatial axes: 1 or 2; lists of them, for both sides. A transposed convolution has as much padding on both
 * sides, `extra` outputs more behind. */
int row_axes(const row *r);
int64_t row_out(const row *r, int axis);
void row_pads(const row *r, int64_t before[2], int64_t after[2]);
int64_t row_extra(const row *r);
int64_t row_in(const row *r, int axis);
double row_flops(const row *r); /* of one node; 0 where bytes are what counts */
double row_bytes(const row *r); /* read and written by one node */

/* A plan of `nodes` nodes, and of as many tails as another plan may have nodes: a tail reads next to nothing
 * of a node's output, so that the difference of two plans is of nodes alone. */
typedef struct {
  atr_model *model;
  atr_plan *plan;
  atr_run *run;
  int64_t end; /* floats in the output "end" */
} ours;
ours ours_make(atr_context *context, const row *r, int nodes, int tails);
void ours_free(ours *o);
/* Seconds of one execution among `batch`, with the wait for the last. */
double ours_time(ours *o, int batch);
/* The algorithm of the row's first node, as the plan tells it. */
void ours_algorithm(const ours *o, const row *r, char text[32]);

enum { PEER_NODES = 8 };
typedef struct {
  dnnl_primitive_t primitive;
  dnnl_memory_t memory[2 * PEER_NODES + 4];
  int memories;
  dnnl_exec_arg_t args[PEER_NODES][4];
  int n_args;
  char implementation[48];
} peer;
/* By oneDNN's Winograd where asked; 0 where it has none for the row. */
int peer_make(peer *p, dnnl_engine_t engine, const row *r, int winograd);
void peer_free(peer *p);
double peer_time(const peer *p, dnnl_stream_t stream, int batch); /* of PEER_NODES primitives */

/* triad.c: seconds in which two threads read and write `bytes` in tensors out of cache, a = b + s c. */
double triad_time(double bytes, int batch);

/* peak.c: seconds in which two threads do so many multiplications and additions in registers, the slower
 * one's; whether it is known how on this processor. */
double peak_time(double flops, int batch);
int peak_known(void);

#define DNN(call)                                                                                            \
  do {                                                                                                       \
    if ((call) != dnnl_success) die("oneDNN", #call);                                                        \
  } while (0)

#endif
