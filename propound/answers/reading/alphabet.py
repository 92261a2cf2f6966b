"""The signs and names that mathematics is written with: tables, shared by the steps of reading."""

from __future__ import annotations


def pairs(table: str) -> dict[str, str]:
    """The mapping that "a=x b=y" writes."""
    return dict(entry.split("=", 1) for entry in table.split())


GREEK_SIGNS = pairs(
    "α=alpha β=beta γ=gamma δ=delta ε=epsilon ζ=zeta η=eta θ=theta κ=kappa λ=lambda ν=nu ξ=xi ρ=rho σ=sigma τ=tau "
    "φ=phi χ=chi ψ=psi ω=omega Γ=Gamma Δ=Delta Θ=Theta Λ=Lambda Ξ=Xi Π=Pi Σ=Sigma Φ=Phi Ψ=Psi"
)
"""Greek letters; μ and Ω are not here because they are also micro and ohm."""

GREEK = {*GREEK_SIGNS.values(), *["mu", "Omega", "varepsilon", "varphi", "vartheta", "ell", "hbar"]}

TRIGONOMETRIC = ("sin", "cos", "tan", "cot", "sec", "csc")
HYPERBOLIC = ("sinh", "cosh", "tanh")
INVERSES = {"sin": "arcsin", "cos": "arccos", "tan": "arctan"}

FUNCTIONS = {
    **{
        name: name
        for name in (*TRIGONOMETRIC, *HYPERBOLIC, "exp", "ln", "log", "abs", "floor", "ceil", "sqrt")
    },
    **{spelling: f"arc{name}" for name in INVERSES for spelling in (f"arc{name}", f"a{name}")},
    **pairs("cbrt=cbrt lg=log10 ceiling=ceil Abs=abs factorial=factorial binomial=binomial"),
}
"""Spelling of a function to its operation."""

CONSTANTS = pairs("pi=pi e=e i=i infty=infinity infinity=infinity inf=infinity oo=infinity")
"""Spelling of a constant to its name."""

COMMANDS = {"frac", "binom", "surd", "lfloor", "rfloor", "lceil", "rceil"}
"""LaTeX commands with a syntax of their own."""

_FRACTIONS = pairs(
    "½=1/2 ⅓=1/3 ⅔=2/3 ¼=1/4 ¾=3/4 ⅕=1/5 ⅖=2/5 ⅗=3/5 ⅘=4/5 ⅙=1/6 ⅚=5/6 ⅛=1/8 ⅜=3/8 ⅝=5/8 ⅞=7/8"
)

SIGNS = str.maketrans(
    {
        **dict.fromkeys("−–﹣－", "-"),
        **dict.fromkeys("×·⋅∙•∗", "*"),
        **dict.fromkeys("÷∕⁄", "/"),
        **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t\n\r", " "),
        **dict.fromkeys("\u200b\u2061\u2062\ufeff", ""),
        **{chr(0xFF10 + digit): str(digit) for digit in range(10)},
        **{sign: r"\frac{{{}}}{{{}}}".format(*ratio.split("/")) for sign, ratio in _FRACTIONS.items()},
        **{sign: rf"\{name} " for sign, name in GREEK_SIGNS.items()},
        **{
            sign: rf"\{name} "
            for sign, name in pairs(
                "π=pi √=surd ∞=infty ∅=emptyset ±=pm ∓=mp ≈=approx ⌊=lfloor ⌋=rfloor ⌈=lceil ⌉=rceil ⟨=langle "
                "⟩=rangle ∪=cup ∩=cap ∈=in ∖=setminus ∨=lor ∧=land"
            ).items()
        },
        **pairs("（=( ）=) ，=, ＋=+ µ=μ \u2126=Ω ℃=°C º=° ⩽=≤ ⩾=≥ ≦=≤ ≧=≥ ＜=< ＞=>"),
        "＝": "=",
    }
)
"""Unicode signs to the plain notation, for `str.translate`."""

RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ", "0123456789+-n")
LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
