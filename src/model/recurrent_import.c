/* recurrent_import.c: weights of PyTorch's and Keras's recurrent layers in ONNX's order; see
 * <atrous/sequence.h>. The tables say where each of ONNX's gates is in the other's order: LSTM i, o, f, c in
 * i, f, g, o; GRU z, r, h in PyTorch's r, z, n, and in Keras's z, r, h. */
#include "config.h"

#include <string.h>

#include <atrous/sequence.h>

#include "model/graph.h"

static const int torch_gates[3][4] = { { 0 }, { 0, 3, 1, 2 }, { 1, 0, 2 } };
static const int keras_gates[3][4] = { { 0 }, { 0, 3, 1, 2 }, { 0, 1, 2 } };

static atr_status check(atr_cell cell, int64_t features, int64_t hid, atr_error *error, int *gates) {
  static const int count[] = { 1, 4, 3 };
  if ((int)cell < ATR_CELL_RNN || cell > ATR_CELL_GRU || features < 1 || hid < 1 || features > INT32_MAX ||
      hid > INT32_MAX / 8)
    return atr__fail(error, ATR_E_PARAM, "cell %d of %lld features and %lld hidden", (int)cell,
                     (long long)features, (long long)hid);
  *gates = count[cell];
  return ATR_OK;
}

/* Blocks of `each` numbers in another order; from NULL: zeros. */
static void blocks(float *to, const float *from, const int *order, int gates, int64_t each) {
  for (int g = 0; g < gates; g++)
    if (from)
      memcpy(to + g * each, from + order[g] * each, (size_t)each * sizeof *to);
    else
      memset(to + g * each, 0, (size_t)each * sizeof *to);
}

/* [rows][gates·hid] to [gates][hid][rows]. */
static void turned(float *to, const float *from, const int *order, int gates, int64_t hid, int64_t rows) {
  for (int g = 0; g < gates; g++)
    for (int64_t k = 0; k < hid; k++)
      for (int64_t i = 0; i < rows; i++)
        to[(g * hid + k) * rows + i] = from[(i * gates + order[g]) * hid + k];
}

atr_status atr_recurrent_from_torch(atr_cell cell, int64_t features, int64_t hidden, const float *weight_ih,
                                    const float *weight_hh, const float *bias_ih, const float *bias_hh,
                                    atr_error *error, float *w, float *r, float *b) {
  int gates;
  const atr_status status = check(cell, features, hidden, error, &gates);
  if (status) return status;
  blocks(w, weight_ih, torch_gates[cell], gates, hidden * features);
  blocks(r, weight_hh, torch_gates[cell], gates, hidden * hidden);
  if (!b) return ATR_OK;
  blocks(b, bias_ih, torch_gates[cell], gates, hidden);
  blocks(b + gates * hidden, bias_hh, torch_gates[cell], gates, hidden);
  return ATR_OK;
}

atr_status atr_recurrent_from_keras(atr_cell cell, int64_t features, int64_t hidden, const float *kernel,
                                    const float *recurrent_kernel, const float *bias, int reset_after,
                                    atr_error *error, float *w, float *r, float *b) {
  int gates;
  const atr_status status = check(cell, features, hidden, error, &gates);
  if (status) return status;
  if (reset_after && cell != ATR_CELL_GRU) return atr__fail(error, ATR_E_PARAM, "reset_after is a GRU's");
  turned(w, kernel, keras_gates[cell], gates, hidden, features);
  turned(r, recurrent_kernel, keras_gates[cell], gates, hidden, hidden);
  if (!b) return ATR_OK;
  blocks(b, bias, keras_gates[cell], gates, hidden);
  blocks(b + gates * hidden, bias && reset_after ? bias + gates * hidden : NULL, keras_gates[cell], gates,
         hidden);
  return ATR_OK;
}

atr_status atr_model_set_tensor(atr_model *model, const char *name, const float *data, size_t count,
                                atr_error *error) {
  const int id = atr__model_find(model, name);
  const atr__blob *old = id ? atr__model_at(model, id)->init : NULL;
  if (!old) return atr__fail(error, ATR_E_PARAM, "the model has no weight \"%.200s\"", name);
  if (old->type != ATR_F32 || (size_t)old->count != count)
    return atr__fail(error, ATR_E_SHAPE, "\"%.200s\" has %lld numbers of %s, %zu of float32 were given", name,
                     (long long)old->count, atr_type_name(old->type), count);
  atr__blob *blob;
  atr_status status = atr__blob_create(ATR_F32, &old->shape, data, error, &blob);
  if (status) return status;
  status = atr__model_replace(model, id, blob, error);
  atr__blob_release(blob);
  return status;
}
