/* copying.c: a recurrent network keeps a word for a hundred steps and says it again, the copying problem.
 *
 * Five letters of an alphabet of eight come one a step, then 99 steps of silence, then a sign, and the
 * network is to say the five letters in their order: each has to be kept for 105 steps. Who kept nothing
 * guesses, and has a cross-entropy of ln 8 = 2.079 a letter. An LSTM of this size learns nothing here in as
 * many steps; a plain tanh layer does, because its matrix begins as a rotation, which keeps the length of
 * what it is given (Arjovsky, Shah, Bengio 2016; Henaff, Szlam, LeCun 2016).
 *
 *   cc copying.c $(pkg-config --cflags --libs atrous) -lm && ./a.out --picture copying.svg
 */
#include "learn.h"

enum { BATCH = 32, LETTERS = 8, WORD = 5, SIGN = LETTERS, SYMBOLS = LETTERS + 1, TESTS = 256 };

/* x [t][n][symbols], one of them 1, all 0 in silence; target [n][t], -1 where nothing is asked. */
static void draw(uint64_t *random, int t, int n, float *x, int32_t *target) {
  memset(x, 0, (size_t)t * (size_t)n * SYMBOLS * sizeof *x);
  for (int i = 0; i < t * n; i++) target[i] = -1;
  for (int k = 0; k < n; k++) {
    for (int i = 0; i < WORD; i++) {
      const int letter = learn_below(random, LETTERS);
      x[(i * n + k) * SYMBOLS + letter] = 1;
      target[k * t + t - WORD + i] = letter;
    }
    x[((t - WORD - 1) * n + k) * SYMBOLS + SIGN] = 1;
  }
}

/* Scores of the letters after each step, [n][letters][t]. */
static atr_model *network(int hidden, uint64_t seed, atr_error *error) {
  const atr_shape shape = { 3, { -1, -1, SYMBOLS } };
  const atr_value none = { 0 };
  atr_model *model = NULL;
  if (atr_model_create(seed, error, &model)) return NULL;
  atr_recurrent_params params = ATR_RECURRENT_PARAMS_INIT;
  params.hidden = hidden;
  params.init = ATR_RECURRENT_ORTHOGONAL;
  atr_value v = atr_model_add_input(model, "x", ATR_F32, &shape);
  atr_readout_params readout = ATR_READOUT_PARAMS_INIT;
  readout.features = LETTERS;
  readout.channel_first = 1; /* as losses of classes want it */
  v = atr_model_rnn(model, &params, v, none, NULL);
  atr_model_add_output(model, "y", atr_model_readout(model, &readout, v));
  if (!atr_model_check(model, error)) return model;
  atr_model_destroy(model);
  return NULL;
}

int main(int argc, char **argv) {
  struct learn o;
  const int code =
      learn_options(argc, argv,
                    "copying [OPTIONS]\n"
                    "Learns to say five letters of eight again, 105 steps after each was heard.\n"
                    "Reached is a cross-entropy below 0.1 a letter on words not trained on, where guessing\n"
                    "has ln 8 = 2.079; with --quick, after 25 steps, below 0.3.\n",
                    0, &o);
  if (code >= 0) return code;
  const int t = (o.quick ? 20 : 100) + 2 * WORD, rounds = o.quick ? 800 : 2400, hidden = o.quick ? 64 : 128;
  const double wanted = o.quick ? 0.3 : 0.1, start = learn_clock();
  const atr_shape shape = { 3, { t, BATCH, SYMBOLS } }, many = { 3, { t, TESTS, SYMBOLS } };
  const size_t x_size = (size_t)t * SYMBOLS * sizeof(float);
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_model *model = NULL;
  atr_trainer *trainer = NULL;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  struct learn_history history = { 0 };
  uint64_t random = o.seed;
  float *x = malloc(x_size * TESTS), *scores = malloc((size_t)t * TESTS * LETTERS * sizeof *scores), loss = 0;
  int32_t *target = malloc((size_t)t * TESTS * sizeof *target);
  int result = LEARN_FAILED;
  if (!x || !scores || !target || atr_context_open(o.device, NULL, &error, &context) ||
      !(model = network(hidden, o.seed, &error)))
    goto done;
  atr_train_params params = ATR_TRAIN_PARAMS_INIT; /* Adam, gradients of norm at most 1 */
  params.loss = ATR_LOSS_CROSS_ENTROPY;            /* where the target is -1 nothing is asked */
  params.learning_rate = o.quick ? 0.002f : 0.001f;
  params.schedule = ATR_SCHEDULE_COSINE;
  params.schedule_steps = rounds;
  if (atr_trainer_create(model, context, &shape, 1, &params, &error, &trainer)) goto done;
  printf("%d units, each letter kept for %d steps; guessing has %.4f\n", hidden, t - WORD, log(LETTERS));
  for (int i = 0; i < rounds; i++) {
    draw(&random, t, BATCH, x, target);
    if (atr_trainer_step(trainer, x, target, &loss)) {
      fprintf(stderr, "step %d: %s\n", i, atr_trainer_error(trainer));
      goto done;
    }
    learn_note(&history, i, rounds, loss);
  }
  /* Other words, all at once, by the weights as they are now. */
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.params = atr_trainer_params(trainer);
  draw(&random, t, TESTS, x, target);
  if (atr_plan_create(model, context, &many, 1, &options, &error, &plan) ||
      atr_run_create(plan, &error, &run))
    goto done;
  if (atr_run_write(run, "x", x, x_size * TESTS) || atr_run_execute(run) ||
      atr_run_read(run, "y", scores, (size_t)t * TESTS * LETTERS * sizeof *scores)) {
    fprintf(stderr, "%s\n", atr_run_error(run));
    goto done;
  }
  double mean = 0;
  int right = 0;
  for (int n = 0; n < TESTS; n++)
    for (int i = t - WORD; i < t; i++) {
      const float *column = scores + n * LETTERS * t + i;
      const int heard = target[n * t + i];
      double sum = 0;
      int best = 0;
      for (int k = 0; k < LETTERS; k++) {
        sum += exp((double)(column[k * t] - column[heard * t]));
        if (column[k * t] > column[best * t]) best = k;
      }
      mean += log(sum) / (WORD * TESTS);
      right += best == heard;
      if (n == 0) printf("  heard %c, says %c\n", 'a' + heard, 'a' + best);
    }
  printf("cross-entropy on %d other words %.5f a letter (below %g wanted), %.2f %% of the letters right, "
         "%.1f s\n",
         TESTS, mean, wanted, 100.0 * right / (WORD * TESTS), learn_clock() - start);
  if (o.picture && !learn_history_chart(o.picture, "The copying problem", "cross-entropy of a letter",
                                        &history, logf(LETTERS)))
    goto done;
  result = mean < wanted ? 0 : LEARN_MISSED;
done:
  if (error.status) fprintf(stderr, "copying: %s\n", error.text);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_trainer_destroy(trainer);
  atr_model_destroy(model);
  atr_context_destroy(context);
  free(target);
  free(scores);
  free(x);
  return result;
}
