/* recurrent.c: the checks and gradients that RNN, LSTM and GRU share; see recurrent.h. */
#include "config.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "op/grad.h"
#include "op/recurrent.h"
#include "tensor/shape.h"

enum { X, W, R, B, LENS, FIRST };

/* Which of alpha and beta a function takes, and what they are where the model does not say. */
static const struct {
  const char *name;
  int alpha, beta;
  float alpha_value, beta_value;
} table[ATR__RECURRENT_KINDS] = {
  { "Affine", 1, 1, 1, 0 },
  { "Elu", 1, 0, 1, 0 },
  { "HardSigmoid", 1, 1, 0.2f, 0.5f },
  { "LeakyRelu", 1, 0, 0.01f, 0 },
  { "Relu", 0, 0, 0, 0 },
  { "ScaledTanh", 1, 1, 1, 1 },
  { "Sigmoid", 0, 0, 0, 0 },
  { "Softplus", 0, 0, 0, 0 },
  { "Softsign", 0, 0, 0, 0 },
  { "Tanh", 0, 0, 0, 0 },
  { "ThresholdedRelu", 1, 0, 1, 0 },
};

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Exporters differ in their capitals. */
static int same_word(const char *a, const char *b) {
  while (*a && lower(*a) == lower(*b)) a++, b++;
  return !*a && !*b;
}

static atr_status functions(atr__infer *infer, const atr__recurrent_form *form) {
  atr__recurrent_params *p = infer->params;
  size_t n, n_alpha, n_beta, alphas = 0, betas = 0;
  const char *const *names = atr__attrs_strings(infer->attrs, "activations", &n);
  const float *alpha = atr__attrs_floats(infer->attrs, "activation_alpha", &n_alpha);
  const float *beta = atr__attrs_floats(infer->attrs, "activation_beta", &n_beta);
  const size_t want = (size_t)(p->dirs * form->functions);
  if (names && n != want)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: activations names %zu functions, must name %zu",
                     infer->op->name, n, want);
  for (size_t k = 0; k < want; k++) {
    int kind = (int)form->otherwise[k % (size_t)form->functions];
    if (names)
      for (kind = 0; kind < ATR__RECURRENT_KINDS && !same_word(names[k], table[kind].name);) kind++;
    if (kind == ATR__RECURRENT_KINDS)
      return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: activation \"%.60s\" is not known",
                       infer->op->name, names[k]);
    atr__recurrent_activation *f = &p->f[k / (size_t)form->functions][k % (size_t)form->functions];
    *f = (atr__recurrent_activation){ (atr__recurrent_kind)kind, table[kind].alpha_value,
                                      table[kind].beta_value };
    /* Values are taken in order by the functions that have one. */
    if (table[kind].alpha && alphas < n_alpha) f->alpha = alpha[alphas++];
    if (table[kind].beta && betas < n_beta) f->beta = beta[betas++];
  }
  if (alphas < n_alpha || betas < n_beta)
    return atr__fail(infer->error, ATR_E_PARAM,
                     "%s: %zu values of activation_alpha and %zu of activation_beta for functions that take "
                     "%zu and %zu",
                     infer->op->name, n_alpha, n_beta, alphas, betas);
  return ATR_OK;
}

/* What does not depend on shapes. */
static atr_status attributes(atr__infer *infer, const atr__recurrent_form *form) {
  atr__recurrent_params *p = infer->params;
  const char *direction = atr__attrs_string(infer->attrs, "direction", "forward");
  p->gates = form->gates;
  p->dirs = strcmp(direction, "bidirectional") ? 1 : 2;
  p->reverse = !strcmp(direction, "reverse");
  if (p->dirs == 1 && !p->reverse && strcmp(direction, "forward"))
    return atr__fail(infer->error, ATR_E_PARAM,
                     "%s: direction is \"%.60s\", must be forward, reverse or bidirectional", infer->op->name,
                     direction);
  const int64_t layout = atr__attrs_int(infer->attrs, "layout", 0);
  if (layout != 0 && layout != 1)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: layout is %lld, must be 0 or 1", infer->op->name,
                     (long long)layout);
  p->layout = (int)layout;
  p->clip = atr__attrs_float(infer->attrs, "clip", FLT_MAX);
  if (!(p->clip > 0))
    return atr__fail(infer->error, ATR_E_PARAM, "%s: clip is %g, must be above 0", infer->op->name,
                     (double)p->clip);
  p->input_forget = atr__attrs_int(infer->attrs, "input_forget", 0) != 0;
  p->linear_before_reset = atr__attrs_int(infer->attrs, "linear_before_reset", 0) != 0;
  return functions(infer, form);
}

static int present(const atr__infer *infer, size_t input) {
  return input < infer->n_in && infer->in_type[input] != ATR_TYPE_NONE;
}

atr_status atr__recurrent_need(atr__infer *infer, size_t input, atr_shape shape) {
  if (!present(infer, input)) return ATR_OK;
  const atr_status status = atr__infer_need_f32(infer, input);
  if (status || atr__shape_equal(&infer->in_shape[input], &shape)) return status;
  char have[ATR__SHAPE_TEXT], need[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu has shape %s, must be %s", infer->op->name,
                   input, atr__shape_text(&infer->in_shape[input], have), atr__shape_text(&shape, need));
}

static atr_status need_lens(atr__infer *infer, size_t input) {
  const atr__recurrent_params *p = infer->params;
  if (!present(infer, input)) return ATR_OK;
  const atr_shape *shape = &infer->in_shape[input];
  if (infer->in_type[input] == ATR_I32 && shape->rank == 1 && shape->dim[0] == p->n) return ATR_OK;
  char text[ATR__SHAPE_TEXT];
  return atr__fail(infer->error, ATR_E_SHAPE, "%s: sequence_lens is %s %s, must be int32 [%lld]",
                   infer->op->name, atr_type_name(infer->in_type[input]), atr__shape_text(shape, text),
                   (long long)p->n);
}

static atr_shape shape3(int64_t a, int64_t b, int64_t c) {
  return atr__shape_of(3, (int64_t[]){ a, b, c });
}

atr_shape atr__recurrent_y(const atr__recurrent_params *p) {
  return p->layout ? atr__shape_of(4, (int64_t[]){ p->n, p->t, p->dirs, p->hid })
                   : atr__shape_of(4, (int64_t[]){ p->t, p->dirs, p->n, p->hid });
}
atr_shape atr__recurrent_state(const atr__recurrent_params *p) {
  return p->layout ? shape3(p->n, p->dirs, p->hid) : shape3(p->dirs, p->n, p->hid);
}
atr_shape atr__recurrent_rows(const atr__recurrent_params *p, int64_t width) {
  return shape3(p->dirs, p->t * p->n, width);
}

/* What is saved must have a size, also where no input is as large (x without features). */
static atr_status check_sizes(atr__infer *infer) {
  const atr__recurrent_params *p = infer->params;
  const atr_shape y = atr__recurrent_y(p);
  int64_t count;
  const atr_status status = atr__shape_count(&y, infer->error, &count);
  if (status) return status;
  const atr_shape rows = atr__recurrent_rows(p, p->gates * p->hid); /* t·n is less than y's count */
  return count ? atr__shape_count(&rows, infer->error, &count) : ATR_OK;
}

/* hid and dirs from R, at input `input`. */
static atr_status take_r(atr__infer *infer, size_t input) {
  atr__recurrent_params *p = infer->params;
  atr_status status = atr__infer_need_f32(infer, input);
  if (!status) status = atr__infer_need_rank(infer, input, 3, 3);
  if (status) return status;
  const atr_shape *r = &infer->in_shape[input];
  p->hid = r->dim[2];
  if (p->hid < 1 || r->dim[0] != p->dirs || r->dim[1] / p->gates != p->hid || r->dim[1] % p->gates) {
    char text[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: R has shape %s; it must be [%lld, %lld·hidden, hidden], hidden at least 1",
                     infer->op->name, atr__shape_text(r, text), (long long)p->dirs, (long long)p->gates);
  }
  const int64_t hidden = atr__attrs_int(infer->attrs, "hidden_size", p->hid);
  if (hidden != p->hid)
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: hidden_size is %lld, R has %lld", infer->op->name,
                     (long long)hidden, (long long)p->hid);
  return ATR_OK;
}

atr_status atr__recurrent_infer(atr__infer *infer, const atr__recurrent_form *form) {
  atr__recurrent_params *p = infer->params;
  atr_status status;
  if ((status = attributes(infer, form)) || (status = take_r(infer, R))) return status;
  if ((status = atr__infer_need_f32(infer, X)) || (status = atr__infer_need_rank(infer, X, 3, 3)))
    return status;
  const atr_shape *x = &infer->in_shape[X];
  p->t = x->dim[p->layout];
  p->n = x->dim[!p->layout];
  p->i = x->dim[2];
  if ((status = check_sizes(infer))) return status;
  const int64_t width = p->gates * p->hid;
  if ((status = atr__recurrent_need(infer, W, shape3(p->dirs, width, p->i)))) return status;
  if ((status = atr__recurrent_need(infer, B, atr__shape_of(2, (int64_t[]){ p->dirs, 2 * width }))))
    return status;
  if ((status = need_lens(infer, LENS))) return status;
  for (int k = 0; !status && k < form->states; k++)
    status = atr__recurrent_need(infer, (size_t)(FIRST + k), atr__recurrent_state(p));
  return status;
}

atr_status atr__recurrent_infer_grad(atr__infer *infer, const atr__recurrent_form *form) {
  atr__recurrent_params *p = infer->params;
  enum { R_IN, Y_IN, PRE_IN, LENS_IN };
  atr_status status;
  if ((status = attributes(infer, form)) || (status = take_r(infer, R_IN))) return status;
  if ((status = atr__infer_need_f32(infer, Y_IN)) || (status = atr__infer_need_rank(infer, Y_IN, 4, 4)))
    return status;
  const atr_shape *y = &infer->in_shape[Y_IN];
  p->t = y->dim[p->layout];
  p->n = y->dim[p->layout ? 0 : 2];
  if ((status = check_sizes(infer))) return status;
  if ((status = atr__recurrent_need(infer, Y_IN, atr__recurrent_y(p)))) return status;
  if ((status = atr__infer_need_f32(infer, PRE_IN))) return status;
  if ((status = atr__recurrent_need(infer, PRE_IN, atr__recurrent_rows(p, p->gates * p->hid)))) return status;
  if ((status = atr__recurrent_take_clip(infer, &p->clip_back))) return status;
  return need_lens(infer, LENS_IN);
}

atr_status atr__recurrent_take_clip(atr__infer *infer, float *clip) {
  *clip = atr__attrs_float(infer->attrs, "clip_through_time", INFINITY);
  if (*clip > 0) return ATR_OK;
  return atr__fail(infer->error, ATR_E_PARAM, "%s: clip_through_time is %g, must be above 0", infer->op->name,
                   (double)*clip);
}

int64_t atr__recurrent_flops(const void *params, const atr_shape *in, const atr_shape *out) {
  const atr__recurrent_params *p = params;
  (void)in;
  (void)out;
  return 2 * p->t * p->n * p->dirs * p->gates * p->hid * (p->i + p->hid);
}

static int node(atr__grad *g, const char *op, int a, int b, const char *name, int64_t value) {
  atr__attrs attrs = { 0 };
  const int in[2] = { a, b };
  if (name && atr__attrs_set_int(&attrs, name, value)) return 0;
  const int id = atr__grad_node(g, "", op, in, b ? 2 : 1, &attrs, 1);
  atr__attrs_free(&attrs);
  return id;
}

static int reshape(atr__grad *g, int value, const int64_t *dims, size_t n) {
  return node(g, "Reshape", value, atr__grad_ints(g, dims, n), NULL, 0);
}

static int sum(atr__grad *g, int value, int64_t axis) {
  return node(g, "ReduceSum", value, atr__grad_ints(g, &axis, 1), "keepdims", 0);
}

int atr__recurrent_grad_x(atr__grad *g, int dpre) {
  const atr__recurrent_params own = *(const atr__recurrent_params *)atr__grad_params(g),
                              *p = &own; /* nodes move it */
  const int64_t dims[3] = { p->layout ? p->n : p->t, p->layout ? p->t : p->n, p->i };
  const int each = node(g, "MatMul", dpre, atr__grad_in(g, W), NULL, 0);
  return reshape(g, p->dirs > 1 ? sum(g, each, 0) : each, dims, 3);
}

/* Whether dpre is turned within a product of two matrices. */
static int within(const atr__recurrent_params *p) {
  return p->dirs == 1 && p->t * p->n > 0;
}

int atr__recurrent_grad_turn(atr__grad *g, const atr__recurrent_params *p, int dpre, int64_t width) {
  if (within(p)) return reshape(g, dpre, (int64_t[]){ p->t * p->n, width }, 2);
  atr__attrs attrs = { 0 };
  if (atr__attrs_set_ints(&attrs, "perm", (int64_t[]){ 0, 2, 1 }, 3)) return 0;
  const int turned = atr__grad_node(g, "", "Transpose", &dpre, 1, &attrs, 1);
  atr__attrs_free(&attrs);
  return turned;
}

/* turned · rows, [dirs][width][columns]. */
static int product(atr__grad *g, const atr__recurrent_params *p, int turned, int rows, int64_t width,
                   int64_t columns) {
  if (!within(p)) return node(g, "MatMul", turned, rows, NULL, 0);
  const int flat = reshape(g, rows, (int64_t[]){ p->t * p->n, columns }, 2);
  return reshape(g, node(g, "Gemm", turned, flat, "transA", 1), (int64_t[]){ 1, width, columns }, 3);
}

int atr__recurrent_grad_r(atr__grad *g, const atr__recurrent_params *p, int turned, int64_t width, int rows) {
  return product(g, p, turned, rows, width, p->hid);
}

int atr__recurrent_grad_w(atr__grad *g, int turned) {
  const atr__recurrent_params own = *(const atr__recurrent_params *)atr__grad_params(g),
                              *p = &own; /* nodes move it */
  const int64_t dims[3] = { 1, p->t * p->n, p->i };
  const int x = atr__grad_in(g, X);
  if (!p->i) return atr__grad_in(g, W); /* as empty as its gradient */
  return product(g, p, turned, within(p) ? x : reshape(g, x, dims, 3), p->gates * p->hid, p->i);
}

int atr__recurrent_grad_sum(atr__grad *g, int value) {
  return sum(g, value, 1);
}

int atr__recurrent_grad_part(atr__grad *g, int value, int axis, int64_t from, int64_t to) {
  const int64_t along = axis;
  const int in[] = { value, atr__grad_ints(g, &from, 1), atr__grad_ints(g, &to, 1),
                     atr__grad_ints(g, &along, 1) };
  return atr__grad_node(g, "", "Slice", in, 4, NULL, 1);
}

int atr__recurrent_grad_join(atr__grad *g, int a, int b, int axis) {
  return node(g, "Concat", a, b, "axis", axis);
}
