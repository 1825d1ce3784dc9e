"""Who asks."""

from django.http import HttpRequest

from tenants.models import User


def person_of(request: HttpRequest) -> User:
    """The person of a request that a site has let in."""
    user = request.user
    if not isinstance(user, User):
        raise TypeError("A site lets nobody in who is not signed in.")
    return user
