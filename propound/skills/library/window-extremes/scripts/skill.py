"""Extremes over a trailing window. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {
        "width": rng.randint(1, 5 + 2 * level),
        "fade": rng.randint(1, 6 + 6 * level),
        "extreme": rng.choice(("largest", "smallest")),
    }


def solve(values: list[int], width: int, fade: int, extreme: str) -> list[int]:
    pick = max if extreme == "largest" else min
    found = []
    for index in range(len(values)):
        window = range(max(0, index - width + 1), index + 1)
        found.append(pick(values[earlier] - fade * (index - earlier) for earlier in window))
    return found


def recompute(values: list[int], width: int, fade: int, extreme: str) -> list[int]:
    from collections import deque

    sign = 1 if extreme == "largest" else -1
    queue: deque[tuple[int, int]] = deque()
    found = []
    for index, value in enumerate(values):
        level = sign * (value + fade * index)
        while queue and queue[-1][1] <= level:
            queue.pop()
        queue.append((index, level))
        if queue[0][0] == index - width:
            queue.popleft()
        found.append(sign * queue[0][1] - fade * index)
    return found
