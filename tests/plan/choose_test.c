/* choose_test.c: predictions of time by hand, the confidence between devices, the file of ceilings, and
 * models on either side of the passage. */
#include "net.h"

#include <math.h>
#include <sys/stat.h>

#include <atrous/choose.h>

#include "base/alloc.h"
#include "plan/choose.h"

static const atr_ceilings simple = { sizeof simple, 1,         1000000000, 4000000000, 1000000000,
                                     1000,          500000000, 2000,       3000 };

static void near(double got, double want) {
  ck_assert_msg(fabs(got - want) <= 1e-12 + 1e-9 * fabs(want), "%.12g, not %.12g", got, want);
}

START_TEST(prediction_by_hand) {
  /* Two steps. First: 4000 operations at 1e9: 4 us; 800 bytes, all held: 0.2 us; takes 4 us. Second: 500
   * operations: 0.5 us; 4000 bytes, a quarter held: 4000 (0.25 / 4e9 + 0.75 / 1e9) = 3.25 us; takes that. Two
   * launches of 3 us; 2 us and 1000 bytes at 5e8, 2 us, in and out. */
  const atr__load list[] = { { 4000, 800, 0, 1, 0 }, { 500, 4000, 0, 1, 7000 } };
  atr_prediction p = { .p = 0 };
  atr__predict(&simple, list, 2, 1000, ATR__PLACE_PROCESSOR, &p);
  near(p.compute_s, 4.5e-6);
  near(p.memory_s, 3.45e-6);
  near(p.launch_s, 6e-6);
  near(p.transfer_s, 4e-6);
  near(p.predicted_s, 4e-6 + 3.25e-6 + 6e-6 + 4e-6);
  near(p.hit_rate, (800 + 1000) / 4800.0);
  ck_assert_uint_eq(p.flops, 4500);
  ck_assert_uint_eq(p.bytes, 4800);
  ck_assert_uint_eq(p.launches, 2);
  ck_assert_uint_eq(p.transfer_bytes, 1000);
  ck_assert_int_eq(p.measured, 1);
  /* By the host's plain loops the second counts for 7500 operations: 7.5 us. */
  atr__predict(&simple, list, 2, 1000, ATR__PLACE_HOST, &p);
  near(p.compute_s, 11.5e-6);
  near(p.predicted_s, 4e-6 + 7.5e-6 + 6e-6 + 4e-6);
}
END_TEST

START_TEST(prediction_of_a_sequence) {
  /* Ten steps of a sequence read 100 bytes of weights nine times more: 1900 bytes at 4e9. Ten launches on a
   * GPU. */
  const atr__load load = { 100, 1000, 900, 10, 0 };
  atr_prediction p = { .p = 0 };
  atr__predict(&simple, &load, 1, 0, ATR__PLACE_GPU, &p);
  near(p.memory_s, 1900 / 4e9);
  ck_assert_uint_eq(p.launches, 10);
  near(p.launch_s, 30e-6);
  atr__predict(&simple, &load, 1, 0, ATR__PLACE_PROCESSOR, &p);
  ck_assert_uint_eq(p.launches, 1);
}
END_TEST

START_TEST(prediction_of_nothing_is_the_way_in_and_out) {
  atr_prediction p = { .p = 0 };
  atr__predict(&simple, NULL, 0, 0, ATR__PLACE_PROCESSOR, &p);
  near(p.predicted_s, 2e-6);
  near(p.hit_rate, 1);
  atr_ceilings host = simple;
  host.transfer_rate = 0; /* its memory is the caller's */
  atr__predict(&host, NULL, 0, 1 << 20, ATR__PLACE_HOST, &p);
  near(p.predicted_s, 2e-6);
  ck_assert_uint_eq(p.transfer_bytes, 0);
}
END_TEST

START_TEST(confidence_is_logistic_in_the_ratio) {
  atr_prediction two[2] = { { .predicted_s = 2, .device = "slow" }, { .predicted_s = 1, .device = "quick" } };
  atr__rank(two, 2);
  ck_assert_str_eq(two[0].device, "quick");
  near(two[0].p, 1 / (1 + exp(-4 * log(2.0))));
  near(two[1].p, 1 - two[0].p);
  atr_prediction three[3] = { { .predicted_s = 3 }, { .predicted_s = 3 }, { .predicted_s = 3 } };
  atr__rank(three, 3);
  for (int i = 0; i < 3; i++) near(three[i].p, 1 / 3.0);
}
END_TEST

static atr_device_info made_up(const char *name, const char *driver) {
  atr_device_info info = { .size = sizeof info, .usable = 1, .compute_units = 4, .clock_hz = 1000000000 };
  snprintf(info.id, sizeof info.id, "opencl:7.7");
  snprintf(info.name, sizeof info.name, "%s", name);
  snprintf(info.driver, sizeof info.driver, "%s", driver);
  return info;
}

static atr_context_options in_test_folder(void) {
  atr_context_options options = ATR_CONTEXT_OPTIONS_INIT;
  options.cache_dir = test_folder;
  return options;
}

static void write_file(const char *text) {
  FILE *file = fopen(test_path("ceilings.txt"), "w");
  ck_assert_ptr_nonnull(file);
  fputs(text, file);
  fclose(file);
}

START_TEST(ceilings_are_kept_by_device_and_driver) {
  test_folder_make();
  atr_error error = ATR_ERROR_INIT;
  const atr_context_options options = in_test_folder();
  const atr_device_info a = made_up("A\tdevice", "1"), newer = made_up("A\tdevice", "2"),
                        b = made_up("B", "1");
  atr_ceilings got = ATR_CEILINGS_INIT, other = simple;
  must(atr_ceilings_find(&a, &options, &error, &got));
  ck_assert_int_eq(got.measured, 0);
  ck_assert_uint_gt(got.flops, 0);
  other.flops = 77;
  must(atr_ceilings_store(&a, &options, &other, &error));
  must(atr_ceilings_store(&b, &options, &simple, &error));
  must(atr_ceilings_store(&a, &options, &simple, &error)); /* in place of the first */
  must(atr_ceilings_store(&b, &options, &other, &error));
  must(atr_ceilings_find(&a, &options, &error, &got));
  ck_assert_mem_eq(&got, &simple, sizeof got);
  must(atr_ceilings_find(&b, &options, &error, &got));
  ck_assert_uint_eq(got.flops, 77);
  must(atr_ceilings_find(&newer, &options, &error, &got));
  ck_assert_int_eq(got.measured, 0);
  test_folder_remove();
}
END_TEST

START_TEST(ceilings_that_make_no_sense_are_left_out) {
  test_folder_make();
  static const char *const lines[] = { "1\tA\t\t1\t4\t1\t2\t3\t4\t5\t6\n",
                                       "1\tA\t\t1\t4\t1\t2\t3\t4\t5\t6\t7\t8\n",
                                       "1\tA\t\t1\t4\t1\t2\t3\t4\t5\t6\t-7\n",
                                       "1\tA\t\t1\t4\t1\t2\t3\t4\t5\t6\t7",
                                       "1\tA\t\t1\t4\t99999999999999999999\t2\t3\t4\t5\t6\t7\n",
                                       "1\tA\t\t1\t4\t0\t2\t3\t4\t5\t6\t7\n",
                                       "2\tA\t\t1\t4\t1\t2\t3\t4\t5\t6\t7\n",
                                       "\n\n\xff\n",
                                       "" };
  atr_error error = ATR_ERROR_INIT;
  const atr_context_options options = in_test_folder();
  const atr_device_info a = made_up("A", "1");
  for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
    atr_ceilings got = ATR_CEILINGS_INIT;
    write_file(lines[i]);
    must(atr_ceilings_find(&a, &options, &error, &got));
    ck_assert_msg(!got.measured, "%s", lines[i]);
  }
  atr_ceilings got = ATR_CEILINGS_INIT;
  write_file("1\tA\t\t1\t4\t1\t2\t3\t4\t5\t6\t7\n");
  must(atr_ceilings_find(&a, &options, &error, &got));
  ck_assert(got.measured && got.flops == 1 && got.launch_ns == 7);
  ck_assert_int_eq(chmod(test_folder, 0777), 0); /* anyone may have written it */
  must(atr_ceilings_find(&a, &options, &error, &got));
  ck_assert_int_eq(got.measured, 0);
  must_fail(atr_ceilings_store(&a, &options, &simple, &error), ATR_E_IO, test_folder);
  ck_assert_int_eq(chmod(test_folder, 0700), 0);
  got.flops = 0;
  must_fail(atr_ceilings_store(&a, &options, &got, &error), ATR_E_PARAM, "none may be 0");
  got.size = 3;
  must_fail(atr_ceilings_find(&a, &options, &error, &got), ATR_E_PARAM, "size");
  test_folder_remove();
}
END_TEST

/* y = relu(conv(x)), x of [1][channels][side][side]. */
static atr_model *one_conv(int64_t channels, const atr_shape *shape) {
  atr_error error = ATR_ERROR_INIT;
  atr_conv_params conv = ATR_CONV_PARAMS_INIT;
  atr_model *model;
  must(atr_model_create(1, &error, &model));
  conv.out_channels = channels;
  conv.filter[0] = conv.filter[1] = 3;
  conv.pad = ATR_PAD_SAME;
  atr_model_add_output(
      model, "y",
      atr_model_relu(model, atr_model_conv(model, &conv, atr_model_add_input(model, "x", ATR_F32, shape))));
  return model;
}

/* The place of the host among the devices for that. */
static size_t host_at(int64_t channels, int64_t side, size_t *n) {
  atr_error error = ATR_ERROR_INIT;
  const atr_context_options options = in_test_folder();
  const atr_shape shape = { 4, { 1, channels, side, side } };
  atr_prediction list[16];
  atr_model *model = one_conv(channels, &shape);
  must(atr_choose(model, &shape, 1, &options, &error, list, 16, n));
  atr_model_destroy(model);
  double sum = 0;
  size_t at = *n;
  for (size_t i = 0; i < *n; i++) {
    sum += list[i].p;
    ck_assert(!i || list[i].predicted_s >= list[i - 1].predicted_s);
    ck_assert(!i || list[i].p <= list[i - 1].p);
    ck_assert_uint_ge(list[i].flops, (uint64_t)(18 * channels * channels * side * side));
    if (!strcmp(list[i].device, "host")) at = i;
  }
  near(sum, 1);
  ck_assert_uint_lt(at, *n);
  return at;
}

/* What the host is predicted to compute for, of one function of 4096 numbers. */
static double host_computes(const char *function) {
  atr_error error = ATR_ERROR_INIT;
  const atr_context_options options = in_test_folder();
  const atr_shape shape = { 2, { 1, 4096 } };
  atr_prediction list[16];
  atr_model *model;
  size_t n;
  must(atr_model_create(1, &error, &model));
  const atr_value x = atr_model_add_input(model, "x", ATR_F32, &shape);
  atr_model_add_output(model, "y", atr_model_add(model, NULL, function, NULL, &x, 1, NULL, 0, NULL, 1));
  must(atr_choose(model, &shape, 1, &options, &error, list, 16, &n));
  atr_model_destroy(model);
  for (size_t i = 0; i < n; i++)
    if (!strcmp(list[i].device, "host")) return list[i].compute_s;
  return -1;
}

START_TEST(what_the_host_does_one_by_one_counts_for_more) {
  test_folder_make();
  const double quick = host_computes("Relu");
  ck_assert_double_gt(quick, 0);
  near(host_computes("Sigmoid"), quick);
  near(host_computes("HardSwish"), quick);
  near(host_computes("Softmax"), quick);
  near(host_computes("Sin"), 301 * quick);
  test_folder_remove();
}
END_TEST

START_TEST(small_work_stays_on_the_host_and_large_work_leaves_it) {
  test_folder_make();
  size_t n;
  ck_assert_uint_eq(host_at(1, 4, &n), 0);
  const size_t at = host_at(128, 128, &n);
  if (n > 1 && test_opencl()) ck_assert_uint_gt(at, 0);
  test_folder_remove();
}
END_TEST

/* Opens a context for y = relu(conv(x)) of that size; info->id is "" where that fails. */
static void opened_for(const char *device, int64_t channels, int64_t side, unsigned flags,
                       atr_device_info *info) {
  atr_error error = ATR_ERROR_INIT;
  atr_context_options options = in_test_folder();
  options.flags = flags;
  const atr_shape shape = { 4, { 1, channels, side, side } };
  atr_model *model = one_conv(channels, &shape);
  atr_context *context;
  *info = (atr_device_info){ .size = sizeof *info };
  if (!atr_context_open_for(device, model, &shape, 1, &options, &error, &context))
    atr_context_info(context, info);
  atr_context_destroy(context);
  atr_model_destroy(model);
}

START_TEST(a_context_for_a_model_is_on_the_device_that_is_quickest_for_it) {
  test_folder_make();
  atr_device_info info, plain = { .size = sizeof plain };
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  must(atr_context_open("auto", NULL, &error, &context));
  atr_context_info(context, &plain);
  atr_context_destroy(context);
  const int others = strcmp(plain.id, "host") != 0;
  opened_for("auto", 1, 4, 0, &info);
  ck_assert_str_eq(info.id, "host");
  ck_assert_int_eq(info.chosen, !others);
  if (others) ck_assert_msg(strstr(info.why, "predicted") && strstr(info.why, plain.id), "%s", info.why);
  opened_for("auto", 128, 128, 0, &info);
  ck_assert_str_eq(info.id, plain.id);
  ck_assert_int_eq(info.chosen, 1);
  opened_for("host", 128, 128, 0, &info);
  ck_assert_str_eq(info.id, "host");
  opened_for("no such device", 1, 4, 0, &info);
  ck_assert_str_eq(info.id, "");
  if (others) { /* nothing falls back, nothing is chosen */
    opened_for("auto", 1, 4, ATR_STRICT, &info);
    ck_assert_str_eq(info.id, plain.id);
  }
  test_folder_remove();
}
END_TEST

START_TEST(a_context_for_a_model_without_a_plan_is_that_of_auto) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context;
  atr_model *m = net_unet();
  const atr_shape wrong = net_image(1, 5, 24, 24);
  must(atr_context_open_for("auto", m, &wrong, 1, NULL, &error, &context));
  atr_context_destroy(context);
  must_fail(atr_context_open_for("auto", m, &wrong, 1, NULL, &error, NULL), ATR_E_PARAM, "NULL");
  atr_model_destroy(m);
}
END_TEST

START_TEST(choosing_tells_what_it_lacks) {
  atr_error error = ATR_ERROR_INIT;
  size_t n;
  atr_model *m = net_unet();
  const atr_shape wrong = net_image(1, 5, 24, 24), right = net_image(1, 3, 24, 24);
  must_fail(atr_choose(m, &wrong, 1, NULL, &error, NULL, 0, &n), ATR_E_SHAPE, "");
  ck_assert_uint_eq(n, 0);
  must_fail(atr_choose(m, &right, 1, NULL, &error, NULL, 3, &n), ATR_E_PARAM, "NULL");
  must(atr_choose(m, &right, 1, NULL, &error, NULL, 0, &n));
  ck_assert_uint_ge(n, 1);
  atr_model_destroy(m);
}
END_TEST

START_TEST(every_allocation_of_choosing_may_fail) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_chain(2, 1);
  const atr_shape shape = net_image(1, 8, 6, 6);
  atr_prediction list[16];
  size_t n;
  must(atr_choose(m, &shape, 1, NULL, &error, list, 16, &n));
  const int64_t blocks = atr__alloc_live();
  int failures = 0;
  for (int i = 0; i < 600; i++) { /* one that is only for the folder of the file costs nothing */
    atr__alloc_fail(i, 0);
    const atr_status status = atr_choose(m, &shape, 1, NULL, &error, list, 16, &n);
    atr__alloc_fail(-1, 0);
    ck_assert_msg(!status || status == ATR_E_NOMEM, "%s", error.text);
    ck_assert_int_eq(atr__alloc_live(), blocks);
    failures += status != ATR_OK;
  }
  ck_assert_int_gt(failures, 20);
  for (int i = 0; i < 200; i++) { /* one within the choice leaves it to atr_context_open */
    atr_context *context = NULL;
    atr__alloc_fail(i, 0);
    const atr_status status = atr_context_open_for("auto", m, &shape, 1, NULL, &error, &context);
    atr__alloc_fail(-1, 0);
    ck_assert_msg(!status || status == ATR_E_NOMEM, "%s", error.text);
    atr_context_destroy(context);
    ck_assert_int_eq(atr__alloc_live(), blocks);
  }
  atr_model_destroy(m);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { prediction_by_hand,
                                 prediction_of_a_sequence,
                                 prediction_of_nothing_is_the_way_in_and_out,
                                 confidence_is_logistic_in_the_ratio,
                                 ceilings_are_kept_by_device_and_driver,
                                 ceilings_that_make_no_sense_are_left_out,
                                 what_the_host_does_one_by_one_counts_for_more,
                                 small_work_stays_on_the_host_and_large_work_leaves_it,
                                 a_context_for_a_model_is_on_the_device_that_is_quickest_for_it,
                                 a_context_for_a_model_without_a_plan_is_that_of_auto,
                                 choosing_tells_what_it_lacks,
                                 every_allocation_of_choosing_may_fail };
  Suite *suite = test_suite("choose", tests, sizeof tests / sizeof *tests, 300);
  return test_run(suite);
}
