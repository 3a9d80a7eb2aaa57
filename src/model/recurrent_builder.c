/* recurrent_builder.c: RNN, LSTM, GRU and the continuous-time layer as calls that write a network; see
 * <atrous/build.h>. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "model/builder.h"
#include "tensor/shape.h"

static const atr_value none = { 0 };

/* A random rotation: the columns of a matrix of normal numbers, made orthonormal one after another (Gram and
 * Schmidt, each twice, in double). */
static atr_status rotate(float *to, int64_t n, atr__random *random) {
  double *q = atr__calloc((size_t)n, (size_t)n * sizeof *q);
  if (!q) return ATR_E_NOMEM;
  for (int64_t i = 0; i < n; i++) {
    double *v = q + i * n, length = 0;
    for (int64_t k = 0; k < n; k++) v[k] = atr__random_normal(random);
    for (int turn = 0; turn < 2; turn++)
      for (int64_t j = 0; j < i; j++) {
        double along = 0;
        for (int64_t k = 0; k < n; k++) along += v[k] * q[j * n + k];
        for (int64_t k = 0; k < n; k++) v[k] -= along * q[j * n + k];
      }
    for (int64_t k = 0; k < n; k++) length += v[k] * v[k];
    for (int64_t k = 0; k < n; k++) v[k] /= sqrt(length);
  }
  for (int64_t i = 0; i < n * n; i++) to[i] = (float)q[i];
  atr__free(q);
  return ATR_OK;
}

/* How the matrix from state to state begins, [dirs][gates·hid][hid]; the tensor is new, so it may be written.
 */
static int begin_recurrent(atr_model *model, atr_value value, atr_recurrent_init init, int64_t gates,
                           int64_t hid) {
  if (model->error.status || init == ATR_RECURRENT_NORMAL) return !model->error.status;
  atr__blob *blob = atr__model_at(model, value.id)->init;
  float *data = blob->data;
  atr__random random;
  if (init != ATR_RECURRENT_ORTHOGONAL && init != ATR_RECURRENT_IDENTITY) {
    atr__model_fail(model, ATR_E_PARAM, "init %d is no atr_recurrent_init", (int)init);
    return 0;
  }
  atr__random_seed(&random, model->seed, model->drawn++);
  for (int64_t block = 0; block < blob->shape.dim[0] * gates; block++, data += hid * hid)
    if (init == ATR_RECURRENT_IDENTITY)
      for (int64_t i = 0; i < hid * hid; i++) data[i] = i % (hid + 1) == 0;
    else if (rotate(data, hid, &random)) {
      atr__model_fail(model, ATR_E_NOMEM, "out of memory for a rotation of %lld", (long long)hid);
      return 0;
    }
  return 1;
}

/* ONNX's gates of an LSTM are i, o, f, c; the bias [dirs][2·4·hid] has W's before R's. */
static void open_forget(atr_model *model, atr_value value, const atr_recurrent_params *p) {
  if (model->error.status) return;
  const atr__blob *blob = atr__model_at(model, value.id)->init;
  for (int64_t d = 0; d < blob->shape.dim[0]; d++)
    for (int64_t k = 0; k < p->hidden; k++)
      ((float *)blob->data)[(d * 8 + 2) * p->hidden + k] = p->forget_bias;
}

/* What the recurrent layers share: `gates` blocks of weights, `states` initial and last states; `flag`: an
 * attribute set to 1, or NULL. */
static atr_value recurrent(atr_model *model, const char *op, const char *stem, int64_t gates, size_t states,
                           const char *flag, const atr_recurrent_params *p, atr_value x,
                           const atr_value *initial, atr_value *last) {
  static const char *const direction[] = { "forward", "reverse", "bidirectional" };
  char made_up[64];
  for (size_t k = 0; k < states; k++) last[k] = none;
  const atr_shape *in = atr__build_shape(model, x, stem, 3, 3);
  if (!in) return none;
  const int64_t features = in->dim[2], dirs = p->direction == ATR_DIRECTION_BOTH ? 2 : 1;
  if (features < 0 || p->hidden < 1 || p->hidden > INT32_MAX / 8 || p->direction < ATR_DIRECTION_FORWARD ||
      p->direction > ATR_DIRECTION_BOTH) {
    atr__model_fail(model, ATR_E_PARAM, "%s: %lld features to %lld hidden, direction %d", stem,
                    (long long)features, (long long)p->hidden, (int)p->direction);
    return none;
  }
  if (!(p->input_dropout >= 0 && p->input_dropout < 1 && p->state_dropout >= 0 && p->state_dropout < 1)) {
    atr__model_fail(model, ATR_E_PARAM, "%s: input_dropout %g and state_dropout %g must be in [0, 1)", stem,
                    (double)p->input_dropout, (double)p->state_dropout);
    return none;
  }
  if ((p->layer_norm || p->state_dropout > 0) && gates == 3 && !flag) {
    atr__model_fail(model, ATR_E_UNSUPPORTED,
                    "%s: layer_norm and state_dropout of a GRU need linear_before_reset", stem);
    return none;
  }
  const char *name = atr__build_name(model, p->name, stem, made_up);
  const double scale = 1 / sqrt(3 * (double)p->hidden);
  const atr_shape w = { 3, { dirs, gates * p->hidden, features } },
                  r = { 3, { dirs, gates * p->hidden, p->hidden } },
                  b = { 2, { dirs, 2 * gates * p->hidden } };
  const int64_t swap[3] = { 1, 0, 2 };
  atr_value list[7] = { p->batch_first ? atr_model_transpose(model, swap, 3, x) : x,
                        atr__build_weight(model, name, "weight", &w, scale, 0, 1),
                        atr__build_weight(model, name, "recurrent", &r, scale, 0, 1),
                        p->bias ? atr__build_weight(model, name, "bias", &b, 0, 0, 1) : none };
  if (!begin_recurrent(model, list[2], p->init, gates, p->hidden)) return none;
  if (gates == 4 && p->bias) open_forget(model, list[3], p);
  for (size_t k = 0; k < states; k++) list[5 + k] = initial[k];
  if (p->input_dropout > 0)
    list[0] = atr_model_mul(model, list[0], atr__build_mask(model, list[0], 1, features, p->input_dropout));
  atr_attribute attributes[5] = { atr__build_int("hidden_size", p->hidden) };
  size_t n = 1;
  if (flag) attributes[n++] = atr__build_int(flag, 1);
  attributes[n++] =
      (atr_attribute){ .name = "direction", .kind = ATR_ATTRIBUTE_STRING, .s = direction[p->direction] };
  if (p->clip > 0) attributes[n++] = atr__build_real("clip", p->clip);
  if (p->activations)
    attributes[n++] = (atr_attribute){
      .name = "activations", .kind = ATR_ATTRIBUTE_STRINGS, .strings = p->activations, .n = p->n_activations
    };
  atr_value out[3] = { none, none, none };
  if (p->layer_norm || p->state_dropout > 0)
    atr__build_cell(model, op, name, gates, p, list, out);
  else
    atr_model_add(model, NULL, op, name, list, 5 + states, attributes, n, out, 1 + states);
  for (size_t k = 0; k < states; k++) last[k] = out[1 + k];
  /* [t][dirs][n][hidden] to x's order. */
  if (dirs == 1 && !p->batch_first) {
    const int64_t axis = 1;
    const atr_value squeezed[2] = { out[0], atr__build_vector(model, &axis, 1) };
    return atr__build_add(model, "Squeeze", NULL, squeezed, 2, NULL, 0);
  }
  const int64_t order[2][4] = { { 0, 2, 1, 3 }, { 2, 0, 1, 3 } }, dims[3] = { 0, 0, dirs * p->hidden };
  return atr_model_reshape(model, dims, 3, atr_model_transpose(model, order[p->batch_first != 0], 4, out[0]));
}

atr_value atr_model_rnn(atr_model *model, const atr_recurrent_params *params, atr_value x, atr_value initial,
                        atr_value *last) {
  atr_value state;
  const atr_value y = recurrent(model, "RNN", "rnn", 1, 1, NULL, params, x, &initial, &state);
  if (last) *last = state;
  return y;
}

atr_value atr_model_lstm(atr_model *model, const atr_recurrent_params *params, atr_value x, atr_value initial,
                         atr_value initial_cells, atr_value *last, atr_value *last_cells) {
  const atr_value first[2] = { initial, initial_cells };
  atr_value state[2];
  const atr_value y = recurrent(model, "LSTM", "lstm", 4, 2, NULL, params, x, first, state);
  if (last) *last = state[0];
  if (last_cells) *last_cells = state[1];
  return y;
}

atr_value atr_model_gru(atr_model *model, const atr_recurrent_params *params, int linear_before_reset,
                        atr_value x, atr_value initial, atr_value *last) {
  atr_value state;
  const atr_value y = recurrent(model, "GRU", "gru", 3, 1, linear_before_reset ? "linear_before_reset" : NULL,
                                params, x, &initial, &state);
  if (last) *last = state;
  return y;
}

/* W·u + b, what drives rate neurons. */
static atr_value drive(atr_model *model, const char *name, int64_t features, int64_t hid, atr_value u) {
  const atr_shape w = { 2, { features, hid } }, line = { 1, { hid } };
  const atr_value product[2] = { u, atr__build_weight(model, name, "weight", &w, 1 / sqrt((double)features),
                                                      0, 1) };
  return atr_model_add2(model, atr__build_add(model, "MatMul", NULL, product, 2, NULL, 0),
                        atr__build_weight(model, name, "bias", &line, 0, 0, 1));
}

/* The values of a matrix [hid][hid] as a weight, and its pattern as two constants. */
static void sparse_matrix(atr_model *model, const char *name, const atr_csr *csr, int64_t hid,
                          atr_value *values, atr_value pattern[2]) {
  atr_error error = ATR_ERROR_INIT;
  char weight[256];
  if (model->error.status) return;
  const atr_status status = atr_csr_check(csr, &error);
  if (status || csr->rows != hid || csr->cols != hid) {
    if (status)
      atr__model_fail(model, status, "%s: %s", name, error.text);
    else
      atr__model_fail(model, ATR_E_PARAM, "%s: R is sparse of %d rows and %d columns, must be %lld", name,
                      (int)csr->rows, (int)csr->cols, (long long)hid);
    return;
  }
  const int32_t entries = csr->row_start[hid];
  const atr_shape line = { 1, { entries } }, starts = { 1, { hid + 1 } };
  snprintf(weight, sizeof weight, "%s.recurrent", name);
  *values = atr_model_add_tensor(model, weight, ATR_F32, &line, csr->value, entries > 0);
  pattern[0] = atr_model_add_tensor(model, NULL, ATR_I32, &starts, csr->row_start, 0);
  pattern[1] = atr_model_add_tensor(model, NULL, ATR_I32, &line, csr->column, 0);
}

atr_value atr_model_sparse_rnn(atr_model *model, const char *given, const char *activation,
                               const atr_csr *recurrent, atr_value u, atr_value initial, atr_value *last) {
  char made_up[64];
  if (last) *last = none;
  const atr_shape *in = atr__build_shape(model, u, "sparse_rnn", 3, 3);
  if (!in) return none;
  const int64_t features = in->dim[2], hid = recurrent ? recurrent->rows : 0;
  if (features < 1 || hid < 1) {
    atr__model_fail(model, ATR_E_PARAM, "sparse_rnn: %lld features to %lld hidden", (long long)features,
                    (long long)hid);
    return none;
  }
  const char *name = atr__build_name(model, given, "sparse_rnn", made_up);
  atr_value list[5] = { drive(model, name, features, hid, u), none, none, none, initial };
  sparse_matrix(model, name, recurrent, hid, &list[1], &list[2]);
  const atr_attribute attribute = { .name = "activation",
                                    .kind = ATR_ATTRIBUTE_STRING,
                                    .s = activation ? activation : "Tanh" };
  const atr_value h =
      atr_model_add(model, "org.atrous", "SparseRNN", name, list, initial.id ? 5 : 4, &attribute, 1, NULL, 0);
  if (last) {
    const int64_t end = -1, axis = 0;
    const atr_value taken[2] = { atr_model_slice(model, 0, end, INT64_MAX, h),
                                 atr__build_vector(model, &axis, 1) };
    *last = atr__build_add(model, "Squeeze", NULL, taken, 2, NULL, 0);
  }
  return h;
}

atr_value atr_model_continuous_rnn(atr_model *model, const atr_continuous_params *p, atr_value u,
                                   atr_value initial) {
  static const char *const methods[] = { "euler", "heun", "rk4", "exponential_euler", "dormand_prince" };
  char made_up[64];
  const atr_shape *in = atr__build_shape(model, u, "continuous_rnn", 3, 3);
  if (!in) return none;
  const int64_t features = in->dim[2], hid = p->hidden;
  if (features < 1 || hid < 1 || hid > INT32_MAX / 8 || p->method < ATR_INTEGRATOR_EULER ||
      p->method > ATR_INTEGRATOR_DORMAND_PRINCE) {
    atr__model_fail(model, ATR_E_PARAM, "continuous_rnn: %lld features to %lld hidden, method %d",
                    (long long)features, (long long)hid, (int)p->method);
    return none;
  }
  const char *name = atr__build_name(model, p->name, "continuous_rnn", made_up);
  const atr_shape r = { 2, { hid, hid } }, line = { 1, { hid } };
  atr_value list[6] = { drive(model, name, features, hid, u) };
  if (p->sparse)
    sparse_matrix(model, name, p->sparse, hid, &list[1], &list[4]);
  else
    list[1] = atr__build_weight(model, name, "recurrent", &r, (double)p->gain / sqrt((double)hid), 0, 1);
  list[2] = atr__build_weight(model, name, "tau", &line, 0, p->tau, p->learn_tau);
  list[3] = initial;
  const atr_attribute attributes[] = {
    { "method", ATR_ATTRIBUTE_STRING, 0, 0, methods[p->method], NULL, NULL, 0, NULL },
    { "activation", ATR_ATTRIBUTE_STRING, 0, 0, p->activation ? p->activation : "Tanh", NULL, NULL, 0, NULL },
    { "interpolation", ATR_ATTRIBUTE_STRING, 0, 0, p->linear ? "linear" : "hold", NULL, NULL, 0, NULL },
    atr__build_real("step", p->step),
    atr__build_int("substeps", p->substeps),
    atr__build_real("leak", p->leak),
    atr__build_real("noise", p->noise),
    atr__build_int("seed", (int64_t)p->seed),
    atr__build_real("tolerance", p->tolerance),
  };
  return atr_model_add(model, "org.atrous", "ContinuousRNN", name, list,
                       p->sparse    ? 6
                       : initial.id ? 4
                                    : 3,
                       attributes, sizeof attributes / sizeof *attributes, NULL, 0);
}
