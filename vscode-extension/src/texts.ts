// What is made of texts alone, without an editor.

const ICONS = ["$(error)", "$(warning)", "$(info)", "$(lightbulb)"];

/** Findings by severity, the gravest first, for the status bar; nothing where there are none. */
export function countsText(counts: readonly number[]): string {
  return ICONS.map((icon, severity) => [icon, counts[severity] ?? 0] as const)
    .filter(([, count]) => count > 0)
    .map(([icon, count]) => ` ${icon} ${count}`)
    .join("");
}

/** What the status bar needs of a diagnostic of VS Code. */
export interface Told {
  readonly source?: string | undefined;
  readonly code?: string | number | { readonly value: string | number } | undefined;
  readonly message: string;
}

/** Whether a diagnostic is the server's, and of this rule. */
export function isOf({ source, code }: Told, slug: string): boolean {
  return source === "k8s-lsp" && (typeof code === "object" ? code.value : code) === slug;
}

/** Why a text was not analysed whole, as the server's diagnostics tell it; nothing where it was. */
export function gapsIn(diagnostics: readonly Told[]): string[] {
  return diagnostics.filter((told) => isOf(told, "read-in-part")).map(({ message }) => message);
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

/** What a code action of the server says about how much it rewrites. */
export interface Rewrite {
  readonly data?: { readonly unit?: number; readonly level?: string };
}

/**
 * The action that hardens the whole text as far as the settings ask for. Where hardening the one
 * container does the same, the server offers that alone.
 */
export function hardeningOfAll<T extends Rewrite>(actions: readonly T[]): T | undefined {
  const asConfigured = actions.filter(({ data }) => data?.level === undefined);
  return asConfigured.find(({ data }) => data?.unit === undefined) ?? asConfigured[0];
}
