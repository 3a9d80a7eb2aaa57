/* op_case.h: one call of an operator in a test: attributes and inputs in, every output as doubles. The double
 * host build runs first; the float host build, and plans on the host and the device with every row that
 * applies, must agree with it within `tolerance`. Values are kept as double whatever their type. */
#ifndef OP_CASE_H
#define OP_CASE_H

#include <check.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "op/attr.h"
#include "op/op.h"
#include "op_plan.h"
#include "tensor/element.h"
#include "tensor/shape.h"

enum { OP_CASE_MAX = 16 };

typedef struct op_tensor {
  atr_type type; /* ATR_TYPE_NONE: absent */
  atr_shape shape;
  int64_t count;
  int constant; /* known at plan time */
  double *v;
} op_tensor;

typedef struct op_case {
  atr__attrs attrs;
  op_tensor in[OP_CASE_MAX], out[OP_CASE_MAX];
  size_t n_in, n_out;
  double tolerance; /* relative to max(1, |y|); 0 means 1e-5 */
  atr_error error;
} op_case;

#define OP_SHAPE(...)                                                                                        \
  atr__shape_of((int)(sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t)), (int64_t[]){ __VA_ARGS__ })

static inline op_tensor *op_case_add(op_case *c, atr_type type, atr_shape shape, const double *values) {
  ck_assert_uint_lt(c->n_in, OP_CASE_MAX);
  op_tensor *t = &c->in[c->n_in++];
  *t = (op_tensor){ .type = type, .shape = shape };
  if (type == ATR_TYPE_NONE) return t;
  t->count = atr__shape_size(&shape);
  t->v = calloc((size_t)t->count + 1, sizeof *t->v);
  ck_assert_ptr_nonnull(t->v);
  if (values) memcpy(t->v, values, (size_t)t->count * sizeof *t->v);
  return t;
}
static inline op_tensor *op_case_real(op_case *c, atr_shape shape, const double *values) {
  return op_case_add(c, ATR_F32, shape, values);
}
static inline op_tensor *op_case_constant(op_case *c, atr_type type, atr_shape shape, const double *values) {
  op_tensor *t = op_case_add(c, type, shape, values);
  t->constant = 1;
  return t;
}
static inline void op_case_absent(op_case *c) {
  op_case_add(c, ATR_TYPE_NONE, (atr_shape){ 0 }, NULL);
}
static inline void op_case_ints(op_case *c, const char *name, size_t n, const int64_t *values) {
  ck_assert_int_eq(atr__attrs_set_ints(&c->attrs, name, values, n), ATR_OK);
}
#define OP_INTS(c, name, ...)                                                                                \
  op_case_ints(c, name, sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), (int64_t[]){ __VA_ARGS__ })

/* Numbers that look random but are the same everywhere: in (-1, 1), multiples of 1/512 so that float holds
 * them. */
static inline void op_case_fill(op_tensor *t, uint32_t seed) {
  uint32_t s = seed * 2654435761u + 12345u;
  for (int64_t i = 0; i < t->count; i++) {
    s = s * 1664525u + 1013904223u;
    t->v[i] = ((double)(s >> 22) - 511.5) / 512.0;
  }
}

static inline void op_case_clear_out(op_case *c) {
  for (size_t i = 0; i < OP_CASE_MAX; i++) {
    free(c->out[i].v);
    c->out[i] = (op_tensor){ 0 };
  }
}
static inline void op_case_free(op_case *c) {
  op_case_clear_out(c);
  for (size_t i = 0; i < c->n_in; i++) free(c->in[i].v);
  atr__attrs_free(&c->attrs);
  *c = (op_case){ 0 };
}

static inline void *op_case_pack(const op_tensor *t, int as_double) {
  char *data = malloc((size_t)t->count * 8 + 64);
  ck_assert_ptr_nonnull(data);
  const atr_type type = t->type == ATR_F32 && as_double ? ATR_F64 : t->type;
  for (int64_t i = 0; i < t->count; i++)
    if (atr__type_integer(type) && type != ATR_U64)
      atr__element_set_int(type, data, i, (int64_t)t->v[i]);
    else
      atr__element_set_real(type, data, i, t->v[i]);
  return data;
}
static inline void op_case_unpack(op_tensor *t, const void *data, int as_double) {
  t->v = calloc((size_t)t->count + 1, sizeof *t->v);
  ck_assert_ptr_nonnull(t->v);
  const atr_type type = t->type == ATR_F32 && as_double ? ATR_F64 : t->type;
  for (int64_t i = 0; i < t->count; i++) t->v[i] = atr__element_real(type, data, i);
}

static inline atr_status op_case_host(op_case *c, const atr__op *op, const void *params, int as_double,
                                      op_tensor *out) {
  atr__view in_view[OP_CASE_MAX] = { 0 }, out_view[OP_CASE_MAX] = { 0 };
  for (size_t i = 0; i < c->n_in; i++)
    if (c->in[i].type != ATR_TYPE_NONE)
      in_view[i] =
          (atr__view){ op_case_pack(&c->in[i], as_double), c->in[i].type, c->in[i].shape, c->in[i].count };
  for (size_t i = 0; i < c->n_out; i++) {
    const size_t bytes = (size_t)out[i].count * 8 + 64;
    void *data = malloc(bytes);
    ck_assert_ptr_nonnull(data);
    memset(data, 0xA5, bytes);
    out_view[i] = (atr__view){ data, out[i].type, out[i].shape, out[i].count };
  }
  const atr__call call = { params, c->n_in, c->n_out, in_view, out_view, NULL, &c->error, 0 };
  const atr_status status = (as_double ? op->host_f64 : op->host_f32)(&call);
  for (size_t i = 0; i < c->n_out; i++) {
    const size_t size = out[i].type == ATR_F32 && as_double ? 8 : atr_type_size(out[i].type);
    for (size_t k = 0; k < 64; k++) /* nothing was written past the end */
      ck_assert_uint_eq(((uint8_t *)out_view[i].data)[(size_t)out[i].count * size + k], 0xA5);
    if (!status) op_case_unpack(&out[i], out_view[i].data, as_double);
    free(out_view[i].data);
  }
  for (size_t i = 0; i < c->n_in; i++) free(in_view[i].data);
  return status;
}

static inline void op_case_agree(const op_case *c, const char *name, const char *who,
                                 const op_tensor *single) {
  double worst = 0;
  for (size_t i = 0; i < c->n_out; i++)
    for (int64_t k = 0; k < single[i].count; k++) {
      const double want = c->out[i].v[k], got = single[i].v[k];
      const double size = fmax(1, fabs(want)), room = (c->tolerance > 0 ? c->tolerance : 1e-5) * size;
      ck_assert_msg(fabs(got - want) <= room || got == want || (isnan(got) && isnan(want)),
                    "%s output %zu element %lld: %s %.9g, double %.9g", name, i, (long long)k, who, got,
                    want);
      if (fabs(got - want) > worst * size && isfinite(got)) worst = fabs(got - want) / size;
    }
  op_plan_note(name, !strncmp(who, "device", 6), worst);
}

/* Infers and runs; the status of what failed, with its sentence in c->error. */
static inline atr_status op_case_run(op_case *c, const char *domain, const char *name, size_t n_out) {
  const atr__op *op = atr__op_find(domain, name);
  ck_assert_msg(op != NULL, "there is no operator %s", name);
  op_case_clear_out(c);
  c->n_out = n_out;
  atr_type in_type[OP_CASE_MAX], out_type[OP_CASE_MAX] = { 0 };
  atr_shape in_shape[OP_CASE_MAX], out_shape[OP_CASE_MAX] = { 0 };
  const atr__blob *in_const[OP_CASE_MAX] = { 0 };
  void *params = calloc(1, op->params_size + 1);
  ck_assert_ptr_nonnull(params);
  for (size_t i = 0; i < c->n_in; i++) {
    in_type[i] = c->in[i].type;
    in_shape[i] = c->in[i].shape;
    if (!c->in[i].constant) continue;
    void *data = op_case_pack(&c->in[i], 0);
    atr__blob *blob = NULL;
    ck_assert_int_eq(atr__blob_create(c->in[i].type, &c->in[i].shape, data, NULL, &blob), ATR_OK);
    free(data);
    in_const[i] = blob;
  }
  atr__infer infer = { .op = op,
                       .attrs = &c->attrs,
                       .n_in = c->n_in,
                       .n_out = n_out,
                       .in_type = in_type,
                       .in_shape = in_shape,
                       .in_const = in_const,
                       .out_type = out_type,
                       .out_shape = out_shape,
                       .params = params,
                       .error = &c->error };
  atr_status status = op->infer(&infer);
  op_tensor single[OP_CASE_MAX] = { 0 };
  for (size_t i = 0; i < n_out && !status; i++) {
    c->out[i].type = single[i].type = out_type[i];
    c->out[i].shape = single[i].shape = out_shape[i];
    status = atr__shape_count(&out_shape[i], &c->error, &c->out[i].count);
    single[i].count = c->out[i].count;
  }
  if (!status) status = op_case_host(c, op, params, 1, c->out);
  if (!status) status = op_case_host(c, op, params, 0, single);
  if (!status) op_case_agree(c, name, "float", single);
  if (!status) op_plan_agree(c, domain, name);
  for (size_t i = 0; i < n_out; i++) free(single[i].v);
  for (size_t i = 0; i < c->n_in; i++) atr__blob_release((atr__blob *)(uintptr_t)in_const[i]);
  free(params);
  return status;
}

#define OP_CASE_GOOD(call, c) ck_assert_msg((call) == ATR_OK, "%s", (c)->error.text)

/* Output `i` must be near `want`, `n` values. */
static inline void op_case_near(const op_case *c, size_t i, const double *want, int64_t n, double tolerance) {
  ck_assert_int_eq(c->out[i].count, n);
  for (int64_t k = 0; k < n; k++)
    ck_assert_msg(fabs(c->out[i].v[k] - want[k]) <= tolerance * fmax(1, fabs(want[k])) ||
                      c->out[i].v[k] == want[k] || (isnan(want[k]) && isnan(c->out[i].v[k])),
                  "output %zu element %lld is %.12g, must be %.12g", i, (long long)k, c->out[i].v[k],
                  want[k]);
}
#define OP_NEAR(c, i, tolerance, ...)                                                                        \
  op_case_near(c, i, (double[]){ __VA_ARGS__ }, sizeof((double[]){ __VA_ARGS__ }) / sizeof(double), tolerance)

/* Must fail with a sentence that holds `words`. */
#define OP_CASE_REJECTS(c, domain, name, n_out, words)                                                       \
  do {                                                                                                       \
    ck_assert_int_ne(op_case_run(c, domain, name, n_out), ATR_OK);                                           \
    ck_assert_msg(strstr((c)->error.text, words) != NULL, "\"%s\" is not in: %s", words, (c)->error.text);   \
  } while (0)

static inline int op_test_main(Suite *suite) {
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, getenv("CK_TAP_LOG_FILE_NAME") ? CK_SILENT : CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  op_plan_close();
  return getenv("CK_TAP_LOG_FILE_NAME") ? 0 : failed != 0;
}

#endif
