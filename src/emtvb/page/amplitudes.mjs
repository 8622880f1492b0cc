// What is read of the changed elements, as lines: whether an edit lasts.
import { EDITED, FUTURE, RANDOM, UNEDITED, sign } from "./network.mjs";
import { pen } from "./drawing.mjs";
import { describe, make } from "./elements.mjs";

const HIGH = 110, MOST = 1.6; // pixels, and the amplitude at the upper edge
const y = value => HIGH / 2 - (Math.max(-MOST, Math.min(MOST, value)) / MOST) * (HIGH / 2 - 4);

export function amplitudes(session) {
  const element = make("canvas", { role: "img" });

  /** Of each network, and of the theory, the mean over the elements that the edit reached, times the theory's sign. */
  function series() {
    const { timeline, view, subject, basis } = session;
    const lines = { [EDITED]: [], [UNEDITED]: [], [RANDOM]: [], expected: [] };
    for (let k = timeline.parted; k <= view; k++) {
      const { m, states } = timeline.steps[k];
      const reached = timeline.reached(k).filter(i => subject.task.kept.has(i));
      const mean = of => (reached.length ? reached.reduce((sum, i) => sum + of(i) * sign(m[i]), 0) / reached.length : NaN);
      for (const name of [EDITED, UNEDITED, RANDOM]) {
        const read = basis.read(states[name], m.length, k);
        lines[name].push(mean(i => read[i]));
      }
      lines.expected.push(mean(i => m[i]));
    }
    return lines;
  }

  function paint(colours) {
    const { timeline, view, running } = session;
    const width = Math.max(Math.min(element.parentElement.clientWidth - 4, 560), 200);
    const context = pen(element, width, HIGH);
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
    if (!(view >= timeline.parted)) {
      context.fillText("no edit yet", 30, HIGH / 2 - 2);
      return describe(element, "No edit yet");
    }
    const lines = series();
    const looks = { expected: [colours.text, [4, 4]], [UNEDITED]: [colours.faint, []], [RANDOM]: [colours.of(-1), [2, 2]], [EDITED]: [colours.of(1), []] };
    const apart = (width - 30) / Math.max(FUTURE, view - timeline.parted);
    for (const [name, [colour, dash]] of Object.entries(looks)) {
      context.strokeStyle = colour;
      context.setLineDash(dash);
      context.lineWidth = 2;
      context.beginPath();
      lines[name].forEach((value, i) => Number.isNaN(value) || context.lineTo(28 + i * apart, y(value)));
      context.stroke();
    }
    context.setLineDash([]);
    if (!running) describe(element, `Changed elements, times the theory's sign, now: ` +
      Object.entries(lines).map(([name, values]) => `${name} ${values.at(-1).toFixed(2)}`).join(", "));
  }

  return { element, paint };
}

/** A network's state, a square a neuron. */
export function neurons(session) {
  const element = make("canvas", { role: "img" });
  return {
    element,
    paint(colours) {
      const state = session.timeline.steps[session.view].states[EDITED];
      const columns = Math.min(32, Math.ceil(Math.sqrt(state.length * 2))), size = Math.max(Math.min(10, Math.floor(340 / columns)), 4);
      const context = pen(element, columns * size, Math.ceil(state.length / columns) * size);
      state.forEach((value, i) => {
        context.fillStyle = colours.of(value);
        context.fillRect((i % columns) * size, Math.floor(i / columns) * size, size - 1, size - 1);
      });
      if (!session.running) describe(element, `The state of ${state.length} numbers, from ${Math.min(...state).toFixed(2)} to ${Math.max(...state).toFixed(2)}`);
    },
  };
}
