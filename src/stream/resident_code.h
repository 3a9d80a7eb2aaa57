/* resident_code.h: a stream's stages as what its kernel on a device reads (kernels/stream.cl): records,
 * weights, constants, the compiled kernel. Shared by the streams of a program. */
#ifndef ATR_STREAM_RESIDENT_CODE_H
#define ATR_STREAM_RESIDENT_CODE_H

#include "backend/backend.h"
#include "stream/program.h"

struct atr__resident_code {
  atr_context *context; /* retained */
  atr__program *kernels;
  char kernel[48]; /* its name in there */
  atr__buffer *words, *weights;
  uint64_t words_bytes, weights_bytes;
  float *constants; /* what lies in a device's arena behind that of the program */
  uint64_t constants_bytes;
  uint64_t box_bytes;
  size_t in_word, answer_word,
      out_word; /* of the mailbox: steps come in, what the kernel says, steps go out */
};

/* ATR_E_UNSUPPORTED: the context is on the host, or a node is none that the kernel can do; the sentence says
 * which. */
atr_status atr__resident_code_create(const atr__stream_program *program, atr_context *context,
                                     atr_error *error, struct atr__resident_code **code);
void atr__resident_code_destroy(struct atr__resident_code *code); /* NULL: nothing */

#endif
