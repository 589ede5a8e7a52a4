"""What the page Lessons works with: which lesson, its settings and seed, answers so far, and its numbers.

In: the link and the controls. Out: lessons and what they found, computed once for all sessions, for their tables are
bundled. What a class has answered stands in the link and nowhere else.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import streamlit as st

from dashboard import controls, session, widgets
from dashboard.jobs import Job, shared_desk
from ppml_core.data.bundled import load
from ppml_core.data.dataset import Dataset
from ppml_core.errors import BadInput
from ppml_core.lessons.base import Found, Lesson, lessons
from ppml_core.lessons.glossary import named, slug
from ppml_core.lessons.handout import handout_of
from ppml_core.settings import settings_of, words

LESSON, SEED, ANSWERS, CLASS = "lesson", "seed", "answers", "class"
STATE = "learn"
FIRST_SEED = 1
MOST_SEED = 10**9
UNANSWERED = "-"
TITLES = {
    "epsilon": "ε", "zip_digits": "ZIP digits", "truth": "The coin says: the truth", "people": "People who answer",
    "class_people": "Your class: people", "class_yes": "Your class: said yes", "asked": "Questions asked",
    "leaf": "Fewest people in a leaf", "most": "Most right guesses", "least": "Least accuracy",
    "ruled_out": "Roles at home ruled out", "way": "How counts are hidden", "threshold": "Shares that say nothing",
}  # fmt: skip


def state() -> dict[str, str]:
    """Which lesson and seed, and what was answered, as it came with the link: {lesson: "1-", ...}."""
    if STATE not in st.session_state:
        asked = st.query_params
        name = asked.get(LESSON, next(iter(lessons())))
        kept = {LESSON: name if name in lessons() else next(iter(lessons())), SEED: str(_seed(asked.get(SEED, "")))}
        if asked.get(CLASS) == "1":
            kept[CLASS] = "1"
        if ANSWERS in asked:
            kept[ANSWERS] = asked[ANSWERS]
        st.session_state[STATE] = kept
    found: dict[str, str] = st.session_state[STATE]
    return found


def link() -> dict[str, str]:
    """What the page's address carries beside the scenario: the lesson, its seed and settings, what was answered."""
    kept, cls = state(), current()
    values = {session.SETTING + f"{cls.name()}.{name}": str(value) for name, value in _changed(cls).items()}
    return {name: value for name, value in kept.items() if value} | values


def current() -> type[Lesson]:
    return lessons()[state()[LESSON]]


def is_class() -> bool:
    """Whether the link fixed what everybody sees."""
    return CLASS in state()


def seed() -> int:
    return _seed(state()[SEED])


def lesson() -> Lesson:
    """The lesson with the settings that its controls show; what a link cannot set keeps its default."""
    cls = current()
    return cls.from_values(_changed(cls))


def begin_class() -> None:
    """The first lesson as a class sees it, with the first seed; the page's address is then the class's link."""
    st.session_state[STATE] = {LESSON: next(iter(lessons())), SEED: str(FIRST_SEED), CLASS: "1"}
    st.session_state.pop("lesson_chosen", None)


def key_of(cls: type[Lesson], name: str) -> str:
    return f"{session.SETTING}{cls.name()}.{name}"


def title_of(name: str) -> str:
    """A setting's name over its control: letters of the field stay as they are written there."""
    return TITLES.get(name, name if len(name) == 1 else words(name).capitalize())


def choose_control() -> None:
    """Eight lessons to choose from, and what a class sees."""
    names = list(lessons())
    with st.container(horizontal=True, vertical_alignment="bottom", key="lesson_choice"):
        st.selectbox(
            "Lesson", names, names.index(state()[LESSON]), key="lesson_chosen", on_change=_choose,
            format_func=lambda name: f"{lessons()[name].number}. {lessons()[name].title}",
            help=controls.told("Eight claims, each on one screen. They go from an easy one to the choice at the end."),
        )  # fmt: skip


def seed_control() -> None:
    """A class sees what the link fixed; alone one may draw afresh, or fix it for a class."""
    if is_class():
        widgets.aside(f"For a class: everybody with this link sees the same data and draws, seed {seed()}.")
        return
    with st.container(horizontal=True, gap="small", key="lesson_seed"):
        st.button("Draw afresh", key="draw", on_click=_put, args=(SEED, str(seed() + 1)))
        st.button("Fix for a class", key="fix", on_click=_put, args=(CLASS, "1"),
                  help="The link in the bar above then opens this lesson as it is set now.")  # fmt: skip


def turn_control() -> None:
    """To the lesson before and the one after."""
    names = list(lessons())
    place = names.index(state()[LESSON])
    with st.container(horizontal=True, gap="small", key="lesson_turn"):
        st.button("Previous lesson", key="lesson_previous", disabled=not place, on_click=_put,
                  args=(LESSON, names[max(place - 1, 0)]))  # fmt: skip
        st.button("Next lesson", key="lesson_next", disabled=place == len(names) - 1, on_click=_put,
                  args=(LESSON, names[min(place + 1, len(names) - 1)]))  # fmt: skip


def answer_key(place: int) -> str:
    return f"answer_{current().name()}_{place}"


def answer(place: int) -> int | None:
    """What was answered, by this session's control or by the link."""
    given = st.session_state.get(answer_key(place))
    if given is None:
        mark = _answers()[2 * (current().number - 1) + place]
        given = int(mark) if mark.isdecimal() and int(mark) < len(current().questions[place].answers) else None
    else:
        _remember(place, int(given))
    return given


def is_missing(asked: Lesson) -> bool:
    return not shared_desk().has(_key(asked))


def start(asked: Lesson) -> Job:
    """The job that works the lesson out; started once."""
    number = seed()
    return shared_desk().work_out(_key(asked), "a lesson", lambda: asked.run(dataset(asked), number))


def found(asked: Lesson) -> Found:
    number = seed()
    worked_out: Found = shared_desk().once(_key(asked), lambda: asked.run(dataset(asked), number))
    return worked_out


def is_waiting() -> bool:
    """Whether the lesson is being worked out; what was refused does not come by waiting."""
    asked = lesson()
    job = shared_desk().find(_key(asked))
    return is_missing(asked) and not (job is not None and job.error)


def dataset(asked: Lesson) -> Dataset:
    """The lesson's bundled table, as it comes."""
    data: Dataset = shared_desk().once(("dataset", (asked.dataset, 0, "")), lambda: load(asked.dataset))
    return data


def handout(asked: Lesson) -> bytes:
    """A page to print, made when the button is pressed."""
    return handout_of(asked, found(asked), seed()).encode()


def use(asked: Lesson) -> None:
    """Opens the scenario that the lesson's settings stand for."""
    door = asked.door()
    session.open_scenario(door.values, door.settings)


def asked_term() -> str:
    """The word that a link asks the glossary for; none where it has no such word."""
    term = named(st.query_params.get("term", ""))
    return term.name if term else ""


def term_link(term: str) -> str:
    return f"[{term}](glossary?term={slug(term)})"


def _key(asked: Lesson) -> Hashable:
    return ("lesson", asked, seed())


def _choose() -> None:
    _put(LESSON, st.session_state["lesson_chosen"])


def _put(name: str, value: str) -> None:
    state()[name] = value
    if name == LESSON:
        st.session_state["lesson_chosen"] = value


def _changed(cls: type[Lesson]) -> Mapping[str, object]:
    """Settings that differ from their defaults and can be used."""
    changed = {}
    for name, setting in settings_of(cls).items():
        try:
            value = setting.parse(st.session_state.get(key_of(cls, name), setting.default))
        except BadInput:
            continue
        if value != setting.default:
            changed[name] = value
    return changed


def _answers() -> str:
    """One sign for each question of each lesson, `UNANSWERED` where there is no answer yet."""
    wanted = 2 * len(lessons())
    return state().get(ANSWERS, "")[:wanted].ljust(wanted, UNANSWERED)


def _remember(place: int, given: int) -> None:
    signs = list(_answers())
    signs[2 * (current().number - 1) + place] = str(given)
    state()[ANSWERS] = "".join(signs).rstrip(UNANSWERED)


def _seed(text: str) -> int:
    return int(text) if text.isdecimal() and int(text) <= MOST_SEED else FIRST_SEED
