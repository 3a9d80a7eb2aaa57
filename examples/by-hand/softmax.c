/* softmax.c: softmax from cold to hot. */
#include "by-hand.h"

#include <math.h>

enum { SCORES, TEMPERATURES };

static void solve(struct session *s, const struct numbers *n) {
  for (int k = 0; k < n[TEMPERATURES].n && !s->failed; k++) {
    const double t = n[TEMPERATURES].v[k], *scores = n[SCORES].v;
    double greatest = scores[0], sum = 0, theirs[3];
    for (int i = 1; i < 3; i++) greatest = fmax(greatest, scores[i]);
    for (int i = 0; i < 3; i++) sum += exp((scores[i] - greatest) / t);
    atr_model *m = model_new(s);
    if (!m) return;
    const atr_value x = model_input(m, "x", (struct shape){ 2, { 1, 3 } });
    atr_model_add_output(m, "p", atr_model_softmax(m, 1, (float)t, x));
    struct library l = library_open(s, m, NULL);
    library_write(&l, "x", scores, 3);
    library_run(&l);
    library_read(&l, "p", theirs, 3);
    for (int i = 0; i < 3; i++)
      compare(s, exp((scores[i] - greatest) / t) / sum, theirs[i], "T = %g: p%d", t, i + 1);
    library_close(&l);
  }
}

static struct numbers numbers[] = {
  { "scores", 3, { 2, 1, 0.5 } },
  { "temperatures", 5, { 0.05, 0.5, 1, 2, 100 } },
  { NULL, 0, { 0 } },
};
const struct problem problem_softmax = { "softmax", "softmax as T goes to 0, at 1, and to infinity", numbers,
                                         solve };
