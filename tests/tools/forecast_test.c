/* forecast_test.c: the parts of atrous-forecast, against numbers worked out by hand and properties that must
 * hold: what adds up, what must not look ahead, what must not change. The program as a whole is in
 * forecast.test. */
#include <math.h>

#include <atrous.h>

#include "common/report.h"
#include "forecast/baseline.h"
#include "forecast/forecast.h"
#include "forecast/scales.h"
#include "forecast/stats.h"
#include "tools_test.h"

static struct fault fault;

/* ---- statistics ---- */

START_TEST(quantiles_stand_at_i_over_n_plus_1) {
  const double v[] = { 1, 2, 3, 4 }; /* at 0.2, 0.4, 0.6, 0.8 */
  ck_assert_double_eq_tol(stats_quantile(v, 4, 0.4), 2, 1e-12);
  ck_assert_double_eq_tol(stats_quantile(v, 4, 0.5), 2.5, 1e-12);
  ck_assert_double_eq(stats_quantile(v, 4, 0.05), 1);
  ck_assert_double_eq(stats_quantile(v, 4, 0.95), 4);
  for (double share = 0.2; share < 0.79; share += 0.05)
    ck_assert_double_eq_tol(stats_below(v, 4, stats_quantile(v, 4, share)), share, 1e-12);
  ck_assert_double_eq(stats_below(v, 4, 0.5), 0);
  ck_assert_double_eq(stats_below(v, 4, 5), 1);
}
END_TEST

START_TEST(equal_accuracy_of_alternating_losses_is_worked_out_by_hand) {
  /* Mean 1, deviations ±1, so variance 1; lag 0 and one step: 1 / √(1/10) · √(9/10) = 3, p = 0.0027. */
  const double d[] = { 0, 2, 0, 2, 0, 2, 0, 2, 0, 2 }, none[10] = { 0 };
  ck_assert_double_eq_tol(stats_equal_accuracy(d, 10, 1, 0), 0.0026998, 1e-6);
  ck_assert_double_eq(stats_equal_accuracy(none, 10, 1, 3), 1);
  ck_assert_double_eq(stats_equal_accuracy(d, 7, 1, 0), 1); /* too few to tell */
}
END_TEST

START_TEST(intervals_hold_the_mean_and_repeat) {
  double v[200], low, high, low2, high2;
  for (int i = 0; i < 200; i++) v[i] = (double)(stats_random(5, (uint64_t)i) >> 11) / 9007199254740992.0;
  double mean = stats_mean(v, 200);
  stats_interval(v, 200, 5, 1, &low, &high);
  ck_assert(low < mean && mean < high);
  /* The standard error of 200 uniform numbers is 0.0204; the interval about four of them wide. */
  ck_assert_double_eq_tol(high - low, 0.080, 0.02);
  stats_interval(v, 200, 5, 1, &low2, &high2);
  ck_assert(low == low2 && high == high2);
}
END_TEST

START_TEST(capital_grows_and_falls_as_worked_out) {
  const double r[] = { 0.1, -0.5, 0.2 }; /* 1.1, 0.55, 0.66 */
  double grown, fallen;
  stats_capital(r, 3, &grown, &fallen);
  ck_assert_double_eq_tol(grown, -34, 1e-9);
  ck_assert_double_eq_tol(fallen, 50, 1e-9);
}
END_TEST

/* ---- scales ---- */

static const double twelve[] = { 10, 11, 10, 12, 11, 11, 13, 12, 12, 14, 13, 13 };

START_TEST(twelve_prices_seen_every_day_third_and_sixth) {
  struct scale s;
  scale_read(twelve, 12, 1, &s);
  /* Σ (i - 5.5)·price = 42, Σ (i - 5.5)² = 143, Σ (price - 142/12)² = 17.667: slope 42/143, fit 12.336/17.667
   */
  ck_assert_uint_eq(s.readings, 12);
  ck_assert_double_eq_tol(s.slope, 42.0 / 143, 1e-12);
  ck_assert_double_eq_tol(s.fit, 42.0 * 42 / 143 / (53.0 / 3), 1e-12);
  ck_assert(s.change == 0 && s.momentum == 1);
  ck_assert_str_eq(s.trend, "up");
  scale_read(twelve, 12, 3, &s);
  ck_assert_uint_eq(s.readings, 4);
  ck_assert(s.value[0] == 10 && s.value[1] == 11 && s.value[2] == 12 && s.value[3] == 13);
  ck_assert(s.change == 1 && s.momentum == 0);
  ck_assert_double_eq_tol(s.slope, 1, 1e-12);
  ck_assert_double_eq_tol(s.fit, 1, 1e-12);
  scale_read(twelve, 12, 6, &s);
  ck_assert_uint_eq(s.readings, 2);
  ck_assert(s.value[0] == 11 && s.value[1] == 13 && s.change == 2 && isnan(s.momentum) && isnan(s.fit));
}
END_TEST

START_TEST(one_reading_and_constants_are_flat) {
  const double flat[] = { 3, 3, 3 };
  struct scale s;
  scale_read(flat, 3, 1, &s);
  ck_assert_str_eq(s.trend, "flat");
  ck_assert(s.slope == 0 && s.fit == 0);
  scale_read(flat, 3, 5, &s);
  ck_assert_uint_eq(s.readings, 1);
  ck_assert_str_eq(s.trend, "flat");
}
END_TEST

/* ---- targets, splits, baselines ---- */

START_TEST(targets_are_worked_out_by_hand_and_come_back) {
  struct transform t = { TRANSFORM_RETURN, 0.01, 0.02 };
  /* From 100 to 110 in 4 steps: (ln 1.1 - 0.04) / (0.02 · 2) = 1.38275 */
  ck_assert_double_eq_tol(target_of(&t, 100, 4, 110), 1.3827545, 1e-6);
  for (int kind = TRANSFORM_RETURN; kind <= TRANSFORM_NONE; kind++) {
    t.kind = (enum transform_kind)kind;
    for (int64_t h = 1; h < 6; h++)
      ck_assert_double_eq_tol(target_value(&t, 50, h, target_of(&t, 50, h, 53)), 53, 1e-9);
  }
}
END_TEST

START_TEST(splits_keep_targets_apart) {
  struct split s;
  ck_assert_good(split_make(&s, 100, 10, 5, 0.2, &fault), &fault);
  ck_assert_uint_eq(s.valid_rows, 80);
  /* The last target of training is row train_end - 1 + 5 = 79; the first of validation valid_from + 1 = 80.
   */
  ck_assert_uint_eq(s.train_end + 4, 79);
  ck_assert_uint_eq(s.valid_from + 1, 80);
  ck_assert_uint_eq(s.valid_end - 1 + 5, 99);
  ck_assert(!split_make(&s, 40, 30, 5, 0.2, &fault));
  ck_assert_fault(&fault,
                  "40 rows to learn from are too few: seeing 31 rows back and forecasting 5 needs 64");
  ck_assert(split_make(&s, 64, 30, 5, 0.2, &fault) && !split_make(&s, 63, 30, 5, 0.2, &fault));
}
END_TEST

START_TEST(baselines_know_only_the_past) {
  double x[30];
  for (int i = 0; i < 30; i++) x[i] = i < 25 ? i : 1000;
  ck_assert_double_eq(baseline_forecast(BASELINE_LAST, x, 25, 0, 24, 3), 24);
  ck_assert_double_eq_tol(baseline_forecast(BASELINE_DRIFT, x, 25, 0, 24, 3), 27, 1e-12);
  ck_assert_double_eq_tol(baseline_forecast(BASELINE_AVERAGE, x, 25, 0, 24, 3), 14.5, 1e-12);
  ck_assert_double_eq(baseline_forecast(BASELINE_SEASON, x, 25, 4, 24, 3), 23); /* 27 - 4 */
  ck_assert_double_eq(baseline_forecast(BASELINE_SEASON, x, 25, 4, 24, 5), 21); /* 29 - 8 */
}
END_TEST

/* ---- band, probabilities, signal ---- */

static struct outlook outlook(double y, double threshold) {
  static double five[] = { -2, -1, 0, 1, 2 }; /* at 1/6 … 5/6 */
  const struct residuals r = { 1, 5, five };
  const struct transform t = { TRANSFORM_DIFFERENCE, 0, 1 };
  return outlook_make(&t, &r, 1, 100, y, 1, 2.0 / 3, threshold);
}

START_TEST(outlooks_are_worked_out_by_hand) {
  struct outlook o = outlook(1, 1.5); /* forecast 101; up is above 101.5, down below 98.5 */
  ck_assert_double_eq_tol(o.forecast, 101, 1e-12);
  ck_assert_double_eq_tol(o.low, 99, 1e-9);
  ck_assert_double_eq_tol(o.high, 103, 1e-9);
  ck_assert_double_eq_tol(o.change_pct, 1, 1e-12);
  ck_assert_double_eq_tol(o.p_up, 1 - 3.5 / 6, 1e-12); /* residual above 0.5 */
  ck_assert_double_eq_tol(o.p_down, 0, 1e-12);         /* residual below -2.5 */
  ck_assert_int_eq(o.signal, SIGNAL_WAIT);             /* the change is not above the threshold */
  o = outlook(2, 1.5);                                 /* residual above -0.5: 1 - 2.5/6 */
  ck_assert_double_eq_tol(o.p_up, 1 - 2.5 / 6, 1e-12);
  ck_assert_int_eq(o.signal, SIGNAL_BUY);
  ck_assert_int_eq(outlook(-2, 1.5).signal, SIGNAL_SELL);
}
END_TEST

START_TEST(probabilities_add_up_to_one) {
  for (double y = -5; y <= 5; y += 0.37)
    for (double threshold = 0; threshold < 6; threshold += 0.5) {
      struct outlook o = outlook(y, threshold);
      ck_assert_double_eq_tol(o.p_up + o.p_flat + o.p_down, 1, 1e-12);
      ck_assert(o.p_up >= 0 && o.p_flat >= 0 && o.p_down >= 0 && o.low <= o.high);
    }
}
END_TEST

/* ---- network ---- */

START_TEST(networks_cover_the_history_with_least_excess) {
  static const int64_t cases[][4] = { /* history, kernel, scales, reach */
                                      { 2, 2, 1, 2 },      { 3, 3, 1, 3 },   { 7, 3, 2, 7 },
                                      { 63, 3, 5, 63 },    { 64, 2, 6, 64 }, { 65, 3, 6, 127 },
                                      { 1000, 3, 9, 1023 }
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct net net = { 1, 1, 0, 0, NET_TCN, 0 };
    atr_model *model;
    net_choose(&net, cases[i][0]);
    ck_assert_int_eq(net.kernel, cases[i][1]);
    ck_assert_int_eq(net.scales, cases[i][2]);
    ck_assert_int_eq(net_reach(&net), cases[i][3]);
    ck_assert_good(net_build(&net, 1, NULL, &model, &fault), &fault);
    ck_assert_int_eq(atr_model_receptive_field(model, 2), cases[i][3]);
    struct net back;
    ck_assert_good(net_of(model, cases[i][3], &back, &fault), &fault);
    ck_assert_int_eq(back.kernel, net.kernel);
    ck_assert_int_eq(back.scales, net.scales);
    atr_model_destroy(model);
  }
}
END_TEST

static struct common_options common = { .quiet = true };
static struct report report;

static atr_context *host(void) {
  atr_context *context;
  atr_error error = ATR_ERROR_INIT;
  ck_assert_msg(!atr_context_open("host", NULL, &error, &context), "%s", error.text);
  if (!report.warnings) ck_assert_good(report_begin(&report, "test", NULL, &common, &fault), &fault);
  return context;
}

static float *random_weights(const struct net *net) {
  size_t n = net_parameters(net);
  float *w = malloc(n * sizeof *w);
  for (size_t i = 0; i < n; i++) w[i] = (float)((double)(stats_random(9, i) >> 40) / 16777216 - 0.5) * 0.5f;
  return w;
}

enum { ROWS = 60, STEPS = 4 };

static void forecast_rows(atr_context *context, const struct net *net, float *x, size_t from, size_t count,
                          float *y, float *scales) {
  struct features features = { ROWS, 2, x, NULL };
  struct infer infer;
  atr_model *model;
  float *weights = random_weights(net);
  ck_assert_good(net_build(net, 0, weights, &model, &fault), &fault);
  ck_assert_good(infer_open(&infer, &report, context, model, net, NULL, count, &fault), &fault);
  ck_assert_good(infer_run(&infer, &features, from, y, scales, &fault), &fault);
  infer_close(&infer);
  atr_model_destroy(model);
  free(weights);
}

START_TEST(scales_and_constant_add_up_to_the_forecast) {
  atr_context *context = host();
  const struct net net = { 2, STEPS, 3, 3, NET_TCN, 0 }; /* sees 15 rows */
  float x[2 * ROWS], y[STEPS * 20], scales[3 * STEPS * 20];
  for (int i = 0; i < 2 * ROWS; i++) x[i] = sinf((float)i);
  forecast_rows(context, &net, x, 20, 20, y, scales);
  float *weights = random_weights(&net); /* "constant" is the first tensor */
  for (int h = 0; h < STEPS; h++)
    for (int i = 0; i < 20; i++) {
      float sum = weights[h];
      for (int k = 0; k < 3; k++) sum += scales[(k * STEPS + h) * 20 + i];
      ck_assert_float_eq_tol(sum, y[h * 20 + i], 1e-5f);
    }
  free(weights);
  atr_context_destroy(context);
}
END_TEST

START_TEST(forecasts_see_reach_rows_and_nothing_later) {
  atr_context *context = host();
  const struct net net = { 2, STEPS, 2, 4, NET_TCN, 0 }; /* sees 16 rows */
  float x[2 * ROWS], y[STEPS * 10], z[STEPS * 10];
  for (int i = 0; i < 2 * ROWS; i++) x[i] = cosf(0.7f * (float)i);
  forecast_rows(context, &net, x, 30, 10, y, NULL);
  for (int i = 40; i < ROWS; i++) x[i] = x[ROWS + i] = 1e6f; /* after the last row forecast from */
  for (int i = 0; i < 15; i++) x[i] = x[ROWS + i] = -1e6f;   /* before what row 30 sees: 15 … 30 */
  forecast_rows(context, &net, x, 30, 10, z, NULL);
  ck_assert_mem_eq(y, z, sizeof y);
  x[15] = 5;
  forecast_rows(context, &net, x, 30, 10, z, NULL);
  ck_assert_float_ne(y[0], z[0]);
  atr_context_destroy(context);
}
END_TEST

/* h(t) = tanh(W·x(t) + R·h(t-1) + b_W + b_R) from zeros; forecast(t) = V·h(t) + constant, from row `history`
 * on. */
START_TEST(a_recurrent_forecast_is_what_the_equations_say) {
  enum { REACH = 5, COUNT = 7, CHANNELS = 2, H = NET_HIDDEN };
  atr_context *context = host();
  const struct net net = { CHANNELS, STEPS, 0, 0, NET_RNN, REACH };
  float x[CHANNELS * ROWS], y[STEPS * COUNT];
  double h[H] = { 0 };
  for (int i = 0; i < CHANNELS * ROWS; i++) x[i] = sinf(1.3f * (float)i);
  forecast_rows(context, &net, x, 20, COUNT, y, NULL);
  float *constant = random_weights(&net), *w = constant + STEPS, *r = w + H * CHANNELS, *b = r + H * H,
        *v = b + 2 * H;
  ck_assert_uint_eq(net_parameters(&net), (size_t)(STEPS + H * CHANNELS + H * H + 2 * H + STEPS * H));
  for (int t = 0; t < REACH - 1 + COUNT; t++) {
    double next[H];
    for (int i = 0; i < H; i++) {
      double sum = (double)b[i] + (double)b[H + i];
      for (int c = 0; c < CHANNELS; c++)
        sum += (double)w[i * CHANNELS + c] * (double)x[c * ROWS + 20 - (REACH - 1) + t];
      for (int k = 0; k < H; k++) sum += (double)r[i * H + k] * h[k];
      next[i] = tanh(sum);
    }
    memcpy(h, next, sizeof h);
    for (int s = 0; t >= REACH - 1 && s < STEPS; s++) {
      double sum = (double)constant[s];
      for (int i = 0; i < H; i++) sum += (double)v[s * H + i] * h[i];
      ck_assert_double_eq_tol(sum, (double)y[s * COUNT + t - (REACH - 1)], 1e-5);
    }
  }
  free(constant);
  atr_context_destroy(context);
}
END_TEST

START_TEST(recurrent_networks_of_every_kind_come_back_and_see_nothing_later) {
  atr_context *context = host();
  for (int kind = NET_RNN; kind < NET_KINDS; kind++) {
    const struct net net = { 2, STEPS, 0, 0, (enum net_kind)kind, 9 };
    struct net back;
    atr_model *model;
    float x[2 * ROWS], y[STEPS * 10], z[STEPS * 10];
    ck_assert_int_eq(net_kind_of(net_name(net.kind), strlen(net_name(net.kind))), kind);
    ck_assert_good(net_build(&net, 1, NULL, &model, &fault), &fault);
    ck_assert_good(net_of(model, 9, &back, &fault), &fault);
    ck_assert_int_eq(back.kind, kind);
    ck_assert_int_eq(net_reach(&back), 9);
    atr_model_destroy(model);
    for (int i = 0; i < 2 * ROWS; i++) x[i] = cosf(0.7f * (float)i);
    forecast_rows(context, &net, x, 30, 10, y, NULL);
    for (int i = 40; i < ROWS; i++) x[i] = x[ROWS + i] = 1e6f; /* after the last row forecast from */
    for (int i = 0; i < 22; i++) x[i] = x[ROWS + i] = -1e6f;   /* before the first row given */
    forecast_rows(context, &net, x, 30, 10, z, NULL);
    ck_assert_mem_eq(y, z, sizeof y);
    x[22] = 5;
    forecast_rows(context, &net, x, 30, 10, z, NULL);
    ck_assert_float_ne(y[0], z[0]);
  }
  atr_context_destroy(context);
}
END_TEST

/* ---- training ---- */

static struct settings settings;

static struct job job_on(atr_context *context) {
  settings = (struct settings){ .horizon = 2, .epochs = 2, .history = 7, .valid = 0.2, .level = 0.8 };
  return (struct job){ &report, &common, NULL, &settings, "test.csv", context };
}

/* A wandering price and a further column, the last rows replaced where `other`. */
static const char *prices(const char *name, bool other) {
  char *text = malloc(20000);
  size_t used = (size_t)sprintf(text, "date,v,w\n");
  double v = 50;
  for (int i = 0; i < 240; i++) {
    v *= 1 + 0.02 * ((double)(stats_random(3, (uint64_t)i) >> 11) / 9007199254740992.0 - 0.5);
    int64_t year;
    int month, day;
    date_civil(19000 + i, &year, &month, &day);
    bool replaced = other && i >= 200;
    used += (size_t)sprintf(text + used, "%04d-%02d-%02d,%.4f,%.4f\n", (int)year, month, day,
                            replaced ? 7.0 + i : v, replaced ? -1.0 : 10 + sin(0.3 * i));
  }
  const char *path = test_text(name, text);
  free(text);
  return path;
}

START_TEST(training_does_not_look_ahead) {
  atr_context *context = host();
  struct job job = job_on(context);
  struct series_options options = { .column = "v", .with = "w", .calendar = true };
  struct series series[2];
  struct forecaster f[2];
  struct fit fit[2];
  float y[2][2];
  settings.series = options;
  for (int i = 0; i < 2; i++) {
    ck_assert_good(series_read(prices("p.csv", i == 1), &options, &series[i], &fault), &fault);
    ck_assert_good(forecaster_train(&job, NET_TCN, &series[i], 200, NULL, "t", &f[i], &fit[i], &fault),
                   &fault);
    struct features features;
    struct infer infer;
    ck_assert_good(features_make(&features, &f[i].spec, &series[i], "p.csv", &fault), &fault);
    ck_assert_good(infer_open(&infer, &report, context, f[i].model, &f[i].net, NULL, 1, &fault), &fault);
    ck_assert_good(infer_run(&infer, &features, 199, y[i], NULL, &fault), &fault);
    infer_close(&infer);
    features_destroy(&features);
  }
  ck_assert_mem_eq(fit[0].weights, fit[1].weights, fit[0].parameters * sizeof(float));
  ck_assert_mem_eq(y[0], y[1], sizeof y[0]);
  ck_assert_mem_eq(f[0].residuals.value, f[1].residuals.value, 2 * f[0].residuals.n * sizeof(double));
  for (int i = 0; i < 2; i++) {
    fit_destroy(&fit[i]);
    forecaster_destroy(&f[i]);
    series_destroy(&series[i]);
  }
  report_finish(&report, NULL);
  atr_context_destroy(context);
}
END_TEST

START_TEST(networks_of_every_depth_and_kind_train) {
  atr_context *context = host();
  struct job job = job_on(context);
  struct series_options options = { .column = "v" };
  struct series series;
  settings.series = options;
  settings.epochs = 1;
  ck_assert_good(series_read(prices("p.csv", false), &options, &series, &fault), &fault);
  for (int64_t history = 2; history <= 32; history *= 2) {
    struct forecaster f;
    struct fit fit;
    settings.history = history;
    ck_assert_good(forecaster_train(&job, NET_TCN, &series, series.n, NULL, "t", &f, &fit, &fault), &fault);
    fit_destroy(&fit);
    forecaster_destroy(&f);
    settings.history = history * 2 - 1; /* kernels of 3 and 2 in turn */
    ck_assert_good(forecaster_train(&job, NET_TCN, &series, series.n, NULL, "t", &f, &fit, &fault), &fault);
    fit_destroy(&fit);
    forecaster_destroy(&f);
  }
  for (int kind = NET_RNN; kind < NET_KINDS; kind++) {
    struct forecaster f;
    struct fit fit;
    settings.history = 12;
    ck_assert_good(
        forecaster_train(&job, (enum net_kind)kind, &series, series.n, NULL, "t", &f, &fit, &fault), &fault);
    ck_assert_double_ne(fit.epoch[1].valid_loss, fit.epoch[0].valid_loss);
    fit_destroy(&fit);
    forecaster_destroy(&f);
  }
  series_destroy(&series);
  report_finish(&report, NULL);
  atr_context_destroy(context);
}
END_TEST

START_TEST(resumed_training_ends_with_the_same_weights) {
  atr_context *context = host();
  struct job job = job_on(context);
  struct series_options options = { .column = "v" };
  struct series series;
  struct forecaster f;
  struct fit whole, part;
  settings.series = options;
  settings.epochs = 4;
  ck_assert_good(series_read(prices("p.csv", false), &options, &series, &fault), &fault);
  ck_assert_good(forecaster_train(&job, NET_TCN, &series, series.n, NULL, "t", &f, &whole, &fault), &fault);
  forecaster_destroy(&f);
  /* The learning rate follows the whole of --epochs, so the first part must be stopped, not shortened: the
   * checkpoint of every epoch is kept aside as it comes, here after the training has run to its end. */
  char path[256];
  snprintf(path, sizeof path, "%s", test_path("c.ckpt"));
  ck_assert_good(forecaster_train(&job, NET_TCN, &series, series.n, path, "t", &f, &part, &fault), &fault);
  fit_destroy(&part);
  forecaster_destroy(&f);
  settings.resume = path;
  ck_assert_good(forecaster_train(&job, NET_TCN, &series, series.n, path, "t", &f, &part, &fault), &fault);
  ck_assert_uint_eq(part.count, whole.count);
  ck_assert_uint_eq(part.best, whole.best);
  ck_assert_mem_eq(part.weights, whole.weights, whole.parameters * sizeof(float));
  fit_destroy(&part);
  forecaster_destroy(&f);
  common.seed = 5;
  ck_assert(!forecaster_train(&job, NET_TCN, &series, series.n, path, "t", &f, &part, &fault));
  ck_assert_fault(&fault, "the checkpoint was made from other data, another seed or other options");
  fit_destroy(&whole);
  series_destroy(&series);
  report_finish(&report, NULL);
  atr_context_destroy(context);
}
END_TEST

START_TEST(metadata_comes_back_and_bad_metadata_is_refused) {
  static const struct {
    const char *text, *words;
  } bad[] = {
    { "{", "is no JSON" },
    { "{}", "no usable \"columns\"" },
    { "{\"columns\":[{\"name\":\"v\",\"transform\":\"auto\",\"centre\":0,\"scale\":1}]}", "\"columns\"" },
    { "{\"columns\":[{\"name\":\"v\",\"transform\":\"return\",\"centre\":0,\"scale\":0}]}", "\"columns\"" },
    { "{\"columns\":[{\"name\":\"v\",\"transform\":\"return\",\"centre\":0,\"scale\":1}],"
      "\"freq\":{\"unit\":\"day\",\"every\":1},\"calendar\":false,\"reach\":7,\"horizon\":1000001}",
      "\"horizon\"" },
    { "{\"columns\":[{\"name\":\"v\",\"transform\":\"return\",\"centre\":0,\"scale\":1}],"
      "\"freq\":{\"unit\":\"day\",\"every\":1},\"calendar\":false,\"reach\":7,\"horizon\":1,"
      "\"residuals\":{\"n\":2,\"steps\":[[1,0]]}}",
      "\"residuals\"" },
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct forecaster f = { 0 };
    ck_assert(!meta_read(bad[i].text, &f, &fault));
    ck_assert_fault(&fault, bad[i].words);
    forecaster_destroy(&f);
  }
  char name[] = "v";
  double values[] = { -1, 0, 0.5, -2, 0, 1.25 };
  struct forecaster f = { .spec = { .columns = 1,
                                    .names = { name },
                                    .transform = { { TRANSFORM_RETURN, 0.1, 0.2 } },
                                    .calendar = true,
                                    .freq = { FREQ_MONTH, 1, 31 },
                                    .reach = 15,
                                    .horizon = 2 },
                          .residuals = { 2, 3, values },
                          .skill = { 1, 2, 3, 4, true },
                          .rows = 9,
                          .last = "2024-01-31" },
                    g = { 0 };
  json_t *meta = meta_write(&f);
  char *text = json_dumps(meta, JSON_REAL_PRECISION(15));
  ck_assert_good(meta_read(text, &g, &fault), &fault);
  ck_assert_str_eq(g.spec.names[0], "v");
  ck_assert(g.spec.transform[0].kind == TRANSFORM_RETURN && g.spec.transform[0].scale == 0.2);
  ck_assert(g.spec.calendar && g.spec.freq.unit == FREQ_MONTH && g.spec.freq.anchor == 31);
  ck_assert(g.spec.reach == 15 && g.spec.horizon == 2 && g.skill.better && g.rows == 9);
  ck_assert_mem_eq(g.residuals.value, values, sizeof values);
  ck_assert_str_eq(g.last, "2024-01-31");
  free(text);
  json_decref(meta);
  forecaster_destroy(&g);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("forecast");
  TCase *c = tcase_create("forecast");
  tcase_set_timeout(c, 120);
  tcase_add_checked_fixture(c, test_setup, test_teardown);
  tcase_add_test(c, quantiles_stand_at_i_over_n_plus_1);
  tcase_add_test(c, equal_accuracy_of_alternating_losses_is_worked_out_by_hand);
  tcase_add_test(c, intervals_hold_the_mean_and_repeat);
  tcase_add_test(c, capital_grows_and_falls_as_worked_out);
  tcase_add_test(c, twelve_prices_seen_every_day_third_and_sixth);
  tcase_add_test(c, one_reading_and_constants_are_flat);
  tcase_add_test(c, targets_are_worked_out_by_hand_and_come_back);
  tcase_add_test(c, splits_keep_targets_apart);
  tcase_add_test(c, baselines_know_only_the_past);
  tcase_add_test(c, outlooks_are_worked_out_by_hand);
  tcase_add_test(c, probabilities_add_up_to_one);
  tcase_add_test(c, networks_cover_the_history_with_least_excess);
  tcase_add_test(c, scales_and_constant_add_up_to_the_forecast);
  tcase_add_test(c, forecasts_see_reach_rows_and_nothing_later);
  tcase_add_test(c, a_recurrent_forecast_is_what_the_equations_say);
  tcase_add_test(c, recurrent_networks_of_every_kind_come_back_and_see_nothing_later);
  tcase_add_test(c, training_does_not_look_ahead);
  tcase_add_test(c, networks_of_every_depth_and_kind_train);
  tcase_add_test(c, resumed_training_ends_with_the_same_weights);
  tcase_add_test(c, metadata_comes_back_and_bad_metadata_is_refused);
  suite_add_tcase(suite, c);
  return test_run(suite);
}
