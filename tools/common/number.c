/* number.c: strict parsing of numbers; see number.h. strtod and strtoll are used on text that was checked
 * first; no program here calls setlocale, so they read the C locale. */
#include "common/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 128 };

static bool digit(char c) {
  return c >= '0' && c <= '9';
}

static const char *skip_spaces(const char *text) {
  while (*text == ' ' || *text == '\t') text++;
  return text;
}

bool number_integer(const char *text, int64_t *value) {
  text = skip_spaces(text);
  const char *at = text;
  if (*at == '+' || *at == '-') at++;
  if (!digit(*at)) return false;
  while (digit(*at)) at++;
  if (*skip_spaces(at)) return false;
  errno = 0;
  long long v = strtoll(text, NULL, 10);
  if (errno) return false;
  *value = v;
  return true;
}

bool number_parse(const char *text, char decimal, double *value) {
  char clean[LONGEST];
  const char group = decimal == ',' ? '.' : ',';
  size_t used = 0, digits = 0, run = 0;
  bool grouped = false;
  text = skip_spaces(text);
  if (*text == '+' || *text == '-') clean[used++] = *text++;
  for (;; text++) {
    if (used + 2 >= sizeof clean) return false;
    if (digit(*text)) {
      clean[used++] = *text;
      digits++, run++;
    } else if (*text == group) {
      /* The first group has one to three digits, every later one three. */
      if (grouped ? run != 3 : run < 1 || run > 3) return false;
      grouped = true;
      run = 0;
    } else
      break;
  }
  if (grouped && run != 3) return false;
  if (*text == decimal) {
    clean[used++] = '.';
    for (text++; digit(*text); text++) {
      if (used + 2 >= sizeof clean) return false;
      clean[used++] = *text;
      digits++;
    }
  }
  if (!digits) return false;
  if (*text == 'e' || *text == 'E') {
    clean[used++] = *text++;
    if (*text == '+' || *text == '-') clean[used++] = *text++;
    if (!digit(*text)) return false;
    for (; digit(*text); text++) {
      if (used + 2 >= sizeof clean) return false;
      clean[used++] = *text;
    }
  }
  if (*skip_spaces(text)) return false;
  clean[used] = 0;
  double v = strtod(clean, NULL);
  if (!isfinite(v)) return false;
  *value = v;
  return true;
}

char number_decimal_hint(const char *text) {
  double v;
  if (!strpbrk(text, ".,")) return 0;
  bool dot = number_parse(text, '.', &v), comma = number_parse(text, ',', &v);
  if (dot && comma) {
    /* "0,123" is no group of thousands: nobody writes a leading zero before one. */
    const char *first = skip_spaces(text);
    if (*first == '-' || *first == '+') first++;
    char sign = strchr(text, ',') ? ',' : '.';
    if (first[0] == '0' && first[1] == sign) return sign;
    return sign == ',' ? 'c' : 'd';
  }
  return dot ? '.' : comma ? ',' : 0;
}
