import * as vscode from "vscode";

import { onDidChangePython } from "./interpreter";
import { Server } from "./server";

let server: Server | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const log = vscode.window.createOutputChannel("k8s-lsp", { log: true });
  server = new Server(context.extensionPath, [{ scheme: "file", language: "yaml" }], log);
  const restart = () => void server?.restart();
  context.subscriptions.push(
    log,
    server,
    onDidChangePython(restart),
    vscode.commands.registerCommand("k8s-lsp.restart", () => server?.restart()),
  );
  await server.restart();
}

export function deactivate(): Promise<void> | undefined {
  return server?.stop();
}
