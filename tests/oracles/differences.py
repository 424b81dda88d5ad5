"""Where the product reads a text otherwise than kubectl."""

from typing import Any

from tests.oracles.decoder import Answer, Ask
from tests.oracles.readings import Document, Refusal, equal, reading_of


def differences(text: str, ask: Ask) -> set[str]:
    """The names of the ways in which the two differ; none where they read the same.

    These are classes of `decoder_classes`, or one of three that none explains: `taken` is what
    kubectl refuses, and the product does not; `refused` is the opposite; `values` are other ones.

    Kubectl's refusal has to be told in the document in which it stops. Behind that, nothing is
    compared: kubectl does not get there, and an editor does.
    """
    if "{{" in text:
        return {"template"}
    reading = reading_of(text)
    if reading.limits:
        return {"limit"}
    if reading.same_names:
        return {"same-name"}
    answer = ask(text)
    documents = reading.documents
    names: set[str] = set()
    is_told = False
    for refusal in reading.refusals:
        if ask(text[: refusal.unit_end]).refusal is not None:
            is_told = ask(text[: refusal.unit_start]).refusal is None
            break
        if refusal.message.startswith("a value that contains ':'"):
            return {"colon"}
        if _is_dropped(text, refusal, answer, ask):
            names.add("dropped")
            documents = [each for each in documents if not _is_behind(each, refusal)]
        else:
            names.add("refused" if _is_object(answer, documents, refusal) else "no-object")
    if answer.refusal is not None and not is_told:
        return names | {"taken"}
    values = [document.value for document in documents]
    if _begin_alike(values, answer):
        return names
    objects = [value for value in values if isinstance(value, dict)]
    theirs = [value for value in answer.documents if isinstance(value, dict)]
    is_same = _begin_alike(objects, answer._replace(documents=theirs))
    return names | {"no-object" if is_same else "values"}


def _begin_alike(values: list[Any], answer: Answer) -> bool:
    """Whether these are kubectl's documents, as far as it gets."""
    if answer.refusal is not None:
        values = values[: len(answer.documents)]
    return equal(values, answer.documents)


def _is_dropped(text: str, refusal: Refusal, answer: Answer, ask: Ask) -> bool:
    """Whether kubectl does not miss what stands between a problem and the end of its unit."""
    # A separator has to begin a line.
    rest = ask(f"{text[: refusal.start]}\n{text[refusal.unit_end :]}")
    is_refused = answer.refusal is not None
    return is_refused == (rest.refusal is not None) and equal(rest.documents, answer.documents)


def _is_behind(document: Document, refusal: Refusal) -> bool:
    return refusal.start <= document.start < refusal.unit_end


def _is_object(answer: Answer, documents: list[Document], refusal: Refusal) -> bool:
    """Whether kubectl reads an object at the problem, or nothing."""
    index = sum(document.start < refusal.start for document in documents)
    return all(isinstance(document, dict) for document in answer.documents[index : index + 1])
