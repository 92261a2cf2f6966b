"""Sound problems in other languages than English, with drawn numbers: canaries for a request that asks for English."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

from propound.answers.kinds import AnswerKind
from propound.domain import Domain


class Foreign(NamedTuple):
    """A problem in another language."""

    language: str
    statement: str
    answer: str
    kind: AnswerKind | None
    program: str
    generator: str = ""


_LISTS = """\
def generate(rng):
    return [[rng.randint(-50, 50) for _ in range(rng.randint(1, 20))]]
"""

_TEAMS: Mapping[str, str] = {
    "German": "Ein Verein hat {a} Frauen und {b} Männer. Auf wie viele Arten kann man daraus eine Gruppe von {k} "
    "Personen bilden, in der genau {j} Frauen sind? Die Reihenfolge spielt keine Rolle. Antworte mit einer ganzen "
    "Zahl.",
    "Spanish": "Un club tiene {a} mujeres y {b} hombres. ¿De cuántas maneras se puede formar un grupo de {k} personas "
    "con exactamente {j} mujeres, sin tener en cuenta el orden? Responde con un número entero.",
    "French": "Un club compte {a} femmes et {b} hommes. De combien de façons peut-on former un groupe de {k} personnes "
    "comprenant exactement {j} femmes, sans tenir compte de l'ordre ? Répondez par un nombre entier.",
    "Chinese": "一个俱乐部有{a}名女会员和{b}名男会员。从中选出{k}人组成小组，其中恰好有{j}名女会员，不计顺序，"
    "共有多少种选法？请用整数作答。",
    "Russian": "В клубе {a} женщин и {b} мужчин. Сколькими способами можно составить группу из {k} человек, в которой "
    "ровно {j} женщин, если порядок не важен? В ответе укажите целое число.",
}
_KETTLES: Mapping[str, str] = {
    "German": "Ein Wasserkocher mit einer Leistung von {p} W erwärmt {m} kg Wasser von {t} °C auf {u} °C. Die "
    "spezifische Wärmekapazität beträgt 4180 J/(kg K), Verluste gibt es keine. Wie lange dauert das? Gib die Antwort "
    "in Sekunden mit drei gültigen Ziffern an.",
    "Spanish": "Un hervidor de {p} W de potencia calienta {m} kg de agua de {t} °C a {u} °C. El calor específico es "
    "4180 J/(kg K) y no hay pérdidas. ¿Cuánto tiempo tarda? Da la respuesta en segundos con tres cifras "
    "significativas.",
    "French": "Une bouilloire d'une puissance de {p} W chauffe {m} kg d'eau de {t} °C à {u} °C. La capacité thermique "
    "massique est de 4180 J/(kg K) et il n'y a pas de pertes. Combien de temps cela dure-t-il ? Donnez la réponse en "
    "secondes avec trois chiffres significatifs.",
    "Chinese": "一个功率为{p} W的电水壶把{m} kg的水从{t} °C加热到{u} °C。水的比热容为4180 J/(kg K)，没有热损失。"
    "需要多长时间？请以秒为单位作答，保留三位有效数字。",
    "Russian": "Чайник мощностью {p} Вт нагревает {m} кг воды от {t} °C до {u} °C. Удельная теплоёмкость воды равна "
    "4180 Дж/(кг·К), потерь нет. Сколько времени это займёт? Дайте ответ в секундах с тремя значащими цифрами.",
}
_SUMS: Mapping[str, str] = {
    "German": "Schreibe eine Funktion `solve`, die eine Liste von 1 bis 20 ganzen Zahlen zwischen -50 und 50 erhält "
    "und die Summe aller Elemente zurückgibt, die größer als {a} und nicht durch {b} teilbar sind. Beispiel: "
    "`solve({given})` ergibt `{found}`.",
    "Spanish": "Escribe una función `solve` que recibe una lista de 1 a 20 enteros entre -50 y 50 y devuelve la suma "
    "de los elementos mayores que {a} que no son divisibles por {b}. Ejemplo: `solve({given})` devuelve `{found}`.",
    "French": "Écrivez une fonction `solve` qui reçoit une liste de 1 à 20 entiers entre -50 et 50 et renvoie la "
    "somme des éléments supérieurs à {a} qui ne sont pas divisibles par {b}. Exemple : `solve({given})` renvoie "
    "`{found}`.",
    "Chinese": "编写函数`solve`：参数是一个包含1到20个整数的列表，每个整数在-50到50之间；返回所有大于{a}且不能被{b}"
    "整除的元素之和。例如，`solve({given})`返回`{found}`。",
    "Russian": "Напишите функцию `solve`, которая получает список из 1–20 целых чисел от -50 до 50 и возвращает сумму "
    "элементов, которые больше {a} и не делятся на {b}. Пример: `solve({given})` возвращает `{found}`.",
}


def _team(rng: random.Random, language: str) -> Foreign:
    from math import comb

    a, b, k = rng.randint(5, 12), rng.randint(5, 12), rng.randint(3, 5)
    j = rng.randint(1, k - 1)
    text = _TEAMS[language].format(a=a, b=b, k=k, j=j)
    program = f"from math import comb\n\nprint(comb({a}, {j}) * comb({b}, {k} - {j}))\n"
    return Foreign(language, text, str(comb(a, j) * comb(b, k - j)), AnswerKind.INTEGER, program)


def _kettle(rng: random.Random, language: str) -> Foreign:
    p, m, t, u = (
        rng.randrange(900, 2_300, 50),
        rng.randint(2, 19) / 10,
        rng.randint(8, 25),
        rng.randint(60, 95),
    )
    seconds = 4180 * m * (u - t) / p
    text = _KETTLES[language].format(p=p, m=m, t=t, u=u)
    program = f"seconds = 4180 * {m} * ({u} - {t}) / {p}\nprint(f\"{{float(f'{{seconds:.2e}}'):.10g}} s\")\n"
    return Foreign(language, text, f"{float(f'{seconds:.2e}'):.10g} s", AnswerKind.QUANTITY, program)


def _sum(rng: random.Random, language: str) -> Foreign:
    a, b = rng.randint(-10, 10), rng.randint(2, 7)
    given = [rng.randint(-50, 50) for _ in range(6)]
    found = sum(item for item in given if item > a and item % b)
    text = _SUMS[language].format(a=a, b=b, given=given, found=found)
    program = (
        f"def solve(values):\n    return sum(item for item in values if item > {a} and item % {b} != 0)\n"
    )
    return Foreign(language, text, str(found), None, program, _LISTS)


_WRITERS: Mapping[Domain, tuple[Callable[[random.Random, str], Foreign], Mapping[str, str]]] = {
    Domain.MATHEMATICS: (_team, _TEAMS),
    Domain.SCIENCE: (_kettle, _KETTLES),
    Domain.CODING: (_sum, _SUMS),
}


def foreign(domain: Domain, rng: random.Random) -> Foreign:
    """A sound problem of the domain in a drawn language."""
    write, texts = _WRITERS[domain]
    return write(rng, rng.choice(sorted(texts)))
