import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

input_shape = (11,)

model = keras.Sequential([
    layers.BatchNormalization(input_shape=input_shape),
    layers.Dense(256, activation='relu'),
    layers.BatchNormalization(),
    layers.Dropout(0.3),
    layers.Dense(256, activation='relu'),
    layers.BatchNormalization(),
    layers.Dropout(0.3),
    layers.Dense(1, activation = 'sigmoid')
])

import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

model = keras.Sequential(
    [
        layers.Dense(1, activation="relu"),
        layers.Dense(2, activation="relu"),
        layers.Dense(3),
    ]
)

model.layers
