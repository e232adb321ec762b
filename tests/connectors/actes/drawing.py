"""Any values that a message may hold, drawn for laws."""

from datetime import date

from hypothesis import strategies as st

from connectors.actes.messages import values
from connectors.actes.messages.values import File
from connectors.actes.numbering import Body, file_name, identifier

# Without Â, Ã and Å: followed by another sign they are UTF-8 to whoever suspects a transcription.
LATIN = st.characters(
    min_codepoint=0x20,
    max_codepoint=0xFF,
    exclude_characters="ÂÃÅ" + "".join(map(chr, range(0x7F, 0xA0))),
)
TYPED = st.text(LATIN | st.sampled_from("’“”œŒ€–—…"), min_size=1, max_size=120)
SUBJECTS = TYPED.filter(lambda text: text.split())
DAYS = st.dates(date(2004, 1, 1), date(2099, 12, 31))
NUMBERS = st.from_regex(r"([A-Z0-9][A-Z0-9_]{0,13})?[A-Z0-9]", fullmatch=True)
NATURES = st.integers(1, 6)
MATTERS = st.lists(st.integers(1, 99), min_size=2, max_size=5).map(tuple)
TYPES = st.from_regex(r"[0-9]{2}_[A-Z]{2}", fullmatch=True)
BODIES = st.builds(
    Body,
    siren=st.from_regex(r"[0-9]{9}", fullmatch=True),
    department=st.sampled_from(["021", "02A", "02B", "075", "971"]),
    district=st.sampled_from("0123456789"),
    nature=st.sampled_from(["11", "21", "31", "41"]),
)
SIGNATURES = st.sampled_from(["", "MIIB4wYJKoZIhvcNAQcC"])


@st.composite
def identifiers(draw):
    return identifier(draw(BODIES), draw(DAYS), draw(NUMBERS), draw(NATURES))


@st.composite
def acts(draw):
    number, decided_on, nature = draw(NUMBERS), draw(DAYS), draw(NATURES)
    stem = identifier(draw(BODIES), decided_on, number, nature)
    ranks = range(1, 2 + draw(st.integers(0, 3)))
    files = [
        File(
            file_name(
                stem, "1-1", rank, draw(TYPES), draw(st.sampled_from(["a.pdf", "b.XML"]))
            ),
            draw(SIGNATURES),
        )
        for rank in ranks
    ]
    return values.Act(
        number=number, decided_on=decided_on, nature=nature, matter=draw(MATTERS),
        subject=" ".join(draw(SUBJECTS).split()), classified_on=draw(DAYS), document=files[0],
        annexes=tuple(files[1:]), on_paper=draw(st.sampled_from("ON")),
        replaces=draw(st.just("") | identifiers()),
    )  # fmt: skip


def files(most=1):
    return st.lists(
        st.builds(File, st.just("021-123456789-20260101-A-DE-3-4_1.pdf"), SIGNATURES),
        min_size=1, max_size=most,
    ).map(tuple)  # fmt: skip


def letters(code):
    return st.builds(
        values.Letter,
        code=st.just(code),
        act_id=identifiers(),
        letter_on=DAYS,
        files=st.just(()) if code in {"3-2", "4-2"} else files(3 if code == "3-4" else 1),
        text=TYPED if code in {"3-1", "4-1"} else st.just(""),
    )


@st.composite
def classifications(draw):
    codes = draw(st.lists(NATURES, min_size=1, max_size=6, unique=True))
    natures = tuple((code, "DE", draw(TYPED)) for code in codes)
    types = tuple(values.DocumentType(code, draw(TYPES), draw(TYPED)) for code in codes)
    tops = draw(st.lists(st.integers(1, 20), min_size=1, max_size=3, unique=True))
    matters = tuple(
        one
        for top in tops
        for one in [((top,), draw(TYPED)), ((top, 1), draw(TYPED)), ((top, 1, 2), "x")]
    )
    return values.Classification(draw(DAYS), natures, types, matters)


MESSAGES = st.one_of(
    acts(),
    st.builds(values.Acknowledged, identifiers(), DAYS, acts(), DAYS),
    st.builds(
        values.Anomaly,
        DAYS,
        st.from_regex(r"[0-9]{3}", fullmatch=True),
        TYPED,
        acts(),
        DAYS,
    ),
    *map(letters, ["2-1", "2-2", "3-1", "3-2", "3-3", "3-4", "4-1", "4-2", "4-3", "4-4"]),
    *(
        st.builds(values.AnswerReceived, st.just(code), identifiers(), DAYS, DAYS)
        for code in ("3-5", "4-5")
    ),
    st.builds(values.Referral, identifiers(), DAYS, TYPED, files(3)),
    st.builds(values.Cancellation, identifiers()),
    st.builds(values.CancellationReceived, identifiers(), DAYS),
    st.builds(values.ClassificationAsked, st.none() | DAYS),
    classifications(),
    st.builds(values.ClassificationUnchanged, DAYS),
)
