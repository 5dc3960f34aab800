"""A residual network: each block adds what it computes to its input.

He, Zhang, Ren & Sun 2015, "Deep residual learning for image recognition", arXiv:1512.03385.
Identity blocks add their input as it is; projection blocks halve the image and bring the input to
the new size by a 1x1 convolution. Batch normalization follows every convolution.
"""

import lamella as keras
from lamella import layers

# Channels and step of each block: identity, projection, identity.
BLOCKS = [(16, 1), (32, 2), (32, 1)]


def convolution(filters: int, size: int = 3, strides: int = 1) -> layers.Layer:
    """No bias: the normalization after it has one."""
    return layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )


@keras.saving.register_keras_serializable("gallery")
class ResidualBlock(layers.Layer):
    """ReLU(f(x) + x); a step of 2 makes it a projection block."""

    def __init__(self, filters, strides=1, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.strides = filters, strides
        self.first = convolution(filters, strides=strides)
        self.first_norm = layers.BatchNormalization()
        self.second = convolution(filters)
        self.second_norm = layers.BatchNormalization()
        self.project = convolution(filters, 1, strides) if strides > 1 else None
        self.project_norm = layers.BatchNormalization() if strides > 1 else None
        self.relu = layers.ReLU()

    def call(self, inputs, training=None):
        x = self.relu(self.first_norm(self.first(inputs), training=training))
        x = self.second_norm(self.second(x), training=training)
        shortcut = inputs
        if self.project is not None:
            shortcut = self.project_norm(self.project(inputs), training=training)
        return self.relu(x + shortcut)

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "strides": self.strides}


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            convolution(16),
            layers.BatchNormalization(),
            layers.ReLU(),
            *[ResidualBlock(filters, strides) for filters, strides in BLOCKS],
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def residual_block(inputs, filters, strides):
    """The same block on symbolic tensors."""
    x = convolution(filters, strides=strides)(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))
    x = layers.BatchNormalization()(convolution(filters)(x))
    shortcut = inputs
    if strides > 1:
        shortcut = layers.BatchNormalization()(convolution(filters, 1, strides)(inputs))
    return layers.ReLU()(layers.Add()([x, shortcut]))


def functional() -> keras.Model:
    inputs = layers.Input((8, 8, 1))
    x = layers.ReLU()(layers.BatchNormalization()(convolution(16)(inputs)))
    for filters, strides in BLOCKS:
        x = residual_block(x, filters, strides)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


@keras.saving.register_keras_serializable("gallery")
class ResNet(keras.Model):
    """A stem, residual blocks, and a classifier."""

    def __init__(self, blocks=BLOCKS, classes=10, **kwargs):
        super().__init__(**kwargs)
        self.sizes, self.classes = [list(block) for block in blocks], classes
        self.stem = convolution(16)
        self.stem_norm = layers.BatchNormalization()
        self.relu = layers.ReLU()
        self.blocks = [ResidualBlock(filters, strides) for filters, strides in blocks]
        self.average = layers.GlobalAveragePooling2D()
        self.head = layers.Dense(classes, activation="softmax")

    def call(self, inputs, training=None):
        x = self.relu(self.stem_norm(self.stem(inputs), training=training))
        for block in self.blocks:
            x = block(x, training=training)
        return self.head(self.average(x))

    def get_config(self):
        return {**super().get_config(), "blocks": self.sizes, "classes": self.classes}


def subclassed() -> keras.Model:
    model = ResNet()
    model(layers.Input((8, 8, 1)))
    return model


STYLES = [sequential, functional, subclassed]


def data():
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    x_train, x_test = (x[..., None].astype("float32") / 16 for x in (x_train, x_test))
    return (x_train, y_train), (x_test, y_test)


def main() -> None:
    keras.utils.set_random_seed(0)
    (x_train, y_train), (x_test, y_test) = data()
    model = subclassed()
    model.summary()
    keras.utils.plot_model(functional(), "resnet.svg", show_shapes=True)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    # Whole batches only: a smaller last one would be compiled for itself.
    steps = len(x_train) // 32
    model.fit(x_train, y_train, epochs=8, steps_per_epoch=steps, verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, batch_size=len(x_test), verbose=0)
    print(f"held-out accuracy {accuracy:.3f}, chance 0.100")


if __name__ == "__main__":
    main()
