"""Who is in the demonstration: bodies, companies, and the accounts to try it with."""

from dataclasses import dataclass

PASSWORD = "Bourgogne-2026"  # noqa: S105  everyone is meant to know it
"""The password of every demonstration account."""

NEWCOMER = "99999112800011"
"""A company of the simulated directory for which nobody acts yet."""

REGION = "region-bfc"
PLATFORM = "plateforme"
ECONOMY = "Direction de l'économie, pôle aides aux entreprises"
"""The region's service that handles the aids."""


@dataclass(frozen=True)
class Body:
    """A member body: `insee` is its territorial code in open data."""

    slug: str
    name: str
    insee: str
    address: str
    email: str
    phone: str
    brand: str | None = None
    siren: str | None = None


@dataclass(frozen=True)
class Account:
    """Someone who can sign in; `does` tells newcomers what to try."""

    email: str
    name: str
    organisation: str
    role: str
    does: str = ""
    service: str = ""


BODIES = [
    Body(REGION, "Région Bourgogne-Franche-Comté", "REG-27", "17 boulevard de la Trémouille\n21000 Dijon", "aides@region.demo", "03 80 44 33 00", "#0b6b4f", "200053726"),
    Body("departement-21", "Département de la Côte-d'Or", "DEP-21", "53 bis rue de la Préfecture\n21000 Dijon", "economie@cd21.demo", "03 80 63 66 00", "#8a1538"),
    Body("departement-58", "Département de la Nièvre", "DEP-58", "Rue de la Préfecture\n58000 Nevers", "economie@cd58.demo", "03 86 60 67 00", "#1d4f91"),
    Body("departement-71", "Département de Saône-et-Loire", "DEP-71", "Rue de Lingendes\n71000 Mâcon", "economie@cd71.demo", "03 85 39 66 00", "#a33b00"),
    Body("departement-89", "Département de l'Yonne", "DEP-89", "1 rue de l'Étang Saint-Vincent\n89000 Auxerre", "economie@cd89.demo", "03 86 72 89 00", "#4a3f8f"),
    Body("commune-21231", "Commune de Dijon", "COM-21231", "Place de la Libération\n21000 Dijon", "mairie@dijon.demo", "03 80 74 51 51"),
    Body("commune-71014", "Commune d'Autun", "COM-71014", "Place du Champ de Mars\n71400 Autun", "mairie@autun.demo", "03 85 86 80 00"),
    Body("commune-58194", "Commune de Nevers", "COM-58194", "1 place de l'Hôtel de ville\n58000 Nevers", "mairie@nevers.demo", "03 86 68 46 46"),
    Body("commune-89024", "Commune d'Auxerre", "COM-89024", "14 place de l'Hôtel de ville\n89000 Auxerre", "mairie@auxerre.demo", "03 86 72 43 00"),
]  # fmt: skip

AGENTS = [
    Account("claire@region.demo", "Claire Martin", REGION, "case_officer", "instruit les demandes d'aide", ECONOMY),
    Account("paul@region.demo", "Paul Roy", REGION, "case_officer", "instruit aussi", ECONOMY),
    Account("claire@region.demo", "Claire Martin", REGION, "buyer", "instruit les demandes d'aide", ECONOMY),
    Account("helene@region.demo", "Hélène Petit", REGION, "head_of_service", "décide", ECONOMY),
    Account("ines@region.demo", "Inès Perrin", REGION, "administrator", "tient la marque de la région, et son parapheur"),
    Account("didier@region.demo", "Didier Faure", REGION, "process_designer", "dessine et publie les démarches, à deux"),
    Account("lea@region.demo", "Léa Colin", REGION, "legal_officer", "relit et valide ce qui est publié"),
    Account("ines@region.demo", "Inès Perrin", REGION, "parapheur_administrator", "tient la marque de la région, et son parapheur"),
    Account("agathe@region.demo", "Agathe Lenoir", REGION, "desk:assemblees", "dépose les délibérations, transmet et publie les actes"),
    Account("celine@region.demo", "Céline Fabre", REGION, "desk:juridique", "vise les actes au titre du droit"),
    Account("bruno@region.demo", "Bruno Mercier", REGION, "desk:dgs", "valide les dossiers du parapheur"),
    Account("marie@region.demo", "Marie Vasseur", REGION, "desk:presidence", "signe les actes de la région"),
    Account("victor@region.demo", "Victor Aubry", REGION, "desk:vice-presidence", "signe par délégation de la présidente"),
    Account("fatou@region.demo", "Fatou Diallo", REGION, "desk:finances", "vise les bordereaux comptables"),
    Account("denis@cd21.demo", "Denis Blanc", "departement-21", "cofunder", "donne l'avis de la Côte-d'Or"),
    Account("nadia@cd58.demo", "Nadia Girard", "departement-58", "cofunder", "donne l'avis de la Nièvre"),
    Account("sophie@cd71.demo", "Sophie Moreau", "departement-71", "cofunder", "donne l'avis de la Saône-et-Loire"),
    Account("yves@cd89.demo", "Yves Lambert", "departement-89", "cofunder", "donne l'avis de l'Yonne"),
    Account("olga@plateforme.demo", "Olga Durand", PLATFORM, "operator",
            "exploite la plateforme, lit le courrier d'essai"),
]  # fmt: skip

COMPANIES = 12
"""Companies of the directory's sandbox that have an account in the demonstration."""
