/* operators.c: single operators on tensors, without a model: the filter that turned one series into another
 * is found by gradient descent, written out. Its three taps lie four steps apart.
 *
 *   cc operators.c $(pkg-config --cflags --libs atrous) -lm && ./a.out
 */
#include <atrous.h>

#include <math.h>
#include <stdio.h>

enum { STEPS = 64, TAPS = 3, ROUNDS = 20 };
static const float truth[TAPS] = { 0.5f, -1, 2 };

static atr_tensor *tensor(atr_context *context, int64_t n, const float *values, atr_error *error) {
  const atr_shape shape = { 3, { 1, 1, n } }; /* [n][c][t] */
  atr_tensor *made = NULL;
  if (!atr_tensor_create(context, ATR_F32, &shape, error, &made) &&
      !atr_tensor_write(made, values, (size_t)n * sizeof *values, error))
    return made;
  atr_tensor_destroy(made);
  return NULL;
}

int main(void) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  float series[STEPS], result[STEPS], w[TAPS] = { 0, 0, 0 }, slope[TAPS], y[STEPS];
  for (int i = 0; i < STEPS; i++) series[i] = sinf(0.7f * (float)i) + cosf(0.05f * (float)(i * i));
  atr_conv_params filter = ATR_CONV_PARAMS_INIT;
  filter.dilation[0] = 4;
  filter.pad = ATR_PAD_CAUSAL;
  int failed = atr_context_open("auto", NULL, &error, &context) != ATR_OK;
  atr_tensor *x = failed ? NULL : tensor(context, STEPS, series, &error);
  atr_tensor *weights = x ? tensor(context, TAPS, truth, &error) : NULL;
  atr_tensor *dy = weights ? tensor(context, STEPS, series, &error) : NULL; /* its values come below */
  atr_tensor *out = NULL, *dw = NULL;                                       /* made by the first calls */
  failed = !dy || atr_conv_forward(context, &filter, x, weights, NULL, &out, &error) ||
           atr_tensor_read(out, result, sizeof result, &error);
  for (int round = 0; round < ROUNDS && !failed; round++) {
    float loss = 0;
    failed = atr_tensor_write(weights, w, sizeof w, &error) ||
             atr_conv_forward(context, &filter, x, weights, NULL, &out, &error) ||
             atr_tensor_read(out, y, sizeof y, &error);
    for (int i = 0; i < STEPS && !failed; i++) {
      const float miss = y[i] - result[i];
      loss += miss * miss / STEPS;
      y[i] = 2 * miss / STEPS;
    }
    failed = failed || atr_tensor_write(dy, y, sizeof y, &error) ||
             atr_conv_backward(context, &filter, x, weights, dy, NULL, &dw, NULL, &error) ||
             atr_tensor_read(dw, slope, sizeof slope, &error);
    for (int k = 0; k < TAPS && !failed; k++) w[k] -= 0.2f * slope[k];
    if (!failed && (round < 3 || (round + 1) % 5 == 0))
      printf("%3d  error %.6f  filter %6.3f %6.3f %6.3f\n", round + 1, (double)loss, (double)w[0],
             (double)w[1], (double)w[2]);
  }
  if (failed) fprintf(stderr, "%s\n", error.text);
  atr_tensor_destroy(x);
  atr_tensor_destroy(weights);
  atr_tensor_destroy(dy);
  atr_tensor_destroy(out);
  atr_tensor_destroy(dw);
  atr_context_destroy(context);
  return failed;
}
