// The settings file of a folder, which the server reads.

import * as vscode from "vscode";

const NAME = ".k8s-lsp.yaml";

/** Opens the settings file that holds for the active text, or offers to create one. */
export async function openSettingsFile(extension: vscode.Uri): Promise<void> {
  const document = vscode.window.activeTextEditor?.document.uri;
  const active = document?.scheme === "file" ? document : undefined;
  const holding = active && vscode.workspace.getWorkspaceFolder(active)?.uri;
  const top = holding ?? (active ? undefined : vscode.workspace.workspaceFolders?.[0]?.uri);
  const start = active ? vscode.Uri.joinPath(active, "..") : top;
  if (start === undefined) {
    void vscode.window.showInformationMessage("k8s-lsp: open a folder or a manifest first.");
    return;
  }
  const file = (await nearest(start, top)) ?? (await create(top ?? start, extension));
  if (file !== undefined) {
    await vscode.window.showTextDocument(file);
  }
}

/** The file in a folder or in those above it, up to the workspace's folder. */
async function nearest(folder: vscode.Uri, top?: vscode.Uri): Promise<vscode.Uri | undefined> {
  const file = vscode.Uri.joinPath(folder, NAME);
  if (await exists(file)) {
    return file;
  }
  const above = vscode.Uri.joinPath(folder, "..");
  const isTop = folder.toString() === top?.toString() || above.toString() === folder.toString();
  return isTop ? undefined : nearest(above, top);
}

async function exists(file: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(file);
    return true;
  } catch {
    return false;
  }
}

async function create(folder: vscode.Uri, extension: vscode.Uri): Promise<vscode.Uri | undefined> {
  const file = vscode.Uri.joinPath(folder, NAME);
  const label = "Create";
  const message = `There is no ${NAME} yet. Create ${file.fsPath}?`;
  if ((await vscode.window.showInformationMessage(message, label)) !== label) {
    return undefined;
  }
  await vscode.workspace.fs.copy(vscode.Uri.joinPath(extension, "template.yaml"), file);
  return file;
}
