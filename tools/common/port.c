/* port.c: a model's inputs or outputs by the names that users write; see port.h. */
#include "common/port.h"

#include <stdio.h>
#include <string.h>

int port_named(const atr_model *model, port_at at, const char *text, const char **rest) {
  int found = -1;
  size_t longest = 0;
  atr_port port;
  for (size_t i = 0; (port = at(model, i)).name != NULL; i++) {
    const size_t n = strlen(port.name);
    if (strncmp(text, port.name, n) || text[n] != '=' || (found >= 0 && n < longest)) continue;
    found = (int)i;
    longest = n;
    *rest = text + n + 1;
  }
  return found;
}

const char *port_names(const atr_model *model, port_at at, char text[PORT_NAMES]) {
  size_t used = 0;
  atr_port port;
  text[0] = 0;
  for (size_t i = 0; (port = at(model, i)).name != NULL && used < 200; i++)
    used += (size_t)snprintf(text + used, PORT_NAMES - used, "%s%.60s", i ? ", " : "", port.name);
  return text;
}

bool port_unknown(const struct program *program, const atr_model *model, port_at at, const char *kind,
                  const char *text, struct fault *fault) {
  char list[PORT_NAMES];
  options_usage(program, fault, "the model has no %s \"%.*s\"", kind, (int)strcspn(text, "="), text);
  return fault_remedy(fault, "it has %s", port_names(model, at, list));
}
