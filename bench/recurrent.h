/* recurrent.h: what the parts of bench/recurrent share: a case (one layer at one size), oneDNN's side of it.
 */
#ifndef BENCH_RECURRENT_H
#define BENCH_RECURRENT_H

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

#endif
