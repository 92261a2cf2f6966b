"""Value after n steps x -> factor * x + add from start."""


def draw(rng, level, fixed):
    return {
        "start": fixed.get("start", rng.randint(2, 60 * level)),
        "factor": 1 if rng.random() < 0.05 else rng.randint(2, 3 + level // 2),
        "add": fixed.get("add", rng.randint(1, 50 * level)),
        "n": fixed.get("n", rng.randint(3, 5 + level) if rng.random() < 0.93 else 2),
    }


def solve(p):
    if p["factor"] == 1:
        return p["start"] + p["n"] * p["add"]
    power = p["factor"] ** p["n"]
    return power * p["start"] + p["add"] * (power - 1) // (p["factor"] - 1)


def recompute(p):
    value = p["start"]
    for _ in range(p["n"]):
        value = p["factor"] * value + p["add"]
    return value


def degenerate(p, result):
    if p["factor"] == 1:
        return "the factor 1 leaves a plain arithmetic progression"
    if p["n"] < 3:
        return "there are too few steps"
    return None
