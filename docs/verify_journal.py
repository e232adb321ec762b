"""Verifies an export of the journal with Python alone: python verify_journal.py FILE

Nothing here comes from the office that made the file. Each line is one act, in JSON:

    chain, seq        the chain and the place in it, from 1
    at                when, in UTC, to the microsecond
    actor_id, on_behalf_of   who, and for whom; empty for the office itself
    action, detail    what, and what it says besides
    detail_digest     SHA-256 of the JSON of [salt, detail]; empty in old entries
    salt              empty with a detail_digest: the detail was erased by a rule of retention
    before, after     digests of the case's state
    simulated         made under a clock that was moved (demonstrations)
    previous          digest of the entry before it in its chain; empty for the first
    digest            SHA-256 of the JSON of [chain, seq, at, actor_id, on_behalf_of, action,
                      detail_digest (or detail), before, after, simulated, previous]

JSON has no space, sorted keys, UTF-8. The first line says what was asked, the last one bears
the SHA-256 of all the bytes before it.
"""

import hashlib
import json
import sys

FORMAT = "e-bourgogne-journal-1"


def digest(value):
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def wrong_with(entry):
    """What is wrong with one entry, by itself."""
    sealed = entry["detail_digest"]
    facts = [
        entry["chain"], entry["seq"], entry["at"], entry["actor_id"],
        entry["on_behalf_of"], entry["action"], sealed or entry["detail"],
        entry["before"], entry["after"], entry["simulated"], entry["previous"],
    ]  # fmt: skip
    if digest(facts) != entry["digest"]:
        return "was altered"
    if sealed and entry["salt"] and digest([entry["salt"], entry["detail"]]) != sealed:
        return "says something else than it did"
    if sealed and not entry["salt"] and entry["detail"] != {}:
        return "says something though its detail was erased"
    return ""


def faults(path):
    """Say in one sentence each thing that is wrong with the file."""
    total, known, closed = hashlib.sha256(), {}, False
    with open(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                value = json.loads(line)
                if number == 1:
                    if value["format"] != FORMAT:
                        raise ValueError
                elif "chain" not in value:
                    closed = value["sha256"] == total.hexdigest()
                    continue
                else:
                    place = value["chain"], value["seq"]
                    if wrong := wrong_with(value):
                        yield f"{place[0]}, entry {place[1]}: {wrong}"
                    known[place] = value["digest"], value["previous"]
            except (ValueError, KeyError, TypeError):
                yield f"line {number}: cannot be read"
                return
            total.update(line)
    if not closed:
        yield "the last line does not bear the digest of those before it"
    for (chain, seq), (_, previous) in known.items():
        before = known.get((chain, seq - 1))
        if (before and before[0] != previous) or (seq == 1 and previous):
            yield f"{chain}, entry {seq}: does not follow the one before it"


if __name__ == "__main__":
    found = list(faults(sys.argv[1]))
    print("\n".join(found) or "The file is whole.")
    sys.exit(1 if found else 0)
