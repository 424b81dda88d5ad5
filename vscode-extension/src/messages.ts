// What people are told when the server does not run, with what they can do about it.

import * as vscode from "vscode";

import type { Server } from "./server";

const DOWNLOADS = vscode.Uri.parse("https://www.python.org/downloads/");

/** Tells each trouble of the server in a message with buttons. */
export function tellTroubles(server: Server): vscode.Disposable {
  return server.onDidChangeState(async (state) => {
    if (state.kind === "no-python" || state.kind === "stopped") {
      const remedies = REMEDIES[state.kind];
      const message = `k8s-lsp does not run: ${state.reason}.`;
      const chosen = await vscode.window.showErrorMessage(message, ...Object.keys(remedies));
      await remedies[chosen ?? ""]?.();
    }
  });
}

/** What can be done about each trouble, by the buttons' labels. */
const REMEDIES: Record<"no-python" | "stopped", Record<string, () => Thenable<unknown>>> = {
  "no-python": {
    "Choose Interpreter": () => chooseInterpreter(),
    "Get Python": () => vscode.env.openExternal(DOWNLOADS),
  },
  stopped: {
    Restart: () => vscode.commands.executeCommand("k8s-lsp.restart"),
    "Show Log": () => vscode.commands.executeCommand("k8s-lsp.showLog"),
  },
};

/** Has somebody choose an interpreter; the server starts again when the setting changes. */
async function chooseInterpreter(): Promise<void> {
  const title = "The Python interpreter that runs k8s-lsp";
  const chosen = await vscode.window.showOpenDialog({ title, openLabel: "Choose" });
  if (chosen?.[0] !== undefined) {
    await vscode.workspace
      .getConfiguration("k8s-lsp")
      .update("interpreter", chosen[0].fsPath, vscode.ConfigurationTarget.Global);
  }
}
