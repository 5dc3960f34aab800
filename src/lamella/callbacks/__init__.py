"""Objects that are told of what happens while a model trains."""

from lamella.callbacks.base import Callback as Callback
from lamella.callbacks.container import CallbackList as CallbackList
from lamella.callbacks.history import History as History
from lamella.callbacks.progress import ProgressBar as ProgressBar
