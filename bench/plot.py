"""python3 bench/plot.py <folder of results> <folder of plots>: draws the charts of every result as SVG."""

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("svg")
# Text stays text, and the same numbers give the same file.
matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "ragstream-edge", "font.size": 9})
import matplotlib.pyplot as plt  # noqa: E402 (the backend comes first)

OURS, OTHER, FLOOR = "#4878a8", "#b0b7c0", "#c44e52"


def shown(value: float) -> str:
    """Four digits that count, and no exponent."""
    rounded = f"{value:.4g}"
    return f"{float(rounded):,.0f}" if "e+" in rounded else f"{value:,.4g}"


def colours_of(labels: list) -> list:
    """Where others are beside ours, ours alone has the colour."""
    compared = any("ragstream-edge" in label for label in labels)
    return [OURS if "ragstream-edge" in label or not compared else OTHER for label in labels]


def draw(chart: dict, file: Path) -> None:
    bars = chart["bars"][::-1]
    figure, axes = plt.subplots(figsize=(8, 1.1 + 0.34 * len(bars)))
    places = range(len(bars))
    colours = colours_of([bar["label"] for bar in bars])
    drawn = axes.barh(places, [bar["value"] for bar in bars], color=colours, height=0.6)
    axes.bar_label(drawn, [shown(bar["value"]) for bar in bars], padding=4)
    for place, bar in zip(places, bars):
        if "floor" in bar:
            axes.plot([bar["floor"]] * 2, [place - 0.4, place + 0.4], color=FLOOR, linewidth=2)
    axes.set_yticks(places, [bar["label"] for bar in bars])
    axes.set_xlabel(chart["unit"])
    axes.set_title(chart["title"], loc="left", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(x=0.12)
    figure.savefig(file, bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


def main(results: Path, plots: Path) -> None:
    plots.mkdir(parents=True, exist_ok=True)
    for result in sorted(results.glob("*.json")):
        for chart in json.loads(result.read_text())["report"]["charts"]:
            draw(chart, plots / f"{chart['file']}.svg")


main(Path(sys.argv[1]), Path(sys.argv[2]))
