/* order.c: the nodes of a graph in an order in which they can run. A node also follows what the graphs within
 * it read from around them. */
#include "config.h"

#include "base/alloc.h"
#include "onnx/read.h"

typedef struct names {
  const char **list;
  size_t n, room;
} names;

static int append(names *list, const char *name) {
  if (atr__grow(&list->list, &list->room, list->n + 1, sizeof *list->list)) return -1;
  list->list[list->n++] = name;
  return 0;
}

/* Names that graphs within the node read and do not give themselves. As deep as the file nests, which the
 * scan has bounded. */
static int free_names(const Atr__NodeProto *node, names *list);

static int free_names_of(const Atr__GraphProto *g, names *list) {
  atr__names given = { 0 };
  const size_t first = list->n;
  int failed = 0;
  for (size_t i = 0; i < g->n_input; i++)
    failed |= atr__names_add(&given, atr__onnx_text(g->input[i]->name), 0) < 0;
  for (size_t i = 0; i < g->n_initializer; i++)
    failed |= atr__names_add(&given, atr__onnx_text(g->initializer[i]->name), 0) < 0;
  for (size_t n = 0; n < g->n_node; n++)
    for (size_t i = 0; i < g->node[n]->n_output; i++)
      failed |= atr__names_add(&given, g->node[n]->output[i], 0) < 0;
  for (size_t n = 0; !failed && n < g->n_node; n++) {
    for (size_t i = 0; i < g->node[n]->n_input; i++) failed |= append(list, g->node[n]->input[i]);
    failed |= free_names(g->node[n], list);
  }
  for (size_t i = 0; i < g->n_output; i++) failed |= append(list, atr__onnx_text(g->output[i]->name));
  size_t kept = first;
  for (size_t i = first; i < list->n; i++)
    if (*list->list[i] && atr__names_find(&given, list->list[i]) < 0) list->list[kept++] = list->list[i];
  list->n = kept;
  atr__names_free(&given);
  return failed ? -1 : 0;
}

static int free_names(const Atr__NodeProto *node, names *list) {
  int failed = 0;
  for (size_t i = 0; !failed && i < node->n_attribute; i++)
    if (node->attribute[i]->g) failed = free_names_of(node->attribute[i]->g, list);
  return failed;
}

atr_status atr__reader_reads(atr__reader *r) {
  const Atr__GraphProto *g = r->proto;
  names list = { 0 };
  r->first_read = atr__calloc(g->n_node + 1, sizeof *r->first_read);
  int failed = !r->first_read;
  for (size_t k = 0; !failed && k < g->n_node; k++) {
    for (size_t i = 0; i < g->node[k]->n_input; i++) failed |= append(&list, g->node[k]->input[i]);
    failed |= free_names(g->node[k], &list);
    r->first_read[k + 1] = list.n;
  }
  r->reads = list.list;
  return failed ? atr__reader_nomem(r) : ATR_OK;
}

/* A heap of node indices, the least on top, so that a sorted file keeps its order. */
static void push(int *heap, size_t *n, int node) {
  size_t at = (*n)++;
  for (; at && heap[(at - 1) / 2] > node; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
  heap[at] = node;
}

static int pop(int *heap, size_t *n) {
  const int top = heap[0], last = heap[--*n];
  size_t at = 0;
  for (size_t child; (child = 2 * at + 1) < *n; at = child) {
    if (child + 1 < *n && heap[child + 1] < heap[child]) child++;
    if (heap[child] >= last) break;
    heap[at] = heap[child];
  }
  heap[at] = last;
  return top;
}

/* Kahn's algorithm: a node follows when all its inputs are there. */
atr_status atr__reader_sort(atr__reader *r) {
  const Atr__GraphProto *g = r->proto;
  const size_t n = g->n_node;
  atr_status status = ATR_OK;
  size_t edges = 0, ready = 0, done = 0;
  int *waits = atr__calloc(n, sizeof *waits), *heap = atr__calloc(n, sizeof *heap);
  size_t *first = atr__calloc(n + 2, sizeof *first);
  int *users = NULL;
  r->order = atr__calloc(n, sizeof *r->order);
  if (!waits || !heap || !first || !r->order) {
    status = atr__reader_nomem(r);
    goto fail;
  }
  for (int pass = 0; pass < 2; pass++) { /* count the users of each node, then list them */
    for (size_t k = 0; k < n; k++)
      for (size_t i = r->first_read[k]; i < r->first_read[k + 1]; i++) {
        const atr__entry *e = *r->reads[i] ? atr__reader_lookup(r, r->reads[i]) : NULL;
        if (!e || e->producer == ATR__NEVER) continue;
        if (pass) {
          users[first[e->producer + 1]++] = (int)k;
          waits[k]++;
        } else {
          first[e->producer + 2]++;
          edges++;
        }
      }
    if (pass) break;
    for (size_t k = 2; k < n + 2; k++) first[k] += first[k - 1];
    users = atr__calloc(edges, sizeof *users);
    if (!users) {
      status = atr__reader_nomem(r);
      goto fail;
    }
  }
  for (size_t k = 0; k < n; k++)
    if (!waits[k]) push(heap, &ready, (int)k);
  while (ready) {
    const int node = pop(heap, &ready);
    r->order[done++] = node;
    for (size_t i = first[node]; i < first[node + 1]; i++)
      if (!--waits[users[i]]) push(heap, &ready, users[i]);
  }
  if (done < n) {
    char what[256];
    size_t stuck = 0;
    while (!waits[stuck]) stuck++;
    status = atr__fail(r->graph.error, ATR_E_FORMAT, "%s is part of a cycle, or follows one",
                       atr__reader_called(r, stuck, what));
  }
fail:
  atr__free(waits);
  atr__free(heap);
  atr__free(first);
  atr__free(users);
  return status;
}
