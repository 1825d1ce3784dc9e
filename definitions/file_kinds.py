"""Kinds of files that people may send, and how their first bytes tell them from something else.

A kind is known by the ending of its name. What is not listed here is not taken: programs, scripts,
and pages (HTML, SVG) that a browser would run. Pure: asks nobody, opens nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from types import MappingProxyType

from definitions.listing import listed

#: So many bytes tell what a file is.
HEAD = 512

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_OLD_OFFICE = (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",)
#: How texts may begin that are not one byte per letter, and so may hold NULs.
_MARKS_OF_ORDER = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
#: No text begins so: a program, an archive, a PDF under another name.
_NO_TEXT = (b"MZ", b"\x7fELF", b"%PDF", *_ZIP, *_OLD_OFFICE)


@dataclass(frozen=True, slots=True)
class FileKind:
    """`begins`: what its content begins with, one of them, after `at` bytes; () is plain text.

    `symbol` is the name of an icon.
    """

    media_type: str
    symbol: str = "draft"
    begins: tuple[bytes, ...] = ()
    at: int = 0

    @property
    def is_text(self) -> bool:
        return not self.begins

    def fits(self, head: bytes) -> bool:
        """Whether a content that begins with `head` (HEAD bytes of it) can be of this kind."""
        if not self.is_text:
            return head[self.at :].startswith(self.begins)
        is_odd = head.startswith(_NO_TEXT) or (
            b"\x00" in head and not head.startswith(_MARKS_OF_ORDER)
        )
        return not is_odd


def _image(media_type: str, *begins: bytes, at: int = 0) -> FileKind:
    return FileKind(media_type, "image", begins, at)


def _office(name: str, symbol: str = "description") -> FileKind:
    return FileKind(f"application/vnd.openxmlformats-officedocument.{name}", symbol, _ZIP)


def _open_document(name: str, symbol: str = "description") -> FileKind:
    return FileKind(f"application/vnd.oasis.opendocument.{name}", symbol, _ZIP)


_JPEG = _image("image/jpeg", b"\xff\xd8\xff")
_TIFF = _image("image/tiff", b"II*\x00", b"MM\x00*")
_HEIC = _image("image/heic", b"ftyp", at=4)
_MPEG_SOUND = (b"ID3", b"\xff\xfb", b"\xff\xfa", b"\xff\xf3", b"\xff\xf2")

#: By ending, without the dot.
KINDS: Mapping[str, FileKind] = MappingProxyType(
    {
        "pdf": FileKind("application/pdf", "picture_as_pdf", (b"%PDF-",)),
        "png": _image("image/png", b"\x89PNG\r\n\x1a\n"),
        "jpg": _JPEG,
        "jpeg": _JPEG,
        "gif": _image("image/gif", b"GIF87a", b"GIF89a"),
        "webp": _image("image/webp", b"WEBP", at=8),
        "heic": _HEIC,
        "heif": _HEIC,
        "tif": _TIFF,
        "tiff": _TIFF,
        "bmp": _image("image/bmp", b"BM"),
        "txt": FileKind("text/plain", "article"),
        "log": FileKind("text/plain", "article"),
        "md": FileKind("text/markdown", "article"),
        "csv": FileKind("text/csv", "table"),
        "json": FileKind("application/json", "data_object"),
        "xml": FileKind("application/xml", "data_object"),
        "yaml": FileKind("application/yaml", "data_object"),
        "yml": FileKind("application/yaml", "data_object"),
        "ics": FileKind("text/calendar", "event"),
        "vcf": FileKind("text/vcard", "contact_page"),
        "eml": FileKind("message/rfc822", "mail"),
        "msg": FileKind("application/vnd.ms-outlook", "mail", _OLD_OFFICE),
        "rtf": FileKind("application/rtf", "description", (b"{\\rtf",)),
        "doc": FileKind("application/msword", "description", _OLD_OFFICE),
        "xls": FileKind("application/vnd.ms-excel", "table", _OLD_OFFICE),
        "ppt": FileKind("application/vnd.ms-powerpoint", "slideshow", _OLD_OFFICE),
        "docx": _office("wordprocessingml.document"),
        "xlsx": _office("spreadsheetml.sheet", "table"),
        "pptx": _office("presentationml.presentation", "slideshow"),
        "odt": _open_document("text"),
        "ods": _open_document("spreadsheet", "table"),
        "odp": _open_document("presentation", "slideshow"),
        "zip": FileKind("application/zip", "folder_zip", _ZIP),
        "dwg": FileKind("application/acad", "architecture", (b"AC10",)),
        "dxf": FileKind("application/dxf", "architecture"),
        "psd": FileKind("application/x-photoshop", "image", (b"8BPS",)),
        "mp3": FileKind("audio/mpeg", "audio_file", _MPEG_SOUND),
        "wav": FileKind("audio/wav", "audio_file", (b"WAVE",), at=8),
        "m4a": FileKind("audio/mp4", "audio_file", (b"ftyp",), at=4),
        "mp4": FileKind("video/mp4", "movie", (b"ftyp",), at=4),
        "mov": FileKind("video/quicktime", "movie", (b"ftyp", b"moov", b"wide", b"mdat"), at=4),
    }
)
#: One kind under several endings; people know the first.
_SAME = (("jpg", "jpeg"), ("tif", "tiff"), ("yaml", "yml"), ("heic", "heif"))


def ending_of(name: str) -> str:
    """The ending of a file's name, in lower case and without the dot; "" if it has none."""
    return PurePosixPath(name.replace("\\", "/")).suffix[1:].lower()


def symbol_of(media_type: str) -> str:
    """The icon of a kept file."""
    return next((kind.symbol for kind in KINDS.values() if kind.media_type == media_type), "draft")


# --- what a question accepts ----------------------------------------------------------------------


def endings_meant(accept: object) -> tuple[frozenset[str], list[str]]:
    """What an `accept` stands for, and those of its words that stand for nothing.

    It is written as in HTML: endings (`.pdf`), media types (`text/csv`), or groups of them
    (`image/*`), as one text with commas or as a list.
    """
    found: set[str] = set()
    unknown: list[str] = []
    for word in _words(accept):
        meant = {ending for ending, kind in KINDS.items() if _means(word, ending, kind)}
        found |= meant
        if not meant:
            unknown.append(word)
    for alike in _SAME:
        found |= set(alike) if found.intersection(alike) else set()
    return frozenset(found), unknown


def _words(accept: object) -> Iterator[str]:
    given = accept.split(",") if isinstance(accept, str) else accept
    for word in given if isinstance(given, list) else ():
        if isinstance(word, str) and word.strip():
            yield word.strip().lower()


def _means(word: str, ending: str, kind: FileKind) -> bool:
    if word in {"*", "*/*"}:
        return True
    if word.endswith("/*"):
        return kind.media_type.startswith(word[:-1])
    return word.removeprefix(".") == ending or word == kind.media_type


def in_words(endings: Iterable[str]) -> str:
    """Endings as people say them: "PDF, PNG or JPG"."""
    shown = sorted({_known_as(ending) for ending in endings})
    return listed([ending.upper() for ending in shown], "or")


def _known_as(ending: str) -> str:
    return next((alike[0] for alike in _SAME if ending in alike), ending)
