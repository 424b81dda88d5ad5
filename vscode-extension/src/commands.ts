// The commands of the palette.

import * as vscode from "vscode";
import {
  CodeActionKind,
  CodeActionRequest,
  CodeActionResolveRequest,
  CodeActionTriggerKind,
  type CodeAction,
  type LanguageClient,
} from "vscode-languageclient/node";

import type { Explanations } from "./explanations";
import { chooseProfile } from "./profile";
import type { Server } from "./server";
import { openSettingsFile } from "./settingsFile";
import { hardeningOfAll, isOf, type Rewrite, type Rule } from "./texts";
import type { Workloads } from "./workloads";

export function registerCommands(
  context: vscode.ExtensionContext,
  server: Server,
  selector: vscode.DocumentSelector,
  workloads: Workloads,
  explanations: Explanations,
): vscode.Disposable {
  const commands: Record<string, (argument?: unknown) => Promise<unknown> | void> = {
    restart: () => server.restart(),
    showLog: () => server.log.show(),
    hardenFile: () => hardenFile(server, selector),
    explainRule: (slug) => explainRule(server, explanations, slug),
    chooseProfile: () => chooseProfile(server),
    openSettingsFile: () => openSettingsFile(context.extensionUri),
    refreshWorkloads: () => workloads.refresh(),
    showMenu: () => showMenu(context),
  };
  return vscode.Disposable.from(
    ...Object.entries(commands).map(([name, run]) =>
      vscode.commands.registerCommand(`k8s-lsp.${name}`, run),
    ),
  );
}

/** The status bar's menu: the commands as the palette has them, without the buttons of a view. */
async function showMenu(context: vscode.ExtensionContext): Promise<void> {
  const listed: readonly { command: string; title: string; icon?: string }[] =
    context.extension.packageJSON.contributes.commands;
  const entries = listed.filter(({ icon }) => icon === undefined);
  const items = entries.map(({ command, title }) => ({ label: title, command }));
  const chosen = await vscode.window.showQuickPick(items, { title: "k8s-lsp" });
  if (chosen !== undefined) {
    await vscode.commands.executeCommand(chosen.command);
  }
}

/** Applies every preferred fix of the active text, as one step that can be undone. */
async function hardenFile(server: Server, selector: vscode.DocumentSelector): Promise<void> {
  const client = await server.running();
  const document = vscode.window.activeTextEditor?.document;
  if (client === undefined) {
    return;
  }
  if (document === undefined || vscode.languages.match(selector, document) === 0) {
    void vscode.window.showInformationMessage("k8s-lsp: open a Kubernetes manifest to harden it.");
    return;
  }
  const name = vscode.workspace.asRelativePath(document.uri);
  const { version } = document;
  const edit = await hardening(client, document);
  if (edit === undefined) {
    const told = vscode.languages.getDiagnostics(document.uri);
    const broken = told.find((diagnostic) => isOf(diagnostic, "yaml-syntax"));
    void vscode.window.showInformationMessage(
      broken === undefined
        ? `k8s-lsp: there is nothing to harden in ${name}.`
        : `k8s-lsp: ${name} is not valid YAML for kubectl (line ${broken.range.start.line + 1}): ` +
            "nothing is changed around that.",
    );
  } else if (document.version !== version || !(await vscode.workspace.applyEdit(edit))) {
    void vscode.window.showWarningMessage(`k8s-lsp: ${name} has changed meanwhile; try again.`);
  }
}

async function hardening(
  client: LanguageClient,
  document: vscode.TextDocument,
): Promise<vscode.WorkspaceEdit | undefined> {
  const everything = document.validateRange(new vscode.Range(0, 0, document.lineCount, 0));
  // Asked of the server itself, because other extensions rewrite too.
  const offered = await client.sendRequest(CodeActionRequest.type, {
    textDocument: client.code2ProtocolConverter.asTextDocumentIdentifier(document),
    range: client.code2ProtocolConverter.asRange(everything),
    context: {
      diagnostics: [],
      only: [CodeActionKind.RefactorRewrite],
      triggerKind: CodeActionTriggerKind.Invoked,
    },
  });
  const action = hardeningOfAll((offered ?? []) as (CodeAction & Rewrite)[]);
  if (action === undefined) {
    return undefined;
  }
  const { edit } = await client.sendRequest(CodeActionResolveRequest.type, action);
  return client.protocol2CodeConverter.asWorkspaceEdit(edit);
}

/** Shows what the server says about a rule; which one is asked, unless it is given. */
async function explainRule(
  server: Server,
  explanations: Explanations,
  slug: unknown,
): Promise<void> {
  if ((await server.running()) === undefined) {
    return;
  }
  const rules = explanations.rules();
  const rule =
    typeof slug === "string"
      ? (await rules).find((each) => each.slug === slug)
      : await chooseRule(rules);
  if (rule !== undefined) {
    await explanations.show(rule.slug, rule.markdown);
  }
}

/** Has somebody choose a rule: first those of the findings where the cursor is. */
async function chooseRule(rules: Promise<Rule[]>): Promise<Rule | undefined> {
  const here = slugsAtCursor();
  const items = rules.then((all) => {
    const items = all.map((rule) => ({ label: rule.slug, detail: rule.summary, rule }));
    const first = items.filter(({ label }) => here.has(label));
    const rest = items.filter(({ label }) => !here.has(label));
    return first.length === 0
      ? rest
      : [separator("at the cursor"), ...first, separator("all other rules"), ...rest];
  });
  const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem & { rule?: Rule }>(items, {
    title: "Explain a rule of k8s-lsp",
    matchOnDetail: true,
  });
  return chosen?.rule;
}

function separator(label: string): vscode.QuickPickItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function slugsAtCursor(): Set<string> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    return new Set();
  }
  const line = editor.selection.active.line;
  const ours = vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter(({ source, range }) => source === "k8s-lsp" && range.start.line <= line && line <= range.end.line);
  return new Set(
    ours.map(({ code }) => String(typeof code === "object" ? code.value : (code ?? ""))),
  );
}
