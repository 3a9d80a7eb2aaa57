/* main.c: atrous-bench: how fast models run here, and what the devices can do; the latter is what the library
 * chooses devices by. */
#include <string.h>

#include "bench/subject.h"
#include "common/output.h"

static bool ceilings, tune;
static struct timing timing = { .repeat = 20, .seconds = 10, .fail_below = 0 };
static const struct option_row rows[] = {
  { 0, "ceilings", NULL, "measure what each device (or that of --device) can do, and keep it", OPTION_FLAG,
    &ceilings, 0, 0, NULL, 0 },
  { 0, "tune", NULL, "measure which algorithms run the models' steps quickest, and keep them", OPTION_FLAG,
    &tune, 0, 0, NULL, 0 },
  { 0, "seconds", "S", "with --tune: to measure each model for (default: 10)", OPTION_NUMBER, &timing.seconds,
    0, 86400, NULL, 0 },
  { 0, "shape", "[NAME=]DIMS", "the size of an input; may be repeated", OPTION_TEXTS, &timing.shapes, 0, 0,
    NULL, 0 },
  { 0, "repeat", "N", "runs of each model (default: 20)", OPTION_INTEGER, &timing.repeat, 1, 1000000, NULL,
    0 },
  { 0, "against", "FILE.json", "compare with an earlier result of --json", OPTION_TEXT, &timing.against, 0, 0,
    NULL, 0 },
  { 0, "fail-below", "RATIO", "with --against: 3 if a model runs at less of its speed", OPTION_NUMBER,
    &timing.fail_below, 0, 1e6, NULL, 0 },
  { 0, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0, NULL, 0 },
};
const struct program bench_program = { "atrous-bench",
                                       "Times models, and measures what devices can do.",
                                       NULL,
                                       "MODEL...",
                                       rows,
                                       "  atrous-bench --ceilings\n"
                                       "  atrous-bench --tune net.onnx --device cpu\n"
                                       "  atrous-bench net.onnx --shape 1x3x256x256\n"
                                       "  atrous-bench net.onnx --json=before.json\n"
                                       "  atrous-bench net.onnx --against before.json --fail-below 0.9\n" };

static bool usage(const struct invocation *call, struct fault *fault) {
  if (!ceilings && !call->count) return options_usage(&bench_program, fault, "which MODEL? or --ceilings");
  if (ceilings && (call->count || timing.against || timing.shapes.count))
    return options_usage(&bench_program, fault, "--ceilings measures devices: no MODEL, --shape, --against");
  if (tune && (ceilings || timing.against || !call->count))
    return options_usage(&bench_program, fault, "--tune takes MODELs: no --ceilings, no --against");
  if (timing.fail_below > 0 && !timing.against)
    return options_usage(&bench_program, fault, "--fail-below belongs to --against");
  return true;
}

int main(int argc, char **argv) {
  struct common_options common;
  struct invocation call;
  struct report report;
  struct fault fault = FAULT_INIT;
  int exit_code;
  if (!report_start(&report, &bench_program, argc, argv, &common, &call, &exit_code)) return exit_code;
  json_t *result = json_object();
  struct output out = { 0 };
  bool ok = usage(&call, &fault);
  const bool to_file = ok && common.output && strcmp(common.output, "-") != 0;
  if (to_file) ok = output_open(&out, common.output, common.no_clobber, &fault);
  FILE *text = to_file ? out.file : report.data_on_stdout ? stdout : NULL;
  if (ok)
    ok = ceilings ? bench_ceilings(&report, result, text, &fault)
         : tune   ? bench_tune(&report, &timing, call.operands, call.count, result, text, &fault)
                  : bench_models(&report, &timing, call.operands, call.count, result, text, &fault);
  if (to_file && (ok || fault.code == FAULT_CHECK)) {
    struct fault closing = FAULT_INIT;
    if (!output_commit(&out, &closing)) {
      if (ok) fault = closing;
      ok = false;
    }
  }
  output_discard(&out);
  if (!ok) report_fault(&report, &fault);
  return report_leave(&report, result);
}
