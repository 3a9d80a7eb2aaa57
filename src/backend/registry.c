/* registry.c: the devices of all backends in one list, and what a selector means in it. Scores are given
 * where a device is known (opencl/device.c, and below for the host); here they are only compared. */
#include "config.h"

#include "backend/registry.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cpu.h"
#include "base/text.h"
#include "base/thread.h"
#ifdef ATR_HAVE_OPENCL
#include "backend/opencl/opencl.h"
#endif

atr__found *atr__devices_add(atr__devices *devices) {
  if (atr__grow(&devices->list, &devices->room, devices->n + 1, sizeof *devices->list)) return NULL;
  atr__found *found = &devices->list[devices->n++];
  found->info.size = sizeof found->info;
  return found;
}

void atr__devices_free(atr__devices *devices) {
  atr__free(devices->list);
  memset(devices, 0, sizeof *devices);
}

/* The host scores 1: any real OpenCL device is above it, software devices made for other ends below. */
static void describe_host(atr__found *found) {
  atr_device_info *info = &found->info;
  found->platform = found->device = -1;
  snprintf(info->id, sizeof info->id, "host");
  atr__cpu_name(info->name, sizeof info->name);
  snprintf(info->platform, sizeof info->platform, "host");
  info->usable = 1;
  info->fp64 = 1;
  info->compute_units = atr__processors();
  info->memory_bytes = info->max_alloc_bytes = atr__memory_bytes();
  info->score = 1;
}

atr_status atr__devices_find(unsigned flags, int host_only, atr_error *error, atr__devices *devices) {
  memset(devices, 0, sizeof *devices);
#ifdef ATR_HAVE_OPENCL
  if (!host_only) {
    atr_status status = atr__cl_devices(flags, devices, error);
    if (status) {
      atr__devices_free(devices);
      return status;
    }
  }
#else
  (void)flags;
  if (!host_only) snprintf(devices->note, sizeof devices->note, "this library was built without OpenCL");
#endif
  atr__found *host = atr__devices_add(devices);
  if (!host) {
    atr__devices_free(devices);
    return atr__nomem(error, sizeof *host);
  }
  describe_host(host);
  return ATR_OK;
}

static char lower(char c) {
  return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int contains(const char *text, const char *part) {
  for (; *text; text++) {
    size_t i = 0;
    while (part[i] && lower(text[i]) == lower(part[i])) i++;
    if (!part[i]) return 1;
  }
  return 0;
}

static int is_host(const atr__found *found) {
  return found->platform < 0;
}

static int matches(const atr__found *found, const char *selector) {
  const atr_device_info *info = &found->info;
  if (!strcmp(selector, "auto")) return 1;
  if (!strcmp(selector, "gpu")) return info->is_gpu;
  if (!strcmp(selector, "cpu")) return !info->is_gpu;
  if (!strcmp(selector, "host") || !strncmp(selector, "opencl:", 7)) return !strcmp(info->id, selector);
  return !is_host(found) && (contains(info->name, selector) || contains(info->platform, selector));
}

static void list_devices(const atr__devices *devices, atr__text *text) {
  for (size_t i = 0; i < devices->n; i++) {
    const atr_device_info *info = &devices->list[i].info;
    atr__text_add(text, "%s%s", i ? ", " : "", info->id);
    if (!is_host(&devices->list[i])) atr__text_add(text, " (%s, %s)", info->name, info->platform);
  }
  if (devices->note[0]) atr__text_add(text, "; %s", devices->note);
}

int atr__devices_select(const atr__devices *devices, const char *selector, const unsigned char *taken,
                        atr_error *error) {
  int best = -1, refused = -1;
  for (size_t i = 0; i < devices->n; i++) {
    const atr__found *found = &devices->list[i];
    if ((taken && taken[i]) || !matches(found, selector)) continue;
    if (!found->info.usable)
      refused = (int)i;
    else if (best < 0 || found->info.score > devices->list[best].info.score)
      best = (int)i;
  }
  if (best >= 0) return best;
  atr__text text = ATR__TEXT_INIT;
  list_devices(devices, &text);
  const char *there = text.data && !text.failed ? text.data : "host";
  if (refused >= 0)
    atr__fail(error, ATR_E_NO_DEVICE, "device \"%s\": %s (%s) cannot be used: %s; there is: %s", selector,
              devices->list[refused].info.id, devices->list[refused].info.name,
              devices->list[refused].info.why, there);
  else
    atr__fail(error, ATR_E_NO_DEVICE, "no device matches \"%s\"; there is: %s", selector, there);
  atr__text_free(&text);
  return -1;
}

void atr__devices_explain(atr__devices *devices, const char *selector, int chosen) {
  const atr_device_info *best = chosen >= 0 ? &devices->list[chosen].info : NULL;
  for (size_t i = 0; i < devices->n; i++) {
    atr_device_info *info = &devices->list[i].info;
    info->chosen = (int)i == chosen;
    if (!info->usable) continue;
    char reason[144]; /* what opencl/device.c found remarkable */
    snprintf(reason, sizeof reason, "%.140s", info->why);
    const char *then = reason[0] ? "; " : "";
    if (info->chosen && is_host(&devices->list[i]) && devices->n == 1)
      snprintf(info->why, sizeof info->why, "chosen by \"%.20s\": %.200s", selector,
               devices->note[0] ? devices->note : "plain C on all processors");
    else if (info->chosen)
      snprintf(info->why, sizeof info->why, "chosen by \"%.20s\"%s%s", selector, reason[0] ? ": " : "",
               reason);
    else if (!best || !matches(&devices->list[i], selector))
      snprintf(info->why, sizeof info->why, "usable%s%s", then, reason);
    else
      snprintf(info->why, sizeof info->why, "usable, but %.31s scores %.4g against %.4g%s%s", best->id,
               best->score, info->score, then, reason);
  }
}
