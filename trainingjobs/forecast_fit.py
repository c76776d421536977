"""Learn a quantity (seconds, core-seconds, GiB-seconds) from few examples: least squares on the relative error.

The model is a sum of features with coefficients that are not negative: a start that costs the same whatever the
settings, so much per piece of work, so much per step, so much more for a cold start. What is believed beforehand takes
part as one more example at the very point that is asked for, so nothing jumps when the first jobs finish and little is
extrapolated blindly.
"""

import math
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

HALF_LIFE = 15  # an example counts half once so many newer ones exist
BELIEF, LEVEL_BELIEF = 1.0, 0.5  # examples that the prior counts for: at the asked point, and about the level of all
WIDEST = math.log(1000.0)  # no residual says more than that
LEAST = 0.05  # share of a sample that a belief keeps, however wrong it was
LATELY = 5  # jobs that show how busy the machine is
ROUNDS, TOLERATED = 2, 0.15  # of robust weighting; a relative error up to here is never played down

Features = tuple[float, ...]


@dataclass(frozen=True)
class Sample:
    """What one finished job showed. `prior` is what would have been believed of it beforehand."""

    features: Features
    prior: float
    actual: float


class Fit:
    """A quantity learned from samples, newest first."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self.samples = list(samples)
        self._logs = [math.log(each.actual / each.prior) for each in self.samples]
        self._size = len(self.samples[0].features) if self.samples else 0
        scales = [max(column) for column in zip(*(each.features for each in self.samples), strict=True)]
        self._scales = [scale or 1.0 for scale in scales]
        self._rows = [self._row(each.features, each.actual) for each in self.samples]
        self._weigh([0.5 ** (age / HALF_LIFE) for age in range(len(self.samples))])
        self.trust = BELIEF
        if len(self.samples) > self._size + 1:
            self._soften_outliers()
            self._weigh_belief()

    def level(self, skip: int | None = None) -> float:
        """How far the samples were from their priors: 1 without samples, drawn to 1 by few."""
        total, weight = self._log_sum, self._weight_sum
        if skip is not None:
            total, weight = total - self.weights[skip] * self._logs[skip], weight - self.weights[skip]
        return math.exp(total / (weight + LEVEL_BELIEF))

    def predict(self, features: Features, belief: float, *, believe: float = BELIEF, skip: int | None = None) -> float:
        """The quantity at a point, where `belief` is expected with the weight of so many samples at first."""
        if len(self.samples) <= (skip is not None):
            return belief
        equations = self._equations.plus(self._row(features, belief), believe * self.trust)
        if skip is not None:
            equations = equations.plus(self._rows[skip], -self.weights[skip])
        fitted = self._evaluate(equations.solve(), features)
        return fitted if fitted > 0 and math.isfinite(fitted) else belief

    def _row(self, features: Features, value: float) -> list[float]:
        """One example as a share of its own value: its squared distance from 1 is the relative error squared."""
        return [feature / scale / value for feature, scale in zip(features, self._scales, strict=True)]

    def _evaluate(self, coefficients: Sequence[float], features: Features) -> float:
        scaled = zip(coefficients, features, self._scales, strict=True)
        return math.fsum(each * feature / scale for each, feature, scale in scaled)

    def _weigh(self, weights: list[float]) -> None:
        self.weights, self._weight_sum = weights, sum(weights)
        self._log_sum = sum(weight * log for weight, log in zip(weights, self._logs, strict=True))
        self._equations = Equations.of(self._size, zip(self._rows, weights, strict=True))

    def _soften_outliers(self) -> None:
        """A job that ran beside a busy neighbour teaches less."""
        by_age = self.weights
        for _round in range(ROUNDS):
            errors = self._errors()
            bound = max(TOLERATED, 2 * sorted(errors)[len(errors) // 2])
            self._weigh(
                [
                    weight * min(1.0, bound / error) if error > bound else weight
                    for weight, error in zip(by_age, errors, strict=True)
                ]
            )

    def _weigh_belief(self) -> None:
        """Believe the priors less, the better the samples explain one another and the worse the priors did."""
        level, count = self.level(), len(self.samples)
        ours = sum(error**2 for error in self._errors()) / (count - self._size)
        priors = sum((min(10.0, level * each.prior / each.actual) - 1) ** 2 for each in self.samples) / count
        self.trust = BELIEF * min(1.0, max(LEAST, ours / priors)) if priors > 0 else BELIEF

    def _errors(self) -> list[float]:
        """Relative errors of the line through all samples."""
        line = self._equations.solve()
        return [min(10.0, abs(self._evaluate(line, each.features) / each.actual - 1)) for each in self.samples]


@dataclass(frozen=True)
class Equations:
    """Normal equations of weighted least squares in few unknowns: rows come and go without looking at the others."""

    matrix: list[list[float]]
    right: list[float]

    @classmethod
    def of(cls, size: int, rows: Iterable[tuple[list[float], float]]) -> "Equations":
        equations = cls([[0.0] * size for _row in range(size)], [0.0] * size)
        for row, weight in rows:
            equations = equations.plus(row, weight)
        return equations

    def plus(self, row: list[float], weight: float) -> "Equations":
        """With a row whose value is 1; a negative weight takes one away."""
        return Equations(
            [
                [known + weight * a * b for known, b in zip(line, row, strict=True)]
                for line, a in zip(self.matrix, row, strict=True)
            ],
            [known + weight * a for known, a in zip(self.right, row, strict=True)],
        )

    def solve(self) -> list[float]:
        """The best coefficients of which none is negative: the free optimum, or the best with some left at zero."""
        size = len(self.right)
        seen = [index for index in range(size) if self.matrix[index][index] > 0]  # the others stay at zero
        best, best_gain = [0.0] * size, 0.0
        for count in range(len(seen), 0, -1):
            for chosen in combinations(seen, count):
                found = self._solve_for(chosen)
                if found is None or min(found) < 0:
                    continue
                gain = sum(value * self.right[index] for index, value in zip(chosen, found, strict=True))
                if gain > best_gain:
                    best_gain, best = gain, [0.0] * size
                    for index, value in zip(chosen, found, strict=True):
                        best[index] = value
            if count == len(seen) and best_gain > 0:
                break
        return best

    def _solve_for(self, chosen: tuple[int, ...]) -> list[float] | None:
        """Gaussian elimination over the chosen unknowns; None when they cannot be told apart."""
        rows = [[self.matrix[i][j] for j in chosen] + [self.right[i]] for i in chosen]
        size = len(chosen)
        for column in range(size):  # symmetric and positive: the diagonal is pivot enough
            pivot = rows[column]
            if pivot[column] <= 1e-9 * self.matrix[chosen[column]][chosen[column]]:
                return None
            for row in range(column + 1, size):
                factor = rows[row][column] / pivot[column]
                rows[row] = [a - factor * b for a, b in zip(rows[row], pivot, strict=True)]
        found = [0.0] * size
        for row in range(size - 1, -1, -1):
            rest = sum(rows[row][column] * found[column] for column in range(row + 1, size))
            found[row] = (rows[row][size] - rest) / rows[row][row]
        return found


def paces_of(residuals: Sequence[float], counts: Sequence[bool]) -> list[float]:
    """How much slower than by the line, in powers of e, jobs were lately, newest first: now, and before each of these.

    A machine is busy for a while, and the line forgets slowly. Of few jobs the median: one alone proves nothing.
    While there are hardly more jobs than those of late, the line has not found its place and nobody is slow.
    """
    if len(residuals) < 2 * LATELY:
        return [0.0] * (len(residuals) + 1)
    lately: deque[float] = deque(maxlen=LATELY)
    paces = [0.0]
    for residual, is_counted in zip(reversed(residuals), reversed(counts), strict=True):
        if is_counted:
            lately.append(residual)
        paces.append(median(lately) * len(lately) / (len(lately) + LEVEL_BELIEF) if lately else 0.0)
    return paces[::-1]


@dataclass(frozen=True)
class Spread:
    """P10, median and P90 of actual over predicted."""

    low: float
    mid: float
    high: float


def spread_of(residuals: Sequence[float], believed: Spread, reach: float = 0.0) -> Spread:
    """The spread of log(actual / predicted), newest first, blended with what is believed while there are few.

    Quantiles of n values are taken further out, by (n + 1) / n, as one more value may lie anywhere between them.
    `reach` says how far, in powers of e, the question lies outside of what was seen: it counts as fewer values.
    """
    if not residuals:
        return believed
    count = len(residuals)
    weights = [0.5 ** (age / HALF_LIFE) for age in range(count)]
    bounded = [max(-WIDEST, min(WIDEST, each)) for each in residuals]
    outer = min(1.0, 0.9 * (count + 1) / count)
    known = sum(weights) / (1 + reach)
    trust = known / (known + 3)
    low, mid, high = (
        trust * weighted_quantile(bounded, weights, share) + (1 - trust) * math.log(belief)
        for share, belief in ((1 - outer, believed.low), (0.5, believed.mid), (outer, believed.high))
    )
    mid *= (count - 1) / count  # each was predicted without itself: what is left to correct is less than that
    return Spread(math.exp(min(low, mid)), math.exp(mid), math.exp(max(mid, high)))


def weighted_quantile(values: Sequence[float], weights: Sequence[float], share: float) -> float:
    """The quantile by linear interpolation between the middles of the weights."""
    ordered = sorted(zip(values, weights, strict=True))
    total, below = sum(weights), 0.0
    before: tuple[float, float] | None = None
    for value, weight in ordered:
        place = (below + weight / 2) / total
        if place >= share:
            if before is None:
                return value
            reached, known = before
            return known + (value - known) * (share - reached) / (place - reached)
        before, below = (place, value), below + weight
    return ordered[-1][0]
