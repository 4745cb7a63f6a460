"""Random quantized networks."""

from studies.untrained import random_images, random_network

__all__ = ["random_images", "random_network"]
