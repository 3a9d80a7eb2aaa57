/* onnx.h: the reader and writer of ONNX files, within the room.
 *
 * Reading goes scan (the wire format, before protobuf-c sees it) → unpack → read (names, order, tensors) →
 * upgrade (each node to ATR_OPSET) → the model's builder. Writing goes straight from the model. The schema is
 * onnx_subset.proto. */
#ifndef ATR_ONNX_ONNX_H
#define ATR_ONNX_ONNX_H

#include "base/file.h"
#include "model/graph.h"
#include "model/names.h"
#include "onnx/onnx_subset.pb-c.h"

enum {
  ATR__ONNX_IR_MIN = 3,  /* before it, files named no opset */
  ATR__ONNX_IR_MAX = 14, /* what came since 3 is read, or refused where it is met */
  ATR__ONNX_OPSET_MIN = 1,
  ATR__ONNX_OPSET_FORMS = 6, /* before it only operators whose form is the same */
  ATR__ONNX_OPSET_MAX = 28,  /* the newest whose changes to the operators here are known */
  ATR__ONNX_NESTING = 64     /* of messages, whatever the limits say: protobuf-c recurses */
};

/* scan.c. Walks the bytes of a message of kind `root`, without recursion: ATR_E_FORMAT for what is no
 * message, ATR_E_LIMIT for what nests too deep or holds too much. *budget: bytes that unpacking may allocate.
 */
atr_status atr__onnx_scan(const ProtobufCMessageDescriptor *root, const void *bytes, size_t size,
                          const atr_limits *limits, atr_error *error, uint64_t *budget);
/* Scans and unpacks; freed by atr__onnx_unpack_free. */
atr_status atr__onnx_unpack(const ProtobufCMessageDescriptor *root, const void *bytes, size_t size,
                            const atr_limits *limits, atr_error *error, ProtobufCMessage **message);
/* Blocks of at least so many bytes within a message are of atr__malloc_aligned, so that a blob may take them
 * over. */
enum { ATR__ONNX_ADOPTED = 4096 };
void atr__onnx_unpack_free(ProtobufCMessage *message);

/* Copies the caller's limits; what NULL or an older, shorter struct lacks takes its default. */
atr_limits atr__onnx_limits(const atr_limits *limits);

/* tensor.c. Where tensors come from, and how much they may still take. */
typedef struct atr__onnx_source {
  const char *folder;  /* of external data; NULL: none allowed */
  uint64_t bytes_left; /* of limits.total_bytes */
} atr__onnx_source;
/* ATR_E_FORMAT, ATR_E_SHAPE, ATR_E_LIMIT, ATR_E_UNSUPPORTED, ATR_E_IO.
 */
atr_status atr__onnx_tensor(const Atr__TensorProto *proto, atr__onnx_source *source, atr_error *error,
                            atr__blob **blob);
/* What ONNX calls elements of this type, written to `name` where it is no type of ONNX. */
enum { ATR__ONNX_TYPE_NAME = 24 };
const char *atr__onnx_type_name(int32_t number, char name[ATR__ONNX_TYPE_NAME]);
/* The same, with large raw data taken out of the message rather than copied: for one that is read once. */
atr_status atr__onnx_tensor_take(Atr__TensorProto *proto, atr__onnx_source *source, atr_error *error,
                                 atr__blob **blob);
/* The type that tensors of this number have in memory, ATR_TYPE_NONE where it is not supported. */
atr_type atr__onnx_type(int32_t number);
/* A file that holds one TensorProto, as in ONNX's test suites. */
atr_status atr__onnx_tensor_parse(const void *bytes, size_t size, const atr_limits *limits, atr_error *error,
                                  atr__blob **blob);

/* A node on its way into the model. */
typedef struct atr__onnx_node {
  const char *domain, *op, *name;
  atr__attrs attrs;
  int *in; /* value ids, 0: absent */
  size_t n_in, room_in;
  const char *const *out; /* names, "": absent */
  size_t n_out;
} atr__onnx_node;

/* Names that are given: the file's, and those made up for graphs and functions within. */
typedef struct atr__onnx_taken {
  atr__names values, nodes;
  int made_up;
  char **owned;
  size_t n_owned, room;
} atr__onnx_taken;

typedef struct atr__onnx_graph {
  atr_model *model;
  int64_t opset;     /* of ONNX's own domain, as the file or the function says */
  atr__names values; /* of this graph */
  atr__onnx_taken *taken;
  struct atr__onnx_edge *edges; /* of edge.c, by value index of the model; room_edges of them */
  size_t room_edges;
  atr_error *error;
} atr__onnx_graph;

/* operators.c. Whether ONNX has the operator at the graph's opset, with these attributes. */
atr_status atr__onnx_check(const atr__onnx_graph *graph, const atr__onnx_node *node);
/* "a list of ints", by ONNX's number of the kind. */
const char *atr__onnx_kind_name(int number);
/* The opset that an operator of ONNX came with, and that of the oldest form that is read; 0 where ONNX has no
 * such operator. */
int atr__onnx_opsets(const char *op, int *first, int *oldest);

/* edge.c. What is known of a value beyond the model: the type that the file meant where it is computed in
 * float32; its float32 form where it is stored in another (0: not made yet). */
typedef struct atr__onnx_edge {
  atr_type declared;
  int twin;
} atr__onnx_edge;
/* Float inputs and attributes that ask for a type become float32, before atr__onnx_upgrade; *declared is the
 * type that the file's outputs of float32 have, or ATR_TYPE_NONE. */
atr_status atr__onnx_edge_in(atr__onnx_graph *graph, atr__onnx_node *node, atr_type *declared);
/* A float32 value stands for one of this type. */
atr_status atr__onnx_edge_mean(atr__onnx_graph *graph, int id, atr_type type);
/* An output: the value `id` cast to `type`, under the output's name. */
atr_status atr__onnx_edge_port(atr__onnx_graph *graph, int id, atr_type type, const char *name, int *port);
/* The tensor in float32. */
atr_status atr__onnx_edge_narrow(atr_error *error, const atr__blob *blob, atr__blob **real);

/* upgrade.c. Rewrites the node from the file's opset to ATR_OPSET, adding constants and nodes before it. */
atr_status atr__onnx_upgrade(atr__onnx_graph *graph, atr__onnx_node *node);
/* A name that the file does not use: BASE, or BASE_1 …; written to `name`. */
enum { ATR__ONNX_NAME = 512 };
const char *atr__onnx_unique(atr__onnx_graph *graph, const atr__names *taken, const char *base,
                             char name[ATR__ONNX_NAME]);

/* Whether a float32 initializer in this place is a weight, which learns. Constant nodes never do; that is how
 * the writer marks those that must not. */
int atr__onnx_weight_place(const char *domain, const char *op, size_t input);

/* write.c. The file's bytes (atr__free). */
atr_status atr__onnx_write(const atr_model *model, atr_error *error, void **bytes, size_t *size);

#endif
