/* cell.c: one step of the discrete systems, and of vectors tangent to it.
 *
 *   rnn       h' = f(a)                                      a = W·u + R·h + b + b_rec
 *   lstm      i = f(ai + Pi·c), fo = f(af + Pf·c) or 1 - i, g = g(ac), c' = fo·c + i·g,
 *             o = f(ao + Po·c'), h' = o·h(c')
 *   gru       z = f(az), r = f(ar), n = g(W·u + b + R·(r·h) + b_rec), h' = (1 - z)·n + z·h;
 *             with linear_before_reset n = g(W·u + b + r·(R·h + b_rec))
 *   logistic  x' = r·x·(1 - x)
 *
 * A clip bounds what enters an activation (of an LSTM c' too); where it does, the slope is 0. Source: ONNX
 * RNN-14, LSTM-14, GRU-14. */
#include <math.h>
#include <string.h>

#include "dynamics/linear.h"
#include "dynamics/step.h"

void step_drive(const struct system *s, const double *u, double *to) {
  const size_t rows = s->gates * s->neurons;
  for (size_t i = 0; i < rows; i++) {
    double sum = s->b[i];
    for (size_t k = 0; k < s->inputs; k++) sum += s->w_in[i * s->inputs + k] * u[k];
    to[i] = sum;
  }
}

/* f of the clipped z, and its slope. */
static double through(const struct system *s, int which, double z, double *slope) {
  const double bound = s->clip;
  if (bound > 0 && fabs(z) > bound) {
    *slope = 0;
    z = copysign(bound, z);
  } else
    *slope = activation_slope(&s->f[which], z);
  return activation_value(&s->f[which], z);
}

/* to = R_block·h, or [n][k] of a matrix. */
static void recur(const struct system *s, size_t block, size_t k, const double *h, double *to) {
  linear_product(s->neurons, k, s->neurons, s->w_rec + block * s->neurons * s->neurons, h, false, to);
}

static void rnn(const struct system *s, const double *u, const double *x, double *next, double *v, size_t k,
                double *room) {
  const size_t n = s->neurons;
  double *z = room, *slope = z + n, *a = slope + n, *rv = a + n;
  step_drive(s, u, z);
  recur(s, 0, 1, x, a);
  for (size_t i = 0; i < n; i++) next[i] = through(s, 0, z[i] + a[i] + s->b_rec[i], &slope[i]);
  if (!k) return;
  recur(s, 0, k, v, rv);
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < k; j++) v[i * k + j] = slope[i] * rv[i * k + j];
}

static void lstm(const struct system *s, const double *u, const double *x, double *next, double *v, size_t k,
                 double *room) {
  const size_t n = s->neurons, I = 0, O = n, F = 2 * n, C = 3 * n;
  const double *p = s->peephole, *cells = x + n;
  double *z = room, *y = z + 4 * n, *slope = y + 4 * n, *cell = slope + 4 * n, *seen = cell + n,
         *seen_slope = seen + n, *rv = seen_slope + n;
  step_drive(s, u, z);
  linear_product(4 * n, 1, n, s->w_rec, x, false, y);
  for (size_t i = 0; i < 4 * n; i++) z[i] += y[i] + s->b_rec[i];
  for (size_t i = 0; i < n; i++) {
    const double c = cells[i];
    y[I + i] = through(s, 0, z[I + i] + p[i] * c, &slope[I + i]);
    if (s->input_forget) {
      y[F + i] = 1 - y[I + i];
      slope[F + i] = 0;
    } else
      y[F + i] = through(s, 0, z[F + i] + p[2 * n + i] * c, &slope[F + i]);
    y[C + i] = through(s, 1, z[C + i], &slope[C + i]);
    cell[i] = y[F + i] * c + y[I + i] * y[C + i];
    y[O + i] = through(s, 0, z[O + i] + p[n + i] * cell[i], &slope[O + i]);
    seen[i] = through(s, 2, cell[i], &seen_slope[i]);
  }
  if (k) linear_product(4 * n, k, n, s->w_rec, v, false, rv);
  for (size_t i = 0; k && i < n; i++)
    for (size_t j = 0; j < k; j++) {
      double *dc = &v[(n + i) * k + j];
      const double di = slope[I + i] * (rv[(I + i) * k + j] + p[i] * *dc),
                   df = s->input_forget ? -di : slope[F + i] * (rv[(F + i) * k + j] + p[2 * n + i] * *dc),
                   dg = slope[C + i] * rv[(C + i) * k + j];
      *dc = y[F + i] * *dc + df * cells[i] + di * y[C + i] + y[I + i] * dg;
      v[i * k + j] =
          slope[O + i] * (rv[(O + i) * k + j] + p[n + i] * *dc) * seen[i] + y[O + i] * seen_slope[i] * *dc;
    }
  for (size_t i = 0; i < n; i++) {
    next[i] = y[O + i] * seen[i];
    next[n + i] = cell[i];
  }
}

static void gru(const struct system *s, const double *u, const double *x, double *next, double *v, size_t k,
                double *room) {
  const size_t n = s->neurons, R = n, H = 2 * n;
  double *a = room, *y = a + 3 * n, *slope = y + 3 * n, *inner = slope + 3 * n, *scaled = inner + n,
         *rv = scaled + n, *gated = rv + 3 * n * k;
  const bool after = s->linear_before_reset;
  step_drive(s, u, a);
  linear_product(2 * n, 1, n, s->w_rec, x, false, y);
  for (size_t i = 0; i < 2 * n; i++) y[i] = through(s, 0, a[i] + y[i] + s->b_rec[i], &slope[i]);
  for (size_t i = 0; i < n; i++) scaled[i] = after ? x[i] : y[R + i] * x[i];
  recur(s, 2, 1, scaled, inner);
  for (size_t i = 0; i < n; i++) {
    inner[i] += s->b_rec[H + i];
    y[H + i] = through(s, 1, a[H + i] + (after ? y[R + i] * inner[i] : inner[i]), &slope[H + i]);
  }
  if (k) {
    linear_product(2 * n, k, n, s->w_rec, v, false, rv);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < k; j++) {
        rv[i * k + j] *= slope[i];           /* dz */
        rv[(R + i) * k + j] *= slope[R + i]; /* dr */
        gated[i * k + j] = after ? v[i * k + j] : y[R + i] * v[i * k + j] + rv[(R + i) * k + j] * x[i];
      }
    recur(s, 2, k, gated, rv + H * k);
    for (size_t i = 0; i < n; i++)
      for (size_t j = 0; j < k; j++) {
        double d = rv[(H + i) * k + j];
        if (after) d = y[R + i] * d + rv[(R + i) * k + j] * inner[i];
        v[i * k + j] =
            (1 - y[i]) * slope[H + i] * d + y[i] * v[i * k + j] + rv[i * k + j] * (x[i] - y[H + i]);
      }
  }
  for (size_t i = 0; i < n; i++) next[i] = (1 - y[i]) * y[H + i] + y[i] * x[i];
}

void cell_step(const struct system *s, const double *u, const double *x, double *next, double *v, size_t k) {
  double *room = s->room + s->states;
  switch (s->kind) {
  case SYSTEM_LSTM: lstm(s, u, x, next, v, k, room); break;
  case SYSTEM_GRU: gru(s, u, x, next, v, k, room); break;
  case SYSTEM_LOGISTIC: {
    const double at = x[0], r = s->parameter[0];
    next[0] = r * at * (1 - at);
    for (size_t j = 0; j < k; j++) v[j] *= r * (1 - 2 * at);
    break;
  }
  default: rnn(s, u, x, next, v, k, room); break;
  }
}
