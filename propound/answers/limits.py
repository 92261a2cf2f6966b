"""Bounds on what is read and computed, checked before the work that they bound."""

MAX_ANSWER = 2_000
"""Longest answer that is compared, in characters."""

MAX_PROSE = 200_000
"""Characters of a text in which a final answer is looked for; of a longer one, its end."""

MAX_DEPTH = 24
"""Nested groups, signs, powers and function calls."""

MAX_TOKENS = 1_000
"""Tokens of one expression."""

MAX_BITS = 20_000
"""Size of an exact number's numerator and denominator, in bits."""

MAX_DECIMAL_EXPONENT = 5_000
"""Largest |n| in a literal 1.5e<n>."""

MAX_FACTORIAL = 1_000
"""Largest n in n! and in n over k."""

MAX_ROOT = 64
"""Largest index of a root."""

MAX_DEGREE = 200
"""Largest exponent of an expression that has letters."""

MAX_TERM_PRODUCTS = 30_000
"""Products of two terms in the normal forms of one comparison."""

MAX_ITEMS = 200
"""Entries of a set or tuple."""

MAX_SYMBOLIC_BITS = 2_000
"""Size of a number in a polynomial or in sympy, in bits."""

MAX_SYMBOLIC_NODES = 300
"""Size of a tree that is handed to sympy, in nodes."""

SYMBOLIC_CALLS = 1_200_000
"""Function calls that sympy may make in one comparison, counting those into C."""

SYMBOLIC_SECONDS = 0.5
"""Processor time that sympy may take in one comparison; calls run out first but for rare inputs."""

COMPARISON_SECONDS = 0.6
"""Processor time after which one comparison, of many entries, decides nothing more."""
