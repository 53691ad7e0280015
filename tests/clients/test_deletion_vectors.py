"""The decoder that the conformance run trusts, against the specification and against what it must refuse."""
import struct
import zlib

import numpy as np
import pytest

import deletion_vectors
from deletion_vectors import Broken, MAGIC, decode, of_file, rows, unz85

# From a table that Spark wrote.
INLINE = {"storageType": "i", "pathOrInlineDv": "^Bg9^0rr910000000000iXQKl0rr91000935c8Xg000311onP9",
          "sizeInBytes": 40, "cardinality": 4}


def vector(*buckets):
    return struct.pack("<IQ", MAGIC, len(buckets)) + b"".join(buckets)


def bucket(key, *containers, runs=False):
    """Containers are (key, cardinality, bytes)."""
    size = len(containers)
    heads = b"".join(struct.pack("<HH", k, n - 1) for k, n, _ in containers)
    bodies = b"".join(body for _, _, body in containers)
    if runs:
        assert size < deletion_vectors.OFFSETS_FROM
        flags = sum(1 << i for i in range(size)).to_bytes((size + 7) // 8, "little")
        return struct.pack("<II", key, deletion_vectors.WITH_RUNS | (size - 1) << 16) + flags + heads + bodies
    return struct.pack("<III", key, deletion_vectors.NO_RUNS, size) + heads + bytes(4 * size) + bodies


def array(key, values):
    return key, len(values), np.array(values, "<u2").tobytes()


def stored(data):
    return b"\x01" + struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))


def test_an_inline_vector():
    assert rows(INLINE).tolist() == [0, 1, 4, 5]


def test_the_example_of_the_specification():
    """Delta PROTOCOL.md, "JSON Example 3": its bitmap. What it has around it is an older layout, which the
    text of the specification does not describe."""
    data = unz85("wi5b=000010000siXQKl0rr91000f55c8Xg0@@D72lkbi5=-{L")
    with pytest.raises(Broken, match="magic"):
        decode(data)
    assert decode(vector(struct.pack("<I", 0) + data[12:])).tolist() == [3, 4, 7, 11, 18, 29]


def test_arrays_in_several_containers_and_buckets():
    data = vector(bucket(0, array(0, [1, 65535]), array(2, [0])), bucket(1, array(0, [9])))
    assert decode(data).tolist() == [1, 65535, 2 << 16, (1 << 32) + 9]


def test_runs():
    data = vector(bucket(0, (0, 5, struct.pack("<HHHHH", 2, 10, 2, 20, 1)), runs=True))
    assert decode(data).tolist() == [10, 11, 12, 20, 21]


def test_bits():
    values = np.arange(0, 65536, 7)
    bits = np.zeros(65536, np.uint8)
    bits[values] = 1
    data = vector(bucket(0, (3, len(values), np.packbits(bits, bitorder="little").tobytes())))
    assert decode(data).tolist() == (values + (3 << 16)).tolist()


def test_no_rows():
    assert decode(vector()).tolist() == []


def test_a_file_of_two():
    one, two = vector(bucket(0, array(0, [1]))), vector(bucket(0, array(0, [2, 3])))
    content = stored(one) + stored(two)[1:]
    at = 1 + 8 + len(one)
    assert decode(of_file(content, 1, len(one))).tolist() == [1]
    found = rows({"storageType": "p", "pathOrInlineDv": "x", "offset": at, "sizeInBytes": len(two),
                  "cardinality": 2}, read=lambda _: content)
    assert found.tolist() == [2, 3]


GOOD = vector(bucket(0, array(0, [1, 5])))


@pytest.mark.parametrize("data", [
    b"", GOOD[:-1], GOOD + b"\0", b"\0" + GOOD[1:], vector(bucket(2**31, array(0, [1]))),
    vector(bucket(0, array(0, [5, 1]))), vector(bucket(0, array(0, [1, 1]))),
    vector(bucket(1, array(0, [1])), bucket(0, array(0, [1]))),
    vector(bucket(0, (0, 9, struct.pack("<HHH", 1, 10, 2)), runs=True))],
    ids=["empty", "short", "long", "magic", "negative", "order", "twice", "buckets", "cardinality"])
def test_a_broken_vector(data):
    with pytest.raises(Broken):
        decode(data)


@pytest.mark.parametrize("content, size", [
    (b"\x02" + stored(GOOD)[1:], len(GOOD)), (stored(GOOD), len(GOOD) - 1), (stored(GOOD)[:-1], len(GOOD)),
    (stored(GOOD)[:-1] + bytes([stored(GOOD)[-1] ^ 1]), len(GOOD))],
    ids=["version", "size", "short", "checksum"])
def test_a_broken_file(content, size):
    with pytest.raises(Broken):
        of_file(content, 1, size)


@pytest.mark.parametrize("change", [{"cardinality": 5}, {"sizeInBytes": 39}, {"sizeInBytes": 41},
                                    {"pathOrInlineDv": "~" * 50}, {"storageType": "u"}])
def test_a_descriptor_that_does_not_fit(change):
    with pytest.raises(Broken):
        rows({**INLINE, **change})


def test_z85():
    assert unz85("HelloWorld") == bytes.fromhex("864fd26fb559f75b")
    assert unz85("Hello##093") == bytes.fromhex("864fd26f0300")
    for broken in ("Hell", "##093Hello", "#####", "Hello####0", "##%nS", "Hell~"):
        with pytest.raises(Broken):
            unz85(broken)
