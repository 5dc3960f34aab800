import tensorflow as tf

# 3차원 텐서 생성
t3 = tf.constant([
[[1,2,3],[4,5,6],[7,8,9]],[[10,11,12],[13,14,15],[16,17,18]],
[[19,20,21],[22,23,24],[25,26,27]]
])
# 출력
print(t3)
# 차원 반환
print(tf.rank(t3))

# Tensor type 지정
f16 = tf.constant(2. , dtype=tf.float16)

f32 = tf.cast(f16, tf.float32)
print(f32)
