/* A step of Adam in one pass over all that it keeps; of a table, by the rows that have gradients. */
#include <math.h>

#include "call.h"

#define ROWS 512      /* of a table in a part */
#define WEIGHTS 16384 /* of other weights */

typedef struct {
  int64_t table_rows, width;
  const float *gradients, *settings;
  const int32_t *first, *next; /* of each row its first gradient, of each gradient the next one */
  float *table, *momentum, *velocity;
} Adam;

/* One step for some weights from `place` on; `g` is NULL where their gradients are zero. */
INLINE void step(const Adam *a, int64_t place, int64_t count, const float *g) {
  const float rate = a->settings[0], of_first = a->settings[1], of_second = a->settings[2];
  const float epsilon = a->settings[3];
  float *restrict w = a->table + place, *restrict m = a->momentum + place;
  float *restrict v = a->velocity + place;
  for (int64_t i = 0; i < count; i++) {
    const float slope = g ? g[i] : 0;
    const float first = m[i] + (slope - m[i]) * of_first;
    const float second = v[i] + (slope * slope - v[i]) * of_second;
    m[i] = first, v[i] = second;
    w[i] -= first * rate / (sqrtf(second) + epsilon);
  }
}

static void dense_part(void *arguments, int64_t part) {
  const Adam *a = arguments;
  const int64_t place = part * WEIGHTS;
  step(a, place, least(WEIGHTS, a->table_rows - place), a->gradients + place);
}

static void rows_part(void *arguments, int64_t part) {
  const Adam *a = arguments;
  float *sum = scratch(a->width);
  for (int64_t row = part * ROWS, end = least(row + ROWS, a->table_rows); row < end; row++) {
    int32_t n = a->first[row];
    if (n < 0) {
      step(a, row * a->width, a->width, NULL);
      continue;
    }
    memset(sum, 0, a->width * sizeof(float));
    for (; n >= 0; n = a->next[n])
      for (int64_t i = 0; i < a->width; i++) sum[i] += a->gradients[n * a->width + i];
    step(a, row * a->width, a->width, sum);
  }
}

/* A result that is written over the argument of its number. */
static float *where_it_lay(XLA_FFI_CallFrame *frame, int number) {
  const XLA_FFI_Buffer *given = argument(frame, number);
  float *place = floats(result(frame, number));
  int64_t size = 1;
  for (int64_t axis = 0; axis < given->rank; axis++) size *= given->dims[axis];
  if (place != given->data) memcpy(place, given->data, size * sizeof(float));
  return place;
}

/* weights, momentum, velocity, settings (4), gradients -> weights, momentum, velocity */
XLA_FFI_Error *lamella_adam(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  Adam a = {.table_rows = 1, .settings = floats(argument(frame, 3)),
            .gradients = floats(argument(frame, 4)), .table = where_it_lay(frame, 0),
            .momentum = where_it_lay(frame, 1), .velocity = where_it_lay(frame, 2)};
  const XLA_FFI_Buffer *weights = argument(frame, 0);
  for (int64_t axis = 0; axis < weights->rank; axis++) a.table_rows *= weights->dims[axis];
  in_parts(frame, (a.table_rows + WEIGHTS - 1) / WEIGHTS, dense_part, &a);
  return NULL;
}

/* table, momentum, velocity (rows, width), settings (4), numbers (n), gradients (n, width)
   -> table, momentum, velocity, where they lie; and room for (rows + n) of int32. */
XLA_FFI_Error *lamella_adam_rows(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const int64_t *shape = result(frame, 0)->dims, count = argument(frame, 4)->dims[0];
  const int32_t *numbers = argument(frame, 4)->data;
  int32_t *first = result(frame, 3)->data, *next = first + shape[0];
  memset(first, -1, shape[0] * sizeof(int32_t));
  for (int64_t n = count - 1; n >= 0; n--) { /* backwards, so that sums go forwards */
    if (numbers[n] < 0 || numbers[n] >= shape[0]) continue;
    next[n] = first[numbers[n]];
    first[numbers[n]] = (int32_t)n;
  }
  Adam a = {.table_rows = shape[0], .width = shape[1], .gradients = floats(argument(frame, 5)),
            .settings = floats(argument(frame, 3)), .first = first, .next = next,
            .table = where_it_lay(frame, 0), .momentum = where_it_lay(frame, 1),
            .velocity = where_it_lay(frame, 2)};
  in_parts(frame, (a.table_rows + ROWS - 1) / ROWS, rows_part, &a);
  return NULL;
}
