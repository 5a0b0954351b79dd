#!/usr/bin/env python3
"""Match the extractor's labels with the libraries that Python projects use, on the same ads.

  match_peer.py --labels LABELS.txt [--peer ahocorasick|flashtext|spacy] [--repeat N] ADS.jsonl...

LABELS.txt: one label a line, as `match_bench --dump-labels` writes them. Prints one JSON line a peer, in the shape of
`match_bench`: mb_per_second_match (find all labels, longest match, at word boundaries, with folded case), us_per_ad_median, build_ms, rss_mb.
What each does less than the extractor: no accent folding, no plural, no hyphen/space variants (flashtext and pyahocorasick), no code point spans
beside byte spans. Needs: pip install pyahocorasick flashtext spacy
"""
import argparse, json, resource, statistics, sys, time


def read_ads(files):
    ads = []
    for path in files:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                ad = json.loads(line)
                body = "\n".join(p for p in (ad.get("description") or "", ad.get("requirements") or "") if p)
                ads.append("\n".join(p for p in (ad.get("title") or "", body) if p))
    return ads


def rss_mb():
    with open("/proc/self/status") as status:
        return next(int(l.split()[1]) for l in status if l.startswith("VmRSS")) / 1024


def build_ahocorasick(labels):
    import ahocorasick
    automaton = ahocorasick.Automaton()
    for number, label in enumerate(labels):
        automaton.add_word(label.lower(), (number, len(label)))
    automaton.make_automaton()

    def find(text):
        low = text.lower()
        n, found = len(low), []
        for end, (number, size) in automaton.iter_long(low):
            start = end - size + 1
            if (start == 0 or not low[start - 1].isalnum()) and (end + 1 == n or not low[end + 1].isalnum()):
                found.append((start, end + 1, number))
        return found
    return find


def build_flashtext(labels):
    from flashtext import KeywordProcessor
    processor = KeywordProcessor()
    for label in labels:
        processor.add_keyword(label, label)
    return lambda text: processor.extract_keywords(text, span_info=True)


def build_spacy(labels):
    import spacy
    from spacy.matcher import PhraseMatcher
    nlp = spacy.blank("xx")
    nlp.max_length = 10_000_000
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("label", [nlp.make_doc(label) for label in labels])
    return lambda text: matcher(nlp.make_doc(text))


PEERS = {"ahocorasick": build_ahocorasick, "flashtext": build_flashtext, "spacy": build_spacy}


def measure(name, labels, ads, repeat):
    before, start = rss_mb(), time.perf_counter()
    find = PEERS[name](labels)
    build_ms = (time.perf_counter() - start) * 1e3
    rss = rss_mb() - before
    megabytes = sum(len(a.encode()) for a in ads) / 1e6
    best, per_ad, matches = float("inf"), [], 0
    for _ in range(repeat):
        times, matches = [], 0
        for ad in ads:
            t = time.perf_counter()
            matches += len(find(ad))
            times.append(time.perf_counter() - t)
        if sum(times) < best:
            best, per_ad = sum(times), times
    return {"name": name, "ads": len(ads), "labels": len(labels), "build_ms": round(build_ms, 1),
            "mb_per_second_match": round(megabytes / best, 2), "us_per_ad_median": round(statistics.median(per_ad) * 1e6, 1),
            "rss_mb": round(rss, 1), "matches": matches}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", required=True)
    parser.add_argument("--peer", action="append", choices=sorted(PEERS))
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("ads", nargs="+")
    options = parser.parse_args()
    with open(options.labels, encoding="utf-8") as lines:
        labels = [line.rstrip("\n") for line in lines if line.strip()]
    ads = read_ads(options.ads)
    for name in options.peer or sorted(PEERS):
        try:
            print(json.dumps(measure(name, labels, ads, options.repeat)), flush=True)
        except ImportError as error:
            print(f"{name} left out: {error}", file=sys.stderr)


if __name__ == "__main__":
    main()
