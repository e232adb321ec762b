"""The receipt of a transmission, and a letter's archive, made when they are asked for."""

from collections.abc import Sequence

from fpdf import FPDF

from connectors.actes import archives
from connectors.actes.latin import latin
from engine import clock
from web.partners import partner
from web.transmission import words
from workflows.relay.models import Transmission, TransmissionFile


def receipt(row: Transmission, files: Sequence[TransmissionFile]) -> bytes:
    """What was sent, when, and what the State said of it."""
    sent = row.submitted_at.astimezone(clock.PARIS)
    lines = [
        f"Organisme : {row.organisation.name}",
        f"Identifiant : {row.unique_id or row.id}",
        f"Objet : {row.subject}",
        f"Déposé le {sent:%d/%m/%Y à %H:%M}",
        f"État : {words.status_of(row)}",
    ]
    if received_on := row.details.get("received_on"):
        lines.append(f"Reçu en préfecture le {'/'.join(reversed(received_on.split('-')))}")
    lines += ["", "Fichiers :"]
    lines += [f"{one.name} ({one.posted_name})" for one in files if one.rank]
    pdf = FPDF()
    pdf.set_title("Bordereau de transmission")
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 14)
    pdf.cell(text="Bordereau de transmission", new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=10)
    for line in lines:
        pdf.multi_cell(0, 7, latin(line, "bordereau") or " ", new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())


def archive(files: Sequence[TransmissionFile]) -> bytes:
    """The files of a letter in one tar.gz, its message first."""
    read = partner("storage").read
    return archives.pack({one.name: read(one.document.sha256) for one in files})
