// The profile, which somebody chooses from a list.

import * as vscode from "vscode";
import type { TextEdit } from "vscode-languageclient/node";

import type { Server } from "./server";

/** The profiles with what they are, from the usual one on. */
const PROFILES = {
  recommended: "The usual choice: Pod Security, and what goes beyond it",
  baseline: "Exactly the baseline level of the Pod Security Standards",
  restricted: "Exactly the restricted level of the Pod Security Standards",
  all: "Every rule, those too that not everybody wants",
} as const;

/** What the server answers: the settings file, and how it is to be changed, where that is possible. */
interface Answer {
  readonly uri: string;
  readonly edits: TextEdit[] | null;
}

/** Has somebody choose the profile, and writes it where it counts for the active text. */
export async function chooseProfile(server: Server): Promise<void> {
  const client = await server.running();
  if (client === undefined) {
    return;
  }
  const document = vscode.window.activeTextEditor?.document;
  const told = document && server.stateOf(document.uri);
  const items = Object.entries(PROFILES).map(([label, detail]) => ({
    label,
    detail,
    description: label === told?.profile ? "chosen" : "",
  }));
  const place = told?.settingsFile?.name ?? "the settings of VS Code";
  const chosen = await vscode.window.showQuickPick(items, {
    title: "Choose the profile of k8s-lsp",
    placeHolder: `It is written to ${place}`,
  });
  if (chosen === undefined) {
    return;
  }
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const text = document?.uri ?? (folder && vscode.Uri.joinPath(folder, "manifest.yaml"));
  const answer =
    text &&
    (await client.sendRequest<Answer | null>("k8s-lsp/chooseProfile", {
      uri: client.code2ProtocolConverter.asUri(text),
      profile: chosen.label,
    }));
  if (!answer) {
    await configure(chosen.label, text);
  } else if (answer.edits === null) {
    await explain(client.protocol2CodeConverter.asUri(answer.uri));
  } else {
    const edits = await client.protocol2CodeConverter.asTextEdits(answer.edits);
    await write(client.protocol2CodeConverter.asUri(answer.uri), edits);
  }
}

/** Chooses it in the settings: in the folder's where these have one, else in the workspace's. */
async function configure(profile: string, text: vscode.Uri | undefined): Promise<void> {
  const settings = vscode.workspace.getConfiguration("k8s-lsp", text);
  const { Global, Workspace, WorkspaceFolder } = vscode.ConfigurationTarget;
  const isOfFolder = settings.inspect("profile")?.workspaceFolderValue !== undefined;
  const isOpen = (vscode.workspace.workspaceFolders ?? []).length > 0;
  const target = isOfFolder ? WorkspaceFolder : isOpen ? Workspace : Global;
  await settings.update("profile", profile, target);
}

/** Writes it to the settings file, which counts once it is saved; what was typed there is kept. */
async function write(uri: vscode.Uri, edits: vscode.TextEdit[]): Promise<void> {
  const file = await vscode.workspace.openTextDocument(uri);
  const wasDirty = file.isDirty;
  const edit = new vscode.WorkspaceEdit();
  edit.set(file.uri, edits);
  await vscode.workspace.applyEdit(edit);
  if (wasDirty) {
    await vscode.window.showTextDocument(file);
  } else {
    await file.save();
  }
}

/** Tells that the file is written in a way that only a person can change. */
async function explain(uri: vscode.Uri): Promise<void> {
  const name = vscode.workspace.asRelativePath(uri);
  const message = `k8s-lsp: ${name} has mistakes, and its profile is not changed around these.`;
  if ((await vscode.window.showWarningMessage(message, "Open")) === "Open") {
    await vscode.window.showTextDocument(uri);
  }
}
