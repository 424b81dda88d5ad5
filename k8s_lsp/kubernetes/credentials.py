"""What a credential looks like: by the name that it goes by, or by its own shape.

Whoever reads a warning about a password that is none learns to ignore them all, so everything here
prefers to stay silent.
"""

import re
from typing import NamedTuple

# Names.

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")

_PASSWORDS = frozenset("PASSWORD PASSWD PASSPHRASE".split())
_SHORT_PASSWORDS = frozenset("PASS PWD".split())
_SECRETS_OF = frozenset(
    "ACCESS API APP AUTH CLIENT CONSUMER COOKIE ENCRYPTION HMAC JWT MASTER OAUTH SESSION SHARED "
    "SIGNING TOKEN WEBHOOK".split()
)
_KEYS_OF = frozenset("ACCOUNT API ENCRYPTION MASTER PRIVATE SECRET SIGNING STORAGE".split())
_TOKENS_OF_NOTHING = frozenset("BOS CLUSTER CONTINUE EOS MAX MIN NEXT PAD PAGE STOP".split())
_ONE_WORD = frozenset("APIKEY SECRETKEY TOKEN".split())


def is_password_name(name: str) -> bool:
    """Whether a variable or key of this name holds a password: its last word says so.

    A last word such as FILE, PATH, URL or NAME says that it holds something else.
    """
    words = _words(name)
    if not words:
        return False
    return words[-1] in _PASSWORDS or (len(words) > 1 and words[-1] in _SHORT_PASSWORDS)


def is_key_name(name: str) -> bool:
    """Whether a variable or key of this name holds a key, a token or a shared secret."""
    words = _words(name)
    before, last = (words[-2] if len(words) > 1 else ""), (words[-1] if words else "")
    if words[-3:] in (["SECRET", "ACCESS", "KEY"], ["SECRET", "KEY", "BASE"]):
        return True
    if last == "TOKEN":
        return before not in _TOKENS_OF_NOTHING
    if last == "KEY":
        return before in _KEYS_OF
    if last == "SECRET":
        return before in _SECRETS_OF
    return last in _ONE_WORD


def _words(name: str) -> list[str]:
    """The words of `OAUTH2_CLIENT_SECRET` and `clientSecret`, without a number at the end."""
    words = [word.upper() for word in _WORDS.findall(name)]
    while words and words[-1].isdigit():
        words.pop()
    return words


# Values.

_REFERENCE = re.compile(
    r"\$|\{\{|%\w+%|<[^>]*>|\[[^]]*\]$|@[\w-]+@|__\w+__|ENC\[|"
    r"(?:\.{0,2}|~)/|[A-Za-z]:\\|[A-Za-z][\w+.-]*:(?!\Z)[\w/+-]|projects/"
)
"""How a value begins that comes from somewhere else: `$VAR`, `<token>`, `ENC[AES256_GCM,…`, a path,
`vault:secret/data/db`, `op://vault/item`."""

_STAND_IN = re.compile(
    r"change.?(?:me|this|it)|replace|your|todo|tbd|fixme|x{3}|placeholder|example|dummy|fake|"
    r"insert|redacted|hidden|masked|removed|unset|not.?set|sample|\*{3}|\.{3}|…",
    re.IGNORECASE,
)

_CAPITALS = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_SWITCH = frozenset(
    "true false yes no on off y n 0 1 none null nil undefined enabled disabled required optional "
    "auto default".split()
)
_NAME_OF_A_SECRET = re.compile(
    r"[a-z0-9]+(?:[-.][a-z0-9]+)*[-.]"
    r"(?:auth|certs?|cred|creds|credentials?|keys?|password|passwords|secrets?|tokens?)"
)
_LOWER_CASE_NAME = re.compile(r"[a-z]+(?:[-._/][a-z0-9]+)*\d{0,2}")
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
        or _CAPITALS.fullmatch(text) is not None
        or (plain_name != "" and plain_name in plain)
    )


def is_literal_password(name: str, value: str) -> bool:
    """Whether the value is a password that stands in the text, however weak it is."""
    return (
        is_password_name(name)
        and not any(character.isspace() for character in value.strip())
        and value.strip().lower() not in _SWITCH
        and not is_stand_in(value, name)
        and not _NAME_OF_A_SECRET.fullmatch(value.strip())
    )


def is_literal_key(name: str, value: str) -> bool:
    """Whether the value is a key or token: long, in one piece, and no name of something."""
    text = value.strip()
    return (
        is_key_name(name)
        and len(text) >= _LEAST_KEY
        and not any(character.isspace() for character in text)
        and not text.isdigit()
        and text.lower() not in _SWITCH
        and not is_stand_in(text, name)
        and not _NAME_OF_A_SECRET.fullmatch(text)
        and not _LOWER_CASE_NAME.fullmatch(text)
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
        re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----(?:\s|\\n)+[A-Za-z0-9+/]{40}"),
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


def shape_of(value: str) -> str | None:
    """What a text holds that has the shape of a token, in words; None if it holds nothing."""
    for shape in SHAPES:
        if any(mark in value for mark in shape.marks):
            match = shape.pattern.search(value)
            if match and len(set(match[0])) > 8 and not _STAND_IN.search(match[0]):
                return shape.title
    return None


# The values of Secrets.

_NO_SECRET = frozenset(
    "USER USERNAME LOGIN NAME HOST HOSTNAME SERVER PORT DATABASE DBNAME DB TYPE URL ENDPOINT "
    "REGION BUCKET NAMESPACE PROJECT EMAIL INSECURE CRT CERT MTIME TIME DATE EXPIRY".split()
)
_USER_AND_PASSWORD = re.compile(r"://[^/@\s]{0,100}:[^/@\s]{1,200}@")
_SETTING = re.compile(r"^[ \t-]*[\"']?([\w.][\w.-]*)[\"']?[ \t]*[:=][ \t]*[\"']?([^\s\"',]+)", re.M)


def is_secret_value(key: str, value: str) -> bool:
    """Whether a value of a Secret is one that nobody else should read.

    User names, addresses, switches, certificates and whole files of settings are kept in Secrets
    beside what is secret.
    """
    text = value.strip()
    if _USER_AND_PASSWORD.search(text) or shape_of(text):
        return True
    if "\n" in text:
        settings = _SETTING.findall(text)
        return any(is_literal_password(*each) or is_literal_key(*each) for each in settings)
    if not text or text.lower() in _SWITCH or is_stand_in(text):
        return False
    if is_password_name(key) or is_key_name(key):
        return True
    words = _words(key)
    return not (
        (words[-1:] and words[-1] in _NO_SECRET)
        or "USERNAME" in words
        or text.isdigit()
        or re.fullmatch(r"https?://\S*", text) is not None
    )
