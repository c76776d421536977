"""What the import of measurements reads: a file as it is."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import BaseParser

from outcomes.measurement_file import MOST_BYTES

KEPT = "surrogateescape"  # whoever reads the file says what is wrong with its bytes


class CsvParser(BaseParser):
    """The file as text, so that it can be told from another one under the same key."""

    media_type = "text/csv"

    def parse(  # type: ignore[override]
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> str:
        return stream.read(MOST_BYTES + 1).decode("utf-8", KEPT)


def bytes_of(sent: Any) -> bytes:
    """What was sent; an empty body was not parsed at all."""
    return sent.encode("utf-8", KEPT) if isinstance(sent, str) else b""
