// What VS Code starts: it puts the parts together.

import * as vscode from "vscode";
import type { DocumentSelector } from "vscode-languageclient/node";

import { registerCommands } from "./commands";
import { Explanations } from "./explanations";
import { tellHardened } from "./hardened";
import { onDidChangePython } from "./interpreter";
import { tellTroubles } from "./messages";
import { Server } from "./server";
import { showStatus } from "./status";
import { Workloads } from "./workloads";

const SETTINGS_OF_THE_START = ["k8s-lsp.interpreter", "k8s-lsp.importStrategy"];

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("k8s-lsp", { log: true });
  const selector = selectorOf(context.extension.packageJSON.activationEvents);
  const running = new Server(context.extensionPath, selector, log);
  // VS Code starts this extension for its own settings too, which are JSON: whoever works on
  // something else has no server, and hears nothing of an interpreter that is missing.
  const startFor = (document: vscode.TextDocument) => {
    if (running.state.kind === "idle" && vscode.languages.match(selector, document) > 0) {
      void running.restart();
    }
  };
  const restart = () => {
    if (running.state.kind !== "idle") {
      void running.restart();
    }
  };
  const workloads = new Workloads(running);
  const explanations = new Explanations(running);
  server = running;
  context.subscriptions.push(
    log,
    running,
    showStatus(running, selector),
    tellTroubles(running),
    workloads,
    explanations,
    running.onDidHarden((hardened) => tellHardened(hardened, explanations)),
    registerCommands(context, running, selector, workloads, explanations),
    onDidChangePython(restart),
    vscode.workspace.onDidGrantWorkspaceTrust(restart),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (SETTINGS_OF_THE_START.some((name) => event.affectsConfiguration(name))) {
        restart();
      }
    }),
    vscode.workspace.onDidOpenTextDocument(startFor),
  );
  vscode.workspace.textDocuments.forEach(startFor);
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}

/**
 * Texts in the languages that start this extension, and the settings file in whatever language;
 * not what version control shows of older days.
 */
function selectorOf(activationEvents: readonly string[]): Selector {
  const languages = activationEvents
    .filter((event) => event.startsWith("onLanguage:"))
    .map((event) => event.replace("onLanguage:", ""));
  return [
    ...languages.flatMap((language) => [
      { scheme: "file", language },
      { scheme: "untitled", language },
    ]),
    { scheme: "file", pattern: "**/.k8s-lsp.yaml" },
  ];
}

type Selector = vscode.DocumentFilter[] & DocumentSelector;
