/* recurrent_import_test.c: weights of PyTorch's and Keras's recurrent layers: where each number goes, by
 * hand, and what the imported layers compute against the equations of those libraries' documentation, written
 * out in their own order of gates. */
#include "tests/test.h"

#include <math.h>

#include <atrous.h>

enum { T = 3, FEATURES = 2, HID = 3 };

static float number(int k) {
  return (float)((k * 37 + 11) % 101) / 101 - 0.5f;
}
static double sigmoid(double z) {
  return 1 / (1 + exp(-z));
}

START_TEST(gates_go_where_onnx_has_them) {
  static const float ih[] = { 10, 20, 30, 40 }, hh[] = { 1, 2, 3, 4 }, bi[] = { 5, 6, 7, 8 },
                     bh[] = { 50, 60, 70, 80 };
  atr_error error = ATR_ERROR_INIT;
  float w[4], r[4], b[8];
  /* i, f, g, o to i, o, f, c */
  must(atr_recurrent_from_torch(ATR_CELL_LSTM, 1, 1, ih, hh, bi, bh, &error, w, r, b));
  ck_assert(w[0] == 10 && w[1] == 40 && w[2] == 20 && w[3] == 30);
  ck_assert(r[0] == 1 && r[1] == 4 && r[2] == 2 && r[3] == 3);
  ck_assert(b[0] == 5 && b[1] == 8 && b[2] == 6 && b[3] == 7);
  ck_assert(b[4] == 50 && b[5] == 80 && b[6] == 60 && b[7] == 70);
  /* r, z, n to z, r, h */
  must(atr_recurrent_from_torch(ATR_CELL_GRU, 1, 1, ih, hh, NULL, bh, &error, w, r, b));
  ck_assert(w[0] == 20 && w[1] == 10 && w[2] == 30 && r[0] == 2 && r[1] == 1 && r[2] == 3);
  ck_assert(b[0] == 0 && b[1] == 0 && b[2] == 0 && b[3] == 60 && b[4] == 50 && b[5] == 70);
  must(atr_recurrent_from_torch(ATR_CELL_RNN, 2, 1, ih, hh, NULL, NULL, &error, w, r, NULL));
  ck_assert(w[0] == 10 && w[1] == 20 && r[0] == 1);
  /* i, f, c, o; and z, r, h as they are; two features, so the kernel is turned */
  static const float kernel[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  float wide[8];
  must(atr_recurrent_from_keras(ATR_CELL_LSTM, 2, 1, kernel, hh, bi, 0, &error, wide, r, b));
  ck_assert(wide[0] == 1 && wide[1] == 5 && wide[2] == 4 && wide[3] == 8 && wide[4] == 2 && wide[5] == 6);
  ck_assert(b[0] == 5 && b[1] == 8 && b[2] == 6 && b[3] == 7 && b[4] == 0 && b[7] == 0);
  must(atr_recurrent_from_keras(ATR_CELL_GRU, 2, 1, kernel, hh, kernel, 1, &error, wide, r, b));
  ck_assert(wide[0] == 1 && wide[1] == 4 && wide[2] == 2 && wide[3] == 5 && r[1] == 2);
  ck_assert(b[0] == 1 && b[2] == 3 && b[3] == 4 && b[5] == 6);
  must_fail(atr_recurrent_from_keras(ATR_CELL_LSTM, 2, 1, kernel, hh, bi, 1, &error, wide, r, b), ATR_E_PARAM,
            "reset_after");
  must_fail(atr_recurrent_from_torch(ATR_CELL_LSTM, 0, 1, ih, hh, bi, bh, &error, w, r, b), ATR_E_PARAM,
            "0 features");
}
END_TEST

/* The library's layer with these weights, on x; y [T][HID]. */
static void layer(atr_cell cell, int linear_before_reset, const float *w, const float *r, const float *b,
                  size_t gates, const float *x, float *y, const char *device) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  must(atr_model_create(1, &error, &m));
  const atr_shape shape = { 3, { T, 1, FEATURES } };
  atr_recurrent_stack_params p = ATR_RECURRENT_STACK_PARAMS_INIT;
  p.cell = cell, p.linear_before_reset = linear_before_reset;
  p.layer.hidden = HID, p.layer.name = "net";
  atr_model_add_output(
      m, "y", atr_model_recurrent_stack(m, &p, atr_model_add_input(m, "x", ATR_F32, &shape), NULL, NULL));
  must(atr_model_check(m, &error));
  must(atr_model_set_tensor(m, "net.0.weight", w, gates * HID * FEATURES, &error));
  must(atr_model_set_tensor(m, "net.0.recurrent", r, gates * HID * HID, &error));
  must(atr_model_set_tensor(m, "net.0.bias", b, 2 * gates * HID, &error));
  must_fail(atr_model_set_tensor(m, "net.0.bias", b, 1, &error), ATR_E_SHAPE, "1 of float32 were given");
  must_fail(atr_model_set_tensor(m, "y", b, 1, &error), ATR_E_PARAM, "no weight \"y\"");
  atr_context *context = test_open(device, NULL);
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  run_must(run, atr_run_write(run, "x", x, T * FEATURES * sizeof *x));
  run_must(run, atr_run_execute(run));
  run_must(run, atr_run_read(run, "y", y, T * HID * sizeof *y));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  atr_model_destroy(m);
}

/* Row g·HID + k of the input's or the state's share, with its bias, in PyTorch's layout or Keras's. */
static double share(int keras, int gates, const float *matrix, const float *bias, int row, const double *v,
                    int n) {
  double sum = bias ? (double)bias[row] : 0;
  for (int i = 0; i < n; i++)
    sum += (double)(keras ? matrix[i * gates * HID + row] : matrix[row * n + i]) * v[i];
  return sum;
}

/* One of: PyTorch's RNN, LSTM, GRU (0 to 2), Keras's (3 to 5), Keras's GRU with reset_after (6). */
START_TEST(imported_layers_compute_what_their_libraries_document) {
  for (int k = 0; k < 7; k++) {
    const int keras = k >= 3, after = k == 6, two = !keras || after;
    const atr_cell cell = k == 6 ? ATR_CELL_GRU : (atr_cell)(k % 3);
    const int gates = cell == ATR_CELL_RNN ? 1 : cell == ATR_CELL_LSTM ? 4 : 3;
    float ih[4 * HID * FEATURES], hh[4 * HID * HID], bias[8 * HID], x[T * FEATURES], want[T * HID],
        y[T * HID];
    float w[4 * HID * FEATURES], r[4 * HID * HID], b[8 * HID];
    for (int i = 0; i < 4 * HID * FEATURES; i++) ih[i] = number(i + 7);
    for (int i = 0; i < 4 * HID * HID; i++) hh[i] = number(3 * i + 1);
    for (int i = 0; i < 8 * HID; i++) bias[i] = number(5 * i + 2);
    for (int i = 0; i < T * FEATURES; i++) x[i] = 2 * number(i);
    const float *state_bias = two ? bias + gates * HID : NULL;
    double h[HID] = { 0 }, c[HID] = { 0 };
    for (int t = 0; t < T; t++) {
      double in[FEATURES], now[HID];
      for (int i = 0; i < FEATURES; i++) in[i] = (double)x[t * FEATURES + i];
#define OF_X(g) share(keras, gates, ih, bias, (g)*HID + i, in, FEATURES)
#define OF_H(g) share(keras, gates, hh, state_bias, (g)*HID + i, h, HID)
      for (int i = 0; i < HID; i++) switch (cell) {
        case ATR_CELL_RNN: now[i] = tanh(OF_X(0) + OF_H(0)); break;
        case ATR_CELL_LSTM: /* i, f, g, o of both */
          c[i] = sigmoid(OF_X(1) + OF_H(1)) * c[i] + sigmoid(OF_X(0) + OF_H(0)) * tanh(OF_X(2) + OF_H(2));
          now[i] = sigmoid(OF_X(3) + OF_H(3)) * tanh(c[i]);
          break;
        case ATR_CELL_GRU: { /* PyTorch r, z, n; Keras z, r, h */
          const double z = sigmoid(OF_X(!keras) + OF_H(!keras)), reset = sigmoid(OF_X(keras) + OF_H(keras));
          double candidate = OF_X(2);
          if (two)
            candidate += reset * OF_H(2);
          else /* reset · h before the matrix */
            for (int n = 0; n < HID; n++) {
              double rn = share(1, gates, ih, bias, HID + n, in, FEATURES) +
                          share(1, gates, hh, NULL, HID + n, h, HID);
              candidate += (double)hh[n * gates * HID + 2 * HID + i] * sigmoid(rn) * h[n];
            }
          now[i] = (1 - z) * tanh(candidate) + z * h[i];
        }
        }
      for (int i = 0; i < HID; i++) {
        h[i] = now[i];
        want[t * HID + i] = (float)now[i];
      }
    }
    atr_error error = ATR_ERROR_INIT;
    if (keras)
      must(atr_recurrent_from_keras(cell, FEATURES, HID, ih, hh, bias, after, &error, w, r, b));
    else
      must(atr_recurrent_from_torch(cell, FEATURES, HID, ih, hh, bias, bias + gates * HID, &error, w, r, b));
    for (int device = 0; device <= test_opencl(); device++) {
      layer(cell, two, w, r, b, (size_t)gates, x, y, device ? test_device() : "host");
      for (int i = 0; i < T * HID; i++)
        ck_assert_msg(fabsf(y[i] - want[i]) < 1e-6f, "case %d, number %d: %.9g, must be %.9g", k, i,
                      (double)y[i], (double)want[i]);
    }
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = { gates_go_where_onnx_has_them,
                                 imported_layers_compute_what_their_libraries_document };
  return test_run(test_suite("recurrent import", tests, sizeof tests / sizeof *tests, 120));
}
