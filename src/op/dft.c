/* dft.c: DFT, the discrete Fourier transform along one axis, its inverse, of real and of complex numbers, and
 * its gradient.
 *
 * The last dimension holds the parts of a number: 1 real, 2 real and imaginary. Forward y[k] = Σ x[n] ·
 * e^(-2πi·n·k / N), inverse 1 / N · Σ x[k] · e^(2πi·n·k / N), x cut or filled with zeros to N = dft_length.
 * One-sided, the transform of real numbers gives bins 0 to N / 2, and the inverse takes them and gives real
 * numbers. Computed as it stands, N products an element: no fast transform. Sums run with n ascending, on
 * devices in parts of 32.
 *
 * DFTGrad (org.atrous; dy; attributes of DFT and length, parts: of x's axis and last dimension, period: N):
 * the transform is linear, so its gradient is the transposed one. Source: ONNX DFT-20. */
#include "config.h"

#include "op/dft.h"

#include "op/grad.h"
#include "tensor/shape.h"

enum { PERIOD_MAX = 1 << 30 };

atr_status atr__dft_fill(atr__infer *infer, int64_t period, int inverse, int onesided, int64_t length,
                         int parts, atr__dft_params *p) {
  const char *op = infer->op->name;
  if (period < 1 || period > PERIOD_MAX)
    return atr__fail(infer->error, period < 1 ? ATR_E_SHAPE : ATR_E_LIMIT,
                     "%s: the transform's length is %lld, must be 1 to %d", op, (long long)period,
                     PERIOD_MAX);
  if (parts != 1 && parts != 2)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: the last dimension of the input is %d, must be 1 (real) or 2 (complex)", op, parts);
  if (onesided && parts != (inverse ? 2 : 1))
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: one-sided, %s transform takes %s numbers", op,
                     inverse ? "the inverse" : "the forward", inverse ? "complex" : "real");
  const int64_t half = period / 2 + 1;
  const int folded = onesided && inverse;
  p->sign = inverse ? 1 : -1;
  p->scaled = inverse;
  p->in_parts = parts;
  p->out_parts = folded ? 1 : 2;
  p->in_folded = folded;
  p->period = period;
  p->used = folded && half < length ? half : length < period ? length : period;
  p->in_length = length;
  p->filled = p->out_length = onesided && !inverse ? half : period;
  p->frames = 1;
  return ATR_OK;
}

static atr_status fill(atr__infer *infer, const atr_shape *x, int axis, int64_t period, atr_shape *y) {
  atr__dft_params *p = infer->params;
  const int last = x->rank - 1;
  int64_t unused;
  atr_status status = atr__dft_fill(infer, period, atr__attrs_int(infer->attrs, "inverse", 0) != 0,
                                    atr__attrs_int(infer->attrs, "onesided", 0) != 0, x->dim[axis],
                                    x->dim[last] == 1 || x->dim[last] == 2 ? (int)x->dim[last] : 0, p);
  if (status) return status;
  p->rows = atr__shape_span(x, 0, axis);
  p->inner = atr__shape_span(x, axis + 1, last);
  *y = *x;
  y->dim[axis] = p->out_length;
  y->dim[last] = p->out_parts;
  return atr__shape_count(y, infer->error, &unused);
}

static atr_status need_real(atr__infer *infer, size_t input) {
  if (infer->in_type[input] == ATR_F32 || infer->in_type[input] == ATR_F64) return ATR_OK;
  return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                   "%s: input %zu is %s, only float32 and float64 are supported", infer->op->name, input,
                   atr_type_name(infer->in_type[input]));
}

static atr_status check_axis(atr__infer *infer, int64_t given, const atr_shape *x, int *axis) {
  atr_status status = atr__axis(given, x->rank, infer->op->name, infer->error, axis);
  if (status || *axis < x->rank - 1) return status;
  return atr__fail(infer->error, ATR_E_PARAM, "%s: axis %lld is the last, which holds the parts of a number",
                   infer->op->name, (long long)given);
}

static int has(const atr__infer *infer, size_t input) {
  return infer->n_in > input && infer->in_type[input] != ATR_TYPE_NONE;
}

static atr_status one_int(atr__infer *infer, size_t input, int64_t *value) {
  size_t n;
  atr_status status = atr__infer_ints(infer, input, value, 1, &n);
  if (status || n == 1) return status;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has no element, must have one", infer->op->name,
                   input);
}

static atr_status infer(atr__infer *infer) {
  const atr_shape *x = &infer->in_shape[0];
  int64_t given = -2, period;
  int axis;
  atr_status status = need_real(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 2, ATR_RANK_MAX);
  if (!status && has(infer, 2)) status = one_int(infer, 2, &given);
  if (!status) status = check_axis(infer, given, x, &axis);
  if (status) return status;
  period = x->dim[axis];
  if (atr__attrs_int(infer->attrs, "inverse", 0) && atr__attrs_int(infer->attrs, "onesided", 0))
    period = 2 * (period - 1);
  if (has(infer, 1) && (status = one_int(infer, 1, &period))) return status;
  infer->out_type[0] = infer->in_type[0];
  return fill(infer, x, axis, period, &infer->out_shape[0]);
}

static atr_status infer_grad(atr__infer *infer) {
  atr__dft_params *p = infer->params;
  atr_shape x = infer->in_shape[0], dy;
  int axis;
  atr_status status = need_real(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 2, ATR_RANK_MAX);
  if (!status) status = check_axis(infer, atr__attrs_int(infer->attrs, "axis", -2), &x, &axis);
  if (status) return status;
  x.dim[axis] = atr__attrs_int(infer->attrs, "length", x.dim[axis]);
  x.dim[x.rank - 1] = atr__attrs_int(infer->attrs, "parts", 2);
  int64_t unused;
  if ((status = atr__shape_count(&x, infer->error, &unused))) return status;
  if ((status = fill(infer, &x, axis, atr__attrs_int(infer->attrs, "period", x.dim[axis]), &dy)))
    return status;
  if (!atr__shape_equal(&dy, &infer->in_shape[0])) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: dy has shape %s, must be %s", infer->op->name,
                     atr__shape_text(&infer->in_shape[0], a), atr__shape_text(&dy, b));
  }
  const atr__dft_params forward = *p;
  p->sign = -forward.sign;
  p->in_parts = forward.out_parts;
  p->out_parts = forward.in_parts;
  p->in_folded = forward.out_folded;
  p->out_folded = forward.in_folded;
  p->used = forward.filled;
  p->filled = forward.used;
  p->in_length = forward.out_length;
  p->out_length = forward.in_length;
  infer->out_type[0] = infer->in_type[0];
  infer->out_shape[0] = x;
  return ATR_OK;
}

static atr_status gradient(atr__grad *g) {
  const atr__dft_params *p = atr__grad_params(g);
  const int dy = atr__grad_dy(g, 0);
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  const int axis_at = atr__grad_inputs(g) > 2 ? atr__grad_in(g, 2) : 0;
  const atr__blob *given = axis_at ? atr__grad_known(g, axis_at) : NULL;
  const int64_t axis = given ? atr__blob_int(given, 0) : -2;
  atr__attrs attrs = { 0 };
  atr_status status = atr__attrs_copy(&attrs, atr__grad_attrs(g));
  if (!status) status = atr__attrs_set_int(&attrs, "axis", axis);
  if (!status) status = atr__attrs_set_int(&attrs, "length", p->in_length);
  if (!status) status = atr__attrs_set_int(&attrs, "parts", p->in_parts);
  if (!status) status = atr__attrs_set_int(&attrs, "period", p->period);
  if (!status) atr__grad_set(g, 0, atr__grad_node(g, "org.atrous", "DFTGrad", &dy, 1, &attrs, 1));
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(g);
}

int64_t atr__dft_flops(const void *params, const atr_shape *in, const atr_shape *out) {
  const atr__dft_params *p = params;
  (void)in;
  return 2 * p->in_parts * p->used * atr__shape_size(out);
}

const atr__op atr__op_dft = {
  .name = "DFT",
  .domain = "",
  .stem = "dft",
  .since = 20,
  .min_in = 1,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__dft_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = atr__dft_flops,
  ATR__HOST(dft),
  ATR__CL(dft),
};

const atr__op atr__op_dft_grad = {
  .name = "DFTGrad",
  .domain = "org.atrous",
  .stem = "dft",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__dft_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .flops = atr__dft_flops,
  ATR__HOST(dft),
  ATR__CL(dft),
};
