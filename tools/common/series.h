/* series.h: from a CSV file to the numbers a forecast is made from.
 *
 * Picks the target and further columns, finds the dates and their frequency, reads numbers strictly, sorts,
 * fills or drops what is missing, and refuses what would silently be wrong (text among numbers, two rows of
 * one date, dates in two orders). Scaling is in transform.h; windows and training are the programs' matter.
 * Users' words: doc/series.md. */
#ifndef TOOLS_SERIES_H
#define TOOLS_SERIES_H

#include <jansson.h>

#include "common/date.h"
#include "common/options.h"
#include "common/transform.h"

enum { FILL_NONE, FILL_LAST, FILL_LINEAR };
enum { DECIMAL_AUTO, DECIMAL_POINT, DECIMAL_COMMA };

struct series_options {
  const char *column;        /* required */
  const char *with;          /* "A,B"; NULL: none */
  const char *date;          /* a column, or two ("year,quarter"); NULL: found out */
  const char *separator;     /* one character or "tab"; NULL: found out */
  const char *na;            /* "A,B": missing too, beside the usual words */
  struct option_texts where; /* "COL=VALUE", all must hold */
  int decimal, fill, freq, order,
      transform; /* freq: 0 auto, else enum frequency_unit; order: enum date_order */
  bool calendar;
};

/* The rows of --help and parsing for these options; `s` is a static struct series_options, `m` the commands.
 * `freq` counts from auto, which SERIES_FREQS lists in the order of enum frequency_unit with none as auto. */
#define SERIES_FREQS "auto|second|minute|hour|day|bday|week|month|quarter|year"
#define SERIES_OPTION_ROWS(s, m)                                                                                \
  { 'c', "column", "NAME", "the column to forecast", OPTION_TEXT, &(s).column, 0, 0, NULL, m },                 \
      { 0, "with", "A,B", "further columns to learn from", OPTION_TEXT, &(s).with, 0, 0, NULL, m },             \
      { 0, "date", "NAME", "the column of dates (default: found out)", OPTION_TEXT, &(s).date, 0, 0, NULL, m }, \
      { 0, "date-order",   "ORDER", "of 01/02/2024: auto, dmy or mdy", OPTION_CHOICE, &(s).order, 0,            \
        0, "auto|dmy|mdy", m },                                                                                 \
      { 0,                                                                                                      \
        "where",                                                                                                \
        "COL=VALUE",                                                                                            \
        "only rows with this cell; may be repeated",                                                            \
        OPTION_TEXTS,                                                                                           \
        &(s).where,                                                                                             \
        0,                                                                                                      \
        0,                                                                                                      \
        NULL,                                                                                                   \
        m },                                                                                                    \
      { 0, "sep", "C", "separator: a character or tab (default: found out)", OPTION_TEXT, &(s).separator, 0,    \
        0, NULL,  m },                                                                                          \
      { 0,                                                                                                      \
        "decimal",                                                                                              \
        "C",                                                                                                    \
        "decimal sign: auto, point or comma",                                                                   \
        OPTION_CHOICE,                                                                                          \
        &(s).decimal,                                                                                           \
        0,                                                                                                      \
        0,                                                                                                      \
        "auto|point|comma|.|,",                                                                                 \
        m },                                                                                                    \
      { 0, "na", "LIST", "cells that mean missing, beside NA, null and the like", OPTION_TEXT, &(s).na, 0,      \
        0, NULL, m },                                                                                           \
      { 0,                                                                                                      \
        "fill",                                                                                                 \
        "HOW",                                                                                                  \
        "missing values: none (drop the row), last or linear",                                                  \
        OPTION_CHOICE,                                                                                          \
        &(s).fill,                                                                                              \
        0,                                                                                                      \
        0,                                                                                                      \
        "none|last|linear",                                                                                     \
        m },                                                                                                    \
      { 0, "freq",       "UNIT", "step between rows (default: auto)", OPTION_CHOICE, &(s).freq, 0,              \
        0, SERIES_FREQS, m },                                                                                   \
      { 0,                                                                                                      \
        "transform",                                                                                            \
        "KIND",                                                                                                 \
        "auto, return, difference, zscore or none",                                                             \
        OPTION_CHOICE,                                                                                          \
        &(s).transform,                                                                                         \
        0,                                                                                                      \
        0,                                                                                                      \
        "auto|return|difference|zscore|none",                                                                   \
        m },                                                                                                    \
  {                                                                                                             \
    0, "calendar", NULL, "learn from the time of day, the day of the week and of the year", OPTION_FLAG,        \
        &(s).calendar, 0, 0, NULL, m                                                                            \
  }

enum { SERIES_NOTES = 8 };
struct series_note {
  const char *code;
  char text[240];
};

struct series {
  size_t n, columns; /* columns: the target and the further ones */
  char **names;      /* [columns] */
  double *values;    /* [columns][n], all finite */
  int64_t *dates;    /* [n] ascending; NULL where the file has none */
  struct frequency freq;
  enum frequency_unit precision; /* how dates are written */
  size_t dropped, filled;
  struct series_note notes[SERIES_NOTES]; /* to be shown as warnings */
  int note_count;
};

/* Reads. `path` may be "-". At least two rows remain. */
bool series_read(const char *path, const struct series_options *options, struct series *series,
                 struct fault *fault) TOOLS_MUST;
void series_destroy(struct series *series);

/* One column: values + column · n. */
const double *series_column(const struct series *series, size_t column);

/* The date of row `i`, or of the (i - n + 1)th step after the end where i ≥ n; without dates the row's number
 * from 1. */
void series_date(const struct series *series, size_t i, char *text, size_t size);
int64_t series_seconds(const struct series *series,
                       size_t i); /* the same as a number; row number without dates */

/* The "series" object of the JSON results. */
json_t *series_json(const struct series *series, const struct transform *target);

#endif
