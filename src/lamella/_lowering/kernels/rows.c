/* Rows of a table: what a lookup reads, and a step of Adam that knows which rows have gradients. */
#include <math.h>

#include "call.h"

#define ROWS 512 /* of a part */
#define AHEAD 8  /* rows are asked for so much before they are read */

INLINE int64_t upto(int64_t value, int64_t most) { return value < most ? value : most; }

typedef struct {
  int64_t table_rows, width, count, length;
  const float *table;
  const int32_t *numbers;
  float *out;
} Lookup;

static void lookup_part(void *arguments, int64_t part) {
  const Lookup *l = arguments;
  for (int64_t n = part * ROWS, end = upto(n + ROWS, l->count); n < end; n++) {
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
  for (int64_t n = part * lines, end = upto(n + lines, l->count); n < end; n++) {
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

typedef struct {
  int64_t table_rows, width;
  const float *gradients, *settings;
  const int32_t *first, *next; /* of each row its first gradient, of each gradient the next one */
  float *table, *momentum, *velocity;
} Adam;

/* One step for a row; `g` is NULL where the gradient is zero. */
INLINE void adam_row(const Adam *a, int64_t row, const float *g) {
  const float rate = a->settings[0], of_first = a->settings[1], of_second = a->settings[2];
  const float epsilon = a->settings[3];
  float *w = a->table + row * a->width, *m = a->momentum + row * a->width;
  float *v = a->velocity + row * a->width;
  for (int64_t i = 0; i < a->width; i++) {
    const float slope = g ? g[i] : 0;
    m[i] += (slope - m[i]) * of_first;
    v[i] += (slope * slope - v[i]) * of_second;
    w[i] -= m[i] * rate / (sqrtf(v[i]) + epsilon);
  }
}

static void adam_part(void *arguments, int64_t part) {
  const Adam *a = arguments;
  float *sum = scratch(a->width);
  for (int64_t row = part * ROWS, end = upto(row + ROWS, a->table_rows); row < end; row++) {
    int32_t n = a->first[row];
    if (n < 0) {
      adam_row(a, row, NULL);
      continue;
    }
    memset(sum, 0, a->width * sizeof(float));
    for (; n >= 0; n = a->next[n])
      for (int64_t i = 0; i < a->width; i++) sum[i] += a->gradients[n * a->width + i];
    adam_row(a, row, sum);
  }
}

/* table, momentum, velocity (rows, width), numbers (n), gradients (n, width), settings (4)
   -> table, momentum, velocity, where they lie; and room for (rows + n) of int32. */
XLA_FFI_Error *lamella_adam_rows(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const int64_t *shape = result(frame, 0)->dims, count = argument(frame, 3)->dims[0];
  const int32_t *numbers = argument(frame, 3)->data;
  int32_t *first = result(frame, 3)->data, *next = first + shape[0];
  float *moved[3];
  for (int i = 0; i < 3; i++) {
    moved[i] = floats(result(frame, i));
    if (moved[i] != argument(frame, i)->data)
      memcpy(moved[i], argument(frame, i)->data, shape[0] * shape[1] * sizeof(float));
  }
  memset(first, -1, shape[0] * sizeof(int32_t));
  for (int64_t n = count - 1; n >= 0; n--) { /* backwards, so that sums go forwards */
    if (numbers[n] < 0 || numbers[n] >= shape[0]) continue;
    next[n] = first[numbers[n]];
    first[numbers[n]] = (int32_t)n;
  }
  Adam a = {.table_rows = shape[0], .width = shape[1], .gradients = floats(argument(frame, 4)),
            .settings = floats(argument(frame, 5)), .first = first, .next = next,
            .table = moved[0], .momentum = moved[1], .velocity = moved[2]};
  in_parts(frame, (a.table_rows + ROWS - 1) / ROWS, adam_part, &a);
  return NULL;
}
