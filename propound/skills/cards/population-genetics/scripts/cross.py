"""Exact shares of offspring for genes on different chromosomes."""

from fractions import Fraction
from itertools import product

MOST = 8
"""Most genes of one cross."""


def offspring(mother, father):
    """Shares of genotypes: offspring(["Aa", "Bb"], ["Aa", "bb"]) -> {("AA", "Bb"): 1/8, ...}.

    A genotype is a list of genes, each written with its two alleles; alleles of a child are sorted, capitals first.
    ValueError if the parents do not have the same genes.
    """
    if not 0 < len(mother) == len(father) <= MOST:
        raise ValueError(f"both parents have the same genes, from one to {MOST}")
    if any(len(gene) != 2 for gene in [*mother, *father]):
        raise ValueError('a gene is written with two alleles, such as "Aa"')
    if any(one[0].lower() != other[0].lower() for one, other in zip(mother, father)):
        raise ValueError("the genes stand in the same order for both parents")
    single = []
    for one, other in zip(mother, father):
        shares = {}
        for pair in product(one, other):
            gene = "".join(sorted(pair))
            shares[gene] = shares.get(gene, 0) + Fraction(1, 4)
        single.append(shares)
    found = {}
    for genes in product(*single):
        share = Fraction(1)
        for gene, shares in zip(genes, single):
            share *= shares[gene]
        found[genes] = share
    return found


def chance(shares, wanted):
    """Share of the genotypes for which `wanted` holds; wanted is given the tuple of genes."""
    return sum((share for genes, share in shares.items() if wanted(genes)), Fraction(0))


def given(shares, wanted, known):
    """The same among those for which `known` holds. ValueError if nobody is."""
    among = chance(shares, known)
    if among == 0:
        raise ValueError("nobody is known to be so")
    return chance(shares, lambda genes: wanted(genes) and known(genes)) / among


def shows(gene):
    """Whether the dominant allele (the capital) shows."""
    return any(allele.isupper() for allele in gene)
