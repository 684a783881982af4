"""What kind of picture a file is, by its first bytes and never by its name. Pure: no picture library is needed to say no.

Source: spec 02, UNSUPPORTED_MEDIA_TYPE; ISO/IEC 23008-12 (HEIF), 10: brands.
"""

WANTED_BYTES = 64  # of the head of a file, to tell its kind
HEIC_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc"))  # pictures coded in HEVC
FRAME_BRANDS = frozenset((b"mif1", b"msf1"))  # say only that it is HEIF: the other brands say how it is coded
AV1_BRANDS = frozenset((b"avif", b"avis"))
OTHERS = (
    (b"GIF8", "a GIF"),
    (b"%PDF", "a PDF"),
    (b"II*\x00", "a TIFF or a camera's raw file"),
    (b"MM\x00*", "a TIFF or a camera's raw file"),
    (b"BM", "a BMP"),
    (b"PK\x03\x04", "an archive or an office document"),
    (b"<", "a web page, SVG or XML"),
    (b"\xef\xbb\xbf<", "a web page, SVG or XML"),
    (b"{", "text"),
)


class Unreadable(Exception):
    """The picture cannot be taken; `code` is the client's (INVALID_FILE, UNSUPPORTED_MEDIA_TYPE), the message says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def kind_of(head: bytes) -> str | None:
    """jpeg, png, webp, heic; None for anything else. `head`: at least WANTED_BYTES of the file, or all of it."""
    if head.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "webp"
    return "heic" if head[4:8] == b"ftyp" and _is_heic(head) else None


def refusal(head: bytes) -> Unreadable:
    """Why a file without a kind is not taken, in words."""
    if not head:
        return Unreadable("INVALID_FILE", "The file is empty. Choose the photo once more.")
    start = head.lstrip(b" \t\r\n")
    what = next((name for magic, name in OTHERS if start.startswith(magic)), None)
    if head[4:8] == b"ftyp":
        what = "an AVIF" if AV1_BRANDS & _brands(head) else "a video"
    told = f"This is {what}, not a photo." if what else "This is no photo that can be read here."
    return Unreadable("UNSUPPORTED_MEDIA_TYPE", f"{told} Send a JPEG, PNG, WebP or HEIC.")


def cover_kind_of(head: bytes) -> str | None:
    """jpeg, png, webp, gif: what a provider's cover may be; None for anything else. `head` as in `kind_of`."""
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "gif"
    kind = kind_of(head)
    return None if kind == "heic" else kind


def cover_refusal(head: bytes) -> Unreadable:
    """Why a file that is no cover is not taken, in words."""
    if not head:
        return Unreadable("INVALID_FILE", "The file is empty.")
    start = head.lstrip(b" \t\r\n")
    what = next((name for magic, name in OTHERS if start.startswith(magic)), None)
    return Unreadable("UNSUPPORTED_MEDIA_TYPE", f"This is {what}, no picture that is taken here." if what else "This is no picture.")


def _is_heic(head: bytes) -> bool:
    major, brands = head[8:12], _brands(head)
    return major in HEIC_BRANDS or (major in FRAME_BRANDS and not (brands & AV1_BRANDS and not brands & HEIC_BRANDS))


def _brands(head: bytes) -> frozenset[bytes]:
    """The brands that the first box names, as far as the head goes."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    return frozenset((head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))))
