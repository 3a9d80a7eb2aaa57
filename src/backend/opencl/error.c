/* error.c: OpenCL's codes in sentences. Names: the OpenCL 1.2 headers; -1001 is the ICD loader's, -9999 what
 * one vendor returns where a kernel touched memory that is not its own. */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>

#include "backend/opencl/api.h"

const char *atr__cl_code_name(int code) {
  switch (code) {
#define CODE(name)                                                                                           \
  case name: return #name;
    CODE(CL_SUCCESS)
    CODE(CL_DEVICE_NOT_FOUND)
    CODE(CL_DEVICE_NOT_AVAILABLE)
    CODE(CL_COMPILER_NOT_AVAILABLE)
    CODE(CL_MEM_OBJECT_ALLOCATION_FAILURE)
    CODE(CL_OUT_OF_RESOURCES)
    CODE(CL_OUT_OF_HOST_MEMORY)
    CODE(CL_PROFILING_INFO_NOT_AVAILABLE)
    CODE(CL_MEM_COPY_OVERLAP)
    CODE(CL_BUILD_PROGRAM_FAILURE)
    CODE(CL_MISALIGNED_SUB_BUFFER_OFFSET)
    CODE(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST)
    CODE(CL_COMPILE_PROGRAM_FAILURE)
    CODE(CL_LINKER_NOT_AVAILABLE)
    CODE(CL_LINK_PROGRAM_FAILURE)
    CODE(CL_INVALID_VALUE)
    CODE(CL_INVALID_DEVICE_TYPE)
    CODE(CL_INVALID_PLATFORM)
    CODE(CL_INVALID_DEVICE)
    CODE(CL_INVALID_CONTEXT)
    CODE(CL_INVALID_QUEUE_PROPERTIES)
    CODE(CL_INVALID_COMMAND_QUEUE)
    CODE(CL_INVALID_HOST_PTR)
    CODE(CL_INVALID_MEM_OBJECT)
    CODE(CL_INVALID_BINARY)
    CODE(CL_INVALID_BUILD_OPTIONS)
    CODE(CL_INVALID_PROGRAM)
    CODE(CL_INVALID_PROGRAM_EXECUTABLE)
    CODE(CL_INVALID_KERNEL_NAME)
    CODE(CL_INVALID_KERNEL_DEFINITION)
    CODE(CL_INVALID_KERNEL)
    CODE(CL_INVALID_ARG_INDEX)
    CODE(CL_INVALID_ARG_VALUE)
    CODE(CL_INVALID_ARG_SIZE)
    CODE(CL_INVALID_KERNEL_ARGS)
    CODE(CL_INVALID_WORK_DIMENSION)
    CODE(CL_INVALID_WORK_GROUP_SIZE)
    CODE(CL_INVALID_WORK_ITEM_SIZE)
    CODE(CL_INVALID_GLOBAL_OFFSET)
    CODE(CL_INVALID_EVENT_WAIT_LIST)
    CODE(CL_INVALID_EVENT)
    CODE(CL_INVALID_OPERATION)
    CODE(CL_INVALID_BUFFER_SIZE)
    CODE(CL_INVALID_GLOBAL_WORK_SIZE)
    CODE(CL_INVALID_PROPERTY)
#undef CODE
  case -1001: return "CL_PLATFORM_NOT_FOUND_KHR";
  case -9999: return "illegal access of memory by a kernel";
  }
  return "unknown code";
}

int atr__cl_out_of_memory(int code) {
  return code == CL_MEM_OBJECT_ALLOCATION_FAILURE || code == CL_OUT_OF_RESOURCES ||
         code == CL_OUT_OF_HOST_MEMORY;
}

atr_status atr__cl_fail(atr_error *error, int code, const char *format, ...) {
  const atr_status status = atr__cl_out_of_memory(code) ? ATR_E_NOMEM : ATR_E_DEVICE;
  char sentence[768];
  va_list args;
  va_start(args, format);
  if (vsnprintf(sentence, sizeof sentence, format, args) < 0) sentence[0] = 0;
  va_end(args);
  atr__fail(error, status, "%s: %s (%d)", sentence, atr__cl_code_name(code), code);
  if (error) error->opencl = code;
  return status;
}
