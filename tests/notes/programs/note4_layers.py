from tensorflow.python.keras.layers import LSTM

from tensorflow.python.keras.layers import Dense
Dense(8,input_dim=4,activation='relu')
from tensorflow.python.keras.layers.convolutional import Conv2D
Conv2D(32,(5,5), padding='valid',input_shape=(28,28,1),activation='relu')
from tensorflow.python.keras.layers.convolutional import MaxPooling2D
MaxPooling2D(pool_size=(2,2))
from tensorflow.python.keras.layers import Flatten 
Flatten()
LSTM(3, input_dim=1, input_length=5)
