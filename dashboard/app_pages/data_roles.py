"""Data & roles: which table, what its columns mean, and how exposed the people in it are today."""

from __future__ import annotations

import streamlit as st

from dashboard import frame, hierarchy_editor, session, tables, widgets
from dashboard.controls import told
from ppml_core.charts import story


def page() -> None:
    risk_today()
    cards, own = st.columns([2, 1], gap="large")
    with cards:
        bundled_tables()
    with own:
        own_table()
    columns()
    edit_role()
    widgets.part("hierarchies", "How is each column generalized?", hierarchy_editor.editor)
    widgets.part("damage", "Which columns do the damage?", damage)


def bundled_tables() -> None:
    widgets.label("Bundled tables")
    places = [place for _ in range(2) for place in st.columns(3)]
    for place, entry in zip(places, tables.bundled_cards(), strict=False):
        name = entry["name"]
        chosen = name == session.dataset_name()
        with place, st.container(key="card_in_use" if chosen else f"card_{name}"):
            st.button(
                entry["title"], key=f"dataset_{name}", width="stretch", on_click=session.choose_dataset, args=(name,)
            )  # fmt: skip
            widgets.aside(("In use: " if chosen else "") + entry["line"])


def own_table() -> None:
    widgets.label("Your own table")
    if session.upload_is_missing():
        widgets.refusal("This link was made with a table of somebody's own. Load that file here to go on with it.")
    given = st.file_uploader(
        "CSV, Parquet or Excel", type=["csv", "tsv", "txt", "parquet", "xlsx"], key="file", on_change=take_file,
        help=told("One row for each person, a heading for each column. It stays in this session."),
    )  # fmt: skip
    if refused := st.session_state.get("file_refused"):
        widgets.refusal(refused)
    elif given is None and session.is_upload():
        widgets.aside(f"In use: {session.upload()['filename']}.")
    widgets.aside(
        "It stays in this session: it is in no shared cache, database, log or link, and ends with the session."
    )
    with st.expander("Use a saved schema", key="saved_schema"):
        st.file_uploader(
            "schema.toml", type=["toml"], key="schema_file", on_change=take_schema,
            help=told("What the columns mean, as it was saved here: roles, bounds, hierarchies.", "quasi-identifier"),
        )  # fmt: skip
        if refused := st.session_state.get("schema_refused"):
            widgets.refusal(refused)


def take_file() -> None:
    """Reads what was given; a file that cannot be used leaves everything as it was, with the reason."""
    given = st.session_state["file"]
    st.session_state["file_refused"] = tables.take_file(given.name, given.getvalue()) if given is not None else ""


def take_schema() -> None:
    given = st.session_state["schema_file"]
    st.session_state["schema_refused"] = tables.take_schema(given.getvalue()) if given is not None else ""


def risk_today() -> None:
    data, question = tables.dataset(), "How exposed are the people in this table today?"
    if not data.quasi_identifiers:
        widgets.heading(question, "No column is a quasi-identifier yet.")
        return
    report = tables.risk()
    widgets.heading(question, story.risk_sentence(report))
    widgets.facts(story.risk_facts(report))
    widgets.aside(widgets.INTERNAL)


def columns() -> None:
    widgets.heading("What does each column mean?", story.roles_sentence(tables.dataset().schema))
    confirm_identifiers()
    samples = st.toggle(
        "Show sample values", key="show_samples",
        help=told("The three most frequent values of each column.", "uniqueness"),
    )  # fmt: skip
    widgets.table(
        tables.column_list(samples), shares=("unique", "missing"), note="why",
        caption="Columns of the table: role, what it looks like, how well each tells people apart, what is missing",
    )  # fmt: skip
    widgets.aside(widgets.INTERNAL)


def confirm_identifiers() -> None:
    """Columns that look as if they named people, and a click that makes them identifiers."""
    found = tables.unconfirmed_identifiers()
    if not found:
        return
    listed = ", ".join(f"{name} ({finding.title})" for name, finding in found.items())
    widgets.notice(f"These columns look as if they named people and are not identifiers yet: {listed}.")
    st.button(
        "Make them identifiers", key="confirm_identifiers", on_click=tables.change_roles,
        args=(list(found), "identifier"),
    )  # fmt: skip
    widgets.aside("A suggestion, from patterns, checksums, names and headers. No release holds identifiers.")


def damage() -> None:
    """Each quasi-identifier's share in the risk, and the columns beside them that make people unique again."""
    data = tables.dataset()
    if not data.quasi_identifiers:
        widgets.aside("No column is a quasi-identifier yet.")
        return
    widgets.table(story.damage_table(tables.damage()), caption="What each quasi-identifier gives away")
    widgets.aside(f"{story.kept_sentence(tables.kept_columns())} {widgets.INTERNAL}")
    st.button(
        "Take all features as quasi-identifiers", key="all_known", on_click=tables.take_all_as_known,
        disabled=not data.schema.with_role("feature"),
    )  # fmt: skip


def edit_role() -> None:
    data = tables.dataset()
    widgets.label("Change a column")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox(
            "Column",
            list(data.schema.columns),
            key="role_column",
            help=told("Whose meaning is changed.", "quasi-identifier"),
        )
        role = widgets.choose(
            "Role",
            tables.ROLES,
            f"role_{tables.mark()}_{name}",
            told(story.ROLE_HELP, "quasi-identifier"),
            first=data.schema[name].role,
        )
        kind = widgets.choose(
            "Kind",
            tables.KINDS,
            f"kind_{tables.mark()}_{name}",
            told(story.KIND_HELP, "generalization"),
            first=data.schema[name].kind,
        )
    with st.container(horizontal=True):
        st.button("Apply", key="apply_role", type="primary", on_click=tables.change_role, args=(name, role, kind))
        st.button(
            "Forget all changes", key="undo_roles", on_click=session.forget_roles, disabled=not session.edited_schema()
        )
        st.download_button(
            "Save the schema", data=data.schema.to_toml(), file_name="schema.toml", mime="text/plain", on_click="ignore"
        )


frame.show(page)
