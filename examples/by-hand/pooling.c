/* pooling.c: max pooling there and back. */
#include "by-hand.h"

enum { X, DY };

static void solve(struct session *s, const struct numbers *n) {
  const double *x = n[X].v;
  double y[4], dx[16] = { 0 }, theirs[16];
  for (int o = 0; o < 4; o++) {
    const int corner = o / 2 * 8 + o % 2 * 2, window[4] = { corner, corner + 1, corner + 4, corner + 5 };
    int best = window[0];
    for (int i = 1; i < 4; i++)
      if (x[window[i]] > x[best]) best = window[i]; /* the first of equals stays */
    y[o] = x[best];
    dx[best] += n[DY].v[o];
  }
  atr_model *m = model_new(s);
  if (!m) return;
  atr_conv_params window = ATR_CONV_PARAMS_INIT;
  window.filter[0] = window.filter[1] = window.stride[0] = window.stride[1] = 2;
  const atr_value pooled =
      atr_model_max_pool(m, &window, model_input(m, "x", (struct shape){ 4, { 1, 1, 4, 4 } }));
  /* L = Σ dy·y has the gradient dy at y. */
  const atr_value dy = model_weight(m, "dy", (struct shape){ 4, { 1, 1, 2, 2 } }, n[DY].v);
  atr_model_add_output(m, "y", pooled);
  atr_model_add_output(m, "weighted", atr_model_mul(m, pooled, dy));
  struct library l = library_open(s, m, "weighted");
  library_write(&l, "x", x, 16);
  library_run(&l);
  library_read(&l, "y", theirs, 4);
  for (int i = 0; i < 4; i++) compare(s, y[i], theirs[i], "y, row %d column %d", i / 2 + 1, i % 2 + 1);
  library_read(&l, "x.grad", theirs, 16);
  for (int i = 0; i < 16; i++) compare(s, dx[i], theirs[i], "dL/dx, row %d column %d", i / 4 + 1, i % 4 + 1);
  library_close(&l);
}

static struct numbers numbers[] = {
  { "x", 16, { 1, 3, 2, 1, 4, 2, 0, 5, 7, 7, -1, -2, 6, 0, -3, -4 } },
  { "dy", 4, { 0.1, 0.2, 0.3, 0.4 } },
  { NULL, 0, { 0 } },
};
const struct problem problem_pooling = { "pooling", "max pooling forward and backward", numbers, solve };
