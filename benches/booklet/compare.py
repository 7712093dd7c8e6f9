"""Times first copies of a booklet: gabarito, prova-pdf and headless Chromium by turns; prints a part of benches/BOOKLETS.md.

compare.py BOOKLET FONTS MATHJAX [ROUNDS]: the program of this folder, the folder of the typefaces that both set, and the
script with which Chromium sets formulas that are LaTeX, as the exam has them.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile

import prova_pdf

booklet, fonts, mathjax = sys.argv[1:4]
rounds = int(sys.argv[4]) if len(sys.argv) > 4 else 7
CHROMIUM = "Chromium, started for each"
FACES = ["Regular", "Bold", "Italic", "BoldItalic"]
registered = [
    {"family": "body", "variant": i, "data": open(f"{fonts}/IBMPlexSerif-{face}.ttf", "rb").read()}
    for i, face in enumerate(FACES)
]


def cpu(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def prova(salt):
    spec = json.loads(subprocess.check_output([booklet, "spec", "prova", str(salt)]))
    before = cpu(resource.RUSAGE_SELF)
    pdf = prova_pdf.generate_pdf(spec, registered)
    return (cpu(resource.RUSAGE_SELF) - before) * 1000, len(pdf)


def chromium(salt, folder, *script):
    page, pdf = os.path.join(folder, "exam.html"), os.path.join(folder, "exam.pdf")
    with open(page, "wb") as out:
        out.write(subprocess.check_output([booklet, "spec", "html", str(salt), *script]))
    command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    if script:
        # The page is printed once its scripts have nothing more to do; the clock of the page skips what it waits.
        command.append("--virtual-time-budget=20000")
    before = cpu(resource.RUSAGE_CHILDREN)
    subprocess.run(command + [f"--print-to-pdf={pdf}", f"file://{page}"], check=True, capture_output=True)
    return (cpu(resource.RUSAGE_CHILDREN) - before) * 1000, os.path.getsize(pdf)


def own():
    """Its first round, too, is of an exam never seen; the process has typefaces and template loaded."""
    lines = subprocess.check_output([booklet, "first", "1"], text=True).split()
    return float(lines[0]), int(lines[2])


prova(1)
runs = {"gabarito": [], "prova-pdf": [], CHROMIUM: [], f"{CHROMIUM}, with MathJax": []}
with tempfile.TemporaryDirectory() as folder:
    for i in range(rounds):
        salt = 1000 * (i + 2)
        runs["gabarito"].append(own())
        runs["prova-pdf"].append(prova(salt))
        runs[CHROMIUM].append(chromium(salt, folder))
        runs[f"{CHROMIUM}, with MathJax"].append(chromium(salt, folder, mathjax))
ours = statistics.median(ms for ms, _ in runs["gabarito"])
print("| first copy | CPU ms | times gabarito | bytes |")
print("|---|---|---|---|")
for name, made in runs.items():
    ms = statistics.median(ms for ms, _ in made)
    print(f"| {name} | {ms:.0f} | {ms / ours:.1f} | {made[-1][1]} |")
