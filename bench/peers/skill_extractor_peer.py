#!/usr/bin/env python3
"""The gazetteer of PyPI's skill-extractor (about 32,000 skills, MIT) on labelled ads and on SkillSpan's sentences.

  skill_extractor_peer.py [--gold GOLD.jsonl --predictions OUT.jsonl] [--sentences dev.json --spans OUT.jsonl]

Writes what `observatory evaluate --peer NAME=OUT` and `--spans-peer NAME=OUT` read. The matcher is the package's own (FlashText: longest match,
lower case, no accents folded, no plural). Its second stage, a classifier of the surroundings, needs an embedding model that is not in the package
and is left out, so this is the gazetteer, not the whole program. As for ours, an ad is its title and description, and the names of languages
stay in: the package does not tell kinds apart. Needs: pip install --no-deps skill-extractor
"""
import argparse, importlib.util, json, sys
from pathlib import Path


def load():
    """The matcher with its skills, without importing the package: that needs ONNX Runtime."""
    spec = importlib.util.find_spec("skill_extractor")
    if spec is None or spec.origin is None:
        sys.exit("skill-extractor is not installed: pip install --no-deps skill-extractor")
    folder = Path(spec.origin).parent
    module_spec = importlib.util.spec_from_file_location("skill_extractor_matcher", folder / "matcher.py")
    module = importlib.util.module_from_spec(module_spec)
    module_spec.loader.exec_module(module)
    skills = json.loads((folder / "data" / "skills.json").read_text(encoding="utf-8"))
    return module.KeywordMatcher(skills), len(skills)


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def predict(matcher, ad):
    text = "\n".join(part for part in (ad.get("title") or "", ad.get("description") or "") if part)
    found = {}
    for name, start, end in matcher.extract(text):
        found.setdefault(name, text[start:end])
    return {"job_id": ad["job_id"], "skills": [{"name": n, "surface": s, "kind": "hard"} for n, s in found.items()]}


def write(path, rows):
    with open(path, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold")
    parser.add_argument("--predictions")
    parser.add_argument("--sentences")
    parser.add_argument("--spans")
    options = parser.parse_args()
    if bool(options.gold) != bool(options.predictions) or bool(options.sentences) != bool(options.spans):
        parser.error("--gold goes with --predictions, --sentences with --spans")
    matcher, size = load()
    print(f"{size} skills", file=sys.stderr)
    if options.gold:
        write(options.predictions, [predict(matcher, ad) for ad in read(options.gold)])
    if options.sentences:
        sentences = [" ".join(row["tokens"]) for row in read(options.sentences)]
        spans = [[[start, end] for _, start, end in matcher.extract(text)] for text in sentences]
        write(options.spans, [{"spans": found} for found in spans])


if __name__ == "__main__":
    main()
