// The status bar item. A language status item would hide its counts behind braces.

import * as vscode from "vscode";

import type { Server, State } from "./server";
import { countsText, gapsIn } from "./texts";

/** Shows what the server does, and how much it found in the text that is being edited. */
export function showStatus(server: Server, selector: vscode.DocumentSelector): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("status", vscode.StatusBarAlignment.Right, 100);
  item.name = "k8s-lsp";

  function update(): void {
    const { state } = server;
    const document = vscode.window.activeTextEditor?.document;
    const isOurs = document !== undefined && vscode.languages.match(selector, document) > 0;
    const isTrouble = state.kind === "no-python" || state.kind === "stopped";
    const told = isOurs ? vscode.languages.getDiagnostics(document.uri) : [];
    const counts = [0, 0, 0, 0];
    for (const { source, severity } of told) {
      counts[severity] = (counts[severity] ?? 0) + (source === "k8s-lsp" ? 1 : 0);
    }
    const gaps = state.kind === "ready" ? gapsIn(told) : [];
    const inPart = gaps.length > 0 ? ": read in part" : "";
    const rest = state.kind === "ready" ? `${inPart}${countsText(counts)}` : WORDS[state.kind];
    item.text = `${ICONS[state.kind]} k8s-lsp${rest}`;
    item.tooltip = [tooltip(state), ...gaps.map((gap) => `Read in part: ${gap}`)].join("\n");
    // A new attempt either helps or tells the trouble again, with its buttons.
    item.command = isTrouble ? "k8s-lsp.restart" : "k8s-lsp.showMenu";
    const color = isTrouble ? "error" : gaps.length > 0 ? "warning" : undefined;
    item.backgroundColor =
      color === undefined ? undefined : new vscode.ThemeColor(`statusBarItem.${color}Background`);
    if (isOurs || isTrouble) {
      item.show();
    } else {
      item.hide();
    }
  }

  update();
  return vscode.Disposable.from(
    item,
    server.onDidChangeState(update),
    vscode.window.onDidChangeActiveTextEditor(update),
    vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      const active = vscode.window.activeTextEditor?.document.uri.toString();
      if (uris.some((uri) => uri.toString() === active)) {
        update();
      }
    }),
    vscode.workspace.onDidOpenTextDocument(update),
  );
}

const ICONS = {
  idle: "$(shield)",
  starting: "$(loading~spin)",
  ready: "$(shield)",
  "no-python": "$(error)",
  stopped: "$(error)",
} as const;

const WORDS = { idle: "", starting: "", "no-python": ": no Python", stopped: ": stopped" } as const;

function tooltip(state: State): string {
  switch (state.kind) {
    case "idle":
    case "starting":
      return "k8s-lsp is starting";
    case "ready":
      return `k8s-lsp is ready\nPython ${state.python.version}, ${state.python.path}`;
    default:
      return `k8s-lsp does not run: ${state.reason}`;
  }
}
