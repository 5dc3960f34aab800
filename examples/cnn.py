"""The CNN for 28x28 grey images, by Sequential and by the functional API."""

import lamella as keras
from lamella import layers


def sequential_cnn():
    model = keras.Sequential()
    model.add(
        layers.Conv2D(32, kernel_size=3, activation="relu", padding="same", input_shape=(28, 28, 1))
    )
    model.add(layers.MaxPooling2D(2))
    model.add(layers.Conv2D(64, kernel_size=(3, 3), activation="relu", padding="same"))
    model.add(layers.MaxPooling2D(2))
    model.add(layers.Flatten())
    model.add(layers.Dense(100, activation="relu"))
    model.add(layers.Dropout(0.4))
    model.add(layers.Dense(10, activation="softmax"))
    return model


def functional_cnn():
    inputs = layers.Input(shape=(28, 28, 1))
    x = layers.Conv2D(32, 3, padding="same", activation="relu")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(100, activation="relu")(x)
    x = layers.Dropout(0.4)(x)
    outputs = layers.Dense(10, activation="softmax")(x)
    return keras.Model(inputs, outputs)


def tiny_cnn():
    model = keras.models.Sequential()
    model.add(layers.Conv2D(2, (3, 3), padding="same", activation="relu", input_shape=(8, 8, 1)))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Conv2D(3, (2, 2), padding="same", activation="relu"))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(8, activation="relu"))
    model.add(layers.Dense(3, activation="softmax"))
    return model


def one_convolution():
    model = keras.Sequential()
    model.add(
        layers.Conv2D(32, (5, 5), padding="valid", input_shape=(28, 28, 1), activation="relu")
    )
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    return model


MODELS = [sequential_cnn, functional_cnn, tiny_cnn, one_convolution]


def main():
    model = tiny_cnn()
    model.summary()
    svg = keras.utils.model_to_dot(model, show_shapes=True).create(prog="dot", format="svg")
    print(f"a picture of {len(svg)} bytes of SVG")
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    few_train, few_test = y_train < 3, y_test < 3
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x_train[few_train][..., None] / 16, y_train[few_train], epochs=20, verbose=2)
    print(model.evaluate(x_test[few_test][..., None] / 16, y_test[few_test]))


if __name__ == "__main__":
    main()
