/* self_test.c: atrous-info --self-test: whether a device computes what it should. Small networks at sizes
 * that no tile divides are run on the device and, as the reference, by the library's plain code in float64 on
 * the host: same weights, same inputs, and their gradients too. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <atrous/build.h>

#include "common/session.h"
#include "info/info.h"

enum { OUTPUTS = 64 };
/* Of the largest element of an output. */
#define EXACT 2e-5
#define FAST 2e-4 /* Winograd's algorithm rounds more */

struct subject {
  const char *name;
  atr_value (*build)(atr_model *m, atr_value x);
  atr_shape shape;
  bool gradient; /* of all inputs and weights, instead of the output */
};

static atr_value conv(atr_model *m, atr_value x, int64_t channels, int64_t k, int64_t stride,
                      int64_t dilation, int64_t groups) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = channels;
  p.groups = groups;
  for (int i = 0; i < 3; i++) {
    p.filter[i] = k;
    p.stride[i] = stride;
    p.dilation[i] = dilation;
  }
  p.pad = ATR_PAD_SAME;
  return atr_model_conv(m, &p, x);
}

static atr_value dilated(atr_model *m, atr_value x) {
  for (int64_t d = 1; d <= 4; d *= 2) x = atr_model_relu(m, conv(m, x, 20, 3, 1, d, 1));
  return x;
}
static atr_value mixed(atr_model *m, atr_value x) {
  x = atr_model_relu(m, conv(m, x, 24, 7, 2, 1, 1));
  x = atr_model_batch_normalization(m, NULL, 1e-5f, 0.9f, conv(m, x, 24, 3, 1, 1, 24));
  return conv(m, atr_model_gelu(m, x), 33, 1, 1, 1, 1);
}
static atr_value pyramid(atr_model *m, atr_value x) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  const float twice[2] = { 2, 2 };
  p.filter[0] = p.filter[1] = p.stride[0] = p.stride[1] = 2;
  const atr_value a = atr_model_relu(m, conv(m, x, 17, 3, 1, 1, 1)), down = atr_model_max_pool(m, &p, a);
  const atr_value both[2] = { a, atr_model_upsample(m, twice, down) };
  return atr_model_softmax(m, 1, 1, conv(m, atr_model_concat(m, 1, both, 2), 5, 1, 1, 1, 1));
}
static atr_value transposed(atr_model *m, atr_value x) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.out_channels = 6;
  p.filter[0] = p.filter[1] = 3;
  p.stride[0] = p.stride[1] = 2;
  return atr_model_group_normalization(m, NULL, 2, 1e-5f, atr_model_conv_transpose(m, &p, x));
}
static atr_value causal(atr_model *m, atr_value x) {
  for (int64_t d = 1; d <= 64; d *= 2) {
    atr_conv_params p = ATR_CONV_PARAMS_INIT;
    p.out_channels = 16;
    p.filter[0] = 3;
    p.dilation[0] = d;
    p.pad = ATR_PAD_CAUSAL;
    const atr_value y = atr_model_tanh(m, atr_model_conv(m, &p, x));
    x = d > 1 ? atr_model_add2(m, x, y) : y;
  }
  return x;
}
static atr_value dense(atr_model *m, atr_value x) {
  x = atr_model_sigmoid(m, atr_model_dense(m, NULL, 65, x));
  return atr_model_dense(m, NULL, 3, atr_model_layer_normalization(m, NULL, -1, 1e-5f, x));
}

enum cell { CELL_RNN, CELL_LSTM, CELL_GRU };
static atr_value recurrent(atr_model *m, atr_value x, enum cell cell) {
  atr_recurrent_params p = ATR_RECURRENT_PARAMS_INIT;
  const atr_value none = { 0 };
  p.hidden = 21;
  p.direction = ATR_DIRECTION_BOTH;
  return cell == CELL_RNN    ? atr_model_rnn(m, &p, x, none, NULL)
         : cell == CELL_LSTM ? atr_model_lstm(m, &p, x, none, none, NULL, NULL)
                             : atr_model_gru(m, &p, 1, x, none, NULL);
}
static atr_value rnn(atr_model *m, atr_value x) {
  return recurrent(m, x, CELL_RNN);
}
static atr_value lstm(atr_model *m, atr_value x) {
  return recurrent(m, x, CELL_LSTM);
}
static atr_value gru(atr_model *m, atr_value x) {
  return recurrent(m, x, CELL_GRU);
}
static atr_value continuous(atr_model *m, atr_value x) {
  atr_continuous_params p = ATR_CONTINUOUS_PARAMS_INIT;
  p.hidden = 19;
  p.step = 0.1f;
  return atr_model_continuous_rnn(m, &p, x, (atr_value){ 0 });
}

static const struct subject subjects[] = {
  { "dilated convolutions", dilated, { 4, { 1, 20, 37, 41 } }, false },
  { "stem, depthwise, 1x1", mixed, { 4, { 2, 3, 45, 38 } }, false },
  { "pooling, upsampling, softmax", pyramid, { 4, { 1, 4, 26, 30 } }, false },
  { "transposed convolution", transposed, { 4, { 1, 5, 11, 7 } }, false },
  { "causal stack", causal, { 3, { 2, 16, 203 } }, false },
  { "dense layers", dense, { 2, { 7, 131 } }, false },
  { "RNN", rnn, { 3, { 13, 3, 9 } }, false },
  { "LSTM", lstm, { 3, { 13, 3, 9 } }, false },
  { "GRU", gru, { 3, { 13, 3, 9 } }, false },
  { "continuous time", continuous, { 3, { 13, 3, 9 } }, false },
  { "gradients of convolutions", mixed, { 4, { 1, 3, 19, 22 } }, true },
  { "gradients of a pyramid", pyramid, { 4, { 1, 4, 14, 10 } }, true },
  { "gradients through time", lstm, { 3, { 9, 3, 5 } }, true },
};

static size_t count_of(const atr_shape *shape) {
  size_t n = 1;
  for (int i = 0; i < shape->rank; i++) n *= (size_t)shape->dim[i];
  return n;
}

static bool build(const struct subject *s, atr_model **model, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *gradient = NULL;
  if (atr_model_create(7, &error, model)) return fault_from_error(fault, &error);
  atr_value y = s->build(*model, atr_model_add_input(*model, "x", ATR_F32, &s->shape));
  if (s->gradient) y = atr_model_mul(*model, y, y); /* the sum of a softmax has no gradient */
  atr_model_add_output(*model, "y", y);
  bool ok = !atr_model_check(*model, &error);
  if (ok && s->gradient) {
    ok = !atr_model_gradient(*model, &s->shape, 1, NULL, &error, &gradient);
    if (ok) {
      atr_model_destroy(*model);
      *model = gradient;
    }
  }
  return ok || fault_from_error(fault, &error);
}

/* All outputs, one behind another, to be freed, and where each ends. */
struct answer {
  double *values;
  size_t n, end[OUTPUTS];
};

static bool run(const struct subject *s, const atr_model *model, atr_context *context, bool reference,
                atr_math math, struct answer *answer, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *plan = NULL;
  atr_run *r = NULL;
  const size_t n_x = count_of(&s->shape);
  float *x = malloc(n_x * sizeof *x), *y = NULL;
  uint32_t state = 5;
  options.math = math;
  options.float64 = reference;
  memset(answer, 0, sizeof *answer);
  size_t at = 0;
  for (size_t i = 0; x && i < n_x; i++) {
    state = state * 1664525u + 1013904223u;
    x[i] = (float)(state >> 8) / 8388608.0f - 1;
  }
  bool ok = x || fault_nomem(fault, n_x * sizeof *x);
  if (ok && (atr_plan_create(model, context, &s->shape, 1, &options, &error, &plan) ||
             atr_run_create(plan, &error, &r)))
    ok = fault_from_error(fault, &error);
  atr_status status = ok ? atr_run_write(r, "x", x, n_x * sizeof *x) : ATR_OK;
  if (ok && !status) status = atr_run_execute(r);
  for (size_t i = 0; ok && !status && i < OUTPUTS; i++) {
    const atr_port port = atr_plan_output(plan, i);
    if (!port.name) break;
    const size_t n = count_of(&port.shape);
    double *more = realloc(answer->values, (at + n + 1) * sizeof *more);
    if (more) answer->values = more;
    if (!more || !(y = realloc(y, (n + 1) * sizeof *y))) {
      ok = fault_nomem(fault, n * sizeof *more);
      break;
    }
    if (reference)
      status = atr_run_read_double(r, port.name, more + at, n);
    else {
      status = atr_run_read(r, port.name, y, n * sizeof *y);
      for (size_t k = 0; k < n; k++) more[at + k] = (double)y[k];
    }
    answer->end[answer->n++] = at += n;
  }
  if (ok && status) ok = session_fault(r, status, fault);
  free(x);
  free(y);
  atr_run_destroy(r);
  atr_plan_destroy(plan);
  return ok;
}

/* The largest difference over the largest element of an output, the worst output's; infinite where a result
 * is not finite. */
static double difference(const struct answer *got, const struct answer *want) {
  double worst = got->n == want->n ? 0 : INFINITY;
  for (size_t o = 0, i = 0; o < got->n && o < want->n; o++) {
    double most = 0, apart = 0;
    for (; i < want->end[o]; i++) {
      if (!isfinite(got->values[i])) return INFINITY;
      most = fmax(most, fabs(want->values[i]));
      apart = fmax(apart, fabs(got->values[i] - want->values[i]));
    }
    worst = fmax(worst, most > 0 ? apart / most : apart);
  }
  return worst;
}

bool info_self_test(const char *which, struct report *report, json_t *result, FILE *text,
                    struct fault *fault) {
  enum { N = sizeof subjects / sizeof *subjects };
  atr_context *context = NULL, *host = NULL;
  atr_error error = ATR_ERROR_INIT;
  atr_device_info info = { .size = sizeof info };
  const atr_math math = (atr_math)report->options->math;
  const double allowed = math == ATR_MATH_FAST ? FAST : EXACT;
  json_t *list = json_array();
  json_object_set_new(result, "self_test", list);
  int wrong = 0, tried = 0;
  bool ok = session_open(report, &context, fault);
  if (ok && atr_context_open("host", NULL, &error, &host)) ok = fault_from_error(fault, &error);
  if (ok) atr_context_info(context, &info);
  if (ok && text)
    fprintf(text, "%s (%s), largest difference over the largest element:\n", info.id, info.name);
  for (int i = 0; ok && i < N; i++) {
    const struct subject *s = &subjects[i];
    atr_model *model = NULL;
    struct answer got = { 0 }, want = { 0 };
    if (!strstr(s->name, which)) continue;
    tried++;
    ok = build(s, &model, fault) && run(s, model, host, true, ATR_MATH_EXACT, &want, fault) &&
         run(s, model, context, false, math, &got, fault);
    if (ok) {
      const double apart = difference(&got, &want);
      const bool good = apart <= allowed;
      wrong += !good;
      if (text) fprintf(text, "  %-30s %-5s %.1e\n", s->name, good ? "ok" : "WRONG", apart);
      json_array_append_new(list, json_pack("{s:s, s:b, s:o}", "name", s->name, "ok", good, "difference",
                                            report_number(apart)));
    } else
      fault_at(fault, s->name, 0, 0);
    free(got.values);
    free(want.values);
    atr_model_destroy(model);
  }
  atr_context_destroy(host);
  atr_context_destroy(context);
  if (ok && !tried) ok = fault_set(fault, FAULT_USAGE, "--self-test: no network's name has \"%s\"", which);
  if (ok && wrong)
    ok = fault_set(
        fault, FAULT_CHECK,
        "%d of %d networks are wrong on %s (more than %g apart): try another driver or --device host", wrong,
        N, info.id, allowed);
  return ok;
}
