/* graph.h: a model in memory: values and nodes in topological order.
 *
 * A value is an input, an initial tensor or a node's output; its id is its index + 1, 0 means absent. Free
 * dimensions: besides the shape with -1 the graph keeps, for two probe sizes, what inference gave; a
 * dimension that differs between the probes is free. So operators' inference only ever sees known sizes. What
 * waits for data (control flow, a shape that is computed) has an unknown shape, rank -1, and so has what
 * follows from it, until a plan gets there (plan/segment.c). */
#ifndef ATR_MODEL_GRAPH_H
#define ATR_MODEL_GRAPH_H

#include <stdatomic.h>

#include <atrous/build.h>
#include <atrous/model.h>

#include "model/names.h"
#include "op/attr.h"
#include "op/op.h"

typedef struct atr__value {
  char *name; /* unique, not empty */
  atr_type type;
  atr_shape shape; /* -1: free; rank -1: not known */
  int producer;    /* index of the node, or -1 */
  atr__blob *init; /* initial tensor, or NULL */
  int learns;      /* an initial tensor that gradient descent may change */
  int alias; /* 0, or the id of the initial tensor whose storage this output writes: an update in place */
} atr__value;

/* A graph within a node (If, Loop, Scan). Its inputs are those ONNX gives it, then what it takes from the
 * graphs around it: as many as the node has captures, in their order. */
typedef struct atr__body {
  const char *name; /* of the attribute; static */
  struct atr_model *model;
} atr__body;

typedef struct atr__node {
  char *name; /* unique, not empty */
  const atr__op *op;
  atr__attrs attrs;
  int *in, *out; /* value ids, 0: absent */
  size_t n_in, n_out;
  size_t n_own; /* inputs that are ONNX's; those behind are captures */
  atr__body *bodies;
  size_t n_bodies;
} atr__node;

/* What inference knows of a graph for one set of input sizes. */
typedef struct atr__infer_state {
  size_t n_values, n_nodes; /* how far it got */
  size_t room_values, room_nodes;
  atr_type *type; /* by value index */
  atr_shape *shape;
  atr__blob **known; /* the value, where known before running; else NULL */
  void **params;     /* by node index: op->params_size bytes */
  int64_t folded;    /* elements of the values that were computed */
} atr__infer_state;

struct atr_model {
  uint64_t id; /* of this object, never used again in the process */
  atomic_int references;
  atr__value *values;
  atr__node *nodes;
  int *inputs, *outputs; /* value ids */
  size_t n_values, n_nodes, n_inputs, n_outputs;
  size_t room_values, room_nodes, room_inputs, room_outputs;
  atr__names value_names, node_names; /* → id, index */
  char **metadata;                    /* key, value, key, value … */
  size_t n_metadata, room_metadata;
  char *warning;        /* what the reader doubts, a sentence; NULL: nothing */
  int lenient;          /* what fails at the probe sizes, and might not at others, is left unknown (files) */
  uint64_t seed, drawn; /* of initial weights; drawn counts the tensors drawn so far */
  int made_up;          /* names made up so far */
  atr__infer_state probe[2];
  atr_error error; /* the first failure of the builder */
};

/* The builder's inner half; sticky like the public one. Return ids. A name of NULL is made up; a taken one
 * fails. */
int atr__model_value(atr_model *model, const char *name);
int atr__model_init(atr_model *model, const char *name, atr__blob *blob, int learns); /* retains */
/* Takes over the attributes (also on failure). out_names may be NULL, or hold NULLs; "" is an absent output.
 */
int atr__model_node(atr_model *model, const atr__op *op, const char *name, const int *in, size_t n_in,
                    atr__attrs *attrs, const char *const *out_names, size_t n_out);
/* The same without inference at the probe sizes, for nodes whose constants fit one size only (gradients). */
int atr__model_node_unprobed(atr_model *model, const atr__op *op, const char *name, const int *in,
                             size_t n_in, atr__attrs *attrs, const char *const *out_names, size_t n_out);
/* That inference after all, for the nodes from `from` on. */
atr_status atr__model_probe(atr_model *model, size_t from);
/* A node with graphs within, which belong to the model from here on, also after a failure. in: n_own of
 * ONNX's, then the captures. */
int atr__model_control(atr_model *model, const atr__op *op, const char *name, const int *in, size_t n_in,
                       size_t n_own, atr__attrs *attrs, const atr__body *bodies, size_t n_bodies,
                       const char *const *out_names, size_t n_out);
/* An input of a graph within, whose type and shape are whatever it is given. */
int atr__model_any_input(atr_model *model, const char *name);
atr_model *atr__model_retain(const atr_model *model); /* atr_model_destroy lets go */
int atr__model_find(const atr_model *model, const char *value_name);
atr__value *atr__model_at(const atr_model *model, int id); /* id ≥ 1 */
atr_status atr__model_fail(atr_model *model, atr_status status, const char *format, ...) ATR__PRINTF(3, 4);
/* A deep copy save for tensors, which are shared. */
atr_status atr__model_copy(const atr_model *model, atr_error *error, atr_model **copy);
/* Gives an initial tensor another value of the same type and shape, and the model a new id; retains. */
atr_status atr__model_replace(atr_model *model, int id, atr__blob *blob, atr_error *error);
/* Marks every node that leads to an output; unmarked ones may be left out. keep: n_nodes bytes. */
void atr__model_live(const atr_model *model, unsigned char *keep);

/* gru_reset.c. Sets the model's warning where a file of this producer has GRUs of what is likely the wrong
 * form.
 */
atr_status atr__gru_doubt(atr_model *model, const char *producer, atr_error *error);

/* infer.c. Infers what is new in the graph since the state's last call; inputs' shapes are set by the caller.
 * Values known before running (shapes, constants and what follows from them) are folded with the host's float
 * code. */
atr_status atr__infer_node(const atr_model *model, size_t node, atr__infer_state *state, atr_error *error);
/* The same where a node may wait: its outputs' shapes are then unknown, and *waits is 1 + the input whose
 * value it needs, ATR__WAITS_SHAPE for an input of unknown shape, or ATR__WAITS_RUN for control flow; else 0.
 */
enum { ATR__WAITS_SHAPE = -1, ATR__WAITS_RUN = -2 };
atr_status atr__infer_try(const atr_model *model, size_t node, atr__infer_state *state, atr_error *error,
                          int *waits);
atr_status atr__infer_room(const atr_model *model, atr__infer_state *state, atr_error *error);
/* The whole graph for these input shapes (in the order of the model's inputs). */
atr_status atr__infer_graph(const atr_model *model, const atr_shape *inputs, size_t n,
                            atr__infer_state *state, atr_error *error);
/* The same where nodes may wait: *waits says whether one that leads to an output does. */
atr_status atr__infer_graph_try(const atr_model *model, const atr_shape *inputs, size_t n,
                                atr__infer_state *state, int *waits, atr_error *error);
/* Another state that knows the same values; the nodes' parameters are left out. */
atr_status atr__infer_copy(const atr_model *model, const atr__infer_state *from, atr__infer_state *to,
                           atr_error *error);
void atr__infer_free(atr__infer_state *state, const atr_model *model);

/* flatten.c. The model with the control flow that these input shapes decide as ordinary nodes; *flat is NULL
 * where there is none. Initial tensors keep their names. */
atr_status atr__model_flatten(const atr_model *model, const atr_shape *inputs, size_t n, atr_error *error,
                              atr_model **flat);

/* differentiate.c. Appends to the model, for the scalar value `loss`, nodes that compute its gradient with
 * respect to each of the n values `wanted`; gradient[i] is the id, or 0 where the loss does not depend on it.
 * `shapes` must hold the inferred graph for the sizes to be trained at and is extended with what is appended.
 * `trace`, if not NULL, receives for every value index the id of its gradient or 0 (room for n_values at the
 * call). */
atr_status atr__differentiate(atr_model *model, atr__infer_state *shapes, int loss, const int *wanted,
                              size_t n, int *gradient, int *trace, atr_error *error);
/* Before that: gradients through time are bounded, see atr_train_params' clip_through_time; 0: they are not.
 */
atr_status atr__clip_through_time(atr_model *model, float bound, atr_error *error);

#endif
