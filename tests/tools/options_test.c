/* options_test.c: the command line as users type it, and the wording where they mistype it. */
#include "common/number.h"
#include "common/options.h"
#include "tools_test.h"

static struct {
  int64_t epochs;
  double share;
  int net;
  const char *model, *trace;
  struct option_texts inputs;
  bool fast;
} v;
enum { TRAIN = 1, PREDICT = 2 };
static const struct option_row rows[] = {
  { 'm', "model", "FILE", "the model", OPTION_TEXT, &v.model, 0, 0, NULL, 0 },
  { 0, "epochs", "N", "passes", OPTION_INTEGER, &v.epochs, 1, 100, NULL, TRAIN },
  { 0, "valid", "SHARE", "share held out", OPTION_NUMBER, &v.share, 0, 1, NULL, TRAIN },
  { 0, "net", "NET", "architecture", OPTION_CHOICE, &v.net, 0, 0, "tcn|rnn|gru", TRAIN },
  { 'i', "input", "SRC", "inputs", OPTION_TEXTS, &v.inputs, 0, 0, NULL, 0 },
  { 0, "trace", "NAMES", "intermediates", OPTION_MAYBE, &v.trace, 0, 0, NULL, PREDICT },
  { 0, "fast", NULL, "quickly", OPTION_FLAG, &v.fast, 0, 0, NULL, 0 },
  { 0, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0, NULL, 0 },
};
static const struct command commands[] = { { "train", "CSV", "trains" },
                                           { "predict", "CSV", "predicts" },
                                           { NULL, NULL, NULL } };
static const struct program program = { "prog", "Does things.", commands, NULL, rows, NULL };

static struct common_options common;
static struct invocation invocation;
static struct fault fault;

/* Parses a line split at spaces. */
static enum parsed parse(const char *line) {
  static char text[512];
  static char *argv[64];
  int argc = 0;
  memset(&v, 0, sizeof v);
  memset(&fault, 0, sizeof fault);
  snprintf(text, sizeof text, "prog %s", line);
  for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
  argv[argc] = NULL;
  return options_parse(&program, argc, argv, &common, &invocation, &fault);
}

START_TEST(options_and_operands_may_be_mixed) {
  ck_assert_int_eq(parse("train a.csv --epochs 7 -m x.onnx b.csv -i 1 --input=2 --net gru --device gpu -q"),
                   PARSED_RUN);
  ck_assert_int_eq(invocation.command, 0);
  ck_assert_int_eq(invocation.count, 2);
  ck_assert_str_eq(invocation.operands[1], "b.csv");
  ck_assert_int_eq(v.epochs, 7);
  ck_assert_str_eq(v.model, "x.onnx");
  ck_assert_int_eq(v.inputs.count, 2);
  ck_assert_int_eq(v.net, 2);
  ck_assert_str_eq(common.device, "gpu");
  ck_assert(common.quiet);
}
END_TEST

START_TEST(options_optional_values_need_an_equals_sign) {
  ck_assert_int_eq(parse("predict --trace a.csv --json"), PARSED_RUN);
  ck_assert_str_eq(v.trace, "");
  ck_assert_str_eq(common.json, "");
  ck_assert_int_eq(invocation.count, 1);
  ck_assert_int_eq(parse("predict --trace=h1 --json=r.json a.csv"), PARSED_RUN);
  ck_assert_str_eq(v.trace, "h1");
  ck_assert_str_eq(common.json, "r.json");
}
END_TEST

START_TEST(options_a_dash_is_an_operand_and_two_dashes_end_options) {
  ck_assert_int_eq(parse("train - -- --epochs"), PARSED_RUN);
  ck_assert_int_eq(invocation.count, 2);
  ck_assert_str_eq(invocation.operands[0], "-");
}
END_TEST

static const struct {
  const char *line, *words;
} wrong[] = {
  { "train --epoch=x --epochs 0 a", "--epochs must be a whole number from 1 to 100, not \"x\"" },
  { "train --epochs 0 a", "from 1 to 100, not \"0\"" },
  { "train --epochs 1e2 a", "--epochs must be a whole number" },
  { "train --epochs 99999999999999999999 a", "--epochs must be a whole number" },
  { "train --valid nan a", "--valid must be a number from 0 to 1" },
  { "train --valid 1.5 a", "--valid must be a number from 0 to 1" },
  { "train --net lstm a", "--net must be one of tcn|rnn|gru, not \"lstm\"" },
  { "train --modle x", "did you mean --model?" },
  { "train --zzzzzz", "unknown option --zzzzzz" },
  { "train -Z", "unknown option -Z" },
  { "train --model", "--model needs a value (FILE)" },
  { "train -m", "-m needs a value" },
  { "train --fast=yes", "--fast takes no value" },
  { "trian a", "did you mean train?" },
  { "", "a command is missing" },
  { "predict --epochs 3 a", "--epochs is no option of the command predict" },
  { "predict --json -o - a", "both want standard output" },
  { "predict -q -v a", "exclude each other" },
  { "train --seed -1 a", "--seed must be a whole number from 0" },
};
START_TEST(options_usage_errors_are_one_line_with_a_remedy) {
  ck_assert_int_eq(parse(wrong[_i].line), PARSED_FAILED);
  ck_assert_int_eq(fault_exit(fault.code), 2);
  ck_assert_fault(&fault, wrong[_i].words);
  ck_assert_fault(&fault, "try prog --help");
}
END_TEST

START_TEST(numbers_are_read_strictly_and_without_a_locale) {
  double d;
  int64_t i;
  ck_assert(number_parse("-1.5e3", '.', &d) && d == -1500);
  ck_assert(number_parse(" 1,234,567.5 ", '.', &d) && d == 1234567.5);
  ck_assert(number_parse("1.234,5", ',', &d) && d == 1234.5);
  ck_assert(number_parse(".5", '.', &d) && d == 0.5);
  ck_assert(number_parse("5.", '.', &d) && d == 5);
  ck_assert(number_integer("-9223372036854775808", &i) && i == INT64_MIN);
  static const char *const bad[] = { "",      " ",        "-",   ".",      "1,23", "12,3456", "1,,234",
                                     ",123",  "1234,567", "1e",  "0x10",   "nan",  "inf",     "1 2",
                                     "1e999", "1.2.3",    "--1", "1,234,", "12%" };
  for (size_t k = 0; k < sizeof bad / sizeof *bad; k++)
    ck_assert_msg(!number_parse(bad[k], '.', &d), "%s", bad[k]);
  ck_assert(!number_integer("9223372036854775808", &i));
  ck_assert(!number_integer("1.0", &i));
  ck_assert_int_eq(number_decimal_hint("3,14"), ',');
  ck_assert_int_eq(number_decimal_hint("0,123"), ',');
  ck_assert_int_eq(number_decimal_hint("1,234"), 'c');
  ck_assert_int_eq(number_decimal_hint("1.234"), 'd');
  ck_assert_int_eq(number_decimal_hint("1.234,5"), ',');
  ck_assert_int_eq(number_decimal_hint("12"), 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("options");
  TCase *tc = tcase_create("options");
  tcase_add_test(tc, options_and_operands_may_be_mixed);
  tcase_add_test(tc, options_optional_values_need_an_equals_sign);
  tcase_add_test(tc, options_a_dash_is_an_operand_and_two_dashes_end_options);
  tcase_add_loop_test(tc, options_usage_errors_are_one_line_with_a_remedy, 0, sizeof wrong / sizeof *wrong);
  tcase_add_test(tc, numbers_are_read_strictly_and_without_a_locale);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}
