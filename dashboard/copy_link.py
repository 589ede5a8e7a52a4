"""A button that copies the page's address, which carries the whole scenario."""

from __future__ import annotations

from typing import Any

import streamlit as st

HTML = '<button type="button" class="copy"><span aria-live="polite">Copy link</span></button>'
CSS = """
.copy { all: unset; cursor: pointer; font: inherit; color: var(--st-text-color); font-family: var(--st-font);
  font-size: 0.94rem; line-height: 1.6; opacity: 0.85; white-space: nowrap; }
.copy:hover { color: var(--st-primary-color); opacity: 1; }
.copy:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 3px; border-radius: 2px; }
"""
JS = """
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button")
  const text = button.querySelector("span")
  async function copy() {
    const address = window.location.href
    try {
      await navigator.clipboard.writeText(address)
    } catch {
      const field = document.createElement("textarea")
      field.value = address
      document.body.appendChild(field)
      field.select()
      document.execCommand("copy")
      field.remove()
    }
    text.textContent = "Copied"
    setTimeout(() => { text.textContent = "Copy link" }, 1600)
  }
  button.addEventListener("click", copy)
  return () => button.removeEventListener("click", copy)
}
"""

_component: Any = st.components.v2.component("ppml_copy_link", html=HTML, css=CSS, js=JS)


def copy_link() -> None:
    """Shows the button."""
    _component(key="copy_link", width="content", height="content")
