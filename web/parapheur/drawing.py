"""A small program that reads one PDF on its input and draws it: it has nothing else to lose.

    python -I drawing.py '{"draw": 3, "width": 1100}' < some.pdf > page.png
    python -I drawing.py '{"read": 300}' < some.pdf > said.json

It binds itself before it looks at a byte: no file written, none more opened, no process
started, a bounded memory and processor time. Exit 3 says that the PDF cannot be read (the
reason is on the error output: `encrypted` or `broken`); any other failure, that it died of it.
"""

import json
import resource
import sys
import time

MEMORY = 1536 * 1024 * 1024
SECONDS = 20
MOST_PIXELS = 12_000_000
MOST_TEXT = 20_000
"""Characters kept of one page."""
READING_SECONDS = 8
UNREADABLE = 3


def bind() -> None:
    """Give up everything that drawing does not ask for."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 32),
    ):
        _soft, hard = resource.getrlimit(what)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (least, least))


def main() -> None:
    """Do what the one argument asks with the PDF on the input."""
    bind()
    import pypdfium2 as pdfium

    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))  # its libraries are loaded
    asked = json.loads(sys.argv[1])
    content = sys.stdin.buffer.read()
    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as failure:
        _unreadable("encrypted" if "assword" in str(failure) else "broken")
    if "draw" in asked:
        _draw(document, asked["draw"], asked["width"])
    else:
        _read(document, asked["read"])


def _unreadable(why: str) -> None:
    sys.stderr.write(why)
    sys.exit(UNREADABLE)


def _draw(document: object, number: int, width: int) -> None:
    """One page as a PNG of this width, less when it would be too high."""
    page = document[number - 1]  # type: ignore[index]
    wide, high = (max(side, 1) for side in page.get_size())
    scale = min(width / wide, (MOST_PIXELS / (wide * high)) ** 0.5)
    document.init_forms()  # type: ignore[attr-defined]  # what was typed in its fields
    picture = page.render(scale=scale).to_pil().convert("RGB")
    red, green, blue = picture.split()
    grey = red.tobytes() == green.tobytes() == blue.tobytes()
    (red if grey else picture).save(sys.stdout.buffer, "PNG", compress_level=4)


def _read(document: object, most: int) -> None:
    """How many pages, the size of the first ones in points, and their text as time allows."""
    count = len(document)  # type: ignore[arg-type]
    until = time.process_time() + READING_SECONDS
    sizes, texts = [], []
    for number in range(min(count, most)):
        try:
            page = document[number]  # type: ignore[index]
            sizes.append([round(side, 1) for side in page.get_size()])
            hurried = time.process_time() > until
            texts.append("" if hurried else _text(page))
            page.close()
        except Exception:  # one page that cannot be read does not hide the others
            sizes.append([595.3, 841.9])
            texts.append("")
    json.dump({"count": count, "sizes": sizes, "texts": texts}, sys.stdout)


def _text(page: object) -> str:
    text: str = page.get_textpage().get_text_bounded()  # type: ignore[attr-defined]
    kept = (c for c in text[:MOST_TEXT].replace("\r", "") if c.isprintable() or c == "\n")
    return "".join(kept).strip()


if __name__ == "__main__":
    main()
