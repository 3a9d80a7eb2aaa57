/* program.h: a stream's work as a list of stages with every address worked out: what streams of one model
 * share. Memory that changes is one block a stream (the arena), and stages name places in it by offset; its
 * first part is the state, which is copied to save, restore and reset. */
#ifndef ATR_STREAM_PROGRAM_H
#define ATR_STREAM_PROGRAM_H

#include <stdatomic.h>

#include <atrous/stream.h>

#include "stream/carried_step.h"
#include "stream/conv_step.h"
#include "op/recurrent_step.h"
#include "stream/timeline.h"

/* A value along time as its memory has it: [outer][steps][inner], elements of `width` bytes. */
typedef struct atr__column {
  size_t at; /* offset in the arena */
  int64_t outer, inner;
  size_t width;
} atr__column;

/* Past columns, each outer·inner elements, dense. */
typedef struct atr__ring {
  size_t at;
  int64_t rows; /* a power of two */
} atr__ring;

typedef enum atr__stage_kind {
  ATR__STAGE_CALL,      /* the operator's host function on the block */
  ATR__STAGE_DELAY,     /* the column `history` steps ago */
  ATR__STAGE_MASK,      /* zeros where the input has not begun */
  ATR__STAGE_CONV,      /* conv_step.h */
  ATR__STAGE_WINDOW,    /* the operator's host function on the block with `history` columns before it */
  ATR__STAGE_RECURRENT, /* recurrent_step.h */
  ATR__STAGE_CARRIED    /* carried_step.h */
} atr__stage_kind;

typedef struct atr__stage {
  atr__stage_kind kind;
  size_t node;
  size_t first_call;   /* CALL, WINDOW: one for each size of block; CARRIED: of one step */
  atr__column in, out; /* all but CALL */
  int64_t offset;      /* the step at which `in` begins */
  int64_t history;
  atr__ring ring;
  size_t scratch;      /* WINDOW: history and block; RECURRENT: sums; CARRIED: room */
  size_t state;        /* RECURRENT: [n] h, then c; CARRIED: as the operator has them */
  size_t state_floats; /* of all */
  atr__conv_step conv;
  size_t residual; /* CONV: where what is added to it lies in the arena, as `out`; 0: nothing is */
  atr__recurrent_step recurrent;
  int64_t lines; /* RECURRENT: samples */
  const atr__carried_step *carried;
} atr__stage;

/* Where a view's data is: a constant, or an offset in the arena; neither: absent. */
typedef struct atr__place {
  const void *constant;
  size_t at;
  int changes;
} atr__place;

typedef struct atr__stage_call {
  const atr__op *op;
  const void *params;
  size_t first_view, n_in, n_out;
} atr__stage_call;

typedef struct atr__stream_program {
  atomic_int references;
  atr_model *model; /* our own; the timeline names its parts */
  atr__timeline timeline;
  atr_math math;
  size_t max_block, n_sizes; /* blocks of 1, 2, 4 … 1 << (n_sizes - 1) */
  atr__stage *stages;
  size_t n_stages, room_stages;
  float *rows; /* of the stages' conv_step.h */
  atr__stage_call *calls;
  size_t n_calls, room_calls;
  atr__view *views; /* shapes, without data */
  atr__place *places;
  size_t n_views, room_views, room_places;
  void **owned; /* params of windows */
  size_t n_owned, room_owned;
  size_t *buffer; /* by value index: offset in the arena */
  atr__column in, out;
  int64_t out_offset;
  int64_t begin;                       /* the step before the first at which something is known: 0 or below */
  size_t state_bytes, arena_bytes;     /* the state is the arena's first part */
  uint64_t fingerprint;                /* of what a state must fit */
  char *initial, *settled;             /* states; settled NULL: not asked for */
  struct atr__resident_code *resident; /* resident_code.h; NULL: streams run on the host */
} atr__stream_program;

/* Takes the model over, also on failure. */
atr_status atr__stream_program_create(atr_model *model, const atr_stream_options *options, atr_error *error,
                                      atr__stream_program **program);
void atr__stream_program_release(atr__stream_program *program);

#endif
