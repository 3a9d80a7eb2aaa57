/* receptive_field_test.c: 1 + Σ (k-1)·d·(strides before), by hand; and by what it promises: outside of it an
 * input does not change the output, at its edge it does. */
#include "test.h"

#include <atrous.h>

#include "model/graph.h"

static atr_model *model;
static atr_value x;

static void begin(int axes) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape shape = { axes + 2, { 1, 1, -1, -1 } };
  must(atr_model_create(5, &error, &model));
  x = atr_model_add_input(model, "x", ATR_F32, &shape);
}

static int64_t end(atr_value y, int axis) {
  atr_error error = ATR_ERROR_INIT;
  atr_model_add_output(model, "y", y);
  must(atr_model_check(model, &error));
  const int64_t field = atr_model_receptive_field(model, axis);
  atr_model_destroy(model);
  return field;
}

static atr_value conv(atr_value v, int64_t k, int64_t d, int64_t s, atr_pad pad) {
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.filter[0] = p.filter[1] = k;
  p.dilation[0] = p.dilation[1] = d;
  p.stride[0] = p.stride[1] = s;
  p.pad = pad;
  return atr_model_conv(model, &p, v);
}

/* Rates 1, 2, 4 … 2^(layers-1). */
static atr_value tcn(int layers, int64_t k, int residual) {
  atr_value v = x;
  for (int i = 0; i < layers; i++) {
    const atr_value y = atr_model_relu(model, conv(v, k, (int64_t)1 << i, 1, ATR_PAD_CAUSAL));
    v = residual ? atr_model_add2(model, v, y) : y;
  }
  return v;
}

START_TEST(ten_layers_of_doubling_rate_see_more_than_a_thousand_steps) {
  begin(1);
  ck_assert_int_eq(end(tcn(10, 2, 0), 2), 1024); /* 1 + (1 + 2 + … + 512) */
  begin(1);
  ck_assert_int_eq(end(tcn(10, 3, 0), 2), 2047);
  begin(1);
  ck_assert_int_eq(end(tcn(7, 3, 0), 2), 255);
}
END_TEST

START_TEST(the_widest_path_counts) {
  begin(1);
  ck_assert_int_eq(end(tcn(4, 3, 1), 2), 31);
  begin(1);
  ck_assert_int_eq(
      end(atr_model_add2(model, conv(x, 3, 1, 1, ATR_PAD_SAME), conv(x, 3, 5, 1, ATR_PAD_SAME)), 2), 11);
}
END_TEST

START_TEST(strides_widen_what_lies_behind_them) {
  begin(2);
  ck_assert_int_eq(end(conv(conv(x, 3, 1, 2, ATR_PAD_SAME), 3, 1, 1, ATR_PAD_SAME), 2), 7);
  atr_conv_params pool = ATR_CONV_PARAMS_INIT;
  pool.filter[0] = pool.filter[1] = pool.stride[0] = pool.stride[1] = 2;
  begin(2);
  ck_assert_int_eq(
      end(conv(atr_model_max_pool(model, &pool, conv(x, 3, 1, 1, ATR_PAD_SAME)), 3, 2, 1, ATR_PAD_SAME), 3),
      3 + 1 + 2 * 4);
}
END_TEST

/* Down by two, a convolution, up by two, by hand: of the up-sampled five that the last convolution reads a
 * filter of three, laid down every second position, comes from ceil((5 + 3 - 1) / 2) = 4 places; those are 6
 * for the middle convolution; pooled from 12. */
START_TEST(what_enlarges_narrows_the_field_of_what_lies_behind_it) {
  atr_conv_params pool = ATR_CONV_PARAMS_INIT, up = ATR_CONV_PARAMS_INIT;
  pool.filter[0] = pool.filter[1] = pool.stride[0] = pool.stride[1] = 2;
  up.filter[0] = up.filter[1] = 3;
  up.stride[0] = up.stride[1] = 2;
  up.pad = ATR_PAD_SAME;
  begin(2);
  const atr_value down = conv(atr_model_max_pool(model, &pool, x), 3, 1, 1, ATR_PAD_SAME);
  ck_assert_int_eq(end(conv(atr_model_conv_transpose(model, &up, down), 5, 1, 1, ATR_PAD_SAME), 2), 12);
  begin(2);
  ck_assert_int_eq(end(atr_model_conv_transpose(model, &up, x), 3), 2);
  /* Unpooling two by two: three of its outputs come from two windows, whose indices saw four. */
  begin(2);
  atr_value indices, pooled = atr_model_max_pool_indices(model, &pool, x, &indices);
  const atr_value y = atr_model_max_unpool(model, &pool, pooled, indices, x);
  ck_assert_int_eq(end(conv(y, 3, 1, 1, ATR_PAD_SAME), 2), 4);
}
END_TEST

START_TEST(axes_are_told_apart) {
  begin(2);
  atr_conv_params p = ATR_CONV_PARAMS_INIT;
  p.filter[0] = 5;
  p.filter[1] = 3;
  p.dilation[1] = 4;
  p.pad = ATR_PAD_SAME;
  atr_value y = atr_model_conv(model, &p, x);
  atr_model_add_output(model, "y", y);
  ck_assert_int_eq(atr_model_receptive_field(model, 2), 5);
  ck_assert_int_eq(atr_model_receptive_field(model, 3), 9);
  ck_assert_int_eq(atr_model_receptive_field(model, 4), 0);
  ck_assert_int_eq(atr_model_receptive_field(model, 1), 0);
  ck_assert_int_eq(atr_model_receptive_field(model, -1), 0);
  atr_model_destroy(model);
}
END_TEST

START_TEST(a_dense_layer_sees_everything) {
  atr_error error = ATR_ERROR_INIT;
  const atr_shape shape = { 3, { 1, 2, 16 } };
  must(atr_model_create(5, &error, &model));
  x = atr_model_add_input(model, "x", ATR_F32, &shape);
  ck_assert_int_eq(end(atr_model_dense(model, NULL, 3, x), 2), -1);
}
END_TEST

START_TEST(an_elementwise_network_sees_one_position) {
  begin(1);
  ck_assert_int_eq(end(atr_model_tanh(model, atr_model_relu(model, x)), 2), 1);
}
END_TEST

/* A causal network's last output at length n reacts to the oldest step of its field and to nothing older. */
START_TEST(outside_the_field_nothing_reaches_the_output) {
  enum { T = 80 };
  atr_error error = ATR_ERROR_INIT;
  begin(1);
  atr_model_add_output(model, "y", tcn(5, 3, 1));
  const int64_t field = atr_model_receptive_field(model, 2);
  ck_assert_int_eq(field, 63);
  /* Positive weights: no path of the network is closed by a ReLU. */
  for (size_t i = 0; i < model->n_values; i++) {
    const atr__blob *init = model->values[i].init;
    for (int64_t k = 0; init && k < init->count; k++) ((float *)init->data)[k] = 0.25f;
  }
  atr_context *context = test_open("host", NULL);
  const atr_shape shape = { 3, { 1, 1, T } };
  atr_plan *plan;
  atr_run *run;
  must(atr_plan_create(model, context, &shape, 1, NULL, &error, &plan));
  must(atr_run_create(plan, &error, &run));
  float last[2], y[T];
  for (int older = 0; older < 2; older++) {
    float in[T];
    for (int t = 0; t < T; t++) in[t] = 1;
    for (int changed = 0; changed < 2; changed++) {
      if (changed) in[T - field - older] = 1000;
      run_must(run, atr_run_write(run, "x", in, sizeof in));
      run_must(run, atr_run_execute(run));
      run_must(run, atr_run_read(run, "y", y, sizeof y));
      last[changed] = y[T - 1];
    }
    ck_assert_int_eq(memcmp(&last[0], &last[1], sizeof *last) == 0, older);
  }
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_context_destroy(context);
  atr_model_destroy(model);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { ten_layers_of_doubling_rate_see_more_than_a_thousand_steps,
                                 the_widest_path_counts,
                                 strides_widen_what_lies_behind_them,
                                 what_enlarges_narrows_the_field_of_what_lies_behind_it,
                                 axes_are_told_apart,
                                 a_dense_layer_sees_everything,
                                 an_elementwise_network_sees_one_position,
                                 outside_the_field_nothing_reaches_the_output };
  return test_run(test_suite("receptive_field", tests, sizeof tests / sizeof *tests, 60));
}
