/* recurrent.h: what the parts of bench/recurrent share: a case (one layer at one size), oneDNN's side of it,
 * and processes that are told line by line (recurrent.py). */
#ifndef BENCH_RECURRENT_H
#define BENCH_RECURRENT_H

#include <stdio.h>

#include "bench.h"

typedef enum { LSTM, GRU, RNN } cell;

/* One layer, forward, without initial states; as many features as hidden units. */
typedef struct {
  cell cell;
  int64_t t, n, hidden;
  int train; /* forward, then gradients of the weights and of x for the sum of the results */
} layer;

typedef struct layer_peer {
  dnnl_primitive_t primitive;
  dnnl_memory_t memory[5];
  dnnl_exec_arg_t args[5];
} layer_peer;
layer_peer layer_peer_make(dnnl_engine_t engine, const layer *l);
void layer_peer_free(layer_peer *p);
double layer_peer_time(const layer_peer *p, dnnl_stream_t stream, int batch);

/* A process of recurrent.py; `in` is NULL where there is none. It is stopped while nothing is asked of it,
 * since its threads may spin for long. */
typedef struct {
  FILE *in, *out;
  int pid;
  char version[32];
} process;
process process_start(const char *python, const char *script, const char *peer_kind, int threads);
/* Says a line; what is answered, or NULL at the end. */
const char *process_ask(process *p, const char *line);
void process_end(process *p);

#endif
