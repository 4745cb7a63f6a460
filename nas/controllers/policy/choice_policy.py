"""An LSTM that chooses gene after gene, told by weights which objective matters how much.

Source: Zoph and Le 2017, "Neural architecture search with reinforcement learning", section 3.1; the logits as
in Pham et al. 2018, "Efficient neural architecture search via parameter sharing" (ENAS), section 3.1, divided
by a temperature and bent by a tanh, so that no choice becomes certain. That one policy answers every weighing
of the objectives is Lin et al. 2022, "Pareto set learning for neural multi-objective combinatorial
optimization", section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn.utils import skip_init

from search_spaces.genotype import Genotype
from search_spaces.space import SearchSpace

HIDDEN = 64
SPREAD = 0.1
"""Parameters begin evenly between -0.1 and 0.1, as in ENAS."""
TEMPERATURE = 5.0
TANH = 2.5


class ChoicePolicy(nn.Module):
    """Reads the choice before and the weights, (batch, objectives); one softmax a gene over its choices.

    A gene that a network does not use is not chosen: it is 0, and is read as no choice at all. Whether it is
    used depends on genes before it alone. All that is random comes from `generator`.
    """

    def __init__(self, space: SearchSpace, objective_count: int, generator: torch.Generator) -> None:
        super().__init__()
        self._space = space
        self._generator = generator
        self._used_at = _used_at(space)
        sizes = [len(choices) for choices in space.allowed]
        self._starts = list(accumulate(sizes, initial=1))
        self._choice = skip_init(nn.Embedding, self._starts[-1], HIDDEN)
        self._weights = skip_init(nn.Linear, objective_count, HIDDEN)
        self._cell = nn.LSTM(HIDDEN, HIDDEN, batch_first=True, device="meta").to_empty(device="cpu")
        self._heads = nn.ModuleList(skip_init(nn.Linear, HIDDEN, size) for size in sizes)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -SPREAD, SPREAD, generator=generator)

    @torch.no_grad()
    def sample(self, weights: Tensor, count: int) -> list[tuple[int, ...]]:
        """So many times the genes that are chosen under these weights, (objectives,); unused ones are 0."""
        drawn: list[list[int]] = [[] for _ in range(count)]
        read = torch.zeros(count, 1, dtype=torch.long)
        given, state = self._weights(weights).expand(count, 1, HIDDEN), None
        for place, allowed in enumerate(self._space.allowed):
            hidden, state = self._cell(self._choice(read) + given, state)
            odds = self._logits(place, hidden[:, 0]).softmax(dim=1)
            choices = torch.multinomial(odds, 1, generator=self._generator)
            for row, choice in enumerate(choices[:, 0].tolist()):
                used = self._uses(drawn[row], place)
                drawn[row].append(allowed[choice] if used else 0)
                read[row, 0] = self._starts[place] + choice if used else 0
        return [tuple(genes) for genes in drawn]

    def log_likelihood(self, genes: Sequence[int], weights: Tensor) -> tuple[Tensor, Tensor]:
        """Of the genes under these weights, (objectives,), and the entropy of their choices, both summed."""
        choices = self._choices(genes)
        read = self._choice(torch.tensor([[0, *self.tokens(genes)[:-1]]]))
        hidden, _ = self._cell(read + self._weights(weights))
        likelihood, entropy = torch.zeros(()), torch.zeros(())
        for place, choice in enumerate(choices):
            if choice is not None:
                logs = self._logits(place, hidden[0, place]).log_softmax(dim=0)
                likelihood = likelihood + logs[choice]
                entropy = entropy - (logs.exp() * logs).sum()
        return likelihood, entropy

    def tokens(self, genes: Sequence[int]) -> list[int]:
        """What is read of each gene: a number for every choice of every gene, and 0 for an unused one."""
        pairs = zip(self._starts[:-1], self._choices(genes), strict=True)
        return [0 if choice is None else start + choice for start, choice in pairs]

    def _choices(self, genes: Sequence[int]) -> list[int | None]:
        used = self._space.active(Genotype(tuple(genes)))
        return [
            allowed.index(gene) if gene_used else None
            for gene, gene_used, allowed in zip(genes, used, self._space.allowed, strict=True)
        ]

    def _logits(self, place: int, hidden: Tensor) -> Tensor:
        return TANH * torch.tanh(self._heads[place](hidden) / TEMPERATURE)

    def _uses(self, before: Sequence[int], place: int) -> bool:
        depth, values = self._used_at[place]
        return before[depth] in values if depth < place else True


def _used_at(space: SearchSpace) -> list[tuple[int, frozenset[int]]]:
    """By gene the place of its stage's depth, and the values of that with which it is used.

    What belongs to no stage, and depths themselves, are always used: their place is their own.
    """
    found = [(place, frozenset[int]()) for place in range(4)]
    for stage in space.stages:
        depth = len(found)
        found.append((depth, frozenset()))
        flags = [space.active(_with(space, depth, value)) for value in range(len(stage.depths))]
        found.extend(
            (depth, frozenset(value for value, used in enumerate(flags) if used[place]))
            for place in range(depth + 1, depth + 3 + max(stage.depths))
        )
    return found


def _with(space: SearchSpace, place: int, value: int) -> Genotype:
    genes = [0] * len(space.genes)
    genes[place] = value
    return Genotype(tuple(genes))
