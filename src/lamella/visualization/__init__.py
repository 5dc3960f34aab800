"""Models as tables and pictures, and a report of a training run."""

from lamella.visualization.diagram import Diagram as Diagram
from lamella.visualization.diagram import from_model as from_model
from lamella.visualization.plot import Dot as Dot
from lamella.visualization.plot import model_to_dot as model_to_dot
from lamella.visualization.plot import plot_model as plot_model
from lamella.visualization.reports import training_report as training_report
from lamella.visualization.svg import render_svg as render_svg
from lamella.visualization.tables import summary as summary
from lamella.visualization.tables import summary_text as summary_text
