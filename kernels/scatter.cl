/* scatter.cl: updates put or added to where indices say. Macros: TYPE, INDEX (int, long), KIND (0 put, 1 add, 2 mul, 3 max,
 * 4 min). What is not updated was copied before. One item applies its updates in their order, and no other item writes
 * where it writes. An index outside sets the run's status, and its update goes nowhere.
 * scatter_elements_fwd_baseline: y, indices, updates, extent of the axis, its stride in y, number of updates along it, its
 *   stride in them, count, a walk over all other dimensions of (y, updates).
 * scatter_nd_fwd_baseline: count, y, indices, updates, dimensions in an index, indices a batch, elements of a slice, stride
 *   of a batch in y, then extent and stride in y of each dimension. One item an element of a batch's slice. */
#if !defined(TYPE) || !defined(INDEX) || !defined(KIND)
#error "scatter.cl needs TYPE, INDEX and KIND"
#endif

#if KIND == 1
#define ATR_SCATTER(x, u) ((TYPE)((x) + (u)))
#elif KIND == 2
#define ATR_SCATTER(x, u) ((TYPE)((x) * (u)))
#elif KIND == 3
#define ATR_SCATTER(x, u) ((u) > (x) || isnan((float)(u)) ? (u) : (x))
#elif KIND == 4
#define ATR_SCATTER(x, u) ((u) < (x) || isnan((float)(u)) ? (u) : (x))
#else
#define ATR_SCATTER(x, u) (u)
#endif

ATR_ITEM_KERNEL(ATR_FN(scatter_elements_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[10]) return;
  const int extent = a[6], n = a[8], step = a[9];
  int at[2];
  ATR_WALK(11, 2, i, at);
  __global TYPE *y = (__global TYPE *)ATR_PTR(0) + at[0];
  __global const INDEX *index = (__global const INDEX *)ATR_PTR(2) + at[1];
  __global const TYPE *updates = (__global const TYPE *)ATR_PTR(4) + at[1];
  for (int k = 0; k < n; k++) {
    const INDEX given = index[k * step];
    if (given < -extent || given >= extent) {
      ATR_SET_STATUS(1);
      continue;
    }
    const int to = (given < 0 ? (int)given + extent : (int)given) * a[7];
    const TYPE u = updates[k * step];
    y[to] = ATR_SCATTER(y[to], u);
  }
}

ATR_ITEM_KERNEL(ATR_FN(scatter_nd_fwd_baseline)) {
  ATR_BEGIN;
  const int i = ATR_ITEM;
  if (i >= a[0]) return;
  const int depth = a[7], n = a[8], inner = a[9], batch = i / inner, own = i % inner;
  __global TYPE *y = (__global TYPE *)ATR_PTR(1) + batch * a[10] + own;
  __global const INDEX *index = (__global const INDEX *)ATR_PTR(3) + batch * n * depth;
  __global const TYPE *updates = (__global const TYPE *)ATR_PTR(5) + batch * n * inner + own;
  for (int k = 0; k < n; k++) {
    int to = 0, inside = 1;
    for (int d = 0; d < depth; d++) {
      const int extent = a[11 + 2 * d];
      const INDEX given = index[k * depth + d];
      if (given < -extent || given >= extent)
        inside = 0;
      else
        to += (given < 0 ? (int)given + extent : (int)given) * a[12 + 2 * d];
    }
    if (!inside) {
      ATR_SET_STATUS(1);
      continue;
    }
    const TYPE u = updates[k * inner];
    y[to] = ATR_SCATTER(y[to], u);
  }
}
#undef ATR_SCATTER
