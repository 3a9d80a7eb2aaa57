/* trainer_test.c: the trainer's calls: learning, repeatability, masks, heads, running statistics, evaluation,
 * export, cancelling, refusals. */
#include "config.h"

#include "train_test.h"

#include "train/trainer.h"

enum { N = 4, T = 32 };

/* A causal net of three layers over [n][1][t]. */
static atr_model *tiny_net(uint64_t seed) {
  const atr_shape shape = { 3, { -1, 1, -1 } };
  atr_model *m = new_model(seed);
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  v = atr_model_relu(m, conv(m, "a", 6, 3, 1, ATR_PAD_CAUSAL, v));
  v = atr_model_relu(m, conv(m, "b", 6, 3, 2, ATR_PAD_CAUSAL, v));
  atr_model_add_output(m, "y", conv(m, "c", 1, 1, 1, ATR_PAD_VALID, v));
  return m;
}
static const atr_shape tiny_shape = { 3, { N, 1, T } };

static void sine(float x[N * T], float y[N * T]) {
  for (int n = 0; n < N; n++)
    for (int t = 0; t < T; t++) {
      x[n * T + t] = sinf(0.2f * (float)(t + 5 * n));
      y[n * T + t] = sinf(0.2f * (float)(t + 1 + 5 * n));
    }
}

static void read(atr_trainer *t, const char *name, float *v, size_t n) {
  GOOD(atr_trainer_read(t, name, v, n * sizeof *v), t);
}

START_TEST(a_net_learns_the_next_step_of_a_sine_with_every_optimizer) {
  float x[N * T], y[N * T];
  sine(x, y);
  static const struct {
    atr_optimizer optimizer;
    float rate;
    int nesterov;
  } ways[] = {
    { ATR_SGD, 0.05f, 0 },   { ATR_SGD, 0.05f, 1 },      { ATR_ADAM, 0.01f, 0 },
    { ATR_ADAMW, 0.01f, 0 }, { ATR_RMSPROP, 0.001f, 0 }, { ATR_ADAGRAD, 0.1f, 0 },
  };
  FOR_EACH_BACKEND(context)
  for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
    atr_model *m = tiny_net(3);
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    p.optimizer = ways[k].optimizer;
    p.learning_rate = ways[k].rate;
    p.nesterov = ways[k].nesterov;
    p.weight_decay = 1e-4f;
    atr_trainer *t = new_trainer(m, context, &tiny_shape, &p);
    atr_model_destroy(m); /* the trainer has its own */
    float first = 0, loss = 0;
    GOOD(atr_trainer_step(t, x, y, &first), t);
    for (int i = 1; i < 120; i++) GOOD(atr_trainer_step(t, x, y, &loss), t);
    ck_assert_msg(loss < 0.1f * first, "optimizer %d: loss %g after %g", (int)k, (double)loss, (double)first);
    ck_assert_int_eq(atr_trainer_steps(t), 120);
    atr_trainer_destroy(t);
  }
}
END_TEST

/* A net with everything that has state: batch normalization, dropout, momentum. */
static atr_model *stateful_net(void) {
  const atr_shape shape = { 3, { -1, 2, -1 } };
  atr_model *m = new_model(5);
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape);
  v = atr_model_relu(
      m, atr_model_batch_normalization(m, "bn", 1e-5f, 0.9f, conv(m, "a", 8, 3, 1, ATR_PAD_SAME, v)));
  v = atr_model_dropout(m, 0.25f, v);
  v = atr_model_dropout(m, 0.25f, atr_model_relu(m, conv(m, "b", 8, 3, 2, ATR_PAD_SAME, v)));
  atr_model_add_output(m, "y", conv(m, "c", 3, 1, 1, ATR_PAD_VALID, v));
  return m;
}
static const atr_shape stateful_shape = { 3, { 3, 2, 19 } };

static void stateful_run(atr_context *context, uint64_t seed, float weights[48], float losses[6]) {
  atr_model *m = stateful_net();
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.loss = ATR_LOSS_CROSS_ENTROPY;
  p.seed = seed;
  atr_trainer *t = new_trainer(m, context, &stateful_shape, &p);
  float x[3 * 2 * 19];
  int32_t target[3 * 19];
  for (int i = 0; i < 6; i++) {
    fill(x, 3 * 2 * 19, (uint32_t)i);
    for (int k = 0; k < 3 * 19; k++) target[k] = (k * 7 + i) % 3;
    GOOD(atr_trainer_step(t, x, target, &losses[i]), t);
  }
  read(t, "a.weight", weights, 48);
  atr_trainer_destroy(t);
  atr_model_destroy(m);
}

START_TEST(the_same_seed_gives_the_same_bits_and_another_does_not) {
  FOR_EACH_BACKEND(context) {
    float w[3][48], losses[3][6];
    stateful_run(context, 7, w[0], losses[0]);
    stateful_run(context, 7, w[1], losses[1]);
    stateful_run(context, 8, w[2], losses[2]);
    ck_assert_int_eq(memcmp(w[0], w[1], sizeof w[0]), 0);
    ck_assert_int_eq(memcmp(losses[0], losses[1], sizeof losses[0]), 0);
    ck_assert_int_ne(memcmp(w[0], w[2], sizeof w[0]), 0);
  }
}
END_TEST

START_TEST(host_and_device_train_alike) {
  if (!context_at(1)) return;
  float w[2][48], losses[2][6];
  for (int k = 0; k < 2; k++) stateful_run(context_at(k), 7, w[k], losses[k]);
  for (int i = 0; i < 6; i++) ck_assert(fabsf(losses[0][i] - losses[1][i]) <= 1e-4f * losses[0][i]);
  for (int i = 0; i < 48; i++) ck_assert(fabsf(w[0][i] - w[1][i]) <= 2e-4f);
}
END_TEST

START_TEST(missing_targets_are_masked_by_weights) {
  float x[N * T], y[N * T], w[N * T], masked[2], weights[2][18];
  sine(x, y);
  FOR_EACH_BACKEND(context) {
    for (int k = 0; k < 2; k++) {
      atr_model *m = tiny_net(3);
      atr_train_params p = ATR_TRAIN_PARAMS_INIT;
      p.weighted = 1;
      atr_trainer *t = new_trainer(m, context, &tiny_shape, &p);
      for (int i = 0; i < N * T; i++) {
        w[i] = i % 3 ? 1 : 0;
        y[i] = i % 3 ? y[i] : k ? NAN : 5; /* whatever stands there */
      }
      GOOD(atr_trainer_write(t, "y.weight", w, sizeof w), t);
      for (int i = 0; i < 3; i++) GOOD(atr_trainer_step(t, x, y, &masked[k]), t);
      read(t, "a.weight", weights[k], 18);
      atr_trainer_destroy(t);
      atr_model_destroy(m);
    }
    ck_assert(isfinite(masked[0]));
    ck_assert_int_eq(memcmp(weights[0], weights[1], sizeof weights[0]), 0);
  }
}
END_TEST

START_TEST(running_statistics_follow_the_batches_as_in_pytorch) {
  /* x = 1, 2, 3, 4 in one channel: mean 2.5, unbiased variance 5/3. */
  const float x[4] = { 1, 2, 3, 4 }, y[4] = { 0 };
  const atr_shape shape = { 2, { 4, 1 } };
  FOR_EACH_BACKEND(context) {
    atr_model *m = new_model(1);
    atr_model_add_output(
        m, "y",
        atr_model_batch_normalization(m, "bn", 0, 0.9f, atr_model_add_input(m, "x", ATR_F32, &shape)));
    atr_trainer *t = new_trainer(m, context, &shape, NULL);
    float loss, mean, var;
    GOOD(atr_trainer_step(t, x, y, &loss), t);
    ck_assert(fabsf(loss - 1) < 1e-5f); /* of normalized numbers against 0 */
    read(t, "bn.running_mean", &mean, 1);
    read(t, "bn.running_var", &var, 1);
    ck_assert(fabsf(mean - 0.25f) < 1e-6f);
    ck_assert(fabsf(var - (0.9f + 0.1f * 5 / 3)) < 1e-6f);
    atr_model *trained = NULL;
    ck_assert_int_eq(atr_trainer_export(t, NULL, &trained), ATR_OK);
    const int id = atr__model_find(trained, "bn.running_mean");
    ck_assert(fabsf(*(const float *)atr__model_at(trained, id)->init->data - 0.25f) < 1e-6f);
    ck_assert_int_eq(atr__model_at(trained, id)->learns, 0);
    atr_model_destroy(trained);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(an_evaluation_is_the_prediction_of_the_exported_model_and_learns_nothing) {
  float x[3 * 2 * 19], before[48], after[48], y[2][3 * 3 * 19];
  int32_t target[3 * 19];
  fill(x, sizeof x / sizeof *x, 4);
  for (int k = 0; k < 3 * 19; k++) target[k] = k % 3;
  FOR_EACH_BACKEND(context) {
    atr_model *m = stateful_net();
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    p.loss = ATR_LOSS_CROSS_ENTROPY;
    atr_trainer *t = new_trainer(m, context, &stateful_shape, &p);
    for (int i = 0; i < 5; i++) GOOD(atr_trainer_step(t, x, target, NULL), t);
    read(t, "a.weight", before, 48);
    float loss, again;
    GOOD(atr_trainer_evaluate(t, x, target, &loss), t);
    GOOD(atr_trainer_evaluate(t, x, target, &again), t);
    ck_assert(loss == again); /* no dropout, no statistics */
    read(t, "y", y[0], 3 * 3 * 19);
    read(t, "a.weight", after, 48);
    ck_assert_int_eq(memcmp(before, after, sizeof before), 0);
    double want = 0;
    for (int k = 0; k < 3 * 19; k++) {
      const float *v = y[0] + k / 19 * 57 + k % 19;
      want += log(exp((double)v[0]) + exp((double)v[19]) + exp((double)v[38])) - (double)v[19 * target[k]];
    }
    ck_assert(fabs((double)loss - want / 57) < 1e-5);

    atr_error error = ATR_ERROR_INIT;
    atr_model *trained = NULL;
    atr_plan *plan = NULL;
    atr_run *run = NULL;
    if (atr_trainer_export(t, &error, &trained) ||
        atr_plan_create(trained, context, &stateful_shape, 1, NULL, &error, &plan) ||
        atr_run_create(plan, &error, &run))
      ck_abort_msg("%s", error.text);
    ck_assert_int_eq(atr_run_write(run, "x", x, sizeof x), ATR_OK);
    ck_assert_int_eq(atr_run_execute(run), ATR_OK);
    ck_assert_int_eq(atr_run_read(run, "y", y[1], sizeof y[1]), ATR_OK);
    for (int i = 0; i < 3 * 3 * 19; i++) ck_assert(fabsf(y[0][i] - y[1][i]) < 1e-5f);
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    /* Another size on the weights themselves, without a copy. */
    const atr_shape one = { 3, { 1, 2, 19 } };
    atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
    options.params = atr_trainer_params(t);
    ck_assert_msg(!atr_plan_create(m, context, &one, 1, &options, &error, &plan), "%s", error.text);
    ck_assert_int_eq(atr_run_create(plan, &error, &run), ATR_OK);
    ck_assert_int_eq(atr_run_write(run, "x", x, sizeof x / 3), ATR_OK);
    ck_assert_int_eq(atr_run_execute(run), ATR_OK);
    ck_assert_int_eq(atr_run_read(run, "y", y[1], sizeof y[1] / 3), ATR_OK);
    for (int i = 0; i < 3 * 19; i++) ck_assert(fabsf(y[0][i] - y[1][i]) < 1e-5f);
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_model_destroy(trained);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(several_heads_add_up_and_a_one_hot_target_is_its_index) {
  const atr_shape shape = { 2, { 5, 3 } };
  float x[15], real[5], hot[15] = { 0 };
  int32_t label[5];
  fill(x, 15, 1);
  fill(real, 5, 2);
  for (int i = 0; i < 5; i++) {
    label[i] = i % 3;
    hot[i * 3 + i % 3] = 1;
  }
  FOR_EACH_BACKEND(context) {
    float losses[4];
    for (int k = 0; k < 4; k++) { /* both heads, each alone, and one-hot */
      atr_model *m = new_model(2);
      const atr_value in = atr_model_add_input(m, "x", ATR_F32, &shape);
      const atr_value h = atr_model_tanh(m, atr_model_dense(m, "h", 7, in));
      atr_model_add_output(m, "class", atr_model_softmax(m, 1, 1, atr_model_dense(m, "c", 3, h)));
      atr_model_add_output(m, "amount", atr_model_dense(m, "r", 1, h));
      atr_head heads[2] = { ATR_HEAD_INIT, ATR_HEAD_INIT };
      heads[0].loss = k == 3 ? ATR_LOSS_PROBABILITY : ATR_LOSS_CROSS_ENTROPY;
      heads[0].output = "class";
      heads[1].loss = ATR_LOSS_HUBER;
      heads[1].output = "amount";
      heads[1].share = k == 0 ? 0.5f : 1;
      atr_train_params p = ATR_TRAIN_PARAMS_INIT;
      p.heads = k == 2 ? heads + 1 : heads;
      p.n_heads = k == 0 ? 2 : 1;
      atr_trainer *t = new_trainer(m, context, &shape, &p);
      if (k == 0) GOOD(atr_trainer_write(t, "amount.target", real, sizeof real), t);
      const void *target = k == 2 ? (const void *)real : k == 3 ? (const void *)hot : (const void *)label;
      GOOD(atr_trainer_step(t, x, target, &losses[k]), t);
      atr_trainer_destroy(t);
      atr_model_destroy(m);
    }
    ck_assert(fabsf(losses[0] - (losses[1] + 0.5f * losses[2])) < 1e-5f);
    ck_assert(fabsf(losses[1] - losses[3]) < 1e-6f);
  }
}
END_TEST

START_TEST(only_what_learns_changes) {
  float x[N * T], y[N * T], w[6] = { 1, 2, 3, 4, 5, 6 }, after[6];
  const atr_shape flat = { 3, { N, 1, T } }, filter = { 3, { 6, 1, 1 } };
  sine(x, y);
  FOR_EACH_BACKEND(context) {
    atr_model *m = new_model(1);
    const atr_value in[2] = { atr_model_add_input(m, "x", ATR_F32, &flat),
                              atr_model_add_tensor(m, "frozen", ATR_F32, &filter, w, 0) };
    const atr_value h = atr_model_add(m, NULL, "Conv", "fixed", in, 2, NULL, 0, NULL, 1);
    atr_model_add_output(m, "y", conv(m, "c", 1, 1, 1, ATR_PAD_VALID, h));
    atr_trainer *t = new_trainer(m, context, &flat, NULL);
    float c[2][6];
    read(t, "c.weight", c[0], 6);
    for (int i = 0; i < 3; i++) GOOD(atr_trainer_step(t, x, y, NULL), t);
    read(t, "c.weight", c[1], 6);
    read(t, "frozen", after, 6);
    ck_assert_int_eq(memcmp(w, after, sizeof w), 0);
    ck_assert_int_ne(memcmp(c[0], c[1], sizeof c[0]), 0);
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

typedef struct {
  int64_t stop_at; /* of the training's calls */
  int seen;
  float loss;
} watcher;

static int watch(void *user, const atr_progress *progress) {
  watcher *w = user;
  if (strcmp(progress->stage, "train")) return 0;
  w->seen++;
  w->loss = progress->loss;
  return (int64_t)progress->done == w->stop_at;
}

START_TEST(a_cancelled_step_changes_nothing) {
  float x[N * T], y[N * T], w[2][18], loss = 0;
  sine(x, y);
  for (int device = 0; device < 2 && context_at(device); device++) {
    for (int k = 0; k < 2; k++) {
      watcher user = { -1, 0, 0 };
      atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
      options.hooks.user = &user;
      options.hooks.progress = watch;
      atr_context *context = NULL;
      atr_error error = ATR_ERROR_INIT;
      ck_assert_msg(!atr_context_open(device ? "cpu" : "host", &options, &error, &context), "%s", error.text);
      atr_model *m = tiny_net(3);
      atr_trainer *t = new_trainer(m, context, &tiny_shape, NULL);
      GOOD(atr_trainer_step(t, x, y, &loss), t);
      if (k) {
        user.stop_at = 1;
        ck_assert_int_eq(atr_trainer_step(t, x, y, NULL), ATR_E_CANCELLED);
        ck_assert(user.loss == loss);
        ck_assert_int_eq(atr_trainer_steps(t), 1);
        user.stop_at = -1;
      }
      GOOD(atr_trainer_step(t, x, y, NULL), t);
      ck_assert_int_ge(user.seen, 2);
      read(t, "a.weight", w[k], 18);
      atr_trainer_destroy(t);
      atr_model_destroy(m);
      atr_context_destroy(context);
    }
    ck_assert_int_eq(memcmp(w[0], w[1], sizeof w[0]), 0);
  }
}
END_TEST

START_TEST(a_class_index_outside_the_classes_changes_nothing) {
  float x[3 * 2 * 19], w[2][48];
  int32_t target[3 * 19] = { 0 };
  fill(x, sizeof x / sizeof *x, 4);
  FOR_EACH_BACKEND(context) {
    atr_model *m = stateful_net();
    atr_train_params p = ATR_TRAIN_PARAMS_INIT;
    p.loss = ATR_LOSS_CROSS_ENTROPY;
    atr_trainer *t = new_trainer(m, context, &stateful_shape, &p);
    GOOD(atr_trainer_step(t, x, target, NULL), t);
    read(t, "a.weight", w[0], 48);
    target[5] = 3;
    ck_assert_int_eq(atr_trainer_step(t, x, target, NULL), ATR_E_SHAPE);
    read(t, "a.weight", w[1], 48);
    ck_assert_int_eq(memcmp(w[0], w[1], sizeof w[0]), 0);
    target[5] = -1; /* the default ignore_index */
    GOOD(atr_trainer_step(t, x, target, NULL), t);
    target[5] = 0;
    atr_trainer_destroy(t);
    atr_model_destroy(m);
  }
}
END_TEST

START_TEST(learning_rates_follow_their_schedules) {
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.learning_rate = 2;
  p.warmup_steps = 4;
  p.schedule_steps = 10;
  p.schedule_factor = 0.5f;
  for (int s = 0; s < 4; s++) ck_assert(fabs(atr__schedule_rate(&p, s) - 0.5 * (s + 1)) < 1e-12);
  ck_assert(fabs(atr__schedule_rate(&p, 100) - 2) < 1e-12);
  p.schedule = ATR_SCHEDULE_STEP;
  ck_assert(fabs(atr__schedule_rate(&p, 4) - 2) < 1e-12);
  ck_assert(fabs(atr__schedule_rate(&p, 13) - 2) < 1e-12);
  ck_assert(fabs(atr__schedule_rate(&p, 14) - 1) < 1e-12);
  ck_assert(fabs(atr__schedule_rate(&p, 34) - 0.25) < 1e-12);
  p.schedule = ATR_SCHEDULE_COSINE;
  ck_assert(fabs(atr__schedule_rate(&p, 4) - 2) < 1e-12);
  ck_assert(fabs(atr__schedule_rate(&p, 9) - 1.5) < 1e-12);
  ck_assert(fabs(atr__schedule_rate(&p, 14) - 1) < 1e-12);
  ck_assert(fabs(atr__schedule_rate(&p, 1000) - 1) < 1e-12);
}
END_TEST

static void refuse(const atr_model *m, const atr_train_params *p, atr_status expected, const char *words) {
  atr_error error = ATR_ERROR_INIT;
  atr_trainer *t = NULL;
  ck_assert_int_eq(atr_trainer_create(m, context_at(0), &tiny_shape, 1, p, &error, &t), expected);
  ck_assert_ptr_null(t);
  ck_assert_msg(strstr(error.text, words) != NULL, "\"%s\" is not in: %s", words, error.text);
}

START_TEST(what_cannot_be_trained_is_refused_with_a_sentence) {
  atr_model *m = tiny_net(1);
  atr_train_params p = ATR_TRAIN_PARAMS_INIT;
  p.size = 3;
  refuse(m, &p, ATR_E_PARAM, "size");
  p = (atr_train_params)ATR_TRAIN_PARAMS_INIT;
  p.learning_rate = NAN;
  refuse(m, &p, ATR_E_PARAM, "learning_rate");
  p = (atr_train_params)ATR_TRAIN_PARAMS_INIT;
  p.beta2 = 1;
  refuse(m, &p, ATR_E_PARAM, "below 1");
  p = (atr_train_params)ATR_TRAIN_PARAMS_INIT;
  p.schedule = ATR_SCHEDULE_COSINE;
  refuse(m, &p, ATR_E_PARAM, "schedule_steps");
  p = (atr_train_params)ATR_TRAIN_PARAMS_INIT;
  atr_head head = ATR_HEAD_INIT;
  head.output = "z";
  p.heads = &head;
  p.n_heads = 1;
  refuse(m, &p, ATR_E_PARAM, "no output \"z\"");
  p = (atr_train_params)ATR_TRAIN_PARAMS_INIT;
  p.loss = ATR_LOSS_CROSS_ENTROPY;
  const float three[3] = { 1, 1, 1 };
  p.class_weights = three;
  p.n_classes = 3;
  refuse(m, &p, ATR_E_SHAPE, "class weights");
  atr_model_destroy(m);

  m = new_model(1); /* nothing learns */
  atr_model_add_output(m, "y", atr_model_relu(m, atr_model_add_input(m, "x", ATR_F32, &tiny_shape)));
  refuse(m, NULL, ATR_E_PARAM, "learns");
  atr_model_destroy(m);

  m = tiny_net(1);
  atr_trainer *t = new_trainer(m, context_at(0), &tiny_shape, NULL);
  float x[N * T] = { 0 };
  ck_assert_int_eq(atr_trainer_step(t, x, NULL, NULL), ATR_E_PARAM);
  ck_assert_ptr_nonnull(strstr(atr_trainer_error(t), "\"y.target\" was never written"));
  ck_assert_int_eq(atr_trainer_write(t, "z", x, sizeof x), ATR_E_PARAM);
  ck_assert_int_eq(atr_trainer_write(t, "x", x, 5), ATR_E_PARAM);
  ck_assert_int_eq(atr_trainer_read(t, "nothing", x, 5), ATR_E_PARAM);
  ck_assert_int_eq(atr_trainer_read(t, "a.weight.grad", x, 18 * sizeof *x), ATR_E_PARAM);
  atr_trainer_destroy(t);
  atr_model_destroy(m);
  atr_trainer_destroy(NULL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("trainer");
  TCase *tests = tcase_create("trainer");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, a_net_learns_the_next_step_of_a_sine_with_every_optimizer);
  tcase_add_test(tests, the_same_seed_gives_the_same_bits_and_another_does_not);
  tcase_add_test(tests, host_and_device_train_alike);
  tcase_add_test(tests, missing_targets_are_masked_by_weights);
  tcase_add_test(tests, running_statistics_follow_the_batches_as_in_pytorch);
  tcase_add_test(tests, an_evaluation_is_the_prediction_of_the_exported_model_and_learns_nothing);
  tcase_add_test(tests, several_heads_add_up_and_a_one_hot_target_is_its_index);
  tcase_add_test(tests, only_what_learns_changes);
  tcase_add_test(tests, a_cancelled_step_changes_nothing);
  tcase_add_test(tests, a_class_index_outside_the_classes_changes_nothing);
  tcase_add_test(tests, learning_rates_follow_their_schedules);
  tcase_add_test(tests, what_cannot_be_trained_is_refused_with_a_sentence);
  suite_add_tcase(suite, tests);
  return run_tests(suite);
}
