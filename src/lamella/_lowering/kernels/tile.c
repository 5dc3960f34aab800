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

void every_row(int64_t rows, int64_t columns, const Product *p, const float *a, const float *b,
               int64_t b_panel, const float *start, float *y) {
  for (int64_t column = 0; column < columns; column += PANEL, b += b_panel)
    for (int64_t row = 0, count; row < rows; row += count) {
      count = next_rows(rows - row);
      some_rows(count, columns - column > LANES ? 2 : 1, p, a + row * p->a_row, b,
                start ? start + row * p->start_row + column : NULL, y + row * p->y_row + column);
    }
}

void every_outer_row(int64_t rows, int64_t columns, const Lines *l, const float *a, const float *b,
                     float *y) {
  for (int64_t column = 0; column < columns; column += PANEL)
    for (int64_t row = 0, count; row < rows; row += count) {
      count = next_rows(rows - row);
      outer_rows(count, columns - column > LANES ? 2 : 1, l, a + row, b + column,
                 y + row * l->y_row + column);
    }
}
