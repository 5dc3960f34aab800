"""The workloads in PyTorch, as its tutorials write them, and Keras's weights in its layouts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.workloads import CLASSES, VOCABULARY


class Last(nn.Module):
    """The last output of a recurrent module, to logits."""

    def __init__(self, recurrent: nn.Module) -> None:
        super().__init__()
        self.recurrent = recurrent
        self.head = nn.Linear(128, CLASSES)
        recurrent.bias_hh_l0.requires_grad_(isinstance(recurrent, nn.GRU))

    def forward(self, x: Any) -> Any:
        return self.head(self.recurrent(x)[0][:, -1])


class Normalized(nn.Module):
    """A convolution and BatchNorm2d."""

    def __init__(self, channels: int, filters: int, window: int, strides: int) -> None:
        super().__init__()
        self.strides = strides
        self.convolution = nn.Conv2d(channels, filters, window, strides, window // 2, bias=False)
        self.moments = nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01)

    def forward(self, x: Any) -> Any:
        return self.moments(self.convolution(x))


class Block(nn.Module):
    """Two convolutions and a shortcut."""

    def __init__(self, channels: int, filters: int) -> None:
        super().__init__()
        strides = filters // channels
        self.first = Normalized(channels, filters, 3, strides)
        self.second = Normalized(filters, filters, 3, 1)
        self.short = Normalized(channels, filters, 1, strides) if strides > 1 else nn.Identity()

    def forward(self, x: Any) -> Any:
        return torch.relu(self.second(torch.relu(self.first(x))) + self.short(x))


class Encoder(nn.Module):
    """One block of a Transformer's encoder."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(64, 4, batch_first=True)
        self.first = nn.LayerNorm(64, eps=1e-3)
        self.wide, self.narrow = nn.Linear(64, 256), nn.Linear(256, 64)
        self.second = nn.LayerNorm(64, eps=1e-3)

    def forward(self, x: Any) -> Any:
        x = self.first(x + self.attention(x, x, x, need_weights=False)[0])
        return self.second(x + self.narrow(torch.relu(self.wide(x))))


class Mean(nn.Module):
    """The mean over an axis, or over two."""

    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Any) -> Any:
        return x.mean(self.axes)


class TwoByTwo(nn.Module):
    """Two inputs, two outputs, the first as logits."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.both = nn.Linear(64, 128), nn.Linear(32, 128), nn.Linear(256, 128)
        self.kind, self.size = nn.Linear(128, CLASSES), nn.Linear(128, 1)

    def forward(self, one: Any, other: Any) -> Any:
        x = torch.cat([torch.relu(self.a(one)), torch.relu(self.b(other))], -1)
        x = torch.relu(self.both(x))
        return self.kind(x), self.size(x)


def batchnorm() -> nn.Module:
    """An MLP with BatchNorm1d."""
    moments = [nn.BatchNorm1d(256, eps=1e-3, momentum=0.01) for _ in range(2)]
    return nn.Sequential(
        *(nn.Linear(64, 256), moments[0], nn.ReLU()),
        *(nn.Linear(256, 256), moments[1], nn.ReLU()),
        nn.Linear(256, CLASSES),
    )


def cnn() -> nn.Module:
    """The CNN of the notes; its pictures have channels first, as torch wants them."""
    return nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(3136, 100), nn.ReLU(), nn.Dropout(0.5)),
        nn.Linear(100, CLASSES),
    )


def resnet20() -> nn.Module:
    """ResNet-20."""
    widths = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    blocks = [Block(one, other) for one, other in itertools.pairwise(widths)]
    return nn.Sequential(
        Normalized(3, 16, 3, 1), nn.ReLU(), *blocks, Mean(2, 3), nn.Linear(64, CLASSES)
    )


MODELS: dict[str, Callable[[], nn.Module]] = {
    "linear": lambda: nn.Linear(1, 1),
    "mlp": lambda: nn.Sequential(
        *(nn.Linear(784, 300), nn.ReLU(), nn.Linear(300, 100), nn.ReLU()), nn.Linear(100, CLASSES)
    ),
    "cnn": cnn,
    "batchnorm": batchnorm,
    "lstm": lambda: Last(nn.LSTM(32, 128, batch_first=True)),
    "gru": lambda: Last(nn.GRU(32, 128, batch_first=True)),
    "resnet20": resnet20,
    "transformer": lambda: nn.Sequential(
        *(nn.Embedding(1000, 64), Encoder(), Encoder(), Mean(1)), nn.Linear(64, CLASSES)
    ),
    "two_by_two": TwoByTwo,
    "bag": lambda: nn.Sequential(nn.EmbeddingBag(VOCABULARY, 64, mode="mean"), nn.Linear(64, 1)),
}


@torch.no_grad()
def load(model: nn.Module, weights: list[np.ndarray]) -> None:
    """Copies Keras's weights into a model, module by module."""
    given = iter(weights)
    for module in _in_order(model):
        for target, array in _pairs(module, given):
            target.copy_(torch.from_numpy(np.ascontiguousarray(array)))
    if next(given, None) is not None:
        raise ValueError("The model has fewer weights than Keras's.")


def _in_order(module: nn.Module) -> Iterator[nn.Module]:
    """Modules in Keras's order, which is by depth: the two branches of a block are interleaved."""
    if isinstance(module, Block) and isinstance(module.short, Normalized):
        yield from (module.first.convolution, module.first.moments)
        yield from (module.second.convolution, module.short.convolution)
        yield from (module.second.moments, module.short.moments)
        return
    yield module
    for child in module.children():
        yield from _in_order(child)


def _pairs(module: nn.Module, given: Iterator[np.ndarray]) -> Iterator[tuple[Any, np.ndarray]]:
    if isinstance(module, nn.MultiheadAttention):
        parts = [next(given) for _ in range(8)]
        yield module.in_proj_weight, np.concatenate([p.reshape(64, 64).T for p in parts[0:6:2]])
        yield module.in_proj_bias, np.concatenate([p.reshape(64) for p in parts[1:6:2]])
        yield module.out_proj.weight, parts[6].reshape(64, 64).T
        yield module.out_proj.bias, parts[7]
    elif isinstance(module, nn.modules.linear.NonDynamicallyQuantizableLinear):
        return  # of the attention
    elif isinstance(module, nn.Linear):
        kernel = next(given)
        if len(kernel) == 3136:  # rows and columns before channels there
            kernel = kernel.reshape(7, 7, 64, -1).transpose(2, 0, 1, 3).reshape(3136, -1)
        yield module.weight, kernel.T
        yield module.bias, next(given)
    elif isinstance(module, nn.Conv2d):
        yield module.weight, next(given).transpose(3, 2, 0, 1)
        if module.bias is not None:
            yield module.bias, next(given)
    elif isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
        for name in ("weight", "bias", "running_mean", "running_var"):
            yield getattr(module, name), next(given)
    elif isinstance(module, nn.LayerNorm):
        yield module.weight, next(given)
        yield module.bias, next(given)
    elif isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
        yield module.weight, next(given)
    elif isinstance(module, (nn.LSTM, nn.GRU)):
        gated = isinstance(module, nn.GRU)
        kernel, recurrent, bias = next(given), next(given), next(given)

        def turned(array: np.ndarray) -> np.ndarray:
            """Reset before update, as torch has them; an LSTM's gates stand as in Keras."""
            if not gated:
                return array
            z, r, h = np.split(array, 3, -1)
            return np.concatenate([r, z, h], -1)

        biases = turned(bias) if gated else (bias, np.zeros_like(bias))
        yield module.weight_ih_l0, turned(kernel).T
        yield module.weight_hh_l0, turned(recurrent).T
        yield module.bias_ih_l0, biases[0]
        yield module.bias_hh_l0, biases[1]
