/* sparse_rnn_test.c: SparseRNN and its gradient: three neurons by hand, against ONNX's RNN with the same
 * matrix dense, finite differences, awkward sizes, patterns that are none. */
#include "op_check.h"
#include "sparse_case.h"

static const char *const rates[] = { "Tanh", "Sigmoid", "Relu", "Softplus", "Identity" };

static void make(op_case *c, const char *rate, int64_t t, int64_t n, int64_t hid, int percent, int first) {
  *c = (op_case){ 0 };
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "activation", rate), ATR_OK);
  op_case_fill(op_case_real(c, OP_SHAPE(t, n, hid), NULL), 1);
  op_case d = { 0 };
  op_tensor *r = op_case_real(&d, OP_SHAPE(hid, hid), NULL);
  op_case_fill(r, 2);
  for (int64_t i = 0; hid > 20 && i < hid * hid; i++) r->v[i] /= 4;
  sparse_values(c, r, percent, 5);
  sparse_pattern(c, hid, percent, 5);
  op_case_free(&d);
  if (first) op_case_fill(op_case_real(c, OP_SHAPE(n, hid), NULL), 4);
}

/* R = (0 2 0; 0 0 -1; ½ 0 1), ReLU, d(1) = (1, 2, -1), d(2) = (0, 1, 1), h before = (1, 1, 2).
 * h(1) = (2 + 1, -2 + 2, ½ + 2 - 1) = (3, 0, 1.5); h(2) = (0, -1.5 + 1, 1.5 + 1.5 + 1) = (0, 0 of -½, 4).
 * With dH = (1, 1, 1) everywhere: dd(2) = (0, 0, 1), as only 4 is above 0; Rᵀ·dd(2) = (½, 0, 1), so
 * dd(1) = (1.5, 0 as h is 0, 2); before the beginning Rᵀ·dd(1) = (1, 3, 2). */
START_TEST(three_neurons_are_as_worked_by_hand) {
  op_case c = { 0 };
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "activation", "Relu"), ATR_OK);
  op_case_real(&c, OP_SHAPE(2, 1, 3), (double[]){ 1, 2, -1, 0, 1, 1 });
  op_case_real(&c, OP_SHAPE(4), (double[]){ 2, -1, 0.5, 1 });
  op_case_constant(&c, ATR_I32, OP_SHAPE(4), (double[]){ 0, 1, 2, 4 });
  op_case_constant(&c, ATR_I32, OP_SHAPE(4), (double[]){ 1, 2, 0, 2 });
  op_case_real(&c, OP_SHAPE(1, 3), (double[]){ 1, 1, 2 });
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "SparseRNN", 1), &c);
  OP_NEAR(&c, 0, 0, 3, 0, 1.5, 0, 0, 4);
  op_case g = { 0 };
  ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
  op_case_real(&g, OP_SHAPE(4), c.in[1].v);
  op_case_real(&g, OP_SHAPE(2, 1, 3), c.out[0].v);
  op_case_real(&g, OP_SHAPE(2, 1, 3), (double[]){ 1, 1, 1, 1, 1, 1 });
  op_case_constant(&g, ATR_I32, OP_SHAPE(4), (double[]){ 0, 1, 2, 4 }); /* columns ½ | 2 | -1 1 */
  op_case_constant(&g, ATR_I32, OP_SHAPE(4), (double[]){ 2, 0, 1, 2 });
  op_case_constant(&g, ATR_I32, OP_SHAPE(4), (double[]){ 2, 0, 1, 3 });
  op_case_real(&g, OP_SHAPE(1, 3), c.in[4].v);
  OP_CASE_GOOD(op_case_run(&g, "org.atrous", "SparseRNNGrad", 3), &g);
  OP_NEAR(&g, 0, 0, 1.5, 0, 2, 0, 0, 1);
  OP_NEAR(&g, 1, 0, 1, 3, 2);
  OP_NEAR(&g, 2, 0, 1, 1, 2, 3, 0, 1.5);
  op_case_free(&g);
  op_case_free(&c);
}
END_TEST

static const int64_t sizes[][4] = { /* t, n, hid, per cent */
                                    { 1, 1, 1, 100 }, { 2, 1, 1, 0 },   { 3, 3, 5, 100 },
                                    { 3, 3, 5, 40 },  { 2, 2, 17, 10 }, { 4, 1, 70, 5 },
                                    { 2, 3, 7, 0 },   { 0, 2, 3, 50 },  { 2, 0, 3, 50 }
};

/* ONNX's RNN with x = d, W = 1 and R dense sums in the same order; zeros in between change nothing. */
START_TEST(it_is_onnxs_rnn_with_a_dense_matrix) {
  static const char *const names[] = { "Tanh", "Sigmoid", "Relu", "Softplus", "Affine" };
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
    for (int first = 0; first < 2; first++) {
      const int64_t *z = sizes[k], hid = z[2];
      op_case s, d = { 0 };
      make(&s, rates[k % 5], z[0], z[1], hid, (int)z[3], first);
      OP_CASE_GOOD(op_case_run(&s, "org.atrous", "SparseRNN", 1), &s);
      ck_assert_int_eq(atr__attrs_set_strings(&d.attrs, "activations", &names[k % 5], 1), ATR_OK);
      op_case_real(&d, s.in[0].shape, s.in[0].v);
      op_tensor *w = op_case_real(&d, OP_SHAPE(1, hid, hid), NULL);
      for (int64_t i = 0; i < hid; i++) w->v[i * hid + i] = 1;
      op_tensor *r = op_case_real(&d, OP_SHAPE(1, hid, hid), NULL);
      for (int64_t i = 0; i < hid; i++)
        for (int64_t e = (int64_t)s.in[2].v[i]; e < (int64_t)s.in[2].v[i + 1]; e++)
          r->v[i * hid + (int64_t)s.in[3].v[e]] = s.in[1].v[e];
      op_case_absent(&d);
      op_case_absent(&d);
      if (first) op_case_real(&d, OP_SHAPE(1, z[1], hid), s.in[4].v);
      OP_CASE_GOOD(op_case_run(&d, "", "RNN", 1), &d);
      sparse_same(&d.out[0], &s.out[0]);
      op_case_free(&d);
      op_case_free(&s);
    }
}
END_TEST

START_TEST(every_row_agrees_at_awkward_sizes_backwards) {
  for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
    const int64_t *z = sizes[k];
    op_case c, g = { 0 };
    make(&c, rates[(k + 2) % 5], z[0], z[1], z[2], (int)z[3], k % 3 > 0);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "SparseRNN", 1), &c);
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    op_case_real(&g, c.in[1].shape, c.in[1].v);
    op_case_real(&g, c.out[0].shape, c.out[0].v);
    op_case_fill(op_case_real(&g, c.out[0].shape, NULL), 9);
    sparse_transposed(&g, z[2], (int)z[3], 5);
    if (k % 3) op_case_real(&g, c.in[4].shape, c.in[4].v);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "SparseRNNGrad", 3), &g);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "SparseRNNGrad", 1), &g);
    op_case_free(&g);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(the_gradient_agrees_with_finite_differences) {
  for (int r = 0; r < 5; r++)
    for (int first = 0; first < 2; first++) {
      op_case c;
      make(&c, rates[r], 4, 3, 5, 40, first);
      OP_CASE_GOOD(op_case_run(&c, "org.atrous", "SparseRNN", 1), &c);
      op_plan_gradient(&c, "org.atrous", "SparseRNN", first ? 1 | 2 | 16 : 1 | 2, 0);
      op_case_free(&c);
    }
  op_case c;
  make(&c, "Tanh", 3, 2, 4, 0, 1); /* nothing to learn in R */
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "SparseRNN", 1), &c);
  op_plan_gradient(&c, "org.atrous", "SparseRNN", 1 | 16, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused) {
  op_case c;
  make(&c, "Step", 1, 1, 3, 100, 0);
  OP_CASE_REJECTS(&c, "org.atrous", "SparseRNN", 1, "activation \"Step\" is not known");
  op_case_free(&c);
  make(&c, "Tanh", 1, 1, 3, 100, 1);
  c.in[4].shape = OP_SHAPE(3, 1);
  OP_CASE_REJECTS(&c, "org.atrous", "SparseRNN", 1, "input 4 has shape [3,1], must be [1,3]");
  op_case_free(&c);
  make(&c, "Tanh", 1, 1, 3, 100, 0);
  c.in[3].v[4] = 3;
  OP_CASE_REJECTS(&c, "org.atrous", "SparseRNN", 1, "SparseRNN: row 1 has the column 3, must be 0 to 2");
  c.in[3].v[4] = 0;
  OP_CASE_REJECTS(&c, "org.atrous", "SparseRNN", 1, "row 1 has the column 0 after 0; columns must ascend");
  op_case_free(&c);
  make(&c, "Tanh", 1, 1, 3, 100, 0);
  c.in[2].constant = 0;
  OP_CASE_REJECTS(&c, "org.atrous", "SparseRNN", 1, "row_start is computed while running");
  op_case_free(&c);
  op_case g = { 0 };
  make(&c, "Tanh", 1, 1, 2, 100, 0);
  op_case_real(&g, c.in[1].shape, c.in[1].v);
  op_case_real(&g, OP_SHAPE(1, 1, 2), NULL);
  op_case_real(&g, OP_SHAPE(1, 1, 2), NULL);
  sparse_transposed(&g, 2, 100, 5);
  g.in[5].v[3] = 4;
  OP_CASE_REJECTS(&g, "org.atrous", "SparseRNNGrad", 1, "entry[3] is 4, of 4 entries");
  op_case_free(&g);
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("sparse_rnn");
  TCase *tests = tcase_create("sparse_rnn");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, three_neurons_are_as_worked_by_hand);
  tcase_add_test(tests, it_is_onnxs_rnn_with_a_dense_matrix);
  tcase_add_test(tests, every_row_agrees_at_awkward_sizes_backwards);
  tcase_add_test(tests, the_gradient_agrees_with_finite_differences);
  tcase_add_test(tests, what_makes_no_sense_is_refused);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
