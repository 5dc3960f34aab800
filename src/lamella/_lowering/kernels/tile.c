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

#define ONE_OUTER(N)                                                                           \
  case N:                                                                                      \
    if (N > MOST_ROWS) return;                                                                 \
    if (wide == 1) outer_tile(N, 1, lines, terms, a, a_line, a_step, b, b_step, y, y_row);     \
    else outer_tile(N, 2, lines, terms, a, a_line, a_step, b, b_step, y, y_row);               \
    return;

void outer_rows(int rows, int wide, int64_t lines, int64_t terms, const float *a, int64_t a_line,
                int64_t a_step, const float *b, int64_t b_step, float *y, int64_t y_row) {
  switch (rows) { EACH_COUNT(ONE_OUTER) }
}
