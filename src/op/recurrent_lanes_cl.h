/* recurrent_lanes_cl.h: RNN, LSTM and GRU on processors, a sequence a launch; see
 * kernels/recurrent_lanes.clh. */
#ifndef ATR_OP_RECURRENT_LANES_CL_H
#define ATR_OP_RECURRENT_LANES_CL_H

#include "op/cl.h"
#include "op/recurrent.h"

enum { ATR__RECURRENT_LANES_WORDS = 55 }; /* that atr__recurrent_lanes_walk pushes */

/* A form of R: units of some blocks of hid, and what each of their vectors is: a block of the unit and the
 * gate whose rows it has. turned: k runs along rows of R, as in R·h; else along columns, as in Rᵀ·v. */
typedef struct atr__recurrent_part {
  int blocks, vectors, turned;
  int block[4], gate[4];
} atr__recurrent_part;

/* Which kernel walks: recurrent_lanes.clh's, or one of recurrent_line.clh's. */
typedef enum atr__recurrent_way {
  ATR__RECURRENT_ANY,
  ATR__RECURRENT_SMALL_WAY,
  ATR__RECURRENT_LINE_WAY
} atr__recurrent_way;

/* Where things lie in scratch, in bytes; R is at 0 unless it is packed apart. */
typedef struct atr__recurrent_lanes {
  uint64_t state, panels, sums, bytes;
  int64_t vectors;
  int pre, packed;
  atr__recurrent_way way;
  const atr__recurrent_part *part;
} atr__recurrent_lanes;

const atr__recurrent_part *atr__recurrent_lanes_back(int *n); /* Rᵀ, for any layer's gradient */
int atr__recurrent_lanes_apply(const atr__cl_query *q);
/* Whether a layer is for kernels/recurrent_line.clh; part: the only form of its R. */
int atr__recurrent_small_applies(const atr__cl_query *q, const atr__recurrent_part *part);
int atr__recurrent_line_applies(const atr__cl_query *q);
int64_t atr__recurrent_lanes_units(const atr__cl_query *q, const atr__recurrent_part *part);
uint64_t atr__recurrent_part_floats(const atr__cl_query *q, const atr__recurrent_part *part);
/* vectors: of round-up(hid) a line keeps; pre: the forward output of sums, or -1: a gradient. parts lives on.
 */
atr__recurrent_lanes atr__recurrent_lanes_cut(const atr__cl_query *q, const atr__recurrent_part *parts,
                                              int n_parts, int packed, int pre, int64_t vectors);
/* Input r as these parts, one behind the other, to packed memory or to scratch's beginning. */
void atr__recurrent_lanes_pack(atr__cl_emit *e, const atr__cl_query *q, size_t r,
                               const atr__recurrent_part *parts, int n_parts, int packed);
/* Names the kernel of a walk and pushes the words that all have; bare: rows of W from here on are without R's
 * bias. Then come `words` of its own, and the launch. */
void atr__recurrent_lanes_walk(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s,
                               const char *file, const char *kernel, size_t lens, int64_t bare);
void atr__recurrent_lanes_launch(atr__cl_emit *e, const atr__cl_query *q, const atr__recurrent_lanes *s,
                                 int words);

extern const atr__cl_packing atr__recurrent_w; /* W packed, too */

/* Functions for the two rows of a layer or of its gradient, R packed once and R packed in each run, and the
 * rows themselves. The file has <name>_parts(query, &n), which tells the parts, and <name>_walk(emit, query,
 * lanes); r is the input that holds R. */
#define ATR__RECURRENT_LANES(name, r, pre, vectors)                                                          \
  static atr__recurrent_lanes name##_cut(const atr__cl_query *q, int packed) {                               \
    int n;                                                                                                   \
    const atr__recurrent_part *parts = name##_parts(q, &n);                                                  \
    return atr__recurrent_lanes_cut(q, parts, n, packed, pre, vectors);                                      \
  }                                                                                                          \
  static int name##_packs(const atr__cl_query *q) {                                                          \
    return atr__recurrent_lanes_apply(q) && q->in[r].is_param && (pre < 0 || q->in[1].is_param);             \
  }                                                                                                          \
  static uint64_t name##_packed_bytes(const atr__cl_query *q) {                                              \
    int n;                                                                                                   \
    const atr__recurrent_part *parts = name##_parts(q, &n);                                                  \
    uint64_t floats = 0;                                                                                     \
    for (int k = 0; k < n; k++) floats += atr__recurrent_part_floats(q, &parts[k]);                          \
    return floats * sizeof(float);                                                                           \
  }                                                                                                          \
  static void name##_pack(atr__cl_emit *e, const atr__cl_query *q) {                                         \
    int n;                                                                                                   \
    const atr__recurrent_part *parts = name##_parts(q, &n);                                                  \
    atr__recurrent_lanes_pack(e, q, r, parts, n, 1);                                                         \
  }                                                                                                          \
  static uint64_t name##_scratch_packed(const atr__cl_query *q) {                                            \
    return name##_cut(q, 1).bytes;                                                                           \
  }                                                                                                          \
  static uint64_t name##_scratch(const atr__cl_query *q) {                                                   \
    return name##_cut(q, 0).bytes;                                                                           \
  }                                                                                                          \
  static void name##_emit_packed(atr__cl_emit *e, const atr__cl_query *q) {                                  \
    const atr__recurrent_lanes s = name##_cut(q, 1);                                                         \
    name##_walk(e, q, &s);                                                                                   \
  }                                                                                                          \
  static void name##_emit(atr__cl_emit *e, const atr__cl_query *q) {                                         \
    const atr__recurrent_lanes s = name##_cut(q, 0);                                                         \
    int n;                                                                                                   \
    const atr__recurrent_part *parts = name##_parts(q, &n);                                                  \
    atr__recurrent_lanes_pack(e, q, r, parts, n, 0);                                                         \
    name##_walk(e, q, &s);                                                                                   \
  }
/* w: how W is packed beside R, or NULL. */
#define ATR__RECURRENT_LANES_ROW_PACKED_W(name, when, r, form, w)                                            \
  {                                                                                                          \
    .algorithm = "lanes_packed", .applies = when, .scratch = name##_scratch_packed,                          \
    .emit = name##_emit_packed, .packed_in = (r) + 1, .packing = form, .packed_bytes = name##_packed_bytes,  \
    .pack = name##_pack, .also = w                                                                           \
  }
#define ATR__RECURRENT_LANES_ROW_PACKED(name, when, r, form)                                                 \
  ATR__RECURRENT_LANES_ROW_PACKED_W(name, when, r, form, NULL)
#define ATR__RECURRENT_LANES_ROW(name)                                                                       \
  {                                                                                                          \
    .algorithm = "lanes", .applies = atr__recurrent_lanes_apply, .scratch = name##_scratch,                  \
    .emit = name##_emit                                                                                      \
  }

/* The rows of kernels/recurrent_line.clh, whose packed R is that of `name`. */
#define ATR__RECURRENT_LINE(name)                                                                            \
  static int name##_small_applies(const atr__cl_query *q) {                                                  \
    int n;                                                                                                   \
    return atr__recurrent_small_applies(q, name##_parts(q, &n));                                             \
  }                                                                                                          \
  static void name##_way(atr__cl_emit *e, const atr__cl_query *q, atr__recurrent_way way) {                  \
    atr__recurrent_lanes s = name##_cut(q, 1);                                                               \
    s.way = way;                                                                                             \
    name##_walk(e, q, &s);                                                                                   \
  }                                                                                                          \
  static void name##_small_emit(atr__cl_emit *e, const atr__cl_query *q) {                                   \
    name##_way(e, q, ATR__RECURRENT_SMALL_WAY);                                                              \
  }                                                                                                          \
  static void name##_line_emit(atr__cl_emit *e, const atr__cl_query *q) {                                    \
    name##_way(e, q, ATR__RECURRENT_LINE_WAY);                                                               \
  }
#define ATR__RECURRENT_LINE_ROWS(name, form)                                                                 \
  { .algorithm = "small",                                                                                    \
    .applies = name##_small_applies,                                                                         \
    .scratch = name##_scratch_packed,                                                                        \
    .emit = name##_small_emit,                                                                               \
    .packed_in = 3,                                                                                          \
    .packing = form,                                                                                         \
    .packed_bytes = name##_packed_bytes,                                                                     \
    .pack = name##_pack },                                                                                   \
  {                                                                                                          \
    .algorithm = "line", .applies = atr__recurrent_line_applies, .scratch = name##_scratch_packed,           \
    .emit = name##_line_emit, .packed_in = 3, .packing = form, .packed_bytes = name##_packed_bytes,          \
    .pack = name##_pack, .also = &atr__recurrent_w                                                           \
  }

#endif
