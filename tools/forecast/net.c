/* net.c: building the network; see net.h. */
#include "forecast/net.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "forecast/stats.h"

/* Series are short and noisy: without it validation loss rises after two or three epochs. */
static const float DROPOUT = 0.2f;

int64_t net_dilation(int64_t scale) {
  return (int64_t)1 << scale;
}

int64_t net_reach(const struct net *net, int64_t scale) {
  return 1 + (net->kernel - 1) * ((net_dilation(scale) << 1) - 1);
}

void net_choose(struct net *net, int64_t history) {
  int64_t least = INT64_MAX;
  for (int64_t kernel = 3; kernel >= 2; kernel--)
    for (int64_t scales = 1; scales <= SCALES_MOST; scales++) {
      struct net tried = { net->channels, net->horizon, kernel, scales };
      int64_t reach = net_reach(&tried, scales - 1);
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
}

size_t net_tensors(const struct net *net, struct net_tensor list[TENSORS_MOST]) {
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
    else if (list[i].fan_in) {
      const double most = sqrt(6 / (double)list[i].fan_in);
      drawn = malloc(list[i].count * sizeof *drawn);
      if (!drawn) return fault_nomem(fault, list[i].count * sizeof *drawn);
      for (size_t k = 0; k < list[i].count; k++)
        drawn[k] =
            (float)(most * (2 * (double)(stats_random(seed, counter++) >> 11) / 9007199254740992.0 - 1));
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

static void add_nodes(atr_model *model, const struct net *net, const atr_value *weight) {
  const int64_t reach = net_reach(net, net->scales - 1);
  const atr_shape shape = { 3, { -1, net->channels, -1 } };
  const atr_value none = { 0 };
  atr_value way[SCALES_MOST], sum = *weight++;
  atr_value v = atr_model_add_input(model, "x", ATR_F32, &shape);
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

bool net_of(const atr_model *model, struct net *net, struct fault *fault) {
  memset(net, 0, sizeof *net);
  const atr_port in = atr_model_input(model, 0), out = atr_model_output(model, 0);
  bool ok = in.name && !strcmp(in.name, "x") && out.name && !strcmp(out.name, "forecast") &&
            in.shape.rank == 3 && out.shape.rank == 3;
  if (ok) net->channels = in.shape.dim[1], net->horizon = out.shape.dim[1];
  for (atr_port port; ok && (port = atr_model_output(model, (size_t)net->scales + 1)).name; net->scales++) {
    char name[24];
    net_scale_name(net->scales, name);
    ok = net->scales < SCALES_MOST && !strcmp(name, port.name);
  }
  /* The kernel follows from what the library says the network sees. */
  for (net->kernel = 2; ok && net->kernel < 3; net->kernel++)
    if (net_reach(net, net->scales - 1) == atr_model_receptive_field(model, 2)) break;
  if (ok && net->scales > 0 && net->channels > 0 && net->horizon > 0 &&
      net_reach(net, net->scales - 1) == atr_model_receptive_field(model, 2))
    return true;
  return fault_set(fault, FAULT_DATA, "this is no network that atrous-forecast has trained");
}
