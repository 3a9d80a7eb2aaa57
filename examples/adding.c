/* adding.c: a recurrent network learns to add two numbers of a long sequence, the adding problem.
 *
 * At every step comes a number in 0 … 1 and a mark, which is 1 at two steps, one in each half. The answer,
 * after the last step, is the sum of the two marked numbers. Who answers 1 whatever came has a mean squared
 * error of 1/6 = 0.167, and so has a network that remembers nothing: what it needs lies up to T steps back
 * (Hochreiter and Schmidhuber, 1997).
 *
 *   cc adding.c $(pkg-config --cflags --libs atrous) -lm && ./a.out --picture adding.svg
 */
#include "learn.h"

enum { BATCH = 32, HIDDEN = 32, TESTS = 1024 };

/* x [t][n][2], y [n][1]. */
static void draw(uint64_t *random, int t, int n, float *x, float *y) {
  for (int k = 0; k < n; k++) {
    const int first = learn_below(random, t / 2), second = t / 2 + learn_below(random, t - t / 2);
    y[k] = 0;
    for (int i = 0; i < t; i++) {
      const float v = (float)learn_random(random), mark = i == first || i == second;
      x[(i * n + k) * 2] = v;
      x[(i * n + k) * 2 + 1] = mark;
      y[k] += mark * v;
    }
  }
}

/* y = W·h(T) + b, h the state of one recurrent layer. The number of steps and of sequences are free. */
static atr_model *network(const char *cell, uint64_t seed, atr_error *error) {
  static const char *const relu[] = { "Relu" };
  const atr_shape shape = { 3, { -1, -1, 2 } };
  const int64_t rows[] = { -1, HIDDEN };
  const atr_value none = { 0 };
  atr_value last = none;
  atr_model *model = NULL;
  if (atr_model_create(seed, error, &model)) return NULL;
  const atr_value x = atr_model_add_input(model, "x", ATR_F32, &shape);
  atr_recurrent_params params = ATR_RECURRENT_PARAMS_INIT;
  params.hidden = HIDDEN;
  params.init = ATR_RECURRENT_ORTHOGONAL;
  if (!strcmp(cell, "lstm")) {
    params.forget_bias = 1;
    atr_model_lstm(model, &params, x, none, none, &last, NULL);
  } else if (!strcmp(cell, "rnn")) { /* Le, Jaitly, Hinton 2015 */
    params.init = ATR_RECURRENT_IDENTITY;
    params.activations = relu;
    params.n_activations = 1;
    atr_model_rnn(model, &params, x, none, &last);
  } else
    atr_model_gru(model, &params, 1, x, none, &last);
  atr_model_add_output(model, "y", atr_model_dense(model, "sum", 1, atr_model_reshape(model, rows, 2, last)));
  if (!atr_model_check(model, error)) return model;
  atr_model_destroy(model);
  return NULL;
}

int main(int argc, char **argv) {
  struct learn o;
  const int code =
      learn_options(argc, argv,
                    "adding [OPTIONS] [gru|lstm|rnn]\n"
                    "Learns to add the two marked numbers of 100 (gru; rnn: Relu, begun as the identity).\n"
                    "Reached is a mean squared error below 0.01 on sequences not trained on; with --quick,\n"
                    "which adds 2 of 30, below 0.03.\n",
                    1, &o);
  if (code >= 0) return code;
  const char *cell = o.words ? o.word[0] : "gru";
  if (strcmp(cell, "gru") && strcmp(cell, "lstm") && strcmp(cell, "rnn")) {
    fprintf(stderr, "adding: there is no cell \"%s\"; see --help\n", cell);
    return LEARN_USAGE;
  }
  const int t = o.quick ? 30 : 100, rounds = o.quick ? 300 : strcmp(cell, "gru") ? 3000 : 1000;
  const double wanted = o.quick ? 0.03 : 0.01, start = learn_clock();
  const atr_shape shape = { 3, { t, BATCH, 2 } }, many = { 3, { t, TESTS, 2 } };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_model *model = NULL;
  atr_trainer *trainer = NULL;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  struct learn_history history = { 0 };
  uint64_t random = o.seed;
  static float y[TESTS], said[TESTS];
  float *x = malloc((size_t)t * TESTS * 2 * sizeof *x), loss = 0;
  int result = LEARN_FAILED;
  if (!x || atr_context_open(o.device, NULL, &error, &context) || !(model = network(cell, o.seed, &error)))
    goto done;
  atr_train_params params = ATR_TRAIN_PARAMS_INIT; /* mean squared error, Adam, gradients of norm at most 1 */
  params.learning_rate = strcmp(cell, "rnn") ? 0.01f : 0.001f;
  params.schedule = ATR_SCHEDULE_COSINE;
  params.schedule_steps = rounds;
  if (atr_trainer_create(model, context, &shape, 1, &params, &error, &trainer)) goto done;
  printf("%s of %d units, %d steps; 0.1667 is the error of who remembers nothing\n", cell, HIDDEN, t);
  for (int i = 0; i < rounds; i++) {
    draw(&random, t, BATCH, x, y);
    if (atr_trainer_step(trainer, x, y, &loss)) {
      fprintf(stderr, "step %d: %s\n", i, atr_trainer_error(trainer));
      goto done;
    }
    learn_note(&history, i, rounds, loss);
  }
  /* Other sequences, all at once, by the weights as they are now. */
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.params = atr_trainer_params(trainer);
  draw(&random, t, TESTS, x, y);
  if (atr_plan_create(model, context, &many, 1, &options, &error, &plan) ||
      atr_run_create(plan, &error, &run))
    goto done;
  if (atr_run_write(run, "x", x, (size_t)t * TESTS * 2 * sizeof *x) || atr_run_execute(run) ||
      atr_run_read(run, "y", said, sizeof said)) {
    fprintf(stderr, "%s\n", atr_run_error(run));
    goto done;
  }
  double mean = 0;
  for (int k = 0; k < TESTS; k++) mean += pow((double)(said[k] - y[k]), 2) / TESTS;
  for (int k = 0; k < 5; k++)
    printf("  the sum is %.3f, the network says %.3f\n", (double)y[k], (double)said[k]);
  printf("error on %d other sequences %.5f (below %g wanted), %.1f s\n", TESTS, mean, wanted,
         learn_clock() - start);
  if (o.picture &&
      !learn_history_chart(o.picture, "The adding problem", "mean squared error", &history, 1 / 6.0f))
    goto done;
  result = mean < wanted ? 0 : LEARN_MISSED;
done:
  if (error.status) fprintf(stderr, "adding: %s\n", error.text);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_trainer_destroy(trainer);
  atr_model_destroy(model);
  atr_context_destroy(context);
  free(x);
  return result;
}
