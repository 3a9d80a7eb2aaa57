/* plan_test.c: plans share what they can, use less memory than their tensors take, give the same numbers in
 * either layout, and say what cannot be done. */
#include "net.h"

#include <math.h>

#include "base/alloc.h"
#include "plan/plan.h"
#include "tensor/shape.h"

static atr_plan *plan_at(const atr_model *m, atr_context *context, atr_shape shape,
                         const atr_plan_options *options) {
  atr_error error = ATR_ERROR_INIT;
  atr_plan *plan = NULL;
  must(atr_plan_create(m, context, &shape, 1, options, &error, &plan));
  return plan;
}

static atr_run *run_of(atr_plan *plan) {
  atr_error error = ATR_ERROR_INIT;
  atr_run *run = NULL;
  must(atr_run_create(plan, &error, &run));
  return run;
}

static void shares(atr_context *context) {
  atr_model *m = net_unet();
  atr_plan *first = plan_at(m, context, net_image(1, 3, 32, 32), NULL);
  const atr_params *params = first->params;
  const uint64_t used[2] = { params->used[0], params->used[1] }, memory = context->memory_used;
  const size_t entries = params->n;
  /* The host reads the model's own weights; a device has a copy. */
  ck_assert_int_eq(used[0] == 0, context->backend == &atr__backend_host);
  double least = INFINITY;
  static const int64_t size[][2] = {
    { 64, 64 }, { 32, 96 }, { 18, 50 }, { 128, 128 }, { 2, 2 }, { 256, 40 }
  };
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    const double start = atr__seconds();
    atr_plan *other = plan_at(m, context, net_image(1 + (int64_t)i % 3, 3, size[i][0], size[i][1]), NULL);
    const double took = atr__seconds() - start;
    if (took < least) least = took;
    ck_assert_ptr_eq(other->program, first->program); /* NULL on the host */
    ck_assert_ptr_eq(other->params, params);
    ck_assert_uint_eq(params->used[0], used[0]);
    ck_assert_uint_eq(params->used[1], used[1]);
    ck_assert_uint_eq(params->n, entries);
    ck_assert_uint_eq(context->memory_used, memory);
    atr_plan_destroy(other);
  }
  /* The quickest of six: other work on this machine is not what is measured. */
  printf("# a further plan of the U-Net takes %.2f ms on %s\n", 1e3 * least, context->info.id);
  ck_assert_msg(least < 0.010, "a further plan took %.1f ms", 1e3 * least);
  atr_plan_destroy(first);
  atr_model_destroy(m);
}
START_TEST(a_second_plan_at_another_size_costs_no_program_no_weights_and_under_ten_milliseconds) {
  net_everywhere(shares);
}
END_TEST

static void reuses(atr_context *context) {
  atr_model *m = net_chain(8, 1);
  atr_plan *plan = plan_at(m, context, net_image(1, 8, 64, 64), NULL);
  const uint64_t tensor = 8 * 64 * 64 * 4, all = 9 * tensor;
  /* Two take turns; in blocks of 16 channels each is twice as large. */
  ck_assert_uint_gt(atr_plan_memory(plan), 0);
  ck_assert_msg(atr_plan_memory(plan) < all * 3 / 4, "%llu bytes of %llu",
                (unsigned long long)atr_plan_memory(plan), (unsigned long long)all);
  atr_plan_options keep = ATR_PLAN_OPTIONS_INIT;
  keep.keep_all = 1;
  atr_plan *whole = plan_at(m, context, net_image(1, 8, 64, 64), &keep);
  ck_assert_uint_ge(atr_plan_memory(whole), all);
  atr_plan_destroy(whole);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(the_arena_is_smaller_than_its_tensors) {
  net_everywhere(reuses);
}
END_TEST

/* Tensors that live at the same time do not share bytes, unless the planner says that they are one. */
static void apart(atr_context *context) {
  atr_model *m = net_unet();
  atr_plan *plan = plan_at(m, context, net_image(2, 3, 36, 20), NULL);
  for (size_t i = 0; i < plan->n_slots; i++)
    for (size_t k = 0; k < i; k++) {
      const atr__slot *a = &plan->slots[i], *b = &plan->slots[k];
      if (a->home != ATR__HOME_ARENA || b->home != ATR__HOME_ARENA || a->base != b->base || !a->bytes ||
          !b->bytes)
        continue;
      if (a->shares >= 0 || b->shares >= 0) continue;
      const int in_time = a->first <= b->last && b->first <= a->last;
      const int in_space = a->offset < b->offset + b->bytes && b->offset < a->offset + a->bytes;
      ck_assert_msg(!(in_time && in_space), "slots %zu and %zu overlap", i, k);
    }
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(tensors_that_live_together_lie_apart) {
  net_everywhere(apart);
}
END_TEST

static void keeps(atr_context *context) {
  atr_model *m = net_unet();
  const atr_shape shape = net_image(1, 3, 8, 12);
  float *x = net_fill(net_count(&shape), 1);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  atr_plan *lean = plan_at(m, context, shape, &options);
  options.keep_all = 1;
  atr_plan *all = plan_at(m, context, shape, &options);
  atr_run *a = run_of(lean), *b = run_of(all);
  float *ya = net_run(a, "image", x, net_count(&shape), "classes", 4 * 96);
  float *yb = net_run(b, "image", x, net_count(&shape), "classes", 4 * 96);
  for (int i = 0; i < 4 * 96; i++) ck_assert(fabsf(ya[i] - yb[i]) < 1e-5f);
  /* Every tensor the graph names; the first is the image itself. */
  size_t named = 0;
  for (size_t i = 0; i < m->n_values; i++) {
    const atr__value *value = &m->values[i];
    if (value->init || value->type != ATR_F32) continue;
    int slot = -1;
    for (size_t k = 0; k < all->n_slots; k++)
      if (all->slots[k].name && !strcmp(all->slots[k].name, value->name)) slot = (int)k;
    ck_assert_msg(slot >= 0, "%s has no slot", value->name);
    const size_t count = (size_t)atr__shape_size(&all->slots[slot].shape);
    float *v = malloc(count * sizeof *v);
    run_must(b, atr_run_read(b, value->name, v, count * sizeof *v));
    int other = 0;
    for (size_t k = 0; k < count; k++) other += v[k] < 0 || v[k] > 0;
    ck_assert_msg(other > 0, "%s is all zeros", value->name);
    if (!strcmp(value->name, "image")) ck_assert_mem_eq(v, x, count * sizeof *v);
    free(v);
    named++;
  }
  ck_assert_uint_gt(named, 10);
  float none[1];
  run_must_fail(a, atr_run_read(a, "nowhere", none, sizeof none), ATR_E_PARAM,
                "keep_all lets every tensor be read");
  run_must_fail(b, atr_run_read(b, "nowhere", none, sizeof none), ATR_E_PARAM, "\"nowhere\" is no output");
  free(x);
  free(ya);
  free(yb);
  atr_run_destroy(a);
  atr_run_destroy(b);
  atr_plan_destroy(lean);
  atr_plan_destroy(all);
  atr_model_destroy(m);
}
START_TEST(keep_all_lets_every_tensor_be_read) {
  net_everywhere(keeps);
}
END_TEST

/* [n][c][h][w] to [n][h][w][c]. */
static float *last(const float *x, const atr_shape *s) {
  const size_t n = (size_t)s->dim[0], c = (size_t)s->dim[1], hw = (size_t)(s->dim[2] * s->dim[3]);
  float *y = malloc((net_count(s) + 1) * sizeof *y);
  for (size_t i = 0; i < n; i++)
    for (size_t k = 0; k < c; k++)
      for (size_t p = 0; p < hw; p++) y[(i * hw + p) * c + k] = x[(i * c + k) * hw + p];
  return y;
}

static void layouts(atr_context *context) {
  atr_model *m = net_unet();
  const atr_shape shape = net_image(2, 3, 10, 14), turned = { 4, { 2, 10, 14, 3 } },
                  out = net_image(2, 4, 10, 14);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.nhwc = 1;
  atr_plan *first = plan_at(m, context, shape, NULL), *second = plan_at(m, context, turned, &options);
  ck_assert_int_eq(atr_plan_input(second, 0).shape.dim[3], 3);
  ck_assert_int_eq(atr_plan_output(second, 0).shape.dim[3], 4);
  ck_assert_int_eq(atr_plan_output(second, 0).shape.dim[1], 10);
  ck_assert_str_eq(atr_plan_output(second, 0).name, "classes");
  ck_assert_ptr_null(atr_plan_output(second, 1).name);
  atr_run *a = run_of(first), *b = run_of(second);
  float *x = net_fill(net_count(&shape), 2), *x_last = last(x, &shape);
  float *y = net_run(a, "image", x, net_count(&shape), "classes", net_count(&out));
  float *y_last = net_run(b, "image", x_last, net_count(&shape), "classes", net_count(&out)),
        *expected = last(y, &out);
  ck_assert_mem_eq(y_last, expected, net_count(&out) * sizeof *y);
  free(x);
  free(x_last);
  free(y);
  free(y_last);
  free(expected);
  atr_run_destroy(a);
  atr_run_destroy(b);
  atr_plan_destroy(first);
  atr_plan_destroy(second);
  atr_model_destroy(m);
}
START_TEST(channels_last_is_channels_first_transposed) {
  net_everywhere(layouts);
}
END_TEST

START_TEST(host_and_device_agree) {
  if (!test_opencl()) {
    puts("# skipped: no OpenCL to compare the host with");
    return;
  }
  atr_model *m = net_unet();
  const atr_shape shape = net_image(1, 3, 30, 34);
  float *x = net_fill(net_count(&shape), 5), *y[3];
  const size_t n = 4 * 30 * 34;
  for (int i = 0; i < 3; i++) {
    atr_context *context = test_open(i ? test_device() : "host", NULL);
    atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
    options.math = i == 2 ? ATR_MATH_EXACT : ATR_MATH_FAST;
    atr_plan *plan = plan_at(m, context, shape, &options);
    atr_run *run = run_of(plan);
    y[i] = net_run(run, "image", x, net_count(&shape), "classes", n);
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_context_destroy(context);
  }
  /* Probabilities after four convolutions of at most 216 terms: a few hundred roundings of 6e-8. */
  for (size_t i = 0; i < n; i++) {
    ck_assert_msg(fabsf(y[1][i] - y[0][i]) < 2e-5f, "[%zu] host %g, device %g", i, (double)y[0][i],
                  (double)y[1][i]);
    ck_assert_msg(fabsf(y[2][i] - y[0][i]) < 2e-5f, "[%zu] host %g, exact %g", i, (double)y[0][i],
                  (double)y[2][i]);
  }
  for (int i = 0; i < 3; i++) free(y[i]);
  free(x);
  atr_model_destroy(m);
}
END_TEST

static void refusals(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_unet(), *empty;
  atr_plan *plan = (atr_plan *)1;
  atr_shape s = net_image(1, 3, 8, 8);
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  const atr_shape two[2] = { s, s }, flat = { 2, { 3, 8 } };
  must_fail(atr_plan_create(m, context, two, 2, NULL, &error, &plan), ATR_E_PARAM, "2 input shapes");
  ck_assert_ptr_null(plan);
  must_fail(atr_plan_create(m, context, &flat, 1, NULL, &error, &plan), ATR_E_SHAPE, "\"image\"");
  s.dim[1] = 4;
  must_fail(atr_plan_create(m, context, &s, 1, NULL, &error, &plan), ATR_E_SHAPE, "[1,4,8,8]");
  s = net_image(1, 3, 7, 8); /* pooling gives 3 rows, upsampling 6: no match with 7 */
  must_fail(atr_plan_create(m, context, &s, 1, NULL, &error, &plan), ATR_E_SHAPE, "node \"");
  s = net_image(1, 3, -1, 8);
  must_fail(atr_plan_create(m, context, &s, 1, NULL, &error, &plan), ATR_E_SHAPE, "[1,3,?,8]");
  s = net_image(1, 3, 1 << 20, 1 << 20);
  must_fail(atr_plan_create(m, context, &s, 1, NULL, &error, &plan), ATR_E_LIMIT, "2^31");
  s = net_image(1, 3, 8, 8);
  options.math = ATR_MATH_PORTABLE;
  must_fail(atr_plan_create(m, context, &s, 1, &options, &error, &plan), ATR_E_UNSUPPORTED,
            "ATR_MATH_PORTABLE");
  options.math = (atr_math)9;
  must_fail(atr_plan_create(m, context, &s, 1, &options, &error, &plan), ATR_E_PARAM, "9");
  must(atr_model_create(1, &error, &empty));
  must_fail(atr_plan_create(empty, context, NULL, 0, NULL, &error, &plan), ATR_E_PARAM, "no output");
  ck_assert_int_ne(atr_plan_create(empty, context, NULL, 0, NULL, NULL, &plan), ATR_OK);
  atr_model_destroy(empty);
  plan = plan_at(m, context, s, NULL);
  atr_run *run = run_of(plan);
  float x[3 * 64] = { 0 };
  ck_assert_str_eq(atr_run_error(run), "");
  run_must_fail(run, atr_run_write(run, "picture", x, sizeof x), ATR_E_PARAM, "no input \"picture\"");
  run_must_fail(run, atr_run_write(run, "image", x, sizeof x - 4), ATR_E_PARAM, "768 bytes; 764 were given");
  run_must_fail(run, atr_run_read(run, "classes", x, sizeof x), ATR_E_PARAM, "1024 bytes; 768 were given");
  run_must(run, atr_run_write(run, "image", x, sizeof x)); /* a failed call leaves the run usable */
  run_must(run, atr_run_execute(run));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_run_destroy(NULL);
  atr_plan_destroy(NULL);
  atr_params_destroy(NULL);
  atr_model_destroy(m);
}
START_TEST(what_cannot_be_done_is_said_with_its_numbers) {
  net_everywhere(refusals);
}
END_TEST

static void outlives(atr_context *context) {
  atr_model *m = net_chain(2, 1);
  const atr_shape shape = net_image(1, 8, 6, 6);
  float *x = net_fill(net_count(&shape), 3);
  atr_plan *plan = plan_at(m, context, shape, NULL);
  atr_run *run = run_of(plan);
  float *before = net_run(run, "x", x, net_count(&shape), "y", net_count(&shape));
  atr_model_destroy(m);
  atr_plan_destroy(plan);
  float *after = net_run(run, "x", x, net_count(&shape), "y", net_count(&shape));
  ck_assert_mem_eq(before, after, net_count(&shape) * sizeof *after);
  atr_run_destroy(run);
  free(before);
  free(after);
  free(x);
}
START_TEST(a_run_keeps_what_it_needs_of_plan_and_model) {
  net_everywhere(outlives);
}
END_TEST

static void nothing_to_do(atr_context *context) {
  atr_model *m = net_unet();
  atr_plan *plan = plan_at(m, context, net_image(0, 3, 8, 8), NULL);
  atr_run *run = run_of(plan);
  float none[1] = { 7 };
  run_must(run, atr_run_write(run, "image", none, 0));
  run_must(run, atr_run_execute(run));
  run_must(run, atr_run_read(run, "classes", none, 0));
  ck_assert(!(none[0] < 7) && !(none[0] > 7));
  atr_run_destroy(run);
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(a_batch_of_none_runs_and_does_nothing) {
  net_everywhere(nothing_to_do);
}
END_TEST

static void weights(atr_context *context) {
  atr_error error = ATR_ERROR_INIT;
  atr_model *m = net_chain(1, 1), *copy = net_chain(1, 1);
  atr_params *own;
  must(atr_params_create(m, context, &error, &own));
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.params = own;
  const atr_shape shape = net_image(1, 8, 6, 6);
  float *x = net_fill(net_count(&shape), 3);
  atr_plan *mine = plan_at(m, context, shape, &options), *theirs = plan_at(m, context, shape, NULL);
  ck_assert_ptr_ne(mine->params, theirs->params);
  /* Weights changed in place are used, in their packed form too; the context's own are not touched. */
  const int entry = atr__params_find(own, "c0.weight");
  float w[8 * 8 * 9], old[8 * 8 * 9];
  must(atr__params_read(own, entry, old, sizeof old, &error));
  for (size_t i = 0; i < 8 * 8 * 9; i++) w[i] = 2 * old[i];
  atr_run *a = run_of(mine), *b = run_of(theirs);
  float *y1 = net_run(a, "x", x, net_count(&shape), "y", net_count(&shape));
  must(atr__params_write(own, entry, w, sizeof w, &error));
  float *y2 = net_run(a, "x", x, net_count(&shape), "y", net_count(&shape));
  float *y3 = net_run(b, "x", x, net_count(&shape), "y", net_count(&shape));
  for (size_t i = 0; i < net_count(&shape); i++) ck_assert(fabsf(y2[i] - 2 * y1[i]) < 1e-5f);
  ck_assert_mem_eq(y3, y1, net_count(&shape) * sizeof *y1);
  /* And go back to a model of the same names. */
  must(atr_params_store(own, copy, &error));
  const atr__blob *stored = atr__model_at(copy, atr__model_find(copy, "c0.weight"))->init;
  ck_assert_mem_eq(stored->data, w, sizeof w);
  atr_model *other = net_chain(1, 1);
  atr_context *elsewhere = test_open("host", NULL);
  atr_plan *plan;
  must_fail(atr_plan_create(other, elsewhere, &shape, 1, &options, &error, &plan), ATR_E_PARAM,
            "another context");
  atr_context_destroy(elsewhere);
  atr_model_destroy(other);
  free(x);
  free(y1);
  free(y2);
  free(y3);
  atr_run_destroy(a);
  atr_run_destroy(b);
  atr_plan_destroy(mine);
  atr_plan_destroy(theirs);
  atr_params_destroy(own);
  atr_model_destroy(m);
  atr_model_destroy(copy);
}
START_TEST(weights_of_ones_own_are_used_changed_and_stored) {
  net_everywhere(weights);
}
END_TEST

static void placed(atr_context *context) {
  atr_model *m = net_unet();
  atr_plan *plan = plan_at(m, context, net_image(1, 3, 8, 8), NULL);
  const char *json = atr_plan_placement(plan);
  ck_assert_int_eq(json[0], '[');
  ck_assert_int_eq(json[strlen(json) - 1], ']');
  char device[64];
  snprintf(device, sizeof device, "\"device\":\"%s\"", context->info.id);
  ck_assert_ptr_nonnull(strstr(json, "\"node\":\"down\""));
  ck_assert_ptr_nonnull(strstr(json, device));
  ck_assert_ptr_null(strstr(json, "\"fallback\":true"));
  atr_plan_destroy(plan);
  atr_model_destroy(m);
}
START_TEST(placement_names_nodes_and_device) {
  net_everywhere(placed);
}
END_TEST

int main(void) {
  const TTest *const tests[] = {
    a_second_plan_at_another_size_costs_no_program_no_weights_and_under_ten_milliseconds,
    the_arena_is_smaller_than_its_tensors,
    tensors_that_live_together_lie_apart,
    keep_all_lets_every_tensor_be_read,
    channels_last_is_channels_first_transposed,
    host_and_device_agree,
    what_cannot_be_done_is_said_with_its_numbers,
    a_run_keeps_what_it_needs_of_plan_and_model,
    a_batch_of_none_runs_and_does_nothing,
    weights_of_ones_own_are_used_changed_and_stored,
    placement_names_nodes_and_device,
  };
  return test_run(test_suite("plan", tests, sizeof tests / sizeof *tests, 300));
}
