"""What the command of a container tells: what takes root, what is written, what touches the node.

A script of a shell is read as far as words tell: which programs it calls, and with which words.
Nothing is run, and no variable is expanded. What is not understood tells nothing.
"""

import re
import shlex
from collections.abc import Collection, Iterable, Iterator
from itertools import pairwise
from posixpath import basename, join
from typing import Final, NamedTuple

from k8s_lsp.kubernetes.fields import Field
from k8s_lsp.kubernetes.pods import Container, cached_for_fixes
from k8s_lsp.kubernetes.scratch_volumes import folder_at, is_within, mounts_of
from k8s_lsp.regexes import regex

_SHELLS: Final = frozenset("sh bash ash dash zsh ksh".split())

_BEFORE_PROGRAMS: Final = frozenset(
    "if then else elif do while until ! { time exec env nohup command nice ionice setsid"
    " stdbuf xargs tini dumb-init eval --".split()
)
"""What stands before the program that is called: words of the shell, and programs that start it."""

_ROOT_PROGRAMS: Final = frozenset(
    "chown chgrp chroot sysctl mount umount modprobe insmod iptables ip6tables iptables-restore nft"
    " setcap nsenter useradd adduser groupadd addgroup usermod groupmod userdel passwd chpasswd su"
    " sudo gosu su-exec setpriv runuser mknod losetup swapon swapoff apt-get apt apk yum dnf"
    " microdnf zypper pacman ldconfig update-ca-certificates update-ca-trust".split()
)
"""Programs that do their work for root alone, with the capabilities that a runtime gives it."""

_INSTALLERS: Final = {
    **dict.fromkeys(("apt-get", "apt", "yum", "dnf", "microdnf", "zypper"), "install update"),
    **dict.fromkeys(("gem", "pip", "pip2", "pip3"), "install"),
    "apk": "add",
    "dpkg": "-i",
    "rpm": "-i -U -ivh -Uvh",
    "pacman": "-S -Sy -Syu",
}
"""Programs that write others into the root file system, and the words that make them do so."""

_ELSEWHERE: Final = frozenset("--user --target -t --prefix --root".split())
"""Options of `pip` with which it installs into a folder that somebody chose."""

_CLIENTS_OF_DATABASES: Final = ("mysql", "mariadb", "psql", "mongo", "cqlsh", "influx")
"""Programs to which `-u root` is a user of a database."""

_NODE_PROGRAMS: Final = frozenset(
    "nsenter chroot mount sysctl modprobe insmod iptables ip6tables iptables-restore"
    " ip6tables-restore nft ipvsadm losetup iscsid iscsiadm tgtd ganesha.nfsd rpc.nfsd exportfs"
    " mkfs mkfs.ext4 mkfs.xfs mdadm lvm vgcreate lvcreate pvcreate sgdisk wipefs bpftool tc".split()
)
"""Programs that change the node's kernel, its network, its disks or what is mounted there."""

_OF_FIRST_PROCESS: Final = regex(r"/proc/1/(?:ns|root)(?![a-z])")
"""The node itself, under the node's process ids. What else a container finds there is its own: the
output of its first process (`/proc/1/fd/1`), its control group."""

_OF_SYSTEM: Final = tuple("/bin /boot /etc /lib /lib64 /opt /run /sbin /usr /var".split())
"""Folders that belong to root in about every image (Filesystem Hierarchy Standard 3.0)."""

_FOR_ALL: Final = ("/tmp", "/var/tmp", "/dev", "/proc")
"""Folders that every user may write to, or of which the root file system has nothing."""

_RECOVERED: Final = "/lost+found"
"""The folder at the root of a new ext4 volume, which belongs to root alone (mklost+found(8))."""

_DEEPEST: Final = 3
"""How deep scripts are read that are words of other scripts."""


class Command(NamedTuple):
    """A program that is called: its name without a path, its words, and what it is written to."""

    program: str
    words: tuple[str, ...]
    redirected_to: tuple[str, ...]

    @property
    def operands(self) -> list[str]:
        """The words that are no options."""
        return [word for word in self.words if not word.startswith("-")]

    @property
    def options(self) -> list[str]:
        """The words that are options."""
        return [word for word in self.words if word.startswith("-")]


@cached_for_fixes
def commands_of(container: Container) -> tuple[Command, ...]:
    """What a container calls by its command and arguments, its probes and lifecycle handlers."""
    return tuple(commands_in(container.field))


def commands_in(container: Field) -> Iterator[Command]:
    """The same, of a container of which no more is known than its field."""
    # Most containers have one of these keys, if any: each of the others would be five fields.
    keys = {entry.path[-1] for entry in container.entries(_CALLING)}
    if not keys:
        return
    words = [word for name in ("command", "args") for word in container.get(name).items()]
    yield from _read([word.text or "" for word in words], 0)
    for names in _HANDLERS:
        if names[0] in keys:
            words = list(container.get(*names, "exec", "command").items())
            yield from _read([word.text or "" for word in words], 0)


_HANDLERS: Final = (
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
    ("startupProbe",),
    ("livenessProbe",),
    ("readinessProbe",),
)
"""Where else a container has commands, which run as its user."""

_CALLING: Final = frozenset({"command", "args", *(names[0] for names in _HANDLERS)})


def _read(words: list[str], depth: int) -> Iterator[Command]:
    """What the words of one call start, the scripts among them too."""
    words = _without_starters(words)
    if not words:
        return
    program = basename(words[0])
    if program == "sudo":
        yield Command(program, tuple(words[1:]), ())
        yield from _read(words[1:], depth)
        return
    rest, targets = _without_redirections(words[1:])
    yield Command(program, tuple(rest), tuple(targets))
    script = _script_in(program, rest)
    if script is not None and depth < _DEEPEST:
        for call in _calls_in(script):
            yield from _read(call, depth + 1)
    if program == "find" and "-exec" in rest:
        yield from _read(rest[rest.index("-exec") + 1 :], depth)


def _without_starters(words: list[str]) -> list[str]:
    """The words from the program on: behind `if`, `exec`, `env A=b`, `timeout 5`, `tini --`."""
    at = 0
    while at < len(words) and words[at]:
        word, before = basename(words[at]), basename(words[at - 1]) if at else ""
        is_option = words[at].startswith("-") and before in _BEFORE_PROGRAMS
        if word == "timeout":
            at += 2
        elif is_option or word in _BEFORE_PROGRAMS or _ASSIGNMENT.match(words[at]):
            at += 1
        else:
            break
    return words[at:]


_ASSIGNMENT: Final = regex(r"[A-Za-z_]\w*=")


def _script_in(program: str, words: list[str]) -> str | None:
    """The script that a shell is given as a word."""
    if program not in _SHELLS and program not in ("su", "runuser"):
        return None
    for option, script in pairwise(words):
        if re.fullmatch(r"-[a-z]*c", option):
            return script
    return None


def _calls_in(script: str) -> Iterator[list[str]]:
    """The words of each call in a script, redirections among them."""
    call: list[str] = []
    is_comment = False
    for word in _words_of(script.replace("\\\n", " ")):
        is_break = set(word) <= set(";|&()\n`") and word != ""
        if "\n" in word:
            is_comment = False
        elif is_comment or word.startswith("#"):
            is_comment = True
            continue
        if is_break:
            yield call
            call = []
        else:
            call.append(word)
    yield call


def _words_of(script: str) -> Iterable[str]:
    """The words and signs of a script; where its quotes do not match, without regard to these."""
    lexer = shlex.shlex(script, posix=True, punctuation_chars=";|&()<>\n`")
    lexer.whitespace, lexer.whitespace_split, lexer.commenters = " \t\r", True, ""
    try:
        return list(lexer)
    except ValueError:
        return re.findall(r"[;|&()\n`]+|[<>]+&?|[^\s;|&()<>`\"']+", script)


def _without_redirections(words: list[str]) -> tuple[list[str], list[str]]:
    """The words of a call, and the files that it is redirected to."""
    rest: list[str] = []
    targets: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if set(word) <= set("<>&|") and ("<" in word or ">" in word):
            if rest and rest[-1].isdigit():
                del rest[-1]  # The number of the stream: `2>&1`.
            if ">" in word and not word.endswith("&"):
                targets += words[at + 1 : at + 2]
            at += 2
        else:
            rest.append(word)
            at += 1
    return rest, targets


# What takes root.


@cached_for_fixes
def root_in_command(container: Container) -> str | None:
    """What in the command of a container takes root and its capabilities, as a clause."""
    places = [each.folder for each in mounts_of(container)]
    claims = [each.folder for each in mounts_of(container) if each.keeps_data]
    for each in commands_of(container):
        if each.program in _ROOT_PROGRAMS and not _only_asks(each):
            return f"its command calls {each.program}, which takes root and its capabilities"
        if _asks_for_root(each):
            return f"its command has {each.program} run as root"
        if each.program == "chmod":
            owned = [word for word in each.operands if folder_at(word) in places]
            if owned:
                return f"its command changes the mode of {owned[0]}, which belongs to root"
        looked_at = (folder_at(word) for word in each.operands if word.startswith("/"))
        if any(folder.endswith(_RECOVERED) for folder in looked_at):
            return f"its command looks into {_RECOVERED[1:]}, which belongs to root"
        copied = _copied_by(each, claims)
        if copied is not None:
            return f"its command copies what is in {copied}, whoever owns it"
    return None


def _only_asks(command: Command) -> bool:
    """Whether a program only tells what is set: `mount`, `sysctl -n vm.max_map_count`."""
    if command.program == "sysctl":
        return not any(word in ("-w", "-p") or "=" in word for word in command.words)
    return command.program == "mount" and not command.operands


def _asks_for_root(command: Command) -> bool:
    """Whether a program is told to work as root: `-u root`, `user=root`."""
    if command.program.startswith(_CLIENTS_OF_DATABASES) and not command.program.endswith("d"):
        return False
    return any(pair in _USER_OPTIONS for pair in pairwise(command.words)) or any(
        re.fullmatch(r"(?:--)?user[=:](?:root|0)", word) for word in command.words
    )


_USER_OPTIONS: Final = frozenset(
    (option, user) for option in ("-u", "--user") for user in ("root", "0")
)


def _copied_by(command: Command, claims: list[str]) -> str | None:
    """The folder with data of others that a program copies as a whole."""
    if command.program == "cp":
        if not any(_RECURSIVE.match(option) for option in command.options):
            return None
        sources = command.operands[:-1]
    elif command.program in ("rsync", "tar"):
        sources = command.operands
    else:
        return None
    copied = (folder_at(word) for word in sources if word.startswith("/"))
    return next((each for each in copied if each in claims), None)


_RECURSIVE: Final = regex(r"-\w*[rRa]|--(?:recursive|archive)")


@cached_for_fixes
def home_of_root_in(container: Container) -> str | None:
    """Where a container says that it works in the home of root, as a clause."""
    words = [word for each in commands_of(container) for word in (*each.words, each.program)]
    targets = [word for each in commands_of(container) for word in each.redirected_to]
    if any(_HOME_OF_ROOT.search(word) for word in (*words, *targets)):
        return "its command works in the home of root"
    for each in mounts_of(container):
        if is_within(each.folder, "/root"):
            return f"{each.folder} is mounted, which is in the home of root"
    if is_within(container.get("workingDir").text or "", "/root"):
        return "it works in the home of root"
    for variable in container.get("env").items():
        if is_within(variable.get("value").text or "", "/root"):
            return f"{variable.get('name').text} names the home of root"
    return None


_HOME_OF_ROOT: Final = regex(r"(?<![\w/.-])/root(?![\w.-])")


@cached_for_fixes
def installed_by(container: Container) -> str | None:
    """How the command of a container installs programs into its root file system: `apk add`."""
    for program, words, _ in commands_of(container):
        if program.startswith("python") and words[:2] == ("-m", "pip"):
            program, words = "pip", words[2:]
        wanted = _INSTALLERS.get(program, "").split()
        done = next((word for word in words if word in wanted), None)
        if done is not None and _ELSEWHERE.isdisjoint(words):
            return f"{program} {done}"
    return None


# What is written.


@cached_for_fixes
def written_by(container: Container) -> list[str]:
    """The paths that the command of a container writes to, as far as they are told.

    A relative one is told where nothing says what it is relative to.
    """
    return _writes(container, commands_of(container))


def writes_below(container: Container, folder: str) -> bool:
    """Whether the command of a container is seen to write to a folder; a check may ask this."""
    folder = folder.rstrip("/") + "/"
    return any(
        f"{path}/".startswith(folder) for path in _writes(container, commands_in(container.field))
    )


def _writes(container: Container, commands: Iterable[Command]) -> list[str]:
    found: list[str] = []
    base = container.get("workingDir").text or ""
    for each in commands:
        if each.program == "cd" and each.operands:
            base = join(base, each.operands[0]) if "$" not in each.operands[0] else ""
            continue
        for path in (*each.redirected_to, *_targets_of(each)):
            path = path.partition("$")[0] if path.startswith("/") else join(base, path)
            if path not in ("", "-") and "$" not in path and _IS_PATH.fullmatch(path):
                found.append(path)
    return found


_IS_PATH: Final = regex(r"/?[\w.@%+,=~-]+(?:/[\w.@%+,=~*-]*)*|/")


def _targets_of(command: Command) -> list[str]:
    """The files and folders that a program writes, by its words."""
    program, words, operands = command.program, command.words, command.operands
    if program in ("tee", "touch", "mkdir"):
        is_mode = [at for at, word in enumerate(words) if word in ("-m", "--mode")]
        modes = {words[at + 1] for at in is_mode if at + 1 < len(words)}
        return [word for word in operands if word not in modes]
    if program in ("cp", "mv", "ln", "install", "rsync"):
        return operands[-1:] if len(operands) > 1 and ":" not in operands[-1] else []
    if program == "sed" and any(option.startswith(("-i", "--in-place")) for option in words):
        return operands[-1:]
    option = {"wget": "-O", "curl": "-o", "tar": "-C", "unzip": "-d"}.get(program)
    if option in words[:-1] and option is not None:
        return [words[words.index(option) + 1]]
    return []


def unwritable_in(container: Container, folders: Iterable[str] = ()) -> list[str]:
    """What the command of a container writes, and could not under a read-only root.

    `folders` are those that become writable at the same time.
    """
    written = written_by(container)
    if not written:
        return []
    writable = [each.folder for each in mounts_of(container) if not each.is_configuration]
    writable += [*map(folder_at, folders), "/dev", "/proc"]
    return [
        path for path in written if not any(is_within(folder_at(path), place) for place in writable)
    ]


def owned_by_root(container: Container, folders: Iterable[str] = ()) -> str | None:
    """That the command of a container writes where about every image lets root write alone.

    `folders` are those of which another user is known to be able to.
    """
    for path in unwritable_in(container, (*_FOR_ALL, *folders)):
        if any(is_within(path, folder) for folder in _OF_SYSTEM):
            return f"its command writes to {path}, which belongs to root"
    return None


# What touches the node.


def node_program_in(found: Collection[Command]) -> str | None:
    """The program with which the commands of a container work on its node: `nsenter`."""
    for each in found:
        if each.program in _NODE_PROGRAMS and not _only_asks(each):
            return each.program
    for each in found:
        for word in (*each.words, *each.redirected_to):
            place = _OF_FIRST_PROCESS.search(word)
            if place is not None:
                return place[0]
    return None
