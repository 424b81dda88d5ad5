// Answers the tests from within VS Code. It connects to the port in PROBE_PORT; a request is one
// line of JSON, [verb, ...arguments], and so is its answer, {"result": …} or {"error": …}.
"use strict";

const net = require("node:net");
const readline = require("node:readline");
const vscode = require("vscode");

const { commands, window, workspace } = vscode;

const uriOf = (path) => vscode.Uri.joinPath(workspace.workspaceFolders[0].uri, path);
const rangeOf = ([line, start, end]) => new vscode.Range(line, start, line, end);
const textOf = (content) => content.map((each) => each.value ?? each).join("\n");

const actionsAt = (path, range, kind) =>
  commands.executeCommand(
    "vscode.executeCodeActionProvider", uriOf(path), rangeOf(range), kind, Number.MAX_SAFE_INTEGER);

const verbs = {
  version: () => vscode.version,

  async open(path) {
    const document = await workspace.openTextDocument(uriOf(path));
    await window.showTextDocument(document, { preview: false });
    return document.languageId;
  },

  text: async (path) => (await workspace.openTextDocument(uriOf(path))).getText(),

  save: async (path) => (await workspace.openTextDocument(uriOf(path))).save(),

  // Changes the active text as typing does; start and end are offsets in UTF-16 code units.
  async replace(start, end, text) {
    const { document } = window.activeTextEditor;
    const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
    await window.activeTextEditor.edit((edit) => edit.replace(range, text));
  },

  select(range) {
    const selected = rangeOf(range);
    window.activeTextEditor.selection = new vscode.Selection(selected.start, selected.end);
    window.activeTextEditor.revealRange(selected);
  },

  // As what is selected by `select`; nothing where no editor is active.
  selected() {
    const { start, end } = window.activeTextEditor?.selection ?? {};
    return start && [start.line, start.character, end.character];
  },

  diagnostics: (path) =>
    vscode.languages.getDiagnostics(uriOf(path)).map((each) => ({
      source: each.source,
      code: each.code?.value ?? each.code ?? null,
      message: each.message,
      severity: vscode.DiagnosticSeverity[each.severity],
      start: [each.range.start.line, each.range.start.character],
      end: [each.range.end.line, each.range.end.character],
    })),

  async hovers(path, line, character) {
    const at = new vscode.Position(line, character);
    const hovers = await commands.executeCommand("vscode.executeHoverProvider", uriOf(path), at);
    return hovers.map((each) => textOf(each.contents));
  },

  async completions(path, line, character) {
    const at = new vscode.Position(line, character);
    const list = await commands.executeCommand(
      "vscode.executeCompletionItemProvider", uriOf(path), at);
    return list.items.map((each) => each.label.label ?? each.label);
  },

  // The titles of the lenses, each with its line.
  async lenses(path) {
    const lenses = await commands.executeCommand("vscode.executeCodeLensProvider", uriOf(path));
    return lenses.map((each) => [each.range.start.line, each.command?.title]);
  },

  async hints(path) {
    const whole = new vscode.Range(0, 0, Number.MAX_SAFE_INTEGER, 0);
    const hints = await commands.executeCommand("vscode.executeInlayHintProvider", uriOf(path), whole);
    return hints.map((each) => [each.position.line, textOf(each.label)]);
  },

  async links(path) {
    const links = await commands.executeCommand("vscode.executeLinkProvider", uriOf(path));
    return links.map((each) => [each.range.start.line, each.range.start.character, `${each.target}`]);
  },

  actions: async (path, range, kind) =>
    (await actionsAt(path, range, kind)).map((each) => each.title),

  async apply(path, range, kind, title) {
    const action = (await actionsAt(path, range, kind)).find((each) => each.title === title);
    return workspace.applyEdit(action.edit);
  },

  // Closes everything without asking what to do about changes.
  async close() {
    for (const document of workspace.textDocuments.filter((each) => each.isDirty)) {
      await window.showTextDocument(document);
      await commands.executeCommand("workbench.action.files.revert");
    }
    await commands.executeCommand("workbench.action.closeAllEditors");
  },

  run: (command, ...args) => commands.executeCommand(command, ...args),

  commands: () => commands.getCommands(true),

  // Sets what the user sets; null takes the setting away.
  configure: (name, value) =>
    workspace
      .getConfiguration()
      .update(name, value ?? undefined, vscode.ConfigurationTarget.Global),

  setting: (name) => workspace.getConfiguration().get(name),

  trusted: () => workspace.isTrusted,

  extension(id) {
    const extension = vscode.extensions.getExtension(id);
    return extension && { isActive: extension.isActive, version: extension.packageJSON.version };
  },
};

exports.activate = () => {
  const socket = net.connect(Number(process.env.PROBE_PORT), "127.0.0.1");
  readline.createInterface({ input: socket }).on("line", async (line) => {
    const [verb, ...args] = JSON.parse(line);
    let answer;
    try {
      answer = { result: (await verbs[verb](...args)) ?? null };
    } catch (error) {
      answer = { error: String(error?.stack ?? error) };
    }
    socket.write(`${JSON.stringify(answer)}\n`);
  });
};
