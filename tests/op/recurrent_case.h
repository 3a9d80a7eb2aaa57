/* recurrent_case.h: what the tests of RNN, LSTM and GRU share: cases of any size, and PyTorch's stacks of
 * layers with their gradients. */
#ifndef RECURRENT_CASE_H
#define RECURRENT_CASE_H

#include <stdio.h>

#include "golden.h"
#include "model/graph.h"
#include "op_check.h"
#include "plan/plan.h"

/* One operator: blocks in its matrices, states, outputs (ours too), and where its blocks are in PyTorch's. */
typedef struct recurrent_op {
  const char *name;
  int64_t gates;
  int states, outputs;
  int from_torch[4];
} recurrent_op;

typedef struct recurrent_size {
  int64_t t, n, i, hid;
  const char *direction;
  int layout;
  int bias, lens, first; /* which inputs are there */
} recurrent_size;

static inline int64_t recurrent_dirs(const char *direction) {
  return strcmp(direction, "bidirectional") ? 1 : 2;
}

static inline void recurrent_strings(op_case *c, const char *name, size_t n, const char *const *list) {
  ck_assert_int_eq(atr__attrs_set_strings(&c->attrs, name, list, n), ATR_OK);
}
static inline void recurrent_floats(op_case *c, const char *name, size_t n, const float *list) {
  ck_assert_int_eq(atr__attrs_set_floats(&c->attrs, name, list, n), ATR_OK);
}

static inline void recurrent_scale(op_tensor *t, double by) {
  for (int64_t k = 0; k < t->count; k++) t->v[k] *= by;
}

/* Attributes and inputs; lengths are t, 1, 0, 2 … where asked for. */
static inline void recurrent_make(op_case *c, const recurrent_op *op, const recurrent_size *z) {
  const int64_t d = recurrent_dirs(z->direction), width = op->gates * z->hid;
  *c = (op_case){ 0 };
  ck_assert_int_eq(atr__attrs_set_string(&c->attrs, "direction", z->direction), ATR_OK);
  if (z->layout) op_check_int(c, "layout", 1);
  op_check_int(c, "hidden_size", z->hid);
  op_check_random(c, z->layout ? OP_SHAPE(z->n, z->t, z->i) : OP_SHAPE(z->t, z->n, z->i), 1);
  recurrent_scale(op_check_random(c, OP_SHAPE(d, width, z->i), 2), 1.5 / sqrt((double)z->i + 1));
  recurrent_scale(op_check_random(c, OP_SHAPE(d, width, z->hid), 3), 1.5 / sqrt((double)z->hid));
  if (z->bias)
    op_check_random(c, OP_SHAPE(d, 2 * width), 4);
  else
    op_case_absent(c);
  if (z->lens) {
    op_tensor *lens = op_case_add(c, ATR_I32, OP_SHAPE(z->n), NULL);
    for (int64_t k = 0; k < z->n; k++)
      lens->v[k] = (double)(k % 2 ? k * 3 % 4 % (z->t + 1) : z->t - k % (z->t + 1));
  } else
    op_case_absent(c);
  for (int k = 0; z->first && k < op->states; k++)
    op_check_random(c, z->layout ? OP_SHAPE(z->n, d, z->hid) : OP_SHAPE(d, z->n, z->hid), (uint32_t)(5 + k));
}

/* An input of a gradient operator: the forward case's input (n_out 0) or output, or absent. */
static inline void recurrent_pass(op_case *g, const op_tensor *t) {
  if (t->type == ATR_TYPE_NONE)
    op_case_absent(g);
  else
    op_case_add(g, t->type, t->shape, t->v);
}

/* Sizes that no vector divides, every input there and none; then two that are dealt out among threads, by
 * units and by lines, and two small ones of more steps than are taken at once. */
static const recurrent_size recurrent_awkward[] = {
  { 1, 1, 1, 1, "forward", 0, 0, 0, 0 },          { 3, 2, 5, 16, "bidirectional", 1, 1, 1, 1 },
  { 7, 3, 2, 17, "reverse", 0, 1, 1, 1 },         { 5, 1, 33, 67, "bidirectional", 0, 1, 0, 0 },
  { 2, 5, 1, 3, "bidirectional", 1, 0, 1, 0 },    { 11, 1, 4, 64, "forward", 1, 1, 0, 1 },
  { 1, 9, 7, 31, "reverse", 1, 1, 1, 0 },         { 4, 1, 3, 200, "bidirectional", 0, 1, 0, 1 },
  { 61, 9, 3, 65, "reverse", 1, 1, 1, 1 },        { 14, 1, 40, 33, "reverse", 0, 0, 0, 0 },
  { 26, 1, 19, 37, "bidirectional", 1, 1, 0, 1 },
};
enum { RECURRENT_AWKWARD = sizeof recurrent_awkward / sizeof *recurrent_awkward };

/* case[group][base_lLAYER…] of every direction and part in a row, its blocks in ONNX's order. */
static inline float *recurrent_from_torch(json_t *one, const char *group, const recurrent_op *op,
                                          const char *const *parts, size_t n_parts, int layer, int64_t dirs,
                                          int64_t hid, int64_t width) {
  const size_t block = (size_t)(hid * width), each = block * (size_t)op->gates;
  float *list = calloc((size_t)dirs * n_parts * each + 1, sizeof *list), *to = list;
  ck_assert_ptr_nonnull(list);
  for (int64_t d = 0; d < dirs; d++)
    for (size_t k = 0; k < n_parts; k++) {
      char name[64];
      snprintf(name, sizeof name, "%s_l%d%s", parts[k], layer, d ? "_reverse" : "");
      double *values = golden_values(one, group, name, NULL);
      for (int64_t g = 0; g < op->gates; g++)
        for (size_t i = 0; i < block; i++) *to++ = (float)values[(size_t)op->from_torch[g] * block + i];
      free(values);
    }
  return list;
}

static const char *const recurrent_part_w[] = { "weight_ih" }, *const recurrent_part_r[] = { "weight_hh" },
                         *const recurrent_part_b[] = { "bias_ih", "bias_hh" };

/* Σ value · weights, added to the loss. */
static inline atr_value recurrent_weigh(atr_model *m, atr_value loss, atr_value value, const double *weights,
                                        const atr_shape *shape) {
  const int64_t count = atr__shape_size(shape);
  float *data = calloc((size_t)count + 1, sizeof *data);
  for (int64_t i = 0; i < count; i++) data[i] = (float)weights[i];
  const atr_value factors = atr_model_add_tensor(m, NULL, ATR_F32, shape, data, 0);
  free(data);
  const atr_value product = atr_model_mul(m, value, factors);
  const atr_attribute keep = { "keepdims", ATR_ATTRIBUTE_INT, 0, 0, NULL, NULL, NULL, 0, NULL };
  const atr_value sum = atr_model_add(m, NULL, "ReduceSum", NULL, &product, 1, &keep, 1, NULL, 1);
  return loss.id ? atr_model_add2(m, loss, sum) : sum;
}

typedef struct recurrent_check {
  char name[32];
  int id;
  double *want;
  int64_t count;
} recurrent_check;

static inline void recurrent_want(recurrent_check *list, size_t *n, const char *name, int layer, int id,
                                  double *want, int64_t count) {
  snprintf(list[*n].name, sizeof list[*n].name, "%s%d", name, layer);
  list[*n].id = id;
  list[*n].want = want;
  list[(*n)++].count = count;
}

static inline double *recurrent_doubles(float *list, int64_t n) {
  double *wide = calloc((size_t)n + 1, sizeof *wide);
  ck_assert_ptr_nonnull(wide);
  for (int64_t i = 0; i < n; i++) wide[i] = (double)list[i];
  free(list);
  return wide;
}

/* One case of PyTorch's: layers of one operator, outputs and every gradient, double and the device's float.
 */
static inline void recurrent_torch_case(json_t *one, const recurrent_op *op, const atr_attribute *extra,
                                        size_t n_extra) {
  static const char *const first_name[] = { "h0", "c0" }, *const last_name[] = { "hn", "cn" };
  atr_error error = ATR_ERROR_INIT;
  int64_t layers, hid, features, both;
  golden_ints(one, "layers", 1, 1, &layers);
  golden_ints(one, "hidden", 0, 1, &hid);
  golden_ints(one, "input", 0, 1, &features);
  golden_ints(one, "bidirectional", 0, 1, &both);
  const int64_t dirs = both ? 2 : 1, width = op->gates * hid;
  atr_shape shape;
  double *x = golden_values(one, "inputs", "x", &shape);
  const int64_t t = shape.dim[0], n = shape.dim[1];
  atr_model *m;
  ck_assert_int_eq(atr_model_create(1, &error, &m), ATR_OK);
  recurrent_check out[16], grad[64];
  size_t n_out = 0, n_grad = 0;
  atr_value v = atr_model_add_input(m, "x", ATR_F32, &shape), loss = { 0 };
  recurrent_want(grad, &n_grad, "x", 0, v.id, golden_values(one, "grads", "x", NULL), t * n * features);
  atr_attribute attributes[8] = { { "direction", ATR_ATTRIBUTE_STRING, 0, 0,
                                    both ? "bidirectional" : "forward", NULL, NULL, 0, NULL } };
  for (size_t k = 0; k < n_extra; k++) attributes[1 + k] = extra[k];
  for (int l = 0; l < (int)layers; l++) {
    const int64_t in = l ? dirs * hid : features;
    const struct {
      const char *name;
      const char *const *parts;
      size_t n_parts;
      int64_t width;
      atr_shape shape;
    } weights[3] = { { "w", recurrent_part_w, 1, in, OP_SHAPE(dirs, width, in) },
                     { "r", recurrent_part_r, 1, hid, OP_SHAPE(dirs, width, hid) },
                     { "b", recurrent_part_b, 2, 1, OP_SHAPE(dirs, 2 * width) } };
    atr_value list[7] = { v }, result[3];
    for (int k = 0; k < 3; k++) {
      float *data = recurrent_from_torch(one, "inputs", op, weights[k].parts, weights[k].n_parts, l, dirs,
                                         hid, weights[k].width);
      list[1 + k] = atr_model_add_tensor(m, NULL, ATR_F32, &weights[k].shape, data, 1);
      free(data);
      data = recurrent_from_torch(one, "grads", op, weights[k].parts, weights[k].n_parts, l, dirs, hid,
                                  weights[k].width);
      const int64_t count = atr__shape_size(&weights[k].shape);
      recurrent_want(grad, &n_grad, weights[k].name, l, list[1 + k].id, recurrent_doubles(data, count),
                     count);
    }
    const atr_shape state = OP_SHAPE(dirs, n, hid);
    const int64_t each = dirs * n * hid;
    for (int k = 0; k < op->states; k++) {
      double *all = golden_values(one, "inputs", first_name[k], NULL);
      float *data = calloc((size_t)each, sizeof *data);
      for (int64_t i = 0; i < each; i++) data[i] = (float)all[l * each + i];
      list[5 + k] = atr_model_add_tensor(m, NULL, ATR_F32, &state, data, 1);
      free(data);
      free(all);
      all = golden_values(one, "grads", first_name[k], NULL);
      memmove(all, all + l * each, (size_t)each * sizeof *all);
      recurrent_want(grad, &n_grad, first_name[k], l, list[5 + k].id, all, each);
    }
    atr_model_add(m, NULL, op->name, NULL, list, (size_t)(5 + op->states), attributes, 1 + n_extra, result,
                  (size_t)(1 + op->states));
    const int64_t order[4] = { 0, 2, 1, 3 }, dims[3] = { 0, 0, -1 };
    v = atr_model_reshape(m, dims, 3, atr_model_transpose(m, order, 4, result[0]));
    for (int k = 0; k < op->states; k++) {
      double *want = golden_values(one, "outputs", last_name[k], NULL),
             *dy = golden_values(one, "grad_outputs", last_name[k], NULL);
      memmove(want, want + l * each, (size_t)each * sizeof *want);
      recurrent_want(out, &n_out, last_name[k], l, result[1 + k].id, want, each);
      loss = recurrent_weigh(m, loss, result[1 + k], dy + l * each, &state);
      free(dy);
    }
  }
  const atr_shape y = OP_SHAPE(t, n, dirs * hid);
  double *dy = golden_values(one, "grad_outputs", "y", NULL);
  loss = recurrent_weigh(m, loss, v, dy, &y);
  free(dy);
  recurrent_want(out, &n_out, "y", 0, v.id, golden_values(one, "outputs", "y", NULL), atr__shape_size(&y));
  atr_model_add_output(m, "loss", loss);
  ck_assert_msg(atr_model_check(m, &error) == ATR_OK, "%s", error.text);

  atr__infer_state state;
  memset(&state, 0, sizeof state);
  int wanted[64], gradient[64];
  for (size_t k = 0; k < n_grad; k++) wanted[k] = grad[k].id;
  ck_assert_msg(atr__infer_graph(m, &shape, 1, &state, &error) == ATR_OK, "%s", error.text);
  ck_assert_msg(atr__differentiate(m, &state, loss.id, wanted, n_grad, gradient, NULL, &error) == ATR_OK,
                "%s", error.text);
  for (size_t k = 0; k < n_grad; k++) {
    grad[k].id = gradient[k];
    ck_assert_msg(gradient[k] != 0, "%s has no gradient", grad[k].name);
  }
  char label[2][64][48];
  for (int g = 0; g < 2; g++)
    for (size_t k = 0; k < (g ? n_grad : n_out); k++) {
      recurrent_check *c = g ? &grad[k] : &out[k];
      snprintf(label[g][k], sizeof label[g][k], "%s.%s", g ? "grad" : "out", c->name);
      atr_model_add_output(m, label[g][k], (atr_value){ c->id });
    }
  for (int device = 0; device < 2; device++) {
    atr_context *context = device ? op_plan_device() : op_plan_host();
    atr_plan *plan = NULL;
    atr_run *run = NULL;
    if (!context) continue;
    if (atr__plan_create(m, context, &shape, 1, NULL, !device, &error, &plan) ||
        atr_run_create(plan, &error, &run))
      ck_abort_msg("%s", error.text);
    float *x32 = calloc((size_t)(t * n * features), sizeof *x32);
    for (int64_t i = 0; i < t * n * features; i++) x32[i] = (float)x[i];
    ck_assert_int_eq(atr_run_write(run, "x", x32, (size_t)(t * n * features) * sizeof *x32), ATR_OK);
    free(x32);
    ck_assert_msg(atr_run_execute(run) == ATR_OK, "%s", atr_run_error(run));
    for (int g = 0; g < 2; g++)
      for (size_t k = 0; k < (g ? n_grad : n_out); k++) {
        const recurrent_check *c = g ? &grad[k] : &out[k];
        double *got = calloc((size_t)c->count + 1, sizeof *got);
        float *got32 = calloc((size_t)c->count + 1, sizeof *got32);
        ck_assert_int_eq(device ? atr_run_read(run, label[g][k], got32, (size_t)c->count * sizeof *got32)
                                : atr__run_read_real(run, label[g][k], got, (size_t)c->count),
                         ATR_OK);
        for (int64_t i = 0; i < c->count; i++) {
          const double value = device ? (double)got32[i] : got[i];
          ck_assert_msg(fabs(value - c->want[i]) <= (device ? 1e-5 : 1e-7) * fmax(1, fabs(c->want[i])),
                        "%s %s [%lld]: %.9g, PyTorch %.9g", label[g][k], device ? "device" : "double",
                        (long long)i, value, c->want[i]);
        }
        free(got);
        free(got32);
      }
    atr_run_destroy(run);
    atr_plan_destroy(plan);
  }
  for (size_t k = 0; k < n_out; k++) free(out[k].want);
  for (size_t k = 0; k < n_grad; k++) free(grad[k].want);
  atr__infer_free(&state, m);
  atr_model_destroy(m);
  free(x);
}

/* Every case of the name. */
static inline void recurrent_torch(const char *name, const recurrent_op *op, const atr_attribute *extra,
                                   size_t n_extra) {
  json_t *root = golden_load("recurrent.json"), *one;
  if (!root) return;
  int seen = 0;
  for (size_t i = 0; (one = golden_next(root, name, &i)); seen++)
    recurrent_torch_case(one, op, extra, n_extra);
  ck_assert_int_gt(seen, 0);
  json_decref(root);
}

#endif
