"""Sequences: a small LSTM on numbers, and a bidirectional one on words with padding."""

import lamella as keras
from lamella import layers


def small_lstm():
    model = keras.Sequential()
    model.add(layers.Input((5, 1)))
    model.add(layers.LSTM(3))
    model.add(layers.Dense(1))
    return model


def words():
    return keras.Sequential(
        [
            layers.Input((None,), dtype="int32"),
            layers.Embedding(50, 8, mask_zero=True),
            layers.Bidirectional(layers.LSTM(6, return_sequences=True)),
            layers.GRU(4),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


MODELS = [small_lstm, words]


def main():
    import numpy as np

    time = np.arange(400, dtype="float32")
    wave = np.sin(time / 8)
    x = np.stack([wave[start : start + 5] for start in range(390)])[..., None]
    y = wave[5:395]
    model = small_lstm()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, epochs=30, verbose=2)
    print(model.predict(x[:3]).ravel(), y[:3])


if __name__ == "__main__":
    main()
