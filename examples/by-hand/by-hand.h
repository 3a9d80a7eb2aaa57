/* by-hand.h: what the worked problems share. A problem has numbers that a reader may change; its `solve`
 * computes the answers twice, by the formulas of doc/by-hand in double precision and by the library, and
 * shows both. */
#ifndef BY_HAND_H
#define BY_HAND_H

#include <atrous.h>

enum { NUMBERS_MOST = 16 };

/* Named numbers, row after row. Lists end with a name of NULL. */
struct numbers {
  const char *name;
  int n;
  double v[NUMBERS_MOST];
};

struct session {
  atr_context *context;
  int lines, differ, failed;
};

struct problem {
  const char *name, *title; /* also of its text, doc/by-hand/NAME.md */
  struct numbers *numbers;
  void (*solve)(struct session *session, const struct numbers *numbers);
};

extern const struct problem problem_network, problem_gradient_descent, problem_backpropagation, problem_adam,
    problem_softmax, problem_padding, problem_dilation, problem_pooling, problem_dropout,
    problem_batch_normalization, problem_rnn;

/* main.c. One line: what it is, the paper's number, the library's, and whether they agree. */
void compare(struct session *session, double paper, double library, const char *what, ...);
/* A library call that failed: said once, with its sentence. */
void failed(struct session *session, const char *sentence);

/* library.c: building a model of known shapes and running it. After a failure everything does nothing and
 * reads zeros. */
struct shape {
  int rank;
  int64_t dim[4];
};
atr_model *model_new(struct session *session);
atr_value model_input(atr_model *model, const char *name, struct shape shape);
atr_value model_weight(atr_model *model, const char *name, struct shape shape, const double *values);
atr_value model_node(atr_model *model, const char *op, const atr_value *in, size_t n_in,
                     const atr_attribute *attributes, size_t n);

struct library {
  struct session *session;
  atr_model *model;
  atr_plan *plan;
  atr_run *run;
};
/* Takes the model. gradient: of what ("" : the sum of all outputs; NULL: no gradient; "mse": mean squared
 * error of the first output against its target). */
struct library library_open(struct session *session, atr_model *model, const char *gradient);
void library_write(struct library *library, const char *name, const double *values, int n);
void library_run(struct library *library);
void library_read(struct library *library, const char *name, double *values, int n);
void library_close(struct library *library);

#endif
