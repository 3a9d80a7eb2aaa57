/* registry.h: which devices there are, and which one a selector means. */
#ifndef ATR_BACKEND_REGISTRY_H
#define ATR_BACKEND_REGISTRY_H

#include <atrous/context.h>

#include "base/status.h"

typedef struct atr__found {
  atr_device_info info;
  int platform, device; /* OpenCL's numbers; -1: the host */
} atr__found;

typedef struct atr__devices {
  atr__found *list; /* the host is the last */
  size_t n, room;
  char loader[64]; /* the OpenCL loader's name, or "" */
  char note[256];  /* why no OpenCL device was found, else "" */
} atr__devices;

/* Looks for devices: OpenCL's unless `host_only`, then the host. Fills `score`, `usable` and, for the
 * unusable, `why`. ATR_E_NOMEM. */
atr_status atr__devices_find(unsigned flags, int host_only, atr_error *error, atr__devices *devices);
void atr__devices_free(atr__devices *devices);

/* Appends a zeroed entry; NULL where memory is out. */
atr__found *atr__devices_add(atr__devices *devices);

/* The best device for the selector among those whose `taken` flag is not set (NULL: none is): its index, or
 * -1 with ATR_E_NO_DEVICE and a sentence that lists what there is. */
int atr__devices_select(const atr__devices *devices, const char *selector, const unsigned char *taken,
                        atr_error *error);

/* Writes info->why and info->chosen: `chosen` is what `selector` means. */
void atr__devices_explain(atr__devices *devices, const char *selector, int chosen);

#endif
