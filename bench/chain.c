/* chain.c: plans of eight equal convolutions in a row against eight oneDNN primitives in formats of their own
 * choice.
 *
 * Both sides exclude the conversions at the two ends: ours times a plan of eight and of two layers and
 * divides the difference by six; oneDNN's time is of the primitives alone. Contenders alternate within every
 * repetition, with a pause after oneDNN, whose threads spin for some milliseconds and would slow whatever
 * comes next. Prints medians.
 *
 * Usage: chain [DEVICE [REPETITIONS]] */
#include "config.h"

#include "config.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <atrous.h>
#include <oneapi/dnnl/dnnl.h>

typedef struct {
  const char *name;
  int64_t c, h, w, k, d;
} shape;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void pause_ms(long ms) {
  const struct timespec t = { 0, ms * 1000000 };
  nanosleep(&t, NULL);
}

static void die(const char *what, const char *text) {
  fprintf(stderr, "chain: %s: %s\n", what, text);
  exit(1);
}

#define DNN(call)                                                                                            \
  do {                                                                                                       \
    if ((call) != dnnl_success) die("oneDNN", #call);                                                        \
  } while (0)

/* ---- ours */
typedef struct {
  atr_model *model;
  atr_plan *plan;
  atr_run *run;
} chain;

static chain make_chain(atr_context *context, const shape *s, int layers) {
  atr_error e = ATR_ERROR_INIT;
  chain c = { NULL, NULL, NULL };
  const atr_shape in = { 4, { 1, s->c, s->h, s->w } };
  if (atr_model_create(1, &e, &c.model)) die("model", e.text);
  atr_value v = atr_model_add_input(c.model, "x", ATR_F32, &in);
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = s->c;
  p.filter[0] = p.filter[1] = s->k;
  p.dilation[0] = p.dilation[1] = s->d;
  p.pad = ATR_PAD_SAME;
  for (int i = 0; i < layers; i++) v = atr_model_relu(c.model, atr_model_conv(c.model, &p, v));
  atr_model_add_output(c.model, "y", v);
  if (atr_model_check(c.model, &e) || atr_plan_create(c.model, context, &in, 1, NULL, &e, &c.plan) ||
      atr_run_create(c.plan, &e, &c.run))
    die(s->name, e.text);
  const size_t n = (size_t)(s->c * s->h * s->w);
  float *x = malloc(n * sizeof *x);
  for (size_t i = 0; i < n; i++) x[i] = (float)(i % 17) / 17 - 0.5f;
  if (atr_run_write(c.run, "x", x, n * sizeof *x)) die(s->name, atr_run_error(c.run));
  free(x);
  return c;
}

static void free_chain(chain *c) {
  atr_run_destroy(c->run);
  atr_plan_destroy(c->plan);
  atr_model_destroy(c->model);
}

/* Seconds of one execution among `batch`, the reading of one status at the end included. */
static double time_chain(chain *c, const shape *s, int batch, float *y) {
  const size_t bytes = (size_t)(s->c * s->h * s->w) * sizeof *y;
  const double start = now();
  for (int i = 0; i < batch; i++)
    if (atr_run_execute(c->run)) die(s->name, atr_run_error(c->run));
  if (atr_run_read(c->run, "y", y, bytes)) die(s->name, atr_run_error(c->run));
  return (now() - start) / batch;
}

/* ---- oneDNN */
typedef struct {
  dnnl_primitive_t primitive[8];
  dnnl_exec_arg_t args[8][4];
} peer;

static dnnl_memory_t memory_of(dnnl_engine_t engine, const dnnl_memory_desc_t *desc) {
  dnnl_memory_t memory;
  void *data;
  DNN(dnnl_memory_create(&memory, desc, engine, DNNL_MEMORY_ALLOCATE));
  DNN(dnnl_memory_get_data_handle(memory, &data));
  const size_t n = dnnl_memory_desc_get_size(desc) / sizeof(float);
  for (size_t i = 0; i < n; i++) ((float *)data)[i] = ((float)(i % 19) / 19 - 0.5f) / 16;
  return memory;
}

static peer make_peer(dnnl_engine_t engine, const shape *s) {
  peer p;
  const dnnl_dims_t x = { 1, s->c, s->h, s->w }, w = { s->c, s->c, s->k, s->k }, b = { s->c };
  const int64_t pad = s->d * (s->k - 1) / 2;
  const dnnl_dims_t strides = { 1, 1 }, dilates = { s->d - 1, s->d - 1 }, pads = { pad, pad };
  dnnl_memory_desc_t xd, wd, bd;
  DNN(dnnl_memory_desc_init_by_tag(&xd, 4, x, dnnl_f32, dnnl_format_tag_any));
  DNN(dnnl_memory_desc_init_by_tag(&wd, 4, w, dnnl_f32, dnnl_format_tag_any));
  DNN(dnnl_memory_desc_init_by_tag(&bd, 1, b, dnnl_f32, dnnl_x));
  dnnl_convolution_desc_t desc;
  DNN(dnnl_dilated_convolution_forward_desc_init(&desc, dnnl_forward_inference, dnnl_convolution_auto, &xd,
                                                 &wd, &bd, &xd, strides, dilates, pads, pads));
  dnnl_primitive_attr_t attr;
  dnnl_post_ops_t post;
  DNN(dnnl_primitive_attr_create(&attr));
  DNN(dnnl_post_ops_create(&post));
  DNN(dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0));
  DNN(dnnl_primitive_attr_set_post_ops(attr, post));
  dnnl_primitive_desc_t pd;
  DNN(dnnl_primitive_desc_create(&pd, &desc, attr, engine, NULL));
  const dnnl_memory_desc_t *src = dnnl_primitive_desc_query_md(pd, dnnl_query_src_md, 0);
  const dnnl_memory_desc_t *weights = dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
  dnnl_memory_t buffer[2] = { memory_of(engine, src), memory_of(engine, src) }, bias = memory_of(engine, &bd);
  for (int i = 0; i < 8; i++) {
    DNN(dnnl_primitive_create(&p.primitive[i], pd));
    p.args[i][0] = (dnnl_exec_arg_t){ DNNL_ARG_SRC, buffer[i % 2] };
    p.args[i][1] = (dnnl_exec_arg_t){ DNNL_ARG_WEIGHTS, memory_of(engine, weights) };
    p.args[i][2] = (dnnl_exec_arg_t){ DNNL_ARG_BIAS, bias };
    p.args[i][3] = (dnnl_exec_arg_t){ DNNL_ARG_DST, buffer[(i + 1) % 2] };
  }
  return p;
}

static double time_peer(const peer *p, dnnl_stream_t stream, int batch) {
  const double start = now();
  for (int k = 0; k < batch; k++)
    for (int i = 0; i < 8; i++) DNN(dnnl_primitive_execute(p->primitive[i], stream, 4, p->args[i]));
  DNN(dnnl_stream_wait(stream));
  return (now() - start) / batch;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double median(double *list, int n) {
  qsort(list, (size_t)n, sizeof *list, ascending);
  return list[n / 2];
}

int main(int argc, char **argv) {
  static const shape shapes[] = {
    { "64 56x56 3x3", 64, 56, 56, 3, 1 },
    { "128 28x28 3x3", 128, 28, 28, 3, 1 },
    { "256 64x64 3x3 d4", 256, 64, 64, 3, 4 },
    { "64 64x64 3x3 d2", 64, 64, 64, 3, 2 },
  };
  enum { MOST = 101 };
  int repetitions = argc > 2 ? atoi(argv[2]) : 31;
  if (repetitions < 3 || repetitions > MOST) repetitions = 31;
  atr_error e = ATR_ERROR_INIT;
  atr_context *context;
  if (atr_context_open(argc > 1 ? argv[1] : "auto", NULL, &e, &context)) die("context", e.text);
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  DNN(dnnl_engine_create(&engine, dnnl_cpu, 0));
  DNN(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
  printf("%-18s %12s %12s %8s %8s   (per layer, median of %d; ratio above 1: ours is faster)\n",
         "eight layers", "ours ms", "oneDNN ms", "ratio", "GF/s", repetitions);
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
    const shape *s = &shapes[k];
    chain eight = make_chain(context, s, 8), two = make_chain(context, s, 2);
    peer p = make_peer(engine, s);
    float *y = malloc((size_t)(s->c * s->h * s->w) * sizeof *y);
    const double flops = 2.0 * (double)(s->c * s->c * s->h * s->w * s->k * s->k);
    const int batch = flops > 1e9 ? 1 : 4;
    double ours[MOST], theirs[MOST], ratio[MOST];
    for (int i = 0; i < 3; i++)
      time_chain(&eight, s, 1, y), time_chain(&two, s, 1, y), time_peer(&p, stream, 1);
    for (int i = 0; i < repetitions; i++) {
      pause_ms(9);
      time_chain(&eight, s, 1, y);
      const double a = time_chain(&eight, s, batch, y);
      time_chain(&two, s, 1, y);
      const double b = time_chain(&two, s, batch, y);
      time_peer(&p, stream, 1);
      theirs[i] = time_peer(&p, stream, batch) / 8;
      ours[i] = (a - b) / 6;
      ratio[i] = theirs[i] / ours[i];
    }
    const double o = median(ours, repetitions), t = median(theirs, repetitions);
    printf("%-18s %12.3f %12.3f %8.2f %8.0f\n", s->name, o * 1e3, t * 1e3, median(ratio, repetitions),
           flops / o / 1e9);
    if (k == 0 && argc > 3) puts(atr_plan_placement(eight.plan));
    free(y);
    free_chain(&eight);
    free_chain(&two);
  }
  atr_context_destroy(context);
  return 0;
}
