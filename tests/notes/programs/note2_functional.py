from tensorflow import keras
from tensorflow.keras import Input, Model, layers
from tensorflow.keras.layers import Dense

model = keras.Sequential()
model.add(keras.layers.Conv2D(32, kernel_size=3, activation='relu',
padding='same', input_shape=(28,28,1)))
model.add(keras.layers.MaxPooling2D(2))
model.add(keras.layers.Conv2D(64, kernel_size=(3,3), activation='relu',
padding='same'))
model.add(keras.layers.MaxPooling2D(2))
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(100, activation='relu'))
model.add(keras.layers.Dropout(0.4))
model.add(keras.layers.Dense(10, activation='softmax'))
model.summary()

inputs = Input(shape=(28, 28, 1))
x = layers.Conv2D(32, 3, padding = 'same', activation = 'relu')(inputs)
x = layers.MaxPooling2D(2)(x)
x = layers.Conv2D(64, 3, padding = 'same', activation = 'relu')(x)
x = layers.MaxPooling2D(2)(x)
x = layers.Flatten()(x)
x = layers.Dense(100, activation = 'relu')(x)
x = layers.Dropout(0.4)(x)
outputs = layers.Dense(10, activation = 'softmax')(x)
model = keras.Model(inputs, outputs)
model.summary()

##입력 레이어
input_layer = Input(shape=(3,),name='input_layer')
##2개의 히든 레이어
Layer_1 = Dense(10, activation="relu",name='Layer_1')(input_layer)
Layer_2 = Dense(10, activation="relu",name='Layer_2')(Layer_1)
##출력 레이어 y1
y1_output= Dense(1, activation="linear",name='y1_output')(Layer_2)
##정의 Branched layer
Branched_layer=Dense(10, activation="relu",name='Branched_layer')(Layer_2)
##두 번째 출력 레이어 y2
y2_output= Dense(1, activation="linear",name='y2_output')(Branched_layer)
##입력 및 출력 레이어 지정
model = Model(inputs=input_layer,outputs=[y1_output,y2_output])
