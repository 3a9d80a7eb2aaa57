/* series.c: columns, numbers, order and gaps; see series.h. */
#include "common/series.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/number.h"
#include "common/report.h"
#include "common/table.h"

enum { MOST_COLUMNS = 64 };

struct work {
  const struct series_options *options;
  const char *path;
  struct table table;
  size_t column[MOST_COLUMNS], columns; /* of the table */
  size_t date[2], dates;                /* columns of dates: none, one or two */
  size_t *row;                          /* rows of the table that are kept, in order */
  char *joined;                         /* texts of two date columns put together */
  char decimal;
  struct fault *fault;
};

static void note(struct series *s, const char *code, const char *format, ...) TOOLS_PRINTF(3, 4);
static void note(struct series *s, const char *code, const char *format, ...) {
  if (s->note_count == SERIES_NOTES) return;
  struct series_note *n = &s->notes[s->note_count++];
  va_list args;
  va_start(args, format);
  vsnprintf(n->text, sizeof n->text, format, args);
  va_end(args);
  n->code = code;
}

static bool in_list(const char *list, const char *word) {
  size_t length = strlen(word);
  while (list && *list) {
    size_t n = strcspn(list, ",");
    if (n == length && !strncasecmp(list, word, n)) return true;
    list += n + (list[n] == ',');
  }
  return false;
}

static bool missing(const struct work *w, const char *cell) {
  static const char usual[] = "NA,N/A,#N/A,NaN,null,nil,none,.,-,--,?,nd,n.d.,missing";
  return !*cell || in_list(usual, cell) || in_list(w->options->na, cell);
}

/* ---- choosing columns ---- */

static bool split_names(struct work *w, const char *list, size_t *into, size_t *count, size_t most) {
  size_t whole;
  if (table_has(&w->table, list, &whole)) { /* a name may hold commas */
    into[(*count)++] = whole;
    return true;
  }
  for (const char *at = list; *at;) {
    char name[256];
    size_t n = strcspn(at, ",");
    snprintf(name, sizeof name, "%.*s", (int)n, at);
    at += n + (at[n] == ',');
    if (!*name) continue;
    if (*count == most) return fault_set(w->fault, FAULT_USAGE, "more than %zu columns are asked for", most);
    if (!table_find(&w->table, name, &into[*count], w->fault)) return false;
    ++*count;
  }
  return true;
}

static bool column_is_dates(const struct work *w, size_t column) {
  struct date_value d;
  for (size_t i = 0; i < w->table.rows && i < 50; i++) {
    const char *cell = table_cell(&w->table, i, column);
    double number;
    /* A bare number is a date only under a name that says so. */
    if (number_parse(cell, '.', &number) ||
        (!date_parse(cell, DATE_ORDER_DMY, &d) && !date_parse(cell, DATE_ORDER_MDY, &d)))
      return false;
  }
  return true;
}

static void find_dates(struct work *w) {
  static const char *const names[] = { "date",  "datetime", "timestamp", "time", "day",
                                       "datum", "period",   "month",     "year", "observation_date" };
  size_t column, part;
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    if (!table_has(&w->table, names[i], &column)) continue;
    w->date[w->dates++] = column;
    const char *name = w->table.names[column];
    if (!strcasecmp(name, "year") &&
        (table_has(&w->table, "quarter", &part) || table_has(&w->table, "month", &part)))
      w->date[w->dates++] = part;
    if (!strcasecmp(name, "date") && table_has(&w->table, "time", &part)) w->date[w->dates++] = part;
    /* "month" before "year" in the list: the two belong together the other way round. */
    if (!strcasecmp(name, "month") && table_has(&w->table, "year", &part)) {
      w->date[0] = part;
      w->date[1] = column;
      w->dates = 2;
    }
    return;
  }
  for (column = 0; column < w->table.columns; column++)
    if (column_is_dates(w, column)) {
      w->date[w->dates++] = column;
      return;
    }
}

static bool choose_columns(struct work *w) {
  const struct series_options *o = w->options;
  if (!o->column || !*o->column) {
    char list[300] = "";
    size_t used = 0;
    for (size_t i = 0; i < w->table.columns && used < sizeof list - 60; i++)
      used += (size_t)snprintf(list + used, sizeof list - used, "%s%.40s", i ? ", " : "", w->table.names[i]);
    fault_set(w->fault, FAULT_USAGE, "--column is missing");
    return fault_remedy(w->fault, "the file has %s", list);
  }
  if (!table_find(&w->table, o->column, &w->column[0], w->fault)) return false;
  w->columns = 1;
  if (o->with && !split_names(w, o->with, w->column, &w->columns, MOST_COLUMNS)) return false;
  if (o->date) {
    if (!split_names(w, o->date, w->date, &w->dates, 2)) return false;
  } else
    find_dates(w);
  for (size_t i = 0; i < w->columns; i++)
    for (size_t j = 0; j < i; j++)
      if (w->column[i] == w->column[j])
        return fault_set(w->fault, FAULT_USAGE, "the column \"%.60s\" is asked for twice",
                         w->table.names[w->column[i]]);
  for (size_t i = 0; i < w->columns; i++)
    for (size_t j = 0; j < w->dates; j++)
      if (w->column[i] == w->date[j]) {
        if (!o->date && i == 0) {
          w->dates = 0; /* a column of years may itself be the target */
          return true;
        }
        return fault_set(w->fault, FAULT_USAGE, "the column \"%.60s\" holds the dates",
                         w->table.names[w->column[i]]);
      }
  return true;
}

/* ---- rows ---- */

static bool choose_rows(struct work *w, size_t *count) {
  const struct option_texts *where = &w->options->where;
  struct {
    size_t column;
    const char *value;
  } rule[OPTION_REPEATS];
  for (int k = 0; k < where->count; k++) {
    const char *equals = strchr(where->item[k], '=');
    char name[256];
    if (!equals) {
      fault_set(w->fault, FAULT_USAGE, "--where must be COLUMN=VALUE, not \"%.60s\"", where->item[k]);
      return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - where->item[k]), where->item[k]);
    if (!table_find(&w->table, name, &rule[k].column, w->fault)) return false;
    rule[k].value = equals + 1;
  }
  size_t n = 0;
  for (size_t i = 0; i < w->table.rows; i++) {
    bool keep = true;
    for (int k = 0; k < where->count && keep; k++)
      keep = !strcmp(table_cell(&w->table, i, rule[k].column), rule[k].value);
    if (keep) w->row[n++] = i;
  }
  *count = n;
  if (n) return true;
  size_t column = rule[0].column;
  char list[300] = "";
  size_t used = 0, shown = 0;
  for (size_t i = 0; i < w->table.rows && shown < 6; i++) {
    const char *cell = table_cell(&w->table, i, column);
    if (i && !strcmp(cell, table_cell(&w->table, i - 1, column))) continue;
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%.30s", shown++ ? ", " : "", cell);
  }
  fault_set(w->fault, FAULT_DATA, "no row has %.100s", where->item[where->count > 1 ? where->count - 1 : 0]);
  fault_at(w->fault, w->path, 0, 0);
  return fault_remedy(w->fault, "\"%.60s\" holds %s%s", w->table.names[column], list, shown == 6 ? " …" : "");
}

/* ---- numbers ---- */

static bool find_decimal(struct work *w, size_t n) {
  size_t point = SIZE_MAX, comma = SIZE_MAX, open = SIZE_MAX, open_column = 0, comma_column = 0;
  w->decimal = w->options->decimal == DECIMAL_AUTO ? 0 : w->options->decimal % 2 ? '.' : ',';
  if (w->decimal) return true;
  for (size_t c = 0; c < w->columns; c++)
    for (size_t i = 0; i < n; i++) {
      char hint = number_decimal_hint(table_cell(&w->table, w->row[i], w->column[c]));
      if (hint == '.' && point == SIZE_MAX) point = i;
      if (hint == ',' && comma == SIZE_MAX) comma = i, comma_column = c;
      if (hint == 'c' && open == SIZE_MAX) open = i, open_column = c;
    }
  if (point != SIZE_MAX && comma != SIZE_MAX) {
    fault_set(w->fault, FAULT_DATA,
              "numbers are written with a decimal point and, as \"%.40s\", with a comma",
              table_cell(&w->table, w->row[comma], w->column[comma_column]));
    fault_at(w->fault, w->path, w->table.lines[w->row[comma]], (int64_t)w->column[comma_column] + 1);
    return fault_remedy(w->fault, "give --decimal");
  }
  /* In a file separated by commas, "1,234" was quoted on purpose and has its thousands apart. */
  if (point == SIZE_MAX && comma == SIZE_MAX && open != SIZE_MAX && w->table.separator != ',') {
    fault_set(w->fault, FAULT_DATA, "nothing tells whether the comma of \"%.40s\" is decimal",
              table_cell(&w->table, w->row[open], w->column[open_column]));
    fault_at(w->fault, w->path, w->table.lines[w->row[open]], (int64_t)w->column[open_column] + 1);
    return fault_remedy(w->fault, "give --decimal comma or point");
  }
  w->decimal = comma != SIZE_MAX ? ',' : '.';
  return true;
}

static bool read_numbers(struct work *w, struct series *s, size_t n) {
  s->values = malloc(w->columns * n * sizeof *s->values);
  s->names = calloc(w->columns, sizeof *s->names);
  if (!s->values || !s->names) return fault_nomem(w->fault, w->columns * n * sizeof *s->values);
  s->columns = w->columns;
  for (size_t c = 0; c < w->columns; c++) {
    s->names[c] = strdup(w->table.names[w->column[c]]);
    if (!s->names[c]) return fault_nomem(w->fault, 1);
    for (size_t i = 0; i < n; i++) {
      const char *cell = table_cell(&w->table, w->row[i], w->column[c]);
      double *value = &s->values[c * n + i];
      if (missing(w, cell))
        *value = NAN;
      else if (!number_parse(cell, w->decimal, value)) {
        fault_set(w->fault, FAULT_DATA, "\"%.60s\" in the column \"%.60s\" is no number", cell, s->names[c]);
        fault_at(w->fault, w->path, w->table.lines[w->row[i]], (int64_t)w->column[c] + 1);
        return fault_remedy(w->fault, "give --na if it means a missing value");
      }
    }
  }
  return true;
}

/* ---- dates ---- */

static bool read_dates(struct work *w, struct series *s, size_t n) {
  if (!w->dates) return true;
  enum { JOINED = 96 };
  const char **cells = malloc(n * sizeof *cells);
  int64_t *lines = malloc(n * sizeof *lines);
  s->dates = malloc(n * sizeof *s->dates);
  if (w->dates == 2) w->joined = malloc(n * JOINED);
  bool ok = cells && lines && s->dates && (w->dates < 2 || w->joined);
  if (!ok) fault_nomem(w->fault, n * JOINED);
  for (size_t i = 0; ok && i < n; i++) {
    lines[i] = w->table.lines[w->row[i]];
    cells[i] = table_cell(&w->table, w->row[i], w->date[0]);
    if (w->dates < 2) continue;
    const char *second = table_cell(&w->table, w->row[i], w->date[1]), *name = w->table.names[w->date[1]];
    const char *between = !strcasecmp(name, "quarter") && *second != 'Q' && *second != 'q' ? "Q"
                          : !strcasecmp(name, "month")                                     ? "-"
                                                                                           : " ";
    snprintf(w->joined + i * JOINED, JOINED, "%.40s%s%.40s", cells[i], between, second);
    cells[i] = w->joined + i * JOINED;
  }
  ok = ok && date_parse_column(cells, n, (enum date_order)w->options->order, w->path, lines,
                               (int64_t)w->date[0] + 1, s->dates, &s->precision, w->fault);
  free(cells);
  free(lines);
  return ok;
}

struct keyed {
  int64_t date;
  size_t row; /* of the table */
  size_t at;  /* where its numbers stand */
};

static int by_date(const void *a, const void *b) {
  const struct keyed *x = a, *y = b;
  if (x->date != y->date) return x->date < y->date ? -1 : 1;
  return (x->at > y->at) - (x->at < y->at);
}

/* Two rows of one date: says which column tells them apart, because that is what --where needs. */
static bool duplicate(struct work *w, const struct series *s, const struct keyed *a, const struct keyed *b) {
  char text[24];
  date_format(a->date, s->precision, text, sizeof text);
  fault_set(w->fault, FAULT_DATA, "two rows have the date %s (the other in line %lld)", text,
            (long long)w->table.lines[a->row]);
  fault_at(w->fault, w->path, w->table.lines[b->row], (int64_t)w->date[0] + 1);
  for (size_t c = 0; c < w->table.columns; c++) {
    const char *x = table_cell(&w->table, a->row, c), *y = table_cell(&w->table, b->row, c);
    double number;
    if (!strcmp(x, y) || number_parse(x, '.', &number) || number_parse(x, ',', &number)) continue;
    return fault_remedy(w->fault, "choose one series, for instance --where \"%.60s=%.60s\"",
                        w->table.names[c], x);
  }
  return fault_remedy(w->fault, "remove one of them, or name another --date column");
}

static bool sort_rows(struct work *w, struct series *s, size_t n) {
  if (!s->dates) return true;
  bool ascends = true;
  struct keyed *key = malloc(n * sizeof *key);
  double *column = malloc(n * sizeof *column);
  bool ok = key && column;
  if (!ok) fault_nomem(w->fault, n * sizeof *key);
  size_t forward = 0;
  for (size_t i = 0; ok && i < n; i++) {
    key[i].date = s->dates[i];
    key[i].row = w->row[i];
    key[i].at = i;
    if (i && s->dates[i] >= s->dates[i - 1]) forward++;
    if (i && s->dates[i] < s->dates[i - 1]) ascends = false;
  }
  if (ok && !ascends) {
    if (forward) note(s, "order", "the rows are not in the order of their dates; they were sorted");
    qsort(key, n, sizeof *key, by_date);
  }
  for (size_t i = 1; ok && i < n; i++)
    if (key[i].date == key[i - 1].date) ok = duplicate(w, s, &key[i - 1], &key[i]);
  if (ok && !ascends) {
    for (size_t i = 0; i < n; i++) s->dates[i] = key[i].date;
    for (size_t c = 0; c < s->columns; c++) {
      double *v = s->values + c * n;
      for (size_t i = 0; i < n; i++) column[i] = v[key[i].at];
      memcpy(v, column, n * sizeof *column);
    }
  }
  free(key);
  free(column);
  return ok;
}

/* ---- gaps ---- */

/* Dates that the frequency expects between two rows become rows of missing values; business days do not,
 * because a market's holidays are no gaps. Returns the new count in *n; `gaps` how many there are in any
 * case. */
static bool insert_dates(struct work *w, struct series *s, size_t *n, size_t *gaps) {
  *gaps = 0;
  if (!s->dates || s->freq.unit == FREQ_BDAY || s->freq.unit == FREQ_NONE) return true;
  size_t most = 10 * *n + 10000;
  for (size_t i = 1; i < *n; i++)
    for (int64_t d = frequency_step(&s->freq, s->dates[i - 1], 1); d < s->dates[i] && *gaps < most;
         d = frequency_step(&s->freq, d, 1))
      ++*gaps;
  if (!*gaps || w->options->fill == FILL_NONE || *gaps >= most) return true;
  size_t room = *n + *gaps, k = 0;
  int64_t *dates = malloc(room * sizeof *dates);
  double *values = malloc(s->columns * room * sizeof *values);
  if (!dates || !values) {
    free(dates);
    free(values);
    return fault_nomem(w->fault, s->columns * room * sizeof *values);
  }
  for (size_t i = 0; i < *n; i++) {
    if (i)
      for (int64_t d = frequency_step(&s->freq, s->dates[i - 1], 1); d < s->dates[i];
           d = frequency_step(&s->freq, d, 1)) {
        dates[k] = d;
        for (size_t c = 0; c < s->columns; c++) values[c * room + k] = NAN;
        k++;
      }
    dates[k] = s->dates[i];
    for (size_t c = 0; c < s->columns; c++) values[c * room + k] = s->values[c * *n + i];
    k++;
  }
  free(s->dates);
  free(s->values);
  s->dates = dates;
  s->values = values;
  *n = room;
  return true;
}

/* Fills inside a column. Before its first value nothing can be known; after its last one only "last" can be
 * said, and that only of further columns: a target must end with a value that was measured. */
static void fill_column(double *v, size_t n, int how, bool target, size_t *filled) {
  size_t last = SIZE_MAX;
  for (size_t i = 0; i < n; i++) {
    if (!isnan(v[i])) {
      last = i;
      continue;
    }
    if (last == SIZE_MAX) continue;
    size_t next = i;
    while (next < n && isnan(v[next])) next++;
    if (next == n && target) return;
    for (; i < next; i++, ++*filled)
      v[i] = how == FILL_LAST || next == n
                 ? v[last]
                 : v[last] + (v[next] - v[last]) * (double)(i - last) / (double)(next - last);
    last = i = next;
  }
}

/* Drops rows in which a value is missing and settles the final layout. */
static void drop_missing(struct series *s, size_t n) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    bool whole = true;
    for (size_t c = 0; c < s->columns; c++)
      if (isnan(s->values[c * n + i])) whole = false;
    if (!whole) continue;
    /* Columns stay n apart until all rows are moved; `kept` ≤ i, so nothing unread is overwritten. */
    for (size_t c = 0; c < s->columns; c++) s->values[c * n + kept] = s->values[c * n + i];
    if (s->dates) s->dates[kept] = s->dates[i];
    kept++;
  }
  for (size_t c = 1; c < s->columns; c++)
    memmove(s->values + c * kept, s->values + c * n, kept * sizeof *s->values);
  s->dropped = n - kept;
  s->n = kept;
}

static bool settle(struct work *w, struct series *s, size_t n) {
  size_t gaps = 0;
  char text[40];
  s->freq = (struct frequency){ FREQ_NONE, 1, 0 };
  if (s->dates && w->options->freq)
    s->freq = frequency_of((enum frequency_unit)w->options->freq, s->dates, n);
  else if (s->dates && !frequency_detect(s->dates, n, s->precision, &s->freq, w->fault))
    return fault_at(w->fault, w->path, 0, 0);
  /* "2024-01-01" of monthly data stays a day; hours written without minutes do not exist. */
  if (!insert_dates(w, s, &n, &gaps)) return false;
  if (w->options->fill != FILL_NONE)
    for (size_t c = 0; c < s->columns; c++)
      fill_column(s->values + c * n, n, w->options->fill, c == 0, &s->filled);
  drop_missing(s, n);
  frequency_text(&s->freq, text, sizeof text);
  if (s->dropped && w->options->fill == FILL_NONE)
    note(s, "missing", "%zu rows with a missing value were dropped; --fill last or linear keeps them",
         s->dropped);
  if (gaps && w->options->fill == FILL_NONE)
    note(s, "gaps", "%zu dates are missing between the first and the last (step: %s)", gaps, text);
  if (w->options->fill == FILL_LINEAR && s->filled)
    note(s, "look_ahead",
         "%zu values were filled by lines to the next value, which a forecast could not have known",
         s->filled);
  if (s->n >= 2) return true;
  fault_set(w->fault, FAULT_DATA, "%zu row%s with values in \"%.60s\" is too few", s->n, s->n == 1 ? "" : "s",
            s->names[0]);
  return fault_at(w->fault, w->path, 0, 0);
}

bool series_read(const char *path, const struct series_options *options, struct series *series,
                 struct fault *fault) {
  struct work w;
  size_t n = 0;
  char separator = 0;
  memset(series, 0, sizeof *series);
  memset(&w, 0, sizeof w);
  w.options = options;
  w.path = path;
  w.fault = fault;
  if (options->separator) {
    separator = !strcasecmp(options->separator, "tab") || !strcmp(options->separator, "\\t")
                    ? '\t'
                    : *options->separator;
    if ((separator != '\t' && strlen(options->separator) != 1) || strchr("\"\r\n", separator))
      return fault_set(fault, FAULT_USAGE, "--sep must be one character or tab, not \"%.20s\"",
                       options->separator);
  }
  if (!table_read(path, separator, NULL, &w.table, fault)) return false;
  w.row = malloc(w.table.rows * sizeof *w.row);
  bool ok = w.row || fault_nomem(fault, w.table.rows * sizeof *w.row);
  ok = ok && choose_columns(&w) && choose_rows(&w, &n) && find_decimal(&w, n) &&
       read_numbers(&w, series, n) && read_dates(&w, series, n) && sort_rows(&w, series, n) &&
       settle(&w, series, n);
  free(w.row);
  free(w.joined);
  table_destroy(&w.table);
  if (!ok) series_destroy(series);
  return ok;
}

void series_destroy(struct series *s) {
  for (size_t i = 0; s->names && i < s->columns; i++) free(s->names[i]);
  free(s->names);
  free(s->values);
  free(s->dates);
  memset(s, 0, sizeof *s);
}

const double *series_column(const struct series *s, size_t column) {
  return s->values + column * s->n;
}

int64_t series_seconds(const struct series *s, size_t i) {
  if (!s->dates) return (int64_t)i + 1;
  return i < s->n ? s->dates[i] : frequency_step(&s->freq, s->dates[s->n - 1], (int64_t)(i - s->n) + 1);
}

void series_date(const struct series *s, size_t i, char *text, size_t size) {
  if (s->dates)
    date_format(series_seconds(s, i), s->precision, text, size);
  else
    snprintf(text, size, "%zu", i + 1);
}

json_t *series_json(const struct series *s, const struct transform *target) {
  char first[24], last[24], freq[40];
  json_t *with = json_array();
  for (size_t i = 1; i < s->columns; i++) json_array_append_new(with, report_text(s->names[i]));
  series_date(s, 0, first, sizeof first);
  series_date(s, s->n - 1, last, sizeof last);
  frequency_text(&s->freq, freq, sizeof freq);
  return json_pack("{s:o, s:o, s:I, s:I, s:I, s:s, s:s, s:s, s:s}", "column", report_text(s->names[0]),
                   "with", with, "rows", (json_int_t)s->n, "dropped", (json_int_t)s->dropped, "filled",
                   (json_int_t)s->filled, "first", first, "last", last, "freq", freq, "transform",
                   target ? transform_name(target->kind) : "none");
}
