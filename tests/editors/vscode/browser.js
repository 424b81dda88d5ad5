// Opens a browser for the tests and does in it what they say: a request is one line of JSON on
// standard input, [target, method, ...arguments], and so is its answer on standard output,
// {"result": …} or {"error": …}. A target is "page", "keyboard" or "mouse", or {selector, text}:
// the first element that fits and contains the text. The methods are Playwright's.
"use strict";

const readline = require("node:readline");
const { chromium } = require("playwright-core");

const FLAGS = [
  // Chromium as root has no sandbox.
  "--no-sandbox",
  "--disable-gpu",
  // It must not look for anything outside of this machine.
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-quic",
  "--disable-sync",
  "--no-first-run",
];

async function main(executablePath, timeout, pictureOfFailure) {
  const browser = await chromium.launch({ executablePath, args: FLAGS });
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    // Twice the pixels, so that pictures stay sharp where they are shown smaller.
    deviceScaleFactor: 2,
  });
  page.setDefaultTimeout(Number(timeout) * 1000);
  const targets = { page, keyboard: page.keyboard, mouse: page.mouse };

  for await (const line of readline.createInterface({ input: process.stdin })) {
    const [target, method, ...args] = JSON.parse(line);
    const object =
      targets[target] ?? page.locator(target.selector, { hasText: target.text }).first();
    let answer;
    try {
      const result = await object[method](...args);
      // What is no plain value, as a response or the bytes of a picture, stays on this side.
      answer = { result: ["goto", "screenshot"].includes(method) ? null : (result ?? null) };
    } catch (error) {
      await page.screenshot({ path: pictureOfFailure }).catch(() => {});
      answer = { error: String(error) };
    }
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  await browser.close();
}

main(...process.argv.slice(2));
