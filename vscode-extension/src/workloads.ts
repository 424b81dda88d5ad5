// The view that lists what the open folders hold, by the levels of Pod Security.

import * as vscode from "vscode";

import type { Server } from "./server";
import { counted, findingsText, type Level, titleOf, type Workload } from "./texts";

/** The view, and the key that says what is in it: none where there is no view. */
const VIEW = "k8s-lsp.workloads";

/** Milliseconds for which what changes is awaited, so that it is shown at once. */
const PAUSE = 500;

/** What the server answers; `manifests` says whether the folders hold any object at all. */
interface Answer {
  readonly workloads: readonly Workload[];
  readonly manifests: boolean;
  readonly reading: boolean;
}

/** Workloads of one level: all of them, or, where several folders are open, those of one. */
interface Group {
  readonly level: Level;
  readonly folder?: string;
  readonly workloads: readonly Workload[];
}

type Node = Group | Workload;

export class Workloads implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  readonly onDidChangeTreeData = this.changes.event;
  private readonly view: vscode.TreeView<Node>;
  private readonly subscriptions: vscode.Disposable;
  private groups: readonly Group[] = [];
  private perFile = new Map<string, number>();
  private content: "reading" | "none" | "some" | "stopped" | undefined;
  // Whether the server has told that it may have another list.
  private isStale = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly server: Server) {
    this.view = vscode.window.createTreeView(VIEW, { treeDataProvider: this, showCollapseAll: true });
    this.subscriptions = vscode.Disposable.from(
      this.view,
      this.changes,
      server.onDidChangeState(({ kind }) => this.follow(kind)),
      server.onDidChangeWorkloads(() => {
        this.isStale = true;
        this.showSoon();
      }),
      this.view.onDidChangeVisibility(() => this.showSoon()),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        if (uris.some((uri) => this.perFile.has(uri.toString()))) {
          this.showSoon();
        }
      }),
    );
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.subscriptions.dispose();
  }

  /** Asks the server for the list, and shows it. */
  async refresh(): Promise<void> {
    this.isStale = false;
    const answer = await this.server.ask<Answer>("k8s-lsp/workloads");
    if (answer === undefined) {
      return;
    }
    const { workloads, manifests, reading } = answer;
    const instead = manifests ? (reading ? "reading" : "none") : undefined;
    this.fill(workloads, workloads.length > 0 ? "some" : instead);
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return [...this.groups];
    }
    if (isWorkload(node)) {
      return [];
    }
    const isSplit = node.folder === undefined && (vscode.workspace.workspaceFolders?.length ?? 0) > 1;
    return [...(isSplit ? byFolder(node) : node.workloads)];
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return isWorkload(node) ? this.itemOf(node) : itemOfGroup(node);
  }

  /** What becomes of the list while the server starts and ends. */
  private follow(kind: Server["state"]["kind"]): void {
    if (kind === "ready") {
      void this.refresh();
    } else if (this.content !== undefined) {
      this.fill([], kind === "starting" ? "reading" : "stopped");
    }
  }

  /** A list that nobody sees is not asked for, but whether there is one is. */
  private showSoon(): void {
    if (!this.view.visible && this.content !== undefined) {
      return;
    }
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.isStale) {
        void this.refresh();
      } else {
        this.changes.fire();
      }
    }, PAUSE);
  }

  private fill(workloads: readonly Workload[], content: Workloads["content"]): void {
    this.perFile = new Map();
    for (const { location } of workloads) {
      // As VS Code writes it, which knows its diagnostics by that.
      const uri = vscode.Uri.parse(location.uri).toString();
      this.perFile.set(uri, (this.perFile.get(uri) ?? 0) + 1);
    }
    this.groups = (["privileged", "baseline", "restricted"] as const)
      .map((level) => ({ level, workloads: workloads.filter((each) => each.level === level) }))
      .filter((group) => group.workloads.length > 0);
    this.content = content;
    void vscode.commands.executeCommand("setContext", VIEW, content);
    this.changes.fire();
  }

  private itemOf(workload: Workload): vscode.TreeItem {
    const { namespace, level, location } = workload;
    const { start, end } = location.range;
    const uri = vscode.Uri.parse(location.uri);
    const range = new vscode.Range(start.line, start.character, end.line, end.character);
    const told = vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "k8s-lsp");
    const findings = findingsText(told.length, this.perFile.get(uri.toString()) ?? 1);
    const details = [namespace, findings].filter((each) => each !== "");
    const title = titleOf(workload);
    const item = new vscode.TreeItem(title);
    item.description = details.join(" · ");
    const place = `${vscode.workspace.asRelativePath(uri)}:${start.line + 1}`;
    item.tooltip = [title, ...details, place, MEANINGS[level]].join("\n");
    item.iconPath = iconOf(level);
    item.accessibilityInformation = { label: [title, ...details, level].join(", ") };
    item.command = { title: "Open", command: "vscode.open", arguments: [uri, { selection: range }] };
    return item;
  }
}

function isWorkload(node: Node): node is Workload {
  return "location" in node;
}

/** The workloads of a level, each folder's by itself. */
function byFolder({ level, workloads }: Group): Group[] {
  const folders = new Map<string, Workload[]>();
  for (const workload of workloads) {
    const uri = vscode.Uri.parse(workload.location.uri);
    const folder = vscode.workspace.getWorkspaceFolder(uri)?.name ?? "";
    folders.set(folder, [...(folders.get(folder) ?? []), workload]);
  }
  return [...folders].map(([folder, workloads]) => ({ level, folder, workloads }));
}

function itemOfGroup({ level, folder, workloads }: Group): vscode.TreeItem {
  const name = folder ?? `${level.charAt(0).toUpperCase()}${level.slice(1)}`;
  const isOpen = level === "privileged" || folder !== undefined;
  const { Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
  const label = `${name} (${workloads.length})`;
  const item = new vscode.TreeItem(label, isOpen ? Expanded : Collapsed);
  // What it is known by stays the same, so that it stays open, whatever its count.
  item.id = folder === undefined ? level : `${level}/${folder}`;
  item.iconPath = folder === undefined ? iconOf(level) : new vscode.ThemeIcon("root-folder");
  item.tooltip = MEANINGS[level];
  item.accessibilityInformation = { label: `${name}, ${counted(workloads.length, "workload")}` };
  return item;
}

function iconOf(level: Level): vscode.ThemeIcon {
  const [icon, color] = ICONS[level];
  return new vscode.ThemeIcon(icon, new vscode.ThemeColor(color));
}

/** By shape and colour, for whoever does not see one of them. */
const ICONS: Record<Level, readonly [string, string]> = {
  privileged: ["unlock", "problemsErrorIcon.foreground"],
  baseline: ["shield", "problemsWarningIcon.foreground"],
  restricted: ["lock", "testing.iconPassed"],
};

const MEANINGS: Record<Level, string> = {
  privileged: "Pod Security privileged: a namespace that enforces baseline refuses the pod.",
  baseline: "Pod Security baseline: a namespace that enforces restricted refuses the pod.",
  restricted: "Pod Security restricted: no level refuses the pod.",
};
