/* recurrent_peer.c: oneDNN's side of a recurrent case, weights in formats of its own choice. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "recurrent.h"

static dnnl_memory_desc_t any(int rank, const dnnl_dims_t dims) {
  dnnl_memory_desc_t d;
  DNN(dnnl_memory_desc_init_by_tag(&d, rank, dims, dnnl_f32, dnnl_format_tag_any));
  return d;
}

static dnnl_memory_t plain(dnnl_engine_t engine, const dnnl_memory_desc_t *desc) {
  dnnl_memory_t memory;
  void *data;
  DNN(dnnl_memory_create(&memory, desc, engine, DNNL_MEMORY_ALLOCATE));
  DNN(dnnl_memory_get_data_handle(memory, &data));
  const size_t n = dnnl_memory_desc_get_size(desc) / sizeof(float);
  float *values = numbers((int64_t)n);
  memcpy(data, values, n * sizeof *values);
  free(values);
  return memory;
}

/* Packed forms begin with what only oneDNN can write: so numbers are brought there by a reorder. */
static dnnl_memory_t memory_of(dnnl_engine_t engine, const dnnl_memory_desc_t *desc) {
  static const dnnl_format_tag_t tag[] = {
    dnnl_format_tag_undef, dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd, dnnl_abcde
  };
  dnnl_memory_desc_t simple;
  DNN(dnnl_memory_desc_init_by_tag(&simple, desc->ndims, desc->dims, dnnl_f32, tag[desc->ndims]));
  dnnl_memory_t from = plain(engine, &simple), to;
  if (dnnl_memory_desc_equal(&simple, desc)) return from;
  dnnl_primitive_desc_t pd;
  dnnl_primitive_t reorder;
  dnnl_stream_t stream;
  DNN(dnnl_memory_create(&to, desc, engine, DNNL_MEMORY_ALLOCATE));
  DNN(dnnl_reorder_primitive_desc_create(&pd, &simple, engine, desc, engine, NULL));
  DNN(dnnl_primitive_create(&reorder, pd));
  DNN(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
  const dnnl_exec_arg_t args[] = { { DNNL_ARG_FROM, from }, { DNNL_ARG_TO, to } };
  DNN(dnnl_primitive_execute(reorder, stream, 2, args));
  DNN(dnnl_stream_wait(stream));
  DNN(dnnl_stream_destroy(stream));
  DNN(dnnl_primitive_destroy(reorder));
  DNN(dnnl_primitive_desc_destroy(pd));
  DNN(dnnl_memory_destroy(from));
  return to;
}

layer_peer layer_peer_make(dnnl_engine_t engine, const layer *l) {
  const int64_t gates = l->cell == LSTM ? 4 : l->cell == GRU ? 3 : 1;
  const dnnl_memory_desc_t x = any(3, (dnnl_dims_t){ l->t, l->n, l->hidden });
  const dnnl_memory_desc_t w = any(5, (dnnl_dims_t){ 1, 1, l->hidden, gates, l->hidden });
  const dnnl_memory_desc_t b = any(4, (dnnl_dims_t){ 1, 1, l->cell == GRU ? 4 : gates, l->hidden });
  const dnnl_rnn_direction_t way = dnnl_unidirectional_left2right;
  dnnl_rnn_desc_t desc;
  if (l->cell == LSTM)
    DNN(dnnl_lstm_forward_desc_init(&desc, dnnl_forward_inference, way, &x, NULL, NULL, &w, &w, &b, &x, NULL,
                                    NULL, 0));
  else if (l->cell == GRU)
    DNN(dnnl_lbr_gru_forward_desc_init(&desc, dnnl_forward_inference, way, &x, NULL, &w, &w, &b, &x, NULL,
                                       0));
  else
    DNN(dnnl_vanilla_rnn_forward_desc_init(&desc, dnnl_forward_inference, dnnl_eltwise_tanh, way, &x, NULL,
                                           &w, &w, &b, &x, NULL, 0, 0, 0));
  dnnl_primitive_desc_t pd;
  DNN(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, NULL));
  /* Queried with the arguments' own numbers: the primitive descriptor says which format each has. */
  static const int args[5] = { DNNL_ARG_SRC_LAYER, DNNL_ARG_WEIGHTS_LAYER, DNNL_ARG_WEIGHTS_ITER,
                               DNNL_ARG_BIAS, DNNL_ARG_DST_LAYER };
  layer_peer p = { 0 };
  for (int i = 0; i < 5; i++) {
    p.memory[i] = memory_of(engine, dnnl_primitive_desc_query_md(pd, dnnl_query_exec_arg_md, args[i]));
    p.args[i] = (dnnl_exec_arg_t){ args[i], p.memory[i] };
  }
  DNN(dnnl_primitive_create(&p.primitive, pd));
  DNN(dnnl_primitive_desc_destroy(pd));
  return p;
}

void layer_peer_free(layer_peer *p) {
  dnnl_primitive_destroy(p->primitive);
  for (int i = 0; i < 5; i++) dnnl_memory_destroy(p->memory[i]);
}

double layer_peer_time(const layer_peer *p, dnnl_stream_t stream, int batch) {
  const double start = now();
  for (int i = 0; i < batch; i++) DNN(dnnl_primitive_execute(p->primitive, stream, 5, p->args));
  DNN(dnnl_stream_wait(stream));
  return (now() - start) / batch;
}
