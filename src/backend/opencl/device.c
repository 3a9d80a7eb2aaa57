/* device.c: OpenCL's devices: which there are, whether each can be used and why not, which class it is of,
 * how it scores, and opening one. The class is decided here and nowhere else. */
#include "config.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "backend/opencl/internal.h"
#include "base/alloc.h"
#include "base/cpu.h"
#include "base/dl.h"
#include "base/process.h"
#include "base/text.h"

enum { PLATFORMS_MAX = 64, DEVICES_MAX = 64, PROBE_SECONDS = 30 };

/* Printable text of a device or platform; "" where it cannot be had. */
static void tidy(char *text) {
  for (char *c = text; *c; c++)
    if ((unsigned char)*c < 32 || *c == 127) *c = ' ';
  size_t length = strlen(text), skip = strspn(text, " ");
  while (length > skip && text[length - 1] == ' ') length--;
  memmove(text, text + skip, length - skip);
  text[length - skip] = 0;
}

static void device_text(const atr__cl_api *api, cl_device_id device, cl_device_info what, char *text,
                        size_t size) {
  char all[1024] = "";
  size_t length = 0;
  if (atr__clGetDeviceInfo(api, device, what, sizeof all - 1, all, &length) || length >= sizeof all)
    all[0] = 0;
  tidy(all);
  snprintf(text, size, "%s", all);
}

static void platform_text(const atr__cl_api *api, cl_platform_id platform, cl_platform_info what, char *text,
                          size_t size) {
  char all[1024] = "";
  size_t length = 0;
  if (atr__clGetPlatformInfo(api, platform, what, sizeof all - 1, all, &length) || length >= sizeof all)
    all[0] = 0;
  tidy(all);
  snprintf(text, size, "%s", all);
}

/* Values of a fixed size; 0 where the driver does not know the question. */
static cl_uint device_uint(const atr__cl_api *api, cl_device_id device, cl_device_info what) {
  cl_uint value = 0;
  return atr__clGetDeviceInfo(api, device, what, sizeof value, &value, NULL) ? 0 : value;
}
static cl_ulong device_ulong(const atr__cl_api *api, cl_device_id device, cl_device_info what) {
  cl_ulong value = 0;
  return atr__clGetDeviceInfo(api, device, what, sizeof value, &value, NULL) ? 0 : value;
}
static size_t device_size(const atr__cl_api *api, cl_device_id device, cl_device_info what) {
  size_t value = 0;
  return atr__clGetDeviceInfo(api, device, what, sizeof value, &value, NULL) ? 0 : value;
}

static int has_extension(const atr__cl_api *api, cl_device_id device, const char *name) {
  size_t size = 0;
  if (atr__clGetDeviceInfo(api, device, CL_DEVICE_EXTENSIONS, 0, NULL, &size) || !size) return 0;
  char *all = atr__calloc(1, size + 1);
  if (!all) return 0;
  int found = 0;
  if (!atr__clGetDeviceInfo(api, device, CL_DEVICE_EXTENSIONS, size, all, NULL)) {
    const size_t length = strlen(name);
    for (const char *at = all; (at = strstr(at, name)) != NULL; at += length)
      if ((at == all || at[-1] == ' ') && (at[length] == ' ' || !at[length])) found = 1;
  }
  atr__free(all);
  return found;
}

/* A runtime may call itself CPU, GPU and accelerator at once: what can be a CPU is one. */
static int is_gpu(const atr__cl_api *api, cl_device_id device, unsigned flags) {
  const char *asked = flags & ATR_NO_ENVIRONMENT ? NULL : atr__env("ATROUS_CLASS");
  if (asked && !strcmp(asked, "cpu")) return 0;
  if (asked && !strcmp(asked, "gpu")) return 1;
  cl_device_type type = 0;
  if (atr__clGetDeviceInfo(api, device, CL_DEVICE_TYPE, sizeof type, &type, NULL)) return 0;
  return !(type & CL_DEVICE_TYPE_CPU);
}

static const char *unusable(const atr__cl_api *api, cl_device_id device, char *text, size_t size) {
  char version[128], c_version[128], profile[64];
  unsigned major = 0, minor = 0, c_major = 0, c_minor = 0;
  device_text(api, device, CL_DEVICE_VERSION, version, sizeof version);
  device_text(api, device, CL_DEVICE_OPENCL_C_VERSION, c_version, sizeof c_version);
  device_text(api, device, CL_DEVICE_PROFILE, profile, sizeof profile);
  if (!device_uint(api, device, CL_DEVICE_AVAILABLE)) return "the driver says that it is not available";
  if (!device_uint(api, device, CL_DEVICE_COMPILER_AVAILABLE)) return "its driver has no compiler";
  if (sscanf(version, "OpenCL %u.%u", &major, &minor) != 2 || major * 100 + minor < 102) {
    snprintf(text, size, "OpenCL 1.2 is needed, this is \"%.40s\"", version);
    return text;
  }
  if (sscanf(c_version, "OpenCL C %u.%u", &c_major, &c_minor) != 2 || c_major * 100 + c_minor < 102) {
    snprintf(text, size, "OpenCL C 1.2 is needed, this is \"%.40s\"", c_version);
    return text;
  }
  if (strcmp(profile, "FULL_PROFILE")) return "it has only the embedded profile, which may round differently";
  if (!device_uint(api, device, CL_DEVICE_ENDIAN_LITTLE)) return "it is big-endian";
  if (!device_size(api, device, CL_DEVICE_MAX_WORK_GROUP_SIZE)) return "it has no work-groups";
  return NULL;
}

void atr__cl_describe(const atr__cl_api *api, cl_platform_id platform, cl_device_id device, unsigned flags,
                      atr_device_info *info) {
  platform_text(api, platform, CL_PLATFORM_NAME, info->platform, sizeof info->platform);
  device_text(api, device, CL_DEVICE_NAME, info->name, sizeof info->name);
  device_text(api, device, CL_DEVICE_VENDOR, info->vendor, sizeof info->vendor);
  device_text(api, device, CL_DRIVER_VERSION, info->driver, sizeof info->driver);
  info->is_gpu = is_gpu(api, device, flags);
  info->fp16 = has_extension(api, device, "cl_khr_fp16");
  info->fp64 = has_extension(api, device, "cl_khr_fp64");
  info->compute_units = (int)(device_uint(api, device, CL_DEVICE_MAX_COMPUTE_UNITS) & INT_MAX);
  info->clock_hz = (uint64_t)device_uint(api, device, CL_DEVICE_MAX_CLOCK_FREQUENCY) * 1000000;
  info->memory_bytes = device_ulong(api, device, CL_DEVICE_GLOBAL_MEM_SIZE);
  info->max_alloc_bytes = device_ulong(api, device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
  info->local_bytes = device_ulong(api, device, CL_DEVICE_LOCAL_MEM_SIZE);
  char text[96];
  const char *why = unusable(api, device, text, sizeof text);
  info->usable = !why;
  info->score = 0;
  if (why) {
    snprintf(info->why, sizeof info->why, "%s", why);
    return;
  }
  /* GPUs above processors above the host (1), each kind by its clock ticks a second. A processor that claims
   * no float vectors is a software renderer or a simulator; the host's plain C is quicker and no less
   * correct. */
  const double ticks = (double)info->compute_units * ((double)info->clock_hz * 1e-9 + 0.001);
  const cl_uint vector = device_uint(api, device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT);
  if (info->is_gpu) {
    info->score = 1e6 + ticks;
    snprintf(info->why, sizeof info->why, "GPU class");
  } else if (vector > 1) {
    info->score = 1e3 + ticks * vector;
    snprintf(info->why, sizeof info->why, "CPU class, vectors of %u floats", vector);
  } else {
    info->score = 0.5;
    snprintf(info->why, sizeof info->why,
             "a processor without float vectors (a software renderer or simulator)");
  }
}

static cl_uint platforms(const atr__cl_api *api, cl_platform_id *list, char *note, size_t size) {
  cl_uint n = 0;
  const cl_int code = atr__clGetPlatformIDs(api, PLATFORMS_MAX, list, &n);
  if (code)
    snprintf(note, size, "the OpenCL loader found no platform: %s (%d)", atr__cl_code_name(code), code);
  else if (!n)
    snprintf(note, size, "the OpenCL loader found no platform");
  if (code) return 0;
  return n < PLATFORMS_MAX ? n : PLATFORMS_MAX;
}

static cl_uint devices_of(const atr__cl_api *api, cl_platform_id platform, cl_device_id *list) {
  cl_uint n = 0;
  if (atr__clGetDeviceIDs(api, platform, CL_DEVICE_TYPE_ALL, DEVICES_MAX, list, &n)) return 0;
  return n < DEVICES_MAX ? n : DEVICES_MAX;
}

/* Asks every driver what atr__cl_devices is about to ask. */
static int probe(void *user) {
  const atr__cl_api *api = user;
  char note[256];
  cl_platform_id platform[PLATFORMS_MAX];
  const cl_uint n = platforms(api, platform, note, sizeof note);
  for (cl_uint p = 0; p < n; p++) {
    cl_device_id device[DEVICES_MAX];
    const cl_uint m = devices_of(api, platform[p], device);
    for (cl_uint d = 0; d < m; d++) {
      atr_device_info info;
      atr__cl_describe(api, platform[p], device[d], ATR_NO_ENVIRONMENT, &info);
    }
  }
  return 0;
}

atr_status atr__cl_devices(unsigned flags, atr__devices *devices, atr_error *error) {
  atr__cl_api api;
  char why[128];
  if (atr__cl_load(&api, devices->note, sizeof devices->note)) return ATR_OK;
  snprintf(devices->loader, sizeof devices->loader, "%s", api.name);
  if (flags & ATR_PROBE_IN_CHILD && atr__try_in_child(probe, &api, PROBE_SECONDS, why, sizeof why)) {
    snprintf(devices->note, sizeof devices->note,
             "an OpenCL driver asked for its devices in a child process %s", why);
    return ATR_OK;
  }
  cl_platform_id platform[PLATFORMS_MAX];
  const cl_uint n = platforms(&api, platform, devices->note, sizeof devices->note);
  atr__text empty = ATR__TEXT_INIT;
  for (cl_uint p = 0; p < n; p++) {
    cl_device_id device[DEVICES_MAX];
    const cl_uint m = devices_of(&api, platform[p], device);
    if (!m) {
      char name[64];
      platform_text(&api, platform[p], CL_PLATFORM_NAME, name, sizeof name);
      atr__text_add(&empty, "%s%s", empty.length ? ", " : "", name);
    }
    for (cl_uint d = 0; d < m; d++) {
      atr__found *found = atr__devices_add(devices);
      if (!found) {
        atr__text_free(&empty);
        return atr__nomem(error, sizeof *found);
      }
      found->platform = (int)p;
      found->device = (int)d;
      snprintf(found->info.id, sizeof found->info.id, "opencl:%u.%u", p, d);
      atr__cl_describe(&api, platform[p], device[d], flags, &found->info);
    }
  }
  if (n && !devices->n && empty.data)
    snprintf(devices->note, sizeof devices->note, "no OpenCL platform has a device (%.150s)", empty.data);
  atr__text_free(&empty);
  return ATR_OK;
}

/* Everything a compiled program depends on besides its source and options. */
static char *device_key(const atr__cl_api *api, cl_platform_id platform, cl_device_id device) {
  char name[128], vendor[128], version[128], driver[64], platform_name[64], platform_version[128];
  char processor[128] = "", identity[64] = "";
  platform_text(api, platform, CL_PLATFORM_NAME, platform_name, sizeof platform_name);
  platform_text(api, platform, CL_PLATFORM_VERSION, platform_version, sizeof platform_version);
  device_text(api, device, CL_DEVICE_NAME, name, sizeof name);
  device_text(api, device, CL_DEVICE_VENDOR, vendor, sizeof vendor);
  device_text(api, device, CL_DEVICE_VERSION, version, sizeof version);
  device_text(api, device, CL_DRIVER_VERSION, driver, sizeof driver);
  cl_device_type type = 0;
  if (!atr__clGetDeviceInfo(api, device, CL_DEVICE_TYPE, sizeof type, &type, NULL) &&
      type & CL_DEVICE_TYPE_CPU) {
    atr__cpu_name(processor, sizeof processor);
    atr__cpu_identity(identity, sizeof identity);
  }
  atr__text text = ATR__TEXT_INIT;
  atr__text_add(&text, "platform %s %s\ndevice %s %s %s %s\nbits %u\nprocessor %s %s\n", platform_name,
                platform_version, name, vendor, version, driver,
                device_uint(api, device, CL_DEVICE_ADDRESS_BITS), processor, identity);
  if (text.failed) atr__text_free(&text);
  return text.data;
}

atr_status atr__cl_same_process(const atr_context *context, atr_error *error) {
  const long now = atr__process_id();
  if (context->cl->process == now) return ATR_OK;
  return atr__fail(
      error, ATR_E_DEVICE,
      "the context was opened by process %ld and OpenCL does not survive fork: open one in process "
      "%ld",
      context->cl->process, now);
}

static void use_device(atr_context *context, const atr__cl_api *api, cl_device_id device) {
  atr__cl_device *facts = &context->device;
  const cl_uint vector = device_uint(api, device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT);
  facts->device_class = context->info.is_gpu ? ATR__CLASS_GPU : ATR__CLASS_CPU;
  facts->vector_floats = vector ? (int)vector : 1;
  facts->compute_units = context->info.compute_units > 0 ? context->info.compute_units : 1;
  facts->local_bytes = context->info.local_bytes;
  facts->max_alloc_bytes = context->info.max_alloc_bytes;
  facts->cache_bytes = device_ulong(api, device, CL_DEVICE_GLOBAL_MEM_CACHE_SIZE);
  facts->max_group = device_size(api, device, CL_DEVICE_MAX_WORK_GROUP_SIZE);
  context->cl->has_fma = !!(device_ulong(api, device, CL_DEVICE_SINGLE_FP_CONFIG) & CL_FP_FMA);
}

int atr__cl_on_pocl(const atr_context *context) {
  return !strcmp(context->info.platform, "Portable Computing Language");
}

/* PoCL compiles a kernel for each kind of launch, and for the binary once more, for all of them: twice the
 * time of a first run, to save some milliseconds of a later one. Where its user has it make the latter only,
 * a binary costs nothing. */
static int keeps_programs(const atr_context *context) {
  const char *kinds = atr__env("POCL_WORK_GROUP_SPECIALIZATION");
  return context->cache_dir && context->cl->device_key &&
         (context->cache_asked || !atr__cl_on_pocl(context) || (kinds && !strcmp(kinds, "0")));
}

atr_status atr__cl_open_on(atr_context *context, const atr__cl_api *api, cl_device_id device,
                           cl_context given, cl_command_queue queue, atr_error *error) {
  atr_status status = ATR_OK;
  cl_int code = CL_SUCCESS;
  struct atr__cl_context *cl = atr__calloc(1, sizeof *cl);
  if (!cl) return atr__nomem(error, sizeof *cl);
  context->cl = cl;
  context->backend = &atr__backend_opencl;
  cl->api = *api;
  cl->device = device;
  cl->process = atr__process_id();
  atomic_init(&cl->serial, 0);
  if ((code =
           atr__clGetDeviceInfo(api, device, CL_DEVICE_PLATFORM, sizeof cl->platform, &cl->platform, NULL))) {
    status = atr__cl_fail(error, code, "the platform of %s could not be asked", context->info.id);
    goto fail;
  }
  if (given) {
    if ((code = atr__clRetainContext(api, given))) {
      status = atr__cl_fail(error, code, "the application's OpenCL context could not be retained");
      goto fail;
    }
    cl->context = given;
  } else {
    const cl_context_properties properties[] = { CL_CONTEXT_PLATFORM, (cl_context_properties)cl->platform,
                                                 0 };
    cl->context = atr__clCreateContext(api, properties, 1, &device, NULL, NULL, &code);
    if (!cl->context) {
      status =
          atr__cl_fail(error, code, "no OpenCL context on %s (%s)", context->info.id, context->info.name);
      goto fail;
    }
  }
  if (queue) {
    if ((code = atr__clRetainCommandQueue(api, queue))) {
      status = atr__cl_fail(error, code, "the application's OpenCL queue could not be retained");
      goto fail;
    }
    cl->app_queue = queue;
  }
  cl->nothing = atr__clCreateBuffer(api, cl->context, CL_MEM_READ_WRITE, 64, NULL, &code);
  if (!cl->nothing) {
    status = atr__cl_fail(error, code, "no memory on %s (%s)", context->info.id, context->info.name);
    goto fail;
  }
  cl->device_key = device_key(api, cl->platform, device);
  use_device(context, api, device);
  context->keeps_programs = keeps_programs(context);
  ATR__CHECK(context->backend->queue_create(context, NULL, NULL, 0, error, &context->queue));
  return ATR_OK;
fail:
  atr__cl_close(context);
  return status;
}

atr_status atr__cl_open(atr_context *context, int platform, int device, atr_error *error) {
  char why[256] = "";
  atr__cl_api api;
  cl_platform_id list[PLATFORMS_MAX];
  cl_device_id devices[DEVICES_MAX];
  if (atr__cl_load(&api, why, sizeof why)) return atr__fail(error, ATR_E_DEVICE, "%s", why);
  if (platforms(&api, list, why, sizeof why) <= (cl_uint)platform ||
      devices_of(&api, list[platform], devices) <= (cl_uint)device)
    return atr__fail(error, ATR_E_DEVICE, "%s is gone%s%s", context->info.id, why[0] ? ": " : "", why);
  return atr__cl_open_on(context, &api, devices[device], NULL, NULL, error);
}

void atr__cl_close(atr_context *context) {
  struct atr__cl_context *cl = context->cl;
  if (!cl) return;
  atr__cl_programs_free(context);
  if (!atr__cl_same_process(context, NULL)) {
    atr__clReleaseMemObject(&cl->api, cl->nothing);
    atr__clReleaseCommandQueue(&cl->api, cl->app_queue);
    atr__clReleaseContext(&cl->api, cl->context);
  }
  atr__free(cl->device_key);
  atr__free(cl);
  context->cl = NULL;
  context->backend = &atr__backend_host;
}

const atr__backend atr__backend_opencl = {
  .name = "opencl",
  .buffer_create = atr__cl_buffer_create,
  .buffer_borrow = atr__cl_buffer_borrow,
  .buffer_destroy = atr__cl_buffer_destroy,
  .buffer_host = atr__cl_buffer_host,
  .buffer_shared = atr__cl_buffer_shared,
  .queue_create = atr__cl_queue_create,
  .queue_destroy = atr__cl_queue_destroy,
  .write = atr__cl_write,
  .read = atr__cl_read,
  .copy = atr__cl_copy,
  .launch = atr__cl_launch,
  .finish = atr__cl_finish,
  .stay = atr__cl_stay,
  .stays = atr__cl_stays,
  .measure = atr__cl_measure,
  .spans = atr__cl_spans,
  .program_get = atr__cl_program_get,
  .program_tile = atr__cl_program_tile,
  .program_release = atr__cl_program_release,
};
