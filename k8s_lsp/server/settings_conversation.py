"""How the server learns which settings hold: from the client, and from files that change."""

from collections.abc import Iterator, Mapping

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException

from k8s_lsp.configuration.choices import FILE_NAME
from k8s_lsp.files.gitignore import GITIGNORE
from k8s_lsp.server import status
from k8s_lsp.server.documents import outdated_keys
from k8s_lsp.server.folders import SECTION
from k8s_lsp.server.state import Server

PATIENCE = 2.0
"""Seconds after which texts are judged though the client has not told its settings: most answer
within milliseconds, and some never do."""


WATCHED = ("**/*.{yaml,yml,json}", f"**/{FILE_NAME}", f"**/{GITIGNORE}")
"""The files whose changes matter: manifests, charts and settings, and what leaves some out."""


def begin(server: Server, params: types.InitializeParams) -> None:
    """Take what the client can do, and what it says of itself."""
    server.can_ask_settings = _can(params.capabilities, "configuration")
    server.can_watch_files = _can(
        params.capabilities, "did_change_watched_files.dynamic_registration"
    )
    server.folders.initialized_with(params.initialization_options)
    take_folders(server)
    if server.can_ask_settings:
        # From here on, because some clients do not even say that they are initialized.
        server.call_later(PATIENCE, lambda: _wait_no_longer(server))
    else:
        server.configured.set()


def _can(capabilities: types.ClientCapabilities, name: str) -> bool:
    return bool(get_capability(capabilities, f"workspace.{name}", False))


def renew(server: Server) -> None:
    """Ask for the settings where the client can be asked, else go on with those that are there."""
    if server.can_ask_settings:
        server.start(_ask(server))
    else:
        settle(server)


def take_settings(server: Server, sent: object) -> None:
    """Take the settings that a client sends when they change, or ask for them if it can be asked.

    A client that cannot be asked sends everything, and our section of it is what counts.
    """
    if not server.can_ask_settings:
        section = sent.get(SECTION) if isinstance(sent, Mapping) else None
        server.folders.take_settings({None: section})
    renew(server)


def take_folders(server: Server) -> None:
    """Look at which folders are open."""
    root = server.workspace.root_uri
    folders = [folder.uri for folder in server.workspace.folders.values()]
    server.folders.opened(folders or ([root] if root is not None else []))
    server.surroundings_changed()


def reload(server: Server) -> None:
    """Read the configuration files again, because they may have changed."""
    server.folders.reload()
    if server.configured.is_set():
        settle(server)


def settle(server: Server) -> None:
    """Analyse the open texts for which other settings hold than before, or have them pulled."""
    server.configured.set()
    outdated = outdated_keys(server)
    for key in outdated:
        server.changed(key)
    if server.client.pulls and any(key in server.documents for key in outdated):
        server.workspace_diagnostic_refresh(None)
    if any(key in server.documents for key in outdated):
        server.refresh_shown()
    server.indexer.renew()
    _show_mistakes(server)
    status.settings_changed(server)


def _show_mistakes(server: Server) -> None:
    """Show what is wrong with the client's settings, unless that was shown last."""
    message = "; ".join(server.folders.errors())
    if message and message != server.shown_mistakes:
        server.window_show_message(
            types.ShowMessageParams(
                types.MessageType.Warning, f"k8s-lsp, in the editor's settings: {message}"
            )
        )
    server.shown_mistakes = message


def _wait_no_longer(server: Server) -> None:
    """Begin with the settings that are there; an answer that comes after all changes them."""
    if not server.configured.is_set():
        message = f"no settings from the client within {PATIENCE:.0f} seconds: going on without"
        server.log(message, types.MessageType.Warning)
        settle(server)


async def _ask(server: Server) -> None:
    """Ask the client for its settings; only the answer to the last question counts."""
    server.question_count += 1
    question = server.question_count
    scopes = server.folders.scopes
    items = [types.ConfigurationItem(scope_uri=scope, section=SECTION) for scope in scopes]
    try:
        params = types.ConfigurationParams(items)
        answers = list(await server.workspace_configuration_async(params) or ())
    except Exception as error:
        # Whatever came instead of an answer: without one, nothing would ever be analysed.
        server.log(f"no settings from the client: {error}", types.MessageType.Warning)
        answers = []
    if question == server.question_count:
        server.folders.take_settings(dict(zip(scopes, answers, strict=False)))
        settle(server)


async def register(server: Server) -> None:
    """Ask the client to tell of changes, as far as it can."""
    registrations = [*_registrations(server)]
    if registrations:
        try:
            await server.client_register_capability_async(types.RegistrationParams(registrations))
        except JsonRpcException as error:
            server.can_watch_files = False
            server.log(f"changes are not told: {error}", types.MessageType.Warning)


def _registrations(server: Server) -> Iterator[types.Registration]:
    if server.can_watch_files:
        watchers = [types.FileSystemWatcher(pattern) for pattern in WATCHED]
        # Of a folder that goes away or is renamed, clients tell in its own name.
        watchers.append(types.FileSystemWatcher("**", types.WatchKind.Delete))
        yield types.Registration(
            "watch",
            types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            types.DidChangeWatchedFilesRegistrationOptions(watchers),
        )
    if _can(server.client_capabilities, "did_change_configuration.dynamic_registration"):
        yield types.Registration(
            "settings",
            types.WORKSPACE_DID_CHANGE_CONFIGURATION,
            types.DidChangeConfigurationRegistrationOptions(SECTION),
        )
