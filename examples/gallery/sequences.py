"""Recurrent networks: read a digit row by row; read three digits and write them in order.

Hochreiter & Schmidhuber 1997, "Long Short-Term Memory", Neural Computation 9:1735; Sutskever,
Vinyals & Le 2014, "Sequence to Sequence Learning with Neural Networks", arXiv:1409.3215: one LSTM
reads, hands its states over, and another one writes.

The writer is told the digit before (the right one while training, its own later; 10 stands for
the start). A Sequential model has one input and hands over one array. There pictures and digits
lie beside each other, and one layer holds the reader and the writer.
"""

import lamella as keras
from lamella import layers, ops

COUNT = 3  # pictures in a sequence
START = 10


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((8, 8)),
            layers.LSTM(32, return_sequences=True),
            layers.LSTM(32),
            layers.Dense(10, activation="softmax"),
        ]
    )


def functional() -> keras.Model:
    rows = layers.Input((8, 8))
    x = layers.LSTM(32, return_sequences=True)(rows)
    x = layers.LSTM(32)(x)
    return keras.Model(rows, layers.Dense(10, activation="softmax")(x))


@keras.saving.register_keras_serializable("gallery")
class RowReader(keras.Model):
    def __init__(self, units=32, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = layers.LSTM(units, return_sequences=True)
        self.second = layers.LSTM(units)
        self.digit = layers.Dense(10, activation="softmax")

    def call(self, rows):
        return self.digit(self.second(self.first(rows)))


def subclassed() -> keras.Model:
    model = RowReader()
    model(ops.zeros((1, 8, 8)))
    return model


@keras.saving.register_keras_serializable("gallery")
class ReaderAndWriter(layers.Layer):
    """(n, COUNT, 64 pixels and 11 of the digit before) -> (n, COUNT, units)."""

    def __init__(self, units=128, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.look = layers.Dense(64, activation="relu")
        self.reader = layers.LSTM(units, return_state=True)
        self.writer = layers.LSTM(units, return_sequences=True)

    def build(self, input_shape):
        self.look.build((None, COUNT, 64))
        self.reader.build((None, COUNT, 64))
        self.writer.build((None, COUNT, 11))

    def call(self, inputs):
        _, hidden, cell = self.reader(self.look(inputs[..., :64]))
        return self.writer(inputs[..., 64:], initial_state=[hidden, cell])


def seq2seq_sequential() -> keras.Model:
    return keras.Sequential(
        [layers.Input((COUNT, 64 + 11)), ReaderAndWriter(), layers.Dense(10, activation="softmax")]
    )


def seq2seq_functional() -> keras.Model:
    pictures = layers.Input((COUNT, 64), name="pictures")
    before = layers.Input((COUNT, 11), name="before")
    seen = layers.Dense(64, activation="relu")(pictures)
    _, hidden, cell = layers.LSTM(128, return_state=True, name="reader")(seen)
    writer = layers.LSTM(128, return_sequences=True, name="writer")
    written = writer(before, initial_state=[hidden, cell])
    return keras.Model([pictures, before], layers.Dense(10, activation="softmax")(written))


@keras.saving.register_keras_serializable("gallery")
class Seq2Seq(keras.Model):
    def __init__(self, units=128, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.look = layers.Dense(64, activation="relu")
        self.reader = layers.LSTM(units, return_state=True)
        self.writer = layers.LSTM(units, return_sequences=True)
        self.digit = layers.Dense(10, activation="softmax")

    def call(self, inputs):
        pictures, before = inputs
        _, hidden, cell = self.reader(self.look(pictures))
        return self.digit(self.writer(before, initial_state=[hidden, cell]))


def seq2seq_subclassed() -> keras.Model:
    model = Seq2Seq()
    model([ops.zeros((1, COUNT, 64)), ops.zeros((1, COUNT, 11))])
    return model


STYLES = [
    sequential,
    functional,
    subclassed,
    seq2seq_sequential,
    seq2seq_functional,
    seq2seq_subclassed,
]


def data():
    """((images, labels), (pictures, digits in order)), each for training and for the test."""
    import numpy as np

    random = np.random.default_rng(0)

    def parts(images, labels, count):
        images = (images / 16).astype("float32")
        rows = random.integers(len(labels), size=(count, COUNT))
        pictures = images.reshape(-1, 64)[rows]
        return (images, labels), (pictures, np.sort(labels[rows], axis=1).astype("int32"))

    train, test = keras.datasets.digits.load_data()
    return parts(*train, 6000), parts(*test, 1000)


def digits_before(digits):
    """One-hot, moved by one step: what the writer is told."""
    import numpy as np

    start = np.full((len(digits), 1), START)
    return np.eye(11, dtype="float32")[np.concatenate([start, digits[:, :-1]], axis=1)]


def write(model, pictures):
    """The digits that a model writes when it is told its own."""
    import numpy as np

    written = np.zeros((len(pictures), COUNT), int)
    for step in range(COUNT):
        chances = model.predict([pictures, digits_before(written)], batch_size=500, verbose=0)
        written[:, step] = chances[:, step].argmax(axis=-1)
    return written


def main() -> None:
    (digit_train, sorted_train), (digit_test, sorted_test) = data()
    model = sequential()
    model.summary()
    model.compile(
        keras.optimizers.Adam(0.005), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(*digit_train, epochs=8, verbose=2)
    _, accuracy = model.evaluate(*digit_test, verbose=0)
    print(f"read row by row: held-out accuracy {accuracy:.3f}, chance 0.100")

    model = seq2seq_functional()
    model.summary()
    keras.utils.plot_model(model, "seq2seq.svg", show_shapes=True)
    model.compile(
        keras.optimizers.Adam(0.003), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    pictures, digits = sorted_train
    model.fit([pictures, digits_before(digits)], digits, batch_size=64, epochs=6, verbose=2)
    pictures, digits = sorted_test
    right = (write(model, pictures) == digits).all(axis=1).mean()
    print(f"written wholly right and in order: held-out share {right:.3f}, chance 0.006")


if __name__ == "__main__":
    main()
