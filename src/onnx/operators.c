/* operators.c: what ONNX says of its own operators: the opsets that gave them a new form, and the kinds of
 * their attributes (operators.def). A node that does not keep to it is refused before anything is made of it:
 * an attribute that is not known, or of another kind, would otherwise be passed over in silence. What of all
 * this can be computed is said by the operators themselves. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "onnx/onnx.h"

typedef struct described {
  const char *name, *opsets, *attributes;
} described;

static const described list[] = {
#define ATR_ONNX_OPERATOR(name, opsets, attributes) { #name, opsets, attributes },
#include "onnx/operators.def"
#undef ATR_ONNX_OPERATOR
};

static int by_name(const void *name, const void *entry) {
  return strcmp(name, ((const described *)entry)->name);
}

static const described *find(const char *op) {
  return bsearch(op, list, sizeof list / sizeof *list, sizeof *list, by_name);
}

/* The newest of the opsets that is not above `opset`, 0 where there is none; *first: the oldest of all. */
static int64_t form(const described *d, int64_t opset, int64_t *first) {
  int64_t newest = 0;
  char *end;
  *first = 0;
  for (const char *at = d->opsets; *at; at = end) {
    const int64_t since = strtol(at, &end, 10);
    if (!*first) *first = since;
    if (since <= opset) newest = since;
  }
  return newest;
}

int atr__onnx_opsets(const char *op, int *first, int *oldest) {
  const described *d = find(op);
  int64_t since;
  if (!d) return 0;
  const int64_t had = form(d, ATR__ONNX_OPSET_FORMS, &since);
  *first = (int)since;
  *oldest = (int)(had ? had : since);
  return 1;
}

/* The letter of the attribute's kind, 0 where the operator has no such attribute. */
static char kind_of(const described *d, const char *attribute) {
  const size_t n = strlen(attribute);
  for (const char *at = d->attributes; *at; at += strcspn(at, " "), at += *at == ' ')
    if (!strncmp(at, attribute, n) && at[n] == ':') return at[n + 1];
  return 0;
}

/* ONNX's numbers of kinds: the letter that operators.def gives them, and words. */
static const struct {
  char letter;
  const char *name;
} kinds[] = {
  { 0, "of no kind" },
  { 'f', "a float" },
  { 'i', "an int" },
  { 's', "a string" },
  { 't', "a tensor" },
  { 'g', "a graph" },
  { 'F', "a list of floats" },
  { 'I', "a list of ints" },
  { 'S', "a list of strings" },
  { 'T', "a list of tensors" },
  { 'G', "a list of graphs" },
  { 'x', "a sparse tensor" },
  { 'X', "a list of sparse tensors" },
  { 'p', "a type" },
  { 'P', "a list of types" },
};

const char *atr__onnx_kind_name(int number) {
  return number > 0 && number < (int)(sizeof kinds / sizeof *kinds) ? kinds[number].name : kinds[0].name;
}

static const char *letter_name(char letter) {
  size_t i = sizeof kinds / sizeof *kinds - 1;
  while (i && kinds[i].letter != letter) i--;
  return kinds[i].name;
}

atr_status atr__onnx_check(const atr__onnx_graph *graph, const atr__onnx_node *node) {
  if (*node->domain) return ATR_OK;
  if (!graph->opset)
    return atr__fail(graph->error, ATR_E_FORMAT, "the file names no opset of ONNX's own operators");
  const described *d = find(node->op);
  if (!d)
    return atr__fail(graph->error, ATR_E_UNSUPPORTED, "ONNX up to opset %d has no such operator",
                     ATR__ONNX_OPSET_MAX);
  int64_t first;
  const int64_t given = form(d, graph->opset, &first);
  if (!given)
    return atr__fail(graph->error, ATR_E_UNSUPPORTED, "the operator came with opset %lld", (long long)first);
  if (graph->opset < ATR__ONNX_OPSET_FORMS && given != form(d, ATR__ONNX_OPSET_FORMS, &first))
    return atr__fail(graph->error, ATR_E_UNSUPPORTED, "its form before opset %d is not supported",
                     ATR__ONNX_OPSET_FORMS);
  for (size_t i = 0; i < node->attrs.n; i++) {
    const atr__attr *a = &node->attrs.list[i];
    const char kind = kind_of(d, a->name);
    if (!kind)
      return atr__fail(graph->error, ATR_E_UNSUPPORTED, "it has no attribute \"%.100s\" in ONNX", a->name);
    if (kind != kinds[a->kind].letter)
      return atr__fail(graph->error, ATR_E_FORMAT, "attribute \"%s\" is %s, must be %s", a->name,
                       atr__onnx_kind_name(a->kind), letter_name(kind));
  }
  return ATR_OK;
}
