// Streams: episodes that overwrite each other. What each step shows and asks, the theory of it, and its subject.
import { Basis, Task, decode, sign } from "./network.mjs";
import { Bound, agreement } from "./subjects.mjs";

const INPUT = "input", MARKER = "marker", OUTPUT = "output";

/** What each step is, the first at place 0: its episode, that one's number of vectors n, its kind, its number there, and whether all are held. */
function planOf({ lengths, outputs, marker }) {
  const plan = [];
  lengths.forEach((n, i) => {
    const add = (kind, count) => {
      for (let number = 1; number <= count; number++) plan.push({ episode: i + 1, n, kind, number, held: kind !== INPUT || (!marker && number === n) });
    };
    add(INPUT, n);
    add(MARKER, marker ? 1 : 0);
    add(OUTPUT, outputs);
  });
  return plan;
}

/**
 * The theory of a stream: m holds the last n targets of the episode, the newest in the last place of the longest episode's;
 * it is 0 where there was none, as at the marker.
 */
export class Stream extends Task {
  /** network: d, longest (n), lengths, outputs and marker of its episodes, and reads: of n, the elements that f reads, and signs. */
  constructor({ d, longest, lengths, outputs, marker, reads }) {
    super({ d, s: longest, source: [], signs: [], kept: [], settled: 0 });
    this.kept = new Set(Array.from({ length: this.size }, (_, i) => i));
    this.plan = planOf({ lengths, outputs, marker });
    this.composition = reads;
  }

  /** What step k is. */
  at(k) {
    return this.plan[k - 1];
  }

  shown(m, u, k) {
    const { kind, n, number } = this.at(k);
    const next = number === 1 && kind === INPUT ? this.start() : super.shown(m, u);
    next.set(kind === INPUT ? u : u.map(() => 0), this.size - this.d);
    return this.#window(next, n);
  }

  step(m, k) {
    const { n } = this.at(k);
    const { source, signs } = this.composition[n];
    const first = this.size - n * this.d;
    return this.#window(super.shown(m, source.map((from, j) => signs[j] * m[first + from])), n);
  }

  /** Of the places, n are in use. */
  #window(m, n) {
    return m.fill(0, 0, this.size - n * this.d);
  }

  /** Null at inputs and markers, and where nothing is asked. */
  output(m, k) {
    const output = super.output(m);
    return this.at(k).kind === OUTPUT && output.some(value => value !== 0) ? output : null;
  }

  /** Where an element is 0, nothing is asked of it. */
  agrees(output, expected) {
    return expected.every((value, j) => value === 0 || sign(output[j]) === sign(value));
  }

  consistent(m) {
    return m;
  }
}

/** The step after which an episode's inputs are over. */
const held = ({ lengths, marker }) => lengths[0] + (marker ? 1 : 0);

/** An edit of the first episode that changes what is still to come. */
export const editWithin = ({ opens }) => ({ ...opens, kind: "flip" });

/** An edit of the first episode after its last output: one bit, in the middle of that. */
export function editAfter({ d, longest, lengths, marker, outputs }) {
  return { at: held({ lengths, marker }) + outputs, kind: "flip", what: `${longest}.${Math.floor(d / 2)}` };
}

/** A basis for each number of vectors, side by side: the arrays of all of them, in the order of the numbers. */
class Bases {
  constructor({ basis, dual, centre }, { d, hidden, longest, sizes }, stream) {
    const [columns, rows, centres] = [basis, dual, centre].map(decode);
    const all = columns.length / hidden;
    let from = 0;
    this.stream = stream;
    this.of = new Map(sizes.map((n, place) => {
      const count = n * d, at = from;
      from += count;
      const kept = Array.from({ length: count }, (_, e) => (longest - n) * d + e);
      return [n, new Basis({
        basis: Float32Array.from({ length: hidden * count }, (_, i) => columns[Math.floor(i / count) * all + at + (i % count)]),
        dual: rows.slice(at * hidden, from * hidden),
        centre: centres.slice(place * hidden, (place + 1) * hidden),
      }, kept, hidden)];
    }));
  }

  /** That of step k; none while it reads. */
  #basis(k) {
    const step = this.stream.at(k);
    return step?.held ? this.of.get(step.n) : null;
  }

  read(state, elements, k) {
    return this.#basis(k)?.read(state, elements) ?? new Float64Array(elements).fill(NaN);
  }

  change(before, after, k) {
    return this.#basis(k).change(before, after);
  }
}

/** A network and a stream of some episodes. It can be edited from the end of an episode's inputs to its last output. */
export class Streamed extends Bound {
  boardLabel = "What it stores of the episode: a column is one of its last targets, the oldest first";
  turns = false;
  scales = false;
  gains = null; // its inputs never end, so nothing is there to last
  stepName = "step";

  constructor(network) {
    const { d, longest, lengths, outputs } = network;
    super({ ...network, s: longest, source: [], signs: [], kept: [] });
    this.network = network;
    this.task = new Stream(network);
    this.phase = held(network);
    this.zero = 0;
    this.most = this.task.plan.length;
    this.begins = this.phase;
    this.vectors = lengths.reduce((sum, n) => sum + n);
    this.shape = `streams of ${lengths} with ${outputs}, ${d}`;
    this.preset.value = Array.from({ length: d }, (_, k) => (k % 2 ? "+" : "-")).join("");
  }

  basis(description) {
    return new Bases(description, this.network, this.task);
  }

  sequence(inputs) {
    let next = 0;
    return this.task.plan.map(({ kind }) =>
      kind === OUTPUT ? null : Float32Array.from(kind === INPUT ? inputs[next++] : inputs[0].map(() => -1)));
  }

  refusal(inputs) {
    const place = this.network.marker ? inputs.findIndex(vector => vector.every(value => value < 0)) : -1;
    return place < 0 ? "" : `vector ${place + 1} is all minus, which is the end marker: make one of its elements plus`;
  }

  reads(step) {
    return this.task.at(step)?.kind !== OUTPUT;
  }

  waits(step) {
    const { plan } = this.task;
    const next = plan.findIndex(({ held }, i) => i >= step - 1 && held);
    return next < 0 ? 0 : Math.max(next + 1 - step, 0);
  }

  shown(step) {
    const at = this.task.at(step);
    if (at?.kind !== INPUT) return -1;
    return this.network.lengths.slice(0, at.episode - 1).reduce((sum, n) => sum + n, 0) + at.number - 1;
  }

  about() {
    const { id, lengths, outputs, marker, right, composed } = this.network;
    const parts = [`${id}: ${lengths.length} episodes of ${lengths.join(", ")} vectors${marker ? ", an end marker after each" : ""}; then ${outputs} outputs: ${composed}.`];
    if (right !== undefined) parts.push(`${(100 * right).toFixed(1)}% of its outputs are right on streams like those that it was trained on.`);
    parts.push("It is read and edited through one basis for all outputs of an episode.");
    return parts.join(" ");
  }

  clock(view) {
    const at = this.task.at(view);
    if (!at) return "nothing was shown yet";
    const where = `of episode ${at.episode}`;
    if (at.kind === MARKER) return `the end marker ${where}`;
    return at.kind === INPUT ? `reading vector ${at.number} of ${at.n} ${where}` : `output ${at.number} ${where}`;
  }

  cell(index, read, step, view) {
    const { d } = this.network;
    const at = this.task.at(view), value = step.m[index];
    const kept = Boolean(at?.held) && value !== 0, number = kept ? read[index] : NaN;
    const wrong = kept && sign(number) !== sign(value);
    const name = `${Math.floor(index / d) + 1}.${index % d}`;
    const holds = kept ? `reads ${number.toFixed(2)}${wrong ? ", not what the theory says" : ""}` : "no target of this episode";
    return {
      elements: [index], value: number, kept, wrong, text: `variable ${Math.floor(index / d) + 1}, dimension ${index % d}: ${holds}`,
      title: kept ? `${name}: ${number.toFixed(2)}` : "no target of this episode",
    };
  }

  reading(cells, read, view) {
    if (this.waits(view)) return "It is reading its input.";
    const kept = cells.filter(cell => cell.kept);
    return `${agreement(kept, "elements read as the theory says")}.`;
  }

  /** Elements of which nothing is asked are neither wrong nor to change. */
  wrong(output, expected) {
    return super.wrong(output, expected).filter(([j]) => expected[j] !== 0);
  }

  opening() {
    return editWithin(this.network);
  }
}
