/* max_unpool_test.c: MaxUnpool and its gradient: hand-worked places, the inverse of MaxPool with and without
 * a rest, several values for one place, indices outside, rejections, PyTorch's cases. */
#include "golden.h"
#include "op_check.h"

#include <atrous/build.h>
#include <atrous/plan.h>

static void indices_of(op_case *c, const double *values) {
  op_case_add(c, ATR_I64, c->in[0].shape, values);
}

START_TEST(max_unpool_puts_values_where_their_indices_say) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 2, 2), (double[]){ 5, 6, 7, 8 });
  indices_of(&c, (double[]){ 1, 2, 12, 11 });
  OP_INTS(&c, "kernel_shape", 2, 2);
  OP_INTS(&c, "strides", 2, 2);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxUnpool", 1), &c);
  OP_NEAR(&c, 0, 0, 0, 5, 6, 0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 0, 0, 0);
  op_check_shape(&c, 0, OP_SHAPE(1, 1, 4, 4));
  OP_INTS(&c, "strides", 3, 2);
  OP_INTS(&c, "pads", 1, 0, 0, 1);
  c.in[1].v[2] = 9;
  OP_CASE_GOOD(op_case_run(&c, "", "MaxUnpool", 1), &c); /* 3 - 1 + 2 = 4 and 2 - 1 + 2 = 3 */
  op_check_shape(&c, 0, OP_SHAPE(1, 1, 4, 3));
  OP_NEAR(&c, 0, 0, 0, 5, 6, 0, 0, 0, 0, 0, 0, 7, 0, 8);
  op_case_free(&c);
}
END_TEST

/* Nine are pooled by two to four, and the ninth is left over: indices count the nine. */
START_TEST(max_unpool_counts_indices_in_the_shape_that_is_asked_for) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 2, 2), (double[]){ 1, 2, 3, 4 });
  indices_of(&c, (double[]){ 0, 3, 6, 7 });
  OP_LIST(&c, 1, 2, 5);
  OP_INTS(&c, "kernel_shape", 2);
  OP_INTS(&c, "strides", 2);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxUnpool", 1), &c);
  OP_NEAR(&c, 0, 0, 1, 0, 0, 2, 0, 0, 3, 4, 0, 0);
  op_plan_gradient(&c, "", "MaxUnpool", 1, 0);
  op_case_free(&c);
}
END_TEST

/* Pools `c`, unpools into the same shape, pools again: values come back to their places, the rest is 0, and
 * the second pooling finds what the first found (numbers are positive). */
static void there_and_back(op_case *c) {
  op_case u = { 0 }, again = { 0 };
  OP_CASE_GOOD(op_case_run(c, "", "MaxPool", 2), c);
  op_case_real(&u, c->out[0].shape, c->out[0].v);
  indices_of(&u, c->out[1].v);
  double dims[5];
  for (int k = 0; k < c->in[0].shape.rank; k++) dims[k] = (double)c->in[0].shape.dim[k];
  op_check_list(&u, (size_t)c->in[0].shape.rank, dims);
  ck_assert_int_eq(atr__attrs_copy(&u.attrs, &c->attrs), ATR_OK);
  OP_CASE_GOOD(op_case_run(&u, "", "MaxUnpool", 1), &u);
  for (int64_t i = 0; i < u.out[0].count; i++) {
    int chosen = 0;
    for (int64_t k = 0; k < c->out[1].count; k++) chosen |= c->out[1].v[k] == (double)i;
    ck_assert_double_eq(u.out[0].v[i], chosen ? c->in[0].v[i] : 0);
  }
  op_case_real(&again, c->in[0].shape, u.out[0].v);
  ck_assert_int_eq(atr__attrs_copy(&again.attrs, &c->attrs), ATR_OK);
  OP_CASE_GOOD(op_case_run(&again, "", "MaxPool", 2), &again);
  op_case_near(&again, 0, c->out[0].v, c->out[0].count, 0);
  op_case_near(&again, 1, c->out[1].v, c->out[1].count, 0);
  op_case_free(&again);
  op_case_free(&u);
  op_case_free(c);
}

static void positive(op_case *c, atr_shape shape) {
  op_tensor *x = op_case_real(c, shape, NULL);
  for (int64_t i = 0; i < x->count; i++) x->v[i] = (double)(1 + i * 577 % 1009) / 64; /* no two are equal */
}

START_TEST(max_unpool_undoes_max_pool) {
  static const int64_t sizes[] = { 1, 2, 5, 8, 9, 17 };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int64_t k = 1; k <= 3; k++)
      for (int64_t s = 1; s <= 3; s++) {
        op_case c = { 0 };
        if (sizes[i] < k) continue;
        positive(&c, OP_SHAPE(2, 3, sizes[i]));
        OP_INTS(&c, "kernel_shape", k);
        OP_INTS(&c, "strides", s);
        OP_INTS(&c, "pads", k / 2, k / 2);
        there_and_back(&c);
      }
  op_case c = { 0 };
  positive(&c, OP_SHAPE(2, 3, 7, 11));
  OP_INTS(&c, "kernel_shape", 2, 3);
  OP_INTS(&c, "strides", 2, 2);
  OP_INTS(&c, "dilations", 1, 2);
  there_and_back(&c);
  positive(&c, OP_SHAPE(1, 2, 4, 5, 7));
  OP_INTS(&c, "kernel_shape", 2, 2, 2);
  OP_INTS(&c, "strides", 2, 1, 3);
  OP_INTS(&c, "pads", 0, 1, 1, 1, 0, 0);
  op_check_int(&c, "ceil_mode", 1);
  there_and_back(&c);
}
END_TEST

START_TEST(max_unpool_keeps_the_last_of_several_values_for_one_place) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), (double[]){ 1, 2, 3, 4 });
  indices_of(&c, (double[]){ 2, 0, 2, 0 });
  OP_INTS(&c, "kernel_shape", 1);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxUnpool", 1), &c);
  OP_NEAR(&c, 0, 0, 4, 0, 3, 0);
  op_plan_gradient(&c, "", "MaxUnpool", 1, 0);
  op_case_free(&c);
  /* Many at once: windows of three that overlap, with values of their own. */
  positive(&c, OP_SHAPE(2, 5, 33, 31));
  OP_INTS(&c, "kernel_shape", 3, 3);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxPool", 2), &c);
  op_case u = { 0 };
  op_check_random(&u, c.out[0].shape, 8);
  indices_of(&u, c.out[1].v);
  OP_INTS(&u, "kernel_shape", 3, 3);
  OP_CASE_GOOD(op_case_run(&u, "", "MaxUnpool", 1), &u);
  op_plan_gradient(&u, "", "MaxUnpool", 1, 0);
  op_case_free(&u);
  op_case_free(&c);
}
END_TEST

START_TEST(max_unpool_is_differentiated_in_a_model) {
  op_case c = { 0 };
  op_check_random(&c, OP_SHAPE(2, 2, 2, 1, 3), 6);
  double values[24];
  for (int i = 0; i < 24; i++) values[i] = i / 6 * 48 + i % 6 * 8 + i % 7;
  indices_of(&c, values);
  OP_INTS(&c, "kernel_shape", 2, 2, 4);
  OP_INTS(&c, "strides", 2, 1, 4);
  OP_CASE_GOOD(op_case_run(&c, "", "MaxUnpool", 1), &c);
  op_plan_gradient(&c, "", "MaxUnpool", 1, 0);
  op_case_free(&c);
}
END_TEST

static void index_outside(atr_context *context, int64_t bad) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *model;
  atr_plan *plan;
  atr_run *run;
  const atr_shape shape = { 3, { 1, 1, 2 } };
  const float x[2] = { 1, 2 };
  const int64_t index[2] = { 0, bad };
  atr_conv_params pool = ATR_CONV_PARAMS_INIT;
  pool.filter[0] = pool.stride[0] = 2;
  ck_assert_int_eq(atr_model_create(1, &error, &model), ATR_OK);
  const atr_value from = atr_model_add_input(model, "x", ATR_F32, &shape);
  const atr_value at = atr_model_add_input(model, "indices", ATR_I64, &shape);
  atr_model_add_output(model, "y", atr_model_max_unpool(model, &pool, from, at, (atr_value){ 0 }));
  ck_assert_msg(atr_plan_create(model, context, (atr_shape[]){ shape, shape }, 2, NULL, &error, &plan) ==
                    ATR_OK,
                "%s", error.text);
  ck_assert_int_eq(atr_run_create(plan, &error, &run), ATR_OK);
  ck_assert_int_eq(atr_run_write(run, "x", x, sizeof x), ATR_OK);
  ck_assert_int_eq(atr_run_write(run, "indices", index, sizeof index), ATR_OK);
  float y[4];
  ck_assert(atr_run_execute(run) ||
            atr_run_read(run, "y", y, sizeof y)); /* a device says it where one reads */
  ck_assert_msg(strstr(atr_run_error(run), "index") != NULL, "%s", atr_run_error(run));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(model);
}

START_TEST(max_unpool_refuses_an_index_outside_of_its_output) {
  for (int i = 0; i < 2; i++) {
    atr_context *context = i ? op_plan_device() : op_plan_host();
    if (!context) continue;
    index_outside(context, 4);
    index_outside(context, -1);
    index_outside(context, INT64_C(1) << 40);
  }
}
END_TEST

START_TEST(max_unpool_rejects_what_it_cannot_do_with_a_sentence) {
  op_case c = { 0 };
  op_case_real(&c, OP_SHAPE(1, 1, 4), NULL);
  indices_of(&c, NULL);
  OP_CASE_REJECTS(&c, "", "MaxUnpool", 1, "kernel_shape is missing");
  OP_INTS(&c, "kernel_shape", 2, 2);
  OP_CASE_REJECTS(&c, "", "MaxUnpool", 1, "kernel_shape has 2 entries, must have 1");
  OP_INTS(&c, "kernel_shape", 2);
  OP_INTS(&c, "strides", 0);
  OP_CASE_REJECTS(&c, "", "MaxUnpool", 1, "strides[0] is 0, must be 1 or more");
  OP_INTS(&c, "strides", 1);
  OP_INTS(&c, "pads", 3, 2);
  OP_CASE_REJECTS(&c, "", "MaxUnpool", 1,
                  "an input of 4 with filter 2, stride 1 and padding 3 and 2 has no output");
  OP_INTS(&c, "pads", 0, 0);
  OP_LIST(&c, 1, 2, 9);
  OP_CASE_REJECTS(&c, "", "MaxUnpool", 1, "output_shape is [1,2,9]");
  c.in[2].v[1] = 1;
  c.in[2].constant = 0;
  op_case_clear_out(&c);
  c.in[2].constant = 1;
  c.in[1].shape.dim[2] = 3;
  c.in[1].count = 3;
  OP_CASE_REJECTS(&c, "", "MaxUnpool", 1, "input 1 has shape [1,1,3], must have [1,1,4]");
  c.in[1].type = ATR_F32;
  OP_CASE_REJECTS(&c, "", "MaxUnpool", 1, "the indices are float32, must be int64");
  op_case_free(&c);
}
END_TEST

static void torch_cases(const char *op, size_t rank) {
  json_t *root = golden_load("pool.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, op, &i)); seen++) {
    op_case c = { 0 }, s = { 0 }, g = { 0 };
    atr_shape shape;
    int64_t list[2];
    double dims[4], *x = golden_values(one, "inputs", "x", &shape);
    op_case_real(&c, shape, x);
    double *indices = golden_values(one, "inputs", "indices_onnx", NULL);
    indices_of(&c, indices);
    double *y = golden_values(one, "outputs", "y", &shape),
           *dy = golden_values(one, "grad_outputs", "y", NULL), *dx = golden_values(one, "grads", "x", NULL);
    for (int k = 0; k < shape.rank; k++) dims[k] = (double)shape.dim[k];
    if (json_object_get(json_object_get(one, "attrs"), "output_size"))
      op_check_list(&c, (size_t)shape.rank, dims);
    golden_ints(one, "kernel", 1, rank, list);
    op_case_ints(&c, "kernel_shape", rank, list);
    golden_ints(one, "stride", 1, rank, list);
    op_case_ints(&c, "strides", rank, list);
    OP_CASE_GOOD(op_case_run(&c, "", "MaxUnpool", 1), &c);
    op_check_shape(&c, 0, shape);
    op_case_near(&c, 0, y, c.out[0].count, 1e-7);
    op_case_add(&s, ATR_I64, c.in[1].shape, indices);
    op_check_list(&s, (size_t)shape.rank, dims);
    OP_CASE_GOOD(op_case_run(&s, "org.atrous", "MaxUnpoolSource", 1), &s);
    op_case_real(&g, shape, dy);
    op_case_add(&g, ATR_I64, c.in[1].shape, indices);
    op_case_add(&g, ATR_I32, shape, s.out[0].v);
    OP_CASE_GOOD(op_case_run(&g, "org.atrous", "MaxUnpoolGrad", 1), &g);
    op_case_near(&g, 0, dx, c.in[0].count, 1e-7);
    free(x), free(indices), free(y), free(dy), free(dx);
    op_case_free(&c);
    op_case_free(&s);
    op_case_free(&g);
  }
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}

START_TEST(max_unpool_agrees_with_pytorch) {
  torch_cases("max_unpool1d", 1);
  torch_cases("max_unpool2d", 2);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("max_unpool");
  TCase *tests = tcase_create("max_unpool");
  tcase_set_timeout(tests, 300);
  tcase_add_test(tests, max_unpool_puts_values_where_their_indices_say);
  tcase_add_test(tests, max_unpool_counts_indices_in_the_shape_that_is_asked_for);
  tcase_add_test(tests, max_unpool_undoes_max_pool);
  tcase_add_test(tests, max_unpool_keeps_the_last_of_several_values_for_one_place);
  tcase_add_test(tests, max_unpool_is_differentiated_in_a_model);
  tcase_add_test(tests, max_unpool_refuses_an_index_outside_of_its_output);
  tcase_add_test(tests, max_unpool_rejects_what_it_cannot_do_with_a_sentence);
  tcase_add_test(tests, max_unpool_agrees_with_pytorch);
  suite_add_tcase(suite, tests);
  return op_test_main(suite);
}
