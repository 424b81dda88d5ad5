"""The scheduler, by counts: its clock and its queue are the tests'."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import pairwise

import pytest

from k8s_lsp.server.scheduler import CHEAP, Scheduler, Superseded


class World:
    """A clock that only moves when somebody waits or works, and the texts of a client."""

    def __init__(self, cost: float = 0.0) -> None:
        self.now = 0.0
        self.cost = cost
        self.versions: dict[str, int] = {}
        self.analysed: list[tuple[str, int]] = []
        self.published: list[tuple[str, int]] = []
        self.started: list[float] = []
        self._queue: list[tuple[float, int, Callable[[], None]]] = []
        self._count = 0
        self.scheduler = Scheduler(lambda: self.now, self.call_later, self._analyse, self._publish)

    def call_later(self, delay: float, run: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._queue, (self.now + delay, self._count, run))

    def at(self, when: float, run: Callable[[], None]) -> None:
        self._count += 1
        heappush(self._queue, (when, self._count, run))

    def type(self, uri: str = "a") -> None:
        self.versions[uri] = self.versions.get(uri, 0) + 1
        self.scheduler.changed(uri)

    def open(self, uri: str = "a") -> None:
        """Have a text analysed twice: only the second time tells what a change of it costs."""
        for _ in range(2):
            self.type(uri)
            self.run()

    def run(self) -> None:
        while self._queue:
            when, _, run = heappop(self._queue)
            self.now = max(self.now, when)
            run()

    def _analyse(self, uri: str) -> int:
        self.started.append(self.now)
        self.now += self.cost
        self.analysed.append((uri, self.versions[uri]))
        return self.versions[uri]

    def _publish(self, uri: str, version: int) -> None:
        self.published.append((uri, version))


def test_a_cheap_text_is_analysed_at_once_for_every_key() -> None:
    world = World(cost=CHEAP / 2)
    for index in range(10):
        world.at(float(index), world.type)
    world.run()
    assert world.published == [("a", version) for version in range(1, 11)]
    assert world.started == [float(index) for index in range(10)]


def test_changes_that_have_already_arrived_cost_one_analysis() -> None:
    world = World()
    for _ in range(100):
        world.type()
    world.run()
    assert world.analysed == world.published == [("a", 100)]


def test_a_dear_text_is_analysed_about_half_of_the_time() -> None:
    world = World(cost=0.5)
    world.open()
    for index in range(100):
        world.at(1 + index * 0.1, world.type)
    world.run()
    assert 9 <= len(world.analysed) - 2 <= 12
    assert world.published[-1] == ("a", 102)
    gaps = [b - a for a, b in pairwise(world.started[1:])]
    assert min(gaps) >= 2 * world.cost - 1e-9


def test_a_burst_on_a_dear_text_costs_one_more_analysis() -> None:
    world = World(cost=0.5)
    world.open()
    for index in range(10):
        world.at(10 + index * 0.02, world.type)
    world.run()
    assert world.published == [("a", 1), ("a", 2), ("a", 12)]
    assert world.started[2] == 10.5


def test_the_first_analysis_says_nothing_of_the_next_one() -> None:
    world = World(cost=0.5)
    world.type()
    world.run()
    world.at(10.0, world.type)
    world.run()
    assert world.started == [0.0, 10.0]


def test_a_text_that_has_become_cheap_does_not_wait_any_longer() -> None:
    world = World(cost=0.5)
    world.open()
    world.cost = 0.0
    world.at(10.0, world.type)
    world.at(20.0, world.type)
    world.run()
    assert world.started[2:] == [10.5, 20.0]


def test_an_overtaken_result_is_dropped() -> None:
    world = World(cost=1.0)
    world.type()
    # It arrives while the analysis runs, and is handled before the result is published.
    world.at(0.5, world.type)
    world.run()
    assert world.analysed == [("a", 1), ("a", 2)]
    assert world.published == [("a", 2)]


def test_a_closed_text_is_neither_analysed_nor_published() -> None:
    world = World(cost=1.0)
    world.type()
    world.scheduler.closed("a")
    world.run()
    assert world.analysed == world.published == []
    world.type()
    world.at(0.5, lambda: world.scheduler.closed("a"))
    world.run()
    assert world.published == []


def test_a_text_that_is_opened_again_starts_anew() -> None:
    world = World(cost=1.0)
    world.type()
    world.scheduler.closed("a")
    world.type()
    world.run()
    assert world.analysed == world.published == [("a", 2)]


def test_texts_do_not_wait_for_each_other() -> None:
    world = World(cost=0.5)
    world.open("a")
    world.at(5.0, lambda: world.type("a"))
    world.at(5.0, lambda: world.type("b"))
    world.run()
    assert world.published[2:] == [("b", 1), ("a", 3)]


def test_each_state_is_published_once() -> None:
    world = World(cost=0.3)
    for index in range(300):
        world.at(index * 0.07, lambda index=index: world.type("ab"[index % 2]))  # type: ignore[misc]
    world.run()
    assert len(world.published) == len(set(world.published))
    assert {("a", 150), ("b", 150)} <= set(world.published)


def test_an_analysis_that_is_superseded_begins_again_behind_what_is_queued() -> None:
    queue: list[Callable[[], None]] = []
    published: list[tuple[str, int]] = []
    tries = iter([Superseded(), Superseded(), None])
    now = iter(range(100))

    def analyse(key: str) -> int:
        if (error := next(tries)) is not None:
            raise error
        return 7

    scheduler: Scheduler[str, int] = Scheduler(
        lambda: float(next(now)),
        lambda delay, run: queue.append(run) if delay == 0.0 else pytest.fail("it waits"),
        analyse,
        lambda key, result: published.append((key, result)),
    )
    scheduler.changed("a")
    queue.pop(0)()
    assert len(queue) == 1
    # A change in between needs no analysis of its own, and the first one that ends says nothing
    # of what the next one costs.
    scheduler.changed("a")
    while queue:
        queue.pop(0)()
    assert published == [("a", 7)]
