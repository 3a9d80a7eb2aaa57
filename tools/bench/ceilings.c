/* ceilings.c: what a device can do, measured by small models that lean on one thing each; see subject.h. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <atrous/build.h>

#include "bench/subject.h"
#include "common/order.h"

/* A model of one input, x, through `n` nodes: convolutions with this filter, or, filter 0, additions of x. */
static bool open_chain(struct subject *s, atr_context *context, int filter, int n, const atr_shape *shape,
                       struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  if (atr_model_create(1, &error, &model)) return fault_from_error(fault, &error);
  const atr_value x = atr_model_add_input(model, "x", ATR_F32, shape);
  atr_value v = x;
  for (int i = 0; i < n; i++) {
    atr_conv_params conv = ATR_CONV_PARAMS_INIT;
    conv.out_channels = shape->dim[1];
    conv.filter[0] = conv.filter[1] = filter;
    conv.pad = ATR_PAD_SAME;
    v = filter ? atr_model_conv(model, &conv, v) : atr_model_add2(model, v, x);
  }
  atr_model_add_output(model, "y", v);
  return subject_open(s, context, model, shape, 1, ATR_MATH_FAST, fault);
}

/* Operations a second of a chain of convolutions, of as many samples as keep the device busy. */
static bool measure_conv(atr_context *context, int filter, int64_t channels, int64_t side, double *rate,
                         struct fault *fault) {
  enum { LAYERS = 4, MOST = 64 };
  *rate = 0;
  for (int64_t samples = 1; samples <= MOST; samples *= 4) {
    const atr_shape shape = { 4, { samples, channels, side, side } };
    struct subject s;
    double t;
    if (!open_chain(&s, context, filter, LAYERS, &shape, fault)) return false;
    const bool ok = subject_best(&s, true, 0.05, &t, fault);
    subject_close(&s);
    if (!ok) return false;
    const double taps = (double)(filter * filter * channels * channels);
    if (t > 0) *rate = fmax(*rate, 2 * taps * (double)(side * side * samples * LAYERS) / t);
    if (t > 0.02) break;
  }
  return true;
}

/* What networks are made of, by the geometric mean. */
static bool measure_flops(atr_context *context, atr_ceilings *c, struct fault *fault) {
  static const int work[][3] = { { 3, 64, 56 }, { 3, 16, 112 }, { 3, 3, 64 }, { 1, 128, 28 }, { 1, 24, 64 } };
  enum { KINDS = sizeof work / sizeof *work };
  double sum = 0, rate;
  for (int i = 0; i < KINDS; i++) {
    if (!measure_conv(context, work[i][0], work[i][1], work[i][2], &rate, fault)) return false;
    sum += log(fmax(rate, 1));
  }
  c->flops = (uint64_t)exp(sum / KINDS);
  return true;
}

/* Bytes a second of y = x + x for all sizes: within the cache the best of them, beyond it the last; the cache
 * holds what is moved at more than the middle of the two. */
static bool measure_memory(atr_context *context, atr_ceilings *c, struct fault *fault) {
  enum { LEAST_LOG2 = 13, SIZES = 13 };
  atr_device_info info = { .size = sizeof info };
  double rate[SIZES] = { 0 }, bytes[SIZES] = { 0 };
  int n = 0;
  atr_context_info(context, &info);
  for (; n < SIZES; n++) {
    const atr_shape shape = { 2, { 1, INT64_C(1) << (LEAST_LOG2 + n) } };
    const uint64_t each = sizeof(float) << (LEAST_LOG2 + n);
    if (n > 6 && (each > info.max_alloc_bytes / 4 || each > info.memory_bytes / 16)) break;
    struct subject s;
    double t;
    if (!open_chain(&s, context, 0, 1, &shape, fault)) return false;
    const bool ok = subject_best(&s, true, 0.02, &t, fault);
    subject_close(&s);
    if (!ok) return false;
    bytes[n] = 2.0 * (double)each; /* x is read once, whatever the node's two inputs are */
    rate[n] = t > 0 ? bytes[n] / t : 0;
  }
  double best = 0;
  for (int i = 0; i < n; i++) best = fmax(best, rate[i]);
  c->cache_rate = (uint64_t)best;
  c->memory_rate = (uint64_t)rate[n - 1];
  for (int i = 0; i < n; i++)
    if (rate[i] > (best + rate[n - 1]) / 2) c->cache_bytes = (uint64_t)bytes[i];
  return true;
}

/* The median time of a run, for what threads that sleep or wake change from one run to the next. */
static bool usual(struct subject *s, double *seconds, struct fault *fault) {
  enum { RUNS = 1001 };
  static double list[RUNS];
  for (int i = 0; i < RUNS; i++)
    if (!subject_time(s, &list[i], fault)) return false;
  order_sort(list, RUNS);
  *seconds = order_median(list, RUNS);
  return true;
}

/* The time of a small step, of which two chains differ in number; what is left is the way in and out. */
static bool measure_launch(atr_context *context, atr_ceilings *c, struct fault *fault) {
  enum { FEW = 1, MANY = 129 };
  const atr_shape small = { 2, { 1, 64 } };
  double t[2];
  for (int i = 0; i < 2; i++) {
    struct subject s;
    if (!open_chain(&s, context, 0, i ? MANY : FEW, &small, fault)) return false;
    const bool ok = usual(&s, &t[i], fault);
    subject_close(&s);
    if (!ok) return false;
  }
  const double launch = fmax(t[1] - t[0], 0) / (MANY - FEW);
  c->launch_ns = (uint64_t)(launch * 1e9);
  c->transfer_ns = (uint64_t)(fmax(t[0] - launch, 0) * 1e9);
  return true;
}

static bool measure_transfer(atr_context *context, atr_ceilings *c, struct fault *fault) {
  const atr_shape large = { 2, { 1, 1 << 22 } };
  struct subject s;
  double all, busy;
  if (!open_chain(&s, context, 0, 1, &large, fault)) return false;
  const bool ok = subject_best(&s, false, 0.1, &all, fault) && subject_best(&s, true, 0.1, &busy, fault);
  subject_close(&s);
  const double moved = 2.0 * sizeof(float) * (double)large.dim[1];
  if (ok) c->transfer_rate = (uint64_t)(moved / fmax(all - busy, 1e-9));
  return ok;
}

bool ceilings_measure(atr_context *context, atr_ceilings *ceilings, struct fault *fault) {
  *ceilings = (atr_ceilings)ATR_CEILINGS_INIT;
  ceilings->measured = 1;
  return measure_flops(context, ceilings, fault) && measure_memory(context, ceilings, fault) &&
         measure_launch(context, ceilings, fault) && measure_transfer(context, ceilings, fault);
}

static json_t *describe(const char *device, const atr_ceilings *c) {
  return json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "device", device, "flops_per_s",
                   (json_int_t)c->flops, "cache_bytes_per_s", (json_int_t)c->cache_rate, "memory_bytes_per_s",
                   (json_int_t)c->memory_rate, "cache_bytes", (json_int_t)c->cache_bytes,
                   "transfer_bytes_per_s", (json_int_t)c->transfer_rate, "transfer_ns",
                   (json_int_t)c->transfer_ns, "launch_ns", (json_int_t)c->launch_ns);
}

static bool one(struct report *report, const char *device, json_t *list, FILE *text, struct fault *fault) {
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_device_info info = { .size = sizeof info };
  atr_ceilings c;
  options.threads = (int)report->options->threads;
  if (atr_context_open(device, &options, &error, &context)) return fault_from_error(fault, &error);
  atr_context_info(context, &info);
  report_detail(report, "measuring %s (%s)", info.id, info.name);
  bool ok = ceilings_measure(context, &c, fault);
  if (ok && !report->options->dry_run && atr_ceilings_store(&info, NULL, &c, &error))
    ok = fault_from_error(fault, &error);
  if (ok) {
    json_array_append_new(list, describe(info.id, &c));
    if (text)
      fprintf(text, "%-12s %10.4g %12.4g %12.4g %10.4g %12.4g %12.4g %11.4g\n", info.id,
              (double)c.flops * 1e-9, (double)c.cache_rate * 1e-9, (double)c.memory_rate * 1e-9,
              (double)c.cache_bytes / 1048576.0, (double)c.transfer_rate * 1e-9, (double)c.transfer_ns * 1e-3,
              (double)c.launch_ns * 1e-3);
  }
  atr_context_destroy(context);
  return ok;
}

bool bench_ceilings(struct report *report, json_t *result, FILE *text, struct fault *fault) {
  enum { DEVICES = 64 };
  atr_device_info list[DEVICES];
  atr_error error = ATR_ERROR_INIT;
  size_t n;
  json_t *all = json_array();
  json_object_set_new(result, "ceilings", all);
  if (text)
    fprintf(text, "%-12s %10s %12s %12s %10s %12s %12s %11s\n", "device", "Gflop/s", "cache GB/s",
            "memory GB/s", "cache MiB", "in, out GB/s", "in, out us", "a step us");
  if (report->options->device) return one(report, report->options->device, all, text, fault);
  if (atr_devices_list(list, DEVICES, &error, &n)) return fault_from_error(fault, &error);
  for (size_t i = 0; i < n && i < DEVICES; i++) {
    /* What scores below the host is a simulator: hours. */
    if (!list[i].usable || list[i].score < 1) continue;
    if (!one(report, list[i].id, all, text, fault)) return false;
  }
  return true;
}
