/* conv.c: one convolution, and each of its gradients, against oneDNN's direct primitive in formats of its own
 * choice.
 *
 * Ours are plans of four equal nodes on plain NCHW, weights packed once, and a tiny node whose output is read
 * to wait for the end. Contenders alternate within every repetition, with a pause after oneDNN, whose threads
 * spin for some milliseconds and would slow whatever comes next. Prints medians; a ratio above 1 means that
 * ours is faster.
 *
 * Usage: conv [DEVICE [REPETITIONS]] */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <atrous.h>
#include <oneapi/dnnl/dnnl.h>

enum { NODES = 4, MOST = 101 };

typedef struct {
  int64_t n, c, oc, h, w, fh, fw, d;
  int causal; /* padding on the left only */
} shape;

typedef enum { FORWARD, GRAD_INPUT, GRAD_FILTER } kind;
static const char *const kind_name[] = { "forward", "d input", "d filter" };

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
  fprintf(stderr, "conv: %s: %s\n", what, text);
  exit(1);
}

#define DNN(call)                                                                                            \
  do {                                                                                                       \
    if ((call) != dnnl_success) die("oneDNN", #call);                                                        \
  } while (0)

/* before and after, y then x */
static void padding(const shape *s, int64_t pads[4]) {
  const int64_t x = s->d * (s->fw - 1), y = s->d * (s->fh - 1);
  pads[0] = pads[2] = y / 2;
  pads[1] = s->causal ? x : x / 2;
  pads[3] = s->causal ? 0 : x / 2;
}

/* ---- ours */
typedef struct {
  atr_model *model;
  atr_plan *plan;
  atr_run *run;
} ours;

static float *numbers(int64_t n) {
  float *x = malloc((size_t)n * sizeof *x);
  if (!x) die("memory", "out");
  for (int64_t i = 0; i < n; i++) x[i] = (float)(i % 17) / 17 - 0.5f;
  return x;
}

static int64_t count(const atr_shape *s) {
  int64_t n = 1;
  for (int i = 0; i < s->rank; i++) n *= s->dim[i];
  return n;
}

static ours make_ours(atr_context *context, const shape *s, kind what) {
  static const char *const op[] = { "Conv", "ConvGradInput", "ConvGradFilter" };
  atr_error e = ATR_ERROR_INIT;
  ours o = { NULL, NULL, NULL };
  const atr_shape x = { 4, { s->n, s->c, s->h, s->w } }, y = { 4, { s->n, s->oc, s->h, s->w } };
  const atr_shape w = { 4, { s->oc, s->c, s->fh, s->fw } }, four = { 1, { 4 } };
  int64_t pads[4];
  padding(s, pads);
  const int64_t dilations[] = { s->d, s->d };
  const atr_attribute attributes[] = { { "pads", ATR_ATTRIBUTE_INTS, 0, 0, NULL, pads, NULL, 4 },
                                       { "dilations", ATR_ATTRIBUTE_INTS, 0, 0, NULL, dilations, NULL, 2 } };
  if (atr_model_create(1, &e, &o.model)) die("model", e.text);
  float *values = numbers(count(&w));
  const atr_value weights = atr_model_add_tensor(o.model, "w", ATR_F32, &w, values, 1);
  free(values);
  atr_shape inputs[3] = { x, y, four };
  const atr_value xv = atr_model_add_input(o.model, "x", ATR_F32, &x);
  const atr_value yv = atr_model_add_input(o.model, "dy", ATR_F32, &y);
  const atr_value tiny = atr_model_add_input(o.model, "tiny", ATR_F32, &four);
  const atr_value of =
      atr_model_add_tensor(o.model, "shape", ATR_I64, &four, what == GRAD_INPUT ? x.dim : w.dim, 0);
  const atr_value in[3][3] = { { xv, weights, { 0 } }, { yv, weights, of }, { xv, yv, of } };
  for (int i = 0; i < NODES; i++)
    atr_model_add_output(o.model, NULL,
                         atr_model_add(o.model, what == FORWARD ? NULL : "org.atrous", op[what], NULL,
                                       in[what], what == FORWARD ? 2 : 3, attributes, 2, NULL, 1));
  atr_model_add_output(o.model, "end", atr_model_relu(o.model, tiny));
  if (atr_model_check(o.model, &e) || atr_plan_create(o.model, context, inputs, 3, NULL, &e, &o.plan) ||
      atr_run_create(o.plan, &e, &o.run))
    die(op[what], e.text);
  static const char *const name[] = { "x", "dy", "tiny" };
  for (int i = 0; i < 3; i++) {
    values = numbers(count(&inputs[i]));
    if (atr_run_write(o.run, name[i], values, (size_t)count(&inputs[i]) * sizeof *values))
      die(name[i], atr_run_error(o.run));
    free(values);
  }
  return o;
}

static void free_ours(ours *o) {
  atr_run_destroy(o->run);
  atr_plan_destroy(o->plan);
  atr_model_destroy(o->model);
}

static double time_ours(ours *o, int batch) {
  float end[4];
  const double start = now();
  for (int i = 0; i < batch; i++)
    if (atr_run_execute(o->run)) die("run", atr_run_error(o->run));
  if (atr_run_read(o->run, "end", end, sizeof end)) die("run", atr_run_error(o->run));
  return (now() - start) / batch / NODES;
}

/* ---- oneDNN */
typedef struct {
  dnnl_primitive_t primitive;
  dnnl_memory_t memory[3];
  dnnl_exec_arg_t args[3];
} peer;

static peer make_peer(dnnl_engine_t engine, const shape *s, kind what) {
  peer p;
  int64_t pads[4];
  padding(s, pads);
  const dnnl_dims_t x = { s->n, s->c, s->h, s->w }, w = { s->oc, s->c, s->fh, s->fw };
  const dnnl_dims_t y = { s->n, s->oc, s->h, s->w };
  const dnnl_dims_t before = { pads[0], pads[1] }, after = { pads[2], pads[3] };
  const dnnl_dims_t strides = { 1, 1 }, dilates = { s->d - 1, s->d - 1 };
  dnnl_memory_desc_t xd, wd, yd;
  DNN(dnnl_memory_desc_init_by_tag(&xd, 4, x, dnnl_f32, dnnl_format_tag_any));
  DNN(dnnl_memory_desc_init_by_tag(&wd, 4, w, dnnl_f32, dnnl_format_tag_any));
  DNN(dnnl_memory_desc_init_by_tag(&yd, 4, y, dnnl_f32, dnnl_format_tag_any));
  dnnl_convolution_desc_t desc;
  dnnl_primitive_desc_t forward, pd;
  DNN(dnnl_dilated_convolution_forward_desc_init(&desc, dnnl_forward_training, dnnl_convolution_direct, &xd,
                                                 &wd, NULL, &yd, strides, dilates, before, after));
  DNN(dnnl_primitive_desc_create(&forward, &desc, NULL, engine, NULL));
  pd = forward;
  if (what == GRAD_INPUT)
    DNN(dnnl_dilated_convolution_backward_data_desc_init(&desc, dnnl_convolution_direct, &xd, &wd, &yd,
                                                         strides, dilates, before, after));
  if (what == GRAD_FILTER)
    DNN(dnnl_dilated_convolution_backward_weights_desc_init(&desc, dnnl_convolution_direct, &xd, &wd, NULL,
                                                            &yd, strides, dilates, before, after));
  if (what != FORWARD) DNN(dnnl_primitive_desc_create(&pd, &desc, NULL, engine, forward));
  static const dnnl_query_t query[][3] = {
    { dnnl_query_src_md, dnnl_query_weights_md, dnnl_query_dst_md },
    { dnnl_query_diff_src_md, dnnl_query_weights_md, dnnl_query_diff_dst_md },
    { dnnl_query_src_md, dnnl_query_diff_weights_md, dnnl_query_diff_dst_md }
  };
  static const int argument[][3] = { { DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST },
                                     { DNNL_ARG_DIFF_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_DST },
                                     { DNNL_ARG_SRC, DNNL_ARG_DIFF_WEIGHTS, DNNL_ARG_DIFF_DST } };
  for (int i = 0; i < 3; i++) {
    const dnnl_memory_desc_t *md = dnnl_primitive_desc_query_md(pd, query[what][i], 0);
    void *data;
    DNN(dnnl_memory_create(&p.memory[i], md, engine, DNNL_MEMORY_ALLOCATE));
    DNN(dnnl_memory_get_data_handle(p.memory[i], &data));
    const size_t n = dnnl_memory_desc_get_size(md) / sizeof(float);
    for (size_t k = 0; k < n; k++) ((float *)data)[k] = (float)(k % 19) / 19 - 0.5f;
    p.args[i] = (dnnl_exec_arg_t){ argument[what][i], p.memory[i] };
  }
  DNN(dnnl_primitive_create(&p.primitive, pd));
  if (what != FORWARD) DNN(dnnl_primitive_desc_destroy(pd));
  DNN(dnnl_primitive_desc_destroy(forward));
  return p;
}

static void free_peer(peer *p) {
  dnnl_primitive_destroy(p->primitive);
  for (int i = 0; i < 3; i++) dnnl_memory_destroy(p->memory[i]);
}

static double time_peer(const peer *p, dnnl_stream_t stream, int batch) {
  const double start = now();
  for (int i = 0; i < batch * NODES; i++) DNN(dnnl_primitive_execute(p->primitive, stream, 3, p->args));
  DNN(dnnl_stream_wait(stream));
  return (now() - start) / batch / NODES;
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

static double median(double *list, int n) {
  qsort(list, (size_t)n, sizeof *list, ascending);
  return list[n / 2];
}

static void compare(atr_context *context, dnnl_engine_t engine, dnnl_stream_t stream, const shape *s,
                    kind what, int repetitions) {
  double a[MOST], b[MOST], ratio[MOST];
  ours o = make_ours(context, s, what);
  peer p = make_peer(engine, s, what);
  time_ours(&o, 1), time_ours(&o, 1), time_peer(&p, stream, 1);
  pause_ms(9);
  const double once = time_ours(&o, 1) * NODES;
  const int batch = once > 1e-3 ? 1 : once > 2e-5 ? (int)(2e-3 / once) : 100;
  for (int i = 0; i < repetitions; i++) {
    pause_ms(9);
    time_ours(&o, 1);
    a[i] = time_ours(&o, batch);
    time_peer(&p, stream, 1);
    b[i] = time_peer(&p, stream, batch);
    ratio[i] = b[i] / a[i];
  }
  const double flops = 2.0 * (double)(s->n * s->c * s->oc * s->h * s->w * s->fh * s->fw);
  const double t = median(a, repetitions), u = median(b, repetitions);
  char label[96];
  snprintf(label, sizeof label, "%lldx%lld->%lld %lldx%lld %lldx%lld d%lld", (long long)s->n, (long long)s->c,
           (long long)s->oc, (long long)s->h, (long long)s->w, (long long)s->fh, (long long)s->fw,
           (long long)s->d);
  printf("%-9s %-26s %9.3f %9.3f %7.2f %7.2f %6.0f\n", kind_name[what], label, t * 1e3, u * 1e3,
         median(ratio, repetitions), b[0] / a[0], flops / t / 1e9);
  fflush(stdout);
  free_ours(&o);
  free_peer(&p);
}

int main(int argc, char **argv) {
  static const shape shapes[] = {
    { 1, 64, 64, 56, 56, 3, 3, 1, 0 },   { 8, 16, 16, 128, 128, 3, 3, 1, 0 },
    { 4, 16, 16, 180, 240, 3, 3, 1, 0 }, { 4, 32, 32, 64, 64, 3, 3, 1, 0 },
    { 4, 64, 64, 32, 32, 3, 3, 1, 0 },   { 4, 128, 128, 16, 16, 3, 3, 1, 0 },
    { 4, 256, 256, 8, 8, 3, 3, 1, 0 },   { 8, 3, 16, 128, 128, 3, 3, 1, 0 },
    { 8, 16, 3, 128, 128, 1, 1, 1, 0 },  { 1, 64, 64, 256, 256, 3, 3, 4, 0 },
    { 8, 16, 16, 1, 1024, 1, 3, 4, 1 },  { 8, 32, 32, 1, 1024, 1, 3, 16, 1 },
    { 8, 16, 16, 1, 1024, 1, 1, 1, 0 },
  };
  int repetitions = argc > 2 ? atoi(argv[2]) : 31;
  if (repetitions < 3 || repetitions > MOST) repetitions = 31;
  atr_error e = ATR_ERROR_INIT;
  atr_context *context;
  if (atr_context_open(argc > 1 ? argv[1] : "auto", NULL, &e, &context)) die("context", e.text);
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  DNN(dnnl_engine_create(&engine, dnnl_cpu, 0));
  DNN(dnnl_stream_create(&stream, engine, dnnl_stream_default_flags));
  printf("%-9s %-26s %9s %9s %7s %7s %6s   (median of %d)\n", "", "", "ours ms", "peer ms", "ratio", "best",
         "GF/s", repetitions);
  for (int what = FORWARD; what <= GRAD_FILTER; what++)
    for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++)
      compare(context, engine, stream, &shapes[k], (kind)what, repetitions);
  dnnl_stream_destroy(stream);
  dnnl_engine_destroy(engine);
  atr_context_destroy(context);
  return 0;
}
