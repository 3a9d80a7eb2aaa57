/* date.c: parsing of dates and calendar arithmetic; see date.h. Steps between dates are in frequency.c. */
#include "common/date.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const int DAY_SECONDS = 86400;

/* Days before the year's first of March, counted from 0000-03-01, are 365 a year and one per leap year: the
 * leap day is then the last of its "year", and months follow the pattern 31 30 31 30 31. */
int64_t date_days(int64_t year, int month, int day) {
  int64_t y = year - (month <= 2);
  int m = month > 2 ? month - 3 : month + 9;
  return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

void date_civil(int64_t days, int64_t *year, int *month, int *day) {
  /* A first guess from the mean length of a year, put right by comparison. */
  int64_t y = 1970 + days * 400 / 146097;
  while (date_days(y, 1, 1) > days) y--;
  while (date_days(y + 1, 1, 1) <= days) y++;
  int m = 12;
  while (date_days(y, m, 1) > days) m--;
  *year = y;
  *month = m;
  *day = (int)(days - date_days(y, m, 1)) + 1;
}

int date_days_in_month(int64_t year, int month) {
  static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap);
}

int date_weekday(int64_t days) {
  return (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* ---- reading one date ---- */

struct cursor {
  const char *at;
};

/* Reads 1 to `most` digits; returns how many, the number in *value. */
static int digits(struct cursor *c, int most, int64_t *value) {
  int n = 0;
  *value = 0;
  while (n < most && isdigit((unsigned char)c->at[n])) *value = *value * 10 + (c->at[n++] - '0');
  c->at += n;
  return n;
}

static void spaces(struct cursor *c) {
  while (*c->at == ' ' || *c->at == '\t') c->at++;
}

static bool take(struct cursor *c, char ch) {
  if (*c->at != ch) return false;
  c->at++;
  return true;
}

/* An English month, at least three letters of it, perhaps with a full stop; 0 for none. */
static int month_name(struct cursor *c) {
  static const char *const names[] = {
    "january", "february", "march",     "april",   "may",      "june",
    "july",    "august",   "september", "october", "november", "december"
  };
  size_t n = 0;
  while (isalpha((unsigned char)c->at[n])) n++;
  for (int i = 0; i < 12; i++) {
    if (n < 3 || n > strlen(names[i])) continue;
    size_t k = 0;
    while (k < n && tolower((unsigned char)c->at[k]) == names[i][k]) k++;
    if (k < n) continue;
    c->at += n;
    take(c, '.');
    return i + 1;
  }
  return 0;
}

struct day {
  int64_t y, m, d;
  enum frequency_unit precision;
  bool open; /* m and d could change places */
};

/* "2024-01-31", "2024/1", "2024Q1", "2024-Q1", "2024 1 31" are not distinguished by their separator; y is
 * read. */
static bool after_year(struct cursor *c, struct day *day) {
  struct cursor save = *c;
  bool spaced = *c->at == ' ' || *c->at == '-';
  if (spaced) c->at++;
  if (*c->at == 'Q' || *c->at == 'q') {
    int64_t q;
    c->at++;
    if (digits(c, 1, &q) != 1 || q < 1 || q > 4) return false;
    day->m = 3 * q - 2, day->d = 1, day->precision = FREQ_QUARTER;
    return true;
  }
  int named = spaced ? month_name(c) : 0;
  if (named) {
    day->m = named, day->d = 1, day->precision = FREQ_MONTH;
    return true;
  }
  *c = save;
  char sep = *c->at;
  if (sep != '-' && sep != '/' && sep != '.') {
    day->m = day->d = 1, day->precision = FREQ_YEAR;
    return true;
  }
  c->at++;
  if (!digits(c, 2, &day->m)) return false;
  if (*c->at != sep) {
    day->d = 1, day->precision = FREQ_MONTH;
    return true;
  }
  c->at++;
  day->precision = FREQ_DAY;
  return digits(c, 2, &day->d) > 0;
}

/* "31.01.2024", "01/31/2024", "1-Jan-2000", "1 Jan 2000", "01/2024"; `first` is read. */
static bool after_small(struct cursor *c, int64_t first, enum date_order order, struct day *day) {
  char sep = *c->at;
  if (sep != '-' && sep != '/' && sep != '.' && sep != ' ') return false;
  c->at++;
  int named = month_name(c);
  int64_t second;
  day->precision = FREQ_DAY;
  if (named) {
    if (*c->at == '-' || *c->at == '/' || *c->at == ',' || *c->at == '.') c->at++;
    spaces(c);
    day->d = first, day->m = named;
    return digits(c, 4, &day->y) == 4;
  }
  if (sep == ' ') return false;
  int n = digits(c, 4, &second);
  if (n == 4) { /* 01/2024 */
    day->y = second, day->m = first, day->d = 1, day->precision = FREQ_MONTH;
    return true;
  }
  if (n < 1 || n > 2 || !take(c, sep) || digits(c, 4, &day->y) != 4) return false;
  if (sep == '.') { /* full stops are written where days come first */
    day->d = first, day->m = second;
    return true;
  }
  day->open = first <= 12 && second <= 12 && first != second;
  bool month_first = order == DATE_ORDER_MDY || (order == DATE_ORDER_AUTO && second > 12);
  day->m = month_first ? first : second;
  day->d = month_first ? second : first;
  return true;
}

/* "Jan 2000", "Jan 1, 2000", "Jan-2000", "Q1 2000". */
static bool after_letter(struct cursor *c, struct day *day) {
  if ((*c->at == 'Q' || *c->at == 'q') && isdigit((unsigned char)c->at[1])) {
    int64_t q = c->at[1] - '0';
    c->at += 2;
    if (*c->at == ' ' || *c->at == '-' || *c->at == '/') c->at++;
    day->m = 3 * q - 2, day->d = 1, day->precision = FREQ_QUARTER;
    return q >= 1 && q <= 4 && digits(c, 4, &day->y) == 4;
  }
  int m = month_name(c);
  int64_t number;
  if (!m) return false;
  if (*c->at == '-' || *c->at == '/' || *c->at == ',') c->at++;
  spaces(c);
  day->m = m;
  int n = digits(c, 4, &number);
  if (n == 4) {
    day->y = number, day->d = 1, day->precision = FREQ_MONTH;
    return true;
  }
  if (n < 1 || n > 2) return false;
  day->d = number, day->precision = FREQ_DAY;
  if (*c->at == '-' || *c->at == '/' || *c->at == ',') c->at++;
  spaces(c);
  return digits(c, 4, &day->y) == 4;
}

/* "13:45", "13:45:30.25", "1:45 PM", then "Z", "+02:00", "+0200", "UTC". */
static bool time_of_day(struct cursor *c, int64_t *seconds, enum frequency_unit *precision) {
  int64_t h, m, s = 0, skip;
  if (!digits(c, 2, &h) || !take(c, ':') || digits(c, 2, &m) != 2) return false;
  *precision = FREQ_MINUTE;
  if (take(c, ':')) {
    if (digits(c, 2, &s) != 2) return false;
    /* Seconds that are written but zero everywhere are seen by frequency_detect, not here. */
    if (s) *precision = FREQ_SECOND;
    if ((*c->at == '.' || *c->at == ',') && (c->at++, !digits(c, 9, &skip))) return false;
  }
  spaces(c);
  char half = (char)tolower((unsigned char)c->at[0]);
  if ((half == 'a' || half == 'p') && tolower((unsigned char)c->at[1]) == 'm') {
    if (h < 1 || h > 12) return false;
    h = h % 12 + (half == 'p' ? 12 : 0);
    c->at += 2;
  }
  if (h > 24 || m > 59 || s > 60 || (h == 24 && (m || s))) return false;
  *seconds = h * 3600 + m * 60 + s;
  spaces(c);
  if (*c->at == 'Z' || *c->at == 'z')
    c->at++;
  else if (!strncmp(c->at, "UTC", 3) || !strncmp(c->at, "GMT", 3))
    c->at += 3;
  else if (*c->at == '+' || *c->at == '-') {
    int sign = *c->at++ == '+' ? 1 : -1;
    int64_t zh, zm = 0;
    if (digits(c, 2, &zh) != 2) return false;
    take(c, ':');
    if (isdigit((unsigned char)*c->at) && digits(c, 2, &zm) != 2) return false;
    if (zh > 14 || zm > 59) return false;
    *seconds -= sign * (zh * 3600 + zm * 60);
  }
  return true;
}

static bool parse(const char *text, enum date_order order, struct date_value *value, bool *open) {
  struct cursor c = { text };
  struct day day = { 0, 0, 0, FREQ_DAY, false };
  int64_t number, seconds = 0;
  spaces(&c);
  if (isdigit((unsigned char)*c.at)) {
    int n = digits(&c, 14, &number);
    if (n == 8) {
      day.y = number / 10000, day.m = number / 100 % 100, day.d = number % 100;
    } else if (n == 10 || n == 13) {
      if (*c.at) return false;
      value->seconds = n == 10 ? number : number / 1000;
      value->precision = FREQ_SECOND;
      *open = false;
      return true;
    } else if (n == 4) {
      day.y = number;
      if (!after_year(&c, &day)) return false;
    } else if (n > 2 || !after_small(&c, number, order, &day))
      return false;
  } else if (!after_letter(&c, &day))
    return false;
  if (day.y < 1 || day.m < 1 || day.m > 12 || day.d < 1 || day.d > date_days_in_month(day.y, (int)day.m))
    return false;
  if (*c.at == 'T' || *c.at == 't' || *c.at == ' ') {
    c.at++;
    spaces(&c);
    if (*c.at) {
      if (day.precision != FREQ_DAY || !time_of_day(&c, &seconds, &day.precision)) return false;
      spaces(&c);
    }
  }
  if (*c.at) return false;
  value->seconds = date_days(day.y, (int)day.m, (int)day.d) * DAY_SECONDS + seconds;
  value->precision = day.precision;
  *open = day.open;
  return true;
}

bool date_parse(const char *text, enum date_order order, struct date_value *value) {
  bool open;
  return parse(text, order, value, &open) && !(open && order == DATE_ORDER_AUTO);
}

/* ---- a column ---- */

bool date_parse_column(const char *const *cells, size_t n, enum date_order order, const char *file,
                       const int64_t *line_of, int64_t column, int64_t *dates, enum frequency_unit *precision,
                       struct fault *fault) {
  struct date_value value;
  bool open, any_open = false;
  size_t first_open = 0;
  if (order == DATE_ORDER_AUTO) {
    /* A date that reads in one order only decides for the column. */
    size_t dmy = n, mdy = n;
    for (size_t i = 0; i < n; i++) {
      struct date_value a, b;
      bool reads_dmy = parse(cells[i], DATE_ORDER_DMY, &a, &open),
           reads_mdy = parse(cells[i], DATE_ORDER_MDY, &b, &open);
      if (reads_dmy && !reads_mdy && dmy == n) dmy = i;
      if (reads_mdy && !reads_dmy && mdy == n) mdy = i;
      if (reads_dmy && open && !any_open) any_open = true, first_open = i;
    }
    if (dmy < n && mdy < n) {
      fault_set(fault, FAULT_DATA,
                "dates are written in two orders: \"%.40s\" has the day first, \"%.40s\" the month",
                cells[dmy], cells[mdy]);
      fault_at(fault, file, line_of ? line_of[dmy > mdy ? dmy : mdy] : 0, column);
      return fault_remedy(fault, "write them as YYYY-MM-DD");
    }
    if (any_open && dmy == n && mdy == n) {
      fault_set(fault, FAULT_DATA, "nothing tells whether \"%.40s\" has the day or the month first",
                cells[first_open]);
      fault_at(fault, file, line_of ? line_of[first_open] : 0, column);
      return fault_remedy(fault, "give --date-order dmy or mdy, or write YYYY-MM-DD");
    }
    order = mdy < n ? DATE_ORDER_MDY : DATE_ORDER_DMY;
  }
  *precision = n ? FREQ_YEAR : FREQ_DAY;
  for (size_t i = 0; i < n; i++) {
    if (!parse(cells[i], order, &value, &open)) {
      fault_set(fault, FAULT_DATA, "\"%.60s\" is no date", cells[i]);
      fault_at(fault, file, line_of ? line_of[i] : 0, column);
      return fault_remedy(fault, "write dates as YYYY-MM-DD, with four digits for the year");
    }
    dates[i] = value.seconds;
    if (value.precision < *precision) *precision = value.precision;
  }
  return true;
}

void date_format(int64_t date, enum frequency_unit precision, char *text, size_t size) {
  int64_t days = date / DAY_SECONDS - (date % DAY_SECONDS < 0), y;
  int s = (int)(date - days * DAY_SECONDS), m, d;
  date_civil(days, &y, &m, &d);
  long long year = (long long)y;
  switch (precision) {
  case FREQ_YEAR: snprintf(text, size, "%04lld", year); break;
  case FREQ_MONTH: snprintf(text, size, "%04lld-%02d", year, m); break;
  case FREQ_SECOND:
    snprintf(text, size, "%04lld-%02d-%02dT%02d:%02d:%02d", year, m, d, s / 3600, s / 60 % 60, s % 60);
    break;
  case FREQ_MINUTE:
  case FREQ_HOUR:
    snprintf(text, size, "%04lld-%02d-%02dT%02d:%02d", year, m, d, s / 3600, s / 60 % 60);
    break;
  default: snprintf(text, size, "%04lld-%02d-%02d", year, m, d); break;
  }
}
