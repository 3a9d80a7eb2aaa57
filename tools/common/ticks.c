/* ticks.c: round numbers and dates on axes; declared in plot.h. */
#include <math.h>
#include <stdio.h>

#include "common/plot.h"

size_t number_ticks(double low, double high, size_t most, double *at, double *step) {
  static const double factors[] = { 1, 2, 5, 10 };
  double span = high - low, power = pow(10, floor(log10(span / (double)most)));
  *step = power;
  for (int i = 0; i < 4; i++) {
    *step = factors[i] * power;
    if (floor(high / *step + 1e-9) - ceil(low / *step - 1e-9) + 1 <= (double)most) break;
  }
  size_t n = 0;
  double first = ceil(low / *step - 1e-9);
  for (; n < most && (first + (double)n) * *step <= high + 1e-9 * span; n++) {
    at[n] = (first + (double)n) * *step;
    if (at[n] == 0) at[n] = 0; /* no minus before zero */
  }
  return n;
}

void number_tick_text(double at, double step, char *text, size_t size) {
  double digits = -floor(log10(step) + 1e-9);
  if (fabs(at) >= 1e7 || (at != 0 && digits > 6))
    snprintf(text, size, "%.3g", at);
  else
    snprintf(text, size, "%.*f", digits > 0 ? (int)digits : 0, at);
}

void power_tick_text(double at, char *text, size_t size) {
  static const char *const raised[] = { "⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹" };
  char digits[32];
  if (at != floor(at) || (at >= -1 && at <= 2)) {
    snprintf(text, size, "%.3g", pow(10, at));
    return;
  }
  snprintf(digits, sizeof digits, "%.0f", fabs(at));
  size_t used = (size_t)snprintf(text, size, "10%s", at < 0 ? "⁻" : "");
  for (const char *d = digits; *d && used < size; d++)
    used += (size_t)snprintf(text + used, size - used, "%s", raised[*d - '0']);
}

static const struct {
  enum frequency_unit unit;
  int every;
  double seconds;
} STEPS[] = { { FREQ_SECOND, 1, 1 },           { FREQ_SECOND, 5, 5 },          { FREQ_SECOND, 15, 15 },
              { FREQ_MINUTE, 1, 60 },          { FREQ_MINUTE, 5, 300 },        { FREQ_MINUTE, 15, 900 },
              { FREQ_HOUR, 1, 3600 },          { FREQ_HOUR, 3, 10800 },        { FREQ_HOUR, 6, 21600 },
              { FREQ_HOUR, 12, 43200 },        { FREQ_DAY, 1, 86400 },         { FREQ_DAY, 2, 172800 },
              { FREQ_WEEK, 1, 604800 },        { FREQ_WEEK, 2, 1209600 },      { FREQ_MONTH, 1, 2629800 },
              { FREQ_MONTH, 2, 5259600 },      { FREQ_MONTH, 3, 7889400 },     { FREQ_MONTH, 6, 15778800 },
              { FREQ_YEAR, 1, 31557600 },      { FREQ_YEAR, 2, 63115200 },     { FREQ_YEAR, 5, 157788000 },
              { FREQ_YEAR, 10, 315576000 },    { FREQ_YEAR, 20, 631152000 },   { FREQ_YEAR, 50, 1.57788e9 },
              { FREQ_YEAR, 100, 3.15576e9 },   { FREQ_YEAR, 200, 6.31152e9 },  { FREQ_YEAR, 500, 1.57788e10 },
              { FREQ_YEAR, 1000, 3.15576e10 }, { FREQ_YEAR, 5000, 1.57788e11 } };

/* The first whole multiple of the step at or after `low`. */
static int64_t first_tick(size_t s, int64_t low) {
  int64_t days = low / 86400 - (low % 86400 < 0), y;
  int m, d;
  date_civil(days, &y, &m, &d);
  struct frequency f = { STEPS[s].unit, STEPS[s].every, 1 };
  int64_t at;
  if (f.unit == FREQ_YEAR)
    at = date_days(y - ((y % f.every) + f.every) % f.every, 1, 1) * 86400;
  else if (f.unit == FREQ_MONTH)
    at = date_days(y, m - (m - 1) % f.every, 1) * 86400;
  else if (f.unit == FREQ_WEEK)
    at = (days - date_weekday(days)) * 86400;
  else if (f.unit == FREQ_DAY)
    at = days * 86400;
  else {
    int64_t step = (int64_t)STEPS[s].seconds;
    at = days * 86400 + (low - days * 86400) / step * step;
  }
  while (at < low) at = frequency_step(&f, at, 1);
  return at;
}

size_t date_ticks(double low, double high, size_t most, double *at, enum frequency_unit *unit) {
  size_t s = 0, n = 0;
  while (s + 1 < sizeof STEPS / sizeof *STEPS && (high - low) / STEPS[s].seconds > (double)most) s++;
  struct frequency f = { STEPS[s].unit, STEPS[s].every, 1 };
  *unit = f.unit;
  for (int64_t tick = first_tick(s, (int64_t)ceil(low)); n < most && (double)tick <= high;
       tick = frequency_step(&f, tick, 1))
    at[n++] = (double)tick;
  return n;
}

void date_tick_text(double at, enum frequency_unit unit, char *text, size_t size) {
  int64_t seconds = (int64_t)at;
  char full[24];
  if (unit >= FREQ_MONTH || (unit >= FREQ_DAY && unit <= FREQ_WEEK)) {
    date_format(seconds, unit, text, size);
    return;
  }
  /* Times of day; midnight bears the date instead. */
  date_format(seconds, FREQ_SECOND, full, sizeof full);
  if (seconds % 86400 == 0)
    snprintf(text, size, "%.10s", full);
  else
    snprintf(text, size, "%.*s", unit == FREQ_SECOND ? 8 : 5, full + 11);
}
