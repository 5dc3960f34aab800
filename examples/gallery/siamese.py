"""A Siamese network: one encoder sees two pictures; are they the same digit?

Bromley et al. 1993, "Signature Verification using a Siamese Time Delay Neural Network"; the
weighted L1 distance is that of Koch et al. 2015, "Siamese Neural Networks for One-shot Image
Recognition".

A Sequential model has one input. There both pictures lie on one axis, the encoder goes over that
axis, and a small layer takes the difference.
"""

import lamella as keras
from lamella import layers, ops


def encoder() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(32),
        ],
        name="encoder",
    )


@keras.saving.register_keras_serializable("gallery")
class PairDistance(layers.Layer):
    """(n, 2, features) -> (n, features): how far the first is from the second, by feature."""

    def call(self, inputs):
        return ops.abs(inputs[:, 0] - inputs[:, 1])


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((2, 8, 8, 1)),
            layers.TimeDistributed(encoder()),
            PairDistance(),
            layers.Dense(1, activation="sigmoid", name="same"),
        ]
    )


def functional() -> keras.Model:
    first, second = layers.Input((8, 8, 1), name="first"), layers.Input((8, 8, 1), name="second")
    encode = encoder()
    distance = ops.abs(layers.Subtract()([encode(first), encode(second)]))
    same = layers.Dense(1, activation="sigmoid", name="same")(distance)
    return keras.Model([first, second], same)


@keras.saving.register_keras_serializable("gallery")
class Siamese(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.encode = encoder()
        self.same = layers.Dense(1, activation="sigmoid", name="same")

    def call(self, inputs):
        first, second = inputs
        return self.same(ops.abs(self.encode(first) - self.encode(second)))


def subclassed() -> keras.Model:
    model = Siamese()
    model([ops.zeros((1, 8, 8, 1)), ops.zeros((1, 8, 8, 1))])
    return model


STYLES = [sequential, functional, subclassed]


def data():
    """Pairs of pictures, half of them of the same digit: ([first, second], same) twice."""
    import numpy as np

    random = np.random.default_rng(0)

    def pairs(images, labels, count):
        first = random.integers(len(labels), size=count)
        same = random.integers(2, size=count)
        second = np.empty(count, int)
        for label in range(10):
            rows = labels[first] == label
            second[rows & (same == 1)] = random.choice(
                np.flatnonzero(labels == label), (rows & (same == 1)).sum()
            )
            second[rows & (same == 0)] = random.choice(
                np.flatnonzero(labels != label), (rows & (same == 0)).sum()
            )
        images = (images[..., None] / 16).astype("float32")
        return [images[first], images[second]], same[:, None].astype("float32")

    train, test = keras.datasets.digits.load_data()
    return pairs(*train, 8000), pairs(*test, 2000)


def main() -> None:
    (x_train, y_train), (x_test, y_test) = data()
    model = functional()
    model.summary()
    keras.utils.plot_model(model, "siamese.svg", show_shapes=True)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, batch_size=64, epochs=8, verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"pairs told right: held-out accuracy {accuracy:.3f}, chance 0.500")


if __name__ == "__main__":
    main()
