/* form.c: from the user's model to the forms that a trainer runs; see trainer.h.
 *
 * Training form: batch normalization uses the batch's statistics (and PyTorch's unbiased running variance),
 * dropout is on and counts steps, heads get losses, differentiate.c appends the gradients, and then come the
 * gradients' norms, the gate, one optimizer step a weight, and the running statistics' commit: all of it
 * after the gate, so that nothing changes where something is not finite. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "tensor/shape.h"
#include "train/trainer.h"

/* A form being made; failures are sticky. */
typedef struct {
  const atr_trainer *trainer;
  atr__form *form;
  atr_model *model;
  atr__infer_state shapes;
  int *pairs; /* running statistic, its new value, … */
  size_t n_pairs, room_pairs;
  int *inverse; /* of every batch normalization: 1 / standard deviation */
  size_t n_inverse, room_inverse;
  atr_status status;
  atr_error *error;
} making;

static void out_of_memory(making *b) {
  if (!b->status) b->status = atr__nomem(b->error, sizeof *b->form);
}

/* Takes the model's sticky failure over. */
static int failed(making *b) {
  if (!b->status && b->model->error.status) {
    b->status = b->model->error.status;
    if (b->error) *b->error = b->model->error;
  }
  return b->status != ATR_OK;
}

char *atr__name(const char *base, const char *suffix) {
  const size_t length = strlen(base), more = strlen(suffix);
  char *name = atr__malloc(length + more + 1);
  if (!name) return NULL;
  memcpy(name, base, length);
  memcpy(name + length, suffix, more + 1);
  return name;
}

const char *const *atr__state_names(const atr_train_params *p) {
  static const char *const none[] = { NULL }, *const velocity[] = { ".velocity", NULL },
                           *const adam[] = { ".adam_m", ".adam_v", NULL },
                           *const adagrad[] = { ".adagrad_sum", NULL };
  static const char *const rmsprop[2][2][4] = { { { ".rms_square" }, { ".rms_square", ".rms_mean" } },
                                                { { ".rms_square", ".rms_velocity" },
                                                  { ".rms_square", ".rms_velocity", ".rms_mean" } } };
  switch (p->optimizer) {
  case ATR_RMSPROP: return rmsprop[p->momentum > 0][p->centered != 0];
  case ATR_ADAGRAD: return adagrad;
  case ATR_SGD: return p->momentum > 0 ? velocity : none;
  default: return adam;
  }
}

static void know(making *b, int id, atr_type type, const atr_shape *shape, const atr__blob *known) {
  if (failed(b)) return;
  b->status = atr__infer_room(b->model, &b->shapes, b->error);
  if (b->status) return;
  b->shapes.type[id - 1] = type;
  b->shapes.shape[id - 1] = *shape;
  b->shapes.known[id - 1] = atr__blob_retain(known);
}

static int add_input(making *b, const char *name, atr_type type, const atr_shape *shape, int infer) {
  if (failed(b)) return 0;
  const atr_value value = atr_model_add_input(b->model, name, type, shape);
  if (failed(b)) return 0;
  b->form->inputs[b->form->n_inputs++] = *shape; /* room was made for all */
  if (infer) know(b, value.id, type, shape, NULL);
  return value.id;
}

static int add_initial(making *b, const char *name, atr_type type, const atr_shape *shape, const void *data,
                       int infer) {
  atr__blob *blob;
  if (failed(b)) return 0;
  if ((b->status = atr__blob_create(type, shape, data, b->error, &blob))) return 0;
  const int id = atr__model_init(b->model, name, blob, 0);
  if (infer) know(b, id, type, shape, blob);
  atr__blob_release(blob);
  return failed(b) ? 0 : id;
}

/* Takes the attributes over. name: of the first output, NULL: made up. Returns the first output. */
static int add_node(making *b, const char *domain, const char *op, const int *in, size_t n_in,
                    atr__attrs *attrs, const char *name, size_t n_out) {
  const char *names[4] = { name, NULL, NULL, NULL };
  atr__attrs none = { 0 };
  if (failed(b)) {
    if (attrs) atr__attrs_free(attrs);
    return 0;
  }
  const int first = atr__model_node_unprobed(b->model, atr__op_find(domain, op), NULL, in, n_in,
                                             attrs ? attrs : &none, names, n_out);
  if (failed(b)) return 0;
  b->status = atr__infer_room(b->model, &b->shapes, b->error);
  if (!b->status) b->status = atr__infer_node(b->model, b->model->n_nodes - 1, &b->shapes, b->error);
  return b->status ? 0 : first;
}

static int is(const atr__node *node, const char *op) {
  return !*node->op->domain && !strcmp(node->op->name, op);
}

/* Output `i` of a node, made where it has none; shapes come later. */
static int output(making *b, size_t k, size_t i) {
  atr__node *node = &b->model->nodes[k];
  if (failed(b)) return 0;
  if (i >= node->n_out) {
    int *grown = atr__realloc_array(node->out, i + 1, sizeof *grown);
    if (!grown) {
      out_of_memory(b);
      return 0;
    }
    memset(grown + node->n_out, 0, (i + 1 - node->n_out) * sizeof *grown);
    node->out = grown;
    node->n_out = i + 1;
  }
  if (!node->out[i]) {
    const int id = atr__model_value(b->model, NULL);
    if (failed(b)) return 0;
    node->out[i] = id;
    atr__model_at(b->model, id)->producer = (int)k;
  }
  return node->out[i];
}

static void push(making *b, int **list, size_t *n, size_t *room, int value) {
  if (atr__grow(list, room, *n + 1, sizeof **list))
    out_of_memory(b);
  else
    (*list)[(*n)++] = value;
}

/* By the batch's statistics, unless the running ones are frozen. */
static void train_normalization(making *b, size_t k) {
  for (size_t i = 3; i < b->model->nodes[k].n_in && i < 5; i++)
    if (atr__is_frozen(b->trainer, b->model->nodes[k].in[i])) return;
  for (size_t i = 1; i <= 4 && !b->status; i++) {
    const int id = output(b, k, i);
    const atr__node *node = &b->model->nodes[k];
    if (i <= 2 && id && atr__model_at(b->model, node->in[i + 2])->init) {
      push(b, &b->pairs, &b->n_pairs, &b->room_pairs, node->in[i + 2]);
      push(b, &b->pairs, &b->n_pairs, &b->room_pairs, id);
    }
    if (i == 4) push(b, &b->inverse, &b->n_inverse, &b->room_inverse, id);
  }
  atr__attrs *attrs = &b->model->nodes[k].attrs;
  if (!b->status &&
      (atr__attrs_set_int(attrs, "training_mode", 1) || atr__attrs_set_int(attrs, "unbiased", 1)))
    out_of_memory(b);
}

static void train_dropout(making *b, size_t k, int on, int step) {
  atr__node *node = &b->model->nodes[k];
  if (failed(b)) return;
  int *in = atr__calloc(4, sizeof *in);
  /* A key of its own for each node: two of the same key would drop the same elements. */
  const uint64_t key = (b->trainer->params.seed + 1) * 0x9E3779B97F4A7C15u ^ (uint64_t)k << 32 ^
                       (uint64_t)atr__attrs_int(&node->attrs, "seed", 0);
  if (!in || atr__attrs_set_int(&node->attrs, "seed", (int64_t)key)) {
    atr__free(in);
    out_of_memory(b);
    return;
  }
  in[0] = node->in[0];
  in[1] = node->n_in > 1 ? node->in[1] : 0;
  in[2] = on;
  in[3] = step;
  atr__free(node->in);
  node->in = in;
  node->n_in = 4;
}

/* Running statistics change between runs: the planner must not take them for constants. */
static void keep_statistics_variable(making *b) {
  for (size_t k = 0; k < b->model->n_nodes; k++) {
    const atr__node *node = &b->model->nodes[k];
    for (size_t i = 3; is(node, "BatchNormalization") && i < node->n_in && i < 5; i++)
      if (node->in[i] && atr__model_at(b->model, node->in[i])->init)
        atr__model_at(b->model, node->in[i])->learns = 1;
  }
}

static void to_training(making *b) {
  static const unsigned char yes = 1;
  const atr_shape scalar = { 0, { 0 } }, pair = { 1, { 2 } };
  int on = 0, step = 0;
  const size_t n = b->model->n_nodes;
  if (!b->status)
    b->status = atr__clip_through_time(b->model, b->trainer->params.clip_through_time, b->error);
  for (size_t k = 0; k < n && !b->status; k++)
    if (is(&b->model->nodes[k], "BatchNormalization"))
      train_normalization(b, k);
    else if (is(&b->model->nodes[k], "Dropout")) {
      if (!on) on = add_initial(b, "atrous.true", ATR_BOOL, &scalar, &yes, 0);
      if (!step) step = add_input(b, "atrous.step", ATR_I32, &pair, 0);
      train_dropout(b, k, on, step);
    }
}

/* The head's scores: its output, or what goes into the Softmax or Sigmoid that makes it. */
static int scores_of(const atr_model *model, const atr__infer_state *shapes, const atr_head *head, int id) {
  const atr__value *value = atr__model_at(model, id);
  if (value->producer < 0) return id;
  const atr__node *node = &model->nodes[value->producer];
  if (head->loss == ATR_LOSS_BINARY && is(node, "Sigmoid")) return node->in[0];
  if ((head->loss == ATR_LOSS_CROSS_ENTROPY || head->loss == ATR_LOSS_PROBABILITY) && is(node, "Softmax")) {
    const int64_t axis = atr__attrs_int(&node->attrs, "axis", -1), rank = shapes->shape[id - 1].rank;
    if (axis == 1 || axis == 1 - rank) return node->in[0];
  }
  return id;
}

/* What Dice takes of an output: itself where it is a share, else its sigmoid. */
static int shares_of(making *b, int id) {
  const int producer = atr__model_at(b->model, id)->producer;
  if (producer >= 0 &&
      (is(&b->model->nodes[producer], "Sigmoid") || is(&b->model->nodes[producer], "Softmax")))
    return id;
  return add_node(b, "", "Sigmoid", &id, 1, NULL, NULL, 1);
}

static atr_status loss_attrs(const atr_head *head, atr__attrs *attrs) {
  switch (head->loss) {
  case ATR_LOSS_HUBER: return atr__attrs_set_float(attrs, "delta", head->huber_delta);
  case ATR_LOSS_BINARY: return atr__attrs_set_float(attrs, "positive_weight", head->positive_weight);
  case ATR_LOSS_DICE: return atr__attrs_set_float(attrs, "smooth", head->dice_smooth);
  case ATR_LOSS_CROSS_ENTROPY:
  case ATR_LOSS_NLL: return atr__attrs_set_int(attrs, "ignore_index", head->ignore_index);
  default: return ATR_OK;
  }
}

static int head_loss(making *b, size_t h, const char *name) {
  static const char *const op[] = { "MeanSquaredError",          "Huber",
                                    "SoftmaxCrossEntropyLoss",   "BinaryCrossEntropy",
                                    "CrossEntropyProbability",   "MeanAbsoluteError",
                                    "NegativeLogLikelihoodLoss", "Dice" };
  const atr_head *head = &b->trainer->heads[h];
  const int out = atr__model_find(b->model, head->output);
  int in[3] = { scores_of(b->model, &b->shapes, head, out), 0, 0 };
  size_t at = b->trainer->n_shapes; /* this head's first input */
  for (size_t i = 0; i < h; i++) at += 1 + (b->trainer->heads[i].weighted != 0);
  for (int i = 0; i <= (head->weighted != 0); i++) {
    const atr__trainer_input *input = &b->trainer->inputs[at + (size_t)i];
    in[1 + i] = add_input(b, input->name, input->type, &input->shape, 1);
  }
  if (head->class_weights) {
    const atr_shape shape = { 1, { (int64_t)head->n_classes } };
    char own[64];
    snprintf(own, sizeof own, "atrous.class_weights_%zu", h);
    in[2] = add_initial(b, own, ATR_F32, &shape, head->class_weights, 1);
  }
  if (head->loss == ATR_LOSS_DICE) in[0] = shares_of(b, out);
  atr__attrs attrs = { 0 };
  if (loss_attrs(head, &attrs)) out_of_memory(b);
  return add_node(b, atr__loss_of_labels(head->loss) ? "" : "org.atrous", op[head->loss], in, in[2] ? 3 : 2,
                  &attrs, name, 1);
}

/* Σ share · loss of the heads. */
static void add_loss(making *b) {
  const atr_shape scalar = { 0, { 0 } };
  const size_t n = b->trainer->n_heads;
  int sum = 0;
  for (size_t h = 0; h < n && !failed(b); h++) {
    const float share = b->trainer->heads[h].share;
    const int plain = n == 1 && share >= 1 && share <= 1;
    int loss = head_loss(b, h, plain ? "atrous.loss" : NULL);
    if (!plain) {
      const int pair[2] = { loss, add_initial(b, NULL, ATR_F32, &scalar, &share, 1) };
      loss = add_node(b, "", "Mul", pair, 2, NULL, n == 1 ? "atrous.loss" : NULL, 1);
    }
    if (sum) {
      const int pair[2] = { sum, loss };
      loss = add_node(b, "", "Add", pair, 2, NULL, h + 1 == n ? "atrous.loss" : NULL, 1);
    }
    sum = loss;
  }
  b->form->loss = sum;
}

static void find_learned(making *b) {
  atr__form *form = b->form;
  form->learned = atr__calloc(b->model->n_values, sizeof *form->learned);
  if (!form->learned) {
    out_of_memory(b);
    return;
  }
  for (size_t i = 0; i < b->model->n_values; i++)
    if (b->model->values[i].learns && !atr__is_frozen(b->trainer, (int)i + 1))
      form->learned[form->n_learned++] =
          (atr__learned){ .id = (int)i + 1, .count = b->model->values[i].init->count, .gradient_at = -1 };
  if (!form->n_learned) b->status = atr__fail(b->error, ATR_E_PARAM, "the model has no weight that learns");
}

static void add_gradients(making *b) {
  atr__form *form = b->form;
  int *wanted = atr__calloc(2 * form->n_learned, sizeof *wanted);
  if (!wanted) out_of_memory(b);
  if (b->status) goto done;
  for (size_t i = 0; i < form->n_learned; i++) wanted[i] = form->learned[i].id;
  b->status = atr__differentiate(b->model, &b->shapes, form->loss, wanted, form->n_learned,
                                 wanted + form->n_learned, NULL, b->error);
  for (size_t i = 0; i < form->n_learned && !b->status; i++) {
    form->learned[i].gradient = wanted[form->n_learned + i];
    if (form->learned[i].gradient) form->learned[i].gradient_at = (int)form->n_gradients++;
  }
  if (!b->status && !form->n_gradients)
    b->status = atr__fail(b->error, ATR_E_PARAM, "the loss depends on no weight that learns");
done:
  atr__free(wanted);
}

/* The value takes the storage of an initial tensor: an update in place. */
static void alias(making *b, int value, int initial) {
  if (!b->status) atr__model_at(b->model, value)->alias = initial;
}

static void add_step(making *b, atr__learned *w, int scalars, int gate) {
  const atr_train_params *p = &b->trainer->params;
  static const char *const op[] = { "SgdStep", "AdamStep", "AdamWStep", "RmspropStep", "AdagradStep" };
  const char *const *names = atr__state_names(p);
  int in[4 + ATR__STATES_MAX] = { w->id, w->gradient, scalars, gate };
  size_t n = 4;
  for (size_t i = 0; names[i] && !b->status; i++) {
    char *name = atr__name(atr__model_at(b->model, w->id)->name, names[i]);
    if (!name) out_of_memory(b);
    const atr_shape shape = atr__model_at(b->model, w->id)->init->shape;
    if (name) in[n++] = w->state[i] = add_initial(b, name, ATR_F32, &shape, NULL, 1);
    atr__free(name);
    float *first =
        b->status || p->optimizer != ATR_ADAGRAD ? NULL : atr__model_at(b->model, w->state[i])->init->data;
    for (int64_t k = 0; first && k < w->count; k++) first[k] = p->initial_accumulator;
  }
  atr__attrs attrs = { 0 };
  if (p->optimizer == ATR_SGD && p->nesterov && atr__attrs_set_int(&attrs, "nesterov", 1)) out_of_memory(b);
  if (p->optimizer == ATR_RMSPROP && p->centered && atr__attrs_set_int(&attrs, "centered", 1))
    out_of_memory(b);
  add_node(b, "org.atrous", op[p->optimizer], in, n, &attrs, NULL, n - 3);
  if (b->status) return;
  const atr__node *node = &b->model->nodes[b->model->n_nodes - 1];
  for (size_t i = 0; i < node->n_out; i++) alias(b, node->out[i], i ? w->state[i - 1] : w->id);
}

static void add_output(making *b, int id) {
  for (size_t i = 0; i < b->model->n_outputs; i++)
    if (b->model->outputs[i] == id) return; /* two weights may have one gradient */
  if (!failed(b)) atr_model_add_output(b->model, NULL, (atr_value){ id });
}

static void add_optimizer(making *b) {
  atr__form *form = b->form;
  const atr_shape shape = { 1, { ATR__STEP_SCALARS } };
  const int scalars = add_input(b, "atrous.scalars", ATR_F32, &shape, 1);
  int *list = atr__calloc(form->n_gradients, sizeof *list);
  if (!list) out_of_memory(b);
  for (size_t i = 0, n = 0; list && i < form->n_learned; i++)
    if (form->learned[i].gradient) list[n++] = form->learned[i].gradient;
  const int norms =
      add_node(b, "org.atrous", "GradientNorm", list, form->n_gradients, NULL, "atrous.norms", 1);
  const int three[3] = { form->loss, scalars, norms };
  const int gate = add_node(b, "org.atrous", "ClipFactor", three, 3, NULL, "atrous.gate", 1);
  atr__free(list);
  for (size_t i = 0; i < form->n_learned && !b->status; i++)
    if (form->learned[i].gradient) add_step(b, &form->learned[i], scalars, gate);
  form->statistics = atr__calloc(b->n_pairs / 2, sizeof *form->statistics);
  if (!form->statistics) out_of_memory(b);
  for (size_t i = 0; i < b->n_pairs && !b->status; i += 2) {
    const int in[3] = { b->pairs[i], b->pairs[i + 1], gate };
    alias(b, add_node(b, "org.atrous", "Commit", in, 3, NULL, NULL, 1), b->pairs[i]);
    form->statistics[form->n_statistics++] = b->pairs[i];
  }
  add_output(b, gate);
  add_output(b, norms);
  for (size_t i = 0; i < b->n_inverse; i++) add_output(b, b->inverse[i]);
}

atr_status atr__form_make(const atr_trainer *trainer, atr__purpose purpose, atr_error *error,
                          atr__form *form) {
  making b = { .trainer = trainer, .form = form, .error = error };
  memset(form, 0, sizeof *form);
  b.status = atr__model_copy(trainer->model, error, &form->model);
  if (b.status) return b.status;
  b.model = form->model;
  form->inputs = atr__calloc(trainer->n_inputs + 2, sizeof *form->inputs);
  if (!form->inputs) {
    out_of_memory(&b);
    goto done;
  }
  for (size_t i = 0; i < trainer->n_shapes; i++) form->inputs[form->n_inputs++] = trainer->shapes[i];
  const int learns = purpose != ATR__FORM_EVALUATE;
  if (learns) {
    find_learned(&b);
    to_training(&b);
    b.model->n_outputs = 0; /* predictions of the training form are nobody's */
  } else
    b.model->made_up += 1 << 24; /* its constants are found by name beside the training form's */
  keep_statistics_variable(&b);
  if (!b.status) b.status = atr__infer_graph(b.model, form->inputs, form->n_inputs, &b.shapes, error);
  add_loss(&b);
  if (learns && !failed(&b)) add_gradients(&b);
  if (purpose == ATR__FORM_TRAIN && !failed(&b)) add_optimizer(&b);
  for (size_t i = 0; learns && i < trainer->n_carried; i++) add_output(&b, trainer->carried[i].output);
  add_output(&b, form->loss);
  for (size_t i = 0; learns && i < form->n_learned; i++)
    if (form->learned[i].gradient) add_output(&b, form->learned[i].gradient);
  failed(&b);
done:
  atr__infer_free(&b.shapes, b.model);
  atr__free(b.pairs);
  atr__free(b.inverse);
  if (b.status) atr__form_free(form);
  return b.status;
}

atr_status atr__form_open(atr_trainer *trainer, atr__purpose purpose, int keep_all, atr__form *form) {
  atr_error *error = &trainer->error;
  atr_plan_options options = ATR_PLAN_OPTIONS_INIT;
  options.params = trainer->weights;
  options.keep_all = keep_all;
  atr_status status = atr__form_make(trainer, purpose, error, form);
  if (status) return status;
  ATR__CHECK(atr_plan_create(form->model, trainer->context, form->inputs, form->n_inputs, &options, error,
                             &form->plan));
  ATR__CHECK(atr_run_create(form->plan, error, &form->run));
  return ATR_OK;
fail:
  atr__form_free(form);
  return status;
}

void atr__form_free(atr__form *form) {
  atr_run_destroy(form->run);
  atr_plan_destroy(form->plan);
  atr_model_destroy(form->model);
  atr__free(form->inputs);
  atr__free(form->learned);
  atr__free(form->statistics);
  memset(form, 0, sizeof *form);
}

static atr_status add_trainer_input(atr_trainer *trainer, const char *base, const char *suffix, atr_type type,
                                    const atr_shape *shape, atr_error *error) {
  atr__trainer_input *input = &trainer->inputs[trainer->n_inputs];
  int64_t count;
  const atr_status status = atr__shape_count(shape, error, &count);
  if (status) return status;
  *input = (atr__trainer_input){ atr__name(base, suffix), type, *shape, (size_t)count * atr_type_size(type),
                                 NULL };
  if (!input->name) return atr__nomem(error, strlen(base));
  trainer->n_inputs++;
  return ATR_OK;
}

static atr_status head_inputs(atr_trainer *trainer, const atr__infer_state *shapes, atr_head *head,
                              atr_error *error) {
  const atr_model *model = trainer->model;
  const int id = atr__model_find(model, head->output);
  atr_shape shape = shapes->shape[id - 1];
  const int of_classes = atr__loss_of_labels(head->loss) || head->loss == ATR_LOSS_PROBABILITY;
  char text[ATR__SHAPE_TEXT];
  if (of_classes && (shape.rank < 2 || (head->class_weights && (int64_t)head->n_classes != shape.dim[1])))
    return atr__fail(error, ATR_E_SHAPE,
                     "output \"%s\" has shape %s, which does not go with a loss of classes%s%s", head->output,
                     atr__shape_text(&shape, text), head->class_weights ? " of that many" : "",
                     head->class_weights ? " class weights" : "");
  if (atr__loss_of_labels(head->loss)) {
    for (int i = 1; i + 1 < shape.rank; i++) shape.dim[i] = shape.dim[i + 1];
    shape.rank--;
  }
  atr_status status = add_trainer_input(trainer, head->output, ".target",
                                        atr__loss_of_labels(head->loss) ? ATR_I32 : ATR_F32, &shape, error);
  if (status || !head->weighted) return status;
  if ((status = add_trainer_input(trainer, head->output, ".weight", ATR_F32, &shape, error))) return status;
  atr__trainer_input *weight = &trainer->inputs[trainer->n_inputs - 1];
  float *ones = atr__malloc(weight->bytes);
  if (!ones) return atr__nomem(error, weight->bytes);
  for (size_t i = 0; i < weight->bytes / sizeof *ones; i++) ones[i] = 1;
  weight->kept = ones;
  return ATR_OK;
}

atr_status atr__form_heads(atr_trainer *trainer, atr_error *error) {
  const atr_model *model = trainer->model;
  atr__infer_state shapes;
  memset(&shapes, 0, sizeof shapes);
  atr_status status = ATR_OK;
  trainer->inputs = atr__calloc(model->n_inputs + 2 * trainer->n_heads, sizeof *trainer->inputs);
  if (!trainer->inputs) {
    status = atr__nomem(error, model->n_inputs);
    goto fail;
  }
  ATR__CHECK(atr__infer_graph(model, trainer->shapes, trainer->n_shapes, &shapes, error));
  for (size_t i = 0; i < model->n_inputs; i++) {
    const atr__value *value = atr__model_at(model, model->inputs[i]);
    ATR__CHECK(add_trainer_input(trainer, value->name, "", value->type, &trainer->shapes[i], error));
  }
  for (size_t h = 0; h < trainer->n_heads; h++)
    ATR__CHECK(head_inputs(trainer, &shapes, &trainer->heads[h], error));
fail:
  atr__infer_free(&shapes, model);
  return status;
}
