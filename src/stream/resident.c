/* resident.c: see resident.h. Messages are numbered; a kernel that has left says so last, so what it has not
 * answered by then is for the next one. Words of the mailbox are those of kernels/stream.cl. */
#include "config.h"

#include "stream/resident.h"

#include <stdatomic.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"

enum { LAUNCH = 0, IDLE = 1, ALL = 2, BEFORE = 3, ASKED = 16, STEPS = 17 }; /* the host's words */
enum { ANSWERED = 0, LEFT = 1, BEGUN = 2 };                                 /* the kernel's */
enum { LEAVE = 0, ANSWER = -1 };
enum {
  NODE = 16,             /* where the argument block begins */
  LOOKS = 1 << 12,       /* at the mailbox, some 0.2 ms, before the driver is asked whether all is well */
  TRY_PAUSES = 1 << 20,  /* some 50 ms */
  RATE_PAUSES = 1 << 14, /* some 0.8 ms */
  TRIES = 3
};
static const double RATE_MOST = 2e8; /* pauses a second: no processor is quicker */
static const double SHIFT_S = 0.1;   /* a kernel leaves after it, so that others come to their turn */
static const double BEGIN_S = 60;    /* drivers compile when a kernel first begins */
static const double ANSWER_S = 2;    /* while it is tried */
static const double WAIT_S = 60, STEP_S = 0.1; /* and for each step: something must have gone wrong */

struct atr__resident {
  const struct atr__resident_code *code;
  const atr__stream_program *program;
  atr_context *context;
  int counted; /* among the context's staying kernels */
  atr__queue *queue;
  atr__buffer *arena, *box;
  uint64_t arena_bytes;
  int32_t *words; /* the mailbox */
  int32_t asked, launch, idle, all;
  int runs;          /* the kernel of `launch` may not have left */
  atr_status broken; /* what once failed goes on failing */
  atr_error why;
};

static int32_t get(const atr__resident *r, int word) {
  return atomic_load_explicit((_Atomic int32_t *)(r->words + r->code->answer_word + word),
                              memory_order_acquire);
}

static void put(const atr__resident *r, int word, int32_t value) {
  atomic_store_explicit((_Atomic int32_t *)(r->words + word), value, memory_order_release);
}

/* Numbers of messages and launches come round: they are only told apart. */
static int32_t after(int32_t number) {
  return (int32_t)((uint32_t)number + 1);
}

static atr_status launch(atr__resident *r, atr_error *error) {
  atr__buffer *const base[ATR__BASES] = { r->code->words, r->code->weights, r->box, r->arena };
  const atr__launch one = { 0, NODE, { 1, 1, 1 }, 1, 0, 0 };
  put(r, IDLE, r->idle);
  put(r, ALL, r->all);
  put(r, BEFORE, get(r, ANSWERED));
  put(r, LAUNCH, r->launch = after(r->launch));
  r->runs = 1;
  return r->context->backend->stay(r->queue, base, &one, error);
}

static int has_left(const atr__resident *r) {
  return get(r, LEFT) == r->launch;
}

/* Between looks at the mailbox: whether the kernel still waits for its turn or runs. *gone: it has ended. */
static atr_status ask_driver(const atr__resident *r, double since, double limit_s, int *gone,
                             atr_error *error) {
  int stays;
  const atr_status status = r->context->backend->stays(r->queue, &stays, error);
  *gone = !stays;
  if (status || *gone) return status;
  if (atr__clock() - since > limit_s)
    return atr__fail(error, ATR_E_DEVICE, "the stream's kernel on %s has not answered for %.0f s",
                     r->context->info.id, limit_s);
  atr__yield();
  return ATR_OK;
}

/* Sends a message and waits for its answer, launching the kernel where it has left meanwhile. */
static atr_status message(atr__resident *r, int32_t steps, atr_error *error) {
  double since = 0;
  int gone = 0;
  put(r, STEPS, steps);
  put(r, ASKED, r->asked = after(r->asked));
  if (!r->runs) {
    const atr_status status = launch(r, error);
    if (status) return status;
  }
  for (unsigned look = 1;; look++) {
    const int left = has_left(r); /* what it has answered was written before */
    if (get(r, ANSWERED) == r->asked) return ATR_OK;
    if (left) {
      const atr_status status = launch(r, error);
      if (status) return status;
      gone = 0;
    } else if (gone)
      return atr__fail(error, ATR_E_DEVICE, "the stream's kernel on %s ended without an answer",
                       r->context->info.id);
    if (look % LOOKS)
      atr__relax();
    else {
      if (since <= 0) since = atr__clock();
      const atr_status status = ask_driver(r, since, WAIT_S + STEP_S * steps, &gone, error);
      if (status) return status;
    }
  }
}

/* Has the kernel leave, if it is there. */
static atr_status leave(atr__resident *r, atr_error *error) {
  if (!r->runs) return ATR_OK;
  const int gone = has_left(r);
  atr_status status = gone ? ATR_OK : message(r, LEAVE, error);
  if (!status) status = r->context->backend->finish(r->queue, error);
  if (!status) r->runs = 0;
  return status;
}

/* ---- whether it works here ---- */

/* Until a word has this value, and the kernel that does it is still there. *seen 0: it has ended first. */
static atr_status watch(const atr__resident *r, int word, int32_t value, double limit_s, int *seen,
                        atr_error *error) {
  const double since = atr__clock();
  int gone = 0;
  *seen = 0;
  for (unsigned look = 1;; look++) {
    if (get(r, word) == value) {
      *seen = 1;
      return ATR_OK;
    }
    if (gone) return ATR_OK;
    if (look % LOOKS)
      atr__relax();
    else {
      const atr_status status = ask_driver(r, since, limit_s, &gone, error);
      if (status) return status;
    }
  }
}

/* Once: the kernel is seen to begin, it answers twice while it runs, and leaves when it is told to. *works 0:
 * no, or it had no time, since somebody else had the processor. */
static atr_status exchange(atr__resident *r, int *works, atr_error *error) {
  static const int32_t what[3] = { ANSWER, ANSWER, LEAVE };
  int seen, stays;
  *works = 0;
  r->idle = r->all = TRY_PAUSES;
  atr_status status = launch(r, error);
  if (!status) status = watch(r, BEGUN, r->launch, BEGIN_S, &seen, error);
  if (!status && seen) status = r->context->backend->stays(r->queue, &stays, error);
  int all = !status && seen && stays;
  for (int i = 0; !status && all && i < 3; i++) {
    put(r, STEPS, what[i]);
    put(r, ASKED, r->asked = after(r->asked));
    status = watch(r, ANSWERED, r->asked, ANSWER_S, &seen, error);
    all = seen;
  }
  if (!status) status = r->context->backend->finish(r->queue, error);
  r->runs = 0;
  *works = !status && all;
  return status;
}

/* How many pauses a kernel makes in a second: it is left alone until it leaves. The longest of some times,
 * since this thread may have lost its processor meanwhile and seen the beginning only at the end. */
static atr_status measure(atr__resident *r, double *rate, atr_error *error) {
  atr_status status = ATR_OK;
  double longest = RATE_PAUSES / RATE_MOST;
  int seen = 0;
  r->idle = RATE_PAUSES;
  for (int i = 0; !status && i < TRIES; i++) {
    if ((status = launch(r, error))) break;
    status = watch(r, BEGUN, r->launch, ANSWER_S, &seen, error);
    const double begun = atr__clock();
    if (!status && seen) status = watch(r, LEFT, r->launch, ANSWER_S, &seen, error);
    const double took = atr__clock() - begun;
    if (took > longest) longest = took;
    if (!status) status = r->context->backend->finish(r->queue, error);
  }
  r->runs = 0;
  *rate = RATE_PAUSES / longest;
  return status;
}

static int32_t pauses(double rate, double seconds) {
  const double n = rate * seconds;
  return n < 1 ? 1 : n > INT32_MAX / 2 ? INT32_MAX / 2 : (int32_t)n;
}

static atr_status try_it(atr__resident *r, unsigned idle_us, atr_error *error) {
  const atr_context *context = r->context;
  atr_error why = ATR_ERROR_INIT;
  int works = 0;
  double rate;
  atr_status status = ATR_OK;
  for (int i = 0; !status && !works && i < TRIES; i++) status = exchange(r, &works, &why);
  if (!status && works) status = measure(r, &rate, &why);
  if (status == ATR_E_DEVICE)
    return atr__fail(error, status, "%s (%s) does not run a stream's kernel: %s", context->info.id,
                     context->info.name, why.text);
  if (status) return atr__fail(error, status, "%s", why.text);
  if (!works)
    return atr__fail(
        error, ATR_E_UNSUPPORTED,
        "%s (%s) and this process do not see each other's messages while a kernel runs, which was "
        "tried: no stream can be resident there",
        context->info.id, context->info.name);
  r->idle = pauses(rate, 1e-6 * idle_us);
  r->all = pauses(rate, SHIFT_S);
  return ATR_OK;
}

/* ---- streams ---- */

/* One thread of the device has to be left to everybody else. */
static atr_status take_thread(atr__resident *r, atr_error *error) {
  atr_context *context = r->context;
  const int units = context->device.compute_units;
  int taken = atomic_load(&context->staying);
  while (taken + 1 < units)
    if (atomic_compare_exchange_weak(&context->staying, &taken, taken + 1)) {
      r->counted = 1;
      return ATR_OK;
    }
  return atr__fail(
      error, ATR_E_UNSUPPORTED,
      "a resident stream keeps one thread of the device to itself, and one must stay free: %s has "
      "%d, of which %d are kept already",
      context->info.id, units, taken);
}

/* Between the queue and this thread, with the kernel gone. */
static atr_status transfer(atr__resident *r, const void *from, void *to, atr_error *error) {
  const uint64_t bytes = r->program->state_bytes;
  return from ? r->context->backend->write(r->queue, r->arena, 0, from, bytes, error)
              : r->context->backend->read(r->queue, r->arena, 0, to, bytes, error);
}

atr_status atr__resident_open(const atr__stream_program *program, const void *arena, unsigned idle_us,
                              atr_error *error, atr__resident **result) {
  const struct atr__resident_code *code = program->resident;
  const atr__backend *backend = code->context->backend;
  const char *const kernel = code->kernel;
  atr_status status = ATR_OK;
  void *words = NULL;
  *result = NULL;
  atr__resident *r = atr__calloc(1, sizeof *r);
  if (!r) return atr__nomem(error, sizeof *r);
  r->code = code;
  r->program = program;
  r->context = code->context;
  r->arena_bytes = program->arena_bytes + code->constants_bytes;
  ATR__CHECK(take_thread(r, error));
  ATR__CHECK(backend->queue_create(r->context, code->kernels, &kernel, 1, error, &r->queue));
  ATR__CHECK(atr__context_alloc(r->context, r->arena_bytes, error, &r->arena));
  ATR__CHECK(backend->buffer_shared(r->context, code->box_bytes, error, &r->box, &words));
  r->words = words;
  ATR__CHECK(backend->write(r->queue, r->arena, program->arena_bytes, code->constants, code->constants_bytes,
                            error));
  ATR__CHECK(transfer(r, arena, NULL, error));
  ATR__CHECK(try_it(r, idle_us, error));
  *result = r;
fail:
  if (status) atr__resident_close(r);
  return status;
}

/* What failed once leaves a state that nobody knows. */
static atr_status end(atr__resident *r, atr_status status, const atr_error *why, atr_error *error) {
  if (!status) return ATR_OK;
  if (!r->broken) {
    r->broken = status;
    r->why = *why;
  }
  *error = r->why;
  return r->broken;
}

static atr_status push(atr__resident *r, const float *in, float *out, size_t steps, atr_error *error) {
  const atr__stream_program *p = r->program;
  const size_t in_width = (size_t)(p->in.outer * p->in.inner),
               out_width = (size_t)(p->out.outer * p->out.inner);
  for (size_t done = 0; done < steps;) {
    const size_t n = steps - done < p->max_block ? steps - done : p->max_block;
    memcpy(r->words + r->code->in_word, in + done * in_width, n * in_width * sizeof *in);
    const atr_status status = message(r, (int32_t)n, error);
    if (status) return status;
    memcpy(out + done * out_width, r->words + r->code->out_word, n * out_width * sizeof *out);
    done += n;
  }
  return ATR_OK;
}

atr_status atr__resident_push(atr__resident *r, const float *in, float *out, size_t steps, atr_error *error) {
  if (r->broken) return end(r, r->broken, NULL, error);
  atr_error why = ATR_ERROR_INIT;
  return end(r, push(r, in, out, steps, &why), &why, error);
}

static atr_status move(atr__resident *r, const void *from, void *to, atr_error *error) {
  if (r->broken) return end(r, r->broken, NULL, error);
  atr_error why = ATR_ERROR_INIT;
  atr_status status = leave(r, &why);
  if (!status) status = transfer(r, from, to, &why);
  return end(r, status, &why, error);
}

atr_status atr__resident_store(atr__resident *r, const void *arena, atr_error *error) {
  return move(r, arena, NULL, error);
}

atr_status atr__resident_load(atr__resident *r, void *arena, atr_error *error) {
  return move(r, NULL, arena, error);
}

void atr__resident_close(atr__resident *r) {
  if (!r) return;
  atr_error ignored = ATR_ERROR_INIT;
  if (r->runs && !r->broken) (void)leave(r, &ignored);
  if (r->queue) r->context->backend->queue_destroy(r->queue); /* waits for a kernel that is still there */
  if (r->box) r->context->backend->buffer_destroy(r->box);
  atr__context_free(r->context, r->arena, r->arena_bytes);
  if (r->counted) atomic_fetch_sub(&r->context->staying, 1);
  atr__free(r);
}
