/* tune.h: which algorithm for each step of a plan on this very device, by measuring.
 *
 * A plan takes algorithms by rules (doc/performance.md). atr_tune times the others on a model's own steps,
 * and where one is quicker says so in a file; from then on every plan on that device takes it for steps of
 * that kind: same operator, attributes, shapes, layouts and math mode. Nothing is timed while plans are made
 * or run, so two plans made with the same file compute the same bits. */
#ifndef ATROUS_TUNE_H
#define ATROUS_TUNE_H

#include <atrous/context.h>
#include <atrous/model.h>
#include <atrous/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What was found. */
typedef struct atr_tuning atr_tuning;

/* Measures every algorithm that can run the model's steps at these input shapes: whole plans, in which each
 * step that has that algorithm takes it, so that changes of layout are counted too. A candidate whose outputs
 * are not those of the rules' plan (a thousandth of the largest, where rounding may differ; not finite where
 * those are finite) is rejected, whatever its time. What is left is timed as a whole beside the rules' plan,
 * in turns, and kept only if it is quicker.
 *
 * The choices are kept in "tuning.txt" in the context's cache folder, in place of what it says of these
 * steps; this context and those opened later follow it. A line is a device (as in atr_ceilings_store), the
 * library's version, a digest of a step, operator and algorithm. Lines that make no sense are left out, an
 * algorithm that a step does not have is not taken: the worst that a wrong file can do is cost time.
 *
 * Inputs are random numbers between -1 and 1, integers 0. options: NULL: the defaults; float64 is refused.
 * seconds: to measure for at least, compiling apart; each candidate runs three times at least. *tuning is
 * freed by atr_tuning_destroy. Any thread, but only on a quiet machine do the times mean anything. The
 * context's progress hook is called ("tune"). ATR_E_PARAM; ATR_E_UNSUPPORTED (shapes that follow from data);
 * ATR_E_IO (no cache folder, or one that others may write to); what plans and runs return. Since 0.1. */
ATR_TRY atr_tune(const atr_model *model, atr_context *context, const atr_shape *inputs, size_t n,
                 const atr_plan_options *options, double seconds, atr_error *error, atr_tuning **tuning);
ATR_API void atr_tuning_destroy(atr_tuning *tuning);

typedef struct atr_tuning_sum {
  size_t choices;         /* steps that more than one algorithm can run */
  size_t candidates;      /* algorithms tried */
  size_t rejected;        /* of these: wrong or not finite */
  size_t changed;         /* steps that take another algorithm from now on */
  double rule_s, tuned_s; /* medians of a whole run by the rules and as it is now */
} atr_tuning_sum;
ATR_API atr_tuning_sum atr_tuning_summary(const atr_tuning *tuning);

/* A step that takes another algorithm from now on, with the least time of each; conversions of its inputs'
 * layouts are counted with it. node NULL past the end. Strings are the tuning's. Since 0.1. */
typedef struct atr_tuning_change {
  const char *node, *op;
  const char *rule, *tuned;
  double rule_s, tuned_s;
} atr_tuning_change;
ATR_API atr_tuning_change atr_tuning_changed(const atr_tuning *tuning, size_t i);

#ifdef __cplusplus
}
#endif
#endif
