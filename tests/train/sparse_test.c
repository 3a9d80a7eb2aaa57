/* sparse_test.c: recurrent layers with a sparse matrix as whole models: what the builder makes of an atr_csr,
 * the same as with a dense matrix, learning what has no entry never does, files. */
#include "config.h"

#include "train_test.h"

#include <atrous/csr.h>

#include "model/graph.h"

enum { T = 12, N = 2, IN = 3, HID = 9 };

static const atr_value NONE = { 0 };
static const atr_shape steps = { 3, { T, N, IN } };

static atr_csr *draw(double density) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *csr = NULL;
  if (atr_csr_random(HID, density, 0.9, 4, &error, &csr)) ck_abort_msg("%s", error.text);
  return csr;
}

/* The layer, sparse by csr or, where `as_dense`, ContinuousRNN with the matrix that csr stands for. */
static atr_model *layer(int continuous, const atr_csr *csr, int as_dense) {
  atr_model *m = new_model(3);
  const atr_value x = atr_model_add_input(m, "x", ATR_F32, &steps);
  atr_value y, last = NONE;
  if (continuous) {
    atr_continuous_params p = ATR_CONTINUOUS_PARAMS_INIT;
    p.name = "field", p.hidden = HID, p.step = 0.5f, p.learn_tau = 1;
    p.sparse = as_dense ? NULL : csr;
    y = atr_model_continuous_rnn(m, &p, x, NONE);
  } else
    y = atr_model_sparse_rnn(m, "field", NULL, csr, x, NONE, &last);
  atr_model_add_output(m, "y", y);
  if (last.id) atr_model_add_output(m, "last", last);
  ck_assert_int_eq(atr_model_check(m, NULL), ATR_OK);
  if (as_dense) atr_csr_to_dense(csr, atr__model_at(m, atr__model_find(m, "field.recurrent"))->init->data);
  return m;
}

static const atr__blob *weight(const atr_model *m, const char *name) {
  const int id = atr__model_find(m, name);
  ck_assert_int_ne(id, 0);
  return atr__model_at(m, id)->init;
}

START_TEST(the_builder_makes_a_weight_of_the_values) {
  atr_csr *csr = draw(0.2);
  for (int continuous = 0; continuous < 2; continuous++) {
    atr_model *m = layer(continuous, csr, 0);
    const atr__blob *r = weight(m, "field.recurrent");
    ck_assert_int_eq(r->count, 16);
    ck_assert_mem_eq(r->data, csr->value, 16 * sizeof(float));
    ck_assert_int_eq(atr__model_at(m, atr__model_find(m, "field.recurrent"))->learns, 1);
    ck_assert_int_eq(weight(m, "field.weight")->count, IN * HID);
    ck_assert_int_eq(atr_model_output(m, 0).shape.dim[2], HID);
    if (!continuous) {
      const atr_shape last = atr_model_output(m, 1).shape;
      ck_assert(last.rank == 2 && last.dim[0] == N && last.dim[1] == HID);
    }
    atr_model_destroy(m);
  }
  atr_csr_destroy(csr);
}
END_TEST

START_TEST(what_is_no_matrix_for_the_layer_is_refused) {
  atr_error error = ATR_ERROR_INIT;
  atr_csr *csr = draw(0.2);
  for (int kind = 0; kind < 3; kind++) {
    atr_model *m = new_model(3);
    const atr_value x = atr_model_add_input(m, "x", ATR_F32, &steps);
    atr_continuous_params p = ATR_CONTINUOUS_PARAMS_INIT;
    p.name = "field", p.hidden = kind ? HID : HID + 1, p.sparse = csr;
    if (kind) csr->column[3] = HID;
    if (kind < 2)
      atr_model_continuous_rnn(m, &p, x, NONE);
    else
      atr_model_sparse_rnn(m, "field", NULL, csr, x, NONE, NULL);
    ck_assert_int_eq(atr_model_check(m, &error), ATR_E_PARAM);
    const char *words = kind ? "has the column 9, must be 0 to 8" : "9 rows and 9 columns, must be 10";
    ck_assert_msg(strstr(error.text, words) && strstr(error.text, "field"), "%s", error.text);
    atr_model_destroy(m);
  }
  atr_model *m = new_model(3);
  atr_model_sparse_rnn(m, NULL, NULL, NULL, atr_model_add_input(m, "x", ATR_F32, &steps), NONE, NULL);
  ck_assert_int_eq(atr_model_check(m, &error), ATR_E_PARAM);
  atr_model_destroy(m);
  atr_csr_destroy(csr);
}
END_TEST

static void execute(const atr_model *m, atr_context *context, const float *x, const char *name, float *y,
                    size_t n) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan *plan;
  atr_run *run;
  if (atr_plan_create(m, context, &steps, 1, NULL, &error, &plan)) ck_abort_msg("%s", error.text);
  if (atr_run_create(plan, &error, &run)) ck_abort_msg("%s", error.text);
  ck_assert_int_eq(atr_run_write(run, "x", x, T * N * IN * sizeof *x), ATR_OK);
  ck_assert_int_eq(atr_run_execute(run), ATR_OK);
  ck_assert_int_eq(atr_run_read(run, name, y, n * sizeof *y), ATR_OK);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
}

START_TEST(a_sparse_layer_is_the_dense_one_with_zeros) {
  static float x[T * N * IN], a[T * N * HID], b[T * N * HID];
  fill(x, T * N * IN, 1);
  static const double densities[] = { 1, 0.2 };
  FOR_EACH_BACKEND(context)
  for (int k = 0; k < 2; k++) {
    atr_csr *csr = draw(densities[k]);
    atr_model *sparse = layer(1, csr, 0), *dense = layer(1, csr, 1);
    execute(sparse, context, x, "y", a, T * N * HID);
    execute(dense, context, x, "y", b, T * N * HID);
    for (int i = 0; i < T * N * HID; i++) ck_assert_float_eq_tol(a[i], b[i], 2e-6f);
    atr_model_destroy(sparse);
    atr_model_destroy(dense);
    atr_csr_destroy(csr);
  }
}
END_TEST

START_TEST(the_last_state_is_the_last_steps) {
  static float x[T * N * IN], all[T * N * HID], last[N * HID];
  fill(x, T * N * IN, 1);
  atr_csr *csr = draw(0.3);
  FOR_EACH_BACKEND(context) {
    atr_model *m = layer(0, csr, 0);
    execute(m, context, x, "y", all, T * N * HID);
    execute(m, context, x, "last", last, N * HID);
    ck_assert_mem_eq(last, all + (T - 1) * N * HID, sizeof last);
    atr_model_destroy(m);
  }
  atr_csr_destroy(csr);
}
END_TEST

START_TEST(a_sparse_layer_learns_and_keeps_its_pattern) {
  static float x[T * N * IN], y[T * N];
  fill(x, T * N * IN, 1);
  for (int i = 0; i < T * N; i++) /* what came in three steps ago */
    y[i] = i < 3 * N ? 0 : x[(i - 3 * N) * IN];
  atr_csr *csr = draw(0.3);
  const int32_t entries = csr->row_start[HID];
  FOR_EACH_BACKEND(context)
  for (int continuous = 0; continuous < 2; continuous++) {
    atr_model *m = new_model(3);
    const atr_value in = atr_model_add_input(m, "x", ATR_F32, &steps);
    atr_continuous_params c = ATR_CONTINUOUS_PARAMS_INIT;
    c.name = "field", c.hidden = HID, c.sparse = csr, c.method = ATR_INTEGRATOR_HEUN;
    const atr_value h = continuous ? atr_model_continuous_rnn(m, &c, in, NONE)
                                   : atr_model_sparse_rnn(m, "field", NULL, csr, in, NONE, NULL);
    const int64_t flat[] = { -1, HID }, back[] = { T, N, 1 };
    atr_value v = atr_model_dense(m, "out", 1, atr_model_reshape(m, flat, 2, h));
    atr_model_add_output(m, "y", atr_model_reshape(m, back, 3, v));
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    p.learning_rate = 0.01f;
    atr_trainer *t = new_trainer(m, context, &steps, &p);
    float first, loss, values[HID * HID];
    GOOD(atr_trainer_step(t, x, y, &first), t);
    for (int i = 0; i < 150; i++) GOOD(atr_trainer_step(t, x, y, &loss), t);
    ck_assert_msg(loss < 0.3f * first, "%d: loss %g after %g", continuous, (double)loss, (double)first);
    GOOD(atr_trainer_read(t, "field.recurrent", values, (size_t)entries * sizeof *values), t);
    int moved = 0;
    for (int32_t e = 0; e < entries; e++) moved += fabsf(values[e] - csr->value[e]) > 1e-3f;
    ck_assert_int_gt(moved, entries / 2);
    atr_model *trained;
    ck_assert_int_eq(atr_trainer_export(t, NULL, &trained), ATR_OK);
    ck_assert_int_eq(weight(trained, "field.recurrent")->count, entries);
    ck_assert_mem_eq(weight(trained, "field.recurrent")->data, values, (size_t)entries * sizeof *values);
    const size_t at = atr_model_layers(trained); /* the pattern is there as it was */
    for (size_t k = 0; k < at; k++) {
      const atr__node *node = &trained->nodes[k];
      if (strcmp(node->name, "field")) continue;
      const size_t pattern = continuous ? 4 : 2;
      ck_assert_mem_eq(atr__model_at(trained, node->in[pattern])->init->data, csr->row_start,
                       (HID + 1) * sizeof(int32_t));
      ck_assert_mem_eq(atr__model_at(trained, node->in[pattern + 1])->init->data, csr->column,
                       (size_t)entries * sizeof(int32_t));
    }
    atr_model_destroy(trained);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
  atr_csr_destroy(csr);
}
END_TEST

START_TEST(a_matrix_without_entries_trains_the_rest) {
  static float x[T * N * IN], y[T * N * HID];
  fill(x, T * N * IN, 1);
  fill(y, T * N * HID, 2);
  int32_t starts[HID + 1] = { 0 };
  const atr_csr nothing = { HID, HID, starts, NULL, NULL };
  FOR_EACH_BACKEND(context)
  for (int continuous = 0; continuous < 2; continuous++) {
    atr_model *m = new_model(3);
    const atr_value in = atr_model_add_input(m, "x", ATR_F32, &steps);
    atr_continuous_params c = ATR_CONTINUOUS_PARAMS_INIT;
    c.hidden = HID, c.sparse = &nothing;
    atr_model_add_output(m, "y",
                         continuous ? atr_model_continuous_rnn(m, &c, in, NONE)
                                    : atr_model_sparse_rnn(m, NULL, "Relu", &nothing, in, NONE, NULL));
    atr_trainer *t = new_trainer(m, context, &steps, NULL);
    float first, loss;
    GOOD(atr_trainer_step(t, x, y, &first), t);
    for (int i = 0; i < 5; i++) GOOD(atr_trainer_step(t, x, y, &loss), t);
    ck_assert_float_lt(loss, first);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(files_hold_them) {
  static float x[T * N * IN], a[T * N * HID], b[T * N * HID];
  fill(x, T * N * IN, 1);
  atr_csr *csr = draw(0.2);
  for (int continuous = 0; continuous < 2; continuous++) {
    atr_error error = ATR_ERROR_INIT;
    char path[] = "./sparse-test-XXXXXX";
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    atr_model *m = layer(continuous, csr, 0), *read;
    if (atr_model_save(m, path, &error) || atr_model_load(path, NULL, &error, &read))
      ck_abort_msg("%s", error.text);
    ck_assert_int_eq(remove(path), 0);
    ck_assert_int_eq(atr__model_at(read, atr__model_find(read, "field.recurrent"))->learns, 1);
    execute(m, context_at(0), x, "y", a, T * N * HID);
    execute(read, context_at(0), x, "y", b, T * N * HID);
    ck_assert_mem_eq(a, b, sizeof a);
    atr_model_destroy(read);
    atr_model_destroy(m);
  }
  atr_csr_destroy(csr);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sparse");
  TCase *tests = tcase_create("sparse");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, the_builder_makes_a_weight_of_the_values);
  tcase_add_test(tests, what_is_no_matrix_for_the_layer_is_refused);
  tcase_add_test(tests, a_sparse_layer_is_the_dense_one_with_zeros);
  tcase_add_test(tests, the_last_state_is_the_last_steps);
  tcase_add_test(tests, a_sparse_layer_learns_and_keeps_its_pattern);
  tcase_add_test(tests, a_matrix_without_entries_trains_the_rest);
  tcase_add_test(tests, files_hold_them);
  suite_add_tcase(suite, tests);
  return run_tests(suite);
}
