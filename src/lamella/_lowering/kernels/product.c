/* x' y: what the gradient by a kernel is, a product summed over all rows of a batch. */
#include "tile.h"

#define TERMS 256         /* summed at a time, so that both sides stay in a cache */

typedef struct {
  int64_t rows, terms, columns, row_parts;
  const float *x, *y;
  float *out;
} Matrices;

static void outer_part(void *arguments, int64_t number) {
  const Matrices *m = arguments;
  const int64_t part = number % m->row_parts, column = number / m->row_parts * PANEL;
  const int64_t first = m->rows * part / m->row_parts, last = m->rows * (part + 1) / m->row_parts;
  const int64_t left = m->columns - column, wide = left < PANEL ? left : PANEL;
  float *panel = scratch((TERMS + last - first) * PANEL), *sums = panel + TERMS * PANEL;
  memset(sums, 0, (last - first) * PANEL * sizeof(float));
  for (int64_t low = 0, terms; low < m->terms; low += terms) {
    terms = m->terms - low < TERMS ? m->terms - low : TERMS;
    for (int64_t k = 0; k < terms; k++) { /* side by side, zeros past the edge */
      memcpy(panel + k * PANEL, m->y + (low + k) * m->columns + column, wide * sizeof(float));
      memset(panel + k * PANEL + wide, 0, (PANEL - wide) * sizeof(float));
    }
    for (int64_t row = first, count; row < last; row += count) {
      count = next_rows(last - row);
      const Lines lines = {.pictures = 1, .lines = 1, .terms = terms, .a_step = m->rows,
                           .b_step = PANEL, .y_row = PANEL};
      outer_rows(count, wide > LANES ? 2 : 1, &lines, m->x + low * m->rows + row, panel,
                 sums + (row - first) * PANEL);
    }
  }
  for (int64_t row = first; row < last; row++)
    memcpy(m->out + row * m->columns + column, sums + (row - first) * PANEL, wide * sizeof(float));
}

/* x (terms, rows), y (terms, columns) -> x' y */
XLA_FFI_Error *lamella_product_outer(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const int64_t *x = argument(frame, 0)->dims, *y = argument(frame, 1)->dims;
  const int64_t panels = (y[1] + PANEL - 1) / PANEL, most = panels < 8 ? 112 : 448;
  Matrices m = {.rows = x[1], .terms = x[0], .columns = y[1], .row_parts = (x[1] + most - 1) / most,
                .x = floats(argument(frame, 0)), .y = floats(argument(frame, 1)),
                .out = floats(result(frame, 0))};
  in_parts(frame, m.row_parts * panels, outer_part, &m);
  return NULL;
}
