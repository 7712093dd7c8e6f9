"""Times girth and mirt on the answers that the bench wrote, and prints benches/STATISTICS.md."""

import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path

# One core, as ours.
for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = "1"

import girth
import mirt
import numpy as np
from mirt.estimation import BetaPrior, LogNormalPrior, NormalPrior

work = Path(sys.argv[1])
lines = [json.loads(line) for line in (work / "measured.jsonl").read_text().splitlines()]
timed = {line["what"]: line for line in lines if "what" in line}
recovered = {line["recovered"]: line for line in lines if "recovered" in line}
right = np.loadtxt(work / "answers.csv", delimiter=",", dtype=int)
a, b, c = np.loadtxt(work / "parameters.csv", delimiter=",").T


def cpu(function):
    began = time.process_time()
    result = function()
    return time.process_time() - began, result


priors = {
    # Ours is a density of log a, mirt's one of a: the same mode.
    "discrimination": LogNormalPrior(np.log(1.7) + 0.25, 0.5),
    "difficulty": NormalPrior(0, 2),
    "guessing": BetaPrior(5, 17),
}
girth_fit, _ = cpu(lambda: girth.threepl_mml(right.T))
mirt_fit, fitted = cpu(
    lambda: mirt.fit_mirt(right, "3PL", n_quadpts=61, priors=priors, compute_standard_errors=False, max_iter=2000)
)
girth_eap, _ = cpu(lambda: girth.ability_3pl_eap(right.T, b, a, c))
mirt_eap, _ = cpu(lambda: mirt.fscores(fitted, right, method="EAP", n_quadpts=121))

print("# Measured by `benches/statistics/run`\n")
print("Simulated answers to five alternatives; one core, and one thread. CPU seconds; other work may run on the machine.\n")
print("| | students | questions | CPU s | goal |")
print("|---|---|---|---|---|")
goals = {"statistics": "10", "statistics, pairs compared": "10", "calibration, 3PL": "60"}
for what, line in timed.items():
    if not what.startswith("peers"):
        goal = goals.get(what, "")
        print(f"| {what} | {line['students']:,} | {line['questions']} | {line['cpu']:.2f} | {goal} |")
of = recovered["calibration, 3PL"]
print(
    f"\n“Pairs compared”: every two students of each room of 40. The calibration took {of['steps']} EM steps; root mean square"
    f" distance from the true parameters: a {of['a']:.3f}, b {of['b']:.3f}, c {of['c']:.3f}.\n"
)
ours, eap = timed["peers: calibration, 3PL"], timed["peers: abilities, EAP"]
print(f"## Beside girth {version('girth')} and mirt {version('mirt')}\n")
print(f"The same {ours['students']:,} students and {ours['questions']} questions, in the same run. mirt has the same priors and")
print("nodes and finds the same parameters (`tests/statistics` holds them against each other); girth has no priors.\n")
print("| | gabarito, CPU s | girth | ratio | mirt | ratio |")
print("|---|---|---|---|---|---|")
for what, own, one, other in [("calibration, 3PL", ours, girth_fit, mirt_fit), ("abilities, EAP", eap, girth_eap, mirt_eap)]:
    own = own["cpu"]
    print(f"| {what} | {own:.4f} | {one:.2f} | {one / own:.0f} | {other:.2f} | {other / own:.0f} |")
