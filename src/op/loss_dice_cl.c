/* loss_dice_cl.c: launches of kernels/loss_dice.cl. */
#include "op/loss_dice.h"

#include "base/checked.h"
#include "tensor/shape.h"

enum { PARTS = 64 };

/* Pairs (I, S) of every part of every channel, then of every channel. */
static uint64_t joined_at(const atr__loss_dice_params *p) {
  return ((uint64_t)p->c * PARTS * 2 * sizeof(float) + 63) / 64 * 64;
}
static uint64_t scratch(const atr__cl_query *q) {
  const atr__loss_dice_params *p = q->params;
  return joined_at(p) + (uint64_t)p->c * 2 * sizeof(float);
}

static void sizes(atr__cl_emit *e, const atr__loss_dice_params *p) {
  atr__cl_int(e, p->n * p->inner);
  atr__cl_int(e, p->c);
  atr__cl_int(e, p->inner);
  atr__cl_float(e, p->smooth);
}

static void emit_forward(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_dice_params *p = q->params;
  atr__cl_kernel(e, "loss_dice.cl", "loss_dice_sum_f32_baseline", "", "");
  sizes(e, p);
  atr__cl_int(e, PARTS);
  for (size_t i = 0; i < 3; i++) atr__cl_in(e, i);
  atr__cl_scratch(e, 0);
  atr__cl_items(e, p->c * PARTS);
  atr__cl_kernel(e, "loss_dice.cl", "loss_dice_join_f32_baseline", "", "");
  sizes(e, p);
  atr__cl_int(e, PARTS);
  atr__cl_scratch(e, 0);
  atr__cl_scratch(e, joined_at(p));
  atr__cl_out(e, 1);
  atr__cl_items(e, p->c);
  atr__cl_kernel(e, "loss_dice.cl", "loss_dice_fwd_f32_baseline", "", "");
  sizes(e, p);
  atr__cl_scratch(e, joined_at(p));
  atr__cl_out(e, 0);
  atr__cl_items(e, 1);
}

static void emit_grad(atr__cl_emit *e, const atr__cl_query *q) {
  const atr__loss_dice_params *p = q->params;
  atr__cl_kernel(e, "loss_dice.cl", "loss_dice_bwd_x_f32_baseline", "", "");
  sizes(e, p);
  for (size_t i = 0; i < 5; i++)
    if (i != 2) atr__cl_in(e, i);
  atr__cl_out(e, 0);
  atr__cl_items(e, atr__shape_size(&q->out[0].shape));
}

const atr__cl_row atr__loss_dice_cl[] = {
  { .algorithm = "baseline", .scratch = scratch, .emit = emit_forward },
  { .algorithm = NULL },
};
const atr__cl_row atr__loss_dice_grad_cl[] = {
  { .algorithm = "baseline", .emit = emit_grad },
  { .algorithm = NULL },
};
