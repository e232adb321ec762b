"""What the accountant answers is understood batch by batch, and read with indulgence."""

import pytest

from connectors import Refused
from connectors.helios import reader
from tests.conftest import reference

SAMPLES = "parapheur/pes/samples"


def _acquit(elements):
    return (
        '<?xml version="1.0" encoding="ISO-8859-1"?>'
        '<n:PES_ACQUIT xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour/v2">'
        '<Enveloppe><Parametres><NomFic V="essai"/></Parametres></Enveloppe>'
        f"<ACQUIT>{elements}</ACQUIT></n:PES_ACQUIT>"
    ).encode("latin-1")


def _element(domain, state, rest=""):
    return f'<ElementACQUIT><DomaineAck V="{domain}"/><EtatAck V="{state}"/>{rest}</ElementACQUIT>'


def _batch(number, state, domain=5, rest=""):
    return _element(domain, state, f'<NumBord V="{number}"/><ExerciceBord V="2026"/>{rest}')


@pytest.mark.parametrize(
    ("name", "status", "batches", "documents", "said"),
    [
        ("PES_ACQUIT-ok-pastell", "acknowledged", [("expense", "1847", True)], 4, ""),
        ("006111_190130123456-ACK-A3020100_A0000IDL_KO", "refused", [("expense", "5", False)], 1,
         "Bordereau 5, pièce 21, ligne 2 : 2559 - Le code service"),
        ("006111_190130123456-ACK-A3020100_A0000SDP_KO", "refused", [("revenue", "258", False)], 3,
         "pièce 4321 : 2559"),
        ("006111_190130123456-ACK-A3020100_A0000SEN_KO", "partial", [("expense", "123", True)], 2,
         "Pièce TI00064567 : 1984 - L'identifiant unique de la PJ a déjà été intégré"),
    ],
)  # fmt: skip
def test_real_acknowledgements(name, status, batches, documents, said):
    found = reader.understand(reference(f"{SAMPLES}/{name}.xml").read_bytes())
    assert found["status"] == status
    assert [(b["domain"], b["number"], b["accepted"]) for b in found["batches"]] == batches
    assert len(found["documents"]) == documents
    assert said in " ".join(found["reasons"])
    assert found["header"]["name"]


@pytest.mark.parametrize(
    ("elements", "status"),
    [
        (_batch(1, 1) + _batch(2, 0), "partial"),
        (_batch(1, 1) + _batch(2, "true"), "acknowledged"),
        (_batch(1, 0) + _batch(2, 0), "refused"),
        (_batch(1, 1) + _batch(1, 0), "refused"),
        (_batch(1, 1) + _element(0, 0), "refused"),
        (_element(0, 0), "refused"),
        (_element(0, 1), "acknowledged"),
        (
            _element(4, 0, '<IdUnique V="a"/>') + _element(4, 1, '<IdUnique V="b"/>'),
            "partial",
        ),
        (_batch(1, 1) + _batch(1, 0, domain=3), "refused"),
        (_batch(1, 1) + _element(77, 1, "<Nouveau/>"), "acknowledged"),
        ("", "refused"),
    ],
)
def test_partial_acceptance(elements, status):
    assert reader.understand(_acquit(elements))["status"] == status


def test_a_batch_whose_signature_is_refused_is_one_batch():
    found = reader.understand(_acquit(_batch(1, 1) + _batch(1, 0, domain=3)))
    assert [(b["domain"], b["accepted"]) for b in found["batches"]] == [("expense", False)]
    assert found["reasons"]


def test_what_is_no_answer_is_refused():
    with pytest.raises(Refused, match="PES_ACQUIT"):
        reader.understand(b"<a/>")
    with pytest.raises(Refused, match="DTD"):
        reader.understand(b"<!DOCTYPE a><a/>")


def test_a_return_says_what_became_of_each_piece():
    content = b"""<n:PES_Retour xmlns:n="http://www.minefi.gouv.fr/cp/helios/pes_v2/Rev0/retour">
      <Enveloppe><Parametres><NomFic V="r1"/></Parametres></Enveloppe>
      <PES_DepenseRetour><Bordereau><BlocBordereau><Exer V="2026"/><IdBord V="12"/></BlocBordereau>
       <Piece><InfoPiece><IdPce V="1"/><EtatPce V="05"/><DtePcePec V="2026-11-25"/></InfoPiece>
        <LigneDePiece><BlocLignePiece><InfoLignePiece><MtHT V="10.50"/></InfoLignePiece></BlocLignePiece>
        <PaiementEmargement><DtePay V="2026-11-30"/><MtPay V="10.50"/></PaiementEmargement></LigneDePiece></Piece>
       <Piece><InfoPiece><IdPce V="2"/><EtatPce V="04"/><ObsEtat V="RIB"/></InfoPiece></Piece>
      </Bordereau></PES_DepenseRetour></n:PES_Retour>"""
    first, second = reader.understand(content)["pieces"]
    assert (first["state"], first["paid"], first["paid_on"]) == (
        "Soldée",
        "10.50",
        "2026-11-30",
    )
    assert (second["state"], second["remark"], second["paid"]) == ("Rejetée", "RIB", "0.00")
