/* call_other.c: the calls of <atrous/op.h> beside those of windows: resizing, matrix product, softmax,
 * recurrent layer. They only name operators and attributes; the operators check. */
#include "config.h"

#include <atrous/op.h>

#include "plan/call.h"
#include "tensor/tensor.h"

static atr_attribute integer(const char *name, int64_t value) {
  return (atr_attribute){ .name = name, .kind = ATR_ATTRIBUTE_INT, .i = value };
}
static atr_attribute real(const char *name, float value) {
  return (atr_attribute){ .name = name, .kind = ATR_ATTRIBUTE_FLOAT, .f = value };
}
static atr_attribute text(const char *name, const char *value) {
  return (atr_attribute){ .name = name, .kind = ATR_ATTRIBUTE_STRING, .s = value };
}
static atr__call_input tensor(const char *name, atr_tensor *t) {
  return (atr__call_input){ .name = name, .tensor = t };
}

static atr_status wrong(const char *op, const char *what, int64_t value, atr_error *error) {
  return atr__fail(error, ATR_E_PARAM, "%s: %s is %lld", op, what, (long long)value);
}

typedef struct {
  atr_attribute list[9];
  size_t n;
  int64_t axes[3];
  float roi[6];
  atr__call_input roi_in, scales, sizes;
} resizing;

static atr_status make_resizing(const atr_resize_params *p, int rank, atr_error *error, resizing *to) {
  static const char *const modes[] = { "nearest", "linear", "cubic" };
  static const char *const coordinates[] = { "half_pixel",    "half_pixel_symmetric", "pytorch_half_pixel",
                                             "align_corners", "asymmetric",           "tf_crop_and_resize" };
  static const char *const nearest[] = { "round_prefer_floor", "round_prefer_ceil", "floor", "ceil" };
  const int n = rank - 2;
  int sized = 0;
  if (p->size != sizeof *p) return wrong("Resize", "atr_resize_params.size", (int64_t)p->size, error);
  if ((unsigned)p->mode > ATR_RESIZE_CUBIC) return wrong("Resize", "mode", p->mode, error);
  if ((unsigned)p->coordinates > ATR_RESIZE_CROP)
    return wrong("Resize", "coordinates", p->coordinates, error);
  if ((unsigned)p->nearest > ATR_RESIZE_CEIL) return wrong("Resize", "nearest", p->nearest, error);
  if (n < 1 || n > 3)
    return atr__fail(error, ATR_E_SHAPE, "Resize: x has %d spatial axes, must have 1 to 3", n);
  for (int i = 0; i < n; i++) {
    sized |= p->out[i] != 0;
    to->axes[i] = 2 + i;
    to->roi[i] = p->start[i];
    to->roi[n + i] = p->end[i];
  }
  to->n = 0;
  to->list[to->n++] = text("mode", modes[p->mode]);
  to->list[to->n++] = text("coordinate_transformation_mode", coordinates[p->coordinates]);
  to->list[to->n++] = text("nearest_mode", nearest[p->nearest]);
  to->list[to->n++] = integer("antialias", p->antialias != 0);
  to->list[to->n++] = integer("exclude_outside", p->exclude_outside != 0);
  to->list[to->n++] = real("cubic_coeff_a", p->cubic);
  to->list[to->n++] = real("extrapolation_value", p->outside);
  to->list[to->n++] =
      (atr_attribute){ .name = "axes", .kind = ATR_ATTRIBUTE_INTS, .ints = to->axes, .n = (size_t)n };
  to->roi_in = to->scales = to->sizes = (atr__call_input){ 0 };
  if (p->coordinates == ATR_RESIZE_CROP)
    to->roi_in = (atr__call_input){ .name = "roi", .type = ATR_F32, .n = 2 * (size_t)n, .data = to->roi };
  if (sized)
    to->sizes = (atr__call_input){ .name = "sizes", .type = ATR_I64, .n = (size_t)n, .data = p->out };
  else
    to->scales = (atr__call_input){ .name = "scales", .type = ATR_F32, .n = (size_t)n, .data = p->scale };
  return ATR_OK;
}

atr_status atr_resize_forward(atr_context *context, const atr_resize_params *params, atr_tensor *x,
                              atr_tensor **y, atr_error *error) {
  resizing r;
  const atr_status status = make_resizing(params, x->shape.rank, error, &r);
  if (status) return status;
  const atr__tensor_call call = { .op = "Resize",
                                  .attributes = r.list,
                                  .n_attributes = r.n,
                                  .in = { tensor("x", x), r.roi_in, r.scales, r.sizes },
                                  .n_in = 4,
                                  .out_name = { "y" },
                                  .out = { y },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

atr_status atr_resize_backward(atr_context *context, const atr_resize_params *params, const atr_shape *shape,
                               atr_tensor *dy, atr_tensor **dx, atr_error *error) {
  resizing r;
  const atr_status status = make_resizing(params, shape->rank, error, &r);
  if (status) return status;
  const atr__call_input of_x = {
    .name = "shape", .type = ATR_I64, .n = (size_t)shape->rank, .data = shape->dim
  };
  const atr__tensor_call call = { .domain = "org.atrous",
                                  .op = "ResizeGrad",
                                  .attributes = r.list,
                                  .n_attributes = r.n,
                                  .in = { tensor("dy", dy), of_x, r.scales, r.sizes, r.roi_in },
                                  .n_in = 5,
                                  .out_name = { "dx" },
                                  .out = { dx },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

atr_status atr_gemm_forward(atr_context *context, const atr_gemm_params *params, atr_tensor *a, atr_tensor *b,
                            atr_tensor *c, atr_tensor **y, atr_error *error) {
  if (params->size != sizeof *params)
    return wrong("Gemm", "atr_gemm_params.size", (int64_t)params->size, error);
  const atr_attribute list[] = { real("alpha", params->alpha), real("beta", params->beta),
                                 integer("transA", params->trans_a != 0),
                                 integer("transB", params->trans_b != 0) };
  const atr__tensor_call call = { .op = "Gemm",
                                  .attributes = list,
                                  .n_attributes = sizeof list / sizeof *list,
                                  .in = { tensor("a", a), tensor("b", b), tensor("c", c) },
                                  .n_in = 3,
                                  .out_name = { "y" },
                                  .out = { y },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

atr_status atr_softmax_forward(atr_context *context, int axis, atr_tensor *x, atr_tensor **y,
                               atr_error *error) {
  const atr_attribute along = integer("axis", axis);
  const atr__tensor_call call = { .op = "Softmax",
                                  .attributes = &along,
                                  .n_attributes = 1,
                                  .in = { tensor("x", x) },
                                  .n_in = 1,
                                  .out_name = { "y" },
                                  .out = { y },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

atr_status atr_softmax_backward(atr_context *context, int axis, atr_tensor *y, atr_tensor *dy,
                                atr_tensor **dx, atr_error *error) {
  const atr_attribute along = integer("axis", axis);
  const atr__tensor_call call = { .domain = "org.atrous",
                                  .op = "SoftmaxGrad",
                                  .attributes = &along,
                                  .n_attributes = 1,
                                  .in = { tensor("dy", dy), tensor("y", y) },
                                  .n_in = 2,
                                  .out_name = { "dx" },
                                  .out = { dx },
                                  .n_out = 1 };
  return atr__op_call(context, &call, error);
}

/* The attributes, with the names that they point to. */
typedef struct {
  const char *functions[2];
  atr_attribute list[4];
  size_t n;
} recurrence;

static atr_status make_recurrence(const atr_rnn_params *p, const atr_tensor *w, atr_error *error,
                                  recurrence *to) {
  static const char *const directions[] = { "forward", "reverse", "bidirectional" };
  static const char *const functions[] = { "Tanh", "Relu", "Sigmoid" };
  if (p->size != sizeof *p) return wrong("RNN", "atr_rnn_params.size", (int64_t)p->size, error);
  if ((unsigned)p->direction > ATR_RNN_BIDIRECTIONAL) return wrong("RNN", "direction", p->direction, error);
  if ((unsigned)p->activation > ATR_RNN_SIGMOID) return wrong("RNN", "activation", p->activation, error);
  if (w->shape.rank != 3)
    return atr__fail(error, ATR_E_SHAPE, "RNN: w has %d dimensions, must have 3", w->shape.rank);
  to->functions[0] = to->functions[1] = functions[p->activation];
  to->n = 0;
  to->list[to->n++] = text("direction", directions[p->direction]);
  to->list[to->n++] = integer("hidden_size", w->shape.dim[1]);
  to->list[to->n++] = (atr_attribute){ .name = "activations",
                                       .kind = ATR_ATTRIBUTE_STRINGS,
                                       .strings = to->functions,
                                       .n = p->direction == ATR_RNN_BIDIRECTIONAL ? 2 : 1 };
  if (p->clip > 0 || p->clip < 0) to->list[to->n++] = real("clip", p->clip);
  return ATR_OK;
}

atr_status atr_rnn_forward(atr_context *context, const atr_rnn_params *params, atr_tensor *x, atr_tensor *w,
                           atr_tensor *r, atr_tensor *b, atr_tensor *h0, atr_tensor **y, atr_tensor **last,
                           atr_error *error) {
  recurrence v;
  const atr_status status = make_recurrence(params, w, error, &v);
  if (status) return status;
  if (!y && !last) return atr__fail(error, ATR_E_PARAM, "RNN: neither y nor last is asked for");
  const atr__tensor_call call = { .op = "RNN",
                                  .attributes = v.list,
                                  .n_attributes = v.n,
                                  .in = { tensor("x", x), tensor("w", w), tensor("r", r), tensor("b", b),
                                          tensor("lengths", NULL), tensor("h0", h0) },
                                  .n_in = 6,
                                  .out_name = { "y", "last" },
                                  .out = { y, last },
                                  .n_out = 2 };
  return atr__op_call(context, &call, error);
}

atr_status atr_rnn_backward(atr_context *context, const atr_rnn_params *params, atr_tensor *x, atr_tensor *w,
                            atr_tensor *r, atr_tensor *b, atr_tensor *h0, atr_tensor *dy, atr_tensor *dlast,
                            atr_tensor **dx, atr_tensor **dw, atr_tensor **dr, atr_tensor **db,
                            atr_tensor **dh0, atr_error *error) {
  recurrence v;
  const atr_status status = make_recurrence(params, w, error, &v);
  if (status) return status;
  if (!dy && !dlast) return atr__fail(error, ATR_E_PARAM, "RNN: neither dy nor dlast is given");
  if ((db && !b) || (dh0 && !h0))
    return atr__fail(error, ATR_E_PARAM, "RNN: the gradient of an absent %s is asked for",
                     db && !b ? "b" : "h0");
  if (!dx && !dw && !dr && !db && !dh0) return ATR_OK;
  const atr__tensor_call call = { .op = "RNN",
                                  .attributes = v.list,
                                  .n_attributes = v.n,
                                  .in = { tensor("x", x), tensor("w", w), tensor("r", r), tensor("b", b),
                                          tensor("lengths", NULL), tensor("h0", h0), tensor("dy", dy),
                                          tensor("dlast", dlast) },
                                  .n_in = 6,
                                  .n_seeds = 2,
                                  .out_name = { "dx", "dw", "dr", "db", "dlengths", "dh0" },
                                  .out = { dx, dw, dr, db, NULL, dh0 },
                                  .n_out = 6 };
  return atr__op_call(context, &call, error);
}
