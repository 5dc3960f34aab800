"""Dense layers with batch normalization and dropout, for two classes."""

import lamella as keras
from lamella import layers


def batch_norm_mlp(input_shape=(30,)):
    return keras.Sequential(
        [
            layers.BatchNormalization(input_shape=input_shape),
            layers.Dense(256, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(256, activation="relu"),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


MODELS = [batch_norm_mlp]


def main():
    (x_train, y_train), (x_test, y_test) = keras.datasets.digits.load_data()
    x_train, x_test = (x.reshape(len(x), -1) / 16 for x in (x_train, x_test))
    model = batch_norm_mlp((64,))
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    stop = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    odd = y_train % 2
    model.fit(x_train, odd, epochs=20, validation_split=0.1, callbacks=[stop])
    print(model.evaluate(x_test, y_test % 2))


if __name__ == "__main__":
    main()
