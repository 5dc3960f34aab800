"""Functional: a chain, a bypass, two inputs, two outputs, and both."""

import lamella as keras
from lamella import layers, models


def chain():
    inputs = layers.Input(shape=(28, 28, 1))
    x = layers.Flatten(input_shape=(28, 28, 1))(inputs)
    x = layers.Dense(300, activation="relu")(x)
    x = layers.Dense(100, activation="relu")(x)
    x = layers.Dense(10, activation="softmax")(x)
    return models.Model(inputs=inputs, outputs=x)


def bypass():
    inputs = keras.Input(shape=(28, 28))
    hidden1 = layers.Dense(100, activation="relu")(inputs)
    hidden2 = layers.Dense(30, activation="relu")(hidden1)
    joined = layers.Concatenate()([inputs, hidden2])
    output = layers.Dense(1)(joined)
    return models.Model(inputs=[inputs], outputs=[output])


def two_inputs():
    input_1 = keras.Input(shape=(10, 10), name="Input_1")
    input_2 = keras.Input(shape=(10, 28), name="Input_2")
    hidden1 = layers.Dense(100, activation="relu")(input_2)
    hidden2 = layers.Dense(10, activation="relu")(hidden1)
    joined = layers.Concatenate()([input_1, hidden2])
    output = layers.Dense(1, activation="sigmoid", name="output")(joined)
    return models.Model(inputs=[input_1, input_2], outputs=[output])


def two_outputs():
    input_ = keras.Input(shape=(10, 10), name="input_")
    hidden1 = layers.Dense(100, activation="relu")(input_)
    hidden2 = layers.Dense(10, activation="relu")(hidden1)
    output = layers.Dense(1, activation="sigmoid", name="main_output")(hidden2)
    sub_out = layers.Dense(1, name="sum_output")(hidden2)
    return models.Model(inputs=[input_], outputs=[output, sub_out])


def two_inputs_two_outputs():
    input_1 = keras.Input(shape=(10, 10), name="input_1")
    input_2 = keras.Input(shape=(10, 28), name="input_2")
    hidden1 = layers.Dense(100, activation="relu")(input_2)
    hidden2 = layers.Dense(10, activation="relu")(hidden1)
    joined = layers.Concatenate()([input_1, hidden2])
    output = layers.Dense(1, activation="sigmoid", name="main_output")(joined)
    sub_out = layers.Dense(1, name="sum_output")(hidden2)
    return models.Model(inputs=[input_1, input_2], outputs=[output, sub_out])


def branch_after_two_layers():
    input_layer = layers.Input(shape=(3,), name="input_layer")
    layer_1 = layers.Dense(10, activation="relu", name="Layer_1")(input_layer)
    layer_2 = layers.Dense(10, activation="relu", name="Layer_2")(layer_1)
    y1_output = layers.Dense(1, activation="linear", name="y1_output")(layer_2)
    branched = layers.Dense(10, activation="relu", name="Branched_layer")(layer_2)
    y2_output = layers.Dense(1, activation="linear", name="y2_output")(branched)
    return models.Model(inputs=input_layer, outputs=[y1_output, y2_output])


MODELS = [chain, bypass, two_inputs, two_outputs, two_inputs_two_outputs, branch_after_two_layers]


def main():
    import numpy as np

    for make in MODELS:
        make().summary()
    model = branch_after_two_layers()
    x = np.random.default_rng(0).normal(size=(256, 3)).astype("float32")
    targets = {"y1_output": x.sum(axis=1), "y2_output": (x**2).sum(axis=1)}
    model.compile(
        "adam", loss={"y1_output": "mse", "y2_output": "mae"}, metrics={"y1_output": ["mae"]}
    )
    model.fit(x, targets, epochs=5, validation_split=0.2)
    keras.utils.plot_model(model, "branches.svg", show_shapes=True)


if __name__ == "__main__":
    main()
