/* einsum.c: Einsum, sums of products named by an equation, and its gradient.
 *
 * Every letter, and every dimension of an ellipsis counted from the right, is a label with an extent. An
 * operand has a stride for each label, the sum of the strides of the dimensions that carry it: so a repeated
 * label walks a diagonal, and a dimension of extent 1 that meets a larger one has stride 0. The result has a
 * dimension for each label of the equation's right side; over all others products are summed, in order of
 * first appearance, the last innermost, all operands at once. An ellipsis that the right side lacks is summed
 * as letters are.
 *
 * EinsumGrad (org.atrous; dy, then Einsum's inputs; attribute `input`): the gradient of one input is the same
 * contraction with that input and the result exchanged; where the input repeats a label, only its diagonal
 * gets a gradient. Source: ONNX Einsum-12. */
#include "config.h"

#include "op/einsum.h"

#include <string.h>

#include "base/checked.h"
#include "op/grad.h"
#include "tensor/shape.h"

enum { ELLIPSIS = -1 };

/* One side of a comma: labels, and ELLIPSIS where it stands. */
typedef struct term {
  int n, at_ellipsis; /* at_ellipsis: position, -1: none */
  int label[ATR_RANK_MAX + 1];
} term;

typedef struct equation {
  int n;
  term in[ATR__EINSUM_OPERANDS + 1], out;
} equation;

/* A tensor's dimensions as labels. */
typedef struct labelled {
  int rank;
  int label[ATR_RANK_MAX];
  int64_t dim[ATR_RANK_MAX];
} labelled;

static int letter(char c) {
  return c >= 'A' && c <= 'Z' ? c - 'A' : c >= 'a' && c <= 'z' ? 26 + c - 'a' : -1;
}
static char name_of(int label) {
  return label >= ATR__EINSUM_LETTERS ? '.' : (char)(label < 26 ? 'A' + label : 'a' + label - 26);
}

static atr_status bad(atr__infer *infer, const char *text, const char *why) {
  return atr__fail(infer->error, ATR_E_PARAM, "%s: the equation \"%.100s\" %s", infer->op->name, text, why);
}

/* Reads a term up to ',', "->" or the end. */
static atr_status read_term(atr__infer *infer, const char *text, const char **at, term *t) {
  *t = (term){ .at_ellipsis = -1 };
  for (; **at && **at != ',' && **at != '-'; ++*at) {
    const int is_dots = !strncmp(*at, "...", 3), label = letter(**at);
    if (**at == ' ') continue;
    if (!is_dots && label < 0)
      return bad(infer, text, "has a character that is neither a letter, a comma, \"->\" nor \"...\"");
    if (is_dots && t->at_ellipsis >= 0) return bad(infer, text, "has two ellipses in one term");
    if (t->n > ATR_RANK_MAX || (!is_dots && t->n - (t->at_ellipsis >= 0) == ATR_RANK_MAX))
      return bad(infer, text, "has a term of more than 8 letters");
    if (is_dots) {
      t->at_ellipsis = t->n;
      *at += 2;
    }
    t->label[t->n++] = is_dots ? ELLIPSIS : label;
  }
  return ATR_OK;
}

/* Without "->" the result has the ellipsis, then what appears once, ascending. */
static atr_status implied(atr__infer *infer, const char *text, equation *e) {
  int count[ATR__EINSUM_LETTERS] = { 0 }, dots = 0;
  e->out = (term){ .at_ellipsis = -1 };
  for (int i = 0; i < e->n; i++)
    for (int k = 0; k < e->in[i].n; k++)
      if (e->in[i].label[k] == ELLIPSIS)
        dots = 1;
      else
        count[e->in[i].label[k]]++;
  if (dots) {
    e->out.at_ellipsis = 0;
    e->out.label[e->out.n++] = ELLIPSIS;
  }
  for (int label = 0; label < ATR__EINSUM_LETTERS; label++) {
    if (count[label] != 1) continue;
    if (e->out.n - dots == ATR_RANK_MAX) return bad(infer, text, "gives a result of more than 8 dimensions");
    e->out.label[e->out.n++] = label;
  }
  return ATR_OK;
}

static atr_status parse(atr__infer *infer, int operands, equation *e) {
  const char *text = atr__attrs_string(infer->attrs, "equation", NULL), *at = text;
  atr_status status;
  if (!text) return atr__fail(infer->error, ATR_E_PARAM, "%s: there is no equation", infer->op->name);
  memset(e, 0, sizeof *e);
  for (;;) {
    if (e->n > ATR__EINSUM_OPERANDS) return bad(infer, text, "has more than 8 operands");
    if ((status = read_term(infer, text, &at, &e->in[e->n]))) return status;
    e->n++;
    if (*at != ',') break;
    at++;
  }
  if (*at && strncmp(at, "->", 2)) return bad(infer, text, "has a '-' that is no \"->\"");
  if (e->n != operands)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: the equation \"%.100s\" has %d operand(s), the node %d",
                     infer->op->name, text, e->n, operands);
  if (!*at) return implied(infer, text, e);
  at += 2;
  if ((status = read_term(infer, text, &at, &e->out))) return status;
  if (*at) return bad(infer, text, "goes on after its result");
  for (int i = 0; i < e->out.n; i++) {
    int found = e->out.label[i] == ELLIPSIS; /* that of no operand has no dimensions */
    for (int k = 0; k < i; k++)
      if (e->out.label[k] == e->out.label[i]) return bad(infer, text, "repeats a letter in its result");
    for (int o = 0; o < e->n; o++)
      for (int k = 0; k < e->in[o].n; k++) found |= e->in[o].label[k] == e->out.label[i];
    if (!found) return bad(infer, text, "has a letter in its result that no operand has");
  }
  return ATR_OK;
}

/* Gives an operand's dimensions their labels, and labels their extents (-1: none yet). */
static atr_status label_operand(atr__infer *infer, const term *t, size_t input, labelled *l,
                                int64_t extent[ATR__EINSUM_LABELS]) {
  const atr_shape *shape = &infer->in_shape[input];
  const int letters = t->n - (t->at_ellipsis >= 0), dots = shape->rank - letters;
  char text[ATR__SHAPE_TEXT];
  if (t->at_ellipsis >= 0 ? dots < 0 : dots != 0)
    return atr__fail(infer->error, ATR_E_SHAPE,
                     "%s: input %zu has shape %s, but its term of the equation names %d dimension(s)",
                     infer->op->name, input, atr__shape_text(shape, text), letters);
  l->rank = 0;
  for (int k = 0; k < t->n; k++) {
    if (t->label[k] != ELLIPSIS) {
      l->label[l->rank++] = t->label[k];
      continue;
    }
    for (int d = 0; d < dots; d++) l->label[l->rank++] = ATR__EINSUM_LABELS - dots + d;
  }
  for (int d = 0; d < l->rank; d++) {
    const int label = l->label[d];
    l->dim[d] = shape->dim[d];
    for (int k = 0; k < d; k++)
      if (l->label[k] == label && l->dim[k] != l->dim[d])
        return atr__fail(infer->error, ATR_E_SHAPE,
                         "%s: input %zu has shape %s, in which '%c' is %lld and %lld", infer->op->name, input,
                         atr__shape_text(shape, text), name_of(label), (long long)l->dim[k],
                         (long long)l->dim[d]);
    if (extent[label] < 0 || extent[label] == 1)
      extent[label] = l->dim[d];
    else if (l->dim[d] != 1 && l->dim[d] != extent[label])
      return atr__fail(infer->error, ATR_E_SHAPE,
                       "%s: input %zu has shape %s, in which '%c' is %lld, elsewhere it is %lld",
                       infer->op->name, input, atr__shape_text(shape, text), name_of(label),
                       (long long)l->dim[d], (long long)extent[label]);
  }
  return ATR_OK;
}

/* The strides of each label in a dense operand. */
static void label_strides(const labelled *l, int64_t stride[ATR__EINSUM_LABELS]) {
  int64_t step = 1;
  for (int label = 0; label < ATR__EINSUM_LABELS; label++) stride[label] = 0;
  for (int d = l->rank - 1; d >= 0; step *= l->dim[d--])
    if (l->dim[d] != 1) stride[l->label[d]] += step;
}

static atr_status fill_sums(atr__infer *infer, const int64_t extent[ATR__EINSUM_LABELS], const int *order,
                            int n, int64_t stride[][ATR__EINSUM_LABELS]) {
  atr__einsum_params *p = infer->params;
  for (int k = 0; k < n; k++) {
    const int64_t dim = extent[order[k]];
    int joins = p->sums > 0 && dim > 0;
    if (dim == 1) continue;
    for (int o = 0; o < p->operands; o++)
      joins &= p->sums && p->sum_stride[o][p->sums - 1] == stride[o][order[k]] * dim;
    if (!joins) p->sum_dim[p->sums++] = 1;
    if (atr__mul_i64(p->sum_dim[p->sums - 1], dim, &p->sum_dim[p->sums - 1]) ||
        p->sum_dim[p->sums - 1] > INT32_MAX)
      return atr__fail(infer->error, ATR_E_LIMIT, "%s: more than 2^31 - 1 products are summed",
                       infer->op->name);
    for (int o = 0; o < p->operands; o++) p->sum_stride[o][p->sums - 1] = stride[o][order[k]];
  }
  p->outer = p->inner = 1;
  for (int k = 0; k + 1 < p->sums; k++)
    if (atr__mul_i64(p->outer, p->sum_dim[k], &p->outer) || p->outer > INT32_MAX)
      return atr__fail(infer->error, ATR_E_LIMIT, "%s: more than 2^31 - 1 products are summed",
                       infer->op->name);
  if (p->sums) p->inner = p->sum_dim[p->sums - 1];
  return ATR_OK;
}

/* Operands and result known as labels: fills the parameters and the result's shape. */
static atr_status contract(atr__infer *infer, const labelled *operand, const labelled *out,
                           const int64_t extent[ATR__EINSUM_LABELS]) {
  atr__einsum_params *p = infer->params;
  int64_t stride[ATR__EINSUM_OPERANDS][ATR__EINSUM_LABELS];
  int order[ATR__EINSUM_LABELS], n = 0, placed[ATR__EINSUM_LABELS] = { 0 };
  for (int o = 0; o < p->operands; o++) label_strides(&operand[o], stride[o]);
  p->rank = infer->out_shape[0].rank = out->rank;
  for (int d = 0; d < out->rank; d++) {
    const int label = out->label[d];
    p->dim[d] = infer->out_shape[0].dim[d] = out->dim[d];
    p->same[d] = d;
    for (int k = d - 1; k >= 0; k--)
      if (out->label[k] == label) p->same[d] = k;
    if (p->same[d] != d || out->dim[d] != extent[label]) continue; /* what it was spread over is summed */
    placed[label] = 1;
    for (int o = 0; o < p->operands; o++) p->stride[o][d] = stride[o][label];
  }
  for (int o = 0; o < p->operands; o++)
    for (int d = 0; d < operand[o].rank; d++) {
      const int label = operand[o].label[d];
      if (placed[label]) continue;
      placed[label] = 1;
      order[n++] = label;
    }
  infer->out_type[0] = infer->in_type[0];
  return fill_sums(infer, extent, order, n, stride);
}

static atr_status check_types(atr__infer *infer, int gradient) {
  for (size_t i = 0; i < infer->n_in; i++) {
    const atr_type type = infer->in_type[i];
    if (type != infer->in_type[0] && type != ATR_TYPE_NONE)
      return atr__fail(infer->error, ATR_E_SHAPE, "%s: input %zu is %s, input 0 %s", infer->op->name, i,
                       atr_type_name(type), atr_type_name(infer->in_type[0]));
    if (type != ATR_F32 && type != ATR_F64 && (gradient || (type != ATR_I32 && type != ATR_I64)))
      return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: input %zu is %s, which is not supported",
                       infer->op->name, i, atr_type_name(type));
  }
  return ATR_OK;
}

/* The result's dimensions as the equation's right side says. */
static atr_status label_result(atr__infer *infer, const equation *e, const labelled *operand,
                               const int64_t extent[ATR__EINSUM_LABELS], labelled *out) {
  int dots = 0;
  for (int o = 0; o < e->n; o++)
    if (e->in[o].at_ellipsis >= 0 && operand[o].rank - e->in[o].n + 1 > dots)
      dots = operand[o].rank - e->in[o].n + 1;
  out->rank = 0;
  if (e->out.n - (e->out.at_ellipsis >= 0) + (e->out.at_ellipsis >= 0 ? dots : 0) > ATR_RANK_MAX)
    return atr__fail(infer->error, ATR_E_UNSUPPORTED, "%s: the result has more than %d dimensions",
                     infer->op->name, ATR_RANK_MAX);
  for (int k = 0; k < e->out.n; k++) {
    const int is_dots = e->out.label[k] == ELLIPSIS, n = is_dots ? dots : 1;
    for (int d = 0; d < n; d++) {
      const int label = is_dots ? ATR__EINSUM_LABELS - dots + d : e->out.label[k];
      out->label[out->rank] = label;
      out->dim[out->rank++] = extent[label];
    }
  }
  return ATR_OK;
}

/* gradient_of: the input whose gradient is made, whose operands follow dy; -1: Einsum itself. */
static atr_status fill(atr__infer *infer, int gradient_of) {
  atr__einsum_params *p = infer->params;
  const int first = gradient_of >= 0, n = (int)infer->n_in - first;
  equation e;
  labelled operand[ATR__EINSUM_OPERANDS], out, used[ATR__EINSUM_OPERANDS];
  int64_t extent[ATR__EINSUM_LABELS], unused;
  atr_status status = check_types(infer, first);
  if (status || (status = parse(infer, n, &e))) return status;
  for (int label = 0; label < ATR__EINSUM_LABELS; label++) extent[label] = -1;
  for (int o = 0; o < n; o++)
    if ((status = label_operand(infer, &e.in[o], (size_t)(first + o), &operand[o], extent))) return status;
  if ((status = label_result(infer, &e, operand, extent, &out))) return status;
  if (gradient_of < 0) {
    p->operands = n;
    for (int o = 0; o < n; o++) p->input[o] = o;
    status = contract(infer, operand, &out, extent);
    return status ? status : atr__shape_count(&infer->out_shape[0], infer->error, &unused);
  }
  const atr_shape result = atr__shape_of(out.rank, out.dim);
  if (!atr__shape_equal(&result, &infer->in_shape[0])) {
    char a[ATR__SHAPE_TEXT], b[ATR__SHAPE_TEXT];
    return atr__fail(infer->error, ATR_E_SHAPE, "%s: dy has shape %s, must be %s", infer->op->name,
                     atr__shape_text(&infer->in_shape[0], a), atr__shape_text(&result, b));
  }
  used[0] = out;
  p->input[p->operands++] = 0;
  for (int o = 0; o < n; o++) {
    if (o == gradient_of) continue;
    used[p->operands] = operand[o];
    p->input[p->operands++] = o + 1;
  }
  return contract(infer, used, &operand[gradient_of], extent);
}

static atr_status infer(atr__infer *infer) {
  return fill(infer, -1);
}
static atr_status infer_grad(atr__infer *infer) {
  const int64_t input = atr__attrs_int(infer->attrs, "input", 0);
  if (input < 0 || input > (int64_t)infer->n_in - 2)
    return atr__fail(infer->error, ATR_E_PARAM, "%s: input is %lld of %zu", infer->op->name, (long long)input,
                     infer->n_in - 1);
  return fill(infer, (int)input);
}

static atr_status gradient(atr__grad *g) {
  const size_t n = atr__grad_inputs(g);
  int in[ATR__EINSUM_OPERANDS + 1] = { atr__grad_dy(g, 0) };
  if (!in[0]) return atr__grad_status(g);
  for (size_t i = 0; i < n; i++) in[i + 1] = atr__grad_in(g, i);
  for (size_t i = 0; i < n; i++) {
    atr__attrs attrs = { 0 };
    if (!atr__grad_wanted(g, i)) continue;
    atr_status status = atr__attrs_copy(&attrs, atr__grad_attrs(g));
    if (!status) status = atr__attrs_set_int(&attrs, "input", (int64_t)i);
    if (!status) atr__grad_set(g, i, atr__grad_node(g, "org.atrous", "EinsumGrad", in, n + 1, &attrs, 1));
    atr__attrs_free(&attrs);
    if (status) return status;
  }
  return atr__grad_status(g);
}

static int64_t flops(const void *params, const atr_shape *in, const atr_shape *out) {
  const atr__einsum_params *p = params;
  (void)in;
  return p->operands * p->outer * p->inner * atr__shape_size(out);
}

const atr__op atr__op_einsum = {
  .name = "Einsum",
  .domain = "",
  .stem = "einsum",
  .since = 12,
  .min_in = 1,
  .max_in = ATR__EINSUM_OPERANDS,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__einsum_params),
  .infer = infer,
  .differentiable = ATR__DIFF_YES,
  .gradient = gradient,
  .flops = flops,
  ATR__HOST(einsum),
  ATR__CL(einsum),
};

const atr__op atr__op_einsum_grad = {
  .name = "EinsumGrad",
  .domain = "org.atrous",
  .stem = "einsum",
  .since = 1,
  .min_in = 2,
  .max_in = ATR__EINSUM_OPERANDS + 1,
  .min_out = 1,
  .max_out = 1,
  .params_size = sizeof(atr__einsum_params),
  .infer = infer_grad,
  .differentiable = ATR__DIFF_NO,
  .flops = flops,
  ATR__HOST(einsum),
  ATR__CL(einsum),
};
