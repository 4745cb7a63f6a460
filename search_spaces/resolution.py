"""Which input sizes a space offers."""

from __future__ import annotations

from search_spaces.graph import Pair, Shape

SMALLEST_RESIZED = 32
FRACTIONS = (1.0, 0.75, 0.5)


def resolutions_of(input_shape: Shape) -> tuple[Pair, ...]:
    """The data's own (height, width), and for images of 32 px and more also 3/4 and 1/2 of it."""
    height, width, _ = input_shape
    fractions = FRACTIONS if min(height, width) >= SMALLEST_RESIZED else FRACTIONS[:1]
    return tuple((round(height * fraction), round(width * fraction)) for fraction in fractions)
