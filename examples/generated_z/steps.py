"""From measured muons to generated pairs of them, and back to what both have in common."""

import awkward as ak
import numpy as np

from analysis.events.columns import values
from analysis.learning.evaluation.distances import Samples, measure
from analysis.learning.evaluation.samples import report
from analysis.plotting.history import draw_history
from analysis.plotting.samples import draw_samples
from analysis.results import Number
from generated_z import kinematics, study
from generated_z.kinematics import ETA, MASS, MUON, PT

VARIABLES = tuple(variable.name for variable in study.VARIABLES)


def pairs(raw):
    """Select events with exactly two muons, of opposite charge, with the mass of a Z: the pair and its targets."""
    two = raw[ak.num(raw.Muon_pt) == 2]
    two = two[ak.sum(two.Muon_charge, axis=1) == 0]
    order = ak.argsort(two.Muon_charge, axis=1)
    pt, eta, phi = (ak.to_numpy(two[f"Muon_{name}"][order]).astype(np.float64) for name in ("pt", "eta", "phi"))
    both = [kinematics.four_momenta(pt[:, one], eta[:, one], phi[:, one]) for one in (0, 1)]
    mass = kinematics.mass_of(sum(both))
    chosen = (mass > MASS[0]) & (mass < MASS[1]) & (pt.min(axis=1) > PT) & (np.abs(eta).max(axis=1) < ETA)
    found = kinematics.coordinates(*(one[chosen] for one in both))
    targets = dict(zip(study.TARGETS, kinematics.to_targets(*found).T, strict=True))
    return ak.Array({**described(two.identity[chosen], found), **targets})


def generate(scores):
    """Turn what was drawn into pairs of muons."""
    return ak.Array(described(scores.identity, kinematics.from_targets(scores.predictions)))


def described(identity, coordinates):
    """The variables of pairs, from their two four-momenta; and what these have in common with the coordinates."""
    minus, plus = kinematics.momenta(*coordinates)
    both = [kinematics.polar(one) for one in (minus, plus)]
    turn = np.abs(both[0][2] - both[1][2])
    mass, pt, rapidity, _, cos_theta, phi_star = kinematics.coordinates(minus, plus)
    square = np.maximum(*(np.abs(one[:, 0] ** 2 - np.sum(one[:, 1:] ** 2, axis=1) - MUON**2) for one in (minus, plus)))
    return {
        **{"identity": identity, "mass": mass, "pt": pt, "rapidity": rapidity, "cos_theta": cos_theta},
        **{"phi_star": phi_star, "delta_phi": np.minimum(turn, 2 * np.pi - turn)},
        **{"pt_minus": both[0][0], "pt_plus": both[1][0], "eta_minus": both[0][1], "eta_plus": both[1][1]},
        **{"off_shell": square / minus[:, 0] ** 2, "off_mass": np.abs(mass / coordinates[0] - 1)},
    }


def samples(pairs, generated):
    """Measured and generated pairs of the same events."""
    true, drawn = (ak.concatenate(list(one.values())) for one in (pairs, generated))
    true_values, drawn_values = (np.stack([values(one, name) for name in VARIABLES], 1) for one in (true, drawn))
    return Samples(VARIABLES, true_values, drawn_values, np.ones(len(true)), values(true, "identity"))


def close(pairs, generated, settings):
    """Compare measured and generated four-momenta, and check what energy and momentum demand."""
    found = {"distances": measure(samples(pairs, generated), settings)}
    told = report(found, settings.name)
    drawn = ak.concatenate(list(generated.values()))
    outside = (np.minimum(drawn.pt_minus, drawn.pt_plus) < PT) | (
        np.maximum(abs(drawn.eta_minus), abs(drawn.eta_plus)) > ETA
    )
    share = float(np.mean(outside))
    error = (share * (1 - share) / len(drawn)) ** 0.5
    numbers = [
        Number("outside", "share of pairs outside of the acceptance", share, (error, error), None, "", "counted"),
        *(
            Number(name, title, float(np.max(drawn[name])), None, None, "", "greatest of all generated pairs")
            for name, title in (
                ("off_shell", "squared mass of a muon against its own, over its squared energy"),
                ("off_mass", "mass of both four-momenta against the drawn mass"),
            )
        ),
    ]
    told["headline"]["outside of the acceptance"] = f"{100 * share:.1f} ± {100 * error:.1f} %"
    return {**found, **told, "numbers": [*told["numbers"], *(number.as_json() for number in numbers)]}


def draw(training, pairs, generated, label, settings):
    """Draw the training, and measured and generated pairs."""
    both = samples(pairs, generated)
    return {"history": draw_history(training.history, label), **draw_samples([both], label, settings)}
