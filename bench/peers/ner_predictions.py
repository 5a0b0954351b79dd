#!/usr/bin/env python3
"""Spans of a NER model as predicted skills, alone or added to another program's predictions.

  ner_predictions.py SPANS.jsonl --min-score 0.9 [--add-to PREDICTIONS.jsonl] > OUT.jsonl

SPANS: what the example ner_tag prints. Added to predictions, a span counts where no prediction of the ad has its words.
"""
import argparse
import json


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("spans")
    parser.add_argument("--min-score", type=float, default=0.9)
    parser.add_argument("--label", default="KNOWLEDGE")
    parser.add_argument("--add-to", metavar="PREDICTIONS")
    options = parser.parse_args()
    base = {ad["job_id"]: ad["skills"] for ad in read(options.add_to)} if options.add_to else {}
    for ad in read(options.spans):
        skills = list(base.get(ad["job_id"], []))
        known = " | ".join(skill.get("surface", "").lower() for skill in skills)
        for span in ad["spans"]:
            sure = span["label"] == options.label and span["score"] >= options.min_score
            if sure and span["text"].lower() not in known:
                skills.append({"name": span["text"], "surface": span["text"], "kind": "hard", "confidence": span["score"]})
        print(json.dumps({"job_id": ad["job_id"], "skills": skills}, ensure_ascii=False))


if __name__ == "__main__":
    main()
