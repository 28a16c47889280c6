"""The page of the world shows the world as it is."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from simulation import draw
from simulation.scenarios import SCENARIOS


@pytest.mark.parametrize("name", draw.FIGURES)
def test_figure_is_up_to_date(name: str) -> None:
    """Run `python -m simulation.draw` after a change of the world."""
    kept = (draw.FIGURES_DIR / f"{name}.svg").read_text(encoding="utf-8")
    assert kept == draw.FIGURES[name]().render()


@pytest.mark.parametrize("name", draw.FIGURES)
def test_figure_is_an_image_with_a_title(name: str) -> None:
    root = ElementTree.parse(draw.FIGURES_DIR / f"{name}.svg").getroot()
    assert root.tag.endswith("svg")
    assert root[0].tag.endswith("title")
    assert len(root) > 15
    assert root[0].text


def test_figure_marks_stay_on_the_canvas() -> None:
    for name in draw.FIGURES:
        root = ElementTree.parse(draw.FIGURES_DIR / f"{name}.svg").getroot()
        width, height = float(root.attrib["width"]), float(root.attrib["height"])
        for mark in root.iter():
            for points in (mark.attrib.get("points", ""),):
                for pair in points.split():
                    x, y = map(float, pair.split(","))
                    assert 0 <= x <= width
                    assert 0 <= y <= height


def test_page_shows_every_figure() -> None:
    text = draw.PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"\(world/(\w+)\.svg\)", text)) == set(draw.FIGURES)


def test_tables_are_up_to_date() -> None:
    text = draw.PAGE.read_text(encoding="utf-8")
    assert draw.page(text) == text
    for name, scenario in SCENARIOS.items():
        assert text.count(f"| {name} {scenario.title} |") == 2
