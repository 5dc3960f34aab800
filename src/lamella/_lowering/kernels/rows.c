/* Rows of a table, and means of them. */
#include <math.h>

#include "call.h"

#define ROWS 512 /* of a part */
#define AHEAD 8  /* rows are asked for so much before they are read */

typedef struct {
  int64_t table_rows, width, count, length;
  const float *table;
  const int32_t *numbers;
  float *out;
} Lookup;

static void lookup_part(void *arguments, int64_t part) {
  const Lookup *l = arguments;
  for (int64_t n = part * ROWS, end = least(n + ROWS, l->count); n < end; n++) {
    float *out = l->out + n * l->width;
    /* A number outside of the table must not look like one inside. */
    if (l->numbers[n] < 0 || l->numbers[n] >= l->table_rows)
      for (int64_t i = 0; i < l->width; i++) out[i] = NAN;
    else
      memcpy(out, l->table + l->numbers[n] * l->width, l->width * sizeof(float));
  }
}

/* table (rows, width), numbers (n) of int32 -> (n, width) */
XLA_FFI_Error *lamella_rows(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const XLA_FFI_Buffer *table = argument(frame, 0), *numbers = argument(frame, 1);
  Lookup l = {.table_rows = table->dims[0], .width = table->dims[1], .count = numbers->dims[0],
              .table = table->data, .numbers = numbers->data, .out = floats(result(frame, 0))};
  in_parts(frame, (l.count + ROWS - 1) / ROWS, lookup_part, &l);
  return NULL;
}

/* Means of the rows that each line of `length` numbers names. */
static void means_part(void *arguments, int64_t part) {
  const Lookup *l = arguments;
  const int64_t lines = l->length > ROWS ? 1 : ROWS / l->length, width = l->width;
  for (int64_t n = part * lines, end = least(n + lines, l->count); n < end; n++) {
    const int32_t *numbers = l->numbers + n * l->length;
    float *out = l->out + n * width;
    memset(out, 0, width * sizeof(float));
    for (int64_t k = 0; k < l->length; k++) {
      const int32_t next = k + AHEAD < l->length ? numbers[k + AHEAD] : numbers[k];
      if (next >= 0 && next < l->table_rows)
        for (int64_t i = 0; i < width; i += LANES) __builtin_prefetch(l->table + next * width + i);
      const int known = numbers[k] >= 0 && numbers[k] < l->table_rows;
      const float *row = l->table + (known ? numbers[k] : 0) * width;
      for (int64_t i = 0; i < width; i++) out[i] += known ? row[i] : NAN;
    }
    for (int64_t i = 0; i < width; i++) out[i] /= l->length;
  }
}

/* table (rows, width), numbers (n, length) of int32 -> (n, width) */
XLA_FFI_Error *lamella_row_means(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const XLA_FFI_Buffer *table = argument(frame, 0), *numbers = argument(frame, 1);
  Lookup l = {.table_rows = table->dims[0], .width = table->dims[1], .count = numbers->dims[0],
              .length = numbers->dims[1], .table = table->data, .numbers = numbers->data,
              .out = floats(result(frame, 0))};
  const int64_t lines = l.length > ROWS ? 1 : ROWS / l.length;
  in_parts(frame, (l.count + lines - 1) / lines, means_part, &l);
  return NULL;
}
