/* date_test.c: the calendar against the C library's, forms of dates by hand, frequencies and steps. */
#include <math.h>
#include <time.h>

#include "common/date.h"
#include "tools_test.h"

static struct fault fault;

START_TEST(calendar_agrees_with_the_c_library) {
  for (int64_t day = -700000; day < 2900000; day += 37) {
    time_t seconds = (time_t)(day * 86400);
    struct tm t;
    int64_t y;
    int m, d;
    gmtime_r(&seconds, &t);
    date_civil(day, &y, &m, &d);
    ck_assert_int_eq(y, t.tm_year + 1900);
    ck_assert_int_eq(m, t.tm_mon + 1);
    ck_assert_int_eq(d, t.tm_mday);
    ck_assert_int_eq(date_days(y, m, d), day);
    ck_assert_int_eq(date_weekday(day), (t.tm_wday + 6) % 7);
  }
}
END_TEST

/* What a text reads as, in ISO form; NULL: refused. */
static const struct {
  const char *text, *dmy, *mdy;
} forms[] = {
  { "2024-01-31", "2024-01-31", "2024-01-31" },
  { "2024/1/3", "2024-01-03", "2024-01-03" },
  { "2024.01.31", "2024-01-31", "2024-01-31" },
  { "20240131", "2024-01-31", "2024-01-31" },
  { "31.01.2024", "2024-01-31", "2024-01-31" },
  { "01/02/2024", "2024-02-01", "2024-01-02" },
  { "1-2-2024", "2024-02-01", "2024-01-02" },
  { "01/31/2024", NULL, "2024-01-31" },
  { "31/01/2024", "2024-01-31", NULL },
  { "2024-01", "2024-01", "2024-01" },
  { "01/2024", "2024-01", "2024-01" },
  { "2024", "2024", "2024" },
  { "2024Q2", "2024-04-01", "2024-04-01" },
  { "2024-Q4", "2024-10-01", "2024-10-01" },
  { "Q1 2024", "2024-01-01", "2024-01-01" },
  { "Jan 2000", "2000-01", "2000-01" },
  { "Jan 1 2000", "2000-01-01", "2000-01-01" },
  { "January 1, 2000", "2000-01-01", "2000-01-01" },
  { "Sept. 3, 2000", "2000-09-03", "2000-09-03" },
  { "1-Jan-2000", "2000-01-01", "2000-01-01" },
  { "1 Feb 2000", "2000-02-01", "2000-02-01" },
  { "2000 Feb", "2000-02", "2000-02" },
  { "2024-01-31 13:45", "2024-01-31T13:45", "2024-01-31T13:45" },
  { "2024-01-31T13:45:07Z", "2024-01-31T13:45:07", "2024-01-31T13:45:07" },
  { "2024-01-31 13:45:00.000", "2024-01-31T13:45", "2024-01-31T13:45" },
  { "2024-01-31 23:30:00-05:00", "2024-02-01T04:30", "2024-02-01T04:30" },
  { "1/31/2024 1:45 PM", NULL, "2024-01-31T13:45" },
  { "2024-01-31 24:00", "2024-02-01T00:00", "2024-02-01T00:00" },
  { "1609459200", "2021-01-01T00:00:00", "2021-01-01T00:00:00" },
  { "1609459200000", "2021-01-01T00:00:00", "2021-01-01T00:00:00" },
  { "2024-02-29", "2024-02-29", "2024-02-29" },
  { "2023-02-29", NULL, NULL },
  { "1900-02-29", NULL, NULL },
  { "2024-13-01", NULL, NULL },
  { "2024-00-10", NULL, NULL },
  { "20241301", NULL, NULL },
  { "31.01.24", NULL, NULL },
  { "2024-01-31x", NULL, NULL },
  { "2024-01-31 25:00", NULL, NULL },
  { "2024Q5", NULL, NULL },
  { "Foo 2000", NULL, NULL },
  { "0000-01-01", NULL, NULL },
  { "", NULL, NULL },
  { "-5", NULL, NULL },
  { "123456", NULL, NULL },
};

static void check_form(const char *text, enum date_order order, const char *want) {
  struct date_value value;
  char got[24];
  bool ok = date_parse(text, order, &value);
  ck_assert_msg(ok == (want != NULL), "%s: %d", text, ok);
  if (!ok) return;
  date_format(value.seconds, value.precision, got, sizeof got);
  ck_assert_str_eq(got, want);
}

START_TEST(dates_are_read_as_written) {
  check_form(forms[_i].text, DATE_ORDER_DMY, forms[_i].dmy);
  check_form(forms[_i].text, DATE_ORDER_MDY, forms[_i].mdy);
}
END_TEST

START_TEST(order_of_day_and_month_is_the_columns) {
  int64_t dates[3];
  enum frequency_unit precision;
  char text[24];
  const char *mdy[] = { "01/02/2024", "01/31/2024", "02/01/2024" },
             *open[] = { "01/02/2024", "02/02/2024", "03/02/2024" },
             *mixed[] = { "13/02/2024", "02/02/2024", "02/13/2024" },
             *same[] = { "01/01/2024", "02/02/2024", "03/03/2024" };
  ck_assert_good(date_parse_column(mdy, 3, DATE_ORDER_AUTO, "f", NULL, 1, dates, &precision, &fault), &fault);
  date_format(dates[0], precision, text, sizeof text);
  ck_assert_str_eq(text, "2024-01-02");
  ck_assert_good(date_parse_column(same, 3, DATE_ORDER_AUTO, "f", NULL, 1, dates, &precision, &fault),
                 &fault);
  ck_assert(!date_parse_column(open, 3, DATE_ORDER_AUTO, "f", NULL, 1, dates, &precision, &fault));
  ck_assert_fault(&fault,
                  "nothing tells whether \"01/02/2024\" has the day or the month first; give --date-order");
  ck_assert_good(date_parse_column(open, 3, DATE_ORDER_DMY, "f", NULL, 1, dates, &precision, &fault), &fault);
  ck_assert(!date_parse_column(mixed, 3, DATE_ORDER_AUTO, "f", NULL, 1, dates, &precision, &fault));
  ck_assert_fault(&fault, "dates are written in two orders");
  const char *bad[] = { "2024-01-01", "yesterday" };
  int64_t lines[] = { 2, 3 };
  ck_assert(!date_parse_column(bad, 2, DATE_ORDER_AUTO, "f", lines, 4, dates, &precision, &fault));
  ck_assert_fault(&fault, "f:3:4: \"yesterday\" is no date");
}
END_TEST

/* Makes dates by stepping, finds the frequency again, and steps on to what was known. */
static const struct {
  const char *start, *name, *after3;
  enum frequency_unit unit;
  int every, anchor;
} steps[] = {
  { "2024-01-01 00:00", "minute", "2024-01-01 00:03", FREQ_MINUTE, 1, 0 },
  { "2024-01-01 00:00", "15 minute", "2024-01-01 00:45", FREQ_MINUTE, 15, 0 },
  { "2024-01-01 22:00", "hour", "2024-01-02 01:00", FREQ_HOUR, 1, 0 },
  { "2024-02-27", "day", "2024-03-01", FREQ_DAY, 1, 0 },
  { "2024-02-29", "bday", "2024-03-05", FREQ_BDAY, 1, 0 },
  { "2024-01-05", "week", "2024-01-26", FREQ_WEEK, 1, 0 },
  { "2024-01-31", "month", "2024-04-30", FREQ_MONTH, 1, 31 },
  { "2023-12-30", "month", "2024-03-30", FREQ_MONTH, 1, 30 },
  { "2024-01", "month", "2024-04", FREQ_MONTH, 1, 1 },
  { "2023Q3", "quarter", "2024Q2", FREQ_QUARTER, 1, 1 },
  { "2024-02-29", "year", "2027-02-28", FREQ_YEAR, 1, 29 },
  { "2024", "year", "2027", FREQ_YEAR, 1, 1 },
};
START_TEST(frequency_is_found_and_stepped) {
  enum { N = 40 };
  struct date_value start, after;
  struct frequency f = { steps[_i].unit, steps[_i].every, steps[_i].anchor }, found;
  int64_t dates[N];
  char text[40];
  ck_assert(date_parse(steps[_i].start, DATE_ORDER_DMY, &start) &&
            date_parse(steps[_i].after3, DATE_ORDER_DMY, &after));
  ck_assert_int_eq(frequency_step(&f, start.seconds, 3), after.seconds);
  for (int i = 0; i < N; i++) dates[i] = frequency_step(&f, start.seconds, i);
  ck_assert_good(frequency_detect(dates, N, start.precision, &found, &fault), &fault);
  frequency_text(&found, text, sizeof text);
  ck_assert_str_eq(text, steps[_i].name);
  ck_assert_int_eq(frequency_step(&found, dates[10], 5), dates[15]);
  ck_assert_int_eq(frequency_step(&found, dates[10], -5), dates[5]);
}
END_TEST

START_TEST(irregular_dates_are_refused) {
  int64_t dates[20];
  struct frequency f;
  for (int i = 0; i < 20; i++) dates[i] = (int64_t)i * i * 86400;
  ck_assert(!frequency_detect(dates, 20, FREQ_DAY, &f, &fault));
  ck_assert_fault(&fault, "no regular frequency");
  ck_assert_fault(&fault, "give --freq");
}
END_TEST

START_TEST(calendar_features_lie_on_the_circle_and_repeat) {
  float a[8], b[8];
  for (int unit = FREQ_SECOND; unit <= FREQ_YEAR; unit++) {
    int n = calendar_count((enum frequency_unit)unit);
    ck_assert_int_eq(n % 2, 0);
    ck_assert(n <= 6);
    ck_assert_ptr_null(calendar_name((enum frequency_unit)unit, n));
    calendar_values((enum frequency_unit)unit, date_days(2024, 5, 17) * 86400 + 3600, a);
    for (int i = 0; i < n; i += 2) ck_assert_double_eq_tol(a[i] * a[i] + a[i + 1] * a[i + 1], 1, 1e-6);
  }
  ck_assert_int_eq(calendar_count(FREQ_YEAR), 0);
  calendar_values(FREQ_DAY, date_days(2024, 5, 17) * 86400, a);
  calendar_values(FREQ_DAY, date_days(2024, 5, 24) * 86400, b);
  ck_assert(a[0] == b[0] && a[1] == b[1] && a[2] != b[2]);
  calendar_values(FREQ_MONTH, date_days(2024, 4, 1) * 86400, a); /* a quarter of the year: sin 1, cos 0 */
  ck_assert_double_eq_tol(a[0], 1, 1e-6);
  ck_assert_str_eq(calendar_name(FREQ_BDAY, 0), "week_sin");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("date");
  TCase *tc = tcase_create("date");
  tcase_add_test(tc, calendar_agrees_with_the_c_library);
  tcase_add_loop_test(tc, dates_are_read_as_written, 0, sizeof forms / sizeof *forms);
  tcase_add_test(tc, order_of_day_and_month_is_the_columns);
  tcase_add_loop_test(tc, frequency_is_found_and_stepped, 0, sizeof steps / sizeof *steps);
  tcase_add_test(tc, irregular_dates_are_refused);
  tcase_add_test(tc, calendar_features_lie_on_the_circle_and_repeat);
  suite_add_tcase(suite, tc);
  return test_run(suite);
}
