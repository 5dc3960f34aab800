/* LSTM and GRU over whole sequences. Each part of the work takes some rows of the batch through all
   steps, so threads never wait for each other.

   What only the gradient reads lies by step: (time, n, ...). All else lies by row: (n, time, ...). */
#include "curves.h"
#include "tile.h"

/* Rows that go through the steps together: so many share each reading of the weights, at most. */
#define PART 16
#define LEAST 4

typedef struct {
  int64_t batch, time, features, units, part;
  const float *x, *h, *c, *kernel, *recurrent, *bias, *inner_bias;
  float *gates, *inner, *cs, *before, *hs, *last_h, *last_c; /* NULL where nobody asks */
  const float *dhs, *dh, *dc;
  float *dz, *dinner, *first_dh, *first_dc;
} Run;

/* y = start + a b for some rows, all columns of b. */
static void rows_of_product(int64_t rows, int64_t terms, int64_t columns, const float *a,
                            int64_t a_row, const float *b, const float *start, int64_t start_row,
                            float *y, int64_t y_row) {
  const Product p = {.outer = 1, .middle = 1, .inner = terms, .a_row = a_row,
                     .b_inner = columns, .y_row = y_row, .start_row = start_row};
  every_row(rows, columns, &p, a, b, PANEL, start, y);
}

/* One step of an LSTM: z becomes gates, c and h go on. */
INLINE void lstm_step(int64_t units, float *z, float *c, float *h) {
  for (int64_t u = 0; u < units; u += LANES) {
    const vector i = sigmoid(at(z + u)), f = sigmoid(at(z + units + u));
    const vector g = tangent(at(z + 2 * units + u)), o = sigmoid(at(z + 3 * units + u));
    const vector next = f * at(c + u) + i * g;
    put(c + u, next);
    put(h + u, o * tangent(next));
    put(z + u, i);
    put(z + units + u, f);
    put(z + 2 * units + u, g);
    put(z + 3 * units + u, o);
  }
}

/* One step of a GRU: x becomes gates; `inner` is what the state brings. */
INLINE void gru_step(int64_t units, float *x, const float *inner, float *h) {
  for (int64_t u = 0; u < units; u += LANES) {
    const vector update = sigmoid(at(x + u) + at(inner + u));
    const vector reset = sigmoid(at(x + units + u) + at(inner + units + u));
    const vector candidate = tangent(at(x + 2 * units + u) + reset * at(inner + 2 * units + u));
    put(h + u, update * at(h + u) + (1 - update) * candidate);
    put(x + u, update);
    put(x + units + u, reset);
    put(x + 2 * units + u, candidate);
  }
}

static void forward_part(void *arguments, int64_t number, int gates) {
  const Run *run = arguments;
  const int64_t low = number * run->part, units = run->units, time = run->time;
  const int64_t left = run->batch - low, wide = gates * units;
  const int64_t rows = left < run->part ? left : run->part;
  float *h = scratch(PART * (2 * units + 2 * wide)), *c = h + PART * units;
  float *own = c + PART * units, *inner = own + PART * wide;
  memcpy(h, run->h + low * units, rows * units * sizeof(float));
  if (gates == 4) memcpy(c, run->c + low * units, rows * units * sizeof(float));
  for (int64_t t = 0; t < time; t++) {
    float *z = run->gates ? run->gates + (t * run->batch + low) * wide : own;
    if (run->before)
      for (int64_t r = 0; r < rows; r++)
        memcpy(run->before + ((low + r) * time + t) * units, h + r * units, units * sizeof(float));
    rows_of_product(rows, run->features, wide, run->x + (low * time + t) * run->features,
                    time * run->features, run->kernel, run->bias, 0, z, wide);
    if (gates == 4) {
      rows_of_product(rows, units, wide, h, units, run->recurrent, z, wide, z, wide);
    } else {
      rows_of_product(rows, units, wide, h, units, run->recurrent, run->inner_bias, 0, inner, wide);
    }
    for (int64_t r = 0; r < rows; r++) {
      if (gates == 4) lstm_step(units, z + r * wide, c + r * units, h + r * units);
      else gru_step(units, z + r * wide, inner + r * wide, h + r * units);
      if (run->inner)
        memcpy(run->inner + (t * run->batch + low + r) * units, inner + r * wide + 2 * units,
               units * sizeof(float));
      if (run->cs)
        memcpy(run->cs + (t * run->batch + low + r) * units, c + r * units, units * sizeof(float));
      if (run->hs)
        memcpy(run->hs + ((low + r) * time + t) * units, h + r * units, units * sizeof(float));
    }
  }
  memcpy(run->last_h + low * units, h, rows * units * sizeof(float));
  if (gates == 4) memcpy(run->last_c + low * units, c, rows * units * sizeof(float));
}

static void lstm_forward(void *run, int64_t number) { forward_part(run, number, 4); }
static void gru_forward(void *run, int64_t number) { forward_part(run, number, 3); }

/* Gradients by what one step of an LSTM was made of; dc goes on to the step before. */
INLINE void lstm_back(int64_t units, const float *gates, const float *c, const float *c_before,
                      const float *dh, float *dc, float *dz) {
  for (int64_t u = 0; u < units; u += LANES) {
    const vector i = at(gates + u), f = at(gates + units + u);
    const vector g = at(gates + 2 * units + u), o = at(gates + 3 * units + u);
    const vector squashed = tangent(at(c + u)), d = at(dh + u);
    const vector down = at(dc + u) + d * o * (1 - squashed * squashed);
    put(dz + u, down * g * i * (1 - i));
    put(dz + units + u, down * at(c_before + u) * f * (1 - f));
    put(dz + 2 * units + u, down * i * (1 - g * g));
    put(dz + 3 * units + u, d * squashed * o * (1 - o));
    put(dc + u, down * f);
  }
}

/* The same of a GRU, by the input's part and by the state's; dh keeps what goes round the gates. */
INLINE void gru_back(int64_t units, const float *gates, const float *inner, const float *before,
                     float *dh, float *dz, float *dinner) {
  for (int64_t u = 0; u < units; u += LANES) {
    const vector update = at(gates + u), reset = at(gates + units + u);
    const vector candidate = at(gates + 2 * units + u), d = at(dh + u);
    const vector down = d * (1 - update) * (1 - candidate * candidate);
    const vector by_update = d * (at(before + u) - candidate) * update * (1 - update);
    const vector by_reset = down * at(inner + u) * reset * (1 - reset);
    put(dz + u, by_update);
    put(dz + units + u, by_reset);
    put(dz + 2 * units + u, down);
    put(dinner + u, by_update);
    put(dinner + units + u, by_reset);
    put(dinner + 2 * units + u, down * reset);
    put(dh + u, d * update);
  }
}

static void backward_part(void *arguments, int64_t number, int gates) {
  const Run *run = arguments;
  const int64_t low = number * run->part, units = run->units, time = run->time;
  const int64_t left = run->batch - low, wide = gates * units;
  const int64_t rows = left < run->part ? left : run->part;
  float *dh = scratch(PART * (2 * units + 2 * wide)), *dc = dh + PART * units;
  /* Rows of dz may lie a power of two apart, where a cache has no room for all at once. */
  float *dz = dc + PART * units, *dinner = gates == 4 ? dz : dz + PART * wide;
  memcpy(dh, run->dh + low * units, rows * units * sizeof(float));
  if (gates == 4) memcpy(dc, run->dc + low * units, rows * units * sizeof(float));
  for (int64_t t = time - 1; t >= 0; t--) {
    for (int64_t r = 0; r < rows; r++) {
      const int64_t by_row = (low + r) * time + t, by_step = t * run->batch + low + r;
      if (run->dhs)
        for (int64_t u = 0; u < units; u += LANES)
          put(dh + r * units + u, at(dh + r * units + u) + at(run->dhs + by_row * units + u));
      if (gates == 4) {
        const float *c_before = t ? run->cs + (by_step - run->batch) * units
                                  : run->c + (low + r) * units;
        lstm_back(units, run->gates + by_step * wide, run->cs + by_step * units, c_before,
                  dh + r * units, dc + r * units, dz + r * wide);
      } else {
        gru_back(units, run->gates + by_step * wide, run->inner + by_step * units,
                 run->before + by_row * units, dh + r * units, dz + r * wide, dinner + r * wide);
        memcpy(run->dinner + by_row * wide, dinner + r * wide, wide * sizeof(float));
      }
      memcpy(run->dz + by_row * wide, dz + r * wide, wide * sizeof(float));
    }
    rows_of_product(rows, wide, units, dinner, wide, run->recurrent, gates == 4 ? NULL : dh, units,
                    dh, units);
  }
  memcpy(run->first_dh + low * units, dh, rows * units * sizeof(float));
  if (gates == 4) memcpy(run->first_dc + low * units, dc, rows * units * sizeof(float));
}

static void lstm_backward(void *run, int64_t number) { backward_part(run, number, 4); }
static void gru_backward(void *run, int64_t number) { backward_part(run, number, 3); }

static void all_rows(XLA_FFI_CallFrame *frame, Part *part, Run *run) {
  const int64_t each = run->batch / threads(frame);
  run->part = each < LEAST ? LEAST : each > PART ? PART : each;
  in_parts(frame, (run->batch + run->part - 1) / run->part, part, run);
}

static Run forward_run(XLA_FFI_CallFrame *frame) {
  const int64_t *x = argument(frame, 0)->dims;
  return (Run){.batch = x[0], .time = x[1], .features = x[2],
               .units = argument(frame, 1)->dims[1], .x = in(frame, 0), .h = in(frame, 1)};
}

/* x, h, c, kernel, recurrent, bias -> hs, h, c[, before, gates, cs] */
XLA_FFI_Error *lamella_lstm(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  Run run = forward_run(frame);
  run.c = in(frame, 2), run.kernel = in(frame, 3), run.recurrent = in(frame, 4);
  run.bias = in(frame, 5);
  run.hs = result(frame, 0)->dims[1] ? out(frame, 0) : NULL;
  run.last_h = out(frame, 1), run.last_c = out(frame, 2);
  run.before = out(frame, 3), run.gates = out(frame, 4), run.cs = out(frame, 5);
  all_rows(frame, lstm_forward, &run);
  return NULL;
}

/* x, h, kernel, recurrent, bias, inner bias -> hs, h[, before, gates, inner] */
XLA_FFI_Error *lamella_gru(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  Run run = forward_run(frame);
  run.kernel = in(frame, 2), run.recurrent = in(frame, 3);
  run.bias = in(frame, 4), run.inner_bias = in(frame, 5);
  run.hs = result(frame, 0)->dims[1] ? out(frame, 0) : NULL;
  run.last_h = out(frame, 1);
  run.before = out(frame, 2), run.gates = out(frame, 3), run.inner = out(frame, 4);
  all_rows(frame, gru_forward, &run);
  return NULL;
}

/* dhs, dh, dc, c, gates, cs, recurrent turned -> dz, dh, dc */
XLA_FFI_Error *lamella_lstm_gradient(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const int64_t *cs = argument(frame, 5)->dims;
  Run run = {.time = cs[0], .batch = cs[1], .units = cs[2],
             .dhs = argument(frame, 0)->dims[1] ? in(frame, 0) : NULL, .dh = in(frame, 1),
             .dc = in(frame, 2), .c = in(frame, 3), .gates = in(frame, 4), .cs = in(frame, 5),
             .recurrent = in(frame, 6), .dz = out(frame, 0), .first_dh = out(frame, 1),
             .first_dc = out(frame, 2)};
  all_rows(frame, lstm_backward, &run);
  return NULL;
}

/* dhs, dh, before, gates, inner, recurrent turned -> dz, dinner, dh */
XLA_FFI_Error *lamella_gru_gradient(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const int64_t *inner = argument(frame, 4)->dims;
  Run run = {.time = inner[0], .batch = inner[1], .units = inner[2],
             .dhs = argument(frame, 0)->dims[1] ? in(frame, 0) : NULL, .dh = in(frame, 1),
             .before = in(frame, 2), .gates = in(frame, 3), .inner = in(frame, 4),
             .recurrent = in(frame, 5), .dz = out(frame, 0), .dinner = out(frame, 1),
             .first_dh = out(frame, 2)};
  all_rows(frame, gru_backward, &run);
  return NULL;
}
