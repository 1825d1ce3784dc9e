/* Whether somebody at the keyboard can see where they are: what can be focused and looks the same
   with and without the focus, as a list of sentences. A key has to be pressed before, or the
   browser takes the focus for a mouse's and draws none. */
((most) => {
  const shown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const told = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 160);
  const style = document.createElement("style");
  style.textContent = "*, ::before, ::after { transition: none !important; animation: none !important; }";
  document.head.append(style);

  const can = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]:not([tabindex='-1'])";
  /* The frame around it counts as well: a search box draws its ring around symbol and field. */
  const look = (element) => {
    const around = [element, element.parentElement, element.nextElementSibling, element.closest("label")].filter(Boolean);
    return around.map((one) => {
      const now = getComputedStyle(one);
      return [now.outlineStyle !== "none" && parseFloat(now.outlineWidth) > 0 ? now.outline : "", now.boxShadow, now.borderColor, now.backgroundColor, now.opacity].join("|");
    }).join("||");
  };
  const wrong = [];
  for (const element of [...document.querySelectorAll(can)].filter((one) => shown(one) && !one.disabled).slice(0, most)) {
    element.blur();
    const before = look(element);
    element.focus({ preventScroll: true, focusVisible: true });
    if (document.activeElement === element && look(element) === before) wrong.push(`focus cannot be seen: ${told(element)}`);
  }
  document.activeElement.blur();
  style.remove();
  return wrong;
})
