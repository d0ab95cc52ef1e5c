"""Hash values of byte strings that are the same everywhere: FarmHash's Fingerprint64 and SipHash-2-4.

Strings of one length are hashed together: every step of the algorithms is then one operation on an array of 64-bit
words, whose arithmetic wraps around as it does in C.

Sources: FarmHash 1.1, ``farmhashna::Hash64`` (G. Pike, 2014), which TensorFlow's `to_hash_bucket_fast` is; Aumasson and
Bernstein 2012, "SipHash: a fast short-input PRF", section 2; TensorFlow, ``tsl/platform/fingerprint.h``, for how two
fingerprints are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from weigh.compute.lazy import numpy

Words = Any
"""A NumPy array of unsigned 64-bit words, one for each string."""

_MASK = (1 << 64) - 1
_K0, _K1, _K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F
_SEED = 81
_JOINING = 0xC6A4A7935BD1E995


def fingerprints(strings: Sequence[bytes]) -> Words:
    """Return FarmHash's Fingerprint64 of each string."""
    return _by_length(strings, _farm)


def keyed(strings: Sequence[bytes], key: Sequence[int]) -> Words:
    """Return SipHash-2-4 of each string under a key of two 64-bit words."""
    first, second = (int(word) & _MASK for word in key)
    return _by_length(strings, lambda block: _sip(block, first, second))


def joined(left: Words, right: Words) -> Words:
    """Return one fingerprint for each pair of fingerprints; the order matters."""
    return _mix(_mix((left ^ _JOINING ^ (_mix(right * _JOINING) * _JOINING)) * _JOINING) * _JOINING)


def _by_length(strings: Sequence[bytes], hashed: Callable[[Any], Words]) -> Words:
    """Return ``hashed(block)`` for the strings of each length, ``block`` being bytes of shape (strings, length)."""
    places: dict[int, list[int]] = {}
    for place, string in enumerate(strings):
        places.setdefault(len(string), []).append(place)
    result = numpy.empty(len(strings), numpy.uint64)
    for length, here in places.items():
        together = b"".join([strings[place] for place in here])
        result[here] = hashed(numpy.frombuffer(together, numpy.uint8).reshape(len(here), length))
    return result


# FarmHash -----------------------------------------------------------------------------------------------------------


def _farm(block: Any) -> Words:
    count, length = block.shape
    if length <= 16:
        return _farm_to_16(block, count, length)
    if length <= 32:
        return _farm_to_32(block, length)
    return _farm_to_64(block, length) if length <= 64 else _farm_long(block, length)


def _farm_to_16(block: Any, count: int, length: int) -> Words:
    factor = (_K2 + 2 * length) & _MASK
    if length >= 8:
        a, b = _word(block, 0) + _K2, _word(block, length - 8)
        return _of_two(_rotated(b, 37) * factor + a, (_rotated(a, 25) + b) * factor, factor)
    if length >= 4:
        first, last = (_word(block, at, "<u4") for at in (0, length - 4))
        return _of_two(length + (first << 3), last, factor)
    if length:
        first, middle, last = (block[:, at].astype(numpy.uint64) for at in (0, length >> 1, length - 1))
        return _mix((first + (middle << 8)) * _K2 ^ (length + (last << 2)) * _K0) * _K2
    return numpy.full(count, _K2, numpy.uint64)


def _farm_to_32(block: Any, length: int) -> Words:
    factor = (_K2 + 2 * length) & _MASK
    a, b = _word(block, 0) * _K1, _word(block, 8)
    c, d = _word(block, length - 8) * factor, _word(block, length - 16) * _K2
    return _of_two(_rotated(a + b, 43) + _rotated(c, 30) + d, a + _rotated(b + _K2, 18) + c, factor)


def _farm_to_64(block: Any, length: int) -> Words:
    factor = (_K2 + 2 * length) & _MASK
    a, b = _word(block, 0) * _K2, _word(block, 8)
    c, d = _word(block, length - 8) * factor, _word(block, length - 16) * _K2
    y = _rotated(a + b, 43) + _rotated(c, 30) + d
    z = _of_two(y, a + _rotated(b + _K2, 18) + c, factor)
    e, f = _word(block, 16) * factor, _word(block, 24)
    g, h = (y + _word(block, length - 32)) * factor, (z + _word(block, length - 24)) * factor
    return _of_two(_rotated(e + f, 43) + _rotated(g, 30) + h, e + _rotated(f + a, 18) + g, factor)


def _farm_long(block: Any, length: int) -> Words:
    def full(value: int) -> Words:
        return numpy.full(len(block), value & _MASK, numpy.uint64)

    y = full(_SEED * _K1 + 113)
    z = _mix(y * _K2 + 113) * _K2
    v, w = (full(0), full(0)), (full(0), full(0))
    x = full(_SEED * _K2) + _word(block, 0)
    rounds = (length - 1) // 64
    for at in range(0, 64 * rounds, 64):
        x, y, z, v, w = _farm_round(block, at, full(_K1), (x, y, z, v, w), times=1, more=0)
    factor = _K1 + ((z & 0xFF) << 1)
    x, y, z, v, w = _farm_round(block, length - 64, factor, (x, y, z, v, w), times=9, more=(length - 1) & 63)
    return _of_two(
        _of_two(v[0], w[0], factor) + _mix(y) * _K0 + z,
        _of_two(v[1], w[1], factor) + x,
        factor,
    )


def _farm_round(block: Any, at: int, factor: Words, state: Any, times: int, more: int) -> Any:
    """Return the state after 64 more bytes; in the last round they overlap those before, and count otherwise."""
    x, y, z, v, w = state
    if times > 1:
        first = w[0] + more
        v = (v[0] + first, v[1])
        w = (first + v[0], w[1])
    x = _rotated(x + y + v[0] + _word(block, at + 8), 37) * factor
    y = _rotated(y + v[1] + _word(block, at + 48), 42) * factor
    x = x ^ (w[1] * times)
    y = y + v[0] * times + _word(block, at + 40)
    z = _rotated(z + w[0], 33) * factor
    v = _of_32(block, at, v[1] * factor, x + w[0])
    w = _of_32(block, at + 32, z + w[1], y + _word(block, at + 16))
    return z, y, x, v, w


def _of_32(block: Any, at: int, a: Words, b: Words) -> tuple[Words, Words]:
    w, x, y, z = (_word(block, at + offset) for offset in (0, 8, 16, 24))
    first = a + w
    b = _rotated(b + first + z, 21)
    a = first + x + y
    return a + z, b + _rotated(a, 44) + first


def _of_two(u: Words, v: Words, factor: Any) -> Words:
    return _mix((v ^ _mix((u ^ v) * factor)) * factor) * factor


def _mix(value: Words) -> Words:
    return value ^ (value >> 47)


def _rotated(value: Words, shift: int) -> Words:
    return (value >> shift) | (value << (64 - shift))


def _word(block: Any, at: int, form: str = "<u8") -> Words:
    """Return the little-endian word that begins at a place of each string."""
    size = int(form[-1])
    return numpy.ascontiguousarray(block[:, at : at + size]).view(form)[:, 0].astype(numpy.uint64)


# SipHash ------------------------------------------------------------------------------------------------------------


def _sip(block: Any, first: int, second: int) -> Words:
    count, length = block.shape
    v = [
        numpy.full(count, word ^ key, numpy.uint64)
        for word, key in zip(
            (0x736F6D6570736575, 0x646F72616E646F6D, 0x6C7967656E657261, 0x7465646279746573),
            (first, second, first, second),
            strict=True,
        )
    ]
    whole = length // 8 * 8
    last = numpy.zeros((count, 8), numpy.uint8)
    last[:, : length - whole] = block[:, whole:]
    last[:, 7] = length & 0xFF
    for word in (*(_word(block, at) for at in range(0, whole, 8)), _word(last, 0)):
        v[3] = v[3] ^ word
        v = _sip_rounds(v, 2)
        v[0] = v[0] ^ word
    v[2] = v[2] ^ 0xFF
    v = _sip_rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def _sip_rounds(v: list[Words], rounds: int) -> list[Words]:
    a, b, c, d = v
    for _ in range(rounds):
        a, c = a + b, c + d
        b, d = _rotated(b, 64 - 13) ^ a, _rotated(d, 64 - 16) ^ c
        a = _rotated(a, 32)
        c, a = c + b, a + d
        b, d = _rotated(b, 64 - 17) ^ c, _rotated(d, 64 - 21) ^ a
        c = _rotated(c, 32)
    return [a, b, c, d]
