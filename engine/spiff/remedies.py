"""What a designer reads about a part of BPMN that this engine does not read, with the cure."""

_TYPE = "n'est pas lu : les données sont du JSON, que les formulaires contrôlent"
WARNED = {
    **dict.fromkeys(
        (
            "itemDefinition",
            "itemRef",
            "itemSubjectRef",
            "structureRef",
            "evaluatesToTypeRef",
            "isCollection",
            "dataState",
        ),
        _TYPE,
    ),
    **dict.fromkeys(
        ("auditing", "monitoring"),
        "n'est pas lu : le journal du dossier garde chaque étape",
    ),
    "property": "n'est pas lue : une donnée naît quand un formulaire, un script ou une "
    "opération l'écrit",
    "isClosed": "n'est pas vérifié : les messages seuls disent qui échange avec le dossier",
}
"""Said, and published all the same: it describes, and would change nothing that runs."""

_ROLE = (
    "serait ignoré : placez la tâche dans un couloir, ou donnez ebg:role ou ebg:assignee"
)
_OPERATION = "serait ignoré : nommez l'opération par serviceTaskOperator"
_CORRELATION = (
    "les clés de corrélation BPMN seraient ignorées ({name}) : utilisez la propriété "
    "ebg:correlation sur l'événement"
)
_DATA_FLOW = (
    " ; les données du dossier circulent d'elles-mêmes : choisissez-les par ebg:in et ebg:out, "
    "ou par une tâche de script"
)
_ASSOCIATION = (
    "l'association de données serait ignorée ({name} avec transformation, assignment ou une "
    "variable)" + _DATA_FLOW
)
_CHOREOGRAPHY = "n'est pas exécuté : une chorégraphie ne se publie pas, gardez le processus"
_CONVERSATION = "n'est pas exécuté : une conversation ne se publie pas, gardez le processus"
_GLOBAL = "n'est pas exécuté : dessinez un processus, et appelez-le (callActivity)"
_CURES = {
    **dict.fromkeys(
        ("correlationKey", "correlationProperty", "correlationSubscription"), _CORRELATION
    ),
    "ioSpecification": "les entrées et sorties déclarées ({name}) seraient ignorées"
    + _DATA_FLOW,
    **dict.fromkeys(("dataInputAssociation", "dataOutputAssociation"), _ASSOCIATION),
    **dict.fromkeys(
        ("dataInput", "dataOutput", "inputSet", "outputSet", "ioBinding"),
        "« {name} » serait ignoré" + _DATA_FLOW,
    ),
}
_CURES |= {
    name: f"« {{name}} » {text}"
    for text, names in {
        _ROLE: "resourceRole performer humanPerformer potentialOwner resource",
        _OPERATION: "operationRef implementation interface endPoint supportedInterfaceRef",
        _CHOREOGRAPHY: "choreography globalChoreographyTask choreographyTask subChoreography "
        "callChoreography choreographyRef",
        _CONVERSATION: "globalConversation conversation subConversation callConversation "
        "conversationLink conversationAssociation",
        _GLOBAL: "globalTask globalUserTask globalManualTask globalScriptTask "
        "globalBusinessRuleTask",
        "serait ignoré : donnez un formulaire par ebg:form": "rendering",
        "serait ignoré : le rôle d'un couloir se dit par ebg:role ou par son identifiant": (
            "partitionElement partitionElementRef"
        ),
        "ne serait pas lu : mettez le diagramme importé dans le dossier": "import",
        "n'est pas exécuté : répétez l'activité qui échange avec ce participant": (
            "participantMultiplicity"
        ),
        "serait ignoré : une flèche est toujours suivie aussitôt": "isImmediate",
        "serait ignoré : une transaction n'est annulée que par compensation": "method",
    }.items()
    for name in names.split()
}


def cure(name: str, *, attribute: bool) -> str:
    """The sentence for something that the engine would ignore."""
    if name in _CURES:
        return _CURES[name].format(name=name)
    what = "l'attribut" if attribute else "l'élément"
    return f"{what} « {name[:100]} » serait ignoré ici : ôtez-le"
