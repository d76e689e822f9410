"""A figure with its goal, and the table and file they end in."""

import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path

Goal = tuple[str, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """``goal`` is ("<=", 3.0) or None where there is none. ``value`` None: it could not be measured."""

    name: str
    value: float | None
    unit: str
    goal: Goal | None = None

    @property
    def met(self) -> bool | None:
        if self.goal is None or self.value is None:
            return None if self.goal is None else False
        sign, bound = self.goal
        return self.value <= bound if sign == "<=" else self.value >= bound


def percentile(values: list[float], share: float) -> float | None:
    """The value below which ``share`` (0 to 1) of ``values`` lie, by nearest rank; None of nothing."""
    if not values:
        return None
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


def write(figures: list[Figure], path: Path) -> None:
    """Write one flat entry a figure."""
    path.parent.mkdir(parents=True, exist_ok=True)
    flat = {
        figure.name: {
            "value": figure.value,
            "unit": figure.unit,
            "goal": None if figure.goal is None else f"{figure.goal[0]} {figure.goal[1]:g}",
            "met": figure.met,
        }
        for figure in figures
    }
    path.write_text(json.dumps(flat, indent=2) + "\n", encoding="utf-8")


def table(figures: list[Figure]) -> str:
    """The figures with the machine they were measured on."""
    lines = [machine(), ""]
    for figure in figures:
        value = "–" if figure.value is None else f"{figure.value:.2f}"
        goal = "" if figure.goal is None else f"{figure.goal[0]} {figure.goal[1]:g}"
        met = {True: "met", False: "MISSED", None: ""}[figure.met]
        lines.append(f"{figure.name:<52}{value:>10} {figure.unit:<10}{goal:>10}  {met}")
    return "\n".join(lines)


def machine() -> str:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )
