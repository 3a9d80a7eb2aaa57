/* thread.c: locks, a pool of threads and a clock over POSIX; see thread.h. */
#include "config.h"

#include "base/thread.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"

struct atr__mutex {
  pthread_mutex_t lock;
};

atr__mutex *atr__mutex_create(void) {
  atr__mutex *mutex = atr__malloc(sizeof *mutex);
  if (mutex && pthread_mutex_init(&mutex->lock, NULL)) {
    atr__free(mutex);
    return NULL;
  }
  return mutex;
}
void atr__mutex_lock(atr__mutex *mutex) {
  pthread_mutex_lock(&mutex->lock);
}
void atr__mutex_unlock(atr__mutex *mutex) {
  pthread_mutex_unlock(&mutex->lock);
}
void atr__mutex_destroy(atr__mutex *mutex) {
  if (!mutex) return;
  pthread_mutex_destroy(&mutex->lock);
  atr__free(mutex);
}

/* Waking a thread that sleeps takes longer than many a loop. Loops of a run follow each other closely, so who
 * has nothing to do looks for more for some time before it sleeps. */
static const double LOOK_S = 60e-6;

struct atr__pool {
  pthread_mutex_t turn; /* one loop at a time */
  pthread_mutex_t lock; /* guards what follows; the two that are atomic are also read without it */
  pthread_cond_t start, done;
  atomic_uint_least64_t round;
  int open; /* the round is: who wakes now may still take part */
  atomic_int busy;
  int stop, threads, asleep, looks; /* looks: there is a processor for each thread */
  pid_t process;                    /* threads do not survive a fork: in a child loops run on the caller */
  atr__pool_body *body;
  void *user;
  int64_t count, chunk;
  const volatile int *watched; /* or NULL */
  atomic_int_least64_t next;
  pthread_t *worker; /* threads - 1 of them */
  pthread_mutex_t rooms_lock;
  atr__rooms *rooms; /* those that nobody has taken */
};

struct atr__rooms {
  atr__rooms *next;
  int n;
  size_t bytes; /* of a block, whole lines of the cache */
  char *memory;
  atomic_flag taken[];
};

/* Of the thread, so that operators need not hand it on to their loops. */
static _Thread_local const volatile int *watched;

void atr__pool_watch(const volatile int *stop) {
  watched = stop;
}

static void take_ranges(atr__pool *pool) {
  while (!pool->watched || !*pool->watched) {
    int64_t begin = atomic_fetch_add(&pool->next, pool->chunk);
    if (begin >= pool->count) return;
    int64_t end = begin + pool->chunk < pool->count ? begin + pool->chunk : pool->count;
    pool->body(pool->user, begin, end);
  }
}

void atr__relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

void atr__yield(void) {
  (void)sched_yield();
}

/* Until another round has begun, or (round 0) nobody is busy, or some time has passed. */
static void look(const atr__pool *pool, uint64_t round) {
  if (!pool->looks) return;
  const double end = atr__seconds() + LOOK_S;
  do
    for (int i = 0; i < 16; i++) {
      if (round ? atomic_load(&pool->round) != round : !atomic_load(&pool->busy)) return;
      atr__relax();
    }
  while (atr__seconds() < end);
}

static void *work(void *user) {
  atr__pool *pool = user;
  uint64_t seen = 0;
  pthread_mutex_lock(&pool->lock);
  for (;;) {
    while (pool->round == seen && !pool->stop) {
      pool->asleep++;
      pthread_cond_wait(&pool->start, &pool->lock);
      pool->asleep--;
    }
    if (pool->stop) break;
    seen = pool->round;
    if (pool->open) { /* else it was over before this thread woke; nobody waits for that */
      pool->busy++;
      pthread_mutex_unlock(&pool->lock);
      take_ranges(pool);
      pthread_mutex_lock(&pool->lock);
      if (--pool->busy == 0) pthread_cond_signal(&pool->done);
    }
    pthread_mutex_unlock(&pool->lock);
    look(pool, seen);
    pthread_mutex_lock(&pool->lock);
  }
  pthread_mutex_unlock(&pool->lock);
  return NULL;
}

int atr__processors(void) {
  cpu_set_t set;
  if (!sched_getaffinity(0, sizeof set, &set) && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

atr_status atr__pool_create(int threads, atr_error *error, atr__pool **result) {
  *result = NULL;
  if (threads <= 0) threads = atr__processors();
  if (threads > 256) threads = 256;
  atr__pool *pool = atr__calloc(1, sizeof *pool);
  if (!pool) return atr__nomem(error, sizeof *pool);
  pool->worker = atr__calloc((size_t)threads, sizeof *pool->worker);
  if (!pool->worker) {
    atr__free(pool);
    return atr__nomem(error, (size_t)threads * sizeof *pool->worker);
  }
  pthread_mutex_init(&pool->turn, NULL);
  pthread_mutex_init(&pool->rooms_lock, NULL);
  pthread_mutex_init(&pool->lock, NULL);
  pthread_cond_init(&pool->start, NULL);
  pthread_cond_init(&pool->done, NULL);
  pool->threads = 1;
  pool->process = getpid();
  while (pool->threads < threads && !pthread_create(&pool->worker[pool->threads - 1], NULL, work, pool))
    pool->threads++; /* fewer threads than asked for are no failure: the caller's always works */
  pool->looks = pool->threads <= atr__processors();
  *result = pool;
  return ATR_OK;
}

int atr__pool_threads(const atr__pool *pool) {
  return pool ? pool->threads : 1;
}

void atr__pool_for(atr__pool *pool, int64_t count, int64_t grain, atr__pool_body *body, void *user) {
  if (count <= 0) return;
  if (grain < 1) grain = 1;
  /* Four ranges a thread even out their times; who watches wants to be asked more often. */
  const int threads = pool ? pool->threads : 1;
  int64_t chunk = count / (threads * (watched ? 16 : 4));
  if (chunk < grain) chunk = grain;
  if (threads == 1 || count <= grain || pool->process != getpid()) {
    if (!watched) chunk = count;
    for (int64_t begin = 0; begin < count && !(watched && *watched); begin += chunk)
      body(user, begin, count - begin < chunk ? count : begin + chunk);
    return;
  }
  pthread_mutex_lock(&pool->turn);
  pthread_mutex_lock(&pool->lock);
  pool->chunk = chunk;
  pool->watched = watched;
  pool->count = count;
  pool->body = body;
  pool->user = user;
  atomic_store(&pool->next, 0);
  pool->open = 1;
  pool->round++;
  const int asleep = pool->asleep;
  pthread_mutex_unlock(&pool->lock);
  if (asleep) pthread_cond_broadcast(&pool->start);
  take_ranges(pool);
  pthread_mutex_lock(&pool->lock);
  pool->open = 0;
  pthread_mutex_unlock(&pool->lock);
  look(pool, 0);
  pthread_mutex_lock(&pool->lock);
  while (pool->busy) pthread_cond_wait(&pool->done, &pool->lock);
  pthread_mutex_unlock(&pool->lock);
  pthread_mutex_unlock(&pool->turn);
}

static void rooms_free(atr__rooms *rooms) {
  if (rooms) atr__free_aligned(rooms->memory);
  atr__free(rooms);
}

static atr__rooms *rooms_create(int n, size_t bytes) {
  atr__rooms *rooms = atr__calloc(1, sizeof *rooms + (size_t)n * sizeof *rooms->taken);
  if (!rooms) return NULL;
  rooms->n = n;
  rooms->bytes = bytes;
  rooms->memory = atr__malloc_aligned((size_t)n * bytes);
  for (int i = 0; i < n; i++) atomic_flag_clear(&rooms->taken[i]);
  if (rooms->memory) return rooms;
  atr__free(rooms);
  return NULL;
}

atr__rooms *atr__rooms_take(atr__pool *pool, size_t bytes) {
  if (!pool || pool->process != getpid() || bytes > SIZE_MAX / 512) return NULL;
  bytes = (bytes + 63) / 64 * 64;
  pthread_mutex_lock(&pool->rooms_lock);
  atr__rooms *rooms = pool->rooms;
  if (rooms) pool->rooms = rooms->next;
  pthread_mutex_unlock(&pool->rooms_lock);
  if (rooms && rooms->bytes >= bytes) return rooms;
  rooms_free(rooms); /* the larger one takes its place */
  return rooms_create(pool->threads, bytes);
}

void *atr__rooms_enter(atr__rooms *rooms) {
  int i = 0;
  while (atomic_flag_test_and_set_explicit(&rooms->taken[i], memory_order_acquire)) i = (i + 1) % rooms->n;
  return rooms->memory + (size_t)i * rooms->bytes;
}

void atr__rooms_leave(atr__rooms *rooms, const void *block) {
  const size_t i = (size_t)((const char *)block - rooms->memory) / rooms->bytes;
  atomic_flag_clear_explicit(&rooms->taken[i], memory_order_release);
}

void *atr__rooms_whole(const atr__rooms *rooms) {
  return rooms->memory;
}

void atr__rooms_give(atr__pool *pool, atr__rooms *rooms) {
  if (!rooms) return;
  pthread_mutex_lock(&pool->rooms_lock);
  rooms->next = pool->rooms;
  pool->rooms = rooms;
  pthread_mutex_unlock(&pool->rooms_lock);
}

void atr__rooms_drop(atr__pool *pool) {
  pthread_mutex_lock(&pool->rooms_lock);
  atr__rooms *rooms = pool->rooms;
  pool->rooms = NULL;
  pthread_mutex_unlock(&pool->rooms_lock);
  while (rooms) {
    atr__rooms *next = rooms->next;
    rooms_free(rooms);
    rooms = next;
  }
}

void atr__pool_destroy(atr__pool *pool) {
  if (!pool || pool->process != getpid()) return; /* a child leaves it be: its locks may be held for ever */
  pthread_mutex_lock(&pool->lock);
  pool->stop = 1;
  pthread_cond_broadcast(&pool->start);
  pthread_mutex_unlock(&pool->lock);
  for (int i = 0; i + 1 < pool->threads; i++) pthread_join(pool->worker[i], NULL);
  pthread_cond_destroy(&pool->start);
  pthread_cond_destroy(&pool->done);
  pthread_mutex_destroy(&pool->lock);
  pthread_mutex_destroy(&pool->turn);
  atr__rooms_drop(pool);
  pthread_mutex_destroy(&pool->rooms_lock);
  atr__free(pool->worker);
  atr__free(pool);
}

double atr__seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}
