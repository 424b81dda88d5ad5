
"use strict";
// The list of findings: searched, chosen from and shown page by page. Whatever it shows becomes
// text, never markup. Without it, the page has the findings rule by rule.
{
  const PER_PAGE = 50;
  const ANY = "";
  const element = (id) => document.getElementById(id);
  const data = element("data");
  // What has no such stream is older than 2023, and shows what it does without a script.
  if (data !== null && "DecompressionStream" in window) {
    unpacked(data.textContent).then((text) => start(JSON.parse(text)));
  }

  function unpacked(base64) {
    const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  function start({ columns, lines }) {
    const choices = element("choices");
    const words = element("words");
    const list = element("list");
    const selects = [...choices.querySelectorAll("select")];
    let shown = [];
    let page = 0;

    for (const select of selects) {
      fill(select, columns[select.name]);
      select.addEventListener("change", choose);
    }
    words.addEventListener("input", choose);
    choices.addEventListener("submit", (event) => event.preventDefault());
    element("rule-by-rule").hidden = true;
    choices.hidden = list.hidden = false;
    choose();

    function choose() {
      const tests = selects
        .filter((select) => select.value !== ANY)
        .map((select) => {
          const { words, rows } = columns[select.name];
          const number = words.indexOf(select.value.slice(1));
          return (row) => rows[row] === number;
        });
      for (const word of words.value.toLowerCase().split(/\s+/).filter(Boolean)) {
        tests.push(holds(word));
      }
      shown = lines.map((_, row) => row).filter((row) => tests.every((test) => test(row)));
      show(0);
    }

    // A word is looked for once in what a column consists of, not in each row.
    function holds(word) {
      const found = Object.values(columns).map(({ words, rows }) => {
        const fitting = words.map((text) => text.toLowerCase().includes(word));
        return (row) => fitting[rows[row]];
      });
      return (row) => found.some((test) => test(row));
    }

    function show(number) {
      page = number;
      const first = page * PER_PAGE;
      const rows = shown.slice(first, first + PER_PAGE);
      const told = rows.length
        ? `${count(first + 1)}–${count(first + rows.length)} of ${count(shown.length)}`
        : "No finding fits.";
      const status = make("p", told);
      status.setAttribute("role", "status");
      const back = button("Previous", page > 0, () => show(page - 1));
      const forth = button("Next", first + PER_PAGE < shown.length, () => show(page + 1));
      const pages = make("div", back, forth, status);
      pages.className = "pages";
      list.replaceChildren(pages, ...(rows.length ? [table(rows)] : []));
    }

    function button(text, enabled, act) {
      const made = make("button", text);
      made.type = "button";
      made.disabled = !enabled;
      made.addEventListener("click", () => {
        act();
        // The button was made anew: whoever works by keyboard stays where they were.
        const next = [...list.querySelectorAll("button")];
        const same = next.find((each) => each.textContent === text && !each.disabled);
        (same ?? next.find((each) => !each.disabled) ?? list).focus();
      });
      return made;
    }

    function table(rows) {
      const head = ["Severity", "Finding", "Place", "Harden"].map((title) => {
        const cell = make("th", title);
        cell.scope = "col";
        return cell;
      });
      const made = make(
        "table",
        make("thead", make("tr", ...head)),
        make("tbody", ...rows.map((row) => make("tr", ...cells(row)))),
      );
      const around = make("div", made);
      around.className = "table";
      around.tabIndex = 0;
      around.setAttribute("role", "region");
      around.setAttribute("aria-label", "Findings");
      return around;
    }

    function cells(row) {
      const value = (name) => columns[name].words[columns[name].rows[row]];
      const badge = make("span", value("severity"));
      badge.className = `badge ${value("severity")}`;
      const about = [value("object"), ...(isChosenBy("team") ? [value("team")] : [])];
      if (value("change") === "new") {
        about.unshift("new");
      }
      return [
        make("td", badge),
        make("td", make("code", value("rule")), make("small", value("message"))),
        make(
          "td",
          make("code", ...broken(`${value("path")}:${lines[row]}`)),
          make("small", about.join(" · ")),
        ),
        labelled("Harden", make("td", value("harden"))),
      ];
    }

    // A path may be broken where a folder ends.
    function broken(path) {
      return path
        .split("/")
        .flatMap((name, place) => (place ? ["/", document.createElement("wbr"), name] : [name]));
    }

    function labelled(label, cell) {
      cell.dataset.label = label;
      return cell;
    }

    function isChosenBy(name) {
      return selects.some((select) => select.name === name);
    }
  }

  function fill(select, { words, rows }) {
    const counts = new Array(words.length).fill(0);
    for (const number of rows) {
      counts[number] += 1;
    }
    const all = make("option", `all (${count(rows.length)})`);
    all.value = ANY;
    const order = words.map((_, number) => number);
    if (select.name !== "severity") {
      order.sort((one, other) => (words[one] < words[other] ? -1 : 1));
    }
    const options = order.map((number) => {
      const option = make("option", `${words[number] || "none"} (${count(counts[number])})`);
      // What is empty can be chosen too.
      option.value = `=${words[number]}`;
      return option;
    });
    select.replaceChildren(all, ...options);
  }

  function count(number) {
    return number.toLocaleString("en-US");
  }

  function make(name, ...content) {
    const made = document.createElement(name);
    made.append(...content);
    return made;
  }
}
