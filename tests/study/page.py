"""The study's figures as a page: a row a figure, a column a world and regimen."""

from collections.abc import Iterable, Mapping

from tests.bench.figures import Figure, machine

ALIKE = "sessions through bytes with the same alerts"


def page(figures: Iterable[Figure], counts: Mapping[str, int], took_s: float, loud: Iterable[str]) -> str:
    """What was missed stands in bold; behind a share, in brackets, of how many."""
    kept = list(figures)
    rows: dict[str, dict[str, Figure]] = {}
    columns: list[str] = []
    for figure in kept:
        column, _, name = figure.name.partition(": ")
        if name:
            rows.setdefault(name, {})[column] = figure
            columns += [] if column in columns else [column]
    ran = ", ".join(f"{name} {count}" for name, count in counts.items())
    alike = [f"{figure.name}: {_cell(figure)}" for figure in kept if figure.name == ALIKE]
    lines = [
        f"Sessions: {ran}; {took_s / 60:.0f} min on {machine()}.",
        "",
        f"| Figure | {' | '.join(columns)} | Goal |",
        f"|---|{'---:|' * len(columns)}---|",
    ]
    for name, found in rows.items():
        cells = " | ".join(_cell(found[column]) if column in found else "" for column in columns)
        lines.append(f"| {name}, {_unit(found)} | {cells} | {_goals(found)} |")
    return "\n".join(
        [
            *lines,
            "",
            *alike,
            "",
            "What sounded in calm infusions (condition, priority, step, how often):",
            "",
            *loud,
            "",
        ]
    )


def _cell(figure: Figure) -> str:
    if figure.value is None:
        return "–"
    of = f" ({figure.unit.removeprefix('% of ')})" if figure.unit.startswith("% of ") else ""
    text = f"{figure.value:.3g}" if abs(figure.value) < 100 else f"{figure.value:.0f}"
    return f"**{text}**{of}" if figure.met is False else f"{text}{of}"


def _unit(found: Mapping[str, Figure]) -> str:
    unit = next(iter(found.values())).unit
    return "%" if unit.startswith("%") else {"1": "share"}.get(unit, unit)


def _goals(found: Mapping[str, Figure]) -> str:
    goals = {figure.goal for figure in found.values() if figure.goal is not None}
    return ", ".join(f"{'≤' if sign == '<=' else '≥'} {bound:.3g}" for sign, bound in sorted(goals))
