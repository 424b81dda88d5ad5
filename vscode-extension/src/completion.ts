// What is offered while a manifest is typed: no keys where something else offers them already.

import * as path from "node:path";
import * as vscode from "vscode";

import { chosenForEditor, hasYamlExtension } from "./neighbours";

type Offered = vscode.CompletionItem[] | vscode.CompletionList | null | undefined;

/**
 * The items that are shown of those that the server has for a text. Where VS Code's own settings
 * choose completion, or nothing else offers the keys of YAML, that is all; else values and blocks.
 */
export function shown(document: vscode.TextDocument, offered: Offered): Offered {
  const isSettings = path.posix.basename(document.uri.path).startsWith(".k8s-lsp.");
  const isChosen = chosenForEditor(document, "completion") !== undefined;
  if (isSettings || isChosen || document.languageId !== "yaml" || !hasYamlExtension()) {
    return offered;
  }
  const items = Array.isArray(offered) ? offered : (offered?.items ?? []);
  return items.filter((item) => item.kind !== vscode.CompletionItemKind.Property);
}
