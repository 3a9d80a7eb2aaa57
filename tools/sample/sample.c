/* sample.c: atrous-sample, a program of the source tree that is not installed; see sample.h. */
#include "sample/sample.h"

#include <stdio.h>

#include "common/options.h"
#include "common/output.h"
#include "common/report.h"

static int64_t count;
static const struct option_row rows[] = {
  { 0, "count", "N", "rows of the series (2600) or scenes to train with (32)", OPTION_INTEGER, &count, 1,
    100000, NULL, 0 },
  { 0, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0, NULL, 0 },
};
static const struct command commands[] = {
  { "series", "DIR", "a daily price with a leading column, cycles, noise and gaps: DIR/series.csv" },
  { "scenes", "DIR",
    "pictures of discs, squares and triangles with masks: DIR/images, DIR/masks, DIR/valid" },
  { NULL, NULL, NULL },
};
static const struct program program = { "atrous-sample",
                                        "Makes input to try the other programs with.",
                                        commands,
                                        NULL,
                                        rows,
                                        "  atrous-sample series --seed 1 sample\n" };

int main(int argc, char **argv) {
  struct common_options common;
  struct invocation call;
  struct report report;
  struct fault fault = FAULT_INIT;
  int exit_code;
  if (!report_start(&report, &program, argc, argv, &common, &call, &exit_code)) return exit_code;
  bool ok = call.count == 1 || options_usage(&program, &fault, "one folder is needed");
  const char *folder = ok ? call.operands[0] : NULL;
  ok = ok && output_folder(folder, &fault);
  if (ok && !common.dry_run) {
    uint64_t seed = (uint64_t)common.seed;
    ok = call.command == 0 ? sample_series(folder, seed, count ? (int)count : 2600, &fault)
                           : sample_scenes(folder, seed, count ? (int)count : 32, &fault);
  }
  if (ok)
    report_say(&report, "made %s in %s", commands[call.command].name, folder);
  else
    report_fault(&report, &fault);
  return report_finish(&report, NULL);
}
