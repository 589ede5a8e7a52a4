"""The scenes of computing together apart: parties and messages as the chosen settings make them.

In: how many clients, in which form their updates travel, which graph. Out: `Scene`s for the drawing. Where there are
more clients than fit, some are drawn and the rest counted in words.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ppml_core.venues.seen import Caption, Form, Link, Node, Scene

MOST_IN_A_ROW = 5
MOST_IN_A_RING = 10
OWN_ROWS = "its own rows"
SERVER_SEES: dict[Form, str] = {
    "clear": "every client's update in the clear, every round",
    "noisy": "every client's update with the client's own noise in it",
    "masked": "numbers that look drawn by lot, and their sum",
}
ANSWERS: dict[Form, str] = {
    "clear": "The server sees each client's update, and what an update says of the rows behind it.",
    "noisy": "The server sees each client's update, with noise that the client added before it left.",
    "masked": "The server sees only the sum: masks that cancel hide each update.",
}

UPDATES: dict[Form, str] = {"clear": "update", "noisy": "noisy update", "masked": "masked update"}


def with_server(clients: int, sent: Form, noise_at_server: bool = False) -> Scene:
    """Clients around a server. `sent` is the form in which updates travel: clear, noisy or masked."""
    drawn = min(clients, MOST_IN_A_ROW)
    xs = [50.0] if drawn == 1 else [12 + 76 * n / (drawn - 1) for n in range(drawn)]
    sees = SERVER_SEES[sent]
    server = Node("the server", 50, 84, "the model", sees, is_server=True, label="S")
    more = clients - drawn
    nodes = [server]
    links: list[Link] = []
    for n, x in enumerate(xs):
        name = f"client {n + 1}"
        nodes.append(Node(name, x, 24, OWN_ROWS, "the model of each round", label=str(n + 1)))
        links.append(Link(n + 1, 0, sent))
    if sent == "masked":
        links += [Link(n, n + 1, "masked", arrow=False) for n in range(1, drawn)]
    captions = [
        Caption(50, 96, "Server"),
        Caption(50, 10, f"{clients:,} clients, rows stay with each" if not more
                else f"{drawn} of {clients:,} clients drawn, rows stay with each"),
        Caption(100, 66, "the model ↓", None, "right"),
        Caption(0, 66, f"↑ {UPDATES[sent]}", sent, "left"),
    ]  # fmt: skip
    if sent == "masked":
        captions.append(Caption(50, 3, "every two share a secret mask that cancels in the sum", "masked"))
    elif noise_at_server:
        captions.append(Caption(50, 3, "noise is added by the server, to the sum", "noisy"))
    answer = ANSWERS[sent]
    if noise_at_server:
        answer += " It adds the noise itself, so it is trusted with what comes before."
    return Scene(answer, nodes, links, captions)


def among_key_holders(clients: int) -> Scene:
    """Clients that share a key pair around a server that adds their ciphertexts; the model stays with the clients."""
    drawn = min(clients, MOST_IN_A_ROW)
    sees = "ciphertexts only, and adds them up"
    nodes = [Node("the server", 50, 84, "public parameters", sees, is_server=True, label="S")]
    links: list[Link] = []
    for n in range(drawn):
        x, sees = 12 + 76 * n / (drawn - 1), "the sum of the updates and the model of each round"
        nodes.append(Node(f"client {n + 1}", x, 24, f"{OWN_ROWS} and the secret key", sees, label=str(n + 1)))
        links.append(Link(n + 1, 0, "encrypted"))
    more = f"{drawn} of {clients:,} clients drawn" if clients > drawn else f"{clients:,} clients"
    captions = [
        Caption(50, 96, "Server"), Caption(50, 10, f"{more}, rows stay with each"),
        Caption(100, 66, "the sum, encrypted ↓", "encrypted", "right"),
        Caption(0, 66, "↑ ciphertext", "encrypted", "left"),
        Caption(50, 3, "all clients hold the same secret key"),
    ]  # fmt: skip
    answer = "The server adds up ciphertexts and sees no sum; the clients open it and keep the model to themselves."
    return Scene(answer, nodes, links, captions)


def without_server(clients: int, graph: str, sent: Form, edges: Sequence[tuple[int, int]] = ()) -> Scene:
    """Clients that talk to their neighbours. `edges` are the graph's; a ring or all pairs without any."""
    drawn = min(clients, MOST_IN_A_RING)
    nodes = [
        Node(
            f"client {n + 1}", 50 + 36 * math.sin(2 * math.pi * n / drawn), 50 + 36 * math.cos(2 * math.pi * n / drawn),
            OWN_ROWS, _neighbour_sees(sent), label=str(n + 1),
        )
        for n in range(drawn)
    ]  # fmt: skip
    ring = [(n, (n + 1) % drawn) for n in range(drawn)]
    pairs = [(a, b) for a in range(drawn) for b in range(a + 1, drawn)]
    shown = [edge for edge in edges if max(edge) < drawn] or (pairs if graph == "complete" else ring)
    links = [Link(a, b, sent, arrow=False) for a, b in dict.fromkeys(tuple(sorted(edge)) for edge in shown) if a != b]
    captions = [Caption(50, 3, f"{drawn} of {clients:,} clients drawn" if clients > drawn
                        else f"{clients:,} clients, a {graph} graph, no server")]  # fmt: skip
    what = {
        "clear": "Neighbours see each other's models in the clear.",
        "noisy": "Neighbours see each other's models, with noise in them.",
        "masked": "Neighbours see masked models, and their weighted sum.",
    }.get(sent, "")
    return Scene(f"Nobody sees everything: there is no server. {what}", nodes, links, captions)


def encrypted_prediction(network: bool) -> Scene:
    """Somebody with rows and the key, somebody with the model."""
    nodes = [
        Node("the client", 16, 50, "the rows and the secret key", "scores before the sigmoid, in the clear", label="C"),
        Node("the server", 84, 50, "the model and public keys", "ciphertexts only", is_server=True, label="S"),
    ]  # fmt: skip
    links = [Link(0, 1, "encrypted", rise=10), Link(1, 0, "encrypted", rise=-10)]
    captions = [
        Caption(16, 78, "Client"), Caption(84, 78, "Server"),
        Caption(50, 68, "rows, encrypted", "encrypted"), Caption(50, 32, "scores, encrypted", "encrypted"),
        Caption(16, 20, "has the secret key"), Caption(84, 20, "network, square units" if network else "the weights"),
    ]  # fmt: skip
    model = "what the network computes" if network else "a linear model"
    return Scene(
        f"The server computes on ciphertexts and learns no row; the client learns scores, and enough of them tell "
        f"{model}.",
        nodes, links, captions,
    )  # fmt: skip


def encrypted_training() -> Scene:
    """A server that trains on ciphertexts, with the client's help to refresh them."""
    scene = encrypted_prediction(False)
    captions = [
        Caption(16, 78, "Client"), Caption(84, 78, "Server"),
        Caption(50, 68, "rows and classes, encrypted", "encrypted"),
        Caption(50, 32, "worn ciphertexts, to be refreshed", "encrypted"),
        Caption(16, 20, "has the secret key"), Caption(84, 20, "trains on ciphertexts"),
    ]  # fmt: skip
    return Scene(
        "The server trains on ciphertexts and never sees a row or a weight; the client refreshes what too many steps "
        "wore out, which is said: it is client-aided.",
        scene.nodes, scene.links, captions,
    )  # fmt: skip


def on_shares(split: str, engine: str) -> Scene:
    """Three holders who compute on shares of each other's numbers."""
    holds = "its own rows" if split == "horizontal" else "its own columns of everybody"
    sees = "random-looking shares of the others' numbers"
    nodes = [
        Node("party A", 50, 84, holds, sees, is_server=True, label="A"),
        Node("party B", 14, 24, holds, sees, is_server=True, label="B"),
        Node("party C", 86, 24, holds if split == "horizontal" else "its own columns and the classes", sees,
             is_server=True, label="C"),
    ]  # fmt: skip
    links = [Link(a, b, "shares", arrow=False) for a, b in ((0, 1), (1, 2), (0, 2))]
    captions = [
        Caption(50, 96, "Party A"), Caption(14, 11, "Party B"), Caption(86, 11, "Party C"),
        Caption(50, 40, "split at random", "shares"),
        Caption(50, 3, f"{'rows' if split == 'horizontal' else 'columns'} stay with each; {engine}"),
    ]  # fmt: skip
    return Scene(
        "Each party sees shares that look drawn by lot; two of the three together would see everything.",
        nodes, links, captions,
    )  # fmt: skip


def _neighbour_sees(sent: Form) -> str:
    return {
        "clear": "its neighbours' models in the clear, every round",
        "noisy": "its neighbours' models with noise in them",
        "masked": "masked models, and the sum over its neighbours",
    }.get(sent, "its neighbours' messages")
