// What is made of texts alone, without an editor.

/** What tells a diagnostic of VS Code by its rule. */
export interface Told {
  readonly source?: string | undefined;
  readonly code?: string | number | { readonly value: string | number } | undefined;
  readonly message: string;
}

/** Whether a diagnostic is the server's, and of this rule. */
export function isOf({ source, code }: Told, slug: string): boolean {
  return source === "k8s-lsp" && (typeof code === "object" ? code.value : code) === slug;
}

/** One rule as the server's page of all rules describes it. */
export interface Rule {
  readonly slug: string;
  readonly summary: string;
  readonly markdown: string;
}

/** The rules of the page that `k8s-lsp rules --output-format markdown` prints. */
export function rulesOf(page: string): Rule[] {
  return page
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      slug: /^.*/.exec(section)?.[0] ?? "",
      summary: /^\*\*(.*)\*\*$/m.exec(section)?.[1] ?? "",
      markdown: `# ${section}`,
    }));
}

/** What may be different after hardening, in a sentence, and the rule that tells more. */
export interface Consequence {
  readonly rule: string;
  readonly text: string;
}

/** A page that says what may break, and below that what the rules say of it. */
export function whatMayBreak(mayBreak: readonly Consequence[], rules: readonly Rule[]): string {
  const list = mayBreak.map(({ rule, text }) => `- ${text} (\`${rule}\`)`).join("\n");
  const named = rules.filter(({ slug }) => mayBreak.some(({ rule }) => rule === slug));
  const more = named.map(({ markdown }) => `#${markdown.trimEnd()}\n`);
  return ["# What may break\n", `${list}\n`, ...more].join("\n");
}

/**
 * Whether an error of ours is the same as another server's: it stands in the same lines, or further
 * down in the same document, where a quote or bracket that is open is missed. `separators` are the
 * lines between documents.
 */
export function repeated(ours: Range, theirs: Range, separators: readonly number[]): boolean {
  const isBelow = ours.start.line <= theirs.end.line + 1;
  return isBelow && !separators.some((line) => ours.start.line < line && line < theirs.start.line);
}

/** The lines of a text that separate documents. */
export function separatorsOf(text: string): number[] {
  return text.split(/\r\n|\n|\r/).flatMap((line, index) => (/^---(\s|$)/.test(line) ? [index] : []));
}

/** What a code action of the server says about how much it rewrites; one fix alone says nothing. */
export interface Rewrite {
  readonly data?: { readonly unit?: number; readonly level?: string };
}

/**
 * The action that hardens the whole text as far as the settings ask for. Where hardening the one
 * container does the same, the server offers that alone.
 */
export function hardeningOfAll<T extends Rewrite>(actions: readonly T[]): T | undefined {
  const asConfigured = actions.filter(({ data }) => data !== undefined && data.level === undefined);
  return asConfigured.find(({ data }) => data?.unit === undefined) ?? asConfigured[0];
}

/** The levels of Pod Security. */
export type Level = "privileged" | "baseline" | "restricted";

/** An object with a pod, as the server lists it. */
export interface Workload {
  readonly level: Level;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly location: { readonly uri: string; readonly range: Range };
}

export interface Range {
  readonly start: Position;
  readonly end: Position;
}

interface Position {
  readonly line: number;
  readonly character: number;
}

/** What a list calls a workload, which may have no name. */
export function titleOf({ kind, name }: Workload): string {
  return `${kind} ${name}`.trim();
}

/** How many there are of something: `1 finding`, `2 findings`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** The findings of a file with so many workloads; nothing where there are none. */
export function findingsText(findings: number, workloads: number): string {
  if (findings === 0) {
    return "";
  }
  return `${counted(findings, "finding")}${workloads > 1 ? " in its file" : ""}`;
}
