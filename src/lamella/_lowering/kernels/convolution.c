/* Convolution of pictures with channels last, and its gradient by the kernel. */
#include "picture.h"
#include "tile.h"

typedef struct {
  int64_t batch, rows, columns, channels;
  int64_t window[2], filters, out[2];
  int64_t stride[2], before[2], dilation[2];
  int64_t bands, shares;
  const float *x, *kernel, *dy;
  float *y;
} Sizes;

static int64_t reach(const Sizes *s, int axis, int64_t places) {
  return (places - 1) * s->stride[axis] + (s->window[axis] - 1) * s->dilation[axis] + 1;
}

/* Floats that a padded copy takes. */
static int64_t padded_size(const Sizes *s, int64_t out_rows) {
  return reach(s, 0, out_rows) * reach(s, 1, s->out[1]) * s->channels;
}

/* What output rows [low, high) of some pictures read: as they lie, or padded copies.

   `row` becomes the length of a row, `picture` that of what is read of a picture; copies go to
   `room`, which moves behind them. */
static const float *read(const Sizes *s, int64_t image, int64_t images, int64_t low, int64_t high,
                         float **room, int64_t *row, int64_t *picture) {
  const int64_t whole = s->rows * s->columns * s->channels;
  const int64_t first = low * s->stride[0] - s->before[0], count = reach(s, 0, high - low);
  const int64_t columns = reach(s, 1, s->out[1]);
  if (first >= 0 && first + count <= s->rows && s->before[1] == 0 && columns <= s->columns) {
    *row = s->columns * s->channels;
    *picture = whole;
    return s->x + image * whole + first * *row;
  }
  *row = columns * s->channels;
  *picture = count * *row;
  float *copy = *room;
  *room += images * *picture;
  for (int64_t i = 0; i < images; i++) {
    const Picture one = {s->x + (image + i) * whole, s->rows, s->columns, s->channels};
    padded(one, first, count, -s->before[1], columns, copy + i * *picture);
  }
  return copy;
}

static void forward_part(void *arguments, int64_t number) {
  const Sizes *s = arguments;
  const int64_t image = number / s->bands, band = number % s->bands;
  const int64_t low = s->out[0] * band / s->bands, high = s->out[0] * (band + 1) / s->bands;
  const int64_t spread = s->dilation[1] != 1;
  int64_t wide, picture;
  float *room = scratch(padded_size(s, high - low));
  const float *x = read(s, image, 1, low, high, &room, &wide, &picture);
  const Product p = {
      .outer = s->window[0],
      .middle = spread ? s->window[1] : 1,
      .inner = spread ? s->channels : s->window[1] * s->channels,
      .a_row = s->stride[1] * s->channels,
      .a_outer = s->dilation[0] * wide,
      .a_middle = s->dilation[1] * s->channels,
      .b_outer = s->window[1] * s->channels * s->filters,
      .b_middle = s->channels * s->filters,
      .b_inner = s->filters,
      .y_row = s->filters,
  };
  float *y = s->y + (image * s->out[0] + low) * s->out[1] * s->filters;
  for (int64_t filter = 0, vectors; filter < s->filters; filter += vectors * LANES) {
    vectors = s->filters - filter > LANES ? 2 : 1;
    for (int64_t row = 0; row < high - low; row++)
      for (int64_t column = 0, count; column < s->out[1]; column += count) {
        count = next_rows(s->out[1] - column);
        some_rows(count, vectors, &p, x + row * s->stride[0] * wide + column * p.a_row,
                  s->kernel + filter, NULL, y + (row * s->out[1] + column) * s->filters + filter);
      }
  }
}

/* Adds to the gradient by the kernel what some pictures give, or a band of one. */
static void add_pictures(const Sizes *s, int64_t image, int64_t images, int64_t band, float *dk) {
  const int64_t low = s->out[0] * band / s->bands, high = s->out[0] * (band + 1) / s->bands;
  const int64_t row = s->window[1] * s->channels, pixels = images * (high - low) * s->out[1];
  const float *dy = s->dy + (image * s->out[0] + low) * s->out[1] * s->filters;
  float *room = scratch(images * padded_size(s, high - low) + pixels * PANEL);
  Lines lines = {.pictures = images, .lines = high - low, .terms = s->out[1],
                 .a_step = s->stride[1] * s->channels, .y_row = s->filters};
  const float *x = read(s, image, images, low, high, &room, &lines.a_line, &lines.a_picture);
  const int64_t padded_row = lines.a_line;
  lines.a_line *= s->stride[0];
  for (int64_t filter = 0; filter < s->filters; filter += PANEL) {
    const int64_t wide = s->filters - filter < PANEL ? s->filters - filter : PANEL;
    /* Side by side: else each term lies in a part of the cache that all others want too. */
    for (int64_t pixel = 0; pixel < pixels; pixel++)
      memcpy(room + pixel * wide, dy + pixel * s->filters + filter, wide * sizeof(float));
    lines.b_step = wide;
    for (int64_t tap = 0; tap < s->window[0]; tap++)
      for (int64_t entry = 0, count; entry < row; entry += count) {
        /* Entries side by side in a window are so in the picture, unless taps are spread. */
        const int64_t column = entry / s->channels, channel = entry % s->channels;
        count = next_rows(s->dilation[1] == 1 ? row - entry : s->channels - channel);
        const float *a = x + tap * s->dilation[0] * padded_row +
                         column * s->dilation[1] * s->channels + channel;
        outer_rows(count, wide / LANES, &lines, a, room,
                   dk + (tap * row + entry) * s->filters + filter);
      }
  }
}

/* The gradient by the kernel of one share of the pictures, small ones several at a time. */
static void kernel_part(void *arguments, int64_t share) {
  const Sizes *s = arguments;
  const int64_t whole = s->window[0] * s->window[1] * s->channels * s->filters;
  const int64_t size = s->rows * s->columns * s->channels + s->out[0] * s->out[1] * s->filters;
  const int64_t together = s->bands > 1 || size > BAND ? 1 : BAND / size;
  const int64_t parts = s->batch * s->bands, last = parts * (share + 1) / s->shares;
  float *dk = s->y + share * whole;
  memset(dk, 0, whole * sizeof(float));
  for (int64_t part = parts * share / s->shares, count; part < last; part += count) {
    count = last - part < together ? last - part : together;
    add_pictures(s, part / s->bands, count, part % s->bands, dk);
  }
}

static Sizes read_sizes(XLA_FFI_CallFrame *frame, const int64_t *kernel, const int64_t *y) {
  const int64_t *x = argument(frame, 0)->dims, *given = numbers(frame);
  Sizes s = {
      .batch = x[0], .rows = x[1], .columns = x[2], .channels = x[3],
      .window = {kernel[0], kernel[1]}, .filters = kernel[3], .out = {y[1], y[2]},
      .stride = {given[0], given[1]}, .before = {given[2], given[3]},
      .dilation = {given[4], given[5]}, .x = floats(argument(frame, 0)), .shares = 1,
  };
  s.bands = bands_of(s.batch, y[1], padded_size(&s, y[1]));
  return s;
}

/* x (n, rows, columns, c), kernel (rows, columns, c, o) -> y (n, rows, columns, o) */
XLA_FFI_Error *lamella_convolution(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  Sizes s = read_sizes(frame, argument(frame, 1)->dims, result(frame, 0)->dims);
  s.kernel = floats(argument(frame, 1));
  s.y = floats(result(frame, 0));
  in_parts(frame, s.batch * s.bands, forward_part, &s);
  return NULL;
}

/* x, dy -> gradient by the kernel, a share of the pictures each: (shares, rows, columns, c, o) */
XLA_FFI_Error *lamella_convolution_kernel_gradient(XLA_FFI_CallFrame *frame) {
  if (is_question(frame)) return NULL;
  const int64_t *shape = result(frame, 0)->dims;
  Sizes s = read_sizes(frame, shape + 1, argument(frame, 1)->dims);
  s.dy = floats(argument(frame, 1));
  s.y = floats(result(frame, 0));
  s.shares = shape[0];
  in_parts(frame, s.shares, kernel_part, &s);
  return NULL;
}
