"""White label: one brand colour in, readable colours out; one image in, a safe logo out.

The colours are checked against the surfaces of assets/css/tokens.css, both light and dark:
text in the brand's colour, and white on the brand's colour, have a contrast of 4.6 at least.
"""

import io
import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

from PIL import Image, UnidentifiedImageError

DEFAULT = "#1f4e79"
WHITE, BLACK = "#ffffff", "#000000"
CONTRAST = 4.6  # 4.5 in WCAG 1.4.3, and a little for rounding

# The lightest or darkest surface on which each theme writes in the brand's colour.
_SURFACES = {"light": "#eceff3", "dark": "#262c34"}

_LOGO_SIZE = (480, 160)
_LOGO_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_LOGO_BYTES = 2 * 1024 * 1024
_LOGO_PIXELS = 16_000_000


class LogoRefused(ValueError):
    """The file is not an image we can show; the message says why, in French."""


def colour(value: str | None) -> str:
    """A brand colour as `#rrggbb`, or the default one when absent or malformed."""
    value = (value or "").strip().lower()
    return value if re.fullmatch(r"#[0-9a-f]{6}", value) else DEFAULT


def contrast(one: str, other: str) -> float:
    """The WCAG contrast ratio of two colours, between 1 and 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@dataclass(frozen=True)
class Shade:
    """What a theme makes of a brand's colour: what fills buttons, and what is written.

    `own_contrast` is that of the colour itself with white, before anything was done to it.
    """

    surface: str
    fill: str
    text: str
    own_contrast: float

    @property
    def fill_contrast(self) -> float:
        """White written on a button."""
        return contrast(self.fill, WHITE)

    @property
    def text_contrast(self) -> float:
        """A link on the least favourable surface."""
        return contrast(self.text, self.surface)


@lru_cache(maxsize=512)
def shades(brand: str) -> dict[str, Shade]:
    """The colours that each theme, `light` and `dark`, derives from a brand's."""
    found = {}
    for theme, surface in _SURFACES.items():
        fill = _reach(brand, WHITE, BLACK)
        if theme == "dark":
            fill = _lightest(fill)
        text = _reach(brand, surface, _toward(theme))
        text = _reach(text, _tint(theme, surface, fill), _toward(theme))
        found[theme] = Shade(surface, fill, text, contrast(brand, WHITE))
    return found


@lru_cache(maxsize=512)
def css(brand: str) -> str:
    """The style sheet that gives both themes a brand's colour."""
    light = _rule("light", shades(brand)["light"], ":root", "")
    dark = _rule("dark", shades(brand)["dark"], "[data-bs-theme=dark]")
    auto = dark.replace("[data-bs-theme=dark]", "[data-bs-theme=auto]")
    return f"{light}\n{dark}\n@media (prefers-color-scheme:dark){{{auto}}}\n"


@lru_cache(maxsize=512)
def preview_css(brand: str) -> str:
    """The same colours, for `.ebg-preview` alone, each theme in its own."""
    rules = [
        _rule(theme, shade, f".ebg-preview[data-bs-theme={theme}]")
        for theme, shade in shades(brand).items()
    ]
    return "\n".join(rules) + "\n"


def fingerprint(content: bytes) -> str:
    """A short digest for an address that may be cached for ever."""
    return sha256(content).hexdigest()[:12]


def logo(upload: bytes) -> bytes:
    """The image as a PNG of 480 × 160 at most, drawn anew: nothing of the file remains.

    Raises LogoRefused for anything but a reasonable PNG, JPEG, WebP or GIF. SVG files are
    refused: they can hold scripts.
    """
    if len(upload) > _LOGO_BYTES:
        raise LogoRefused("Le logo dépasse 2 Mo.")
    try:
        with Image.open(io.BytesIO(upload), formats=_LOGO_FORMATS) as image:
            if image.width * image.height > _LOGO_PIXELS:
                raise LogoRefused("Le logo a trop de pixels (16 millions au plus).")
            drawn = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError):
        raise LogoRefused("Le logo doit être une image PNG, JPEG, WebP ou GIF.") from None
    drawn.thumbnail(_LOGO_SIZE)
    kept = io.BytesIO()
    drawn.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def _toward(theme: str) -> str:
    """Which way a colour goes to be read better."""
    return BLACK if theme == "light" else WHITE


def _tint(theme: str, surface: str, fill: str) -> str:
    return _mix(surface, fill, 0.10 if theme == "light" else 0.22)


def _rule(theme: str, shade: Shade, scope: str, inside: str | None = None) -> str:
    """The rules of one theme under a selector; `inside` is that of the pieces it holds."""
    fill, text, tint = shade.fill, shade.text, _tint(theme, shade.surface, shade.fill)
    hover = _mix(fill, BLACK, 0.18)
    text_hover = _mix(text, _toward(theme), 0.25)
    inside = f"{scope} " if inside is None else inside
    return (
        f"{scope}{{--ebg-brand:{fill};--ebg-brand-text:{text};--ebg-brand-tint:{tint};"
        f"--bs-primary:{fill};--bs-primary-rgb:{_rgb(fill)};"
        f"--bs-link-color:{text};--bs-link-color-rgb:{_rgb(text)};"
        f"--bs-link-hover-color:{text_hover};--bs-link-hover-color-rgb:{_rgb(text_hover)}}}"
        f"{inside}.btn-primary{{--bs-btn-color:#fff;--bs-btn-hover-color:#fff;"
        f"--bs-btn-active-color:#fff;--bs-btn-disabled-color:#fff;"
        f"--bs-btn-bg:{fill};--bs-btn-border-color:{fill};"
        f"--bs-btn-hover-bg:{hover};--bs-btn-hover-border-color:{hover};"
        f"--bs-btn-active-bg:{hover};--bs-btn-active-border-color:{hover};"
        f"--bs-btn-disabled-bg:{fill};--bs-btn-disabled-border-color:{fill}}}"
        f"{inside}.form-check-input:checked{{background-color:{fill};border-color:{fill}}}"
        f"{inside}.pagination{{--bs-pagination-active-bg:{fill};"
        f"--bs-pagination-active-border-color:{fill};--bs-pagination-color:{text}}}"
    )


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(int(colour[i : i + 2], 16) / 255) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    if channel <= 0.04045:  # noqa: PLR2004  sRGB's own constant
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)


def _mix(one: str, other: str, share: float) -> str:
    channels = (
        round(int(one[i : i + 2], 16) * (1 - share) + int(other[i : i + 2], 16) * share)
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _reach(colour: str, surface: str, toward: str) -> str:
    """The colour nearest to `colour` that can be read on `surface`."""
    steps = (_mix(colour, toward, step / 50) for step in range(51))
    return next((c for c in steps if contrast(c, surface) >= CONTRAST), toward)


def _lightest(fill: str) -> str:
    """The lightest tint of a fill on which white can be read, to stand out in the dark."""
    tints = (_mix(fill, WHITE, step / 50) for step in range(51))
    return [tint for tint in tints if contrast(tint, WHITE) >= CONTRAST][-1]


def _rgb(colour: str) -> str:
    return ",".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
