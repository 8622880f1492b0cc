// What is shown of a network: a task of the theory's kind, or variables of a user's own. Its variables, its words for them.
import { Basis, Labels, Task, check, sign } from "./network.mjs";
import { editText, inputText, readEdit, readInput } from "./address.mjs";
import { spellSigns } from "./drawing.mjs";

const MOST_STEPS = 1000; // that are kept
export const AMPLITUDES = [0.125, 0.25, 0.5, 1, 2, 4]; // of inputs, that are offered
const GAINS = [0.9, 1.5]; // that are offered at least, from one to the other
const spoken = value => (value > 0 ? "plus" : "minus");
const done = { flip: "flipped", halve: "halved" };

const phrase = (target, { kind, what, value }) =>
  ({ set: `set ${target(what)} to ${value}`, swap: `swapped ${target(what)} with ${value}` })[kind] ?? `${done[kind]} ${target(what)}`;

/** What a list of networks calls one. */
export function titleOf(network) {
  if (network.variables) return network.id;
  const { task: name, hidden, l2, verdict, stored, between, right } = network;
  if (between) return `${name}, episodes of ${between[0]}${between[1] > between[0] ? ` to ${between[1]}` : ""} vectors, ${hidden} neurons${right === undefined ? "" : `, ${(100 * right).toFixed(0)}% of outputs right`}`;
  const how = l2 === undefined ? "" : l2 > 0 ? `, L2 penalty ${l2}` : ", no penalty";
  const odd = verdict && !stored ? `, ${verdict.replace(" it", " the circuit")}` : "";
  return `${name} (${repeats(network) ? "repeats" : "recombines"}), ${hidden} neurons${how}${odd}`;
}

/** Whether a task gives out again what it was shown, in the same order. */
const repeats = ({ s, d, source, signs }) => source.every((from, i) => from === (i + d) % (s * d) && signs[i] > 0);

/** How many squares read as they should, and what marks the others. */
export function agreement(cells, words) {
  const right = cells.filter(cell => !cell.wrong).length;
  return `${right} of ${cells.length} ${words}${right < cells.length ? " (×: not)" : ""}`;
}

/** The edit that the page opens with: one bit of a variable that comes out early, in the middle of the vector. */
export function openingEdit({ s, d, kept }) {
  const wanted = Math.floor(s / 4) * d + Math.floor(d / 2);
  const index = kept.reduce((best, i) => (Math.abs(i - wanted) < Math.abs(best - wanted) ? i : best));
  return { at: 4 * s, kind: "flip", what: `${Math.floor(index / d) + 1}.${index % d}` };
}

/**
 * A network and its task. A subject has: task (the theory), inputs, phase (steps before it can be edited), most (steps),
 * begins (the step that is shown first), columns and rows of its board with their heads, cell (what a square shows), click
 * (the edit of a square, or why there is none), and its words. Of steps: whether one reads (an input), how many it waits
 * until it can be edited, and the place of the vector that is shown. Those of one shape take each other's inputs and edits.
 */
export class Bound {
  boardLabel = "What it stores: a column is a variable, the oldest first";
  turns = true;
  scales = true;
  stepName = "output step";

  constructor(network) {
    const { s, d } = network;
    this.network = network;
    this.task = new Task(network);
    this.phase = this.zero = s;
    this.vectors = s;
    this.shape = `${s} of ${d}`;
    this.most = MOST_STEPS;
    this.begins = 4 * s;
    [this.columns, this.rows] = [s, d];
    this.heads = Array.from({ length: s }, (_, i) => (i === 0 ? "1 oldest" : i === s - 1 ? `${s} newest` : String(i + 1)));
    this.names = Array.from({ length: s }, (_, i) => String(i + 1));
    this.preset = { what: String(s), other: String(Math.max(s - 1, 1)), value: Array.from({ length: d }, (_, k) => (k % 2 ? "+" : "-")).join("") };
    this.valueLabel = `${d} signs, each + or -`;
    this.inputs = network.picture.map(vector => [...vector]);
  }

  basis(description) {
    const { kept, hidden } = this.network;
    return Basis.of(description, kept, hidden);
  }

  /** What is shown, step by step. */
  sequence(inputs, amplitude) {
    return inputs.map(vector => Float32Array.from(vector, value => amplitude * value));
  }

  /** From which gain to which W_hh can be taken, with its own in between; null where its gain is not known. */
  get gains() {
    const { gain } = this.network;
    return gain === undefined ? null : [Math.min(GAINS[0], Math.floor(10 * gain) / 10), Math.max(GAINS[1], Math.ceil(10 * gain) / 10)];
  }

  /** Why these vectors cannot be stored; "" where they can. */
  refusal() {
    return "";
  }

  reads(step) {
    return step <= this.phase;
  }

  waits(step) {
    return Math.max(this.phase - step, 0);
  }

  shown(step) {
    return step - 1;
  }

  about({ name, edit_success: success, worst_decoding_accuracy: worst }) {
    const { network } = this;
    const rule = repeats(network) ? `the vector of ${network.s} steps ago` : network.rule;
    const parts = [`${network.id}: shown ${network.s} vectors of ${network.d}; then, by itself, ${rule}.`];
    if (network.accuracy !== undefined) parts.push(`${(100 * network.accuracy).toFixed(1)}% of its outputs are right over 200 steps.`);
    if (success !== undefined) {
      const whose = name === "power" ? "the paper's basis" : "the basis by data";
      parts.push(`Measured over many sequences, through ${whose}: ${(100 * success).toFixed(0)}% of edits are obeyed, and the worst element is read right in ${(100 * worst).toFixed(0)}% of cases.`);
    }
    return parts.join(" ");
  }

  clock(view) {
    return view < this.phase ? `reading vector ${view} of ${this.phase}` : `output step ${view - this.phase}`;
  }

  words(edit) {
    return phrase(what => (what.includes(".") ? `dimension ${what.split(".")[1]} of variable ${what.split(".")[0]}` : `variable ${what}`), edit);
  }

  click(index, kind) {
    return { kind, what: this.#name(index) };
  }

  #name(index) {
    return `${Math.floor(index / this.network.d) + 1}.${index % this.network.d}`;
  }

  cell(index, read, { m }, view) {
    const { d } = this.network;
    const kept = this.task.kept.has(index), number = read[index];
    const wrong = kept && view >= this.phase && sign(number) !== sign(m[index]);
    const holds = kept ? `${spoken(number)}, reads ${number.toFixed(2)}${wrong ? ", not what the theory says" : ""}` : "not stored, no output depends on it";
    return {
      elements: [index], value: number, kept, wrong, text: `variable ${Math.floor(index / d) + 1}, dimension ${index % d}: ${holds}`,
      title: kept ? `${this.#name(index)}: ${number.toFixed(2)}` : "no output depends on it",
    };
  }

  reading(cells, read, view) {
    if (view < this.phase) return "It is reading its input.";
    const kept = cells.filter(cell => cell.kept);
    const late = view >= this.phase + this.task.settled ? "" : " (the basis is made for later than this)";
    return `${agreement(kept, "stored elements read as the theory says")}${late}.`;
  }

  /** Runs of elements of an output, [first, count], that are wrong, and that an edit should change. */
  wrong(output, expected) {
    return this.#differing(output, expected);
  }
  changing(expected, otherwise) {
    return this.#differing(expected, otherwise);
  }
  #differing(a, b) {
    return [...a.keys()].filter(j => sign(a[j]) !== sign(b[j])).map(j => [j, 1]);
  }

  spell(output) {
    return spellSigns(output);
  }

  opening() {
    return openingEdit(this.network);
  }

  /** What the address says of its inputs and edits; and, back, what of it cannot be. */
  state(inputs, edits, step) {
    const { network, zero } = this;
    const input = inputText(inputs);
    return {
      input: input === inputText(network.picture) ? undefined : input,
      edit: edits.map(edit => editText(edit, zero)).join(",") || undefined,
      step: step - zero,
    };
  }

  /** Inputs, edits and the step of an address, and its faults; where it says neither edit nor step: as the page opens. */
  read({ input, edit, step }) {
    const { zero, most, vectors, network: { d } } = this;
    const faults = [];
    const attempt = work => {
      try {
        return work();
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        faults.push(error.message);
      }
    };
    const inputs = (input && attempt(() => this.#stored(readInput(input, vectors, d)))) || this.inputs;
    if (edit === undefined && step === undefined) return { inputs, faults, opens: this.opening() };
    const edits = (edit ?? "").split(",").filter(Boolean).map(text => attempt(() => {
      const made = readEdit(text, zero);
      if (!(Number.isInteger(made.at) && !this.waits(made.at) && made.at < most)) throw new RangeError(`no edit at ${this.stepName} ${made.at - zero}`);
      check(this.task, Float64Array.from({ length: this.task.size }, (_, i) => i + 2), made); // of values that all differ
      return made;
    })).filter(Boolean);
    const asked = step === undefined || !Number.isInteger(Number(step)) ? this.begins - zero : Number(step);
    return { inputs, edits, faults, step: Math.min(Math.max(asked + zero, 0), most) };
  }

  #stored(inputs) {
    const why = this.refusal(inputs);
    if (why) throw new RangeError(why);
    return inputs;
  }
}

/** A network that holds variables of a user's own, in recorded trials; the program that shows this computes its steps. */
export class Labelled {
  boardLabel = "What it stores: a square is a variable";
  recorded = true;
  phase = 0;
  rows = 1;

  constructor(network) {
    const { variables, trials } = network;
    this.network = network;
    this.most = trials[0].inputs.length;
    this.begins = Math.floor(this.most / 3);
    this.columns = variables.length;
    this.names = this.heads = variables.map(({ name }) => name);
    this.preset = { what: this.names[0], other: this.names[0], value: variables[0].classes[0] ?? "0" };
    this.valueLabel = "A value of it";
    this.pick(0);
  }

  /** Take one of the recorded trials. */
  pick(trial) {
    const { inputs, labels } = this.network.trials[trial];
    this.trial = trial;
    this.inputs = inputs;
    this.future = null;
    const known = labels.map(row => Float64Array.from(row, value => value ?? NaN));
    this.task = new Labels({ ...this.network, labels: known }, k => (this.future && k > this.future.at ? this.future.vectors?.[k - this.future.at - 1] ?? null : null));
  }

  basis(description) {
    const { kept, hidden } = this.network;
    return Basis.of(description, kept, hidden);
  }

  sequence(inputs) {
    return inputs.map(vector => Float32Array.from(vector));
  }

  reads() {
    return false;
  }

  waits() {
    return 0;
  }

  about() {
    const { about, hidden, variables } = this.network;
    return `${about}: ${hidden} numbers of state, computed by the program that shows this. Variables: ` +
      variables.map(({ name, kind, score }) => `${name} (${kind}, read with ${score})`).join(", ") + ".";
  }

  clock(view) {
    return `step ${view} of ${this.most}`;
  }

  words(edit) {
    return phrase(what => `variable ${what}`, edit);
  }

  click(index, kind) {
    const { kind: sort, name } = this.network.variables[index];
    if (sort !== "binary" && kind === "flip") return `${name} is ${sort}: choose a value below.`;
    return { kind, what: name };
  }

  cell(index, read, { m }) {
    const variable = this.network.variables[index];
    const { start, size, kind, name } = variable;
    const [value, label] = [this.task.decode(variable, read), this.task.decode(variable, m)];
    const known = label !== "";
    const wrong = known && (kind === "continuous" ? Math.abs(read[start] - m[start]) > 0.5 : value !== label);
    const text = `${name}: reads ${value}${known ? `, its label is ${label}` : ""}`;
    return { elements: Array.from({ length: size }, (_, i) => start + i), value: read[start], kept: true, known, wrong, text, title: text };
  }

  reading(cells, read) {
    const known = cells.filter(cell => cell.known);
    return known.length ? `${agreement(known, "variables read as their labels say")}: ` +
      this.network.variables.map(variable => `${variable.name} ${this.task.decode(variable, read)}`).join(", ") + "." : "No variable has a value now.";
  }

  wrong(output, expected, otherwise) {
    return this.task.agrees(output, expected, otherwise) ? [] : [[0, output.length]];
  }
  changing() {
    return [];
  }

  spell(output) {
    return [...output].map(value => value.toFixed(1)).join(" ");
  }

  state(inputs, edits, step) {
    return { trial: this.trial, step, edits: edits.map(edit => ({ ...edit })) };
  }

  read() {
    return { inputs: this.inputs, edits: [], faults: [], step: this.begins };
  }
}
