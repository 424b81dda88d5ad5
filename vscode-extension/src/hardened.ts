// What is said once something was hardened: what it did, how to take it back, what may break.

import * as vscode from "vscode";

import type { Explanations } from "./explanations";
import { type Consequence, whatMayBreak } from "./texts";

/** The notification, and what it tells. */
export const HARDENED = "k8s-lsp/hardened";

export interface Hardened {
  readonly uri: string;
  readonly version: number | null;
  readonly message: string;
  readonly mayBreak: readonly Consequence[];
}

const UNDO = "Undo";
const MAY_BREAK = "What May Break";

/** Tells in one message what hardening has done, with buttons. */
export async function tellHardened(
  { uri, version, message, mayBreak }: Hardened,
  explanations: Explanations,
): Promise<void> {
  const buttons = mayBreak.length > 0 ? [UNDO, MAY_BREAK] : [UNDO];
  const chosen = await vscode.window.showInformationMessage(message, ...buttons);
  if (chosen === UNDO) {
    await undo(vscode.Uri.parse(uri), version);
  } else if (chosen === MAY_BREAK) {
    await explanations.show("what-may-break", whatMayBreak(mayBreak, await explanations.rules()));
  }
}

/** Takes the last step back in a text, unless something else has become of it since. */
async function undo(uri: vscode.Uri, version: number | null): Promise<void> {
  const document = await vscode.workspace.openTextDocument(uri);
  if (document.version !== version) {
    const name = vscode.workspace.asRelativePath(uri);
    void vscode.window.showWarningMessage(
      `k8s-lsp: ${name} was changed after it was hardened: take these changes back first.`,
    );
    return;
  }
  await vscode.window.showTextDocument(document);
  await vscode.commands.executeCommand("undo");
}
