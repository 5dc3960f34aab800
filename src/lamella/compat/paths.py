"""Old paths as data: which of lamella's modules stands behind each module of Keras.

What is not in a table here is found by its own name: `keras.regularizers` is
`lamella.regularizers`, now and when new rooms are built.
"""

from __future__ import annotations

ROOTS = ("tensorflow", "keras", "tf_keras")

# Every way to spell "keras"; the longest one that fits counts.
KERAS_PREFIXES = (
    "keras",
    "keras.src",
    "keras.api",
    "keras._tf_keras.keras",
    "tf_keras",
    "tf_keras.src",
    "tensorflow.keras",
    "tensorflow.python.keras",
    "tensorflow.python.keras.api",
    "tensorflow.compat.v1.keras",
    "tensorflow.compat.v2.keras",
)
# Below these, files are named after the classes in them: keras.src.callbacks.early_stopping.
INNER_PREFIXES = ("keras.src", "tf_keras.src", "tensorflow.python.keras")


def _below(parent: str, children: str, *homes: str) -> dict[str, tuple[str, ...]]:
    return {f"{parent}.{child}" if child else parent: homes for child in ("", *children.split())}


# Path below keras -> lamella's modules, looked through in order. Any old file of layers gives any
# layer: people imported MaxPooling2D from layers.convolutional, and it worked.
HOMES: dict[str, tuple[str, ...]] = {
    "": ("lamella",),
    **_below(
        "layers",
        "activation activations advanced_activations attention convolutional "
        "convolutional_recurrent core cudnn_recurrent dense_attention embeddings experimental "
        "experimental.preprocessing input_spec layer merge merging noise normalization "
        "normalization_v2 pooling preprocessing recurrent recurrent_v2 regularization reshaping "
        "rnn wrappers",
        "lamella.layers",
    ),
    **_below("models", "model sequential functional cloning", "lamella.models", "lamella"),
    **_below(
        "engine",
        "base_layer functional input_layer input_spec keras_tensor network sequential topology "
        "training",
        "lamella",
        "lamella.layers",
    ),
    **_below(
        "utils",
        "all_utils conv_utils data_utils generic_utils io_utils layer_utils model_visualization "
        "np_utils numerical_utils sequence_utils vis_utils",
        "lamella.utils",
    ),
    **_below("optimizers", "experimental legacy optimizer", "lamella.optimizers"),
    **_below("optimizer_v1", "", "lamella.optimizers"),
    **_below("optimizer_v2", "adam adamax nadam ftrl optimizer_v2", "lamella.optimizers"),
    **_below("optimizers.schedules", "", "lamella.optimizers.schedules"),
    **_below("objectives", "", "lamella.losses"),
    **_below("mixed_precision", "experimental policy", "lamella.mixed_precision"),
    **_below("preprocessing", "sequence image", "lamella.utils"),
    **_below("wrappers", ""),
    **_below("backend", "common tensorflow_backend", "lamella.backend"),
}

# Rooms whose submodules are public: keras.datasets.mnist.
OPEN_ROOMS = ("datasets", "applications", "ops", "visualization")

# In which table of names a room's lower-case spellings stand: keras.regularizers.l2.
KINDS = {
    "losses": "loss",
    "objectives": "loss",
    "metrics": "metric",
    "initializers": "initializer",
    "regularizers": "regularizer",
    "constraints": "constraint",
    "optimizers": "optimizer",
}

# Path below keras -> what to do instead.
GONE = {
    "layers.local": "Use layers.Conv1D or layers.Conv2D; unshared weights are not there.",
    "wrappers.scikit_learn": "Call model.fit and model.predict, or write a small class with "
    "fit and predict of your own around them.",
    "preprocessing.text": "Number the words with a dictionary, then keras.utils.pad_sequences.",
    "estimator": "Call fit, evaluate and predict of the model.",
    "legacy": "Import from keras.layers, keras.models or keras.optimizers.",
}

# Path below keras, name -> what to do instead.
GONE_NAMES = {
    ("preprocessing.image", "ImageDataGenerator"): "Change pictures with NumPy before fit.",
    ("preprocessing.image", "load_img"): "Read the picture with Pillow: "
    "numpy.asarray(PIL.Image.open(path)).",
    ("preprocessing.image", "img_to_array"): "Call numpy.asarray(image, 'float32').",
    ("utils", "multi_gpu_model"): "Leave it out: train on one device.",
}
