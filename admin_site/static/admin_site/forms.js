/* What makes forms from definitions quicker to use. Every form also works without it. */
(function () {
  "use strict";

  const all = (selector, root) => [...(root || document).querySelectorAll(selector)];

  /* --- Tabs: the sections of a form, as the ARIA pattern for tabs has it ------------------------ */
  function tabs(form) {
    const panels = all(":scope > .sf-tab", form).filter((panel) => panel.dataset.sfTab);
    if (panels.length < 2) return;
    const bar = document.createElement("div");
    bar.className = "sf-tabs";
    bar.setAttribute("role", "tablist");
    const buttons = panels.map((panel) => {
      const button = document.createElement("button");
      button.type = "button";
      button.id = `${panel.id}_tab`;
      button.setAttribute("role", "tab");
      button.setAttribute("aria-controls", panel.id);
      button.append(panel.dataset.sfTab);
      if (Number(panel.dataset.sfWrong)) {
        const count = document.createElement("span");
        count.className = "tf-count hot";
        count.textContent = panel.dataset.sfWrong;
        count.setAttribute("aria-label", `${panel.dataset.sfWrong} to look at`);
        button.append(" ", count);
      }
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", button.id);
      bar.append(button);
      return button;
    });
    const show = (number, focus) => {
      panels.forEach((panel, other) => { panel.hidden = other !== number; });
      buttons.forEach((button, other) => {
        button.setAttribute("aria-selected", other === number);
        button.tabIndex = other === number ? 0 : -1;
      });
      if (focus) buttons[number].focus();
    };
    buttons.forEach((button, number) => {
      button.addEventListener("click", () => show(number));
      button.addEventListener("keydown", (event) => {
        const to = { ArrowRight: number + 1, ArrowLeft: number - 1, Home: 0, End: buttons.length - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        show((to + buttons.length) % buttons.length, true);
      });
    });
    /* A link from the summary of errors opens the tab that its field is in. */
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      const target = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
      const number = target ? panels.findIndex((panel) => panel.contains(target)) : -1;
      if (number < 0) return;
      event.preventDefault();
      show(number);
      target.focus();
    });
    form.classList.add("sf-tabbed");
    form.prepend(bar);
    show(Math.max(0, panels.findIndex((panel) => Number(panel.dataset.sfWrong))));
  }

  /* --- Rules: the same conditions as on the server, for what is typed right now ----------------- */

  const MISSING = undefined;

  /* The answers so far as nested objects; the type of each control is in `data-sf-kind`. */
  function answers(form) {
    const found = {};
    all("[data-sf-place]", form).forEach((field) => {
      if (field.dataset.sfGone) return;
      const value = answer(field);
      if (value === MISSING) return;
      const place = JSON.parse(field.dataset.sfPlace);
      let around = found;
      place.slice(0, -1).forEach((name) => { around = around[name] ||= {}; });
      around[place.at(-1)] = value;
    });
    return found;
  }

  function answer(field) {
    const kind = field.dataset.sfKind;
    const control = field.querySelector("input[name], select[name], textarea[name]");
    if (!control) return MISSING;
    if (kind === "file") return chosenFiles(field, control);
    if (kind === "switch") return control.checked;
    if (kind === "tick") return control.checked ? meaning(field, "on") : MISSING;
    if (kind === "choices") {
      const keys = all("input:checked", field).map((box) => meaning(field, box.value));
      return keys.length ? keys : MISSING;
    }
    const chosen = control.type === "radio" ? field.querySelector("input:checked") : control;
    const text = chosen ? chosen.value : "";
    if (text.trim() === "") return MISSING;
    if (kind === "choice") return meaning(field, text);
    if (kind === "number") return Number.isNaN(Number(text)) ? text : Number(text);
    if (kind === "list") { try { return JSON.parse(text); } catch { return MISSING; } }
    return text;
  }

  /* Kept files that are not being removed, and those just chosen; a name stands for each of these. */
  function chosenFiles(field, control) {
    const gone = new Set(all(".tf-remove input:checked", field).map((box) => box.value));
    const kept = all(".tf-kept input[type=hidden]", field).map((input) => input.value).filter((key) => !gone.has(key));
    const files = [...kept, ...[...control.files].map((file) => file.name)];
    if (!files.length) return MISSING;
    return control.multiple ? files : files.at(-1);
  }

  /* What a choice stands for, where that is not its text. */
  function meaning(field, key) {
    const values = field.dataset.sfValues ? JSON.parse(field.dataset.sfValues) : {};
    return Object.hasOwn(values, key) ? values[key] : key;
  }

  const at = (value, place) => place.reduce(
    (inner, name) => (inner && typeof inner === "object" && Object.hasOwn(inner, name) ? inner[name] : MISSING), value);

  class Undecided extends Error {}

  function holds(test, value) {
    if ("and" in test) return test.and.every((part) => holds(part, value));
    if ("or" in test) return test.or.some((part) => holds(part, value));
    if ("not" in test) return !holds(test.not, value);
    if ("logic" in test) {
      try { return logic(test.logic, value) === true; } catch (error) { if (error instanceof Undecided) throw error; return false; }
    }
    const found = at(value, test.at);
    if (found === MISSING && test.missingFails) return false;
    return accepts(test.schema, found === MISSING ? null : found);
  }

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const typeOf = (value) => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value);
  const isType = (value, type) => (type === "integer" ? Number.isInteger(value) : typeOf(value) === type);
  const isGroup = (value) => typeOf(value) === "object";

  const KEYWORDS = {
    type: (limit, value) => [limit].flat().some((type) => isType(value, type)),
    const: (limit, value) => same(limit, value),
    enum: (limit, value) => limit.some((one) => same(one, value)),
    minimum: (limit, value) => typeof value !== "number" || value >= limit,
    maximum: (limit, value) => typeof value !== "number" || value <= limit,
    exclusiveMinimum: (limit, value) => typeof value !== "number" || value > limit,
    exclusiveMaximum: (limit, value) => typeof value !== "number" || value < limit,
    minLength: (limit, value) => typeof value !== "string" || [...value].length >= limit,
    maxLength: (limit, value) => typeof value !== "string" || [...value].length <= limit,
    minItems: (limit, value) => !Array.isArray(value) || value.length >= limit,
    maxItems: (limit, value) => !Array.isArray(value) || value.length <= limit,
    contains: (schema, value) => !Array.isArray(value) || value.some((entry) => accepts(schema, entry)),
    items: (schema, value) => !Array.isArray(value) || value.every((entry) => accepts(schema, entry)),
    required: (names, value) => !isGroup(value) || names.every((name) => Object.hasOwn(value, name)),
    properties: (schemas, value) => !isGroup(value) || Object.entries(schemas).every(
      ([name, schema]) => !Object.hasOwn(value, name) || accepts(schema, value[name])),
    not: (schema, value) => !accepts(schema, value),
    allOf: (schemas, value) => schemas.every((schema) => accepts(schema, value)),
    anyOf: (schemas, value) => schemas.some((schema) => accepts(schema, value)),
    oneOf: (schemas, value) => schemas.filter((schema) => accepts(schema, value)).length === 1,
  };
  const WORDS = new Set(["title", "description", "default", "examples", "$comment", "$schema", "$id"]);

  function accepts(schema, value) {
    if (typeof schema === "boolean") return schema;
    return Object.entries(schema).every(([keyword, limit]) => {
      if (WORDS.has(keyword) || keyword.startsWith("x-")) return true;
      if (!Object.hasOwn(KEYWORDS, keyword)) throw new Undecided(keyword);
      return KEYWORDS[keyword](limit, value);
    });
  }

  /* JsonLogic, the strict profile: comparing what is missing or of another type is an error. */
  const COMPARE = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b };

  function logic(rule, data) {
    if (!isGroup(rule)) return Array.isArray(rule) ? rule.map((part) => logic(part, data)) : rule;
    const [name] = Object.keys(rule);
    const parts = [rule[name]].flat();
    const value = (number) => {
      const found = logic(parts[number], data);
      if (found === null || found === MISSING) throw new Error("missing");
      return found;
    };
    const truth = (number) => {
      const found = value(number);
      if (typeof found !== "boolean") throw new Error("not yes or no");
      return found;
    };
    if (name === "var") {
      const found = at(data, String(parts[0]).split("."));
      return found === MISSING ? (parts[1] ?? null) : found;
    }
    if (name === "exists") return !["", null, MISSING].includes(at(data, String(parts[0]).split(".")));
    if (name === "and") return parts.every((_, number) => truth(number));
    if (name === "or") return parts.some((_, number) => truth(number));
    if (name === "!") return !truth(0);
    if (name === "==" || name === "!=") {
      const [one, other] = [value(0), value(1)];
      if (typeOf(one) !== typeOf(other)) throw new Error("another type");
      return same(one, other) === (name === "==");
    }
    if (name === "in") {
      const [one, many] = [value(0), value(1)];
      return Array.isArray(many) ? many.some((entry) => same(entry, one)) : many.includes(one);
    }
    if (Object.hasOwn(COMPARE, name)) {
      const found = parts.map((_, number) => value(number));
      if (new Set(found.map(typeOf)).size > 1) throw new Error("another type");
      return found.slice(1).every((entry, number) => COMPARE[name](found[number], entry));
    }
    throw new Undecided(name);
  }

  /* A rule that only the server can decide changes nothing here. */
  function decide(rule, value) {
    try { return holds(rule.test, value); } catch { return null; }
  }

  function apply(form) {
    const ruled = all("[data-sf-rules]", form);
    for (let round = 0; round <= ruled.length; round += 1) {
      const value = answers(form);
      let changed = false;
      ruled.forEach((field) => {
        const gone = JSON.parse(field.dataset.sfRules).some((rule) => {
          const is = decide(rule, value);
          return is !== null && ((rule.effect === "SHOW" && !is) || (rule.effect === "HIDE" && is));
        });
        if (gone !== Boolean(field.dataset.sfGone)) {
          changed = true;
          field.hidden = gone;
          if (gone) field.dataset.sfGone = "1"; else delete field.dataset.sfGone;
        }
      });
      if (!changed) break;
    }
    const value = answers(form);
    ruled.forEach((field) => {
      const rules = JSON.parse(field.dataset.sfRules).filter((rule) => /ABLE$/.test(rule.effect));
      if (!rules.length) return;
      const locked = rules.some((rule) => {
        const is = decide(rule, value);
        return is !== null && is === (rule.effect === "DISABLE");
      });
      all("input, select, textarea", field).forEach((control) => { control.disabled = locked; });
    });
    all("[data-sf-part]", form).forEach((part) => {
      const inside = all("[data-sf-place]", part);
      part.hidden = inside.length > 0 && inside.every((field) => field.dataset.sfGone);
    });
  }

  function rules(form) {
    if (!form.querySelector("[data-sf-rules]")) return;
    const again = () => apply(form);
    form.addEventListener("input", again);
    form.addEventListener("change", again);
    again();
  }

  /* --- django-jsonform gives its labels no field; screen readers and clicks need one ------------ */
  let named = 0;
  function labels(list) {
    all(".rjf-form-row label:not([for])", list).forEach((label) => {
      if (label.querySelector("input")) return;
      const control = label.parentElement.querySelector("input, select, textarea");
      if (!control) return;
      control.id ||= `sf-in-list-${(named += 1)}`;
      label.htmlFor = control.id;
    });
    all(".rjf-remove-button, .rjf-add-button", list).forEach((button) => {
      const words = button.classList.contains("rjf-add-button") ? "Add" : "Remove";
      if (!button.getAttribute("aria-label") && !button.textContent.trim()) button.setAttribute("aria-label", words);
    });
  }

  function lists(form) {
    all(".sf-list", form).forEach((list) => {
      labels(list);
      new MutationObserver(() => {
        labels(list);
        form.dispatchEvent(new Event("change"));
      }).observe(list, { childList: true, subtree: true });
    });
  }

  function begin(form) {
    if (form.closest("form")) form.closest("form").noValidate = true; // the server's words are better
    tabs(form);
    lists(form);
    rules(form);
  }

  function start() {
    all("[data-sf-form]").forEach(begin);
    /* A page that puts a form in the place of another tells so: a preview while it is built. */
    document.addEventListener("sf:begin", (event) => all("[data-sf-form]", event.target).forEach(begin));
    const summary = document.querySelector("[data-sf-errors]");
    if (summary) summary.focus();
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
