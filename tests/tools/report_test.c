/* report_test.c: the JSON envelope, the exit codes, and that one error is one line. */
#include <math.h>

#include "common/report.h"
#include "tools_test.h"

static struct fault fault;
static struct report report;

static json_t *finished(struct common_options *options, json_t *result, int exit_code) {
  json_error_t e;
  ck_assert_int_eq(report_finish(&report, result), exit_code);
  json_t *object = json_load_file(options->json, 0, &e);
  ck_assert_ptr_nonnull(object);
  return object;
}

START_TEST(envelope_holds_every_key) {
  static const char *const keys[] = { "atrous", "schema",       "program",  "command", "status",
                                      "error",  "seed",         "math",     "threads", "device",
                                      "time_s", "memory_bytes", "warnings", "result" };
  struct common_options options = { .json = test_path("r.json"), .quiet = true, .seed = 5 };
  double values[] = { 1, NAN, INFINITY };
  ck_assert_good(report_begin(&report, "prog", "train", &options, &fault), &fault);
  report_time(&report, "load", 0.5);
  report_memory(&report, 300);
  report_memory(&report, 200);
  report_device(&report, json_pack("{s:s}", "id", "opencl:0.0"));
  report_fallback(&report, "late", "no kernel");
  report_fallback(&report, "late", "no kernel");
  report_warn(&report, "gap", "3 dates are \"missing\"");
  json_t *o = finished(&options,
                       json_pack("{s:o, s:o}", "v", report_numbers(values, 3), "n", report_text("a\xff")), 0);
  ck_assert_uint_eq(json_object_size(o), sizeof keys / sizeof *keys);
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) ck_assert_ptr_nonnull(json_object_get(o, keys[i]));
  ck_assert_str_eq(json_string_value(json_object_get(o, "status")), "ok");
  ck_assert(json_is_null(json_object_get(o, "error")));
  ck_assert_int_eq(json_integer_value(json_object_get(o, "schema")), 1);
  json_t *v = json_object_get(json_object_get(o, "result"), "v");
  ck_assert(json_is_real(json_array_get(v, 0)) && json_is_null(json_array_get(v, 1)) &&
            json_is_null(json_array_get(v, 2)));
  ck_assert_str_eq(json_string_value(json_object_get(json_object_get(o, "result"), "n")), "a?");
  ck_assert_str_eq(
      json_string_value(json_object_get(json_array_get(json_object_get(o, "warnings"), 0), "code")), "gap");
  const json_t *time = json_object_get(o, "time_s"), *memory = json_object_get(o, "memory_bytes"),
               *fallbacks = json_object_get(json_object_get(o, "device"), "fallbacks");
  ck_assert_double_eq(json_real_value(json_object_get(time, "load")), 0.5);
  ck_assert(json_is_null(json_object_get(time, "plan")) && json_is_real(json_object_get(time, "run")));
  ck_assert_int_eq(json_integer_value(json_object_get(memory, "device")), 300);
  ck_assert_int_gt(json_integer_value(json_object_get(memory, "host")), 100000);
  ck_assert_uint_eq(json_array_size(fallbacks), 1);
  ck_assert_str_eq(json_string_value(json_object_get(json_array_get(fallbacks, 0), "reason")), "no kernel");
  json_decref(o);
}
END_TEST

START_TEST(failure_prints_the_envelope_too) {
  struct common_options options = { .json = test_path("r.json"), .quiet = true };
  ck_assert_good(report_begin(&report, "prog", NULL, &options, &fault), &fault);
  fault_set(&fault, FAULT_DATA, "the cell \"%s\" is no number", "a\nb");
  fault_at(&fault, "p.csv", 17, 2);
  fault_remedy(&fault, "give --na");
  char line[400];
  fault_line(&fault, "prog", line, sizeof line);
  ck_assert_str_eq(line, "prog: p.csv:17:2: the cell \"a?b\" is no number; give --na");
  report_fault(&report, &fault);
  json_t *o = finished(&options, NULL, 1), *e = json_object_get(o, "error");
  ck_assert_str_eq(json_string_value(json_object_get(o, "status")), "error");
  ck_assert_str_eq(json_string_value(json_object_get(e, "code")), "data");
  ck_assert_int_eq(json_integer_value(json_object_get(e, "line")), 17);
  ck_assert_str_eq(json_string_value(json_object_get(e, "remedy")), "give --na");
  ck_assert(json_is_null(json_object_get(e, "node")));
  json_decref(o);
}
END_TEST

START_TEST(exit_codes_follow_the_first_fault) {
  static const struct {
    enum fault_code code;
    int exit;
  } want[] = {
    { FAULT_USAGE, 2 }, { FAULT_NO_DEVICE, 2 }, { FAULT_CHECK, 3 }, { FAULT_IO, 1 }, { FAULT_DEVICE, 1 }
  };
  for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
    struct common_options options = { .quiet = true };
    ck_assert_good(report_begin(&report, "prog", NULL, &options, &fault), &fault);
    fault_set(&fault, want[i].code, "x");
    report_fault(&report, &fault);
    fault_set(&fault, FAULT_NOMEM, "y");
    report_fault(&report, &fault);
    ck_assert_int_eq(report_finish(&report, NULL), want[i].exit);
  }
  struct common_options options = { .quiet = true };
  ck_assert_good(report_begin(&report, "prog", NULL, &options, &fault), &fault);
  report.partial = true;
  ck_assert_int_eq(report_finish(&report, NULL), 1);
}
END_TEST

START_TEST(log_gets_one_object_a_line) {
  struct common_options options = { .log = test_path("l.jsonl"), .quiet = true };
  for (int run = 0; run < 2; run++) {
    ck_assert_good(report_begin(&report, "prog", NULL, &options, &fault), &fault);
    report_event(&report, json_pack("{s:s, s:i}", "event", "epoch", "epoch", run));
    report_warn(&report, "w", "line\nbreak");
    ck_assert_int_eq(report_finish(&report, NULL), 0);
  }
  FILE *file = fopen(options.log, "r");
  char line[256];
  int lines = 0;
  for (; fgets(line, sizeof line, file); lines++) {
    json_t *o = json_loads(line, 0, NULL);
    ck_assert_ptr_nonnull(o);
    json_decref(o);
  }
  fclose(file);
  ck_assert_int_eq(lines, 4);
}
END_TEST

START_TEST(unwritable_json_is_refused_at_the_start) {
  struct common_options options = { .json = test_path("none/r.json") };
  ck_assert(!report_begin(&report, "prog", NULL, &options, &fault));
  ck_assert_fault(&fault, "cannot write");
  options = (struct common_options){ .quiet = true };
  report.options = &options;
  ck_assert_int_eq(report_finish(&report, NULL), 0);
}
END_TEST

START_TEST(library_errors_keep_their_status) {
  atr_error e = { ATR_E_NO_DEVICE, 0, "no device is named \"x\"" };
  fault_from_error(&fault, &e);
  ck_assert_int_eq(fault_exit(fault.code), 2);
  ck_assert_str_eq(fault_name(fault.code), "no_device");
  ck_assert_fault(&fault, "no device is named");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("report");
  TCase *tc = tcase_create("report");
  tcase_add_checked_fixture(tc, test_setup, test_teardown);
  tcase_add_test(tc, envelope_holds_every_key);
  tcase_add_test(tc, failure_prints_the_envelope_too);
  tcase_add_test(tc, exit_codes_follow_the_first_fault);
  tcase_add_test(tc, log_gets_one_object_a_line);
  tcase_add_test(tc, unwritable_json_is_refused_at_the_start);
  tcase_add_test(tc, library_errors_keep_their_status);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}
