"use strict";
// Search and filter: claims that do not match are hidden, and with them headings under which nothing is left.
const form = document.getElementById("filter"), text = form.elements.text, badge = form.elements.badge;
const kinds = [...document.querySelectorAll("section.kind")];
function show() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const kind of kinds) {
    let left = 0;
    for (const claim of kind.querySelectorAll(".claim")) {
      const said = (claim.id + " " + claim.textContent).toLowerCase();
      const fits = (!badge.value || claim.dataset.badge === badge.value) && words.every(word => said.includes(word));
      claim.hidden = !fits;
      left += fits;
    }
    kind.hidden = !left;
    shown += left;
  }
  form.elements.count.value = shown + " shown";
}
function follow() {
  const name = decodeURIComponent(location.hash.slice(1));
  if (name.startsWith("only-")) { badge.value = name.slice(5); show(); return; }
  const claim = document.getElementById(name);
  if (!claim || !claim.classList.contains("claim")) return;
  if (claim.hidden) { text.value = badge.value = ""; show(); }
  claim.querySelector("details").open = true;
  claim.scrollIntoView();
}
form.hidden = false;
form.addEventListener("input", show);
form.addEventListener("submit", event => event.preventDefault());
addEventListener("hashchange", follow);
show();
follow();
