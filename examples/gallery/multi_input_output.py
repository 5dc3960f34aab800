"""Two inputs and two outputs, each output with its own loss, weight and metrics.

A picture of which only the upper half can be seen, and beside it how much ink the whole has in each
row and column, go in; which digit it is and how slanted it is written come out.

A Sequential model has one input and one output. There 48 numbers go in (32 pixels, 16 sums) and 11
come out (10 chances, the slant), a layer holds the two branches, and one loss takes both apart.
"""

import lamella as keras
from lamella import layers, ops


def picture_branch() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Reshape((4, 8, 1)),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Flatten(),
        ],
        name="picture_branch",
    )


@keras.saving.register_keras_serializable("gallery")
class Branches(layers.Layer):
    """(n, 48) -> (n, features): the picture's branch and that of the sums, joined."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.picture_branch = picture_branch()
        self.sums_branch = layers.Dense(32, activation="relu")

    def build(self, input_shape):
        self.picture_branch.build((None, 32))
        self.sums_branch.build((None, 16))

    def call(self, inputs):
        picture = self.picture_branch(inputs[:, :32])
        return ops.concatenate([picture, self.sums_branch(inputs[:, 32:])], axis=-1)


@keras.saving.register_keras_serializable("gallery")
class Heads(layers.Layer):
    """(n, features) -> (n, 11): ten chances and the slant."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.digit = layers.Dense(10, activation="softmax")
        self.slant = layers.Dense(1)

    def build(self, input_shape):
        self.digit.build(input_shape)
        self.slant.build(input_shape)

    def call(self, inputs):
        return ops.concatenate([self.digit(inputs), self.slant(inputs)], axis=-1)


def joint_loss(y_true, y_pred):
    """The losses that the other styles give by name, for y = (digit, slant) in one array."""
    digit = keras.losses.sparse_categorical_crossentropy(y_true[:, 0], y_pred[:, :10])
    return digit + 10.0 * keras.losses.mean_squared_error(y_true[:, 1:], y_pred[:, 10:])


def sequential() -> keras.Model:
    return keras.Sequential(
        [layers.Input((48,)), Branches(), layers.Dense(64, activation="relu"), Heads()]
    )


def functional() -> keras.Model:
    picture = layers.Input((4, 8), name="picture")
    sums = layers.Input((16,), name="sums")
    joined = layers.Concatenate()(
        [picture_branch()(picture), layers.Dense(32, activation="relu")(sums)]
    )
    hidden = layers.Dense(64, activation="relu")(joined)
    digit = layers.Dense(10, activation="softmax", name="digit")(hidden)
    slant = layers.Dense(1, name="slant")(hidden)
    return keras.Model(inputs=[picture, sums], outputs=[digit, slant])


@keras.saving.register_keras_serializable("gallery")
class TwoAndTwo(keras.Model):
    """Takes {"picture": ..., "sums": ...} and gives {"digit": ..., "slant": ...}."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.picture_branch = picture_branch()
        self.sums_branch = layers.Dense(32, activation="relu")
        self.hidden = layers.Dense(64, activation="relu")
        self.digit = layers.Dense(10, activation="softmax", name="digit")
        self.slant = layers.Dense(1, name="slant")

    def call(self, inputs):
        picture, sums = self.picture_branch(inputs["picture"]), self.sums_branch(inputs["sums"])
        hidden = self.hidden(ops.concatenate([picture, sums], axis=-1))
        return {"digit": self.digit(hidden), "slant": self.slant(hidden)}


def subclassed() -> keras.Model:
    model = TwoAndTwo()
    model({"picture": ops.zeros((1, 4, 8)), "sums": ops.zeros((1, 16))})
    return model


STYLES = [sequential, functional, subclassed]


def data():
    """({"picture", "sums"}, {"digit", "slant"}) for training and for the test."""
    import numpy as np

    def part(images, labels):
        images = (images / 16).astype("float32")
        row, column = np.mgrid[:8, :8]
        ink = images.sum(axis=(1, 2), keepdims=True)
        down = row - (images * row).sum(axis=(1, 2), keepdims=True) / ink
        right = column - (images * column).sum(axis=(1, 2), keepdims=True) / ink
        slant = (images * down * right).sum(axis=(1, 2)) / (images * down**2).sum(axis=(1, 2))
        sums = np.concatenate([images.sum(axis=1), images.sum(axis=2)], axis=1) / 8
        return (
            {"picture": images[:, :4], "sums": sums.astype("float32")},
            {"digit": labels, "slant": slant[:, None].astype("float32")},
        )

    train, test = keras.datasets.digits.load_data()
    return part(*train), part(*test)


def main() -> None:
    (x_train, y_train), (x_test, y_test) = data()
    model = functional()
    model.summary()
    keras.utils.plot_model(model, "multi_input_output.svg", show_shapes=True)
    model.compile(
        "adam",
        loss={"digit": "sparse_categorical_crossentropy", "slant": "mse"},
        loss_weights={"digit": 1.0, "slant": 10.0},
        metrics={"digit": ["accuracy"], "slant": ["mae"]},
    )
    model.fit(x_train, y_train, epochs=20, verbose=2)
    scores = model.evaluate(x_test, y_test, verbose=0, return_dict=True)
    usual = abs(y_test["slant"] - y_train["slant"].mean()).mean()
    print(f"digits: held-out accuracy {scores['digit_accuracy']:.3f}, chance 0.100")
    print(f"slant: held-out error {scores['slant_mae']:.3f}, always the mean {usual:.3f}")


if __name__ == "__main__":
    main()
