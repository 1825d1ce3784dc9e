/* What makes the pages quicker to use. Every page also works without it. */
(function () {
  "use strict";

  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];

  /* Menus (<details>) close on a click elsewhere and on Escape. */
  function menus() {
    const open = () => all("details.tf-drop-menu[open], details.tf-pill[open]");
    document.addEventListener("click", (event) => {
      open().filter((menu) => !menu.contains(event.target)).forEach((menu) => { menu.open = false; });
    });
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      open().forEach((menu) => { menu.open = false; menu.querySelector("summary").focus(); });
    });
  }

  /* A file that is too large is told before it travels; the server says the same. */
  function sizes() {
    /* The theme would write the name of a chosen file into a field that ours have not. */
    all("input.tf-choose").forEach((input) => { input.hasChangeListener = true; });
    document.addEventListener("change", (event) => {
      const input = event.target;
      if (input.type !== "file" || !input.dataset.tfMostBytes) return;
      const most = Number(input.dataset.tfMostBytes);
      const large = [...input.files].filter((file) => file.size > most).map((file) => `“${file.name}”`);
      let note = input.nextElementSibling;
      if (!note || !note.classList.contains("tf-too-large")) {
        note = document.createElement("p");
        note.className = "tf-too-large tf-xs tf-red";
        note.setAttribute("role", "status");
        input.after(note);
      }
      const size = `${Math.round(most / 104857.6) / 10} MB`;
      note.textContent = large.length ? `${large.join(", ")} will not be taken: at most ${size}.` : "";
    });
  }

  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  /* "/" goes to the search box of the page, Ctrl K to the search of the site. */
  function keys() {
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        if (openPalette()) event.preventDefault();
      } else if (event.key === "/" && !typing(event.target) && !event.ctrlKey && !event.metaKey) {
        const box = document.querySelector("main [data-tf-search], #main [data-tf-search]");
        if (box) { event.preventDefault(); box.focus(); }
      } else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        const button = document.querySelector("[data-tf-ctrl-enter]");
        if (button) { event.preventDefault(); button.click(); }
      }
    });
    all("[data-tf-palette]").forEach((link) => link.addEventListener("click", (event) => {
      if (openPalette()) event.preventDefault();
    }));
  }

  function openPalette() {
    const palette = document.getElementById("tf-palette");
    if (!palette || !palette.showModal) return false;
    if (!palette.open) palette.showModal();
    palette.querySelector("input").select();
    return true;
  }

  function palette() {
    const dialog = document.getElementById("tf-palette");
    if (!dialog) return;
    const box = dialog.querySelector("input");
    const found = dialog.querySelector(".tf-found");
    let waiting = 0;
    let asked = 0;

    async function ask() {
      const mine = ++asked;
      const query = new URLSearchParams({ s: box.value, fragment: "1" });
      const answer = await fetch(`${dialog.dataset.tfSearchUrl}?${query}`, { credentials: "same-origin" });
      if (answer.ok && !answer.redirected && mine === asked) found.innerHTML = await answer.text();
    }

    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(ask, 200); });
    dialog.addEventListener("keydown", (event) => {
      const links = all("a", found);
      const at = links.indexOf(document.activeElement);
      if (event.key === "ArrowDown" && links.length) { event.preventDefault(); (links[at + 1] || links[0]).focus(); }
      if (event.key === "ArrowUp" && at >= 0) { event.preventDefault(); (links[at - 1] || box).focus(); }
      if (event.key === "Enter" && document.activeElement === box && links.length) { event.preventDefault(); links[0].click(); }
    });
    dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  }

  /* Ticked rows: how many, all of the page, a range with Shift, all that fit the filter. */
  function selection() {
    const bar = document.querySelector("[data-tf-selection]");
    if (!bar) return;
    const form = bar.closest("form");
    const toggle = form.querySelector("#action-toggle");
    const boxes = all("input.action-select", form);
    const across = bar.querySelector(".select-across");
    const offer = bar.querySelector("[data-tf-across]");
    let last = null;

    function show() {
      const ticked = boxes.filter((box) => box.checked).length;
      bar.querySelector("[data-tf-selected]").textContent = across.value === "1" ? "All" : ticked;
      if (toggle) {
        toggle.checked = ticked === boxes.length;
        toggle.indeterminate = ticked > 0 && ticked < boxes.length;
      }
      if (offer) offer.hidden = ticked < boxes.length || across.value === "1";
    }

    function tick(value) { across.value = "0"; boxes.forEach((box) => { box.checked = value; }); show(); }

    if (toggle) toggle.addEventListener("change", () => tick(toggle.checked));
    boxes.forEach((box, at) => box.addEventListener("click", (event) => {
      across.value = "0";
      if (event.shiftKey && last !== null) {
        for (let i = Math.min(at, last); i <= Math.max(at, last); i += 1) boxes[i].checked = box.checked;
      }
      last = at;
      show();
    }));
    if (offer) offer.addEventListener("click", () => { across.value = "1"; show(); });
    bar.querySelector("[data-tf-clear]").addEventListener("click", () => tick(false));
    show();
  }

  /* Tiles are filtered while typing; the form still searches without this. */
  function tiles() {
    const box = document.querySelector("[data-tf-filter]");
    if (!box) return;
    box.addEventListener("input", () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      all("[data-tf-words]").forEach((tile) => {
        tile.hidden = !words.every((word) => tile.dataset.tfWords.includes(word));
      });
      all("[data-tf-group]").forEach((group) => {
        group.hidden = !all("[data-tf-words]:not([hidden])", group).length;
      });
      const nothing = document.querySelector("[data-tf-nothing]");
      if (nothing) nothing.hidden = Boolean(document.querySelector("[data-tf-words]:not([hidden])"));
    });
  }

  /* A form is sent once, and a slow answer shows that something is going on. */
  function sending() {
    document.addEventListener("submit", (event) => {
      const form = event.target;
      if (event.defaultPrevented || form.method !== "post") return;
      if (form.dataset.tfSent) { event.preventDefault(); return; }
      form.dataset.tfSent = "1";
      delete form.dataset.tfChanged;
      setTimeout(() => document.documentElement.classList.add("tf-busy"), 400);
    });
    window.addEventListener("pageshow", () => {
      document.documentElement.classList.remove("tf-busy");
      all("form[data-tf-sent]").forEach((form) => { delete form.dataset.tfSent; });
    });
  }

  /* What was typed is not lost by leaving the page by accident. */
  function guard() {
    const forms = all("form[data-tf-guard]");
    forms.forEach((form) => form.addEventListener("input", () => { form.dataset.tfChanged = "1"; }));
    window.addEventListener("beforeunload", (event) => {
      if (forms.some((form) => form.dataset.tfChanged)) event.preventDefault();
    });
  }

  function reveal() {
    all("[data-tf-reveal]").forEach((button) => {
      const box = document.getElementById(button.dataset.tfReveal);
      if (!box) return;
      button.hidden = false;
      button.addEventListener("click", () => {
        const hidden = box.type === "password";
        box.type = hidden ? "text" : "password";
        button.setAttribute("aria-pressed", String(hidden));
        button.querySelector(".material-symbols-outlined").textContent = hidden ? "visibility_off" : "visibility";
      });
    });
  }

  /* Light, dark, or as the device: kept where the theme looks for it. */
  function theme() {
    all("[data-tf-theme]").forEach((button) => button.addEventListener("click", () => {
      localStorage.setItem("adminTheme", JSON.stringify(button.dataset.tfTheme));
      location.reload();
    }));
  }

  document.addEventListener("DOMContentLoaded", () => {
    menus(); keys(); palette(); selection(); tiles(); sending(); guard(); reveal(); theme(); sizes();
  });
})();
