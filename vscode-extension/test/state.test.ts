import assert from "node:assert/strict";
import { test } from "node:test";

import { countsText, countsWords, factsOf, headline, isNoManifest, isWarning, itemText, literal, type TextState } from "../src/state";

const NONE = { error: 0, warning: 0, information: 0, hint: 0 };
const CLEAN: TextState = {
  uri: "file:///pod.yaml",
  state: "clean",
  text: "clean",
  details: [],
  counts: NONE,
  profile: "recommended",
  kubernetesVersion: "1.37",
  isLatestVersion: true,
  settingsFile: null,
};
const SOME = { ...NONE, warning: 7, information: 1 };

test("counts stand by severity, without those that are zero", () => {
  assert.equal(countsText({ error: 1, warning: 6, information: 0, hint: 2 }), " $(error) 1 $(warning) 6 $(lightbulb) 2");
  assert.equal(countsText(NONE), "");
  assert.equal(countsWords({ error: 1, warning: 6, information: 2, hint: 1 }), "1 error, 6 warnings, 2 information, 1 hint");
  assert.equal(countsWords(NONE), "");
});

test("each state of a text is another word in the status bar", () => {
  const told = (state: string, text: string, counts = NONE) => itemText({ ...CLEAN, state, text, counts });
  assert.equal(itemText(CLEAN), "$(shield) k8s-lsp: clean");
  assert.equal(told("findings", "8 findings", SOME), "$(shield) k8s-lsp $(warning) 7 $(info) 1");
  assert.equal(told("patch", "patch"), "$(shield) k8s-lsp: patch");
  assert.equal(
    told("template", "template, read in part · 8 findings", SOME),
    "$(shield) k8s-lsp: template, read in part $(warning) 7 $(info) 1",
  );
  assert.equal(
    told("settings-broken", "settings file broken · 8 findings", SOME),
    "$(warning) k8s-lsp: settings file broken $(warning) 7 $(info) 1",
  );
});

test("the headline says the same in words", () => {
  assert.equal(headline(CLEAN), "clean");
  assert.equal(headline({ ...CLEAN, state: "findings", text: "8 findings", counts: SOME }), "7 warnings, 1 information");
  assert.equal(
    headline({ ...CLEAN, state: "patch", text: "patch · 8 findings", counts: SOME }),
    "patch · 7 warnings, 1 information",
  );
});

test("what was not read stands out, and what nobody looks at is not shown", () => {
  const warnings = ["clean", "patch", "template", "excluded", "read-in-part", "settings-broken"].filter((state) =>
    isWarning({ ...CLEAN, state }),
  );
  assert.deepEqual(warnings, ["read-in-part", "settings-broken"]);
  assert.ok(isNoManifest({ ...CLEAN, state: "not-a-manifest" }));
  assert.ok(!isNoManifest(CLEAN));
});

test("the tooltip names the profile, the version and the settings file", () => {
  const values = (told: TextState) => factsOf(told).map(({ name, value, command }) => [name, value, command?.title]);
  assert.deepEqual(values(CLEAN), [
    ["Profile", "recommended", "Choose"],
    ["Kubernetes", "1.37 (latest)", undefined],
    ["Settings file", "none", "Create"],
  ]);
  const settingsFile = { uri: "file:///a/.k8s-lsp.yaml", name: "a/.k8s-lsp.yaml" };
  assert.deepEqual(values({ ...CLEAN, kubernetesVersion: "1.30", isLatestVersion: false, settingsFile }), [
    ["Profile", "recommended", "Choose"],
    ["Kubernetes", "1.30", undefined],
    ["Settings file", "a/.k8s-lsp.yaml", "Open"],
  ]);
});

test("what a manifest says is no Markdown", () => {
  assert.equal(literal("Pod [a](command:b) *c*"), "Pod \\[a\\]\\(command\\:b\\) \\*c\\*");
  assert.equal(literal("<b>&amp;`x`\n# y"), "\\<b\\>\\&amp\\;\\`x\\` \\# y");
  assert.equal(literal("template, read in part · 1 error"), "template\\, read in part · 1 error");
});
