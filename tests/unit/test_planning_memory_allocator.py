"""The replay of PyTorch's caching allocator, by the rules that its documentation states."""

import importlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "memory"
MIB = 2**20


@pytest.fixture
def allocator(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(BENCHMARK))
    return importlib.import_module("allocator").CachingAllocator()


@pytest.mark.parametrize(
    ("size", "reserved"),
    [(1, 2 * MIB), (MIB, 2 * MIB), (MIB + 1, 20 * MIB), (10 * MIB, 10 * MIB), (11 * MIB + 5, 12 * MIB)],
)
def test_segments_are_sized_by_the_request(allocator: Any, size: int, reserved: int) -> None:
    allocator.allocate(size)
    assert allocator.reserved == reserved


def test_a_released_block_is_used_again_and_stays_reserved(allocator: Any) -> None:
    block = allocator.allocate(64 * MIB)
    allocator.release(block)
    assert (allocator.allocated, allocator.reserved) == (0, 64 * MIB)
    allocator.allocate(64 * MIB)
    assert allocator.reserved == 64 * MIB


def test_a_larger_block_is_split_and_merged_again(allocator: Any) -> None:
    whole = allocator.allocate(64 * MIB)
    allocator.release(whole)
    parts = [allocator.allocate(32 * MIB) for _ in range(2)]
    assert allocator.reserved == 64 * MIB
    for part in parts:
        allocator.release(part)
    allocator.allocate(64 * MIB)
    assert allocator.reserved == 64 * MIB


def test_a_request_that_fits_no_free_block_reserves_more(allocator: Any) -> None:
    allocator.release(allocator.allocate(32 * MIB))
    allocator.allocate(33 * MIB)
    assert allocator.reserved == 66 * MIB


def test_the_smallest_block_that_fits_is_taken(allocator: Any) -> None:
    large, small = allocator.allocate(100 * MIB), allocator.allocate(40 * MIB)
    allocator.release(large)
    allocator.release(small)
    taken = allocator.allocate(39 * MIB + MIB // 2)
    assert taken.segment == 2


@given(sizes=st.lists(st.integers(1, 40 * MIB), min_size=1, max_size=40), order=st.randoms(use_true_random=False))
def test_nothing_is_lost_over_any_sequence(sizes: list[int], order: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARK))
        replayed = importlib.import_module("allocator").CachingAllocator()
    held: list[Any] = []
    for size in sizes:
        held.append(replayed.allocate(size))
        if order.random() < 0.5:
            replayed.release(held.pop(order.randrange(len(held))))
        assert replayed.allocated <= replayed.reserved
    for block in held:
        replayed.release(block)
    assert replayed.allocated == 0
    assert replayed.peak_allocated <= replayed.reserved
