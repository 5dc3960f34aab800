import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import models, layers, optimizers, utils

# input
keras.Input(shape=(28, 28), dtype=tf.float32, batch_size=16, name='input')

units, kwargs = 8, {}

# dense
tf.keras.layers.Dense(
    units, # 노드 개수
    activation=None, # 활성화함수
    name='None', # 이름
    use_bias=True, # bias vector 사용유무
    kernel_initializer="glorot_uniform",
    bias_initializer="zeros",
    kernel_regularizer=None,
    bias_regularizer=None,
    activity_regularizer=None,
    kernel_constraint=None,
    bias_constraint=None,
    **kwargs
)


# flatten
inputs = keras.Input(shape=(28, 28, 1))
layer = layers.Flatten(input_shape=(28, 28, 1))(inputs)
print(layer.shape) # (None, 28*28)
