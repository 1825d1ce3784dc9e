/* The page of a way: what a button would show after a reload is shown at once. The server draws the
   page as ever; the parts marked data-ws-part are put in place of those on the screen. */
(function () {
  "use strict";

  const WAIT = 400;
  const form = document.querySelector("form[data-ws-live]");
  const tester = document.getElementById("ws-try");
  let asked = 0;
  let timer = 0;

  const parts = () => [...document.querySelectorAll("[data-ws-part]")];

  /* The place of the cursor survives, because the field it was in has the same id afterwards. */
  function remember() {
    const field = document.activeElement;
    if (!field || !field.id) return () => {};
    const { id, value, selectionStart, selectionEnd } = field;
    return () => {
      const again = document.getElementById(id);
      if (!again || again === document.activeElement) return;
      again.focus({ preventScroll: true });
      if (typeof selectionStart !== "number" || again.value !== value) return;
      try { again.setSelectionRange(selectionStart, selectionEnd); } catch { /* not a text field */ }
    };
  }

  /* What was typed while the server thought about it is kept. */
  function keepTyped(fresh, sent) {
    const field = document.activeElement;
    if (!field || !field.id || !("value" in field) || field.matches("button, [type=radio], [type=checkbox], select")) return;
    const other = fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (other && sent.get(field.name) !== field.value) other.value = field.value;
  }

  async function ask(owner, action, focus) {
    const mine = ++asked;
    const sent = new FormData(owner);
    sent.set("do", action);
    parts().forEach((part) => part.classList.add("waits"));
    let answer;
    try {
      answer = await fetch(owner.action || location.href, { method: "POST", body: sent, credentials: "same-origin" });
    } catch {
      parts().forEach((part) => part.classList.remove("waits"));
      return;
    }
    if (mine !== asked) return;
    if (!answer.ok || answer.redirected) { location.reload(); return; }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    const back = remember();
    parts().forEach((part) => {
      const fresh = page.getElementById(part.id);
      part.classList.remove("waits");
      if (!fresh) return;
      keepTyped(fresh, sent);
      part.replaceChildren(...fresh.childNodes);
    });
    const target = focus && document.getElementById(focus());
    if (target) target.focus(); else back();
  }

  /* After "Add a row" the new row is next; after a removal, the button that adds one. */
  const lastRow = () => {
    const all = document.querySelectorAll(".ws-row select[name$='-path']");
    return all.length ? all[all.length - 1].id : "";
  };

  function later(owner, action) {
    clearTimeout(timer);
    timer = setTimeout(() => ask(owner, action), WAIT);
  }

  function live(owner) {
    owner.addEventListener("click", (event) => {
      const button = event.target.closest("button[name=do]");
      if (!button || button.value === "save") return;
      event.preventDefault();
      clearTimeout(timer);
      const adds = /^(row|box)/.test(button.value);
      ask(owner, button.value, adds ? lastRow : undefined);
    });
    owner.addEventListener("change", (event) => {
      if (event.target.matches("[data-ws-now], [name=how], [name=to]")) { clearTimeout(timer); ask(owner, "look"); }
      if (event.target.matches("[name=t-begin]")) { clearTimeout(timer); ask(owner, "begin"); }
    });
    owner.addEventListener("input", (event) => {
      if (event.target.matches("[data-ws-soon], [name=t-known], [name=rule]")) later(owner, "look");
    });
  }

  if (form) live(form);
  if (tester) live(tester);
})();
