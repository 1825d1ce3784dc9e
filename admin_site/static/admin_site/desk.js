/* The desk: news of what is being tried, and copying. Every page also works without it. */
(function () {
  "use strict";

  /* What waits for news is fetched anew every few seconds, until nothing waits any more. */
  function news() {
    const waiting = document.querySelector("[data-dk-news]");
    if (!waiting) return;
    setTimeout(async () => {
      const answer = await fetch(location.href, { credentials: "same-origin" }).catch(() => null);
      if (!answer || !answer.ok || answer.redirected) { news(); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(waiting.id);
      /* The rest of the page tells the news too; nothing is typed on a page that waits. */
      if (!fresh || !fresh.dataset.dkNews) { location.reload(); return; }
      waiting.replaceWith(document.importNode(fresh, true));
      news();
    }, Number(waiting.dataset.dkNews) * 1000);
  }

  function copying() {
    document.querySelectorAll("[data-dk-copy]").forEach((button) => {
      const text = document.getElementById(button.dataset.dkCopy);
      if (!text || !navigator.clipboard) return;
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(text.textContent.trim());
        const icon = button.querySelector(".material-symbols-outlined");
        icon.textContent = "check";
        setTimeout(() => { icon.textContent = "content_copy"; }, 1500);
      });
    });
  }

  document.addEventListener("DOMContentLoaded", () => { news(); copying(); });
})();
