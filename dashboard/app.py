"""Adds the pages to the server: Dash on its FastAPI backend, in the same process, on the same port.

Everything a page needs is served from here: no script, style or typeface comes from a network.
"""

import re
from pathlib import Path

from dash import Dash
from fastapi import FastAPI

from dashboard import callbacks, layout
from dashboard.text import ENGLISH, Catalogue

ASSETS = Path(__file__).with_name("assets")

# Named here, not left to Dash, which knows its assets only once "/" was asked for: a page opened by its own address had no style.
STYLES = "\n    ".join(
    f'<link rel="stylesheet" href="/assets/css/{style.name}">' for style in sorted(ASSETS.glob("css/*.css"))
)

_INDEX = """<!DOCTYPE html>
<html lang="__LANGUAGE__" translate="no">
  <head>
    {%metas%}
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="dark light">
    <title>{%title%}</title>
    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
    <link rel="preload" href="/assets/fonts/inter.woff2" as="font" type="font/woff2" crossorigin>
    __STYLES__
    {%css%}
    __PHRASES__
    <script src="/assets/js/theme.js"></script>
    <script type="module" src="/assets/js/main.js"></script>
  </head>
  <body>
    {%app_entry%}
    <noscript>__NO_SCRIPT__</noscript>
    <footer>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>"""


NO_SCRIPT = "Vigil shows nothing without JavaScript. Look at the bedside monitor."


def _index(catalogue: Catalogue) -> str:
    told = {
        "__LANGUAGE__": catalogue.language,
        "__STYLES__": STYLES,
        "__PHRASES__": catalogue.for_page(),
        "__NO_SCRIPT__": catalogue(NO_SCRIPT),
    }
    return re.sub("|".join(told), lambda found: told[found[0]], _INDEX)


def mount(api: FastAPI, catalogue: Catalogue = ENGLISH) -> None:
    """Add the pages to ``api``. Its own routes must stand before: Dash answers every other path with its page."""
    app = Dash(
        "vigil",
        server=api,  # type: ignore[arg-type]  # Dash's annotation knows its Flask servers alone
        assets_folder=str(ASSETS),
        assets_ignore=r".*\.(js|css)",
        index_string=_index(catalogue),
        title="Vigil",
        update_title="",
        suppress_callback_exceptions=True,
        add_log_handler=False,
        use_pages=False,
        compress=False,
    )
    app.backend.websocket_capability = False  # Dash's own socket: a line more to every browser, for nothing
    app.layout = layout.shell
    callbacks.register(app)
    if allow_scripts := getattr(api.state, "allow_scripts", None):
        allow_scripts(app.csp_hashes())  # Dash begins with an inline script, which the server's policy would not run
