/* softmax_test.c: Softmax, LogSoftmax and their gradients: hand-worked lines, infinities, properties at
 * awkward sizes, finite differences, rejections, PyTorch's cases. */
#include "golden.h"
#include "op_case.h"

static void axis(op_case *c, int64_t value) {
  ck_assert_int_eq(atr__attrs_set_int(&c->attrs, "axis", value), ATR_OK);
}

START_TEST(softmax_of_logarithms_is_their_share) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), (double[]){ 0, log(2), log(5), 100, 100 + log(3), 100 });
  OP_CASE_GOOD(op_case_run(&c, "", "Softmax", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 0.125, 0.25, 0.625, 0.2, 0.6, 0.2);
  axis(&c, 0);
  c.in[0].v[3] = log(3), c.in[0].v[4] = log(2), c.in[0].v[5] = log(15);
  OP_CASE_GOOD(op_case_run(&c, "", "Softmax", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 0.25, 0.5, 0.25, 0.75, 0.5, 0.75);
  OP_CASE_GOOD(op_case_run(&c, "", "LogSoftmax", 1), &c);
  OP_NEAR(&c, 0, 1e-12, log(0.25), log(0.5), log(0.25), log(0.75), log(0.5), log(0.75));
  op_case_free(&c);
}
END_TEST

START_TEST(softmax_is_defined_where_everything_is_masked) {
  /* As lines of the last axis and as planes of the first, short and longer than a vector. */
  for (int64_t length = 2; length <= 34; length += 32)
    for (int first = 0; first < 2; first++) {
      op_case c = { 0 };
      op_tensor *x = op_case_real(&c, first ? OP_SHAPE(length, 17) : OP_SHAPE(17, length), NULL);
      const int64_t step = first ? 17 : 1, line = first ? 1 : length;
      for (int64_t k = 0; k < length; k++) {
        x->v[k * step] = -INFINITY;                       /* all masked */
        x->v[line + k * step] = k == 1 ? NAN : -INFINITY; /* NaN spreads */
        x->v[2 * line + k * step] = k == 1 ? 3 : -INFINITY;
        x->v[3 * line + k * step] = k == 1 ? -1e38 : 1e38; /* far apart, no overflow */
      }
      axis(&c, first ? 0 : -1);
      for (int log = 0; log < 2; log++) {
        OP_CASE_GOOD(op_case_run(&c, "", log ? "LogSoftmax" : "Softmax", 1), &c);
        for (int64_t k = 0; k < length; k++) {
          const double *y = c.out[0].v + k * step;
          ck_assert(y[0] == (log ? -INFINITY : 0));
          ck_assert(isnan(y[line]));
          if (log)
            ck_assert(y[2 * line] == (k == 1 ? 0 : -INFINITY));
          else
            ck_assert(y[2 * line] == (k == 1));
          ck_assert(!isnan(y[3 * line]));
        }
      }
      op_case_free(&c);
    }
}
END_TEST

static void grad(op_case *c, const char *op, const double *dy, op_case *g) {
  *g = (op_case){ 0 };
  ck_assert_int_eq(atr__attrs_copy(&g->attrs, &c->attrs), ATR_OK);
  op_case_real(g, c->in[0].shape, dy);
  op_case_real(g, c->in[0].shape, c->out[0].v);
  OP_CASE_GOOD(op_case_run(g, "org.atrous", op, 1), g);
}

START_TEST(softmax_sums_to_1_and_its_gradient_to_0) {
  const atr_shape shapes[] = { OP_SHAPE(1),        OP_SHAPE(7),         OP_SHAPE(2, 17, 3),
                               OP_SHAPE(3, 1, 16), OP_SHAPE(2, 5, 81),  OP_SHAPE(2, 3, 5, 7),
                               OP_SHAPE(5, 1030),  OP_SHAPE(1, 11, 130) };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int ax = 0; ax < shapes[i].rank; ax++)
      for (int log = 0; log < 2; log++) {
        op_case c = { 0 }, g;
        op_case_fill(op_case_real(&c, shapes[i], NULL), 4);
        for (int64_t k = 0; k < c.in[0].count; k++) c.in[0].v[k] *= 16;
        axis(&c, ax - (log ? shapes[i].rank : 0));
        OP_CASE_GOOD(op_case_run(&c, "", log ? "LogSoftmax" : "Softmax", 1), &c);
        op_tensor dy = { .count = c.in[0].count, .v = calloc((size_t)c.in[0].count, 8) };
        ck_assert_ptr_nonnull(dy.v);
        op_case_fill(&dy, 8);
        grad(&c, log ? "LogSoftmaxGrad" : "SoftmaxGrad", dy.v, &g);
        const int64_t inner = atr__shape_span(&shapes[i], ax + 1, shapes[i].rank), length = shapes[i].dim[ax];
        for (int64_t line = 0; line < c.in[0].count / length; line++) {
          const int64_t at = line / inner * length * inner + line % inner;
          double sum = 0, slope = 0;
          for (int64_t k = 0; k < length; k++) {
            sum += log ? exp(c.out[0].v[at + k * inner]) : c.out[0].v[at + k * inner];
            slope += g.out[0].v[at + k * inner];
          }
          ck_assert_double_eq_tol(sum, 1, 1e-12);
          ck_assert_double_eq_tol(slope, 0, 1e-10);
        }
        free(dy.v);
        op_case_free(&g);
        op_case_free(&c);
      }
}
END_TEST

/* Lines longer than a tile has room for, tiles that are not whole, several tiles a work-group, and more than
 * caches hold. */
START_TEST(softmax_is_its_definition_however_lines_lie) {
  const atr_shape shapes[] = { OP_SHAPE(2, 3, 300), OP_SHAPE(1, 21, 7), OP_SHAPE(2, 9, 257),
                               OP_SHAPE(3, 301, 1), OP_SHAPE(2, 1, 5),  OP_SHAPE(1, 600, 1) };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
    for (int log = 0; log < 2; log++) {
      op_case c = { 0 };
      op_case_fill(op_case_real(&c, shapes[i], NULL), 4);
      const int64_t length = shapes[i].dim[1], inner = shapes[i].dim[2];
      axis(&c, 1);
      OP_CASE_GOOD(op_case_run(&c, "", log ? "LogSoftmax" : "Softmax", 1), &c);
      for (int64_t k = 0; k < c.in[0].count; k++) {
        const double *line = c.in[0].v + k / (length * inner) * length * inner + k % inner;
        double sum = 0;
        for (int64_t e = 0; e < length; e++) sum += exp(line[e * inner]);
        const double want = c.in[0].v[k] - log10(sum) / log10(exp(1));
        ck_assert_double_eq_tol(c.out[0].v[k], log ? want : exp(want), 1e-12);
      }
      op_case_free(&c);
    }
}
END_TEST

START_TEST(softmax_along_channels_of_planes) {
  const atr_shape shapes[] = { OP_SHAPE(1, 257, 5, 13), OP_SHAPE(2, 256, 80), OP_SHAPE(3, 2, 90, 91),
                               OP_SHAPE(70, 3, 129), OP_SHAPE(3, 5, 7, 208) };
  for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
    op_case c = { 0 };
    op_case_fill(op_case_real(&c, shapes[i], NULL), 4);
    for (int64_t k = 0; k < c.in[0].count; k++) c.in[0].v[k] *= 16;
    axis(&c, 1);
    const uint64_t cache = op_plan_cache(i == 4 ? 1 : 1 << 30);
    OP_CASE_GOOD(op_case_run(&c, "", i == 1 ? "LogSoftmax" : "Softmax", 1), &c);
    op_plan_cache(cache);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(softmax_gradient_agrees_with_finite_differences) {
  for (int log = 0; log < 2; log++)
    for (int ax = 0; ax < 3; ax++) {
      const char *op = log ? "LogSoftmax" : "Softmax";
      op_case c = { 0 }, g;
      op_case_fill(op_case_real(&c, OP_SHAPE(3, 4, 5), NULL), 4);
      axis(&c, ax);
      OP_CASE_GOOD(op_case_run(&c, "", op, 1), &c);
      op_tensor dy = { .count = 60, .v = calloc(60, 8) };
      op_case_fill(&dy, 8);
      grad(&c, log ? "LogSoftmaxGrad" : "SoftmaxGrad", dy.v, &g);
      for (int64_t k = 0; k < 60; k++) {
        const double was = c.in[0].v[k], step = 1.0 / 8192;
        double slope = 0;
        for (int sign = -1; sign <= 1; sign += 2) {
          c.in[0].v[k] = was + sign * step;
          OP_CASE_GOOD(op_case_run(&c, "", op, 1), &c);
          for (int64_t j = 0; j < 60; j++) slope += sign * dy.v[j] * c.out[0].v[j] / (2 * step);
        }
        c.in[0].v[k] = was;
        ck_assert_double_eq_tol(slope, g.out[0].v[k], 1e-7);
      }
      free(dy.v);
      op_case_free(&g);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(softmax_rejects_an_axis_outside_the_shape) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  axis(&c, 2);
  OP_CASE_REJECTS(&c, "", "Softmax", 1, "2");
  axis(&c, -3);
  OP_CASE_REJECTS(&c, "", "Softmax", 1, "-3");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(2, 3), NULL);
  op_case_real(&c, OP_SHAPE(3, 2), NULL);
  OP_CASE_REJECTS(&c, "org.atrous", "SoftmaxGrad", 1, "dy has shape [2,3], y has [3,2]");
  op_case_free(&c);
}
END_TEST

START_TEST(softmax_of_nothing_is_nothing) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(2, 0, 3), NULL);
  axis(&c, 1);
  OP_CASE_GOOD(op_case_run(&c, "", "Softmax", 1), &c);
  ck_assert_int_eq(c.out[0].count, 0);
  op_case_free(&c);
}
END_TEST

static void torch_cases(const char *name, const char *op, const char *op_grad) {
  json_t *root = golden_load("activation.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, name, &i)); seen++) {
    op_case c = { 0 }, g;
    atr_shape shape;
    int64_t ax;
    double *x = golden_values(one, "inputs", "x", &shape), *y = golden_values(one, "outputs", "y", NULL),
           *dy = golden_values(one, "grad_outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL);
    op_case_real(&c, shape, x);
    golden_ints(one, "dim", -1, 1, &ax);
    axis(&c, ax);
    OP_CASE_GOOD(op_case_run(&c, "", op, 1), &c);
    op_case_near(&c, 0, y, c.in[0].count, 1e-7);
    grad(&c, op_grad, dy, &g);
    op_case_near(&g, 0, dx, c.in[0].count, 1e-7);
    free(x), free(y), free(dy), free(dx);
    op_case_free(&g);
    op_case_free(&c);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}

START_TEST(softmax_agrees_with_pytorch) {
  torch_cases("softmax", "Softmax", "SoftmaxGrad");
}
END_TEST

START_TEST(log_softmax_agrees_with_pytorch) {
  torch_cases("log_softmax", "LogSoftmax", "LogSoftmaxGrad");
}
END_TEST

START_TEST(softmax_is_differentiated_in_a_model) {
  for (int log = 0; log < 2; log++) {
    op_case c = { 0 };
    op_case_fill(op_case_real(&c, OP_SHAPE(2, 5, 3, 6), NULL), 2);
    axis(&c, 1);
    OP_CASE_GOOD(op_case_run(&c, "", log ? "LogSoftmax" : "Softmax", 1), &c);
    op_plan_gradient(&c, "", log ? "LogSoftmax" : "Softmax", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("softmax");
  TCase *tests = tcase_create("softmax");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, softmax_of_logarithms_is_their_share);
  tcase_add_test(tests, softmax_is_defined_where_everything_is_masked);
  tcase_add_test(tests, softmax_sums_to_1_and_its_gradient_to_0);
  tcase_add_test(tests, softmax_is_its_definition_however_lines_lie);
  tcase_add_test(tests, softmax_along_channels_of_planes);
  tcase_add_test(tests, softmax_gradient_agrees_with_finite_differences);
  tcase_add_test(tests, softmax_rejects_an_axis_outside_the_shape);
  tcase_add_test(tests, softmax_of_nothing_is_nothing);
  tcase_add_test(tests, softmax_agrees_with_pytorch);
  tcase_add_test(tests, log_softmax_agrees_with_pytorch);
  tcase_add_test(tests, softmax_is_differentiated_in_a_model);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
