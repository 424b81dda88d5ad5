"""Where the product reads a text otherwise than kubectl."""

from tests.oracles.decoder import Answer, Ask
from tests.oracles.readings import Document, Refusal, equal, reading_of


def differences(text: str, ask: Ask) -> set[str]:
    """The names of the ways in which the two differ; none where they read the same.

    The refusal has to be said in the document in which kubectl stops, or above it where kubectl
    itself would drop something without a word. Behind it, nothing is compared: kubectl does not
    get there, and an editor does.
    """
    if "{{" in text:
        return {"template"}
    reading = reading_of(text)
    if reading.limits:
        return {"limit"}
    if reading.same_names:
        return {"same-name"}
    answer = ask(text)
    names: set[str] = set()
    documents = reading.documents
    for refusal in reading.refusals:
        if ask(text[: refusal.unit_end]).refusal is not None:
            if refusal.unit_start and ask(text[: refusal.unit_start]).refusal is not None:
                break
            return names | _compared(answer, documents, True)
        # A separator has to begin a line.
        rest = f"{text[: refusal.start]}\n{text[refusal.unit_end :]}"
        documents = _without_dropped(documents, refusal)
        names.add("dropped" if _same(ask(rest), answer) else "refused")
    return names | _compared(answer, documents, False)


def _same(one: Answer, other: Answer) -> bool:
    return (one.refusal is None) == (other.refusal is None) and equal(
        one.documents, other.documents
    )


def _without_dropped(documents: list[Document], refusal: Refusal) -> list[Document]:
    """The documents without those which begin in what kubectl drops."""
    return [
        document for document in documents if not refusal.start <= document.start < refusal.unit_end
    ]


def _compared(answer: Answer, documents: list[Document], is_refused: bool) -> set[str]:
    values = [document.value for document in documents]
    if answer.refusal is not None:
        values = values[: len(answer.documents)]
        if not is_refused:
            return {"taken"}
    return set() if equal(values, answer.documents) else {"values"}
