// One syntax error is one squiggle: where another YAML server shows it, ours is left out.

import * as vscode from "vscode";
import {
  DocumentDiagnosticRequest,
  type LanguageClient,
  type Middleware,
  vsdiag,
} from "vscode-languageclient/node";

import { isOf, repeated, separatorsOf } from "./texts";

/** The source of the syntax errors of Red Hat's extension; what its schemas say has another. */
const OTHER = "YAML";

export class SyntaxErrors implements vscode.Disposable {
  /** Our syntax errors, shown or not, by the texts that have any. */
  private readonly ours = new Map<string, readonly vscode.Diagnostic[]>();
  /** Which of these were left out when the text was asked for last, by their places. */
  private readonly leftOut = new Map<string, string>();
  private readonly subscription: vscode.Disposable;
  client: LanguageClient | undefined;

  constructor() {
    this.subscription = vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      for (const uri of uris) {
        this.look(uri);
      }
    });
  }

  dispose(): void {
    this.subscription.dispose();
  }

  readonly provideDiagnostics: NonNullable<Middleware["provideDiagnostics"]> = async (
    document,
    previous,
    token,
    next,
  ) => {
    const uri = document instanceof vscode.Uri ? document : document.uri;
    const key = uri.toString();
    const isSame = placesOf(this.repeatedIn(uri)) === (this.leftOut.get(key) ?? "");
    const report = await next(document, isSame ? previous : undefined, token);
    if (report?.kind !== vsdiag.DocumentDiagnosticReportKind.full) {
      return report;
    }
    const errors = report.items.filter((each) => isOf(each, "yaml-syntax"));
    if (errors.length === 0) {
      this.ours.delete(key);
      this.leftOut.delete(key);
      return report;
    }
    this.ours.set(key, errors);
    const out = this.repeatedIn(uri);
    this.leftOut.set(key, placesOf(out));
    return { ...report, items: report.items.filter((each) => !out.includes(each)) };
  };

  /** Has the text asked for again, where what the other server says of it makes a difference. */
  private look(uri: vscode.Uri): void {
    const key = uri.toString();
    if (!this.ours.has(key) || placesOf(this.repeatedIn(uri)) === this.leftOut.get(key)) {
      return;
    }
    const document = documentOf(uri);
    const feature = this.client?.getFeature(DocumentDiagnosticRequest.method);
    if (document !== undefined) {
      feature?.getProvider(document)?.onDidChangeDiagnosticsEmitter.fire();
    }
  }

  /** Those of our errors that the other server shows too. */
  private repeatedIn(uri: vscode.Uri): vscode.Diagnostic[] {
    const ours = this.ours.get(uri.toString()) ?? [];
    if (ours.length === 0) {
      return [];
    }
    const theirs = vscode.languages
      .getDiagnostics(uri)
      .filter(({ source, severity }) => source === OTHER && severity === vscode.DiagnosticSeverity.Error);
    const separators = theirs.length > 0 ? separatorsOf(textOf(uri)) : [];
    return ours.filter((each) =>
      theirs.some((other) => repeated(each.range, other.range, separators)),
    );
  }
}

function documentOf(uri: vscode.Uri): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri.toString());
}

function textOf(uri: vscode.Uri): string {
  return documentOf(uri)?.getText() ?? "";
}

function placesOf(errors: readonly vscode.Diagnostic[]): string {
  return errors.map(({ range }) => `${range.start.line}:${range.start.character}`).join();
}
