/* fake_loader.c: a libOpenCL for tests, with one platform and one device that is what FAKE_CL says, a list of
 * words: "crash" and "hang" (in clGetPlatformIDs), "none" (no platform, -1001), "empty" (no device), "gpu",
 * "all" (CPU, GPU and accelerator at once), "scalar", "old", "oldc", "embedded", "nocompiler", "away", "big".
 * It computes nothing. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#define EXPORT __attribute__((visibility("default")))

static int asked(const char *word) {
  const char *all = getenv("FAKE_CL");
  const size_t length = strlen(word);
  for (const char *at = all; at && (at = strstr(at, word)) != NULL; at += length)
    if ((at == all || at[-1] == ' ') && (!at[length] || at[length] == ' ')) return 1;
  return 0;
}

static cl_int give(const void *value, size_t length, size_t room, void *to, size_t *size) {
  if (size) *size = length;
  if (to && room < length) return CL_INVALID_VALUE;
  if (to) memcpy(to, value, length);
  return CL_SUCCESS;
}
static cl_int give_text(const char *text, size_t room, void *to, size_t *size) {
  return give(text, strlen(text) + 1, room, to, size);
}
static cl_int give_uint(cl_uint value, size_t room, void *to, size_t *size) {
  return give(&value, sizeof value, room, to, size);
}
static cl_int give_ulong(cl_ulong value, size_t room, void *to, size_t *size) {
  return give(&value, sizeof value, room, to, size);
}

static cl_int fake_platforms(cl_uint room, cl_platform_id *list, cl_uint *count) {
  if (asked("crash")) abort();
  while (asked("hang")) pause();
  if (asked("none")) return -1001;
  if (count) *count = 1;
  if (list && room) list[0] = (cl_platform_id)1;
  return CL_SUCCESS;
}

static cl_int fake_devices(cl_uint room, cl_device_id *list, cl_uint *count) {
  if (asked("empty")) return CL_DEVICE_NOT_FOUND;
  if (count) *count = 1;
  if (list && room) list[0] = (cl_device_id)1;
  return CL_SUCCESS;
}

static cl_int fake_device(cl_device_info what, size_t room, void *value, size_t *size) {
  const cl_device_type type = asked("all")
                                  ? CL_DEVICE_TYPE_CPU | CL_DEVICE_TYPE_GPU | CL_DEVICE_TYPE_ACCELERATOR
                              : asked("gpu") ? CL_DEVICE_TYPE_GPU
                                             : CL_DEVICE_TYPE_CPU;
  const cl_platform_id platform = (cl_platform_id)1;
  const size_t group = 256;
  switch (what) {
  case CL_DEVICE_TYPE: return give(&type, sizeof type, room, value, size);
  case CL_DEVICE_PLATFORM: return give(&platform, sizeof platform, room, value, size);
  case CL_DEVICE_NAME: return give_text("  Fake\nDevice ", room, value, size);
  case CL_DEVICE_VENDOR: return give_text("Nobody", room, value, size);
  case CL_DRIVER_VERSION: return give_text("0.7", room, value, size);
  case CL_DEVICE_VERSION:
    return give_text(asked("old") ? "OpenCL 1.1 fake" : "OpenCL 3.0 fake", room, value, size);
  case CL_DEVICE_OPENCL_C_VERSION:
    return give_text(asked("oldc") ? "OpenCL C 1.0" : "OpenCL C 1.2 ", room, value, size);
  case CL_DEVICE_PROFILE:
    return give_text(asked("embedded") ? "EMBEDDED_PROFILE" : "FULL_PROFILE", room, value, size);
  case CL_DEVICE_EXTENSIONS: return give_text("cl_khr_fp16_not cl_khr_fp64", room, value, size);
  case CL_DEVICE_AVAILABLE: return give_uint(!asked("away"), room, value, size);
  case CL_DEVICE_COMPILER_AVAILABLE: return give_uint(!asked("nocompiler"), room, value, size);
  case CL_DEVICE_ENDIAN_LITTLE: return give_uint(!asked("big"), room, value, size);
  case CL_DEVICE_MAX_COMPUTE_UNITS: return give_uint(10, room, value, size);
  case CL_DEVICE_MAX_CLOCK_FREQUENCY: return give_uint(2000, room, value, size);
  case CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT: return give_uint(asked("scalar") ? 1 : 8, room, value, size);
  case CL_DEVICE_GLOBAL_MEM_SIZE: return give_ulong(1 << 20, room, value, size);
  case CL_DEVICE_MAX_MEM_ALLOC_SIZE: return give_ulong(1 << 18, room, value, size);
  case CL_DEVICE_LOCAL_MEM_SIZE: return give_ulong(1 << 15, room, value, size);
  case CL_DEVICE_MAX_WORK_GROUP_SIZE: return give(&group, sizeof group, room, value, size);
  default: return CL_INVALID_VALUE;
  }
}

/* The names that the library looks up; only the four above do anything. */
EXPORT cl_int clGetPlatformIDs(cl_uint room, cl_platform_id *list, cl_uint *count) {
  return fake_platforms(room, list, count);
}
EXPORT cl_int clGetPlatformInfo(cl_platform_id platform, cl_platform_info what, size_t room, void *value,
                                size_t *size) {
  (void)platform;
  return give_text(what == CL_PLATFORM_NAME ? "Fake Platform" : "", room, value, size);
}
EXPORT cl_int clGetDeviceIDs(cl_platform_id platform, cl_device_type type, cl_uint room, cl_device_id *list,
                             cl_uint *count) {
  (void)platform;
  (void)type;
  return fake_devices(room, list, count);
}
EXPORT cl_int clGetDeviceInfo(cl_device_id device, cl_device_info what, size_t room, void *value,
                              size_t *size) {
  (void)device;
  return fake_device(what, room, value, size);
}

/* The rest, by name alone: nobody calls them before clCreateContext has failed. */
#define NOTHING(name)                                                                                        \
  EXPORT cl_int fake_##name(void) __asm__(#name);                                                            \
  cl_int fake_##name(void) {                                                                                 \
    return CL_INVALID_OPERATION;                                                                             \
  }
NOTHING(clGetContextInfo)
NOTHING(clGetCommandQueueInfo)
NOTHING(clGetMemObjectInfo)
NOTHING(clGetProgramInfo)
NOTHING(clGetProgramBuildInfo)
NOTHING(clGetKernelWorkGroupInfo)
NOTHING(clBuildProgram)
NOTHING(clSetKernelArg)
NOTHING(clSetMemObjectDestructorCallback)
NOTHING(clFlush)
NOTHING(clFinish)
NOTHING(clGetEventInfo)
NOTHING(clGetEventProfilingInfo)
NOTHING(clWaitForEvents)
NOTHING(clEnqueueReadBuffer)
NOTHING(clEnqueueWriteBuffer)
NOTHING(clEnqueueCopyBuffer)
NOTHING(clEnqueueFillBuffer)
NOTHING(clEnqueueNDRangeKernel)
NOTHING(clEnqueueMarkerWithWaitList)
NOTHING(clEnqueueBarrierWithWaitList)
NOTHING(clCreateCommandQueue)
NOTHING(clCreateBuffer)
NOTHING(clCreateSubBuffer)
NOTHING(clCreateProgramWithSource)
NOTHING(clCreateProgramWithBinary)
NOTHING(clCreateKernel)
NOTHING(clRetainContext)
NOTHING(clRetainCommandQueue)
NOTHING(clRetainMemObject)
NOTHING(clReleaseContext)
NOTHING(clReleaseCommandQueue)
NOTHING(clReleaseMemObject)
NOTHING(clReleaseProgram)
NOTHING(clReleaseKernel)
#ifndef FAKE_CL_INCOMPLETE
NOTHING(clReleaseEvent)
#endif

EXPORT cl_context clCreateContext(const cl_context_properties *properties, cl_uint n,
                                  const cl_device_id *devices,
                                  void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *),
                                  void *user, cl_int *code) {
  (void)properties;
  (void)n;
  (void)devices;
  (void)notify;
  (void)user;
  *code = CL_DEVICE_NOT_AVAILABLE;
  return NULL;
}
