"""How a peer talks to tests/bench/run, and the shapes of the reference job.

A peer makes its model, warms it up and prints one line of JSON about itself. Then it answers each line `NAME COUNT` on
stdin by doing that work so many times, after a little of it untimed, with one line: {"ms": [...]}, milliseconds each.
It ends when stdin does. The works: "update", one step of training; "window", one character from the last STEPS
characters; "step", one character from the one before and the state kept. A peer offers those that it has.
"""
import json
import os
import sys
import time

BATCH, STEPS, UNITS, DROPOUT = 30, 50, 300, 0.2
BATCHES = 64  # of random data, taken in turn: a model that knows its few samples by heart would meet denormals


def timed(work, count):
  """Milliseconds of each of `count` calls, after a few that are not timed."""
  for _ in range(max(2, count // 20)):
    work()
  times, now = [], time.perf_counter
  for _ in range(count):
    start = now()
    work()
    times.append(1e3 * (now() - start))
  return times


def serve(about, works):
  """works: name -> function(count) that gives a list of milliseconds."""
  answers = os.fdopen(os.dup(1), "w")
  os.dup2(2, 1)  # what libraries print is no answer
  for work in works.values():
    work(3)
  print(json.dumps({**about, "works": list(works)}), file=answers, flush=True)
  for line in sys.stdin:
    name, count = line.split()
    print(json.dumps({"ms": works[name](int(count))}), file=answers, flush=True)
