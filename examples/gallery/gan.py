"""A generative adversarial network: one network draws digits, another tells drawn from real.

Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661.

Both learn in one step of the model's own, written as eager code and compiled whole: two optimizers,
each with its own weights. This file is for lamella only; under Keras on JAX such a step has to
carry all state through tuples by hand.
"""

import lamella as keras
from lamella import layers, ops

CODE = 16


def generator() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Input((CODE,)),
            layers.Dense(128, activation="relu"),
            layers.Dense(256, activation="relu"),
            layers.Dense(64, activation="sigmoid"),
            layers.Reshape((8, 8)),
        ],
        name="generator",
    )


def critic() -> keras.Sequential:
    return keras.Sequential(
        [
            layers.Input((8, 8)),
            layers.Flatten(),
            layers.Dense(256),
            layers.LeakyReLU(0.2),
            layers.Dropout(0.3, seed=1),
            layers.Dense(128),
            layers.LeakyReLU(0.2),
            layers.Dense(1),
        ],
        name="critic",
    )


MODELS = [generator, critic]


class GAN(keras.Model):
    def __init__(self, seed=0, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.noise_seed = keras.random.SeedGenerator(seed)
        self.generator, self.critic = generator(), critic()
        self.generator_loss = keras.metrics.Mean(name="generator_loss")
        self.critic_loss = keras.metrics.Mean(name="critic_loss")

    def compile(self, generator_optimizer, critic_optimizer):
        super().compile()
        self.generator_optimizer, self.critic_optimizer = generator_optimizer, critic_optimizer
        self.cost = keras.losses.BinaryCrossentropy(from_logits=True)

    def draw(self, count):
        return self.generator(keras.random.normal((count, CODE), seed=self.noise_seed))

    def train_step(self, real):
        count = len(real)

        def critic_cost():
            told_real = self.critic(real, training=True)
            told_drawn = self.critic(self.draw(count), training=True)
            right = self.cost(ops.ones((count, 1)), told_real)
            return right + self.cost(ops.zeros((count, 1)), told_drawn)

        def generator_cost():
            told = self.critic(self.draw(count), training=True)
            return self.cost(ops.ones((count, 1)), told)

        cost = self.critic_optimizer.minimize(critic_cost, self.critic.trainable_variables)
        self.critic_loss.update_state(cost)
        cost = self.generator_optimizer.minimize(generator_cost, self.generator.trainable_variables)
        self.generator_loss.update_state(cost)
        return {"critic": self.critic_loss.result(), "generator": self.generator_loss.result()}


def judge(x, y):
    """A classifier of real digits, which says how sure it is of a drawn one."""
    model = keras.Sequential(
        [layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=30, verbose=0)
    return model


def data():
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    return ((x_train / 16).astype("float32"), y_train), ((x_test / 16).astype("float32"), y_test)


def main() -> None:
    import numpy as np

    (x_train, y_train), (x_test, _) = data()
    model = GAN()
    model.generator.summary()
    model.critic.summary()
    model.compile(keras.optimizers.Adam(1e-3, beta_1=0.5), keras.optimizers.Adam(1e-3, beta_1=0.5))
    history = model.fit(x_train, batch_size=64, epochs=150, verbose=0).history
    print("last losses:", {name: round(values[-1], 3) for name, values in history.items()})

    drawn = np.asarray(model.draw(1000))
    shuffled = np.random.default_rng(0).permuted(x_test.reshape(-1, 64), axis=1).reshape(-1, 8, 8)
    judged = judge(x_train, y_train)
    for name, pictures in (("real", x_test), ("drawn", drawn), ("real, pixels shuffled", shuffled)):
        chances = judged.predict(pictures, verbose=0)
        sure, kinds = (chances.max(axis=1) > 0.9).mean(), len(set(chances.argmax(axis=1)))
        print(f"{name}: {sure:.0%} taken for a digit with 90 % certainty; {kinds} different digits")
    for row in range(8):
        print(
            "  ".join("".join(" .:*#@"[int(p * 5.99)] * 2 for p in one[row]) for one in drawn[:6])
        )


if __name__ == "__main__":
    main()
