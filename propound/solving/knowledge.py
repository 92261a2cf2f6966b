"""Numbers that a reader knows without being told: what words say, factors between units, constants of nature."""

from __future__ import annotations

import re
from fractions import Fraction


def _by_word(table: str) -> dict[str, tuple[Fraction, ...]]:
    """A table of lines `number number: word word`; a line that is indented goes on with the one before."""
    found: dict[str, tuple[Fraction, ...]] = {}
    for line in re.sub(r"\n +", " ", table).strip().splitlines():
        numbers, _, words = line.partition(": ")
        for word in words.split():
            found[word] = (*found.get(word, ()), *map(Fraction, numbers.split()))
    return found


SAYS = _by_word("""
2: twice double doubled doubles doubling both pair pairs couple two-fold second binary squared coin coins
  twins weekend weekends
3: thrice triple tripled triples triplet trio treble cubed
4: quadruple quadrupled quadruples quartet quarterly cow cows sheep pig pigs dog dogs cat cats rabbit
  rabbits horse horses goat goats
5 1/20: nickel nickels
10 1/10: dime dimes
5: quintuple quintupled quintet pentagon weekday weekdays
1: once single alone another unit first
0: none nobody nothing no empty rest
1/2 2: half halves halved halfway semi midway average mean midpoint
1/3 3: third thirds
1/4 4 25: quarter quarters
12: dozen dozens noon midday monthly annually inches
20: score
144: gross
100: century centuries cents
10: decade decades decagon
14 2: fortnight
0 24 12: midnight
1/5 5: fifth fifths
1/6 6: sixth sixths
1/7 7: seventh sevenths
1/8 8: eighth eighths
1/9 9: ninth ninths
1/10 10: tenth tenths
7: week weeks heptagon
7 52: weekly
12 4 30: month months
12 52 365 366: year years
12 52 365: yearly
12 52: annual
7 24: daily
24: overnight
1/100: penny pennies
8: spider spiders octal octagon byte
6: insect hexagon die dice
10 5: fingers toes
16: pound pounds hexadecimal
4 2: quart quarts
4 8 16: gallon gallons
2 8 16: pint pints
12 3: feet foot
3 36: yard yards
5280 1760: mile miles
26: alphabet
9 10: digit digits
2 4: square squares
3 6 8 12: cube cubes
3 180 1/2: triangle
4 6: tetrahedron
6 8 12: octahedron
12 20 30: dodecahedron icosahedron
52 13 4: card cards deck
8 64: chessboard
12 60: clock
1 31: january
2 28 29: february
3 31: march
4 30: april
5 31: may
6 30: june
7 31: july
8 31: august
9 30: september
10 31: october
11 30: november
12 31: december
366 29: leap
8 1024: bytes
""")
"""What single English words say as a number does: twice, a dozen, the faces of a die, the days of a week."""

_ABROAD = """
0: null zéro cero zero nul ноль
1: eins un uno um een один
2: zwei deux dos due dois twee два
3: drei trois tres tre três drie три
4: vier quatre cuatro quattro quatro четыре
5: fünf cinq cinco cinque vijf пять
6: sechs six seis sei zes шесть
7: sieben sept siete sette sete zeven семь
8: acht huit ocho otto oito восемь
9: neun neuf nueve nove negen девять
10: zehn dix diez dieci dez tien десять
11: onze undici elf
12: zwölf douze doce dodici doze twaalf
13: dreizehn treize trece tredici treze dertien
14: vierzehn quatorze catorce quattordici veertien
15: fünfzehn quinze quince quindici vijftien
16: sechzehn seize dieciséis sedici dezesseis zestien
20: zwanzig vingt veinte venti vinte twintig двадцать
30: dreißig trente treinta trenta trinta dertig тридцать
40: vierzig quarante cuarenta quaranta quarenta veertig сорок
50: fünfzig cinquante cincuenta cinquanta cinquenta vijftig пятьдесят
60: sechzig soixante sesenta sessanta sessenta zestig шестьдесят
70: siebzig setenta settanta zeventig семьдесят
80: achtzig ochenta ottanta oitenta tachtig восемьдесят
90: neunzig noventa novanta negentig девяносто
100: hundert cent cien cento cem honderd сто
1000: tausend mille mil duizend тысяча
1/2 2: halb halbe halber hälfte demi moitié mitad medio media metà mezzo metade meio helft половина половину
2: doppelt doppelte zweimal double doble doppio dobro dubbel вдвое
"""
ABROAD = _by_word(_ABROAD)
"""Number words of other languages; what is longer is written in digits there, too."""

FREE = frozenset(map(Fraction, (0, 1, 2, 100)))
"""What any program may use."""
SMALL = 12
"""Whole numbers up to here are counts that a reader knows: sides, legs, months."""
USUAL = frozenset(
    Fraction(text)
    for text in re.split(
        r"\s+",
        "16 20 24 25 30 32 50 52 60 64 90 180 360 365 366 1024 1440 1760 3600 5280 86400"
        " 18/5 1/2 3/2 1/4 3/4 5/2 1/3 2/3 4/3 9/5 5/9 1/6 1/12",
    )
)
"""Factors between units, and ratios in formulas."""

_KNOWN = """
3.14159265 2.71828183 1.41421356 1.73205081 1.61803399 0.69314718 9.8 9.81 9.80665 299792458 3e8 2.998e8
6.626e-34 6.62607015e-34 1.0546e-34 1.381e-23 1.380649e-23 6.022e23 6.02214076e23 8.314 8.3145 8.314462618
0.08206 0.0821 62.36 96485 96500 1.602e-19 1.6e-19 1.602176634e-19 9.109e-31 9.11e-31 1.673e-27 1.67e-27
1.675e-27 1.6605e-27 6.674e-11 6.67e-11 6.6743e-11 8.854e-12 8.85e-12 1.2566e-6 5.67e-8 5.670374e-8 273.15
273 298.15 298 101325 101.325 760 22.4 22.414 8.99e9 8.988e9 9e9 4.184 4186 4180 4.18 4.186 1000 343 340
331 1.609 1.609344 1.60934 2.54 0.3048 0.4536 0.45359237 3.785 2.2046 1.097e7 13.6 1.496e11 6.371e6
5.972e24 1.989e30 3.086e16 1.008 1.01 4.0026 6.94 12.01 12.011 14.01 14.007 16.00 15.999 19.00 22.99 24.31
24.305 26.98 28.09 30.97 32.06 32.07 35.45 39.10 39.95 40.08 54.94 55.85 55.845 58.69 63.55 63.546 65.38
79.90 87.62 107.87 118.71 126.90 137.33 196.97 200.59 207.2 238.03 18.015 18.02 44.01 44.009 98.08 58.44
36.46 40.00 84.01 100.09 17.03 180.16 342.3 46.07 32.04 34.01 56.08
"""
KNOWN = tuple(sorted(map(float, _KNOWN.split())))
"""Constants of mathematics and of nature, and molar masses: better stated, but known."""
