/* series.c: a daily price as markets might make it, with something in it that can be learnt.
 *
 * Demand wanders around a level with a cycle of about a month; the price follows demand three days later,
 * drifts upwards a little, is higher towards the end of the week, and is noisy. So the further column helps,
 * and the last value alone is not the best forecast; how much better one can do is for the backtest to say.
 */
#include <stdio.h>

#include "common/date.h"
#include "common/output.h"
#include "sample/sample.h"

enum { LEAD = 3, CYCLE = 21 };

/* Nearly normal: twelve uniform numbers added. */
static double noise(struct sample_random *r) {
  double sum = -6;
  for (int i = 0; i < 12; i++) sum += (double)(sample_bits(r) >> 11) * (1.0 / 9007199254740992.0);
  return sum;
}

static void write_rows(FILE *file, uint64_t seed, int rows) {
  static const double weekday[] = { -0.0012, -0.0004, 0.0, 0.0006, 0.0010 };
  struct sample_random r = { seed };
  struct frequency step = { FREQ_BDAY, 1, 0 };
  int64_t date = date_days(2016, 1, 4) * 86400;
  double price = 60, wander = 0, past[LEAD + 1] = { 0 };
  /* A cycle without a sine: a point turned by the same angle each day (cos, sin of 2 pi / 21). */
  const double c = 0.9555728057861407, s = 0.29475517441090415;
  double x = 1, y = 0;
  fputs("date,price,demand\n", file);
  for (int i = 0; i < rows; i++) {
    double turned = c * x - s * y;
    y = s * x + c * y;
    x = turned;
    wander = 0.97 * wander + 0.18 * noise(&r);
    double demand = 100 + 4 * y + 3 * wander;
    for (int k = LEAD; k > 0; k--) past[k] = past[k - 1];
    past[0] = demand - 100;
    double change = i < LEAD + 1 ? 0 : 0.0022 * (past[LEAD] - past[LEAD - 1]) * -1 + 0.0006 * past[LEAD];
    price *= 1 + 0.00015 + change + weekday[date_weekday(date / 86400)] + 0.008 * noise(&r);
    char day[24];
    date_format(date, FREQ_DAY, day, sizeof day);
    bool no_price = sample_between(&r, 1, 130) == 1, no_demand = sample_between(&r, 1, 90) == 1;
    fprintf(file, "%s,", day);
    if (i && i + 1 < rows && no_price)
      fputs(",", file);
    else
      fprintf(file, "%.2f,", price);
    if (no_demand)
      fputs("NA\n", file);
    else
      fprintf(file, "%.1f\n", demand);
    date = frequency_step(&step, date, 1);
  }
}

bool sample_series(const char *folder, uint64_t seed, int rows, struct fault *fault) {
  char path[OUTPUT_PATH];
  struct output out;
  snprintf(path, sizeof path, "%.4000s/series.csv", folder);
  if (!output_open(&out, path, false, fault)) return false;
  write_rows(out.file, seed, rows);
  return output_commit(&out, fault);
}
