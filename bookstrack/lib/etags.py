"""Entity tags in requests."""


def names_tag(given: str | None, etag: str) -> bool:
    """Whether If-None-Match names the tag. Source: RFC 9110, 13.1.2: the comparison is the weak one."""
    if given is None:
        return False
    opaque = etag.removeprefix("W/")
    return given.strip() == "*" or opaque in [one.strip().removeprefix("W/") for one in given.split(",")]
