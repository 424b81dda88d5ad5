// Whether the outline lists the objects of a text: not where something else fills it already.

import type * as vscode from "vscode";

import { chosenForEditor, hasYamlExtension } from "./neighbours";

/**
 * Whether the server is asked for the symbols of a text: where VS Code's own settings choose that,
 * and else where nothing else lists its keys, as VS Code itself does for JSON.
 */
export function isOutlined(document: vscode.TextDocument): boolean {
  const isJson = document.languageId === "json" || document.languageId === "jsonc";
  return chosenForEditor(document, "outline") ?? (!isJson && !hasYamlExtension());
}
