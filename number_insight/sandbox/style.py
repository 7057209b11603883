"""The style sheet of the sandbox's page, which loads nothing from elsewhere."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1c2733; --soft: #5b6b7b; --line: #dde3e9;
  --paper: #fff; --ground: #f4f6f8; --accent: #17527a; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9ee; --soft: #9aa8b5; --line: #33404c;
  --paper: #1a222a; --ground: #11171d; --accent: #7cc0ee; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
header, main, footer { max-width: 80rem; margin: 0 auto; padding: 0 1.5rem; }
header { padding-top: 2rem; }
h1 { margin: 0; font-size: 1.6rem; letter-spacing: -.01em; }
h2 { margin: 2.2rem 0 .6rem; font-size: 1.1rem; }
p { margin: .3rem 0 .9rem; color: var(--soft); max-width: 46rem; }
dl { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0 0; }
dl div { background: var(--paper); border: 1px solid var(--line); border-radius: 8px;
  padding: .7rem 1.1rem; min-width: 9rem; }
dt { color: var(--soft); font-size: .8rem; }
dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; background: var(--paper); border: 1px solid var(--line);
  border-radius: 8px; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .45rem .9rem; text-align: left; border-bottom: 1px solid var(--line);
  vertical-align: top; }
tbody tr:last-child td { border-bottom: 0; }
th { color: var(--soft); font-size: .8rem; font-weight: 600; white-space: nowrap; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: nowrap; }
small { color: var(--soft); margin-left: .4rem; white-space: nowrap; }
.amount { text-align: right; font-variant-numeric: tabular-nums; }
.whole { white-space: nowrap; }
.with { overflow-wrap: anywhere; min-width: 11rem; }
.none { background: var(--paper); border: 1px dashed var(--line); border-radius: 8px;
  padding: 1.2rem; max-width: none; text-align: center; }
.tag { display: inline-block; border-radius: 99px; padding: 0 .6rem; font-size: .85rem;
  font-weight: 600; background: #e6ebf0; color: #3d4b59; }
.tag.allow { background: #dcf2e3; color: #14603a; }
.tag.review { background: #fdeecb; color: #774c00; }
.tag.deny { background: #fbdedc; color: #96201b; }
a { color: var(--accent); }
footer { padding-top: 1.6rem; padding-bottom: 2.5rem; color: var(--soft); }
"""
