// What one sees and does, the same on the page and in a notebook: panels round a session.
import { button, make, write } from "./elements.mjs";
import { palette } from "./drawing.mjs";
import { Session } from "./session.mjs";
import { titleOf } from "./subjects.mjs";
import { memoryBoard } from "./memory.mjs";
import { strips } from "./strips.mjs";
import { gains } from "./gain.mjs";
import { inputs } from "./inputs.mjs";
import { circle } from "./circle.mjs";
import { amplitudes, neurons } from "./amplitudes.mjs";
import { tries } from "./tries.mjs";

const SPEEDS = [2, 8, 20, 60]; // steps a second
const BASES = { data: "the basis by data, fitted to states", power: "the paper's basis, by power iteration" };
const still = matchMedia("(prefers-reduced-motion: reduce)");
const scheme = matchMedia("(prefers-color-scheme: dark)");

let views = 0; // in this document: a notebook may have several

/** A section under a heading. */
function section(name, title, ...children) {
  const id = `edit-${name}-${views}`;
  return make("section", { class: name, "aria-labelledby": id }, make("h2", { id }, title), ...children);
}

/** Which network, through which basis. */
function chooser(session) {
  const network = make("select", { change: () => session.choose(network.value, basis.value) },
    ...session.networks.map(one => make("option", { value: one.id }, titleOf(one))));
  const basis = make("select", { change: () => session.choose(network.value, basis.value) });
  const about = make("p", { class: "about" });
  const bases = make("label", {}, "Basis ", basis);
  return {
    about, element: make("div", { class: "choose" }, make("label", {}, "Network ", network), bases),
    build(chosen) {
      const { network: { id, bases: every } } = session.subject;
      network.value = id;
      bases.hidden = every.length < 2;
      basis.replaceChildren(...every.map(({ name }) => make("option", { value: name, selected: name === chosen.name }, BASES[name] ?? name)));
      about.textContent = session.subject.about(chosen);
    },
  };
}

/** Run, step, back; and a slider through the steps that it has come to. */
function transport(session) {
  const run = button("Run", () => (session.running ? session.stop() : session.run()), "primary run");
  const speed = make("select", { "aria-label": "Steps a second" },
    ...SPEEDS.map(value => make("option", { value, selected: value === session.rate() }, `${value} steps a second`)));
  session.rate = () => Number(speed.value);
  const slider = make("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Step that is shown",
    input: () => session.look(Number(slider.value)), change: () => session.settle() });
  const clock = make("span", { class: "clock" });
  return {
    element: make("div", { class: "transport buttons" }, run, button("Step", () => session.step(), "step"),
      button("Back to the start", () => session.restart(), "back"), speed, make("div", { class: "time" }, slider, clock)),
    paint() {
      const { timeline, view, running, subject } = session;
      slider.max = timeline.now;
      slider.value = view;
      const words = subject.clock(view);
      write(clock, words);
      slider.setAttribute("aria-valuetext", words);
      write(run, running ? "Stop" : session.proposes ? "Edit and run" : "Run");
    },
  };
}

/** Edits of whole variables: to a value, with another, by a push; and what was done. */
function changes(session) {
  const what = make("select", { class: "variable" }), other = make("select", { class: "other" });
  const value = make("input", { class: "value", size: 10, spellcheck: "false", autocomplete: "off" });
  const list = make("p", { class: "edits" });
  const edit = (kind, to) => session.edit({ kind, what: what.value, ...(to === undefined ? {} : { value: to }) });
  return {
    elements: [
      make("div", { class: "buttons change" },
        make("label", {}, "Variable ", what),
        make("span", { class: "pair" }, make("label", {}, "to ", value), button("Set", () => edit("set", value.value.trim()), "set")),
        make("span", { class: "pair" }, make("label", {}, "with ", other), button("Swap", () => edit("swap", other.value), "swap")),
        button("Flip all of it", () => edit("flip"), "flip"), button("Halve all of it", () => edit("halve"), "halve")),
      list,
      make("div", { class: "buttons" }, button("Undo all edits", () => session.undo(), "undo"), button("Another random push", () => session.again(), "again")),
    ],
    build() {
      const { names, preset, valueLabel } = session.subject;
      const options = chosen => names.map(name => make("option", { value: name, selected: name === chosen }, name));
      what.replaceChildren(...options(preset.what));
      other.replaceChildren(...options(preset.other));
      value.value = preset.value;
      value.setAttribute("aria-label", valueLabel);
    },
    paint() {
      const { timeline, subject } = session;
      write(list, timeline.edits.map(made => `${subject.clock(made.at)}: ${subject.words(made)}`).join("; "));
    },
  };
}

/** A button that copies the link to what is seen; where that is not allowed, the link is there to be copied. */
function sharing(session, link) {
  const address = make("input", { class: "link", readonly: true, "aria-label": "The link to what is seen", hidden: true });
  const copy = async () => {
    const text = link(session.state());
    try {
      await navigator.clipboard.writeText(text);
      address.hidden = true;
      session.heard("The link to what you see is copied.");
    } catch {
      address.hidden = false;
      address.value = text;
      address.focus();
      address.select();
      session.heard("Copy the link to what you see from the field.");
    }
  };
  return make("div", { class: "buttons sharing" }, button("Share: copy the link", copy, "share"), address);
}

/**
 * Put the view into an element.
 *
 * networks: what content.py writes of each. first: what it shows where an address says nothing, open: what it opens with,
 * both as addresses say it. found: the address of the page on which memories last, where it has one. said: is told what the
 * address should say, and whether Back should come back to what it said before ({push}). link: the address of a state, where
 * it has one. systems: by a network's id, what runs it instead of this browser. ask: of that program, what should follow an
 * edit. Returns go (to what an address says), state (what it should say), edit, run, stop, lasting (what becomes of what is
 * stored), timeline, view, running, and end.
 */
export function mount(root, { networks, first = {}, open = {}, found = null, said = () => {}, link = null, systems = {}, ask = async () => null }) {
  views += 1;
  let colours;
  const status = make("p", { role: "status", "aria-live": "polite", "aria-atomic": "true", class: "status" });
  const score = make("p", { class: "score" });
  const kind = make("select", { class: "kind", "aria-label": "What a click does to a square" },
    make("option", { value: "flip" }, "flips it"), make("option", { value: "halve" }, "halves its amplitude"));
  const session = new Session(networks, {
    first, systems, ask, said, calm: () => still.matches,
    heard: text => (status.textContent = text),
    built: basis => panels.forEach(panel => panel.build?.(basis)),
    painted: () => paint(),
  });
  const [choice, controls, memory, future, form, shown] = [chooser(session), transport(session), memoryBoard(session, kind, () => follow()), strips(session), changes(session), inputs(session)];
  const [gain, wheel, lines, state] = [gains(session, found), circle(session), amplitudes(session), neurons(session)];
  const panels = [choice, controls, memory, future, gain, form, shown, wheel, lines, state];

  const stage = make("div", { class: "stage" },
    section("stored", "What it stores",
      make("p", { class: "hint" }, "Click a square: that ", kind, "."), memory.element,
      make("div", { class: "result" }, score, memory.reading)),
    section("future", "What follows", controls.element, future.element, status, ...(link ? [sharing(session, link)] : [])));
  const follow = () => future.element.scrollIntoView({ behavior: still.matches ? "auto" : "smooth", block: "nearest" });
  const suggested = tries(session, follow);
  const turning = section("running", "On their way round", wheel.element,
    make("p", { class: "hint" }, "Each variable moves on to the next place; f writes the newest at the top from the outlined squares."));
  const lasting = section("lasting", "Does the memory last?", ...gain.elements);
  root.classList.add("emtvb-edit");
  root.replaceChildren(...[
    choice.element,
    stage, lasting, suggested && section("try", "Try", suggested), choice.about,
    section("changing", "Change more", ...form.elements),
    section("input", "Store other vectors", shown.element),
    turning,
    section("amplitude", "What is read of the changed elements",
      make("p", { class: "hint" }, "Times the theory's sign: 1 is stored as it should be after the edit, -1 as it was. A halved amplitude starts at one half; a linear network would keep it there."),
      lines.element, make("p", { class: "legend" }, make("span", { class: "edited" }, "edited"), make("span", { class: "unedited" }, "left alone"), make("span", { class: "random" }, "random push"), make("span", { class: "expected" }, "theory"))),
    section("raw", "Its raw state", state.element,
      make("p", { class: "hint" }, "One square a neuron. Nothing of the above can be seen here: that takes the basis.")),
  ].filter(Boolean));

  function paint() {
    if (!session.timeline || !root.isConnected) return;
    colours ??= palette(root);
    turning.hidden = !session.subject.turns;
    lasting.hidden = !session.subject.gains;
    for (const panel of panels) if (panel !== wheel || !turning.hidden) panel.paint?.(colours);
    write(score, session.tally());
  }

  // A scheme or a width that changes.
  const recolour = () => {
    colours = undefined;
    paint();
  };
  scheme.addEventListener("change", recolour);
  const observer = new ResizeObserver(recolour);
  observer.observe(root);

  session.go(open);
  return {
    go: (...given) => session.go(...given),
    state: () => session.state(),
    edit: given => session.edit(given),
    run: () => session.run(),
    stop: () => session.stop(),
    lasting: () => session.lasting(),
    get timeline() {
      return session.timeline;
    },
    get view() {
      return session.view;
    },
    get running() {
      return session.running;
    },
    end() {
      session.end();
      panels.forEach(panel => panel.end?.());
      scheme.removeEventListener("change", recolour);
      observer.disconnect();
    },
  };
}
