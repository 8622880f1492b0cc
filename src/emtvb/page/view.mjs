// What one sees and does: the same on the page and in a notebook. All numbers come from network.mjs.
import { Basis, Elman, Labels, Task, Timeline, EDITED, UNEDITED, RANDOM, FUTURE, agree, sign } from "./network.mjs";

const MOST_STEPS = 1000; // that are kept
const SPEEDS = [2, 8, 20, 60]; // steps a second
const PUSHES = { flip: "Flip", halve: "Halve" };
const NAMES = { data: "ours, from what it does (by data)", power: "the paper's, by power iteration" };

/** An element of the document: attributes by name, functions as listeners, the rest are its children. */
function make(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const signs = vector => [...vector].map(value => (sign(value) > 0 ? "+" : "-")).join("");
const spoken = value => (value > 0 ? "plus" : "minus");
const percent = (part, whole) => (whole ? `${Math.floor((100 * part) / whole)}%` : "none yet");

/** Whether a task gives out again what it was shown, in the same order. */
const repeats = ({ s, d, source, signs }) => source.every((from, i) => from === (i + d) % (s * d) && signs[i] > 0);

/** An edit as the address writes it, 20:flip:3.2, with output steps; and back. */
export const editText = ({ at, kind, what, value }, s) => [at - s, kind, what, ...(value ? [value] : [])].join(":");
export function readEdit(text, s) {
  const [at, kind, what, value] = text.split(":");
  return { at: Number(at) + s, kind, what, value };
}

/** What the address says: net, basis, input (a hexadecimal number of s*d digits in base two), step, edit, random. */
export function readFragment(text) {
  const found = {};
  for (const part of text.replace(/^#/, "").split("&")) {
    const [name, value] = [part.slice(0, part.indexOf("=")), part.slice(part.indexOf("=") + 1)];
    if (!name) continue;
    try {
      found[name] = decodeURIComponent(value);
    } catch {
      found[name] = value; // a lone %: as it stands
    }
  }
  return found;
}
export const writeFragment = state =>
  "#" + Object.entries(state).filter(([, value]) => value !== undefined && value !== "").map(([name, value]) =>
    `${name}=${encodeURI(value).replace(/[#&]/g, encodeURIComponent)}`).join("&");

export function inputText(vectors) {
  const bits = vectors.flat().map(value => (value > 0 ? "1" : "0")).join("");
  return (bits.padEnd(Math.ceil(bits.length / 4) * 4, "0").match(/.{4}/g) ?? [])
    .map(four => parseInt(four, 2).toString(16)).join("");
}
export function readInput(text, s, d) {
  if (!/^[0-9a-f]+$/i.test(text) || text.length !== Math.ceil((s * d) / 4)) throw new RangeError(`input ${text} is none`);
  const bits = [...text].map(digit => parseInt(digit, 16).toString(2).padStart(4, "0")).join("");
  return Array.from({ length: s }, (_, i) => Array.from({ length: d }, (_, k) => (bits[i * d + k] === "1" ? 1 : -1)));
}

/** Colours of signed values in the present scheme, from the style sheet. */
function palette(root) {
  const style = getComputedStyle(root);
  const colour = name => style.getPropertyValue(name).trim().split(" ").map(Number);
  const [plus, minus, zero, none] = ["--plus", "--minus", "--zero", "--none"].map(colour);
  const css = rgb => `rgb(${rgb.map(Math.round).join(" ")})`;
  const of = value => {
    if (Number.isNaN(value)) return css(none);
    const part = Math.min(Math.abs(value), 1), end = value >= 0 ? plus : minus;
    return css(zero.map((from, i) => from + part * (end[i] - from)));
  };
  const named = name => style.getPropertyValue(name).trim();
  return { of, text: named("--text"), faint: named("--faint"), line: named("--line"), back: named("--card"), mark: named("--mark") };
}

/** A canvas's pen, at the screen's own resolution, of so many CSS pixels. */
function pen(canvas, width, height) {
  const ratio = globalThis.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = "11px system-ui, sans-serif";
  return context;
}

/** A table of buttons through which one goes with the arrow keys; only one of them is in the order of tabs. */
function board(columns, rows, label, act) {
  const cells = [];
  const table = make("div", { class: "board", role: "group", "aria-label": label });
  table.style.setProperty("--columns", columns);
  const focus = index => {
    cells.forEach((cell, i) => (cell.tabIndex = i === index ? 0 : -1));
    cells[index].focus();
  };
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const index = column * rows + row;
      const cell = make("button", { type: "button", tabindex: index ? -1 : 0 });
      cell.addEventListener("keydown", event => {
        const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!by) return;
        event.preventDefault();
        const [x, y] = [column + by[0], row + by[1]];
        if (x >= 0 && x < columns && y >= 0 && y < rows) focus(x * rows + y);
      });
      cell.addEventListener("focus", () => cells.forEach((other, i) => (other.tabIndex = i === index ? 0 : -1)));
      cell.addEventListener("click", event => act(index, event));
      cells[index] = cell;
      table.append(cell);
    }
  }
  return { table, cells };
}

/** A network on the page that another program runs is handed over as a system; the others run here. */
export function systemOf(network, systems = {}) {
  return systems[network.id] ?? new Elman(network);
}

let views = 0; // in this document: a notebook may have several

/**
 * Put the view into an element.
 *
 * networks: what content.py writes of each. first: what it shows where an address says nothing, open: what it opens with, both
 * as addresses say it. said: is told what the address should say. systems: by a network's id, what runs it instead of this browser. Returns go (to what an address says),
 * state (what it should say), timeline, and end.
 */
export function mount(root, { networks, first = {}, open = {}, said = () => {}, systems = {}, ask = async () => null }) {
  const number = (views += 1);
  const byId = new Map(networks.map(network => [network.id, network]));
  let network, task, basis, system, timeline, inputs;
  let labelled = false, phase = 0, most = MOST_STEPS, trial = 0, future = null;
  let view = 0, goal = 0, running = false, seed = 0, quiet = false, lastTime = null, frame = null, ended = false;
  let shownLabels = null, colours;

  // The parts of the page.
  const status = make("p", { role: "status", class: "status" });
  const networkChoice = make("select", { change: () => choose(networkChoice.value, basisChoice.value) });
  const basisChoice = make("select", { change: () => choose(network.id, basisChoice.value) });
  const about = make("p", { class: "about" });
  for (const { id } of networks) networkChoice.append(make("option", { value: id }, titleOf(byId.get(id))));

  const drawn = make("div", { class: "holder" });
  const typed = make("textarea", { rows: 8, spellcheck: "false", autocomplete: "off", "aria-label": "The vectors, one a line" });
  const runButton = make("button", { type: "button", class: "primary run", click: () => (running ? stop() : run()) }, "Run");
  const stepButton = make("button", { type: "button", class: "step", click: () => stepOnce() }, "Step");
  const backButton = make("button", { type: "button", class: "back", click: () => restart() }, "Back to the start");
  const speed = make("select", { "aria-label": "Steps a second" },
    ...SPEEDS.map(value => make("option", { value, selected: value === 8 }, `${value} steps a second`)));
  const slider = make("input", { type: "range", min: 0, max: 0, value: 0, "aria-label": "Step that is shown",
    input: () => look(Number(slider.value)) });
  const clock = make("output", { class: "clock" });

  const stored = make("div", { class: "holder" });
  const reading = make("p", { class: "reading" });
  const kind = make("select", { class: "kind", "aria-label": "What a click does to a square" },
    make("option", { value: "flip" }, "flips it"), make("option", { value: "halve" }, "halves its amplitude"));
  const variable = make("select", { class: "variable" });
  const value = make("input", { class: "value", size: 10, spellcheck: "false", autocomplete: "off" });
  const other = make("select", { class: "other" });
  const editList = make("p", { class: "edits" });
  const score = make("p", { class: "score" });
  const circle = make("canvas", { role: "img" });
  const raw = make("canvas", { role: "img" });
  const lines = make("canvas", { role: "img" });
  const rows = [
    ["theory", "Theory, after the edit"], [EDITED, "Network, edited"],
    [UNEDITED, "Network, left alone"], [RANDOM, "Network, pushed as far at random"],
  ].map(([name, title]) => {
    const canvas = make("canvas", { role: "img" });
    const count = make("span", { class: "count" });
    return { name, title, canvas, count, element: make("div", { class: `row ${name}` }, make("div", { class: "name" }, make("strong", {}, title), count), canvas) };
  });
  const button = (text, click, name) => make("button", { type: "button", class: name, click }, text);
  const random = () => draw(inputs.map(vector => vector.map(() => (Math.random() < 0.5 ? -1 : 1))));

  const tries = make("ul", { class: "tries" });
  root.classList.add("emtvb-edit");
  root.replaceChildren(
    make("div", { class: "choose" }, make("label", {}, "Network ", networkChoice), make("label", {}, "Basis ", basisChoice)),
    about,
    make("section", { class: "input", "aria-labelledby": `edit-input-${number}` },
      make("h2", { id: `edit-input-${number}` }, "1. Store vectors"),
      drawn,
      make("div", { class: "drawing" }, make("p", { class: "hint" }, "Draw: a column is a vector, shown from left to right."),
      make("div", { class: "buttons" }, button("3-1-5", () => draw(network.picture), "picture"), button("random", random, "random"),
        button("all minus", () => draw(inputs.map(vector => vector.map(() => -1))), "minus")),
      make("details", {}, make("summary", {}, "Type them"), typed, button("Use these", () => type(), "type")))),
    make("section", { class: "running", "aria-labelledby": `edit-run-${number}` },
      make("h2", { id: `edit-run-${number}` }, "2. Let it run"),
      make("div", { class: "buttons" }, runButton, stepButton, backButton, speed),
      make("div", { class: "time" }, slider, clock),
      circle,
      make("p", { class: "hint" }, "The variables on their way round: each moves on to the next place, f writes the newest at the top from the outlined squares.")),
    make("section", { class: "stored", "aria-labelledby": `edit-stored-${number}` },
      make("h2", { id: `edit-stored-${number}` }, "3. Change what it stores"),
      make("p", { class: "hint" }, "This is read from its state. Click a square, at any time: it ", kind, "."),
      stored, reading,
      make("div", { class: "buttons change" },
        make("label", {}, "Variable ", variable),
        make("span", { class: "pair" }, make("label", {}, "to ", value), button("Set", () => edit({ kind: "set", what: variable.value, value: value.value.trim() }), "set")),
        make("span", { class: "pair" }, make("label", {}, "with ", other), button("Swap", () => edit({ kind: "swap", what: variable.value, value: other.value }), "swap")),
        ...Object.entries(PUSHES).map(([name, text]) => button(`${text} all of it`, () => edit({ kind: name, what: variable.value }), name))),
      score, editList,
      make("div", { class: "buttons" }, button("Undo all edits", () => undo(), "undo"), button("Another random push", () => again(), "again")),
      status),
    make("section", { class: "future", "aria-labelledby": `edit-future-${number}` },
      make("h2", { id: `edit-future-${number}` }, "What follows"),
      make("p", { class: "hint" }, "Outputs, step by step. Boxes in the first row: what the edit should change. Crosses: what is not as the theory says it should be after the edit."),
      ...rows.map(row => row.element)),
    make("section", { class: "amplitude", "aria-labelledby": `edit-amplitude-${number}` },
      make("h2", { id: `edit-amplitude-${number}` }, "What is read of the changed elements"),
      make("p", { class: "hint" }, "Times the theory's sign: 1 is stored as it should be after the edit, -1 as it was. A halved amplitude starts at one half; a linear network would keep it there."),
      lines, make("p", { class: "legend" }, make("span", { class: "edited" }, "edited"), make("span", { class: "unedited" }, "left alone"), make("span", { class: "random" }, "random push"), make("span", { class: "expected" }, "theory"))),
    make("section", { class: "raw", "aria-labelledby": `edit-raw-${number}` },
      make("h2", { id: `edit-raw-${number}` }, "Its raw state"), raw,
      make("p", { class: "hint" }, "One square a neuron. Nothing of the above can be seen here: that takes the basis.")),
    make("section", { class: "try", "aria-labelledby": `edit-try-${number}` }, make("h2", { id: `edit-try-${number}` }, "Try"), tries),
  );
  let input, memory;

  // What is chosen.
  function choose(id, wanted, { keep = true } = {}) {
    const before = keep && timeline ? { step: view, edits: timeline.edits, s: network.s, d: network.d } : null;
    network = byId.get(id);
    const basisOf = network.bases.find(({ name }) => name === wanted) ?? network.bases[0];
    const fits = before && before.s === network.s && before.d === network.d;
    networkChoice.value = id;
    basisChoice.replaceChildren(...network.bases.map(({ name }) =>
      make("option", { value: name, selected: name === basisOf.name }, NAMES[name] ?? name)));
    labelled = Boolean(network.variables);
    phase = labelled ? 0 : network.s;
    most = labelled ? network.trials[0].inputs.length : MOST_STEPS;
    if (!labelled) task = new Task(network);
    system = systemOf(network, systems);
    basis = new Basis(basisOf, network.kept, network.hidden);
    if (labelled) pick(0);
    else if (!fits || !inputs) inputs = network.picture.map(vector => [...vector]);
    if (!fits || !input) build();
    about.textContent = aboutText(basisOf);
    for (const part of [".running canvas", ".running > .hint", ".input .drawing"]) root.querySelector(part).hidden = labelled;
    begin(fits ? before.edits : [], fits ? before.step : labelled ? Math.floor(most / 3) : 4 * network.s);
  }

  /** Take one of the recorded trials of a user's own. */
  function pick(which) {
    trial = which;
    future = null;
    const { inputs: shown, labels } = network.trials[which];
    inputs = shown;
    const known = labels.map(row => Float64Array.from(row, value => value ?? NaN));
    task = new Labels({ ...network, labels: known }, k => (future && k > future.at ? future.vectors?.[k - future.at - 1] ?? null : null));
  }

  function titleOf(network) {
    return network.variables ? network.id : titleOfTask(network);
  }

  function titleOfTask({ task: name, hidden, l2, verdict, stored, ...rest }) {
    const how = l2 === undefined ? "" : l2 > 0 ? `, L2 penalty ${l2}` : ", no penalty";
    const odd = verdict && !stored ? `, ${verdict.replace(" it", " the circuit")}` : "";
    return `${name} (${repeats(rest) ? "repeats" : "recombines"}), ${hidden} neurons${how}${odd}`;
  }

  function aboutText(basisOf) {
    if (!labelled) return aboutOfTask(basisOf);
    return `${network.about}: ${network.hidden} numbers of state, computed by the program that shows this. Variables: ` +
      network.variables.map(({ name, kind, score }) => `${name} (${kind}, read with ${score})`).join(", ") + ".";
  }

  function aboutOfTask({ name, edit_success: success, worst_decoding_accuracy: worst }) {
    const rule = repeats(network) ? `the vector of ${network.s} steps ago` : network.rule;
    const parts = [`${network.id}: shown ${network.s} vectors of ${network.d}; then, by itself, ${rule}.`];
    if (network.accuracy !== undefined) parts.push(`${(100 * network.accuracy).toFixed(1)}% of its outputs are right over 200 steps.`);
    if (success !== undefined) {
      const whose = name === "power" ? "the paper's basis" : "our basis";
      parts.push(`Measured over many sequences, through ${whose}: ${(100 * success).toFixed(0)}% of edits are obeyed, and the worst element is read right in ${(100 * worst).toFixed(0)}% of cases.`);
    }
    return parts.join(" ");
  }

  /** The boards, in the size of the task. */
  function build() {
    if (labelled) return buildLabelled();
    const { s, d } = network;
    let drawing = null;
    input = board(s, d, `Input: ${s} vectors of ${d}`, (index, event) => event.detail === 0 && put(index, -inputs[Math.floor(index / d)][index % d]));
    input.table.addEventListener("pointerdown", event => {
      const index = input.cells.indexOf(event.target);
      if (index < 0) return;
      event.target.releasePointerCapture?.(event.pointerId);
      drawing = -inputs[Math.floor(index / d)][index % d];
      put(index, drawing);
    });
    input.table.addEventListener("pointermove", event => {
      if (drawing === null || !event.buttons) return (drawing = null);
      const index = input.cells.indexOf(document.elementFromPoint(event.clientX, event.clientY));
      if (index >= 0) put(index, drawing);
    });
    input.table.addEventListener("pointerup", () => (drawing = null));
    memory = board(s, d, "What it stores: a column is a variable, the oldest first", index => edit({ kind: kind.value, what: nameOf(index) }));
    const heads = make("div", { class: "heads", "aria-hidden": "true" }, ...Array.from({ length: s }, (_, i) =>
      make("span", {}, i === 0 ? "1 oldest" : i === s - 1 ? `${s} newest` : String(i + 1))));
    heads.style.setProperty("--columns", s);
    memory.cells.forEach((cell, index) => cell.classList.toggle("nothing", !task.kept.has(index)));
    drawn.replaceChildren(input.table);
    stored.replaceChildren(heads, memory.table);
    variable.replaceChildren(...Array.from({ length: s }, (_, i) => make("option", { value: i + 1, selected: i === s - 1 }, String(i + 1))));
    other.replaceChildren(...Array.from({ length: s }, (_, i) => make("option", { value: i + 1, selected: i === Math.max(s - 2, 0) }, String(i + 1))));
    value.value = Array.from({ length: d }, (_, k) => (k % 2 ? "+" : "-")).join("");
    value.setAttribute("aria-label", `${d} signs, each + or -`);
  }

  /** For variables of a user's own: a trial to choose, and a square a variable. */
  function buildLabelled() {
    const { variables, trials } = network;
    input = null;
    const choice = make("select", { class: "trial", change: () => {
      pick(Number(choice.value));
      begin([], view);
    } }, ...trials.map((_, i) => make("option", { value: i }, `trial ${i + 1}`)));
    const strip = make("canvas", { role: "img", class: "shown" });
    drawn.replaceChildren(make("label", {}, "Recorded inputs ", choice), strip);
    memory = board(variables.length, 1, "What it stores: a square is a variable", index => {
      const { kind: sort, name } = variables[index];
      if (sort !== "binary" && kind.value === "flip") return say(`${name} is ${sort}: choose a value below.`);
      edit({ kind: kind.value, what: name });
    });
    const heads = make("div", { class: "heads", "aria-hidden": "true" }, ...variables.map(({ name }) => make("span", {}, name)));
    heads.style.setProperty("--columns", variables.length);
    stored.replaceChildren(heads, memory.table);
    const options = () => variables.map(({ name }) => make("option", { value: name }, name));
    variable.replaceChildren(...options());
    other.replaceChildren(...options());
    value.setAttribute("aria-label", "A value of it");
    value.value = variables[0].classes[0] ?? "0";
  }

  const nameOf = index => `${Math.floor(index / network.d) + 1}.${index % network.d}`;

  function begin(edits, step) {
    timeline = new Timeline(system, task, basis, inputs.map(vector => Float32Array.from(vector)),
      { edits, seed, phase, ahead: systems[network.id] ? Math.max(25, phase) : 1 });
    if (!labelled) memory.cells.forEach((cell, index) => cell.classList.toggle("nothing", !task.kept.has(index)));
    goal = Math.min(step, most);
    shownLabels = null;
    view = 0;
    pursue();
    if (!labelled) typed.value = inputs.map(signs).join("\n");
    tell();
    paint();
  }

  /** Go on to where it should be, as far as the system has answered. */
  function pursue() {
    const following = view >= timeline.now;
    while (timeline.now < Math.floor(goal)) if (!timeline.advance()) break;
    if (following) view = timeline.now;
    if (timeline.now < Math.floor(goal)) wake();
  }

  function put(index, sign) {
    const vector = inputs[Math.floor(index / network.d)];
    if (vector[index % network.d] === sign) return;
    vector[index % network.d] = sign;
    begin(timeline.edits, timeline.now);
  }

  function draw(vectors) {
    inputs = vectors.map(vector => [...vector]);
    begin(timeline.edits, timeline.now);
    say("Other vectors are stored; all of it was computed anew.");
  }

  function type() {
    const lines = typed.value.split("\n").map(line => line.trim()).filter(Boolean);
    const fits = lines.length === network.s && lines.every(line => line.length === network.d && /^[-+]+$/.test(line));
    if (!fits) return say(`Type ${network.s} lines of ${network.d} signs, each + or -.`);
    draw(lines.map(line => [...line].map(letter => (letter === "+" ? 1 : -1))));
  }

  // Running.
  function run() {
    if (view < timeline.now) rewind(view);
    if (limit() <= timeline.now) return say(timeline.now >= most ? "That is all of it." : `It has run ${FUTURE} steps since the edit, which is what is counted; Step goes on, or edit it again.`);
    running = true;
    goal = timeline.now;
    lastTime = null;
    paint();
    wake();
  }

  function stop() {
    running = false;
    goal = timeline.now;
    tell();
    paint();
  }

  const limit = () => Math.min(timeline.edits.length ? timeline.lastEdit + FUTURE : most, most);

  function stepOnce() {
    if (running) stop();
    if (view < timeline.now) view += 1;
    else if (timeline.now < most) {
      goal = timeline.now + 1;
      pursue();
    }
    tell();
    paint();
  }

  function restart() {
    running = false;
    begin([], 0);
    say("Nothing is stored yet. Press Run.");
  }

  function look(step) {
    if (running) stop();
    view = step;
    tell();
    paint();
  }

  function rewind(step) {
    timeline.rewind(step);
    goal = step;
  }

  // Changing what it stores.
  function edit(given) {
    if (view < phase) return say(`It still reads its input: ${phase - view} more steps, then it can be edited.`);
    if (view < 1) return say("Let it run first.");
    const made = { at: view, ...given };
    try {
      timeline.edit(made);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return say(`Not done: ${error.message}.`);
    }
    goal = timeline.now;
    if (labelled) foresee();
    say(`Step ${view - phase}: ${editWords(made)}.`);
    if (!running) run();
    else paint();
  }

  /** Ask what should follow the last edit, of a user's own variables. */
  async function foresee() {
    const [of, at] = [timeline, timeline.lastEdit];
    const values = [...of.steps[at].m].map(value => (Number.isNaN(value) ? null : value));
    const vectors = await ask({ what: "expect", network: network.id, trial, at, values });
    if (of !== timeline || of.lastEdit !== at) return;
    future = { at, vectors };
    of.expect(at, vectors);
    paint();
  }

  const editWords = ({ kind: word, what, value: to }) => {
    const target = !labelled && what.includes(".") ? `dimension ${what.split(".")[1]} of variable ${what.split(".")[0]}` : `variable ${what}`;
    return { flip: `flipped ${target}`, halve: `halved ${target}`, set: `set ${target} to ${to}`, swap: `swapped ${target} with ${to}` }[word];
  };

  function undo() {
    begin([], timeline.now);
    say("No edits.");
  }

  function again() {
    seed += 1;
    begin(timeline.edits, timeline.now);
    say("Pushed in another random direction.");
  }

  // Saying and showing.
  function say(text) {
    status.textContent = text;
  }

  function state() {
    if (labelled) return { net: network.id, trial, step: view, edits: timeline.edits.map(made => ({ ...made })) };
    const { s } = network;
    return {
      net: network.id, basis: basisChoice.value,
      input: inputText(inputs) === inputText(network.picture) ? undefined : inputText(inputs),
      edit: timeline.edits.map(made => editText(made, s)).join(",") || undefined,
      step: Math.max(goal > timeline.now ? Math.floor(goal) : view, 0) - s, random: seed || undefined,
    };
  }

  function tell() {
    if (!quiet) said(state());
  }

  /** Go to what an address says; what it does not say is as at the beginning. */
  function go(fragment) {
    quiet = true;
    running = false;
    const given = { ...first, ...fragment };
    const problems = [];
    const id = byId.has(given.net) ? given.net : networks[0].id;
    if (given.net && id !== given.net) problems.push(`there is no network ${given.net} here`);
    seed = Number(given.random) || 0;
    network = undefined;
    inputs = undefined;
    choose(id, given.basis, { keep: false });
    if (labelled) {
      quiet = false;
      return paint();
    }
    const { s, d } = network;
    const attempt = work => {
      try {
        work();
        return true;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        problems.push(error.message);
        return false;
      }
    };
    if (given.input) attempt(() => (inputs = readInput(given.input, s, d)));
    const edits = (given.edit ?? "").split(",").filter(Boolean).map(text => readEdit(text, s)).filter(made => attempt(() => {
      if (!(Number.isInteger(made.at) && made.at >= s && made.at < MOST_STEPS)) throw new RangeError(`no edit at output step ${made.at - s}`);
      timeline.check(made, Float64Array.from({ length: s * d }, (_, i) => i + 2)); // of values that all differ
    }));
    const asked = given.step === undefined || !Number.isInteger(Number(given.step)) ? 3 * s : Number(given.step);
    begin(edits, Math.min(Math.max(asked + s, 0), MOST_STEPS));
    quiet = false;
    say(problems.length ? `Not all of the address could be used: ${problems.join("; ")}.` : "");
    tell();
    paint();
  }

  function wake() {
    if (frame === null && !ended) frame = requestAnimationFrame(beat);
  }

  function beat(time) {
    frame = null;
    if (ended) return;
    if (running) {
      const elapsed = lastTime === null ? 0 : Math.min((time - lastTime) / 1000, 0.25);
      goal = Math.min(Math.max(goal, timeline.now) + elapsed * Number(speed.value), limit(), timeline.now + 30);
    }
    lastTime = time;
    pursue();
    if (running && timeline.now >= limit()) {
      stop();
      const { follows, of } = timeline.share(EDITED, timeline.now);
      if (timeline.edits.length && of) say(`${follows} of ${of} vectors are what the theory says should follow.`);
    }
    paint();
    if (running) wake();
  }

  const fraction = () => {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches || Number(speed.value) > 8;
    return running && !still && view === timeline.now ? Math.max(0, goal - timeline.now) % 1 : 0;
  };

  function paint() {
    if (!timeline || !root.isConnected) return;
    colours ??= palette(root);
    const s = phase;
    const step = timeline.steps[view];
    const read = basis.read(step.states[EDITED], task.size);
    slider.max = timeline.now;
    slider.value = view;
    const said = labelled ? `step ${view} of ${most}` : view < s ? `reading vector ${view} of ${s}` : `output step ${view - s}`;
    clock.textContent = said;
    slider.setAttribute("aria-valuetext", said);
    runButton.textContent = running ? "Stop" : "Run";
    runButton.setAttribute("aria-pressed", running);
    if (labelled) {
      paintTrial();
      paintLabelled(read, step);
    } else {
      paintInput();
      paintStored(read, step);
      paintCircle(read, step);
    }
    paintFuture();
    paintLines();
    paintRaw(step);
    const known = timeline.parted < view && step.expected;
    const shares = known ? [EDITED, UNEDITED, RANDOM].map(name => timeline.share(name, view)) : [];
    score.textContent = shares.length ? `Since the edit the network does what ${labelled ? "should follow" : "the theory says"} in ${shares[0].follows} of ${shares[0].of} ` +
      `vectors; left alone it would in ${shares[1].follows}, pushed at random in ${shares[2].follows}.` : "";
    editList.textContent = timeline.edits.map(made => `step ${made.at - s}: ${editWords(made)}`).join("; ");
  }

  function paintInput() {
    const { d } = network;
    input.cells.forEach((cell, index) => {
      const value = inputs[Math.floor(index / d)][index % d];
      const text = `vector ${Math.floor(index / d) + 1}, dimension ${index % d}: ${spoken(value)}`;
      if (cell.getAttribute("aria-label") !== text) {
        cell.setAttribute("aria-label", text);
        cell.setAttribute("aria-pressed", value > 0);
      }
      cell.style.background = colours.of(value);
      cell.classList.toggle("now", Math.floor(index / d) === view - 1);
    });
  }

  function paintStored(read, step) {
    const { d, s } = network;
    const reached = new Set(timeline.reached(view));
    const known = view >= s + task.settled;
    let right = 0;
    memory.cells.forEach((cell, index) => {
      const kept = task.kept.has(index), number = read[index];
      const wrong = kept && view >= s && sign(number) !== sign(step.m[index]);
      right += kept && !wrong;
      cell.style.background = colours.of(number);
      cell.classList.toggle("wrong", wrong);
      cell.classList.toggle("reached", kept && reached.has(index));
      if (!running && shownLabels !== step) {
        const what = `variable ${Math.floor(index / d) + 1}, dimension ${index % d}`;
        const holds = kept ? `${spoken(number)}, reads ${number.toFixed(2)}${wrong ? ", not what the theory says" : ""}` : "not stored, no output depends on it";
        cell.setAttribute("aria-label", `${what}: ${holds}`);
        cell.title = kept ? `${nameOf(index)}: ${number.toFixed(2)}` : "no output depends on it";
      }
    });
    if (!running) shownLabels = step;
    reading.textContent = view < s ? "It is reading its input." :
      `${right} of ${task.kept.size} stored elements read as the theory says${known ? "" : " (the basis is made for later than this)"}.`;
  }

  function paintTrial() {
    const canvas = drawn.querySelector("canvas");
    const width = Math.max(drawn.clientWidth - 2, 100), high = Math.max(4, Math.min(14, 120 / inputs[0].length));
    const context = pen(canvas, width, high * inputs[0].length);
    const most = Math.max(...inputs.map(row => Math.max(...row.map(Math.abs)))) || 1;
    inputs.forEach((row, k) => row.forEach((value, i) => {
      context.fillStyle = colours.of(value / most);
      context.fillRect((k * width) / inputs.length, i * high, width / inputs.length, high - 1);
    }));
    context.fillStyle = colours.mark;
    context.fillRect((view * width) / inputs.length - 1, 0, 2, high * inputs[0].length);
    canvas.setAttribute("aria-label", `The inputs of trial ${trial + 1}: ${inputs.length} steps of ${inputs[0].length} numbers`);
  }

  function paintLabelled(read, step) {
    const reached = new Set(timeline.reached(view));
    let right = 0, known = 0;
    memory.cells.forEach((cell, index) => {
      const of = network.variables[index], { start, kind: sort, name } = of;
      const [found, should] = [task.decode(of, read), task.decode(of, step.m)];
      const wrong = should !== "" && (sort === "continuous" ? Math.abs(read[start] - step.m[start]) > 0.5 : found !== should);
      known += should !== "";
      right += should !== "" && !wrong;
      cell.style.background = colours.of(read[start]);
      cell.classList.toggle("wrong", wrong);
      cell.classList.toggle("reached", reached.has(start));
      if (!running) {
        const text = `${name}: reads ${found}${should === "" ? "" : `, its label is ${should}`}`;
        cell.setAttribute("aria-label", text);
        cell.title = text;
      }
    });
    reading.textContent = known ? `${right} of ${known} variables read as their labels say: ` +
      network.variables.map(of => `${of.name} ${task.decode(of, read)}`).join(", ") + "." : "No variable has a value now.";
  }

  function paintCircle(read, step) {
    const { s, d } = network;
    const width = Math.max(Math.min(circle.parentElement.clientWidth - 4, 420), 200), height = width * 0.86;
    const context = pen(circle, width, height);
    const middle = [width * 0.43, height * 0.52], radius = width * 0.32;
    const chord = 2 * Math.sin(Math.PI / Math.max(s, 2)) * radius;
    const cell = Math.min(chord * 0.8 / d, (width * 0.24) / d, 14), wide = Math.min(cell * 1.6, chord * 0.7);
    const place = (variable, far = radius) => {
      const angle = Math.PI / 2 - (2 * Math.PI * (s - variable)) / s;
      return [middle[0] + far * Math.cos(angle), middle[1] - far * Math.sin(angle)];
    };
    const ring = Math.max(radius - (d * cell) / 2 - 20, radius * 0.3);
    context.strokeStyle = colours.line;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(...middle, ring, 0, 2 * Math.PI);
    context.stroke();
    context.fillStyle = colours.faint;
    for (let i = 1; i <= s; i++) { // which way
      const [x, y] = place(i - 0.5, ring);
      const angle = Math.PI / 2 - (2 * Math.PI * (s - i + 0.5)) / s;
      context.save();
      context.translate(x, y);
      context.rotate(-angle + Math.PI / 2);
      context.beginPath();
      context.moveTo(5, 0);
      context.lineTo(-4, -4);
      context.lineTo(-4, 4);
      context.fill();
      context.restore();
    }
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = colours.text;
    const [fx, fy] = place(0.5, ring - 12);
    context.fillText("f", fx, fy);
    context.fillText(view < s ? "input" : "by itself", ...middle);
    const reads = new Set(network.source.slice(-d)), reached = new Set(timeline.reached(view));
    const moved = fraction();
    for (let i = 1; i <= s; i++) {
      const [x, y] = place(i - moved);
      context.globalAlpha = i === 1 ? 1 - moved : 1;
      for (let k = 0; k < d; k++) {
        const index = (i - 1) * d + k, top = y + (k - d / 2) * cell;
        context.fillStyle = colours.of(read[index]);
        context.fillRect(x - wide / 2, top, wide, cell);
        context.strokeStyle = colours.line;
        context.lineWidth = 0.5;
        context.strokeRect(x - wide / 2, top, wide, cell);
      }
      for (let k = 0; k < d; k++) {
        const index = (i - 1) * d + k, top = y + (k - d / 2) * cell;
        if (reached.has(index) && task.kept.has(index)) {
          context.fillStyle = colours.mark;
          context.beginPath();
          context.arc(x, top + cell / 2, Math.max(cell * 0.25, 2), 0, 7);
          context.fill();
        }
        if (reads.has(index)) {
          context.strokeStyle = colours.text;
          context.lineWidth = 1.5;
          context.strokeRect(x - wide / 2, top, wide, cell);
        }
      }
      context.globalAlpha = 1;
    }
    context.fillStyle = colours.faint;
    for (let i = 1; i <= s; i++) { // inside of its column
      const angle = Math.PI / 2 - (2 * Math.PI * (s - i)) / s;
      const reach = Math.min(wide / 2 / Math.abs(Math.cos(angle)), (d * cell) / 2 / Math.abs(Math.sin(angle)));
      context.fillText(String(i), ...place(i, radius - reach - 9));
    }
    // The output, as it is and as it should be.
    const size = Math.min((height * 0.7) / d, 18), left = width * 0.86;
    const output = step.outputs?.[EDITED], wanted = step.expected;
    context.fillStyle = colours.text;
    context.fillText("output", left + size / 2, middle[1] - (d / 2) * size - 10);
    for (let k = 0; k < d; k++) {
      const top = middle[1] + (k - d / 2) * size;
      context.fillStyle = colours.of(output && view > s ? output[k] : NaN);
      context.fillRect(left, top, size, size);
      context.strokeStyle = colours.line;
      context.strokeRect(left, top, size, size);
      if (output && view > s && wanted && sign(output[k]) !== sign(wanted[k])) cross(context, left, top, size, size);
    }
    if (!running) circle.setAttribute("aria-label", `The ${s} variables on a circle, each a vector: ` +
      Array.from({ length: s }, (_, i) => `${i + 1}: ${spellSigns(read.slice(i * d, (i + 1) * d))}`).join(", ") +
      (output && view > s ? `. Output: ${spellSigns(output)}` : ""));
  }

  const spellSigns = vector => [...vector].map(value => (Number.isNaN(value) ? "." : sign(value) > 0 ? "+" : "-")).join("");

  function cross(context, x, y, w, h) {
    for (const [colour, width] of [[colours.text, Math.max(3, w / 4)], [colours.back, Math.max(1.4, w / 8)]]) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x + w * 0.15, y + h * 0.15);
      context.lineTo(x + w * 0.85, y + h * 0.85);
      context.moveTo(x + w * 0.85, y + h * 0.15);
      context.lineTo(x + w * 0.15, y + h * 0.85);
      context.stroke();
    }
  }

  /** The steps that fit on the screen: from shortly before the edit, or else the last; the width of one. */
  function span(width) {
    const s = phase;
    const count = Math.max(Math.min(Math.floor(width / 7), FUTURE + 12), 24);
    const first = Math.min(Number.isFinite(timeline.parted) ? timeline.parted - 6 : Infinity, Math.max(timeline.now, s + 3 * s) - Math.min(count, 40) + 1);
    const from = Math.max(1, view - count + 1, Math.min(first, view));
    return { from, count, cell: width / count };
  }

  function paintFuture() {
    const s = phase, { d } = network, scale = network.scale ?? 1;
    const width = Math.max(rows[0].element.clientWidth - (rows[0].element.clientWidth > 700 ? 190 : 4), 200);
    const { from, count, cell } = span(width);
    const tall = Math.max(Math.min(cell, 64 / d), 3);
    for (const { name, canvas, count: counted, title } of rows) {
      const context = pen(canvas, width, tall * d + (name === "theory" ? 14 : 0));
      const base = name === "theory" ? 14 : 0;
      for (let k = from; k < from + count && k <= view; k++) {
        const x = (k - from) * cell, step = timeline.steps[k];
        const { expected: wanted, otherwise: plain } = step;
        const vector = k <= s ? inputs[k - 1] : name === "theory" ? wanted : step.outputs[name];
        if (!vector) continue; // nobody said what should follow
        const crossed = labelled ? wanted && !task.agrees(vector, wanted, plain) : null;
        for (let j = 0; j < d; j++) {
          context.globalAlpha = k <= s ? 0.35 : 1;
          context.fillStyle = colours.of(vector[j] / scale);
          context.fillRect(x, base + j * tall, cell - 0.5, tall - 0.5);
          context.globalAlpha = 1;
          if (k <= s || !wanted) continue;
          if (labelled) {
            if (crossed && j === 0) cross(context, x, base, cell, tall);
            continue;
          }
          if (name === "theory" && sign(wanted[j]) !== sign(plain[j])) {
            context.strokeStyle = colours.text;
            context.lineWidth = 1.5;
            context.strokeRect(x + 0.75, base + j * tall + 0.75, cell - 2, tall - 2);
          }
          if (name !== "theory" && sign(vector[j]) !== sign(wanted[j])) cross(context, x, base + j * tall, cell, tall);
        }
      }
      for (const { at } of timeline.edits) { // between the step that was edited and the next
        if (at < from || at > view) continue;
        const x = (at - from + 1) * cell - 0.25;
        context.strokeStyle = colours.mark;
        context.lineWidth = 2;
        context.beginPath();
        context.moveTo(x, 0);
        context.lineTo(x, base + tall * d);
        context.stroke();
        if (name === "theory") {
          context.fillStyle = colours.mark;
          context.textAlign = x > width - 30 ? "right" : "left";
          context.textBaseline = "top";
          context.fillText("edit", x + (x > width - 30 ? -4 : 4), 0);
        }
      }
      if (name === "theory") {
        counted.textContent = `from step ${Math.max(from - s, 0)}`;
        if (!running) canvas.setAttribute("aria-label", `${title}: ${spellFuture(k => timeline.steps[k].expected)}`);
        continue;
      }
      const edited = timeline.parted < view;
      const share = timeline.share(name, view);
      if (edited && share.first && share.first >= from && share.first <= view) { // where they part
        const x = (share.first - from) * cell;
        context.fillStyle = colours.mark;
        context.beginPath();
        context.moveTo(x + cell / 2 - 5, 0);
        context.lineTo(x + cell / 2 + 5, 0);
        context.lineTo(x + cell / 2, 6);
        context.fill();
      }
      const words = share.of === 0 ? "" : edited
        ? `follows the edit: ${share.follows} of ${share.of} vectors (${percent(share.follows, share.of)})` +
          `${share.first ? `, parts at step ${share.first - s}` : ""}; as if unedited: ${percent(share.ignores, share.of)}`
        : `as the theory says: ${share.follows} of ${share.of} vectors (${percent(share.follows, share.of)})`;
      if (counted.textContent !== words) counted.textContent = words;
      if (!running) canvas.setAttribute("aria-label", `${title}: ${words}. ${spellFuture(k => timeline.steps[k].outputs[name])}`);
    }
  }

  /** The last outputs in words, for who cannot see them. */
  function spellFuture(vectorAt) {
    const s = phase;
    const spell = vector => (!vector ? "unknown" : labelled ? [...vector].map(value => value.toFixed(1)).join(" ") : spellSigns(vector));
    const last = Array.from({ length: Math.min(8, Math.max(view - s, 0)) }, (_, i) => spell(vectorAt(view - i))).reverse();
    return last.length ? `The last ${last.length}: ${last.join(", ")}` : "No output yet";
  }

  function paintLines() {
    const width = Math.max(Math.min(lines.parentElement.clientWidth - 4, 560), 200), height = 110, limit = 1.6;
    const context = pen(lines, width, height);
    const y = value => height / 2 - (Math.max(-limit, Math.min(limit, value)) / limit) * (height / 2 - 4);
    context.strokeStyle = colours.line;
    context.fillStyle = colours.faint;
    context.textAlign = "left";
    context.textBaseline = "bottom";
    for (const value of [1, 0, -1]) {
      context.beginPath();
      context.moveTo(0, y(value));
      context.lineTo(width, y(value));
      context.stroke();
      context.fillText(String(value), 2, y(value) - 1);
    }
    const from = timeline.parted;
    if (!(view >= from)) {
      context.fillText("no edit yet", 30, height / 2 - 2);
      lines.setAttribute("aria-label", "No edit yet");
      return;
    }
    const series = { [EDITED]: [], [UNEDITED]: [], [RANDOM]: [], expected: [] };
    for (let k = from; k <= view; k++) {
      const { m, states } = timeline.steps[k];
      const reached = timeline.reached(k).filter(i => task.kept.has(i));
      const mean = of => (reached.length ? reached.reduce((sum, i) => sum + of(i) * sign(m[i]), 0) / reached.length : NaN);
      for (const name of [EDITED, UNEDITED, RANDOM]) {
        const read = basis.read(states[name], m.length);
        series[name].push(mean(i => read[i]));
      }
      series.expected.push(mean(i => m[i]));
    }
    const style = { expected: [colours.text, [4, 4]], [UNEDITED]: [colours.faint, []], [RANDOM]: [colours.of(-1), [2, 2]], [EDITED]: [colours.of(1), []] };
    const apart = (width - 30) / Math.max(FUTURE, view - from);
    for (const [name, [colour, dash]] of Object.entries(style)) {
      context.strokeStyle = colour;
      context.setLineDash(dash);
      context.lineWidth = 2;
      context.beginPath();
      series[name].forEach((value, i) => Number.isNaN(value) || context.lineTo(28 + i * apart, y(value)));
      context.stroke();
    }
    context.setLineDash([]);
    if (!running) lines.setAttribute("aria-label", `Changed elements, times the theory's sign, now: ` +
      Object.entries(series).map(([name, values]) => `${name} ${values.at(-1).toFixed(2)}`).join(", "));
  }

  function paintRaw(step) {
    const state = step.states[EDITED];
    const columns = Math.min(32, Math.ceil(Math.sqrt(state.length * 2))), size = Math.max(Math.min(10, Math.floor(340 / columns)), 4);
    const context = pen(raw, columns * size, Math.ceil(state.length / columns) * size);
    state.forEach((value, i) => {
      context.fillStyle = colours.of(value);
      context.fillRect((i % columns) * size, Math.floor(i / columns) * size, size - 1, size - 1);
    });
    if (!running) raw.setAttribute("aria-label", `The state of ${state.length} numbers, from ${Math.min(...state).toFixed(2)} to ${Math.max(...state).toFixed(2)}`);
  }

  /** What to try: states of this page that show something, as far as there are networks that do. */
  function suggest() {
    if (networks[0].variables) return root.querySelector(".try").remove();
    const measured = (network, name) => network.bases.find(basis => basis.name === name)?.edit_success;
    const first = networks[0];
    const at = network => 3 * network.s;
    const flip = network => {
      const index = network.kept[Math.floor(network.kept.length / 2)];
      return `${at(network)}:flip:${Math.floor(index / network.d) + 1}.${index % network.d}`;
    };
    const link = (network, basis, words, edit = flip(network)) => {
      const state = { net: network.id, basis, edit, step: at(network) + FUTURE };
      const anchor = make("a", { href: writeFragment(state), click: event => {
        event.preventDefault();
        go(Object.fromEntries(Object.entries(state).map(([name, value]) => [name, String(value)])));
        root.querySelector(".future").scrollIntoView({ behavior: "smooth", block: "center" });
      } }, words);
      tries.append(make("li", {}, anchor));
    };
    link(first, "data", `Flip one bit of ${titleOf(first)}: the whole future changes as the theory says.`);
    link(first, "data", "Swap its two newest vectors.", `${at(first)}:swap:${first.s}:${Math.max(first.s - 1, 1)}`);
    link(first, "data", "Halve a vector's amplitude: does the network restore it?", `${at(first)}:halve:${first.s}`);
    const failing = (network, name) => network.bases.find(basis => basis.name === name)?.failing ?? [];
    const bad = networks.filter(network => network.stored && failing(network, "power").some(name => !failing(network, "data").includes(name)))
      .sort((a, b) => failing(b, "power").length - failing(a, "power").length)[0];
    if (bad) {
      const name = failing(bad, "power").find(element => !failing(bad, "data").includes(element));
      const wrong = `${at(bad)}:flip:${name}`;
      link(bad, "power", `Where it fails: the paper's basis on ${titleOf(bad)}. Crosses in 3 are what it misreads.`, wrong);
      link(bad, "data", "The same edit of the same network through our basis.", wrong);
      const good = networks.find(network => network.l2 > 0 && network.task === bad.task && !failing(network, "power").length);
      if (good) link(good, "power", `With a penalty the paper's basis is right: ${titleOf(good)}.`, wrong);
    }
    const odd = networks.find(network => network.otherwise);
    if (odd) link(odd, "data", `Right answers without the circuit: ${titleOf(odd)}. Some elements cannot be read, crosses in what it stores.`);
  }

  // A scheme or a width that changes.
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  const recolour = () => {
    colours = undefined;
    paint();
  };
  scheme.addEventListener("change", recolour);
  const observer = new ResizeObserver(() => recolour());
  observer.observe(root);

  suggest();
  go(open);
  return {
    go, state, edit, run, stop,
    get timeline() {
      return timeline;
    },
    get view() {
      return view;
    },
    get running() {
      return running;
    },
    end() {
      ended = true;
      scheme.removeEventListener("change", recolour);
      observer.disconnect();
    },
  };
}
