"""What is told of the course of training, and can change it."""

from lamella.callbacks.backup import BackupAndRestore as BackupAndRestore
from lamella.callbacks.base import Callback as Callback
from lamella.callbacks.checkpoint import ModelCheckpoint as ModelCheckpoint
from lamella.callbacks.container import CallbackList as CallbackList
from lamella.callbacks.csv_logger import CSVLogger as CSVLogger
from lamella.callbacks.early_stopping import EarlyStopping as EarlyStopping
from lamella.callbacks.history import History as History
from lamella.callbacks.lambda_callback import LambdaCallback as LambdaCallback
from lamella.callbacks.orbax import OrbaxCheckpoint as OrbaxCheckpoint
from lamella.callbacks.plateau import ReduceLROnPlateau as ReduceLROnPlateau
from lamella.callbacks.progress import ProgbarLogger as ProgbarLogger
from lamella.callbacks.progress import ProgressBar as ProgressBar
from lamella.callbacks.remote import RemoteMonitor as RemoteMonitor
from lamella.callbacks.scheduler import LearningRateScheduler as LearningRateScheduler
from lamella.callbacks.swap_ema import SwapEMAWeights as SwapEMAWeights
from lamella.callbacks.tensorboard import TensorBoard as TensorBoard
from lamella.callbacks.terminate_on_nan import InvalidLoss as InvalidLoss
from lamella.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN
