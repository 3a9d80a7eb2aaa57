/* recurrent_stack_test.c: stacks of recurrent layers against the same layers put together by hand, a readout
 * against numbers worked by hand, both on the host and on the device; and what they refuse. */
#include "tests/test.h"

#include <math.h>

#include <atrous.h>

#include "model/graph.h"

enum { T = 5, N = 3, FEATURES = 2, HID = 4 };

static const atr_value NONE = { 0 };

static atr_model *begin(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  must(atr_model_create(9, &error, &m));
  return m;
}

static atr_value input(atr_model *m) {
  const atr_shape shape = { 3, { -1, -1, FEATURES } };
  return atr_model_add_input(m, "x", ATR_F32, &shape);
}

/* The outputs of the model for x [T][N][FEATURES], or in the order [N][T]; all that are there, in a row. */
static size_t run(const atr_model *m, const char *device, int batch_first, float *to) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = test_open(device, NULL);
  const atr_shape shape = { 3, { batch_first ? N : T, batch_first ? T : N, FEATURES } };
  atr_plan *plan;
  atr_run *r;
  float x[T * N * FEATURES];
  for (int t = 0; t < T; t++)
    for (int n = 0; n < N; n++)
      for (int k = 0; k < FEATURES; k++)
        x[(batch_first ? n * T + t : t * N + n) * FEATURES + k] =
            (float)((t * 7 + n * 5 + k * 3) % 11) / 5 - 1;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &r));
  run_must(r, atr_run_write(r, "x", x, sizeof x));
  run_must(r, atr_run_execute(r));
  size_t n = 0;
  for (size_t i = 0; atr_plan_output(plan, i).name; i++) {
    const atr_port port = atr_plan_output(plan, i);
    size_t count = 1;
    for (int d = 0; d < port.shape.rank; d++) count *= (size_t)port.shape.dim[d];
    run_must(r, atr_run_read(r, port.name, to + n, count * sizeof *to));
    n += count;
  }
  atr_run_destroy(r);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  return n;
}

/* One layer of the cell; end: its states. */
static atr_value one(atr_model *m, atr_cell cell, const atr_recurrent_params *p, atr_value x, atr_value h,
                     atr_value c, atr_value end[2]) {
  end[1] = NONE;
  if (cell == ATR_CELL_RNN) return atr_model_rnn(m, p, x, h, &end[0]);
  if (cell == ATR_CELL_GRU) return atr_model_gru(m, p, 1, x, h, &end[0]);
  return atr_model_lstm(m, p, x, h, c, &end[0], &end[1]);
}

START_TEST(a_stack_is_its_layers_one_above_the_other) {
  enum { LAYERS = 3 };
  static const char *const names[] = { "net.0", "net.1", "net.2" };
  for (int k = 0; k < 12; k++) {
    atr_error error = ATR_ERROR_INIT;
    const atr_cell cell = (atr_cell)(k % 3);
    const int states = cell == ATR_CELL_LSTM ? 2 : 1;
    atr_recurrent_stack_params p = ATR_RECURRENT_STACK_PARAMS_INIT;
    p.cell = cell, p.layers = LAYERS, p.linear_before_reset = 1;
    p.layer.name = "net", p.layer.hidden = HID, p.layer.init = ATR_RECURRENT_ORTHOGONAL;
    p.layer.direction = k / 3 % 2 ? ATR_DIRECTION_BOTH : ATR_DIRECTION_FORWARD;
    p.layer.batch_first = k / 6;
    const atr_shape state = { 3, { k / 3 % 2 ? 2 : 1, N, HID } };
    float first[2 * N * HID];
    for (int i = 0; i < 2 * N * HID; i++) first[i] = 0.1f * (float)(i % 7 - 3);
    float got[2][1000];
    size_t n[2];
    for (int by_hand = 0; by_hand < 2; by_hand++) {
      atr_model *m = begin();
      const atr_shape shape = { 3, { k / 6 ? N : -1, k / 6 ? -1 : N, FEATURES } };
      atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape), last[2 * LAYERS],
                initial[2 * LAYERS] = { { 0 } };
      initial[states] = atr_model_add_tensor(m, "first", ATR_F32, &state, first, 0); /* of the second layer */
      if (by_hand) {
        for (int l = 0; l < LAYERS; l++) {
          atr_recurrent_params layer = p.layer;
          atr_value end[2];
          layer.name = names[l];
          x = one(m, cell, &layer, x, initial[l * states], states == 2 ? initial[l * states + 1] : NONE, end);
          for (int s = 0; s < states; s++) last[l * states + s] = end[s];
        }
      } else
        x = atr_model_recurrent_stack(m, &p, x, initial, last);
      atr_model_add_output(m, "y", x);
      for (int i = 0; i < LAYERS * states; i++) {
        char name[8];
        snprintf(name, sizeof name, "end%d", i);
        atr_model_add_output(m, name, last[i]);
      }
      must(atr_model_check(m, &error));
      ck_assert_int_ne(atr__model_find(m, "net.2.recurrent"), 0);
      n[by_hand] = run(m, "host", p.layer.batch_first, got[by_hand]);
      if (!by_hand && test_opencl()) {
        float device[1000];
        ck_assert_uint_eq(run(m, test_device(), p.layer.batch_first, device), n[0]);
        for (size_t i = 0; i < n[0]; i++) ck_assert_float_eq_tol(device[i], got[0][i], 1e-5f);
      }
      atr_model_destroy(m);
    }
    ck_assert_uint_eq(n[0], n[1]);
    ck_assert_int_eq(memcmp(got[0], got[1], n[0] * sizeof **got), 0);
  }
}
END_TEST

START_TEST(dropout_is_between_layers_only) {
  atr_error error = ATR_ERROR_INIT;
  for (int layers = 1; layers <= 3; layers++) {
    atr_model *m = begin();
    atr_recurrent_stack_params p = ATR_RECURRENT_STACK_PARAMS_INIT;
    p.layers = layers, p.dropout = 0.5f, p.layer.hidden = HID;
    atr_model_add_output(m, "y", atr_model_recurrent_stack(m, &p, input(m), NULL, NULL));
    must(atr_model_check(m, &error));
    int dropouts = 0;
    for (size_t i = 0; i < m->n_nodes; i++) {
      const int is = !strcmp(m->nodes[i].op->name, "Dropout");
      ck_assert_int_eq(is && (i == 0 || i + 1 == m->n_nodes), 0);
      dropouts += is;
    }
    ck_assert_int_eq(dropouts, layers - 1);
    atr_model_destroy(m);
  }
}
END_TEST

/* h = (1, 2), (3, 4) of two steps of one sample; V = (1 0 -1; 0 1 1), b = (0.5, 0, 0). */
START_TEST(a_readout_is_as_worked_by_hand_in_every_order) {
  static const float matrix[] = { 1, 0, -1, 0, 1, 1 }, bias[] = { 0.5f, 0, 0 }, h[] = { 1, 2, 3, 4 };
  static const double want[2][3] = { { 1.5, 2, 1 }, { 3.5, 4, 1 } };
  for (int k = 0; k < 8; k++) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = begin();
    atr_readout_params p = ATR_READOUT_PARAMS_INIT;
    p.name = "out", p.features = 3, p.batch_first = k & 1, p.channel_first = k >> 1 & 1;
    if (k >> 2) p.activation = "Softmax";
    const atr_shape shape = { 3, { k & 1 ? 1 : 2, k & 1 ? 2 : 1, 2 } };
    const atr_value x = atr_model_add_tensor(m, "h", ATR_F32, &shape, h, 1);
    atr_model_add_output(m, "y", atr_model_readout(m, &p, x));
    must(atr_model_check(m, &error));
    memcpy(atr__model_at(m, atr__model_find(m, "out.weight"))->init->data, matrix, sizeof matrix);
    memcpy(atr__model_at(m, atr__model_find(m, "out.bias"))->init->data, bias, sizeof bias);
    const atr_shape y = atr_model_output(m, 0).shape;
    ck_assert_int_eq(y.rank, 3);
    ck_assert_int_eq(y.dim[p.channel_first ? 1 : 2], 3);
    ck_assert_int_eq(y.dim[p.channel_first ? 2 : p.batch_first ? 1 : 0], 2);
    for (int device = 0; device <= test_opencl(); device++) {
      atr_context *context = test_open(device ? test_device() : "host", NULL);
      atr_plan *plan;
      atr_run *r;
      float got[6];
      must(atr_plan_create(m, context, NULL, 0, NULL, &error, &plan));
      must(atr_run_create(plan, &error, &r));
      run_must(r, atr_run_execute(r));
      run_must(r, atr_run_read(r, "y", got, sizeof got));
      for (int t = 0; t < 2; t++)
        for (int c = 0; c < 3; c++) {
          double value = want[t][c];
          if (p.activation) value = exp(value) / (exp(want[t][0]) + exp(want[t][1]) + exp(want[t][2]));
          ck_assert_double_eq_tol((double)got[p.channel_first ? c * 2 + t : t * 3 + c], value, 1e-6);
        }
      atr_run_destroy(r);
      atr_plan_destroy(plan);
      atr_context_destroy(context);
    }
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(stacks_and_readouts_refuse_what_makes_no_sense) {
  for (int k = 0; k < 5; k++) {
    static const char *const words[] = { "0 layers", "cell 7", "dropout 1", "0 outputs", "\"Tohuwabohu\"" };
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = begin();
    atr_recurrent_stack_params p = ATR_RECURRENT_STACK_PARAMS_INIT;
    atr_readout_params out = ATR_READOUT_PARAMS_INIT;
    p.layer.hidden = HID;
    if (k == 0) p.layers = 0;
    if (k == 1) p.cell = (atr_cell)7;
    if (k == 2) p.dropout = 1;
    if (k == 3) out.features = 0;
    if (k == 4) out.activation = "Tohuwabohu";
    const atr_value y = atr_model_readout(m, &out, atr_model_recurrent_stack(m, &p, input(m), NULL, NULL));
    ck_assert_int_eq(y.id, 0);
    atr_model_add_output(m, "y", y);
    must_fail(atr_model_check(m, &error), k == 4 ? ATR_E_UNSUPPORTED : ATR_E_PARAM, words[k]);
    atr_model_destroy(m);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    a_stack_is_its_layers_one_above_the_other,
    dropout_is_between_layers_only,
    a_readout_is_as_worked_by_hand_in_every_order,
    stacks_and_readouts_refuse_what_makes_no_sense,
  };
  return test_run(test_suite("recurrent stack", tests, sizeof tests / sizeof *tests, 240));
}
