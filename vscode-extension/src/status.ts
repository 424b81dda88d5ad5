// The status bar item. A language status item would hide its counts behind braces.

import * as vscode from "vscode";

import type { Server, State } from "./server";
import { factsOf, headline, isBroken, isNoManifest, isWarning, itemText, literal, type TextState } from "./state";

/** Shows what the server does, and in which state the text is that is being edited. */
export function showStatus(server: Server, selector: vscode.DocumentSelector): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("status", vscode.StatusBarAlignment.Right, 100);
  item.name = "k8s-lsp";

  function update(): void {
    const { state } = server;
    const document = vscode.window.activeTextEditor?.document;
    const isOurs = document !== undefined && vscode.languages.match(selector, document) > 0;
    if (state.kind === "no-python" || state.kind === "stopped") {
      showTrouble(item, state);
    } else if (!isOurs) {
      item.hide();
    } else if (state.kind === "ready") {
      showState(item, server.stateOf(document.uri), state.python);
    } else {
      showBusy(item, state.kind);
    }
  }

  update();
  return vscode.Disposable.from(
    item,
    server.onDidChangeState(update),
    server.onDidTellState(update),
    vscode.window.onDidChangeActiveTextEditor(update),
    vscode.workspace.onDidOpenTextDocument(update),
  );
}

type Item = vscode.StatusBarItem;

/** What is told of a text; nothing before the server has, nor of one that it does not look at. */
function showState(item: Item, told: TextState | undefined, python: Python): void {
  if (told === undefined || isNoManifest(told)) {
    item.hide();
    return;
  }
  item.text = itemText(told);
  item.tooltip = tooltipOf(told, python);
  item.accessibilityInformation = { label: `k8s-lsp: ${headline(told)}` };
  item.command = isBroken(told) ? "k8s-lsp.openSettingsFile" : "k8s-lsp.showMenu";
  color(item, isWarning(told) ? "warning" : undefined);
  item.show();
}

function showBusy(item: Item, kind: "idle" | "starting"): void {
  item.text = `${kind === "idle" ? "$(shield)" : "$(loading~spin)"} k8s-lsp`;
  item.tooltip = "k8s-lsp is starting";
  item.accessibilityInformation = { label: item.tooltip };
  item.command = "k8s-lsp.showMenu";
  color(item, undefined);
  item.show();
}

function showTrouble(item: Item, { kind, reason }: Trouble): void {
  item.text = `$(error) k8s-lsp: ${kind === "no-python" ? "no Python" : "stopped"}`;
  item.tooltip = `k8s-lsp does not run: ${reason}`;
  item.accessibilityInformation = { label: item.tooltip };
  // A new attempt either helps or tells the trouble again, with its buttons.
  item.command = "k8s-lsp.restart";
  color(item, "error");
  item.show();
}

type Trouble = Extract<State, { readonly reason: string }>;
type Python = Extract<State, { readonly kind: "ready" }>["python"];

function color(item: Item, kind: "error" | "warning" | undefined): void {
  item.backgroundColor =
    kind === undefined ? undefined : new vscode.ThemeColor(`statusBarItem.${kind}Background`);
}

/** The state with its reasons, and what decides about the text, with what changes that. */
function tooltipOf(told: TextState, python: Python): vscode.MarkdownString {
  const tooltip = new vscode.MarkdownString();
  const facts = factsOf(told);
  const commands = facts.flatMap(({ command }) => (command === undefined ? [] : [command.id]));
  tooltip.isTrusted = { enabledCommands: commands };
  for (const paragraph of [`**k8s-lsp** · ${literal(headline(told))}`, ...told.details.map(literal)]) {
    tooltip.appendMarkdown(`${paragraph}\n\n`);
  }
  const lines = facts.map(({ name, value, command }) => ({
    text: literal(`${name}: ${value}`),
    link: command === undefined ? "" : ` · [${command.title}](command:${command.id})`,
  }));
  for (const { text, link } of lines) {
    tooltip.appendMarkdown(`${text}${link}  \n`);
  }
  return tooltip.appendMarkdown(literal(`Python ${python.version}, ${python.path}`));
}
