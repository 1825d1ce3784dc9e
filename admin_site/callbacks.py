"""Where other systems send the answers that come later. No session, no page: JSON to a program.

Only POST acts, because previews of links and impatient people open addresses with GET.
"""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from operations.actions import LARGEST_CALLBACK, CallbackRefused, receive_callback


@csrf_exempt
@never_cache
@require_POST
def callback(request: HttpRequest, token: str) -> JsonResponse:
    """200 {"status": "received"}, also when the same comes again; else {"error": …}."""
    try:
        receive_callback(token, _body(request), _headers(request))
    except CallbackRefused as refused:
        return JsonResponse({"error": refused.message}, status=refused.status)
    return JsonResponse({"status": "received"})


def _body(request: HttpRequest) -> bytes:
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST_CALLBACK:
        raise CallbackRefused(413, f"At most {LARGEST_CALLBACK // 1024} kB.")
    return request.body


def _headers(request: HttpRequest) -> dict[str, str]:
    return {name.lower(): value for name, value in request.headers.items()}
