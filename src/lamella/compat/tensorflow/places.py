"""The modules of tf, put together from the table of functions, and what is not there."""

from __future__ import annotations

from typing import Any

from lamella import initializers
from lamella.compat.modules import Place
from lamella.compat.tensorflow import arithmetic, data, environment, nn, shaping
from lamella.compat.tensorflow.function import TABLE

# Importing them fills the table.
FAMILIES = (arithmetic, data, environment, nn, shaping)
_FIT = "Build a keras model, then call compile and fit."
_TAPE = "Write a train_step that calls keras.value_and_grad(function, variables), or just call fit."
_EAGER = "Leave it out: every line runs at once, and fit compiles by itself."
_SAVE = "Call model.save('model.keras') and keras.models.load_model('model.keras')."

# Name below tf -> what to do instead.
GONE: dict[str, str] = {
    "GradientTape": _TAPE,
    "gradients": _TAPE,
    "Session": _EAGER,
    "global_variables_initializer": _EAGER,
    "reset_default_graph": "Call keras.backend.clear_session().",
    "placeholder": "Write keras.Input(shape=...) for a model's input.",
    "get_variable": "Write tf.Variable(value), or add_weight in a layer.",
    "estimator": _FIT,
    "feature_column": "Prepare the columns with NumPy, and give each a keras.Input.",
    "saved_model": _SAVE,
    "train": "Use keras.optimizers, and model.save_weights for checkpoints.",
    "contrib": "Look for the layer in keras.layers.",
    "layers": "Use tf.keras.layers.",
    "image": "Change pictures with NumPy, or with jax.image.resize.",
    "app": "Call your main function yourself.",
    "logging": "Use Python's logging.",
    "gfile": "Use open and pathlib.",
    "io": "Use open, numpy.load or Pillow.",
    "strings": "Use Python's own text methods before the data goes into a Dataset.",
    "RaggedTensor": "Pad rows to one length: keras.utils.pad_sequences.",
    "distribute": "Leave it out: train on one device.",
    "summary": "Read the History that fit returns, or use callbacks.CSVLogger.",
    "set_random_seed": "Write tf.random.set_seed(seed).",
    "random_normal": "Write tf.random.normal.",
    "random_uniform": "Write tf.random.uniform.",
    "truncated_normal": "Write tf.random.truncated_normal.",
    "log": "Write tf.math.log.",
    "div": "Write tf.divide.",
    "mul": "Write tf.multiply.",
    "sub": "Write tf.subtract.",
    "to_float": "Write tf.cast(x, tf.float32).",
    "examples": "Write tf.keras.datasets.mnist.load_data().",
    "compat.v1": "TensorFlow 1's sessions and graphs are not there. " + _FIT,
    "python": "Import from tensorflow.keras.",
}
# Rooms of keras that stand in tf, too.
_SHARED = ("initializers", "losses", "metrics", "optimizers")
# Initializers in tf itself, by their class in lamella.initializers.
_INITIALIZERS = {
    "constant_initializer": "Constant",
    "zeros_initializer": "Zeros",
    "ones_initializer": "Ones",
    "random_normal_initializer": "RandomNormal",
    "random_uniform_initializer": "RandomUniform",
}


def places() -> dict[str, Place]:
    """The Place of each module below tf, by its path: "", "math", "nn" ..."""
    names: dict[str, dict[str, Any]] = {"": {}, "python": {}}
    for full, value in TABLE.items():
        room, _, name = full.rpartition(".")
        if room != "K":
            parts = room.split(".")
            for depth in range(1, len(parts) + 1):
                names.setdefault(".".join(parts[:depth]), {})
            names[room][name] = value
    names[""].update({name: getattr(initializers, own) for name, own in _INITIALIZERS.items()})
    root = {name: text for name, text in GONE.items() if "." not in name}
    found = {
        room: Place(names=names[room], gone={} if room else root, advice=GONE.get(room, ""))
        for room in names
    }
    found.update({room: Place(homes=(f"lamella.{room}",)) for room in _SHARED})
    return found
