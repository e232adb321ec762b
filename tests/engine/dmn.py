"""DMN files written in a few lines, for the tests of decisions."""

from textwrap import dedent

SPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def dmn(*parts):
    return (
        f'<definitions xmlns="{SPACE}" name="essai">{"".join(parts)}</definitions>'.encode()
    )


def escaped(text):
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def table(
    rules,
    inputs=("montant",),
    outputs=("resultat",),
    *,
    key="essai",
    name="Table d'essai",
    policy="UNIQUE",
    extra="",
    values=(),
    default=None,
    types=(),
    annotations=(),
    requires=(),
):
    """A decision whose rules are lines "condition | … => result | …  # annotation | …"."""

    def cell(kind, text):
        return f"<{kind}><text>{escaped(text.strip())}</text></{kind}>"

    def rule(number, line):
        line, *notes = line.split(" # ")
        conditions, results = line.split("=>")
        body = "".join(cell("inputEntry", one) for one in conditions.split("|"))
        body += "".join(cell("outputEntry", one) for one in results.split("|"))
        body += "".join(
            cell("annotationEntry", one) for one in "".join(notes).split("|") if one
        )
        return f'<rule id="r{number}">{body}</rule>'

    kinds = dict(zip(inputs, types, strict=False))
    columns = "".join(
        f'<input label="{escaped(one)}"><inputExpression typeRef="{kinds.get(one, "Any")}">'
        f"<text>{escaped(one)}</text></inputExpression></input>"
        for one in inputs
    )
    allowed = cell("outputValues", ",".join(values)) if values else ""
    other = cell("defaultOutputEntry", default) if default else ""
    columns += "".join(
        f'<output name="{one}" label="{one}">{allowed}{other}</output>' for one in outputs
    )
    columns += "".join(f'<annotation name="{one}"/>' for one in annotations)
    lines = [line for line in dedent(rules).strip().splitlines() if line.strip()]
    body = "".join(rule(number, line) for number, line in enumerate(lines, 1))
    links = "".join(
        f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>'
        for one in requires
    )
    return (
        f'<decision id="{key}" name="{name}">{links}'
        f'<decisionTable hitPolicy="{policy}" {extra}>{columns}{body}</decisionTable></decision>'
    )


def literal(key, text, requires=(), name=None):
    links = "".join(
        f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>'
        for one in requires
    )
    return (
        f'<decision id="{key}" name="{name or key}">{links}<literalExpression>'
        f"<text>{escaped(text)}</text></literalExpression></decision>"
    )
