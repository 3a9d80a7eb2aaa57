/* choose.h: which device for this model at this size: a prediction for each, from the volume of its data and
 * the intensity of its arithmetic.
 *
 * A plan's steps k have f_k operations on b_k bytes. On a device that does F operations a second, moves C
 * bytes a second within its cache of S bytes and M beyond it, starts a step in l seconds and takes t + v / P
 * seconds to move the v bytes of inputs and outputs to it and back,
 *
 *     hit_k = min(1, S / b_k)               the part of a step's bytes that a cache of that size can hold
 *     T = sum over k of max(f_k / F, b_k (hit_k / C + (1 - hit_k) / M)) + n l + t + v / P
 *
 * where f_k counts more on the host for what it does by plain loops, an element at a time (as 300 operations)
 * or a filter of one channel (16 times), and b_k counts the recurrent weights of a layer at every step of its
 * sequence, which hit_k does not (the "roofline" of Williams, Waterman and Patterson, 2009, a step at a
 * time). How sure one may be of one device against another is logistic in the logarithm of the ratio of their
 * times,
 *
 *     p_i = T_i^-4 / (sum over j of T_j^-4),   for two 1 / (1 + exp(-4 ln(T_other / T_i))):
 *
 * 0.5 where they are equal, 0.94 where one takes twice as long. So what is small stays on the host, what is
 * large goes to the device that has more hands, and between them the passage is smooth.
 *
 * Nothing is timed here. What a device can do is read from a file that `atrous-bench --ceilings` writes;
 * without it, it is guessed from the device's description. */
#ifndef ATROUS_CHOOSE_H
#define ATROUS_CHOOSE_H

#include <atrous/context.h>
#include <atrous/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a device can do, at most. */
typedef struct atr_ceilings {
  size_t size;            /* sizeof (atr_ceilings) */
  int measured;           /* non-zero: read from the file, else guessed */
  uint64_t flops;         /* F: additions and multiplications a second, of a convolution */
  uint64_t cache_rate;    /* C: bytes a second */
  uint64_t memory_rate;   /* M: bytes a second */
  uint64_t cache_bytes;   /* S */
  uint64_t transfer_rate; /* P: bytes a second; 0: the device works in the host's own memory */
  uint64_t transfer_ns;   /* t: a small input in and a small output out, nanoseconds */
  uint64_t launch_ns;     /* l: a step with next to nothing to do, nanoseconds */
} atr_ceilings;
#define ATR_CEILINGS_INIT                                                                                    \
  { sizeof(atr_ceilings), 0, 0, 0, 0, 0, 0, 0, 0 }

/* What the file says of this device (name, platform, driver and number of units must be the same), else a
 * guess. The file is "ceilings.txt" in the folder of atr_cache_folder(options); lines of it that make no
 * sense are left out. ceilings->size is set by the caller. Any thread. ATR_E_PARAM, ATR_E_NOMEM. Since 0.1.
 */
ATR_TRY atr_ceilings_find(const atr_device_info *device, const atr_context_options *options, atr_error *error,
                          atr_ceilings *ceilings);

/* Writes them to the file, in place of what it says of this device; `measured` is not looked at. Rates of 0,
 * save transfer_rate, are refused. Any thread; where two programs write at once one of the two lines may be
 * lost. ATR_E_PARAM, ATR_E_IO (no folder, or one that others may write to), ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_ceilings_store(const atr_device_info *device, const atr_context_options *options,
                           const atr_ceilings *ceilings, atr_error *error);

/* A device, and the time of one run on it. */
typedef struct atr_prediction {
  char device[32]; /* what atr_context_open takes */
  int measured;    /* whether its ceilings were measured */
  double p;        /* confidence that it is the quickest of those listed; they add up to 1 */
  double predicted_s;
  double compute_s,
      memory_s; /* of all steps, by F alone and by C and M alone: a step takes the greater of its two */
  double launch_s, transfer_s;
  double hit_rate; /* the part of the bytes that the cache holds */
  uint64_t flops, bytes, transfer_bytes;
  size_t launches;
} atr_prediction;

/* Predicts a run of this model with inputs of these shapes for every usable device, the quickest first; the
 * host is always among them. Plans the model on the host; no other device is opened. Of a model whose shapes
 * follow from data, what comes before the first such place is counted. list: borrowed, room for `room`
 * entries. count: how many there are, also where that is more than `room`. options: as for atr_context_open,
 * NULL: the defaults; its hooks, limits and cache folder count. Any thread. What atr_plan_create and
 * atr_devices_list return. Since 0.1. */
ATR_TRY atr_choose(const atr_model *model, const atr_shape *inputs, size_t n,
                   const atr_context_options *options, atr_error *error, atr_prediction *list, size_t room,
                   size_t *count);

/* Opens a context for a model with inputs of these shapes: as atr_context_open, but "auto" (or NULL:
 * $ATROUS_DEVICE, else auto) is the device that atr_choose puts first, the host for what is small; where that
 * one cannot be opened, the next. Simulators and software renderers, which score less than the host, are left
 * out. atr_context_info says in `why` what was predicted. With ATR_STRICT, where no device but the host is
 * usable, and for a model of which no plan can be made on the host, "auto" is that of atr_context_open. The
 * choice follows from the model, the shapes, the devices and the file of ceilings alone; a context may be
 * used for other models too. Returns in *context what atr_context_destroy frees. Any thread. What
 * atr_context_open and atr_choose return. Since 0.1. */
ATR_TRY atr_context_open_for(const char *device, const atr_model *model, const atr_shape *inputs, size_t n,
                             const atr_context_options *options, atr_error *error, atr_context **context);

#ifdef __cplusplus
}
#endif
#endif
