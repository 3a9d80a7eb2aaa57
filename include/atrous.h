/* atrous.h: everything a program needs, save the OpenCL interoperation of <atrous/opencl.h>. */
#ifndef ATROUS_H
#define ATROUS_H

#include <atrous/build.h>
#include <atrous/context.h>
#include <atrous/csr.h>
#include <atrous/limits.h>
#include <atrous/model.h>
#include <atrous/op.h>
#include <atrous/choose.h>
#include <atrous/plan.h>
#include <atrous/sequence.h>
#include <atrous/status.h>
#include <atrous/stream.h>
#include <atrous/tensor.h>
#include <atrous/train.h>
#include <atrous/tune.h>
#include <atrous/version.h>

#endif
