/* types_test.c: every element type in every encoding; float16, bfloat16 and float64 at the edges of models
 * that are computed in float32; integers through operators that know float32 alone. */
#include "onnx_test.h"

#include <atrous/plan.h>

#include "tensor/element.h"

static const atr_type types[] = { ATR_F32,  ATR_U8,  ATR_I8,  ATR_U16, ATR_I16, ATR_I32, ATR_I64,
                                  ATR_BOOL, ATR_F16, ATR_F64, ATR_U32, ATR_U64, ATR_BF16 };

static void port_type(draft *d, atr_type type) {
  d->port_tensor[d->n_ports - 1].elem_type = (int32_t)type;
}

static atr_model *draft_load(draft *d) {
  const file f = draft_pack(d);
  atr_model *m = load_good(f.bytes, f.size);
  free(f.bytes);
  free(d);
  return m;
}

/* Runs the model, and what it is when it was written and read again, on the host; both must give the same
 * bits. x: of its input's type, NULL where it has none. */
static void run_twice(atr_model *m, const void *x, atr_type type, void *y, size_t bytes) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *host;
  unsigned char got[2][256];
  const file f = write_model(m);
  atr_model *models[2] = { m, load_good(f.bytes, f.size) };
  atr__free(f.bytes);
  ck_assert_int_eq(atr_context_open("host", NULL, &error, &host), ATR_OK);
  for (int i = 0; i < 2; i++) {
    atr_plan *plan;
    atr_run *run;
    const atr_port in = atr_model_input(models[i], 0), out = atr_model_output(models[i], 0);
    ck_assert_msg(!atr_plan_create(models[i], host, &in.shape, in.name != NULL, NULL, &error, &plan), "%s",
                  error.text);
    ck_assert_int_eq(atr_run_create(plan, &error, &run), ATR_OK);
    ck_assert_str_eq(out.name, "y");
    ck_assert_int_eq(out.type, type);
    if (in.name)
      ck_assert_msg(!atr_run_write(run, in.name, x, (size_t)in.shape.dim[0] * atr_type_size(in.type)), "%s",
                    atr_run_error(run));
    ck_assert_msg(!atr_run_execute(run) && !atr_run_read(run, "y", got[i], bytes), "%s", atr_run_error(run));
    atr_run_destroy(run);
    atr_plan_destroy(plan);
    atr_model_destroy(models[i]);
  }
  ck_assert_mem_eq(got[0], got[1], bytes);
  memcpy(y, got[0], bytes);
  atr_context_destroy(host);
}

/* An initializer of the type, raw or as a list, is what comes out. */
START_TEST(every_type_is_read_raw_and_listed) {
  for (size_t t = 0; t < sizeof types / sizeof *types; t++)
    for (int listed = 0; listed < 2; listed++) {
      const atr_type type = types[t];
      uint64_t raw[3] = { 0 }, got[3] = { 0 }, u64[3];
      int64_t i64[3];
      int32_t i32[3];
      float f32[3];
      double f64[3];
      for (int i = 0; i < 3; i++) {
        const double v = i == 2 && type != ATR_BOOL ? 96 : i;
        atr__element_set_real(type, raw, i, v);
        f32[i] = (float)v, f64[i] = v;
        i64[i] = (int64_t)v, u64[i] = (uint64_t)v;
        i32[i] = atr__type_real(type) ? (int32_t)atr__element_bits(type, raw, i) : (int32_t)v;
      }
      const int64_t dim[1] = { 3 };
      const size_t bytes = 3 * atr_type_size(type);
      draft *d = draft_new(13);
      Atr__TensorProto *w = draft_tensor(d, "w", (int32_t)type, 1, dim, listed ? NULL : raw, bytes);
      if (listed && type == ATR_F32)
        w->n_float_data = 3, w->float_data = f32;
      else if (listed && type == ATR_F64)
        w->n_double_data = 3, w->double_data = f64;
      else if (listed && type == ATR_I64)
        w->n_int64_data = 3, w->int64_data = i64;
      else if (listed && (type == ATR_U32 || type == ATR_U64))
        w->n_uint64_data = 3, w->uint64_data = u64;
      else if (listed)
        w->n_int32_data = 3, w->int32_data = i32;
      DRAFT_NODE(d, "Identity", "same", "w", NULL, "y");
      draft_port(d, 1, "y", 1, dim);
      port_type(d, type);
      run_twice(draft_load(d), NULL, type, got, bytes);
      ck_assert_mem_eq(got, raw, bytes);
    }
}
END_TEST

START_TEST(a_list_of_another_type_is_refused) {
  const int64_t dim[1] = { 1 };
  int64_t value = 1;
  draft *d = draft_new(13);
  Atr__TensorProto *w = draft_tensor(d, "w", ATR_U64, 1, dim, NULL, 0);
  w->n_int64_data = 1;
  w->int64_data = &value;
  DRAFT_NODE(d, "Identity", "same", "w", NULL, "y");
  draft_port(d, 1, "y", 1, dim);
  draft_bad(d, ATR_E_FORMAT, "list of another type");
}
END_TEST

/* (x + big) - big: in float16 1 is lost beside 2048, in bfloat16 beside 256; in float32 neither is. */
START_TEST(nothing_is_rounded_between_the_edges) {
  static const struct {
    atr_type type;
    double big;
  } small[] = { { ATR_F16, 2048 }, { ATR_BF16, 256 }, { ATR_F64, 4096 } };
  for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
    const int64_t dim[1] = { 3 }, one[1] = { 1 };
    uint64_t big = 0, x[3] = { 0 }, y[3] = { 0 };
    atr__element_set_real(small[i].type, &big, 0, small[i].big);
    for (int k = 0; k < 3; k++) atr__element_set_real(small[i].type, x, k, (double[]){ 1, -3, 0.5 }[k]);
    draft *d = draft_new(13);
    draft_port(d, 0, "x", 1, dim);
    port_type(d, small[i].type);
    draft_tensor(d, "big", (int32_t)small[i].type, 1, one, &big, atr_type_size(small[i].type));
    DRAFT_NODE(d, "Add", "up", "x", "big", NULL, "raised");
    DRAFT_NODE(d, "Sub", "down", "raised", "big", NULL, "y");
    draft_port(d, 1, "y", 1, dim);
    port_type(d, small[i].type);
    run_twice(draft_load(d), x, small[i].type, y, 3 * atr_type_size(small[i].type));
    ck_assert_mem_eq(x, y, 3 * atr_type_size(small[i].type));
  }
}
END_TEST

/* What is computed in float32 for float16 is float16 to CastLike. */
START_TEST(cast_like_follows_the_type_that_was_meant) {
  const int64_t dim[1] = { 2 };
  const float x[2] = { 1 + 0x1p-11f, 70000 };
  uint16_t like[2] = { 0x3C00, 0x3C00 }, y[2];
  draft *d = draft_new(15);
  draft_port(d, 0, "x", 1, dim);
  draft_tensor(d, "half", ATR_F16, 1, dim, like, sizeof like);
  DRAFT_NODE(d, "Neg", "less", "half", NULL, "computed");
  DRAFT_NODE(d, "CastLike", "like", "x", "computed", NULL, "y");
  draft_port(d, 1, "y", 1, dim);
  port_type(d, ATR_F16);
  run_twice(draft_load(d), x, ATR_F16, y, sizeof y);
  ck_assert_uint_eq(y[0], 0x3C00);
  ck_assert_uint_eq(y[1], 0x7C00);
}
END_TEST

/* uint64 beyond int64 stays what it is. */
START_TEST(uint64_is_computed_in_its_own_range) {
  const int64_t dim[1] = { 2 };
  const uint64_t x[2] = { UINT64_MAX, 5 }, w[2] = { 7, UINT64_MAX - 1 };
  uint64_t y[2];
  draft *d = draft_new(13);
  draft_port(d, 0, "x", 1, dim);
  port_type(d, ATR_U64);
  draft_tensor(d, "w", ATR_U64, 1, dim, w, sizeof w);
  DRAFT_NODE(d, "Max", "most", "x", "w", NULL, "y");
  draft_port(d, 1, "y", 1, dim);
  port_type(d, ATR_U64);
  run_twice(draft_load(d), x, ATR_U64, y, sizeof y);
  ck_assert(y[0] == UINT64_MAX && y[1] == UINT64_MAX - 1);
}
END_TEST

/* Bytes through MaxPool, and on as bytes: 255 + 2 wraps. */
START_TEST(max_pool_of_bytes_gives_bytes) {
  const int64_t dim[1] = { 4 }, image[3] = { 1, 1, 4 }, pooled[3] = { 1, 1, 2 }, one[1] = { 1 };
  const uint8_t x[4] = { 3, 255, 0, 9 }, two = 2;
  uint8_t y[2];
  draft *d = draft_new(13);
  draft_port(d, 0, "x", 1, dim);
  port_type(d, ATR_U8);
  draft_tensor(d, "shape", ATR_I64, 1, (int64_t[]){ 3 }, image, sizeof image);
  draft_tensor(d, "two", ATR_U8, 1, one, &two, 1);
  DRAFT_NODE(d, "Reshape", "shaped", "x", "shape", NULL, "image");
  Atr__NodeProto *pool = DRAFT_NODE(d, "MaxPool", "pool", "image", NULL, "greatest");
  int64_t window[1] = { 2 };
  Atr__AttributeProto *a = draft_attribute(d, pool, "kernel_shape", ATR__ATTR_INTS);
  a->n_ints = 1;
  a->ints = window;
  a = draft_attribute(d, pool, "strides", ATR__ATTR_INTS);
  a->n_ints = 1;
  a->ints = window;
  DRAFT_NODE(d, "Add", "plus", "greatest", "two", NULL, "y");
  draft_port(d, 1, "y", 3, pooled);
  port_type(d, ATR_U8);
  run_twice(draft_load(d), x, ATR_U8, y, sizeof y);
  ck_assert_uint_eq(y[0], 1);
  ck_assert_uint_eq(y[1], 11);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("types");
  TCase *tests = tcase_create("types");
  tcase_set_timeout(tests, 120);
  tcase_add_test(tests, every_type_is_read_raw_and_listed);
  tcase_add_test(tests, a_list_of_another_type_is_refused);
  tcase_add_test(tests, nothing_is_rounded_between_the_edges);
  tcase_add_test(tests, cast_like_follows_the_type_that_was_meant);
  tcase_add_test(tests, uint64_is_computed_in_its_own_range);
  tcase_add_test(tests, max_pool_of_bytes_gives_bytes);
  suite_add_tcase(suite, tests);
  return onnx_test_main(suite);
}
