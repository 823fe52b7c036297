"""Philox4x32-10, the generator of lstmc (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011), in numpy.

Run as a program it tests itself against the known answers that Random123 publishes.
"""
import numpy as np

MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
WEYL = 0x9E3779B9, 0xBB67AE85
HALF = np.uint64(32)
WORD = np.uint64(0xFFFFFFFF)


def philox(key, counters):
  """Blocks of four words: key (k0, k1), counters (n, 4) -> (n, 4) uint32."""
  k0, k1 = key
  c0, c1, c2, c3 = np.asarray(counters, np.uint64).T
  for _ in range(10):
    p0, p1 = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]  # 64 bits: high word, low word
    c0, c2 = (p1 >> HALF) ^ c1 ^ np.uint64(k0), (p0 >> HALF) ^ c3 ^ np.uint64(k1)
    c1, c3 = p1 & WORD, p0 & WORD
    k0, k1 = (k0 + WEYL[0]) & 0xFFFFFFFF, (k1 + WEYL[1]) & 0xFFFFFFFF
  return np.stack([c0, c1, c2, c3], axis=1).astype(np.uint32)


def words(key, count):
  """The first `count` words of the blocks with counters (0,0,0,0), (1,0,0,0), ..."""
  counters = np.zeros((-(-count // 4), 4), np.uint64)
  counters[:, 0] = np.arange(len(counters))
  return philox(key, counters).ravel()[:count]


KNOWN_ANSWERS = [  # key, counter, result
  ("00000000 00000000", "00000000 00000000 00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
  ("ffffffff ffffffff", "ffffffff ffffffff ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
  ("a4093822 299f31d0", "243f6a88 85a308d3 13198a2e 03707344", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]

if __name__ == "__main__":
  for known in KNOWN_ANSWERS:
    key, counter, want = ([int(word, 16) for word in text.split()] for text in known)
    got = philox(key, [counter])[0].tolist()
    assert got == want, (known, [f"{word:08x}" for word in got])
  print(f"philox: {len(KNOWN_ANSWERS)} known answers agree")
