/* thread.h: locks and a pool of threads; with file.h, dl.h and env.h the only places that name POSIX. */
#ifndef ATR_BASE_THREAD_H
#define ATR_BASE_THREAD_H

#include <stdint.h>

#include "base/status.h"

typedef struct atr__mutex atr__mutex;
atr__mutex *atr__mutex_create(void); /* NULL: out of memory */
void atr__mutex_lock(atr__mutex *mutex);
void atr__mutex_unlock(atr__mutex *mutex);
void atr__mutex_destroy(atr__mutex *mutex);

/* A pool runs body(user, begin, end) over [0, count) cut in ranges; which thread takes which range is not
 * fixed, so a body writes only what belongs to its range and accumulates nothing across ranges. One parallel
 * loop at a time; callers on other threads wait. A body must not call back into the pool. pool NULL: runs on
 * the caller. */
typedef struct atr__pool atr__pool;
typedef void atr__pool_body(void *user, int64_t begin, int64_t end);
atr_status atr__pool_create(int threads, atr_error *error, atr__pool **pool); /* 0: one a processor */
int atr__pool_threads(const atr__pool *pool);
/* grain: the least number of indices worth handing over (≥ 1). */
void atr__pool_for(atr__pool *pool, int64_t count, int64_t grain, atr__pool_body *body, void *user);
void atr__pool_destroy(atr__pool *pool); /* joins */
/* Loops that this thread begins from now on end early, ranges left out, once *stop is not 0. NULL: to the
 * end. */
void atr__pool_watch(const volatile int *stop);

/* Working memory for the bodies of one loop, as many blocks as the pool has threads: taken before the loop
 * and given back behind it. The pool keeps it for the next. Blocks are aligned to 64 bytes and hold anything.
 * NULL: out of memory, or there is no pool. */
typedef struct atr__rooms atr__rooms;
atr__rooms *atr__rooms_take(atr__pool *pool, size_t bytes);
void *atr__rooms_enter(atr__rooms *rooms); /* in a body: a block that nobody has, until it is left */
void atr__rooms_leave(atr__rooms *rooms, const void *block);
void *atr__rooms_whole(const atr__rooms *rooms); /* instead: all blocks, which lie one behind the other */
void atr__rooms_give(atr__pool *pool, atr__rooms *rooms); /* NULL: does nothing */
void atr__rooms_drop(atr__pool *pool);                    /* frees what the pool keeps */

void atr__relax(void); /* between two looks at what another thread will write */
void atr__yield(void); /* lets another thread have this processor */

int atr__processors(void);
double atr__seconds(void); /* monotonic */

#endif
