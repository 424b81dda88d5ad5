// What people are told when the server does not run, with what they can do about it.

import * as vscode from "vscode";

import type { Server } from "./server";

const DOWNLOADS = vscode.Uri.parse("https://www.python.org/downloads/");

/** Tells each trouble of the server in a message with buttons. */
export function tellTroubles(server: Server): vscode.Disposable {
  return server.onDidChangeState(async (state) => {
    if (state.kind === "no-python") {
      const choose = "Choose Interpreter";
      const get = "Get Python";
      const message = `k8s-lsp needs Python 3.10 or newer: ${state.reason}.`;
      const answer = await vscode.window.showErrorMessage(message, choose, get);
      if (answer === choose) {
        await chooseInterpreter();
      } else if (answer === get) {
        await vscode.env.openExternal(DOWNLOADS);
      }
    } else if (state.kind === "stopped") {
      const restart = "Restart";
      const log = "Show Log";
      const message = `k8s-lsp does not run: ${state.reason}.`;
      const answer = await vscode.window.showErrorMessage(message, restart, log);
      if (answer !== undefined) {
        await vscode.commands.executeCommand(answer === log ? "k8s-lsp.showLog" : "k8s-lsp.restart");
      }
    }
  });
}

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
