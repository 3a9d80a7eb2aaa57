/* net.h: the networks that forecast: a residual temporal convolutional network, or a recurrent layer.
 *
 *   tcn   x [n][channels][t] ─ 1×1 ─► v
 *         block, dilation d:   a = dropout(ReLU(conv(v; kernel, dilation d, causal)))   dropout in training
 * only v ← v + 1×1(a)                       the residual way on scale_i = 1×1(a), `horizon` channels the way
 * out, without nonlinearity behind forecast = constant + Σ scale_i      [n][horizon][t - reach + 1] rnn, gru,
 * lstm x ─ recurrent layer from a state of zeros ─► h ─ dropout ─ 1×1 ─► + constant = forecast
 *
 * Dilations are 1, 2, 4 …, so block i sees 1 + (kernel-1)·(2^i - 1) rows, and what each adds to the forecast
 * can be read and drawn: the sum is the forecast. Outputs begin where the network has seen `reach` rows: the
 * zeros before a series never count. A recurrent layer has no such end: it has seen all rows from the first
 * it was given, at least `reach`. The ways out begin at zero: before it learns, a network says "no change".
 * After Bai, Kolter, Koltun, "An Empirical Evaluation of Generic Convolutional and Recurrent Networks for
 * Sequence Modeling" (2018) and van den Oord et al., "WaveNet" (2016), whose skips these are; the forget
 * gate's bias of 1 is that of Jozefowicz, Zaremba, Sutskever, "An Empirical Exploration of Recurrent Network
 * Architectures" (2015). */
#ifndef FORECAST_NET_H
#define FORECAST_NET_H

#include <atrous/build.h>

#include "common/fault.h"

enum { SCALES_MOST = 16, NET_WIDTH = 16, NET_HIDDEN = 32 };

enum net_kind { NET_TCN, NET_RNN, NET_GRU, NET_LSTM, NET_KINDS };

struct net {
  int64_t channels, horizon;
  int64_t kernel, scales; /* 2 or 3; the number of blocks; 0 where it is recurrent */
  enum net_kind kind;
  int64_t history; /* of a recurrent one: rows it sees at least */
};

const char *net_name(enum net_kind kind); /* "tcn" */
/* The kind of the name of `length` characters; NET_KINDS: there is none. */
enum net_kind net_kind_of(const char *name, size_t length);

/* What covers `history`: the kernel and number of blocks whose receptive field does with the least excess. */
void net_choose(struct net *net, int64_t history);

int64_t net_dilation(int64_t scale);                           /* of block 0, 1 … */
int64_t net_scale_reach(const struct net *net, int64_t scale); /* rows that block sees */
int64_t net_reach(const struct net *net);                      /* rows the network sees */

/* The tensors that learn, in the order in which weights are kept as one row of numbers. */
enum { TENSORS_MOST = 3 + 5 * SCALES_MOST };
struct net_tensor {
  char name[40];
  atr_shape shape;
  size_t count;
  int64_t fan_in; /* weights are drawn from ±√(6/fan_in) (He et al. 2015, uniform); 0: they begin at zero … */
  size_t ones_from, ones; /* … but these, which begin at one */
};
size_t net_tensors(const struct net *net, struct net_tensor list[TENSORS_MOST]);
size_t net_parameters(const struct net *net);

/* Makes the model, with these weights or (NULL) with weights drawn from the seed, the same on every machine.
 */
bool net_build(const struct net *net, uint64_t seed, const float *weights, atr_model **model,
               struct fault *fault) TOOLS_MUST;

/* Reads the shape back from a model that net_build made to see `reach` rows; a fault where it is none. */
bool net_of(const atr_model *model, int64_t reach, struct net *net, struct fault *fault) TOOLS_MUST;

/* Name of the output of a scale: "scale_1", by its dilation. */
void net_scale_name(int64_t scale, char name[24]);

#endif
