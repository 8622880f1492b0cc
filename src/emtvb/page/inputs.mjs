// What a network is shown: a board on which vectors are drawn, or trials that were recorded.
import { pen } from "./drawing.mjs";
import { board, button, describe, make } from "./elements.mjs";
import { spellSigns } from "./drawing.mjs";
import { AMPLITUDES } from "./subjects.mjs";

const ANEW = "Other vectors are stored; all of it was computed anew.";

/** The panel of inputs; what is in it depends on the subject. */
export function inputs(session) {
  const element = make("div", { class: "inputs" });
  let panel;
  return {
    element,
    build() {
      panel = session.subject.recorded ? recorded(session) : drawn(session);
      element.replaceChildren(...panel.elements);
    },
    paint: colours => panel.paint(colours),
  };
}

/** Vectors of signs, drawn with a pointer or the keyboard, or typed. */
function drawn(session) {
  const { network: { d }, vectors: s } = session.subject;
  const draw = (vectors, words = ANEW) => session.store(vectors, words, { push: true });
  const all = value => session.inputs.map(vector => vector.map(value));
  const put = (index, sign) => {
    const [i, k] = [Math.floor(index / d), index % d];
    if (session.inputs[i][k] === sign) return;
    session.store(session.inputs.map((vector, j) => vector.map((value, m) => (i === j && k === m ? sign : value))));
  };
  /** Vectors at random, none of which the network takes for something else. */
  function random() {
    let found;
    do found = all(() => (Math.random() < 0.5 ? -1 : 1)); while (session.subject.refusal(found));
    draw(found);
  }
  const opposite = index => -session.inputs[Math.floor(index / d)][index % d];

  const { table, cells } = board(s, d, `Input: ${s} vectors of ${d}`, (index, event) => event.detail === 0 && put(index, opposite(index)));
  table.classList.toggle("wide", s > 12);
  let drawing = null;
  table.addEventListener("pointerdown", event => {
    const index = cells.indexOf(event.target);
    if (index < 0) return;
    event.target.releasePointerCapture?.(event.pointerId);
    drawing = opposite(index);
    put(index, drawing);
  });
  table.addEventListener("pointermove", event => {
    if (drawing === null || !event.buttons) return (drawing = null);
    const index = cells.indexOf(document.elementFromPoint(event.clientX, event.clientY));
    if (index >= 0) put(index, drawing);
  });
  table.addEventListener("pointerup", () => (drawing = null));

  const typed = make("textarea", { rows: 8, spellcheck: "false", autocomplete: "off", "aria-label": "The vectors, one a line" });
  function type() {
    const lines = typed.value.split("\n").map(line => line.trim()).filter(Boolean);
    const fits = lines.length === s && lines.every(line => line.length === d && /^[-+]+$/.test(line));
    if (!fits) return session.heard(`Type ${s} lines of ${d} signs, each + or -.`);
    draw(lines.map(line => [...line].map(letter => (letter === "+" ? 1 : -1))));
  }

  const amplitude = make("select", { class: "amplitude", change: () => session.scale(Number(amplitude.value)) },
    ...AMPLITUDES.map(value => make("option", { value }, String(value))));

  let written = "";
  function paint(colours) {
    amplitude.value = session.amplitude;
    cells.forEach((cell, index) => {
      const value = session.inputs[Math.floor(index / d)][index % d];
      describe(cell, `vector ${Math.floor(index / d) + 1}, dimension ${index % d}: ${value > 0 ? "plus" : "minus"}`);
      cell.setAttribute("aria-pressed", value > 0);
      cell.style.background = colours.of(value);
      cell.classList.toggle("now", Math.floor(index / d) === session.subject.shown(session.view));
    });
    const text = session.inputs.map(spellSigns).join("\n");
    if (text !== written) typed.value = written = text;
  }

  return {
    paint,
    elements: [
      make("div", { class: "holder" }, table),
      make("p", { class: "hint" }, "Draw: a column is a vector, shown from left to right."),
      make("div", { class: "buttons" }, button("3-1-5", () => draw(session.subject.network.picture), "picture"),
        button("random", random, "random"), button("all minus", () => draw(all(() => -1)), "minus")),
      ...(session.subject.scales ? [make("label", {}, "All inputs times ", amplitude)] : []),
      make("details", {}, make("summary", {}, "Type them"), typed, button("Use these", type, "type")),
    ],
  };
}

/** Recorded inputs, a trial to choose. */
function recorded(session) {
  const { trials } = session.subject.network;
  const choice = make("select", { class: "trial", change: () => session.pick(Number(choice.value)) },
    ...trials.map((_, i) => make("option", { value: i }, `trial ${i + 1}`)));
  const canvas = make("canvas", { role: "img", class: "shown" });
  const holder = make("div", { class: "holder" }, make("label", {}, "Recorded inputs ", choice), canvas);

  function paint(colours) {
    const { inputs, view, subject } = session;
    const across = inputs[0].length;
    const width = Math.max(holder.clientWidth - 2, 100), high = Math.max(4, Math.min(14, 120 / across));
    const context = pen(canvas, width, high * across);
    const most = Math.max(...inputs.map(row => Math.max(...row.map(Math.abs)))) || 1;
    inputs.forEach((row, k) => row.forEach((value, i) => {
      context.fillStyle = colours.of(value / most);
      context.fillRect((k * width) / inputs.length, i * high, width / inputs.length, high - 1);
    }));
    context.fillStyle = colours.mark;
    context.fillRect((view * width) / inputs.length - 1, 0, 2, high * across);
    describe(canvas, `The inputs of trial ${subject.trial + 1}: ${inputs.length} steps of ${across} numbers`);
  }

  return { elements: [holder], paint };
}
