/* Attention by heads, softmax(q k' scale) v, and its gradients: scores of a block of targets at a
   time, which no memory sees.

   Logits are powers of two, by keys that are packed times log2(e). What is packed lies in panels or
   in rows of whole vectors, with zeros where there is nothing. */
#include "curves.h"
#include "tile.h"

#include <math.h>

#define PANEL (2 * LANES)
#define BLOCK 8192      /* scores of a block, at least those of MOST_ROWS targets */
#define LOWEST -2.38e38f /* the logit where a target does not look, finite: if it looks nowhere,
                            all are alike */

typedef struct {
  int64_t batch, targets, sources, heads, key_heads, features, value_features;
  int64_t causal, block, wide, value_wide, padded, row; /* wide, padded: in whole vectors */
  float scale;
  const uint8_t *mask;
  int64_t mask_batch, mask_head, mask_target; /* steps; 0 where the mask has one for all */
  const float *q, *k, *v, *y, *high, *part, *dy;
  float *new_y, *new_high, *new_part, *dq, *dk, *dv;
} Run;

INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
INLINE int64_t whole(int64_t size, int64_t unit) { return (size + unit - 1) / unit * unit; }
INLINE vector at(const float *place) { return *(const vector *)place; }
INLINE void put(float *place, vector value) { *(vector *)place = value; }

INLINE float largest(vector x) {
  float most = x[0];
  for (int lane = 1; lane < LANES; lane++) most = x[lane] > most ? x[lane] : most;
  return most;
}

INLINE float total(vector x) {
  float sum[LANES];
  memcpy(sum, &x, sizeof sum);
  for (int step = LANES / 2; step > 0; step /= 2)
    for (int lane = 0; lane < step; lane++) sum[lane] += sum[lane + step];
  return sum[0];
}

INLINE float inner(int64_t size, const float *a, const float *b) {
  vector sums = {0};
  int64_t place = 0;
  for (; place + LANES <= size; place += LANES) sums += at(a + place) * at(b + place);
  float sum = total(sums);
  for (; place < size; place++) sum += a[place] * b[place];
  return sum;
}

/* to = from * factor, filled up with zeros to `wide`. */
INLINE void copy(int64_t size, const float *from, float factor, float *to, int64_t wide) {
  int64_t place = 0;
  for (; place + LANES <= size; place += LANES) put(to + place, at(from + place) * factor);
  for (; place < size; place++) to[place] = from[place] * factor;
  for (; place < wide; place++) to[place] = 0;
}

static void copy_rows(int64_t rows, int64_t size, const float *from, int64_t from_row, float factor,
                      float *to, int64_t to_row, int64_t wide) {
  for (int64_t r = 0; r < rows; r++) copy(size, from + r * from_row, factor, to + r * to_row, wide);
}

/* Rows become columns of panels: panels x size x PANEL. */
static void turn(int64_t rows, int64_t size, const float *from, int64_t from_row, float factor,
                 float *to) {
  for (int64_t low = 0; low < rows; low += PANEL, to += size * PANEL)
    for (int64_t r = 0; r < PANEL; r++)
      for (int64_t f = 0; f < size; f++)
        to[f * PANEL + r] = low + r < rows ? from[(low + r) * from_row + f] * factor : 0;
}

/* y = a b for some rows; columns of `b` lie in panels, or are PANEL apart in its rows. */
static void product(int64_t rows, int64_t terms, int64_t columns, const float *a, int64_t a_row,
                    const float *b, int64_t b_row, int64_t b_panel, float *y, int64_t y_row) {
  const Product p = {.outer = 1, .middle = 1, .inner = terms, .a_row = a_row, .b_inner = b_row,
                     .y_row = y_row};
  for (int64_t column = 0; column < columns; column += PANEL, b += b_panel)
    for (int64_t row = 0, count; row < rows; row += count) {
      count = next_rows(rows - row);
      some_rows(count, columns - column > LANES ? 2 : 1, &p, a + row * a_row, b, NULL,
                y + row * y_row + column);
    }
}

/* y += a' b for all sources: a is targets x sources, b targets x wide. */
static void add_turned(int64_t sources, int64_t targets, const float *a, int64_t a_row,
                       const float *b, int64_t wide, float *y) {
  for (int64_t column = 0; column < wide; column += PANEL)
    for (int64_t row = 0, count; row < sources; row += count) {
      count = next_rows(sources - row);
      outer_rows(count, wide - column > LANES ? 2 : 1, 1, targets, a + row, 0, a_row, b + column,
                 wide, y + row * wide + column, wide);
    }
}

/* How many sources a block of targets may see: with a mask all, for a row that sees none. */
INLINE int64_t seen_by(const Run *run, int64_t past) {
  return run->causal && !run->mask ? least(past, run->sources) : run->sources;
}

/* Writes `hidden` where a target does not look. */
INLINE void hide(const Run *run, int64_t b, int64_t h, int64_t t, int64_t seen, float hidden,
                 float *row) {
  if (run->causal)
    for (int64_t s = t + 1; s < seen; s++) row[s] = hidden;
  if (run->mask) {
    const uint8_t *mask = run->mask + b * run->mask_batch + h * run->mask_head +
                          t * run->mask_target;
    for (int64_t s = 0; s < seen; s++) row[s] = mask[s] ? row[s] : hidden;
  }
}

/* Logits become shares that are not divided by their sum yet. */
INLINE float softmax(int64_t seen, float *row, float *high) {
  vector most = (vector){0} - INFINITY, sum = {0};
  for (int64_t s = seen; s < whole(seen, LANES); s++) row[s] = -INFINITY;
  for (int64_t s = 0; s < seen; s += LANES) most = chosen(at(row + s) > most, at(row + s), most);
  *high = largest(most);
  for (int64_t s = 0; s < seen; s += LANES) {
    const vector share = power_of_two(at(row + s) - *high);
    put(row + s, share);
    sum += share;
  }
  return total(sum);
}

static void forward_part(void *arguments, int64_t number) {
  const Run *run = arguments;
  const int64_t b = number / run->heads, h = number % run->heads;
  const int64_t key_head = h / (run->heads / run->key_heads), sources = run->sources;
  const int64_t key_step = run->key_heads * run->features, step = run->heads * run->features;
  const int64_t value_step = run->key_heads * run->value_features;
  const int64_t y_step = run->heads * run->value_features;
  float *k = scratch(run->padded * run->features + sources * run->value_wide +
                     run->block * (run->row + run->value_wide));
  float *v = k + run->padded * run->features, *scores = v + sources * run->value_wide;
  float *sums = scores + run->block * run->row;
  turn(sources, run->features, run->k + b * sources * key_step + key_head * run->features, key_step,
       run->scale * (float)M_LOG2E, k);
  copy_rows(sources, run->value_features,
            run->v + b * sources * value_step + key_head * run->value_features, value_step, 1, v,
            run->value_wide, run->value_wide);
  for (int64_t low = 0; low < run->targets; low += run->block) {
    const int64_t rows = least(run->block, run->targets - low), seen = seen_by(run, low + rows);
    const int64_t first = b * run->targets + low;
    product(rows, run->features, seen, run->q + first * step + h * run->features, step, k, PANEL,
            run->features * PANEL, scores, run->row);
    float high[rows], part[rows];
    for (int64_t r = 0; r < rows; r++) {
      hide(run, b, h, low + r, seen, LOWEST, scores + r * run->row);
      part[r] = 1 / softmax(seen, scores + r * run->row, high + r);
    }
    product(rows, seen, run->value_wide, scores, run->row, v, run->value_wide, PANEL, sums,
            run->value_wide);
    for (int64_t r = 0; r < rows; r++)
      copy(run->value_features, sums + r * run->value_wide, part[r],
           run->new_y + (first + r) * y_step + h * run->value_features, 0);
    if (run->new_high == NULL) continue;
    memcpy(run->new_high + (b * run->heads + h) * run->targets + low, high, sizeof high);
    memcpy(run->new_part + (b * run->heads + h) * run->targets + low, part, sizeof part);
  }
}

/* The gradients of one key head, and of all heads that share it, in their order. */
static void backward_part(void *arguments, int64_t number) {
  const Run *run = arguments;
  const int64_t b = number / run->key_heads, key_head = number % run->key_heads;
  const int64_t group = run->heads / run->key_heads, sources = run->sources;
  const int64_t wide = run->wide, value_wide = run->value_wide, row = run->row;
  const int64_t step = run->heads * run->features, y_step = run->heads * run->value_features;
  const int64_t key_step = run->key_heads * run->features;
  const int64_t value_step = run->key_heads * run->value_features;
  const int64_t key_place = b * sources * key_step + key_head * run->features;
  const int64_t value_place = b * sources * value_step + key_head * run->value_features;
  float *k = scratch(run->padded * (run->features + run->value_features) + sources *
                     (2 * wide + value_wide) + run->block * (2 * row + wide + value_wide));
  float *v = k + run->padded * run->features, *k_rows = v + run->padded * run->value_features;
  float *dk = k_rows + sources * wide, *dv = dk + sources * wide;
  float *shares = dv + sources * value_wide, *slopes = shares + run->block * row;
  float *q = slopes + run->block * row, *dy = q + run->block * wide, *dq = q;
  turn(sources, run->features, run->k + key_place, key_step, run->scale * (float)M_LOG2E, k);
  turn(sources, run->value_features, run->v + value_place, value_step, 1, v);
  copy_rows(sources, run->features, run->k + key_place, key_step, run->scale, k_rows, wide, wide);
  memset(dk, 0, sources * (wide + value_wide) * sizeof(float));
  for (int64_t h = key_head * group; h < (key_head + 1) * group; h++)
    for (int64_t low = 0; low < run->targets; low += run->block) {
      const int64_t rows = least(run->block, run->targets - low), seen = seen_by(run, low + rows);
      const int64_t first = b * run->targets + low, saved = (b * run->heads + h) * run->targets + low;
      const float *y = run->y + first * y_step + h * run->value_features;
      copy_rows(rows, run->features, run->q + first * step + h * run->features, step, 1, q, wide,
                wide);
      float means[rows];
      for (int64_t r = 0; r < rows; r++) {
        copy(run->value_features, run->dy + (first + r) * y_step + h * run->value_features,
             run->part[saved + r], dy + r * value_wide, value_wide);
        means[r] = inner(run->value_features, dy + r * value_wide, y + r * y_step);
      }
      product(rows, run->features, seen, q, wide, k, PANEL, run->features * PANEL, shares, row);
      product(rows, run->value_features, seen, dy, value_wide, v, PANEL,
              run->value_features * PANEL, slopes, row);
      for (int64_t r = 0; r < rows; r++) {
        float *share = shares + r * row, *slope = slopes + r * row;
        hide(run, b, h, low + r, seen, LOWEST, share);
        for (int64_t s = 0; s < seen; s += LANES) {
          put(share + s, power_of_two(at(share + s) - run->high[saved + r]));
          put(slope + s, at(share + s) * (at(slope + s) - means[r]));
        }
        hide(run, b, h, low + r, seen, 0, slope);
      }
      add_turned(seen, rows, shares, row, dy, value_wide, dv);
      add_turned(seen, rows, slopes, row, q, wide, dk);
      product(rows, seen, wide, slopes, row, k_rows, wide, PANEL, dq, wide);
      copy_rows(rows, run->features, dq, wide, 1, run->dq + first * step + h * run->features, step,
                0);
    }
  copy_rows(sources, run->features, dk, wide, run->scale, run->dk + key_place, key_step, 0);
  copy_rows(sources, run->value_features, dv, value_wide, 1, run->dv + value_place, value_step, 0);
}

static float *in(XLA_FFI_CallFrame *frame, int number) { return floats(argument(frame, number)); }
static float *out(XLA_FFI_CallFrame *frame, int number) {
  return number < frame->rets.size ? floats(result(frame, number)) : NULL;
}

/* q, k, v at the front; a mask, if there is one, after `others` more. */
static Run run_of(XLA_FFI_CallFrame *frame, int others) {
  const int64_t *q = argument(frame, 0)->dims, *v = argument(frame, 2)->dims;
  Run run = {.batch = q[0], .targets = q[1], .heads = q[2], .features = q[3], .sources = v[1],
             .key_heads = v[2], .value_features = v[3], .causal = numbers(frame)[0],
             .q = in(frame, 0), .k = in(frame, 1), .v = in(frame, 2)};
  const int32_t scale = (int32_t)numbers(frame)[1];
  memcpy(&run.scale, &scale, sizeof scale);
  run.padded = whole(run.sources, PANEL);
  run.row = run.padded + LANES; /* rows that are a power of two apart have no room in a cache */
  run.wide = whole(run.features, LANES), run.value_wide = whole(run.value_features, LANES);
  const int64_t most = BLOCK / run.padded / MOST_ROWS;
  run.block = least(run.targets, MOST_ROWS * (most ? most : 1));
  if (frame->args.size > 3 + others) {
    const int64_t *mask = argument(frame, 3 + others)->dims;
    run.mask = argument(frame, 3 + others)->data;
    run.mask_target = mask[2] > 1 ? run.sources : 0;
    run.mask_head = mask[1] > 1 ? mask[2] * run.sources : 0;
    run.mask_batch = mask[0] > 1 ? mask[1] * mask[2] * run.sources : 0;
  }
  return run;
}

/* q, k, v[, mask] -> y[, high, part] */
XLA_FFI_Error *lamella_attention(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  Run run = run_of(frame, 0);
  run.new_y = out(frame, 0), run.new_high = out(frame, 1), run.new_part = out(frame, 2);
  in_parts(frame, run.batch * run.heads, forward_part, &run);
  return NULL;
}

/* q, k, v, y, high, part, dy[, mask] -> dq, dk, dv */
XLA_FFI_Error *lamella_attention_gradient(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  Run run = run_of(frame, 4);
  run.y = in(frame, 3), run.high = in(frame, 4), run.part = in(frame, 5), run.dy = in(frame, 6);
  run.dq = out(frame, 0), run.dk = out(frame, 1), run.dv = out(frame, 2);
  in_parts(frame, run.batch * run.key_heads, backward_part, &run);
  return NULL;
}
