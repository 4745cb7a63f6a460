"""A model of the loss with its uncertainty: a Gaussian process over an encoding of genotypes."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Kernel, Matern, WhiteKernel

Floats = NDArray[np.float64]

FARTHEST = 3.0
"""Losses beyond this many times the median's distance from the best one are taken to be there.

A network that has learnt nothing says as much as one that is merely bad, and would stretch the scale.
"""
LEAST_LOSS = 1e-6
"""A loss of nothing has no logarithm."""


@dataclass(frozen=True, slots=True)
class Belief:
    """Mean and standard deviation of the logarithm of the loss, one of each a genotype."""

    mean: Floats
    deviation: Floats


class LossModel:
    """Fitted to what has been scored; hyperparameters are those of `kernel`, or the most likely ones.

    Source: Rasmussen and Williams 2006, "Gaussian processes for machine learning", sections 2.2 and 5.4, as
    scikit-learn runs it; Matern kernel of smoothness 5/2 and white noise.
    """

    def __init__(self, encodings: Floats, losses: Floats, kernel: Kernel | None = None) -> None:
        logs = np.log(np.maximum(losses, LEAST_LOSS))
        best = logs.min()
        logs = np.minimum(logs, best + FARTHEST * max(np.median(logs) - best, 1e-9))
        self._middle, self._spread = float(logs.mean()), float(logs.std()) or 1.0
        self._encodings, self._targets = encodings, (logs - self._middle) / self._spread
        self.kernel = kernel or _fitted_kernel(encodings, self._targets)
        self._process = self._refit()

    def believe(self, encodings: Floats) -> Belief:
        """What is believed of genotypes that have not been scored."""
        predicted: Any = self._process.predict(encodings, return_std=True)
        mean, deviation = predicted
        noise = self.kernel.get_params()["k2__noise_level"]
        known = np.sqrt(np.clip(deviation**2 - noise, 1e-12, None))
        return Belief(mean * self._spread + self._middle, known * self._spread)

    def assume(self, encodings: Floats, logs: Floats) -> None:
        """Takes beliefs for scores, so that the next pick of a batch looks elsewhere."""
        self._encodings = np.vstack([self._encodings, encodings])
        self._targets = np.append(self._targets, (logs - self._middle) / self._spread)
        self._process = self._refit()

    def _refit(self) -> GaussianProcessRegressor:
        keep: Any = None  # the hyperparameters that are there; the package's stub leaves None out
        process = GaussianProcessRegressor(self.kernel, alpha=1e-6, optimizer=keep)
        return process.fit(self._encodings, self._targets)


def _fitted_kernel(encodings: Floats, targets: Floats) -> Kernel:
    smooth = ConstantKernel(1.0, (1e-2, 1e2)) * Matern(3.0, (0.3, 60.0), nu=2.5)
    start = smooth + WhiteKernel(1e-2, (1e-4, 1.0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a bound that is met is an answer
        fitted: Any = GaussianProcessRegressor(start, alpha=1e-6).fit(encodings, targets)
    return fitted.kernel_
