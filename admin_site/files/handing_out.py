"""A kept file, handed to somebody who may read it: to be saved, never to be shown by the browser.

Whatever a file pretends to be, it opens no page of ours: it comes as an attachment, its type is not
guessed, and a policy of its own forbids it everything.
"""

from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag

from operations.files import open_content
from operations.models import FileUpload

#: Nothing runs and nothing is loaded, whatever shows it all the same.
POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"


def hand_out(request: HttpRequest, file: FileUpload | None) -> HttpResponseBase:
    """The content, or 304 for somebody who has it. None is the same 404 for a file of somebody else
    as for one that never was.
    """
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if file is None:
        raise Http404
    etag = quote_etag(file.sha256) if file.sha256 else None
    known = get_conditional_response(request, etag=etag)
    if isinstance(known, HttpResponse) and known.status_code == 304:
        return known
    if (content := open_content(file)) is None:
        raise Http404
    response = FileResponse(
        content, as_attachment=True, filename=file.name, content_type=file.file_type
    )
    response["Content-Security-Policy"] = POLICY
    response["X-Content-Type-Options"] = "nosniff"
    response["Accept-Ranges"] = "none"
    if etag:
        response["ETag"] = etag
    return response
