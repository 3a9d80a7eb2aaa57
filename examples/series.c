/* series.c: a recurrent network forecasts the next value of a series in a CSV file, and is measured against
 * the naive forecast, that the last value stays.
 *
 * It learns from the first two thirds of the rows, stretches of them at random, how much the value will
 * change; the next seventh says when it was best, and the rest, which it has not seen, how good it is.
 * Without a file it takes a series that it makes itself: the chaotic equation of Mackey and Glass (1977),
 * with noise. For serious work there is atrous-forecast.
 *
 *   cc series.c $(pkg-config --cflags --libs atrous) -lm && ./a.out sunspots.csv --picture series.svg
 */
#include "learn.h"

enum { HIDDEN = 16, BATCH = 16, STRETCH = 64, WARM = 16, MOST = 10000, EVERY = 25 };

/* The numbers of one column; rows without one are passed over. -1: the file cannot be read. */
static int read_column(const char *path, int column, float *values) {
  FILE *file = fopen(path, "r");
  char line[4096];
  int n = 0;
  if (!file) return -1;
  while (n < MOST && fgets(line, sizeof line, file)) {
    char *at = line, *end;
    for (int k = 1; k < column && at; k++) at = (at = strchr(at, ',')) ? at + 1 : NULL;
    if (!at) continue;
    values[n] = strtof(at, &end);
    if (end > at && isfinite(values[n])) n++;
  }
  fclose(file);
  return n;
}

/* dx/dt = 0.2·x(t - 17)/(1 + x(t - 17)¹⁰) - 0.1·x, a value every 6 units of time, each with a little noise.
 */
static int make(uint64_t seed, float *values) {
  enum { ROWS = 600, DELAY = 170, SPACE = 60 };
  static double x[ROWS * SPACE + DELAY + 1];
  for (int i = 0; i <= DELAY; i++) x[i] = 1.2;
  for (int i = DELAY; i < ROWS * SPACE + DELAY; i++)
    x[i + 1] = x[i] + 0.1 * (0.2 * x[i - DELAY] / (1 + pow(x[i - DELAY], 10)) - 0.1 * x[i]);
  for (int i = 0; i < ROWS; i++)
    values[i] = (float)(x[DELAY + i * SPACE] + 0.05 * (learn_random(&seed) - 0.5));
  return ROWS;
}

/* The change expected of the next step, [t][n][1], of values x [t][n][1]. */
static atr_model *network(uint64_t seed, atr_error *error) {
  const atr_shape shape = { 3, { -1, -1, 1 } };
  const atr_value none = { 0 };
  atr_model *model = NULL;
  if (atr_model_create(seed, error, &model)) return NULL;
  atr_recurrent_params params = ATR_RECURRENT_PARAMS_INIT;
  params.hidden = HIDDEN;
  params.init = ATR_RECURRENT_ORTHOGONAL;
  atr_readout_params readout = ATR_READOUT_PARAMS_INIT; /* one number of each state */
  atr_value v = atr_model_add_input(model, "x", ATR_F32, &shape);
  v = atr_model_gru(model, &params, 1, v, none, NULL);
  atr_model_add_output(model, "y", atr_model_readout(model, &readout, v));
  if (!atr_model_check(model, error)) return model;
  atr_model_destroy(model);
  return NULL;
}

/* The mean absolute error of the changes `said` of rows from … to - 1, in the series' units; said NULL: of no
 * change. */
static double error_of(const float *values, const float *said, int from, int to, double scale) {
  double sum = 0;
  for (int i = from; i < to; i++)
    sum += fabs((double)(values[i] - values[i - 1]) - (said ? scale * (double)said[i - 1] : 0));
  return sum / (to - from);
}

int main(int argc, char **argv) {
  struct learn o;
  const int code =
      learn_options(argc, argv,
                    "series [OPTIONS] [FILE.csv [COLUMN]]\n"
                    "Learns to forecast the next value of a series; COLUMN is a number from 1 (2).\n"
                    "Reached is a mean absolute error, on rows not learnt from, at least 30 % below that\n"
                    "of the naive forecast; with --quick 10 %.\n",
                    2, &o);
  if (code >= 0) return code;
  const double wanted = o.quick ? 0.9 : 0.7, start = learn_clock();
  const int rounds = o.quick ? 300 : 800, column = o.words > 1 ? atoi(o.word[1]) : 2;
  static float values[MOST], z[MOST], said[MOST], best[MOST], forecast[MOST];
  static float x[STRETCH * BATCH], y[STRETCH * BATCH], weight[STRETCH * BATCH];
  if (column < 1) {
    fprintf(stderr, "series: %s is no column; see --help\n", o.word[1]);
    return LEARN_USAGE;
  }
  const int n = o.words ? read_column(o.word[0], column, values) : make(o.seed, values);
  if (n < 150) {
    fprintf(stderr, "series: %s: %s\n", o.word[0],
            n < 0 ? "cannot be read" : "a column of at least 150 numbers is needed");
    return LEARN_USAGE;
  }
  const int learnt = n * 2 / 3, chosen = n * 4 / 5;
  const atr_shape shape = { 3, { STRETCH, BATCH, 1 } }, whole = { 3, { n, 1, 1 } };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_model *model = NULL;
  atr_trainer *trainer = NULL;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  struct learn_history history = { 0 };
  uint64_t random = o.seed;
  double mean = 0, square = 0, lowest = HUGE_VAL;
  float loss = 0;
  int result = LEARN_FAILED, at = 0;
  /* Mean 0 and variance 1, by the rows that are learnt from. */
  for (int i = 0; i < learnt; i++) mean += (double)values[i] / learnt;
  for (int i = 0; i < learnt; i++) square += pow((double)values[i] - mean, 2) / learnt;
  const double scale = square > 0 ? sqrt(square) : 1;
  for (int i = 0; i < n; i++) z[i] = (float)(((double)values[i] - mean) / scale);
  /* A stretch begins with an empty memory: its first steps do not count. */
  for (int i = 0; i < STRETCH * BATCH; i++) weight[i] = i >= WARM * BATCH;
  if (atr_context_open(o.device, NULL, &error, &context) || !(model = network(o.seed, &error))) goto done;
  atr_train_params params = ATR_TRAIN_PARAMS_INIT; /* Adam, gradients of norm at most 1 */
  params.loss = ATR_LOSS_HUBER;
  params.weighted = 1;
  params.learning_rate = 0.003f;
  params.schedule = ATR_SCHEDULE_COSINE;
  params.schedule_steps = rounds;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  if (atr_trainer_create(model, context, &shape, 1, &params, &error, &trainer)) goto done;
  options.params = atr_trainer_params(trainer);
  if (atr_plan_create(model, context, &whole, 1, &options, &error, &plan) ||
      atr_run_create(plan, &error, &run))
    goto done;
  if (atr_trainer_write(trainer, "y.weight", weight, sizeof weight)) {
    fprintf(stderr, "%s\n", atr_trainer_error(trainer));
    goto done;
  }
  if (atr_run_write(run, "x", z, (size_t)n * sizeof *z)) goto run_failed;
  printf("%d rows: learns from %d, the next %d say when to stop, %d to be measured on\n", n, learnt,
         chosen - learnt, n - chosen);
  for (int i = 0; i < rounds; i++) {
    for (int k = 0; k < BATCH; k++) {
      const int from = learn_below(&random, learnt - STRETCH);
      for (int t = 0; t < STRETCH; t++) {
        x[t * BATCH + k] = z[from + t];
        y[t * BATCH + k] = z[from + t + 1] - z[from + t];
      }
    }
    if (atr_trainer_step(trainer, x, y, &loss)) {
      fprintf(stderr, "step %d: %s\n", i, atr_trainer_error(trainer));
      goto done;
    }
    learn_note(&history, i, rounds, loss);
    if ((i + 1) % EVERY) continue;
    if (atr_run_execute(run) || atr_run_read(run, "y", said, (size_t)n * sizeof *said)) goto run_failed;
    const double now = error_of(values, said, learnt, chosen, scale);
    if (now >= lowest) continue;
    lowest = now;
    at = i + 1;
    memcpy(best, said, (size_t)n * sizeof *said);
  }
  const double naive = error_of(values, NULL, chosen, n, scale),
               ours = error_of(values, best, chosen, n, scale);
  printf("best where it was chosen after step %d\n", at);
  printf("on the last %d rows: error %.5g, naive %.5g; share %.3f (at most %g wanted), %.1f s\n", n - chosen,
         ours, naive, ours / naive, wanted, learn_clock() - start);
  for (int i = chosen; i < n; i++) forecast[i] = (float)((double)values[i - 1] + scale * (double)best[i - 1]);
  const struct learn_curve curves[] = {
    { "the series", values + chosen, n - chosen, 0, chosen + 1, 1 },
    { "forecast of each from those before it", forecast + chosen, n - chosen, 1, chosen + 1, 1 },
  };
  if (o.picture && !learn_chart(o.picture, "Forecasts of a series, one row ahead", "row", "value", curves, 2))
    goto done;
  result = ours <= wanted * naive ? 0 : LEARN_MISSED;
  goto done;
run_failed:
  fprintf(stderr, "%s\n", atr_run_error(run));
done:
  if (error.status) fprintf(stderr, "series: %s\n", error.text);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_trainer_destroy(trainer);
  atr_model_destroy(model);
  atr_context_destroy(context);
  return result;
}
