"""Compiled loops behind the lattice: grouping packed tuples, rolling classes up, and the sweep over all nodes.

A tuple of codes is packed into one int64, a field of bits per attribute, so that generalizing one attribute rewrites
one field and grouping is one hash. Classes of a node come from the class list of a node one step below it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, inline="always")
def _slot(key, shift):  # type: ignore[no-untyped-def]
    return np.int64((np.uint64(key) * MULTIPLIER) >> np.uint64(shift))


@njit(cache=True, inline="always")
def _size_bits(count):  # type: ignore[no-untyped-def]
    bits = 4
    while (1 << bits) < 2 * count:
        bits += 1
    return bits


@njit(cache=True)
def group(keys, weights):  # type: ignore[no-untyped-def]
    """(distinct keys in order of first sight, sum of weights of each, index of each row's key)."""
    rows = len(keys)
    bits = _size_bits(rows)
    mask = (1 << bits) - 1
    slots = np.full(1 << bits, -1, dtype=np.int32)
    distinct = np.empty(rows, dtype=np.int64)
    totals = np.empty(rows, dtype=np.int64)
    inverse = np.empty(rows, dtype=np.int32)
    found = 0
    for row in range(rows):
        key = keys[row]
        place = _slot(key, 64 - bits)
        while slots[place] >= 0 and distinct[slots[place]] != key:
            place = (place + 1) & mask
        if slots[place] < 0:
            slots[place] = found
            distinct[found] = key
            totals[found] = 0
            found += 1
        index = slots[place]
        totals[index] += weights[row]
        inverse[row] = index
    return distinct[:found].copy(), totals[:found].copy(), inverse


@njit(cache=True)
def _roll_up(from_keys, from_counts, size, to_keys, to_counts, shift, field, parents, slots, stamps, stamp):  # type: ignore[no-untyped-def]
    """Rewrites one field of `size` classes by `parents` and merges equal keys; `to` may be `from`. Returns the new size.

    A slot counts as free unless its stamp is the present one, so the hash table is never cleared.
    """
    bits = _size_bits(size)
    mask = (1 << bits) - 1
    keep = ~(field << shift)
    found = 0
    for row in range(size):
        key = from_keys[row]
        count = from_counts[row]
        key = (key & keep) | (np.int64(parents[(key >> shift) & field]) << shift)
        place = _slot(key, 64 - bits)
        while stamps[place] == stamp and to_keys[slots[place]] != key:
            place = (place + 1) & mask
        if stamps[place] == stamp:
            to_counts[slots[place]] += count
        else:
            stamps[place] = stamp
            slots[place] = found
            to_keys[found] = key
            to_counts[found] = count
            found += 1
    return found


@njit(cache=True)
def _tally(keys, counts, size, levels, shifts, fields, sizes, spans, bucket_of, people, shares):  # type: ignore[no-untyped-def]
    """Adds up people, and leaves under their published values, by bucket of class size.

    An attribute at level 0 or at a level with one label has the same number of leaves for everybody: `spans` holds
    that number, or 0 where it must be looked up.
    """
    people[:] = 0
    shares[:, :] = 0
    top = len(bucket_of) - 1
    varying = np.empty(len(levels), dtype=np.int64)
    n_varying = 0
    for attribute in range(len(levels)):
        if spans[attribute, levels[attribute]] == 0:
            varying[n_varying] = attribute
            n_varying += 1
    for row in range(size):
        count = counts[row]
        bucket = bucket_of[min(count, top)]
        people[bucket] += count
        key = keys[row]
        for position in range(n_varying):
            attribute = varying[position]
            code = (key >> shifts[attribute]) & fields[attribute]
            shares[attribute, bucket] += count * sizes[attribute, levels[attribute], code]
    for attribute in range(len(levels)):
        span = spans[attribute, levels[attribute]]
        if span > 0:
            for bucket in range(len(people)):
                shares[attribute, bucket] = people[bucket] * span


@njit(cache=True)
def _losses(people, shares, domains, total, suppressed, losses):  # type: ignore[no-untyped-def]
    """Suppressed people and ARX's geometric loss for every k, from the largest k down."""
    attributes = len(domains)
    kept = 0
    leaves = np.zeros(attributes, dtype=np.int64)
    for k_index in range(len(losses) - 1, -1, -1):
        kept += people[k_index + 1]
        gone = total - kept
        product = 1.0
        for attribute in range(attributes):
            leaves[attribute] += shares[attribute, k_index + 1]
            domain = domains[attribute]
            if domain > 1:
                share = leaves[attribute] / domain + gone
                loss = (share - total / domain) / (total - total / domain)
                product *= 1.0 + max(0.0, loss)
        suppressed[k_index] = gone
        losses[k_index] = product ** (1.0 / attributes) - 1.0


@njit(cache=True)
def sweep(keys, counts, shifts, fields, depths, parents, sizes, spans, domains, bucket_of, n_ks, suppressed, losses):  # type: ignore[no-untyped-def]
    """Fills `suppressed` and `losses` (nodes, ks) for every node, in the order of an odometer over the levels.

    `parents[a, l, c]` is the code at level l + 1 of code c at level l; `sizes[a, l, c]` its number of leaves.
    `buffers[a]` holds the classes of (levels up to a, 0 …): node after node, one attribute goes up by one step.
    """
    attributes = len(depths)
    distinct = len(keys)
    buffer_keys = np.empty((attributes, distinct), dtype=np.int64)
    buffer_counts = np.empty((attributes, distinct), dtype=np.int64)
    buffer_sizes = np.zeros(attributes, dtype=np.int64)
    owner = np.full(attributes, -1, dtype=np.int64)
    slots = np.empty(1 << _size_bits(distinct), dtype=np.int32)
    stamps = np.zeros(1 << _size_bits(distinct), dtype=np.int32)
    stamp = 0
    levels = np.zeros(attributes, dtype=np.int64)
    people = np.zeros(n_ks + 1, dtype=np.int64)
    shares = np.zeros((attributes, n_ks + 1), dtype=np.int64)
    total = counts.sum()
    _tally(keys, counts, distinct, levels, shifts, fields, sizes, spans, bucket_of, people, shares)
    _losses(people, shares, domains, total, suppressed[0], losses[0])
    for node in range(1, len(losses)):
        rising = attributes - 1
        while levels[rising] == depths[rising] - 1:
            rising -= 1
        source = owner[rising]
        stamp += 1
        table = parents[rising, levels[rising]]
        if source < 0:
            size = _roll_up(
                keys, counts, distinct, buffer_keys[rising], buffer_counts[rising],
                shifts[rising], fields[rising], table, slots, stamps, stamp,
            )  # fmt: skip
        else:
            size = _roll_up(
                buffer_keys[source], buffer_counts[source], buffer_sizes[source],
                buffer_keys[rising], buffer_counts[rising],
                shifts[rising], fields[rising], table, slots, stamps, stamp,
            )  # fmt: skip
        levels[rising] += 1
        levels[rising + 1 :] = 0
        buffer_sizes[rising] = size
        owner[rising:] = rising
        _tally(
            buffer_keys[rising], buffer_counts[rising], size, levels,
            shifts, fields, sizes, spans, bucket_of, people, shares,
        )  # fmt: skip
        _losses(people, shares, domains, total, suppressed[node], losses[node])
