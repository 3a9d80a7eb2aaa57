/* main.c: atrous-run: runs any model on values from files and tells what comes out, what came by on the way,
 * and whether it is right. What it means for a user is in doc/run.md. */
#include <string.h>

#include "common/output.h"
#include "common/session.h"
#include "run/run.h"

static struct settings settings = {
  .repeat = 1, .warmup = -1, .samples = 32, .reset = -1, .rtol = -1, .atol = -1
};
static const struct option_row rows[] = {
  { 'i', "input", "[NAME=]SRC", "values of an input: FILE.npy|.pb|.png|.csv|.f32, -, 1,2,3, zeros or random",
    OPTION_TEXTS, &settings.inputs, 0, 0, NULL, 0 },
  { 'o', "output", "[NAME=]DST", "where an output goes: FILE.npy|.pb|.png|.csv|.f32 or - (float32)",
    OPTION_TEXTS, &settings.outputs, 0, 0, NULL, 0 },
  { 0, "shape", "NAME=DIMS", "the size of an input, 1x3x256x256, where its values do not say it",
    OPTION_TEXTS, &settings.shapes, 0, 0, NULL, 0 },
  { 0, "pixels", "SPEC", "how pixels become numbers (default: as the model says)", OPTION_TEXT,
    &settings.pixels, 0, 0, NULL, 0 },
  { 0, "trace", "NAMES", "tell every tensor, or those of these nodes or names (A,B or patterns)",
    OPTION_MAYBE, &settings.trace, 0, 0, NULL, 0 },
  { 0, "gradient", "OUTPUT", "tell dL/dX of every tensor, L being the sum of OUTPUT, or of all outputs",
    OPTION_MAYBE, &settings.gradient, 0, 0, NULL, 0 },
  { 0, "target", "[OUTPUT=]SRC", "L is instead the mean of (output - target) squared", OPTION_TEXT,
    &settings.target, 0, 0, NULL, 0 },
  { 0, "check-gradient", NULL,
    "compare dL/dX of inputs and weights with differences in double; 3 if they differ", OPTION_FLAG,
    &settings.check_gradient, 0, 0, NULL, 0 },
  { 0, "samples", "N", "numbers of a tensor that --check-gradient compares, 0: all (default: 32)",
    OPTION_INTEGER, &settings.samples, 0, 1000000000, NULL, 0 },
  { 0, "verify", "DIR", "compare with test_data_set_N/{input,output}_K.pb in DIR; 3 if they differ",
    OPTION_TEXT, &settings.verify, 0, 0, NULL, 0 },
  { 0, "rtol", "R", "relative tolerance of --verify and --check-gradient (default: 1e-3)", OPTION_NUMBER,
    &settings.rtol, 0, 1e9, NULL, 0 },
  { 0, "atol", "A", "absolute tolerance (default: 1e-4 of --verify, 1e-6 of --check-gradient)", OPTION_NUMBER,
    &settings.atol, 0, 1e9, NULL, 0 },
  { 0, "profile", "FILE",
    "tell the time of each step; FILE: a trace for chrome://tracing or Perfetto as well", OPTION_MAYBE,
    &settings.profile, 0, 0, NULL, 0 },
  { 0, "placement", NULL, "tell which device and algorithm runs each step", OPTION_FLAG, &settings.placement,
    0, 0, NULL, 0 },
  { 0, "stream", NULL, "read and write raw float32 step by step (default: standard input and output)",
    OPTION_FLAG, &settings.stream, 0, 0, NULL, 0 },
  { 0, "block", "N", "steps that --stream takes at once at most (default: 64)", OPTION_INTEGER,
    &settings.block, 1, 65536, NULL, 0 },
  { 0, "resident", NULL, "have --stream computed by a kernel that stays on the OpenCL device (default: cpu)",
    OPTION_FLAG, &settings.resident, 0, 0, NULL, 0 },
  { 0, "gru-linear-before-reset", "0|1",
    "the form of the model's GRUs, where its exporter wrote the wrong one (PyTorch's is 1)", OPTION_INTEGER,
    &settings.reset, 0, 1, NULL, 0 },
  { 0, "repeat", "N", "run so often and tell the median time (default: 1)", OPTION_INTEGER, &settings.repeat,
    1, 1000000, NULL, 0 },
  { 0, "warmup", "N", "runs before those that count (default: 0; with --profile 1)", OPTION_INTEGER,
    &settings.warmup, 0, 1000000, NULL, 0 },
  { 0, NULL, NULL, NULL, OPTION_FLAG, NULL, 0, 0, NULL, 0 },
};
static const struct program program = {
  "atrous-run",
  "Runs an ONNX model on values from files.",
  NULL,
  "MODEL",
  rows,
  "  atrous-run net.onnx -i random\n"
  "  atrous-run net.onnx -i photo.png -o scores.npy\n"
  "  atrous-run net.onnx -i x=1,2,3 -i h=zeros --trace --gradient\n"
  "  atrous-run net.onnx -i random --check-gradient\n"
  "  atrous-run net.onnx --verify folder\n"
  "  ffmpeg -i g.wav -f f32le - | atrous-run fx.onnx --stream | aplay -f FLOAT_LE\n"
};

static bool check_usage(struct job *job, const struct invocation *call, struct common_options *common,
                        struct fault *fault) {
  const struct settings *s = job->settings;
  if (call->count != 1)
    return options_usage(&program, fault,
                         call->count ? "one MODEL is run, and \"%s\" is another" : "which MODEL?%s",
                         call->count ? call->operands[1] : "");
  job->path = call->operands[0];
  if (s->verify && (s->inputs.count || s->outputs.count || s->gradient || s->trace || s->target ||
                    s->check_gradient || s->profile))
    return options_usage(
        &program, fault,
        "--verify brings its own inputs and outputs: no -i, -o, --trace, --gradient, --profile");
  if ((s->rtol >= 0 || s->atol >= 0) && !s->verify && !s->check_gradient)
    return options_usage(&program, fault, "--rtol and --atol belong to --verify and --check-gradient");
  return profile_check(job, fault) && stream_check(job, &settings, common, fault);
}

/* Once: the precision that a float64 model does not get. */
static void tell_precision(const struct job *job) {
  const struct port *ports[2] = { job->in.item, job->out.item };
  const size_t counts[2] = { job->in.count, job->out.count };
  for (int side = 0; side < 2; side++)
    for (size_t i = 0; i < counts[side]; i++)
      if (ports[side][i].port.type == ATR_F64) {
        report_warn(job->report, "precision",
                    "\"%s\" is float64 and computed in float32: about 7 digits hold",
                    ports[side][i].port.name);
        return;
      }
}

static bool load_model(void *user, struct fault *fault) {
  struct job *job = user;
  atr_error error = ATR_ERROR_INIT;
  if (!atr_model_load(job->path, NULL, &error, &job->model)) return true;
  fault_from_error(fault, &error);
  return fault_at(fault, job->path, 0, 0);
}

static bool load(struct job *job, struct fault *fault) {
  atr_error error = ATR_ERROR_INIT;
  /* A stream asks for no device that nobody names. */
  const bool alone =
      job->settings->verify ? job->common->dry_run : job->settings->stream && session_chooses(job->report);
  double started = report_now();
  /* Where the device follows from the model it is opened once that and its inputs' sizes are known. */
  atr_context **context = session_chooses(job->report) ? NULL : &job->context;
  if (!(alone ? load_model(job, fault) : session_open_beside(job->report, context, load_model, job, fault)))
    return false;
  if (!alone) started = report_now();
  if (job->settings->reset >= 0 &&
      atr_model_set_linear_before_reset(job->model, NULL, (int)job->settings->reset, &error)) {
    fault_from_error(fault, &error);
    return fault_at(fault, job->path, 0, 0);
  }
  if (atr_model_warning(job->model))
    report_warn(job->report, "gru", "%s; --gru-linear-before-reset 1 makes it so",
                atr_model_warning(job->model));
  const bool ok = ports_open(job, fault);
  report_time(job->report, "load", report_now() - started);
  if (ok) tell_precision(job);
  return ok;
}

/* An output that goes nowhere is told in full as far as a screen allows; one that goes to a file in a line.
 */
static void tell_outputs(struct job *job) {
  char shape[SHAPE_TEXT];
  for (size_t i = 0; job->text && i < job->out.count; i++) {
    const struct port *p = &job->out.item[i];
    struct array_stats stats;
    array_describe(&p->value, &stats);
    fprintf(job->text, "output %s  %s%s", p->port.name, atr_type_name(p->value.type),
            shape_text(&p->value.shape, shape));
    if (p->value.count > stats.nan)
      fprintf(job->text, "  min %.6g  max %.6g  mean %.6g", stats.min, stats.max, stats.mean);
    if (stats.nan) fprintf(job->text, "  %zu NaN", stats.nan);
    if (p->file) fprintf(job->text, "  in %s", p->file);
    fputc('\n', job->text);
    if (!p->file && !job->settings->trace) array_print(&p->value, job->text);
  }
}

static bool write_outputs(struct job *job, struct fault *fault) {
  const struct source source = { NULL, 0, job->settings->pixels,
                                 atr_model_metadata(job->model, "atrous.input") };
  struct pixels pixels;
  for (size_t i = 0; i < job->out.count; i++) {
    const struct port *p = &job->out.item[i];
    if (p->file && (!pixels_of(&source, &pixels, fault) ||
                    !sink_write(p->file, p->port.name, &p->value, &pixels, job->common->no_clobber, fault)))
      return false;
  }
  return true;
}

static bool run(struct job *job, struct fault *fault) {
  const struct settings *s = job->settings;
  if (!ports_read(job, fault) || (s->gradient && !gradient_prepare(job, fault)) || !execute_plan(job, fault))
    return false;
  execute_placement(job);
  if (job->common->dry_run) return true;
  if (!execute_write(job, fault) || !profile_begin(job, fault) || !execute_times(job, fault) ||
      (s->trace && !trace_tell(job, fault)) || !profile_tell(job, fault))
    return false;
  tell_outputs(job);
  json_object_set_new(job->result, "inputs", ports_json(&job->in));
  json_object_set_new(job->result, "outputs", ports_json(&job->out));
  struct fault check = FAULT_INIT;
  const bool right = !s->gradient || gradient_tell(job, &check);
  if (!right && check.code != FAULT_CHECK) {
    *fault = check;
    return false;
  }
  if (!write_outputs(job, fault) || !profile_write(job, fault)) return false;
  if (!right) *fault = check;
  return right;
}

int main(int argc, char **argv) {
  struct common_options common;
  struct invocation call;
  struct report report;
  struct fault fault = FAULT_INIT;
  int exit_code;
  if (!report_start(&report, &program, argc, argv, &common, &call, &exit_code)) return exit_code;
  if (settings.warmup < 0) settings.warmup = settings.profile != NULL;
  if ((settings.check_gradient || settings.target) && !settings.gradient) settings.gradient = "";
  struct job job = { .report = &report, .common = &common, .program = &program, .settings = &settings };
  job.text = report.data_on_stdout ? stdout : NULL;
  job.result =
      json_pack("{s:[], s:[], s:[], s:n, s:n, s:n, s:n, s:n, s:n, s:n, s:n}", "inputs", "outputs", "times_s",
                "median_s", "placement", "profile", "trace", "loss", "gradient", "verify", "stream");
  bool ok = check_usage(&job, &call, &common, &fault) && load(&job, &fault);
  if (ok)
    ok = settings.verify && !common.dry_run ? verify_run(&job, &fault)
         : settings.verify                  ? true
         : settings.stream                  ? stream_run(&job, &fault)
                                            : run(&job, &fault);
  if (!ok) report_fault(&report, &fault);
  exit_code = report_leave(&report, job.result);
  profile_close(&job.profile);
  atr_run_destroy(job.run);
  atr_plan_destroy(job.plan);
  atr_model_destroy(job.differentiated);
  ports_close(&job.in);
  ports_close(&job.out);
  array_destroy(&job.target.value);
  atr_model_destroy(job.model);
  atr_context_destroy(job.context);
  return exit_code;
}
