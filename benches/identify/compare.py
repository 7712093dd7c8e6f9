"""Reads the same pages with zxing-cpp and prints benches/IDENTITY.md."""

import json
import sys
import time
from collections import defaultdict
from importlib.metadata import version

import numpy
import zxingcpp
from PIL import Image

TURNS = 3
FORMATS = zxingcpp.barcode_formats_from_str("QRCode,DataMatrix")
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def zxing(file):
    """Sheet and page of each code of ours, and the least milliseconds of CPU; the file's decoding is not counted."""
    picture = numpy.array(Image.open(file).convert("L"))
    least = float("inf")
    for _ in range(TURNS):
        begun = time.thread_time()
        found = zxingcpp.read_barcodes(picture, formats=FORMATS, try_rotate=True, try_downscale=True, try_invert=True)
        least = min(least, time.thread_time() - begun)
    texts = [f.text for f in found if f.text.startswith("GB1") and len(f.text) == 45]
    return {(t[3:19], DIGITS.index(t[19]) * 32 + DIGITS.index(t[20])) for t in texts}, 1e3 * least


def median(values):
    values = sorted(values)
    return values[len(values) // 2] if values else float("nan")


def row(name, pages):
    intact = [p for p in pages if p["intact"]]
    read = [p for p in intact if p["identified"]]
    cells = [
        len(pages),
        len(intact),
        f"{len(read)} ({100 * len(read) / max(len(intact), 1):.1f} %)",
        sum(p["identified"] for p in pages) - len(read),
        sum(p["misidentified"] for p in pages),
        sum(p["zxing"] for p in intact),
        sum(p["zxing"] for p in pages) - sum(p["zxing"] for p in intact),
        sum(p["zxing_wrong"] for p in pages),
        f"{median([p['ms_identify'] for p in pages]):.1f}",
        f"{sum(p['ms_identify'] for p in pages) / len(pages):.1f}",
        f"{sum(p['zxing_ms'] for p in pages) / len(pages):.1f}",
    ]
    return f"| {name} | " + " | ".join(map(str, cells)) + " |"


pages = [json.loads(line) for line in open(sys.argv[1])]
sets = defaultdict(list)
for page in pages:
    said, page["zxing_ms"] = zxing(page["file"])
    truth = (page["sheet"], page["page"])
    page["zxing"], page["zxing_wrong"] = truth in said, bool(said - {truth})
    sets[page["set"]].append(page)

print(f"""# Identity, measured by `benches/identify/run`

Pages whose codes are spoiled, each from a seed of its own, read by gabarito and, the same file in the same run, by
zxing-cpp {version("zxing-cpp")} on the whole page (QR and Data Matrix; try_rotate, try_downscale, try_invert). *Intact*: at least half of
the QR or of the backup code can be seen, or all of the printed code. Goal: 99.5 % of those identified, none
misidentified. Scans of 150, 200 and 300 dpi in any rotation, one in eight black and white, one in eight a photo.
Milliseconds: what gabarito's identification takes (least of {TURNS} turns, by the clock, registration not counted), and
zxing-cpp's read (least of {TURNS} turns, CPU), both without decoding the file.

| set | pages | intact | of these identified | others identified | **misidentified** | zxing-cpp: intact | others | wrong | ms, median | ms, mean | zxing-cpp, ms, mean |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|""")
for name, of in sets.items():
    print(row(name, of))
print(row("**all**", pages))

stages = {}
for page in pages:
    for stage, decoded, ms in page["stages"]:
        tried = stages.setdefault(stage, [0, 0, []])
        tried[0] += 1
        tried[1] += decoded
        tried[2].append(ms)
print("\n## The cascade\n\n| stage | tried | decoded | ms, median |\n|---|--:|--:|--:|")
for stage, (tried, decoded, ms) in stages.items():
    print(f"| {stage} | {tried} | {decoded} | {median(ms):.2f} |")
print()
for name, of in sets.items():
    print(f"- **{name}**: {of[0]['about']}")
