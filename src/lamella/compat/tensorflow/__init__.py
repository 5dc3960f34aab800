"""The names of `tf` that study code uses, on top of lamella.ops. TensorFlow itself is not used."""
