/* choose.h: the parts of atr_choose that are arithmetic alone. */
#ifndef ATR_PLAN_CHOOSE_H
#define ATR_PLAN_CHOOSE_H

#include <atrous/choose.h>

/* What a step has to do. `serial`: how often it must wait for itself (the steps of a recurrent layer), else
 * 1. `again`: bytes that it reads more than once, all times but the first together. `plain`: operations more
 * that it counts for on the host, which does one element after another of it. */
typedef struct atr__load {
  uint64_t flops, bytes, again;
  size_t serial;
  uint64_t plain;
} atr__load;

typedef enum atr__place { ATR__PLACE_PROCESSOR, ATR__PLACE_GPU, ATR__PLACE_HOST } atr__place;

/* From what the driver says of the device. */
void atr__ceilings_guess(const atr_device_info *device, atr_ceilings *ceilings);

/* The times of these steps and of moving `transfer` bytes; p and device are left alone. */
void atr__predict(const atr_ceilings *ceilings, const atr__load *list, size_t n, uint64_t transfer,
                  atr__place place, atr_prediction *prediction);

/* Sets p of each by its time, and orders them by it. */
void atr__rank(atr_prediction *list, size_t n);

#endif
