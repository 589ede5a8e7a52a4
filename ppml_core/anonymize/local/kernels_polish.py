"""Compiled loops that move tuples between the classes of a finished cover."""

from __future__ import annotations

import numpy as np
from numba import njit

TINY = 1e-9


@njit(cache=True, nogil=True)
def chains(class_of, classes):  # type: ignore[no-untyped-def]
    """The tuples of each class as chains: (first of each class, the next of each tuple), -1 at the end."""
    head = np.full(classes, -1, dtype=np.int32)
    following = np.full(len(class_of), -1, dtype=np.int32)
    for row in range(len(class_of) - 1, -1, -1):
        place = class_of[row]
        if place >= 0:
            following[row] = head[place]
            head[place] = row
    return head, following


@njit(cache=True, nogil=True)
def loss_of(codes, lost, leaf, levels):  # type: ignore[no-untyped-def]
    """What one person of a class with these levels (attributes,) loses; `leaf` are one member's leaves."""
    total = 0.0
    for attribute in range(len(levels)):
        total += lost[attribute, levels[attribute], codes[attribute, levels[attribute], leaf[attribute]]]
    return total


@njit(cache=True, nogil=True)
def lowest_without(codes, leaves, head, following, absent, levels):  # type: ignore[no-untyped-def]
    """A tuple of the chain other than `absent`; `levels` (attributes,) become the lowest at which all others agree."""
    levels[:] = 0
    sample = -1
    row = head
    while row >= 0:
        if row != absent:
            if sample < 0:
                sample = row
            else:
                for attribute in range(len(levels)):
                    own, other = leaves[row, attribute], leaves[sample, attribute]
                    level = levels[attribute]
                    while codes[attribute, level, own] != codes[attribute, level, other]:
                        level += 1
                    levels[attribute] = level
        row = following[row]
    return sample


@njit(cache=True, nogil=True)
def cheapest_place(codes, lost, leaf, people, near, avoid, limit, marks, levels, sizes, losses):  # type: ignore[no-untyped-def]
    """(the class of `near` that loses least more when `people` with one tuple join, how much); -1: none below `limit`.

    `marks` (classes, attributes) are the leaves of one member of each class.
    """
    best, cost = -1, limit
    attributes = len(leaf)
    for place in near:
        if place == avoid or sizes[place] == 0:
            continue
        before = losses[place] * sizes[place]
        after = sizes[place] + people
        budget = (cost + before) / after
        together = 0.0
        for attribute in range(attributes):
            own, other = leaf[attribute], marks[place, attribute]
            level = levels[place, attribute]
            while codes[attribute, level, own] != codes[attribute, level, other]:
                level += 1
            together += lost[attribute, level, codes[attribute, level, own]]
            if together >= budget:
                break
        if together < budget:
            best, cost = place, together * after - before
    return best, cost


@njit(cache=True, nogil=True)
def move(codes, lost, leaves, counts, class_of, sample, levels, sizes, losses, near, bounds, group_of, least):  # type: ignore[no-untyped-def]
    """Moves tuples, in place, where less is lost and the class they leave keeps `least` people; returns how many moved.

    A tuple looks at the classes of its own class's group g: `near[bounds[g]:bounds[g + 1]]`.
    """
    attributes = leaves.shape[1]
    head, following = chains(class_of, len(sizes))
    marks = np.empty((len(sizes), attributes), dtype=np.int32)
    for place in range(len(sizes)):
        marks[place] = leaves[sample[place]]
    rest = np.empty(attributes, dtype=np.int32)
    moved = 0
    for home in range(len(sizes)):
        row = head[home]
        while row >= 0:
            after = following[row]
            people = counts[row]
            left = sizes[home] - people
            if left >= least:
                other = lowest_without(codes, leaves, head[home], following, row, rest)
                lighter = loss_of(codes, lost, leaves[other], rest)
                saved = losses[home] * sizes[home] - lighter * left
                group = group_of[home]
                place, added = cheapest_place(
                    codes, lost, leaves[row], people, near[bounds[group] : bounds[group + 1]], home, saved - TINY,
                    marks, levels, sizes, losses,
                )  # fmt: skip
                if place >= 0:
                    unchain(head, following, home, row)
                    following[row] = head[place]
                    head[place] = row
                    class_of[row] = place
                    levels[home] = rest
                    sizes[home], losses[home] = left, lighter
                    sample[home], marks[home] = other, leaves[other]
                    losses[place] = (losses[place] * sizes[place] + added) / (sizes[place] + people)
                    sizes[place] += people
                    for attribute in range(attributes):
                        own, mark = leaves[row, attribute], marks[place, attribute]
                        while (
                            codes[attribute, levels[place, attribute], own]
                            != codes[attribute, levels[place, attribute], mark]
                        ):
                            levels[place, attribute] += 1
                    moved += 1
            row = after
    return moved


@njit(cache=True, nogil=True)
def unchain(head, following, place, row):  # type: ignore[no-untyped-def]
    """Takes a tuple out of a class's chain, in place."""
    if head[place] == row:
        head[place] = following[row]
        return
    before = head[place]
    while following[before] != row:
        before = following[before]
    following[before] = following[row]
