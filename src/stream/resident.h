/* resident.h: a stream whose steps a kernel computes that stays on the device: the host puts a step into
 * memory that both see, and waits for the answer there. It leaves by itself when nothing comes for a while,
 * and is launched again by the next step. One thread at a time. */
#ifndef ATR_STREAM_RESIDENT_H
#define ATR_STREAM_RESIDENT_H

#include "stream/resident_code.h"

typedef struct atr__resident atr__resident;

/* arena: the host's, whose state is where the stream begins. idle_us: after so many microseconds without a
 * step the kernel leaves. Tries whether the device and this thread see each other's messages.
 * ATR_E_UNSUPPORTED (they do not; no thread of the device is free), ATR_E_NOMEM, ATR_E_DEVICE. */
atr_status atr__resident_open(const atr__stream_program *program, const void *arena, unsigned idle_us,
                              atr_error *error, atr__resident **resident);
atr_status atr__resident_push(atr__resident *resident, const float *in, float *out, size_t steps,
                              atr_error *error);
/* The state, from the host's arena to the device or back. The kernel leaves first. */
atr_status atr__resident_store(atr__resident *resident, const void *arena, atr_error *error);
atr_status atr__resident_load(atr__resident *resident, void *arena, atr_error *error);
void atr__resident_close(atr__resident *resident); /* NULL: nothing */

#endif
