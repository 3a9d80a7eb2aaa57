/* recurrent_stack.c: recurrent layers on top of each other, and what reads them; see <atrous/sequence.h>. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <atrous/sequence.h>

#include "model/builder.h"

static const atr_value none = { 0 };

atr_value atr_model_recurrent_stack(atr_model *model, const atr_recurrent_stack_params *p, atr_value x,
                                    const atr_value *initial, atr_value *last) {
  char made_up[64], name[240];
  if (!atr__build_shape(model, x, "recurrent_stack", 3, 3)) return none;
  if (p->layers < 1 || p->layers > 4096 || (int)p->cell < ATR_CELL_RNN || p->cell > ATR_CELL_GRU ||
      !(p->dropout >= 0 && p->dropout < 1)) {
    atr__model_fail(model, ATR_E_PARAM, "recurrent_stack: %lld layers of cell %d, dropout %g",
                    (long long)p->layers, (int)p->cell, (double)p->dropout);
    return none;
  }
  const char *stem = atr__build_name(model, p->layer.name, "recurrent_stack", made_up);
  const int64_t states = p->cell == ATR_CELL_LSTM ? 2 : 1;
  atr_recurrent_params layer = p->layer;
  layer.name = name;
  for (int64_t l = 0; l < p->layers; l++) {
    const atr_value *from = initial ? initial + l * states : NULL;
    const atr_value h = from ? from[0] : none, cells = from && states == 2 ? from[1] : none;
    atr_value end[2];
    snprintf(name, sizeof name, "%s.%lld", stem, (long long)l);
    if (l && p->dropout > 0) x = atr_model_dropout(model, p->dropout, x);
    switch (p->cell) {
    case ATR_CELL_RNN: x = atr_model_rnn(model, &layer, x, h, &end[0]); break;
    case ATR_CELL_LSTM: x = atr_model_lstm(model, &layer, x, h, cells, &end[0], &end[1]); break;
    case ATR_CELL_GRU: x = atr_model_gru(model, &layer, p->linear_before_reset, x, h, &end[0]); break;
    }
    if (last) memcpy(last + l * states, end, (size_t)states * sizeof *end);
  }
  return x;
}

atr_value atr_model_readout(atr_model *model, const atr_readout_params *p, atr_value h) {
  static const int64_t orders[2][3] = { { 1, 2, 0 }, { 0, 2, 1 } }; /* to [n][features][t] */
  char made_up[64];
  const atr_shape *in = atr__build_shape(model, h, "readout", 3, 3);
  if (!in) return none;
  const int64_t hid = in->dim[2];
  if (hid < 1 || p->features < 1) {
    atr__model_fail(model, ATR_E_PARAM,
                    "readout: %lld inputs to %lld outputs; both must be known and at least 1", (long long)hid,
                    (long long)p->features);
    return none;
  }
  const char *name = atr__build_name(model, p->name, "readout", made_up);
  const atr_shape matrix = { 2, { hid, p->features } }, line = { 1, { p->features } };
  const atr_value list[2] = { h, atr__build_weight(model, name, "weight", &matrix, 1 / sqrt((double)hid), 0,
                                                   1) };
  atr_value y = atr__build_add(model, "MatMul", name, list, 2, NULL, 0);
  if (p->bias) y = atr_model_add2(model, y, atr__build_weight(model, name, "bias", &line, 0, 0, 1));
  if (p->channel_first) y = atr_model_transpose(model, orders[p->batch_first != 0], 3, y);
  if (!p->activation) return y;
  const atr_attribute axis = atr__build_int("axis", p->channel_first ? 1 : 2);
  const size_t over_features = !strcmp(p->activation, "Softmax") || !strcmp(p->activation, "LogSoftmax");
  return atr__build_add(model, p->activation, NULL, &y, 1, &axis, over_features);
}
