// The variables on their way round, as the theory has it.
import { EDITED, sign } from "./network.mjs";
import { cross, pen, spellSigns } from "./drawing.mjs";
import { describe, make } from "./elements.mjs";

export function circle(session) {
  const element = make("canvas", { role: "img" });

  /** Where things stand on a canvas of a width. */
  function plan(width) {
    const { s, d } = session.subject.network;
    const middle = [width * 0.43, width * 0.447], radius = width * 0.32;
    const chord = 2 * Math.sin(Math.PI / Math.max(s, 2)) * radius;
    const cell = Math.min(chord * 0.8 / d, (width * 0.24) / d, 14), wide = Math.min(cell * 1.6, chord * 0.7);
    const ring = Math.max(radius - (d * cell) / 2 - 20, radius * 0.3);
    const angle = variable => Math.PI / 2 - (2 * Math.PI * (s - variable)) / s;
    const place = (variable, far = radius) => [middle[0] + far * Math.cos(angle(variable)), middle[1] - far * Math.sin(angle(variable))];
    return { s, d, width, height: width * 0.86, middle, radius, cell, wide, ring, angle, place };
  }

  function paint(colours) {
    const { subject, timeline, view, running } = session;
    const step = timeline.steps[view];
    const at = plan(Math.max(Math.min(element.parentElement.clientWidth - 4, 420), 200));
    const context = pen(element, at.width, at.height);
    const read = session.basis.read(step.states[EDITED], subject.task.size, view);
    paintRing(context, colours, at);
    paintVariables(context, colours, at, read);
    const output = view > subject.phase ? step.outputs?.[EDITED] : null;
    paintOutput(context, colours, at, output, step.expected);
    if (!running) describe(element, `The ${at.s} variables on a circle, each a vector: ` +
      Array.from({ length: at.s }, (_, i) => `${i + 1}: ${spellSigns(read.slice(i * at.d, (i + 1) * at.d))}`).join(", ") +
      (output ? `. Output: ${spellSigns(output)}` : ""));
  }

  /** Which way they go, and what writes the newest. */
  function paintRing(context, colours, { s, middle, ring, angle, place }) {
    context.strokeStyle = colours.line;
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(...middle, ring, 0, 2 * Math.PI);
    context.stroke();
    context.fillStyle = colours.faint;
    for (let i = 1; i <= s; i++) {
      context.save();
      context.translate(...place(i - 0.5, ring));
      context.rotate(Math.PI / 2 - angle(i - 0.5));
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
    context.fillText("f", ...place(0.5, ring - 12));
    context.fillText(session.view < s ? "input" : "by itself", ...middle);
  }

  function paintVariables(context, colours, { s, d, radius, cell, wide, angle, place }, read) {
    const { subject, timeline, view, fraction } = session;
    const reads = new Set(subject.network.source.slice(-d)), reached = new Set(timeline.reached(view));
    for (let i = 1; i <= s; i++) {
      const [x, y] = place(i - fraction);
      context.globalAlpha = i === 1 ? 1 - fraction : 1;
      for (let k = 0; k < d; k++) {
        const index = (i - 1) * d + k, top = y + (k - d / 2) * cell;
        context.fillStyle = colours.of(read[index]);
        context.fillRect(x - wide / 2, top, wide, cell);
        context.strokeStyle = colours.line;
        context.lineWidth = 0.5;
        context.strokeRect(x - wide / 2, top, wide, cell);
      }
      for (let k = 0; k < d; k++) { // over their neighbours
        const index = (i - 1) * d + k, top = y + (k - d / 2) * cell;
        if (reached.has(index) && subject.task.kept.has(index)) {
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
    for (let i = 1; i <= s; i++) { // their numbers, inside of their columns
      const reach = Math.min(wide / 2 / Math.abs(Math.cos(angle(i))), (d * cell) / 2 / Math.abs(Math.sin(angle(i))));
      context.fillText(String(i), ...place(i, radius - reach - 9));
    }
  }

  function paintOutput(context, colours, { d, width, height, middle }, output, expected) {
    const size = Math.min((height * 0.7) / d, 18), left = width * 0.86;
    context.fillStyle = colours.text;
    context.fillText("output", left + size / 2, middle[1] - (d / 2) * size - 10);
    for (let k = 0; k < d; k++) {
      const top = middle[1] + (k - d / 2) * size;
      context.fillStyle = colours.of(output ? output[k] : NaN);
      context.fillRect(left, top, size, size);
      context.strokeStyle = colours.line;
      context.strokeRect(left, top, size, size);
      if (output && expected && sign(output[k]) !== sign(expected[k])) cross(context, colours, left, top, size, size);
    }
  }

  return { element, paint };
}
