"""What scipy, girth and mirt say of the answers on stdin, as JSON."""

import json
import sys

import girth
import mirt
import numpy as np
from mirt.estimation import BetaPrior, LogNormalPrior, NormalPrior
from scipy import stats

given = json.load(sys.stdin)
right = np.array(given["right"])
a, b, c = np.array(given["parameters"]).T

total = right.sum(axis=1)
point = np.array([stats.pointbiserialr(item, total).statistic for item in right.T])
p = right.mean(axis=0)
biserial = point * np.sqrt(p * (1 - p)) / stats.norm.pdf(stats.norm.ppf(p))
rest = np.array([stats.pearsonr(item, total - item).statistic for item in right.T])

prior = given["prior"]
# Its log-normal is a density of a, ours one of log a: the mode is the same with the mean a variance higher.
mean, deviation = prior["log_a"]
fitted = mirt.fit_mirt(
    right,
    "3PL",
    n_quadpts=61,
    tol=1e-6,
    max_iter=2000,
    compute_standard_errors=False,
    priors={
        "discrimination": LogNormalPrior(mean + deviation**2, deviation),
        "difficulty": NormalPrior(*prior["b"]),
        "guessing": BetaPrior(*prior["c"]),
    },
)
of = fitted.model.parameters
json.dump(
    {
        "alpha": girth.common.cronbach_alpha(right.T),
        "point_biserial": point.tolist(),
        "biserial": biserial.tolist(),
        "item_rest": rest.tolist(),
        "eap": girth.ability_3pl_eap(right.T, b, a, c, {"quadrature_n": 101, "quadrature_bounds": (-6, 6)}).tolist(),
        "log_likelihood": float(fitted.log_likelihood),
        "parameters": np.c_[of["discrimination"], of["difficulty"], of["guessing"]].tolist(),
    },
    sys.stdout,
)
