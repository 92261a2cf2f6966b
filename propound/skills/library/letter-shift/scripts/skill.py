"""A periodic Caesar cipher. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {
        "period": rng.randint(2, 4 + level),
        "first": rng.randint(0, 26 * level),
        "rest": rng.choice((0, rng.randint(0, 26 * level))),
    }


def solve(text: str, period: int, first: int, rest: int) -> str:
    moved = []
    for index, character in enumerate(text):
        if character == " ":
            moved.append(character)
            continue
        shift = first if index % period == 0 else rest
        moved.append(chr((ord(character) - ord("a") + shift) % 26 + ord("a")))
    return "".join(moved)


def recompute(text: str, period: int, first: int, rest: int) -> str:
    from string import ascii_lowercase as alphabet

    def table(shift: int) -> dict[int, int]:
        turn = shift % len(alphabet)
        return str.maketrans(alphabet, alphabet[turn:] + alphabet[:turn])

    characters = list(text.translate(table(rest)))
    characters[::period] = text[::period].translate(table(first))
    return "".join(characters)
