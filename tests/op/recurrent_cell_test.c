/* recurrent_cell_test.c: RecurrentCell and its gradient: a normalized step worked by hand; without
 * normalization it is ONNX's RNN, LSTM and GRU; every row at awkward sizes; finite differences through every
 * input of every cell; rejections. */
#include "recurrent_case.h"

static const struct {
  const char *name;
  int64_t gates;
} cells[] = { { "RNN", 1 }, { "LSTM", 4 }, { "GRU", 3 } };

/* All inputs; what is not in `with` (bits of their numbers) is absent. */
static void make(op_case *c, int cell, int64_t dirs, int64_t t, int64_t n, int64_t hid, unsigned with) {
  const int64_t width = cells[cell].gates * hid;
  const atr_shape state = OP_SHAPE(dirs, n, hid);
  const atr_shape shapes[] = { OP_SHAPE(dirs, t, n, width),
                               OP_SHAPE(dirs, width, hid),
                               state,
                               state,
                               state,
                               OP_SHAPE(dirs, width),
                               OP_SHAPE(dirs, width),
                               OP_SHAPE(dirs, hid),
                               OP_SHAPE(dirs, hid) };
  *c = (op_case){ 0 };
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "cell", cells[cell].name), ATR_OK);
  for (uint32_t i = 0; i < 9; i++)
    if (i > 1 && !(with >> i & 1))
      op_case_absent(c);
    else
      op_check_random(c, shapes[i], i + 1);
}
enum { ALL = 0x1ff, OF_LSTM = 0x188 };

/* R meets (1, 9)∘(2, 0): s = (2, 6), mean 4, var 4, epsilon 12: (∓½); gains (2, 4), shift
 * (0, 1): v = (-1, 3), and with X = (2, -1): relu(1, 2). */
START_TEST(a_normalized_step_is_as_worked_by_hand) {
  op_case c = { 0 };
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "cell", "RNN"), ATR_OK);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "activation", "Relu"), ATR_OK);
  op_check_float(&c, "epsilon", 12);
  op_case_real(&c, OP_SHAPE(1, 1, 1, 2), (double[]){ 2, -1 });
  op_case_real(&c, OP_SHAPE(1, 2, 2), (double[]){ 1, 5, 3, 7 });
  op_case_real(&c, OP_SHAPE(1, 1, 2), (double[]){ 1, 9 });
  op_case_absent(&c);
  op_case_real(&c, OP_SHAPE(1, 1, 2), (double[]){ 2, 0 });
  op_case_real(&c, OP_SHAPE(1, 2), (double[]){ 2, 4 });
  op_case_real(&c, OP_SHAPE(1, 2), (double[]){ 0, 1 });
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "RecurrentCell", 4), &c);
  OP_NEAR(&c, 0, 1e-12, 1, 2);
  OP_NEAR(&c, 1, 1e-12, 1, 2);
  OP_NEAR(&c, 3, 1e-12, 2, 6);
  op_case_free(&c);
}
END_TEST

/* An LSTM whose gates are open by the biases in X (σ(40) is 1 in double): c' = 0·c + 1·tanh(±40) = ±1, mean
 * 0, var 1, epsilon 3: ±½, gain 2, shift 1: h' = tanh(2), tanh(0). */
START_TEST(a_normalized_cell_is_as_worked_by_hand) {
  op_case c = { 0 };
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "cell", "LSTM"), ATR_OK);
  op_check_float(&c, "epsilon", 3);
  op_case_real(&c, OP_SHAPE(1, 1, 1, 8), (double[]){ 40, 40, 40, 40, -40, -40, 40, -40 });
  op_case_real(&c, OP_SHAPE(1, 8, 2), NULL);
  for (int i = 2; i < 7; i++) op_case_absent(&c);
  op_case_real(&c, OP_SHAPE(1, 2), (double[]){ 2, 2 });
  op_case_real(&c, OP_SHAPE(1, 2), (double[]){ 1, 1 });
  OP_CASE_GOOD(op_case_run(&c, "org.atrous", "RecurrentCell", 5), &c);
  OP_NEAR(&c, 0, 1e-12, tanh(2), 0);
  OP_NEAR(&c, 2, 1e-12, 1, -1);
  OP_NEAR(&c, 4, 1e-12, 1, -1);
  op_case_free(&c);
}
END_TEST

/* With W the identity and R's biases as the shift; ONNX's gates are i, o, f, c and z, r, h too. */
START_TEST(without_normalization_a_cell_is_onnxs) {
  enum { T = 5, N = 3, HID = 4 };
  for (int k = 0; k < 9; k++) {
    static const char *const directions[] = { "forward", "reverse", "bidirectional" };
    const int cell = k % 3, way = k / 3;
    const int64_t dirs = way == 2 ? 2 : 1, width = cells[cell].gates * HID;
    op_case c, other = { 0 };
    make(&c, cell, dirs, T, N, HID, cell == 1 ? 0x4c : 0x44);
    if (way == 1) op_check_int(&c, "reverse", 1);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "RecurrentCell", 3), &c);
    ck_assert_int_eq(atr__attrs_set_string(&other.attrs, "direction", directions[way]), ATR_OK);
    if (cell == 2) op_check_int(&other, "linear_before_reset", 1);
    /* x holds both directions' numbers side by side, of which W takes one's. */
    op_tensor *x = op_case_real(&other, OP_SHAPE(T, N, dirs * width), NULL),
              *w = op_case_real(&other, OP_SHAPE(dirs, width, dirs * width), NULL);
    op_case_real(&other, c.in[1].shape, c.in[1].v);
    op_tensor *b = op_case_real(&other, OP_SHAPE(dirs, 2 * width), NULL);
    for (int64_t d = 0; d < dirs; d++)
      for (int64_t i = 0; i < width; i++) {
        w->v[(d * width + i) * dirs * width + d * width + i] = 1;
        b->v[(d * 2 + 1) * width + i] = c.in[6].v[d * width + i];
        for (int64_t row = 0; row < T * N; row++)
          x->v[(row * dirs + d) * width + i] = c.in[0].v[(d * T * N + row) * width + i];
      }
    op_case_absent(&other);
    op_case_real(&other, c.in[2].shape, c.in[2].v);
    if (cell == 1) op_case_real(&other, c.in[3].shape, c.in[3].v);
    OP_CASE_GOOD(op_case_run(&other, "", cells[cell].name, cell == 1 ? 3 : 2), &other);
    for (int64_t t = 0; t < T; t++)
      for (int64_t d = 0; d < dirs; d++)
        for (int64_t i = 0; i < N * HID; i++)
          ck_assert_double_eq_tol(c.out[0].v[(d * T + t) * N * HID + i],
                                  other.out[0].v[(t * dirs + d) * N * HID + i], 1e-12);
    for (size_t o = 1; o < other.n_out; o++)
      for (int64_t i = 0; i < c.out[o].count; i++)
        ck_assert_double_eq_tol(c.out[o].v[i], other.out[o].v[i], 1e-12);
    op_case_free(&other);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(cells_agree_on_every_row_at_awkward_sizes) {
  static const struct {
    int64_t dirs, t, n, hid;
    unsigned with;
  } sizes[] = { { 1, 1, 1, 1, 0 },      { 2, 3, 2, 16, ALL },  { 1, 7, 3, 17, 0x1a0 },
                { 2, 5, 1, 67, 0x1f4 }, { 1, 2, 5, 3, 0x5c },  { 1, 0, 2, 4, ALL },
                { 2, 4, 1, 33, 0x50 },  { 1, 3, 1, 230, ALL }, { 1, 61, 9, 65, 0x64 } };
  for (size_t k = 0; k < 3 * sizeof sizes / sizeof *sizes; k++) {
    op_case c;
    const int cell = (int)(k % 3);
    make(&c, cell, sizes[k / 3].dirs, sizes[k / 3].t, sizes[k / 3].n, sizes[k / 3].hid,
         cell == 1 ? sizes[k / 3].with : sizes[k / 3].with & ~(unsigned)OF_LSTM);
    if (k % 2) op_check_int(&c, "reverse", 1);
    recurrent_scale(&c.in[1], 1 / sqrt((double)sizes[k / 3].hid));
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "RecurrentCell", 1), &c);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "RecurrentCell", 5), &c);
    op_case_free(&c);
  }
}
END_TEST

/* Every row backwards, where vectors do not divide and where threads share the units of one line or its
 * samples; clamped on its way too. What is not in `with` is absent. */
START_TEST(gradients_agree_on_every_row_at_awkward_sizes) {
  static const struct {
    int64_t dirs, t, n, hid;
    unsigned with;
  } sizes[] = { { 1, 1, 1, 1, 0 },     { 2, 3, 2, 16, ALL }, { 1, 5, 7, 19, 0x1a0 },
                { 2, 2, 1, 130, ALL }, { 1, 0, 2, 4, ALL },  { 1, 41, 9, 66, 0x50 } };
  for (size_t k = 0; k < 3 * sizeof sizes / sizeof *sizes; k++) {
    op_case c, g = { 0 };
    const int cell = (int)(k % 3);
    make(&c, cell, sizes[k / 3].dirs, sizes[k / 3].t, sizes[k / 3].n, sizes[k / 3].hid,
         cell == 1 ? sizes[k / 3].with : sizes[k / 3].with & ~(unsigned)OF_LSTM);
    if (k % 2) op_check_int(&c, "reverse", 1);
    recurrent_scale(&c.in[1], 1 / sqrt((double)sizes[k / 3].hid));
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "RecurrentCell", 5), &c);
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    if (k % 2) op_check_float(&g, "clip_through_time", 0.3f);
    for (size_t i = 0; i < 9; i++) recurrent_pass(&g, &c.in[i]);
    g.tolerance = 1e-4; /* s - mean cancels */
    recurrent_pass(&g, &c.out[0]);
    recurrent_pass(&g, &c.out[3]);
    if (cell == 1)
      recurrent_pass(&g, &c.out[4]);
    else
      op_case_absent(&g);
    op_check_random(&g, c.out[0].shape, 11);
    op_check_random(&g, c.out[1].shape, 12);
    if (cell == 1)
      op_check_random(&g, c.out[2].shape, 13);
    else
      op_case_absent(&g);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "RecurrentCellGrad", 10), &g);
    op_case_free(&g);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(the_gradient_of_every_input_agrees_with_finite_differences) {
  for (int k = 0; k < 18; k++) {
    static const unsigned with[] = { ALL, 0x40, 0x1bc };
    op_case c;
    const int cell = k % 3, of = cell == 1 ? k / 3 % 3 : k / 3 % 2;
    const unsigned has = cell == 1 ? with[k / 6] : with[k / 6] & ~(unsigned)OF_LSTM;
    make(&c, cell, 1 + k / 3 % 2, 3, 2, 3, has);
    if (k / 9) op_check_int(&c, "reverse", 1);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "RecurrentCell", 3), &c);
    op_plan_gradient_of(&c, "org.atrous", "RecurrentCell", has | 3, 0, (size_t)of);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(gradients_agree_on_every_row_where_vectors_do_not_divide) {
  for (int cell = 0; cell < 3; cell++) {
    op_case c;
    make(&c, cell, 2, 3, 1, 18, cell == 1 ? ALL : ALL & ~(unsigned)OF_LSTM);
    OP_CASE_GOOD(op_case_run(&c, "org.atrous", "RecurrentCell", 1), &c);
    op_plan_gradient(&c, "org.atrous", "RecurrentCell", 0x74 | 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(cells_reject_what_does_not_fit) {
  op_case c;
  make(&c, 1, 1, 2, 1, 2, 0);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "cell", "MUT1"), ATR_OK);
  OP_CASE_REJECTS(&c, "org.atrous", "RecurrentCell", 1, "cell is \"MUT1\"");
  op_case_free(&c);
  make(&c, 1, 1, 2, 1, 2, 0);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "activation", "Relu"), ATR_OK);
  OP_CASE_REJECTS(&c, "org.atrous", "RecurrentCell", 1, "activation \"Relu\" of the cell LSTM");
  op_case_free(&c);
  make(&c, 1, 3, 2, 1, 2, 0);
  OP_CASE_REJECTS(&c, "org.atrous", "RecurrentCell", 1, "must be [1 or 2, steps, samples, 4·hidden]");
  op_case_free(&c);
  make(&c, 2, 1, 2, 1, 2, 0x20);
  c.in[5].shape.dim[1] = 5;
  OP_CASE_REJECTS(&c, "org.atrous", "RecurrentCell", 1, "input 5 has shape [1,5], must be [1,6]");
  op_case_free(&c);
  make(&c, 0, 1, 2, 1, 2, 0);
  op_check_float(&c, "epsilon", -1);
  OP_CASE_REJECTS(&c, "org.atrous", "RecurrentCell", 1, "epsilon is -1");
  op_case_free(&c);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("recurrent_cell");
  TCase *tests = tcase_create("recurrent_cell");
  tcase_set_timeout(tests, 240);
  tcase_add_test(tests, a_normalized_step_is_as_worked_by_hand);
  tcase_add_test(tests, a_normalized_cell_is_as_worked_by_hand);
  tcase_add_test(tests, without_normalization_a_cell_is_onnxs);
  tcase_add_test(tests, cells_agree_on_every_row_at_awkward_sizes);
  tcase_add_test(tests, gradients_agree_on_every_row_at_awkward_sizes);
  tcase_add_test(tests, the_gradient_of_every_input_agrees_with_finite_differences);
  tcase_add_test(tests, gradients_agree_on_every_row_where_vectors_do_not_divide);
  tcase_add_test(tests, cells_reject_what_does_not_fit);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
