"""Deletion vectors, decoded as Delta PROTOCOL.md "Deletion Vectors" and the Roaring format specification
have them, independently of the server's decoder. Whatever is not exactly so is an error.
"""
import struct
import zlib

import numpy as np
import requests

MAGIC = 1681511377
Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
DIGITS = {letter: value for value, letter in enumerate(Z85)}

# Of the Roaring format: containers without runs, with runs, and from how many on these have offsets.
NO_RUNS, WITH_RUNS, OFFSETS_FROM = 12346, 12347, 4
LARGEST_ARRAY = 4096


class Broken(ValueError):
    """No sound deletion vector."""


def demand(condition, what):
    if not condition:
        raise Broken(what)


class Reader:
    def __init__(self, data: bytes):
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        demand(0 <= count <= len(self.data) - self.at, f"ends after {len(self.data)} bytes")
        self.at += count
        return self.data[self.at - count:self.at]

    def number(self, form: str) -> int:
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]

    def shorts(self, count: int) -> np.ndarray:
        return np.frombuffer(self.take(2 * count), "<u2").astype(np.int64)


def unz85(text: str) -> bytes:
    """Z85. Of the last group as many bytes are left out as it begins with "#", as the Rust kernel writes vectors that
    are no multiple of four bytes; no other group can begin so, its value would be too large."""
    demand(len(text) % 5 == 0 and set(text) <= DIGITS.keys(), "is no Z85")
    words = []
    for at in range(0, len(text), 5):
        group = text[at:at + 5]
        digits = group.lstrip("#") if at + 5 == len(text) else group
        value = 0
        for letter in digits:
            value = value * 85 + DIGITS[letter]
        size = 4 - (5 - len(digits))
        demand(size > 0 and value < 256**size, "is no Z85")
        words.append(value.to_bytes(size, "big"))
    return b"".join(words)


def _container(reader: Reader, cardinality: int, runs: bool) -> np.ndarray:
    if runs:
        pairs = reader.shorts(2 * reader.number("<H")).reshape(-1, 2)
        found = [np.arange(start, start + more + 1) for start, more in pairs]
        return np.concatenate(found) if found else np.empty(0, np.int64)
    if cardinality <= LARGEST_ARRAY:
        return reader.shorts(cardinality)
    bits = np.frombuffer(reader.take(8192), np.uint8)
    return np.flatnonzero(np.unpackbits(bits, bitorder="little"))


def _bitmap(reader: Reader) -> np.ndarray:
    """A Roaring bitmap of 32-bit values."""
    cookie = reader.number("<I")
    if cookie & 0xFFFF == WITH_RUNS:
        size = (cookie >> 16) + 1
        flags = np.unpackbits(np.frombuffer(reader.take((size + 7) // 8), np.uint8), bitorder="little")
    else:
        demand(cookie == NO_RUNS, f"has the cookie {cookie}")
        size = reader.number("<I")
        demand(size <= 65536, f"has {size} containers")
        flags = np.zeros(size, np.uint8)
    heads = reader.shorts(2 * size).reshape(-1, 2)
    if cookie == NO_RUNS or size >= OFFSETS_FROM:
        reader.take(4 * size)  # offsets: the containers follow one another anyway
    parts = [np.empty(0, np.int64)]
    for (key, less), runs in zip(heads, flags):
        low = _container(reader, int(less) + 1, bool(runs))
        demand(len(low) == less + 1, f"has {len(low)} values in a container of {less + 1}")
        parts.append((int(key) << 16) + low)
    return np.concatenate(parts)


def decode(data: bytes) -> np.ndarray:
    """The rows, ascending, of a serialized vector: magic number and 64-bit bitmap."""
    reader = Reader(data)
    demand(reader.number("<I") == MAGIC, "has another magic number")
    parts = [np.empty(0, np.int64)]
    for _ in range(reader.number("<Q")):
        key = reader.number("<I")
        demand(key < 2**31, f"has the key {key}")
        parts.append((key << 32) + _bitmap(reader))
    demand(reader.at == len(data), f"has {len(data) - reader.at} bytes behind its end")
    rows = np.concatenate(parts)
    demand(bool(np.all(rows[1:] > rows[:-1])), "is not in order")
    return rows


def of_file(content: bytes, offset: int, size: int) -> bytes:
    """The vector at `offset` of a file of vectors, its size and checksum checked."""
    demand(content[:1] == b"\x01", f"lies in a file of version {content[:1].hex()}")
    reader = Reader(content)
    reader.take(offset)
    demand(reader.number(">I") == size, f"has not the {size} bytes that the log says")
    data = reader.take(size)
    demand(reader.number(">I") == zlib.crc32(data), "has a wrong checksum")
    return data


def fetch(url: str) -> bytes:
    answer = requests.get(url, timeout=60)
    assert answer.status_code == 200, answer.text[:300]
    return answer.content


def rows(descriptor: dict, read=fetch) -> np.ndarray:
    """The rows that a descriptor deletes. `read` gives a file's bytes from what the descriptor names."""
    if descriptor["storageType"] == "i":
        data = unz85(descriptor["pathOrInlineDv"])
        demand(len(data) >= descriptor["sizeInBytes"], "is shorter than the log says")
        data = data[:descriptor["sizeInBytes"]]
    else:
        demand(descriptor["storageType"] == "p", f"is of type {descriptor['storageType']}: no recipient finds it")
        content = read(descriptor["pathOrInlineDv"])
        data = of_file(content, descriptor.get("offset") or 0, descriptor["sizeInBytes"])
    found = decode(data)
    demand(len(found) == descriptor["cardinality"],
           f"has {len(found)} rows, and the log says {descriptor['cardinality']}")
    return found
