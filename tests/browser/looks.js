/* What is wrong with the page that is shown: a list of sentences, empty for a good page. */
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const told = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 160);
  const wrong = [];

  const headings = all("h1").filter(shown);
  if (headings.length !== 1) wrong.push(`${headings.length} first headings: ${headings.map(told).join(" ")}`);
  if (!document.title.trim()) wrong.push("no title");

  const root = document.documentElement;
  if (root.scrollWidth > innerWidth) {
    const beyond = all("body *").filter((one) => shown(one) && one.getBoundingClientRect().right > innerWidth + 1);
    wrong.push(`${root.scrollWidth} wide in a window of ${innerWidth}: ${beyond.slice(-2).map(told).join(" ")}`);
  }

  all("img").filter((image) => !image.complete || !image.naturalWidth).forEach((image) => wrong.push(`no picture: ${told(image)}`));
  [...document.fonts].filter((font) => font.status === "error").forEach((font) => wrong.push(`no letters: ${font.family}`));
  /* A symbol is a word that the font draws as one sign; an unknown word stays a word, and is wide. */
  all(".material-symbols-outlined").filter(shown).forEach((symbol) => {
    const width = Math.max(symbol.scrollWidth, symbol.getBoundingClientRect().width);
    if (width > 1.6 * parseFloat(getComputedStyle(symbol).fontSize)) wrong.push(`no such symbol: ${told(symbol)}`);
  });

  const ids = all("[id]").map((element) => element.id);
  new Set(ids.filter((id, at) => ids.indexOf(id) !== at)).forEach((id) => wrong.push(`several elements are #${id}`));
  all("label[for]").filter((label) => !document.getElementById(label.htmlFor)).forEach((label) => wrong.push(`labels nothing: ${told(label)}`));

  /* Signs are words to whoever hears the page. */
  all(".material-symbols-outlined").filter((symbol) => shown(symbol) && !symbol.closest("[aria-hidden=true]")).forEach((symbol) => wrong.push(`read aloud: ${told(symbol)}`));
  const keys = "a[href], button, input, select, textarea, summary, label, [tabindex]";
  all("[x-on\\:click], [role=button]").filter((element) => shown(element) && !element.matches(keys) && !element.querySelector(keys)).forEach((element) => wrong.push(`no key leads to: ${told(element)}`));

  all("a[href^='javascript:'], [onclick], [onchange], [onsubmit]").forEach((element) => wrong.push(`script in the page: ${told(element)}`));
  return wrong;
})()
