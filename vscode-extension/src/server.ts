// The server's process and the client that speaks with it: starting, crashing, ending.

import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import {
  CloseAction,
  type DocumentSelector,
  type ErrorHandler,
  LanguageClient,
  RevealOutputChannelOn,
  State as ClientState,
  type StaticFeature,
} from "vscode-languageclient/node";

import { shown } from "./completion";
import { HARDENED, type Hardened } from "./hardened";
import { findPython, ISOLATED, type Python } from "./interpreter";
import { isOutlined } from "./outline";
import type { TextState } from "./state";
import { SyntaxErrors } from "./syntaxErrors";

/** What the server is doing, as people are told. */
export type State =
  | { readonly kind: "idle" }
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly python: Python }
  | { readonly kind: "no-python"; readonly reason: string }
  | { readonly kind: "stopped"; readonly reason: string };

/** How often the server is started again after a crash, within three minutes. */
const RESTARTS = 3;

/**
 * What this client does itself, as the server asks: it explains rules, tells what hardening did, and
 * shows in hovers what is related to a diagnostic.
 */
const OURS: StaticFeature = {
  fillClientCapabilities: (capabilities) => {
    const ours = { "k8s-lsp": { explainRule: true, hardened: true, hoversDiagnostics: true } };
    capabilities.experimental = { ...capabilities.experimental, ...ours };
  },
  initialize: () => undefined,
  getState: () => ({ kind: "static" }),
  clear: () => undefined,
};

/** A client that writes errors to the log alone: people are told by messages with buttons. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

export class Server implements vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<State>();
  readonly onDidChangeState = this.changes.event;
  private readonly lists = new vscode.EventEmitter<void>();
  /** Tells once that the list of workloads may be another one, until it is asked for again. */
  readonly onDidChangeWorkloads = this.lists.event;
  private readonly texts = new vscode.EventEmitter<void>();
  /** Tells that the state of a text is known, or another one. */
  readonly onDidTellState = this.texts.event;
  private readonly states = new Map<string, TextState>();
  private readonly hardenings = new vscode.EventEmitter<Hardened>();
  /** Tells what hardening has done to a text. */
  readonly onDidHarden = this.hardenings.event;
  private readonly syntaxErrors = new SyntaxErrors();
  state: State = { kind: "idle" };
  private client: LanguageClient | undefined;
  private python: Python | undefined;
  private last: Promise<void> = Promise.resolve();

  constructor(
    private readonly root: string,
    private readonly selector: DocumentSelector,
    readonly log: vscode.LogOutputChannel,
  ) {}

  /** Ends the server if it runs, and starts it, with whatever holds now. */
  restart(): Promise<void> {
    this.become({ kind: "starting" });
    return this.afterTheLast(async () => {
      await this.end();
      await this.start();
    });
  }

  /** The client, for which the server is started if need be; none where people are told why. */
  async running(): Promise<LanguageClient | undefined> {
    const { kind } = this.state;
    await (kind === "starting" || kind === "ready" ? this.last : this.restart());
    return this.client;
  }

  stop(): Promise<void> {
    return this.afterTheLast(() => this.end());
  }

  dispose(): void {
    this.changes.dispose();
    this.lists.dispose();
    this.texts.dispose();
    this.hardenings.dispose();
    this.syntaxErrors.dispose();
  }

  /** In which state a text is; nothing where the server has not told. */
  stateOf(uri: vscode.Uri): TextState | undefined {
    return this.states.get(uri.toString());
  }

  /** What a server that runs answers to a request of its own; nothing where it has no answer. */
  async ask<T>(method: string): Promise<T | undefined> {
    try {
      return this.state.kind === "ready" ? await this.client?.sendRequest<T>(method) : undefined;
    } catch (error) {
      // It may have ended meanwhile, or may be another one, of the interpreter's environment.
      this.log.warn(`${method}: ${error}`);
      return undefined;
    }
  }

  /** What the command line prints that the server is a part of. */
  async run(...args: string[]): Promise<string> {
    if (this.python === undefined) {
      throw new Error("k8s-lsp does not run");
    }
    const options = { cwd: this.root, maxBuffer: 2 ** 26, windowsHide: true };
    const { stdout } = await promisify(execFile)(this.python.path, this.args(...args), options);
    return stdout;
  }

  /** One start or end at a time, in the order in which they were asked for. */
  private afterTheLast(work: () => Promise<void>): Promise<void> {
    this.last = this.last.then(work).catch((error: unknown) => {
      this.client = undefined;
      this.become({ kind: "stopped", reason: error instanceof Error ? error.message : String(error) });
    });
    return this.last;
  }

  private async start(): Promise<void> {
    const python = await findPython(this.root);
    if (typeof python === "string") {
      this.become({ kind: "no-python", reason: python });
      return;
    }
    this.python = python;
    this.log.debug(`Starting with Python ${python.version}, ${python.path}`);
    // Where a command is looked for in the current folder first, that is the extension's.
    const executable = {
      command: python.path,
      args: this.args("server"),
      options: { cwd: this.root },
    };
    const client: LanguageClient = new QuietClient("k8s-lsp", "k8s-lsp", executable, {
      documentSelector: this.selector,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: this.errorHandler(() => client),
      initializationFailedHandler: () => false,
      initializationOptions: { status: true, "message-buttons": true },
      // The commands of the links in hovers.
      markdown: { isTrusted: { enabledCommands: ["k8s-lsp.explainRule"] } },
      middleware: {
        provideDiagnostics: this.syntaxErrors.provideDiagnostics,
        provideCompletionItem: async (document, position, context, token, next) =>
          shown(document, await next(document, position, context, token)),
        provideDocumentSymbols: (document, token, next) =>
          isOutlined(document) ? next(document, token) : [],
      },
    });
    client.registerFeature(OURS);
    client.onNotification("k8s-lsp/workloadsChanged", () => this.lists.fire());
    client.onNotification("k8s-lsp/status", (told: TextState) => {
      this.states.set(client.protocol2CodeConverter.asUri(told.uri).toString(), told);
      this.texts.fire();
    });
    client.onNotification(HARDENED, (hardened: Hardened) => this.hardenings.fire(hardened));
    client.onDidChangeState(({ newState }) => {
      if (newState === ClientState.Running) {
        this.become({ kind: "ready", python });
      } else if (newState === ClientState.Starting) {
        this.become({ kind: "starting" });
      } else if (this.client === client && this.state.kind === "ready") {
        // Whoever ends a client on purpose has forgotten it before, and one that is started again
        // after a crash stays the client.
        this.client = undefined;
        this.become({ kind: "stopped", reason: "the connection to its server broke" });
      }
    });
    this.client = client;
    this.syntaxErrors.client = client;
    try {
      await client.start();
    } catch (error) {
      // A server that ended has been told.
      if (this.client === client) {
        throw error;
      }
    }
  }

  private async end(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    this.syntaxErrors.client = undefined;
    this.python = undefined;
    try {
      if (client?.state === ClientState.Starting) {
        // After a crash; a client cannot be ended while it starts.
        await client.start();
      }
      await client?.dispose();
    } catch (error) {
      this.log.warn(`Ending the server: ${error}`);
    }
  }

  private args(...args: string[]): string[] {
    const configured = vscode.workspace
      .getConfiguration("k8s-lsp")
      .get("importStrategy", "useBundled");
    // A workspace that nobody trusts may have chosen the environment.
    const strategy = vscode.workspace.isTrusted ? configured : "useBundled";
    return [...ISOLATED, path.join(this.root, "launch.py"), strategy, ...args];
  }

  /** Restarts a server that crashes, as the library does, but says when that has an end. */
  private errorHandler(client: () => LanguageClient): ErrorHandler {
    let usual: ErrorHandler | undefined;
    const handler = (): ErrorHandler => (usual ??= client().createDefaultErrorHandler(RESTARTS));
    return {
      error: (error, message, count) => handler().error(error, message, count),
      closed: async () => {
        const hasRun = client().initializeResult !== undefined;
        if (hasRun && (await handler().closed()).action === CloseAction.Restart) {
          this.become({ kind: "starting" });
          const message = "The server crashed, and is started again.";
          return { action: CloseAction.Restart, handled: true, message };
        }
        const reason = hasRun
          ? `its server crashed ${RESTARTS + 1} times within three minutes`
          : "its server ended while it started";
        this.client = undefined;
        this.become({ kind: "stopped", reason });
        return { action: CloseAction.DoNotRestart, handled: true, message: `Given up: ${reason}.` };
      },
    };
  }

  private become(state: State): void {
    if (state.kind !== "ready") {
      // Another server tells of all texts anew.
      this.states.clear();
    }
    this.state = state;
    this.changes.fire(state);
  }
}
