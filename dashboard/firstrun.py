"""The page of the first run, without the live display: there is no chair yet, no sound and no socket."""

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles

from dashboard.app import ASSETS, STYLES
from dashboard.text import Catalogue, preferred

TITLE = "Vigil, first run"
NO_SCRIPT = "Vigil shows nothing without JavaScript."


def _page(said: Catalogue) -> str:
    return f"""<!DOCTYPE html>
<html lang="{said.language}" translate="no">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="dark light">
    <title>{said(TITLE)}</title>
    <link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
    <link rel="preload" href="/assets/fonts/inter.woff2" as="font" type="font/woff2" crossorigin>
    {STYLES}
    {said.for_page()}
    <script src="/assets/js/theme.js"></script>
    <script type="module" src="/assets/js/firstrun.js"></script>
  </head>
  <body>
    <main id="vigil-first-run"></main>
    <noscript>{said(NO_SCRIPT)}</noscript>
  </body>
</html>"""


def mount_first_run(api: FastAPI) -> None:
    """Add the page to ``api``; every other address leads to it. It speaks as the browser asks: no clinic has said yet."""
    api.mount("/assets", StaticFiles(directory=ASSETS))

    @api.get("/first-run")
    async def page(request: Request) -> Response:
        said = preferred(request.headers.get("accept-language", ""))
        return HTMLResponse(_page(said), headers={"cache-control": "no-store"})

    @api.get("/{path:path}")
    async def elsewhere(path: str) -> Response:
        if path == "healthz" or path.startswith("api/"):
            return Response(status_code=404)
        return RedirectResponse("/first-run", 307)
