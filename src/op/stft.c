/* stft.c: STFT, Fourier transforms of overlapping frames of a signal, times a window, and what its gradient
 * is made of.
 *
 * y[b,f,k] = Σ over n of w[n] · x[b, f·step + n] · e^(-2πi·n·k / length), for every frame that the signal
 * holds whole; one-sided: for k up to length / 2. The signal is [b][t][1] or [b][t] (real), or [b][t][2]. The
 * launch is that of DFT.
 *
 * Frames (org.atrous; x; attributes length, step) copies the frames of [n][t][parts]; OverlapAdd (frames;
 * attributes step and length, the signal's) adds them where they lie, the earliest first: each is the other's
 * gradient. Source: ONNX STFT-17. */
#include "config.h"

#include "op/stft.h"

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

static int has(const atr__infer *infer, size_t input) {
  return infer->n_in > input && infer->in_type[input] != ATR_TYPE_NONE;
}

static atr_status one_int(atr__infer *infer, size_t input, const char *what, int64_t *value) {
  size_t n;
  atr_status status = atr__infer_ints(infer, input, value, 1, &n);
  if (status || (n == 1 && *value > 0 && *value < INT32_MAX)) return status;
  return atr__fail(infer->error, ATR_E_PARAM, "%s: %s is %lld, must be 1 or more", infer->op->name, what,
                   n ? (long long)*value : 0);
}

/* The frame's length: as given, else the window's, else the signal's. */
static atr_status frame_length(atr__infer *infer, int64_t *length) {
  atr_status status;
  *length = infer->in_shape[0].dim[1];
  if (has(infer, 2)) {
    if ((status = atr__infer_need_rank(infer, 2, 1, 1))) return status;
    *length = infer->in_shape[2].dim[0];
  }
  if (!has(infer, 3)) return ATR_OK;
  if ((status = one_int(infer, 3, "frame_length", length))) return status;
  if (has(infer, 2) && infer->in_shape[2].dim[0] != *length)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: frame_length is %lld, but the window's is %lld",
                     infer->op->name, (long long)*length, (long long)infer->in_shape[2].dim[0]);
  return ATR_OK;
}

static atr_status frames_of(atr__infer *infer, int64_t t, int64_t length, int64_t step, int64_t *frames) {
  if (length < 1 || length > t)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: a frame of %lld does not fit a signal of %lld",
                     infer->op->name, (long long)length, (long long)t);
  *frames = (t - length) / step + 1;
  return ATR_OK;
}

static atr_status infer(atr__infer *infer) {
  atr__dft_params *p = infer->params;
  const atr_shape *x = &infer->in_shape[0];
  const atr_type type = infer->in_type[0];
  int64_t step, length, frames = 0, unused;
  atr_status status = atr__infer_need_rank(infer, 0, 2, 3);
  if (status) return status;
  if ((type != ATR_F32 && type != ATR_F64) || (has(infer, 2) && infer->in_type[2] != type))
    return atr__fail(infer->error, ATR_E_UNSUPPORTED,
                     "%s: the signal is %s, the window %s; both must be float32, or both float64",
                     infer->op->name, atr_type_name(type),
                     has(infer, 2) ? atr_type_name(infer->in_type[2]) : "absent");
  if ((status = one_int(infer, 1, "frame_step", &step)) || (status = frame_length(infer, &length)) ||
      (status = frames_of(infer, x->dim[1], length, step, &frames)))
    return status;
  const int64_t parts = x->rank == 3 ? x->dim[2] : 1;
  if ((status = atr__dft_fill(infer, length, 0, atr__attrs_int(infer->attrs, "onesided", 1) != 0, length,
                              parts == 1 || parts == 2 ? (int)parts : 0, p)))
    return status;
  if (atr__mul_i64(x->dim[0], frames, &p->rows)) p->rows = -1; /* the count refuses it */
  p->inner = 1;
  p->in_length = x->dim[1];
  p->windowed = has(infer, 2);
  p->frames = frames;
  p->step = step;
  infer->out_type[0] = type;
  infer->out_shape[0] = atr__shape_of(4, (int64_t[]){ x->dim[0], frames, p->out_length, 2 });
  return atr__shape_count(&infer->out_shape[0], infer->error, &unused);
}

/* A node with attributes of one integer each. */
static atr_status with_ints(atr__grad *g, const char *op, int in, const char *const *name,
                            const int64_t *value, size_t n, int *result) {
  atr__attrs attrs = { 0 };
  atr_status status = ATR_OK;
  for (size_t i = 0; i < n && !status; i++) status = atr__attrs_set_int(&attrs, name[i], value[i]);
  if (!status) *result = atr__grad_node(g, "org.atrous", op, &in, 1, &attrs, 1);
  atr__attrs_free(&attrs);
  return status ? status : atr__grad_status(g);
}

/* OverlapAdd or Frames. */
static atr_status framed(atr__grad *g, const char *op, int in, int64_t length, int64_t step, int *result) {
  static const char *const name[] = { "length", "step" };
  return with_ints(g, op, in, name, (int64_t[]){ length, step }, 2, result);
}

static int mul(atr__grad *g, int a, int b) {
  const int in[2] = { a, b };
  return atr__grad_node(g, "", "Mul", in, 2, NULL, 1);
}

static atr_status gradient(atr__grad *g) {
  static const char *const dft[] = { "axis", "onesided", "length", "parts", "period" };
  const atr__dft_params *p = atr__grad_params(g);
  const int dy = atr__grad_dy(g, 0), x = atr__grad_in(g, 0);
  const int window = p->windowed ? atr__grad_in(g, 2) : 0;
  const int64_t length = p->period, step = p->step, parts = p->in_parts;
  const int64_t of_dft[] = { 2, p->out_length < length, length, parts, length };
  int frames = 0, other = 0;
  if (!dy) return atr__grad_status(g);
  const atr_shape shape = *atr__grad_shape(g, x);
  const atr_shape column = atr__shape_of(2, (int64_t[]){ length, 1 });
  const atr_shape signal = atr__shape_of(3, (int64_t[]){ shape.dim[0], shape.dim[1], parts });
  atr_status status = with_ints(g, "DFTGrad", dy, dft, of_dft, 5, &frames);
  const int spread = !status && window ? atr__grad_reshape(g, window, &column) : 0;
  if (!status && atr__grad_wanted(g, 0)) {
    status = framed(g, "OverlapAdd", window ? mul(g, frames, spread) : frames, shape.dim[1], step, &other);
    if (!status) atr__grad_set(g, 0, atr__grad_reshape(g, other, &shape));
  }
  if (!status && window && atr__grad_wanted(g, 2)) {
    status = framed(g, "Frames", atr__grad_reshape(g, x, &signal), length, step, &other);
    const int dw = status ? 0 : atr__grad_unbroadcast(g, mul(g, frames, other), spread);
    if (!status) atr__grad_set(g, 2, atr__grad_reshape(g, dw, &(atr_shape){ 1, { length } }));
  }
  return status ? status : atr__grad_status(g);
}

const atr__op atr__op_stft = {
  .name = "STFT",
  .domain = "",
  .stem = "stft",
  .since = 17,
  .min_in = 2,
  .max_in = 4,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__dft_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = atr__dft_flops,
  ATR__HOST(stft),
  ATR__CL(stft),
};

static atr_status framing_int(atr__infer *infer, const char *name, int64_t *value) {
  *value = atr__attrs_int(infer->attrs, name, 0);
  if (*value > 0 && *value < INT32_MAX) return ATR_OK;
  return atr__fail(infer->error, ATR_E_PARAM, "%s: %s is %lld, must be 1 or more", infer->op->name, name,
                   (long long)*value);
}

static atr_status infer_frames(atr__infer *infer) {
  atr__stft_frames *p = infer->params;
  const atr_shape *x = &infer->in_shape[0];
  int64_t unused;
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 3, 3);
  if (!status) status = framing_int(infer, "length", &p->length);
  if (!status) status = framing_int(infer, "step", &p->step);
  if (!status) status = frames_of(infer, x->dim[1], p->length, p->step, &p->frames);
  if (status) return status;
  p->n = x->dim[0];
  p->t = x->dim[1];
  p->parts = x->dim[2];
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of(4, (int64_t[]){ p->n, p->frames, p->length, p->parts });
  return atr__shape_count(&infer->out_shape[0], infer->error, &unused);
}

static atr_status infer_overlap_add(atr__infer *infer) {
  atr__stft_frames *p = infer->params;
  const atr_shape *x = &infer->in_shape[0];
  int64_t frames = 0, unused;
  atr_status status = atr__infer_need_f32(infer, 0);
  if (!status) status = atr__infer_need_rank(infer, 0, 4, 4);
  if (!status) status = framing_int(infer, "length", &p->t);
  if (!status) status = framing_int(infer, "step", &p->step);
  if (!status) status = frames_of(infer, p->t, x->dim[2], p->step, &frames);
  if (status) return status;
  if (frames != x->dim[1])
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: %lld frames, but a signal of %lld has %lld",
                     infer->op->name, (long long)x->dim[1], (long long)p->t, (long long)frames);
  p->n = x->dim[0];
  p->frames = frames;
  p->length = x->dim[2];
  p->parts = x->dim[3];
  infer->out_type[0] = ATR_F32;
  infer->out_shape[0] = atr__shape_of(3, (int64_t[]){ p->n, p->t, p->parts });
  return atr__shape_count(&infer->out_shape[0], infer->error, &unused);
}

/* The other of the two, of the signal's length or the frames'. */
static atr_status gradient_other(atr__grad *g, const char *op, int64_t length) {
  const int dy = atr__grad_dy(g, 0);
  int dx = 0;
  if (!dy || !atr__grad_wanted(g, 0)) return atr__grad_status(g);
  atr_status status = framed(g, op, dy, length, ((const atr__stft_frames *)atr__grad_params(g))->step, &dx);
  if (!status) atr__grad_set(g, 0, dx);
  return status ? status : atr__grad_status(g);
}
static atr_status gradient_frames(atr__grad *g) {
  return gradient_other(g, "OverlapAdd", ((const atr__stft_frames *)atr__grad_params(g))->t);
}
static atr_status gradient_overlap_add(atr__grad *g) {
  return gradient_other(g, "Frames", ((const atr__stft_frames *)atr__grad_params(g))->length);
}

const atr__op atr__op_frames = {
  .name = "Frames",
  .domain = "org.atrous",
  .stem = "stft",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__stft_frames),
  .infer = infer_frames,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient_frames,
  ATR__HOST(frames),
  ATR__CL(frames),
};

const atr__op atr__op_overlap_add = {
  .name = "OverlapAdd",
  .domain = "org.atrous",
  .stem = "stft",
  .since = 1,
  .min_in = 1,
  .max_in = 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__stft_frames),
  .infer = infer_overlap_add,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient_overlap_add,
  ATR__HOST(overlap_add),
  ATR__CL(overlap_add),
};
