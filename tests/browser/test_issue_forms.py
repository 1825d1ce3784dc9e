"""Forms that real projects use: each uploaded as a file, published, and opened by who would ask."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.arranged import a_company
from tests.browser.served import Served
from tests.browser.visitor import DESK, PHONE, Visitor
from tests.builders import PASSWORD, a_document

pytestmark = pytest.mark.browser
Opens = Callable[..., Visitor]


@pytest.mark.parametrize(
    ("width", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk", "phone"]
)
def test_every_real_form_is_uploaded_published_and_opened(
    opens: Opens, site: Served, real_inputs: Path, width, scheme
):
    folder = real_inputs / "issue_forms"
    forms = json.loads((folder / "inventory.json").read_text())
    host = a_company(site, f"Birch-{width}", a_document("ask"))
    flo = opens(width=width, scheme=scheme)
    ann = opens(width=width, scheme=scheme)
    flo.signs_in(f"flo@{host}", PASSWORD)
    ann.signs_in(f"ann@{host}", PASSWORD)

    # On the phone a few of them: what differs there is the page, not the form.
    for name, form in list(forms.items())[:: 1 if width == DESK else 4]:
        flo.goes_to("/design/upload/")
        flo.page.get_by_label("Choose a file").set_input_files(folder / name)
        flo.presses("Look at it")
        flo.sees("Look before you import", name)
        flo.presses("Import and publish")
        flo.sees("imported and published")
        ann.goes_to("/portal/")
        ann.follows(form["name"])
        ann.sees(form["name"], "Send request")

    assert len(forms) == 11
