"""A Transformer encoder: a digit as 16 patches, each of which attends to all others.

Vaswani et al. 2017, "Attention Is All You Need", arXiv:1706.03762; patches of a picture as tokens
are those of Dosovitskiy et al. 2021, "An Image is Worth 16x16 Words", arXiv:2010.11929.

The functional style writes a block out; the others have it as a layer.
"""

import lamella as keras
from lamella import layers, ops

WIDTH, HEADS, HIDDEN, BLOCKS = 32, 4, 64, 2


def patches() -> list[layers.Layer]:
    """(n, 8, 8) -> (n, 16, 4): a picture as a row of 2 by 2 pixels."""
    return [layers.Reshape((4, 2, 4, 2)), layers.Permute((1, 3, 2, 4)), layers.Reshape((16, 4))]


@keras.saving.register_keras_serializable("gallery")
class AddPosition(layers.Layer):
    """Adds to each token a learned vector for its place; attention alone knows no order."""

    def build(self, input_shape):
        self.position = self.add_weight(
            shape=input_shape[1:],
            initializer=keras.initializers.RandomNormal(stddev=0.02),
            name="position",
        )

    def call(self, inputs):
        return inputs + self.position


@keras.saving.register_keras_serializable("gallery")
class Block(layers.Layer):
    """Attention, then two dense layers for each token; each is normalized before, added after."""

    def __init__(self, heads=HEADS, hidden=HIDDEN, **kwargs):
        super().__init__(**kwargs)
        self.heads, self.hidden = heads, hidden

    def build(self, input_shape):
        width = input_shape[-1]
        self.norm_1, self.norm_2 = layers.LayerNormalization(), layers.LayerNormalization()
        self.attention = layers.MultiHeadAttention(self.heads, key_dim=width // self.heads)
        self.wide = layers.Dense(self.hidden, activation="gelu")
        self.narrow = layers.Dense(width)
        self.norm_1.build(input_shape)
        self.attention.build(input_shape, input_shape)
        self.norm_2.build(input_shape)
        self.wide.build(input_shape)
        self.narrow.build((*input_shape[:-1], self.hidden))

    def call(self, inputs):
        x = self.norm_1(inputs)
        x = inputs + self.attention(x, x)
        return x + self.narrow(self.wide(self.norm_2(x)))


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input((8, 8)),
            *patches(),
            layers.Dense(WIDTH),
            AddPosition(),
            *(Block() for _ in range(BLOCKS)),
            layers.LayerNormalization(),
            layers.GlobalAveragePooling1D(),
            layers.Dense(10, activation="softmax"),
        ]
    )


def functional() -> keras.Model:
    pixels = layers.Input((8, 8))
    x = pixels
    for layer in patches():
        x = layer(x)
    x = AddPosition()(layers.Dense(WIDTH)(x))
    for _ in range(BLOCKS):
        normal = layers.LayerNormalization()(x)
        attention = layers.MultiHeadAttention(HEADS, key_dim=WIDTH // HEADS)
        x = layers.Add()([x, attention(normal, normal)])
        wide = layers.Dense(HIDDEN, activation="gelu")(layers.LayerNormalization()(x))
        x = layers.Add()([x, layers.Dense(WIDTH)(wide)])
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return keras.Model(pixels, layers.Dense(10, activation="softmax")(x))


@keras.saving.register_keras_serializable("gallery")
class Transformer(keras.Model):
    def __init__(self, width=WIDTH, blocks=BLOCKS, **kwargs):
        super().__init__(**kwargs)
        self.width, self.blocks = width, blocks
        self.embed = keras.Sequential([*patches(), layers.Dense(width), AddPosition()])
        self.encode = keras.Sequential([Block() for _ in range(blocks)])
        self.norm = layers.LayerNormalization()
        self.pool = layers.GlobalAveragePooling1D()
        self.digit = layers.Dense(10, activation="softmax")

    def call(self, pixels):
        return self.digit(self.pool(self.norm(self.encode(self.embed(pixels)))))


def subclassed() -> keras.Model:
    model = Transformer()
    model(ops.zeros((1, 8, 8)))
    return model


STYLES = [sequential, functional, subclassed]


def data():
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    return ((x_train / 16).astype("float32"), y_train), ((x_test / 16).astype("float32"), y_test)


def main() -> None:
    train, test = data()
    model = sequential()
    model.summary()
    keras.utils.plot_model(functional(), "transformer.svg", show_shapes=True)
    rate = keras.optimizers.schedules.CosineDecay(4e-3, decay_steps=45 * 15)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-2)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*train, epochs=15, verbose=2)
    _, accuracy = model.evaluate(*test, verbose=0)
    print(f"held-out accuracy {accuracy:.3f}, chance 0.100")


if __name__ == "__main__":
    main()
