"""Small data sets of images, for first models, examples and tests."""

from lamella.datasets import digits as digits
from lamella.datasets import fashion_mnist as fashion_mnist
from lamella.datasets import mnist as mnist
