/* What every kernel needs: vectors, the arguments of a call from XLA, and work in parts. */
#ifndef LAMELLA_CALL_H
#define LAMELLA_CALL_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xla/ffi/api/c_api.h"

#if defined(__AVX512F__)
#define LANES 16
#define MOST_ROWS 14
#elif defined(__AVX__)
#define LANES 8
#define MOST_ROWS 6
#else
#define LANES 4
#define MOST_ROWS 8
#endif

/* Of any alignment: arrays of XLA are aligned, rows within them need not be. */
typedef float vector __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t integers __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))

INLINE vector at(const float *place) { return *(const vector *)place; }
INLINE void put(float *place, vector value) { *(vector *)place = value; }
INLINE int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }

INLINE XLA_FFI_Buffer *argument(XLA_FFI_CallFrame *frame, int number) {
  return (XLA_FFI_Buffer *)frame->args.args[number];
}

INLINE XLA_FFI_Buffer *result(XLA_FFI_CallFrame *frame, int number) {
  return (XLA_FFI_Buffer *)frame->rets.rets[number];
}

INLINE float *floats(XLA_FFI_Buffer *buffer) { return (float *)buffer->data; }

INLINE float *in(XLA_FFI_CallFrame *frame, int number) { return floats(argument(frame, number)); }

/* NULL past the last result: what the caller did not ask for. */
INLINE float *out(XLA_FFI_CallFrame *frame, int number) {
  return number < frame->rets.size ? floats(result(frame, number)) : NULL;
}

/* The only attribute of a call: an array of int64. */
INLINE const int64_t *numbers(XLA_FFI_CallFrame *frame) {
  return (const int64_t *)((XLA_FFI_Array *)frame->attrs.attrs[0])->data;
}

/* XLA asks each handler once which version of the interface it was compiled for. */
INLINE int is_question(XLA_FFI_CallFrame *frame) {
  XLA_FFI_Extension_Base *extension = frame->extension_start;
  if (extension == NULL || extension->type != XLA_FFI_Extension_Metadata) return 0;
  XLA_FFI_Metadata *metadata = ((XLA_FFI_Metadata_Extension *)extension)->metadata;
  metadata->api_version.major_version = XLA_FFI_API_MAJOR;
  metadata->api_version.minor_version = XLA_FFI_API_MINOR;
  metadata->traits = 0;
  return 1;
}

/* Room for so many floats, this thread's own until it asks again. */
float *scratch(int64_t size);

/* How many threads XLA has. */
int64_t threads(XLA_FFI_CallFrame *frame);

typedef void Part(void *arguments, int64_t number);

/* Runs part(arguments, 0 .. count - 1) in the threads of XLA, this one among them. */
void in_parts(XLA_FFI_CallFrame *frame, int64_t count, Part *part, void *arguments);

#endif
