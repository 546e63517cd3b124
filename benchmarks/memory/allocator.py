"""The caching allocator of PyTorch's CUDA backend, replayed: which blocks a sequence of allocations leaves reserved.

Rules after PyTorch's documentation of its memory management and the allocator's constants: sizes are rounded to 512
bytes; requests of up to 1 MiB come from segments of 2 MiB, larger ones from segments of 20 MiB or, from 10 MiB on, of
their own size rounded to 2 MiB; the smallest free block that is large enough is taken, split where the rest is worth
keeping, and merged with free neighbours when it is released.
"""

import bisect
from dataclasses import dataclass, field

MIB = 2**20
_ROUNDING = 512
_SMALL = MIB


@dataclass(eq=False)
class Block:
    """A stretch of one segment, in use or free."""

    segment: int
    offset: int
    size: int
    small: bool
    free: bool = False
    before: "Block | None" = None
    after: "Block | None" = None

    @property
    def key(self) -> tuple[int, int, int]:
        """The order in which free blocks are tried."""
        return self.size, self.segment, self.offset


@dataclass
class CachingAllocator:
    """Bytes in use and reserved, now and at their peaks."""

    allocated: int = 0
    reserved: int = 0
    peak_allocated: int = 0
    segments: int = 0
    _free: dict[bool, list[tuple[tuple[int, int, int], Block]]] = field(default_factory=lambda: {True: [], False: []})

    def allocate(self, size: int) -> Block:
        """Take a block for `size` bytes."""
        wanted = max(_ROUNDING, -(-size // _ROUNDING) * _ROUNDING)
        small = wanted <= _SMALL
        blocks = self._free[small]
        index = bisect.bisect_left(blocks, wanted, key=lambda entry: entry[0][0])
        block = blocks.pop(index)[1] if index < len(blocks) else self._new_segment(wanted, small)
        rest = block.size - wanted
        if rest >= _ROUNDING if small else rest > MIB:
            self._split(block, wanted)
        block.free = False
        self.allocated += block.size
        self.peak_allocated = max(self.peak_allocated, self.allocated)
        return block

    def release(self, block: Block) -> None:
        """Give a block back; it stays reserved."""
        self.allocated -= block.size
        block.free = True
        if block.before is not None and block.before.free:
            block = self._merge(block.before, block, kept=block.before)
        if block.after is not None and block.after.free:
            block = self._merge(block, block.after, kept=block.after)
        self._keep(block)

    def _new_segment(self, wanted: int, small: bool) -> Block:
        size = 2 * MIB if small else 20 * MIB if wanted < 10 * MIB else -(-wanted // (2 * MIB)) * 2 * MIB
        self.segments += 1
        self.reserved += size
        return Block(self.segments, 0, size, small)

    def _split(self, block: Block, wanted: int) -> None:
        rest = Block(block.segment, block.offset + wanted, block.size - wanted, block.small, True, block, block.after)
        if block.after is not None:
            block.after.before = rest
        block.after, block.size = rest, wanted
        self._keep(rest)

    def _merge(self, first: Block, second: Block, kept: Block) -> Block:
        blocks = self._free[kept.small]
        del blocks[bisect.bisect_left(blocks, kept.key, key=lambda entry: entry[0])]
        first.size += second.size
        first.after = second.after
        if second.after is not None:
            second.after.before = first
        return first

    def _keep(self, block: Block) -> None:
        bisect.insort(self._free[block.small], (block.key, block), key=lambda entry: entry[0])
