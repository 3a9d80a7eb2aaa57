/* port.h: a model's inputs or outputs by the names that users write. */
#ifndef TOOLS_PORT_H
#define TOOLS_PORT_H

#include <atrous/model.h>

#include "common/fault.h"
#include "common/options.h"

/* atr_model_input or atr_model_output. */
typedef atr_port (*port_at)(const atr_model *model, size_t i);

/* The port that "NAME=REST" names, the longest name where several fit, with REST; -1 and *rest left alone:
 * none. */
int port_named(const atr_model *model, port_at at, const char *text, const char **rest);

enum { PORT_NAMES = 256 };
const char *port_names(const atr_model *model, port_at at,
                       char text[PORT_NAMES]); /* "x, y, z", for sentences */

/* The usage error for "NAME=…" that names none; kind: "input", "output". Returns false. */
bool port_unknown(const struct program *program, const atr_model *model, port_at at, const char *kind,
                  const char *text, struct fault *fault);

#endif
