/* average_pool_test.c: AveragePool, GlobalAveragePool and their gradients: hand-worked windows, what counts
 * in the divisor, the gradient as the transpose, rejections, PyTorch's cases. */
#include "golden.h"
#include "op_case.h"

static void integer(op_case *c, const char *name, int64_t value) {
  ck_assert_int_eq(atr__attrs_set_int(&c->attrs, name, value), ATR_OK);
}

START_TEST(average_pool_divides_by_what_counts) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 5), (double[]){ 1, 2, 3, 4, 5 });
  OP_INTS(&c, "kernel_shape", 3);
  OP_INTS(&c, "strides", 3);
  OP_INTS(&c, "pads", 1, 1);
  OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 1.5, 4);
  integer(&c, "count_include_pad", 1);
  OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 1, 4);
  OP_INTS(&c, "strides", 2);
  OP_INTS(&c, "pads", 0, 1);
  integer(&c, "ceil_mode", 1);
  OP_INTS(&c, "kernel_shape", 4);
  OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 2.5, 3); /* 3 4 5 and one of padding */
  OP_INTS(&c, "strides", 1);
  OP_INTS(&c, "pads", 0, 0);
  OP_INTS(&c, "kernel_shape", 2);
  OP_INTS(&c, "dilations", 2);
  OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 2, 3, 4);
  op_case_free(&c);
}
END_TEST

/* The average of the windows of one axis, by its definition. */
static double average_at(const double *x, int64_t in, int64_t o, int64_t filter, int64_t stride,
                         int64_t dilation, int64_t before, int64_t after, int include_pad) {
  double sum = 0;
  int64_t count = 0;
  for (int64_t k = 0; k < filter; k++) {
    const int64_t at = o * stride - before + k * dilation;
    if (at >= 0 && at < in) sum += x[at];
    count += at >= 0 && at < in ? 1 : include_pad && at < in + after;
  }
  return sum / (double)count;
}

START_TEST(average_pool_of_rows_within_a_vector_of_one_and_longer) {
  static const struct {
    int64_t filter, stride, dilation, before, after;
  } list[] = { { 3, 1, 1, 1, 1 }, { 2, 2, 1, 0, 0 }, { 3, 2, 1, 1, 0 },   { 4, 3, 1, 2, 3 },
               { 3, 1, 4, 0, 8 }, { 5, 2, 2, 4, 1 }, { 32, 1, 1, 31, 0 }, { 40, 1, 1, 20, 39 } };
  static const int64_t widths[] = { 9, 11, 16, 17, 33, 50, 51 };
  for (size_t i = 0; i < sizeof list / sizeof *list; i++)
    for (size_t k = 0; k < sizeof widths / sizeof *widths; k++) {
      op_case c = { 0 };
      const int64_t in = widths[k];
      const int include_pad = (int)((i + k) % 2);
      op_case_fill(op_case_real(&c, OP_SHAPE(2, 3, in), NULL), 7);
      OP_INTS(&c, "kernel_shape", list[i].filter);
      OP_INTS(&c, "strides", list[i].stride);
      OP_INTS(&c, "dilations", list[i].dilation);
      OP_INTS(&c, "pads", list[i].before, list[i].after);
      integer(&c, "count_include_pad", include_pad);
      OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
      const int64_t out = c.out[0].shape.dim[2];
      for (int64_t o = 0; o < 6 * out; o++)
        ck_assert_double_eq_tol(c.out[0].v[o],
                                average_at(c.in[0].v + o / out * in, in, o % out, list[i].filter,
                                           list[i].stride, list[i].dilation, list[i].before, list[i].after,
                                           include_pad),
                                1e-12);
      op_case_free(&c);
    }
}
END_TEST

START_TEST(global_average_pool_is_the_mean_of_each_channel) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 2, 3), (double[]){ 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0, 9 });
  OP_CASE_GOOD(op_case_run(&c, "", "GlobalAveragePool", 1), &c);
  OP_NEAR(&c, 0, 1e-12, 3.5, 1.5);
  ck_assert_int_eq(c.out[0].shape.rank, 4);
  op_plan_gradient(&c, "", "GlobalAveragePool", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(average_pool_is_differentiated_in_a_model) {
  for (int i = 0; i < 16; i++) {
    op_case c = { 0 };
    op_case_fill(op_case_real(&c, OP_SHAPE(2, 2, 5, 7), NULL), 3);
    OP_INTS(&c, "kernel_shape", 3, 2);
    OP_INTS(&c, "strides", 1 + i / 4 % 2, 2);
    OP_INTS(&c, "dilations", 1, 1 + i / 8);
    OP_INTS(&c, "pads", 1, 0, 2, 1);
    integer(&c, "ceil_mode", i % 2);
    integer(&c, "count_include_pad", i / 2 % 2);
    OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
    op_plan_gradient(&c, "", "AveragePool", 1, 0);
    op_case_free(&c);
  }
}
END_TEST

START_TEST(average_pool_of_volumes_and_series_is_differentiated_in_a_model) {
  for (int i = 0; i < 8; i++) {
    op_case c = { 0 };
    op_case_fill(op_case_real(&c, OP_SHAPE(1, 2, 3, 4, 5), NULL), 3);
    OP_INTS(&c, "kernel_shape", 2, 3, 2);
    OP_INTS(&c, "strides", 2, 1 + i / 4, 2);
    OP_INTS(&c, "dilations", 1, 1, 1 + i / 4);
    OP_INTS(&c, "pads", 1, 0, 0, 0, 1, 1);
    integer(&c, "ceil_mode", i % 2);
    integer(&c, "count_include_pad", i / 2 % 2);
    OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
    op_plan_gradient(&c, "", "AveragePool", 1, 0);
    op_case_free(&c);
  }
  op_case c = { 0 };
  op_case_fill(op_case_real(&c, OP_SHAPE(2, 3, 7), NULL), 3);
  OP_INTS(&c, "kernel_shape", 4);
  OP_INTS(&c, "strides", 3);
  ck_assert_int_eq(atr__attrs_set_string(&c.attrs, "auto_pad", "SAME_UPPER"), ATR_OK);
  OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
  op_plan_gradient(&c, "", "AveragePool", 1, 0);
  op_case_free(&c);
}
END_TEST

START_TEST(global_average_pool_agrees_with_pytorch) {
  json_t *root = golden_load("pool.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, "adaptive_avg_pool2d", &i));) {
    op_case c = { 0 };
    atr_shape shape, x_shape;
    double *y = golden_values(one, "outputs", "y", &shape);
    double *x = golden_values(one, "inputs", "x", &x_shape),
           *dy = golden_values(one, "grad_outputs", "y", NULL);
    double *dx = golden_values(one, "grads", "x", NULL), dims[4];
    if (shape.dim[2] == 1 && shape.dim[3] == 1) {
      op_case_real(&c, x_shape, x);
      OP_CASE_GOOD(op_case_run(&c, "", "GlobalAveragePool", 1), &c);
      op_case_near(&c, 0, y, c.out[0].count, 1e-7);
      op_case_free(&c);
      op_case_real(&c, shape, dy);
      for (int k = 0; k < 4; k++) dims[k] = (double)x_shape.dim[k];
      op_case_constant(&c, ATR_I64, OP_SHAPE(4), dims);
      OP_CASE_GOOD(op_case_run(&c, "org.atrous", "GlobalAveragePoolGrad", 1), &c);
      op_case_near(&c, 0, dx, c.out[0].count, 1e-7);
      op_case_free(&c);
      seen++;
    }
    free(x), free(y), free(dy), free(dx);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}
END_TEST

START_TEST(average_pool_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), NULL);
  OP_CASE_REJECTS(&c, "", "AveragePool", 1, "kernel_shape is missing");
  OP_INTS(&c, "kernel_shape", 5);
  OP_CASE_REJECTS(&c, "", "AveragePool", 1, "reaches over 5 elements");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 1), NULL);
  OP_CASE_REJECTS(&c, "", "GlobalAveragePool", 1, "rank must be 3");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 2, 0), NULL);
  OP_CASE_REJECTS(&c, "", "GlobalAveragePool", 1, "nothing to pool");
  op_case_free(&c);
  op_case_real(&c, OP_SHAPE(1, 1, 3), NULL);
  op_case_constant(&c, ATR_I64, OP_SHAPE(3), (double[]){ 1, 1, 4 });
  OP_INTS(&c, "kernel_shape", 3);
  OP_CASE_REJECTS(&c, "org.atrous", "AveragePoolGrad", 1, "dy has shape [1,1,3], must have [1,1,2]");
  op_case_free(&c);
}
END_TEST

START_TEST(average_pool_agrees_with_pytorch) {
  json_t *root = golden_load("pool.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, "avg_pool2d", &i)); seen++) {
    op_case c = { 0 }, g = { 0 };
    atr_shape shape;
    int64_t list[2], pads[4];
    double *x = golden_values(one, "inputs", "x", &shape), dims[4];
    for (int k = 0; k < 4; k++) dims[k] = (double)shape.dim[k];
    op_case_real(&c, shape, x);
    golden_ints(one, "kernel", 1, 2, list);
    op_case_ints(&c, "kernel_shape", 2, list);
    golden_ints(one, "stride", 1, 2, list);
    op_case_ints(&c, "strides", 2, list);
    golden_ints(one, "pad", 0, 2, pads);
    golden_ints(one, "pad", 0, 2, pads + 2);
    op_case_ints(&c, "pads", 4, pads);
    golden_ints(one, "ceil_mode", 0, 1, list);
    integer(&c, "ceil_mode", list[0]);
    golden_ints(one, "count_include_pad", 0, 1, list);
    integer(&c, "count_include_pad", list[0]);
    OP_CASE_GOOD(op_case_run(&c, "", "AveragePool", 1), &c);
    double *y = golden_values(one, "outputs", "y", &shape),
           *dy = golden_values(one, "grad_outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL);
    op_case_near(&c, 0, y, c.out[0].count, 1e-7);
    ck_assert_int_eq(atr__attrs_copy(&g.attrs, &c.attrs), ATR_OK);
    op_case_real(&g, shape, dy);
    op_case_constant(&g, ATR_I64, OP_SHAPE(4), dims);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "AveragePoolGrad", 1), &g);
    op_case_near(&g, 0, dx, g.out[0].count, 1e-7);
    free(x), free(y), free(dy), free(dx);
    op_case_free(&g);
    op_case_free(&c);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("average_pool");
  TCase *tests = tcase_create("average_pool");
  tcase_set_timeout(tests, 60);
  tcase_add_test(tests, average_pool_divides_by_what_counts);
  tcase_add_test(tests, average_pool_of_rows_within_a_vector_of_one_and_longer);
  tcase_add_test(tests, global_average_pool_is_the_mean_of_each_channel);
  tcase_add_test(tests, average_pool_is_differentiated_in_a_model);
  tcase_add_test(tests, average_pool_rejects_what_it_cannot_do_with_a_sentence);
  tcase_add_test(tests, average_pool_of_volumes_and_series_is_differentiated_in_a_model);
  tcase_add_test(tests, global_average_pool_agrees_with_pytorch);
  tcase_add_test(tests, average_pool_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
