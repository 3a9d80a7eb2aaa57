/* chain.h: what the parts of chain share. */
#ifndef ATR_OP_CHAIN_H
#define ATR_OP_CHAIN_H

#include "op/op.h"

enum {
  ATR__CHAIN_INPUTS = 8,
  ATR__CHAIN_STEPS = 16,
  ATR__CHAIN_BINARY = 64 /* a function is a kind of unary.h, or this and one of binary.h */
};

/* Value k of the chain: its function of one or two operands. An operand is an input by its number, or
 * ATR__CHAIN_INPUTS + the number of an earlier value; -1: none. */
typedef struct atr__chain_step {
  int function;
  int x, y;
  int place; /* of those that hold values until they are read */
  float a, b;
} atr__chain_step;

typedef struct atr__chain_params {
  int n; /* values; the last is the output */
  int places;
  atr__chain_step step[ATR__CHAIN_STEPS];
} atr__chain_params;

ATR__DECLARE_OP(chain);

/* Whether chains may have this function of float32. */
int atr__chain_has(int function);

#endif
