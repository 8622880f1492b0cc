// Whether what a network stores lasts: it runs on by itself, and its last outputs are held to the theory's.
import { sign } from "./network.mjs";

export const END = 3000; // output steps, from the end of the input on
export const WINDOW = 100; // of these, the last are judged
const KEPT = 0.99; // share of the last bits
const USUAL = 100; // output step at which outputs have their usual size
const SIZE = 0.1; // of an output that has a margin, as a share of that
const SETTLED = 300; // steps after which what is held no longer changes

/** Mean size of the outputs of a network, as trained, at output step 100 after these inputs. */
export function usualSize(system, inputs) {
  const [steps] = system.advance([system.start()], inputs.length + USUAL, k => inputs[k] ?? null);
  return mean(steps.at(-1).output, Math.abs);
}

/** Steps after which the theory has all that persists where it was; Infinity where that takes longer than a network runs. */
export function period(task) {
  const start = Float64Array.from({ length: task.size }, (_, i) => i + 1); // of values that all differ
  for (let m = task.step(start), k = 1; k <= END; m = task.step(m), k++) {
    if ([...task.kept].every(i => m[i] === start[i])) return k;
  }
  return Infinity;
}

/**
 * What becomes of a content by output step END.
 *
 * state, m: the network's state and the theory's m at output step ``at``. usual: from usualSize; an output of less than a
 * tenth of that says nothing. Returns the share of the last bits that are right, with that size (``right``), and what it
 * amounts to (``verdict``): "lasts"; "wrong", where they keep size and signs from one period to the next, but other signs
 * than they should; "lost"; or "unknown", where it does not last and no period fits in.
 */
export function outcome(system, task, { state, m, at }, usual) {
  const [steps] = system.advance([state], END - at, () => null);
  const outputs = steps.map(({ output }) => output);
  const last = outputs.slice(-WINDOW);
  const targets = new Array(last.length);
  for (let k = at + 1; k <= END; k++) {
    m = task.step(m);
    if (k > END - WINDOW) targets[k - END + WINDOW - 1] = task.output(m);
  }
  /** The share of the last bits that have a size, and the signs of other vectors. */
  const share = others => mean(last, (output, i) =>
    mean(output, (value, j) => Math.abs(value) >= SIZE * usual && sign(value) === sign(others[i][j])));

  const right = share(targets);
  if (right >= KEPT) return { right, verdict: "lasts" };
  const turn = period(task), before = outputs.length - WINDOW, turns = Math.floor((before - SETTLED) / turn);
  if (turns < 1) return { right, verdict: "unknown" };
  return { right, verdict: share(outputs.slice(before - turns * turn)) >= KEPT ? "wrong" : "lost" };
}

/** The mean of what a function makes of each. */
const mean = (values, of) => values.reduce((sum, value, i) => sum + Number(of(value, i)), 0) / values.length;
