/* 2^x, sigmoid and tanh of vectors of float32, right to a few units in the last place. */
#ifndef LAMELLA_CURVES_H
#define LAMELLA_CURVES_H

#include "call.h"

INLINE vector chosen(integers mask, vector yes, vector no) {
  return (vector)((mask & (integers)yes) | (~mask & (integers)no));
}

/* x = n ln 2 + r with |r| <= ln 2 / 2; gives exp(r) - 1 by its series, and 2^n. */
INLINE vector split_exp(vector x, vector *power) {
  const float magic = 12582912; /* 1.5 * 2^23: adding it rounds to whole numbers */
  const vector n = (x * 1.44269504f + magic) - magic;
  const vector r = (x - n * 0.693145752f) - n * 1.42860677e-6f; /* ln 2 in two parts */
  *power = (vector)((__builtin_convertvector(n, integers) + 127) << 23);
  vector series = r * (1.0f / 5040) + 1.0f / 720;
  series = series * r + 1.0f / 120;
  series = series * r + 1.0f / 24;
  series = series * r + 1.0f / 6;
  series = series * r + 0.5f;
  return series * r * r + r;
}

/* NaN is neither above nor below, and stays. */
INLINE vector within(vector x, float low, float high) {
  x = chosen(x < low, (vector){0} + low, x);
  return chosen(x > high, (vector){0} + high, x);
}

/* 2^x for x up to 127; below the least normal number it is 0. The series is that of 2^r for
   |r| <= 1/2, changed so that its largest error is least: 1e-7 of the result. */
INLINE vector power_of_two(vector x) {
  const float magic = 12583039; /* 1.5 * 2^23 + 127: the sum's last bits are an exponent */
  const vector sum = x + magic, r = x - (sum - magic);
  vector series = r * 0.0013264727f + 0.009671513f;
  series = series * r + 0.055507336f;
  series = series * r + 0.24022242f;
  series = series * r + 0.693147f;
  series = series * r + 1;
  series *= (vector)((integers)sum << 23);
  return (vector)((integers)series & ~(x < -126));
}

INLINE vector sigmoid(vector x) {
  vector power;
  const vector rest = split_exp(within(-x, -87, 87), &power);
  return 1 / (1 + (power + power * rest));
}

/* tanh x = e / (e + 2) with e = exp(2x) - 1, which is exact where x is small. */
INLINE vector tangent(vector x) {
  vector power;
  const vector rest = split_exp(within(2 * x, -30, 30), &power);
  const vector e = power * rest + (power - 1);
  return e / (e + 2);
}

#endif
