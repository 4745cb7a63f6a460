"""What is raised where workers are asked for that there are not."""

from __future__ import annotations


class BadWorkers(ValueError):
    """The workers that a study asks for cannot be had."""
