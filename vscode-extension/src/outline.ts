// Whether the outline lists the objects of a text: not where something else fills it already.

import * as vscode from "vscode";

/** Red Hat's extension, which lists the keys of YAML. */
const YAML_EXTENSION = "redhat.vscode-yaml";

/**
 * Whether the server is asked for the symbols of a text: where VS Code's own settings choose that,
 * and else where nothing else lists its keys, as VS Code itself does for JSON.
 */
export function isOutlined(document: vscode.TextDocument): boolean {
  const settings = vscode.workspace.getConfiguration("k8s-lsp", document);
  const chosen = settings.inspect<{ readonly outline?: boolean }>("editor");
  const all = { ...chosen?.globalValue, ...chosen?.workspaceValue, ...chosen?.workspaceFolderValue };
  if (all.outline !== undefined) {
    return all.outline;
  }
  const isJson = document.languageId === "json" || document.languageId === "jsonc";
  return !isJson && vscode.extensions.getExtension(YAML_EXTENSION) === undefined;
}
