#include "tile.h"

#define ONE(N)                                          \
  case N:                                               \
    if (N > MOST_ROWS) return;                          \
    if (wide == 1) tile(N, 1, p, a, b, start, y);       \
    else tile(N, 2, p, a, b, start, y);                 \
    return;

void some_rows(int rows, int wide, const Product *p, const float *a, const float *b,
               const float *start, float *y) {
  switch (rows) { EACH_COUNT(ONE) }
}

#define ONE_OUTER(N)                        \
  case N:                                   \
    if (N > MOST_ROWS) return;              \
    if (wide == 1)                          \
      outer_tile(N, 1, l, a, b, y);         \
    else                                    \
      outer_tile(N, 2, l, a, b, y);         \
    return;

void outer_rows(int rows, int wide, const Lines *l, const float *a, const float *b, float *y) {
  switch (rows) { EACH_COUNT(ONE_OUTER) }
}
