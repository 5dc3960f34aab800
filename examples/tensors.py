"""Tensors: rank, shape, dtype, cast, arithmetic, one-hot, random numbers."""

import numpy as np

import lamella as keras
from lamella import ops


def main():
    cube = ops.convert_to_tensor(np.arange(1, 28).reshape(3, 3, 3))
    print("rank", ops.ndim(cube), "shape", ops.shape(cube), "dtype", cube.dtype)
    half = ops.convert_to_tensor(2.0, dtype="float16")
    single = ops.cast(half, "float32")
    print(half.dtype, "->", single.dtype)
    a, b = ops.ones((2, 2)), ops.full((2, 2), 3.0)
    print(ops.add(a, b), ops.multiply(a, b), ops.matmul(a, b))
    print(ops.one_hot([0, 2], 3))
    image = keras.random.normal((100, 100, 3), seed=1)
    print(ops.reshape(image, (-1, 100, 100, 3)).shape)


if __name__ == "__main__":
    main()
