"""Compiled loops behind the lattice: grouping packed tuples, rolling classes up, and the sweep over all nodes.

A tuple of codes is packed into one int64, a field of bits per attribute, so that generalizing one attribute rewrites
one field and grouping is one hash. Classes of a node come from the class list of a node one step below it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
LOW_HALF = 0xFFFFFFFF


@njit(cache=True, nogil=True, inline="always")
def _slot(key, shift):  # type: ignore[no-untyped-def]
    return np.int64((np.uint64(key) * MULTIPLIER) >> np.uint64(shift))


@njit(cache=True, nogil=True, inline="always")
def _size_bits(count):  # type: ignore[no-untyped-def]
    bits = 4
    while (1 << bits) < 2 * count:
        bits += 1
    return bits


@njit(cache=True, nogil=True)
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


@njit(cache=True, nogil=True)
def add_rows(table, class_of, classes):  # type: ignore[no-untyped-def]
    """Rows of `table` (rows, columns) added up by class, shape (classes, columns); rows in class -1 are left out."""
    columns = table.shape[1]
    sums = np.zeros((classes, columns), dtype=np.int64)
    for row in range(len(class_of)):
        place = class_of[row]
        if place >= 0:
            for column in range(columns):
                sums[place, column] += table[row, column]
    return sums


@njit(cache=True, nogil=True)
def cell_sums(keys, counts, kept, shifts, fields, costs):  # type: ignore[no-untyped-def]
    """Per attribute, the sum over kept classes of people times the cost of their cell: `costs[a, code]`."""
    sums = np.zeros(len(shifts))
    for row in range(len(keys)):
        if kept[row]:
            for attribute in range(len(shifts)):
                sums[attribute] += counts[row] * costs[attribute, (keys[row] >> shifts[attribute]) & fields[attribute]]
    return sums


@njit(cache=True, nogil=True)
def rank_sums(keys, sizes, ranks, count, shifts, fields, costs):  # type: ignore[no-untyped-def]
    """People, and people times the cost of each attribute's cell, by rank 0..count."""
    people = np.zeros(count + 1, dtype=np.int64)
    sums = np.zeros((count + 1, len(shifts)))
    for row in range(len(keys)):
        rank = ranks[row]
        people[rank] += sizes[row]
        for attribute in range(len(shifts)):
            sums[rank, attribute] += sizes[row] * costs[attribute, (keys[row] >> shifts[attribute]) & fields[attribute]]
    return people, sums


@njit(cache=True, nogil=True)
def cell_costs(keys, shifts, fields, costs):  # type: ignore[no-untyped-def]
    """The cost of every class's cells, shape (classes, attributes)."""
    found = np.empty((len(keys), len(shifts)))
    for row in range(len(keys)):
        for attribute in range(len(shifts)):
            found[row, attribute] = costs[attribute, (keys[row] >> shifts[attribute]) & fields[attribute]]
    return found


@njit(cache=True, nogil=True)
def _roll_up(from_keys, from_counts, size, to_keys, to_counts, shift, field, parents, slots, stamp):  # type: ignore[no-untyped-def]
    """Rewrites one field of `size` classes by `parents` and merges equal keys, into `to`. Returns the new size.

    A slot holds a stamp above the place of a class; it is free unless the stamp is the present one, so the hash table
    is never cleared.
    """
    bits = np.uint64(_size_bits(size))
    mask = (np.uint64(1) << bits) - np.uint64(1)
    drop = np.uint64(64) - bits
    keep = ~(field << shift)
    marked = np.int64(stamp) << 32
    found = 0
    for row in range(size):
        key = from_keys[row]
        count = from_counts[row]
        key = (key & keep) | (parents[(key >> shift) & field] << shift)
        place = (np.uint64(key) * MULTIPLIER) >> drop
        while True:
            entry = slots[place]
            if (entry >> 32) != stamp:
                slots[place] = marked | found
                to_keys[found] = key
                to_counts[found] = count
                found += 1
                break
            if to_keys[entry & LOW_HALF] == key:
                to_counts[entry & LOW_HALF] += count
                break
            place = (place + np.uint64(1)) & mask
    return found


@njit(cache=True, nogil=True)
def _tally(keys, counts, size, levels, shifts, fields, sizes, spans, bucket_of, buckets, people, shares):  # type: ignore[no-untyped-def]
    """Adds up people, and leaves under their published values, by bucket of class size.

    An attribute at level 0 or at a level with one label has the same number of leaves for everybody: `spans` holds
    that number, or 0 where it must be looked up. `buckets` is room for one number per class.
    """
    people[:] = 0
    top = len(bucket_of) - 1
    for row in range(size):
        bucket = bucket_of[min(counts[row], top)]
        buckets[row] = bucket
        people[bucket] += counts[row]
    for attribute in range(len(levels)):
        span = spans[attribute, levels[attribute]]
        of_attribute = shares[attribute]
        if span > 0:
            for bucket in range(len(people)):
                of_attribute[bucket] = people[bucket] * span
            continue
        of_attribute[:] = 0
        leaves = sizes[attribute, levels[attribute]]
        shift, field = shifts[attribute], fields[attribute]
        for row in range(size):
            of_attribute[buckets[row]] += counts[row] * leaves[(keys[row] >> shift) & field]


@njit(cache=True, nogil=True)
def _losses(people, shares, domains, total, suppressed, losses):  # type: ignore[no-untyped-def]
    """Suppressed people and ARX's geometric loss for every k, from the largest k down."""
    attributes = len(domains)
    last = len(losses) - 1
    kept = 0
    leaves = np.zeros(attributes, dtype=np.int64)
    for k_index in range(last, -1, -1):
        if k_index < last and people[k_index + 1] == 0:
            suppressed[k_index] = suppressed[k_index + 1]
            losses[k_index] = losses[k_index + 1]
            continue
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


@njit(cache=True, nogil=True)
def rewrite(keys, table, shift, field):  # type: ignore[no-untyped-def]
    """Rewrites one field of every key by `table`, in place."""
    keep = ~(field << shift)
    for row in range(len(keys)):
        keys[row] = (keys[row] & keep) | (table[(keys[row] >> shift) & field] << shift)


@njit(cache=True, nogil=True)
def merge(keys, table):  # type: ignore[no-untyped-def]
    """(distinct keys, rows of `table` (rows, columns) added up by key)."""
    rows, columns = table.shape
    bits = _size_bits(rows)
    mask = (1 << bits) - 1
    slots = np.full(1 << bits, -1, dtype=np.int32)
    distinct = np.empty(rows, dtype=np.int64)
    place_of = np.empty(rows, dtype=np.int32)
    found = 0
    for row in range(rows):
        key = keys[row]
        place = _slot(key, 64 - bits)
        while slots[place] >= 0 and distinct[slots[place]] != key:
            place = (place + 1) & mask
        if slots[place] < 0:
            slots[place] = found
            distinct[found] = key
            found += 1
        place_of[row] = slots[place]
    sums = np.zeros((found, columns), dtype=np.int64)
    for row in range(rows):
        for column in range(columns):
            sums[place_of[row], column] += table[row, column]
    return distinct[:found].copy(), sums


@njit(cache=True, nogil=True)
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
    slots = np.zeros(1 << _size_bits(distinct), dtype=np.int64)
    levels = np.zeros(attributes, dtype=np.int64)
    people = np.zeros(n_ks + 1, dtype=np.int64)
    shares = np.zeros((attributes, n_ks + 1), dtype=np.int64)
    buckets = np.empty(distinct, dtype=np.int32)
    total = counts.sum()
    _tally(keys, counts, distinct, levels, shifts, fields, sizes, spans, bucket_of, buckets, people, shares)
    _losses(people, shares, domains, total, suppressed[0], losses[0])
    for node in range(1, len(losses)):
        rising = attributes - 1
        while levels[rising] == depths[rising] - 1:
            rising -= 1
        source = owner[rising]
        table = parents[rising, levels[rising]]
        if source < 0:
            size = _roll_up(
                keys, counts, distinct, buffer_keys[rising], buffer_counts[rising],
                shifts[rising], fields[rising], table, slots, node,
            )  # fmt: skip
        else:
            size = _roll_up(
                buffer_keys[source], buffer_counts[source], buffer_sizes[source],
                buffer_keys[rising], buffer_counts[rising],
                shifts[rising], fields[rising], table, slots, node,
            )  # fmt: skip
        levels[rising] += 1
        levels[rising + 1 :] = 0
        buffer_sizes[rising] = size
        owner[rising:] = rising
        _tally(
            buffer_keys[rising], buffer_counts[rising], size, levels,
            shifts, fields, sizes, spans, bucket_of, buckets, people, shares,
        )  # fmt: skip
        _losses(people, shares, domains, total, suppressed[node], losses[node])
