"""Credentials that stand within a longer text: command lines, settings files, URLs."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.credentials import (
    SHAPE_MARKS,
    is_key_name,
    is_literal_credential,
    is_literal_key,
    is_literal_password,
    is_password_name,
    is_stand_in,
    is_switch,
    shaped_in,
    words_of,
)
from k8s_lsp.regexes import regex


class Credential(NamedTuple):
    """A credential within a text: its place there, and what a message calls it.

    `title` goes behind "must not hold": the name that the text gives it, or what it is in words.
    """

    title: str
    start: int
    end: int


# In any text.

_IN_NAMES: Final = ("pass", "pwd", "secret", "token", "key", "auth", "cred", "pat")
"""What every name of a credential has in it: to look for that first is what makes texts cheap."""


def _may_name_one(text: str) -> bool:
    return any(map(text.lower().__contains__, _IN_NAMES))


_URL: Final = regex(r"://([^\s:/?#@\"'`<>,]{0,100}):([^\s:/?#@\"'`<>,]{1,200})@")
_DATA_SOURCE: Final = regex(r"(?<![\w.-])([\w.-]{1,100}):([^\s:/@\"'`]{1,200})@tcp\(")
"""How a database is named for Go's MySQL driver: `user:password@tcp(host:3306)/database`."""

_USERS = frozenset(("", "name", "user", "username", "usr"))
_PASSWORDS = frozenset("pass passwd password pwd pw secret token".split())

_ASSIGNMENT: Final = regex(
    r"(?<![\w.-])([A-Za-z_-][\w.-]*)=(?=\"([^\"\n]*)\"|'([^'\n]*)'|([^\s;&|\"'`,=()]+={0,2}))"
)
"""`-Dspring.datasource.password=…`, `…;Password=…;`, `?user=…&password=…`.

What stands behind the sign is only looked at: it may be an assignment of its own, as in
`--from-literal=password=…`.
"""

_COMMENT: Final = regex(r"^[ \t]*(?:#|;|//).*", re.MULTILINE)

_AUTHORIZATION: Final = regex(
    r"Authorization[\"']?[ ]?[:=]?[ ]?[\"']?(Bearer|Basic|Token)[ ]([\w+/=.~-]{8,})", re.IGNORECASE
)


def credentials_in(text: str) -> Iterator[Credential]:
    """What has the shape of a token, and the passwords of URLs, options and connection strings."""
    found = [*_unmistakable_in(text), *_assigned_in(text)]
    return _apart(found) if found else iter(())


def _unmistakable_in(text: str) -> Iterator[Credential]:
    """What is a credential by its form, in whichever text it stands."""
    for shaped in shaped_in(text):
        yield Credential(*shaped)
    if "@" in text:
        text = _without_comments(text)
        for match in (*_URL.finditer(text), *_DATA_SOURCE.finditer(text)):
            if _is_password_of(match[1], match[2]):
                yield Credential("a password in a URL", *match.span(2))
    if "uthorization" in text:
        for match in _AUTHORIZATION.finditer(text):
            if _authorizes(match[1], match[2]):
                yield Credential("a credential for Authorization", *match.span(2))


def _assigned_in(
    text: str, is_credential: Callable[[str, str], bool] = is_literal_credential
) -> Iterator[Credential]:
    """What is a credential by the name that it is assigned to."""
    if "=" in text and _may_name_one(text):
        for match in _ASSIGNMENT.finditer(_without_comments(text)):
            group = match.lastindex or 1
            if is_credential(match[1], match[group]):
                yield Credential(f"the value of {match[1]}", *match.span(group))


def _without_comments(text: str) -> str:
    """The text with blanks for comments: they hold examples, and what was in use once."""
    return _COMMENT.sub(lambda comment: " " * len(comment[0]), text)


def _is_password_of(user: str, password: str) -> bool:
    """Whether what stands behind a user's name in a URL is a password, and not its place."""
    is_example = user.lower() in _USERS and password.lower() in _PASSWORDS
    return not is_example and not is_stand_in(password)


def authorizes(value: str) -> bool:
    """Whether the value of a header `Authorization` holds a credential."""
    scheme, _, credential = value.strip().partition(" ")
    return _authorizes(scheme, credential.strip())


def _authorizes(scheme: str, credential: str) -> bool:
    if scheme.lower() == "basic":
        try:
            user, colon, password = base64.b64decode(credential, validate=True).partition(b":")
        except (binascii.Error, ValueError):
            return False
        return bool(colon) and _is_password_of(
            user.decode(errors="replace"), password.decode(errors="replace")
        )
    return scheme.lower() in ("bearer", "token") and is_literal_key("token", credential)


def _apart(found: Iterable[Credential]) -> Iterator[Credential]:
    """Those in a text, in order; of several that overlap, the one that begins first."""
    end = -1
    for credential in sorted(found, key=lambda found: (found.start, -found.end)):
        if credential.start >= end:
            yield credential
            end = credential.end


# In command lines.

_TOKEN: Final = regex(r"[;|&()\n]|(?:[^\s;|&()\"']|\"[^\s\"]*\"|'[^\s']*')+")
"""A word of a shell, quotes included, or what ends a command.

A quote that does not end in the word belongs to something longer, in which words are looked for.
"""

_BLANK: Final = regex(r"\s")
_BEFORE_PROGRAM = frozenset(
    "! do else env exec if nice nohup sudo then time timeout until while".split()
)
"""What stands before the name of a program, as assignments and a number of seconds may."""

_MYSQL = frozenset("mysql mysqladmin mysqldump mysqlcheck mysqlimport mariadb mariadb-dump".split())
_OPTIONS: Final = {
    "redis-cli": ("-a",),
    "sshpass": ("-p",),
    "mongo": ("-p",),
    "mongosh": ("-p",),
    "mongodump": ("-p",),
    "mongorestore": ("-p",),
    "ldapadd": ("-w",),
    "ldapmodify": ("-w",),
    "ldapsearch": ("-w",),
    "ldapwhoami": ("-w",),
    "curl": ("-u", "--user"),
}
"""The options of well-known programs that are given a password, as their manuals have them.

curl's are given the user with it, `user:password`.
"""


_MARKS: Final = (
    *_IN_NAMES,
    *("@", "curl", "ldap", "mongo", "mysql", "mariadb", "redis-cli"),
    *(mark.lower() for mark in SHAPE_MARKS),
)
"""Without one of these in them, arguments hold no credential: names, programs, shapes, `user@`."""


def _may_hold_one(text: str) -> bool:
    """Whether there is a reason to look closer at an argument, or at all: in most there is none."""
    return any(map(text.lower().__contains__, _MARKS))


class _Word(NamedTuple):
    """A word of a command, without its quotes; an empty one ends the command."""

    argument: int
    text: str
    start: int


def credentials_in_arguments(arguments: Sequence[str]) -> list[list[Credential]]:
    """What is given to a program that nobody else should read, by arguments.

    The list is empty where none of them holds anything. An argument may be the text of a script,
    as behind `sh -c`.
    """
    if not _may_hold_one("\n".join(arguments)):
        return []
    found = [list(credentials_in(each)) if _may_hold_one(each) else [] for each in arguments]
    program, option, begins = "", "", True
    for word in _words(arguments):
        if not word.text:
            program, option, begins = "", "", True
            continue
        credential = _value_of(option, program, word)
        if credential is not None:
            found[word.argument].append(credential)
        name = word.text.rpartition("/")[2]
        if begins and name not in _BEFORE_PROGRAM and "=" not in name and not name.isdigit():
            program, begins = name, False
        begins = begins or name == "--"
        option = word.text if word.text.startswith("-") and "=" not in word.text else ""
    return [list(_apart(credentials)) for credentials in found]


def _words(arguments: Sequence[str]) -> Iterator[_Word]:
    """The words of all arguments; those of a script are commands of their own."""
    for index, argument in enumerate(arguments):
        if not _BLANK.search(argument):
            yield _Word(index, argument, 0)
            continue
        yield _Word(index, "", 0)
        for match in _TOKEN.finditer(argument):
            word = match[0].strip("\"';|&()\n")
            # What a quote begins that ends elsewhere is prose: `echo "--password must be set"`.
            is_prose = match.start() > 0 and argument[match.start() - 1] in "\"'"
            yield _Word(index, "" if is_prose else word, match.start() + match[0].find(word))
        yield _Word(index, "", 0)


def _value_of(option: str, program: str, argument: _Word) -> Credential | None:
    """The credential that a word is, behind an option and among the arguments of a program."""
    _, word, place = argument
    if program in _MYSQL and word.startswith("-p") and not word.startswith("--"):
        return _password(program, word[2:], place + 2)
    if not option or word.startswith("-"):
        return None
    if option in _OPTIONS.get(program, ()):
        if program != "curl":
            return _password(program, word, place)
        user, colon, password = word.partition(":")
        if colon and _is_password_of(user, password):
            return _password(program, password, place + len(user) + 1)
        return None
    if is_literal_credential(option, word):
        return Credential(f"the value of {option}", place, place + len(word))
    return None


def _password(program: str, value: str, place: int) -> Credential | None:
    """A password that a program is given under an option whose name does not tell it."""
    if not is_literal_password("password", value):
        return None
    return Credential(f"the password for {program}", place, place + len(value))


# In settings files.

_SETTINGS_FILES = frozenset(
    "bash cfg cnf conf config env ini json properties settings sh toml yaml yml".split()
)

_LINE: Final = regex(
    r"^(?:[ \t]*-[ \t]+|[ \t]*export[ \t]+|[ \t]*)[\"']?([A-Za-z_][\w.-]*)[\"']?[ \t]*[:=][ \t]*"
    r"(?:\"([^\"\n]*)\"|'([^'\n]*)'|([^\s\"'#,;{}\[\]]+))[ \t,;}\]]*(?:#.*)?$",
    re.MULTILINE,
)
"""A name and its value, which are all that a line holds: in YAML, INI, properties, `.env`."""

_OF_REDIS: Final = regex(r"^[ \t]*(requirepass|masterauth)[ \t]+\"?([^\s\"]+)", re.MULTILINE)
_OF_JSON: Final = regex(r"\"([\w.-]+)\"[ \t]*:[ \t]*\"([^\"\\\n]*)\"")

_TYPES = frozenset("str string text varchar password secret keyword".split())
"""What stands for a password where a file describes what others hold, or names a kind of field."""


def credentials_in_file(name: str, text: str) -> Iterator[Credential]:
    """What a file of this name holds that nobody else should read.

    In a settings file, and in a text of one line, it is known by its name, too. A text of any other
    kind may be a program, a page or a list of words.
    """
    found = list(_unmistakable_in(text))
    if _is_settings(name) and _may_name_one(text):
        found += settings_in(name, text)
    if "\n" not in text or _is_settings(name):
        found += _assigned_in(text, _is_setting)
    return _apart(found)


def _is_settings(name: str) -> bool:
    """Whether a text is a settings file, by the end of its name or for want of one."""
    _, dot, end = name.rpartition(".")
    return not dot or end.lower() in _SETTINGS_FILES


def settings_in(name: str, text: str) -> Iterator[Credential]:
    """The settings of a file that are credentials, and no expressions, types or labels."""
    is_json = text.lstrip().startswith("{") or name.endswith(".json")
    for pattern in (_OF_JSON,) if is_json else (_LINE, _OF_REDIS):
        for match in pattern.finditer(text):
            group = match.lastindex or 1
            value = match[group]
            if _is_setting(match[1], value):
                yield Credential(match[1], *match.span(group))


def _is_setting(name: str, value: str) -> bool:
    return is_literal_credential(name, value) and "(" not in value and value.lower() not in _TYPES


# The values of Secrets.

_NO_SECRET = frozenset(
    "USER USERNAME LOGIN NAME HOST HOSTNAME SERVER PORT DATABASE DBNAME DB TYPE URL ENDPOINT "
    "REGION BUCKET NAMESPACE PROJECT EMAIL MAIL INSECURE CRT CERT MTIME TIME DATE EXPIRY DN BINDDN "
    "BASEDN ACCESSKEY".split()
)
_SECRET_ALL_THE_SAME = frozenset("ACCOUNT AZURE SECRET SESSION SHARED STORAGE".split())
"""Words with which an id or an access key is a secret: Azure has storage access keys, Vault secret
ids, and a session belongs to whoever knows its id."""


def _names_identifier(words: tuple[str, ...]) -> bool:
    """Whether a name is that of an account or client, of which something else is the secret.

    An access key is the name that goes with a secret key (AWS, MinIO and all that speak S3).
    """
    return (words[-1:] == ("ID",) or words[-2:] == ("ACCESS", "KEY")) and (
        _SECRET_ALL_THE_SAME.isdisjoint(words)
    )


def is_secret_value(key: str, value: str) -> bool:
    """Whether a value of a Secret is one that nobody else should read.

    User names, addresses, switches, certificates and whole files of settings are kept in Secrets
    beside what is secret.
    """
    text = value.strip()
    if any(_unmistakable_in(text)):
        return True
    if "\n" in text:
        return any(settings_in(key, text))
    if not text or is_switch(text) or is_stand_in(text):
        return False
    if is_password_name(key) or is_key_name(key):
        return True
    words = words_of(key)
    return not (
        (words[-1:] and words[-1] in _NO_SECRET)
        or "USERNAME" in words
        or _names_identifier(words)
        or text.isdigit()
        or re.fullmatch(r"https?://\S*", text) is not None
    )
