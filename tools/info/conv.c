/* conv.c: the length of a convolution's output: floor((w + 2p - d(k-1) - 1) / s) + 1, as ONNX's Conv has it.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/number.h"
#include "info/info.h"

enum { MOST = 1 << 30 }; /* so that nothing below can overflow 64 bits */

static bool parse(const char *what, int64_t value[5], struct fault *fault) {
  static const char keys[] = "wkspd";
  bool seen[5] = { false };
  char *copy = strdup(what), *rest = copy;
  if (!copy) return fault_nomem(fault, strlen(what) + 1);
  for (char *part; (part = strsep(&rest, ",")) != NULL;) {
    const char *key = part[0] ? strchr(keys, part[0]) : NULL;
    const size_t i = key ? (size_t)(key - keys) : 0;
    bool ok = key && part[1] == '=' && !seen[i] && number_integer(part + 2, &value[i]);
    if (!ok)
      fault_set(fault, FAULT_USAGE, "--conv: \"%s\" is none of w=, k=, s=, p= and d= with a whole number",
                part);
    else if (value[i] < (keys[i] == 'p' ? 0 : 1) || value[i] > MOST)
      ok = fault_set(fault, FAULT_USAGE, "--conv: %c is %" PRId64 ", not in %d … %d", keys[i], value[i],
                     keys[i] == 'p' ? 0 : 1, MOST);
    if (!ok) {
      free(copy);
      return false;
    }
    seen[i] = true;
  }
  free(copy);
  return (seen[0] && seen[1]) || fault_set(fault, FAULT_USAGE, "--conv needs w= and k=");
}

bool info_conv(const char *what, json_t *result, FILE *text, struct fault *fault) {
  int64_t v[5] = { 0, 0, 1, 0, 1 };
  if (!parse(what, v, fault)) return false;
  const int64_t w = v[0], k = v[1], s = v[2], p = v[3], d = v[4], effective = d * (k - 1) + 1;
  char formula[160];
  snprintf(formula, sizeof formula,
           "floor((%" PRId64 " + 2*%" PRId64 " - %" PRId64 "*(%" PRId64 " - 1) - 1) / %" PRId64 ") + 1", w, p,
           d, k, s);
  if (w + 2 * p < effective)
    return fault_set(fault, FAULT_PARAM,
                     "the filter covers %" PRId64 " positions, more than the %" PRId64 " of the padded input",
                     effective, w + 2 * p);
  const int64_t out = (w + 2 * p - effective) / s + 1;
  if (text)
    fprintf(text,
            "floor((w + 2p - d(k - 1) - 1) / s) + 1 = %s = %" PRId64 "; the filter covers %" PRId64 "\n",
            formula, out, effective);
  json_object_set_new(result, "conv",
                      json_pack("{s:I, s:I, s:s}", "out", (json_int_t)out, "effective_k",
                                (json_int_t)effective, "formula", formula));
  return true;
}
