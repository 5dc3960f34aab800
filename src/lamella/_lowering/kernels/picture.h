/* Copies of pictures with zeros round them. */
#ifndef LAMELLA_PICTURE_H
#define LAMELLA_PICTURE_H

#include "call.h"

#define BAND (96 * 1024) /* floats of a picture that a part reads: they should stay in a cache */

typedef struct {
  const float *data;
  int64_t rows, columns, channels;
} Picture;

/* Writes rows [first, first + rows) and columns [left, left + columns) to `out`, zeros where there
   are none; `left` is at most 0. */
INLINE void padded(Picture p, int64_t first, int64_t rows, int64_t left, int64_t columns,
                   float *out) {
  const int64_t row = p.columns * p.channels, wide = columns * p.channels;
  const int64_t before = -left * p.channels, kept = row < wide - before ? row : wide - before;
  for (int64_t r = first; r < first + rows; r++, out += wide) {
    if (r < 0 || r >= p.rows) {
      memset(out, 0, wide * sizeof(float));
      continue;
    }
    memset(out, 0, before * sizeof(float));
    memcpy(out + before, p.data + r * row, kept * sizeof(float));
    memset(out + before + kept, 0, (wide - before - kept) * sizeof(float));
  }
}

/* Into how many bands of its `rows` a picture of `size` floats is cut. */
INLINE int64_t bands_of(int64_t batch, int64_t rows, int64_t size) {
  int64_t bands = (size + BAND - 1) / BAND;
  /* Threads should have something to share out, also where there are few pictures. */
  while (batch * bands < 8 && bands * 4 <= rows) bands++;
  return least(bands, rows);
}

#endif
