/* The one inner loop: some rows of a product, in registers from the first term to the last. */
#ifndef LAMELLA_TILE_H
#define LAMELLA_TILE_H

#include "call.h"

#define PANEL (2 * LANES) /* columns that a tile takes at most */

/* Terms lie in three loops: outer x middle x inner. A matrix product has one inner loop; a window
   of a convolution has rows, taps (where they are spread) and channels. */
typedef struct {
  int64_t outer, middle, inner;
  int64_t a_row, a_outer, a_middle; /* steps in `a`; the inner loop goes one by one */
  int64_t b_outer, b_middle, b_inner;
  int64_t y_row, start_row;
} Product;

/* y[r, v] = start[r, v] + sum_k a[r, k] b[k, v], for `rows` rows and `wide` vectors. */
INLINE void tile(const int rows, const int wide, const Product *p, const float *a, const float *b,
                 const float *start, float *y) {
  vector sums[MOST_ROWS][2];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int v = 0; v < wide; v++)
      sums[r][v] = start ? *(const vector *)(start + r * p->start_row + v * LANES) : (vector){0};
  const int64_t step = p->a_row;
  for (int64_t outer = 0; outer < p->outer; outer++)
    for (int64_t middle = 0; middle < p->middle; middle++) {
      /* Every third row has a pointer: the two after it are reached by what one address can say. */
      const float *first[5];
      const float *here = a + outer * p->a_outer + middle * p->a_middle;
#pragma GCC unroll 5
      for (int r = 0; r < 5; r++) first[r] = here + 3 * r * step;
      const float *row = b + outer * p->b_outer + middle * p->b_middle;
      for (int64_t k = 0; k < p->inner; k++) {
        vector across[2];
#pragma GCC unroll 2
        for (int v = 0; v < wide; v++) across[v] = *(const vector *)(row + v * LANES);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++) {
          const float one = first[r / 3][(r % 3) * step];
#pragma GCC unroll 2
          for (int v = 0; v < wide; v++) sums[r][v] += one * across[v];
        }
        row += p->b_inner;
#pragma GCC unroll 5
        for (int r = 0; r < (rows + 2) / 3; r++) first[r]++;
      }
    }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int v = 0; v < wide; v++)
      *(vector *)(y + r * p->y_row + v * LANES) = sums[r][v];
}

/* Terms lie in pictures x lines x terms, and those of `b` one after the other. */
typedef struct {
  int64_t pictures, lines, terms;
  int64_t a_picture, a_line, a_step;
  int64_t b_step, y_row;
} Lines;

/* y[r, v] += sum_k a[k, r] b[k, v]: the rows of the result lie side by side in `a`. */
INLINE void outer_tile(const int rows, const int wide, const Lines *l, const float *a,
                       const float *b, float *y) {
  vector sums[MOST_ROWS][2];
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int v = 0; v < wide; v++) sums[r][v] = *(const vector *)(y + r * l->y_row + v * LANES);
  const int64_t a_step = l->a_step, b_step = l->b_step;
  for (int64_t picture = 0; picture < l->pictures; picture++)
    for (int64_t line = 0; line < l->lines; line++) {
      const float *here = a + picture * l->a_picture + line * l->a_line;
      for (int64_t k = 0; k < l->terms; k++, here += a_step, b += b_step) {
        vector across[2];
#pragma GCC unroll 2
        for (int v = 0; v < wide; v++) across[v] = *(const vector *)(b + v * LANES);
#pragma GCC unroll 16
        for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
          for (int v = 0; v < wide; v++) sums[r][v] += here[r] * across[v];
      }
    }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++)
#pragma GCC unroll 2
    for (int v = 0; v < wide; v++) *(vector *)(y + r * l->y_row + v * LANES) = sums[r][v];
}

/* The loops want their bounds known: a case for each number of rows. */
#define EACH_COUNT(DO) \
  DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7) DO(8) DO(9) DO(10) DO(11) DO(12) DO(13) DO(14)

void some_rows(int rows, int wide, const Product *p, const float *a, const float *b,
               const float *start, float *y);

void outer_rows(int rows, int wide, const Lines *l, const float *a, const float *b, float *y);

/* The same for any number of rows and columns; those of `b` start again every `b_panel`. */
void every_row(int64_t rows, int64_t columns, const Product *p, const float *a, const float *b,
               int64_t b_panel, const float *start, float *y);

void every_outer_row(int64_t rows, int64_t columns, const Lines *l, const float *a, const float *b,
                     float *y);

/* How many of `left` rows come next, so that the pieces are of nearly one size. */
INLINE int next_rows(int64_t left) {
  int64_t pieces = (left + MOST_ROWS - 1) / MOST_ROWS;
  return (int)((left + pieces - 1) / pieces);
}

#endif
