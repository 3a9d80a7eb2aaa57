/* wavenet.c: a WaveNet learns a tone, and plays it: each sample is drawn from what the network gives for it,
 * and pushed back into a stream.
 *
 *   cc wavenet.c $(pkg-config --cflags --libs atrous) -lm && ./a.out tone.f32
 *   aplay -f FLOAT_LE -r 8000 tone.f32
 */
#include <atrous.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>

enum { LEVELS = 32, PERIOD = 40, BATCH = 4, STEPS = 160, ROUNDS = 60, WARM = 80, PLAYED = 800 };

static float tone(int t) {
  const float turn = 6.2831853f * (float)(t % PERIOD) / PERIOD;
  return 0.6f * sinf(turn) + 0.3f * sinf(2 * turn + 1);
}

/* A class as a row of LEVELS numbers, `stride` apart: 1 for the class, 0 for the others. */
static void one_hot(float *row, int stride, int32_t code) {
  for (int k = 0; k < LEVELS; k++) row[k * stride] = k == code;
}

/* [n][LEVELS][t], one-hot, to scores of the next sample's class. */
static atr_model *network(atr_error *error) {
  atr_model *model = NULL;
  if (atr_model_create(1, error, &model)) return NULL;
  const atr_shape shape = { 3, { -1, LEVELS, -1 } };
  const atr_value none = { 0 };
  atr_wavenet_params p = ATR_WAVENET_PARAMS_INIT;
  p.residual = 16, p.skip = 32, p.head = 32, p.out_channels = LEVELS;
  p.layers = 5; /* with the filter of two taps: 33 samples */
  atr_model_add_output(model, "scores",
                       atr_model_wavenet(model, &p, atr_model_add_input(model, "x", ATR_F32, &shape), none));
  if (!atr_model_check(model, error)) return model;
  atr_model_destroy(model);
  return NULL;
}

/* Draws a class from softmax(scores); *state: of the random numbers. */
static int32_t draw(const float *scores, uint32_t *state) {
  float most = scores[0], sum = 0;
  for (int k = 1; k < LEVELS; k++) most = fmaxf(most, scores[k]);
  for (int k = 0; k < LEVELS; k++) sum += expf(scores[k] - most);
  *state = *state * 1664525u + 1013904223u;
  float left = sum * (float)(*state >> 8) / 16777216.0f;
  for (int k = 0; k < LEVELS; k++)
    if ((left -= expf(scores[k] - most)) < 0) return k;
  return LEVELS - 1;
}

/* The stream hears WARM samples of the tone and then itself. */
static int play(const atr_model *model, float *played, atr_error *error) {
  atr_stream *stream = NULL;
  float row[LEVELS], scores[LEVELS];
  uint32_t state = 1;
  if (atr_stream_create(model, NULL, error, &stream)) return 1;
  int32_t code = atr_mu_law_encode(tone(0), LEVELS);
  int failed = 0;
  for (int t = 1; t < WARM + PLAYED && !failed; t++) {
    one_hot(row, 1, code);
    failed = atr_stream_push(stream, row, scores, 1) != ATR_OK;
    code = t < WARM ? atr_mu_law_encode(tone(t), LEVELS) : draw(scores, &state);
    if (t >= WARM) played[t - WARM] = atr_mu_law_decode(code, LEVELS);
  }
  if (failed) fprintf(stderr, "%s\n", atr_stream_error(stream));
  atr_stream_destroy(stream);
  return failed;
}

/* How alike the sound is to itself one period later: 1 for a tone of that period. */
static double periodic(const float *x) {
  double with = 0, own = 0;
  for (int t = 0; t + PERIOD < PLAYED; t++) {
    with += (double)x[t] * (double)x[t + PERIOD];
    own += (double)x[t] * (double)x[t];
  }
  return own > 0 ? with / own : 0;
}

int main(int argc, char **argv) {
  static float x[BATCH * LEVELS * STEPS], played[PLAYED];
  static int32_t next[BATCH * STEPS];
  const atr_shape shape = { 3, { BATCH, LEVELS, STEPS } };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_model *model = NULL, *trained = NULL;
  atr_trainer *trainer = NULL;
  float loss = 0;
  int failed = 1;
  for (int n = 0; n < BATCH; n++)
    for (int t = 0; t < STEPS; t++) {
      one_hot(x + n * LEVELS * STEPS + t, STEPS, atr_mu_law_encode(tone(t + 11 * n), LEVELS));
      next[n * STEPS + t] = atr_mu_law_encode(tone(t + 1 + 11 * n), LEVELS);
    }
  if (atr_context_open(NULL, NULL, &error, &context) || !(model = network(&error))) goto done;
  atr_train_params params = ATR_TRAIN_PARAMS_INIT;
  params.loss = ATR_LOSS_CROSS_ENTROPY;
  params.learning_rate = 5e-3f;
  if (atr_trainer_create(model, context, &shape, 1, &params, &error, &trainer)) goto done;
  for (int i = 1; i <= ROUNDS; i++) {
    if (atr_trainer_step(trainer, x, next, &loss)) {
      fprintf(stderr, "step %d: %s\n", i, atr_trainer_error(trainer));
      goto done;
    }
    if (i % 20 == 0) printf("step %d: cross-entropy %.3f of %.3f\n", i, (double)loss, log(LEVELS));
  }
  if (atr_trainer_export(trainer, &error, &trained) || play(trained, played, &error)) goto done;
  printf("played %d samples; correlation one period later %.3f\n", PLAYED, periodic(played));
  failed = 0;
  if (argc > 1) {
    FILE *file = fopen(argv[1], "wb");
    failed = !file || fwrite(played, sizeof *played, PLAYED, file) != PLAYED;
    if (file && fclose(file)) failed = 1;
    if (failed) fprintf(stderr, "%s: cannot be written\n", argv[1]);
  }
done:
  if (failed && error.status) fprintf(stderr, "%s\n", error.text);
  atr_model_destroy(trained);
  atr_trainer_destroy(trainer);
  atr_model_destroy(model);
  atr_context_destroy(context);
  return failed;
}
