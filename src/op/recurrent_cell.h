/* recurrent_cell.h: what the parts of recurrent_cell share. */
#ifndef ATR_OP_RECURRENT_CELL_H
#define ATR_OP_RECURRENT_CELL_H

#include "op/recurrent.h"

typedef struct atr__recurrent_cell_params {
  atr__recurrent_params p; /* first, so that the launches of recurrent_cl.h see it */
  int first;               /* gates that are normalized together, from the first on; the rest are too */
  float epsilon;
} atr__recurrent_cell_params;

/* Inputs of both operators, and what the gradient has behind them; outputs. */
enum {
  ATR__CELL_X,
  ATR__CELL_R,
  ATR__CELL_H0,
  ATR__CELL_C0,
  ATR__CELL_MASK,
  ATR__CELL_GAIN,
  ATR__CELL_SHIFT,
  ATR__CELL_GAIN_C,
  ATR__CELL_SHIFT_C,
  ATR__CELL_INPUTS,
  ATR__CELL_Y = ATR__CELL_INPUTS,
  ATR__CELL_SUMS,
  ATR__CELL_CELLS,
  ATR__CELL_DY,
  ATR__CELL_DH,
  ATR__CELL_DC,
  ATR__CELL_GRAD_INPUTS
};
enum {
  ATR__CELL_OUT_Y,
  ATR__CELL_OUT_H,
  ATR__CELL_OUT_C,
  ATR__CELL_OUT_SUMS,
  ATR__CELL_OUT_CELLS,
  ATR__CELL_OUTPUTS
};
enum {
  ATR__CELL_DX,
  ATR__CELL_DSUMS,  /* [dirs][t·n][gates·hid] */
  ATR__CELL_BEFORE, /* what R met, [dirs][t·n][hid] */
  ATR__CELL_DH0,
  ATR__CELL_DC0,
  ATR__CELL_DMASK,
  ATR__CELL_DGAIN, /* from here on a line each, [dirs][n][…] */
  ATR__CELL_DSHIFT,
  ATR__CELL_DGAIN_C,
  ATR__CELL_DSHIFT_C,
  ATR__CELL_GRAD_OUTPUTS
};

/* Numbers of memory a line that RecurrentCell's host function works in, and it with that memory given. */
static inline int64_t atr__recurrent_cell_room(const atr__recurrent_cell_params *c) {
  return (3 + c->p.gates) * c->p.hid;
}
atr_status atr__recurrent_cell_in_host_f32(const atr__call *call, void *room);
atr_status atr__recurrent_cell_in_host_f64(const atr__call *call, void *room);

ATR__DECLARE_OP(recurrent_cell);
ATR__DECLARE_OP(recurrent_cell_grad);

#endif
