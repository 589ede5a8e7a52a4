"""Data & roles: which table, what its columns mean, and how exposed the people in it are today."""

from __future__ import annotations

import streamlit as st

from dashboard import frame, session, tables, widgets
from ppml_core.charts import story


def page() -> None:
    left, right = st.columns([1, 2.1], gap="large")
    with right:
        columns()
    with left:
        choose_table()


def choose_table() -> None:
    widgets.label("Bundled tables")
    for entry in tables.bundled_cards():
        name = entry["name"]
        chosen = name == session.dataset_name()
        with st.container(key=f"card_{name}"):
            st.button(
                entry["title"], key=f"dataset_{name}", type="primary" if chosen else "secondary", width="stretch",
                on_click=session.choose_dataset, args=(name,),
            )  # fmt: skip
            widgets.aside(entry["line"])
    widgets.label("Your own table")
    if session.upload_is_missing():
        widgets.refusal("This link was made with a table of somebody's own. Load that file here to go on with it.")
    given = st.file_uploader(
        "CSV, Parquet or Excel", type=["csv", "tsv", "txt", "parquet", "xlsx"], key="file", on_change=take_file
    )
    if refused := st.session_state.get("file_refused"):
        widgets.refusal(refused)
    elif given is None and session.is_upload():
        widgets.aside(f"In use: {session.upload()['filename']}.")
    with st.expander("Use a saved schema", key="saved_schema"):
        st.file_uploader("schema.toml", type=["toml"], key="schema_file", on_change=take_schema)
        if refused := st.session_state.get("schema_refused"):
            widgets.refusal(refused)
    widgets.aside(
        "It stays in this session: it is in no shared cache, database, log or link, and ends with the session."
    )


def take_file() -> None:
    """Reads what was given; a file that cannot be used leaves everything as it was, with the reason."""
    given = st.session_state["file"]
    st.session_state["file_refused"] = tables.take_file(given.name, given.getvalue()) if given is not None else ""


def take_schema() -> None:
    given = st.session_state["schema_file"]
    st.session_state["schema_refused"] = tables.take_schema(given.getvalue()) if given is not None else ""


def columns() -> None:
    data = tables.dataset()
    if data.quasi_identifiers:
        report = tables.risk()
        widgets.heading("How exposed are the people in this table today?", story.risk_sentence(report))
        widgets.facts(story.risk_facts(report))
    else:
        widgets.heading("How exposed are the people in this table today?", "No column is a quasi-identifier yet.")
    widgets.heading("What does each column mean?", story.roles_sentence(data.schema))
    widgets.table(
        tables.column_list(), shares=("unique", "missing"), caption="Columns of the table, their roles and evidence"
    )
    edit_role()


def edit_role() -> None:
    data = tables.dataset()
    widgets.label("Change a column")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.selectbox("Column", list(data.schema.columns), key="role_column")
        role = widgets.choose(
            "Role", tables.ROLES, f"role_{tables.mark()}_{name}", help=story.ROLE_HELP, first=data.schema[name].role
        )
        kind = widgets.choose(
            "Kind", tables.KINDS, f"kind_{tables.mark()}_{name}", help=story.KIND_HELP, first=data.schema[name].kind
        )
    with st.container(horizontal=True):
        st.button("Apply", key="apply_role", type="primary", on_click=tables.change_role, args=(name, role, kind))
        st.button(
            "Undo all changes", key="undo_roles", on_click=session.forget_roles, disabled=not session.edited_schema()
        )
        st.download_button(
            "Save the schema", data=data.schema.to_toml(), file_name="schema.toml", mime="text/plain", on_click="ignore"
        )


frame.show(page)
