"""Subclassing: write `call`, get fit, evaluate, predict, save."""

import lamella as keras
from lamella import layers, models


class MyModel(models.Model):
    def __init__(self, units=30, activation="relu", **kwargs):
        super().__init__(**kwargs)
        self.dense_layer1 = layers.Dense(300, activation=activation)
        self.dense_layer2 = layers.Dense(100, activation=activation)
        self.dense_layer3 = layers.Dense(units, activation=activation)
        self.output_layer = layers.Dense(10, activation="softmax")

    def call(self, inputs):
        x = self.dense_layer1(inputs)
        x = self.dense_layer2(x)
        x = self.dense_layer3(x)
        return self.output_layer(x)


class YourModel(models.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.flat_layer = layers.Flatten()
        self.dense_layer1 = layers.Dense(400, activation="relu")
        self.dense_layer2 = layers.Dense(200, activation="relu")
        self.output_layer = layers.Dense(100, activation="softmax")

    def call(self, inputs):
        x = self.flat_layer(inputs)
        x = self.dense_layer1(x)
        x = self.dense_layer2(x)
        return self.output_layer(x)


def on_rows():
    model = MyModel()
    model(keras.random.normal((1, 64), seed=0))
    return model


def on_images():
    model = YourModel()
    model(keras.random.normal((1, 100, 100, 3), seed=0))
    return model


MODELS = [on_rows, on_images]


def main():
    for make in MODELS:
        make().summary()
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    model = MyModel(units=20)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    x_train, x_test = (x.reshape(len(x), -1) / 16 for x in (x_train, x_test))
    model.fit(x_train, y_train, epochs=5, validation_data=(x_test, y_test))


if __name__ == "__main__":
    main()
