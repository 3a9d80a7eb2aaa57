/* quantize.c: QuantizeLinear, DequantizeLinear and DynamicQuantizeLinear: numbers as integers of 8 or 16 bits
 * and back.
 *
 * y = saturate(round(x / scale) + zero point), halves to even; x = (y - zero point) · scale. A scale holds
 * for the whole tensor, for one index along an axis, or for a block of indices along it. The dynamic form
 * takes scale (max - min) / 255 and zero point round(-min / scale), max and min of x and 0; of zeros alone,
 * scale 1. Rounding has no gradient: QuantizeLinear's is zero; DequantizeLinear's is that of its scale.
 * Sources: ONNX QuantizeLinear-21, DequantizeLinear-21, DynamicQuantizeLinear-11. */
#include "config.h"

#include "op/quantize.h"

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

static int has(const atr__infer *infer, size_t input) {
  return infer->n_in > input && infer->in_type[input] != ATR_TYPE_NONE;
}

atr_status atr__quantize_need_byte(atr__infer *infer, size_t input) {
  if (atr__is_byte(infer->in_type[input])) return ATR_OK;
  return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: input %zu is %s, only uint8 and int8 are supported",
                   infer->op->name, input, atr_type_name(infer->in_type[input]));
}

atr_status atr__quantize_need_type(atr__infer *infer, size_t input, atr_type type) {
  if (infer->in_type[input] == type) return ATR_OK;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu is %s, must be %s", infer->op->name, input,
                   atr_type_name(infer->in_type[input]), atr_type_name(type));
}

atr_status atr__quantize_need_one(atr__infer *infer, size_t input) {
  const atr_shape *shape = &infer->in_shape[input];
  char text[ATR__SHAPE_TEXT];
  if (shape->rank == 0 || (shape->rank == 1 && shape->dim[0] == 1)) return ATR_OK;
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, must be a scalar", infer->op->name,
                   input, atr__shape_text(shape, text));
}

static atr_status misfit(atr__infer *infer, int axis, int64_t block) {
  char x[ATR__SHAPE_TEXT], s[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE,
                   "%s: scales of shape %s do not fit x of shape %s with axis %d and block_size %lld",
                   infer->op->name, atr__shape_text(&infer->in_shape[1], s),
                   atr__shape_text(&infer->in_shape[0], x), axis, (long long)block);
}

/* One scale a block of `block` indices along `axis`. */
static atr_status blocks(atr__infer *infer, int axis, int64_t block) {
  atr__quantize_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[0], *s = &infer->in_shape[1];
  if (s->rank != x->rank) return misfit(infer, axis, block);
  for (int d = 0; d < x->rank; d++)
    if (s->dim[d] != (d == axis ? atr__ceil_div(x->dim[d], block) : x->dim[d]))
      return misfit(infer, axis, block);
  p->blocked = 1;
  p->block = block;
  p->axis_stride = p->inner;
  p->inner_stride = 1;
  return atr__mul_i64(s->dim[axis], p->inner, &p->outer_stride) ? misfit(infer, axis, block) : ATR_OK;
}

/* Fills the parameters from the shapes of x and its scales, and checks the zero points. */
static atr_status fill(atr__infer *infer) {
  atr__quantize_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[0], *s = &infer->in_shape[1];
  const int64_t block = atr__attrs_int(infer->attrs, "block_size", 0),
                given = atr__attrs_int(infer->attrs, "axis", 1);
  int64_t count;
  int axis = 0;
  atr_status status = atr__quantize_need_type(infer, 1, ATR_F32);
  if (!status) status = atr__shape_count(x, infer->error, &count);
  if (status) return status;
  if (has(infer, 2) && !atr__shape_equal(&infer->in_shape[2], s)) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: the scales have shape %s, the zero points %s",
                     infer->op->name, atr__shape_text(s, a), atr__shape_text(&infer->in_shape[2], b));
  }
  if (block < 0)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: block_size is %lld, must be 0 or more", infer->op->name,
                     (long long)block);
  *p = (atr__quantize_params){ .axis = 1, .inner = count > 0 ? count : 1, .block = 1, .axis_at = -1 };
  if (!block && (s->rank == 0 || (s->rank == 1 && s->dim[0] == 1))) return ATR_OK;
  if (x->rank == 1 && !block && s->rank == 1 && given == 1)
    axis = 0; /* the default names no axis of a vector */
  else if ((status = atr__axis(given, x->rank, infer->op->name, infer->error, &axis)))
    return status;
  p->axis = x->dim[axis];
  p->inner = atr__shape_span(x, axis + 1, x->rank);
  p->axis_at = axis;
  if (block) return blocks(infer, axis, block);
  if (s->rank != 1 || s->dim[0] != x->dim[axis]) return misfit(infer, axis, block);
  p->axis_stride = 1;
  return ATR_OK;
}

static atr_status infer_quantize(atr__infer *infer) {
  const int64_t asked = atr__attrs_int(infer->attrs, "output_dtype", 0);
  const atr_type from = infer->in_type[0];
  atr_type to = has(infer, 2) ? infer->in_type[2] : asked ? (atr_type)asked : ATR_U8;
  if (from != ATR_F32 && from != ATR_I32)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "%s: input 0 is %s, only float32 and int32 are supported", infer->op->name,
                     atr_type_name(from));
  if ((!atr__is_byte(to) && !atr__is_short(to)) || (asked && asked != (int64_t)to))
    return atr__fail(
        infer->error, ATR_E_UNSUPPORTED,
        "%s: to %s (output_dtype %lld); it must be uint8, int8, uint16 or int16, and the zero point's type",
        infer->op->name, atr_type_name(to), (long long)asked);
  infer->out_type[0] = to;
  infer->out_shape[0] = infer->in_shape[0];
  return fill(infer);
}

static atr_status infer_dequantize(atr__infer *infer) {
  const atr_type from = infer->in_type[0];
  const int64_t asked = atr__attrs_int(infer->attrs, "output_dtype", 0);
  if (!atr__is_byte(from) && !atr__is_short(from) && from != ATR_I32)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "%s: input 0 is %s, only uint8, int8, uint16, int16 and int32 are supported",
                     infer->op->name, atr_type_name(from));
  if (asked && asked != ATR_F32)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: output_dtype %lld; only float32 (1) is supported",
                     infer->op->name, (long long)asked);
  if (has(infer, 2)) {
    atr_status status = atr__quantize_need_type(infer, 2, from);
    if (status) return status;
  }
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = infer->in_shape[0];
  return fill(infer);
}

static atr_status infer_dynamic(atr__infer *infer) {
  atr_status status = atr__infer_need_f32(infer, 0);
  const atr_type type[3] = { ATR_U8, ATR_F32, ATR_U8 };
  if (status) return status;
  for (size_t i = 0; i < infer->n_out; i++) {
    infer->out_type[i] = type[i];
    infer->out_shape[i] = i ? (atr_shape){ 0 } : infer->in_shape[0];
  }
  return ATR_OK;
}

static int as_real(atr__grad *g, int value, atr_status *status) {
  atr__attrs attrs = { 0 };
  int result = 0;
  if (!*status && !(*status = atr__attrs_set_int(&attrs, "to", ATR_F32)))
    result = atr__grad_node(g, "", "Cast", &value, 1, &attrs, 1);
  atr__attrs_free(&attrs);
  return result;
}

static int node2(atr__grad *g, const char *op, int a, int b) {
  const int in[2] = { a, b };
  return atr__grad_node(g, "", op, in, 2, NULL, 1);
}

/* d scale = Σ dy · (x - zero point) over the elements that have it. */
static atr_status gradient_dequantize(atr__grad *g) {
  const atr__quantize_params p = *(const atr__quantize_params *)atr__grad_params(g);
  const int dy = atr__grad_dy(g, 0), x = atr__grad_in(g, 0), scale = atr__grad_in(g, 1);
  const int zero = atr__grad_inputs(g) > 2 ? atr__grad_in(g, 2) : 0;
  if (!dy || !atr__grad_wanted(g, 1)) return atr__grad_status(g);
  if (p.blocked) return ATR_E_UNSUPPORTED; /* blocks need not be whole: no sum of plain nodes */
  const atr_shape own = *atr__grad_shape(g, scale);
  atr_shape spread = own; /* a scale a channel, with its axis where x has it */
  if (p.axis_at >= 0) {
    spread.rank = atr__grad_shape(g, x)->rank;
    for (int d = 0; d < spread.rank; d++) spread.dim[d] = d == p.axis_at ? own.dim[0] : 1;
  }
  atr_status status = ATR_OK;
  int number = as_real(g, x, &status);
  if (zero) number = node2(g, "Sub", number, atr__grad_reshape(g, as_real(g, zero, &status), &spread));
  if (status) return status;
  const int like = atr__grad_reshape(g, scale, &spread);
  const int sum = atr__grad_unbroadcast(g, node2(g, "Mul", dy, number), like);
  atr__grad_set(g, 1, atr__grad_reshape(g, sum, &own));
  return atr__grad_status(g);
}

const atr__op atr__op_quantize_linear = {
  .name = "QuantizeLinear",
  .domain = "",
  .stem = "quantize",
  .since = 13,
  .min_in = 2,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__quantize_params),
  .infer = infer_quantize,
  .differentiable = ATR__DIFF_ZERO,
  ATR__HOST(quantize_linear),
  ATR__CL(quantize_linear),
};

const atr__op atr__op_dequantize_linear = {
  .name = "DequantizeLinear",
  .domain = "",
  .stem = "quantize",
  .since = 13,
  .min_in = 2,
  .max_in = 3,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__quantize_params),
  .infer = infer_dequantize,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient_dequantize,
  ATR__HOST(dequantize_linear),
  ATR__CL(dequantize_linear),
};

const atr__op atr__op_dynamic_quantize_linear = {
  .name = "DynamicQuantizeLinear",
  .domain = "",
  .stem = "quantize",
  .since = 11,
  .min_in = 1,
  .max_in = 1,
  .min_out = 3,
  .max_out = 3,
  .params_size = 0,
  .infer = infer_dynamic,
  .differentiable = ATR__DIFF_NO,
  ATR__HOST(dynamic_quantize_linear),
  ATR__CL(dynamic_quantize_linear),
};
