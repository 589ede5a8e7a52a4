"""Who has what and who is told what: parties, what they hold, and the messages between them, as a drawing.

In: a `Scene` of nodes, links and captions on a plane of 100 by 100. Out: a chart. Each form of message has a colour, a
dash and a word; what a party holds and sees stands in the hover text and in the table behind the chart.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import pandas as pd

from ppml_core.charts import template
from ppml_core.charts.template import FONT, LABEL_SIZE, Chart, Mode, Palette, Sketch
from ppml_core.venues.seen import Form, Link, Node, Scene

HEIGHT = 400
MANY = 20
FORMS: dict[Form, tuple[str, str, str]] = {
    "clear": ("risk", "solid", "in the clear"),
    "noisy": ("utility", "dash", "with noise"),
    "masked": ("bound", "dot", "masked"),
    "encrypted": ("bound", "dash", "encrypted"),
    "shares": ("bound", "dashdot", "secret shares"),
}
SAMPLES = {"solid": "━━", "dash": "╍╍", "dot": "┅┅", "dashdot": "━╍"}


def parties_chart(scene: Scene, mode: Mode = "light") -> Chart:
    """The drawing; its alt text names every party and every kind of message."""
    colours = template.palette(mode)
    drawing = Sketch(mode, HEIGHT)
    for link in scene.links:
        thin = len(scene.links) > MANY
        _link(drawing, scene.nodes[link.source], scene.nodes[link.target], link, colours, 1.2 if thin else 2.2)
    _nodes(drawing, scene.nodes, colours)
    for caption in scene.captions:
        ink = colours.muted if caption.form is None else str(getattr(colours, FORMS[caption.form][0]))
        template.note(
            drawing, caption.x, caption.y, escape(caption.text), ink, xanchor=caption.anchor,
            ground=template.faded(colours.paper, 0.85),
        )  # fmt: skip
    forms = list(dict.fromkeys(link.form for link in scene.links))
    _legend(drawing, forms, colours)
    for axis in (drawing.axis_x, drawing.axis_y):
        axis("", range=[0, 100], visible=False, showgrid=False)
    drawing.layout["margin"] = {"l": 6, "r": 6, "t": 30, "b": 6, "pad": 0}
    told = "; ".join(f"{node.name} holds {node.holds} and sees {node.sees}" for node in _distinct(scene.nodes))
    words = ", ".join(FORMS[form][2] for form in forms)
    return Chart(
        figure=drawing.figure(), question="Who sees what?", answer=scene.answer,
        alt=f"Drawing of {len(scene.nodes)} parties with messages {words}. {told}. {scene.answer}",
        how_to_read="Squares are servers or machines that compute, circles are holders of people. Lines are messages; "
        "their colour and dash say in which form numbers travel. The table says what each party holds and sees.",
        table=pd.DataFrame([(node.name, node.holds, node.sees) for node in _distinct(scene.nodes)],
                           columns=["party", "holds", "sees"]),
    )  # fmt: skip


def _distinct(nodes: Sequence[Node]) -> list[Node]:
    """One of those that hold and see the same."""
    found: dict[tuple[str, str], Node] = {}
    for node in nodes:
        found.setdefault((node.holds, node.sees), node)
    return list(found.values())


def _link(drawing: Sketch, source: Node, target: Node, link: Link, colours: Palette, width: float) -> None:
    role, dash, _ = FORMS[link.form]
    ink = str(getattr(colours, role))
    (x0, y0), (x1, y1) = _between(source, target)
    y0, y1 = y0 + link.rise, y1 + link.rise
    drawing.shape(
        type="line", xref="x", yref="y", x0=x0, y0=y0, x1=x1, y1=y1, layer="below",
        line={"color": ink, "width": width, "dash": dash},
    )  # fmt: skip
    if link.arrow:
        drawing.notes.append({
            "x": x1, "y": y1, "ax": x0 + (x1 - x0) * 0.94, "ay": y0 + (y1 - y0) * 0.94, "xref": "x", "yref": "y",
            "axref": "x", "ayref": "y", "text": "", "showarrow": True, "arrowhead": 2, "arrowsize": 1.1,
            "arrowwidth": 2.2, "arrowcolor": ink, "font": {"size": LABEL_SIZE, "family": FONT, "color": ink},
        })  # fmt: skip


def _between(source: Node, target: Node) -> tuple[tuple[float, float], tuple[float, float]]:
    """The line without what lies under the two marks."""
    dx, dy = target.x - source.x, target.y - source.y
    length = max((dx**2 + dy**2) ** 0.5, 1e-9)
    cut = min((4.5 + 4 * abs(dy) / length) / length, 0.4)
    start = (source.x + dx * cut, source.y + dy * cut)
    return start, (target.x - dx * cut, target.y - dy * cut)


def _nodes(drawing: Sketch, nodes: Sequence[Node], colours: Palette) -> None:
    for is_server, symbol, size in ((True, "square", 30), (False, "circle", 26)):
        here = [node for node in nodes if node.is_server == is_server]
        if not here:
            continue
        drawing.line(
            x=[node.x for node in here], y=[node.y for node in here], mode="markers+text",
            name="machines" if is_server else "holders",
            text=[escape(node.label) for node in here], textposition="middle center",
            textfont={"color": colours.text, "size": LABEL_SIZE, "family": FONT},
            marker={"symbol": symbol, "size": size, "color": colours.paper,
                    "line": {"color": colours.text, "width": 1.6}},
            customdata=[
                f"<b>{escape(node.name)}</b><br>holds {escape(node.holds)}<br>sees {escape(node.sees)}" for node in here
            ],
            hovertemplate="%{customdata}<extra></extra>", cliponaxis=False,
        )  # fmt: skip


def _legend(drawing: Sketch, forms: Sequence[Form], colours: Palette) -> None:
    told = [
        f'<span style="color:{getattr(colours, FORMS[form][0])}">{SAMPLES[FORMS[form][1]]} {FORMS[form][2]}</span>'
        for form in forms
    ]
    template.note(
        drawing, 0, 1, "   ".join(told), colours.muted, xref="paper", yref="paper", xanchor="left", yanchor="bottom",
        rise=6,
    )  # fmt: skip
