/* chain.c: elementwise steps of one shape that read each other, and whose values nothing else reads, become
 * one (op/chain.h): inputs are read once, and what is in between is never in memory. After fuse.c and
 * hoist.c, so that convolutions and normalizations have taken what they do at their ends, and what weights
 * alone decide stays apart. Not where a run changes weights, since a step may come later by this; nor where
 * every tensor is kept; nor in float64, which is what others are measured against. */
#include "config.h"

#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "op/binary.h"
#include "op/chain.h"
#include "op/unary.h"
#include "plan/plan.h"
#include "tensor/shape.h"

/* A chain that grows from its last step towards its inputs. */
typedef struct {
  const atr_plan *plan;
  size_t member[ATR__CHAIN_STEPS]; /* steps, in their order */
  size_t n;
  int slots[ATR__CHAIN_INPUTS]; /* inputs, those of the output's shape first */
  size_t n_in;
  int64_t functions[3 * ATR__CHAIN_STEPS];
  float numbers[2 * ATR__CHAIN_STEPS];
  int n_values;
} chain;

static const atr_shape *shape_of(const chain *c) {
  return &c->plan->slots[c->plan->steps[c->member[c->n - 1]].out[0]].shape;
}

/* Pow with an exponent that is known to be 2. */
static int is_square(const atr_plan *plan, const atr__step *step) {
  const atr__blob *known = step->n_in == 2 ? plan->slots[step->in[1]].known : NULL;
  return atr__step_is(step, "Pow") && known && known->count == 1 && atr__blob_real(known, 0) == 2 &&
         atr__shape_equal(&plan->slots[step->in[0]].shape, &plan->slots[step->out[0]].shape);
}

/* How many of a step's inputs are operands, the first ones; 0: it is none of a chain's functions. The bounds
 * of Clip are parameters. */
static size_t operands(const atr_plan *plan, const atr__step *step) {
  size_t n = step->n_in;
  int function;
  if (*step->op->domain || step->n_out != 1 || plan->slots[step->out[0]].home != ATR__HOME_ARENA) return 0;
  if (!strcmp(step->op->stem, "unary")) {
    function = (int)((const atr__unary_params *)step->params)->kind;
    n = 1;
  } else if (!strcmp(step->op->stem, "binary") && n > 1) {
    function = ATR__CHAIN_BINARY + (int)((const atr__binary_params *)step->params)->kind;
    if (is_square(plan, step)) n = 1;
  } else
    return 0;
  for (size_t i = 0; i < n; i++)
    if (step->in[i] < 0 || plan->slots[step->in[i]].type != ATR_F32) return 0;
  return atr__chain_has(function) ? n : 0;
}

static int is_member(const chain *c, size_t step) {
  for (size_t k = 0; k < c->n; k++)
    if (c->member[k] == step) return 1;
  return 0;
}

/* Whether only members read the slot. */
static int is_inner(const chain *c, int slot) {
  const atr_plan *plan = c->plan;
  for (size_t i = 0; i < plan->n_outputs; i++)
    if (plan->outputs[i].slot == slot) return 0;
  for (size_t k = 0; k < plan->n_steps; k++)
    for (size_t i = 0; i < plan->steps[k].n_in; i++)
      if (plan->steps[k].in[i] == slot && !is_member(c, k)) return 0;
  return 1;
}

/* The member that writes the slot, or -1. */
static int writer(const chain *c, int slot) {
  for (size_t k = 0; k < c->n; k++)
    if (c->plan->steps[c->member[k]].out[0] == slot) return (int)k;
  return -1;
}

/* Lists the inputs, those of the output's shape (full) before the others; 0: there are too many. */
static int list_inputs(chain *c) {
  c->n_in = 0;
  for (int full = 1; full >= 0; full--)
    for (size_t k = 0; k < c->n; k++) {
      const atr__step *step = &c->plan->steps[c->member[k]];
      for (size_t i = 0, n = operands(c->plan, step); i < n; i++) {
        const int slot = step->in[i];
        size_t at = 0;
        while (at < c->n_in && c->slots[at] != slot) at++;
        if (at < c->n_in || writer(c, slot) >= 0 ||
            atr__shape_equal(&c->plan->slots[slot].shape, shape_of(c)) != full)
          continue;
        if (c->n_in == ATR__CHAIN_INPUTS) return 0;
        c->slots[c->n_in++] = slot;
      }
    }
  return 1;
}

/* value: of each member. */
static int operand_of(const chain *c, int slot, const int *value) {
  const int member = writer(c, slot);
  int at = 0;
  if (member >= 0) return ATR__CHAIN_INPUTS + value[member];
  while (c->slots[at] != slot) at++;
  return at;
}

static int push(chain *c, int function, int x, int y, double a, double b) {
  if (c->n_values == ATR__CHAIN_STEPS) return 0;
  int64_t *f = c->functions + 3 * c->n_values;
  f[0] = function;
  f[1] = x;
  f[2] = y;
  c->numbers[2 * c->n_values] = (float)a;
  c->numbers[2 * c->n_values + 1] = (float)b;
  c->n_values++;
  return 1;
}

/* Lists inputs and functions; 0: there are too many. */
static int describe(chain *c) {
  int value[ATR__CHAIN_STEPS]; /* by member */
  c->n_values = 0;
  if (!list_inputs(c)) return 0;
  for (size_t k = 0; k < c->n; k++) {
    const atr__step *step = &c->plan->steps[c->member[k]];
    int x = operand_of(c, step->in[0], value), good = 1;
    if (!strcmp(step->op->stem, "unary")) {
      const atr__unary_params *p = step->params;
      good = push(c, (int)p->kind, x, -1, p->a, p->b);
    } else if (is_square(c->plan, step))
      good = push(c, ATR__CHAIN_BINARY + ATR__BINARY_MUL, x, x, 0, 0);
    else
      for (size_t i = 1; good && i < step->n_in; i++) { /* Max, Min and Sum fold their operands */
        const int kind = (int)((const atr__binary_params *)step->params)->kind;
        good = push(c, ATR__CHAIN_BINARY + kind, x, operand_of(c, step->in[i], value), 0, 0);
        x = ATR__CHAIN_INPUTS + c->n_values - 1;
      }
    if (!good) return 0;
    value[k] = c->n_values - 1;
  }
  return 1;
}

/* Tensors of the output's size that must be there when the chain runs. */
static size_t full_inputs(const chain *c) {
  size_t n = 0;
  while (n < c->n_in && atr__shape_equal(&c->plan->slots[c->slots[n]].shape, shape_of(c))) n++;
  return n;
}

/* Whether nothing but members is between the step and the last one. */
static int is_next(const chain *c, size_t step) {
  for (size_t k = step + 1; k < c->member[c->n - 1]; k++)
    if (!is_member(c, k)) return 0;
  return 1;
}

/* Takes the step in where the chain reads it, and is a chain still, and no more tensors have to wait for it
 * while other steps run. */
static void take(chain *c, size_t step) {
  const atr_plan *plan = c->plan;
  size_t at = 0;
  if (!plan->steps[step].n_out) return;
  while (at < c->n_in && c->slots[at] != plan->steps[step].out[0]) at++;
  if (at == c->n_in || c->n == ATR__CHAIN_STEPS || !operands(plan, &plan->steps[step]) ||
      plan->steps[step].once != plan->steps[c->member[c->n - 1]].once ||
      !atr__shape_equal(&plan->slots[plan->steps[step].out[0]].shape, shape_of(c)) ||
      !is_inner(c, plan->steps[step].out[0]))
    return;
  const chain before = *c;
  const size_t waiting = full_inputs(c);
  const int next = is_next(c, step);
  memmove(c->member + 1, c->member, c->n * sizeof *c->member);
  c->member[0] = step;
  c->n++;
  if (!describe(c) || (!next && full_inputs(c) > waiting)) *c = before;
}

/* "Sigmoid+Mul". */
static char *what(const chain *c) {
  atr__text text = ATR__TEXT_INIT;
  for (size_t k = 0; k < c->n; k++)
    atr__text_add(&text, "%s%s", k ? "+" : "", c->plan->steps[c->member[k]].op->name);
  if (text.failed) atr__text_free(&text);
  return text.data;
}

/* Puts a step in the members' place: behind the last of them, which then go. */
static atr_status join(atr_plan *plan, const chain *c, atr_error *error) {
  const size_t last = c->member[c->n - 1];
  atr__attrs attrs = { 0 };
  int out;
  atr_status status = atr__attrs_set_ints(&attrs, "functions", c->functions, 3 * (size_t)c->n_values);
  if (!status) status = atr__attrs_set_floats(&attrs, "numbers", c->numbers, 2 * (size_t)c->n_values);
  if (status) status = atr__nomem(error, sizeof c->functions);
  if (!status)
    status = atr__plan_add_step(plan, last + 1, atr__op_find("org.atrous", "Chain"),
                                plan->steps[c->member[0]].node, &attrs, c->slots, c->n_in, &out, 1, error);
  atr__attrs_free(&attrs);
  if (status) return status;
  atr__step *joined = &plan->steps[last + 1];
  joined->out[0] = plan->steps[last].out[0];
  joined->once = plan->steps[last].once;
  if (!(joined->what = what(c))) return atr__nomem(error, 1);
  for (size_t k = c->n; k-- > 0;) atr__plan_remove_step(plan, c->member[k]);
  return ATR_OK;
}

atr_status atr__plan_chain(atr_plan *plan, atr_error *error) {
  if (plan->keep_all || plan->n_written || plan->real64) return ATR_OK;
  for (size_t last = plan->n_steps; last-- > 0;) {
    chain c = { .plan = plan, .member = { last }, .n = 1 };
    if (!operands(plan, &plan->steps[last]) || !describe(&c)) continue;
    for (size_t k = last; k-- > 0;) take(&c, k);
    if (c.n < 2) continue;
    const atr_status status = join(plan, &c, error);
    if (status) return status;
    last -= c.n - 1;
  }
  return ATR_OK;
}
