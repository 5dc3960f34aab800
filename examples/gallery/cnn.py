"""A convolutional network: convolutions and pooling, then dense layers.

LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86:2278; pairs of 3x3 convolutions as in Simonyan & Zisserman 2014,
arXiv:1409.1556.
"""

import lamella as keras
from lamella import layers


def sequential() -> keras.Model:
    model = keras.Sequential()
    model.add(layers.Input((8, 8, 1)))
    for filters in (16, 32):
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.Conv2D(filters, 3, padding="same", activation="relu"))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dropout(0.4))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def functional() -> keras.Model:
    inputs = layers.Input((8, 8, 1))
    x = inputs
    for filters in (16, 32):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
        x = layers.MaxPooling2D()(x)
    x = layers.Flatten()(x)
    x = layers.Dense(64, activation="relu")(x)
    x = layers.Dropout(0.4)(x)
    return keras.Model(inputs, layers.Dense(10, activation="softmax")(x))


@keras.saving.register_keras_serializable("gallery")
class CNN(keras.Model):
    """Two convolutions and a pooling for each number of `filters`."""

    def __init__(self, filters=(16, 32), classes=10, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.classes = tuple(filters), classes
        self.stages = []
        for size in filters:
            first = layers.Conv2D(size, 3, padding="same", activation="relu")
            second = layers.Conv2D(size, 3, padding="same", activation="relu")
            self.stages.append([first, second, layers.MaxPooling2D()])
        self.flatten = layers.Flatten()
        self.hidden = layers.Dense(64, activation="relu")
        self.dropout = layers.Dropout(0.4)
        self.head = layers.Dense(classes, activation="softmax")

    def call(self, inputs, training=None):
        x = inputs
        for first, second, pool in self.stages:
            x = pool(second(first(x)))
        x = self.hidden(self.flatten(x))
        return self.head(self.dropout(x, training=training))

    def get_config(self):
        return {**super().get_config(), "filters": list(self.filters), "classes": self.classes}


def subclassed() -> keras.Model:
    model = CNN()
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
    model = sequential()
    model.summary()
    keras.utils.plot_model(model, "cnn.svg", show_shapes=True)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    # Whole batches only: a smaller last one would be compiled for itself.
    steps = len(x_train) // 32
    model.fit(x_train, y_train, epochs=15, steps_per_epoch=steps, verbose=2)
    _, accuracy = model.evaluate(x_test, y_test, batch_size=len(x_test), verbose=0)
    print(f"held-out accuracy {accuracy:.3f}, chance 0.100")


if __name__ == "__main__":
    main()
