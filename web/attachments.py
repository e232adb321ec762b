"""How a file is named to a browser that receives it."""

from urllib.parse import quote

from forms.uploads import clean_name


def disposition(name: str, *, inline: bool) -> str:
    """The Content-Disposition of a file, whatever its name holds (RFC 6266, RFC 8187).

    A header is ASCII: servers fail on anything else, and partners name files as they like.
    """
    kind = "inline" if inline else "attachment"
    return f"{kind}; filename*=UTF-8''{quote(clean_name(name), safe='')}"
