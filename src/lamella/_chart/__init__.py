"""Line charts as SVG and pixels as PNG, with nothing but the standard library and NumPy."""

from lamella._chart.lines import Chart as Chart
from lamella._chart.lines import beside as beside
from lamella._chart.lines import line_chart as line_chart
from lamella._chart.pictures import encode_png as encode_png
