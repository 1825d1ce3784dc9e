"""The picture of a version as a file: SVG for light or dark paper, or the words alone."""

from django.http import Http404, HttpRequest, HttpResponse

from admin_site.history import Names
from definitions.graphs import graph_for
from definitions.models import WorkflowDefinition
from definitions.pictures import DARK, LIGHT, in_words, outline, place, svg_file, text_file

AS = "as"
TEXT = "text"
SVG_TYPE, TEXT_TYPE = "image/svg+xml", "text/plain; charset=utf-8"


def picture_file(request: HttpRequest, version: WorkflowDefinition) -> HttpResponse:
    """`?as=light`, `?as=dark` or `?as=text`; where nothing can be drawn, the words alone."""
    graph, wanted = graph_for(version.pk).graph, request.GET.get(AS, LIGHT)
    if wanted not in (LIGHT, DARK, TEXT) or request.method not in ("GET", "HEAD"):
        raise Http404
    title = f"{version.title} v{version.version}"
    drawn = outline(graph, Names(graph).paths)
    if wanted == TEXT:
        return _file(text_file(title, in_words(drawn)), TEXT_TYPE, version, "txt")
    places = place(drawn) if graph.tasks else None
    if places is None:
        raise Http404
    return _file(svg_file(drawn, places, title=title, theme=wanted), SVG_TYPE, version, "svg")


def _file(text: str, kind: str, version: WorkflowDefinition, ending: str) -> HttpResponse:
    """Never shown by the browser as a page of ours: always saved."""
    answer = HttpResponse(text, content_type=kind)
    name = "".join(sign if sign.isalnum() and sign.isascii() else "-" for sign in version.key)
    answer["Content-Disposition"] = f'attachment; filename="{name}-v{version.version}.{ending}"'
    return answer
