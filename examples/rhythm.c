/* rhythm.c: neurons in continuous time learn to swing at the frequency that they are told, a sine generator.
 *
 * 64 rate neurons with a time constant of 10 ms, τ·dx/dt = -x + R·tanh(x) + W·u + b, and y = V·tanh(x) + c.
 * The input u is constant and says the frequency; nothing in it swings: the rhythm is the network's own, a
 * limit cycle that depends on u (Sussillo and Barak 2013 had this task of their networks). It is trained on
 * 0.75 s at six frequencies from 4 to 10 Hz, with steps of 5 ms by Runge and Kutta, then left alone for 10 s,
 * at five frequencies in between too, and integrated by Dormand and Prince with a tolerance: what was learnt
 * is a differential equation, not a habit of the steps.
 *
 *   cc rhythm.c $(pkg-config --cflags --libs atrous) -lm && ./a.out --picture rhythm.svg
 */
#include "learn.h"

enum { TRAINED = 6, ASKED = 2 * TRAINED - 1, STEPS = 150, LONG = 2000, SETTLED = LONG / 4 };
static const double low = 4, high = 10, step = 0.005, pi = 3.14159265358979323846;

/* The i-th of n frequencies; u is its share of 7 Hz. */
static double frequency(int i, int n) {
  return low + (high - low) * i / (n - 1);
}

static atr_model *network(int hidden, atr_integrator method, uint64_t seed, atr_error *error) {
  const atr_shape shape = { 3, { -1, -1, 1 } };
  const atr_value none = { 0 };
  atr_model *model = NULL;
  if (atr_model_create(seed, error, &model)) return NULL;
  atr_continuous_params params = ATR_CONTINUOUS_PARAMS_INIT;
  params.name = "neurons";
  params.hidden = hidden;
  params.method = method;
  params.step = (float)step;
  params.tau = 0.01f;
  params.gain = 1.5f; /* above 1 the neurons are restless by themselves */
  params.tolerance = 1e-5f;
  atr_value v = atr_model_add_input(model, "u", ATR_F32, &shape);
  v = atr_model_tanh(model, atr_model_continuous_rnn(model, &params, v, none));
  atr_readout_params readout = ATR_READOUT_PARAMS_INIT;
  readout.name = "readout";
  atr_model_add_output(model, "y", atr_model_readout(model, &readout, v));
  if (!atr_model_check(model, error)) return model;
  atr_model_destroy(model);
  return NULL;
}

/* u [t][n][1], and the sine waves asked for, y [t][n][1], which begin at 0. */
static void draw(int t, int n, float *u, float *y) {
  for (int i = 0; i < t; i++)
    for (int k = 0; k < n; k++) {
      u[i * n + k] = (float)(frequency(k, n) / 7);
      y[i * n + k] = (float)sin(2 * pi * frequency(k, n) * step * (i + 1));
    }
}

/* What a wave is, y(i) for i = from … to - 1 every `stride` numbers: its frequency by the upward crossings of
 * 0 (0: there are none), then the sine of that frequency nearest to it in the mean square, and how far it is
 * from that. */
static void measure(const float *y, int from, int to, int stride, double *hz, double *amplitude,
                    double *away) {
  double first = 0, last = 0, ss = 0, cc = 0, sc = 0, ys = 0, yc = 0, yy = 0;
  int periods = -1;
  for (int i = from + 1; i < to; i++) {
    const double a = (double)y[(i - 1) * stride], b = (double)y[i * stride];
    if (!(a < 0 && b >= 0)) continue;
    last = i - 1 + a / (a - b);
    if (periods++ < 0) first = last;
  }
  *hz = periods > 0 ? periods / ((last - first) * step) : 0;
  for (int i = from; i < to; i++) {
    const double v = (double)y[i * stride], s = sin(2 * pi * *hz * step * i),
                 c = cos(2 * pi * *hz * step * i);
    ss += s * s, cc += c * c, sc += s * c, ys += v * s, yc += v * c, yy += v * v;
  }
  const double det = ss * cc - sc * sc, a = det > 0 ? (ys * cc - yc * sc) / det : 0,
               b = det > 0 ? (yc * ss - ys * sc) / det : 0;
  *amplitude = hypot(a, b);
  *away = sqrt(fmax(0, yy - a * ys - b * yc) / (to - from));
}

int main(int argc, char **argv) {
  struct learn o;
  const int code = learn_options(
      argc, argv,
      "rhythm [OPTIONS]\n"
      "64 neurons in continuous time learn to swing at the frequency that a constant tells them.\n"
      "Reached is, from 2.5 to 10 s at eleven frequencies of 4 to 10 Hz, a frequency within 3 %,\n"
      "an amplitude within 15 %, and a wave within 0.15 of a sine (root mean square); with\n"
      "--quick 32 neurons at the four frequencies that they were trained on, and twice as much.\n",
      0, &o);
  if (code >= 0) return code;
  const int rounds = o.quick ? 600 : 1000, hidden = o.quick ? 32 : 64;
  const int trained = o.quick ? 4 : TRAINED, asked = o.quick ? trained : ASKED;
  const double slack = o.quick ? 2 : 1, start = learn_clock();
  const atr_shape shape = { 3, { STEPS, trained, 1 } }, many = { 3, { LONG, asked, 1 } };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_model *model = NULL, *free_running = NULL;
  atr_trainer *trainer = NULL;
  atr_plan *plan = NULL;
  atr_run *run = NULL;
  struct learn_history history = { 0 };
  static float u[LONG * ASKED], y[LONG * ASKED], said[LONG * ASKED], curve[2][STEPS * 2];
  float loss = 0;
  int result = LEARN_FAILED;
  if (atr_context_open(o.device, NULL, &error, &context) ||
      !(model = network(hidden, ATR_INTEGRATOR_RK4, o.seed, &error)) ||
      !(free_running = network(hidden, ATR_INTEGRATOR_DORMAND_PRINCE, o.seed, &error)))
    goto done;
  atr_train_params params = ATR_TRAIN_PARAMS_INIT; /* mean squared error, Adam, gradients of norm at most 1 */
  params.learning_rate = 0.003f;
  params.schedule = ATR_SCHEDULE_COSINE;
  params.schedule_steps = rounds;
  params.schedule_factor = 0.02f;
  if (atr_trainer_create(model, context, &shape, 1, &params, &error, &trainer)) goto done;
  draw(STEPS, trained, u, y);
  for (int i = 0; i < rounds; i++) {
    if (atr_trainer_step(trainer, u, y, &loss)) {
      fprintf(stderr, "step %d: %s\n", i, atr_trainer_error(trainer));
      goto done;
    }
    learn_note(&history, i, rounds, loss);
  }
  /* The same weights, which have the same names, under the other integrator. */
  if (atr_params_store(atr_trainer_params(trainer), free_running, &error) ||
      atr_plan_create(free_running, context, &many, 1, NULL, &error, &plan) ||
      atr_run_create(plan, &error, &run))
    goto done;
  draw(LONG, asked, u, y);
  if (atr_run_write(run, "u", u, (size_t)(LONG * asked) * sizeof *u) || atr_run_execute(run) ||
      atr_run_read(run, "y", said, (size_t)(LONG * asked) * sizeof *said)) {
    fprintf(stderr, "%s\n", atr_run_error(run));
    goto done;
  }
  double worst[3] = { 0, 0, 0 };
  printf("after 2.5 s   asked Hz    swings at   off %%   amplitude   away from a sine\n");
  for (int k = 0; k < asked; k++) {
    double hz, amplitude, away;
    measure(said + k, SETTLED, LONG, asked, &hz, &amplitude, &away);
    const double off = 100 * (hz / frequency(k, asked) - 1);
    printf("%-12s %9.2f %12.4f %7.2f %11.3f %18.4f\n", k % 2 && !o.quick ? "in between" : "trained",
           frequency(k, asked), hz, off, amplitude, away);
    worst[0] = fmax(worst[0], fabs(off));
    worst[1] = fmax(worst[1], fabs(amplitude - 1));
    worst[2] = fmax(worst[2], away);
  }
  printf("worst: frequency %.2f %% (%g wanted), amplitude %.3f (%g), away %.4f (%g); %.1f s\n", worst[0],
         3 * slack, worst[1], 0.15 * slack, worst[2], 0.15 * slack, learn_clock() - start);
  /* The slowest and the fastest, the last 1.5 s. */
  for (int i = 0; i < 2 * STEPS; i++)
    for (int k = 0; k < 2; k++) curve[k][i] = said[(LONG - 2 * STEPS + i) * asked + k * (asked - 1)];
  const double from = (LONG - 2 * STEPS + 1) * step;
  const struct learn_curve curves[] = { { "told 4 Hz", curve[0], 2 * STEPS, 0, from, step },
                                        { "told 10 Hz", curve[1], 2 * STEPS, 0, from, step } };
  if (o.picture && !learn_chart(o.picture, "Rhythms of one network, long after it was trained on 0.75 s",
                                "seconds", "y", curves, 2))
    goto done;
  result = worst[0] < 3 * slack && worst[1] < 0.15 * slack && worst[2] < 0.15 * slack ? 0 : LEARN_MISSED;
done:
  if (error.status) fprintf(stderr, "rhythm: %s\n", error.text);
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_trainer_destroy(trainer);
  atr_model_destroy(free_running);
  atr_model_destroy(model);
  atr_context_destroy(context);
  return result;
}
