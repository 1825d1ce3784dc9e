/* The form editor: the preview follows while somebody types, lines move without a new page, and the
 * builder shows only what a kind of question has. Every page also works without this. */
(function () {
  "use strict";

  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];
  const WAIT = 350;
  const MOVES = 260; // so long django-jsonform takes to move something, and a little

  const editor = () => document.querySelector("[data-fe-editor]");

  /* --- What is sent, and what comes back ---------------------------------------------------------- */

  /* Everything but the preview's own fields: what the preview depends on. */
  function content(form) {
    return JSON.stringify([...new FormData(form)].filter(([name]) => !/^try-|^csrf|^_seen/.test(name)));
  }

  let asked = 0;
  async function ask(form, verb) {
    const mine = (asked += 1);
    const data = new FormData(form);
    data.set("_do", verb);
    data.set("_fragment", "1");
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: data, credentials: "same-origin" });
    if (!answer.ok || answer.redirected || mine !== asked) return null;
    const pieces = document.createElement("template");
    pieces.innerHTML = await answer.text();
    return mine === asked ? pieces.content : null;
  }

  function put(id, pieces) {
    const [old, fresh] = [document.getElementById(id), pieces.getElementById(id)];
    if (!old || !fresh) return null;
    old.replaceWith(fresh);
    return fresh;
  }

  /* --- The preview -------------------------------------------------------------------------------- */

  let side = null;
  let tab = "";
  function sides(preview) {
    const bar = preview.querySelector("[data-fe-sides]");
    const panels = all("[data-fe-side]", preview);
    if (side === null) side = panels.find((panel) => "feFirst" in panel.dataset)?.dataset.feSide || panels[0].dataset.feSide;
    bar.setAttribute("role", "tablist");
    bar.setAttribute("aria-label", "Preview");
    const buttons = panels.map((panel, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `fe-side-${number}`;
      button.setAttribute("role", "tab");
      button.textContent = panel.dataset.feSide;
      panel.id = `fe-panel-${number}`;
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", button.id);
      button.setAttribute("aria-controls", panel.id);
      bar.append(button);
      return button;
    });
    const show = (name, focus) => {
      side = name;
      panels.forEach((panel, number) => {
        const is = panel.dataset.feSide === name;
        panel.hidden = !is;
        buttons[number].setAttribute("aria-selected", is);
        buttons[number].tabIndex = is ? 0 : -1;
        if (is && focus) buttons[number].focus();
      });
    };
    buttons.forEach((button, number) => {
      button.addEventListener("click", async () => {
        show(button.textContent);
        if (number > 0) await refresh(true); // what was typed is read now
      });
      button.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        show(panels[(number + step + panels.length) % panels.length].dataset.feSide, true);
      });
    });
    show(side);
  }

  function begin(preview) {
    sides(preview);
    preview.dispatchEvent(new Event("sf:begin", { bubbles: true }));
    const again = all(".sf-tabs > button", preview).find((button) => button.textContent === tab);
    if (again) again.click();
  }

  let last = "";
  async function refresh(always) {
    if (changing) { soon(); return; }
    const form = editor();
    const now = content(form);
    if (now === last && !always) return;
    last = now;
    const focused = document.activeElement?.closest("#fe-preview") ? document.activeElement.id : "";
    tab = document.querySelector("#fe-preview .sf-tabs > [aria-selected=true]")?.textContent || "";
    const pieces = await ask(form, "preview");
    const preview = pieces && put("fe-preview", pieces);
    if (!preview) return;
    begin(preview);
    if (focused) document.getElementById(focused)?.focus();
  }

  let waiting = 0;
  function soon() {
    clearTimeout(waiting);
    waiting = setTimeout(() => refresh(false), WAIT);
  }

  /* --- Lines: moved by the server, so that there is one truth about what they mean ----------------- */

  function say(words) {
    const place = document.getElementById("fe-said");
    if (place) place.textContent = words;
  }

  let changing = false;
  async function change(verb, focus) {
    if (changing) return; // what is under way looks at the page again before it changes it
    changing = true;
    try { await changed(verb, focus); } finally { changing = false; }
  }

  async function changed(verb, focus) {
    const form = editor();
    form.dataset.tfChanged = "1";
    tab = document.querySelector("#fe-preview .sf-tabs > [aria-selected=true]")?.textContent || "";
    const sent = content(form);
    const pieces = await ask(form, verb);
    if (!pieces) return;
    if (content(form) !== sent) { await changed(verb, focus); return; } // somebody typed meanwhile
    const focused = document.activeElement?.id;
    const preview = put("fe-preview", pieces);
    const lines = put("fe-lines", pieces);
    if (preview) begin(preview);
    last = content(form);
    if (lines) focus(lines, focused);
  }

  function focusAfter(verb) {
    return (lines) => {
      const fresh = lines.querySelector("[data-fe-fresh]");
      const [what] = verb.split(":");
      if (!fresh) { lines.querySelector(".fe-add button")?.focus(); return; }
      if (what === "up" || what === "down") {
        const wanted = fresh.querySelector(`button[value^="${what}:"]`);
        (wanted.disabled ? fresh.querySelector(".fe-buttons button:not(:disabled)") : wanted).focus();
        say(`Now line ${Number(fresh.dataset.feLine) + 1} of ${all("[data-fe-line]", lines).length}`);
      } else if (what === "remove") {
        fresh.querySelector('button[value^="remove:"]').focus();
        say("Taken out");
      } else {
        fresh.querySelector("input:not([type=hidden]), select, textarea, button")?.focus();
      }
      fresh.scrollIntoView({ block: "nearest" });
    };
  }

  function lines(form) {
    form.addEventListener("click", (event) => {
      const button = event.target.closest("#fe-lines button[name=_do]");
      if (!button) return;
      event.preventDefault();
      change(button.value, focusAfter(button.value));
    });
    form.addEventListener("change", (event) => {
      if (!event.target.closest("[data-fe-again]")) return;
      change("preview", (_, focused) => { if (focused) document.getElementById(focused)?.focus(); });
    });
    drag(form);
  }

  /* A line is carried by its sign; the place where it would stand is marked. */
  function drag(form) {
    let held = null;
    const mark = () => all(".fe-line.over").forEach((line) => line.classList.remove("over", "below"));
    form.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest("[data-fe-grip]");
      if (grip) grip.closest("[data-fe-line]").draggable = true;
    });
    form.addEventListener("dragstart", (event) => {
      held = event.target.closest?.("[data-fe-line]");
      if (!held || !held.draggable) { held = null; return; }
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", held.dataset.feLine);
      held.classList.add("held");
    });
    form.addEventListener("dragover", (event) => {
      const line = held && event.target.closest("[data-fe-line]");
      if (!line) return;
      event.preventDefault();
      mark();
      if (line === held) return;
      line.classList.add("over");
      line.classList.toggle("below", Number(line.dataset.feLine) > Number(held.dataset.feLine));
    });
    form.addEventListener("drop", (event) => {
      const line = held && event.target.closest("[data-fe-line]");
      if (!line) return;
      event.preventDefault();
      const verb = `move:${held.dataset.feLine}:${line.dataset.feLine}`;
      if (line !== held) change(verb, (fresh) => say(`Now line ${Number(line.dataset.feLine) + 1} of ${all("[data-fe-line]", fresh).length}`));
    });
    form.addEventListener("dragend", () => { mark(); if (held) { held.classList.remove("held"); held.draggable = false; } held = null; });
  }

  /* --- The builder: django-jsonform, told what belongs together ------------------------------------ */

  const PART = /§([a-z]+)$/;

  /* A name as the server makes it of a label. */
  const nameOf = (label) => label.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "_").replace(/^_+|_+$/g, "").slice(0, 60);

  /* What is set where it is out of sight, in words. */
  const SET = { prefilled: "filled in already", example: "example", must: "boxes that must be ticked", accepts: "kinds of files", least: "at least", most: "at most" };
  const wordsOf = { "rjf-remove-button": "Remove", "rjf-move-up-button": "Move up", "rjf-move-down-button": "Move down" };

  /* One question: `rows` holds its parts, the wrapper around it its buttons, too. */
  function card(rows) {
    const question = rows.closest(".rjf-form-group-wrapper");
    const parts = {};
    [...rows.children].forEach((row) => {
      if (!row.classList.contains("rjf-form-row")) { row.dataset.fePart = "inside"; return; }
      const control = row.querySelector("[name]");
      const part = control && PART.exec(control.name);
      if (!part) return;
      row.dataset.fePart = part[1];
      parts[part[1]] = control;
    });
    const { label, kind, more, name, note } = parts;
    question.dataset.feQuestion = "";
    question.dataset.feKind = kind.value;
    question.classList.toggle("fe-open", more.checked);
    question.classList.toggle("fe-noted", note.value !== "");
    const set = Object.entries(SET).filter(([part]) => parts[part]?.value).map(([, words]) => words);
    const opener = more.closest("label");
    if (set.length) opener.dataset.feSet = set.join(", "); else delete opener.dataset.feSet;
    name.placeholder = nameOf(label.value);
    note.tabIndex = -1;
    note.setAttribute("aria-label", "What else it says");
    label.placeholder ||= "What do you ask?";
    const called = label.value || "new question";
    question.setAttribute("role", "group");
    question.setAttribute("aria-label", called);
    all(":scope > .rjf-form-row-controls > button", question).forEach((button) => {
      const words = wordsOf[button.className.trim()];
      if (!words) return;
      button.title = words;
      button.setAttribute("aria-label", `${words}: ${called}`);
    });
  }

  function builder(root) {
    let count = 0;
    const again = () => {
      all('select[name$="§kind"]', root).forEach((kind) => card(kind.closest(".rjf-form-group-children")));
      all(".rjf-form-row label:not([for])", root).forEach((label) => {
        const control = label.parentElement.querySelector("input, select, textarea");
        if (label.querySelector("input") || !control) return;
        control.id ||= `fe-${(count += 1)}`;
        label.htmlFor = control.id;
      });
      all(".rjf-add-button", root).forEach((button) => {
        const inner = button.closest("[data-fe-question]");
        button.setAttribute("aria-label", inner ? "Add a question inside" : "Add a question");
        button.title = "";
      });
    };
    const changed = () => { again(); soon(); };
    new MutationObserver(changed).observe(root, { childList: true, subtree: true });
    root.addEventListener("change", changed);
    root.addEventListener("input", changed);
    root.addEventListener("click", (event) => {
      const button = event.target.closest(".rjf-add-button, .rjf-form-row-controls > button");
      if (!button) return;
      editor().dataset.tfChanged = "1";
      if (button.classList.contains("rjf-add-button")) nameNew(root);
      else keepFocus(button);
    }, true);
    again();
  }

  /* A new question is there to be written at once. */
  function nameNew(root) {
    const labels = () => all('[name$="§label"]', root);
    const known = new Set(labels().map((label) => label.name));
    setTimeout(() => labels().find((label) => !known.has(label.name))?.focus(), 40);
  }

  /* A question that was moved keeps the focus on its button, so that it can be moved on. */
  function keepFocus(button) {
    const question = button.closest("[data-fe-question]");
    const [list, words] = [question.parentElement, button.className];
    const at = [...list.children].indexOf(question);
    const to = words.includes("up") ? at - 1 : words.includes("down") ? at + 1 : at;
    setTimeout(() => {
      const moved = list.children[Math.min(to, list.children.length - 1)];
      const controls = moved && moved.querySelector(":scope > .rjf-form-row-controls");
      const again = controls && ([...controls.children].find((one) => one.className === words) || controls.lastElementChild);
      (again || list.parentElement.querySelector(":scope > .rjf-add-button"))?.focus();
      say(words.includes("remove") ? "Taken out" : `Now question ${to + 1} of ${list.children.length}`);
    }, MOVES);
  }

  /* --- Text: numbers of lines beside it ------------------------------------------------------------- */
  function numbers(box) {
    const area = box.querySelector("textarea");
    const gutter = document.createElement("div");
    gutter.className = "fe-gutter";
    gutter.setAttribute("aria-hidden", "true");
    const frame = document.createElement("div");
    frame.className = "fe-numbered";
    area.before(frame);
    frame.append(gutter, area);
    const wrong = new Set(all(".ds-excerpt > span").map((line) => line.textContent.trim()));
    const draw = () => {
      const count = area.value.split("\n").length;
      if (gutter.childElementCount !== count) {
        gutter.replaceChildren(...Array.from({ length: count }, (_, number) => {
          const line = document.createElement("span");
          line.textContent = number + 1;
          if (wrong.has(line.textContent)) line.className = "wrong";
          return line;
        }));
      }
      gutter.scrollTop = area.scrollTop;
    };
    area.addEventListener("input", draw);
    area.addEventListener("scroll", () => { gutter.scrollTop = area.scrollTop; });
    draw();
    /* An excerpt leads to its line. */
    all(".ds-excerpt").forEach((excerpt) => {
      const line = Number(excerpt.querySelector("span").textContent);
      excerpt.tabIndex = 0;
      excerpt.setAttribute("role", "button");
      const go = () => {
        const before = area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
        area.focus();
        area.setSelectionRange(before, before + (area.value.split("\n")[line - 1] || "").length);
        area.scrollTop = Math.max(0, (line - 6) * 19);
      };
      excerpt.addEventListener("click", go);
      excerpt.addEventListener("keydown", (event) => { if (event.key === "Enter") { event.preventDefault(); go(); } });
    });
  }

  function start() {
    const form = editor();
    if (!form) return;
    document.documentElement.classList.add("fe-live");
    const said = document.createElement("p");
    said.id = "fe-said";
    said.className = "tf-sr";
    said.setAttribute("aria-live", "polite");
    form.append(said);
    all("[data-fe-text]").forEach(numbers);
    all("[data-fe-builder]").forEach(builder);
    sides(document.getElementById("fe-preview"));
    lines(form);
    form.addEventListener("input", (event) => { if (!event.target.closest("#fe-preview")) soon(); });
    form.addEventListener("change", (event) => { if (!event.target.closest("#fe-preview, [data-fe-again]")) soon(); });
    /* Enter in a field of the preview or a line is no wish to leave the page. */
    form.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input:not([type=submit])")) { event.preventDefault(); refresh(true); }
    });
    setTimeout(() => { last = content(form); }, 300);
    document.querySelector("[data-fe-broken]")?.focus();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
