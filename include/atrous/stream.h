/* stream.h: a causal model fed step by step.
 *
 * A stream keeps what a model remembers: the last rows that its dilated convolutions still need (in rings),
 * the states of its recurrent layers. Pushing the steps of a sequence, one at a time or in blocks of any
 * size, gives what the whole sequence gives at once: under ATR_MATH_EXACT bit for bit what a plan on the host
 * with ATR_MATH_EXACT computes, whatever the blocks; under ATR_MATH_FAST the activations of recurrent layers
 * are approximated (doc/numbers.md says how far).
 *
 * Streams run on the host, unless they are asked to be resident. A push allocates nothing, takes no lock,
 * makes no system call and starts no thread: it may be made on an audio thread. Numbers too small for a
 * normal float count as zero meanwhile under ATR_MATH_FAST, where the processor can.
 *
 * What can be a stream: any model with one float32 input whose output at a step depends on nothing later,
 * made here or loaded from ONNX: convolutions of stride 1 along time whose padding is before the sequence
 * (also as Pad, or on both sides with the end cut off), RNN, LSTM and GRU forwards (with layer_norm or
 * state_dropout too, whose dropout is off: then of one sample), layers of rate neurons
 * (atr_model_sparse_rnn; atr_model_continuous_rnn by a method of fixed steps, without noise, its input held),
 * and whatever treats every step alike. What is not causal, of another rate, or looks at a sequence as a
 * whole is refused with the node's name.
 *
 * Resident streams (options.resident, a context on an OpenCL device): a kernel stays on the device, waits for
 * steps in memory that it shares with the host, and answers there. It takes one of the device's threads (on a
 * processor, one core) as long as it stays; so a context has fewer such streams than its device has compute
 * units, and none where that has one. Whether the device and the host see each other's messages is tried when
 * the stream is made: what does not work is refused, nothing falls back. Nodes: convolutions of one sample
 * without groups, RNN, LSTM and GRU of plain functions, Relu, Sigmoid, Tanh, LeakyRelu, Add, Sub, Mul, Div,
 * and what only moves numbers (Concat, Slice, Split, Reshape, Transpose …). The kernel leaves by itself after
 * idle_us without a step, and about every 0.1 s to let others have their turn; the next push launches it
 * again, some ten to a hundred microseconds later. A push then allocates, takes locks and makes system calls,
 * unlike one on the host; reset, set_state, get_state and clone have the kernel leave first. ATR_E_DEVICE of
 * a push is for good: the stream has to be made anew. Numbers are those of the host up to rounding: the same
 * bits under ATR_MATH_EXACT but for the device's own Sigmoid and Tanh. */
#ifndef ATROUS_STREAM_H
#define ATROUS_STREAM_H

#include <atrous/plan.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct atr_stream atr_stream;

typedef struct atr_stream_options {
  size_t size;
  atr_math math;      /* FAST or EXACT */
  size_t max_block;   /* a push of more steps is cut into such blocks; more memory, more speed; 1 … 65536 */
  int axis;           /* the input's time axis; -1: the axis along which a recurrent layer reads it, else its
                         last free axis, else its last */
  const char *output; /* NULL: the model's first */
  const atr_params *params; /* NULL: the model's own weights; else these, as they are now */
  int settle; /* non-zero: atr_stream_reset(…, 1) will be asked for, and its state is worked out now */
  atr_context *resident; /* NULL: the host computes; else a kernel that stays on this device; see above */
  unsigned
      idle_us; /* such a kernel leaves after so many microseconds without a step; 0: 10000; up to 100000 */
} atr_stream_options;
#define ATR_STREAM_OPTIONS_INIT                                                                              \
  { sizeof(atr_stream_options), ATR_MATH_FAST, 64, -1, 0, 0, 0, 0, 0 }

typedef struct atr_stream_info {
  size_t in, out;  /* numbers a step: all other dimensions of the input and of the output, free ones 1 */
  int64_t lead_in; /* the first so many rows pushed out are zeros: a model without padding says nothing before
                      it has seen as many steps more; row lead_in is the first of the batch's output */
  size_t state_bytes; /* of atr_stream_get_state */
  size_t max_block;
} atr_stream_info;

/* Prepares the model as a stream; the model need not outlive it, nor a context that it is resident on.
 * options: copied; NULL: the defaults. *stream is freed by atr_stream_destroy. Any thread. ATR_E_PARAM (an
 * option out of range, no such output or axis), ATR_E_UNSUPPORTED (the model is no stream, or not on this
 * device; the sentence names the node and says why), ATR_E_SHAPE, ATR_E_LIMIT, ATR_E_NOMEM, ATR_E_DEVICE
 * (reading params, a resident kernel). Since 0.1. */
ATR_TRY atr_stream_create(const atr_model *model, const atr_stream_options *options, atr_error *error,
                          atr_stream **stream);

/* Another stream in the same state, which shares what does not change. Any thread that may use `stream`.
 * ATR_E_NOMEM. Since 0.1. */
ATR_TRY atr_stream_clone(const atr_stream *stream, atr_error *error, atr_stream **clone);

/* Reads `steps` rows of info.in numbers and writes as many of info.out: in [steps][in], out [steps][out],
 * which may be the same memory where in = out. A row is the input's other dimensions in their order. One
 * thread at a time. ATR_E_SHAPE (an index from data was out of range); the sentence is atr_stream_error.
 * Since 0.1. */
ATR_TRY atr_stream_push(atr_stream *stream, const float *in, float *out, size_t steps);

/* Back to the beginning: settled 0: as before the first step of a sequence; 1: as after a long stretch of
 * zeros (for audio, which shall not click). A copy of bytes; like a push in all it does not do. ATR_E_PARAM
 * (settled without options.settle). Since 0.1. */
ATR_TRY atr_stream_reset(atr_stream *stream, int settled);

/* The state as bytes that atr_stream_set_state of a stream made in the same way (same model, options and
 * library, a machine of the same byte order) takes back. They are checked and nothing changes where they do
 * not fit. ATR_E_PARAM (room too small), ATR_E_FORMAT (not such a state), ATR_E_SHAPE (of another model or
 * block), ATR_E_DEVICE (resident). A resident stream's state is that of one on the host. Since 0.1. */
ATR_TRY atr_stream_get_state(const atr_stream *stream, void *bytes, size_t room, size_t *size);
ATR_TRY atr_stream_set_state(atr_stream *stream, const void *bytes, size_t size);

ATR_API atr_stream_info atr_stream_get_info(const atr_stream *stream);
ATR_API const char *atr_stream_error(const atr_stream *stream);
ATR_API void atr_stream_destroy(atr_stream *stream); /* NULL: nothing */

#ifdef __cplusplus
}
#endif
#endif
