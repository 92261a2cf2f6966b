"""Places of letters. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {"letter": rng.choice("abcdefghijklmnopqrstuvwxyz"), "start": rng.randint(0, 30 * level)}


def solve(text: str, letter: str, start: int) -> list[int]:
    return [number for number, character in enumerate(text, start) if character > letter]


def recompute(text: str, letter: str, start: int) -> list[int]:
    numbers = []
    for code in range(ord(letter) + 1, ord("z") + 1):
        index = text.find(chr(code))
        while index != -1:
            numbers.append(start + index)
            index = text.find(chr(code), index + 1)
    return sorted(numbers)
