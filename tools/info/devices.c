/* devices.c: the devices, the one that is taken, and what to install where there is little. */
#include <stdlib.h>
#include <string.h>

#include <atrous/context.h>

#include "common/session.h"
#include "info/info.h"

static const char *class_of(const atr_device_info *info) {
  return !strcmp(info->id, "host") ? "host" : info->is_gpu ? "gpu" : "cpu";
}

static json_t *describe(const atr_device_info *info) {
  json_t *o = json_object();
  json_object_set_new(o, "id", report_text(info->id));
  json_object_set_new(o, "name", report_text(info->name));
  json_object_set_new(o, "vendor", report_text(info->vendor));
  json_object_set_new(o, "platform", report_text(info->platform));
  json_object_set_new(o, "driver", report_text(info->driver));
  json_object_set_new(o, "class", json_string(class_of(info)));
  json_object_set_new(o, "why", report_text(info->why));
  json_object_set_new(o, "usable", json_boolean(info->usable));
  json_object_set_new(o, "fp16", json_boolean(info->fp16));
  json_object_set_new(o, "fp64", json_boolean(info->fp64));
  json_object_set_new(o, "score", report_number(info->score));
  json_object_set_new(o, "compute_units", json_integer(info->compute_units));
  json_object_set_new(o, "clock_hz", info->clock_hz ? json_integer((json_int_t)info->clock_hz) : json_null());
  json_object_set_new(o, "memory_bytes", json_integer((json_int_t)info->memory_bytes));
  json_object_set_new(o, "max_alloc_bytes", json_integer((json_int_t)info->max_alloc_bytes));
  json_object_set_new(o, "local_bytes", json_integer((json_int_t)info->local_bytes));
  return o;
}

static void print(FILE *text, const atr_device_info *info) {
  const double gib = 1024.0 * 1024.0 * 1024.0;
  fprintf(text, "%c %-11s %-5s %s", info->chosen ? '*' : ' ', info->id, class_of(info), info->name);
  if (strcmp(info->id, "host") != 0)
    fprintf(text, " (%s%s%s)", info->platform, info->driver[0] ? ", driver " : "", info->driver);
  fprintf(text, "\n%14s%d unit%s", "", info->compute_units, info->compute_units == 1 ? "" : "s");
  if (info->clock_hz) fprintf(text, " at %.2f GHz", (double)info->clock_hz * 1e-9);
  fprintf(text, ", %.1f GiB", (double)info->memory_bytes / gib);
  if (info->max_alloc_bytes < info->memory_bytes)
    fprintf(text, ", %.1f GiB in one buffer", (double)info->max_alloc_bytes / gib);
  fprintf(text, "%s%s\n", info->fp16 ? ", fp16" : "", info->fp64 ? ", fp64" : "");
  fprintf(text, "%14s%s%s\n", "", info->usable ? "" : "cannot be used: ", info->why);
}

/* What to install, in one sentence; "" where nothing is missing. */
static const char *hint_for(const atr_loader_info *loader, const atr_device_info *list, size_t n) {
  if (strstr(loader->note, "built without OpenCL")) return "configure the library with OpenCL to use devices";
  if (!loader->name[0])
    return "install an OpenCL loader and a driver, on Debian ocl-icd-libopencl1 and pocl-opencl-icd";
  if (n < 2) return "install a driver: pocl-opencl-icd for the processor, or the one of your GPU's maker";
  for (size_t i = 0; i < n; i++)
    if (list[i].usable && strcmp(list[i].id, "host") != 0 && list[i].score > 1) return "";
  return "no OpenCL device is of use here: install pocl-opencl-icd for the processor, or the driver of your "
         "GPU's "
         "maker";
}

/* The list is written for "auto"; where another device was opened, it gets that one's reason. */
static void mark(atr_device_info *list, size_t n, const atr_device_info *opened) {
  for (size_t i = 0; i < n; i++) {
    const bool taken = opened && !strcmp(list[i].id, opened->id);
    if (taken)
      memcpy(list[i].why, opened->why, sizeof list[i].why);
    else if (list[i].chosen)
      snprintf(list[i].why, sizeof list[i].why, "what \"auto\" would take");
    list[i].chosen = taken;
  }
}

static bool list_all(atr_device_info **list, size_t *n, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  *list = NULL;
  if (atr_devices_list(NULL, 0, &error, n)) return fault_from_error(fault, &error);
  const size_t room = *n + 4; /* one may be plugged in between the two questions */
  if (!(*list = calloc(room, sizeof **list))) return fault_nomem(fault, room * sizeof **list);
  if (atr_devices_list(*list, room, &error, n)) return fault_from_error(fault, &error);
  if (*n > room) *n = room;
  return true;
}

bool info_devices(struct report *report, json_t *result, FILE *text, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  atr_context *context = NULL;
  atr_device_info *list = NULL, opened = { .size = sizeof opened };
  atr_loader_info loader = { .size = sizeof loader };
  size_t n = 0;
  struct fault at_open = FAULT_INIT;
  if (atr_loader_describe(&loader, &error)) return fault_from_error(fault, &error);
  if (!list_all(&list, &n, fault)) {
    free(list);
    return false;
  }
  const bool ok = session_open(report, &context, &at_open);
  if (ok) atr_context_info(context, &opened);
  atr_context_destroy(context);
  mark(list, n, ok ? &opened : NULL);
  const char *hint = hint_for(&loader, list, n);
  json_t *devices = json_array();
  for (size_t i = 0; i < n; i++) {
    json_array_append_new(devices, describe(&list[i]));
    if (text) print(text, &list[i]);
  }
  if (text) {
    fprintf(text, "OpenCL loader: %s%s%s\n", loader.name[0] ? loader.name : "none",
            loader.note[0] ? "; " : "", loader.note);
    if (hint[0]) fprintf(text, "hint: %s\n", hint);
  }
  json_object_set_new(result, "loader", loader.name[0] ? report_text(loader.name) : json_null());
  json_object_set_new(result, "chosen", ok ? report_text(opened.id) : json_null());
  json_object_set_new(result, "hint", report_text(hint));
  json_object_set_new(result, "devices", devices);
  free(list);
  if (!ok) *fault = at_open;
  return ok;
}
