"""What a search space must hold before anything is drawn from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def check_choices(space: str, choices: Iterable[tuple[str, Sequence[object]]]) -> None:
    """Every list of choices holds something, and nothing twice: two equal choices would be one network twice.

    Raises:
        ValueError: a list is empty or repeats a choice.
    """
    for name, values in choices:
        if not values:
            raise ValueError(f"space {space}: {name} has no choice; give at least one")
        repeated = [value for place, value in enumerate(values) if value in values[:place]]
        if repeated:
            raise ValueError(f"space {space}: {name} lists {repeated[0]} twice; list each choice once")


def check_allowed(space: str, genes: Sequence[tuple[str, int]], allowed: Sequence[Sequence[int]]) -> None:
    """`allowed` holds at least one index for every gene, all of them inside the gene's choices.

    `genes` holds (name, number of choices).

    Raises:
        ValueError: a gene is missing, empty, or given an index that it does not have.
    """
    if len(allowed) != len(genes):
        raise ValueError(f"space {space} has {len(genes)} genes, got allowed choices for {len(allowed)}")
    for (name, choices), indices in zip(genes, allowed, strict=True):
        if not indices:
            raise ValueError(f"space {space}: {name} must keep at least one choice, got none")
        outside = [index for index in indices if not 0 <= index < choices]
        if outside:
            raise ValueError(f"space {space}: {name} must be in 0..{choices - 1}, got {outside[0]}")
        if len(set(indices)) < len(indices):
            raise ValueError(f"space {space}: {name} must list each index once, got {list(indices)}")
