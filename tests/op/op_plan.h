/* op_plan.h: the rest of an operator's test: the same call through plans, on the host and on the OpenCL
 * device with every row that applies, against the double host build; and its gradient against central
 * differences in double.
 *
 * The device is ATROUS_TEST_DEVICE ("cpu" if unset). Where the library has OpenCL but there is no such device
 * the test fails, unless ATROUS_TEST_NO_OPENCL=1 says that this machine has none. */
#ifndef OP_PLAN_H
#define OP_PLAN_H

#include <atrous/context.h>

struct op_case;

/* ATROUS_TEST_WORK=N, for drivers that are a thousand times slower (scripts/drivers): on the device,
 * op_plan_agree leaves out plans of more than N operations and elements read, except for kernels that have
 * not run twice; runs a row at the same attributes, shapes and constants at most twice, and executes once.
 * ATROUS_TEST_KERNELS names a file to which the kernels that were run are appended at exit. op_plan_slow:
 * whether it is set, for tests that choose themselves. */
int op_plan_slow(void);

/* Contexts shared by a program's tests; NULL where there is no OpenCL and that was said. */
atr_context *op_plan_host(void);
atr_context *op_plan_device(void);
void op_plan_close(void);

/* Has the device's last cache be of so many bytes, so that small tensors are what it cannot hold; returns
 * what it was. */
uint64_t op_plan_cache(uint64_t bytes);

/* Runs the case through plans; c->out must hold the oracle's values (op_case_run). Where an input is not
 * constant it is an input of the model. */
void op_plan_agree(struct op_case *c, const char *domain, const char *name);
/* The same on the device only, with the one row of this name, where there is such a device. */
void op_plan_agree_row(struct op_case *c, const char *domain, const char *name, const char *algorithm);

/* Keeps the largest error of an operator against the double host build, relative to max(1, |y|), on the host
 * and on the device. At exit they are appended to the file ATROUS_TEST_ERRORS, if that is set, as lines "NAME
 * TAB host|device TAB ERROR": scripts/operators-doc makes a table of them. */
void op_plan_note(const char *name, int on_device, double error);

/* d(Σ r·y)/dx for the inputs in `inputs` (bit i), y output 0 and r fixed numbers: analytic in double against
 * central differences in double, then float host and device against double. step: of the differences, 0:
 * 1e-5. */
void op_plan_gradient(struct op_case *c, const char *domain, const char *name, unsigned inputs, double step);
/* The same with y output `of`. */
void op_plan_gradient_of(struct op_case *c, const char *domain, const char *name, unsigned inputs,
                         double step, size_t of);

#endif
