"""Our own side: builds lstmc as its release preset does, emits and builds trainers, runs their bench."""
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
PREFIX = SOURCE / "build" / "prefix"
WORK = SOURCE / "build" / "bench"
LSTMC = PREFIX / "bin" / "lstmc"


class Failed(Exception):
  """A program did not do what it was started for; says which and why."""


def say(text):
  print(text, file=sys.stderr, flush=True)


def environment(**more):
  """Ours without what halves OpenBLAS where it was left behind, and without graphics cards."""
  kept = {k: v for k, v in os.environ.items() if k not in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")}
  return {**kept, "CUDA_VISIBLE_DEVICES": "", **more}


def call(command, seconds=600, memory=0, **more):
  """The command's stdout. `memory`: bytes of address space, 0 for no limit."""

  def limit():
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

  command = [str(word) for word in command]
  called = " ".join([Path(command[0]).name, *command[1:2]]).replace(f"{SOURCE}/", "")
  try:
    done = subprocess.run(
      command, capture_output=True, text=True, timeout=seconds, check=False, stdin=subprocess.DEVNULL,
      preexec_fn=limit if memory else None, **{"env": environment(), **more},
    )
  except subprocess.TimeoutExpired:
    raise Failed(f"`{called} ...` took longer than {seconds} s") from None
  except OSError as error:
    raise Failed(f"`{called} ...`: {error.strerror}") from None
  if done.returncode != 0:
    why = (done.stderr or done.stdout).strip().splitlines() or [f"exit status {done.returncode}"]
    raise Failed(f"`{called} ...` failed: {' / '.join(why[-3:]).replace(f'{SOURCE}/', '')}")
  return done.stdout


def build_lstmc():
  say("Building lstmc (release)")
  call(["cmake", "--preset", "release"], cwd=SOURCE)
  call(["cmake", "--build", "--preset", "release"], cwd=SOURCE)
  call(["cmake", "--install", SOURCE / "build" / "release", "--prefix", PREFIX])


def corpus():
  """Macbeth where it is to be had, else the text that comes with lstmc (fewer symbols, the same work within 0.1 %)."""
  data = os.environ.get("LSTMC_DATA")
  folders = [SOURCE / "specs", *([Path(data)] if data else []), SOURCE.parent / "shared" / "data"]
  for folder in folders:
    if (folder / "macbeth.txt").is_file():
      return folder / "macbeth.txt"
  return SOURCE / "specs" / "bundled.txt"


def make(name, spec, *options, seconds=600):
  """Emits the trainer of a spec into a folder of this name and builds it; its path."""
  folder, model = WORK / name, "job"
  call([LSTMC, spec, "-o", folder, "--name", model, *options], seconds)
  build = folder / "build"
  call(["cmake", "-S", folder / model, "-B", build, f"-DCMAKE_PREFIX_PATH={PREFIX}"], seconds)
  call(["cmake", "--build", build, "-j", str(len(os.sched_getaffinity(0)))], seconds)
  return build / model


def bench(trainer, threads, isa="auto", seconds=600, memory=0):
  """What `bench --json` says, as a dictionary."""
  return json.loads(call([trainer, "bench", "--json", "--threads", threads, "--isa", isa], seconds, memory))


def symbols(trainer):
  """The number of symbols that the trainer knows."""
  for line in call([trainer, "info"]).splitlines():
    if line.startswith("text: ") and line.endswith(" symbols"):
      return int(line.split()[-2])
  raise Failed(f"`{trainer.name} info` names no symbols")
