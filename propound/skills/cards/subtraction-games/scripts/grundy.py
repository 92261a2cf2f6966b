"""Perfect play in finite games without chance: values of positions, losing positions, winning first moves."""

MOST = 200_000
"""Most positions that are analysed."""


def values(positions, moves):
    """The Grundy value of every position: {position: value}; 0 means that the player to move loses.

    positions: in an order in which moves lead only to earlier ones; moves(position): positions after one move.
    ValueError if a move leads to a position that has not come yet, as in a game that may never end.
    """
    found = {}
    for position in positions:
        if len(found) >= MOST:
            raise ValueError(f"more than {MOST} positions")
        after = [*moves(position)]
        missing = [other for other in after if other not in found]
        if missing:
            raise ValueError(
                f"from {position!r} a move leads to {missing[0]!r}, which does not come before it"
            )
        reached = {found[other] for other in after}
        found[position] = next(value for value in range(len(reached) + 1) if value not in reached)
    return found


def losing(positions, moves, last_move_wins=True):
    """The positions in which the player to move loses against perfect play, in order."""
    positions = list(positions)
    found = values(positions, moves)
    if last_move_wins:
        return [position for position, value in found.items() if value == 0]
    wins = {}
    for position in positions:
        after = [*moves(position)]
        wins[position] = not after or any(not wins[other] for other in after)
    return [position for position in positions if not wins[position]]


def winning_first_moves(piles, moves):
    """For several piles side by side, of which one is changed in a move: the pairs (pile's number, size after it).

    Whoever makes the last move of all wins.
    """
    found = values(range(max(piles) + 1), moves)
    total = 0
    for pile in piles:
        total ^= found[pile]
    return [
        (number, after)
        for number, pile in enumerate(piles)
        for after in sorted(set(moves(pile)))
        if total ^ found[pile] ^ found[after] == 0
    ]
