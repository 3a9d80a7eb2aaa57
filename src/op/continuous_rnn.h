/* continuous_rnn.h: what the parts of ContinuousRNN share: its parameters, the tableaus of its integrators.
 */
#ifndef ATR_OP_CONTINUOUS_RNN_H
#define ATR_OP_CONTINUOUS_RNN_H

#include "op/op.h"
#include "op/rate.h"

/* The numbers are those of kernels/continuous_rnn.cl. */
typedef enum atr__integrator {
  ATR__INTEGRATOR_EULER,
  ATR__INTEGRATOR_HEUN,
  ATR__INTEGRATOR_RK4,
  ATR__INTEGRATOR_EXPONENTIAL_EULER,
  ATR__INTEGRATOR_DORMAND_PRINCE,
  ATR__INTEGRATORS
} atr__integrator;

enum { ATR__CONTINUOUS_STAGES = 4 }; /* of a fixed step; Dormand and Prince have seven */

typedef struct atr__continuous_params {
  int64_t t, n, hid;
  int sparse;      /* R is sparse, of `entries` */
  int64_t entries; /* of R, sparse or not */
  int64_t substeps, max_steps;
  atr__integrator method;
  atr__rate rate;
  int linear; /* the drive goes in a line from one step's to the next; else it is held */
  int stages; /* of the method */
  float step, leak, noise, tolerance;
  uint64_t seed;
} atr__continuous_params;

/* Stage s is taken at x + h·a[s]·k(s-1), at the share c[s] of the substep; x' = x + h·Σ b[s]·k(s). */
typedef struct atr__tableau {
  int stages;
  double a[ATR__CONTINUOUS_STAGES], b[ATR__CONTINUOUS_STAGES], c[ATR__CONTINUOUS_STAGES];
} atr__tableau;
const atr__tableau *atr__tableau_of(atr__integrator method); /* of the first three */

/* Numbers of memory a sample that ContinuousRNN works in, and its host functions with that memory given. */
static inline int64_t atr__continuous_room(const atr__continuous_params *p) {
  return (3 + p->stages) * p->hid;
}
atr_status atr__continuous_rnn_in_host_f32(const atr__call *call, void *room);
atr_status atr__continuous_rnn_in_host_f64(const atr__call *call, void *room);

ATR__DECLARE_OP(continuous_rnn);
ATR__DECLARE_OP(continuous_rnn_grad);

#endif
