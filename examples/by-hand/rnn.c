/* rnn.c: a recurrent network of two steps, unrolled, and its gradient through time. */
#include "by-hand.h"

#include <math.h>

enum { X, W, R, B, H0 };

static atr_model *network(struct session *s, const struct numbers *n) {
  const double bias[4] = { n[B].v[0], n[B].v[1], 0, 0 }; /* ONNX has two biases; the second stays 0 */
  atr_model *m = model_new(s);
  if (!m) return NULL;
  const atr_value none = { 0 };
  const atr_value in[6] = { model_input(m, "x", (struct shape){ 3, { 2, 1, 1 } }),
                            model_weight(m, "W", (struct shape){ 3, { 1, 2, 1 } }, n[W].v),
                            model_weight(m, "R", (struct shape){ 3, { 1, 2, 2 } }, n[R].v),
                            model_weight(m, "b", (struct shape){ 2, { 1, 4 } }, bias),
                            none,
                            model_weight(m, "h0", (struct shape){ 3, { 1, 1, 2 } }, n[H0].v) };
  atr_value out[2];
  atr_model_add(m, NULL, "RNN", NULL, in, 6, NULL, 0, out, 2);
  atr_model_add_output(m, "h", out[0]);
  atr_model_add_output(m, "last", out[1]);
  return m;
}

static void solve(struct session *s, const struct numbers *n) {
  double h[3][2], dz[3][2], dh[2] = { 1, 1 }, dw[2] = { 0, 0 }, dr[4] = { 0, 0, 0, 0 }, db[2] = { 0, 0 },
                            dx[2];
  double theirs[4];
  for (int j = 0; j < 2; j++) h[0][j] = n[H0].v[j];
  for (int t = 1; t <= 2; t++)
    for (int j = 0; j < 2; j++)
      h[t][j] = tanh(n[W].v[j] * n[X].v[t - 1] + n[R].v[2 * j] * h[t - 1][0] +
                     n[R].v[2 * j + 1] * h[t - 1][1] + n[B].v[j]);
  /* L is the sum of the last state. */
  for (int t = 2; t >= 1; t--) {
    for (int j = 0; j < 2; j++) {
      dz[t][j] = dh[j] * (1 - h[t][j] * h[t][j]);
      dw[j] += dz[t][j] * n[X].v[t - 1];
      dr[2 * j] += dz[t][j] * h[t - 1][0];
      dr[2 * j + 1] += dz[t][j] * h[t - 1][1];
      db[j] += dz[t][j];
    }
    dx[t - 1] = dz[t][0] * n[W].v[0] + dz[t][1] * n[W].v[1];
    for (int k = 0; k < 2; k++) dh[k] = dz[t][0] * n[R].v[k] + dz[t][1] * n[R].v[2 + k];
  }
  struct library l = library_open(s, network(s, n), "last");
  library_write(&l, "x", n[X].v, 2);
  library_run(&l);
  library_read(&l, "h", theirs, 4);
  for (int t = 1; t <= 2; t++)
    for (int j = 0; j < 2; j++) compare(s, h[t][j], theirs[2 * t - 2 + j], "step %d: h%d", t, j + 1);
  library_read(&l, "W.grad", theirs, 2);
  for (int j = 0; j < 2; j++) compare(s, dw[j], theirs[j], "dL/dW [%d]", j + 1);
  library_read(&l, "R.grad", theirs, 4);
  for (int j = 0; j < 4; j++) compare(s, dr[j], theirs[j], "dL/dR [%d][%d]", j / 2 + 1, j % 2 + 1);
  library_read(&l, "b.grad", theirs, 4);
  for (int j = 0; j < 2; j++) compare(s, db[j], theirs[j], "dL/db [%d]", j + 1);
  library_read(&l, "h0.grad", theirs, 2);
  for (int j = 0; j < 2; j++) compare(s, dh[j], theirs[j], "dL/dh0 [%d]", j + 1);
  library_read(&l, "x.grad", theirs, 2);
  for (int j = 0; j < 2; j++) compare(s, dx[j], theirs[j], "dL/dx%d", j + 1);
  library_close(&l);
}

static struct numbers numbers[] = {
  { "x", 2, { 1, -0.5 } }, { "W", 2, { 0.5, -0.25 } }, { "R", 4, { 0.5, 0.25, -0.5, 0.75 } },
  { "b", 2, { 0, 0.1 } },  { "h0", 2, { 0, 0.5 } },    { NULL, 0, { 0 } },
};
const struct problem problem_rnn = { "rnn", "a recurrent step unrolled, and back through time", numbers,
                                     solve };
