/* guard.c: says what goes wrong in training, where it began, and what to do.
 *
 * After a step that gave something not finite the weights are as before it (op/optimizer.c), so the same
 * numbers can be computed again with every tensor kept: the first tensor in the order of the nodes that is
 * not finite is where it began. Finite trouble is read off small numbers: norms of gradients by tensor,
 * inverse deviations of the normalizations, and the history of losses. Thresholds are named below with their
 * reasons. */
#include "config.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "plan/plan.h"
#include "tensor/shape.h"
#include "train/trainer.h"

/* Root mean squares of gradients differ by layer; healthy networks stay within some 10³, a dying one loses a
 * factor a layer and passes 10⁵ long before float does. */
#define VANISHING_RATIO 1e-5
/* A step's norm beside the median of the last ones; clipping and warm-up do with 10. */
#define EXPLODING_RATIO 100.0
/* Above this an activation is on its way out of float, whatever the network. */
#define HUGE_VALUE 1e15
/* A variance below this share of epsilon is none: the division is by epsilon alone. */
#define FLAT_SHARE 0.02
/* Evaluations after the best one, and how much worse the last must be, for a rise to be no noise. */
enum { OVERFIT_PATIENCE = 2 };
#define OVERFIT_RISE 1.05

void atr__guard_step(atr__guard *guard, double loss, double norm) {
  if (guard->open) { /* the evaluation is over */
    guard->open = 0;
    guard->loss_sum = 0;
    guard->loss_n = 0;
  }
  guard->norm[guard->n % ATR__GUARD_STEPS] = norm;
  guard->loss[guard->n % ATR__GUARD_STEPS] = loss;
  guard->n++;
  guard->loss_sum += loss;
  guard->loss_n++;
}

void atr__guard_evaluation(atr__guard *guard, int64_t step, double loss) {
  if (!guard->open) {
    if (guard->n_evaluations == ATR__GUARD_EVALUATIONS) /* keep the latest */
      memmove(guard->evaluation, guard->evaluation + 1, --guard->n_evaluations * sizeof *guard->evaluation);
    const double train = guard->loss_n ? guard->loss_sum / (double)guard->loss_n : NAN;
    guard->evaluation[guard->n_evaluations++] = (atr__evaluation){ step, train, 0, 0 };
    guard->open = 1;
  }
  atr__evaluation *e = &guard->evaluation[guard->n_evaluations - 1];
  e->valid += (loss - e->valid) / (double)++e->batches;
}

static void place(atr_diagnosis *d, const char *tensor, const char *node) {
  snprintf(d->tensor, sizeof d->tensor, "%s", tensor ? tensor : "");
  snprintf(d->node, sizeof d->node, "%s", node ? node : "");
}

/* The first node that reads the value. */
static const atr__node *reader_of(const atr_model *model, int id) {
  for (size_t k = 0; k < model->n_nodes; k++)
    for (size_t i = 0; i < model->nodes[k].n_in; i++)
      if (model->nodes[k].in[i] == id) return &model->nodes[k];
  return NULL;
}
static const char *reader_name(const atr_model *model, int id) {
  const atr__node *node = reader_of(model, id);
  return node ? node->name : "";
}

/* What is in a tensor. */
typedef struct {
  int64_t bad, first, infinite; /* elements not finite, the first of them, how many are infinite */
  double most;                  /* greatest size of a finite one */
} look;

static look look_at(const float *v, int64_t n) {
  look l = { 0, -1, 0, 0 };
  for (int64_t i = 0; i < n; i++)
    if (!isfinite(v[i])) {
      if (!l.bad++) l.first = i;
      l.infinite += isinf(v[i]) != 0;
    } else if (fabs((double)v[i]) > l.most)
      l.most = fabs((double)v[i]);
  return l;
}

/* A float tensor of a form whose tensors are kept; NULL where it was not computed. To be freed. */
static float *kept(const atr__form *form, const char *name, int64_t *count) {
  atr_shape shape;
  const int id = atr__model_find(form->model, name);
  *count = 0;
  if (!id || !form->run || atr__run_shape(form->run, name, ATR_F32, &shape)) return NULL;
  *count = atr__shape_size(&shape);
  float *data = atr__malloc((size_t)*count * sizeof *data + 1);
  if (data && atr_run_read(form->run, name, data, (size_t)*count * sizeof *data)) {
    atr__free(data);
    data = NULL;
  }
  return data;
}

/* An input, target or weight of the caller that is not finite; targets of weight 0 may be anything. */
static int bad_input(const atr_trainer *trainer, const void *x, const void *target, atr_diagnosis *d) {
  for (size_t i = 0; i < trainer->n_inputs; i++) {
    const atr__trainer_input *input = &trainer->inputs[i];
    const float *v = i == 0 && x ? x : i == trainer->n_shapes && target ? target : input->kept;
    if (input->type != ATR_F32 || !v) continue;
    const size_t length = strlen(input->name);
    const float *mask = NULL;
    if (i + 1 < trainer->n_inputs && length > 7 && !strcmp(input->name + length - 7, ".target") &&
        !strncmp(trainer->inputs[i + 1].name, input->name, length - 7) &&
        !strcmp(trainer->inputs[i + 1].name + length - 7, ".weight"))
      mask = trainer->inputs[i + 1].kept;
    for (size_t k = 0; k < input->bytes / sizeof *v; k++)
      if (!isfinite(v[k]) && !(mask && mask[k] >= 0 && mask[k] <= 0)) {
        const int id = atr__model_find(trainer->model, input->name);
        d->trouble = ATR_TROUBLE_INPUT;
        d->value = (double)v[k];
        place(d, input->name, id ? reader_name(trainer->model, id) : "");
        snprintf(d->text, sizeof d->text,
                 "input \"%s\" holds %g at element %zu: remove or mask such samples before training",
                 input->name, (double)v[k], k);
        return 1;
      }
  }
  return 0;
}

static int bad_weight(atr_trainer *trainer, atr_diagnosis *d) {
  for (size_t i = 0; i < trainer->train.n_learned; i++) {
    const atr__learned *w = &trainer->train.learned[i];
    const char *name = atr__model_at(trainer->train.model, w->id)->name;
    float *v = atr__malloc((size_t)w->count * sizeof *v + 1);
    look l = { 0, 0, 0, 0 };
    if (v && !atr_trainer_read(trainer, name, v, (size_t)w->count * sizeof *v)) l = look_at(v, w->count);
    atr__free(v);
    if (!l.bad) continue;
    d->trouble = ATR_TROUBLE_NONFINITE;
    d->value = NAN;
    place(d, name, reader_name(trainer->train.model, w->id));
    snprintf(
        d->text, sizeof d->text,
        "weight \"%s\" of node \"%s\" was given with %lld elements that are not finite: load other weights",
        name, d->node, (long long)l.bad);
    return 1;
  }
  return 0;
}

/* A batch normalization whose input is constant over the batch in some channel. */
static int flat_channel(const float *x, const atr_shape *shape, int64_t *channel, double *variance) {
  const int64_t n = shape->dim[0], c = shape->dim[1], inner = atr__shape_span(shape, 2, shape->rank);
  for (int64_t k = 0; k < c; k++) {
    double sum = 0, squares = 0, shift = 0;
    for (int64_t i = 0; i < n * inner; i++) {
      const double v = (double)x[(i / inner * c + k) * inner + i % inner];
      if (!i) shift = v;
      sum += v - shift;
      squares += (v - shift) * (v - shift);
    }
    const double count = (double)(n * inner), var = squares / count - sum / count * (sum / count);
    if (var <= 1e-12 * shift * shift) { /* what float can tell from 0 beside the mean */
      *channel = k;
      *variance = var;
      return 1;
    }
  }
  return 0;
}

static int zero_variance(const atr__form *form, size_t up_to, atr_diagnosis *d) {
  for (size_t k = 0; k < form->model->n_nodes && k <= up_to; k++) {
    const atr__node *node = &form->model->nodes[k];
    if (strcmp(node->op->name, "BatchNormalization") || *node->op->domain) continue;
    const double epsilon = (double)atr__attrs_float(&node->attrs, "epsilon", 1e-5f);
    if (epsilon > 1e-12) continue; /* a usual epsilon keeps a flat channel finite */
    const char *name = atr__model_at(form->model, node->in[0])->name;
    int64_t count, channel;
    atr_shape shape;
    float *x = kept(form, name, &count);
    const int flat = x && !look_at(x, count).bad && !atr__run_shape(form->run, name, ATR_F32, &shape) &&
                     flat_channel(x, &shape, &channel, &d->value);
    atr__free(x);
    if (!flat) continue;
    d->trouble = ATR_TROUBLE_ZERO_VARIANCE;
    place(d, name, node->name);
    snprintf(d->text, sizeof d->text,
             "node \"%s\" normalizes channel %lld of \"%s\", which is constant over the batch (variance "
             "%.3g), with "
             "epsilon %g: raise epsilon (1e-5 is usual), use a larger batch, or remove the constant feature",
             node->name, (long long)channel, name, d->value, epsilon);
    return 1;
  }
  return 0;
}

static double median(const atr__guard *guard) {
  double sorted[ATR__GUARD_STEPS];
  const int64_t n = guard->n < ATR__GUARD_STEPS ? guard->n : ATR__GUARD_STEPS;
  for (int64_t i = 0; i < n; i++) {
    int64_t at = i;
    for (; at > 0 && sorted[at - 1] > guard->norm[i]; at--) sorted[at] = sorted[at - 1];
    sorted[at] = guard->norm[i];
  }
  return n ? sorted[n / 2] : 0;
}

static void trend(const atr__guard *guard, char text[96]) {
  if (guard->n < 2) {
    snprintf(text, 96, "it came in the first steps");
    return;
  }
  const int64_t back = guard->n < ATR__GUARD_STEPS ? guard->n : ATR__GUARD_STEPS;
  snprintf(text, 96, "the gradients' norm went from %.3g to %.3g in %lld steps",
           guard->norm[(guard->n - back) % ATR__GUARD_STEPS], guard->norm[(guard->n - 1) % ATR__GUARD_STEPS],
           (long long)back);
}

/* What is to be done about numbers that grow, as far as it is not done yet. */
static const char *remedy(const atr_trainer *trainer) {
  return trainer->params.clip_norm > 0 ? "" : "set clip_norm (1 is usual), ";
}
static const char *remedy_of(const char *op) {
  const int recurrent = !strcmp(op, "RNN") || !strcmp(op, "LSTM") || !strcmp(op, "GRU") ||
                        !strcmp(op, "RecurrentCell") || !strcmp(op, "ContinuousRNN");
  return recurrent ? "take an activation with bounds (Tanh), or begin the recurrent matrix as a rotation"
                   : "or normalize between layers";
}

/* The first tensor that is not finite, in the order of the nodes. */
static int first_bad(const atr_trainer *trainer, const atr__form *form, atr_diagnosis *d) {
  const atr_model *model = form->model;
  char history[96];
  trend(&trainer->guard, history);
  for (size_t k = 0; k < model->n_nodes; k++) {
    const atr__node *node = &model->nodes[k];
    for (size_t o = 0; o < node->n_out; o++) {
      int64_t count;
      const char *name = node->out[o] ? atr__model_at(model, node->out[o])->name : "";
      float *v = kept(form, name, &count);
      if (!v) continue;
      const look l = look_at(v, count);
      atr__free(v);
      if (!l.bad) continue;
      if (zero_variance(form, k, d)) return 1;
      double most = 0; /* what the node was given */
      for (size_t i = 0; i < node->n_in; i++) {
        float *in = node->in[i] ? kept(form, atr__model_at(model, node->in[i])->name, &count) : NULL;
        if (in) most = fmax(most, look_at(in, count).most);
        atr__free(in);
      }
      place(d, name, node->name);
      d->value = most;
      if (most > HUGE_VALUE || l.infinite == l.bad || median(&trainer->guard) > HUGE_VALUE) {
        d->trouble = ATR_TROUBLE_EXPLODING;
        snprintf(d->text, sizeof d->text,
                 "exploding: \"%s\" of node \"%s\" (%s) overflows, its inputs reach %.3g; %s: %slower the "
                 "learning rate, scale the inputs, %s",
                 name, node->name, node->op->name, most, history, remedy(trainer), remedy_of(node->op->name));
      } else {
        d->trouble = ATR_TROUBLE_NONFINITE;
        snprintf(d->text, sizeof d->text,
                 "node \"%s\" (%s) makes %lld elements of \"%s\" that are not finite, the first at %lld, "
                 "from inputs of "
                 "at most %.3g; %s: keep its input away from where it is not defined (add an epsilon, clip)",
                 node->name, node->op->name, (long long)l.bad, name, (long long)l.first, most, history);
      }
      return 1;
    }
  }
  return 0;
}

/* The weight with the largest gradient. */
static void place_largest(const atr__form *form, atr_diagnosis *d) {
  double most = -1;
  for (size_t i = 0; i < form->n_learned; i++) {
    const atr__learned *w = &form->learned[i];
    int64_t count;
    float *v = w->gradient ? kept(form, atr__model_at(form->model, w->gradient)->name, &count) : NULL;
    const double here = v ? look_at(v, count).most : -1;
    atr__free(v);
    if (here <= most) continue;
    most = here;
    place(d, atr__model_at(form->model, w->id)->name, reader_name(form->model, w->id));
  }
}

atr_status atr__guard_explain(atr_trainer *trainer, const void *x, const void *target, const float *gate) {
  atr_diagnosis *d = &trainer->guard.fatal;
  char history[96];
  memset(d, 0, sizeof *d);
  d->size = sizeof *d;
  if (bad_input(trainer, x, target, d) || bad_weight(trainer, d)) goto said;
  atr__form form;
  const atr__purpose purpose = gate ? ATR__FORM_EXPLAIN : ATR__FORM_EVALUATE;
  atr_status status = atr__form_open(trainer, purpose, 1, &form);
  if (!status) {
    status = atr__trainer_feed(trainer, &form, x, target);
    if (!status) status = atr_run_execute(form.run);
    const int found = !status && first_bad(trainer, &form, d);
    if (!status && !found) place_largest(&form, d);
    atr__form_free(&form);
    if (found) goto said;
  }
  /* Not to be seen tensor by tensor: only the sum of squares overflows, or there was no memory to look. */
  d->trouble = ATR_TROUBLE_EXPLODING;
  d->value = gate ? (double)gate[ATR__GATE_NORM] : NAN;
  trend(&trainer->guard, history);
  snprintf(d->text, sizeof d->text,
           "exploding: the gradients' norm overflows, the largest is that of \"%s\" of node \"%s\"; %s: "
           "%slower the learning rate, or scale the inputs",
           d->tensor, d->node, history, remedy(trainer));
said:
  return atr__fail(&trainer->error, ATR_E_NONFINITE, "step %lld changed nothing: %s",
                   (long long)trainer->step, d->text);
}

/* --- what can be read off a run that was finite --- */

typedef struct {
  atr_diagnosis *list;
  size_t room, n;
} report;

static void add(report *r, const atr_diagnosis *d) {
  if (r->n < r->room) {
    const size_t size = r->list[r->n].size; /* the caller's idea of it */
    memcpy(&r->list[r->n], d, size && size < sizeof *d ? size : sizeof *d);
    r->list[r->n].size = size;
  }
  r->n++;
}

static void find_exploding(const atr_trainer *trainer, const float *norms, report *r) {
  const atr__guard *g = &trainer->guard;
  const double last = g->n ? g->norm[(g->n - 1) % ATR__GUARD_STEPS] : 0, usual = median(g);
  if (g->n < 8 || !(last > EXPLODING_RATIO * usual) || !norms) return;
  const atr__learned *worst = NULL;
  for (size_t i = 0; i < trainer->train.n_learned; i++) {
    const atr__learned *w = &trainer->train.learned[i];
    if (w->gradient_at >= 0 && (!worst || norms[2 * w->gradient_at] > norms[2 * worst->gradient_at]))
      worst = w;
  }
  if (!worst) return;
  atr_diagnosis d = { .size = sizeof d, .trouble = ATR_TROUBLE_EXPLODING, .value = last };
  const atr_model *model = trainer->train.model;
  place(&d, atr__model_at(model, worst->id)->name, reader_name(model, worst->id));
  snprintf(d.text, sizeof d.text,
           "exploding: the gradients' norm is %.3g, the median of the last steps %.3g; most of it is in "
           "\"%s\" of node \"%s\": %slower the learning rate",
           last, usual, d.tensor, d.node, remedy(trainer));
  add(r, &d);
}

static void find_vanishing(const atr_trainer *trainer, const float *norms, report *r) {
  const atr_model *model = trainer->train.model;
  const atr__learned *least = NULL;
  double low = 0, high = 0;
  for (size_t i = 0; norms && i < trainer->train.n_learned; i++) {
    const atr__learned *w = &trainer->train.learned[i];
    if (w->gradient_at < 0 || atr__model_at(model, w->id)->init->shape.rank < 2 || !w->count) continue;
    const double rms = sqrt((double)norms[2 * w->gradient_at] / (double)w->count);
    if (rms > high) high = rms;
    if (!least || rms < low) {
      least = w;
      low = rms;
    }
  }
  if (!least || !(low < VANISHING_RATIO * high)) return;
  atr_diagnosis d = { .size = sizeof d, .trouble = ATR_TROUBLE_VANISHING, .value = low / high };
  place(&d, atr__model_at(model, least->id)->name, reader_name(model, least->id));
  snprintf(
      d.text, sizeof d.text,
      "vanishing: the gradient of \"%s\" of node \"%s\" is %.3g on average, %.2g of the largest layer's: use "
      "residual connections, normalization between layers, ReLU in place of Sigmoid or Tanh, or a gate that "
      "remembers (GRU, LSTM)",
      d.tensor, d.node, low, d.value);
  add(r, &d);
}

static void find_flat(atr_trainer *trainer, report *r) {
  const atr__form *form = &trainer->train;
  for (size_t k = 0; k < form->model->n_nodes && trainer->guard.n; k++) {
    const atr__node *node = &form->model->nodes[k];
    if (*node->op->domain || strcmp(node->op->name, "BatchNormalization") || node->n_out < 5) continue;
    const double epsilon = (double)atr__attrs_float(&node->attrs, "epsilon", 1e-5f);
    const char *name = atr__model_at(form->model, node->in[0])->name;
    int64_t c, flat = 0, first = -1;
    float *inverse = kept(form, atr__model_at(form->model, node->out[4])->name, &c);
    for (int64_t i = 0; inverse && i < c; i++) {
      const double variance = 1 / ((double)inverse[i] * (double)inverse[i]) - epsilon;
      if (variance < FLAT_SHARE * epsilon && !flat++) first = i;
    }
    atr__free(inverse);
    if (!flat) continue;
    atr_diagnosis d = { .size = sizeof d, .trouble = ATR_TROUBLE_ZERO_VARIANCE, .value = (double)flat };
    place(&d, name, node->name);
    snprintf(d.text, sizeof d.text,
             "node \"%s\" normalizes %lld of %lld channels of \"%s\" that are constant over the batch (the "
             "first is %lld), "
             "so epsilon %g alone divides: a dead ReLU or a constant feature; use a larger batch or a lower "
             "learning "
             "rate, or remove the feature",
             node->name, (long long)flat, (long long)c, name, (long long)first, epsilon);
    add(r, &d);
  }
}

static void find_overfitting(const atr__guard *g, report *r) {
  const size_t n = g->n_evaluations;
  size_t best = 0;
  for (size_t i = 1; i < n; i++)
    if (g->evaluation[i].valid < g->evaluation[best].valid) best = i;
  if (n < 2 || best + OVERFIT_PATIENCE >= n) return;
  const atr__evaluation *b = &g->evaluation[best], *last = &g->evaluation[n - 1];
  if (!(last->valid > OVERFIT_RISE * b->valid) || !(last->train < b->train)) return;
  atr_diagnosis d = { .size = sizeof d, .trouble = ATR_TROUBLE_OVERFITTING, .value = last->valid };
  snprintf(d.text, sizeof d.text,
           "overfitting: since step %lld the training loss fell from %.4g to %.4g while the evaluation's "
           "rose from %.4g to "
           "%.4g: keep the weights of that step, and use more or augmented data, weight decay, dropout, or a "
           "smaller "
           "network",
           (long long)b->step, b->train, last->train, b->valid, last->valid);
  add(r, &d);
}

atr_status atr_trainer_diagnose(atr_trainer *trainer, atr_diagnosis *list, size_t room, size_t *count) {
  report r = { list, room, 0 };
  atr_status status = ATR_OK;
  const size_t bytes = trainer->train.n_gradients * 2 * sizeof(float);
  float *norms = trainer->guard.n ? atr__malloc(bytes) : NULL;
  if (norms && (status = atr_run_read(trainer->train.run, "atrous.norms", norms, bytes)))
    atr__fail(&trainer->error, status, "%s", atr_run_error(trainer->train.run));
  if (!status) {
    if (trainer->guard.fatal.trouble) {
      add(&r, &trainer->guard.fatal);
    } else {
      find_exploding(trainer, norms, &r);
      find_flat(trainer, &r);
      find_vanishing(trainer, norms, &r);
    }
    find_overfitting(&trainer->guard, &r);
  }
  atr__free(norms);
  *count = r.n;
  return status;
}
