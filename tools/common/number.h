/* number.h: text to numbers, strictly and without a locale.
 *
 * The whole text must be the number (spaces around it are allowed), nothing is rounded silently into range,
 * and "nan", "inf" and hexadecimal are refused. The decimal sign is an argument, never the environment's. */
#ifndef TOOLS_NUMBER_H
#define TOOLS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "-12" → -12. False where the text is no whole number of 64 bits. */
bool number_integer(const char *text, int64_t *value);

/* "-1.5e3" with decimal '.', "-1,5e3" with decimal ','. The other sign is accepted between groups of three
 * digits
 * ("1,234.5"). False where the text is no number, or is beyond what a double holds. */
bool number_parse(const char *text, char decimal, double *value);

/* What one cell tells about the decimal sign of its column: '.' or ',' where only that reading is a number,
 * 'd' or 'c' where "1.234" / "1,234" can be read both ways, 0 where it tells nothing. */
char number_decimal_hint(const char *text);

#endif
