"""An Inception network: blocks of 1x1, 3x3, 5x5 and pooling branches side by side.

Szegedy et al. 2014, "Going deeper with convolutions", arXiv:1409.4842. Each block's 3x3 and 5x5
branches begin with a cheap 1x1 convolution; a 1x1 convolution follows its pooling.
"""

import lamella as keras
from lamella import layers, ops

# Channels of a block: 1x1; 3x3 after its 1x1; 5x5 after its 1x1; 1x1 after the pooling.
BLOCKS = [(8, (8, 16), (4, 8), 8), (16, (12, 24), (4, 12), 12)]


def convolution(filters: int, size: int) -> layers.Layer:
    return layers.Conv2D(filters, size, padding="same", activation="relu")


def branches(one, three, five, pool) -> list[list[layers.Layer]]:
    """The layers of each of the four branches, in order."""
    return [
        [convolution(one, 1)],
        [convolution(three[0], 1), convolution(three[1], 3)],
        [convolution(five[0], 1), convolution(five[1], 5)],
        [layers.MaxPooling2D(3, strides=1, padding="same"), convolution(pool, 1)],
    ]


def inception(x, *channels):
    """An Inception block on a symbolic tensor."""
    ends = []
    for branch in branches(*channels):
        end = x
        for layer in branch:
            end = layer(end)
        ends.append(end)
    return layers.Concatenate()(ends)


def block_model(shape, *channels, name) -> keras.Model:
    """An Inception block as a model, which goes into other models as a layer."""
    inputs = layers.Input(shape)
    return keras.Model(inputs, inception(inputs, *channels), name=name)


def sequential() -> keras.Model:
    first, second = BLOCKS
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            convolution(16, 3),
            block_model((8, 8, 16), *first, name="inception_a"),
            layers.MaxPooling2D(3, strides=2, padding="same"),
            block_model((4, 4, 40), *second, name="inception_b"),
            layers.GlobalAveragePooling2D(),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )


def functional() -> keras.Model:
    inputs = layers.Input((8, 8, 1))
    x = convolution(16, 3)(inputs)
    x = inception(x, *BLOCKS[0])
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = inception(x, *BLOCKS[1])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


@keras.saving.register_keras_serializable("gallery")
class InceptionBlock(layers.Layer):
    """Four branches on one input; their outputs are joined along the channels."""

    def __init__(self, one, three, five, pool, **kwargs):
        super().__init__(**kwargs)
        self.channels = {"one": one, "three": list(three), "five": list(five), "pool": pool}
        self.branches = [keras.Sequential(row) for row in branches(one, three, five, pool)]

    def call(self, inputs):
        return ops.concatenate([branch(inputs) for branch in self.branches], axis=-1)

    def get_config(self):
        return {**super().get_config(), **self.channels}


@keras.saving.register_keras_serializable("gallery")
class Inception(keras.Model):
    """A stem, two Inception blocks with a pooling between, and a classifier."""

    def __init__(self, classes=10, **kwargs):
        super().__init__(**kwargs)
        self.classes = classes
        self.stem = convolution(16, 3)
        self.first = InceptionBlock(*BLOCKS[0])
        self.pool = layers.MaxPooling2D(3, strides=2, padding="same")
        self.second = InceptionBlock(*BLOCKS[1])
        self.average = layers.GlobalAveragePooling2D()
        self.dropout = layers.Dropout(0.2)
        self.head = layers.Dense(classes, activation="softmax")

    def call(self, inputs, training=None):
        x = self.first(self.stem(inputs))
        x = self.average(self.second(self.pool(x)))
        return self.head(self.dropout(x, training=training))

    def get_config(self):
        return {**super().get_config(), "classes": self.classes}


def subclassed() -> keras.Model:
    model = Inception()
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
    model = functional()
    model.summary()
    keras.utils.plot_model(model, "inception.svg", show_shapes=True)
    model.compile(
        keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    # Whole batches only: a smaller last one would be compiled for itself.
    steps = len(x_train) // 32
    model.fit(x_train, y_train, epochs=12, steps_per_epoch=steps, verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, batch_size=len(x_test), verbose=0)
    print(f"held-out accuracy {accuracy:.3f}, chance 0.100")


if __name__ == "__main__":
    main()
