/* info.c: atrous-info: which devices there are, which is taken and why; what a model holds; what a
 * convolution makes of a length; which device a model should run on; whether a device computes rightly. */
#include "info/info.h"

#include <string.h>

#include "common/options.h"
#include "common/output.h"

static bool clear_cache;
static const char *choose, *conv, *model, *self_test;
static struct option_texts shapes;
static const struct option_row rows[] = {
  { 0, "choose", "FILE.onnx", "how long each device would need for a model, and why", OPTION_TEXT, &choose, 0,
    0, NULL, 0 },
  { 0, "clear-cache", NULL, "delete the compiled kernels that are kept", OPTION_FLAG, &clear_cache, 0, 0,
    NULL, 0 },
  { 0, "conv", "w=,k=,s=,p=,d=", "output length of a convolution: width, filter, stride, padding, dilation",
    OPTION_TEXT, &conv, 0, 0, NULL, 0 },
  { 0, "model", "FILE.onnx", "inputs, outputs, layers, receptive field and metadata of a model", OPTION_TEXT,
    &model, 0, 0, NULL, 0 },
  { 0, "self-test", "WORD",
    "run small networks on the device (those with WORD in their names) beside float64", OPTION_MAYBE,
    &self_test, 0, 0, NULL, 0 },
  { 0, "shape", "[NAME=]DIMS", "with --choose: the size of an input; may be repeated", OPTION_TEXTS, &shapes,
    0, 0, NULL, 0 },
  { 0, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0, NULL, 0 },
};
static const struct program program = { "atrous-info",
                                        "Tells which devices there are, which one is taken, and why.",
                                        NULL,
                                        "",
                                        rows,
                                        "  atrous-info\n"
                                        "  atrous-info --device gpu --json\n"
                                        "  atrous-info --self-test --device gpu\n"
                                        "  atrous-info --model net.onnx\n"
                                        "  atrous-info --choose net.onnx --shape 1x3x512x512\n"
                                        "  atrous-info --conv w=224,k=3,s=2,p=1,d=1\n" };

int main(int argc, char **argv) {
  struct common_options common;
  struct invocation call;
  struct report report;
  struct fault fault = FAULT_INIT;
  int exit_code;
  if (!report_start(&report, &program, argc, argv, &common, &call, &exit_code)) return exit_code;
  json_t *result = json_object();
  struct output out = { 0 };
  bool ok = call.count == 0 || options_usage(&program, &fault, "\"%s\" is not needed", call.operands[0]);
  if (ok && common.output && !report.data_on_stdout && !strcmp(common.output, "-"))
    ok = options_usage(&program, &fault, "--json and --output - both want standard output");
  const bool to_file = ok && common.output && strcmp(common.output, "-") != 0;
  if (to_file) ok = output_open(&out, common.output, common.no_clobber, &fault);
  FILE *text = to_file ? out.file : report.data_on_stdout ? stdout : NULL;
  /* A question about a convolution or a file is answered alone: it needs no device. */
  if (ok && conv) ok = info_conv(conv, result, text, &fault);
  if (ok && model) ok = info_model(model, result, text, &fault);
  if (ok && choose) ok = info_choose(choose, &program, &shapes, result, text, &fault);
  if (ok && self_test) ok = info_self_test(self_test, &report, result, text, &fault);
  if (ok && !conv && !model && !choose && !self_test) {
    struct fault cache = FAULT_INIT;
    ok = info_devices(&report, result, text, &fault);
    if (!info_cache(clear_cache, common.dry_run, result, text, &cache)) {
      if (ok) fault = cache;
      ok = false;
    }
  }
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
