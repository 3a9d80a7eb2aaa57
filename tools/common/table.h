/* table.h: a CSV file as a table of texts.
 *
 * Reads commas, semicolons, tabs or bars (found out unless given), quotes, a UTF-8 byte order mark, and any
 * line end. Blank lines, and rows whose cells are all empty, are skipped. Everything that cannot be a table
 * is refused with its line and field: ragged rows, NUL bytes, UTF-16, quotes that are never closed. What the
 * texts mean (numbers, dates, missing values) is the matter of series.h. libcsv does the splitting. */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "common/fault.h"

struct table_limits {
  size_t bytes, field_bytes, columns, cells;
};
#define TABLE_LIMITS_INIT                                                                                    \
  { (size_t)512 << 20, 65536, 4096, 64000000 }

struct table {
  char *file; /* as given, for faults */
  char separator;
  bool header; /* false: the first row was data already; columns are then named "1", "2" … */
  size_t rows, columns;
  const char **names;   /* [columns] */
  const char **cells;   /* [rows][columns] */
  int64_t *lines;       /* [rows]: line in the file where the row begins */
  char *text, *numbers; /* what the cells, and the names of columns without a header, point into */
};

/* Reads `path` ("-": standard input). `separator` 0: found out. `limits` may be NULL. */
bool table_read(const char *path, char separator, const struct table_limits *limits, struct table *table,
                struct fault *fault) TOOLS_MUST;
void table_destroy(struct table *table);

const char *table_cell(const struct table *table, size_t row, size_t column);

/* The column of a name: the same text, else the same but for upper and lower case, else a number from 1. The
 * fault of an unknown name lists what there is. */
bool table_find(const struct table *table, const char *name, size_t *column, struct fault *fault) TOOLS_MUST;

/* The same without a fault; false also for a name that stands over two columns. */
bool table_has(const struct table *table, const char *name, size_t *column);

#endif
