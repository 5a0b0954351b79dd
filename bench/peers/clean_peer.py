"""The cleaner's counterpart: BeautifulSoup and langdetect over the ads of JSONL files.

    pip install beautifulsoup4 lxml langdetect
    python clean_peer.py [--limit N] [--parser lxml|html.parser] FILE...

Does less than the cleaner (no spam rules, no signature of near-duplicates) and prints the same JSON.
"""

import argparse
import json
import re
import resource
import time
import unicodedata
import warnings

from bs4 import BeautifulSoup, MarkupResemblesLocatorWarning
from langdetect import DetectorFactory, LangDetectException, detect_langs

warnings.filterwarnings("ignore", category=MarkupResemblesLocatorWarning)
DetectorFactory.seed = 0
PARTS = ("title", "description", "requirements")


def to_text(html, parser):
    text = BeautifulSoup(html, parser).get_text("\n")
    text = unicodedata.normalize("NFC", text)
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r"\s*\n\s*", "\n", text).strip()


def clean(ad, parser):
    combined = "\n".join(part for part in (to_text(ad.get(name) or "", parser) for name in PARTS) if part)
    if len(combined.split()) <= 50:
        return "too_short"
    try:
        language = detect_langs(combined)[0].lang
    except LangDetectException:
        language = "und"
    return "usable" if language in ("es", "en") else "wrong_language"


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--limit", type=int, default=0, help="ads cleaned, spread over the files; 0 is all")
    arguments.add_argument("--parser", default="lxml")
    arguments.add_argument("files", nargs="+")
    options = arguments.parse_args()

    ads = []
    for name in options.files:
        with open(name, encoding="utf-8") as lines:
            ads.extend(json.loads(line) for line in lines)
    if 0 < options.limit < len(ads):
        ads = [ads[index * len(ads) // options.limit] for index in range(options.limit)]
    size = sum(len((ad.get(name) or "").encode()) for ad in ads for name in (*PARTS, "company"))

    clean(ads[0], options.parser)  # langdetect loads its profiles at the first call
    outcomes = {}
    begin = time.perf_counter()
    for ad in ads:
        outcome = clean(ad, options.parser)
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    seconds = time.perf_counter() - begin
    print(
        json.dumps(
            {
                "name": "beautifulsoup+langdetect",
                "ads": len(ads),
                "seconds": seconds,
                "ads_per_second": len(ads) / seconds,
                "mb_per_second": size / 1e6 / seconds,
                "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "outcomes": outcomes,
            }
        )
    )


if __name__ == "__main__":
    main()
