"""A multilayer perceptron: dense layers with ReLU and dropout between.

Rumelhart, Hinton & Williams 1986, "Learning representations by back-propagating errors", Nature
323:533; dropout from Srivastava et al. 2014, JMLR 15:1929.
"""

import lamella as keras
from lamella import layers


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((8, 8)),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )


def functional() -> keras.Model:
    inputs = layers.Input((8, 8))
    x = layers.Flatten()(inputs)
    for units in (64, 32):
        x = layers.Dense(units, activation="relu")(x)
        x = layers.Dropout(0.2)(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


@keras.saving.register_keras_serializable("gallery")
class MLP(keras.Model):
    """As many hidden layers as `units` has numbers."""

    def __init__(self, units=(64, 32), rate=0.2, classes=10, **kwargs):
        super().__init__(**kwargs)
        self.units, self.rate, self.classes = tuple(units), rate, classes
        self.flatten = layers.Flatten()
        self.hidden = [layers.Dense(size, activation="relu") for size in units]
        self.dropouts = [layers.Dropout(rate) for _ in units]
        self.head = layers.Dense(classes, activation="softmax")

    def call(self, inputs, training=None):
        x = self.flatten(inputs)
        for layer, dropout in zip(self.hidden, self.dropouts, strict=True):
            x = dropout(layer(x), training=training)
        return self.head(x)

    def get_config(self):
        own = {"units": list(self.units), "rate": self.rate, "classes": self.classes}
        return {**super().get_config(), **own}


def subclassed() -> keras.Model:
    model = MLP()
    model(layers.Input((8, 8)))
    return model


STYLES = [sequential, functional, subclassed]


def data():
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    return (x_train.astype("float32") / 16, y_train), (x_test.astype("float32") / 16, y_test)


def main() -> None:
    keras.utils.set_random_seed(0)
    (x_train, y_train), (x_test, y_test) = data()
    model = functional()
    model.summary()
    keras.utils.plot_model(model, "mlp.svg", show_shapes=True)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train, y_train, epochs=30, verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, verbose=0)
    print(f"held-out accuracy {accuracy:.3f}, chance 0.100")


if __name__ == "__main__":
    main()
