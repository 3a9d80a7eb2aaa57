/* tuning.h: the algorithms that were measured to be quickest on a context's device, by digests of steps;
 * tune.c measures. */
#ifndef ATR_PLAN_TUNING_H
#define ATR_PLAN_TUNING_H

#include "plan/plan.h"

enum { ATR__DIGEST = 33 };

/* What a step is to a row that may run it, as hexadecimal digits: operator, parameters, types, shapes and
 * what is known of layouts when rows are chosen. */
void atr__tuning_digest(const atr__step *step, const atr__cl_query *query, char digest[ATR__DIGEST]);

/* The row that the file names for the step; NULL: none. The file is read once a context. */
const atr__cl_row *atr__tuning_row(atr_context *context, const atr__step *step, const atr__cl_query *query);

/* Puts choices in place of what the file says of these digests, for this context and for later ones; a row of
 * NULL: none. ATR_E_IO, ATR_E_NOMEM. */
typedef struct atr__tuned {
  const atr__op *op;
  char digest[ATR__DIGEST];
  const atr__cl_row *row;
} atr__tuned;
atr_status atr__tuning_store(atr_context *context, const atr__tuned *list, size_t n, atr_error *error);

/* For tune.c: the row that each step of a plan should have, by its turn when rows are chosen; NULL: by the
 * rules. The file is not looked at. */
struct atr__wishes {
  const atr__cl_row *const *row;
  size_t n;
  /* Called at a step's turn, before. */
  void (*turn)(void *user, const atr_plan *plan, const atr__step *step, const atr__cl_query *query);
  void *user;
};
/* Whether a row can run the step, quick or not. layout.c */
int atr__plan_row_can(const atr_plan *plan, const atr__cl_row *row, const atr__cl_query *query);

#endif
