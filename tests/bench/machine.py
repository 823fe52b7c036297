"""What this machine is, in words that name no host, and which of its cores a benchmark runs on."""
import os
import platform
import re
import shutil
import subprocess
from pathlib import Path

ALLOWED = os.sched_getaffinity(0)  # as given to us, before pin


def _first(path, otherwise=""):
  try:
    return Path(path).read_text().strip()
  except OSError:
    return otherwise


def _siblings(core):
  """The first of the hardware threads that share this one's core."""
  return int(re.match(r"\d+", _first(f"/sys/devices/system/cpu/cpu{core}/topology/thread_siblings_list", str(core)))[0])


def cores_for(threads):
  """As many of the allowed cores, none of them two halves of one as long as others are left."""
  whole = sorted({_siblings(core) for core in ALLOWED} & ALLOWED)
  halves = sorted(ALLOWED - set(whole))
  return set((whole + halves)[:threads])


def pin(threads):
  """From here on this process and its children run on as many cores as they have threads, always the same ones."""
  os.sched_setaffinity(0, cores_for(threads))


def unpin():
  os.sched_setaffinity(0, ALLOWED)


def cpu_flags():
  found = re.search(r"^(?:flags|Features)\s*:(.*)$", _first("/proc/cpuinfo"), re.MULTILINE)
  return set(found[1].split()) if found else set()


def has_avx512():
  return {"avx512f", "avx512bw", "avx512dq", "avx512vl"} <= cpu_flags()


def _flags_class():
  flags = cpu_flags()
  if has_avx512():
    return "AVX-512" + (" with BF16" if "avx512_bf16" in flags else "")
  if {"avx2", "fma"} <= flags:
    return "AVX2, no AVX-512"
  return f"{platform.machine()}, no AVX2"


def _cpu_name():
  fields = dict(re.findall(r"^(model name|cpu family|model)\s*:\s*(.*)$", _first("/proc/cpuinfo"), re.MULTILINE))
  name = fields.get("model name", platform.machine())
  return f"{name} (family {fields['cpu family']}, model {fields['model']})" if "cpu family" in fields else name


def _caches():
  found = []
  for index in sorted(Path("/sys/devices/system/cpu/cpu0/cache").glob("index*")):
    if _first(index / "type") != "Instruction":
      kilobytes = int(_first(index / "size", "0K").rstrip("K"))
      size = f"{kilobytes // 1024} MB" if kilobytes >= 1024 else f"{kilobytes} KB"
      found.append(f"L{_first(index / 'level')} {size}")
  return ", ".join(found) or "caches unknown"


def system():
  found = re.search(r'^PRETTY_NAME="(.*)"$', _first("/etc/os-release"), re.MULTILINE)
  return found[1] if found else platform.system()


def compiler():
  """The first line of what the C compiler says it is."""
  cc = os.environ.get("CC") or "cc"
  if not shutil.which(cc):
    return "no C compiler"
  return subprocess.run([cc, "--version"], capture_output=True, text=True, check=False).stdout.splitlines()[0]


def describe():
  memory = int(re.search(r"MemTotal:\s*(\d+)", _first("/proc/meminfo", "MemTotal: 0"))[1]) / 2**20
  return f"{_cpu_name()}, {_flags_class()}; {len(ALLOWED)} cores allowed; {_caches()}; {memory:.0f} GB; {system()}"


def warn_if_busy(say):
  load = os.getloadavg()[0]
  if load > 0.5:
    say(f"The load here is {load:.1f}: other programs run, and figures will be worse than this machine's.")
