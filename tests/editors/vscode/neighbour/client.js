// Runs the server of Red Hat's YAML extension on the texts that it would be run on, with the
// settings under `yaml`, which it asks for itself. The program is in `yaml-language-client.command`.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = () => {
  const command = vscode.workspace.getConfiguration("yaml-language-client").get("command");
  client = new LanguageClient(
    "yaml",
    "YAML",
    { command, args: ["--stdio"] },
    { documentSelector: ["yaml", "dockercompose"].map((language) => ({ scheme: "file", language })) },
  );
  return client.start();
};

exports.deactivate = () => client?.stop();
