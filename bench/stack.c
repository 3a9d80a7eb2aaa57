/* stack.c: a stack of residual layers of a series (a dilated causal convolution, ReLU, a 1×1 convolution, and
 * the layer's input added), dilations 1, 2 … 512, as TCN and WaveNet have it: beside oneDNN's chain of twenty
 * primitives with ReLU and sum fused, beside PyTorch forward and training, and one sample at a time.
 *
 * Beside oneDNN ours is the difference between plans of two stacks and of one, so that conversions at the
 * ends are excluded on both sides; beside PyTorch it is the whole plan with them; "whole" is that beside
 * oneDNN. Streamed: our host path, as "whole" the resident one, beside oneDNN's twenty inner products and
 * the copies into and out of rings that they need. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

enum { LAYERS = 10, SAMPLES = 500 };

typedef struct {
  int64_t n, c, filter, t;
} stack;

static atr_value layer_of(atr_model *m, const stack *s, int l, atr_value x) {
  char name[32];
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  snprintf(name, sizeof name, "layer%d.dilated", l);
  p.name = name;
  p.out_channels = s->c;
  p.filter[0] = s->filter;
  p.dilation[0] = (int64_t)1 << l % LAYERS;
  p.pad = ATR_PAD_CAUSAL;
  const atr_value h = atr_model_relu(m, atr_model_conv(m, &p, x));
  atr_conv_params q = ATR_CONV_PARAMS_INIT;
  snprintf(name, sizeof name, "layer%d.mix", l);
  q.name = name;
  q.out_channels = s->c;
  return atr_model_add2(m, atr_model_conv(m, &q, h), x);
}

/* `end`: the last sample alone is read, by a pooling; else the series. */
static atr_model *model_of(const stack *s, int stacks, int end) {
  atr_error e = ATR_ERROR_INIT;
  atr_model *m;
  const atr_shape shape = { 3, { s->n, s->c, s->t } };
  if (atr_model_create(1, &e, &m)) die("model", e.text);
  atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  for (int l = 0; l < stacks * LAYERS; l++) x = layer_of(m, s, l, x);
  if (end) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.stride[0] = s->t;
    x = atr_model_max_pool(m, &p, x);
  }
  atr_model_add_output(m, "end", x);
  if (atr_model_check(m, &e)) die("model", e.text);
  return m;
}

static ours plan_of(atr_context *context, const stack *s, int stacks) {
  atr_error e = ATR_ERROR_INIT;
  const atr_shape shape = { 3, { s->n, s->c, s->t } };
  ours o = { .model = model_of(s, stacks, 1), .end = s->n * s->c };
  if (atr_plan_create(o.model, context, &shape, 1, NULL, &e, &o.plan) || atr_run_create(o.plan, &e, &o.run))
    die("plan", e.text);
  const int64_t count = s->n * s->c * s->t;
  float *values = numbers(count);
  if (atr_run_write(o.run, "x", values, (size_t)count * sizeof *values)) die("x", atr_run_error(o.run));
  free(values);
  return o;
}

typedef struct {
  ours one, two;
} pair;

static double pair_time(void *self, int batch) {
  pair *p = self;
  return ours_time(&p->two, batch) - ours_time(&p->one, batch);
}

static double whole_time(void *self, int batch) {
  return ours_time(self, batch);
}

/* oneDNN's twenty primitives over a series, or over one sample (rings): x stays, h is between. */
typedef struct {
  dnnl_primitive_t primitive[2 * LAYERS];
  dnnl_exec_arg_t args[2 * LAYERS][4];
  dnnl_memory_t memory[4 * LAYERS + 3];
  int memories;
  dnnl_stream_t stream;
  stack s;
  float *ring[LAYERS], *taps, *x; /* one sample */
  int64_t at;
} chain;

static dnnl_memory_t memory_of(chain *p, dnnl_engine_t engine, const dnnl_memory_desc_t *desc, float **data) {
  dnnl_memory_t memory;
  void *to;
  DNN(dnnl_memory_create(&memory, desc, engine, DNNL_MEMORY_ALLOCATE));
  DNN(dnnl_memory_get_data_handle(memory, &to));
  memset(to, 0, dnnl_memory_desc_get_size(desc)); /* so that sums stay finite, whatever is repeated */
  p->memory[p->memories++] = memory;
  if (data) *data = to;
  return memory;
}

static dnnl_memory_desc_t desc_of(int rank, const dnnl_dims_t dims, dnnl_format_tag_t tag) {
  dnnl_memory_desc_t d;
  DNN(dnnl_memory_desc_init_by_tag(&d, rank, dims, dnnl_f32, tag));
  return d;
}

static dnnl_primitive_attr_t epilogue(int sum) {
  dnnl_primitive_attr_t attr;
  dnnl_post_ops_t post;
  DNN(dnnl_primitive_attr_create(&attr));
  DNN(dnnl_post_ops_create(&post));
  if (sum)
    DNN(dnnl_post_ops_append_sum(post, 1));
  else
    DNN(dnnl_post_ops_append_eltwise(post, 1, dnnl_eltwise_relu, 0, 0));
  DNN(dnnl_primitive_attr_set_post_ops(attr, post));
  DNN(dnnl_post_ops_destroy(post));
  return attr;
}

/* Layer l's dilated (mix 0) or 1×1 (mix 1) convolution, or the inner product that it is of one sample. */
static dnnl_primitive_desc_t step_of(dnnl_engine_t engine, const stack *s, int l, int mix, int single) {
  dnnl_primitive_desc_t pd;
  const dnnl_dims_t wide = { 1, s->c, s->t }, oc = { s->c };
  const int64_t k = mix ? 1 : s->filter, d = mix ? 1 : (int64_t)1 << l;
  const dnnl_dims_t taps = { s->c, s->c, k }, in = { 1, k * s->c }, out = { 1, s->c }, w = { s->c, k * s->c };
  const dnnl_memory_desc_t b = desc_of(1, oc, dnnl_x);
  const dnnl_primitive_attr_t attr = epilogue(mix);
  if (single) {
    const dnnl_memory_desc_t from = desc_of(2, in, dnnl_nc), to = desc_of(2, out, dnnl_nc);
    const dnnl_memory_desc_t weights = desc_of(2, w, dnnl_format_tag_any);
    dnnl_inner_product_desc_t desc;
    DNN(dnnl_inner_product_forward_desc_init(&desc, dnnl_forward_inference, &from, &weights, &b, &to));
    DNN(dnnl_primitive_desc_create(&pd, &desc, attr, engine, NULL));
  } else {
    const dnnl_memory_desc_t x = desc_of(3, wide, dnnl_nwc), weights = desc_of(3, taps, dnnl_format_tag_any);
    const dnnl_dims_t stride = { 1 }, dilate = { d - 1 }, before = { (k - 1) * d }, after = { 0 };
    dnnl_convolution_desc_t desc;
    DNN(dnnl_dilated_convolution_forward_desc_init(&desc, dnnl_forward_inference, dnnl_convolution_auto, &x,
                                                   &weights, &b, &x, stride, dilate, before, after));
    DNN(dnnl_primitive_desc_create(&pd, &desc, attr, engine, NULL));
  }
  DNN(dnnl_primitive_attr_destroy(attr));
  return pd;
}

static chain chain_make(dnnl_engine_t engine, dnnl_stream_t stream, const stack *s, int single,
                        char note[64]) {
  chain p = { .stream = stream, .s = *s };
  const dnnl_dims_t wide = { 1, s->c, s->t }, taps = { 1, s->filter * s->c }, out = { 1, s->c };
  const dnnl_memory_desc_t series = desc_of(3, wide, dnnl_nwc);
  const dnnl_memory_desc_t many = single ? desc_of(2, taps, dnnl_nc) : series;
  const dnnl_memory_desc_t one = single ? desc_of(2, out, dnnl_nc) : series;
  const dnnl_memory_t x = memory_of(&p, engine, &one, &p.x), h = memory_of(&p, engine, &one, NULL);
  const dnnl_memory_t in = single ? memory_of(&p, engine, &many, &p.taps) : x;
  for (int i = 0; i < 2 * LAYERS; i++) {
    const dnnl_primitive_desc_t pd = step_of(engine, s, i / 2, i % 2, single);
    const dnnl_memory_desc_t *w = dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 0);
    const dnnl_memory_desc_t *b = dnnl_primitive_desc_query_md(pd, dnnl_query_weights_md, 1);
    p.args[i][0] = (dnnl_exec_arg_t){ DNNL_ARG_SRC, i % 2 ? h : in };
    p.args[i][1] = (dnnl_exec_arg_t){ DNNL_ARG_WEIGHTS, memory_of(&p, engine, w, NULL) };
    p.args[i][2] = (dnnl_exec_arg_t){ DNNL_ARG_BIAS, memory_of(&p, engine, b, NULL) };
    p.args[i][3] = (dnnl_exec_arg_t){ DNNL_ARG_DST, i % 2 ? x : h };
    const char *implementation = "";
    DNN(dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &implementation));
    if (!i) snprintf(note, 64, "%s", implementation);
    DNN(dnnl_primitive_create(&p.primitive[i], pd));
    DNN(dnnl_primitive_desc_destroy(pd));
  }
  for (int l = 0; single && l < LAYERS; l++) {
    const size_t n = (size_t)(((s->filter - 1) << l) + 1) * (size_t)s->c;
    if (!(p.ring[l] = calloc(n, sizeof(float)))) die("memory", "out");
  }
  return p;
}

static void chain_free(chain *p) {
  for (int i = 0; i < 2 * LAYERS; i++) dnnl_primitive_destroy(p->primitive[i]);
  for (int i = 0; i < p->memories; i++) dnnl_memory_destroy(p->memory[i]);
  for (int l = 0; l < LAYERS; l++) free(p->ring[l]);
}

static double chain_time(void *self, int batch) {
  const chain *p = self;
  const double start = now();
  for (int k = 0; k < batch; k++)
    for (int i = 0; i < 2 * LAYERS; i++)
      DNN(dnnl_primitive_execute(p->primitive[i], p->stream, 4, p->args[i]));
  DNN(dnnl_stream_wait(p->stream));
  return (now() - start) / batch;
}

/* x into the layer's ring, then what the filter's taps see out of it. */
static double samples_time(void *self, int batch) {
  chain *p = self;
  const size_t c = (size_t)p->s.c;
  const double start = now();
  for (int k = 0; k < batch * SAMPLES; k++, p->at++) {
    for (int l = 0; l < LAYERS; l++) {
      const int64_t d = (int64_t)1 << l, rows = (p->s.filter - 1) * d + 1;
      memcpy(p->ring[l] + (size_t)(p->at % rows) * c, p->x, c * sizeof(float));
      for (int64_t f = 0; f < p->s.filter; f++)
        memcpy(p->taps + (size_t)f * c, p->ring[l] + (size_t)((p->at + 1 + f * d) % rows) * c,
               c * sizeof(float));
      for (int i = 2 * l; i < 2 * l + 2; i++)
        DNN(dnnl_primitive_execute(p->primitive[i], p->stream, 4, p->args[i]));
    }
    DNN(dnnl_stream_wait(p->stream));
  }
  return (now() - start) / batch / SAMPLES;
}

typedef struct {
  atr_stream *stream;
  float *in, *out;
} streamed;

static double streamed_time(void *self, int batch) {
  const streamed *s = self;
  const double start = now();
  for (int k = 0; k < batch * SAMPLES; k++)
    if (atr_stream_push(s->stream, s->in, s->out, 1)) die("stream", atr_stream_error(s->stream));
  return (now() - start) / batch / SAMPLES;
}

/* A step of training: the mean squared error to zeros, plain gradient descent. */
static double trainer_time(void *self, int batch) {
  float loss;
  const double start = now();
  for (int k = 0; k < batch; k++)
    if (atr_trainer_step(self, NULL, NULL, &loss)) die("trainer", atr_trainer_error(self));
  return (now() - start) / batch;
}

typedef struct {
  atr_context *context;
  dnnl_engine_t engine;
  dnnl_stream_t stream;
  process process[PROCESSES];
  settings settings;
} bench;

static void finish(bench *b, const char *name, const char *part, double goal, contender *list, int n) {
  contest_run(list, n, b->settings.repetitions);
  contest_print(b->settings.form, &(contest_row){ name, part, goal, 0 }, list, n, b->settings.repetitions);
}

static int torch_has(bench *b, const stack *s, int train) {
  char line[96];
  snprintf(line, sizeof line, "stack %lld %lld %lld %lld %d", (long long)s->n, (long long)s->c,
           (long long)s->filter, (long long)s->t, train);
  return process_ready(&b->process[TORCH], line);
}

static void series(bench *b, const char *name, const char *part, double goal, const stack *s) {
  pair own = { plan_of(b->context, s, 1), plan_of(b->context, s, 2) };
  chain theirs;
  contender list[] = { { .name = "Atrous", .time = pair_time, .self = &own },
                       { .name = "whole", .time = whole_time, .self = &own.one, .own = 1 },
                       { .name = "oneDNN", .time = chain_time, .self = &theirs },
                       { .name = "PyTorch" } };
  theirs = chain_make(b->engine, b->stream, s, 0, list[2].note);
  finish(b, name, part, goal, list, 4);
  chain_free(&theirs);
  ours_free(&own.one);
  ours_free(&own.two);
}

static void forward(bench *b, const char *name, const stack *s) {
  ours own = plan_of(b->context, s, 1);
  contender list[] = { { .name = "Atrous", .time = whole_time, .self = &own },
                       { .name = "whole" },
                       { .name = "oneDNN" },
                       { .name = "PyTorch", .self = &b->process[TORCH] } };
  if (torch_has(b, s, 0)) list[3].time = process_time;
  finish(b, name, "stack, PyTorch", 3.5, list, 4);
  ours_free(&own);
}

static void training(bench *b, const char *name, const stack *s) {
  atr_error e = ATR_ERROR_INIT;
  atr_trainer *trainer;
  atr_train_params params = ATR_TRAIN_PARAMS_INIT;
  params.optimizer = ATR_SGD;
  params.momentum = 0;
  params.learning_rate = 1e-4f;
  const atr_shape shape = { 3, { s->n, s->c, s->t } };
  atr_model *m = model_of(s, 1, 0);
  if (atr_trainer_create(m, b->context, &shape, 1, &params, &e, &trainer)) die("trainer", e.text);
  const int64_t count = s->n * s->c * s->t;
  float *values = numbers(count);
  if (atr_trainer_write(trainer, "x", values, (size_t)count * 4) ||
      atr_trainer_write(trainer, "end.target", values, (size_t)count * 4))
    die("trainer", atr_trainer_error(trainer));
  free(values);
  contender list[] = { { .name = "Atrous", .time = trainer_time, .self = trainer },
                       { .name = "whole" },
                       { .name = "oneDNN" },
                       { .name = "PyTorch", .self = &b->process[TORCH] } };
  if (torch_has(b, s, 1)) list[3].time = process_time;
  finish(b, name, "stack training, PyTorch", 3, list, 4);
  atr_trainer_destroy(trainer);
  atr_model_destroy(m);
}

static void sample(bench *b, const char *name, const stack *s) {
  atr_error e = ATR_ERROR_INIT;
  streamed own = { NULL, numbers(s->c), numbers(s->c) }, resident = own;
  chain theirs;
  atr_model *m = model_of(s, 1, 0);
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  if (atr_stream_create(m, &options, &e, &own.stream)) die("stream", e.text);
  options.resident = b->context;
  const int resides = !atr_stream_create(m, &options, &e, &resident.stream);
  contender list[] = { { .name = "Atrous", .time = streamed_time, .self = &own, .note = "host" },
                       { .name = "whole",
                         .time = resides ? streamed_time : NULL,
                         .self = &resident,
                         .note = "resident",
                         .own = 1 },
                       { .name = "oneDNN", .time = samples_time, .self = &theirs },
                       { .name = "PyTorch" } };
  theirs = chain_make(b->engine, b->stream, s, 1, list[2].note);
  finish(b, name, "streamed", 4, list, 4);
  chain_free(&theirs);
  atr_stream_destroy(own.stream);
  atr_stream_destroy(resident.stream);
  atr_model_destroy(m);
  free(own.in), free(own.out);
}

int main(int argc, char **argv) {
  static const struct {
    const char *name, *part;
    double goal;
    stack s;
  } rows[] = { { "stack 32 4096 k=2", "stack k=2", 1.0, { 1, 32, 2, 4096 } },
               { "stack 32 4096 k=3", "stack k=3", 1.15, { 1, 32, 3, 4096 } },
               { "stack 64 4096 k=3", "stack 64", 1.3, { 1, 64, 3, 4096 } } };
  bench b = { .settings = settings_read(argc, argv, 15) };
  atr_error e = ATR_ERROR_INIT;
  settings_start(&b.settings, 1u << TORCH, b.process);
  if (atr_context_open(b.settings.device, NULL, &e, &b.context)) die("context", e.text);
  DNN(dnnl_engine_create(&b.engine, dnnl_cpu, 0));
  DNN(dnnl_stream_create(&b.stream, b.engine, dnnl_stream_default_flags));
  static const contender names[] = {
    { .name = "Atrous" }, { .name = "whole" }, { .name = "oneDNN" }, { .name = "PyTorch" }
  };
  contest_header(b.settings.form, names, 4, b.settings.repetitions);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char name[64];
    const int small = rows[i].s.c == 32;
    if (settings_want(&b.settings, rows[i].name))
      series(&b, rows[i].name, rows[i].part, rows[i].goal, &rows[i].s);
    snprintf(name, sizeof name, "%s, beside PyTorch", rows[i].name);
    if (small && settings_want(&b.settings, name)) forward(&b, name, &rows[i].s);
    const stack batch = { 8, rows[i].s.c, rows[i].s.filter, 2048 };
    snprintf(name, sizeof name, "stack 8x32 2048 k=%d, training step", (int)rows[i].s.filter);
    if (small && settings_want(&b.settings, name)) training(&b, name, &batch);
    snprintf(name, sizeof name, "%s, a sample", rows[i].name);
    if (small && settings_want(&b.settings, name)) sample(&b, name, &rows[i].s);
  }
  for (int k = 0; k < PROCESSES; k++) process_end(&b.process[k]);
  atr_context_destroy(b.context);
  dnnl_stream_destroy(b.stream);
  dnnl_engine_destroy(b.engine);
  return 0;
}
