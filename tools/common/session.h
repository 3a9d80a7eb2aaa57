/* session.h: the library's context as programs open it.
 *
 * The device, strictness and threads come from the common options, the log and the interrupt go through the
 * report, and what was chosen is told: one sentence where the work runs on the host although no one asked for
 * it, and the "device" of the JSON envelope. */
#ifndef TOOLS_SESSION_H
#define TOOLS_SESSION_H

#include <atrous/choose.h>
#include <atrous/plan.h>

#include "common/report.h"

/* Opens the context (atr_context_destroy frees it). A signal cancels library calls under way. */
bool session_open(struct report *report, atr_context **context, struct fault *fault) TOOLS_MUST;

/* The same, while work(user, fault) runs on a thread of its own: drivers take tens of milliseconds to load,
 * in which a file can be read. It must leave the report alone. Where it fails, its fault is the one that is
 * told, and the context may be open all the same. context NULL: drivers are loaded, and that is all. */
bool session_open_beside(struct report *report, atr_context **context,
                         bool (*work)(void *user, struct fault *fault), void *user,
                         struct fault *fault) TOOLS_MUST;

/* As session_open for a model with inputs of these shapes: where session_chooses, on the device on which the
 * model is predicted to be the quickest (atr_context_open_for). */
bool session_open_for(struct report *report, const atr_model *model, const atr_shape *shapes, size_t n,
                      atr_context **context, struct fault *fault) TOOLS_MUST;

/* No device is named, or "auto" is. */
bool session_chooses(const struct report *report);

/* Tells the report of a plan that was made in the seconds since `started` (report_now): its time, its memory,
 * and the nodes that run on the host for want of a kernel. */
void session_plan(struct report *report, const atr_plan *plan, double started);

/* The fault of a call on a run that returned `status`, with the run's sentence; returns false. */
bool session_fault(const atr_run *run, atr_status status, struct fault *fault);

#endif
