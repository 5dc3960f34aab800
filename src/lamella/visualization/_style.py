"""The look of a report, light and dark."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --page: #f8fafc; --card: #ffffff; --text: #0f172a;
  --soft: #475569; --line: #cbd5e1; --grid: #e2e8f0; --right: 21, 128, 61; --wrong: 185, 28, 28;
  --s0: #1d4ed8; --s1: #c2410c; --s2: #15803d; --s3: #7e22ce; }
@media (prefers-color-scheme: dark) { :root { --page: #0b1120; --card: #131c2e; --text: #e2e8f0;
  --soft: #a3b1c6; --line: #334155; --grid: #243047; --right: 34, 160, 84; --wrong: 220, 60, 60;
  --s0: #7cacff; --s1: #fb923c; --s2: #4ade80; --s3: #d8b4fe; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text);
  font: 15px/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; display: grid; gap: 18px;
  grid-template-columns: repeat(2, minmax(0, 1fr)); }
h1, section { grid-column: 1 / -1; }
section.half { grid-column: auto; }
@media (max-width: 900px) { section.half { grid-column: 1 / -1; } }
h1 { font-size: 26px; margin: 0; }
h2 { font-size: 17px; margin: 0 0 14px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 20px 22px; min-width: 0; }
.note, figcaption { color: var(--soft); }
.note { margin: -8px 0 10px; font-size: 13px; }
.wide { overflow-x: auto; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(180px, 1fr)); gap: 14px;
  margin: 0; }
.facts dt { color: var(--soft); font-size: 13px; }
.facts dd { margin: 0; font-size: 18px; font-weight: 600; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(430px, 100%), 1fr));
  gap: 18px; }
.chart { width: 100%; height: auto; }
.chart text { fill: var(--text); font-size: 12px; }
.chart .tick { fill: var(--soft); }
.chart .chart-title { font-weight: 600; font-size: 14px; }
.chart .grid { stroke: var(--grid); }
.chart .axis { stroke: var(--soft); fill: none; }
.chart .curve { fill: none; stroke-width: 2; }
.s0 { --s: var(--s0); } .s1 { --s: var(--s1); } .s2 { --s: var(--s2); } .s3 { --s: var(--s3); }
.chart .curve { stroke: var(--s); }
.chart .dot { fill: var(--s); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
.matrix th { font-weight: 500; }
.matrix tbody th, .scores tbody th { text-align: right; padding: 2px 10px 2px 0;
  white-space: nowrap; }
.matrix thead th { vertical-align: bottom; padding: 0 0 6px; }
.matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.matrix tbody td { width: 40px; min-width: 30px; height: 32px; text-align: center;
  border: 1px solid var(--line); }
.matrix .right { background: rgba(var(--right), var(--share, 0)); }
.matrix .wrong { background: rgba(var(--wrong), var(--share, 0)); }
.matrix .strong { color: #ffffff; font-weight: 600; }
.scores td, .scores thead th { padding: 4px 14px; text-align: right; }
.scores tbody tr { border-top: 1px solid var(--line); }
.mistakes { display: grid; grid-template-columns: repeat(auto-fill, minmax(116px, 1fr));
  gap: 16px; }
figure { margin: 0; }
figure img { width: 100%; image-rendering: pixelated; border-radius: 6px; display: block;
  background: #000000; }
figcaption { font-size: 12.5px; line-height: 1.35; margin-top: 5px; }
figcaption b { color: var(--text); }
.paper { background: #ffffff; border-radius: 8px; padding: 8px; overflow: auto;
  max-height: 900px; text-align: center; }
pre { overflow-x: auto; margin: 0; font: 12.5px/1.25 ui-monospace, Menlo, Consolas,
  "DejaVu Sans Mono", monospace; }
"""
