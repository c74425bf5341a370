"""Charts to files that need no network: interactive HTML, SVG and PNG."""

import functools
import html
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import altair as alt

from separatrix.errors import SeparatrixError
from separatrix.figures.theme import specification, titled

_LOOK = """:root{color-scheme:light dark}body{margin:0;padding:1rem;background:#fff}
.figure{overflow:auto hidden;max-width:100%}@media(prefers-color-scheme:dark){body{background:#14181d}}"""

_DRAW = """(function(){
const charts=JSON.parse(document.getElementById('charts').textContent);
const dark=matchMedia('(prefers-color-scheme: dark)');
function draw(){for(const id in charts){const c=charts[id];
vegaEmbed('#'+id,Object.assign({},c.spec,{config:dark.matches?c.dark:c.light}),{actions:{export:true,source:false,compiled:false,editor:false},renderer:'svg'});}}
draw();dark.addEventListener('change',draw);})();"""


def save(chart: alt.TopLevelMixin, path: Path | str, *, title: str = "", dark: bool = False) -> Path:
    """Write a chart to a file; the suffix says how.

    Args:
        chart: the chart.
        path: ends in ``.html`` (interactive, self-contained), ``.svg``, ``.png`` or ``.json`` (Vega-Lite).
        title: a sentence to put above it; empty when the chart carries its own.
        dark: for a dark background (SVG and PNG).

    Returns:
        The path.

    Raises:
        SeparatrixError: for another suffix, or when the disk refuses.
    """
    path = Path(path)
    if title:
        chart = titled(chart, title)
    writers = {".html": _html, ".svg": _svg, ".png": _png, ".json": _json}
    if path.suffix not in writers:
        raise SeparatrixError(f"A figure is saved as .html, .svg, .png or .json. Got {path.name!r} instead.")
    data = writers[path.suffix](chart, dark)
    try:
        path.write_bytes(data)
    except OSError as error:
        raise SeparatrixError(f"Cannot write the figure {str(path)!r}: {error.strerror}.") from error
    return path


def embedded_charts(charts: Mapping[str, alt.TopLevelMixin | dict[str, Any]]) -> str:
    """Script elements that draw charts into the page's elements of the same ids, with one copy of the Vega bundle.

    Args:
        charts: id of an element -> chart, or its Vega-Lite specification.

    Returns:
        HTML to be put at the end of the body; charts follow the reader's light or dark preference.
    """
    documents = {name: _both(chart) for name, chart in charts.items()}
    data = json.dumps(documents).replace("</", "<\\/")
    bundle = _bundle().replace("</script", "<\\/script")
    data = f"<script type='application/json' id='charts'>{data}</script>"
    return f"<script>{bundle}</script>\n{data}\n<script>{_DRAW}</script>"


def _both(chart: alt.TopLevelMixin | dict[str, Any]) -> dict[str, Any]:
    if isinstance(chart, dict):
        spec = dict(chart)
        own = spec.pop("config", {})
        from separatrix.figures.theme import config

        return {"spec": spec, "light": {**own, **config()}, "dark": {**own, **config(dark=True)}}
    light, dark = specification(chart), specification(chart, dark=True)
    return {"light": light.pop("config"), "dark": dark.pop("config"), "spec": light}


@functools.cache
def _bundle() -> str:
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed=vegaEmbed;")


def _html(chart: alt.TopLevelMixin, dark: bool) -> bytes:
    title = html.escape(_title_text(chart))
    page = (
        "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>{title}</title><style>{_LOOK}</style></head><body><div class='figure' id='figure'></div>\n"
        f"{embedded_charts({'figure': chart})}</body></html>\n"
    )
    return page.encode()


def _title_text(chart: alt.TopLevelMixin) -> str:
    title = specification(chart).get("title", "figure")
    text = title.get("text", "figure") if isinstance(title, dict) else title
    return " ".join(text) if isinstance(text, list) else str(text)


def _svg(chart: alt.TopLevelMixin, dark: bool) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_svg(specification(chart, dark=dark)).encode()


def _png(chart: alt.TopLevelMixin, dark: bool) -> bytes:
    import vl_convert

    return vl_convert.vegalite_to_png(specification(chart, dark=dark), scale=2)


def _json(chart: alt.TopLevelMixin, dark: bool) -> bytes:
    return (json.dumps(specification(chart, dark=dark), indent=1) + "\n").encode()
