/* ours.c: our side of a row: plans of equal nodes. */
#include "config.h"

#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  atr_model *model;
  const row *r;
  int axes;
  atr_shape x, y, w; /* of one node */
} builder;

static int64_t count(const atr_shape *s) {
  int64_t n = 1;
  for (int i = 0; i < s->rank; i++) n *= s->dim[i];
  return n;
}

/* x by an operator with the row's window. */
static atr_value windowed(builder *b, const char *op, const atr_value *in, size_t n_in) {
  const row *r = b->r;
  int64_t pads[4], before[2], after[2], extra[2];
  row_pads(r, before, after);
  for (int i = 0; i < b->axes; i++) {
    extra[i] = row_extra(r);
    pads[i] = before[i];
    pads[b->axes + i] = after[i];
  }
  const size_t n = (size_t)b->axes;
  const int64_t filter[] = { r->filter, r->filter }, stride[] = { r->stride, r->stride };
  const int64_t dilation[] = { r->dilation, r->dilation };
  const int pool = r->what == MAX_POOL;
  const atr_attribute list[] = { { "strides", ATR_ATTRIBUTE_INTS, 0, 0, NULL, stride, NULL, n, NULL },
                                 { "dilations", ATR_ATTRIBUTE_INTS, 0, 0, NULL, dilation, NULL, n, NULL },
                                 { "pads", ATR_ATTRIBUTE_INTS, 0, 0, NULL, pads, NULL, 2 * n, NULL },
                                 { "kernel_shape", ATR_ATTRIBUTE_INTS, 0, 0, NULL, filter, NULL, n, NULL },
                                 { "group", ATR_ATTRIBUTE_INT, r->group, 0, NULL, NULL, NULL, 0, NULL },
                                 { "output_padding", ATR_ATTRIBUTE_INTS, 0, 0, NULL, extra, NULL, n, NULL } };
  return atr_model_add(b->model, r->what >= GRAD_INPUT && !pool ? "org.atrous" : NULL, op, NULL, in, n_in,
                       list,
                       pool                    ? 4
                       : r->what == TRANSPOSED ? 6
                                               : 5,
                       NULL, 1);
}

static atr_value tensor(builder *b, const char *name, int k, const atr_shape *shape) {
  char text[32];
  float *values = numbers(count(shape));
  snprintf(text, sizeof text, "%s%d", name, k);
  values[0] += 1e-3f * (float)k; /* equal layers of one input could be taken for one */
  const atr_value v = atr_model_add_tensor(b->model, text, ATR_F32, shape, values, 1);
  free(values);
  return v;
}

static atr_value convolution(builder *b, int k, atr_value x, atr_value residual) {
  const atr_shape bias = { 1, { b->r->oc } };
  const atr_value in[] = { x, tensor(b, "w", k, &b->w), tensor(b, "b", k, &bias) };
  atr_value v = windowed(b, b->r->what == TRANSPOSED ? "ConvTranspose" : "Conv", in, 3);
  if (residual.id) v = atr_model_add2(b->model, v, residual);
  return atr_model_relu(b->model, v);
}

/* A convolution that puts x in channel blocks. */
static atr_value blocks(builder *b, atr_value x) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = b->r->c;
  return atr_model_conv(b->model, &p, x);
}

/* One element a plane. */
static atr_value tail(builder *b, atr_value v) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  for (int i = 0; i < b->axes; i++) p.stride[i] = b->y.dim[2 + i];
  return atr_model_max_pool(b->model, &p, v);
}

static atr_value node(builder *b, int k, const atr_value in[4]) {
  const row *r = b->r;
  const float scale[] = { (float)r->stride, (float)r->stride };
  switch (r->what) {
  case CHAIN:
  case FAN:
  case TRANSPOSED: return convolution(b, k, in[0], r->residual ? in[1] : (atr_value){ 0 });
  case TRAIN: return windowed(b, "Conv", (atr_value[]){ in[0], in[2] }, 2);
  case GRAD_INPUT: return windowed(b, "ConvGradInput", (atr_value[]){ in[1], in[2], in[3] }, 3);
  case GRAD_FILTER: return windowed(b, "ConvGradFilter", (atr_value[]){ in[0], in[1], in[3] }, 3);
  case MAX_POOL: return windowed(b, "MaxPool", in, 1);
  case UPSAMPLE: return atr_model_upsample(b->model, scale, in[0]);
  case ADD: return atr_model_add2(b->model, in[0], in[1]);
  case SOFTMAX: return atr_model_softmax(b->model, 1, 1, in[0]);
  }
  return (atr_value){ 0 };
}

static void describe(builder *b, const row *r) {
  b->r = r;
  b->axes = row_axes(r);
  b->x.rank = b->y.rank = b->w.rank = 2 + b->axes;
  b->x.dim[0] = b->y.dim[0] = r->n;
  b->x.dim[1] = r->c;
  b->y.dim[1] = r->oc;
  b->w.dim[0] = r->what == TRANSPOSED ? r->c : r->oc;
  b->w.dim[1] = (r->what == TRANSPOSED ? r->oc : r->c) / r->group;
  for (int i = 0; i < b->axes; i++) {
    b->x.dim[2 + i] = row_in(r, i);
    b->y.dim[2 + i] = row_out(r, i);
    b->w.dim[2 + i] = r->filter;
  }
}

ours ours_make(atr_context *context, const row *r, int nodes, int tails) {
  static const char *const name[] = { "x", "y", "w", "tiny" };
  builder b = { 0 };
  ours o = { 0 };
  atr_error e = ATR_ERROR_INIT;
  describe(&b, r);
  const int training = r->what == TRAIN || r->what == GRAD_INPUT || r->what == GRAD_FILTER;
  const atr_shape shape[4] = { b.x, b.y, b.w, { 1, { 4 } } };
  if (atr_model_create(1, &e, &o.model)) die("model", e.text);
  b.model = o.model;
  atr_value in[4] = { { 0 } };
  const int used[4] = { 1, training || r->residual, training, training };
  atr_shape inputs[4];
  size_t n = 0;
  for (int i = 0; i < 4; i++) {
    if (!used[i]) continue;
    in[i] = atr_model_add_input(o.model, name[i], ATR_F32, &shape[i]);
    inputs[n++] = shape[i];
  }
  const atr_value tiny = in[3];
  if (training) { /* outputs stay where they are; a node of next to nothing is waited for */
    const atr_shape four = { 1, { b.w.rank } };
    in[3] =
        atr_model_add_tensor(o.model, "shape", ATR_I64, &four, r->what == GRAD_INPUT ? b.x.dim : b.w.dim, 0);
    for (int i = 0; i < nodes; i++) atr_model_add_output(o.model, NULL, node(&b, i, in));
    atr_model_add_output(o.model, "end", atr_model_relu(o.model, tiny));
  } else {
    if (r->blocked) in[0] = blocks(&b, in[0]);
    atr_value v = { 0 };
    for (int i = 0, k = 0; i < nodes; i++) {
      v = node(&b, i, in);
      if (r->what == CHAIN) in[0] = v;
      if (r->what != CHAIN || i + 1 == nodes)
        for (; k < tails * (i + 1) / nodes; k++)
          atr_model_add_output(o.model, k + 1 == tails ? "end" : NULL, tail(&b, v));
    }
  }
  if (atr_model_check(o.model, &e) || atr_plan_create(o.model, context, inputs, n, NULL, &e, &o.plan) ||
      atr_run_create(o.plan, &e, &o.run))
    die(r->name, e.text);
  for (int i = 0; i < 4; i++) {
    if (!used[i]) continue;
    float *values = numbers(count(&shape[i]));
    if (atr_run_write(o.run, name[i], values, (size_t)count(&shape[i]) * sizeof *values))
      die(r->name, atr_run_error(o.run));
    free(values);
  }
  o.end = training ? 4 : r->n * r->oc;
  return o;
}

void ours_free(ours *o) {
  atr_run_destroy(o->run);
  atr_plan_destroy(o->plan);
  atr_model_destroy(o->model);
}

double ours_time(ours *o, int batch) {
  float end[65536];
  if (o->end > (int64_t)(sizeof end / sizeof *end)) die("end", "too many channels");
  const double start = now();
  for (int i = 0; i < batch; i++)
    if (atr_run_execute(o->run)) die("run", atr_run_error(o->run));
  if (atr_run_read(o->run, "end", end, (size_t)o->end * sizeof *end)) die("run", atr_run_error(o->run));
  return (now() - start) / batch;
}

void ours_algorithm(const ours *o, const row *r, char text[32]) {
  static const char *const op[] = { "Conv",           "Conv",    "ConvTranspose", "Conv",    "ConvGradInput",
                                    "ConvGradFilter", "MaxPool", "Resize",        "Softmax", "Add" };
  char name[40];
  snprintf(name, sizeof name, "\"op\":\"%s\"", op[r->what]);
  const char *at = strstr(atr_plan_placement(o->plan), name);
  const char *word = "\"algorithm\":\"";
  at = at ? strstr(at, word) : NULL;
  snprintf(text, 32, "%.*s", at ? (int)strcspn(at + strlen(word), "\"") : 1, at ? at + strlen(word) : "?");
}
