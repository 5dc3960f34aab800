"""Line charts, drawn as SVG with nothing but the standard library."""

from lamella._chart.lines import Chart as Chart
from lamella._chart.lines import beside as beside
from lamella._chart.lines import line_chart as line_chart
