"""The ministry's answers in the sandbox, made from templates modelled on real ones."""

from collections.abc import Mapping
from copy import deepcopy
from string import Template
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from fpdf import FPDF
from lxml import etree

_NS = "http://www.interieur.gouv.fr/ACTES#v1.1-20040216"
_ROOT = (
    f'xmlns:actes="{_NS}" xmlns:insee="http://xml.insee.fr/schema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    f' xsi:schemaLocation="{_NS} actesv1_1.xsd"'
)
_TEMPLATES = {
    "1-2": """<actes:ARActe $root actes:DateReception=$today actes:IDActe=$act_id>
  <actes:ActeRecu/>
  <actes:ClassificationDateVersionEnCours>$classified</actes:ClassificationDateVersionEnCours>
</actes:ARActe>""",
    "1-3": """<actes:AnomalieActe $root>
  <actes:Date>$day</actes:Date>
  <actes:Nature>$nature</actes:Nature>
  <actes:Detail>$detail</actes:Detail>
  <actes:ActeRecu/>
  <actes:ClassificationDateVersionEnCours>$classified</actes:ClassificationDateVersionEnCours>
</actes:AnomalieActe>""",
    "2-1": """<actes:CourrierSimple $root actes:DateCourrierPref=$today actes:IDActe=$act_id>
  <actes:Document>
    <actes:NomFichier>$file</actes:NomFichier>
  </actes:Document>
</actes:CourrierSimple>""",
    "3-1": """<actes:DemandePieceComplementaire $root actes:DateCourrierPref=$today actes:IDActe=$act_id>
  <actes:DescriptionPieces>$detail</actes:DescriptionPieces>
  <actes:Document>
    <actes:NomFichier>$file</actes:NomFichier>
  </actes:Document>
</actes:DemandePieceComplementaire>""",
    "3-5": """<actes:ARPieceComplementaire $root actes:DateReception=$today>
  <actes:InfosCourrierPref actes:DateCourrierPref=$letter_on actes:IDActe=$act_id/>
</actes:ARPieceComplementaire>""",
    "4-1": """<actes:LettreObservations $root actes:DateCourrierPref=$today actes:IDActe=$act_id>
  <actes:Motif>$detail</actes:Motif>
  <actes:Document>
    <actes:NomFichier>$file</actes:NomFichier>
  </actes:Document>
</actes:LettreObservations>""",
    "4-5": """<actes:ARReponseRejetLettreObservations $root actes:DateReception=$today>
  <actes:InfosCourrierPref actes:DateCourrierPref=$letter_on actes:IDActe=$act_id/>
</actes:ARReponseRejetLettreObservations>""",
    "5-1": """<actes:DefereTA $root actes:IDActe=$act_id>
  <actes:DateDepot>$day</actes:DateDepot>
  <actes:NatureIllegalite>$detail</actes:NatureIllegalite>
  <actes:PiecesJointes>
    <actes:PieceJointe>
      <actes:NomFichier>$file</actes:NomFichier>
    </actes:PieceJointe>
  </actes:PiecesJointes>
</actes:DefereTA>""",
    "6-2": """<actes:ARAnnulation $root actes:DateReception=$today actes:IDActe=$act_id/>""",
    "7-3": """<actes:ReponseClassificationSansChangement $root>
  <actes:DateClassification>$classified</actes:DateClassification>
</actes:ReponseClassificationSansChangement>""",
    "envelope": """<actes:EnveloppeMISILLCL $root>
  <actes:Emetteur>
    <actes:IDSousPref actes:Departement=$department actes:Arrondissement=$district/>
    <actes:Referent>
      <actes:Nom>Préfecture d’essai</actes:Nom>
      <actes:Telephone>0300000000</actes:Telephone>
      <actes:Email>prefecture@essai.test</actes:Email>
    </actes:Referent>
  </actes:Emetteur>
  <actes:FormulairesEnvoyes>
    <actes:Formulaire>
      <actes:NomFichier>$message</actes:NomFichier>
    </actes:Formulaire>
  </actes:FormulairesEnvoyes>
  <actes:Destinataire insee:SIREN=$siren/>
</actes:EnveloppeMISILLCL>""",
    "anomaly": """<actes:AnomalieEnveloppe $root>
  <actes:Date>$day</actes:Date>
  <actes:Nature>$nature</actes:Nature>
  <actes:Detail>$detail</actes:Detail>
  <actes:EnveloppeRecue/>
</actes:AnomalieEnveloppe>""",
}
_QUOTED = {"today", "act_id", "letter_on", "department", "district", "siren"}
_ECHOES = {"1-2": "ActeRecu", "1-3": "ActeRecu", "anomaly": "EnveloppeRecue"}

CLASSIFIED_ON = "2026-01-15"
_NATURES = [
    (1, "DE", "Délibérations", [("99_DE", "Délibération"), ("21_RP", "Rapport de présentation"),
                                ("70_AT", "Attestation"), ("99_AU", "Autre document")]),
    (2, "AR", "Actes réglementaires", [("99_AR", "Acte réglementaire"),
                                       ("21_EP", "Enquête publique")]),
    (3, "AI", "Actes individuels", [("99_AI", "Acte individuel"), ("42_AT", "Attestation")]),
    (4, "CC", "Contrats, conventions et avenants", [("99_DC", "Contrat"), ("10_AV", "Avenant")]),
    (5, "BF", "Documents budgétaires et financiers", [("99_BU", "Document budgétaire")]),
    (6, "AU", "Autres", [("99_AU", "Autre document")]),
]  # fmt: skip
_MATTERS = [
    (1, "Commande Publique", [(1, "Marchés publics"), (4, "Autres contrats")]),
    (2, "Urbanisme", [(1, "Documents d'urbanisme"), (3, "Droit de préemption urbain")]),
    (3, "Domaine et patrimoine", [(1, "Acquisitions"), (2, "Aliénations")]),
    (4, "Fonction publique", [(1, "Personnel titulaire"), (2, "Personnel contractuel")]),
    (5, "Institutions et vie politique", [(2, "Fonctionnement des assemblées"),
                                          (5, "Délégation de signature")]),
    (7, "Finances locales", [(1, "Décisions budgétaires"), (4, "Interventions économiques"),
                             (5, "Subventions")]),
    (8, "Domaines de compétences par thèmes", [(8, "Environnement"), (9, "Culture")]),
    (9, "Autres domaines de compétences", [(3, "Régions"), (4, "Vœux et motions")]),
]  # fmt: skip


def made(kind: str, said: Mapping[str, str], echoed: Any = None) -> bytes:
    """One message or envelope of the ministry; `echoed` is what it repeats of ours."""
    if kind == "7-2":
        return _encoded(etree.fromstring(_classification()))
    values = {
        name: quoteattr(value) if name in _QUOTED else escape(value)
        for name, value in said.items()
    }
    text = Template(_TEMPLATES[kind]).substitute({"root": _ROOT, **values})
    root = etree.fromstring(text)
    if kind in _ECHOES and echoed is not None:
        place = root.find(f"{{{_NS}}}{_ECHOES[kind]}")
        assert place is not None
        for name, value in echoed.attrib.items():
            if "schemaLocation" not in str(name):
                place.set(str(name), value)
        place.extend([deepcopy(one) for one in echoed])
    return _encoded(root)


def _encoded(root: Any) -> bytes:
    written: Any = etree.tostring(root, encoding="ISO-8859-1", xml_declaration=True)
    return bytes(written)


def _classification() -> str:
    natures = "".join(
        f'<actes:NatureActe actes:CodeNatureActe="{code}" actes:Libelle={quoteattr(label)}'
        f' actes:TypeAbrege="{short}">'
        + "".join(
            f'<actes:TypePJNatureActe actes:CodeTypePJ="{pj}" actes:Libelle={quoteattr(said)}/>'
            for pj, said in [*types, ("99_SE", "Fichier de signature électronique")]
        )
        + "</actes:NatureActe>"
        for code, short, label, types in _NATURES
    )
    matters = "".join(
        f'<actes:Matiere1 actes:CodeMatiere="{code}" actes:Libelle={quoteattr(label)}>'
        + "".join(
            f'<actes:Matiere2 actes:CodeMatiere="{inner}" actes:Libelle={quoteattr(said)}/>'
            for inner, said in below
        )
        + "</actes:Matiere1>"
        for code, label, below in _MATTERS
    )
    return (
        f"<actes:RetourClassification {_ROOT}>"
        f"<actes:DateClassification>{CLASSIFIED_ON}</actes:DateClassification>"
        f"<actes:NaturesActes>{natures}</actes:NaturesActes>"
        f"<actes:Matieres>{matters}</actes:Matieres></actes:RetourClassification>"
    )


def letter(title: str, act_id: str, text: str, day: str) -> bytes:
    """The letter itself, as PDF."""
    pdf = FPDF()
    pdf.add_page()
    pdf.set_font("Helvetica", "B", 14)
    pdf.cell(text=title, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Helvetica", size=11)
    for line in (f"Acte {act_id}", f"Le {day}", "", text):
        pdf.multi_cell(0, 8, line.replace("’", "'"), new_x="LMARGIN", new_y="NEXT")
    return bytes(pdf.output())
