// What another extension does already, and what VS Code's settings say of it.

import * as vscode from "vscode";

/** Red Hat's extension, which lists and completes the keys of YAML. */
const YAML_EXTENSION = "redhat.vscode-yaml";

/** Whether Red Hat's extension is there. */
export function hasYamlExtension(): boolean {
  return vscode.extensions.getExtension(YAML_EXTENSION) !== undefined;
}

/** What VS Code's own settings choose of `k8s-lsp.editor` for a text; undefined where nothing. */
export function chosenForEditor(document: vscode.TextDocument, key: string): boolean | undefined {
  const settings = vscode.workspace.getConfiguration("k8s-lsp", document);
  const chosen = settings.inspect<Readonly<Record<string, boolean>>>("editor");
  const all = { ...chosen?.globalValue, ...chosen?.workspaceValue, ...chosen?.workspaceFolderValue };
  return all[key];
}
