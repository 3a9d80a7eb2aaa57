/* date.h: dates as users write them, and the steps between them.
 *
 * A date is whole seconds since 1970-01-01 00:00 on one proleptic Gregorian time line without zones; a
 * written zone
 * ("Z", "+02:00") moves the time to UTC. Arithmetic is our own because mktime depends on the machine's zone.
 * Leap seconds do not exist here, and years run from 1 to 9999. */
#ifndef TOOLS_DATE_H
#define TOOLS_DATE_H

#include "common/fault.h"

/* From fine to coarse; the names are those of --freq. */
enum frequency_unit {
  FREQ_NONE, /* rows without dates: a step is a row */
  FREQ_SECOND,
  FREQ_MINUTE,
  FREQ_HOUR,
  FREQ_DAY,
  FREQ_BDAY, /* Monday to Friday */
  FREQ_WEEK,
  FREQ_MONTH,
  FREQ_QUARTER,
  FREQ_YEAR
};

struct frequency {
  enum frequency_unit unit;
  int every;  /* 15 for quarters of an hour */
  int anchor; /* MONTH and coarser: the day of the month aimed at, 31 for "the last" */
};

struct date_value {
  int64_t seconds;
  enum frequency_unit precision; /* what the text said: SECOND, MINUTE, DAY, MONTH, QUARTER or YEAR */
};

/* Order of "01/02/2024". AUTO in a column means: find out, refuse where nothing tells. */
enum date_order { DATE_ORDER_AUTO, DATE_ORDER_DMY, DATE_ORDER_MDY };

/* Days since 1970-01-01 of a calendar day, and back. */
int64_t date_days(int64_t year, int month, int day);
void date_civil(int64_t days, int64_t *year, int *month, int *day);
int date_days_in_month(int64_t year, int month);
int date_weekday(int64_t days); /* 0 Monday … 6 Sunday */

/* Reads one date: 2024-01-31, 2024/1/31, 20240131, 31.01.2024, 31/01/2024 or 01/31/2024 (by `order`),
 * 2024-01, 2024, 2024Q1, "Jan 2000", "Jan 1, 2000", 1-Jan-2000, each with a time ("13:45", "T13:45:30.5Z",
 * "1:45 PM"), and seconds or milliseconds since 1970 (10 or 13 digits). False where it is none of these, or
 * no day of the calendar. With AUTO, a date that depends on the order is read only where one number is
 * above 12. */
bool date_parse(const char *text, enum date_order order, struct date_value *value);

/* Reads a column of `n` cells in one order. `line_of` (may be NULL) gives the line of each cell for the
 * fault, and `file`, `column` its place. `precision` becomes the finest of all. */
bool date_parse_column(const char *const *cells, size_t n, enum date_order order, const char *file,
                       const int64_t *line_of, int64_t column, int64_t *dates, enum frequency_unit *precision,
                       struct fault *fault) TOOLS_MUST;

/* The frequency of ascending dates without duplicates. A fault (with a remedy) where less than half of the
 * steps agree; fewer than two dates give one step of the precision. */
bool frequency_detect(const int64_t *dates, size_t n, enum frequency_unit precision,
                      struct frequency *frequency, struct fault *fault) TOOLS_MUST;

/* One step of `unit`, anchored where the dates are (day of the month). */
struct frequency frequency_of(enum frequency_unit unit, const int64_t *dates, size_t n);

/* The date `steps` steps after `date`. */
int64_t frequency_step(const struct frequency *frequency, int64_t date, int64_t steps);

/* "day", "15 minute"; and the unit of a name, -1 for none. */
void frequency_text(const struct frequency *frequency, char *text, size_t size);
int frequency_unit_of(const char *name);

/* ISO 8601 as far as `precision` says: 2024, 2024-01, 2024-01-31, 2024-01-31T13:45, …:30. Needs 24 bytes. */
void date_format(int64_t date, enum frequency_unit precision, char *text, size_t size);

/* Calendar features: places in the cycles that fit the unit (time of day, day of week, day of year …), each
 * as sine and cosine. The count, each one's name ("week_sin"), and the values of one date. */
int calendar_count(enum frequency_unit unit);
const char *calendar_name(enum frequency_unit unit, int i);
void calendar_values(enum frequency_unit unit, int64_t date, float *values);

#endif
