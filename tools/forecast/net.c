/* net.c: building the network; see net.h. */
#include "forecast/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/stats.h"

/* Series are short and noisy: without it validation loss rises after two or three epochs. */
static const float DROPOUT = 0.2f;

static const struct {
  const char *name, *operator;
  int64_t gates;
} KINDS[NET_KINDS] = {
  { "tcn", "Conv", 0 }, { "rnn", "RNN", 1 }, { "gru", "GRU", 3 }, { "lstm", "LSTM", 4 }
};

const char *net_name(enum net_kind kind) {
  return KINDS[kind].name;
}

enum net_kind net_kind_of(const char *name, size_t length) {
  int kind = 0;
  while (kind < NET_KINDS &&
         (strlen(KINDS[kind].name) != length || strncmp(KINDS[kind].name, name, length) != 0))
    kind++;
  return (enum net_kind)kind;
}

int64_t net_dilation(int64_t scale) {
  return (int64_t)1 << scale;
}

int64_t net_scale_reach(const struct net *net, int64_t scale) {
  return 1 + (net->kernel - 1) * ((net_dilation(scale) << 1) - 1);
}

int64_t net_reach(const struct net *net) {
  return net->kind == NET_TCN ? net_scale_reach(net, net->scales - 1) : net->history;
}

void net_choose(struct net *net, int64_t history) {
  int64_t least = INT64_MAX;
  net->history = history;
  net->kernel = net->scales = 0;
  if (net->kind != NET_TCN) return;
  for (int64_t kernel = 3; kernel >= 2; kernel--)
    for (int64_t scales = 1; scales <= SCALES_MOST; scales++) {
      struct net tried = *net;
      tried.kernel = kernel, tried.scales = scales;
      int64_t reach = net_reach(&tried);
      if (reach < history) continue;
      if (reach < least) least = reach, *net = tried;
      break;
    }
}

void net_scale_name(int64_t scale, char name[24]) {
  snprintf(name, 24, "scale_%lld", (long long)net_dilation(scale));
}

static void tensor(struct net_tensor *list, size_t *n, const char *what, int64_t dilation, const char *part,
                   atr_shape shape, int64_t fan_in) {
  struct net_tensor *t = &list[(*n)++];
  if (dilation)
    snprintf(t->name, sizeof t->name, "%s_%lld%s", what, (long long)dilation, part);
  else
    snprintf(t->name, sizeof t->name, "%s%s", what, part);
  t->shape = shape;
  t->count = 1;
  for (int i = 0; i < shape.rank; i++) t->count *= (size_t)shape.dim[i];
  t->fan_in = fan_in;
  t->ones_from = t->ones = 0;
}

/* Matrices from the usual ±1/√hidden; ONNX's gates of an LSTM are i, o, f, c, and f's bias begins at one. */
static size_t recurrent_tensors(const struct net *net, struct net_tensor list[TENSORS_MOST]) {
  const int64_t rows = KINDS[net->kind].gates * NET_HIDDEN;
  size_t n = 0;
  tensor(list, &n, "constant", 0, "", (atr_shape){ 3, { 1, net->horizon, 1 } }, 0);
  tensor(list, &n, "recurrent", 0, ".weight", (atr_shape){ 3, { 1, rows, net->channels } }, 6 * NET_HIDDEN);
  tensor(list, &n, "recurrent", 0, ".recurrent", (atr_shape){ 3, { 1, rows, NET_HIDDEN } }, 6 * NET_HIDDEN);
  tensor(list, &n, "recurrent", 0, ".bias", (atr_shape){ 2, { 1, 2 * rows } }, 0);
  if (net->kind == NET_LSTM) list[n - 1].ones_from = 2 * NET_HIDDEN, list[n - 1].ones = NET_HIDDEN;
  tensor(list, &n, "output", 0, ".weight", (atr_shape){ 3, { net->horizon, NET_HIDDEN, 1 } }, 0);
  return n;
}

size_t net_tensors(const struct net *net, struct net_tensor list[TENSORS_MOST]) {
  if (net->kind != NET_TCN) return recurrent_tensors(net, list);
  const int64_t width = NET_WIDTH;
  const atr_shape bias = { 1, { width } };
  size_t n = 0;
  tensor(list, &n, "constant", 0, "", (atr_shape){ 3, { 1, net->horizon, 1 } }, 0);
  tensor(list, &n, "input", 0, ".weight", (atr_shape){ 3, { width, net->channels, 1 } }, net->channels);
  tensor(list, &n, "input", 0, ".bias", bias, 0);
  for (int64_t i = 0; i < net->scales; i++) {
    const int64_t d = net_dilation(i);
    tensor(list, &n, "dilated", d, ".weight", (atr_shape){ 3, { width, width, net->kernel } },
           width * net->kernel);
    tensor(list, &n, "dilated", d, ".bias", bias, 0);
    if (i + 1 < net->scales) {
      tensor(list, &n, "residual", d, ".weight", (atr_shape){ 3, { width, width, 1 } }, width);
      tensor(list, &n, "residual", d, ".bias", bias, 0);
    }
    tensor(list, &n, "scale", d, ".weight", (atr_shape){ 3, { net->horizon, width, 1 } }, 0);
  }
  return n;
}

size_t net_parameters(const struct net *net) {
  struct net_tensor list[TENSORS_MOST];
  size_t n = net_tensors(net, list), sum = 0;
  for (size_t i = 0; i < n; i++) sum += list[i].count;
  return sum;
}

/* Adds the tensors to the model in their order, drawn where there are no weights. */
static bool add_tensors(atr_model *model, const struct net *net, uint64_t seed, const float *weights,
                        atr_value values[TENSORS_MOST], struct fault *fault) {
  struct net_tensor list[TENSORS_MOST];
  size_t n = net_tensors(net, list);
  uint64_t counter = 0;
  for (size_t i = 0; i < n; i++) {
    const float *data = weights;
    float *drawn = NULL;
    if (weights)
      weights += list[i].count;
    else if (list[i].fan_in || list[i].ones) {
      const double most = list[i].fan_in ? sqrt(6 / (double)list[i].fan_in) : 0;
      drawn = malloc(list[i].count * sizeof *drawn);
      if (!drawn) return fault_nomem(fault, list[i].count * sizeof *drawn);
      for (size_t k = 0; k < list[i].count; k++)
        drawn[k] =
            (float)(most * (2 * (double)(stats_random(seed, counter++) >> 11) / 9007199254740992.0 - 1));
      for (size_t k = 0; k < list[i].ones; k++) drawn[list[i].ones_from + k] = 1;
      data = drawn;
    }
    values[i] = atr_model_add_tensor(model, list[i].name, ATR_F32, &list[i].shape, data, 1);
    free(drawn);
  }
  return true;
}

/* A causal convolution; `bias` may be absent. */
static atr_value conv(atr_model *model, const char *what, int64_t dilation, int64_t kernel, atr_value x,
                      atr_value weight, atr_value bias) {
  char name[40];
  snprintf(name, sizeof name, dilation ? "%s_%lld" : "%s", what, (long long)dilation);
  const int64_t rate = kernel > 1 ? dilation : 1, pads[2] = { (kernel - 1) * rate, 0 };
  const atr_value in[3] = { x, weight, bias };
  const atr_attribute attributes[3] = {
    { "kernel_shape", ATR_ATTRIBUTE_INTS, 0, 0, NULL, &kernel, NULL, 1, NULL },
    { "dilations", ATR_ATTRIBUTE_INTS, 0, 0, NULL, &rate, NULL, 1, NULL },
    { "pads", ATR_ATTRIBUTE_INTS, 0, 0, NULL, pads, NULL, 2, NULL },
  };
  return atr_model_add(model, NULL, "Conv", name, in, bias.id ? 3 : 2, attributes, 3, NULL, 0);
}

/* Recurrent operators read [t][n][channels] and write [t][directions][n][hidden]. */
static void add_recurrent(atr_model *model, const struct net *net, const atr_value *weight, atr_value x) {
  static const int64_t steps_first[] = { 2, 0, 1 }, steps_last[] = { 2, 3, 0, 1 }, joined[] = { 0, 0, -1 };
  const int64_t hidden = NET_HIDDEN, reset = 1;
  const atr_value none = { 0 },
                  in[4] = { atr_model_transpose(model, steps_first, 3, x), weight[1], weight[2], weight[3] };
  const atr_attribute attributes[2] = {
    { "hidden_size", ATR_ATTRIBUTE_INT, hidden, 0, NULL, NULL, NULL, 0, NULL },
    { "linear_before_reset", ATR_ATTRIBUTE_INT, reset, 0, NULL, NULL, NULL, 0, NULL },
  };
  atr_value h = atr_model_add(model, NULL, KINDS[net->kind].operator, "recurrent", in, 4, attributes,
                              net->kind == NET_GRU ? 2 : 1, NULL, 0);
  h = atr_model_reshape(model, joined, 3, atr_model_transpose(model, steps_last, 4, h));
  h = atr_model_slice(model, 2, net->history - 1, INT64_MAX, atr_model_dropout(model, DROPOUT, h));
  h = conv(model, "output", 0, 1, h, weight[4], none);
  atr_model_add_output(model, "forecast", atr_model_add2(model, h, weight[0]));
}

static void add_nodes(atr_model *model, const struct net *net, const atr_value *weight) {
  const atr_shape shape = { 3, { -1, net->channels, -1 } };
  const atr_value none = { 0 };
  atr_value v = atr_model_add_input(model, "x", ATR_F32, &shape);
  if (net->kind != NET_TCN) {
    add_recurrent(model, net, weight, v);
    return;
  }
  const int64_t reach = net_reach(net);
  atr_value way[SCALES_MOST], sum = *weight++;
  v = conv(model, "input", 0, 1, v, weight[0], weight[1]);
  weight += 2;
  for (int64_t i = 0; i < net->scales; i++) {
    const int64_t d = net_dilation(i);
    atr_value a = atr_model_relu(model, conv(model, "dilated", d, net->kernel, v, weight[0], weight[1]));
    a = atr_model_dropout(model, DROPOUT, a);
    weight += 2;
    if (i + 1 < net->scales) {
      v = atr_model_add2(model, v, conv(model, "residual", d, 1, a, weight[0], weight[1]));
      weight += 2;
    }
    a = atr_model_slice(model, 2, reach - 1, INT64_MAX, a);
    way[i] = conv(model, "scale", d, 1, a, *weight++, none);
    sum = i ? atr_model_add2(model, sum, way[i]) : atr_model_add2(model, way[i], sum);
  }
  atr_model_add_output(model, "forecast", sum);
  for (int64_t i = 0; i < net->scales; i++) {
    char name[24];
    net_scale_name(i, name);
    atr_model_add_output(model, name, way[i]);
  }
}

bool net_build(const struct net *net, uint64_t seed, const float *weights, atr_model **made,
               struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_value values[TENSORS_MOST];
  atr_model *model;
  if (atr_model_create(seed, &error, &model)) return fault_from_error(fault, &error);
  bool ok = add_tensors(model, net, seed, weights, values, fault);
  if (ok) {
    add_nodes(model, net, values);
    ok = !atr_model_check(model, &error) || fault_from_error(fault, &error);
  }
  if (ok)
    *made = model;
  else
    atr_model_destroy(model);
  return ok;
}

/* The kind by the operator that only it has. */
static enum net_kind kind_of(const atr_model *model) {
  for (size_t i = 0; i < atr_model_layers(model); i++)
    for (int kind = NET_RNN; kind < NET_KINDS; kind++)
      if (!strcmp(atr_model_layer(model, i).op, KINDS[kind].operator)) return (enum net_kind)kind;
  return NET_TCN;
}

bool net_of(const atr_model *model, int64_t reach, struct net *net, struct fault *fault) {
  memset(net, 0, sizeof *net);
  const atr_port in = atr_model_input(model, 0), out = atr_model_output(model, 0);
  bool ok = in.name && !strcmp(in.name, "x") && out.name && !strcmp(out.name, "forecast") &&
            in.shape.rank == 3 && out.shape.rank == 3 && in.shape.dim[1] > 0 && out.shape.dim[1] > 0;
  if (ok) {
    net->kind = kind_of(model);
    net->channels = in.shape.dim[1], net->horizon = out.shape.dim[1], net->history = reach;
    for (atr_port port; ok && (port = atr_model_output(model, (size_t)net->scales + 1)).name; net->scales++) {
      char name[24];
      net_scale_name(net->scales, name);
      ok = net->scales < SCALES_MOST && !strcmp(name, port.name);
    }
    ok = ok && (net->scales > 0) == (net->kind == NET_TCN);
  }
  /* The kernel follows from what the library says the network sees. */
  if (ok && net->kind == NET_TCN) {
    net->kernel = 2;
    if (net_reach(net) != atr_model_receptive_field(model, 2)) net->kernel = 3;
    ok = net_reach(net) == atr_model_receptive_field(model, 2) && net_reach(net) == reach;
  }
  return ok || fault_set(fault, FAULT_DATA, "this is no network that atrous-forecast has trained");
}
