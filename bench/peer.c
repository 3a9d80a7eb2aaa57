/* peer.c: oneDNN's side of a row: eight primitives, in formats of its own choice, with the operations behind
 * them fused as it can. */
#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static dnnl_memory_t memory_of(peer *p, dnnl_engine_t engine, const dnnl_memory_desc_t *desc) {
  dnnl_memory_t memory;
  void *data;
  DNN(dnnl_memory_create(&memory, desc, engine, DNNL_MEMORY_ALLOCATE));
  DNN(dnnl_memory_get_data_handle(memory, &data));
  const size_t n = dnnl_memory_desc_get_size(desc) / sizeof(float);
  float *values = numbers((int64_t)n);
  memcpy(data, values, n * sizeof *values);
  free(values);
  p->memory[p->memories++] = memory;
  return memory;
}

typedef struct {
  int axes;
  dnnl_dims_t x, y, w, filter, stride, dilate, before, after;
} geometry;

static geometry geometry_of(const row *r) {
  geometry g = { .axes = row_axes(r), .x = { r->n, r->c }, .y = { r->n, r->oc } };
  int64_t before[2], after[2];
  row_pads(r, before, after);
  const int grouped = r->group > 1;
  if (grouped) g.w[0] = r->group;
  g.w[grouped] = r->oc / r->group;
  g.w[grouped + 1] = r->c / r->group;
  for (int i = 0; i < g.axes; i++) {
    g.x[2 + i] = row_in(r, i);
    g.y[2 + i] = row_out(r, i);
    g.w[grouped + 2 + i] = g.filter[i] = r->filter;
    g.stride[i] = r->stride;
    g.dilate[i] = r->dilation - 1;
    g.before[i] = before[i];
    /* oneDNN wants what is behind the last window left out */
    g.after[i] = r->what == TRANSPOSED ? after[i] - row_extra(r)
                                       : (g.y[2 + i] - 1) * r->stride + r->dilation * (r->filter - 1) + 1 -
                                             g.x[2 + i] - before[i];
  }
  return g;
}

static dnnl_primitive_attr_t epilogue(const row *r) {
  dnnl_primitive_attr_t attr;
  dnnl_post_ops_t post;
  DNN(dnnl_primitive_attr_create(&attr));
  DNN(dnnl_post_ops_create(&post));
  if (r->residual) DNN(dnnl_post_ops_append_sum(post, 1));
  DNN(dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0));
  DNN(dnnl_primitive_attr_set_post_ops(attr, post));
  DNN(dnnl_post_ops_destroy(post));
  return attr;
}

static dnnl_memory_desc_t any(int rank, const dnnl_dims_t dims) {
  dnnl_memory_desc_t d;
  DNN(dnnl_memory_desc_init_by_tag(&d, rank, dims, dnnl_f32, dnnl_format_tag_any));
  return d;
}

/* NULL where there is no Winograd for it. */
static dnnl_primitive_desc_t convolution(dnnl_engine_t engine, const row *r, const geometry *g,
                                         int winograd) {
  const int rank = 2 + g->axes, train = !row_forward(r);
  const dnnl_memory_desc_t x = any(rank, g->x), y = any(rank, g->y), w = any(rank + (r->group > 1), g->w);
  dnnl_memory_desc_t b;
  const dnnl_dims_t oc = { r->oc };
  dnnl_convolution_desc_t desc;
  dnnl_primitive_desc_t forward, pd;
  DNN(dnnl_memory_desc_init_by_tag(&b, 1, oc, dnnl_f32, dnnl_x));
  const dnnl_status_t status = dnnl_dilated_convolution_forward_desc_init(
      &desc, train ? dnnl_forward_training : dnnl_forward_inference,
      winograd ? dnnl_convolution_winograd
      : train  ? dnnl_convolution_direct
               : dnnl_convolution_auto,
      &x, &w, train ? NULL : &b, &y, g->stride, g->dilate, g->before, g->after);
  if (winograd && status != dnnl_success) return NULL;
  DNN(status);
  dnnl_primitive_attr_t attr = train ? NULL : epilogue(r);
  const dnnl_status_t made = dnnl_primitive_desc_create(&forward, &desc, attr, engine, NULL);
  if (attr) DNN(dnnl_primitive_attr_destroy(attr));
  if (winograd && made != dnnl_success) return NULL;
  DNN(made);
  if (r->what != GRAD_INPUT && r->what != GRAD_FILTER) return forward;
  if (r->what == GRAD_INPUT)
    DNN(dnnl_dilated_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &x, &w, &y,
                                                         g->stride, g->dilate, g->before, g->after));
  else
    DNN(dnnl_dilated_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &x, &w, NULL, &y,
                                                            g->stride, g->dilate, g->before, g->after));
  DNN(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, forward));
  DNN(dnnl_primitive_desc_destroy(forward));
  return pd;
}

/* Without bias and ReLU, in its favour: what is behind a deconvolution goes by its reference code, which
 * takes up to twenty times as long. */
static dnnl_primitive_desc_t transposed(dnnl_engine_t engine, const row *r, const geometry *g) {
  const int rank = 2 + g->axes;
  const dnnl_memory_desc_t x = any(rank, g->x), y = any(rank, g->y), w = any(rank + (r->group > 1), g->w);
  dnnl_deconvolution_desc_t desc;
  dnnl_primitive_desc_t pd;
  DNN(dnnl_dilated_deconvolution_forward_desc_init(&desc, dnnl_forward_inference, dnnl_deconvolution_direct,
                                                   &x, &w, NULL, &y, g->stride, g->dilate, g->before,
                                                   g->after));
  DNN(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, NULL));
  return pd;
}

/* Channels in blocks of 16, which is what these are quickest in. */
static dnnl_primitive_desc_t pass(dnnl_engine_t engine, const row *r, const geometry *g) {
  dnnl_memory_desc_t x, y;
  const dnnl_format_tag_t tag = g->axes == 2 ? dnnl_nChw16c : dnnl_nCw16c;
  DNN(dnnl_memory_desc_init_by_tag(&x, 2 + g->axes, g->x, dnnl_f32, tag));
  DNN(dnnl_memory_desc_init_by_tag(&y, 2 + g->axes, g->y, dnnl_f32, tag));
  dnnl_primitive_desc_t pd;
  if (r->what == MAX_POOL) {
    dnnl_pooling_v2_desc_t desc;
    DNN(dnnl_pooling_v2_forward_desc_init(&desc, dnnl_forward_inference, dnnl_pooling_max, &x, &y, g->stride,
                                          g->filter, g->dilate, g->before, g->after));
    DNN(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, NULL));
  } else if (r->what == ADD) {
    dnnl_binary_desc_t desc;
    DNN(dnnl_binary_desc_init(&desc, dnnl_binary_add, &x, &x, &y));
    DNN(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, NULL));
  } else if (r->what == UPSAMPLE) {
    dnnl_resampling_desc_t desc;
    DNN(dnnl_resampling_forward_desc_init(&desc, dnnl_forward_inference, dnnl_resampling_linear, NULL, &x,
                                          &y));
    DNN(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, NULL));
  } else {
    dnnl_softmax_v2_desc_t desc;
    DNN(dnnl_softmax_v2_forward_desc_init(&desc, dnnl_forward_inference, dnnl_softmax_accurate, &x, &y, 1));
    DNN(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, NULL));
  }
  return pd;
}

/* Every primitive has weights of its own; a chain writes what the next one reads. */
int peer_make(peer *to, dnnl_engine_t engine, const row *r, int winograd) {
  typedef struct {
    dnnl_query_t query[3];
    int arg[3];
  } set;
  static const set list[] = { { { dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md },
                                { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST } },
                              { { dnnl_query_diff_dst_md, dnnl_query_weights_md, dnnl_query_diff_src_md },
                                { DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC } },
                              { { dnnl_query_src_md, dnnl_query_diff_dst_md, dnnl_query_diff_weights_md },
                                { DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS } } };
  const set *s = &list[r->what == GRAD_INPUT ? 1 : r->what == GRAD_FILTER ? 2 : 0];
  peer p = { 0 };
  const geometry g = geometry_of(r);
  const int weighted = r->what < MAX_POOL;
  const dnnl_primitive_desc_t pd = r->what == TRANSPOSED ? transposed(engine, r, &g)
                                   : weighted            ? convolution(engine, r, &g, winograd)
                                                         : pass(engine, r, &g);
  if (!pd) return 0;
  const char *implementation = "";
  DNN(dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &implementation));
  snprintf(p.implementation, sizeof p.implementation, "%s", implementation);
  const dnnl_memory_desc_t *md[3];
  for (int i = 0; i < 3; i++) md[i] = dnnl_primitive_desc_query_md(pd, s->query[i], 0);
  const dnnl_memory_t in = memory_of(&p, engine, md[0]), out = memory_of(&p, engine, md[2]);
  const dnnl_memory_t second = r->what == ADD ? memory_of(&p, engine, md[0]) : NULL;
  dnnl_memory_t bias = NULL;
  if (row_forward(r) && r->what != TRANSPOSED) {
    const dnnl_dims_t oc = { r->oc };
    dnnl_memory_desc_t b;
    DNN(dnnl_memory_desc_init_by_tag(&b, 1, oc, dnnl_f32, dnnl_x));
    bias = memory_of(&p, engine, &b);
  }
  for (int i = 0; i < PEER_NODES; i++) {
    const int swap = r->what == CHAIN && i % 2;
    int n = 0;
    p.args[i][n++] = (dnnl_exec_arg_t){ s->arg[0], swap ? out : in };
    if (second) p.args[i][n++] = (dnnl_exec_arg_t){ DNNL_ARG_SRC_1, second };
    p.args[i][n++] = (dnnl_exec_arg_t){ s->arg[2], swap ? in : out };
    if (weighted) p.args[i][n++] = (dnnl_exec_arg_t){ s->arg[1], memory_of(&p, engine, md[1]) };
    if (bias) p.args[i][n++] = (dnnl_exec_arg_t){ DNNL_ARG_BIAS, bias };
    p.n_args = n;
  }
  DNN(dnnl_primitive_create(&p.primitive, pd));
  DNN(dnnl_primitive_desc_destroy(pd));
  *to = p;
  return 1;
}

void peer_free(peer *p) {
  dnnl_primitive_destroy(p->primitive);
  for (int i = 0; i < p->memories; i++) dnnl_memory_destroy(p->memory[i]);
}

double peer_time(const peer *p, dnnl_stream_t stream, int batch) {
  const double start = now();
  for (int k = 0; k < batch; k++)
    for (int i = 0; i < PEER_NODES; i++)
      DNN(dnnl_primitive_execute(p->primitive, stream, p->n_args, p->args[i]));
  DNN(dnnl_stream_wait(stream));
  return (now() - start) / batch;
}
