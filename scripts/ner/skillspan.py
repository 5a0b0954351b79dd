"""SkillSpan (Zhang et al., NAACL 2022, MIT) as running text with labelled spans.

A line of its files is a sentence in words, with BIO tags for knowledge and for skills. Its words came
without commas, and with placeholders where names stood; real ads have commas and names. `read` gives
the sentences as they are, `vary` a variant that looks more like an ad.
"""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from spans import words_of

# Stand-ins for placeholders, so that a capitalised name is not taken for a technology. All invented,
# but the places; Latin American ones among them, for that is where the ads come from.
NAMES = {
    "<ORGANIZATION>": "Brightvale|Nordhaven Group|Altamira Labs|Quantera|Grupo Solmar|Verdant Systems|Andina Digital|"
    "Kestrel & Co|Lumbre|Orbis Talento|Pampa Software|Northgate Bank|Cobalto S.A.|Helix Partners|Tejido",
    "<LOCATION>": "Bogotá|Medellín|Ciudad de México|Guadalajara|Buenos Aires|Córdoba|Monterrey|Cali|Rosario|London|"
    "Berlin|Copenhagen|New York|Remote LATAM|Colombia|México|Argentina",
    "<NAME>": "María López|John Carter|Camila Rojas|Anders Holm|Diego Fernández",
    "<CONTACT>": "jobs@brightvale.example|+57 300 000 0000|www.quantera.example",
    "<ADDRESS>": "Calle 93|Av. Corrientes|12 High Street",
}
NO_SPACE_BEFORE = {".", ",", ")", ":", ";", "?", "!", "]"}
NO_SPACE_AFTER = {"(", "["}
BULLETS = ["- ", "• ", "* ", "· ", "1. ", "✔ "]


@dataclass
class Sentence:
    """Words with a tag each: O, or B or I with a label."""

    document: tuple[str, int]
    words: list[str]
    knowledge: list[str]
    skills: list[str]


@dataclass
class Text:
    """A line of text, and (start, end, label) of its spans in characters. Spans of unlike labels may overlap."""

    document: tuple[str, int]
    text: str
    spans: list[tuple[int, int, str]]


def read(path: Path) -> list[Sentence]:
    """The sentences of a file of SkillSpan."""
    sentences = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            sentence = Sentence((row["source"], row["idx"]), row["tokens"], row["tags_knowledge"], row["tags_skill"])
        except (ValueError, KeyError) as error:
            raise SystemExit(f"{path}:{number}: not a line of SkillSpan: {error!r}") from error
        sentences.append(sentence)
    return sentences


def join(sentence: Sentence) -> Text:
    """The sentence as one would write it."""
    text = ""
    places = []
    before = ""
    for word in sentence.words:
        if text and word not in NO_SPACE_BEFORE and before not in NO_SPACE_AFTER:
            text += " "
        places.append((len(text), len(text) + len(word)))
        text += word
        before = word
    spans = spans_of(sentence.knowledge, places, "KNOWLEDGE") + spans_of(sentence.skills, places, "SKILL")
    words = words_of(text)
    return Text(sentence.document, text, [span for s in spans if (span := trim(s, words))])


def trim(span: tuple[int, int, str], words: list[tuple[int, int]]) -> tuple[int, int, str] | None:
    """The span from its first word to its last: brackets and full stops at its edges are no part of it."""
    start, end, label = span
    inside = [(max(a, start), min(b, end)) for a, b in words if a < end and start < b]
    return (inside[0][0], inside[-1][1], label) if inside else None


def spans_of(tags: list[str], places: list[tuple[int, int]], label: str) -> list[tuple[int, int, str]]:
    spans: list[tuple[int, int, str]] = []
    inside = False
    for tag, (start, end) in zip(tags, places):
        if tag.startswith("I") and inside:
            spans[-1] = (spans[-1][0], end, label)
        elif tag != "O":
            spans.append((start, end, label))
        inside = tag != "O"
    return spans


def vary(sentence: Sentence, rng: random.Random) -> Sentence:
    """A variant with commas between what was listed, names for placeholders, perhaps a bullet or another case."""
    words: list[str] = []
    knowledge: list[str] = []
    skills: list[str] = []

    def add(word: str, k: str, s: str) -> None:
        words.append(word)
        knowledge.append(k)
        skills.append(s)

    if rng.random() < 0.2:
        add(rng.choice(BULLETS).strip(), "O", "O")
    separator = rng.choice([",", ",", ",", ";", "|", "/", ""])
    before = ("O", "O")
    for word, k, s in zip(sentence.words, sentence.knowledge, sentence.skills):
        listed = (k[0] == "B" and before[0] != "O") or (s[0] == "B" and before[1] != "O")
        if listed and separator:
            add(separator, "O", "O")
        if word in NAMES:
            for part in rng.choice(NAMES[word].split("|")).split():
                add(part, k, s)
        else:
            add(word, k, s)
        before = (k, s)
    case = rng.random()
    if case < 0.08:
        words = [word.lower() for word in words]
    elif case < 0.12:
        words = [word.upper() for word in words]
    return Sentence(sentence.document, words, knowledge, skills)
