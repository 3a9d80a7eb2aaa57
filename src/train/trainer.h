/* trainer.h: a trainer inside: the forms of a model that it runs, its inputs, what it learns, what the guard
 * keeps.
 *
 * Forms (form.c) are models made of the user's: the training form (loss, gradients, optimizer), the
 * evaluation form (loss only), and the guard's (loss and gradients, nothing updated). They share one
 * atr_params: tensors are found there by name, so names of our own begin with "atrous." and made-up names
 * never meet. */
#ifndef ATR_TRAIN_TRAINER_H
#define ATR_TRAIN_TRAINER_H

#include <atrous/train.h>

#include "model/graph.h"
#include "op/optimizer.h"

typedef enum atr__purpose { ATR__FORM_TRAIN, ATR__FORM_EVALUATE, ATR__FORM_EXPLAIN } atr__purpose;

enum { ATR__STATES_MAX = 3 };

/* A weight that learns. Names belong to the trainer's model. */
typedef struct atr__learned {
  int id;       /* in every form and in the user's model */
  int gradient; /* value id in the training and the guard's form; 0: the loss does not depend on it */
  int state[ATR__STATES_MAX]; /* initial tensors of the training form: moments; 0: none */
  int64_t count;              /* elements */
  int gradient_at;            /* row in the norms; -1: none */
} atr__learned;

typedef struct atr__form {
  atr_model *model;
  atr_shape *inputs; /* of its inputs */
  size_t n_inputs;
  atr__learned *learned;
  size_t n_learned, n_gradients;
  int loss;        /* value id */
  int *statistics; /* initial tensors that change without gradient: running means and variances */
  size_t n_statistics;
  atr_plan *plan;
  atr_run *run;
} atr__form;

/* An input of the trainer: one of the model's, or of a head. */
typedef struct atr__trainer_input {
  char *name;
  atr_type type;
  atr_shape shape;
  size_t bytes;
  void *kept; /* as written; NULL: never */
} atr__trainer_input;

/* A state that goes from one window to the next. */
typedef struct atr__carried {
  int output;                /* value id, in every form */
  atr__trainer_input *input; /* its kept value is the state of the steps */
  int axis;                  /* of the samples */
  void *evaluating;          /* the state of the evaluations */
} atr__carried;

/* What the guard remembers. */
enum { ATR__GUARD_STEPS = 64, ATR__GUARD_EVALUATIONS = 64 };
typedef struct atr__evaluation {
  int64_t step;
  double train, valid; /* means: of the steps since the evaluation before, and of this one's batches */
  int64_t batches;
} atr__evaluation;
typedef struct atr__guard {
  double norm[ATR__GUARD_STEPS], loss[ATR__GUARD_STEPS]; /* rings, by step */
  int64_t n;                                             /* steps seen */
  double loss_sum;                                       /* since the last evaluation began */
  int64_t loss_n;
  atr__evaluation evaluation[ATR__GUARD_EVALUATIONS]; /* the last ones */
  size_t n_evaluations;
  int open;            /* the last call was an evaluation */
  atr_diagnosis fatal; /* of the last step, if it failed; trouble 0: none */
} atr__guard;

struct atr_trainer {
  atr_context *context;
  atr_error error;
  atr_train_params params; /* heads point to `heads` */
  atr_head *heads;
  size_t n_heads;
  atr_model *model;
  unsigned char *frozen; /* [model->n_values]: stays as it is */
  atr_shape *shapes;     /* of the model's inputs */
  size_t n_shapes;
  atr_params *weights;
  atr__form train, evaluate; /* the second is made when first asked for */
  atr__trainer_input *inputs;
  size_t n_inputs; /* the model's inputs, then each head's target and weight */
  int64_t step;
  atr__carried *carried;
  size_t n_carried;
  int evaluating; /* the call under way is an evaluation, or follows one */
  int evaluated;  /* the evaluation form holds outputs */
  float last_loss;
  atr__guard guard;
  void *data;
  size_t data_size;
};

/* Whether targets are class indices. */
static inline int atr__loss_of_labels(atr_loss loss) {
  return loss == ATR_LOSS_CROSS_ENTROPY || loss == ATR_LOSS_NLL;
}

/* form.c */
atr_status atr__form_make(const atr_trainer *trainer, atr__purpose purpose, atr_error *error,
                          atr__form *form);
/* The same with plan and run; the sentence goes to the trainer's error. keep_all: every tensor can be read.
 */
atr_status atr__form_open(atr_trainer *trainer, atr__purpose purpose, int keep_all, atr__form *form);
void atr__form_free(atr__form *form);
/* The head's output and what its target and weight look like, in the user's model. */
atr_status atr__form_heads(atr_trainer *trainer, atr_error *error);
/* A name such as "y.target" or "w.adam_m", to be freed; NULL: out of memory. */
char *atr__name(const char *base, const char *suffix);
/* Of the optimizer's states; ends with NULL, at most ATR__STATES_MAX. */
const char *const *atr__state_names(const atr_train_params *params);

/* trainer.c: writes every input to a form's run. x and target stand for the first input's and first head's if
 * not NULL. */
atr_status atr__trainer_feed(atr_trainer *trainer, atr__form *form, const void *x, const void *target);

/* carry.c: finds what params.carry names, which is then forgotten, and makes room, before the forms are made;
 * checks types and shapes once the training form has a plan; the value an input has in the call under way;
 * takes the states over from a run that went well. */
atr_status atr__carry_find(atr_trainer *trainer, atr_error *error);
atr_status atr__carry_check(const atr_trainer *trainer, atr_error *error);
const void *atr__carry_kept(const atr_trainer *trainer, const atr__trainer_input *input);
atr_status atr__carry_on(atr_trainer *trainer, const atr__form *form);
void atr__carry_free(atr_trainer *trainer);

/* freeze.c: fills `frozen` from params.freeze, which is then forgotten; and asks it for a value of the user's
 * model, or of a form. */
atr_status atr__freeze(atr_trainer *trainer, atr_error *error);
int atr__is_frozen(const atr_trainer *trainer, int id);

/* schedule.c: of step s = 0, 1, …, in double. */
double atr__schedule_rate(const atr_train_params *params, int64_t s);
void atr__schedule_scalars(const atr_train_params *params, int64_t s, float scalars[ATR__STEP_SCALARS]);

/* guard.c */
void atr__guard_step(atr__guard *guard, double loss, double norm);
void atr__guard_evaluation(atr__guard *guard, int64_t step, double loss);
/* After a step (or, `evaluating`, an evaluation) that gave something not finite: finds where it began, keeps
 * the diagnosis and fills the trainer's error; returns ATR_E_NONFINITE, or what went wrong on the way. */
atr_status atr__guard_explain(atr_trainer *trainer, const void *x, const void *target, const float *gate);

#endif
