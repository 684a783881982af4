"""What tests of scans share: photos with barcodes drawn on them."""

import io
from typing import Any

from PIL import Image

from tests.scanning.photos.barcodes import barcode, laid, paper


def photo(*codes: str, seed: int = 1, size: tuple[int, int] = (900, 700), kind: str = "JPEG", **save: Any) -> bytes:
    """Cards with a barcode each, on a table."""
    ground = paper(*size, seed=seed)
    for number, code in enumerate(codes):
        laid(ground, barcode(code, module_px=3), 230 + 430 * (number % 2), 160 + 260 * (number // 2))
    out = io.BytesIO()
    Image.fromarray(ground).save(out, kind, **save)
    return out.getvalue()
