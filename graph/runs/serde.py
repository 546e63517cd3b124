"""How checkpoints are written: LangGraph's own serialiser, compressed.

A checkpoint repeats most of the one before and is mostly text, so it shrinks to a fraction.
"""

import zlib

from langgraph.checkpoint.serde.base import CipherProtocol
from langgraph.checkpoint.serde.encrypted import EncryptedSerializer
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

COMPRESSION_LEVEL = 1
"""The fastest: a turn compresses some twenty times, and a higher level saves two bytes in a hundred."""

SMALL = 256
"""Bytes below which compressing costs more than it saves."""


class Compression(CipherProtocol):
    """Compression in the place that LangGraph has for a cipher.

    Going through `EncryptedSerializer` keeps strict deserialisation: LangGraph reaches the inner serialiser with its
    list of allowed types only through the two classes that it knows.
    """

    def encrypt(self, plaintext: bytes) -> tuple[str, bytes]:
        """Compress; small values stay as they are."""
        if len(plaintext) < SMALL:
            return "plain", plaintext
        return "zlib", zlib.compress(plaintext, COMPRESSION_LEVEL)

    def decrypt(self, ciphername: str, ciphertext: bytes) -> bytes:
        """Undo `encrypt`.

        Raises:
            ValueError: The bytes were written by something else.
        """
        if ciphername == "plain":
            return ciphertext
        if ciphername == "zlib":
            return zlib.decompress(ciphertext)
        raise ValueError(f"A checkpoint is stored as {ciphername!r}, which this version cannot read.")


def compressing_serde() -> EncryptedSerializer:
    """The serialiser of every run's checkpoints: strict, whatever was imported first and whoever holds the run."""
    return EncryptedSerializer(Compression(), JsonPlusSerializer(allowed_msgpack_modules=None))
