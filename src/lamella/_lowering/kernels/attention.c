/* Attention by heads, softmax(q k' scale) v, and its gradients. Scores live for a block of targets
   only, in a cache; the gradient computes them anew.

   Scores are exponents of two: keys are packed times scale * log2(e). What is packed lies in
   panels or in rows of whole vectors, with zeros where there is nothing. */
#include "curves.h"
#include "tile.h"

#include <math.h>

#define BLOCK 8192       /* about so many scores at once */
#define LOWEST -2.38e38f /* the score where a target does not look: where it looks nowhere, all are
                            alike */

typedef float four __attribute__((vector_size(16)));

typedef struct {
  int64_t batch, targets, sources, heads, key_heads, features, value_features, causal;
  int64_t step, y_step, key_step, value_step; /* from one target or source to the next */
  int64_t wide, value_wide, padded, block, row;
  float scale;
  const uint8_t *mask;
  int64_t mask_batch, mask_head, mask_target; /* steps; 0 where the mask has one for all */
  const float *q, *k, *v, *old_y, *high, *part, *dy;
  float *y, *new_high, *new_part, *dq, *dk, *dv;
} Run;

INLINE int64_t whole(int64_t size, int64_t unit) { return (size + unit - 1) / unit * unit; }
INLINE vector larger(vector x, vector y) { return chosen(x > y, x, y); }

INLINE float total(vector x) {
  four part[LANES / 4];
  memcpy(part, &x, sizeof x);
  for (int p = 1; p < LANES / 4; p++) part[0] += part[p];
  return (part[0][0] + part[0][1]) + (part[0][2] + part[0][3]);
}

INLINE float largest(vector x) {
  float most[LANES];
  memcpy(most, &x, sizeof x);
#pragma GCC unroll 4
  for (int half = LANES / 2; half > 0; half /= 2)
#pragma GCC unroll 16
    for (int lane = 0; lane < half; lane++)
      most[lane] = most[lane] > most[lane + half] ? most[lane] : most[lane + half];
  return most[0];
}

INLINE float inner(int64_t size, const float *a, const float *b) {
  vector sums = {0};
  int64_t place = 0;
  for (; place + LANES <= size; place += LANES) sums += at(a + place) * at(b + place);
  float sum = total(sums);
  for (; place < size; place++) sum += a[place] * b[place];
  return sum;
}

/* to = from * factor, row by row, with zeros after it up to `wide`; factors are `each` apart. */
static void copy(int64_t rows, int64_t size, const float *from, int64_t from_row,
                 const float *factor, int64_t each, float *to, int64_t to_row, int64_t wide) {
  for (int64_t r = 0; r < rows; r++, from += from_row, to += to_row, factor += each) {
    int64_t place = 0;
    for (; place + LANES <= size; place += LANES) put(to + place, at(from + place) * *factor);
    for (; place < size; place++) to[place] = from[place] * *factor;
    for (; place < wide; place++) to[place] = 0;
  }
}

static const float as_it_is = 1;

/* Rows become columns of panels: panels x size x PANEL. */
static void turn(int64_t rows, int64_t size, const float *from, int64_t from_row, float factor,
                 float *to) {
  for (int64_t low = 0; low < rows; low += PANEL, to += size * PANEL)
    for (int64_t r = 0; r < PANEL; r++)
      for (int64_t f = 0; f < size; f++)
        to[f * PANEL + r] = low + r < rows ? from[(low + r) * from_row + f] * factor : 0;
}

/* y = a b for some rows; the columns of `b` start again every `b_panel`. */
static void product(int64_t rows, int64_t terms, int64_t columns, const float *a, int64_t a_row,
                    const float *b, int64_t b_row, int64_t b_panel, float *y, int64_t y_row) {
  const Product p = {.outer = 1, .middle = 1, .inner = terms, .a_row = a_row, .b_inner = b_row,
                     .y_row = y_row};
  every_row(rows, columns, &p, a, b, b_panel, NULL, y);
}

/* y += a' b: a is targets x sources, b targets x wide. */
static void add_turned(int64_t sources, int64_t targets, const float *a, int64_t a_row,
                       const float *b, int64_t wide, float *y) {
  const Lines lines = {.pictures = 1, .lines = 1, .terms = targets, .a_step = a_row,
                       .b_step = wide, .y_row = wide};
  every_outer_row(sources, wide, &lines, a, b, y);
}

/* How many sources the targets before `past` see. A row that a mask leaves nothing needs all. */
INLINE int64_t seen_before(const Run *run, int64_t past) {
  return run->causal && !run->mask ? least(past, run->sources) : run->sources;
}

/* Writes `hidden` where a target does not look. */
INLINE void hide(const Run *run, int64_t b, int64_t h, int64_t t, int64_t seen, float hidden,
                 float *row) {
  for (int64_t s = run->causal ? t + 1 : seen; s < seen; s++) row[s] = hidden;
  if (run->mask == NULL) return;
  const uint8_t *mask = run->mask + b * run->mask_batch + h * run->mask_head + t * run->mask_target;
  for (int64_t s = 0; s < seen; s++) row[s] = mask[s] ? row[s] : hidden;
}

/* Scores become shares that nothing has been divided by; gives their sum. */
INLINE float softmax(int64_t seen, float *row, float *high) {
  vector one = (vector){0} - INFINITY, other = one, sums = {0};
  for (int64_t s = seen; s < whole(seen, PANEL); s++) row[s] = -INFINITY;
  for (int64_t s = 0; s < seen; s += PANEL) {
    one = larger(at(row + s), one);
    other = larger(at(row + s + LANES), other);
  }
  const float most = *high = largest(larger(one, other));
  for (int64_t s = 0; s < seen; s += LANES) {
    const vector share = power_of_two(at(row + s) - most);
    put(row + s, share);
    sums += share;
  }
  return total(sums);
}

/* One head of one example. */
static void forward_part(void *arguments, int64_t number) {
  const Run *run = arguments;
  const int64_t b = number / run->heads, h = number % run->heads, sources = run->sources;
  const int64_t key_head = h / (run->heads / run->key_heads);
  const int64_t features = run->features, wide = run->value_wide, size = run->value_features;
  float *k = scratch(run->padded * features + sources * wide + run->block * (run->row + wide));
  float *v = k + run->padded * features, *scores = v + sources * wide;
  float *sums = scores + run->block * run->row;
  turn(sources, features, run->k + b * sources * run->key_step + key_head * features,
       run->key_step, run->scale * (float)M_LOG2E, k);
  copy(sources, size, run->v + b * sources * run->value_step + key_head * size, run->value_step,
       &as_it_is, 0, v, wide, wide);
  for (int64_t low = 0; low < run->targets; low += run->block) {
    const int64_t rows = least(run->block, run->targets - low), first = b * run->targets + low;
    const int64_t seen = seen_before(run, low + rows), saved = number * run->targets + low;
    product(rows, features, seen, run->q + first * run->step + h * features, run->step, k, PANEL,
            features * PANEL, scores, run->row);
    float high[rows], part[rows];
    for (int64_t r = 0; r < rows; r++) {
      hide(run, b, h, low + r, seen, LOWEST, scores + r * run->row);
      part[r] = 1 / softmax(seen, scores + r * run->row, high + r);
    }
    product(rows, seen, wide, scores, run->row, v, wide, PANEL, sums, wide);
    copy(rows, size, sums, wide, part, 1, run->y + first * run->y_step + h * size, run->y_step, 0);
    if (run->new_high) memcpy(run->new_high + saved, high, sizeof high);
    if (run->new_part) memcpy(run->new_part + saved, part, sizeof part);
  }
}

/* One key head of one example, with all heads that share it, in their order. */
static void backward_part(void *arguments, int64_t number) {
  const Run *run = arguments;
  const int64_t b = number / run->key_heads, key_head = number % run->key_heads;
  const int64_t group = run->heads / run->key_heads, sources = run->sources, row = run->row;
  const int64_t features = run->features, size = run->value_features;
  const int64_t wide = run->wide, value_wide = run->value_wide;
  const int64_t key_place = b * sources * run->key_step + key_head * features;
  const int64_t value_place = b * sources * run->value_step + key_head * size;
  float *k = scratch(run->padded * (features + size) + sources * (2 * wide + value_wide) +
                     run->block * (2 * row + wide + value_wide));
  float *v = k + run->padded * features, *k_rows = v + run->padded * size;
  float *dk = k_rows + sources * wide, *dv = dk + sources * wide;
  float *shares = dv + sources * value_wide, *slopes = shares + run->block * row;
  float *q = slopes + run->block * row, *dy = q + run->block * wide;
  turn(sources, features, run->k + key_place, run->key_step, run->scale * (float)M_LOG2E, k);
  turn(sources, size, run->v + value_place, run->value_step, 1, v);
  copy(sources, features, run->k + key_place, run->key_step, &as_it_is, 0, k_rows, wide, wide);
  memset(dk, 0, sources * (wide + value_wide) * sizeof(float));
  for (int64_t h = key_head * group; h < (key_head + 1) * group; h++)
    for (int64_t low = 0; low < run->targets; low += run->block) {
      const int64_t rows = least(run->block, run->targets - low), first = b * run->targets + low;
      const int64_t seen = seen_before(run, low + rows);
      const int64_t saved = (b * run->heads + h) * run->targets + low;
      const int64_t place = first * run->step + h * features, y = first * run->y_step + h * size;
      copy(rows, features, run->q + place, run->step, &as_it_is, 0, q, wide, wide);
      copy(rows, size, run->dy + y, run->y_step, run->part + saved, 1, dy, value_wide, value_wide);
      product(rows, features, seen, q, wide, k, PANEL, features * PANEL, shares, row);
      product(rows, size, seen, dy, value_wide, v, PANEL, size * PANEL, slopes, row);
      for (int64_t r = 0; r < rows; r++) {
        float *share = shares + r * row, *slope = slopes + r * row;
        const float high = run->high[saved + r];
        const float mean = inner(size, dy + r * value_wide, run->old_y + y + r * run->y_step);
        hide(run, b, h, low + r, seen, LOWEST, share);
        for (int64_t s = 0; s < seen; s += LANES) {
          put(share + s, power_of_two(at(share + s) - high));
          put(slope + s, at(share + s) * (at(slope + s) - mean));
        }
        hide(run, b, h, low + r, seen, 0, slope);
      }
      add_turned(seen, rows, shares, row, dy, value_wide, dv);
      add_turned(seen, rows, slopes, row, q, wide, dk);
      product(rows, seen, wide, slopes, row, k_rows, wide, PANEL, q, wide); /* q was read */
      copy(rows, features, q, wide, &run->scale, 0, run->dq + place, run->step, 0);
    }
  copy(sources, features, dk, wide, &run->scale, 0, run->dk + key_place, run->key_step, 0);
  copy(sources, size, dv, value_wide, &as_it_is, 0, run->dv + value_place, run->value_step, 0);
}

/* q, k, v come first, and last, after `count` arguments, a mask if there is one. */
static Run run_of(XLA_FFI_CallFrame *frame, int count) {
  const int64_t *q = argument(frame, 0)->dims, *v = argument(frame, 2)->dims;
  Run run = {.batch = q[0], .targets = q[1], .sources = v[1], .heads = q[2], .key_heads = v[2],
             .features = q[3], .value_features = v[3], .causal = numbers(frame)[0],
             .step = q[2] * q[3], .y_step = q[2] * v[3], .key_step = v[2] * q[3],
             .value_step = v[2] * v[3], .wide = whole(q[3], LANES),
             .value_wide = whole(v[3], LANES), .padded = whole(v[1], PANEL),
             .q = in(frame, 0), .k = in(frame, 1), .v = in(frame, 2)};
  const int32_t scale = (int32_t)numbers(frame)[1]; /* the bits of a float */
  memcpy(&run.scale, &scale, sizeof scale);
  run.row = run.padded + LANES; /* rows a power of two apart would share few places in a cache */
  const int64_t fitting = BLOCK / run.padded / MOST_ROWS;
  run.block = least(run.targets, MOST_ROWS * (fitting ? fitting : 1));
  if (frame->args.size > count) {
    const int64_t *mask = argument(frame, count)->dims;
    run.mask = argument(frame, count)->data;
    run.mask_target = mask[2] > 1 ? run.sources : 0;
    run.mask_head = mask[1] > 1 ? mask[2] * run.sources : 0;
    run.mask_batch = mask[0] > 1 ? mask[1] * mask[2] * run.sources : 0;
  }
  return run;
}

/* q, k, v[, mask] -> y[, high, part] */
XLA_FFI_Error *lamella_attention(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  Run run = run_of(frame, 3);
  run.y = out(frame, 0), run.new_high = out(frame, 1), run.new_part = out(frame, 2);
  in_parts(frame, run.batch * run.heads, forward_part, &run);
  return NULL;
}

/* q, k, v, y, high, part, dy[, mask] -> dq, dk, dv */
XLA_FFI_Error *lamella_attention_gradient(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  Run run = run_of(frame, 7);
  run.old_y = in(frame, 3), run.high = in(frame, 4), run.part = in(frame, 5);
  run.dy = in(frame, 6);
  run.dq = out(frame, 0), run.dk = out(frame, 1), run.dv = out(frame, 2);
  in_parts(frame, run.batch * run.key_heads, backward_part, &run);
  return NULL;
}
