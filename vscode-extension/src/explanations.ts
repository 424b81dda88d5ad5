// The pages that explain: of one rule, or of what may break. Markdown that VS Code shows as such.

import * as vscode from "vscode";

import type { Server } from "./server";
import { type Rule, rulesOf } from "./texts";

/** The scheme of these pages. */
const SCHEME = "k8s-lsp-rule";

export class Explanations implements vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration: vscode.Disposable;

  constructor(private readonly server: Server) {
    this.registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: this.changes.event,
      provideTextDocumentContent: (uri) => this.texts.get(uri.path) ?? "",
    });
  }

  dispose(): void {
    this.registration.dispose();
    this.changes.dispose();
  }

  /** All rules of the server that runs. */
  async rules(): Promise<Rule[]> {
    return rulesOf(await this.server.run("rules", "--output-format", "markdown"));
  }

  /** Shows a page under a name: in the stead of the one that had the name before. */
  async show(name: string, markdown: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `${name}.md` });
    this.texts.set(uri.path, markdown);
    this.changes.fire(uri);
    await vscode.commands.executeCommand("markdown.showPreview", uri);
  }
}
