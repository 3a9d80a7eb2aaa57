/* stream.c: --stream: raw float32 in, raw float32 out, a row of the other dimensions a step, as they come:
 * what is there is read and answered, so the program may stand in a live pipe. The rows are those of the
 * sequence at once; see <atrous/stream.h>. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <atrous/stream.h>

#include "common/order.h"
#include "common/output.h"
#include "common/session.h"
#include "run/run.h"

enum { TIMES_MOST = 1 << 20 };

struct pipe {
  struct job *job;
  atr_stream *stream;
  atr_stream_info info;
  FILE *in;
  struct output out;
  float *x, *y;
  size_t held;  /* bytes of x that have come */
  size_t steps; /* pushed so far */
  double *time; /* of the last TIMES_MOST pushes */
  size_t times;
};

static bool is_raw(const char *file) {
  const size_t n = strlen(file);
  return !strcmp(file, "-") || (n > 4 && !strcmp(file + n - 4, ".f32"));
}

bool stream_check(struct job *job, struct settings *s, struct common_options *common, struct fault *fault) {
  if (!s->stream) {
    if (s->block || s->resident)
      return options_usage(job->program, fault, "--%s belongs to --stream", s->block ? "block" : "resident");
    return true;
  }
  if (s->verify || s->trace || s->gradient || s->profile || s->placement || s->shapes.count || s->pixels ||
      s->repeat > 1 || s->warmup > 0)
    return options_usage(
        job->program, fault,
        "--stream goes with -i, -o, --block, --resident and --math; a stream has no size, and is not traced");
  const bool chosen = common->device && strcmp(common->device, "auto") != 0;
  if (!s->resident && chosen && strcmp(common->device, "host") != 0)
    return options_usage(job->program, fault, "streams run on the host, without --resident not on \"%.60s\"",
                         common->device);
  if (!s->resident || session_chooses(job->report)) common->device = s->resident ? "cpu" : "host";
  if (s->inputs.count > 1 || s->outputs.count > 1)
    return options_usage(job->program, fault, "a stream has one input and one output");
  if (!s->inputs.count) s->inputs.item[s->inputs.count++] = "-";
  if (!s->outputs.count && job->report->data_on_stdout) s->outputs.item[s->outputs.count++] = "-";
  return true;
}

static const struct port *given(const struct ports *ports) {
  for (size_t i = 0; i < ports->count; i++)
    if (ports->item[i].file) return &ports->item[i];
  return NULL;
}

static bool open_stream(struct pipe *p, struct fault *fault) {
  const struct settings *s = p->job->settings;
  const struct port *in = given(&p->job->in), *out = given(&p->job->out);
  const double started = report_now();
  atr_stream_options options = ATR_STREAM_OPTIONS_INIT;
  atr_error error = ATR_ERROR_INIT;
  options.math = (atr_math)p->job->common->math;
  if (s->block) options.max_block = (size_t)s->block;
  if (s->resident) options.resident = p->job->context;
  if (out) options.output = out->port.name;
  if (!is_raw(in->file) || (out && !is_raw(out->file)))
    return options_usage(p->job->program, fault,
                         "--stream reads and writes raw float32: FILE.f32 or -, not %.200s",
                         is_raw(in->file) ? out->file : in->file);
  if (atr_stream_create(p->job->model, &options, &error, &p->stream)) {
    fault_from_error(fault, &error);
    return fault_at(fault, p->job->path, 0, 0);
  }
  report_time(p->job->report, "plan", report_now() - started);
  p->info = atr_stream_get_info(p->stream);
  p->x = malloc(p->info.max_block * p->info.in * sizeof *p->x);
  p->y = malloc(p->info.max_block * p->info.out * sizeof *p->y);
  p->time = malloc(TIMES_MOST * sizeof *p->time);
  if (!p->x || !p->y || !p->time) return fault_nomem(fault, TIMES_MOST * sizeof *p->time);
  report_detail(p->job->report, "%zu numbers in and %zu out a step, blocks of up to %zu steps", p->info.in,
                p->info.out, p->info.max_block);
  if (p->info.lead_in)
    report_say(p->job->report, "the first %lld rows are zeros: the model has to see as many steps first",
               (long long)p->info.lead_in);
  return true;
}

/* Whole rows that are there: waits for the first one. *end: there are no more. */
static bool read_rows(struct pipe *p, size_t *rows, bool *end, struct fault *fault) {
  const size_t row = p->info.in * sizeof *p->x, most = p->info.max_block * row;
  while (p->held < row && !*end) {
    const ssize_t n = read(fileno(p->in), (char *)p->x + p->held, most - p->held);
    if (signals_pending()) return fault_set(fault, FAULT_INTERRUPTED, "interrupted");
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fault_set(fault, FAULT_IO, "cannot read the input: %s", strerror(errno));
    *end = n == 0;
    p->held += (size_t)n;
  }
  *rows = p->held / row;
  if (*end && !*rows && p->held)
    return fault_set(fault, FAULT_DATA, "%zu bytes are left over at the end: a row of the input has %zu",
                     p->held, row);
  return true;
}

static bool push_rows(struct pipe *p, size_t rows, struct fault *fault) {
  const size_t used = rows * p->info.in * sizeof *p->x;
  const double started = report_now();
  if (atr_stream_push(p->stream, p->x, p->y, rows))
    return fault_set(fault, FAULT_DATA, "%s", atr_stream_error(p->stream));
  p->time[p->times++ % TIMES_MOST] = report_now() - started;
  p->steps += rows;
  p->held -= used;
  memmove(p->x, (char *)p->x + used, p->held);
  if (!p->out.file) return true;
  if (fwrite(p->y, p->info.out * sizeof *p->y, rows, p->out.file) != rows ||
      (rows < p->info.max_block && fflush(p->out.file)))
    return fault_set(fault, FAULT_IO, "cannot write the output: %s", strerror(errno));
  return true;
}

static json_t *stream_json(struct pipe *p) {
  const size_t n = p->times < TIMES_MOST ? p->times : TIMES_MOST;
  order_sort(p->time, n);
  return json_pack("{s:I, s:I, s:I, s:o, s:o}", "block", (json_int_t)p->info.max_block, "steps",
                   (json_int_t)p->steps, "lead_in", (json_int_t)p->info.lead_in, "median_s",
                   report_number(n ? p->time[n / 2] : NAN), "p99_s",
                   report_number(n ? p->time[n * 99 / 100] : NAN));
}

static bool pump(struct pipe *p, struct fault *fault) {
  const struct port *in = given(&p->job->in), *out = given(&p->job->out);
  const double started = report_now();
  bool end = false, ok = true;
  p->in = input_open(in->file, fault);
  if (!p->in || (out && !output_open(&p->out, out->file, p->job->common->no_clobber, fault))) return false;
  while (ok && !end) {
    size_t rows = 0;
    ok = read_rows(p, &rows, &end, fault) && (!rows || push_rows(p, rows, fault));
  }
  report_time(p->job->report, "run", report_now() - started);
  return ok && (!out || output_commit(&p->out, fault));
}

bool stream_run(struct job *job, struct fault *fault) {
  struct pipe p = { .job = job };
  bool ok = open_stream(&p, fault);
  if (ok && !job->common->dry_run) {
    ok = pump(&p, fault);
    if (ok) json_object_set_new(job->result, "stream", stream_json(&p));
  }
  output_discard(&p.out);
  if (p.in) input_close(p.in);
  atr_stream_destroy(p.stream);
  free(p.x);
  free(p.y);
  free(p.time);
  return ok;
}
