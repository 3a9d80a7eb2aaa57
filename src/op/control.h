/* control.h: If, Loop and Scan. They are no operators like the others: what they compute is in graphs of
 * their own, which plans run (plan/control.c). Here they have names, so that nodes can be of them. */
#ifndef ATR_OP_CONTROL_H
#define ATR_OP_CONTROL_H

#include "op/op.h"

const atr__op *atr__op_control(const char *name); /* NULL: none of these */

#endif
