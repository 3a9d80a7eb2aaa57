/* shape_test.c: checked arithmetic on shapes, broadcasting as ONNX (NumPy) has it, element types, blobs. */
#include "test.h"

#include <stdint.h>

#include "base/alloc.h"
#include "tensor/blob.h"
#include "tensor/shape.h"

START_TEST(count_is_the_product_of_the_dimensions) {
  atr_error error = ATR_ERROR_INIT;
  static const struct {
    atr_shape shape;
    int64_t count;
  } good[] = { { { 0, { 0 } }, 1 },
               { { 1, { 7 } }, 7 },
               { { 3, { 2, 3, 4 } }, 24 },
               { { 2, { 5, 0 } }, 0 },
               { { 8, { 2, 2, 2, 2, 2, 2, 2, 2 } }, 256 },
               { { 1, { INT32_MAX } }, INT32_MAX },
               /* of size 0, whatever the other dimensions are */
               { { 4, { INT64_MAX, INT64_MAX, INT64_MAX, 0 } }, 0 } };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    int64_t count;
    must(atr__shape_count(&good[i].shape, &error, &count));
    ck_assert_int_eq(count, good[i].count);
  }
}
END_TEST

START_TEST(count_refuses_what_does_not_fit) {
  atr_error error = ATR_ERROR_INIT;
  int64_t count;
  const atr_shape free_one = { 2, { 3, -1 } }, large = { 2, { 1 << 16, 1 << 16 } },
                  wraps = { 2, { INT64_MAX, 2 } }, deep = { 9, { 1 } }, below = { -1, { 0 } };
  must_fail(atr__shape_count(&free_one, &error, &count), ATR_E_SHAPE, "[3,?] has a free dimension 1");
  must_fail(atr__shape_count(&large, &error, &count), ATR_E_LIMIT, "[65536,65536]");
  must_fail(atr__shape_count(&wraps, &error, &count), ATR_E_LIMIT, "more than 2^31 - 1");
  must_fail(atr__shape_count(&deep, &error, &count), ATR_E_SHAPE, "rank 9");
  must_fail(atr__shape_count(&below, &error, &count), ATR_E_SHAPE, "rank -1");
  ck_assert_int_eq(count, 0);
}
END_TEST

START_TEST(shapes_are_written_for_people) {
  char text[ATR__SHAPE_TEXT];
  const atr_shape scalar = { 0, { 0 } }, image = { 4, { 1, 3, -1, 256 } };
  atr_shape longest = { 8, { 0 } };
  ck_assert_str_eq(atr__shape_text(&scalar, text), "[]");
  ck_assert_str_eq(atr__shape_text(&image, text), "[1,3,?,256]");
  for (int i = 0; i < 8; i++) longest.dim[i] = INT64_MAX;
  ck_assert_uint_eq(strlen(atr__shape_text(&longest, text)), 8 * 19 + 7 + 2);
}
END_TEST

START_TEST(strides_are_row_major) {
  const atr_shape shape = { 3, { 2, 3, 4 } };
  int64_t stride[8];
  atr__shape_strides(&shape, stride);
  ck_assert(stride[0] == 12 && stride[1] == 4 && stride[2] == 1);
  ck_assert_int_eq(atr__shape_span(&shape, 1, 3), 12);
  ck_assert_int_eq(atr__shape_span(&shape, 1, 1), 1);
  ck_assert_int_eq(atr__shape_size(&shape), 24);
}
END_TEST

START_TEST(broadcasting_is_numpys) {
  atr_error error = ATR_ERROR_INIT;
  static const struct {
    atr_shape a, b, out;
  } good[] = { { { 0, { 0 } }, { 2, { 3, 4 } }, { 2, { 3, 4 } } },
               { { 1, { 4 } }, { 2, { 3, 4 } }, { 2, { 3, 4 } } },
               { { 2, { 3, 1 } }, { 2, { 1, 4 } }, { 2, { 3, 4 } } },
               { { 4, { 2, 1, 4, 5 } }, { 3, { 3, 1, 1 } }, { 4, { 2, 3, 4, 5 } } },
               { { 2, { 0, 4 } }, { 2, { 1, 4 } }, { 2, { 0, 4 } } } };
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    atr_shape out;
    must(atr__shape_broadcast(&good[i].a, &good[i].b, &error, &out));
    ck_assert_msg(atr__shape_equal(&out, &good[i].out), "case %zu", i);
    must(atr__shape_broadcast(&good[i].b, &good[i].a, &error, &out));
    ck_assert_msg(atr__shape_equal(&out, &good[i].out), "case %zu swapped", i);
  }
  atr_shape out;
  const atr_shape a = { 2, { 3, 4 } }, b = { 1, { 3 } }, zero = { 2, { 0, 4 } }, two = { 2, { 2, 4 } };
  must_fail(atr__shape_broadcast(&a, &b, &error, &out), ATR_E_SHAPE, "[3,4] and [3] cannot be broadcast");
  must_fail(atr__shape_broadcast(&zero, &two, &error, &out), ATR_E_SHAPE, "cannot be broadcast");
}
END_TEST

START_TEST(broadcast_strides_stand_still_along_what_is_repeated) {
  const atr_shape from = { 3, { 3, 1, 5 } }, to = { 4, { 2, 3, 4, 5 } };
  int64_t stride[8];
  atr__shape_broadcast_strides(&from, &to, stride);
  ck_assert(stride[0] == 0 && stride[1] == 5 && stride[2] == 0 && stride[3] == 1);
}
END_TEST

START_TEST(axes_count_from_either_end) {
  atr_error error = ATR_ERROR_INIT;
  int axis;
  must(atr__axis(-1, 4, "axis", &error, &axis));
  ck_assert_int_eq(axis, 3);
  must(atr__axis(-4, 4, "axis", &error, &axis));
  ck_assert_int_eq(axis, 0);
  must(atr__axis(2, 4, "axis", &error, &axis));
  ck_assert_int_eq(axis, 2);
  must_fail(atr__axis(4, 4, "the softmax axis", &error, &axis), ATR_E_PARAM,
            "the softmax axis 4 is outside [-4, 4)");
  must_fail(atr__axis(-5, 4, "axis", &error, &axis), ATR_E_PARAM, "-5");
  must_fail(atr__axis(0, 0, "axis", &error, &axis), ATR_E_PARAM, "outside");
}
END_TEST

START_TEST(types_have_onnx_numbers_and_their_sizes) {
  ck_assert_int_eq(ATR_F32, 1);
  ck_assert_int_eq(ATR_I64, 7);
  ck_assert_int_eq(ATR_F64, 11);
  static const struct {
    atr_type type;
    size_t size;
    const char *name;
  } known[] = { { ATR_F32, 4, "float32" }, { ATR_U8, 1, "uint8" },    { ATR_I8, 1, "int8" },
                { ATR_I32, 4, "int32" },   { ATR_I64, 8, "int64" },   { ATR_BOOL, 1, "bool" },
                { ATR_F16, 2, "float16" }, { ATR_F64, 8, "float64" }, { ATR_TYPE_NONE, 0, "?" },
                { (atr_type)99, 0, "?" } };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    ck_assert_uint_eq(atr_type_size(known[i].type), known[i].size);
    ck_assert_str_eq(atr_type_name(known[i].type), known[i].name);
  }
}
END_TEST

START_TEST(a_blob_holds_a_copy_and_is_counted) {
  atr_error error = ATR_ERROR_INIT;
  const int64_t before = atr__alloc_live();
  const atr_shape shape = { 2, { 2, 2 } };
  int32_t data[4] = { 1, -2, 3, INT32_MAX };
  atr__blob *blob, *again;
  must(atr__blob_create(ATR_I32, &shape, data, &error, &blob));
  data[0] = 9;
  again = atr__blob_retain(blob);
  atr__blob_release(blob);
  ck_assert_int_eq(again->count, 4);
  ck_assert_uint_eq(again->bytes, 16);
  ck_assert_int_eq(atr__blob_int(again, 0), 1);
  ck_assert_int_eq(atr__blob_int(again, 1), -2);
  ck_assert(atr__blob_real(again, 3) == (double)INT32_MAX);
  atr__blob_release(again);
  atr__blob_release(NULL);
  ck_assert_int_eq(atr__alloc_live(), before);
  const atr_shape free_one = { 1, { -1 } };
  must_fail(atr__blob_create(ATR_F32, &free_one, NULL, &error, &blob), ATR_E_SHAPE, "free dimension");
  must_fail(atr__blob_create((atr_type)77, &shape, NULL, &error, &blob), ATR_E_UNSUPPORTED, "77");
  for (int at = 0; at < 2; at++) {
    atr__alloc_fail(at, 0);
    const atr_status status = atr__blob_create(ATR_I32, &shape, data, &error, &blob);
    atr__alloc_fail(-1, 0);
    ck_assert_int_eq(status, ATR_E_NOMEM);
    ck_assert_ptr_null(blob);
  }
  ck_assert_int_eq(atr__alloc_live(), before);
}
END_TEST

int main(void) {
  const TTest *const tests[] = { count_is_the_product_of_the_dimensions,
                                 count_refuses_what_does_not_fit,
                                 shapes_are_written_for_people,
                                 strides_are_row_major,
                                 broadcasting_is_numpys,
                                 broadcast_strides_stand_still_along_what_is_repeated,
                                 axes_count_from_either_end,
                                 types_have_onnx_numbers_and_their_sizes,
                                 a_blob_holds_a_copy_and_is_counted };
  return test_run(test_suite("shape", tests, sizeof tests / sizeof *tests, 20));
}
