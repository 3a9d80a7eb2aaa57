/* table.c: reading CSV; see table.h. libcsv does not count lines, so it is fed one physical line at a time.
 */
#include "common/table.h"

#include <csv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/date.h"
#include "common/number.h"
#include "common/options.h"
#include "common/output.h"

/* Stands for "one column": a byte that no text holds. */
static const char NO_SEPARATOR = 0x1f;

struct reader {
  struct table *table;
  const struct table_limits *limits;
  struct fault *fault;
  struct csv_parser parser;
  size_t used, room; /* cells, and for how many there is room */
  size_t lines_room;
  size_t row_begin;       /* first cell of the row being read */
  size_t padded;          /* fields a row may lack: a header's trailing separator */
  char *at;               /* end of what is used of table->text */
  int64_t line, row_line; /* line being fed; line where the row began */
  bool failed, any_text;
};

static void fail_at(struct reader *r, int64_t line, size_t column) {
  fault_at(r->fault, r->table->file, line, (int64_t)column);
  r->failed = true;
}

/* ---- finding the separator ---- */

/* Counts `separator` outside quotes in each of the first lines. Returns the count of the header line where
 * every line has the same, else 0; `*header` the header's own. */
static size_t consistent_count(const char *text, size_t size, char separator, size_t *header) {
  enum { LINES = 50 };
  size_t count = 0, first = 0, lines = 0, length = 0;
  bool quoted = false, same = true;
  for (size_t i = 0; i <= size && lines < LINES; i++) {
    char c = i < size ? text[i] : '\n';
    if (c == '"') quoted = !quoted;
    if (i < size && (quoted || (c != '\n' && c != '\r'))) {
      if (!quoted && c == separator) count++;
      length++;
      continue;
    }
    if (length) {
      if (!lines++) first = count;
      if (count != first) same = false;
    }
    count = length = 0;
  }
  *header = first;
  return same ? first : 0;
}

static char find_separator(const char *text, size_t size) {
  static const char candidates[] = "\t;|,";
  char best = NO_SEPARATOR, fallback = NO_SEPARATOR;
  size_t most = 0, most_header = 0, header;
  for (const char *c = candidates; *c; c++) {
    size_t n = consistent_count(text, size, *c, &header);
    if (n > most) most = n, best = *c;
    if (header > most_header) most_header = header, fallback = *c;
  }
  return most ? best : fallback;
}

/* ---- rows ---- */

static bool grow(struct reader *r) {
  struct table *t = r->table;
  if (r->used == r->room) {
    size_t room = r->room ? 2 * r->room : 1024;
    const char **cells = realloc(t->cells, room * sizeof *cells);
    if (!cells) return fault_nomem(r->fault, room * sizeof *cells);
    t->cells = cells;
    r->room = room;
  }
  return true;
}

static void on_field(void *bytes, size_t size, void *user) {
  struct reader *r = user;
  if (r->failed) return;
  size_t fields = r->used - r->row_begin;
  if (fields >= r->limits->columns + 1 || r->used >= r->limits->cells) {
    if (fields >= r->limits->columns + 1)
      fault_set(r->fault, FAULT_LIMIT, "the row has more than %zu fields", r->limits->columns);
    else
      fault_set(r->fault, FAULT_LIMIT, "the file has more than %zu fields", r->limits->cells);
    fail_at(r, r->row_line, 0);
    return;
  }
  if (size > r->limits->field_bytes) {
    fault_set(r->fault, FAULT_LIMIT, "a field is longer than %zu bytes", r->limits->field_bytes);
    fail_at(r, r->row_line, fields + 1);
    return;
  }
  if (!grow(r)) {
    r->failed = true;
    return;
  }
  memcpy(r->at, bytes, size);
  r->at[size] = 0;
  r->table->cells[r->used++] = r->at;
  r->at += size + 1;
  if (size) r->any_text = true;
}

static void on_row(int last, void *user) {
  struct reader *r = user;
  struct table *t = r->table;
  (void)last;
  if (r->failed) return;
  size_t fields = r->used - r->row_begin;
  bool blank = !r->any_text;
  r->any_text = false;
  if (blank) {
    r->used = r->row_begin;
    return;
  }
  if (!t->columns) {
    t->columns = fields;
    if (fields > 1 && !*t->cells[r->used - 1]) r->padded = 1;
  } else if (fields == t->columns + 1 && !*t->cells[r->used - 1]) {
    r->used--; /* a separator at the end of the row */
  } else if (fields + r->padded >= t->columns && fields < t->columns) {
    if (!grow(r)) {
      r->failed = true;
      return;
    }
    t->cells[r->used++] = "";
  } else if (fields != t->columns) {
    fault_set(r->fault, FAULT_FORMAT, "the row has %zu field%s where the first row has %zu", fields,
              fields == 1 ? "" : "s", t->columns);
    fault_remedy(r->fault,
                 t->separator == NO_SEPARATOR ? "give --sep"
                                              : "mend the row, or give --sep if it is not '%c'",
                 t->separator);
    fail_at(r, r->row_line, (fields < t->columns ? fields : t->columns) + 1);
    return;
  }
  if (t->rows == r->lines_room) {
    size_t room = r->lines_room ? 2 * r->lines_room : 256;
    int64_t *lines = realloc(t->lines, room * sizeof *lines);
    if (!lines) {
      fault_nomem(r->fault, room * sizeof *lines);
      r->failed = true;
      return;
    }
    t->lines = lines;
    r->lines_room = room;
  }
  t->lines[t->rows++] = r->row_line;
  r->row_begin = r->used;
}

static void unclosed(struct reader *r) {
  fault_set(r->fault, FAULT_FORMAT, "a quote that opens in this row is never closed");
  fault_remedy(r->fault, "close it, or double a quote that is part of the text");
  fail_at(r, r->row_line, r->used - r->row_begin + 1);
}

/* Feeds the text line by line. */
static bool feed(struct reader *r, const char *text, size_t size) {
  for (size_t begin = 0, end; begin < size && !r->failed; begin = end) {
    for (end = begin; end < size && text[end] != '\n' && text[end] != '\r'; end++) {
    }
    if (end < size) end += text[end] == '\r' && end + 1 < size && text[end + 1] == '\n' ? 2 : 1;
    r->line++;
    if (r->parser.pstate == 0) r->row_line = r->line; /* 0: between rows */
    size_t done = csv_parse(&r->parser, text + begin, end - begin, on_field, on_row, r);
    if (r->failed) break;
    if (done != end - begin) {
      if (csv_error(&r->parser) == CSV_EPARSE) {
        fault_set(r->fault, FAULT_FORMAT, "a quote stands inside a field");
        fault_remedy(r->fault, "quote the whole field and double the quotes in it");
        fail_at(r, r->line, r->used - r->row_begin + 1);
      } else {
        fault_nomem(r->fault, r->parser.entry_size);
        r->failed = true;
      }
    } else if (r->parser.entry_pos > r->limits->field_bytes) {
      if (r->parser.quoted)
        unclosed(r);
      else {
        fault_set(r->fault, FAULT_LIMIT, "a field is longer than %zu bytes", r->limits->field_bytes);
        fail_at(r, r->row_line, r->used - r->row_begin + 1);
      }
    }
  }
  if (!r->failed && csv_fini(&r->parser, on_field, on_row, r) != 0 && !r->failed) unclosed(r);
  return !r->failed;
}

/* ---- header ---- */

static bool looks_like_data(const char *cell) {
  double number;
  struct date_value date;
  return number_parse(cell, '.', &number) || number_parse(cell, ',', &number) ||
         date_parse(cell, DATE_ORDER_DMY, &date) || date_parse(cell, DATE_ORDER_MDY, &date);
}

static bool take_header(struct reader *r) {
  struct table *t = r->table;
  t->header = false;
  for (size_t i = 0; i < t->columns; i++)
    if (*t->cells[i] && !looks_like_data(t->cells[i])) t->header = true;
  t->names = calloc(t->columns, sizeof *t->names);
  if (!t->names) return fault_nomem(r->fault, t->columns * sizeof *t->names);
  if (t->header) {
    memcpy(t->names, t->cells, t->columns * sizeof *t->names);
    t->rows--;
    memmove(t->cells, t->cells + t->columns, t->rows * t->columns * sizeof *t->cells);
    memmove(t->lines, t->lines + 1, t->rows * sizeof *t->lines);
    return true;
  }
  enum { DIGITS = 8 };
  t->numbers = malloc(DIGITS * t->columns);
  if (!t->numbers) return fault_nomem(r->fault, DIGITS * t->columns);
  for (size_t i = 0; i < t->columns; i++) {
    snprintf(t->numbers + DIGITS * i, DIGITS, "%u", (unsigned)(i + 1) % 10000000u);
    t->names[i] = t->numbers + DIGITS * i;
  }
  return true;
}

/* ---- the file ---- */

static bool check_bytes(const char *file, const char *bytes, size_t size, struct fault *fault) {
  const unsigned char *b = (const unsigned char *)bytes;
  if (size == 0) {
    fault_set(fault, FAULT_FORMAT, "the file is empty");
    return fault_at(fault, file, 0, 0);
  }
  if (size >= 2 && ((b[0] == 0xff && b[1] == 0xfe) || (b[0] == 0xfe && b[1] == 0xff))) {
    fault_set(fault, FAULT_FORMAT, "the text is UTF-16");
    fault_at(fault, file, 0, 0);
    return fault_remedy(fault, "convert it: iconv -f UTF-16 -t UTF-8");
  }
  const char *nul = memchr(bytes, 0, size);
  if (nul) {
    int64_t line = 1;
    const char *begin = bytes;
    for (const char *c = bytes; c < nul; c++)
      if (*c == '\n') line++, begin = c + 1;
    fault_set(fault, FAULT_FORMAT, "byte %lld of the line is NUL, so this is no text",
              (long long)(nul - begin) + 1);
    return fault_at(fault, file, line, 0);
  }
  return true;
}

static bool read_table(struct reader *r, const char *bytes, size_t size, char separator) {
  struct table *t = r->table;
  size_t skip = 0;
  if (!check_bytes(t->file, bytes, size, r->fault)) return false;
  if (size >= 3 && !memcmp(bytes, "\xef\xbb\xbf", 3)) skip = 3;
  /* "sep=;" in the first line is how Excel says it. */
  if (size >= skip + 6 && !strncasecmp(bytes + skip, "sep=", 4) && strchr("\r\n", bytes[skip + 5])) {
    if (!separator) separator = bytes[skip + 4];
    skip += 5;
  }
  t->separator = separator ? separator : find_separator(bytes + skip, size - skip);
  t->text = malloc(size + 2); /* a field and its NUL need no more than the field and its separator */
  if (!t->text) return fault_nomem(r->fault, size + 2);
  r->at = t->text;
  csv_set_delim(&r->parser, (unsigned char)t->separator);
  if (!feed(r, bytes + skip, size - skip)) return false;
  if (t->rows == 0) {
    fault_set(r->fault, FAULT_FORMAT, "the file has no rows");
    return fault_at(r->fault, t->file, 0, 0);
  }
  if (!take_header(r)) return false;
  if (t->rows == 0) {
    fault_set(r->fault, FAULT_DATA, "the file has a header and no rows");
    return fault_at(r->fault, t->file, 0, 0);
  }
  return true;
}

bool table_read(const char *path, char separator, const struct table_limits *limits, struct table *table,
                struct fault *fault) {
  static const struct table_limits standard = TABLE_LIMITS_INIT;
  struct reader r;
  char *bytes;
  size_t size;
  memset(table, 0, sizeof *table);
  memset(&r, 0, sizeof r);
  r.table = table;
  r.limits = limits ? limits : &standard;
  r.fault = fault;
  if (!input_read(path, r.limits->bytes, &bytes, &size, fault)) return false;
  table->file = strdup(path);
  bool ok = table->file && csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI) == 0;
  if (!ok)
    fault_nomem(fault, strlen(path) + 1);
  else {
    ok = read_table(&r, bytes, size, separator);
    csv_free(&r.parser);
  }
  free(bytes);
  if (!ok) table_destroy(table);
  return ok;
}

void table_destroy(struct table *table) {
  free(table->file);
  free(table->names);
  free(table->cells);
  free(table->lines);
  free(table->text);
  free(table->numbers);
  memset(table, 0, sizeof *table);
}

const char *table_cell(const struct table *table, size_t row, size_t column) {
  return table->cells[row * table->columns + column];
}

/* How many columns bear the name; the first of them. */
static size_t count_named(const struct table *t, const char *name, int (*differ)(const char *, const char *),
                          size_t *column) {
  size_t n = 0;
  for (size_t i = t->columns; i-- > 0;)
    if (!differ(t->names[i], name)) *column = i, n++;
  return n;
}

bool table_has(const struct table *t, const char *name, size_t *column) {
  size_t n = count_named(t, name, strcmp, column);
  return n ? n == 1 : count_named(t, name, strcasecmp, column) == 1;
}

bool table_find(const struct table *t, const char *name, size_t *column, struct fault *fault) {
  int64_t number;
  size_t n;
  if (table_has(t, name, column)) return true;
  if (number_integer(name, &number) && number >= 1 && (uint64_t)number <= t->columns) {
    *column = (size_t)number - 1;
    return true;
  }
  n = count_named(t, name, strcmp, column);
  if (!n) n = count_named(t, name, strcasecmp, column);
  if (n > 1) {
    fault_set(fault, FAULT_USAGE, "%zu columns are named \"%.60s\"", n, name);
    fault_at(fault, t->file, 0, 0);
    return fault_remedy(fault, "give the column's number, %zu for the first", *column + 1);
  }
  fault_set(fault, FAULT_USAGE, "there is no column \"%.60s\"", name);
  fault_at(fault, t->file, 0, 0);
  const char *near = options_nearest(name, t->names, t->columns);
  char list[300] = "";
  size_t used = 0;
  for (size_t i = 0; i < t->columns && used < sizeof list - 60; i++)
    used += (size_t)snprintf(list + used, sizeof list - used, "%s%.40s", i ? ", " : "", t->names[i]);
  if (near) return fault_remedy(fault, "did you mean \"%.60s\"? It has %s", near, list);
  return fault_remedy(fault, "it has %s", list);
}
