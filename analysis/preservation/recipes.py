"""Recipes of containers that hold a capsule's environment, and of its rerun on REANA (https://reana.io)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import yaml

from analysis.errors import PreservationError

__all__ = ["APPTAINER", "DOCKERFILE", "REANA", "Recipe", "apptainer", "dockerfile", "reana"]

#: where in the capsule they are
DOCKERFILE = "environment/Dockerfile"
APPTAINER = "environment/erumflow.def"
REANA = "reana.yaml"
# where in the container the project is
_HOME = "/erumflow"
# of REANA; its file format has not changed since
_REANA_VERSION = "0.9.0"
# what one process of the largest task takes, with room
_MEMORY = "8Gi"
# packages from a folder, and from nowhere else
_WHEELS = {
    "PIP_NO_INDEX": "1",
    "PIP_FIND_LINKS": "/wheels",
    "UV_NO_INDEX": "1",
    "UV_FIND_LINKS": "/wheels",
    "UV_OFFLINE": "1",
}


@dataclass(frozen=True)
class Recipe:
    """Contents that recipes are written from.

    Args:
        study: its name.
        python: version that made the results, such as ``3.11.7``.
        arguments: of law, that make the results.
        place: of the record with ``results.json`` in the store.
        parameters: of the run, as texts; for people.
        wheels: whether the capsule has packages in ``wheels/``.
        data: whether it has events in ``data/``.
        store: whether it has records to begin with in ``store/``.

    Raises:
        PreservationError: the version of Python is none that an image is named by.
    """

    study: str
    python: str
    arguments: Sequence[str]
    place: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    wheels: bool = False
    data: bool = False
    store: bool = False

    def __post_init__(self) -> None:
        if not re.fullmatch(r"3\.\d+\.\d+", self.python):
            raise PreservationError(
                f"no container image is named after Python {self.python!r}", cure="use a released version of Python"
            )

    @property
    def base(self) -> str:
        """The image that the container starts from."""
        return f"docker.io/library/python:{self.python}-slim"

    @property
    def image(self) -> str:
        """Name of the container; its tag is the key of the results.

        Examples:
            >>> Recipe("airshower", "3.11.7", ["run"], "airshower/CollectResults/default-cdb330d2738f").image
            'erumflow-airshower:cdb330d2738f'
        """
        # names of images are in small letters
        name = re.sub(r"[^a-z0-9]+", "-", self.study.lower()).strip("-")
        return f"erumflow-{name}:{self.place.rpartition('-')[2]}"

    @property
    def places(self) -> dict[str, str]:
        """Variables of a run, with the folder, beside the recipes' own, that each names."""
        return {"ERUMFLOW_STORE": "store", **({"ERUMFLOW_MIRROR": "data"} if self.data else {})}

    @property
    def command(self) -> str:
        """Makes the results, in a container or any shell that has sourced setup.sh."""
        return shlex.join(["law", *self.arguments])


def dockerfile(recipe: Recipe) -> str:
    """The content of ``Dockerfile``: the environment, made from the lock."""
    wheels = ["COPY wheels/ /wheels/"] if recipe.wheels else []
    where = " ".join(f"-e {name}=/work/{folder}" for name, folder in recipe.places.items())
    lines = [
        "# The environment of this capsule, made from its lock. In the folder that the capsule was unpacked to:",
        "#",
        f"#     docker build -f {DOCKERFILE} -t {recipe.image} .",
        f'#     docker run --rm -v "$PWD:/work" {where} {recipe.image} \\',
        f"#         bash -c {shlex.quote(f'source {_HOME}/setup.sh && {recipe.command}')}",
        "#",
        *_note("docker buildx imagetools inspect", recipe),
        f"FROM {recipe.base}",
        *wheels,
        f"COPY source/ {_HOME}/",
        f"RUN {_installation(recipe)}",
    ]
    return "\n".join(lines) + "\n"


def apptainer(recipe: Recipe) -> str:
    """The content of the Apptainer definition: the same environment for clusters, where nobody is root."""
    wheels = ["    wheels /wheels"] if recipe.wheels else []
    where = " ".join(f'--env {name}="$PWD/{folder}"' for name, folder in recipe.places.items())
    lines = [
        "# The environment of this capsule, made from its lock. In the folder that the capsule was unpacked to:",
        "#",
        f"#     apptainer build erumflow.sif {APPTAINER}",
        f"#     apptainer run --cleanenv {where} erumflow.sif {recipe.command}",
        "#",
        *_note("skopeo inspect docker://", recipe),
        "Bootstrap: docker",
        f"From: {recipe.base}",
        "",
        "%files",
        *wheels,
        f"    source {_HOME}",
        "",
        "%post",
        f"    {_installation(recipe)}",
        "",
        "%runscript",
        f'    exec bash -c \'source {_HOME}/setup.sh && exec "$@"\' erumflow "$@"',
    ]
    return "\n".join(lines) + "\n"


def _note(tool: str, recipe: Recipe) -> list[str]:
    name = recipe.base if tool.endswith("//") else f" {recipe.base}"
    repository = recipe.base.rpartition(":")[0]
    return [
        "# A tag may come to mean another image: the same Python on a later system. For the very same one each time,",
        f"# write {repository}@sha256:... with the digest that is told by",
        f"#     {tool}{name}",
    ]


def _installation(recipe: Recipe) -> str:
    variables = [f"{name}={value}" for name, value in _WHEELS.items()] if recipe.wheels else []
    return " ".join([*variables, f"bash -c 'source {_HOME}/setup.sh'"])


def reana(recipe: Recipe) -> str:
    """The content of ``reana.yaml``: the results as a serial workflow of one step."""
    # REANA takes $NAME for a parameter of its own
    where = " ".join(f'{name}="`pwd`/{folder}"' for name, folder in recipe.places.items())
    rerun = f"source {_HOME}/setup.sh && {where} {recipe.command}".replace("$", "$$")
    commands = [f"bash -c {shlex.quote(rerun)}", shlex.join(["cp", f"store/{recipe.place}/results.json", "."])]
    folders = [name for name, there in (("data", recipe.data), ("store", recipe.store)) if there]
    step = {
        "name": "rerun",
        "environment": recipe.image,
        "kubernetes_memory_limit": _MEMORY,
        "commands": commands,
    }
    content = {
        "version": _REANA_VERSION,
        "inputs": {
            "files": ["expectations.json"],
            **({"directories": folders} if folders else {}),
            "parameters": dict(sorted(recipe.parameters.items())),
        },
        "workflow": {"type": "serial", "specification": {"steps": [step]}},
        "outputs": {"files": ["results.json"]},
    }
    heading = (
        f"# On REANA (https://reana.io): build {recipe.image} with {DOCKERFILE},\n"
        "# put it into a registry that REANA reaches, write its full name below, then: reana-client run -w NAME\n"
    )
    return heading + yaml.safe_dump(content, sort_keys=False, width=1000)
