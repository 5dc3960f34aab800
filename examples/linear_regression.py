"""One unit fits a line: data, split, compile, fit, evaluate, predict."""

import lamella as keras
from lamella import layers, optimizers


def line():
    model = keras.Sequential()
    model.add(layers.Dense(1, activation="linear", input_shape=(1,)))
    return model


MODELS = [line]


def main():
    import numpy as np

    random = np.random.default_rng(123)
    x = random.normal(size=(200, 1)).astype("float32")
    y = 28.0 * x + 5.0 + random.normal(scale=5.0, size=(200, 1)).astype("float32")
    order = random.permutation(len(x))
    train, test = order[:160], order[160:]
    model = line()
    model.summary()
    model.compile(loss="mse", optimizer=optimizers.SGD(), metrics=["mae", "mse"])
    history = model.fit(x[train], y[train], epochs=40)
    print(sorted(history.history))
    print(model.evaluate(x[test], y[test]))
    print(model.predict(x)[:3])


if __name__ == "__main__":
    main()
