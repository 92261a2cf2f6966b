"""Scores of words. `solve` and `recompute` are self-contained: they become parts of programs."""


def draw(rng, level, fixed):
    return {
        "letter": rng.choice("abcdefghijklmnopqrstuvwxy"),
        "bonus": rng.randint(2, 10 * level),
        "least": rng.randint(2, 5 + level),
    }


def solve(text: str, letter: str, bonus: int, least: int) -> list[int]:
    scores = []
    for word in text.split():
        if len(word) >= least:
            late = sum(character > letter for character in word)
            scores.append(len(word) + bonus * late)
    return scores


def recompute(text: str, letter: str, bonus: int, least: int) -> list[int]:
    from string import ascii_lowercase as alphabet

    late = set(alphabet[alphabet.index(letter) + 1 :])
    scores = []
    letters = score = 0
    for character in text + " ":
        if character != " ":
            letters += 1
            score += bonus + 1 if character in late else 1
        else:
            if letters and letters >= least:
                scores.append(score)
            letters = score = 0
    return scores
