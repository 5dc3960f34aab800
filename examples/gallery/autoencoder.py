"""An autoencoder and a variational one: 64 pixels through a few numbers and back.

Hinton & Salakhutdinov 2006, "Reducing the Dimensionality of Data with Neural Networks", Science
313:504; Kingma & Welling 2014, "Auto-Encoding Variational Bayes", arXiv:1312.6114.

The variational one describes each picture by a normal distribution over codes. `Sampling` draws
from it while training and adds its divergence from the standard normal to the loss by `add_loss`.
"""

import lamella as keras
from lamella import layers, ops


def down(code, **kwargs):
    """Pixels to code, as layers in a row."""
    return keras.Sequential(
        [
            layers.Input((8, 8)),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dense(64, activation="relu"),
            layers.Dense(code),
        ],
        **kwargs,
    )


def up(code, **kwargs):
    """Code to pixels, as layers in a row."""
    return keras.Sequential(
        [
            layers.Input((code,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(128, activation="relu"),
            layers.Dense(64, activation="sigmoid"),
            layers.Reshape((8, 8)),
        ],
        **kwargs,
    )


def sequential() -> keras.Model:
    return keras.Sequential([down(8, name="encoder"), up(8, name="decoder")])


def functional() -> keras.Model:
    pixels = layers.Input((8, 8))
    x = layers.Flatten()(pixels)
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dense(64, activation="relu")(x)
    code = layers.Dense(8, name="code")(x)
    x = layers.Dense(64, activation="relu")(code)
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dense(64, activation="sigmoid")(x)
    return keras.Model(pixels, layers.Reshape((8, 8))(x))


@keras.saving.register_keras_serializable("gallery")
class Autoencoder(keras.Model):
    def __init__(self, code=8, **kwargs):
        super().__init__(**kwargs)
        self.code = code
        self.encoder, self.decoder = down(code, name="encoder"), up(code, name="decoder")

    def call(self, pixels):
        return self.decoder(self.encoder(pixels))


def subclassed() -> keras.Model:
    model = Autoencoder()
    model(ops.zeros((1, 8, 8)))
    return model


@keras.saving.register_keras_serializable("gallery")
class Sampling(layers.Layer):
    """(n, 2 code) -> (n, code): the first half are means, the second logarithms of variances.

    Draws while training; gives the means otherwise. Adds the KL, summed over the code and weighted
    to match a reconstruction loss that is a mean over 64 pixels.
    """

    def __init__(self, weight=1 / 64, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.weight, self.seed = weight, seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=None):
        mean, log_variance = ops.split(inputs, 2, axis=-1)
        kl = 0.5 * (ops.square(mean) + ops.exp(log_variance) - log_variance - 1.0)
        self.add_loss(self.weight * ops.mean(ops.sum(kl, axis=-1)))
        if not training:
            return mean
        noise = keras.random.normal(ops.shape(mean), seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


def vae_sequential() -> keras.Model:
    return keras.Sequential([down(8, name="encoder"), Sampling(), up(4, name="decoder")])


def vae_functional() -> keras.Model:
    pixels = layers.Input((8, 8))
    x = layers.Flatten()(pixels)
    x = layers.Dense(128, activation="relu")(x)
    x = layers.Dense(64, activation="relu")(x)
    mean = layers.Dense(4, name="mean")(x)
    log_variance = layers.Dense(4, name="log_variance")(x)
    code = Sampling()(layers.Concatenate()([mean, log_variance]))
    return keras.Model(pixels, up(4, name="decoder")(code))


@keras.saving.register_keras_serializable("gallery")
class VAE(keras.Model):
    def __init__(self, code=4, **kwargs):
        super().__init__(**kwargs)
        self.code = code
        self.encoder, self.decoder = down(2 * code, name="encoder"), up(code, name="decoder")
        self.sampling = Sampling()

    def call(self, pixels, training=None):
        return self.decoder(self.sampling(self.encoder(pixels), training=training))


def vae_subclassed() -> keras.Model:
    model = VAE()
    model(ops.zeros((1, 8, 8)))
    return model


STYLES = [sequential, functional, subclassed, vae_sequential, vae_functional, vae_subclassed]


def data():
    (train, _), (test, _) = keras.datasets.digits.load_data()
    return (train / 16).astype("float32"), (test / 16).astype("float32")


def main() -> None:
    import numpy as np

    train, test = data()
    model = functional()
    model.summary()
    keras.utils.plot_model(model, "autoencoder.svg", show_shapes=True)
    model.compile("adam", "mse")
    model.fit(train, train, epochs=60, verbose=0)
    error = model.evaluate(test, test, verbose=0)
    flat, seen = test.reshape(-1, 64), train.reshape(-1, 64)
    axes = np.linalg.svd(seen - seen.mean(0), full_matrices=False)[2][:8]
    linear = np.mean((flat - seen.mean(0) - (flat - seen.mean(0)) @ axes.T @ axes) ** 2)
    print(f"8 numbers for 64 pixels: squared error {error:.4f} held-out, PCA {linear:.4f}")

    vae = vae_subclassed()
    vae.compile("adam", "binary_crossentropy")
    vae.fit(train, train, epochs=60, verbose=0)
    mean = np.mean((test - train.mean(0)) ** 2)
    error = np.mean((test - vae.predict(test, verbose=0)) ** 2)
    print(f"VAE with 4 numbers: squared error {error:.4f} held-out, the mean picture {mean:.4f}")
    print("Six digits that nobody wrote, from six random codes:")
    drawn = vae.decoder.predict(np.random.default_rng(3).normal(size=(6, 4)), verbose=0)
    for row in range(8):
        print("  ".join("".join(" .:*#@"[int(p * 5.99)] * 2 for p in one[row]) for one in drawn))


if __name__ == "__main__":
    main()
