"""Tables as text that is readable on a terminal and as Markdown, and tests/bench/RESULTS.md, a section for each run."""
import math
import re
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "RESULTS.md"
TITLE = """# Measured

Written by `tests/bench/run --write` and `tests/bench/sweep --write`; each section is one run on one machine. Compare
ratios and shares of the peak, which were measured in the same run, not milliseconds of different machines. README.md in
this folder tells how to read the tables.
"""


def number(x, digits=3):
  """Three digits are as many as rounds on a machine that others use agree in."""
  if x is None:
    return "—"
  return f"{x:.{max(0, digits - 1 - math.floor(math.log10(x)))}f}" if x > 0 else "0"


def count(n, what):
  return f"{n} {what}{'' if n == 1 else 's'}"


def percent(x):
  return "—" if x is None else f"{100 * x:.0f} %"


def ratio(x):
  return "—" if x is None else f"{x:.2f}"


def table(heads, rows):
  """The first column is text, the others are numbers."""
  widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]

  def line(cells):
    return "| " + " | ".join([cells[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells[1:], widths[1:]))]) + " |"

  rule = "|" + "|".join(["-" * (widths[0] + 2), *("-" * (w + 1) + ":" for w in widths[1:])]) + "|"
  return "\n".join([line(heads), rule, *(line(row) for row in rows)])


def _git(*words):
  return subprocess.run(["git", "-C", HERE, *words], capture_output=True, text=True, check=False).stdout.strip()


def commit():
  """Which lstmc was measured."""
  changed = _git("status", "--porcelain", "-uno", ":/compiler", ":/runtime", ":/specs")
  return (_git("rev-parse", "--short", "HEAD") or "unknown") + (" with changes" if changed else "")


def write(title, body):
  """Puts a section in the place of the one of this title, or at the end."""
  text = RESULTS.read_text() if RESULTS.exists() else TITLE
  sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
  sections = [TITLE + "\n", *(s.rstrip() + "\n\n" for s in sections[1:])]
  new = f"## {title}\n\n{body.strip()}\n\n"
  for i, section in enumerate(sections):
    if section.startswith(f"## {title}\n"):
      sections[i] = new
      break
  else:
    sections.append(new)
  RESULTS.write_text("".join(sections).rstrip() + "\n")
