// Which Python runs the server.

import { execFile } from "node:child_process";
import { homedir } from "node:os";
import { promisify } from "node:util";
import { PVSC_EXTENSION_ID, PythonExtension } from "@vscode/python-extension";
import * as vscode from "vscode";

/** An interpreter that the server runs on. */
export interface Python {
  readonly path: string;
  readonly version: string;
}

/** The oldest version that the server runs on. */
const OLDEST = [3, 10] as const;

/** Milliseconds after which an interpreter that says nothing is taken for none. */
const PATIENCE = 15_000;

/**
 * What every Python is started with: nothing of the workspace may be executed, so that neither the
 * current folder nor a variable of the environment adds modules; and what it prints is UTF-8.
 */
export const ISOLATED = ["-I", "-X", "utf8"] as const;

const QUESTION = "import sys; print(sys.executable, *sys.version_info[:3], sep='\\n')";

const run = promisify(execFile);

/**
 * The interpreter of the setting, and no other where there is one; else that of the Python
 * extension, which a workspace may choose and which therefore counts in trusted ones only; else
 * one on the PATH. Without any, the reason.
 */
export async function findPython(cwd: string): Promise<Python | string> {
  const chosen = vscode.workspace.getConfiguration("k8s-lsp").get<string | null>("interpreter")?.trim();
  if (chosen) {
    const answer = await ask(chosen.replace(/^~(?=[\\/])/, homedir()), [], cwd);
    return typeof answer === "string" ? `${chosen}, which k8s-lsp.interpreter names, ${answer}` : answer;
  }
  for (const [command, ...args] of [...(await pythonOfExtension()), ...onPath()]) {
    const answer = await ask(command, args, cwd);
    if (typeof answer !== "string") {
      return answer;
    }
  }
  return `no Python ${OLDEST.join(".")} or newer was found`;
}

/** Tells when the Python extension, where there is one, chooses another interpreter. */
export function onDidChangePython(listener: () => void): vscode.Disposable {
  let stopped = false;
  let listening: vscode.Disposable | undefined;
  void environments().then((known) => {
    listening = stopped ? undefined : known?.onDidChangeActiveEnvironmentPath(listener);
  });
  return new vscode.Disposable(() => {
    stopped = true;
    listening?.dispose();
  });
}

type Command = readonly [string, ...string[]];

function onPath(): readonly Command[] {
  return process.platform === "win32" ? [["py", "-3"], ["python"]] : [["python3"], ["python"]];
}

async function pythonOfExtension(): Promise<readonly Command[]> {
  const known = vscode.workspace.isTrusted ? await environments() : undefined;
  // The path is that of an environment's folder where it has no interpreter, which is no command.
  return known === undefined ? [] : [[known.getActiveEnvironmentPath().path]];
}

async function environments(): Promise<PythonExtension["environments"] | undefined> {
  if (vscode.extensions.getExtension(PVSC_EXTENSION_ID) === undefined) {
    return undefined;
  }
  try {
    return (await PythonExtension.api()).environments;
  } catch {
    // An extension that does not start is as good as none.
    return undefined;
  }
}

/** Asks an interpreter who it is; gives the reason where it is none that will do. */
async function ask(command: string, args: readonly string[], cwd: string): Promise<Python | string> {
  try {
    const { stdout } = await run(command, [...args, ...ISOLATED, "-c", QUESTION], {
      cwd,
      timeout: PATIENCE,
      windowsHide: true,
    });
    const [path, ...numbers] = stdout.trim().split(/\r?\n/);
    const [major, minor] = numbers.map(Number);
    if (!path || major === undefined || minor === undefined || Number.isNaN(minor)) {
      return "does not answer as Python does";
    }
    const isNew = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
    const version = numbers.join(".");
    return isNew ? { path, version } : `is Python ${version}; ${OLDEST.join(".")} or newer is needed`;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "does not exist" : `cannot be run: ${message.split("\n")[0]}`;
  }
}
