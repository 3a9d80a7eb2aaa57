/* frequency.c: how often a series has a value, stepping to the next dates, and calendar features; declared in
 * date.h. Holidays are not known here: a business day is Monday to Friday. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/date.h"

static const int64_t DAY = 86400;
static const char *const UNITS[] = { "none", "second", "minute", "hour",    "day",
                                     "bday", "week",   "month",  "quarter", "year" };

int frequency_unit_of(const char *name) {
  for (int i = 0; i < (int)(sizeof UNITS / sizeof *UNITS); i++)
    if (!strcmp(name, UNITS[i])) return i;
  return -1;
}

void frequency_text(const struct frequency *f, char *text, size_t size) {
  if (f->every > 1)
    snprintf(text, size, "%d %s", f->every, UNITS[f->unit]);
  else
    snprintf(text, size, "%s", UNITS[f->unit]);
}

static int64_t day_of(int64_t date) {
  return date / DAY - (date % DAY < 0);
}

/* Months since year 0, and the day of the month. */
static int64_t month_of(int64_t date, int *day) {
  int64_t y;
  int m;
  date_civil(day_of(date), &y, &m, day);
  return 12 * y + m - 1;
}

static bool last_of_month(int64_t date) {
  int day, next;
  return month_of(date, &day) != month_of(date + DAY, &next);
}

/* Business days from Monday 1970-01-05 on; a weekend counts as the Friday before it. */
static int64_t business_index(int64_t days) {
  int64_t since = days - 4, week = since / 7 - (since % 7 < 0), weekday = since - 7 * week;
  return 5 * week + (weekday < 5 ? weekday : 4);
}

static int64_t business_day(int64_t index) {
  int64_t week = index / 5 - (index % 5 < 0);
  return 4 + 7 * week + (index - 5 * week);
}

int64_t frequency_step(const struct frequency *f, int64_t date, int64_t steps) {
  static const int64_t seconds[] = { 1, 1, 60, 3600, 86400, 0, 7 * 86400 };
  int64_t k = steps * f->every;
  if (f->unit == FREQ_BDAY) {
    int64_t days = day_of(date);
    return business_day(business_index(days) + k) * DAY + (date - days * DAY);
  }
  if (f->unit <= FREQ_WEEK) return date + k * seconds[f->unit];
  int day;
  int64_t month = month_of(date, &day) + k * (f->unit == FREQ_MONTH ? 1 : f->unit == FREQ_QUARTER ? 3 : 12);
  int64_t year = month / 12;
  int m = (int)(month % 12) + 1, most = date_days_in_month(year, m), want = f->anchor ? f->anchor : day;
  return date_days(year, m, want < most ? want : most) * DAY + (date - day_of(date) * DAY);
}

/* The day of the month that all dates aim at: 31 where all are month ends, the largest day where shorter
 * months only cut it off, 0 where there is no such day. */
static int month_anchor(const int64_t *dates, size_t n) {
  int largest = 0, day;
  bool ends = true;
  for (size_t i = 0; i < n; i++) {
    month_of(dates[i], &day);
    if (day > largest) largest = day;
    if (!last_of_month(dates[i])) ends = false;
  }
  if (ends && n) return 31;
  for (size_t i = 0; i < n; i++) {
    month_of(dates[i], &day);
    if (day != largest && !(day < largest && last_of_month(dates[i]))) return 0;
  }
  return largest;
}

struct frequency frequency_of(enum frequency_unit unit, const int64_t *dates, size_t n) {
  struct frequency f = { unit, 1, 0 };
  if (unit >= FREQ_MONTH) f.anchor = month_anchor(dates, n);
  return f;
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

/* The most frequent of `n` numbers (sorted in place) and how often it occurs; the smallest among equals. */
static int64_t mode(int64_t *values, size_t n, size_t *times) {
  int64_t best = 0;
  *times = 0;
  qsort(values, n, sizeof *values, ascending);
  for (size_t i = 0, j; i < n; i = j) {
    for (j = i; j < n && values[j] == values[i]; j++) {
    }
    if (j - i > *times) *times = j - i, best = values[i];
  }
  return best;
}

static struct frequency months(int64_t count, int anchor) {
  struct frequency f = { FREQ_MONTH, (int)count, anchor };
  if (count % 12 == 0)
    f.unit = FREQ_YEAR, f.every = (int)(count / 12);
  else if (count % 3 == 0)
    f.unit = FREQ_QUARTER, f.every = (int)(count / 3);
  return f;
}

bool frequency_detect(const int64_t *dates, size_t n, enum frequency_unit precision, struct frequency *f,
                      struct fault *fault) {
  *f = frequency_of(precision, dates, n);
  if (n < 2) return true;
  size_t gaps = n - 1, times = 0, weekend = 0;
  bool whole_days = true, months_differ = true;
  int day, other;
  int64_t *gap = malloc(gaps * sizeof *gap);
  if (!gap) return fault_nomem(fault, gaps * sizeof *gap);
  for (size_t i = 0; i < n; i++) {
    if (dates[i] % DAY) whole_days = false;
    if (date_weekday(day_of(dates[i])) >= 5) weekend++;
    if (i && month_of(dates[i], &day) == month_of(dates[i - 1], &other)) months_differ = false;
  }
  if (whole_days && months_differ && dates[n - 1] - dates[0] >= 25 * DAY * (int64_t)gaps) {
    /* One date a month at most. The same day each time, or days that wander with the weekends: month steps.
     * Weeks cannot come here unless every month but one date is missing. */
    for (size_t i = 0; i < gaps; i++) gap[i] = month_of(dates[i + 1], &day) - month_of(dates[i], &other);
    int64_t step = mode(gap, gaps, &times);
    *f = months(step, month_anchor(dates, n));
  } else if (whole_days) {
    for (size_t i = 0; i < gaps; i++) gap[i] = (dates[i + 1] - dates[i]) / DAY;
    int64_t step = mode(gap, gaps, &times);
    f->anchor = 0;
    f->unit = step % 7 ? FREQ_DAY : FREQ_WEEK;
    f->every = (int)(step % 7 ? step : step / 7);
    /* A few entries on Saturdays do not make a market open at weekends. */
    if (step == 1 && weekend * 200 <= n && dates[n - 1] - dates[0] >= 7 * DAY) {
      f->unit = FREQ_BDAY;
      times = 0;
      for (size_t i = 0; i < gaps; i++)
        times += business_index(day_of(dates[i + 1])) - business_index(day_of(dates[i])) == 1;
    }
  } else {
    for (size_t i = 0; i < gaps; i++) gap[i] = dates[i + 1] - dates[i];
    int64_t step = mode(gap, gaps, &times);
    f->anchor = 0;
    f->unit = step % DAY == 0    ? FREQ_DAY
              : step % 3600 == 0 ? FREQ_HOUR
              : step % 60 == 0   ? FREQ_MINUTE
                                 : FREQ_SECOND;
    int64_t unit = f->unit == FREQ_DAY ? DAY : f->unit == FREQ_HOUR ? 3600 : f->unit == FREQ_MINUTE ? 60 : 1;
    f->every = (int)(step / unit);
  }
  free(gap);
  if (times * 2 >= gaps) return true;
  char a[24], text[40];
  date_format(dates[0], precision, a, sizeof a);
  frequency_text(f, text, sizeof text);
  fault_set(fault, FAULT_DATA,
            "the dates from %s on have no regular frequency: only %zu of %zu steps are one %s", a, times,
            gaps, text);
  return fault_remedy(fault, "give --freq");
}

/* ---- calendar features ---- */

enum cycle { OF_DAY, OF_WEEK, OF_BUSINESS_WEEK, OF_YEAR };

static int cycles(enum frequency_unit unit, enum cycle *list) {
  int n = 0;
  if (unit >= FREQ_SECOND && unit <= FREQ_HOUR) list[n++] = OF_DAY;
  if (unit >= FREQ_SECOND && unit <= FREQ_DAY) list[n++] = OF_WEEK;
  if (unit == FREQ_BDAY) list[n++] = OF_BUSINESS_WEEK;
  if (unit >= FREQ_SECOND && unit <= FREQ_QUARTER) list[n++] = OF_YEAR;
  return n;
}

int calendar_count(enum frequency_unit unit) {
  enum cycle list[4];
  return 2 * cycles(unit, list);
}

const char *calendar_name(enum frequency_unit unit, int i) {
  static const char *const names[][2] = { { "day_sin", "day_cos" },
                                          { "week_sin", "week_cos" },
                                          { "week_sin", "week_cos" },
                                          { "year_sin", "year_cos" } };
  enum cycle list[4];
  int n = cycles(unit, list);
  return i >= 0 && i < 2 * n ? names[list[i / 2]][i % 2] : NULL;
}

void calendar_values(enum frequency_unit unit, int64_t date, float *values) {
  enum cycle list[4];
  int64_t days = day_of(date), y;
  int m, d, n = cycles(unit, list);
  double of_day = (double)(date - days * DAY) / (double)DAY, place = 0;
  date_civil(days, &y, &m, &d);
  for (int i = 0; i < n; i++) {
    switch (list[i]) {
    case OF_DAY: place = of_day; break;
    case OF_WEEK: place = (date_weekday(days) + of_day) / 7; break;
    case OF_BUSINESS_WEEK: place = date_weekday(days) / 5.0; break;
    case OF_YEAR: {
      /* Months and quarters are places of their own: January is always 0, whatever the day. */
      int64_t first = date_days(y, 1, 1), next = date_days(y + 1, 1, 1);
      place =
          unit >= FREQ_MONTH ? (m - 1) / 12.0 : ((double)(days - first) + of_day) / (double)(next - first);
      break;
    }
    }
    double angle = 6.283185307179586477 * place;
    values[2 * i] = (float)sin(angle);
    values[2 * i + 1] = (float)cos(angle);
  }
}
