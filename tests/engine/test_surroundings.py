"""What other files tell may change with every key: incremental equals fresh then too."""

from random import Random

from k8s_lsp.engine.analysis import analyze
from k8s_lsp.engine.incremental import update
from k8s_lsp.kubernetes.queries import NO_SURROUNDINGS, Surroundings
from k8s_lsp.workspace.file_facts import facts_of_text
from k8s_lsp.workspace.index import NO_INDEX, FilePlace
from tests.engine.test_analysis import ACCOUNT, DEPLOYMENT
from tests.engine.test_incremental import EVERYTHING, is_read_whole, said, states

BINDING = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: web
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects:
  - kind: ServiceAccount
    name: web
"""
NAMESPACE = """\
apiVersion: v1
kind: Namespace
metadata:
  name: shop
"""
LIMITS = """\
apiVersion: v1
kind: LimitRange
metadata:
  name: defaults
spec:
  limits:
    - type: Container
      default: {cpu: 500m, memory: 256Mi}
"""
PRIVILEGED = DEPLOYMENT.replace("    spec:\n", "    spec:\n      hostPID: true\n")

PARTS = (ACCOUNT.format(automount="true"), ACCOUNT.format(automount="false"), BINDING, LIMITS)
TEXTS = (DEPLOYMENT, PRIVILEGED, NAMESPACE, *PARTS)

PLACE = FilePlace("/repo/a.yaml", "/repo")


def surroundings(random: Random) -> Surroundings:
    """What a random choice of other files tells."""
    chosen = random.sample(TEXTS, random.choice((0, 1, 2, 4)))
    others = [FilePlace(f"/repo/{number}.yaml", "/repo") for number in range(len(chosen))]
    return NO_INDEX.updated(
        {place: facts_of_text(place.path, text) for place, text in zip(others, chosen, strict=True)}
    ).surroundings(PLACE)


def test_other_files_change_between_edits() -> None:
    assert sum(compared_from(seed) for seed in range(60)) > 250


def compared_from(seed: int) -> int:
    """Hold the two equal in random states; how many were compared."""
    random = Random(seed)
    text = "---\n".join(random.choice(TEXTS) for _ in range(4))
    around = NO_SURROUNDINGS
    analysis = analyze(text, EVERYTHING)
    compared = 0
    for now in states(text, random, 25):
        changed = None
        if random.random() < 0.3:
            changed = around = surroundings(random)
        analysis = update(analysis, now, surroundings=changed)
        if is_read_whole(analysis) or analysis.is_template:
            assert said(analysis) == said(analyze(now, EVERYTHING, surroundings=around))
            compared += 1
    return compared


def test_only_what_asked_is_judged_again() -> None:
    other = DEPLOYMENT.replace("web", "other")
    text = "---\n".join((DEPLOYMENT, other, NAMESPACE))
    place, beside = FilePlace("/repo/account.yaml", "/repo"), FilePlace("/repo/z.yaml", "/repo")
    account = facts_of_text(place.path, ACCOUNT.format(automount="null"))
    more = DEPLOYMENT.replace("web", "more") + "---\n" + ACCOUNT.format(automount="true")
    index = NO_INDEX.updated(
        {place: account, beside: facts_of_text(beside.path, more.replace("web", "more"))}
    )
    analysis = analyze(text, EVERYTHING, surroundings=index.surroundings(PLACE))
    changed_account = facts_of_text(place.path, ACCOUNT.format(automount="false"))
    after = index.updated({place: changed_account})
    changed = update(analysis, text, surroundings=after.surroundings(PLACE))
    same = [new is old for new, old in zip(changed.units, analysis.units, strict=True)]
    assert same == [False, True, True]
    assert said(changed) != said(analysis)
    # What nobody has asked for changes nothing at all.
    unused = ACCOUNT.format(automount="false").replace("web", "unused")
    added = after.updated(
        {FilePlace("/repo/y.yaml", "/repo"): facts_of_text("/repo/y.yaml", unused)}
    )
    again = update(changed, text, surroundings=added.surroundings(PLACE))
    assert all(new is old for new, old in zip(again.units, changed.units, strict=True))
