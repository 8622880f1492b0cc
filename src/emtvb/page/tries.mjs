// What to try: sentences, each a link to a state of the page that shows it, as far as there are networks that do.
import { FUTURE } from "./network.mjs";
import { make } from "./elements.mjs";
import { editText, writeFragment } from "./address.mjs";
import { openingEdit, titleOf } from "./subjects.mjs";
import { editAfter, editWithin } from "./streams.mjs";

const WEAK = "0.95"; // a gain at which small states fade

/** Links' words, and the states that they lead to, at the moment of their edit. */
function suggestions(networks) {
  const first = networks[0];
  const at = network => 3 * network.s;
  const list = [];
  const add = (network, basis, words, edit, more = {}) => list.push({ words, state: { net: network.id, basis, edit: `${at(network)}:${edit}`, step: at(network), ...more } });
  const flip = network => `flip:${openingEdit(network).what}`;
  add(first, "data", "Flip one bit that it stores.", flip(first));
  if (first.s > 1) add(first, "data", "Swap its two newest vectors.", `swap:${first.s}:${first.s - 1}`);
  add(first, "data", "Halve a vector: does the network restore it?", `halve:${first.s}`);
  const failing = (network, name) => network.bases.find(basis => basis.name === name)?.failing ?? [];
  const misread = network => failing(network, "power").filter(name => !failing(network, "data").includes(name));
  const bad = networks.filter(network => network.stored && misread(network).length)
    .sort((a, b) => failing(b, "power").length - failing(a, "power").length)[0];
  if (bad) {
    const edit = `flip:${misread(bad)[0]}`;
    add(bad, "power", `See the paper's basis fail on ${bad.task}${bad.l2 === 0 ? ", trained without a penalty" : ""}.`, edit);
    add(bad, "data", "Make the same edit through the basis by data.", edit);
    const good = networks.find(network => network.l2 > 0 && network.task === bad.task && !failing(network, "power").length);
    if (good) add(good, "power", `See the paper's basis work on ${good.task}, trained with a penalty.`, edit);
  }
  const odd = networks.find(network => network.otherwise);
  if (odd) add(odd, "data", `Edit a network that solves ${odd.task} without the circuit.`, flip(odd));
  const other = networks.find(network => network.stored && network.task !== first.task);
  if (other) add(other, "data", `Weaken the feedback of ${other.task}: does the memory last?`, flip(other), { gain: WEAK });
  return list;
}

/** Of streams: edits of what is to come, and one when an episode is over, which the next one must not hear of. */
function ofStreams(networks) {
  const link = (words, { id }, edit) => ({ words, state: { net: id, basis: "data", edit: editText(edit, 0), step: edit.at } });
  const [first, ...rest] = networks;
  return [
    link(`${titleOf(first)}: flip one bit that it stores.`, first, editWithin(first)),
    link("The same network: flip a bit after an episode's last output. Does the next episode hear of it?", first, editAfter(first)),
    ...rest.map(network => link(`${titleOf(network)}: flip one bit that it stores.`, network, editWithin(network))),
  ];
}

/** The list of links; none where the variables are a user's own. ``shown`` is called before one of them runs. */
export function tries(session, shown) {
  if (session.networks[0].variables) return null;
  return make("ul", { class: "tries" }, ...(session.networks[0].lengths ? ofStreams : suggestions)(session.networks).map(({ words, state }) => {
    const parts = Object.fromEntries(Object.entries(state).map(([name, value]) => [name, String(value)]));
    const after = { ...state, step: state.step + FUTURE }; // a link that is copied shows what came of it
    return make("li", {}, make("a", { href: writeFragment(after), click: event => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return; // a tab of its own
      event.preventDefault();
      shown();
      session.go(parts, { play: true, push: true, words });
    } }, words));
  }));
}
