/* read.h: reading one graph of a file: the main one, a function's at a call, or one within a node.
 *
 * Each has names of its own, a place in a model (a function's nodes go to the model of its call; a graph
 * within is a model), and the graph around it, whose names it may see. What all of them share is in
 * atr__reader_file. */
#ifndef ATR_ONNX_READ_H
#define ATR_ONNX_READ_H

#include <string.h>

#include "onnx/onnx.h"

enum { ATR__NEVER = -1, ATR__ONNX_GRAPH = 5 /* the kind of an attribute */ };

/* A name of the graph. */
typedef struct atr__entry {
  const char *name;  /* of its value in the model: the file's, save within */
  int producer;      /* index of the node, or ATR__NEVER */
  int tensor;        /* index of the initializer, or ATR__NEVER */
  int id;            /* in the model, once it is there; 0 for what a call leaves out */
  int port;          /* what is listed as an output, where that is another value */
  atr_type type;     /* of the output, as the file says */
  int weight, other; /* used in places of weights, in others */
  int listed;        /* among the outputs */
} atr__entry;

typedef struct atr__reader_file {
  const Atr__ModelProto *proto;
  atr__onnx_source source;
  atr__onnx_taken taken;
  uint64_t nodes_left; /* that calls of functions may still add */
} atr__reader_file;

/* A value of the graph around that is read here, where it is an input. */
typedef struct atr__reader_capture {
  int outer, inner; /* ids */
} atr__reader_capture;

typedef struct atr__reader {
  atr__reader_file *file;
  const Atr__GraphProto *proto;
  Atr__OperatorSetIdProto **opsets; /* of the file, or of the function */
  size_t n_opsets;
  atr__onnx_graph graph; /* values: from names to entries */
  atr__entry *entries;
  size_t n_entries, room_entries;
  const char *
      *reads; /* names that nodes read, also by graphs within: those of node k from first_read[k] on */
  size_t *first_read;
  int *order;                         /* nodes, sorted */
  struct atr__reader *outer;          /* whose names are seen here, or NULL */
  struct atr__reader *caller;         /* whose node this is within, or NULL */
  const Atr__FunctionProto *function; /* whose body this is, or NULL */
  const atr__onnx_node *call;         /* of it */
  const atr__attrs *given;            /* its attributes: the call's, then its own */
  atr__reader_capture *captures;
  size_t n_captures, room_captures;
} atr__reader;

static inline const char *atr__onnx_text(const char *s) {
  return s ? s : "";
}
static inline const char *atr__onnx_domain(const Atr__NodeProto *node) {
  const char *domain = atr__onnx_text(node->domain);
  return strcmp(domain, "ai.onnx") ? domain : "";
}

/* read.c. "node "x" (Conv)", for sentences; nameless nodes by number. */
const char *atr__reader_called(const atr__reader *r, size_t node, char room[256]);
atr_status atr__reader_nomem(const atr__reader *r);
atr_status atr__reader_failed(const atr__reader *r); /* the builder's own sentence */
atr__entry *atr__reader_lookup(const atr__reader *r, const char *name);
/* A new name of the graph. Within, the value is called otherwise where the name is taken. */
atr_status atr__reader_declare(atr__reader *r, const char *name, const char *what, atr__entry e);
/* The value of this name, which may be the graph around's: then it is a capture from here on. *id is 0 for
 * what a call leaves out. */
atr_status atr__reader_resolve(atr__reader *r, const char *name, int *id);
atr_status atr__reader_attribute(atr__reader *r, const Atr__AttributeProto *a, atr__attrs *attrs);
int atr__reader_attribute_kind(const Atr__AttributeProto *a);
/* Names, order, initial tensors and nodes of a graph whose inputs are declared. */
atr_status atr__reader_graph(atr__reader *r);
void atr__reader_free(atr__reader *r); /* not the model */
/* What the file says of a value whose type and shape are known only while running. */
void atr__reader_believe(atr__value *value, const Atr__ValueInfoProto *info);

/* order.c. Fills reads, then order. */
atr_status atr__reader_reads(atr__reader *r);
atr_status atr__reader_sort(atr__reader *r);

/* nest.c. The function that a node calls, or NULL. */
const Atr__FunctionProto *atr__reader_function(const atr__reader_file *file, const Atr__NodeProto *node);
/* Its nodes in place of the call; ids: of the call's outputs. */
atr_status atr__reader_call(atr__reader *r, const Atr__FunctionProto *function, const atr__onnx_node *node,
                            int *ids);
/* A node with graphs within. */
atr_status atr__reader_control(atr__reader *r, const Atr__NodeProto *p, atr__onnx_node *node, int *ids);
/* gradient.c. Gradient of ai.onnx.preview.training, written out. */
atr_status atr__reader_gradient(atr__reader *r, const atr__onnx_node *node, int *ids);
/* Whether the input is a place of a weight, also behind the call of a function. */
int atr__reader_weight_place(const atr__reader_file *file, const Atr__NodeProto *node, size_t input);

#endif
