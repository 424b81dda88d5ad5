import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { test } from "node:test";

import {
  findingsText,
  hardeningOfAll,
  isOf,
  repeated,
  rulesOf,
  separatorsOf,
  titleOf,
  whatMayBreak,
  type Workload,
} from "../src/texts";

test("a diagnostic is told by its source and its rule", () => {
  const finding = { source: "k8s-lsp", code: "host-pid", message: "must not share" };
  assert.ok(isOf(finding, "host-pid"));
  assert.ok(isOf({ ...finding, code: { value: "host-pid" } }, "host-pid"));
  assert.ok(!isOf(finding, "host-ipc"));
  assert.ok(!isOf({ ...finding, source: "another" }, "host-pid"));
  assert.ok(!isOf({ message: "of nobody" }, "host-pid"));
});

test("the server's page falls into its rules", () => {
  // The page that is generated beside the rules is what the command prints.
  const page = readFileSync(path.join("..", "k8s_lsp", "rules", "README.md"), "utf8");
  const listed = [...page.matchAll(/^\| \[([a-z-]+)\]\(#\1\) .* \| (.+) \|$/gm)];
  const rules = rulesOf(page);
  assert.ok(rules.length > 50);
  assert.deepEqual(
    rules.map(({ slug, summary }) => [slug, summary]),
    listed.map(([, slug, summary]) => [slug, summary]),
  );
  for (const { slug, markdown } of rules) {
    assert.ok(markdown.startsWith(`# ${slug}\n`));
    assert.match(markdown, /^- Default severity: /m);
  }
});

test("hardening everything is what names neither a container nor another level", () => {
  const container = { title: "Harden container", data: { unit: 0 } };
  const all = { title: "Harden all 2 containers", data: {} };
  const restricted = { title: "Harden all 2 containers to restricted only", data: { level: "restricted" } };
  assert.equal(hardeningOfAll([container, all, restricted]), all);
});

test("the only container is everything where the server offers nothing larger", () => {
  const container = { data: { unit: 0 } };
  assert.equal(hardeningOfAll([container, { data: { level: "restricted" } }]), container);
});

test("another fix of one finding is no hardening", () => {
  const pod = { data: { unit: 0 } };
  assert.equal(hardeningOfAll<{ data?: { unit: number } }>([{}, pod]), pod);
});

test("another level is no hardening that the settings ask for", () => {
  assert.equal(hardeningOfAll([{ data: { level: "restricted" } }]), undefined);
  assert.equal(hardeningOfAll([]), undefined);
});

test("a workload is called by its kind and its name, if it has one", () => {
  const start = { line: 3, character: 2 };
  const location = { uri: "file:///a.yaml", range: { start, end: start } };
  const agent: Workload = { level: "privileged", kind: "DaemonSet", namespace: "", name: "agent", location };
  assert.equal(titleOf(agent), "DaemonSet agent");
  assert.equal(titleOf({ ...agent, name: "" }), "DaemonSet");
});

test("findings are those of the file, which is said where it has other workloads", () => {
  assert.equal(findingsText(0, 3), "");
  assert.equal(findingsText(1, 1), "1 finding");
  assert.equal(findingsText(12, 2), "12 findings in its file");
});

test("what may break is told in sentences, and then by the rules", () => {
  const rules = [
    { slug: "host-pid", summary: "", markdown: "# host-pid\n\nAll of it.\n\n" },
    { slug: "root-user", summary: "", markdown: "# root-user\n\nNot asked for.\n" },
  ];
  const mayBreak = [
    { rule: "host-pid", text: "1 pod sees less." },
    { rule: "gone", text: "No such rule." },
  ];
  assert.equal(
    whatMayBreak(mayBreak, rules),
    "# What may break\n\n- 1 pod sees less. (`host-pid`)\n- No such rule. (`gone`)\n\n## host-pid\n\nAll of it.\n",
  );
});

test("an error in the same lines, or below in the same document, is the same", () => {
  const range = (start: number, end: number) => ({
    start: { line: start, character: 9 },
    end: { line: end, character: 0 },
  });
  assert.ok(repeated(range(5, 5), range(5, 5), []));
  assert.ok(repeated(range(5, 5), range(4, 4), []));
  assert.ok(repeated(range(5, 5), range(0, 9), []));
  assert.ok(repeated(range(5, 5), range(30, 30), [2, 30]));
  assert.ok(!repeated(range(5, 5), range(31, 31), [30]));
  assert.ok(!repeated(range(5, 5), range(0, 3), []));
});

test("documents are separated by lines of their own", () => {
  assert.deepEqual(separatorsOf("---\na: 1\r\n--- # b\n----\n ---\r---"), [0, 2, 5]);
  assert.deepEqual(separatorsOf(""), []);
});
