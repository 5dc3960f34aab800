/* Convolutions with windows of 3 x 3 and steps of one by Winograd's products: 16 multiplications
   for four entries of the result, where a plain sum takes 36.

   A tile of 4 x 4 entries becomes 16 numbers of which each meets one of the kernel's 16, and four
   entries of the result are sums of the products: y = A' [(G k G') * (B' x B)] A, with
   B' = [1 0 -1 0; 0 1 1 0; 0 -1 1 0; 0 1 0 -1], G = [1 0 0; .5 .5 .5; .5 -.5 .5; 0 0 1] and
   A' = [1 1 1 0; 0 1 -1 -1] (Lavin and Gray 2016, arXiv:1509.09308). */
#include "picture.h"
#include "tile.h"

#define TILES 28 /* taken together: their numbers stay in a cache */
#define PLACES 16

typedef struct {
  int64_t batch, rows, columns, channels, filters, out_rows, out_columns;
  int64_t before[2], tile_rows, tile_columns, bands, shares;
  const float *x, *dy;
  float *numbers; /* of the kernel: (16, channels, filters) */
  float *y;
} Sizes;

typedef vector Square[4][4];

/* a[i] for i = 0 .. 3 becomes B' a. */
INLINE void to_numbers(vector a[4]) {
  const vector second = a[1] + a[2], third = a[2] - a[1], last = a[1] - a[3];
  a[0] -= a[2], a[1] = second, a[2] = third, a[3] = last;
}

/* Rows, then columns of a square by one of the changes. */
#define BOTH_WAYS(CHANGE, square, wide)                                               \
  for (int j = 0; j < wide; j++) {                                                    \
    vector column[4] = {square[0][j], square[1][j], square[2][j], square[3][j]};      \
    CHANGE(column);                                                                   \
    for (int i = 0; i < 4; i++) square[i][j] = column[i];                             \
  }                                                                                   \
  for (int i = 0; i < 4; i++) CHANGE(square[i]);

/* The first three of a become G a. */
INLINE void kernel_to_numbers(vector a[4]) {
  const vector ends = (a[0] + a[2]) * 0.5f, middle = a[1] * 0.5f;
  a[3] = a[2], a[1] = ends + middle, a[2] = ends - middle;
}

/* a becomes A' a, two entries. */
INLINE void to_results(vector a[4]) {
  const vector both = a[1] + a[2], apart = a[1] - a[2];
  a[0] += both, a[1] = apart - a[3];
}

/* The first two of a become A a: what their slopes are by the numbers. */
INLINE void results_to_numbers(vector a[4]) {
  const vector first = a[0], second = a[1];
  a[1] = first + second, a[2] = first - second, a[3] = -second;
}

/* a becomes G' a, three entries. */
INLINE void numbers_to_kernel(vector a[4]) {
  const vector sum = (a[1] + a[2]) * 0.5f, apart = (a[1] - a[2]) * 0.5f;
  a[0] += sum, a[1] = apart, a[2] = sum + a[3];
}

/* The numbers of the kernel's rows of filters, for some channels. */
static void kernel_part(void *arguments, int64_t channel) {
  const Sizes *s = arguments;
  const int64_t step = s->channels * s->filters;
  for (int64_t f = 0; f < s->filters; f += LANES) {
    const int64_t place = channel * s->filters + f;
    Square square = {0};
    for (int i = 0; i < 3; i++)
      for (int j = 0; j < 3; j++) square[i][j] = at(s->x + (i * 3 + j) * step + place);
    BOTH_WAYS(kernel_to_numbers, square, 3)
    for (int i = 0; i < PLACES; i++) put(s->numbers + i * step + place, square[i / 4][i % 4]);
  }
}

/* The numbers of some tiles: (16, count, channels). `x` has rows of `row` floats. */
static void tiles_to_numbers(const Sizes *s, const float *x, int64_t row, int64_t first,
                             int64_t count, float *out) {
  for (int64_t n = 0; n < count; n++) {
    const int64_t tile = first + n, up = tile / s->tile_columns, left = tile % s->tile_columns;
    const float *here = x + 2 * up * row + 2 * left * s->channels;
    for (int64_t c = 0; c < s->channels; c += LANES) {
      Square square;
      for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) square[i][j] = at(here + i * row + j * s->channels + c);
      BOTH_WAYS(to_numbers, square, 4)
      for (int i = 0; i < PLACES; i++)
        put(out + (i * count + n) * s->channels + c, square[i / 4][i % 4]);
    }
  }
}

/* The results of some tiles, of which `sums` (16, count, filters) are the products. */
static void numbers_to_tiles(const Sizes *s, const float *sums, int64_t first, int64_t count,
                             int64_t rows, float *y) {
  for (int64_t n = 0; n < count; n++) {
    const int64_t tile = first + n, up = 2 * (tile / s->tile_columns);
    const int64_t left = 2 * (tile % s->tile_columns);
    float *here = y + (up * s->out_columns + left) * s->filters;
    const int down = up + 1 < rows, right = left + 1 < s->out_columns;
    for (int64_t f = 0; f < s->filters; f += LANES) {
      Square square;
      for (int i = 0; i < PLACES; i++)
        square[i / 4][i % 4] = at(sums + (i * count + n) * s->filters + f);
      BOTH_WAYS(to_results, square, 4)
      put(here + f, square[0][0]);
      if (right) put(here + s->filters + f, square[0][1]);
      if (down) put(here + s->out_columns * s->filters + f, square[1][0]);
      if (down && right) put(here + (s->out_columns + 1) * s->filters + f, square[1][1]);
    }
  }
}

/* The tiles of a band of a picture's rows, padded. */
static void read_band(const Sizes *s, int64_t image, int64_t low, int64_t high, float *out) {
  const Picture picture = {s->x + image * s->rows * s->columns * s->channels, s->rows, s->columns,
                           s->channels};
  padded(picture, 2 * low - s->before[0], 2 * (high - low) + 2, -s->before[1],
         2 * s->tile_columns + 2, out);
}

static int64_t band_size(const Sizes *s, int64_t tile_rows) {
  return (2 * tile_rows + 2) * (2 * s->tile_columns + 2) * s->channels;
}

static void forward_part(void *arguments, int64_t number) {
  const Sizes *s = arguments;
  const int64_t image = number / s->bands, band = number % s->bands, row = s->channels;
  const int64_t low = s->tile_rows * band / s->bands, high = s->tile_rows * (band + 1) / s->bands;
  float *x = scratch(band_size(s, high - low) + PLACES * TILES * (s->channels + s->filters));
  float *numbers = x + band_size(s, high - low), *sums = numbers + PLACES * TILES * s->channels;
  read_band(s, image, low, high, x);
  float *y = s->y + (image * s->out_rows + 2 * low) * s->out_columns * s->filters;
  const int64_t tiles = (high - low) * s->tile_columns, rows = s->out_rows - 2 * low;
  const Product p = {.outer = 1, .middle = 1, .inner = s->channels, .a_row = s->channels,
                     .b_inner = s->filters, .y_row = s->filters};
  for (int64_t first = 0, count; first < tiles; first += count) {
    count = tiles - first < TILES ? tiles - first : TILES;
    tiles_to_numbers(s, x, (2 * s->tile_columns + 2) * row, first, count, numbers);
    for (int place = 0; place < PLACES; place++)
      every_row(count, s->filters, &p, numbers + place * count * s->channels,
                s->numbers + place * s->channels * s->filters, PANEL, NULL,
                sums + place * count * s->filters);
    numbers_to_tiles(s, sums, first, count, rows, y);
  }
}

/* The slopes of some tiles of results, as numbers: (16, count, filters). */
static void slopes_to_numbers(const Sizes *s, const float *dy, int64_t row, int64_t first,
                              int64_t count, float *out) {
  for (int64_t n = 0; n < count; n++) {
    const int64_t tile = first + n, up = tile / s->tile_columns, left = tile % s->tile_columns;
    const float *here = dy + 2 * up * row + 2 * left * s->filters;
    for (int64_t f = 0; f < s->filters; f += LANES) {
      Square square;
      for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) square[i][j] = at(here + i * row + j * s->filters + f);
      for (int j = 0; j < 2; j++) {
        vector column[4] = {square[0][j], square[1][j]};
        results_to_numbers(column);
        for (int i = 0; i < 4; i++) square[i][j] = column[i];
      }
      for (int i = 0; i < 4; i++) results_to_numbers(square[i]);
      for (int i = 0; i < PLACES; i++)
        put(out + (i * count + n) * s->filters + f, square[i / 4][i % 4]);
    }
  }
}

/* The gradient by the kernel of one share of the pictures. */
static void gradient_part(void *arguments, int64_t share) {
  const Sizes *s = arguments;
  const int64_t pairs = s->channels * s->filters, most = (s->tile_rows - 1) / s->bands + 1;
  const int64_t odd = s->out_rows % 2 || s->out_columns % 2;
  const int64_t slopes = odd ? 4 * most * s->tile_columns * s->filters : 0;
  float *sums = scratch(PLACES * (pairs + TILES * (s->channels + s->filters)) +
                        band_size(s, most) + slopes);
  float *numbers = sums + PLACES * pairs, *of_dy = numbers + PLACES * TILES * s->channels;
  float *x = of_dy + PLACES * TILES * s->filters, *copy = x + band_size(s, most);
  memset(sums, 0, PLACES * pairs * sizeof(float));
  const int64_t parts = s->batch * s->bands, last = parts * (share + 1) / s->shares;
  for (int64_t part = parts * share / s->shares; part < last; part++) {
    const int64_t image = part / s->bands, band = part % s->bands;
    const int64_t low = s->tile_rows * band / s->bands, high = s->tile_rows * (band + 1) / s->bands;
    const int64_t wide = 2 * s->tile_columns, tiles = (high - low) * s->tile_columns;
    const Picture result = {s->dy + image * s->out_rows * s->out_columns * s->filters,
                            s->out_rows, s->out_columns, s->filters};
    const float *dy = result.data + 2 * low * s->out_columns * s->filters;
    if (odd) padded(result, 2 * low, 2 * (high - low), 0, wide, copy), dy = copy;
    read_band(s, image, low, high, x);
    for (int64_t first = 0, count; first < tiles; first += count) {
      count = tiles - first < TILES ? tiles - first : TILES;
      tiles_to_numbers(s, x, (wide + 2) * s->channels, first, count, numbers);
      slopes_to_numbers(s, dy, (odd ? wide : s->out_columns) * s->filters, first, count, of_dy);
      const Lines lines = {.pictures = 1, .lines = 1, .terms = count, .a_step = s->channels,
                           .b_step = s->filters, .y_row = s->filters};
      for (int place = 0; place < PLACES; place++)
        every_outer_row(s->channels, s->filters, &lines, numbers + place * count * s->channels,
                        of_dy + place * count * s->filters, sums + place * pairs);
    }
  }
  float *dk = s->y + share * 9 * pairs;
  for (int64_t place = 0; place < pairs; place += LANES) {
    Square square;
    for (int i = 0; i < PLACES; i++) square[i / 4][i % 4] = at(sums + i * pairs + place);
    BOTH_WAYS(numbers_to_kernel, square, 4)
    for (int i = 0; i < 9; i++) put(dk + i * pairs + place, square[i / 3][i % 3]);
  }
}

static Sizes read_sizes(XLA_FFI_CallFrame *frame, int64_t filters, const int64_t *y) {
  const int64_t *x = argument(frame, 0)->dims, *given = numbers(frame);
  Sizes s = {.batch = x[0], .rows = x[1], .columns = x[2], .channels = x[3], .filters = filters,
             .out_rows = y[1], .out_columns = y[2], .before = {given[2], given[3]},
             .tile_rows = (y[1] + 1) / 2, .tile_columns = (y[2] + 1) / 2,
             .x = floats(argument(frame, 0))};
  s.bands = bands_of(s.batch, s.tile_rows, band_size(&s, s.tile_rows));
  return s;
}

/* x (n, rows, columns, c), kernel (3, 3, c, o) -> y, and room for the kernel's numbers */
XLA_FFI_Error *lamella_winograd(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const int64_t *shape = argument(frame, 1)->dims;
  Sizes s = read_sizes(frame, shape[3], result(frame, 0)->dims);
  s.y = floats(result(frame, 0));
  s.numbers = floats(result(frame, 1));
  Sizes of_kernel = {.channels = shape[2], .filters = shape[3], .x = floats(argument(frame, 1)),
                     .numbers = s.numbers};
  for (int64_t channel = 0; channel < shape[2]; channel++) kernel_part(&of_kernel, channel);
  in_parts(frame, s.batch * s.bands, forward_part, &s);
  return NULL;
}

/* x, dy -> gradient by the kernel, a share of the pictures each: (shares, 3, 3, c, o) */
XLA_FFI_Error *lamella_winograd_kernel_gradient(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const int64_t *shape = result(frame, 0)->dims;
  Sizes s = read_sizes(frame, shape[4], argument(frame, 1)->dims);
  s.dy = floats(argument(frame, 1));
  s.y = floats(result(frame, 0));
  s.shares = shape[0];
  in_parts(frame, s.shares, gradient_part, &s);
  return NULL;
}
