/* choose.c: the time that each device is predicted to need for a model, and what makes it up. */
#include <stdlib.h>

#include <atrous/choose.h>

#include "common/shape.h"
#include "info/info.h"

enum { DEVICES = 64 };

/* A number with three digits and what it counts in thousands of. */
static void scaled(FILE *text, double value, const char *unit) {
  static const char *const prefix[] = { "", "k", "M", "G", "T", "P" };
  int k = 0;
  for (; k < 5 && value >= 999.5; k++) value /= 1000;
  fprintf(text, "%.3g %s%s", value, prefix[k], unit);
}

/* Seconds as milliseconds. */
static double ms(double seconds) {
  return seconds * 1e3;
}

static void print(FILE *text, const atr_prediction *list, size_t n) {
  int guessed = 0;
  scaled(text, (double)list[0].flops, " operations");
  fputs(" on ", text);
  scaled(text, (double)list[0].bytes, "B");
  if (list[0].bytes) fprintf(text, " (%.3g a byte)", (double)list[0].flops / (double)list[0].bytes);
  fprintf(text, "\n  %-12s %10s %10s %10s %10s %10s %9s %6s\n", "device", "ms", "calculate", "move", "launch",
          "in and out", "in cache", "p");
  for (size_t i = 0; i < n; i++) {
    const atr_prediction *p = &list[i];
    fprintf(text, "%c %-12s %10.4g %10.4g %10.4g %10.4g %10.4g %8.0f%% %6.3f%s\n", i ? ' ' : '*', p->device,
            ms(p->predicted_s), ms(p->compute_s), ms(p->memory_s), ms(p->launch_s), ms(p->transfer_s),
            100 * p->hit_rate, p->p, p->measured ? "" : "  guessed");
    guessed |= !p->measured;
  }
  fputs("Each step takes the greater of its times to calculate and to move.", text);
  if (guessed) fputs(" What is guessed, atrous-bench --ceilings measures.", text);
  fputs("\n", text);
}

static json_t *describe(const atr_prediction *p) {
  return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:b}", "device", p->device,
                   "predicted_s", report_number(p->predicted_s), "p", report_number(p->p), "flops",
                   (json_int_t)p->flops, "bytes", (json_int_t)p->bytes, "transfer_bytes",
                   (json_int_t)p->transfer_bytes, "launches", (json_int_t)p->launches, "compute_s",
                   report_number(p->compute_s), "memory_s", report_number(p->memory_s), "launch_s",
                   report_number(p->launch_s), "transfer_s", report_number(p->transfer_s), "hit_rate",
                   report_number(p->hit_rate), "measured", p->measured);
}

bool info_choose(const char *path, const struct program *program, const struct option_texts *shapes,
                 json_t *result, FILE *text, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model = NULL;
  atr_prediction list[DEVICES];
  atr_shape *inputs = NULL;
  size_t n = 0, count = 0;
  if (atr_model_load(path, NULL, &error, &model)) {
    fault_from_error(fault, &error);
    return fault_at(fault, path, 0, 0);
  }
  bool ok = shapes_of_inputs(program, model, shapes, &inputs, &n, fault);
  if (ok && atr_choose(model, inputs, n, NULL, &error, list, DEVICES, &count)) {
    fault_from_error(fault, &error);
    ok = fault_at(fault, path, 0, 0);
  }
  if (count > DEVICES) count = DEVICES;
  if (ok) {
    json_t *choice = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(choice, describe(&list[i]));
    json_object_set_new(result, "choice", choice);
    if (text) print(text, list, count);
  }
  free(inputs);
  atr_model_destroy(model);
  return ok;
}
