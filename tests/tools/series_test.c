/* series_test.c: series from small files by hand, transforms and their inverses, and the published files
 * under $ATROUS_TEST_DATA/timeseries with their quirks. */
#include <math.h>

#include "common/series.h"
#include "tools_test.h"

static struct series s;
static struct fault fault;

static bool read_text(const char *text, struct series_options options) {
  if (!options.column) options.column = "v";
  return series_read(test_text("s.csv", text), &options, &s, &fault);
}

static const char *date_at(size_t i) {
  static char text[24];
  series_date(&s, i, text, sizeof text);
  return text;
}

START_TEST(series_sorts_descending_rows_and_steps_on) {
  ck_assert_good(read_text("date,v,w\n2024-01-05,3,30\n2024-01-04,2,20\n2024-01-03,1,10\n",
                           (struct series_options){ .with = "w" }),
                 &fault);
  ck_assert_uint_eq(s.n, 3);
  ck_assert_uint_eq(s.columns, 2);
  ck_assert(series_column(&s, 0)[0] == 1 && series_column(&s, 1)[2] == 30);
  ck_assert_int_eq(s.note_count, 0);
  ck_assert_str_eq(date_at(0), "2024-01-03");
  ck_assert_str_eq(date_at(4), "2024-01-07");
  series_destroy(&s);
}
END_TEST

START_TEST(series_reads_decimal_commas_and_thousands) {
  ck_assert_good(read_text("date;v\n01.02.2024;1.234,5\n02.02.2024;1.000\n", (struct series_options){ 0 }),
                 &fault);
  ck_assert_double_eq(s.values[0], 1234.5);
  ck_assert_double_eq(s.values[1], 1000);
  series_destroy(&s);
  ck_assert_good(
      read_text("date,v\n2024-02-01,\"1,234\"\n2024-02-02,\"2,000\"\n", (struct series_options){ 0 }),
      &fault);
  ck_assert_double_eq(s.values[0], 1234);
  series_destroy(&s);
  ck_assert(!read_text("date;v\n2024-02-01;1,234\n2024-02-02;5\n", (struct series_options){ 0 }));
  ck_assert_fault(&fault,
                  "s.csv:2:2: nothing tells whether the comma of \"1,234\" is decimal; give --decimal comma");
  ck_assert_good(read_text("date;v\n2024-02-01;1,234\n2024-02-02;5\n",
                           (struct series_options){ .decimal = DECIMAL_COMMA }),
                 &fault);
  ck_assert_double_eq(s.values[0], 1.234);
  series_destroy(&s);
}
END_TEST

static const char gappy[] =
    "date,v,w\n2024-01-01,,1\n2024-01-02,10,NA\n2024-01-03,n/a,3\n2024-01-05,16,\n2024-01-06,?,6\n";
START_TEST(series_fills_as_asked) {
  ck_assert_good(read_text(gappy, (struct series_options){ 0 }), &fault);
  ck_assert_uint_eq(s.n, 2);
  ck_assert_uint_eq(s.dropped, 3);
  ck_assert_int_eq(s.note_count, 2); /* dropped rows, a missing date */
  series_destroy(&s);
  ck_assert_good(read_text(gappy, (struct series_options){ .fill = FILL_LAST }), &fault);
  ck_assert_uint_eq(s.n, 4); /* 2 … 5 January: the 4th was put in, first and last have no value to know */
  ck_assert_uint_eq(s.filled, 2);
  ck_assert(s.values[0] == 10 && s.values[1] == 10 && s.values[2] == 10 && s.values[3] == 16);
  series_destroy(&s);
  ck_assert_good(read_text(gappy, (struct series_options){ .fill = FILL_LINEAR }), &fault);
  ck_assert(s.values[0] == 10 && s.values[1] == 12 && s.values[2] == 14 && s.values[3] == 16);
  ck_assert_str_eq(s.notes[s.note_count - 1].code, "look_ahead");
  series_destroy(&s);
  ck_assert_good(read_text("date,v\n2024-01-01,5\n2024-01-02,-999\n2024-01-03,7\n",
                           (struct series_options){ .na = "-999,x", .fill = FILL_LAST }),
                 &fault);
  ck_assert(s.n == 3 && s.values[1] == 5);
  series_destroy(&s);
}
END_TEST

START_TEST(series_of_business_days_has_no_gaps_at_holidays) {
  ck_assert_good(
      read_text(
          "date,v\n2024-03-27,1\n2024-03-28,2\n2024-04-02,3\n2024-04-03,4\n2024-04-04,5\n2024-04-05,6\n",
          (struct series_options){ .fill = FILL_LAST }),
      &fault);
  ck_assert_uint_eq(s.n, 6);
  ck_assert_int_eq(s.freq.unit, FREQ_BDAY);
  ck_assert_str_eq(date_at(6), "2024-04-08");
  series_destroy(&s);
}
END_TEST

START_TEST(series_without_dates_counts_rows) {
  ck_assert_good(read_text("3\n1\n2\n", (struct series_options){ .column = "1" }), &fault);
  ck_assert_ptr_null(s.dates);
  ck_assert_uint_eq(s.n, 3);
  ck_assert_str_eq(date_at(3), "4");
  series_destroy(&s);
}
END_TEST

static const struct {
  const char *text, *words;
  struct series_options options;
  int exit;
} wrong[] = {
  { "date,v\n2024-01-01,1\n2024-01-02,abc\n",
    "s.csv:3:2: \"abc\" in the column \"v\" is no number; give --na",
    { 0 },
    1 },
  { "date,v\n2024-01-01,1\n2024-01-02,inf\n", "s.csv:3:2: \"inf\"", { 0 }, 1 },
  { "date,v\n2024-01-01,1\n", "1 row with values in \"v\" is too few", { 0 }, 1 },
  { "date,v\n2024-01-01,\n2024-01-02,NA\n", "0 rows with values", { 0 }, 1 },
  { "date,x\n2024-01-01,1\n", "there is no column \"v\"; it has date, x", { 0 }, 2 },
  { "date,v\n2024-01-01,1\n", "--column is missing; the file has date, v", { .column = "" }, 2 },
  { "date,v\n2024-01-01,1\n2024-01-01,2\n",
    "s.csv:3:1: two rows have the date 2024-01-01 (the other in line 2)",
    { 0 },
    1 },
  { "date,land,v\n2024-01-01,FR,1\n2024-01-01,DE,2\n",
    "choose one series, for instance --where \"land=FR\"",
    { 0 },
    1 },
  { "date,land,v\n2024-01-01,FR,1\n2024-01-02,DE,2\n",
    "no row has land=XX; \"land\" holds FR, DE",
    { .where = { { "land=XX" }, 1 } },
    1 },
  { "date,v\n2024-01-01,1\n", "--where must be COLUMN=VALUE", { .where = { { "land" }, 1 } }, 2 },
  { "date,v\n2024-01-01,1\n2024-01-02,2\n", "the column \"v\" is asked for twice", { .with = "v" }, 2 },
  { "date,v\n2024-01-01,1\n2024-01-02,2\n", "--sep must be one character or tab", { .separator = "::" }, 2 },
  { "date;v\n2024-01-01;1.5\n2024-01-02;2,5\n",
    "with a decimal point and, as \"2,5\", with a comma",
    { 0 },
    1 },
  { "date,v\nMonday,1\nTuesday,2\n", "s.csv:2:1: \"Monday\" is no date", { 0 }, 1 },
  { "date,v\n2024-01-01,1\n2024-01-02,5\n2024-01-07,1\n2024-02-09,1\n2024-02-20,3\n",
    "no regular frequency",
    { 0 },
    1 },
};
START_TEST(series_refuses_what_would_silently_be_wrong) {
  ck_assert(!read_text(wrong[_i].text, wrong[_i].options));
  ck_assert_fault(&fault, wrong[_i].words);
  ck_assert_int_eq(fault_exit(fault.code), wrong[_i].exit);
}
END_TEST

START_TEST(transform_of_the_worked_prices) {
  /* Prices 100, 101, 99, 102: log-returns 0.00995, -0.0200, 0.02985. */
  const double x[] = { 100, 101, 99, 102 };
  struct transform t;
  double z[4], back[3];
  size_t bad;
  ck_assert_good(transform_fit(&t, TRANSFORM_RETURN, "v", x, 4, &fault), &fault);
  ck_assert_double_eq_tol(t.centre, log(102.0 / 100) / 3, 1e-15);
  ck_assert(transform_apply(&t, x, 4, z, &bad));
  ck_assert_double_eq_tol(z[1] * t.scale + t.centre, 0.00995033, 1e-8);
  ck_assert_double_eq_tol(z[2] * t.scale + t.centre, -0.0200007, 1e-7);
  ck_assert_double_eq_tol(z[3] * t.scale + t.centre, 0.02985296, 1e-8);
  transform_invert(&t, x[0], z + 1, 3, back);
  for (int i = 0; i < 3; i++) ck_assert_double_eq_tol(back[i], x[i + 1], 1e-11);
}
END_TEST

START_TEST(transforms_invert_exactly_and_see_the_training_part_only) {
  enum { N = 200, TRAIN = 120 };
  double x[N], z[N];
  size_t bad;
  for (int i = 0; i < N; i++) x[i] = 50 + 0.3 * i + 4 * sin(0.7 * i);
  for (int kind = TRANSFORM_RETURN; kind <= TRANSFORM_NONE; kind++) {
    struct transform t, again;
    ck_assert_good(transform_fit(&t, (enum transform_kind)kind, "v", x, TRAIN, &fault), &fault);
    ck_assert(transform_apply(&t, x, N, z, &bad));
    for (int i = 1; i < N; i++)
      ck_assert_double_eq_tol(transform_step(&t, x[i - 1], z[i]), x[i], 1e-12 * x[i]);
    double keep = x[TRAIN];
    x[TRAIN] = 1e9;
    ck_assert_good(transform_fit(&again, (enum transform_kind)kind, "v", x, TRAIN, &fault), &fault);
    x[TRAIN] = keep;
    ck_assert(t.kind == again.kind && t.centre == again.centre && t.scale == again.scale);
    ck_assert_int_eq(transform_of(transform_name(t.kind)), kind);
  }
}
END_TEST

START_TEST(transform_is_chosen_by_what_the_column_does) {
  enum { N = 300 };
  double rising[N], crossing[N], stays[N], flat[N];
  for (int i = 0; i < N; i++) {
    rising[i] = 100 * exp(0.01 * i);
    crossing[i] = 0.1 * i - 10;
    stays[i] = 5 + (i * 7919 % 101) / 100.0;
    flat[i] = 7;
  }
  ck_assert_int_eq(transform_choose(rising, N), TRANSFORM_RETURN);
  ck_assert_int_eq(transform_choose(crossing, N), TRANSFORM_DIFFERENCE);
  ck_assert_int_eq(transform_choose(stays, N), TRANSFORM_ZSCORE);
  ck_assert_int_eq(transform_choose(flat, N), TRANSFORM_ZSCORE);
  struct transform t;
  ck_assert_good(transform_fit(&t, TRANSFORM_ZSCORE, "v", flat, N, &fault), &fault);
  ck_assert(t.scale == 1 && t.centre == 7);
  ck_assert(!transform_fit(&t, TRANSFORM_RETURN, "v", crossing, N, &fault));
  ck_assert_fault(&fault, "returns need positive values, and \"v\" holds -10; give --transform difference");
}
END_TEST

/* The published files. */
static const struct {
  const char *file, *column, *with, *where, *first, *last, *next, *freq, *transform;
  size_t n, dropped;
  int fill;
} files[] = {
  { "datasets-org/brent-daily.csv", "Price", NULL, NULL, "1987-05-20", "2026-08-18", "2026-08-19", "bday",
    "return", 9958, 0, 0 },
  { "datasets-org/gold-monthly.csv", "Price", NULL, NULL, "1833-01", "2026-06", "2026-07", "month", "return",
    2322, 0, 0 },
  { "datasets-org/sp500-shiller-monthly.csv", "SP500", "Long Interest Rate", NULL, "1871-01-01", "2026-06-01",
    "2026-07-01", "month", "return", 1866, 0, 0 },
  { "datasets-org/exchange-rates-monthly.csv", "Exchange rate", NULL, "Country=Japan", "1971-01-01",
    "2026-06-01", "2026-07-01", "month", "return", 666, 0, 0 },
  { "statsmodels/co2.csv", "co2", NULL, NULL, "1958-03-29", "2001-12-29", "2002-01-05", "week", "return",
    2225, 59, 0 },
  { "statsmodels/co2.csv", "co2", NULL, NULL, "1958-03-29", "2001-12-29", "2002-01-05", "week", "return",
    2284, 0, FILL_LINEAR },
  { "statsmodels/nile.csv", "volume", NULL, NULL, "1871", "1970", "1971", "year", "zscore", 100, 0, 0 },
  { "statsmodels/sunspots.csv", "SUNACTIVITY", NULL, NULL, "1700", "2008", "2009", "year", "zscore", 309, 0,
    0 },
  { "statsmodels/elnino.csv", "JAN", "FEB", NULL, "1950", "2010", "2011", "year", "zscore", 61, 0, 0 },
  { "statsmodels/macrodata.csv", "realgdp", "infl,unemp", NULL, "1959-01-01", "2009-07-01", "2009-10-01",
    "quarter", "return", 203, 0, 0 },
  { "vega/seattle-weather.csv", "temp_max", "wind", NULL, "2012-01-01", "2015-12-31", "2016-01-01", "day",
    "zscore", 1461, 0, 0 },
  { "vega/co2-concentration.csv", "CO2", NULL, NULL, "1958-03-01", "2020-04-01", "2020-05-01", "month",
    "return", 741, 0, 0 },
  { "vega/global-temp.csv", "temp", NULL, NULL, "1880", "2023", "2024", "year", "difference", 144, 0, 0 },
  { "us-weather/KNYC.csv", "actual_mean_temp", "actual_precipitation", NULL, "2014-07-01", "2015-06-30",
    "2015-07-01", "day", NULL, 365, 0, 0 },
};
START_TEST(published_files_read_with_their_quirks) {
  const char *data = test_data();
  if (!data) return;
  char path[512], freq[40];
  snprintf(path, sizeof path, "%s/timeseries/%s", data, files[_i].file);
  struct series_options o = { .column = files[_i].column, .with = files[_i].with, .fill = files[_i].fill };
  if (files[_i].where) o.where.item[o.where.count++] = files[_i].where;
  ck_assert_good(series_read(path, &o, &s, &fault), &fault);
  ck_assert_str_eq(date_at(0), files[_i].first);
  ck_assert_str_eq(date_at(s.n - 1), files[_i].last);
  ck_assert_str_eq(date_at(s.n), files[_i].next);
  frequency_text(&s.freq, freq, sizeof freq);
  ck_assert_str_eq(freq, files[_i].freq);
  ck_assert_uint_eq(s.dropped, files[_i].dropped);
  ck_assert_uint_eq(s.n, files[_i].n);
  if (files[_i].transform)
    ck_assert_msg(!strcmp(transform_name(transform_choose(s.values, s.n)), files[_i].transform), "%s: %s",
                  files[_i].file, transform_name(transform_choose(s.values, s.n)));
  json_t *json = series_json(&s, NULL);
  ck_assert_uint_eq(json_object_size(json), 9);
  json_decref(json);
  series_destroy(&s);
}
END_TEST

START_TEST(long_format_is_refused_with_the_remedy) {
  const char *data = test_data();
  if (!data) return;
  char path[512];
  snprintf(path, sizeof path, "%s/timeseries/datasets-org/exchange-rates-monthly.csv", data);
  ck_assert(!series_read(path, &(struct series_options){ .column = "Exchange rate" }, &s, &fault));
  ck_assert_fault(&fault, "--where \"Country=Australia\"");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("series");
  TCase *tc = tcase_create("series");
  tcase_add_checked_fixture(tc, test_setup, test_teardown);
  tcase_add_test(tc, series_sorts_descending_rows_and_steps_on);
  tcase_add_test(tc, series_reads_decimal_commas_and_thousands);
  tcase_add_test(tc, series_fills_as_asked);
  tcase_add_test(tc, series_of_business_days_has_no_gaps_at_holidays);
  tcase_add_test(tc, series_without_dates_counts_rows);
  tcase_add_loop_test(tc, series_refuses_what_would_silently_be_wrong, 0, sizeof wrong / sizeof *wrong);
  tcase_add_test(tc, transform_of_the_worked_prices);
  tcase_add_test(tc, transforms_invert_exactly_and_see_the_training_part_only);
  tcase_add_test(tc, transform_is_chosen_by_what_the_column_does);
  tcase_add_loop_test(tc, published_files_read_with_their_quirks, 0, sizeof files / sizeof *files);
  tcase_add_test(tc, long_format_is_refused_with_the_remedy);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}
