"""Run by the validator's Python: a card as the Hub's own library reads it, and writes it again. Usage: README.md."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import yaml
from huggingface_hub import ModelCard, ModelCardData
from huggingface_hub.repocard_data import eval_results_to_model_index


def main(file: Path) -> None:
    _, front, text = file.read_text(encoding="utf-8").split("---\n", 2)
    said = yaml.safe_load(front)
    card = ModelCard.load(file)
    again = ModelCard(f"---\n{card.data.to_yaml()}\n---\n{card.text}")
    if card.text.strip() != text.strip():
        sys.exit("the text is another one")
    for one in (card, again):
        data = one.data
        if not isinstance(data, ModelCardData) or data.to_dict() != said:
            sys.exit(f"the front matter is another one:\n{data.to_dict()}\n{said}")
        if said.get("model-index", []) != eval_results_to_model_index(data.model_name, data.eval_results):
            sys.exit("results do not survive reading and writing")
    told = [
        {"type": one.metric_type, "value": one.metric_value, **one.metric_args, "task": one.task_type}
        for one in card.data.eval_results
    ]
    print(json.dumps({"license": card.data.license, "datasets": card.data.datasets, "results": told}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
