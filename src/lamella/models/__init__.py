"""Model, Sequential and what makes models from models."""

from lamella.models.cloning import clone_model as clone_model
from lamella.models.from_json import model_from_json as model_from_json
from lamella.models.model import Functional as Functional
from lamella.models.model import Model as Model
from lamella.models.sequential import Sequential as Sequential
from lamella.saving import load_model as load_model
from lamella.saving import save_model as save_model
