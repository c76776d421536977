"""What the API reads: JSON, which is UTF-8 whatever the client calls it."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.parsers import JSONParser


class Utf8JSONParser(JSONParser):
    """DRF decodes by the charset the client names, and Python knows some that unpack a bomb: zlib, bz2."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        return super().parse(stream, media_type, {**(parser_context or {}), "encoding": "utf-8"})
