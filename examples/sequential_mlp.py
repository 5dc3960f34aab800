"""Sequential: the same network by `add`, by a list, and without an Input."""

import lamella as keras
from lamella import layers, models


def by_adding():
    model = models.Sequential()
    model.add(layers.Input(shape=(28, 28)))
    model.add(layers.Dense(300, activation="relu"))
    model.add(layers.Dense(100, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def by_list():
    return models.Sequential(
        [
            layers.Input(shape=(28, 28), name="Input"),
            layers.Dense(300, activation="relu", name="Dense1"),
            layers.Dense(100, activation="relu", name="Dense2"),
            layers.Dense(10, activation="softmax", name="Output"),
        ]
    )


def pixels_to_classes():
    model = models.Sequential()
    model.add(layers.Input(shape=(100, 100, 3)))
    model.add(layers.Flatten())
    model.add(layers.Dense(400, activation="relu"))
    model.add(layers.Dense(200, activation="relu"))
    model.add(layers.Dense(100, activation="softmax"))
    return model


def built_by_the_first_data():
    model = keras.Sequential(
        [layers.Dense(1, activation="relu"), layers.Dense(2, activation="relu"), layers.Dense(3)]
    )
    model.build((None, 4))
    return model


MODELS = [by_adding, by_list, pixels_to_classes, built_by_the_first_data]


def main():
    for make in MODELS:
        make().summary()
    digits = keras.datasets.digits
    (x_train, y_train), (x_test, y_test) = digits.load_data()
    model = models.Sequential(
        [
            layers.Input(shape=(8, 8)),
            layers.Flatten(),
            layers.Dense(300, activation="relu"),
            layers.Dense(100, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train / 16, y_train, epochs=10, validation_split=0.1)
    print(model.evaluate(x_test / 16, y_test))


if __name__ == "__main__":
    main()
