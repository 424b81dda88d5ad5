"""What a credential looks like: by the name that it goes by, or by its own shape.

Whoever reads a warning about a password that is none learns to ignore them all, so everything here
prefers to stay silent.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from k8s_lsp.regexes import regex

# Names.

_WORDS = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_PASSWORD = regex(r"(?!NOPASS|REQUIREPASSWORD)[A-Z0-9]*PASS(?:WORD|WD|PHRASE)")
"""One word that ends in a password, written without a mark between its parts: `PGPASSWORD`."""

_SHORT_PASSWORDS = frozenset("PASS PWD".split())
_REDIS_PASSWORDS = frozenset("MASTERAUTH REQUIREPASS".split())
_SECRETS_OF = frozenset(
    "ACCESS API APP AUTH CLIENT CONSUMER COOKIE ENCRYPTION HMAC JWT MASTER OAUTH SESSION SHARED "
    "SIGNING TOKEN WEBHOOK".split()
)
_KEYS_OF = frozenset("ACCOUNT API AUTH ENCRYPTION MASTER PRIVATE SECRET SIGNING STORAGE".split())
_TOKENS_OF_NOTHING = frozenset("BOS CLUSTER CONTINUE EOS MAX MIN NEXT PAD PAGE STOP".split())
_ONE_WORD = frozenset(
    "ACCESSTOKEN APIKEY APISECRET APITOKEN APPSECRET AUTHKEY AUTHTOKEN BEARERTOKEN CLIENTSECRET "
    "REFRESHTOKEN SECRETKEY TOKEN".split()
)
_NOTHING_ELSE = frozenset("PLAIN PLAINTEXT RAW TEXT VALUE".split())
"""Last words that say how a credential is written, and not that it is something else."""

_MAYBE = frozenset(
    "AUTH CRED CREDENTIAL CREDENTIALS CREDS PASS PASSWORDS PAT SECRET SECRETS TOKENS".split()
)
_WHOSE = frozenset(
    "ADMIN APP DATABASE DB DEV ENV MONGO MYSQL POSTGRES PROD PRODUCTION REDIS ROOT SMTP STAGING "
    "TEST USER".split()
)


_PUBLIC_PARTS: Final = (
    ("PUBLIC",),
    ("PUBLISHABLE",),
    ("REACT", "APP"),
    ("VUE", "APP"),
    ("VITE",),
    ("GATSBY",),
    ("GTM",),
    ("GOOGLE", "TAG", "MANAGER"),
)
"""Words of the names of what every visitor of a page gets.

Sources: the pages on environment variables of Next.js (`NEXT_PUBLIC_`), Nuxt, Expo, Vite, Vue CLI,
Gatsby and Create React App, which write such variables into what they serve; Google Tag Manager,
"Environments" (`gtm_auth` stands in the snippet of the page); Stripe, "API keys".
"""

_CONFIDENTIAL: Final = frozenset(("PRIVATE", "SECRET", "SECRETS"))


def is_public_name(name: str) -> bool:
    """Whether a key or token of this name is one that a browser gets, so that it is no secret."""
    words = words_of(name)
    if not _CONFIDENTIAL.isdisjoint(words):
        return False
    return any(
        words[start : start + len(part)] == part
        for part in _PUBLIC_PARTS
        for start in range(len(words) - len(part) + 1)
    )


def is_password_name(name: str) -> bool:
    """Whether a variable or key of this name holds a password: its last word says so.

    A last word such as FILE, PATH, URL or NAME says that it holds something else.
    """
    words = words_of(name)
    if not words:
        return False
    last = words[-1]
    return (
        _PASSWORD.fullmatch(last) is not None
        or last in _REDIS_PASSWORDS
        or (len(words) > 1 and last in _SHORT_PASSWORDS)
    )


def is_key_name(name: str) -> bool:
    """Whether a variable or key of this name holds a key, a token or a shared secret."""
    words = words_of(name)
    before, last = (words[-2] if len(words) > 1 else ""), (words[-1] if words else "")
    if words[-3:] in (
        ("SECRET", "ACCESS", "KEY"),
        ("SECRET", "KEY", "BASE"),
        ("SHARED", "ACCESS", "KEY"),
    ):
        return True
    if last == "TOKEN":
        return before not in _TOKENS_OF_NOTHING
    if last == "KEY":
        return before in _KEYS_OF
    if last == "SECRET":
        return before in _SECRETS_OF
    return last in _ONE_WORD


def _is_maybe_name(name: str) -> bool:
    """Whether a name may be that of a credential, or as well of something that is none.

    `APP_SECRETS` holds secrets or the names of Secrets, and `PASSWORD_DB` may stand for either.
    """
    words = words_of(name)
    if not words:
        return False
    if words[-1] in _MAYBE:
        return True
    while words and words[-1] in _WHOSE:
        words = words[:-1]
    return bool(words) and _PASSWORD.fullmatch(words[-1]) is not None


@lru_cache(maxsize=1024)
def words_of(name: str) -> tuple[str, ...]:
    """The words of `OAUTH2_CLIENT_SECRET` and `clientSecret`, but for what tells nothing behind.

    That is a number, or that the value is the very credential (`DB_PASSWORD_VALUE`).
    """
    words = [word.upper() for word in _WORDS.findall(name)]
    while words and (words[-1].isdigit() or (words[-1] in _NOTHING_ELSE and len(words) > 1)):
        words.pop()
    return tuple(words)


# Values.

_REFERENCE = regex(
    r"\$|`|\{\{|%\w+%|%[dqsv]\Z|%\(|\{[\w.]+\}|<[^>]*>|\[[^]]*\]$|@[\w.-]+@|@[/.~]|__\w+__|ENC\[|"
    r"(?:\.{0,2}|~)/|[A-Za-z]:\\|[A-Za-z][\w+.-]*:(?!\Z)[\w/+-]|projects/"
)
"""How a value begins that comes from somewhere else: `$VAR`, `<token>`, `ENC[AES256_GCM,…`, a path,
`vault:secret/data/db`, `op://vault/item`."""

_STAND_IN = regex(
    r"change.?(?:me|this|it)|replace|your|todo|tbd|fixme|x{3}|placeholder|example|dummy|fake|"
    r"insert|redacted|hidden|masked|removed|unset|not.?set|sample|\*{3}|\.{3}|…",
    re.IGNORECASE,
)

_CAPITALS = regex(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_SWITCH = frozenset(
    "true false yes no on off y n 0 1 none null nil undefined enabled disabled required optional "
    "auto default".split()
)
_NAME_OF_A_SECRET = regex(
    r"[a-z0-9]+(?:[-.][a-z0-9]+)*[-.]"
    r"(?:auth|certs?|cred|creds|credentials?|keys?|password|passwords|secrets?|tokens?)"
)
_LOWER_CASE_NAME = regex(r"[a-z]+(?:[-._/][a-z0-9]+)*\d{0,2}")
_DIGITS_FOR_LETTERS = str.maketrans("013457", "oieast")
_RANDOM = regex(r"[A-Za-z0-9+/=_.~!@#%^&*-]+")
_CHANGE = regex(r"[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])")
_PLAIN_NAME = regex(r"[a-z0-9]+(?:[-_./][a-z0-9]+)+")
_LEAST_CHANGES, _LEAST_RANDOM = 3, 10
_NO_KEY = regex(r"[\s,;{}()<>\"']")
"""What no key or token has in it: it is a list of settings, or code."""

_LEAST_KEY = 8
"""Nobody makes a key or token of fewer characters."""


def is_stand_in(value: str, name: str = "") -> bool:
    """Whether a value only holds the place of the real one, or says where it comes from.

    `name` is that of the variable: `API_KEY_VAL` as the value of `API_KEY` is replaced by a script.
    """
    text = value.strip()
    plain, plain_name = (re.sub(r"[^a-z0-9]", "", each.lower()) for each in (text, name))
    return (
        len(set(text)) < 2
        or "$(" in text
        or "${" in text
        or "{{" in text
        or _REFERENCE.match(text) is not None
        or _STAND_IN.search(text) is not None
        or _STAND_IN.search(text.translate(_DIGITS_FOR_LETTERS)) is not None
        or _CAPITALS.fullmatch(text) is not None
        or (plain_name != "" and plain_name in plain)
    )


def is_switch(value: str) -> bool:
    """Whether a value turns something on or off, or says that there is none."""
    return value.strip().lower() in _SWITCH


def is_literal_password(name: str, value: str) -> bool:
    """Whether the value is a password that stands in the text, however weak it is."""
    return (
        is_password_name(name)
        and not any(character.isspace() for character in value.strip())
        and not is_switch(value)
        and not is_stand_in(value, name)
        and not _NAME_OF_A_SECRET.fullmatch(value.strip())
    )


def is_literal_key(name: str, value: str) -> bool:
    """Whether the value is a key or token: long, in one piece, and no name of something."""
    text = value.strip()
    return (
        is_key_name(name)
        and not is_public_name(name)
        and len(text) >= _LEAST_KEY
        and not _NO_KEY.search(text)
        and not text.isdigit()
        and not is_switch(text)
        and not is_stand_in(text, name)
        and not _NAME_OF_A_SECRET.fullmatch(text)
        and not _LOWER_CASE_NAME.fullmatch(text)
    )


def is_literal_credential(name: str, value: str) -> bool:
    """Whether the value is a password, a key or a token that stands in the text, by its name.

    Where the name leaves it open, the value has to look as if it had been made to be guessed by
    nobody.
    """
    return (
        is_literal_password(name, value)
        or is_literal_key(name, value)
        or (
            _is_maybe_name(name)
            and not is_public_name(name)
            and is_random(value)
            and not is_stand_in(value, name)
        )
    )


def is_random(value: str) -> bool:
    """Whether letters and digits are mixed as in what nobody has to remember.

    Names of objects, which are of small letters and have marks between their parts, are not,
    though a hash may stand at their end.
    """
    text = value.strip()
    return (
        len(text) >= _LEAST_RANDOM
        and _RANDOM.fullmatch(text) is not None
        and not text.isupper()
        and len(_CHANGE.findall(text)) >= _LEAST_CHANGES
        and not _PLAIN_NAME.fullmatch(text)
    )


class Shape(NamedTuple):
    """What a kind of token always looks like.

    One of `marks` is in each: to look for those first is what makes large values cheap.
    """

    title: str
    marks: tuple[str, ...]
    pattern: re.Pattern[str]


def _shape(title: str, marks: str, rest: str) -> Shape:
    """A token that begins with one of some marks and stands alone between other characters."""
    begins = tuple(marks.split())
    either = "|".join(map(re.escape, begins))
    pattern = rf"(?<![A-Za-z0-9_-])(?:{either}){rest}(?![A-Za-z0-9_-])"
    return Shape(title, begins, re.compile(pattern))


SHAPES: tuple[Shape, ...] = (
    Shape(
        "a private key",
        ("PRIVATE KEY-----",),
        regex(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\n)+[A-Za-z0-9+/]{40}"),
    ),
    _shape("an AWS access key", "AKIA ASIA", r"[A-Z2-7]{16}"),
    _shape("a GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{36,}"),
    _shape("a GitHub token", "github_pat_", r"[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    _shape("a GitLab token", "glpat-", r"[A-Za-z0-9_-]{20,}"),
    _shape("a Slack token", "xoxa- xoxb- xoxe- xoxo- xoxp- xoxr- xoxs-", r"[0-9A-Za-z-]{20,}"),
    _shape("a Slack webhook", "https://hooks.slack.com/services/", r"T\w{7,}/B\w{7,}/\w{20,}"),
    _shape("a Stripe key", "sk_live_ rk_live_", r"[0-9A-Za-z]{20,}"),
    _shape("a Google API key", "AIza", r"[0-9A-Za-z_-]{35}"),
    _shape("an npm token", "npm_", r"[A-Za-z0-9]{36}"),
    _shape("a PyPI token", "pypi-AgE", r"[A-Za-z0-9_-]{50,}"),
    _shape("a Docker Hub token", "dckr_pat_", r"[A-Za-z0-9_-]{27,}"),
    _shape("a SendGrid key", "SG.", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    _shape("a HashiCorp Vault token", "hvs. hvb.", r"[A-Za-z0-9_-]{24,}"),
    _shape("a Grafana token", "glsa_", r"[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    _shape("a DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"[0-9a-f]{64}"),
    _shape("an Anthropic key", "sk-ant-", r"[A-Za-z0-9]+-[A-Za-z0-9_-]{40,}"),
    _shape("an OpenAI key", "sk-proj- sk-svcacct-", r"[A-Za-z0-9_-]{40,}"),
    _shape("a Hugging Face token", "hf_", r"[A-Za-z]{34}"),
    _shape(
        "a JSON Web Token",
        "eyJ",
        r"[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}",
    ),
)
"""Shapes that nothing else has, as their issuers document them."""

SHAPE_MARKS: Final = tuple(mark for shape in SHAPES for mark in shape.marks)


class Shaped(NamedTuple):
    """A part of a text that has the shape of a token, and what it is in words."""

    title: str
    start: int
    end: int


def shaped_in(value: str) -> Iterator[Shaped]:
    """What a text holds that has the shape of a token, by shapes."""
    if not any(map(value.__contains__, SHAPE_MARKS)):
        return
    for shape in SHAPES:
        if any(mark in value for mark in shape.marks):
            for match in shape.pattern.finditer(value):
                if len(set(match[0])) > 8 and not _STAND_IN.search(match[0]):
                    yield Shaped(shape.title, *match.span())
