// A network, the theory beside it, and edits: all arithmetic of the view, which is a module of its own.
//
// A state is a flat array; m holds the last s vectors of d elements, variable 1 (the oldest) first. Steps count from the
// beginning: after step s the input is over, and output step t is step s + t.

/** Numbers from base64 of little-endian float32. */
export function decode(base64) {
  const bytes = Uint8Array.from(atob(base64), letter => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/** The vector that an output stands for: an output of 0 counts as +1. */
export const sign = value => (value >= 0 ? 1 : -1);

/** Whether two vectors have the same signs. */
export const agree = (a, b) => a.every((value, i) => sign(value) === sign(b[i]));

/**
 * h(t) = tanh(W_hh h(t-1) + W_uh u(t)), o(t) = W_r h(t), stored in single precision as networks.rollout does; W_hh may be
 * multiplied by a factor.
 */
export class Elman {
  constructor({ d, hidden, W_uh, W_hh, W_r }, factor = 1) {
    Object.assign(this, { d, size: hidden, W_uh: decode(W_uh), W_hh: decode(W_hh).map(value => factor * value), W_r: decode(W_r) });
  }

  start() {
    return new Float32Array(this.size);
  }

  /** The next state; u may be left out. */
  step(state, u) {
    const { d, size, W_hh, W_uh } = this;
    const next = new Float32Array(size);
    for (let i = 0, at = 0; i < size; i++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += W_hh[at++] * state[j];
      if (u) for (let k = 0; k < d; k++) sum += W_uh[i * d + k] * u[k];
      next[i] = Math.tanh(sum);
    }
    return next;
  }

  output(state) {
    const { d, size, W_r } = this;
    const output = new Float32Array(d);
    for (let k = 0; k < d; k++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += W_r[k * size + j] * state[j];
      output[k] = sum;
    }
    return output;
  }

  /** States and outputs after each of so many steps, for each of these states; inputs at a step may be null. */
  advance(states, steps, inputAt) {
    return states.map(state => {
      const found = [];
      for (let k = 0; k < steps; k++) {
        state = this.step(state, inputAt(k));
        found.push({ state, output: this.output(state) });
      }
      return found;
    });
  }
}

/** A linear variable binding task: m(t+1) = Phi m(t), whose rows each read one element, with a sign. */
export class Task {
  constructor({ d, s, source, signs, kept, settled }) {
    Object.assign(this, { d, s, source, signs, settled, size: s * d, kept: new Set(kept) });
    this.forward = new Map(kept.map(i => [source[i], i])); // on the elements that persist Phi is a permutation
  }

  start() {
    return new Float64Array(this.size);
  }

  /** m after an input. */
  shown(m, u) {
    const next = this.start();
    next.set(m.subarray(this.d));
    next.set(u, this.size - this.d);
    return next;
  }

  /** Phi m. */
  step(m) {
    return Float64Array.from(this.source, (from, i) => this.signs[i] * m[from]);
  }

  /** The vector that was written last. */
  output(m) {
    return m.slice(this.size - this.d);
  }

  agrees(output, expected) {
    return agree(output, expected);
  }

  /** Where what element i holds came from, n = s*d steps ago, and where that is now: the persistent element it copies. */
  copied(i) {
    let at = i, factor = 1;
    for (let k = 0; k < this.size; k++) {
      factor *= this.signs[at];
      at = this.source[at];
    }
    for (let k = 0; k < this.size; k++) {
      at = this.forward.get(at);
      factor *= this.signs[at];
    }
    return [at, factor];
  }

  /** m with all that is not persistent as it follows from what is: so it is, once settled. */
  consistent(m) {
    return m.map((value, i) => {
      if (this.kept.has(i)) return value;
      const [from, factor] = this.copied(i);
      return factor * m[from];
    });
  }

  /** The elements of what an edit names: "3" is all of variable 3, "3.2" its dimension 2. */
  elements(name) {
    const [variable, dimension] = String(name).split(".").map(Number);
    if (!(variable >= 1 && variable <= this.s) || (dimension !== undefined && !(dimension >= 0 && dimension < this.d))) {
      throw new RangeError(`no variable ${name}`);
    }
    const first = (variable - 1) * this.d;
    return dimension === undefined ? Array.from({ length: this.d }, (_, k) => first + k) : [first + dimension];
  }
}

/**
 * Variables of a user's own: m(k) are the labels of one recorded trial, as numbers. What is edited is held until its label
 * changes. What should follow is for the user to say: ``answer`` gives the outputs after an edit, or null.
 */
export class Labels {
  constructor({ variables, labels, close, settled = 0 }, answer) {
    Object.assign(this, { variables, labels, close, settled, answer });
    this.size = labels[0].length;
    this.kept = new Set(labels[0].keys());
  }

  start() {
    return new Float64Array(this.size).fill(NaN);
  }

  shown(m, u, k) {
    const before = this.labels[k - 2], now = this.labels[k - 1];
    return Float64Array.from(now, (value, i) => (before && Object.is(before[i], value) ? m[i] : value));
  }

  output(m, k, edited) {
    return edited ? this.answer(k) : null;
  }

  /** Within half a standard deviation, and nearer than to what it is held against; or in sign, where that is all. */
  agrees(output, expected, otherwise) {
    if (!expected) return false;
    if (expected.every(value => Math.abs(value) === 1)) return agree(output, expected);
    return expected.every((value, i) => {
      const apart = otherwise ? Math.abs(value - otherwise[i]) : 0;
      const near = apart > this.close[i] / 5 ? Math.min(this.close[i], apart / 2) : this.close[i];
      return Math.abs(output[i] - value) <= near;
    });
  }

  consistent(m) {
    return m;
  }

  elements(name) {
    const found = this.variables.find(variable => variable.name === String(name));
    if (!found) throw new RangeError(`no variable ${name}`);
    return Array.from({ length: found.size }, (_, i) => found.start + i);
  }

  /** The numbers of a value that is typed. */
  numbers(name, value) {
    const { kind, classes, code, mean, spread } = this.variables.find(variable => variable.name === String(name));
    if (kind === "continuous") {
      const number = Number(value);
      if (value.trim() === "" || !Number.isFinite(number)) throw new RangeError("give a number");
      return [(number - mean) / spread];
    }
    if (!classes.includes(value)) throw new RangeError(`its values are ${classes.join(", ")}`);
    return code[classes.indexOf(value)];
  }

  /** The value that numbers stand for, as text. */
  decode({ kind, classes, code, mean, spread, start, size }, m) {
    const numbers = m.slice(start, start + size);
    if (numbers.some(Number.isNaN)) return "";
    if (kind === "continuous") return (numbers[0] * spread + mean).toFixed(2);
    const fits = code.map(corner => corner.reduce((sum, value, i) => sum + value * numbers[i], 0));
    return classes[fits.indexOf(Math.max(...fits))];
  }
}

/** m' for an edit {kind, what, value}: flip, halve (what), set (what, value: + and -), swap (what, value: another). */
export function changed(task, m, { kind, what, value }) {
  const after = m.slice();
  const at = task.elements(what);
  if (kind === "flip") for (const i of at) after[i] *= -1;
  else if (kind === "halve") for (const i of at) after[i] *= 0.5;
  else if (kind === "set" && task.numbers) task.numbers(what, value).forEach((number, i) => (after[at[i]] = number));
  else if (kind === "set") {
    const numbers = [...value].map(letter => ({ "+": 1, "-": -1 })[letter]);
    if (numbers.length !== at.length || numbers.includes(undefined)) {
      throw new RangeError(`give ${at.length} signs, each + or -`);
    }
    at.forEach((i, k) => (after[i] = numbers[k]));
  } else if (kind === "swap") {
    const other = task.elements(value);
    if (other.length !== at.length) throw new RangeError("they do not take the same values");
    at.forEach((i, k) => {
      after[i] = m[other[k]];
      after[other[k]] = m[i];
    });
  } else throw new RangeError(`no edit ${kind}`);
  return after;
}

/** Throws RangeError where an edit is none, or changes nothing that is stored. */
export function check(task, m, edit) {
  const after = changed(task, m, edit);
  const moves = [...task.kept].some(i => Math.abs(after[i] - m[i]) > 0); // not where there is no value
  if (!moves) throw new RangeError("that changes nothing that a later output depends on");
}

/** The elements that an edit names. */
export const touched = (task, { kind, what, value }) => [...task.elements(what), ...(kind === "swap" ? task.elements(value) : [])];

/** Variable memories: m = Psi* (h - c) is read, Psi (m' - m) is added; a column and a row for each kept element. */
export class Basis {
  /** Arrays, row by row: basis (size, kept), dual (kept, size), centre (size). */
  constructor({ basis, dual, centre }, kept, size) {
    Object.assign(this, { kept, size, basis, dual, centre });
  }

  /** Of a network's description, where the arrays are base64. */
  static of({ basis, dual, centre }, kept, size) {
    return new Basis({ basis: decode(basis), dual: decode(dual), centre: decode(centre) }, kept, size);
  }

  /** What a state stores, by element; NaN where there is no column. The step matters where another one has another basis. */
  read(state, elements) {
    const { kept, dual, centre } = this;
    const size = state.length;
    const found = new Float64Array(elements).fill(NaN);
    for (let e = 0; e < kept.length; e++) {
      let sum = 0;
      for (let j = 0; j < size; j++) sum += dual[e * size + j] * (state[j] - centre[j]);
      found[kept[e]] = sum;
    }
    return found;
  }

  /** What to add to a state so that it stores ``after`` where it stored ``before``. */
  change(before, after) {
    const { kept, basis, size } = this;
    const step = new Float64Array(size);
    kept.forEach((element, e) => {
      const by = after[element] - before[element];
      if (by && !Number.isNaN(by)) for (let j = 0; j < size; j++) step[j] += basis[j * kept.length + e] * by;
    });
    return step;
  }
}

/** A direction drawn at random, as long as a step; the same for the same seed. */
export function randomStep(step, seed) {
  let a = (seed * 0x9e3779b9 + 0x6d2b79f5) >>> 0;
  const uniform = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const direction = step.map(normal);
  const factor = length(step) / length(direction);
  return direction.map(value => value * factor);
}

export const length = vector => Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));

/** The three networks that are compared, by name. */
export const EDITED = "edited", UNEDITED = "unedited", RANDOM = "random";
export const FUTURE = 100; // output steps after an edit

/**
 * A network at work beside the theory, from its first step, with edits on the way: step k has the state and the output
 * of the edited network, of the one that never was edited, and of one that was pushed as far in random directions.
 *
 * A system has start(), size and advance(states, steps, inputAt), which may return a promise. A theory has start(),
 * shown(), step(), output(), elements(), consistent(), settled; the task is one.
 */
export class Timeline {
  constructor(system, task, basis, inputs, { edits = [], seed = 0, ahead = 1, phase = inputs.length } = {}) {
    Object.assign(this, { system, task, basis, inputs, seed, ahead, phase });
    this.edits = [...edits];
    this.restart();
  }

  get now() {
    return this.steps.length - 1;
  }

  /** Step of the first edit that was made; Infinity where none was. */
  get parted() {
    return this.edits.length ? Math.min(...this.edits.map(edit => edit.at)) : Infinity;
  }

  get lastEdit() {
    return this.edits.length ? Math.max(...this.edits.map(edit => edit.at)) : -Infinity;
  }

  restart() {
    const state = this.system.start();
    const m = this.task.start();
    this.steps = [{ states: { [EDITED]: state, [UNEDITED]: state, [RANDOM]: state }, outputs: null, m, plain: m, moved: 0 }];
    this.buffer = [];
    this.asked = this.failed = null;
  }

  /** Go a step further: true; or false while the system has not answered yet, or where it `failed`. */
  advance() {
    const last = this.steps[this.now];
    const k = this.now + 1;
    if (!this.buffer.length) {
      if (this.asked) return false;
      const { states } = last;
      // Until something is edited there is one network, not three.
      const distinct = [...new Set([states[EDITED], states[UNEDITED], states[RANDOM]])];
      const names = [EDITED, UNEDITED, RANDOM].map(name => distinct.indexOf(states[name]));
      const take = found => {
        this.buffer = found[0].map((_, i) => names.map(which => found[which][i]));
      };
      const limit = Math.min(...this.edits.map(edit => edit.at - this.now).filter(steps => steps > 0), this.ahead);
      const answer = this.system.advance(distinct, Math.max(limit, 1), i => this.inputAt(k + i), this.now);
      if (answer instanceof Promise) {
        const asked = (this.asked = answer.then(
          found => {
            if (this.asked === asked) {
              this.asked = null;
              take(found);
            }
          },
          error => {
            if (this.asked === asked) this.failed = error;
          },
        ));
        return false;
      }
      take(answer);
    }
    const [edited, unedited, random] = this.buffer.shift();
    const u = this.inputAt(k);
    const next = m => (u ? this.task.shown(m, u, k) : this.task.step(m, k));
    const m = next(last.m);
    const plain = last.m === last.plain ? m : next(last.plain);
    this.steps.push({
      states: { [EDITED]: edited.state, [UNEDITED]: unedited.state, [RANDOM]: random.state },
      outputs: { [EDITED]: edited.output, [UNEDITED]: unedited.output, [RANDOM]: random.output },
      m,
      plain,
      expected: this.task.output(m, k, k > this.parted), // the theory's after the edits, and without them
      otherwise: this.task.output(plain, k, false) ?? unedited.output,
    });
    this.edits.forEach((edit, index) => edit.at === k && this.apply(edit, index));
    return true;
  }

  inputAt(k) {
    return k <= this.inputs.length ? this.inputs[k - 1] : null;
  }

  /** Edit at a step that was reached; all later ones are forgotten. Throws RangeError where it cannot be. */
  edit(edit) {
    const { at } = edit;
    if (at < this.phase || at < 1) throw new RangeError("it still reads its input; edit it afterwards");
    check(this.task, this.steps[at].m, edit);
    this.rewind(at);
    this.edits.push(edit);
    this.apply(edit, this.edits.length - 1);
  }

  /** What should follow a step, known only now: outputs step by step. */
  expect(at, vectors) {
    this.steps.slice(at + 1).forEach((step, i) => (step.expected = vectors?.[i] ?? null));
  }

  /** Forget what came after a step, edits included; those that were made at it stay. */
  rewind(at) {
    this.steps.length = at + 1;
    this.buffer = [];
    this.asked = this.failed = null;
    this.edits = this.edits.filter(edit => edit.at <= at);
  }

  apply(edit, index) {
    const step = this.steps[edit.at];
    let after = changed(this.task, step.m, edit);
    if (edit.at - this.phase >= this.task.settled) after = this.task.consistent(after);
    const change = this.basis.change(step.m, after, edit.at);
    const add = (state, by) => state.map((value, i) => value + by[i]);
    const states = { ...step.states };
    states[EDITED] = add(states[EDITED], change);
    states[RANDOM] = add(states[RANDOM], randomStep(change, this.seed * 1009 + index + 1));
    Object.assign(step, { states, m: after, moved: length(change) });
    this.buffer = [];
  }

  /** The elements of m that an edit reached, now: those whose value is not what it would have been. */
  reached(k) {
    const { m, plain } = this.steps[k];
    return [...m.keys()].filter(i => Math.abs(m[i] - plain[i]) > 0);
  }

  /**
   * How a network's output vectors, from the first edit to step k, stand to the theory's for the edited variables: how
   * many of all (``of``) are those (``follows``); how many of those that the edit should change (``changing``) are
   * (``changed``); and which is the first that is not (``first``). Without an edit it is all output steps that count.
   */
  share(name, k) {
    const begins = (this.parted <= k ? this.parted : this.phase) + 1;
    const count = { follows: 0, of: 0, changed: 0, changing: 0, first: null };
    for (let i = begins; i <= k; i++) {
      const { outputs, expected, otherwise } = this.steps[i];
      if (!expected) continue;
      const follows = this.task.agrees(outputs[name], expected, otherwise);
      const changing = !this.task.agrees(otherwise, expected, otherwise);
      count.of++;
      count.follows += follows;
      count.changing += changing;
      count.changed += changing && follows;
      if (!follows) count.first ??= i;
    }
    return count;
  }
}

/** A system that another program runs: it is asked for steps ahead, and answers later. */
export class Remote {
  constructor({ hidden, id }, ask) {
    Object.assign(this, { size: hidden, id, ask });
  }

  start() {
    return new Float64Array(this.size);
  }

  /** States before the step ``from`` + 1; where that is the first, the other program knows how it begins. */
  async advance(states, steps, inputAt, from) {
    const inputs = Array.from({ length: steps }, (_, i) => inputAt(i)).map(u => u && [...u]);
    const asked = { what: "advance", network: this.id, from, inputs, states: states.map(state => [...state]) };
    const { states: found, outputs } = await this.ask(asked);
    return states.map((_, which) => found.map((at, i) => ({
      state: Float64Array.from(at[which]), output: Float64Array.from(outputs[i][which]),
    })));
  }
}
