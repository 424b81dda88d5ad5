// What the server tells of a text, as the status bar says it; made without an editor.

/** How many findings there are, by severity. */
export interface Counts {
  readonly error: number;
  readonly warning: number;
  readonly information: number;
  readonly hint: number;
}

/** The state of one text, as `k8s-lsp/status` tells it. */
export interface TextState {
  readonly uri: string;
  readonly state: string;
  /** The state and the number of findings, parted by ` · `. */
  readonly text: string;
  /** Why there are no more findings than these, and fewer problems than findings, a sentence each. */
  readonly details: readonly string[];
  readonly counts: Counts;
  readonly profile: string;
  readonly kubernetesVersion: string;
  readonly isLatestVersion: boolean;
  readonly settingsFile: { readonly uri: string; readonly name: string } | null;
}

const ICONS = {
  error: "$(error)",
  warning: "$(warning)",
  information: "$(info)",
  hint: "$(lightbulb)",
} as const;

const SEVERITIES = ["error", "warning", "information", "hint"] as const;

/** Findings by severity, the gravest first; nothing where there are none. */
export function countsText(counts: Counts): string {
  return SEVERITIES.filter((severity) => counts[severity] > 0)
    .map((severity) => ` ${ICONS[severity]} ${counts[severity]}`)
    .join("");
}

/** The same in words, for a tooltip and for whoever has the status bar read aloud. */
export function countsWords(counts: Counts): string {
  const parts = SEVERITIES.filter((severity) => counts[severity] > 0).map((severity) => {
    const count = counts[severity];
    // There is no plural of information.
    return `${count} ${severity}${count === 1 || severity === "information" ? "" : "s"}`;
  });
  return parts.join(", ");
}

/** Whether the settings file is broken, which somebody should look at first. */
export function isBroken({ state }: TextState): boolean {
  return state === "settings-broken";
}

/** Whether the text is none that the server looks at, so that the status bar has nothing to say. */
export function isNoManifest({ state }: TextState): boolean {
  return state === "not-a-manifest";
}

/** Whether the status bar should stand out: something was not read that was meant to be. */
export function isWarning(told: TextState): boolean {
  return isBroken(told) || told.state === "read-in-part";
}

/** What the status bar says of a text. */
export function itemText(told: TextState): string {
  const words = told.state === "findings" ? "" : `: ${told.text.split(" · ")[0]}`;
  return `${isBroken(told) ? "$(warning)" : "$(shield)"} k8s-lsp${words}${countsText(told.counts)}`;
}

/** The headline of the tooltip: the state, and the findings by severity. */
export function headline({ state, text, counts }: TextState): string {
  const words = countsWords(counts);
  if (words === "") {
    return text;
  }
  return state === "findings" ? words : `${text.split(" · ")[0]} · ${words}`;
}

/**
 * A text as Markdown shows it, which it may not write. VS Code's own way would break its lines
 * within words, because it makes blanks unbreakable.
 */
export function literal(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** What decides about a text: a name, its value, and the command that changes it. */
export interface Fact {
  readonly name: string;
  readonly value: string;
  readonly command?: { readonly title: string; readonly id: string };
}

/** The profile, the version and the settings file that hold for a text. */
export function factsOf({ profile, kubernetesVersion, isLatestVersion, settingsFile }: TextState): Fact[] {
  const open = settingsFile === null ? "Create" : "Open";
  return [
    {
      name: "Profile",
      value: profile,
      command: { title: "Choose", id: "k8s-lsp.chooseProfile" },
    },
    { name: "Kubernetes", value: `${kubernetesVersion}${isLatestVersion ? " (latest)" : ""}` },
    {
      name: "Settings file",
      value: settingsFile?.name ?? "none",
      command: { title: open, id: "k8s-lsp.openSettingsFile" },
    },
  ];
}
