// The page: the view of the networks that it holds, in the state that its address names.
import { mount, readFragment, writeFragment } from "./view.mjs";

const root = document.getElementById("edit");
let own; // what this page wrote there itself
const view = mount(root, {
  ...JSON.parse(document.getElementById("data").textContent),
  open: readFragment(location.hash),
  said(state) {
    own = writeFragment(state);
    history.replaceState(null, "", own);
  },
});
root.emtvb = view;
const follow = () => {
  if (location.hash !== own) view.go(readFragment(location.hash));
};
addEventListener("hashchange", follow);
