"""From measured muons to generated pairs of them, and back to what both have in common."""

from dataclasses import replace

import awkward as ak
import numpy as np

from analysis.events.columns import values
from analysis.learning.data.features import Features
from analysis.learning.data.samples import SAMPLE, compare
from analysis.learning.evaluation.distances import Samples, measure
from analysis.learning.evaluation.samples import report
from analysis.plotting.history import draw_history
from analysis.plotting.samples import draw_samples
from analysis.results import Number
from generated_z import kinematics, study
from generated_z.kinematics import ETA, MASS, MUON, PAIR, PT

VARIABLES = tuple(variable.name for variable in study.VARIABLES)


def pairs(raw):
    """Select events with exactly two muons, of opposite charge, with the mass of a Z: the pair and its targets."""
    two = raw[ak.num(raw.Muon_pt) == 2]
    two = two[ak.sum(two.Muon_charge, axis=1) == 0]
    # the negative one first
    order = ak.argsort(two.Muon_charge, axis=1)
    muons = [ak.to_numpy(two[f"Muon_{name}"][order]).astype(np.float64) for name in ("pt", "eta", "phi")]
    found = described(*muons)
    chosen = (found["mass"] > MASS[0]) & (found["mass"] < MASS[1]) & (found["pt"] < PAIR)
    chosen &= (muons[0].min(axis=1) > PT) & (np.abs(muons[1]).max(axis=1) < ETA)
    muons = [one[chosen] for one in muons]
    targets = zip(study.TARGETS, kinematics.to_targets(*muons).T, strict=True)
    return ak.Array({"identity": two.identity[chosen], **described(*muons), **dict(targets)})


def generate(scores):
    """Turn what was drawn into pairs of muons, and check them against what was drawn."""
    muons = kinematics.from_targets(scores.predictions)
    found = described(*muons)
    minus, plus = (kinematics.four_momenta(*(one[:, place] for one in muons)) for place in (0, 1))
    off_shell = np.maximum(*(np.abs(kinematics.square(one) - MUON**2) / one[:, 0] ** 2 for one in (minus, plus)))
    return ak.Array({"identity": scores.identity, **found, "off_shell": off_shell})


def described(pt, eta, phi):
    """The variables of pairs, from the four-momenta of their muons (n, 2)."""
    minus, plus = (kinematics.four_momenta(pt[:, one], eta[:, one], phi[:, one]) for one in (0, 1))
    names = ("mass", "pt", "rapidity", "phi", "cos_theta", "phi_star")
    found = dict(zip(names, kinematics.coordinates(minus, plus), strict=True))
    turn = np.mod(phi[:, 0] - phi[:, 1], 2 * np.pi)
    found |= {"delta_phi": np.minimum(turn, 2 * np.pi - turn), "pt_minus": pt[:, 0], "pt_plus": pt[:, 1]}
    return found | {"eta_minus": eta[:, 0], "eta_plus": eta[:, 1]}


def compare_momenta(inputs, scores, settings):
    """Let a classifier see the muons, too, and not only the targets that stand for them."""
    found = compare(inputs, scores, settings)
    muons = described(*kinematics.from_targets(found.features[SAMPLE].values))
    seen = np.stack([muons[name] for name in VARIABLES], axis=1).astype(np.float32)
    momenta = Features(seen, np.ones(seen.shape, bool), VARIABLES)
    return replace(found, features={**found.features, "momenta": momenta})


def samples(pairs, generated):
    """Measured and generated pairs of the same events."""
    both = [ak.concatenate(list(one.values())) for one in (pairs, generated)]
    true, drawn = (np.stack([values(one, name) for name in VARIABLES], axis=1) for one in both)
    return Samples(VARIABLES, true, drawn, np.ones(len(true)), values(both[0], "identity"))


def close(pairs, generated, settings):
    """Compare measured and generated muons, and check what energy and momentum demand."""
    found = {"distances": measure(samples(pairs, generated), settings)}
    told, drawn = report(found, settings.name), ak.concatenate(list(generated.values()))
    # to the last bits
    outside = (np.minimum(drawn.pt_minus, drawn.pt_plus) < PT - 1e-9) | (drawn.mass < MASS[0] - 1e-9)
    outside = outside | (np.maximum(np.abs(drawn.eta_minus), np.abs(drawn.eta_plus)) > ETA + 1e-9)
    number, off = int(np.sum(outside)), float(np.max(drawn.off_shell))
    numbers = (
        Number("outside", "generated pairs outside of the limits", float(number), None, None, "", "counted"),
        Number("off_shell", "E² − p² − m² of a muon over E²", off, None, None, "", "the greatest of all"),
    )
    told["headline"]["outside of the limits"] = f"{number} of {len(drawn)} pairs"
    return {**found, **told, "numbers": [*told["numbers"], *(number.as_json() for number in numbers)]}


def draw(training, pairs, generated, label, settings):
    """Draw the training, and measured and generated pairs."""
    both = samples(pairs, generated)
    return {"history": draw_history(training.history, label), **draw_samples([both], label, settings)}
