/* recurrent_norm_test.c: layers with layer normalization against the equations of Ba, Kiros and Hinton
 * written out in double; their gradients against central differences; variational dropout: one mask for every
 * step, of the right mean, another in the next step of training, none in prediction. */
#include "tests/test.h"

#include <math.h>

#include <atrous.h>

#include "model/graph.h"
#include "train/trainer.h"

enum { T = 4, N = 2, FEATURES = 3, HID = 3 };

static const atr_value NONE = { 0 };

static atr_model *begin(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m;
  must(atr_model_create(6, &error, &m));
  return m;
}

static float *weight(atr_model *m, const char *name, int vary) {
  const int id = atr__model_find(m, name);
  ck_assert_msg(id != 0, "there is no \"%s\"", name);
  atr__blob *blob = atr__model_at(m, id)->init;
  for (int64_t i = 0; vary && i < blob->count; i++)
    ((float *)blob->data)[i] += 0.2f * (float)((i * 7 + vary) % 5 - 2);
  return blob->data;
}

/* gain∘(s - mean)/√(var + epsilon) in place. */
static void normalize(double *s, int n, const float *gain) {
  double mean = 0, var = 0;
  for (int k = 0; k < n; k++) mean += s[k] / n;
  for (int k = 0; k < n; k++) var += (s[k] - mean) * (s[k] - mean) / n;
  for (int k = 0; k < n; k++) s[k] = (double)gain[k] * (s[k] - mean) / sqrt(var + 1e-5);
}

static double sigmoid(double z) {
  return 1 / (1 + exp(-z));
}

/* h' of one sample; d: the direction's place in the weights. */
static void step(atr_model *m, int gates, int d, const double *x, double *h, double *c) {
  const int width = gates * HID;
  const float *w = weight(m, "net.weight", 0) + d * width * FEATURES,
              *r = weight(m, "net.recurrent", 0) + d * width * HID,
              *b = weight(m, "net.bias", 0) + d * 2 * width, *gx = weight(m, "net.gain_input", 0) + d * width,
              *gh = weight(m, "net.gain_state", 0) + d * width;
  double sx[4 * HID], sh[4 * HID];
  for (int k = 0; k < width; k++) {
    sx[k] = sh[k] = 0;
    for (int i = 0; i < FEATURES; i++) sx[k] += (double)w[k * FEATURES + i] * x[i];
    for (int i = 0; i < HID; i++) sh[k] += (double)r[k * HID + i] * h[i];
  }
  const int first = gates == 3 ? 2 * HID : width;
  normalize(sx, first, gx), normalize(sh, first, gh);
  if (first < width) normalize(sx + first, HID, gx + first), normalize(sh + first, HID, gh + first);
  for (int k = 0; k < width; k++) sx[k] += (double)b[k], sh[k] += (double)b[width + k];
  if (gates == 4) {
    double y[HID];
    for (int k = 0; k < HID; k++)
      y[k] = c[k] = sigmoid(sx[2 * HID + k] + sh[2 * HID + k]) * c[k] +
                    sigmoid(sx[k] + sh[k]) * tanh(sx[3 * HID + k] + sh[3 * HID + k]);
    normalize(y, HID, weight(m, "net.gain_cell", 0) + d * HID);
    for (int k = 0; k < HID; k++)
      h[k] = sigmoid(sx[HID + k] + sh[HID + k]) *
             tanh(y[k] + (double)weight(m, "net.bias_cell", 0)[d * HID + k]);
  }
  for (int k = 0; gates == 3 && k < HID; k++) {
    const double z = sigmoid(sx[k] + sh[k]), reset = sigmoid(sx[HID + k] + sh[HID + k]);
    h[k] = (1 - z) * tanh(sx[2 * HID + k] + reset * sh[2 * HID + k]) + z * h[k];
  }
  for (int k = 0; gates == 1 && k < HID; k++) h[k] = tanh(sx[k] + sh[k]);
}

static atr_model *normalized(atr_cell cell, atr_direction direction, int batch_first) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = begin();
  const atr_shape shape = { 3, { -1, -1, FEATURES } };
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  p.name = "net", p.hidden = HID, p.layer_norm = 1, p.direction = direction, p.batch_first = batch_first;
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  atr_value y = NONE;
  switch (cell) {
  case ATR_CELL_RNN: y = atr_model_rnn(m, &p, x, NONE, NULL); break;
  case ATR_CELL_LSTM: y = atr_model_lstm(m, &p, x, NONE, NONE, NULL, NULL); break;
  case ATR_CELL_GRU: y = atr_model_gru(m, &p, 1, x, NONE, NULL); break;
  }
  atr_model_add_output(m, "y", y);
  must(atr_model_check(m, &error));
  weight(m, "net.bias", 1), weight(m, "net.gain_input", 2), weight(m, "net.gain_state", 3);
  if (cell == ATR_CELL_LSTM) weight(m, "net.gain_cell", 4), weight(m, "net.bias_cell", 5);
  return m;
}

START_TEST(normalized_layers_are_the_equations) {
  for (int k = 0; k < 9; k++) {
    static const int gates[] = { 1, 4, 3 };
    const int cell = k % 3, batch_first = k / 3 == 1;
    const atr_direction direction = (atr_direction)(k / 3);
    const int dirs = direction == ATR_DIRECTION_BOTH ? 2 : 1;
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = normalized((atr_cell)cell, direction, batch_first);
    float x[T * N * FEATURES], y[T * N * 2 * HID];
    double want[T * N * 2 * HID];
    for (int i = 0; i < T * N * FEATURES; i++) x[i] = (float)((i * 13 + 5) % 17) / 8 - 1;
    for (int n = 0; n < N; n++)
      for (int d = 0; d < dirs; d++) {
        double h[HID] = { 0 }, c[HID] = { 0 }, in[FEATURES];
        for (int s = 0; s < T; s++) {
          const int t = direction == ATR_DIRECTION_REVERSE || d ? T - 1 - s : s,
                    row = batch_first ? n * T + t : t * N + n;
          for (int i = 0; i < FEATURES; i++) in[i] = (double)x[row * FEATURES + i];
          step(m, gates[cell], d, in, h, c);
          for (int i = 0; i < HID; i++) want[(row * dirs + d) * HID + i] = h[i];
        }
      }
    for (int device = 0; device <= test_opencl(); device++) {
      atr_context *context = test_open(device ? test_device() : "host", NULL);
      const atr_shape shape = { 3, { batch_first ? N : T, batch_first ? T : N, FEATURES } };
      atr_plan *plan;
      atr_run *run;
      must(atr_plan_create(m, context, &shape, 1, NULL, &error, &plan));
      must(atr_run_create(plan, &error, &run));
      run_must(run, atr_run_write(run, "x", x, sizeof x));
      run_must(run, atr_run_execute(run));
      run_must(run, atr_run_read(run, "y", y, (size_t)(T * N * dirs * HID) * sizeof *y));
      for (int i = 0; i < T * N * dirs * HID; i++)
        ck_assert_msg(fabs((double)y[i] - want[i]) < 2e-5,
                      "case %d, device %d, number %d: %.9g, must be %.9g", k, device, i, (double)y[i],
                      want[i]);
      atr_run_destroy(run);
      atr_plan_destroy(plan);
      atr_context_destroy(context);
    }
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(gradients_of_normalized_layers_agree_with_differences) {
  static const char *const names[] = { "net.weight",     "net.recurrent", "net.bias",     "net.gain_input",
                                       "net.gain_state", "net.gain_cell", "net.bias_cell" };
  for (int cell = 0; cell < 3; cell++) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = normalized((atr_cell)cell, ATR_DIRECTION_BOTH, 0), *g;
    const atr_shape shape = { 3, { T, N, FEATURES } };
    atr_gradient_options options = ATR_GRADIENT_OPTIONS_INIT;
    options.target = 1;
    atr_plan_options wide = ATR_PLAN_OPTIONS_INIT;
    wide.float64 = 1;
    must(atr_model_gradient(m, &shape, 1, &options, &error, &g));
    atr_context *context = test_open("host", NULL);
    const atr_shape shapes[2] = { shape, atr_model_input(g, 1).shape };
    atr_plan *plan;
    atr_run *run;
    must(atr_plan_create(g, context, shapes, 2, &wide, &error, &plan));
    must(atr_run_create(plan, &error, &run));
    float x[T * N * FEATURES], target[T * N * 2 * HID];
    for (int i = 0; i < T * N * FEATURES; i++) x[i] = (float)((i * 13 + 5) % 17) / 8 - 1;
    for (int i = 0; i < T * N * 2 * HID; i++) target[i] = (float)((i * 5 + 3) % 7) / 7 - 0.5f;
    run_must(run, atr_run_write(run, "x", x, sizeof x));
    run_must(run, atr_run_write(run, atr_model_input(g, 1).name, target, sizeof target));
    for (int w = 0; w < (cell == ATR_CELL_LSTM ? 7 : 5); w++) {
      char name[64];
      const atr__blob *blob = atr__model_at(m, atr__model_find(m, names[w]))->init;
      const size_t count = (size_t)blob->count;
      double value[200], got[200], loss[2];
      ck_assert_uint_le(count, 200);
      snprintf(name, sizeof name, "%s.grad", names[w]);
      for (size_t i = 0; i < count; i++) value[i] = (double)((const float *)blob->data)[i];
      run_must(run, atr_run_write_double(run, names[w], value, count));
      run_must(run, atr_run_execute(run));
      run_must(run, atr_run_read_double(run, name, got, count));
      for (size_t i = 0; i < count; i += 1 + count / 12) {
        const double was = value[i];
        for (int side = 0; side < 2; side++) {
          value[i] = was + (side ? 1e-5 : -1e-5);
          run_must(run, atr_run_write_double(run, names[w], value, count));
          run_must(run, atr_run_execute(run));
          run_must(run, atr_run_read_double(run, "atrous.loss", &loss[side], 1));
        }
        value[i] = was;
        ck_assert_msg(fabs((loss[1] - loss[0]) / 2e-5 - got[i]) < 1e-6,
                      "cell %d, %s[%zu]: %.9g, differences %.9g", cell, names[w], i, got[i],
                      (loss[1] - loss[0]) / 2e-5);
      }
      run_must(run, atr_run_write_double(run, names[w], value, count));
    }
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_context_destroy(context);
    atr_model_destroy(g);
    atr_model_destroy(m);
  }
}
END_TEST

enum { WIDE = 512, STEPS = 6 };

/* An RNN with f = Relu, no input's share and R the identity: from ones, h after t steps is m^t, where one
 * mask is taken at every step; and with W the identity instead, and R nothing, x∘m. */
static atr_model *watched(float input_dropout, float state_dropout) {
  static const char *const relu = "Relu";
  static float eye[WIDE * WIDE], ones[WIDE];
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = begin();
  const atr_shape shape = { 3, { STEPS, 1, WIDE } }, state = { 3, { 1, 1, WIDE } };
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  p.name = "net", p.hidden = WIDE, p.bias = 0, p.activations = &relu, p.n_activations = 1;
  p.input_dropout = input_dropout, p.state_dropout = state_dropout;
  for (int i = 0; i < WIDE; i++) eye[i * WIDE + i] = ones[i] = 1;
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
  const atr_value first =
      state_dropout > 0 ? atr_model_add_tensor(m, "first", ATR_F32, &state, ones, 0) : NONE;
  atr_model_add_output(m, "y", atr_model_rnn(m, &p, x, first, NULL));
  must(atr_model_check(m, &error));
  memset(weight(m, "net.weight", 0), 0, sizeof eye);
  memset(weight(m, "net.recurrent", 0), 0, sizeof eye);
  memcpy(weight(m, state_dropout > 0 ? "net.recurrent" : "net.weight", 0), eye, sizeof eye);
  return m;
}

/* y of the training form, at this step of training. */
static void trained(atr_trainer *t, int64_t at, float *y) {
  atr__form form;
  const atr_error *e = &t->error;
  t->step = at;
  ck_assert_msg(!atr__form_open(t, ATR__FORM_EXPLAIN, 1, &form), "%s", e->text);
  ck_assert_msg(!atr__trainer_feed(t, &form, NULL, NULL), "%s", e->text);
  run_must(form.run, atr_run_execute(form.run));
  run_must(form.run, atr_run_read(form.run, "y", y, STEPS * WIDE * sizeof *y));
  atr__form_free(&form);
}

START_TEST(one_mask_is_taken_at_every_step) {
  static float x[STEPS * WIDE], zeros[STEPS * WIDE], y[STEPS * WIDE], next[STEPS * WIDE], again[STEPS * WIDE];
  const atr_shape shape = { 3, { STEPS, 1, WIDE } };
  for (int of_state = 0; of_state < 2; of_state++)
    for (int device = 0; device <= test_opencl(); device++) {
      atr_error error = ATR_ERROR_INIT;
      atr_context *context = test_open(device ? test_device() : "host", NULL);
      atr_model *m = watched(of_state ? 0 : 0.25f, of_state ? 0.25f : 0);
      atr_trainer *t;
      must(atr_trainer_create(m, context, &shape, 1, NULL, &error, &t));
      for (int i = 0; i < STEPS * WIDE; i++) x[i] = 1;
      must(atr_trainer_write(t, "x", x, sizeof x));
      must(atr_trainer_write(t, "y.target", zeros, sizeof zeros));
      trained(t, 0, y);
      trained(t, 1, next);
      trained(t, 0, again);
      ck_assert_int_eq(memcmp(y, again, sizeof y), 0);
      ck_assert_int_ne(memcmp(y, next, sizeof y), 0);
      int kept = 0;
      for (int k = 0; k < WIDE; k++) {
        kept += y[k] > 0;
        double is = 1;
        for (int s = 0; s < STEPS; s++) {
          is = of_state ? is / 0.75 : 1 / 0.75;
          ck_assert_double_eq_tol((double)y[s * WIDE + k], y[k] > 0 ? is : 0, 1e-5);
        }
      }
      /* Kept: 384 of 512 expected, standard deviation 9.8. */
      ck_assert_int_ge(kept, 384 - 40);
      ck_assert_int_le(kept, 384 + 40);
      float loss;
      must(atr_trainer_evaluate(t, NULL, NULL, &loss)); /* nothing is dropped: all ones */
      must(atr_trainer_read(t, "y", y, sizeof y));
      for (int i = 0; i < STEPS * WIDE; i++) ck_assert_float_eq(y[i], 1);
      atr_trainer_destroy(t);
      atr_model_destroy(m);
      atr_context_destroy(context);
    }
}
END_TEST

START_TEST(a_normalized_layer_with_masks_learns) {
  for (int device = 0; device <= test_opencl(); device++) {
    atr_error error = ATR_ERROR_INIT;
    atr_context *context = test_open(device ? test_device() : "host", NULL);
    atr_model *m = begin();
    const atr_shape shape = { 3, { 20, 8, 1 } };
    atr_recurrent_stack_params p = ATR_RECURRENT_STACK_PARAMS_INIT;
    atr_readout_params out = ATR_READOUT_PARAMS_INIT;
    p.layer.hidden = 12, p.layer.layer_norm = 1, p.layer.input_dropout = p.layer.state_dropout = 0.05f;
    const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
    atr_model_add_output(m, "y", atr_model_readout(m, &out, atr_model_recurrent_stack(m, &p, x, NULL, NULL)));
    must(atr_model_check(m, &error));
    atr_train_params params = ATR_TRAIN_PARAMS_INIT;
    params.learning_rate = 0.01f;
    atr_trainer *t;
    must(atr_trainer_create(m, context, &shape, 1, &params, &error, &t));
    float in[160], target[160], first, loss = 0;
    for (int i = 0; i < 160; i++) { /* the input of the step before */
      in[i] = (float)((i * 37 + 11) % 23) / 12 - 0.9f;
      target[i] = i < 8 ? 0 : in[i - 8];
    }
    must(atr_trainer_evaluate(t, in, target, &first));
    for (int i = 0; i < 150; i++) must(atr_trainer_step(t, in, target, NULL));
    must(atr_trainer_evaluate(t, in, target, &loss));
    ck_assert_msg(loss < first / 4, "device %d: from %g to %g", device, (double)first, (double)loss);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
    atr_context_destroy(context);
  }
}
END_TEST

START_TEST(what_a_normalized_layer_has_not_is_refused) {
  static const char *const words[] = { "need linear_before_reset", "go with no clip", "go with no clip",
                                       "input_dropout 1", "state_dropout -1" };
  static const char *const names[] = { "Sigmoid", "Tanh", "Tanh" };
  for (int k = 0; k < 5; k++) {
    atr_error error = ATR_ERROR_INIT;
    atr_model *m = begin();
    const atr_shape shape = { 3, { -1, -1, FEATURES } };
    atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
    p.hidden = HID, p.layer_norm = 1;
    if (k == 1) p.clip = 1;
    if (k == 2) p.activations = names, p.n_activations = 3;
    if (k == 3) p.input_dropout = 1;
    if (k == 4) p.state_dropout = -1;
    const atr_value x = atr_model_add_input(m, "x", ATR_F32, &shape);
    atr_model_add_output(m, "y",
                         k ? atr_model_lstm(m, &p, x, NONE, NONE, NULL, NULL)
                           : atr_model_gru(m, &p, 0, x, NONE, NULL));
    must_fail(atr_model_check(m, &error), k < 3 ? ATR_E_UNSUPPORTED : ATR_E_PARAM, words[k]);
    atr_model_destroy(m);
  }
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    normalized_layers_are_the_equations,
    gradients_of_normalized_layers_agree_with_differences,
    one_mask_is_taken_at_every_step,
    a_normalized_layer_with_masks_learns,
    what_a_normalized_layer_has_not_is_refused,
  };
  return test_run(test_suite("recurrent norm", tests, sizeof tests / sizeof *tests, 240));
}
