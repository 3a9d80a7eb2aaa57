/* network.c: a network as a function, and the gradient of one by backpropagation. */
#include "by-hand.h"

#include <math.h>

enum { X, W1, B1, W2, B2, T };

static double sigmoid(double z) {
  return 1 / (1 + exp(-z));
}

/* x·Wᵀ + b. */
static atr_value layer(atr_model *m, atr_value x, atr_value w, atr_value b) {
  const atr_value in[3] = { x, w, b };
  const atr_attribute turned = { .name = "transB", .kind = ATR_ATTRIBUTE_INT, .i = 1 };
  return model_node(m, "Gemm", in, 3, &turned, 1);
}

/* Two inputs, two hidden neurons, one output y. */
static atr_model *network(struct session *s, const struct numbers *n, const char *activation) {
  const struct shape row = { 2, { 1, 2 } }, square = { 2, { 2, 2 } }, two = { 1, { 2 } }, one = { 1, { 1 } };
  atr_model *m = model_new(s);
  if (!m) return NULL;
  const atr_value z = layer(m, model_input(m, "x", row), model_weight(m, "W1", square, n[W1].v),
                            model_weight(m, "b1", two, n[B1].v));
  const atr_value h = model_node(m, activation, &z, 1, NULL, 0);
  const atr_value y = layer(m, h, model_weight(m, "W2", row, n[W2].v), model_weight(m, "b2", one, n[B2].v));
  atr_model_add_output(m, "y", y);
  atr_model_add_output(m, "z", z);
  atr_model_add_output(m, "h", h);
  atr_model_add_output(m, "p", atr_model_sigmoid(m, y));
  return m;
}

static void solve_network(struct session *s, const struct numbers *n) {
  double z[2], h[2], y = n[B2].v[0], theirs[2];
  for (int j = 0; j < 2; j++) {
    z[j] = n[W1].v[2 * j] * n[X].v[0] + n[W1].v[2 * j + 1] * n[X].v[1] + n[B1].v[j];
    h[j] = z[j] > 0 ? z[j] : 0;
    y += n[W2].v[j] * h[j];
  }
  struct library l = library_open(s, network(s, n, "Relu"), NULL);
  library_write(&l, "x", n[X].v, 2);
  library_run(&l);
  library_read(&l, "z", theirs, 2);
  for (int j = 0; j < 2; j++) compare(s, z[j], theirs[j], "z%d, sum of neuron %d", j + 1, j + 1);
  library_read(&l, "h", theirs, 2);
  for (int j = 0; j < 2; j++) compare(s, h[j], theirs[j], "h%d = max(0, z%d)", j + 1, j + 1);
  library_read(&l, "y", theirs, 1);
  compare(s, y, theirs[0], "y = W2.h + b2");
  library_read(&l, "p", theirs, 1);
  compare(s, sigmoid(y), theirs[0], "p = sigmoid(y)");
  library_close(&l);
}

static struct numbers network_numbers[] = {
  { "x", 2, { 1, 2 } },       { "W1", 4, { 0.5, -0.5, 0.75, 1 } },
  { "b1", 2, { 0.1, -0.5 } }, { "W2", 2, { 2, -1 } },
  { "b2", 1, { 0.3 } },       { NULL, 0, { 0 } },
};
const struct problem problem_network = { "network", "a network as a function", network_numbers,
                                         solve_network };

static void both(struct session *s, struct library *l, const char *tensor, const double *paper, int n,
                 const char *what) {
  double theirs[4];
  library_read(l, tensor, theirs, n);
  for (int i = 0; i < n; i++) compare(s, paper[i], theirs[i], n > 1 ? "%s [%d]" : "%s", what, i + 1);
}

static void solve_backpropagation(struct session *s, const struct numbers *n) {
  double z[2], h[2], y = n[B2].v[0], dw1[4], dw2[2], dh[2], dz[2], dx[2] = { 0, 0 };
  for (int j = 0; j < 2; j++) {
    z[j] = n[W1].v[2 * j] * n[X].v[0] + n[W1].v[2 * j + 1] * n[X].v[1] + n[B1].v[j];
    h[j] = sigmoid(z[j]);
    y += n[W2].v[j] * h[j];
  }
  const double dy = 2 * (y - n[T].v[0]), loss = (y - n[T].v[0]) * (y - n[T].v[0]);
  for (int j = 0; j < 2; j++) {
    dw2[j] = dy * h[j];
    dh[j] = dy * n[W2].v[j];
    dz[j] = dh[j] * h[j] * (1 - h[j]);
    for (int i = 0; i < 2; i++) {
      dw1[2 * j + i] = dz[j] * n[X].v[i];
      dx[i] += dz[j] * n[W1].v[2 * j + i];
    }
  }
  struct library l = library_open(s, network(s, n, "Sigmoid"), "mse");
  library_write(&l, "x", n[X].v, 2);
  library_write(&l, "y.target", n[T].v, 1);
  library_run(&l);
  both(s, &l, "z", z, 2, "z");
  both(s, &l, "h", h, 2, "h = sigmoid(z)");
  both(s, &l, "y", &y, 1, "y");
  both(s, &l, "atrous.loss", &loss, 1, "L = (y - t)^2");
  both(s, &l, "y.grad", &dy, 1, "dL/dy = 2 (y - t)");
  both(s, &l, "W2.grad", dw2, 2, "dL/dW2");
  both(s, &l, "b2.grad", &dy, 1, "dL/db2");
  both(s, &l, "h.grad", dh, 2, "dL/dh");
  both(s, &l, "z.grad", dz, 2, "dL/dz");
  both(s, &l, "W1.grad", dw1, 4, "dL/dW1");
  both(s, &l, "b1.grad", dz, 2, "dL/db1");
  both(s, &l, "x.grad", dx, 2, "dL/dx");
  library_close(&l);
}

static struct numbers backpropagation_numbers[] = {
  { "x", 2, { 1, 2 } },       { "W1", 4, { 0.5, -0.5, 0.75, 1 } },
  { "b1", 2, { 0.1, -0.5 } }, { "W2", 2, { 2, -1 } },
  { "b2", 1, { 0.3 } },       { "t", 1, { 1 } },
  { NULL, 0, { 0 } },
};
const struct problem problem_backpropagation = { "backpropagation", "gradients through two layers",
                                                 backpropagation_numbers, solve_backpropagation };
