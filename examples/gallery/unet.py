"""A U-Net: down to a small image, up again, with a bridge across at each size.

Ronneberger, Fischer & Brox 2015, "U-Net: convolutional networks for biomedical image segmentation",
arXiv:1505.04597. It learns to find the ink of a digit in an image full of noise.
"""

import lamella as keras
from lamella import layers, ops

SIZES = (8, 16)  # channels on the way down, and in reverse on the way up
BOTTOM = 32


def two_convolutions(filters: int) -> list[layers.Layer]:
    return [layers.Conv2D(filters, 3, padding="same", activation="relu") for _ in range(2)]


def up(filters: int) -> layers.Layer:
    return layers.Conv2DTranspose(filters, 2, strides=2, activation="relu")


@keras.saving.register_keras_serializable("gallery")
class Bridge(layers.Layer):
    """Joins its input and what a row of layers makes of it: one level of the U."""

    def __init__(self, inner, **kwargs):
        super().__init__(**kwargs)
        self.inner = keras.Sequential(inner)

    def call(self, inputs):
        return ops.concatenate([inputs, self.inner(inputs)], axis=-1)

    def get_config(self):
        rows = [keras.saving.serialize_keras_object(layer) for layer in self.inner.layers]
        return {**super().get_config(), "inner": rows}

    @classmethod
    def from_config(cls, config):
        inner = [keras.saving.deserialize_keras_object(layer) for layer in config["inner"]]
        return cls(**{**config, "inner": inner})


def sequential() -> keras.Model:
    """The U written from the inside out: a row of layers within a row of layers."""
    row = two_convolutions(BOTTOM)
    for filters in reversed(SIZES):
        level = Bridge([layers.MaxPooling2D(), *row, up(filters)])
        row = [*two_convolutions(filters), level, *two_convolutions(filters)]
    head = layers.Conv2D(1, 1, activation="sigmoid")
    return keras.Sequential([layers.Input((16, 16, 1)), *row, head])


def apply(row, x):
    for layer in row:
        x = layer(x)
    return x


def functional() -> keras.Model:
    inputs = layers.Input((16, 16, 1))
    x, bridges = inputs, []
    for filters in SIZES:
        x = apply(two_convolutions(filters), x)
        bridges.append(x)
        x = layers.MaxPooling2D()(x)
    x = apply(two_convolutions(BOTTOM), x)
    for filters, bridge in zip(reversed(SIZES), reversed(bridges), strict=True):
        x = layers.Concatenate()([bridge, up(filters)(x)])
        x = apply(two_convolutions(filters), x)
    return keras.Model(inputs, layers.Conv2D(1, 1, activation="sigmoid")(x))


@keras.saving.register_keras_serializable("gallery")
class UNet(keras.Model):
    """A U-Net with one level for each number of `sizes`."""

    def __init__(self, sizes=SIZES, bottom=BOTTOM, **kwargs):
        super().__init__(**kwargs)
        self.sizes, self.bottom_size = tuple(sizes), bottom
        self.down = [two_convolutions(filters) for filters in sizes]
        self.pools = [layers.MaxPooling2D() for _ in sizes]
        self.bottom = two_convolutions(bottom)
        self.ups = [up(filters) for filters in reversed(sizes)]
        self.after = [two_convolutions(filters) for filters in reversed(sizes)]
        self.head = layers.Conv2D(1, 1, activation="sigmoid")

    def call(self, inputs):
        x, bridges = inputs, []
        for row, pool in zip(self.down, self.pools, strict=True):
            x = apply(row, x)
            bridges.append(x)
            x = pool(x)
        x = apply(self.bottom, x)
        for bridge, rise, row in zip(reversed(bridges), self.ups, self.after, strict=True):
            x = apply(row, ops.concatenate([bridge, rise(x)], axis=-1))
        return self.head(x)

    def get_config(self):
        return {**super().get_config(), "sizes": list(self.sizes), "bottom": self.bottom_size}


def subclassed() -> keras.Model:
    model = UNet()
    model(layers.Input((16, 16, 1)))
    return model


STYLES = [sequential, functional, subclassed]


def data():
    """Digits of 16x16 pixels under strong noise, and where their ink is."""
    import numpy as np

    noise = np.random.default_rng(0)
    parts = []
    for images, _ in keras.datasets.digits.load_data():
        clean = np.kron(images / 16, np.ones((2, 2)))[..., None]
        noisy = clean + noise.normal(scale=0.5, size=clean.shape)
        parts.append((noisy.astype("float32"), (clean > 0.5).astype("float32")))
    return parts


def main() -> None:
    keras.utils.set_random_seed(0)
    (x_train, y_train), (x_test, y_test) = data()
    model = functional()
    model.summary()
    keras.utils.plot_model(model, "unet.svg", show_shapes=True)
    overlap = keras.metrics.BinaryIoU(target_class_ids=[1], name="overlap")
    model.compile(keras.optimizers.Adam(0.003), "binary_crossentropy", metrics=[overlap])
    # Whole batches only: a smaller last one would be compiled for itself.
    steps = len(x_train) // 32
    model.fit(x_train, y_train, epochs=4, steps_per_epoch=steps, verbose=2)
    _, score = model.evaluate(x_test, y_test, batch_size=len(x_test), verbose=0)
    overlap.reset_state()
    overlap.update_state(y_test, x_test)
    print(f"held-out overlap with the ink {score:.3f}, by brightness alone {overlap.result():.3f}")


if __name__ == "__main__":
    main()
