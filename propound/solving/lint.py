"""What can be seen wrong with a statement by its text alone: a list of small tests, each of which finds one fault.

Each test is a pattern for the gross form of a fault, kept narrow by the sound statements of public collections (see
`tests/solving/measure_lints.py` for how often each fires there). What it misses, judges and solvers still find.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from fractions import Fraction

from propound.domain import Domain
from propound.solving.finding import Finding, Lint
from propound.solving.tongue import speaks

LONGEST = 3_000
"""Characters of a statement of one problem; the longest of olympiads have about 2,500."""
REPEATED_SENTENCES = 3
REPEATED_WORDS = 4
"""Times that a run of words follows itself."""
_LONGEST_RUN = 40

__all__ = ["Finding", "Lint", "lints"]

_MATH = re.compile(
    r"\$\$[^$]{0,800}\$\$|\$[^$]{0,800}\$|\\\((?:[^\\]|\\(?![()])){0,800}\\\)|\\\[(?:[^\\]"
    r"|\\(?![\[\]])){0,800}\\\]"
)
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_SENTENCE = re.compile(r"[^.!?。！？؟\n]*[.!?。！？؟\n]+|[^.!?。！？؟\n]+")

_NUMBER = (
    r"(?:\\?\$? ?-?\d|\\boxed|\\d?frac|(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven"
    r"|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen"
    r"|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|(?:one|a) (?:hundred|thousand|half|third"
    r"|quarter))\b)"
)
_TELLS = (
    re.compile(
        rf"(?<!if )(?<!that )(?<!whether )\b(?:the|its|our|final|correct|right|expected) +(?:final |correct "
        rf"|right |expected )?(?:answer|solution|(?<=final )result) *"
        rf"(?:is|equals|=|:|will be|would be|comes (?:out )?to) *"
        rf"(?:therefore |thus |exactly |simply |\*\*|:|\$)* *{_NUMBER}"
        r"(?!\d* ?(?:or (?:more|less|fewer)|times|digits?\b|of these))",
        re.IGNORECASE,
    ),
    re.compile(
        rf"(?:^|[\n.?!(\[*_]) *(?:final |correct |expected )?(?:answer|ans|solution|result|key)"
        rf"(?: key)? *(?:\*\*|__)? *[:=] *(?:\*\*|__)? *(?:{_NUMBER}|[^\s_?])",
        re.IGNORECASE,
    ),
    re.compile(r"\\boxed *\{ *[^ }?]"),
    re.compile(r"#{4} *-?\d"),
    re.compile(
        r"[?.] (?:therefore|hence|thus|so)\b,? [^.?!]{0,80}"
        rf"(?:=|\b\w{{2,12}}\b) *{_NUMBER}[^.?!]{{0,40}}\.? *$",
        re.IGNORECASE,
    ),
    re.compile(r"(?:答案|答)(?:是|为|：|:|=) *[-\d一二三四五六七八九十]|解[：:] "),
    re.compile(
        rf"\b(?:die Antwort|das Ergebnis|la (?:respuesta|réponse|risposta|resposta)|die Lösung|ответ) *(?:ist"
        rf"|lautet|es|est|è|é|:|—|-) *:? *{_NUMBER}",
        re.IGNORECASE,
    ),
)
_ENDS_WITH = re.compile(r"(?:\?|:|=)[\s$*_]*(?P<end>[^?:=]{1,60})$")
"""What stands after the question."""

_VERBS = (
    "find|determine|compute|calculate|evaluate|solve|simplify|express|give|state|work out|figure out|how"
    "|what|which|who|whose|whom|when|where|why|write|list|name|count|print|return"
    "|implement|derive|prove|show|estimate|factor(?:i[sz]e)?|expand|convert|round|identify|choose|select"
    "|complete|fill|tell|predict|output|report|provide|decide|deduce|obtain|reduce|differentiate"
    "|integrate|combine|specify|distribute|build|collect|order|rank|minimi[sz]e"
    "|maximi[sz]e|answer|describe|explain|graph|sketch|construct|verify|check|use|rewrite|rationali[sz]e"
    "|multiply|divide|add|subtract|perform|approximate|represent|translate|locate|arrange|put"
    "|is|are|does|do|can|will|let us know|suppose|sum|product|area"
)
_ASKS = re.compile(
    rf"[?？؟]|\b(?:{_VERBS.removesuffix('|is|are|does|do|can|will|let us know|suppose|sum|product|area')})\b"
    rf"|_{{2,}}|\\underline|\\_\\_",
    re.IGNORECASE,
)
_ASKS_ABROAD = re.compile(
    r"[求计算解问几何多少哪证写]|몇|구하|얼마|무엇|求め|何|いくつ|いくら|どれ|答え"
    r"|\b(?:bestimme|berechne|finde|wie|welche\w*|gib|löse|was|trouve[rz]?|calcule[rz]?|détermine[rz]?"
    r"|combien|quel\w*|résou\w+|encuentr\w+|calcul\w+|determin\w+|cuánt\w+|cuál\w*|qué|halla\w*"
    r"|resuelv\w+|trova\w*|quant\w+|qual\w*|risolv\w+|encontr\w+|ache|bereken|bepaal|hoeveel|vind|найди\w*"
    r"|вычисли\w*|определи\w*|сколько|чему|как\w+|реши\w*|ile|oblicz|znajdź|wyznacz|jak\w*|bulunuz|kaç"
    r"|hesapla\w*"
    r"|hitung\w*|berapa|tentukan|tính|tìm|bao nhiêu)\b",
    re.IGNORECASE,
)

_QUESTION = re.compile(r"[?？؟]+[\s)\"'”’*]*")
_QUOTED = re.compile(r"[\"“][^\"“”]{0,400}[\"”]")
_TASK = (
    r"(?:find|determine|compute|calculate|evaluate|what (?:is|are|was|were)|how (?:many|much|long|far|fast"
    r"|old|tall|often)|give|state)"
)
_PARTS = re.compile(
    rf"(?:^|[\n.;:?] *)\(?(?:a|i|1)[).] [^\n]{{0,80}}?\b{_TASK}\b.{{1,1500}}?[\n.;:?] *\(?(?:b|ii|2)[).] "
    rf"[^\n]{{0,80}}?\b{_TASK}\b",
    re.DOTALL | re.IGNORECASE,
)
"""(a) and (b), each with a task of its own; conditions are numbered, too."""
_ALSO = re.compile(
    rf"(?:[.?;] *(?:also|additionally|in addition|then|furthermore|next|finally|secondly)|(?:, (?:and )?"
    rf"|\band )(?:also|additionally|in addition)|\band then),? {_TASK}\b"
    rf"|(?<!telling )(?<!showing )(?<!says )(?<!shows )\b{_TASK}\b[^.?!]{{3,200}},? and (?:also )?(?:then "
    rf")?{_TASK}\b",
    re.IGNORECASE,
)
_BOTH = re.compile(
    r"\b(?:find|determine|compute|calculate|what (?:is|are)) (?:both )?(?:the|its|their|his|her|each"
    r"|how)\b[^.?!]{3,90}? and (?P<second>the|its|their|how|what)\b[^.?!]{3,}[.?]",
    re.IGNORECASE,
)
_ONE_OF_TWO = re.compile(
    r"\b(?:sum|product|difference|ratio|total|average|mean|quotient|distance|angle|between|common|union"
    r"|intersection|probability|number|pairs?|fraction|combined|together|remainder|proportion"
    r"|area|volume|percent\w*|chance|odds|gcd|lcm|greatest|least|of the|from|both|difference|radius|length"
    r"|value of)\b",
    re.IGNORECASE,
)
_AS_ONE = re.compile(
    r"\b(?:ordered (?:pair|triple|tuple|list)|pairs?|triples?|tuple|in the form|of the form|as a (?:list"
    r"|set|sum|vector|matrix|pair|fraction|tuple|point)|all (?:real |integer |possible |positive |complex "
    r")?(?:solutions|values|roots|pairs|numbers)"
    r"|coordinates|vector|matrix|system|set of|separated by|list|m ?\+ ?n|a ?\+ ?b|relatively prime|can "
    r"be (?:written|expressed))\b|\([a-z], ?[a-z]",
    re.IGNORECASE,
)
_AS_A_SUM = re.compile(
    r"\bm ?\+ ?n\b|\ba ?\+ ?b\b|relatively prime|can be (?:uniquely )?(?:written|expressed)|where "
    r"\$?[a-z]\$?,? "
)
"""Of the parts of a form one number is made."""
_ORDER = re.compile(
    r"^\W*(?:find|determine|compute|calculate|evaluate|work out)\b(?! +F\b)"
    r"(?![^?]*\b(?:without|call|let|denot\w*|get|result|using)\b)[^?]{12,}$",
    re.IGNORECASE,
)
"""A task without a name for what comes out, which a later question could need."""
_REPORTED = re.compile(
    r"\b(?:ask(?:s|ed|ing)?|wonder(?:s|ed|ing)?|sa(?:ys|id)|question|quiz|survey|puzzle)\b", re.IGNORECASE
)
_NO_QUESTION = re.compile(
    r"^\W*(?:can|could) you (?:find|help|solve|determine|figure|calculate|work)\b|^\W*(?:right|ok(?:ay)?"
    r"|ready|got it|understood|really|why\?*)\W*$",
    re.IGNORECASE,
)

_ADDRESSED = (
    re.compile(
        r"\b(?:ignore|disregard|forget|override|bypass)\b[^.?!\n]{0,40}\b(?:previous|prior|above|earlier"
        r"|preceding|all|any|your|these|the) (?:\w+ ){0,2}(?:instructions?|prompts?|rules?|messages?"
        r"|directions?|guidelines?|criteria)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:dear|attention|note (?:to|for)|hint to|message (?:to|for)|instructions? (?:to|for)|to|hey|hello"
        r"|hi|for)[ :,]+(?:the |all |any |our |my |you )?(?:judges?|graders?|verifiers?|evaluators?|reviewers?"
        r"|auditors?|validators?|checkers?|examiners?|committee|assistants?|language models?|llms?)\b "
        r"*(?:[:,!—]|who|(?:should|must|please|will)\b)|\b(?:dear|attention|note to|note for|message to)[ "
        r":,]+(?:the |all |any )?(?:solvers?|models?|system|ai)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:^|[\n.!?] *)(?:judges?|graders?|verifiers?|evaluators?|reviewers?|auditors?|assistant|ai|model"
        r"|solver)s? *[:,] *\w|\b(?:the |any |all )?(?:judges?|graders?|verifiers?|evaluators?|auditors?"
        r"|validators?|solvers?) (?:should|must|needs? to|has to|have to|is required to|will) "
        r"(?:accept|mark|rate|vote|approve|confirm|agree|answer|reply|output|respond|return|say|treat|consider"
        r"|report)",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:please |kindly |simply |just )?(?:accept|approve|rate|mark|vote|grade|score|classify|label"
        r"|treat|report|declare) (?:this|the|that|it|my)\b(?: (?:problem|question|statement|answer|solution"
        r"|item|task|submission|draft))?[^.?!\n]{0,30}\b(?:as |for )?(?:valid|correct|accepted|right|sound"
        r"|well[- ]posed|true|approved|full (?:marks|score)|passing|high|10/10|flawless|verified)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:this|the above) (?:problem|question|statement|task|exercise|puzzle|item)\b(?: \w+){0,2} (?:is"
        r"|was|has been|have been) (?:\w+ )?(?:already |carefully |fully |independently |double[- "
        r"]?)?(?:checked|verified|validated|well[- ]posed|valid|correct|approved|reviewed|audited|accepted"
        r"|confirmed|proofread|unambiguous|flawless|solvable|tested)\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\bwell_posed\b|\"(?:valid|defects|well_posed|verdict|answer)\" *:|\bas an? (?:ai|artificial "
        r"intelligence|(?:large )?language model|llm|chatbot)\b|\byou are an? (?:ai|assistant|helpful|expert"
        r"|language model|judge|grader|verifier|solver|impartial)\b|\bsystem prompt\b|\bjailbreak\b",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:thought process|chain of thought|let['’]s think step by step|think step by step|reasoning "
        r"process)\b *[:.]?",
        re.IGNORECASE,
    ),
    re.compile(
        r"\bthis (?:problem|question|statement|exercise|task|puzzle) (?:combines|uses|requires|tests|involves"
        r"|integrates|demonstrates|is (?:designed|intended|meant)|can be solved|exercises|assesses|challenges"
        r"|incorporates|covers|showcases)\b"
        r"|\b(?:python|the|following|above|below|my|this|provided|given) (?:program|script|code(?: (?:block"
        r"|snippet))?)\b (?:above|below|computes|calculates|prints|verifies|checks|shows|gives|solves|confirms"
        r"|will|can be)",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:ignorier\w*|vergiss|missachte\w*)\b[^.?!\n]{0,40}\b(?:anweisung|vorgabe|regel)|\bignor(?:a|e|ez"
        r"|er|are|ad)\b[^.?!\n]{0,40}\b(?:instruc|consignes|istruzioni|anteriores|précédentes|precedenti)"
        r"|\boublie[rz]?\b[^.?!\n]{0,30}\binstructions\b"
        r"|(?:忽略|无视|無視|忘记)[^。？！\n]{0,20}(?:指令|指示|提示|说明|要求)|игнорир\w+[^.?!\n]{0,40}(?:инструкц|указани)|(?:评委"
        r"|评审|裁判|审核员|评判)(?:们)?(?:[:：,，]|请|应|必须)|请(?:接受|判定|标记|认为)[^。？！\n]{0,20}(?:正确|有效|通过)"
        r"|(?:指示|命令)を無視|이전 (?:지시|명령)[^.?!\n]{0,10}무시|تجاهل[^.?!\n]{0,30}التعليمات|\b(?:liebe[rs]?|an die"
        r"|estimado|caro|cher)s? (?:jury|richter|prüfer|juez|jueces|juge|giudic\w+)\b"
        r"|\b(?:akzeptier\w*|bewerte|acepte|acceptez|accetta\w*|aceite) (?:diese|dieses|este|esta|ce|cette"
        r"|questo|questa)\b",
        re.IGNORECASE,
    ),
)

_TAGS = (
    "div span br hr table thead tbody tr td th ul ol li h1 h2 h3 h4 h5 h6 img script style html body head "
    "code pre strong em font center input form iframe svg meta link title button label section statement "
    "answer kind think thinking thought tool_call tool_response tool tools system user assistant problem "
    "solution question hint response instructions instruction prompt output result function skill skills "
    "note reasoning rationale program python draft final verdict"
)
_TAG = re.compile(
    rf"</? ?(?:{_TAGS.replace(' ', '|')})(?: +[\w-]+ ?= ?(?:\"[^\"<>]*\"|'[^'<>]*'|[^\s<>]+))* ?/?>|</(?:a"
    rf"|b|i|u|p"
    rf"|s)>|<(?:p|a href[^<>]*)>|<!--|<!DOCTYPE|&(?:nbsp|lt|gt|amp|quot|#\d+);",
    re.IGNORECASE,
)
_ROLES = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|\[/?INST\]|<</?SYS>>|</?s>|<｜[^｜\n]{1,40}｜>|<(?:start|end)_of_turn>|(?:^|\n) "
    r"*(?:#{1,4} *)?(?:\*\*)?(?:system|user|assistant|human|ai|instruction|response|prompt)(?:\*\*)? *: "
    r"*\S|(?:^|\n) *#{2,4} *(?:instruction|response|input|system|user|assistant)s?\b",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"\"(?:name|tool|function)\" *: *\"\w+\"[^{}]{0,80}\"(?:arguments|parameters|args)\" *:|<(?:function"
    r"|invoke|tool)[=_ ]",
    re.IGNORECASE,
)
_FENCE = re.compile(
    r"```|~~~|(?:^|\n)GIVEN *=|(?:^|\n)(?:import|from) \w+(?: import .*)?(?:\n|$)|(?:^|\n)def "
    r"\w+\([^)\n]*\) *(?:->[^:\n]*)?:[ ]*\n"
)
_LABELS = re.compile(
    r"(?:^|\n) *#{1,6} +\S|(?:^|\n) *(?:\*\*|__)?(?:problem|question|problem statement|statement|task"
    r"|exercise|title|domain|skills?|difficulty|topic|category)(?: ?\d+)?(?:\*\*|__)? *:|(?:^|\n) *(?:\*\*"
    r"|__)[^*_\n]{1,60}(?:\*\*|__) *:?(?:\n|$)",
    re.IGNORECASE,
)
_HOLES = (
    re.compile(
        r"(?<![\\^_}A-Za-z])\{ ?[A-Za-z]\w{0,30}(?: ?:[^{}]{0,8})? ?\}(?!\s*\\)|\{\{[^{}]{1,60}\}\}"
        r"|\$\{\w{1,30}\}|<<[^<>]{1,40}>>|%\(\w+\)[sd]|(?<![\d%])%[sd]\b"
    ),
    re.compile(
        r"\[ ?(?:insert|your|some|name|number|value|quantity|unit|units|amount|specific|fill|add|enter"
        r"|placeholder|variable|city|date|time|a number|todo|tbd|object|item|person)\b[^\]\n]{0,60}\]"
        r"|(?<![\w\])])\[ ?[XN] ?\]|\((?:insert|fill in|placeholder|your \w+ here)\b[^)\n]{0,60}\)"
        r"|< ?(?:insert|number|value|name|your|placeholder|quantity|unit)\b[^<>\n]{0,40}>",
        re.IGNORECASE,
    ),
    re.compile(
        r"\b(?:TODO|TBD|FIXME|XXX+|lorem ipsum)\b|\byour (?:answer|question|problem|statement|text) here\b"
        r"|\bplaceholder\b",
        re.IGNORECASE,
    ),
)
_LETTER_AS_NUMBER = re.compile(
    r"(?<![$\\\w])([XYZN])(?: |-)(?:units?|meters?|metres?|kilometers?|km|cm|miles?|feet|inches|hours?"
    r"|minutes?|seconds?|days?|weeks?|years?|dollars?|apples?|grams?|kg|kilograms?|liters?|percent|people"
    r"|students?|books?|items?|times|objects?|degrees?)\b|\$([XYZ])(?![\w$\\^_ ]|[-+=<>*/])"
)
_INTRODUCED = (
    r"(?:let|find|for|of|is|denote[sd]?|called?|variable|determine|compute|where|given|unknown|solve"
    r"|function|and|,|=|value|integer|number|most|least)\W{{0,3}}\$?\\?{0}\b|\b{0} *(?:be|=|is|denotes"
    r"|represents|\+|-|<|>)"
)

_OPENING_WORDS = (
    "the a an of and or to with in by for per if each which that than from at on into as is are was were "
    "has have had be been will would can could should its their his her this these those when where while "
    "because but so then between into onto over under about through during using such let suppose "
    "assuming given both either neither how what whose not only also every some any no"
)
_UNFINISHED = frozenset(_OPENING_WORDS.split())
_OPEN_END = re.compile(r"(?:[,;:(\[{+*/=<>\\&–—-]|\.\.\.|…|\\[A-Za-z]+)[\s$]*$")
_TERMINAL = re.compile(r"[.?!。？！؟।)\]}\"'”’`$%|*_>。．]\s*$")
_PAIRS = (("(", ")"), ("[", "]"))


def lints(
    statement: str, *, language: str = "English", domain: Domain = Domain.MATHEMATICS
) -> tuple[Finding, ...]:
    """What is wrong with a statement, by its text alone; each fault at most once, in a fixed order. Total."""
    return tuple(_found(statement, language, is_coding=domain is Domain.CODING))


def _found(statement: str, language: str, *, is_coding: bool) -> Iterator[Finding]:
    for lint, test, advice in _TESTS:
        found = test(statement, is_coding)
        if found is not None:
            yield Finding(lint=lint, detail=f"{advice}{f': {_quoted(found)}' if found else ''}")
    if not speaks(statement, language):
        yield Finding(
            lint=Lint.LANGUAGE,
            detail=f"the statement is not in {' '.join(language.split())[:40]}: write it anew in that language",
        )


def _quoted(text: str) -> str:
    """A short piece of the statement, printable and on one line."""
    shown = "".join(sign if sign.isprintable() else " " for sign in " ".join(text.split()))
    return f'"{shown[:57]}..."' if len(shown) > 60 else f'"{shown}"'


def _searched(patterns: tuple[re.Pattern[str], ...], text: str) -> str | None:
    return next((match[0] for pattern in patterns if (match := pattern.search(text))), None)


def _hidden(text: str, _: bool) -> str | None:
    before = " "
    stacked = 0
    for sign in text:
        kind = unicodedata.category(sign)
        joins = sign in "\u200c\u200d" and not before.isascii() and unicodedata.category(before)[0] in "LM"
        if (
            kind in {"Cf", "Co", "Cs", "Cn", "Cc"} and sign != "\n" and not joins
        ) or sign in "\u115f\u1160\u3164\uffa0\u2800":
            return f"U+{ord(sign):04X}"
        stacked = stacked + 1 if kind in {"Mn", "Me"} else 0
        if stacked > 4:
            return f"U+{ord(sign):04X}"
        before = sign
    mixed = re.search(r"[A-Za-z]+[\u0400-\u04ff]+[A-Za-z]*|[\u0400-\u04ff]+[A-Za-z]+[\u0400-\u04ff]*", text)
    return mixed[0] if mixed else None


def _too_long(text: str, _: bool) -> str | None:
    return "" if len(text) > LONGEST else None


def _markup(text: str, is_coding: bool) -> str | None:
    bare = _MATH.sub(" ", text)
    found = _searched((_ROLES, _CALL), text) or _searched(
        (_TAG,), _CODE.sub(" ", bare) if is_coding else bare
    )
    return found if found or is_coding else _searched((_FENCE,), text)


def _labels(text: str, is_coding: bool) -> str | None:
    return None if is_coding else _searched((_LABELS,), text)


def _placeholder(text: str, is_coding: bool) -> str | None:
    bare = _MATH.sub(" ", text)
    if is_coding:
        bare = _CODE.sub(" ", bare)
        return _searched(_HOLES[1:], bare)
    found = _searched(_HOLES, re.sub(r"\\[{}]", " ", bare))
    if found:
        return found
    for match in _LETTER_AS_NUMBER.finditer(bare):
        letter = match[1] or match[2]
        if not re.search(_INTRODUCED.format(letter), text, re.IGNORECASE):
            return match[0]
    return None


def _addresses(text: str, is_coding: bool) -> str | None:
    bare = unicodedata.normalize("NFKC", text)
    patterns = _ADDRESSED if not is_coding else (*_ADDRESSED[:7], _ADDRESSED[8])
    return _searched(patterns, bare)


def _repeats(text: str, _: bool) -> str | None:
    sentences: dict[str, int] = {}
    for match in _SENTENCE.finditer(text):
        words = re.findall(r"\w+", match[0].casefold())
        if len(words) >= 4:
            key = " ".join(words)
            sentences[key] = sentences.get(key, 0) + 1
            if sentences[key] >= REPEATED_SENTENCES:
                return match[0].strip()
    words = re.findall(r"[^\W\d_]{2,}|\d+", re.sub(r"\\[A-Za-z]+", " ", _MATH.sub(" ", text)).casefold())
    for width in range(1, min(_LONGEST_RUN, len(words) // REPEATED_WORDS) + 1):
        same = 0
        for place in range(width, len(words)):
            same = same + 1 if words[place] == words[place - width] else 0
            if same >= width * (REPEATED_WORDS - 1) and (width > 1 or same >= REPEATED_WORDS):
                run = words[place - width + 1 : place + 1]
                if any(not word.isdigit() for word in run):
                    return " ".join(run)
    return None


def _cut_off(text: str, is_coding: bool) -> str | None:
    bare = text.rstrip().rstrip("*_").rstrip()
    tail = bare[-60:]
    if is_coding and re.search(r"```$|^(?:>>>|    |\t).*\Z|\d$", bare, re.MULTILINE):
        return None
    without = _CODE.sub(" ", bare)
    dollars = len(re.findall(r"(?<!\\)\$", without))
    money = len(re.findall(r"(?<!\\)\$ ?\d", without))
    if (
        without.count(r"\(") > without.count(r"\)")
        or without.count(r"\[") > without.count(r"\]")
        or (dollars % 2 and not money and not _TERMINAL.search(bare))
    ):
        return tail
    if _OPEN_END.search(bare) and not re.search(r"_{2,}\s*$|\$\$?\s*$|[?=] ?$", bare):
        return tail
    last = re.search(r"([^\W\d_]+)\s*$", bare)
    if last and last[1].casefold() in _UNFINISHED:
        return tail
    plainly = _MATH.sub(" ", without)
    if (
        plainly.count("(") > plainly.count(")")
        and not re.search(r"[(\[][^()\[\]]{1,80}[)\]]", plainly)
        and not _TERMINAL.search(bare)
    ):
        return tail
    sentences = [match[0].strip() for match in _SENTENCE.finditer(plainly) if match[0].strip()]
    begun = sentences[-1] if sentences else ""
    if (
        len(sentences) > 1
        and not _TERMINAL.search(bare)
        and re.match(
            r"(?:if|when|suppose|after|since|because|given|while|each|every|the|a|he|she|they|it|in|on|at)\b",
            begun,
            re.IGNORECASE,
        )
    ):
        return tail
    return None


def _asks_nothing(text: str, _: bool) -> str | None:
    return None if _ASKS.search(text) or _ASKS_ABROAD.search(text) else ""


def _asks_two(text: str, is_coding: bool) -> str | None:
    if is_coding:
        return None
    bare = _QUOTED.sub(" ", _MATH.sub(" F ", text))
    if _AS_ONE.search(_asked(text)) or _AS_A_SUM.search(text):
        return None
    questions = [
        sentence
        for sentence in _questions(bare)
        if not _REPORTED.search(sentence) and not _NO_QUESTION.match(sentence)
    ]
    if len(questions) > 1:
        return questions[-1]
    orders = [one for match in _SENTENCE.finditer(bare) if _ORDER.match(one := match[0].strip(" .\n"))]
    if orders and questions:
        return questions[-1]
    if _PARTS.search(bare):
        return ""
    also = _ALSO.search(bare)
    if also:
        return also[0]
    both = _BOTH.search(bare)
    if both and not _ONE_OF_TWO.search(both[0][: both.start("second") - both.start()]):
        return both[0]
    return None


def _asked(text: str) -> str:
    """The sentences that ask for something."""
    asks = re.compile(rf"[?？؟]|\b(?:{_TASK}|solve|write|list)\b", re.IGNORECASE)
    return " ".join(match[0] for match in _SENTENCE.finditer(text) if asks.search(match[0]))


def _questions(text: str) -> list[str]:
    """The sentences that end with a question mark."""
    return [match[0].strip() for match in _SENTENCE.finditer(text) if _QUESTION.search(match[0])]


_ONE_NUMBER = re.compile(
    r"\bhow (?:many|much|long|far|fast|old|tall|high|deep|wide|heavy)\b|\b(?:what is|find|determine"
    r"|compute|calculate) the (?:\w+ ){0,2}(?:number|value|sum|product|difference|total|area|volume|length"
    r"|distance|speed"
    r"|probability|average|mean|cost|price|perimeter|remainder|ratio|percentage|radius|height|angle|amount"
    r"|time|age)\b",
    re.IGNORECASE,
)


def asks_for_one_number(statement: str) -> bool:
    """Whether the last question is for one number."""
    asked = [match[0] for match in _SENTENCE.finditer(statement) if _ONE_NUMBER.search(match[0])]
    return (
        bool(asked)
        and not _AS_ONE.search(_asked(statement))
        and not re.search(r"\b(?:values|solutions|numbers|roots|each|both|respectively)\b", asked[-1])
    )


_AMOUNT = re.compile(
    r"\bhow (?:many|much|long|far|fast|old|tall|high|deep|wide|heavy)\b(?![^.?!]*\b(?:change|differ|more"
    r"|less|profit|loss|gain"
    r"|net|temperature|charge|worth|warmer|colder)\b)",
    re.IGNORECASE,
)
_PROBABILITY = re.compile(r"\b(?:what is|find|determine|compute|calculate) the probability\b", re.IGNORECASE)
_IN_PERCENT = re.compile(r"%|\bper ?cent|percentage", re.IGNORECASE)


def implausible(number: Fraction, statement: str) -> str | None:
    """What an answer cannot be, by the last question alone; None where it may be so."""
    asked = [
        match[0]
        for match in _SENTENCE.finditer(statement)
        if _QUESTION.search(match[0]) or _ONE_NUMBER.search(match[0])
    ]
    last = asked[-1] if asked else ""
    if number < 0 and _AMOUNT.search(last):
        return "a negative number is no amount"
    if not 0 <= number <= 1 and _PROBABILITY.search(last) and not _IN_PERCENT.search(last):
        return "a probability lies between 0 and 1"
    return None


def asks_for_solutions(statement: str) -> bool:
    """Whether all of several values are asked for, in no order."""
    return re.search(r"\b(?:all|solutions?|roots|set|values|zeros)\b", statement, re.IGNORECASE) is not None


def _gives_away(text: str, _: bool) -> str | None:
    return _searched(_TELLS, text)


_TESTS: tuple[tuple[Lint, Callable[[str, bool], str | None], str], ...] = (
    (
        Lint.HIDDEN,
        _hidden,
        "the statement holds a character that cannot be seen or misleads: write plain text",
    ),
    (Lint.TOO_LONG, _too_long, f"the statement is longer than {LONGEST} characters: write one short problem"),
    (Lint.REPEATS, _repeats, "the statement says the same again and again: say it once"),
    (
        Lint.MARKUP,
        _markup,
        "the statement holds markup or code: write plain text, with formulas between dollar signs",
    ),
    (
        Lint.PLACEHOLDER,
        _placeholder,
        "the statement holds a place that is not filled in: write a value there",
    ),
    (
        Lint.ADDRESSES,
        _addresses,
        "the statement speaks about itself or to those who check it: leave only the problem",
    ),
    (Lint.GIVES_AWAY, _gives_away, "the statement tells its answer: leave it out"),
    (Lint.CUT_OFF, _cut_off, "the statement stops in the middle: finish it, and end with the question"),
    (Lint.ASKS_NOTHING, _asks_nothing, "the statement asks nothing: end with one question"),
    (Lint.ASKS_TWO, _asks_two, "the statement asks more than one thing: keep one question"),
    (Lint.LABELS, _labels, "the statement holds headings or labels: write the problem alone"),
)
