// The page: the view of the networks that it holds, in the state that its address names.
import { readFragment, writeFragment } from "./address.mjs";
import { mount } from "./view.mjs";

const root = document.getElementById("edit");
let own; // what this page wrote into the address itself
const page = mount(root, {
  ...JSON.parse(document.getElementById("data").textContent),
  open: readFragment(location.hash),
  link: state => location.href.replace(/#.*/, "") + writeFragment(state),
  said(state, { push = false }) {
    own = writeFragment(state);
    if (push && own !== location.hash) history.pushState(null, "", own); // so that Back comes back to what was seen
    else history.replaceState(null, "", own);
  },
});
root.emtvb = page;
addEventListener("hashchange", () => {
  if (location.hash !== own) page.go(readFragment(location.hash));
});
