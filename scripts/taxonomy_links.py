#!/usr/bin/env python3
"""Links the taxonomy's concepts to O*NET and ESCO where a label is equal.

Adds `onet = "..."` (a title of O*NET's Technology Skills) and `esco = "..."` (a concept URI) to the
concepts of taxonomy/*.toml that have none. Links that stand there stay; each title and URI is used
once; running it again changes nothing. Lines, order and comments are kept.
"""

import argparse
import csv
import json
import re
import sys
import tomllib
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Makers that O*NET writes before a product's name.
VENDORS = """
Adobe Amazon Amazon_Web_Services Amazon_Web_Services_AWS Apache Apple Atlassian Autodesk Automattic Bentley
Bentley_Systems Blackboard Bugzilla CA Cadence Cisco Cisco_Systems Citrix Corel Dassault_Systemes Dell EMC ESRI Eclipse
Embarcadero Facebook GE Google Grafana_Labs HP Hewlett-Packard IBM Informatica Intuit Magellan_Firmware McAfee
Mentor_Graphics Meta Micro_Focus Microsoft Mozilla National_Instruments NetIQ Novell NVIDIA Opera Oracle PTC Progress
Quest Red_Hat SAP Salesforce Siemens SmartBear SolarWinds Sun Sun_Microsystems Symantec Synopsys The_MathWorks Trimble
Tableau TIBCO Twitter Unity_Technologies VMware Wireshark Xilinx Yahoo Zoho Splunk Puppet Qlik Qlik_Tech ANSYS Altair
Oracle_Java Google_Cloud Microsoft_Azure Delphi_Technology Epic_Games Intel Infor Sage Teradata Veritas
""".split()
VENDORS = [vendor.replace("_", " ") for vendor in VENDORS]

# Ends that O*NET adds to a product's name.
SUFFIXES = ("software", "application software", "tool", "tools", "application", "platform", "system software")

# What ESCO writes in brackets behind a name that is a technology's (`Chef (tools for ...)`).
TECHNICAL_GLOSS = re.compile(
    r"programming|programación|digital|software|penetra|database|bases de datos|operating system|sistemas? operativo"
    r"|learning management|gestión de aprendizaje|SAS language",
    re.IGNORECASE,
)

# Kinds that O*NET's list of tools and technologies does not hold.
NO_TOOLS = {"human_language", "soft_skill", "business", "certification", "methodology"}

# The same thing under names that share too little: (concept id, O*NET title or ESCO URI).
RIGHT = {
    ("amazon-s3", "Amazon Simple Storage Service S3"),
    ("eclipse", "Eclipse IDE"),
    ("shell-scripting", "Shell script"),
    ("sketchup", "Trimble SketchUp Pro"),
    ("splunk", "Splunk Enterprise"),
    ("teradata", "Teradata Database"),
}

# Equal words, other meanings: (concept id, O*NET title or ESCO URI). Found by reading.
WRONG = {
    ("apex-salesforce", "Oracle Application Express APEX"),
    ("asp-net-core", "Microsoft ASP.NET Core MVC"),
    ("cocoa-touch", "Apple Cocoa"),
    ("document-management", "Enterprise content management ECM software"),
    ("genesys", "General Examination System GENESYS"),
    ("grafana", "Grafana Labs Grafana Cloud"),
    ("hris", "HarrisData Human Resources Information System HRIS"),
    ("clustering", "Clustering software"),
    ("eda", "En route descent advisor EDA"),
    ("hris", "Oracle HRIS"),
    ("ids-ips", "Intrusion detection system IDS"),
    ("ids-ips", "Intrusion prevention system IPS"),
    ("middleware", "IBM Middleware"),
    ("scripting", "Scripting software"),
    ("troubleshooting", "Troubleshooting software"),
    ("mdm", "SAP Master Data Management MDM"),
    ("mes", "Camstar Manufacturing Execution System MES"),
    ("mongodb-atlas", "Atlas Search"),
    ("oracle-rman", "BMC Software Recovery Manager RMAN"),
    ("parasoft", "Parasoft SOAtest"),
    ("pentaho", "Pentaho Kettle"),
    ("plm", "Agile Product Lifecyle Management PLM"),
    ("plm", "Oracle Agile Product Lifecycle Management PLM"),
    ("qlik-sense", "Qlik software"),
    ("sas-language", "SAS/STAT"),
    ("shell-scripting", "UNIX Shell"),
    ("time-series", "Time series modeling TSM software"),
    ("windows-autopilot", "Autopilot software"),
    # ESCO's guides on writing, computer engineering, digital systems, and writing specifications (twice).
    ("design-ops", "http://data.europa.eu/esco/skill/e33f2942-c4e7-4cfa-8b5a-4e068ab5b1aa"),
    ("systems-engineering", "http://data.europa.eu/esco/skill/89f6560b-2194-45c9-9ece-d33049a73eef"),
    ("digital-electronics", "http://data.europa.eu/esco/skill/397da142-ab35-48fe-b154-7c38f447adfb"),
    ("technical-specification", "http://data.europa.eu/esco/skill/3d64b8fd-bb09-4d13-a3cf-300ed8909088"),
    ("functional-specification", "http://data.europa.eu/esco/skill/3d64b8fd-bb09-4d13-a3cf-300ed8909088"),
}


@dataclass
class Concept:
    """A concept as far as links need it."""

    id: str
    kind: str
    name: str
    name_es: str
    labels: list[str]
    ambiguous: bool
    links: dict[str, str] = field(default_factory=dict)


@dataclass(order=True)
class Match:
    """A possible link; the smallest of a concept and of a target wins."""

    rank: tuple
    concept: str
    target: str
    label: str


def fold(text: str) -> str:
    """A label as labels are compared: case, accents, hyphens, slashes and marks don't matter."""
    decomposed = unicodedata.normalize("NFKD", re.sub("[®™\u00ad\u200b]", "", text))
    plain = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return " ".join(re.sub(r"[-‐‑/_'’\s]+", " ", plain).split())


MAKERS = {fold(vendor) for vendor in VENDORS}
MAKER_WORDS = {word for maker in MAKERS for word in maker.split()} - {"java", "cloud"}


def acronym_of(words: list[str]) -> tuple[str, str] | None:
    """`Hypertext markup language HTML` -> its two names, where the last word abbreviates the others."""
    *others, last = words
    letters = re.sub("[^a-z]", "", last.lower())
    if len(others) < 2 or last != last.upper() or not 2 <= len(letters):
        return None
    long = " ".join(others)
    initials = "".join(part[0] for word in others for part in re.split("[-/]", word.lower()) if part)
    tail = iter(long.lower())
    # HTML: the letters stand in the words in order. XML: all but the first are the words' initials.
    in_order = letters[0] in initials and all(letter in tail for letter in letters)
    return (long, last) if in_order or letters[1:] == initials[1:] else None


def read_taxonomy(directory: Path) -> dict[str, Concept]:
    """All concepts of the directory, by id."""
    concepts = {}
    for path in sorted(directory.glob("*.toml")):
        with path.open("rb") as file:
            content = tomllib.load(file)
        for entry in content.get("concept", []):
            keys = ("aliases", "es", "en", "pt", "ambiguous_labels")
            labels = [entry["name"], *(label for key in keys for label in entry.get(key, []))]
            links = {key: entry[key] for key in ("onet", "esco") if key in entry}
            ambiguous = "ambiguous" in entry or bool(entry.get("ambiguous_labels"))
            kind = entry.get("kind", content["kind"])
            concepts[entry["id"]] = Concept(
                entry["id"], kind, entry["name"], next(iter(entry.get("es", [])), ""), labels, ambiguous, links
            )
    return concepts


def onet_forms(title: str) -> list[tuple[int, str]]:
    """The names that an O*NET title stands for, each with how far it is from the title itself."""
    forms = {title: 0}

    def add(text: str, distance: int) -> None:
        if text and forms.get(text, 9) > distance:
            forms[text] = distance

    def without_suffix(text: str, distance: int) -> None:
        for suffix in SUFFIXES:
            if text.endswith(f" {suffix}"):
                add(text.removesuffix(f" {suffix}"), distance)

    without_suffix(title, 1)
    for text, distance in list(forms.items()):
        if names := acronym_of(text.split()):
            add(names[0], distance + 1)
            add(names[1], distance + 1)
    for text, distance in list(forms.items()):
        for vendor in VENDORS:
            if text.startswith(f"{vendor} "):
                add(text.removeprefix(f"{vendor} "), distance + 2)
    for text, distance in list(forms.items()):
        if distance >= 2 and (names := acronym_of(text.split())):
            add(names[0], distance + 1)
            add(names[1], distance + 1)
    return [(distance, text) for text, distance in forms.items()]


def owners(concepts: dict[str, Concept]) -> dict[str, list[tuple[Concept, str, int]]]:
    """Folded label -> the concepts that have it, with the label and 0 where it is the name."""
    found = defaultdict(list)
    for concept in concepts.values():
        seen = set()
        for label in concept.labels:
            if (key := fold(label)) not in seen:
                seen.add(key)
                found[key].append((concept, label, int(label != concept.name)))
    return found


def is_plain_word(text: str) -> bool:
    """One word without a capital behind its first letter, digit or sign: an ordinary word, maybe."""
    return text[1:].isalpha() and text[1:] == text[1:].lower()


def words_of(text: str) -> set[str]:
    """The words of a label that tell it from others: no makers, no plurals, no ends."""
    plain = {word.rstrip("s") for word in re.split(r"[^\w+#.]+", fold(text)) if len(word) > 1}
    return plain - MAKER_WORDS - {"software", "system", "tool", "of", "and", "for", "de", "y"}


def related(text: str, name: str) -> bool:
    """Whether a text and a concept's name speak of one thing: a word in common, or one inside the other."""
    if words_of(text) & words_of(name):
        return True
    capitals = ["".join(c for c in part if c.isupper()) for part in (text, name)]
    if len(capitals[0]) >= 3 and capitals[0] == capitals[1]:
        return True
    joined = sorted((fold(part).replace(" ", "") for part in (text, name)), key=len)
    return len(joined[0]) >= 3 and joined[0] in joined[1] and fold(name) not in MAKERS | {fold(text)}


def onet_matches(titles: Counter, labels: dict) -> list[Match]:
    """Every possible link to O*NET."""
    matches = []
    ordinary = {word for title in titles for word in title.split()[1:] if word == word.lower()}
    for title, rows in titles.items():
        for distance, form in onet_forms(title):
            for concept, label, alias in labels.get(fold(form), []):
                if concept.kind in NO_TOOLS or not fits(title, form, distance, concept):
                    continue
                if distance and is_notion(label, ordinary) and not title_abbreviates(title, form):
                    continue
                if alias and not related(form, concept.name):
                    continue
                matches.append(Match((distance, alias, -rows, title), concept.id, title, label))
    return matches


def fits(title: str, form: str, distance: int, concept: Concept) -> bool:
    """Whether a name that is not the title itself may stand for it."""
    if distance == 0:
        return True
    # An abbreviation alone may be another one: `EMR` is a medical record too.
    if form.isupper() and form != concept.name and acronym_in(title):
        return len(form) >= 4 or shares_long_form(title, form, concept)
    if form.isupper() and acronym_in(title) and concept.ambiguous:
        return shares_long_form(title, form, concept)
    # `Sage Intelligence` is not every intelligence: a bare word needs its maker.
    if concept.ambiguous and distance >= 2 and is_plain_word(form):
        maker = fold(title.split()[0])
        return any(maker in fold(own).split() for own in concept.labels)
    return True


def is_notion(label: str, ordinary: set[str]) -> bool:
    """Whether a label is no product's name: `Teradata Database` is no name of databases."""
    first, *others = label.split()
    return label == label.lower() or any(word.isalpha() and word.islower() for word in others) or (
        not others and first.lower() in ordinary
    )


def title_abbreviates(title: str, form: str) -> bool:
    """Whether the title is the form with its abbreviation behind it and no maker before it."""
    return acronym_in(title) and title.lower().startswith(form.lower())


def acronym_in(title: str) -> bool:
    """Whether the title ends in its own abbreviation."""
    for suffix in SUFFIXES:
        title = title.removesuffix(f" {suffix}")
    return acronym_of(title.split()) is not None


def shares_long_form(title: str, form: str, concept: Concept) -> bool:
    """Whether the concept has a label with two words of the title besides the abbreviation."""
    long = words_of(title) - words_of(form)
    return any(len(long & words_of(label)) >= min(2, len(long)) for label in concept.labels)


def bare(label: str) -> tuple[str, str]:
    """`Java (computer programming)` -> the name and the gloss."""
    found = re.fullmatch(r"(.+?) \((.*)\)", label.strip())
    return (found[1], found[2]) if found else (label.strip(), "")


def esco_matches(lines: list[dict], labels: dict) -> list[Match]:
    """Every possible link to ESCO: its preferred label is our name, or two labels are equal."""
    matches = []
    for line in lines:
        preferred = [line["en"], line.get("es") or ""]
        shared = defaultdict(dict)
        for text in [*preferred, *line["en_alt"], *line["es_alt"]]:
            name, gloss = bare(text)
            technical = bool(TECHNICAL_GLOSS.search(gloss))
            if not name or (gloss and not technical):
                continue
            for concept, label, alias in labels.get(fold(name), []):
                if technical or not concept.ambiguous:
                    named = text in preferred and (not alias or label == concept.name_es)
                    shared[concept.id].setdefault(fold(label), (not named, text not in preferred, label, concept))
        for found in shared.values():
            not_named, alternative, label, concept = min(found.values(), key=lambda item: item[:3])
            # Competences and knowledge are told apart: one "manages data", or knows what data management is.
            kind = int((line["type"] == "knowledge") == (concept.kind == "soft_skill"))
            if not_named and (len(found) < 2 or alternative or not related(label, concept.name)):
                continue
            rank = (int(not_named), -len(found), kind, line["uri"])
            matches.append(Match(rank, concept.id, line["uri"], label))
    return matches


def choose(matches: list[Match], concepts: dict[str, Concept], key: str, known: set[str]) -> list[Match]:
    """The best link of each concept and of each target, nothing twice."""
    linked = {concept.id for concept in concepts.values() if key in concept.links}
    used = {concept.links[key] for concept in concepts.values() if key in concept.links}
    right = [Match((), concept, target, "") for concept, target in RIGHT if concept in concepts and target in known]
    chosen = []
    for match in sorted([*right, *matches]):
        if match.concept in linked or match.target in used or (match.concept, match.target) in WRONG:
            continue
        linked.add(match.concept)
        used.add(match.target)
        chosen.append(match)
    return chosen


def with_links(text: str, links: dict[str, dict[str, str]]) -> str:
    """A file's text with the new lines: behind `esco`, else `parent`, else the last line of labels."""
    lines, out, block = text.splitlines(keepends=True), [], []

    def close() -> None:
        out.extend(extended(block, links))
        block.clear()

    for line in lines:
        if line.strip() == "[[concept]]":
            close()
        block.append(line)
    close()
    return "".join(out)


def extended(block: list[str], links: dict[str, dict[str, str]]) -> list[str]:
    """One concept's lines with its new links."""
    keys = [found[1] if (found := re.match(r"([a-z_]+) = ", line)) else "" for line in block]
    if "id" not in keys:
        return block
    new = links.get(tomllib.loads(block[keys.index("id")])["id"], {})
    for key in ("esco", "onet"):
        if key not in new:
            continue
        places = [i for i, known in enumerate(keys) if known in ("name", "aliases", "es", "en", "pt", "kind")]
        places += [keys.index(after) for after in ("parent", "esco") if after in keys]
        at = max(places) if "parent" not in keys else keys.index("parent")
        if key == "onet" and "esco" in keys:
            at = keys.index("esco")
        block = [*block[: at + 1], f"{key} = {json.dumps(new[key], ensure_ascii=False)}\n", *block[at + 1 :]]
        keys.insert(at + 1, key)
    return block


def read_onet(path: Path) -> Counter:
    """Titles of O*NET's Technology Skills, with the number of occupations."""
    with path.open(encoding="utf-8", newline="") as file:
        return Counter(row["Example"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def read_esco(paths: list[Path]) -> list[dict]:
    """Concepts of merged JSON Lines files."""
    lines = []
    for path in paths:
        with path.open(encoding="utf-8") as file:
            lines += [json.loads(line) for line in file if line.strip()]
    return lines


def main() -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--taxonomy", type=Path, default=ROOT / "taxonomy", metavar="DIR", help="the TOML files")
    parser.add_argument("--onet", type=Path, metavar="FILE", help="O*NET's Technology Skills, tab-separated")
    parser.add_argument(
        "--esco", type=Path, nargs="+", default=[], metavar="FILE", help="ESCO merged, JSON Lines (English and Spanish)"
    )
    parser.add_argument("--check", action="store_true", help="print the new links, write nothing")
    args = parser.parse_args()
    if not args.onet and not args.esco:
        parser.error("--onet or --esco is needed")

    concepts = read_taxonomy(args.taxonomy)
    labels = owners(concepts)
    chosen = {"onet": [], "esco": []}
    if args.onet:
        titles = read_onet(args.onet)
        chosen["onet"] = choose(onet_matches(titles, labels), concepts, "onet", set(titles))
    if args.esco:
        lines = read_esco(args.esco)
        chosen["esco"] = choose(esco_matches(lines, labels), concepts, "esco", {line["uri"] for line in lines})
    new = defaultdict(dict)
    for key, matches in chosen.items():
        for match in matches:
            new[match.concept][key] = match.target
            if args.check:
                print(f"{key}\t{match.concept}\t{match.label}\t{match.target}\t{match.rank[0] if match.rank else 0}")
    for key, matches in chosen.items():
        before = sum(key in concept.links for concept in concepts.values())
        total = before + len(matches)
        share = f"{total} of {len(concepts)} ({100 * total / max(len(concepts), 1):.1f} %)"
        print(f"{key}: {before} linked, {len(matches)} new: {share}", file=sys.stderr)
    if not args.check:
        for path in sorted(args.taxonomy.glob("*.toml")):
            text = path.read_text(encoding="utf-8")
            if (linked := with_links(text, new)) != text:
                path.write_text(linked, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
